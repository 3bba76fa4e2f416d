//! The plan of a recording: windows of at most 30 s of sound that the recogniser takes, cut at pauses.
//!
//! A recogniser's time goes with the sound it is given, silence included, so long silences inside a window
//! are shortened (as faster-whisper's and WhisperX's voice activity filters do): the speech of a halting
//! conversation fills windows as that of a lecture does.
//! Promises: every span of speech lies in exactly one window or in neighbouring ones that together
//! cover it; a window is cut where the longest pause within reach is, and inside a span only where
//! there is no pause of at least [`WindowRules::pause`] within reach, which the window says; channels
//! are never mixed; what is heard has its place in the recording ([`SpeechWindow::moments`]).
//! Never: a window without speech, so that no silence is ever transcribed.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use shoki_core::audio::{Millis, SampleIndex, SampleSpan};

use crate::vad::ChannelSpeech;

/// How windows are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WindowRules {
    /// The longest sound of a window without its pads. Whisper hears 30 s at once.
    pub max: Millis,
    /// A cut that is not forced by [`WindowRules::gap`] leaves at least this much before it: with less
    /// context the recogniser guesses.
    pub min: Millis,
    /// A silence this long is a pause: between words of fluent Japanese it is under 150 ms, at the end
    /// of a clause above 200 ms.
    pub pause: Millis,
    /// A silence this long ends a window that has [`WindowRules::min`]: what follows is another turn.
    pub gap: Millis,
    /// A silence this long always ends a window: what follows has nothing to do with what went before.
    pub far: Millis,
    /// Of a silence inside a window the recogniser is given this much: it hears that a sentence has ended, and
    /// a word that alignment puts a little late does not fall into the next turn. With half of it the bundled
    /// model wrote 16.9 instead of 13.5 % of the characters of single sentences wrong.
    pub kept: Millis,
    /// Silence kept around the speech, as far as the neighbours allow: a word whose first consonant is
    /// cut is misheard, and Japanese sentence ends trail off below the detector's threshold.
    pub pad: Millis,
}

impl Default for WindowRules {
    fn default() -> Self {
        Self {
            max: Millis(29_500),
            min: Millis(10_000),
            pause: Millis(200),
            gap: Millis(2_000),
            far: Millis(30_000),
            kept: Millis(1_200),
            pad: Millis(200),
        }
    }
}

/// Why a window ends where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cut {
    /// The recording, or its speech, ends.
    End,
    /// A pause.
    Pause {
        /// How long.
        length: Millis,
    },
    /// No pause within reach: the quietest place in the last seconds. A word may be cut.
    Quietest,
}

/// What the recogniser takes at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpeechWindow {
    /// Its number in the plan, from 0; windows are in order of their beginning.
    pub index: u32,
    /// The channel, from 0.
    pub channel: u8,
    /// From the first pad to the last.
    pub span: SampleSpan,
    /// What the recogniser hears, one behind the other: the span without the middle of long silences.
    pub heard: Vec<SampleSpan>,
    /// The speech in it, in order: what lies between is pauses.
    pub speech: Vec<SampleSpan>,
    /// Why it ends there.
    pub cut: Cut,
}

impl SpeechWindow {
    /// When it begins.
    #[must_use]
    pub const fn start(&self) -> SampleIndex {
        self.span.start
    }

    /// Where in the recording a stretch of what is heard lies. A stretch ends where the sound ends in which it
    /// begins.
    #[must_use]
    pub fn moments(&self, within: Range<Millis>) -> Range<Millis> {
        let (mut start, mut end) = (within.start.sample().0, within.end.sample().0);
        let last = self.heard.len().saturating_sub(1);
        for (position, sound) in self.heard.iter().enumerate() {
            if start < sound.len() || position == last {
                let at = |offset: u64| SampleIndex((sound.start.0 + offset).min(sound.end.0)).time();
                return at(start)..at(end);
            }
            start -= sound.len();
            end = end.saturating_sub(sound.len());
        }
        within
    }
}

/// Cuts the speech of all channels of a recording of `samples` into windows. `quietest` is asked where
/// to cut speech that has no pause: for the sample in a span of a channel with the least energy around it.
///
/// # Errors
/// What `quietest` says.
pub fn plan<E>(
    speech: &[ChannelSpeech],
    samples: u64,
    rules: WindowRules,
    mut quietest: impl FnMut(u8, SampleSpan) -> Result<SampleIndex, E>,
) -> Result<Vec<SpeechWindow>, E> {
    let mut windows = Vec::new();
    for channel in speech {
        let spans = breathe(&channel.spans, rules, |span| quietest(channel.channel, span))?;
        let mut rest = spans.as_slice();
        let first = windows.len();
        while !rest.is_empty() {
            let count = take(rest, rules);
            let (taken, left) = rest.split_at(count);
            windows.push(SpeechWindow {
                index: 0,
                channel: channel.channel,
                span: SampleSpan {
                    start: taken[0].start,
                    end: taken[count - 1].end,
                },
                heard: Vec::new(),
                speech: taken.to_vec(),
                cut: match left.first().map(|next| gap(taken[count - 1], *next)) {
                    None => Cut::End,
                    Some(0) => Cut::Quietest,
                    Some(length) => Cut::Pause {
                        length: SampleIndex(length).time(),
                    },
                },
            });
            rest = left;
        }
        pad(&mut windows[first..], samples, rules);
        for window in &mut windows[first..] {
            window.heard = without_long_silences(window.span, &window.speech, rules.kept);
        }
    }
    windows.sort_by_key(|window| (window.span.start, window.channel));
    for (index, window) in windows.iter_mut().enumerate() {
        window.index = u32::try_from(index).unwrap_or(u32::MAX);
    }
    Ok(windows)
}

/// Cuts spans that are longer than a window at their quietest places, so that the pieces touch.
fn breathe<E>(
    spans: &[SampleSpan],
    rules: WindowRules,
    mut quietest: impl FnMut(SampleSpan) -> Result<SampleIndex, E>,
) -> Result<Vec<SampleSpan>, E> {
    let (max, min) = (rules.max.sample().0.max(1), rules.min.sample().0);
    let mut pieces = Vec::with_capacity(spans.len());
    for &span in spans {
        let mut start = span.start.0;
        while span.end.0 - start > max {
            // Neither a piece without context before the cut, nor one after it where that can be had.
            let latest = start + max;
            let earliest = (start + min.max(1)).min(latest);
            let comfortable = span.end.0.saturating_sub(min).clamp(earliest, latest);
            let cut = quietest(SampleSpan::new(earliest, comfortable.max(earliest + 1)))?;
            let cut = cut.0.clamp(start + 1, latest);
            pieces.push(SampleSpan::new(start, cut));
            start = cut;
        }
        pieces.push(SampleSpan {
            start: SampleIndex(start),
            end: span.end,
        });
    }
    Ok(pieces)
}

/// How many of the first spans make the next window: up to a long gap, else everything that fits, else
/// up to the longest pause within reach.
fn take(spans: &[SampleSpan], rules: WindowRules) -> usize {
    let (min, max) = (rules.min.sample().0, rules.max.sample().0);
    // Sound of the first spans, for each count that fits.
    let mut lengths = vec![spans[0].len()];
    while let Some(&next) = spans.get(lengths.len()) {
        let length = lengths[lengths.len() - 1];
        let silence = gap(spans[lengths.len() - 1], next);
        let is_turn = silence >= rules.gap.sample().0.max(1) && length >= min;
        if is_turn || silence >= rules.far.sample().0.max(1) {
            return lengths.len();
        }
        let longer = length + silence.min(rules.kept.sample().0) + next.len();
        if longer > max {
            break;
        }
        lengths.push(longer);
    }
    let fitting = lengths.len();
    if fitting == spans.len() {
        return fitting;
    }
    // A cut after `count` spans, for each count that fits.
    let pause = |count: usize| gap(spans[count - 1], spans[count]);
    let longest = |from: u64| {
        (1..=fitting)
            .filter(|&count| lengths[count - 1] >= from)
            .max_by_key(|&count| (pause(count), count))
    };
    let within_reach = longest(min).filter(|&count| pause(count) >= rules.pause.sample().0);
    within_reach
        .or_else(|| longest(0).filter(|&count| pause(count) >= rules.pause.sample().0))
        .or_else(|| longest(min))
        .unwrap_or(fitting)
}

/// A span without the middle of the silences that are longer than `kept`.
fn without_long_silences(span: SampleSpan, speech: &[SampleSpan], kept: Millis) -> Vec<SampleSpan> {
    let kept = kept.sample().0;
    let mut heard = Vec::new();
    let mut start = span.start;
    for pair in speech.windows(2).filter(|pair| gap(pair[0], pair[1]) > kept) {
        heard.push(SampleSpan {
            start,
            end: SampleIndex(pair[0].end.0 + kept / 2),
        });
        start = SampleIndex(pair[1].start.0 - kept.div_ceil(2));
    }
    heard.push(SampleSpan { start, end: span.end });
    heard
}

/// Samples between two spans.
const fn gap(before: SampleSpan, after: SampleSpan) -> u64 {
    after.start.0.saturating_sub(before.end.0)
}

/// Gives every window of one channel its pads: neighbours share a silence too short for both.
fn pad(windows: &mut [SpeechWindow], samples: u64, rules: WindowRules) {
    let wanted = rules.pad.sample().0;
    let mut before = 0;
    for nth in 0..windows.len() {
        let after = windows.get(nth + 1).map_or(samples, |next| {
            windows[nth].span.end.0.midpoint(next.span.start.0)
        });
        let span = &mut windows[nth].span;
        let end = span.end.0;
        span.start.0 = span.start.0.saturating_sub(wanted).max(before);
        span.end.0 = (end + wanted).min(after).max(end);
        before = after;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Speech in milliseconds.
    fn speech(spans: &[(u64, u64)]) -> Vec<ChannelSpeech> {
        let span = |&(start, end): &(u64, u64)| SampleSpan {
            start: Millis(start).sample(),
            end: Millis(end).sample(),
        };
        vec![ChannelSpeech {
            channel: 0,
            spans: spans.iter().map(span).collect(),
        }]
    }

    fn planned(spans: &[(u64, u64)]) -> Vec<SpeechWindow> {
        let samples = spans.last().map_or(0, |last| Millis(last.1 + 60_000).sample().0);
        let middle = |_, span: SampleSpan| Ok::<_, ()>(SampleIndex(span.start.0.midpoint(span.end.0)));
        plan(&speech(spans), samples, WindowRules::default(), middle).unwrap()
    }

    #[test]
    fn a_long_silence_is_not_heard_and_times_step_over_it() {
        let windows = planned(&[(1_000, 4_000), (9_000, 12_000)]);
        let [window] = windows.as_slice() else {
            panic!("{windows:?}")
        };
        let heard: Vec<(Millis, Millis)> = window
            .heard
            .iter()
            .map(|sound| (sound.start.time(), sound.end.time()))
            .collect();
        assert_eq!(
            heard,
            [(Millis(800), Millis(4_600)), (Millis(8_400), Millis(12_200))]
        );
        let moments = |start, end| window.moments(Millis(start)..Millis(end));
        assert_eq!(moments(0, 200), Millis(800)..Millis(1_000));
        assert_eq!(moments(3_400, 3_500), Millis(4_200)..Millis(4_300));
        assert_eq!(moments(3_800, 4_200), Millis(8_400)..Millis(8_800));
        // What begins before the silence does not reach over it; what is beyond the end is at the end.
        assert_eq!(moments(3_700, 4_500), Millis(4_500)..Millis(4_600));
        assert_eq!(moments(7_500, 9_900), Millis(12_100)..Millis(12_200));
        assert_eq!(moments(9_800, 9_900), Millis(12_200)..Millis(12_200));
    }

    #[test]
    fn a_turn_ends_a_window_that_says_enough_and_a_long_break_any() {
        let count = |spans: &[(u64, u64)]| planned(spans).len();
        assert_eq!(count(&[(0, 11_000), (14_000, 16_000)]), 2);
        assert_eq!(count(&[(0, 11_000), (12_000, 16_000)]), 1);
        assert_eq!(count(&[(0, 2_000), (33_000, 34_000)]), 2);
        // As much speech as there is in half an hour with a word a minute still comes in windows.
        let words: Vec<(u64, u64)> = (0..60).map(|at| (at * 12_000, at * 12_000 + 900)).collect();
        assert!((8..=12).contains(&count(&words)), "{}", count(&words));
    }

    proptest! {
        /// Whatever is said when.
        #[test]
        fn every_speech_is_heard_once_and_in_order(
            turns in proptest::collection::vec((0_u64..40_000, 100_u64..70_000), 1..24),
        ) {
            let mut at = 0;
            let spans: Vec<(u64, u64)> = turns
                .iter()
                .map(|&(silence, length)| {
                    let start = at + silence + 1;
                    at = start + length;
                    (start, at)
                })
                .collect();
            let rules = WindowRules::default();
            let windows = planned(&spans);
            let spoken: u64 = speech(&spans)[0].len();
            prop_assert_eq!(windows.iter().flat_map(|window| &window.speech).map(|span| span.len()).sum::<u64>(), spoken);
            let mut until = 0;
            for window in &windows {
                let sound: u64 = window.heard.iter().map(|sound| sound.len()).sum();
                let most = rules.max.sample().0 + 2 * rules.pad.sample().0;
                prop_assert!(sound <= most, "{} of {}", sound, most);
                for span in &window.speech {
                    let holds = |sound: &SampleSpan| sound.start <= span.start && span.end <= sound.end;
                    prop_assert!(window.heard.iter().any(holds), "{:?}", window);
                }
                for sound in &window.heard {
                    prop_assert!(sound.start.0 >= until && sound.end > sound.start);
                    until = sound.end.0;
                }
                prop_assert_eq!(window.heard[0].start, window.span.start);
                prop_assert_eq!(until, window.span.end.0);
            }
        }
    }
}

//! The plan of a recording: windows of at most 30 s that the recogniser takes, cut at pauses.
//!
//! Promises: every span of speech lies in exactly one window or in neighbouring ones that together
//! cover it; a window is cut where the longest pause within reach is, and inside a span only where
//! there is no pause of at least [`WindowRules::pause`] within reach, which the window says; channels
//! are never mixed. Never: a window without speech, so that no silence is ever transcribed.

use serde::{Deserialize, Serialize};
use shoki_core::audio::{Millis, SampleIndex, SampleSpan};

use crate::vad::ChannelSpeech;

/// How windows are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WindowRules {
    /// The longest window without its pads. Whisper hears 30 s at once.
    pub max: Millis,
    /// A cut that is not forced by [`WindowRules::gap`] leaves at least this much before it: with less
    /// context the recogniser guesses.
    pub min: Millis,
    /// A silence this long is a pause: between words of fluent Japanese it is under 150 ms, at the end
    /// of a clause above 200 ms.
    pub pause: Millis,
    /// A silence this long always ends a window: nothing in it is worth the recogniser's time, and what
    /// follows is another turn.
    pub gap: Millis,
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
    /// What the recogniser hears: the speech and the pads.
    pub span: SampleSpan,
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
    let start = spans[0].start.0;
    let mut fitting = 1;
    while let Some(&next) = spans.get(fitting) {
        if gap(spans[fitting - 1], next) >= rules.gap.sample().0.max(1) {
            return fitting;
        }
        if next.end.0 - start > rules.max.sample().0 {
            break;
        }
        fitting += 1;
    }
    if fitting == spans.len() {
        return fitting;
    }
    // A cut after `count` spans, for each count that fits.
    let pause = |count: usize| gap(spans[count - 1], spans[count]);
    let longest = |from: u64| {
        (1..=fitting)
            .filter(|&count| spans[count - 1].end.0 - start >= from)
            .max_by_key(|&count| (pause(count), count))
    };
    let within_reach = longest(rules.min.sample().0).filter(|&count| pause(count) >= rules.pause.sample().0);
    within_reach
        .or_else(|| longest(0).filter(|&count| pause(count) >= rules.pause.sample().0))
        .or_else(|| longest(rules.min.sample().0))
        .unwrap_or(fitting)
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

//! Frames of speech and silence → utterances: where each begins, ends, and is cut when it grows too long.
//!
//! Promises: a function of the frames alone, so that finals are the same for every way in which sound comes;
//! utterances are in order, do not overlap, and together hold all speech that the voice detector reports.
//! Never: samples, a text.

use std::collections::VecDeque;
use std::time::Duration;

use shoki_core::audio::{Millis, SampleIndex, SampleSpan};

use crate::vad::{FRAME, SpanFinder, VadRules};
use crate::windows::{Cut, SpeechWindow};

/// How utterances are cut and heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveRules {
    /// What is speech.
    pub vad: VadRules,
    /// A silence this long ends an utterance.
    pub silence: Millis,
    /// An utterance that has grown to this ends at [`LiveRules::breath`]: what a person goes on to say after it has
    /// taken breath must not keep what was said from being firm.
    pub long: Millis,
    /// A silence this long ends a long utterance: what a meeting says without a longer one would be firm when it is cut
    /// at last. On fifteen made meetings 95 of 100 characters are firm within 1.8 s (2.0 s with 450 ms, 2.7 s where
    /// only [`LiveRules::silence`] ends an utterance), and errors are fewest (4.5 % of the characters; 6.0 % with 350 ms).
    pub breath: Millis,
    /// An utterance that grows to this is cut: at its longest pause in the last two thirds, else where its
    /// second half is quietest.
    pub longest: Millis,
    /// A silence inside an utterance from this on is a pause (as in `windows`): what was said before it is heard as if
    /// the utterance ended there, since the end of a sound that stops in the middle of a word is guessed at.
    pub pause: Millis,
    /// Silence kept around the speech.
    pub pad: Millis,
    /// New sound of an utterance after which it is heard again, at the least.
    pub hear_every: Millis,
}

impl Default for LiveRules {
    fn default() -> Self {
        Self {
            vad: VadRules::default(),
            silence: Millis(600),
            long: Millis(2_000),
            breath: Millis(400),
            longest: Millis(15_000),
            pause: Millis(200),
            pad: Millis(200),
            hear_every: Millis(600),
        }
    }
}

impl LiveRules {
    /// For a recogniser that reads sound up to `window` well; `None`: as much as Whisper hears at once.
    #[must_use]
    pub fn for_windows(window: Option<Millis>) -> Self {
        let usual = Self::default();
        Self {
            longest: window.map_or(usual.longest, |window| window.min(usual.longest)),
            ..usual
        }
    }

    /// New sound after which an utterance is heard again when its last hearing took `took`: a machine that keeps
    /// up spends half of its time at most on hearings that do not last.
    pub(super) fn hear_after(&self, took: Duration) -> Millis {
        let twice = u64::try_from(took.as_millis().saturating_mul(2)).unwrap_or(u64::MAX);
        self.hear_every.max(Millis(twice))
    }
}

/// The utterance that goes on, and what came before it.
#[derive(Clone, Debug)]
pub(super) struct Cutter {
    rules: LiveRules,
    finder: SpanFinder,
    /// Sample of the recording at which the first frame begins.
    begins: u64,
    frames: u64,
    /// Speech before this is in an utterance that has ended.
    from: u64,
    /// Where the last utterance's window ended.
    before: u64,
    /// Energy of each frame since `from`, the last one last.
    energies: VecDeque<u64>,
    count: u32,
}

impl Cutter {
    /// Before the frame that begins at `begins`.
    pub(super) const fn new(rules: LiveRules, begins: SampleIndex) -> Self {
        Self {
            finder: SpanFinder::new(rules.vad),
            rules,
            begins: begins.0,
            frames: 0,
            from: begins.0,
            before: begins.0,
            energies: VecDeque::new(),
            count: 0,
        }
    }

    /// The sample after the last frame.
    pub(super) const fn now(&self) -> u64 {
        self.begins + self.frames * FRAME
    }

    /// The first sample that an utterance may still want.
    pub(super) fn wanted_from(&self) -> u64 {
        let start = self.speech().first().map_or(self.now(), |span| span.start.0);
        start.saturating_sub(self.rules.pad.sample().0).max(self.before)
    }

    /// Takes the next frame: how likely it is speech, and the sum of its samples' squares. Gives the
    /// utterance that ends by it.
    pub(super) fn push(&mut self, probability: f32, energy: u64) -> Option<SpeechWindow> {
        self.finder.push(probability);
        self.frames += 1;
        self.energies.push_back(energy);
        let speech = self.speech();
        let ended = match (speech.first(), self.finder.silence()) {
            (None, _) => {
                self.from = self.now();
                None
            }
            (Some(first), Some(silence)) if silence >= self.ending(first) => {
                Some(self.end(speech, Cut::Pause { length: silence }))
            }
            (Some(first), _) if self.now() - first.start.0 >= self.rules.longest.sample().0 => {
                Some(self.cut(speech))
            }
            _ => None,
        };
        let kept = (self.now() - self.from).div_ceil(FRAME);
        while self.energies.len() as u64 > kept {
            self.energies.pop_front();
        }
        ended
    }

    /// The silence that ends an utterance whose first speech is `first`.
    fn ending(&self, first: &SampleSpan) -> Millis {
        if self.now() - first.start.0 >= self.rules.long.sample().0 {
            self.rules.breath.min(self.rules.silence)
        } else {
            self.rules.silence
        }
    }

    /// The utterance that goes on, as it would end in the pause that it is in, if it is in one.
    pub(super) fn paused(&self) -> Option<SpeechWindow> {
        let length = self
            .finder
            .silence()
            .filter(|&silence| silence >= self.rules.pause)?;
        let speech = self.speech();
        let end = self.padded_end(speech.last()?);
        Some(self.window(speech, end, Cut::Pause { length }))
    }

    /// Whether nobody speaks after the last frame, as far as is known.
    pub(super) fn is_silent(&self) -> bool {
        self.finder.silence().is_some()
    }

    /// The end of the recording: the utterance that goes on, if there is one.
    pub(super) fn finish(&mut self) -> Option<SpeechWindow> {
        let min = self.rules.vad.min_speech.sample().0;
        let speech = self.speech();
        let is_speech = speech.iter().map(|span| span.len()).sum::<u64>() >= min;
        is_speech.then(|| self.end(speech, Cut::End))
    }

    /// The utterance that goes on, as far as it is known.
    pub(super) fn open(&self) -> Option<SpeechWindow> {
        let speech = self.speech();
        speech.first()?;
        Some(self.window(speech, self.now(), Cut::End))
    }

    fn padded_end(&self, last: &SampleSpan) -> u64 {
        (last.end.0 + self.rules.pad.sample().0).min(self.now())
    }

    fn padded_start(&self, first: &SampleSpan) -> u64 {
        let start = first.start.0;
        start.saturating_sub(self.rules.pad.sample().0).max(self.before)
    }

    /// Speech that no utterance has yet, in order.
    fn speech(&self) -> Vec<SampleSpan> {
        let found = self.finder.found();
        let first = found.partition_point(|span| self.begins + span.end.0 <= self.from);
        let going_on = self.finder.going_on().map(|start| SampleSpan {
            start,
            end: SampleIndex(self.frames * FRAME),
        });
        let all = found[first..].iter().copied().chain(going_on);
        all.map(|span| SampleSpan {
            start: SampleIndex((self.begins + span.start.0).max(self.from)),
            end: SampleIndex(self.begins + span.end.0),
        })
        .filter(|span| !span.is_empty())
        .collect()
    }

    /// Ends the utterance with all its speech.
    fn end(&mut self, speech: Vec<SampleSpan>, cut: Cut) -> SpeechWindow {
        let end = self.padded_end(&speech[speech.len() - 1]);
        self.from = self.now();
        self.close(speech, end, cut)
    }

    /// Ends an utterance that has grown too long, and carries the rest over.
    fn cut(&mut self, speech: Vec<SampleSpan>) -> SpeechWindow {
        let start = speech[0].start.0;
        let longest = self.rules.longest.sample().0;
        let follows = |nth: usize| match speech.get(nth + 1) {
            Some(next) => next.start.0,
            None => self.now(),
        };
        let pause = |nth: usize| follows(nth) - speech[nth].end.0;
        let best = (0..speech.len())
            .filter(|&nth| speech[nth].end.0 - start >= longest / 3)
            .filter(|&nth| pause(nth) >= self.rules.pause.sample().0)
            .max_by_key(|&nth| (pause(nth), nth));
        if let Some(nth) = best {
            let length = SampleIndex(pause(nth)).time();
            let next = follows(nth);
            let end = (speech[nth].end.0 + self.rules.pad.sample().0).min(speech[nth].end.0.midpoint(next));
            self.from = next;
            return self.close(speech[..=nth].to_vec(), end, Cut::Pause { length });
        }
        let at = self.quietest(start + longest / 2);
        let own = |span: &SampleSpan| SampleSpan {
            start: span.start,
            end: span.end.min(SampleIndex(at)),
        };
        let own = speech.iter().map(own).filter(|span| !span.is_empty()).collect();
        self.from = at;
        self.close(own, at, Cut::Quietest)
    }

    /// The middle of the quietest two frames since `earliest`, the last half second left out: what is said
    /// there is not known to end.
    fn quietest(&self, earliest: u64) -> u64 {
        let count = self.energies.len();
        let place = |nth: usize| self.now() - (count - nth) as u64 * FRAME;
        let latest = self.now().saturating_sub(Millis(500).sample().0).max(earliest);
        let pair = |nth: &usize| self.energies[nth - 1] + self.energies[*nth];
        (1..count)
            .filter(|&nth| (earliest..=latest).contains(&place(nth)))
            .min_by_key(pair)
            .map_or(earliest, place)
    }

    /// The utterance that goes on ends.
    fn close(&mut self, speech: Vec<SampleSpan>, end: u64, cut: Cut) -> SpeechWindow {
        let window = self.window(speech, end, cut);
        self.count += 1;
        self.before = end;
        window
    }

    fn window(&self, speech: Vec<SampleSpan>, end: u64, cut: Cut) -> SpeechWindow {
        let span = SampleSpan::new(self.padded_start(&speech[0]), end);
        SpeechWindow {
            index: self.count,
            channel: 0,
            span,
            heard: vec![span],
            speech,
            cut,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Utterances of frames: `#` speech, `=` quiet speech, `.` silence.
    fn utterances(frames: &str) -> Vec<SpeechWindow> {
        let mut cutter = Cutter::new(LiveRules::default(), SampleIndex(0));
        let mut found: Vec<_> = frames
            .chars()
            .filter_map(|frame| match frame {
                '#' => cutter.push(0.9, 1_000),
                '=' => cutter.push(0.9, 10),
                _ => cutter.push(0.1, 1),
            })
            .collect();
        found.extend(cutter.finish());
        found
    }

    fn frames(count: usize, frame: &str) -> String {
        frame.repeat(count)
    }

    #[test]
    fn a_silence_of_six_tenths_ends_an_utterance() {
        // 18 frames are 576 ms, 19 are 608; all of it is shorter than a long utterance.
        let found = utterances(&format!(
            "{}{}{}{}{}",
            frames(12, "#"),
            frames(18, "."),
            frames(12, "#"),
            frames(19, "."),
            frames(30, "#")
        ));
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].speech.len(), 2);
        assert_eq!(found[0].speech[1].end.0, 42 * FRAME);
        assert_eq!(found[0].cut, Cut::Pause { length: Millis(608) });
        assert_eq!(found[1].cut, Cut::End);
        assert!(found[0].span.end <= found[1].span.start);
    }

    #[test]
    fn a_long_utterance_ends_when_somebody_takes_breath() {
        // 63 frames are 2.02 s; 13 are 416 ms.
        let after = |speech, silence| {
            let found = utterances(&[frames(speech, "#"), frames(silence, "."), frames(30, "#")].concat());
            found.iter().map(|window| window.cut).collect::<Vec<_>>()
        };
        assert_eq!(after(63, 13), [Cut::Pause { length: Millis(416) }, Cut::End]);
        assert_eq!(after(63, 12), [Cut::End]);
        assert_eq!(after(40, 13), [Cut::End]);
    }

    #[test]
    fn a_knock_is_no_utterance() {
        assert_eq!(
            utterances(&format!(
                "{}{}{}",
                frames(5, "#"),
                frames(60, "."),
                frames(5, "#")
            )),
            []
        );
    }

    #[test]
    fn a_long_utterance_is_cut_at_its_longest_pause() {
        // 15 s are 469 frames; pauses of 8 and 9 frames (256 and 288 ms), both long enough to cut at.
        let long = format!(
            "{}{}{}{}{}{}",
            frames(180, "#"),
            frames(8, "."),
            frames(150, "#"),
            frames(9, "."),
            frames(200, "#"),
            frames(30, ".")
        );
        let found = utterances(&long);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].cut, Cut::Pause { length: Millis(288) });
        assert_eq!(found[0].speech.last().unwrap().end.0, 338 * FRAME);
        assert_eq!(found[1].speech, [SampleSpan::new(347 * FRAME, 547 * FRAME)]);
        assert!(found[0].span.end <= found[1].span.start);
    }

    #[test]
    fn without_a_pause_it_is_cut_where_it_is_quietest_and_no_speech_is_lost() {
        let long = format!("{}{}{}", frames(300, "#"), frames(2, "="), frames(400, "#"));
        let found = utterances(&long);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].cut, Cut::Quietest);
        assert_eq!(found[0].speech, [SampleSpan::new(0, 301 * FRAME)]);
        assert_eq!(found[1].speech, [SampleSpan::new(301 * FRAME, 702 * FRAME)]);
        assert_eq!(found[0].span.end, found[1].span.start);
    }
}

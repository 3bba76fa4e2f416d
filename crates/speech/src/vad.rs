//! Voice activity: probabilities per frame become spans of speech.
//!
//! Promises: spans of one channel are in order, do not meet, and lie inside the recording; the same
//! probabilities give the same spans whether they come at once or one by one (live). Never: a model —
//! that is `shoki_engine::VoiceActivity`.

use serde::{Deserialize, Serialize};
use shoki_core::audio::{Millis, SampleIndex, SampleSpan};
use shoki_engine::VoiceActivity;

use crate::error::SpeechError;
use crate::pcm::PcmFile;

/// Samples of a frame, for which the model gives one probability: 32 ms.
pub const FRAME: u64 = VoiceActivity::FRAME as u64;

/// How probabilities become spans. The defaults are those that Silero publishes with the model, but
/// without padding: who cuts audio at a span pads it (see `windows`), who measures pauses must not.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VadRules {
    /// Speech begins at this probability.
    pub onset: f32,
    /// Speech goes on down to this probability.
    pub offset: f32,
    /// What is shorter is no speech: a knock, a cough.
    pub min_speech: Millis,
    /// A gap shorter than this belongs to the speech around it.
    pub min_silence: Millis,
}

impl Default for VadRules {
    fn default() -> Self {
        Self {
            onset: 0.5,
            offset: 0.35,
            min_speech: Millis(250),
            min_silence: Millis(100),
        }
    }
}

/// The speech of one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelSpeech {
    /// The channel, from 0.
    pub channel: u8,
    /// Spans of speech, in order, apart from each other.
    pub spans: Vec<SampleSpan>,
}

impl ChannelSpeech {
    /// Samples of speech.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.spans.iter().map(|span| span.len()).sum()
    }

    /// Whether there is no speech.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }
}

/// Finds spans while probabilities come in, one per [`FRAME`] samples.
#[derive(Clone, Debug)]
pub struct SpanFinder {
    rules: VadRules,
    frames: u64,
    /// Where the speech that goes on began.
    started: Option<u64>,
    /// Where it may have ended.
    fading: Option<u64>,
    /// Found so far.
    found: Vec<SampleSpan>,
}

impl SpanFinder {
    /// Before the first frame.
    #[must_use]
    pub const fn new(rules: VadRules) -> Self {
        Self {
            rules,
            frames: 0,
            started: None,
            fading: None,
            found: Vec::new(),
        }
    }

    /// Takes the next frame's probability.
    pub fn push(&mut self, probability: f32) {
        let at = self.frames * FRAME;
        self.frames += 1;
        if probability >= self.rules.onset {
            self.started.get_or_insert(at);
            self.fading = None;
        } else if probability < self.rules.offset
            && let Some(started) = self.started
        {
            let fading = *self.fading.get_or_insert(at);
            // The gap as far as it is known: this frame is part of it.
            if at + FRAME - fading >= self.rules.min_silence.sample().0 {
                self.close(started, fading);
            }
        }
    }

    /// Whether speech is going on now.
    #[must_use]
    pub const fn is_speaking(&self) -> bool {
        self.started.is_some()
    }

    /// The spans that have ended, in order.
    #[must_use]
    pub fn found(&self) -> &[SampleSpan] {
        &self.found
    }

    /// Where the speech began that is going on.
    #[must_use]
    pub fn going_on(&self) -> Option<SampleIndex> {
        self.started.map(SampleIndex)
    }

    /// How long it has been silent since the last speech; `None` while speech goes on or before any.
    #[must_use]
    pub fn silence(&self) -> Option<Millis> {
        let last = self.found.last().filter(|_| !self.is_speaking())?;
        Some(SampleIndex((self.frames * FRAME).saturating_sub(last.end.0)).time())
    }

    fn close(&mut self, start: u64, end: u64) {
        if end - start >= self.rules.min_speech.sample().0 {
            self.found.push(SampleSpan::new(start, end));
        }
        (self.started, self.fading) = (None, None);
    }

    /// The spans of a recording of `samples`; speech at the end ends with the recording.
    #[must_use]
    pub fn finish(mut self, samples: u64) -> Vec<SampleSpan> {
        if let Some(started) = self.started {
            let end = self.fading.unwrap_or(self.frames * FRAME);
            self.close(started, end.min(samples).max(started));
        }
        self.found
    }
}

/// Spans of a whole channel's probabilities.
#[must_use]
pub fn spans(probabilities: &[f32], samples: u64, rules: VadRules) -> Vec<SampleSpan> {
    let mut finder = SpanFinder::new(rules);
    for &probability in probabilities {
        finder.push(probability);
    }
    finder.finish(samples)
}

/// Listens through every channel. `goes_on` is asked about once a minute of audio and stops the
/// listening with what was found so far when it says no.
///
/// # Errors
/// `Engine` when the session fails, `Io`.
pub fn listen(
    pcm: &PcmFile,
    model: &mut VoiceActivity,
    rules: VadRules,
    mut goes_on: impl FnMut(Millis) -> bool,
) -> Result<Option<Vec<ChannelSpeech>>, SpeechError> {
    const MINUTE: u64 = FRAME * 1875;
    let mut channels = Vec::new();
    for channel in 0..pcm.channels() {
        model.reset();
        let mut finder = SpanFinder::new(rules);
        let mut start = 0;
        while start < pcm.samples() {
            if !goes_on(SampleIndex(start).time()) {
                return Ok(None);
            }
            let end = (start + MINUTE).min(pcm.samples());
            for probability in model.probabilities(&pcm.read_f32(channel, SampleSpan::new(start, end))?)? {
                finder.push(probability);
            }
            start = end;
        }
        channels.push(ChannelSpeech {
            channel,
            spans: finder.finish(pcm.samples()),
        });
    }
    Ok(Some(channels))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: VadRules = VadRules {
        onset: 0.5,
        offset: 0.35,
        min_speech: Millis(250),
        min_silence: Millis(100),
    };

    /// Frames of speech (`#`), of doubt (`~`, between offset and onset) and of silence (`.`).
    fn of(frames: &str) -> Vec<f32> {
        let probability = |frame| match frame {
            '#' => 0.9,
            '~' => 0.4,
            _ => 0.1,
        };
        frames.chars().map(probability).collect()
    }

    fn found(frames: &str) -> Vec<(u64, u64)> {
        let samples = frames.len() as u64 * FRAME;
        let spans = spans(&of(frames), samples, RULES);
        let frame = |index: SampleIndex| index.0 / FRAME;
        spans
            .into_iter()
            .map(|span| (frame(span.start), frame(span.end)))
            .collect()
    }

    #[test]
    fn speech_begins_at_the_onset_and_ends_below_the_offset() {
        assert_eq!(found("..~##########~~....."), [(3, 15)]);
        assert_eq!(found("....................."), []);
        assert_eq!(found(""), []);
    }

    #[test]
    fn short_gaps_belong_to_speech_and_short_sounds_are_none() {
        // Three frames are 96 ms: no gap. Four are 128 ms.
        assert_eq!(found("########...########...."), [(0, 19)]);
        assert_eq!(found("########....########...."), [(0, 8), (12, 20)]);
        // Seven frames are 224 ms: a knock.
        assert_eq!(found("....#######........"), []);
        assert_eq!(found("....########......."), [(4, 12)]);
    }

    #[test]
    fn speech_at_the_end_ends_with_the_recording() {
        assert_eq!(found("...##########"), [(3, 13)]);
        assert_eq!(found("...##########.."), [(3, 13)]);
        // The last frame was filled up: the recording ends inside it.
        let spans = spans(&of("#########"), 9 * FRAME - 100, RULES);
        assert_eq!(spans, [SampleSpan::new(0, 9 * FRAME - 100)]);
    }

    #[test]
    fn who_listens_live_hears_the_silence_grow() {
        let mut finder = SpanFinder::new(RULES);
        assert_eq!(finder.silence(), None);
        for probability in of("##########") {
            finder.push(probability);
        }
        assert!(finder.is_speaking() && finder.silence().is_none());
        for probability in of("..........") {
            finder.push(probability);
        }
        assert_eq!(finder.silence(), Some(Millis(320)));
    }
}

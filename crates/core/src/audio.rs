//! Recordings as values: time in samples and milliseconds, what a file was found to hold, how far it
//! could be decoded.
//!
//! Promises: everything inside Shoki is 16 kHz; a place in a recording is a [`SampleIndex`] inside the
//! speech pipeline and [`Millis`] wherever it is stored or shown. Never: samples themselves.

use serde::{Deserialize, Serialize};

/// Samples per second of everything after decoding: what Whisper, Silero VAD and GE2E take.
pub const SAMPLE_RATE: u32 = 16_000;
/// Samples per millisecond.
const SAMPLES_PER_MILLI: u64 = SAMPLE_RATE as u64 / 1000;

/// A length of time, or a place counted from the beginning of a recording, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// From seconds; negative ones and NaN are 0.
    #[must_use]
    pub fn from_seconds(seconds: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float's cast saturates"
        )]
        Self((seconds * 1000.0).round() as u64)
    }

    /// In seconds.
    #[must_use]
    pub fn seconds(self) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "exact for 285,000 years of milliseconds"
        )]
        {
            self.0 as f64 / 1000.0
        }
    }

    /// The sample that begins at this time.
    #[must_use]
    pub const fn sample(self) -> SampleIndex {
        SampleIndex(self.0 * SAMPLES_PER_MILLI)
    }

    /// As a person says it: `1時間02分03秒`, `2分03秒`, `3秒`.
    #[must_use]
    pub fn words_ja(self) -> String {
        let seconds = self.0 / 1000;
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        match (hours, minutes) {
            (0, 0) => format!("{seconds}秒"),
            (0, _) => format!("{minutes}分{seconds:02}秒"),
            _ => format!("{hours}時間{minutes:02}分{seconds:02}秒"),
        }
    }
}

/// A sample of one channel at [`SAMPLE_RATE`], counted from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SampleIndex(pub u64);

impl SampleIndex {
    /// When it begins, rounded down.
    #[must_use]
    pub const fn time(self) -> Millis {
        Millis(self.0 / SAMPLES_PER_MILLI)
    }
}

/// Samples from `start` up to, and without, `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SampleSpan {
    /// The first.
    pub start: SampleIndex,
    /// The one after the last.
    pub end: SampleIndex,
}

impl SampleSpan {
    /// From two sample numbers.
    #[must_use]
    pub const fn new(start: u64, end: u64) -> Self {
        Self {
            start: SampleIndex(start),
            end: SampleIndex(end),
        }
    }

    /// Samples in it; 0 where it ends before it begins.
    #[must_use]
    pub const fn len(self) -> u64 {
        self.end.0.saturating_sub(self.start.0)
    }

    /// Whether there is no sample in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// How long it lasts, rounded down.
    #[must_use]
    pub const fn duration(self) -> Millis {
        SampleIndex(self.len()).time()
    }

    /// What both have; empty where they do not meet.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        let start = self.start.max(other.start);
        Self {
            start,
            end: self.end.min(other.end).max(start),
        }
    }
}

/// What a file says about its sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingInfo {
    /// Short name of the container (`wave`, `isomp4`, `ogg`).
    pub container: String,
    /// Short name of the codec (`pcm_s16le`, `aac`, `opus`).
    pub codec: String,
    /// Channels in the file.
    pub channels: u16,
    /// Samples per second and channel in the file.
    pub sample_rate: u32,
    /// The length that the file states. Not to be believed before it was decoded.
    pub declared: Option<Millis>,
}

/// Why decoding stopped before the end that the file states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The file ends: a copy or a recording was cut off.
    Truncated,
    /// The bytes from there on make no sense.
    Damaged,
}

/// Where decoding stopped early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlyStop {
    /// The end of what was decoded.
    pub at: Millis,
    /// Why.
    pub reason: StopReason,
}

/// A recording that lies decoded in a file: interleaved little-endian `i16` at [`SAMPLE_RATE`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecodedRecording {
    /// What the file says.
    pub info: RecordingInfo,
    /// Channels handed out: 1, or 2 where the file has two. More than two are mixed into 1.
    pub channels: u8,
    /// Samples per channel.
    pub samples: u64,
    /// Where it stopped before the end; the rest is missing.
    pub stopped: Option<EarlyStop>,
    /// Packets in between that could not be decoded; silence of their length stands in their place
    /// where the length is known.
    pub damaged_packets: u64,
}

impl DecodedRecording {
    /// How long it lasts.
    #[must_use]
    pub const fn duration(&self) -> Millis {
        SampleIndex(self.samples).time()
    }

    /// What the desk must know about parts that are not there; `None` when it was decoded whole.
    #[must_use]
    pub fn missing_ja(&self) -> Option<String> {
        let stopped = self.stopped.map(|stop| {
            let why = match stop.reason {
                StopReason::Truncated => "ファイルが途中で切れています。",
                StopReason::Damaged => "ファイルが途中から壊れています。",
            };
            let declared = self
                .info
                .declared
                .filter(|&declared| declared > stop.at)
                .map(|declared| format!("(ファイルの記載は{})", declared.words_ja()))
                .unwrap_or_default();
            format!(
                "{why}読み取れたのは先頭から{}までです{declared}。元のファイルを確認してください。",
                stop.at.words_ja()
            )
        });
        let damaged = (self.damaged_packets > 0).then(|| {
            format!(
                "途中に読み取れない箇所が{}か所ありました。前後を聞いて確認してください。",
                self.damaged_packets
            )
        });
        match (stopped, damaged) {
            (None, None) => None,
            (stopped, damaged) => Some(stopped.unwrap_or_default() + &damaged.unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_go_back_and_forth() {
        assert_eq!(Millis(1500).sample(), SampleIndex(24_000));
        assert_eq!(SampleIndex(24_015).time(), Millis(1500));
        assert_eq!(Millis::from_seconds(-1.0), Millis(0));
        assert_eq!(Millis::from_seconds(f64::NAN), Millis(0));
        assert_eq!(Millis::from_seconds(1.2344), Millis(1234));
        assert_eq!(Millis(3_723_999).words_ja(), "1時間02分03秒");
        assert_eq!(Millis(59_999).words_ja(), "59秒");
    }

    #[test]
    fn spans_meet_or_do_not() {
        let span = SampleSpan::new(10, 20);
        assert_eq!(
            span.intersection(SampleSpan::new(15, 40)),
            SampleSpan::new(15, 20)
        );
        assert!(span.intersection(SampleSpan::new(20, 40)).is_empty());
        assert!(span.intersection(SampleSpan::new(0, 5)).is_empty());
    }

    #[test]
    fn what_is_missing_is_said() {
        let mut recording = DecodedRecording {
            info: RecordingInfo {
                container: "wave".to_owned(),
                codec: "pcm_s16le".to_owned(),
                channels: 1,
                sample_rate: 16_000,
                declared: Some(Millis(90_000)),
            },
            channels: 1,
            samples: 48_000,
            stopped: None,
            damaged_packets: 0,
        };
        assert_eq!(recording.missing_ja(), None);
        recording.stopped = Some(EarlyStop {
            at: recording.duration(),
            reason: StopReason::Truncated,
        });
        recording.damaged_packets = 2;
        assert_eq!(
            recording.missing_ja().unwrap(),
            "ファイルが途中で切れています。読み取れたのは先頭から3秒までです(ファイルの記載は1分30秒)。元のファイルを確認してください。途中に読み取れない箇所が2か所ありました。前後を聞いて確認してください。"
        );
    }
}

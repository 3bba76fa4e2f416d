//! Decoded sound → the audio report, where somebody speaks, and the windows to be heard.

use serde::{Deserialize, Serialize};
use shoki_core::audio::{DecodedRecording, Millis, SampleIndex, SampleSpan};
use shoki_core::audio_report::{AudioReport, ChannelLayout};
use shoki_engine::VoiceActivity;

use crate::error::SpeechError;
use crate::pcm::PcmFile;
use crate::vad::{ChannelSpeech, VadRules};
use crate::windows::{SpeechWindow, WindowRules};
use crate::{report, vad, windows};

/// Length of the stretch whose energy says how quiet a place is: 40 ms.
const QUIET: usize = 640;

/// Where somebody speaks, and what is heard at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Speech of each channel.
    pub speech: Vec<ChannelSpeech>,
    /// Windows in the order of their beginning.
    pub windows: Vec<SpeechWindow>,
}

impl Listing {
    /// How long somebody speaks, channels added up.
    #[must_use]
    pub fn spoken(&self) -> Millis {
        SampleIndex(self.speech.iter().map(ChannelSpeech::len).sum()).time()
    }
}

/// A planned recording.
#[derive(Debug)]
pub struct Planned {
    /// Speech and windows.
    pub listing: Listing,
    /// What was measured.
    pub report: AudioReport,
    /// The sound with the channels that go on.
    pub pcm: PcmFile,
}

/// Rules for a recogniser whose longest window is `window` (absent: Whisper's own).
#[must_use]
pub fn rules_for(window: Option<Millis>) -> WindowRules {
    let usual = WindowRules::default();
    let max = window.map_or(usual.max, |window| window.min(usual.max));
    WindowRules {
        max,
        // A third of what it takes: more would leave no pause within reach.
        min: usual.min.min(Millis(max.0 / 3)),
        ..usual
    }
}

/// Measures, decides on the channels, finds speech and cuts it at pauses. `None` when `goes_on` said no.
///
/// # Errors
/// `Io`, `Engine`.
pub fn plan(
    pcm: PcmFile,
    decoded: &DecodedRecording,
    detector: &mut VoiceActivity,
    rules: WindowRules,
    goes_on: &mut dyn FnMut() -> bool,
) -> Result<Option<Planned>, SpeechError> {
    let Some(measured) = report::measure(&pcm, decoded, goes_on)? else {
        return Ok(None);
    };
    let pcm = match (pcm.channels(), measured.layout) {
        (2, ChannelLayout::OneSilent { kept }) => pcm.into_mono(Some(kept))?,
        (2, ChannelLayout::Mixed { .. } | ChannelLayout::Mono) => pcm.into_mono(None)?,
        _ => pcm,
    };
    let heard = vad::listen(&pcm, detector, VadRules::default(), |_| goes_on())?;
    let Some(speech) = heard else {
        return Ok(None);
    };
    let windows = windows::plan(&speech, pcm.samples(), rules, |channel, span| {
        quietest(&pcm, channel, span)
    })?;
    Ok(Some(Planned {
        report: report::with_speech(measured, &pcm, &speech)?,
        listing: Listing { speech, windows },
        pcm,
    }))
}

/// The middle of the quietest [`QUIET`] samples of a span.
fn quietest(pcm: &PcmFile, channel: u8, span: SampleSpan) -> Result<SampleIndex, SpeechError> {
    let samples = pcm.read(channel, span)?;
    let energy = |part: &[i16]| -> u64 {
        part.iter()
            .map(|&sample| u64::from(sample.unsigned_abs()).pow(2))
            .sum()
    };
    let quiet = samples
        .windows(QUIET.min(samples.len().max(1)))
        .step_by(QUIET / 4)
        .enumerate()
        .min_by_key(|(_, part)| energy(part));
    let at = quiet.map_or(samples.len() / 2, |(step, part)| {
        step * (QUIET / 4) + part.len() / 2
    });
    Ok(SampleIndex(span.start.0 + at as u64))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_cut_without_a_pause_lies_where_it_is_quietest() {
        let mut samples = vec![8_000_i16; 16_000];
        samples[9_000..9_800].fill(30);
        let mut file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        file.write_all(&bytes).unwrap();
        let pcm = PcmFile::new(file, 1).unwrap();
        let at = quietest(&pcm, 0, SampleSpan::new(2_000, 16_000)).unwrap();
        assert!((9_300..=9_500).contains(&at.0), "{at:?}");
        // A span shorter than what is looked at has a middle all the same.
        assert_eq!(
            quietest(&pcm, 0, SampleSpan::new(100, 200)).unwrap(),
            SampleIndex(150)
        );
    }
}

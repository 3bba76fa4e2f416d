//! The report once more when voice activity detection has run: speech share, level of speech and overlap
//! as measured in what was found to be speech.
//!
//! Promise: only powers are measured again, so that it costs a second for hours. Never: another noise floor
//! or layout.

use shoki_core::audio::{SampleIndex, SampleSpan};
use shoki_core::audio_report::{AudioReport, Finding, Overlap, OverlapBasis};

use super::advice;
use super::channel::snr;
use super::histogram::{dbfs, share};
use super::likeness::{FRAME, ONE_SIDED};
use crate::error::SpeechError;
use crate::pcm::PcmFile;
use crate::vad::ChannelSpeech;

/// Findings that speech does not change.
const KEPT: [Finding; 4] = [
    Finding::Incomplete,
    Finding::NarrowBand,
    Finding::OneSilent,
    Finding::Separate,
];
/// Samples read at once: 8 s.
const PORTION: u64 = 80 * FRAME as u64;

/// Refines a report by the speech that was found in `pcm`, which holds the channels that go on.
///
/// # Errors
/// `Pcm` when there is no such channel, `Io`.
pub fn with_speech(
    mut report: AudioReport,
    pcm: &PcmFile,
    speech: &[ChannelSpeech],
) -> Result<AudioReport, SpeechError> {
    for spoken in speech {
        let Some(channel) = report.channels.get_mut(usize::from(spoken.channel)) else {
            return Err(SpeechError::Pcm("speech of a channel that does not go on"));
        };
        channel.speech_share = share(spoken.len(), pcm.samples());
        channel.speech_dbfs = level(pcm, spoken.channel, &spoken.spans)?;
        channel.snr_db = snr(channel.speech_dbfs, channel.noise_floor_dbfs);
    }
    if let [left, right] = speech {
        report.overlap = overlap(&report, pcm, left, right)?;
    }
    let kept = report
        .advice
        .drain(..)
        .filter(|one| KEPT.contains(&one.finding))
        .collect();
    report.advice = advice::advise(&report, kept);
    Ok(report)
}

/// Level of one channel in all spans together.
fn level(pcm: &PcmFile, channel: u8, spans: &[SampleSpan]) -> Result<Option<f32>, SpeechError> {
    let (mut squares, mut samples) = (0.0, 0.0);
    for span in spans {
        let mut start = span.start.0;
        while start < span.end.0 {
            let end = (start + PORTION).min(span.end.0);
            let part = pcm.read(channel, SampleSpan::new(start, end))?;
            #[expect(clippy::cast_precision_loss, reason = "2^47 at most")]
            {
                squares += square_sum(&part) as f64;
                samples += part.len() as f64;
            }
            start = end;
        }
    }
    Ok((samples > 0.0).then(|| dbfs(squares / samples / (32_768.0 * 32_768.0))))
}

/// Speech on both channels as a share of speech on either. Where one channel is far below its own
/// people's level while the other is not, it is the other's voice that leaks over.
fn overlap(
    report: &AudioReport,
    pcm: &PcmFile,
    left: &ChannelSpeech,
    right: &ChannelSpeech,
) -> Result<Option<Overlap>, SpeechError> {
    let own = [left, right].map(|spoken| {
        let channel = report.channels.get(usize::from(spoken.channel));
        channel.and_then(|channel| channel.speech_dbfs).unwrap_or(0.0)
    });
    let (mut shared, mut together) = (0, 0);
    for span in intersection(&left.spans, &right.spans) {
        shared += span.len();
        let mut start = span.start.0;
        while start < span.end.0 {
            let end = (start + FRAME as u64).min(span.end.0);
            let frame = SampleSpan::new(start, end);
            let here = |channel| level(pcm, channel, &[frame]).map(Option::unwrap_or_default);
            let apart = (here(left.channel)? - own[0]) - (here(right.channel)? - own[1]);
            if apart.abs() < ONE_SIDED {
                together += frame.len();
            }
            start = end;
        }
    }
    let either = left.len() + right.len() - shared;
    let enough = SampleIndex(either).time().seconds() >= f64::from(super::MIN_ACTIVE_SECONDS);
    Ok(enough.then(|| Overlap {
        share: share(together, either),
        basis: OverlapBasis::TwoChannels,
    }))
}

/// What two ordered lists of spans have in common, in order.
fn intersection(left: &[SampleSpan], right: &[SampleSpan]) -> Vec<SampleSpan> {
    let (mut one, mut other) = (0, 0);
    let mut common = Vec::new();
    while let (Some(first), Some(second)) = (left.get(one), right.get(other)) {
        let both = first.intersection(*second);
        if !both.is_empty() {
            common.push(both);
        }
        if first.end <= second.end {
            one += 1
        } else {
            other += 1
        }
    }
    common
}

fn square_sum(samples: &[i16]) -> u64 {
    let square = |&sample: &i16| u64::from(sample.unsigned_abs()).pow(2);
    samples.iter().map(square).sum()
}

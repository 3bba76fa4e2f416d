//! The audio report: what a recording is like, as numbers and as sentences, before anything is transcribed.
//!
//! One pass over the samples, another cheap one before it where there are two channels: what they are to
//! each other decides what is measured (three costly measures of left, right and both would cost more).
//! Promises: memory does not grow with the recording; the same recording gives the same report. Never:
//! words; a change of the recording (see `PcmFile::into_mono` for what the layout asks).

mod advice;
mod channel;
mod histogram;
mod hum;
mod likeness;
mod pitch;
mod spoken;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod voices;

use shoki_core::audio::{DecodedRecording, SampleSpan};
use shoki_core::audio_report::{AudioReport, ChannelLayout, Overlap, OverlapBasis};

use crate::error::SpeechError;
use crate::pcm::PcmFile;

use channel::{ChannelMeter, Measured};
use likeness::LikenessMeter;
pub use spoken::with_speech;

/// Version of the way of measuring: changes with every threshold.
pub const PROCEDURE: &str = "audio-report-1";

/// Samples per channel read at once: 8 s.
const PORTION: u64 = 80 * likeness::FRAME as u64;
/// With less activity than this there is nothing to say about overlap, seconds.
const MIN_ACTIVE_SECONDS: f32 = 5.0;
/// Power per Hz beyond 4 kHz this far below that under it is a recording that stops there, dB. The sample
/// meeting has −7, −12 through MP3 of 24 kbit/s, and −60 at 8 kHz, up to where the last of 16 bits fills the
/// band; the muffled tape of a speech of 1961 has −32.
const NARROW_EDGE: f32 = -38.0;
/// Files of this sample rate and below stop at 4 kHz, Hz.
const NARROW_RATE: u32 = 8_000;
/// Share of voiced frames in which two pitches are found where two people speak all the time. Measured on
/// mixtures of the three voices of `bench/samples/meeting.flac`, two by two, dry and with 0.4 s of
/// reverberation: 0.11 and 0.09; with a tenth, a fifth and two fifths of overlap 0.02, 0.03 and 0.05.
const FOUND_TOGETHER: f32 = 0.1;
/// The same where one speaks after the other: 0.001 dry, 0.023 with reverberation.
const FOUND_ALONE: f32 = 0.018;
/// Hum that lies less than this below speech is taken for a second pitch, dB: 19 dB gave 0.18 of overlap where
/// there was none, 33 dB gave 0.
const HUM_CONFUSES: f32 = 30.0;

/// Measures a recording. `goes_on` is asked about every 8 s of audio; `None` when it said no.
///
/// # Errors
/// `Io`.
pub fn measure(
    pcm: &PcmFile,
    decoded: &DecodedRecording,
    goes_on: &mut dyn FnMut() -> bool,
) -> Result<Option<AudioReport>, SpeechError> {
    let mut kept = Vec::new();
    kept.extend(decoded.missing_ja().map(advice::incomplete));
    let mut together = None;
    let layout = if pcm.channels() == 2 {
        let Some(meter) = liken(pcm, goes_on)? else {
            return Ok(None);
        };
        let (layout, cancelling) = meter.layout();
        kept.extend(advice::layout(layout, cancelling));
        together = Some(meter.together());
        layout
    } else {
        ChannelLayout::Mono
    };
    let Some(measured) = listen(pcm, layout, goes_on)? else {
        return Ok(None);
    };
    let overlap = match (layout, together) {
        (ChannelLayout::Separate { .. }, Some((both, either))) => overlap_by_channels(both, either),
        _ => measured.first().and_then(overlap_by_pitch),
    };
    let narrow =
        measured.iter().all(|channel| channel.edge <= NARROW_EDGE) || decoded.info.sample_rate <= NARROW_RATE;
    kept.extend(narrow.then(advice::narrow_band));
    let mut report = AudioReport {
        procedure: PROCEDURE.to_owned(),
        duration: pcm.duration(),
        layout,
        channels: measured.into_iter().map(|channel| channel.report).collect(),
        overlap,
        advice: Vec::new(),
    };
    report.advice = advice::advise(&report, kept);
    Ok(Some(report))
}

/// What two channels are to each other.
fn liken(pcm: &PcmFile, goes_on: &mut dyn FnMut() -> bool) -> Result<Option<LikenessMeter>, SpeechError> {
    let mut meter = LikenessMeter::new();
    let whole = portions(pcm, goes_on, |frames| {
        for frame in frames.chunks(2 * likeness::FRAME) {
            meter.push(frame);
        }
    })?;
    Ok(whole.then_some(meter))
}

/// The figures of each channel that goes on.
fn listen(
    pcm: &PcmFile,
    layout: ChannelLayout,
    goes_on: &mut dyn FnMut() -> bool,
) -> Result<Option<Vec<Measured>>, SpeechError> {
    let mut meters: Vec<ChannelMeter> = (0..layout.channels()).map(|_| ChannelMeter::new()).collect();
    let mut samples = Vec::new();
    let whole = portions(pcm, goes_on, |frames| {
        if pcm.channels() == 1 {
            meters[0].push(frames);
            return;
        }
        let (pairs, _) = frames.as_chunks::<2>();
        for (nth, meter) in meters.iter_mut().enumerate() {
            samples.clear();
            samples.extend(pairs.iter().map(|pair| match layout {
                ChannelLayout::Separate { .. } => pair[nth],
                ChannelLayout::OneSilent { kept } => pair[usize::from(kept.min(1))],
                // As `PcmFile::into_mono` mixes.
                ChannelLayout::Mono | ChannelLayout::Mixed { .. } => pair[0].midpoint(pair[1]),
            }));
            meter.push(&samples);
        }
    })?;
    Ok(whole.then(|| meters.into_iter().map(ChannelMeter::finish).collect()))
}

/// Calls with the interleaved samples of one portion after the other; `false` when `goes_on` said no.
fn portions(
    pcm: &PcmFile,
    goes_on: &mut dyn FnMut() -> bool,
    mut call: impl FnMut(&[i16]),
) -> Result<bool, SpeechError> {
    let mut start = 0;
    while start < pcm.samples() {
        if !goes_on() {
            return Ok(false);
        }
        let end = (start + PORTION).min(pcm.samples());
        call(&pcm.frames(SampleSpan::new(start, end))?);
        start = end;
    }
    Ok(true)
}

/// From frames of 100 ms of two separate channels.
fn overlap_by_channels(both: u64, either: u64) -> Option<Overlap> {
    #[expect(clippy::cast_precision_loss, reason = "a bound of 50 frames")]
    let seconds = either as f32 / 10.0;
    (seconds >= MIN_ACTIVE_SECONDS).then(|| Overlap {
        share: histogram::share(both, either),
        basis: OverlapBasis::TwoChannels,
    })
}

/// From frames with two pitches, which are few even where two people speak all the time: corrected with
/// what was measured on made mixtures of two voices.
fn overlap_by_pitch(measured: &Measured) -> Option<Overlap> {
    let report = &measured.report;
    // Hum is a second pitch.
    if report
        .hum
        .is_some_and(|hum| hum.level_dbfs > report.speech_dbfs.unwrap_or(0.0) - HUM_CONFUSES)
    {
        return None;
    }
    let found = measured
        .two_pitches
        .filter(|_| measured.active_seconds >= MIN_ACTIVE_SECONDS)?;
    Some(Overlap {
        share: ((found - FOUND_ALONE) / (FOUND_TOGETHER - FOUND_ALONE)).clamp(0.0, 1.0),
        basis: OverlapBasis::TwoPitches,
    })
}

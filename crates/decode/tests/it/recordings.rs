//! Recordings of a known signal, in every format, against that signal.

use std::fs::File;
use std::os::unix::fs::FileExt;

use shoki_core::audio::{DecodedRecording, Millis};
use shoki_core::code::ErrorCode;
use shoki_core::media::MediaKind;
use shoki_decode::{DecodeError, Decoder, RecordingLimits};

use crate::made::sound::{SECONDS, encoded, likeness, signal, signal_later, wav};
use crate::parent::{file, listener};

/// The product without ffmpeg.
pub(crate) fn alone() -> Decoder {
    listener(None, RecordingLimits::default())
}

/// A decoded recording and its channels.
pub(crate) struct Heard {
    pub(crate) recording: DecodedRecording,
    pub(crate) channels: Vec<Vec<f32>>,
}

/// Decodes bytes of a file as the product does: the kind is sniffed.
pub(crate) fn hear(decoder: &Decoder, bytes: &[u8]) -> Result<Heard, DecodeError> {
    let kind = MediaKind::sniff(&bytes[..bytes.len().min(4096)]).unwrap();
    hear_file(decoder, &file(bytes), kind)
}

/// Decodes an open file.
pub(crate) fn hear_file(decoder: &Decoder, document: &File, kind: MediaKind) -> Result<Heard, DecodeError> {
    let into = tempfile::tempfile().unwrap();
    let recording = decoder.recording(document, kind, &into, &|_| true)?;
    let channels = usize::from(recording.channels);
    let length = usize::try_from(into.metadata().unwrap().len()).unwrap();
    assert_eq!(length as u64, recording.samples * 2 * channels as u64);
    let mut bytes = vec![0; length];
    into.read_exact_at(&mut bytes, 0).unwrap();
    let samples: Vec<f32> = bytes
        .as_chunks::<2>()
        .0
        .iter()
        .map(|pair| f32::from(i16::from_le_bytes(*pair)) / 32_768.0)
        .collect();
    let channels = (0..channels)
        .map(|channel| samples.iter().skip(channel).step_by(channels).copied().collect())
        .collect();
    Ok(Heard { recording, channels })
}

/// One format: what ffmpeg makes it of, and how far it may be off.
pub(crate) struct Format {
    /// Samples per second and channels that are encoded.
    pub(crate) rate: u32,
    pub(crate) channels: usize,
    /// Arguments and ending for ffmpeg.
    pub(crate) arguments: &'static str,
    pub(crate) ending: &'static str,
    /// Container and codec as they are to be named.
    pub(crate) names: (&'static str, &'static str),
    /// Samples at the rate of the file that its encoder puts in front and nothing takes away, or takes
    /// away and nothing puts back.
    pub(crate) late: i32,
}

impl Format {
    /// The file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        encoded(
            &wav(self.rate, &signal(self.rate, self.channels)),
            self.arguments,
            self.ending,
        )
    }
}

pub(crate) const fn format(
    rate: u32,
    channels: usize,
    arguments: &'static str,
    ending: &'static str,
    names: (&'static str, &'static str),
    late: i32,
) -> Format {
    Format {
        rate,
        channels,
        arguments,
        ending,
        names,
        late,
    }
}

/// What symphonia reads. Encoders of AAC put 1,024 samples in front, which only an edit list tells.
pub(crate) const OWN: &[Format] = &[
    format(16_000, 1, "-c:a pcm_s16le", "wav", ("wave", "pcm_s16le"), 0),
    format(44_100, 2, "-c:a pcm_s24le", "wav", ("wave", "pcm_s24le"), 0),
    format(48_000, 2, "-c:a pcm_f32le", "wav", ("wave", "pcm_f32le"), 0),
    format(8_000, 1, "-c:a pcm_mulaw", "wav", ("wave", "pcm_mulaw"), 0),
    format(22_050, 1, "-c:a pcm_u8", "wav", ("wave", "pcm_u8"), 0),
    format(
        11_025,
        1,
        "-c:a adpcm_ima_wav",
        "wav",
        ("wave", "adpcm_ima_wav"),
        0,
    ),
    format(44_100, 2, "-rf64 always", "wav", ("wave", "pcm_s16le"), 0),
    format(44_100, 2, "-c:a pcm_s16be", "aiff", ("aiff", "pcm_s16be"), 0),
    format(48_000, 1, "-c:a pcm_s16le", "caf", ("caf", "pcm_s16le"), 0),
    format(48_000, 2, "-c:a flac", "flac", ("flac", "flac"), 0),
    format(44_100, 2, "-c:a libmp3lame -b:a 128k", "mp3", ("mp3", "mp3"), 0),
    format(
        16_000,
        1,
        "-c:a libmp3lame -q:a 4 -metadata title=a",
        "mp3",
        ("mp3", "mp3"),
        1,
    ),
    format(44_100, 2, "-c:a aac -b:a 128k", "m4a", ("isomp4", "aac"), 1024),
    format(
        48_000,
        1,
        "-c:a aac -b:a 96k -movflags faststart",
        "mov",
        ("isomp4", "aac"),
        1024,
    ),
    format(44_100, 2, "-c:a alac", "m4a", ("isomp4", "alac"), 0),
    format(
        48_000,
        2,
        "-c:a aac -b:a 128k -movflags frag_keyframe+empty_moov",
        "mp4",
        ("isomp4", "aac"),
        1024,
    ),
    format(44_100, 1, "-c:a aac -b:a 96k", "aac", ("aac", "aac"), 1024),
    format(44_100, 2, "-c:a libvorbis -q:a 5", "ogg", ("ogg", "vorbis"), 0),
    format(48_000, 2, "-c:a libopus -b:a 128k", "opus", ("ogg", "opus"), 0),
    format(
        48_000,
        1,
        "-c:a libopus -b:a 64k",
        "webm",
        ("matroska", "opus"),
        0,
    ),
    format(44_100, 2, "-c:a flac", "mka", ("matroska", "flac"), 0),
    format(
        48_000,
        2,
        "-f lavfi -i testsrc=size=64x64:rate=5:duration=6 -c:v libx264 -c:a aac -b:a 128k",
        "mp4",
        ("isomp4", "aac"),
        1024,
    ),
    format(
        48_000,
        2,
        "-f lavfi -i testsrc=size=64x64:rate=5:duration=6 -c:v libvpx -c:a libopus -b:a 128k",
        "webm",
        ("matroska", "opus"),
        0,
    ),
];

/// The reasons why this decoder does not give back the signal.
pub(crate) fn complaints(decoder: &Decoder, format: &Format, separation: f32) -> Vec<String> {
    let heard = match hear(decoder, &format.bytes()) {
        Ok(heard) => heard,
        Err(error) => return vec![format!("{error}")],
    };
    let mut complaints = Vec::new();
    let recording = &heard.recording;
    let names = (recording.info.container.as_str(), recording.info.codec.as_str());
    if names != format.names {
        complaints.push(format!("named {names:?}"));
    }
    if recording.info.sample_rate != format.rate || usize::from(recording.info.channels) != format.channels {
        complaints.push(format!("{:?}", recording.info));
    }
    if recording.stopped.is_some() || recording.damaged_packets > 0 {
        complaints.push(format!("not whole: {recording:?}"));
    }
    // A lossy encoder fills its last packet: 2,041 samples at most (ADPCM).
    let whole = i64::from(SECONDS) * 16_000 + i64::from(format.late) * 16_000 / i64::from(format.rate);
    let slack = 2041 * 16_000 / u64::from(format.rate);
    if recording.samples.cast_signed().abs_diff(whole) > slack {
        complaints.push(format!("{} samples", recording.samples));
    }
    let late = f64::from(format.late) / f64::from(format.rate);
    let wanted = signal_later(16_000, format.channels, late);
    for (channel, (wanted, found)) in wanted.iter().zip(&heard.channels).enumerate() {
        let (lag, correlation) = likeness(wanted, found, 20);
        if lag.abs() > 1 || correlation < 0.99 {
            complaints.push(format!(
                "channel {channel}: {lag} samples late, correlation {correlation:.4}"
            ));
        }
        // Where the other channel speaks this one is silent.
        let at = if channel == 0 { 12_000 } else { 4_000 };
        let leak = (0..SECONDS as usize)
            .flat_map(|second| &found[second * 16_000 + at - 500..second * 16_000 + at + 500])
            .fold(0.0_f32, |most, sample| most.max(sample.abs()));
        if format.channels == 2 && leak > separation {
            complaints.push(format!("channel {channel} leaks {leak}"));
        }
    }
    complaints
}

#[test]
fn every_format_gives_back_what_was_recorded() {
    let decoder = alone();
    let wrong: Vec<String> = OWN
        .iter()
        .flat_map(|format| {
            complaints(&decoder, format, 0.05)
                .into_iter()
                .map(move |complaint| format!("{} ({}): {complaint}", format.ending, format.arguments))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn six_channels_at_96_khz_become_one() {
    let heard = hear(&alone(), &wav(96_000, &signal(96_000, 6))).unwrap();
    assert_eq!((heard.recording.channels, heard.recording.info.channels), (1, 6));
    assert_eq!(heard.recording.samples, u64::from(SECONDS) * 16_000);
    let mut mean = vec![0.0; SECONDS as usize * 16_000];
    for plane in signal(16_000, 6) {
        mean.iter_mut()
            .zip(plane)
            .for_each(|(sum, sample)| *sum += sample / 6.0);
    }
    let (lag, correlation) = likeness(&mean, &heard.channels[0], 10);
    assert!(lag == 0 && correlation > 0.999, "{lag} {correlation}");
}

#[test]
fn samples_at_16_khz_pass_bit_for_bit() {
    let original = signal(16_000, 2);
    let heard = hear(&alone(), &wav(16_000, &original)).unwrap();
    for (original, heard) in original.iter().zip(&heard.channels) {
        let steps = original
            .iter()
            .map(|sample| (sample * 32_768.0).round() / 32_768.0);
        assert!(steps.eq(heard.iter().copied()));
    }
}

#[test]
fn a_caller_that_has_lost_its_lease_ends_the_child() {
    let document = file(&wav(48_000, &signal(48_000, 2)));
    let into = tempfile::tempfile().unwrap();
    let error = alone()
        .recording(&document, MediaKind::Wav, &into, &|done| done < Millis(2_000))
        .unwrap_err();
    assert!(matches!(error, DecodeError::Cancelled), "{error:?}");
    assert_eq!(error.code(), ErrorCode::LeaseLost);
    assert!(into.metadata().unwrap().len() < 4 * 16_000 * 4);
}

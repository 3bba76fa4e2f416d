//! Known signals, and recordings of them in every format, made by the ffmpeg of the machine.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where `cargo xtask setup` puts it.
pub(crate) fn ffmpeg() -> PathBuf {
    let path = PathBuf::from("/usr/bin/ffmpeg");
    assert!(path.exists(), "no ffmpeg: run cargo xtask setup");
    path
}

/// Seconds of a [`signal`].
pub(crate) const SECONDS: u32 = 6;

/// What one channel holds at a time: a rising tone, on in its own share of each second, so that the
/// channels never sound together.
#[expect(clippy::cast_possible_truncation, reason = "samples need no more")]
fn value(channel: usize, channels: usize, seconds: f64) -> f32 {
    if seconds < 0.0 {
        return 0.0;
    }
    let share = seconds.fract() * channels as f64 - channel as f64;
    if !(0.0..1.0).contains(&share) {
        return 0.0;
    }
    let envelope = (share * std::f64::consts::PI).sin().powi(2);
    let frequency = 300.0 + 100.0 * channel as f64 + 200.0 * seconds;
    (0.5 * envelope * (std::f64::consts::TAU * frequency * seconds).sin()) as f32
}

/// Samples of every channel at `rate`.
pub(crate) fn signal(rate: u32, channels: usize) -> Vec<Vec<f32>> {
    signal_later(rate, channels, 0.0)
}

/// The same so many seconds later.
pub(crate) fn signal_later(rate: u32, channels: usize, late: f64) -> Vec<Vec<f32>> {
    (0..channels)
        .map(|channel| {
            (0..SECONDS * rate)
                .map(|sample| value(channel, channels, f64::from(sample) / f64::from(rate) - late))
                .collect()
        })
        .collect()
}

/// A WAV file of 16 bits.
pub(crate) fn wav(rate: u32, planes: &[Vec<f32>]) -> Vec<u8> {
    let mut samples = Vec::new();
    for at in 0..planes[0].len() {
        for plane in planes {
            #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
            samples.extend(((plane[at] * 32_768.0).round() as i16).to_le_bytes());
        }
    }
    let mut bytes = wav_header(
        rate,
        u16::try_from(planes.len()).unwrap(),
        u32::try_from(samples.len()).unwrap(),
    );
    bytes.extend(samples);
    bytes
}

/// 44 bytes that announce so many bytes of 16-bit samples.
pub(crate) fn wav_header(rate: u32, channels: u16, bytes: u32) -> Vec<u8> {
    let frame = channels * 2;
    let mut header = b"RIFF".to_vec();
    header.extend(bytes.saturating_add(36).to_le_bytes());
    header.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    header.extend(channels.to_le_bytes());
    header.extend(rate.to_le_bytes());
    header.extend((rate * u32::from(frame)).to_le_bytes());
    header.extend(frame.to_le_bytes());
    header.extend(b"\x10\0data");
    header.extend(bytes.to_le_bytes());
    header
}

/// The WAV file through ffmpeg with these arguments in front of the output, whose name ends in `ending`.
pub(crate) fn encoded(wav: &[u8], arguments: &str, ending: &str) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let (input, output) = (
        directory.path().join("in.wav"),
        directory.path().join(format!("out.{ending}")),
    );
    std::fs::write(&input, wav).unwrap();
    let status = Command::new(ffmpeg())
        .args(["-nostdin", "-loglevel", "error", "-i"])
        .arg(&input)
        .args(arguments.split_whitespace())
        .arg(&output)
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{arguments} {ending}");
    std::fs::read(output).unwrap()
}

/// How many samples later `found` is than `wanted` (−`most` to `most`), and their correlation there.
pub(crate) fn likeness(wanted: &[f32], found: &[f32], most: usize) -> (isize, f64) {
    let correlation = |lag: isize, step: usize| {
        let (mut product, mut left, mut right) = (0.0, 0.0, 0.0);
        for (at, &one) in wanted.iter().enumerate().step_by(step) {
            let Some(&other) = at.checked_add_signed(lag).and_then(|at| found.get(at)) else {
                continue;
            };
            let (one, other) = (f64::from(one), f64::from(other));
            product += one * other;
            left += one * one;
            right += other * other;
        }
        if left * right == 0.0 {
            0.0
        } else {
            product / (left * right).sqrt()
        }
    };
    let most = isize::try_from(most).unwrap();
    let lag = (-most..=most)
        .max_by(|&one, &other| correlation(one, 7).total_cmp(&correlation(other, 7)))
        .unwrap();
    (lag, correlation(lag, 1))
}

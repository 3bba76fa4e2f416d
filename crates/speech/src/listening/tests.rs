//! The copy decoded again: as long as the recording, on its clock, channels apart.

use std::io::Cursor;

use ogg::reading::PacketReader;
use opusic_c::Decoder;

use super::*;
use crate::report::voices::{HIGH, LOW, gained, mix, noise, only, quantised, tone};

fn pcm(channels: &[Vec<f32>]) -> PcmFile {
    let channels: Vec<Vec<i16>> = channels.iter().map(|samples| quantised(samples)).collect();
    let length = channels.first().map_or(0, Vec::len);
    let bytes: Vec<u8> = (0..length)
        .flat_map(|at| channels.iter().flat_map(move |samples| samples[at].to_le_bytes()))
        .collect();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    PcmFile::new(file, channels.len().try_into().unwrap()).unwrap()
}

fn copy(pcm: &PcmFile) -> (Vec<u8>, ListeningCopy) {
    let mut bytes = Vec::new();
    let copy = write(pcm, &mut bytes, &mut || true).unwrap().unwrap();
    assert_eq!(copy.bytes, bytes.len() as u64);
    (bytes, copy)
}

/// What a player makes of a file: samples of 48 kHz per channel, decoded from the page that begins at this
/// time on and cut as RFC 7845 says.
fn play(bytes: &[u8], from: u64) -> Vec<Vec<f32>> {
    let mut packets = PacketReader::new(Cursor::new(bytes));
    let head = packets.read_packet_expected().unwrap();
    assert!(head.data.starts_with(b"OpusHead") && head.first_in_page() && head.last_in_page());
    assert_eq!(head.data.len(), 19);
    let channels = usize::from(head.data[9]);
    let pre_skip = usize::from(u16::from_le_bytes([head.data[10], head.data[11]]));
    assert_eq!(head.data[12..16], 16_000u32.to_le_bytes());
    let tags = packets.read_packet_expected().unwrap();
    assert_eq!(tags.data, *b"OpusTags\x05\0\0\0shoki\0\0\0\0");
    let layout = if channels == 1 {
        Channels::Mono
    } else {
        Channels::Stereo
    };
    let mut decoder = Decoder::new(layout, SampleRate::Hz48000).unwrap();
    let (mut out, mut position, mut ended) = (vec![Vec::new(); channels], 0, false);
    while let Some(packet) = packets.read_packet().unwrap() {
        assert!(!ended);
        ended = packet.last_in_stream();
        let page_end = packet.absgp_page();
        if page_end <= from {
            position = page_end;
            continue;
        }
        let mut samples = vec![0.0; 960 * channels];
        let decoded = decoder
            .decode_float_to_slice(&packet.data, &mut samples, false)
            .unwrap();
        assert_eq!(decoded, 960);
        for (nth, channel) in out.iter_mut().enumerate() {
            channel.extend(samples.iter().skip(nth).step_by(channels));
        }
        position += 960;
        if packet.last_in_page() && !ended {
            assert_eq!(position, page_end, "a page's position is that of its last sample");
        } else if ended {
            assert!(position >= page_end && position - page_end < 960);
            let beyond = usize::try_from(position - page_end).unwrap();
            out.iter_mut()
                .for_each(|channel| channel.truncate(channel.len() - beyond));
        }
    }
    assert!(ended, "the last page says that it is the last");
    if from == 0 {
        out.iter_mut().for_each(|channel| drop(channel.drain(..pre_skip)));
    }
    out
}

/// By how many samples of 48 kHz what was played comes later than what was recorded, in a span of the
/// recording's samples.
fn lag(recorded: &[f32], played: &[f32], span: std::ops::Range<usize>) -> isize {
    let likeness = |lag: isize| -> f32 {
        let pairs = span.clone().map(|at| {
            let there = (at * 3)
                .checked_add_signed(lag)
                .and_then(|there| played.get(there));
            recorded[at] * there.copied().unwrap_or(0.0)
        });
        pairs.sum()
    };
    (-240..=240)
        .max_by(|&a, &b| likeness(a).total_cmp(&likeness(b)))
        .unwrap()
}

#[test]
fn a_players_clock_is_the_recordings_clock() {
    // Clicks of 5 ms every 700 ms, in speech.
    let clicks: Vec<(f32, f32)> = (1..28u8)
        .map(|n| f32::from(n) * 0.7)
        .map(|at| (at, at + 0.005))
        .collect();
    let loud = only(&tone(1_000.0, -12.0, 20.3), &clicks);
    let samples = mix(&[&loud, &gained(&LOW.speak(20.3), -16.0), &noise(-60.0, 20.3, 3)]);
    let (bytes, copy) = copy(&pcm(std::slice::from_ref(&samples)));
    assert_eq!((copy.channels, copy.duration), (1, Millis(20_300)));
    let played = play(&bytes, 0).remove(0);
    assert_eq!(played.len(), samples.len() * 3);
    for (start, _) in clicks {
        let start = (start * 16_000.0) as usize;
        let late = lag(&samples, &played, start - 160..start + 240);
        assert!(late.abs() <= 48, "{late} samples of 48 kHz at {start}");
    }
    // From a page in the middle on, after the 80 ms that Opus takes to settle (RFC 7845, 4.6).
    let later = play(&bytes, 10 * 48_000).remove(0);
    let skipped = played.len() - later.len();
    for at in [skipped / 3 + 1_600, 250_000] {
        let moved: Vec<f32> = std::iter::repeat_n(0.0, skipped)
            .chain(later.iter().copied())
            .collect();
        let late = lag(&samples, &moved, at..at + 8_000);
        assert!(late.abs() <= 48, "{late} samples of 48 kHz at {at}");
    }
}

#[test]
fn every_length_plays_as_long_as_it_is() {
    for samples in [
        0,
        1,
        215,
        216,
        217,
        319,
        320,
        16_000,
        16_000 - 104,
        16_001,
        48_000,
    ] {
        let recorded = vec![0.01; samples];
        let (bytes, copy) = copy(&pcm(&[recorded]));
        assert_eq!(play(&bytes, 0)[0].len(), samples * 3, "{samples}");
        assert_eq!(copy.duration.sample().0 / 16, samples as u64 / 16);
    }
}

#[test]
fn two_people_stay_on_two_channels() {
    let left = only(&LOW.speak(12.0), &[(0.0, 6.0)]);
    let right = only(&HIGH.speak(12.0), &[(6.0, 12.0)]);
    let (bytes, copy) = copy(&pcm(&[left.clone(), right.clone()]));
    assert_eq!(copy.channels, 2);
    let played = play(&bytes, 0);
    let power = |samples: &[f32]| samples.iter().map(|sample| sample * sample).sum::<f32>();
    for (recorded, own, other, seconds) in [(&left, 0, 1, 0..5), (&right, 1, 0, 7..12)] {
        let span = seconds.start * 48_000..seconds.end * 48_000;
        let apart = power(&played[own][span.clone()]) / power(&played[other][span.clone()]);
        assert!(apart > 300.0, "only 25 dB and less: {apart}");
        let late = lag(recorded, &played[own], span.start / 3..span.end / 3);
        assert!(late.abs() <= 48, "{late}");
    }
}

#[test]
fn copies_are_small_alike_and_stop_when_told() {
    let pcm = pcm(&[mix(&[&LOW.speak(30.0), &noise(-60.0, 30.0, 3)])]);
    let (bytes, copied) = copy(&pcm);
    // 24 kbit/s are 90,000 bytes; pages and headers add 2 %.
    assert!((60_000..100_000).contains(&copied.bytes), "{}", copied.bytes);
    assert_eq!(copy(&pcm).0, bytes);
    let pages = bytes.windows(4).filter(|four| four == b"OggS").count();
    assert_eq!(pages, 2 + 31);
    let mut asked = 0;
    let stopped = write(&pcm, &mut Vec::new(), &mut || {
        asked += 1;
        asked < 3
    });
    assert!(stopped.unwrap().is_none());
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    assert!(matches!(
        write(&pcm, &mut Full, &mut || true),
        Err(SpeechError::Io(_))
    ));
}

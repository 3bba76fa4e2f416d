//! Bad recordings: each ends in the sentence that helps, and what can be had is had.

use std::os::unix::fs::FileExt;
use std::time::Duration;

use shoki_core::audio::{Millis, StopReason};
use shoki_core::code::ErrorCode;
use shoki_core::media::MediaKind;
use shoki_decode::{DecodeError, Decoder, RecordingLimits};

use crate::made::sound::{encoded, ffmpeg, likeness, signal, wav, wav_header};
use crate::parent::{file, listener};
use crate::recordings::{OWN, alone, hear, hear_file};
use crate::recordings_ffmpeg::assisted;

fn code_of(decoder: &Decoder, bytes: &[u8], kind: MediaKind) -> ErrorCode {
    hear_file(decoder, &file(bytes), kind)
        .map(|heard| heard.recording)
        .unwrap_err()
        .code()
}

fn two_seconds_at_most(ffmpeg: Option<std::path::PathBuf>) -> Decoder {
    let limits = RecordingLimits {
        longest: Duration::from_secs(2),
        ..RecordingLimits::default()
    };
    listener(ffmpeg, limits)
}

#[test]
fn no_bytes_and_no_samples_are_an_empty_file() {
    assert_eq!(code_of(&alone(), b"", MediaKind::Wav), ErrorCode::EmptyDocument);
    let header = wav_header(16_000, 1, 0);
    assert_eq!(
        code_of(&alone(), &header, MediaKind::Wav),
        ErrorCode::EmptyDocument
    );
}

#[test]
fn what_is_no_recording_is_told_so() {
    let text = "会議の録音です。\n".repeat(200);
    assert_eq!(MediaKind::sniff(text.as_bytes()), Some(MediaKind::Text));
    for decoder in [alone(), assisted()] {
        assert_eq!(
            code_of(&decoder, text.as_bytes(), MediaKind::Text),
            ErrorCode::NotRecording
        );
        assert_eq!(
            code_of(&decoder, text.as_bytes(), MediaKind::Mp3),
            ErrorCode::CorruptRecording
        );
    }
}

#[test]
fn ten_hours_are_refused_before_they_are_decoded() {
    let ten_hours = 10 * 3600 * 32_000;
    let document = file(&wav_header(16_000, 1, ten_hours));
    document.set_len(44 + u64::from(ten_hours)).unwrap();
    let into = tempfile::tempfile().unwrap();
    let error = alone()
        .recording(&document, MediaKind::Wav, &into, &|_| true)
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::RecordingTooLong);
    assert!(error.code().sentence_ja().contains("分割"));
    assert_eq!(into.metadata().unwrap().len(), 0);
}

#[test]
fn a_length_over_the_limit_is_refused_stated_or_not() {
    let sound = wav(44_100, &signal(44_100, 1));
    let own = two_seconds_at_most(None);
    for (arguments, ending) in [
        ("-c:a aac", "m4a"),
        ("-c:a aac", "aac"),
        ("-c:a libmp3lame", "mp3"),
        ("-c:a libmp3lame -write_xing 0", "mp3"),
        ("-c:a libopus", "opus"),
        ("-c:a flac", "flac"),
    ] {
        let error = hear(&own, &encoded(&sound, arguments, ending)).err().unwrap();
        assert_eq!(error.code(), ErrorCode::RecordingTooLong, "{arguments} {ending}");
    }
    let error = hear(
        &two_seconds_at_most(Some(ffmpeg())),
        &encoded(&sound, "-c:a wmav2", "wma"),
    );
    assert_eq!(error.err().unwrap().code(), ErrorCode::RecordingTooLong);
}

#[test]
fn a_video_without_sound_is_told_so() {
    let sound = wav(16_000, &signal(16_000, 1));
    let picture = "-f lavfi -i testsrc=size=64x64:rate=5:duration=2 -map 1:v -an";
    for (coding, ending) in [
        ("-c:v libx264", "mp4"),
        ("-c:v libx264", "mov"),
        ("-c:v libvpx", "webm"),
    ] {
        let bytes = encoded(&sound, &format!("{picture} {coding}"), ending);
        for decoder in [alone(), assisted()] {
            let error = hear(&decoder, &bytes).err().unwrap();
            assert_eq!(error.code(), ErrorCode::NoSound, "{ending}");
        }
    }
    let bytes = encoded(&sound, &format!("{picture} -c:v wmv2"), "wmv");
    assert_eq!(
        hear(&assisted(), &bytes).err().unwrap().code(),
        ErrorCode::NoSound
    );
}

#[test]
fn a_header_that_claims_4_gb_gives_what_is_there() {
    let samples = wav(16_000, &signal(16_000, 2)).split_off(44);
    for claimed in [0xFFFF_FFF0, 0x7FFF_FFFF, 1_000_000] {
        let mut bytes = wav_header(16_000, 2, claimed);
        bytes.extend(&samples);
        let heard = hear(&alone(), &bytes).unwrap().recording;
        assert_eq!(heard.samples, 96_000);
        assert_eq!(heard.stopped.unwrap().reason, StopReason::Truncated);
        assert_eq!(
            heard.info.declared,
            Some(Millis(u64::from(claimed) * 1000 / 64_000))
        );
        assert!(heard.missing_ja().unwrap().contains("先頭から6秒まで"));
    }
    // A recorder that never wrote the length has lost nothing that it told of.
    for unwritten in [0, u32::MAX] {
        let mut bytes = wav_header(16_000, 2, unwritten);
        bytes.extend(&samples);
        let heard = hear(&alone(), &bytes).unwrap().recording;
        assert_eq!((heard.samples, heard.stopped), (96_000, None));
    }
}

#[test]
fn an_mp4_without_its_index_is_told_so() {
    let sound = wav(44_100, &signal(44_100, 1));
    let whole = encoded(&sound, "-c:a aac", "m4a");
    for length in [whole.len() / 3, whole.len() / 2, whole.len() - 10] {
        let code = code_of(&alone(), &whole[..length], MediaKind::Mp4);
        assert_eq!(code, ErrorCode::TruncatedRecording, "{length}");
        assert!(code.sentence_ja().contains("途中で切れていて"));
    }
    let code = code_of(&assisted(), &whole[..whole.len() / 2], MediaKind::Mp4);
    assert_eq!(code, ErrorCode::TruncatedRecording);
    // Where only the end of the index is gone, ffmpeg still finds its way.
    let heard = hear(&assisted(), &whole[..whole.len() - 10]).unwrap();
    assert!(
        heard.recording.samples.abs_diff(96_000) < 1000,
        "{:?}",
        heard.recording
    );
}

#[test]
fn a_recording_that_is_cut_gives_its_beginning() {
    for format in OWN {
        let whole = format.bytes();
        let is_indexed_at_the_end =
            ["m4a", "mp4"].contains(&format.ending) && !format.arguments.contains("frag");
        if is_indexed_at_the_end {
            continue;
        }
        let half = &whole[..whole.len() / 2];
        let what = format!("{} ({})", format.ending, format.arguments);
        // symphonia wants AIFF and CAF files whole; ffmpeg does not.
        let decoder = if ["aiff", "caf"].contains(&format.ending) {
            assisted()
        } else {
            alone()
        };
        let heard = match hear(&decoder, half) {
            Ok(heard) => heard,
            Err(error) => panic!("{what}: {error}"),
        };
        // A video's bytes are not spread evenly, nor are those of a variable bit rate.
        let samples = heard.recording.samples;
        assert!((24_000..72_000).contains(&samples), "{what}: {samples} samples");
        let wanted = &signal(16_000, format.channels)[0][..16_000];
        let (_, correlation) = likeness(wanted, &heard.channels[0], 400);
        assert!(correlation > 0.97, "{what}: {correlation}");
        // Frames of AAC alone do not tell how many there were, nor does ffmpeg of a CAF file.
        if !["aac", "caf"].contains(&format.ending) {
            let stop = heard.recording.stopped.map(|stop| (stop.reason, stop.at));
            let told = Some((StopReason::Truncated, heard.recording.duration()));
            assert_eq!(stop, told, "{what}");
        }
    }
}

#[test]
fn damage_in_the_middle_is_silence_of_its_length() {
    // Frames of FLAC that fail their check sum.
    let mut bytes = encoded(
        &wav(16_000, &signal(16_000, 1)),
        "-c:a flac -frame_size 1600",
        "flac",
    );
    let middle = bytes.len() / 2;
    for byte in &mut bytes[middle..middle + 3000] {
        *byte ^= 0x55;
    }
    let heard = hear(&alone(), &bytes).unwrap();
    let recording = &heard.recording;
    assert!(
        recording.damaged_packets > 0 && recording.stopped.is_none(),
        "{recording:?}"
    );
    assert_eq!(recording.samples, 96_000);
    let wanted = &signal(16_000, 1)[0][80_000..];
    let (lag, correlation) = likeness(wanted, &heard.channels[0][80_000..], 10);
    assert!(lag == 0 && correlation > 0.999, "{lag} {correlation}");
    // Packets of the same in an MP4 that tells their lengths.
    let arguments = "-c:a flac -frame_size 1600 -strict -2 -movflags faststart";
    let mut bytes = encoded(&wav(48_000, &signal(48_000, 1)), arguments, "mp4");
    let start = bytes.len() / 2;
    bytes[start..start + 6000].fill(0xff);
    let heard = hear(&alone(), &bytes).unwrap();
    let recording = &heard.recording;
    assert!(
        recording.damaged_packets > 0 && recording.stopped.is_none(),
        "{recording:?}"
    );
    assert!(recording.samples.abs_diff(96_000) <= 20, "{recording:?}");
    assert!(recording.missing_ja().unwrap().contains("読み取れない箇所"));
    let wanted = &signal(16_000, 1)[0][80_000..];
    let (lag, correlation) = likeness(wanted, &heard.channels[0][80_000..], 30);
    assert!(lag.abs() <= 20 && correlation > 0.97, "{lag} {correlation}");
}

/// Peak resident memory of this process's children, and resident memory of its own, KiB.
fn memory() -> (u64, u64) {
    let field = |pid: &str, name: &str| -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let own = u64::from(std::process::id());
    let children = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let pid = entry.ok()?.file_name().into_string().ok()?;
        (field(&pid, "PPid:")? == own).then(|| field(&pid, "VmHWM:"))?
    });
    (children.max().unwrap_or(0), field("self", "VmRSS:").unwrap())
}

#[test]
fn four_hours_stay_small() {
    let bytes = 4 * 3600 * 8_000 * 2;
    let document = file(&wav_header(8_000, 1, bytes));
    document.set_len(44 + u64::from(bytes)).unwrap();
    // A click in the last second shows that it was read to the end, at its place.
    document
        .write_all_at(&[0, 0x60, 0, 0x60], 44 + u64::from(bytes) - 8_000)
        .unwrap();
    let into = tempfile::tempfile().unwrap();
    let most = std::cell::Cell::new((0, 0));
    let next = std::cell::Cell::new(Millis(0));
    let goes_on = |done: Millis| {
        if done >= next.get() {
            next.set(Millis(done.0 + 600_000));
            let (child, own) = memory();
            most.set((most.get().0.max(child), most.get().1.max(own)));
        }
        true
    };
    let heard = alone()
        .recording(&document, MediaKind::Wav, &into, &goes_on)
        .unwrap();
    assert_eq!((heard.duration(), heard.stopped), (Millis(4 * 3_600_000), None));
    let mut last = vec![0; 16_000];
    into.read_exact_at(&mut last, heard.samples * 2 - 16_000).unwrap();
    let loudest = last
        .as_chunks::<2>()
        .0
        .iter()
        .enumerate()
        .max_by_key(|(_, pair)| i16::from_le_bytes(**pair))
        .unwrap();
    assert!(loudest.0 <= 2, "{loudest:?}");
    let (child, own) = most.get();
    assert!(child > 0 && child < 100 * 1024, "the child took {child} KiB");
    assert!(own < 200 * 1024, "the parent took {own} KiB");
}

#[test]
fn a_disk_that_cannot_be_written_is_not_the_recordings_fault() {
    let document = file(&wav(16_000, &signal(16_000, 1)));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("into");
    std::fs::write(&path, b"").unwrap();
    let into = std::fs::File::open(&path).unwrap();
    let error = alone()
        .recording(&document, MediaKind::Wav, &into, &|_| true)
        .unwrap_err();
    assert!(matches!(error, DecodeError::Store(_)), "{error:?}");
    assert_eq!(error.code(), ErrorCode::Internal);
}

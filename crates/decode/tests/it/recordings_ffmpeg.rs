//! Recordings that only ffmpeg opens, and what an ffmpeg that was taken over can do.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use shoki_core::code::ErrorCode;
use shoki_core::media::MediaKind;
use shoki_decode::{DecodeLimits, Decoder, RecordingLimits};

use crate::made::sound::{encoded, ffmpeg, signal, wav};
use crate::parent::{file, listener};
use crate::recordings::{Format, alone, complaints, format, hear};

/// The product with ffmpeg.
pub(crate) fn assisted() -> Decoder {
    listener(Some(ffmpeg()), RecordingLimits::default())
}

/// What symphonia does not read. ffmpeg takes 2,048 samples from the front of WMA, and heeds edit lists.
const FOREIGN: &[Format] = &[
    format(44_100, 2, "-c:a wmav2 -b:a 192k", "wma", ("asf", "wmav2"), -2048),
    format(48_000, 2, "-c:a ac3 -b:a 256k", "mp4", ("isomp4", "ac3"), 0),
    format(48_000, 1, "-c:a ac3 -b:a 192k", "mka", ("matroska", "ac3"), 256),
    format(16_000, 1, "-c:a adpcm_ms", "mov", ("isomp4", "adpcm_ms"), 0),
];

#[test]
fn what_symphonia_does_not_read_ffmpeg_does() {
    let decoder = assisted();
    let wrong: Vec<String> = FOREIGN
        .iter()
        .flat_map(|format| {
            complaints(&decoder, format, 0.08)
                .into_iter()
                .map(move |complaint| format!("{} ({}): {complaint}", format.ending, format.arguments))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// AMR of random voice parameters: no ffmpeg of a distribution writes real ones.
fn amr() -> Vec<u8> {
    let mut bytes = b"#!AMR\n".to_vec();
    for frame in 0..300_u32 {
        bytes.push(0x3c);
        bytes.extend((0..31_u32).map(|byte| (frame * 131 + byte * 57 + frame * byte).to_le_bytes()[0]));
    }
    bytes
}

#[test]
fn amr_gives_a_fiftieth_of_a_second_for_each_frame() {
    let heard = hear(&assisted(), &amr()).unwrap();
    assert!(
        heard.recording.samples.abs_diff(96_000) <= 320,
        "{:?}",
        heard.recording
    );
    assert_eq!(heard.recording.info.container, "amr");
    assert_eq!(
        (heard.recording.channels, heard.recording.info.sample_rate),
        (1, 8_000)
    );
}

#[test]
fn surround_sound_becomes_one_channel() {
    let bytes = encoded(&wav(48_000, &signal(48_000, 6)), "-c:a aac -b:a 384k", "m4a");
    assert_eq!(
        hear(&alone(), &bytes).err().map(|error| error.code()),
        Some(ErrorCode::RecordingNeedsFfmpeg)
    );
    let heard = hear(&assisted(), &bytes).unwrap();
    assert_eq!((heard.recording.channels, heard.recording.info.channels), (1, 6));
    let loudest = heard.channels[0]
        .iter()
        .fold(0.0_f32, |most, sample| most.max(sample.abs()));
    assert!((0.05..0.12).contains(&loudest), "{loudest}");
}

#[test]
fn a_missing_ffmpeg_is_one_clear_sentence() {
    let absent = listener(Some("/nonexistent/ffmpeg".into()), RecordingLimits::default());
    for decoder in [alone(), absent] {
        let error = hear(&decoder, &amr()).err().unwrap();
        assert_eq!(error.code(), ErrorCode::RecordingNeedsFfmpeg, "{error}");
        assert!(error.code().sentence_ja().contains("ffmpeg の導入を依頼"));
    }
}

/// A child that may become ffmpeg, with this argument before its request.
fn child(argument: &str) -> std::process::Output {
    let request = serde_json::json!({
        "operation": "ffmpeg", "kind": "amr", "pdfium": "/nonexistent", "ffmpeg": ffmpeg(),
        "limits": serde_json::to_value(DecodeLimits::default()).unwrap(),
    });
    Command::new(env!("CARGO_BIN_EXE_decode-child"))
        .args([argument, &request.to_string()])
        .stdin(Stdio::from(file(&amr())))
        .output()
        .unwrap()
}

#[test]
fn an_ffmpeg_that_was_taken_over_opens_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("secret.wav");
    std::fs::write(&secret, wav(16_000, &signal(16_000, 1))).unwrap();
    let secret = secret.to_str().unwrap();
    let listening = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listening.set_nonblocking(true).unwrap();
    let port = listening.local_addr().unwrap().port();
    let urls = [
        secret.to_owned(),
        format!("concat:{secret}|{secret}"),
        format!("subfile,,start,0,end,0,,:{secret}"),
        "/etc/passwd".to_owned(),
        format!("tcp://127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}/a.wav"),
        format!("udp://127.0.0.1:{port}"),
        format!("unix:{secret}"),
    ];
    for url in urls {
        let output = child(&format!("--self-test-url={url}"));
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && output.stdout.is_empty(),
            "{url}: {words}"
        );
        let is_denied = [
            "Permission denied",
            "Operation not permitted",
            "Input/output error",
        ]
        .iter()
        .any(|denial| words.contains(denial));
        assert!(is_denied, "{url}: {words}");
    }
    assert!(listening.accept().is_err(), "somebody called");
}

#[test]
fn a_child_that_may_become_ffmpeg_reaches_nothing_else() {
    let output = child("--self-test=escape");
    let header: serde_json::Value = serde_json::from_slice(&output.stdout[8..]).unwrap();
    let findings: Vec<(String, i64)> = serde_json::from_value(header["findings"].clone()).unwrap();
    assert_eq!(findings.len(), 14);
    for (name, errno) in findings {
        // Newer versions of ffmpeg do all their work in threads.
        let is_right = if name == "thread" {
            errno == 0
        } else {
            [1, 13].contains(&errno)
        };
        assert!(is_right, "{name} met error {errno}");
    }
    assert!(!std::path::Path::new("/tmp/shoki-decode-self-test").exists());
}

#[test]
fn a_playlist_under_a_false_name_opens_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("secret.wav");
    std::fs::write(&secret, wav(16_000, &signal(16_000, 1))).unwrap();
    let secret = secret.to_str().unwrap();
    let playlist = format!("#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n{secret}\n#EXT-X-ENDLIST\n");
    let script = format!("ffconcat version 1.0\nfile '{secret}'\n");
    for content in [playlist, script] {
        // As the product has it: the content is text.
        assert_eq!(MediaKind::sniff(content.as_bytes()), Some(MediaKind::Text));
        let into = tempfile::tempfile().unwrap();
        let text = assisted().recording(&file(content.as_bytes()), MediaKind::Text, &into, &|_| true);
        assert_eq!(text.unwrap_err().code(), ErrorCode::NotRecording);
        // And if somebody had been fooled.
        for kind in MediaKind::ALL.into_iter().filter(|kind| kind.is_recording()) {
            let verdict = assisted().recording(&file(content.as_bytes()), kind, &into, &|_| true);
            let code = verdict.map(|heard| heard.samples).unwrap_err().code();
            assert!(
                [ErrorCode::CorruptRecording, ErrorCode::TruncatedRecording].contains(&code),
                "{kind:?}: {code}"
            );
        }
    }
}

//! What a hijacked parser can do inside the child, and how a child that misbehaves ends.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use shoki_core::code::ErrorCode;
use shoki_core::media::MediaKind;
use shoki_decode::{DecodeError, DecodeLimits, sandbox_report};

use crate::made;
use crate::parent::{decoder, file, pdfium};

/// `EPERM` (seccomp) and `EACCES` (landlock).
const DENIED: [i64; 2] = [1, 13];

fn escape_attempts(kind: &str) -> Vec<(String, i64)> {
    let limits = serde_json::to_value(DecodeLimits::default()).unwrap();
    let request =
        serde_json::json!({"operation": "probe", "kind": kind, "pdfium": pdfium(), "limits": limits});
    let output = Command::new(env!("CARGO_BIN_EXE_decode-child"))
        .args(["--self-test=escape", &request.to_string()])
        .stdin(Stdio::from(file(b"%PDF-1.7")))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let header: serde_json::Value = serde_json::from_slice(&output.stdout[8..]).unwrap();
    serde_json::from_value(header["findings"].clone()).unwrap_or_else(|error| panic!("{error}: {header}"))
}

#[test]
fn nothing_outside_can_be_reached_from_inside() {
    assert!(
        !sandbox_report().is_degraded(),
        "this kernel lacks {:?}",
        sandbox_report().missing()
    );
    for kind in ["pdf", "png"] {
        let attempts = escape_attempts(kind);
        assert_eq!(attempts.len(), 14);
        for (name, errno) in attempts {
            assert!(DENIED.contains(&errno), "{kind}: {name} met error {errno}");
        }
    }
    assert!(!std::path::Path::new("/tmp/shoki-decode-self-test").exists());
}

fn end_of(self_test: &str, limits: DecodeLimits) -> DecodeError {
    let argument = format!("--self-test={self_test}");
    let decoder = decoder(&[&argument], limits);
    decoder
        .probe(&file(&made::png_page()), MediaKind::Png)
        .unwrap_err()
}

#[test]
fn a_child_that_misbehaves_ends_typed() {
    let short = DecodeLimits {
        cpu_seconds: 1,
        wall: Duration::from_millis(500),
        ..DecodeLimits::default()
    };
    let started = Instant::now();
    let error = end_of("wait", short);
    assert!(matches!(error, DecodeError::WallClock), "{error:?}");
    assert_eq!(error.code(), ErrorCode::DecodeTimeout);
    assert!(started.elapsed() < Duration::from_secs(5));

    let error = end_of("allocate", DecodeLimits::default());
    assert!(matches!(error, DecodeError::OutOfMemory), "{error:?}");
    assert_eq!(error.code(), ErrorCode::InputLimit);

    let one_second = DecodeLimits {
        cpu_seconds: 1,
        ..DecodeLimits::default()
    };
    let error = end_of("spin", one_second);
    assert!(matches!(error, DecodeError::CpuTime), "{error:?}");
    assert_eq!(error.code(), ErrorCode::DecodeTimeout);

    let error = end_of("abort", DecodeLimits::default());
    assert!(
        matches!(error, DecodeError::Crashed { signal: Some(6), .. }),
        "{error:?}"
    );
    assert_eq!(error.code(), ErrorCode::DecoderCrashed);
    assert_eq!(
        end_of("panic", DecodeLimits::default()).code(),
        ErrorCode::DecoderCrashed
    );
}

#[test]
fn a_program_that_is_not_a_child_is_an_error_and_not_a_hang() {
    let decode = |program: &str| {
        let settings = shoki_decode::DecoderSettings {
            program: program.into(),
            args: vec![],
            pdfium: pdfium(),
            ffmpeg: None,
            limits: DecodeLimits::default(),
        };
        let decoder = shoki_decode::Decoder::new(settings);
        decoder
            .probe(&file(&made::png_page()), MediaKind::Png)
            .unwrap_err()
    };
    assert_eq!(decode("/nowhere/shoki").code(), ErrorCode::Internal);
    assert_eq!(decode("/bin/true").code(), ErrorCode::DecoderCrashed);
    assert_eq!(decode("/bin/echo").code(), ErrorCode::DecoderCrashed);
    assert_eq!(decode("/bin/cat").code(), ErrorCode::DecoderCrashed);
}

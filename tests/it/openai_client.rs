//! OpenAI's own Python client against a whole service: six forms of an answer, two refusals.
//!
//! The client is installed by `cargo xtask setup` at the version named there.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use shoki_core::media::MediaKind;

use crate::live::decoder;
use crate::service::{Office, repository, shoki_binary};

/// Bytes of ten seconds at 16 kHz.
const TEN_SECONDS: usize = 320_000;

/// The interpreter that has the client.
fn python() -> PathBuf {
    let target = shoki_binary();
    let target = target.ancestors().nth(2).expect("target/<profile>/shoki");
    let python = target.join("openai-client/bin/python");
    assert!(
        python.is_file(),
        "{} is not there: run cargo xtask setup",
        python.display()
    );
    python
}

/// The first ten seconds of the sample meeting.
fn recording(directory: &std::path::Path) -> PathBuf {
    let meeting = File::open(repository().join("bench/samples/meeting.flac")).expect("the sample");
    let mut into = tempfile::tempfile().expect("a file");
    decoder()
        .recording(&meeting, MediaKind::Flac, &into, &|_| true)
        .expect("it is a recording");
    into.seek(SeekFrom::Start(0)).expect("a file");
    let mut samples = vec![0; TEN_SECONDS];
    into.read_exact(&mut samples).expect("it is longer");
    let path = directory.join("meeting.wav");
    std::fs::write(&path, crate::live::wave(&samples)).expect("room");
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openais_own_client_reads_every_form() {
    let office = Office::open();
    let mut server = office.start();
    server.ready().await;
    let directory = tempfile::tempdir().expect("a directory");
    let mut client = Command::new(python());
    client
        .arg(repository().join("tests/it/openai_client.py"))
        .arg(format!("http://{}", office.address))
        .arg(&office.token)
        .arg(recording(directory.path()))
        .env_clear();
    let output = tokio::task::spawn_blocking(move || client.output()).await;
    let output = output.expect("no panic").expect("the client starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}\n{}", server.log());
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");

    let text = found["json"].as_str().expect("a text");
    assert!(!text.is_empty(), "{found}");
    // Each form is a job of its own, and a doubtful window is heard again by drawing: only what stands in one
    // answer must agree.
    assert!(
        found["text"].as_str().is_some_and(|text| !text.trim().is_empty()),
        "{found}"
    );
    let verbose = &found["verbose"];
    assert_eq!(verbose["kind"], "TranscriptionVerbose");
    let text = verbose["text"].as_str().expect("a text");
    assert_eq!(verbose["duration"], 10.0);
    let segments = verbose["segments"].as_array().expect("a list");
    let joined: Vec<&str> = segments
        .iter()
        .filter_map(|segment| segment[2].as_str())
        .collect();
    assert_eq!(joined.join("\n"), text);
    assert!(
        segments
            .iter()
            .all(|segment| segment[0].as_f64() <= segment[1].as_f64()),
        "{verbose}"
    );
    assert_eq!(
        verbose["words"].as_str().map(str::len),
        Some(joined.concat().len())
    );
    assert_eq!(found["diarized"]["kind"], "TranscriptionDiarized");
    let speaker = found["diarized"]["segments"][0][0].as_str().expect("a speaker");
    assert!(speaker.starts_with("話者"), "{found}");
    let starts = |form: &str, with: &str| found[form].as_str().is_some_and(|text| text.starts_with(with));
    assert!(
        starts("srt", "1\r\n00:00:0") && starts("vtt", "WEBVTT"),
        "{found}"
    );
    assert_eq!(
        (&found["french"]["status"], &found["french"]["param"]),
        (&422.into(), &"language".into())
    );
    assert_eq!(found["nobody"]["code"], "unauthenticated");
    // Each was an ordinary job of the 課, and is listed.
    let jobs = office
        .client()
        .get("/v1/jobs?pipeline=minutes&state=succeeded")
        .await;
    assert_eq!(jobs["items"].as_array().map(Vec::len), Some(6), "{jobs}");
}

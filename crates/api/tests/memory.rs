//! A large upload in constant memory. Alone in its binary, because it looks at the memory of the process.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use shoki_api::{ApiSettings, ApiState, OfficeForms, ServeSettings};
use shoki_core::access::Role;
use shoki_core::clock::ManualClock;
use shoki_core::digest::Sha256;
use shoki_core::unit::RetryPolicy;
use shoki_store::model::NewToken;
use shoki_store::{Blobs, JobStore, SqliteStore};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const MIB: usize = 1024 * 1024;
/// Of the upload.
const SIZE: usize = 300 * MIB;
/// DESIGN.md §6: memory + 64 MiB at most. The client that sends is in the same process and counts too.
const ALLOWED_GROWTH: usize = 64 * MIB;
const SECRET: &str = "shoki_memory_test";

/// Resident memory of this process, bytes (proc_pid_statm(5): the second number, in pages).
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

async fn open(directory: &Path) -> ApiState {
    let clock = Arc::new(ManualClock::starting_at(Timestamp::now()));
    let database = directory.join("shoki.sqlite");
    let store = SqliteStore::open(&database, clock, RetryPolicy::default())
        .await
        .unwrap();
    let department = store.create_department("市民税課").await.unwrap().id;
    let user = store
        .create_user(department, "佐藤", Role::Clerk)
        .await
        .unwrap()
        .id;
    let token = NewToken {
        user,
        secret_hash: Sha256::of(SECRET.as_bytes()),
        label: "test".to_owned(),
        expires_at: None,
    };
    store.create_token(token).await.unwrap();
    let store = Arc::new(store);
    ApiState {
        corpus: store.clone(),
        acceptance: store.clone(),
        directory: shoki_api::Directory::Local,
        search: None,
        live: None,
        minutes: None,
        outputs: None,
        page_pictures: None,
        form_desk: None,
        practice: None,
        resumable: None,
        office_forms: OfficeForms::default(),
        voices: None,
        model_check: None,
        certificates: None,
        drafts: None,
        store,
        blobs: Blobs::open(&directory.join("blobs"), 0).unwrap(),
        pipelines: Vec::new(),
        models: watch::channel(Vec::new()).1,
        settings: ApiSettings::default(),
        shutdown: CancellationToken::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_upload_takes_no_more_memory_than_a_small_one() {
    let directory = tempfile::tempdir().unwrap();
    let state = open(directory.path()).await;
    let shutdown = state.shutdown.clone();
    let stop = shutdown.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        shoki_api::serve(
            listener,
            shoki_api::router(state),
            &ServeSettings::default(),
            stop,
        )
        .await
    });
    let client = reqwest::Client::new();
    let upload = async |size: usize| {
        let first = b"%PDF-1.7 ".to_vec();
        let rest = std::iter::repeat_n(vec![0x5a_u8; MIB], size / MIB);
        let chunks = std::iter::once(first).chain(rest).map(Ok::<_, std::io::Error>);
        let body = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
        let part = reqwest::multipart::Part::stream(body).file_name("stack.pdf");
        let answer = client
            .post(format!("http://{address}/v1/documents"))
            .bearer_auth(SECRET)
            .multipart(reqwest::multipart::Form::new().part("file", part))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 201);
        let body: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(body["size"], 9 + size);
    };
    upload(MIB).await;

    let before = resident();
    let peak = Arc::new(AtomicUsize::new(before));
    let seen = Arc::clone(&peak);
    let watching = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(5));
        loop {
            ticks.tick().await;
            seen.fetch_max(resident(), Ordering::Relaxed);
        }
    });
    upload(SIZE).await;
    watching.abort();
    let growth = peak.load(Ordering::Relaxed) - before;
    assert!(growth < ALLOWED_GROWTH, "grew by {} MiB", growth / MIB);
    drop(client);
    shutdown.cancel();
    assert!(serving.await.unwrap());
}

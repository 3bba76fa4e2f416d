//! An acknowledged upload is never lost: the service is killed (SIGKILL) at random moments while uploads
//! and units are in flight, started again, and at the end the ledger of 202s is compared with results.
//!
//! 20 cycles unless `SHOKI_KILL_CYCLES` says more; `SHOKI_KILL_SEED` repeats a sequence of moments.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::scans::one_page;
use crate::service::{Api, Office, PATIENCE, text};

const CYCLES: usize = 20;
const SEED: u64 = 20_261_122;
/// Documents handed in between two kills: a day's work does not pile up faster than it is read.
const DOCUMENTS_PER_CYCLE: usize = 3;
/// Longest life of the service after it answers, or after it is ready.
const LONGEST_LIFE: Duration = Duration::from_millis(1_500);

/// A document's way: which key it was submitted under and which job the 202 named.
type Ledger = BTreeMap<String, String>;

#[tokio::test]
async fn nothing_acknowledged_is_lost_or_doubled_by_kill_9() {
    let cycles = setting("SHOKI_KILL_CYCLES").map_or(CYCLES, |n| usize::try_from(n).expect("a count"));
    let seed = setting("SHOKI_KILL_SEED").unwrap_or(SEED);
    let mut moments = ChaCha8Rng::seed_from_u64(seed);
    let office = Office::open_with(&[
        // Every death here is deliberate: none may park a unit.
        ("RETRY__MAX_WEIGHT", "1000000"),
        ("RETRY__BASE_DELAY_MS", "10"),
        ("RETRY__MAX_DELAY_MS", "100"),
    ]);
    let (wanted, allowance) = watch::channel(0);
    let clerk = tokio::spawn(hand_in(office.client(), allowance));
    let mut killed_at_work = 0;
    for cycle in 0..cycles {
        wanted.send_replace((cycle + 1) * DOCUMENTS_PER_CYCLE);
        let mut server = office.start();
        if moments.random_bool(0.7) {
            server.ready().await;
        } else {
            answers(&office.client()).await;
        }
        let life = moments.random_range(Duration::ZERO..LONGEST_LIFE);
        tokio::time::sleep(life).await;
        let depth = office
            .client()
            .get("/v1/jobs?state=planning,running,assembling")
            .await;
        killed_at_work += usize::from(depth["items"].as_array().is_some_and(|jobs| !jobs.is_empty()));
        server.kill();
    }
    assert!(
        killed_at_work > 0,
        "no kill of {cycles} hit a job at work (seed {seed})"
    );

    let mut server = office.start();
    drop(wanted);
    let ledger = clerk.await.expect("the clerk does not panic");
    server.ready().await;
    let api = office.client();
    assert_eq!(ledger.len(), cycles * DOCUMENTS_PER_CYCLE);
    let mut results = BTreeSet::new();
    for (key, job) in &ledger {
        let ended = api.finished(job).await;
        assert_eq!(ended["state"], "succeeded", "{key} of seed {seed}: {ended}");
        assert_eq!(ended["outcome"]["pages_read"], 1, "{key} of seed {seed}: {ended}");
        let files = api.artifacts(job).await;
        let fields: Value = serde_json::from_slice(&files["fields.json"]).expect("JSON");
        assert_eq!(
            fields["pages"].as_array().map(Vec::len),
            Some(1),
            "{key} of seed {seed}"
        );
        assert!(
            results.insert(job.clone()),
            "two keys share job {job} (seed {seed})"
        );
    }
    assert_eq!(
        all_jobs(&api).await,
        results,
        "jobs beside the ledger (seed {seed})"
    );
    let audited = office.run(&["audit", "verify"]);
    assert!(
        audited.status.success(),
        "{}",
        String::from_utf8_lossy(&audited.stderr)
    );
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Hands in as many documents as are wanted, each until it is acknowledged; the same key is sent again
/// when the answer did not come.
async fn hand_in(api: Api, mut wanted: watch::Receiver<usize>) -> Ledger {
    let mut ledger = Ledger::new();
    loop {
        while ledger.len() < *wanted.borrow_and_update() {
            let key = format!("key-{}", ledger.len());
            let document = acknowledged(|| upload(&api, &key)).await;
            let job = acknowledged(|| submit(&api, &key, &document)).await;
            ledger.insert(key, job);
        }
        if wanted.changed().await.is_err() {
            return ledger;
        }
    }
}

/// Tries until there is an answer; the service is down for a while after each kill.
async fn acknowledged<F: Future<Output = Option<String>>>(ask: impl Fn() -> F) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(id) = ask().await {
            return id;
        }
        assert!(Instant::now() < deadline, "no acknowledgement");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn upload(api: &Api, key: &str) -> Option<String> {
    let form = Form::new().part("file", Part::bytes(one_page(key)).file_name(format!("{key}.png")));
    let answer = api
        .request(Method::POST, "/v1/documents")
        .multipart(form)
        .send()
        .await
        .ok()?;
    id_of(answer, StatusCode::CREATED).await
}

async fn submit(api: &Api, key: &str, document: &str) -> Option<String> {
    let body = json!({ "document_id": document, "pipeline": "forms" });
    let request = api
        .request(Method::POST, "/v1/jobs")
        .header("Idempotency-Key", key)
        .json(&body);
    id_of(request.send().await.ok()?, StatusCode::ACCEPTED).await
}

async fn id_of(answer: reqwest::Response, status: StatusCode) -> Option<String> {
    let got = answer.status();
    let body: Value = answer.json().await.ok()?;
    assert_eq!(got, status, "{body}");
    Some(text(&body["id"]))
}

/// Waits until the service answers at all.
pub async fn answers(api: &Api) {
    let deadline = Instant::now() + PATIENCE;
    while api.request(Method::GET, "/livez").send().await.is_err() {
        assert!(Instant::now() < deadline, "the service does not answer");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn all_jobs(api: &Api) -> BTreeSet<String> {
    let mut jobs = BTreeSet::new();
    let mut query = "/v1/jobs?limit=200".to_owned();
    loop {
        let page = api.get(&query).await;
        let items = page["items"].as_array().expect("a list");
        jobs.extend(items.iter().map(|job| text(&job["id"])));
        match page["next_cursor"].as_str() {
            Some(cursor) => query = format!("/v1/jobs?limit=200&cursor={cursor}"),
            None => return jobs,
        }
    }
}

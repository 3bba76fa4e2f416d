//! Waiting for a job: `?wait=` and server-sent events.

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::Value;
use shoki_api::ApiSettings;
use shoki_core::code::ErrorCode;

use crate::office::{Office, PNG};
use crate::problems::problem;

/// One event: id, name, data.
type Event = (u64, String, Value);

/// A stream being read.
struct Reader {
    answer: Response,
    unread: Vec<u8>,
}

impl Reader {
    async fn open(office: &Office, job: &str, after: Option<u64>) -> Self {
        let mut request = office.clerk(Method::GET, &format!("/v1/jobs/{job}/events"));
        if let Some(after) = after {
            request = request.header("last-event-id", after.to_string());
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self {
            answer,
            unread: Vec::new(),
        }
    }

    /// The next event, comments skipped; `None` at the end.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.unread.drain(..end + 2).collect();
                let event = parse(std::str::from_utf8(&block).unwrap());
                if event.is_some() {
                    return event;
                }
                continue;
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.answer.chunk())
                .await
                .expect("the stream goes on or ends");
            self.unread.extend_from_slice(&chunk.unwrap()?);
        }
    }

    async fn rest(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

fn parse(block: &str) -> Option<Event> {
    let line = |name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    Some((
        line("id")?.parse().unwrap(),
        line("event")?.to_owned(),
        serde_json::from_str(line("data")?).unwrap(),
    ))
}

fn states(events: &[Event]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event.2["state"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_stream_follows_the_job_and_ends_with_it() {
    let office = Office::open().await;
    let document = office.document(PNG).await;
    let job = office.job(&document).await;
    let mut reader = Reader::open(&office, &job, None).await;
    let first = reader.next().await.unwrap();
    assert_eq!((first.0, first.1.as_str()), (1, "state"));
    assert_eq!(first.2["state"], "queued");
    office.plan(2).await;
    office.read_page().await;
    let progress = loop {
        let event = reader.next().await.unwrap();
        if event.2["progress"]["done"] == 1 {
            break event;
        }
    };
    assert_eq!(progress.1, "progress");
    office.read_page().await;
    office.assemble(b"a").await;
    let rest = reader.rest().await;
    assert_eq!(states(&rest).last(), Some(&"succeeded"));

    let all = Reader::open(&office, &job, None).await.rest().await;
    let ids: Vec<_> = all.iter().map(|event| event.0).collect();
    assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
    let resumed = Reader::open(&office, &job, Some(progress.0)).await.rest().await;
    assert_eq!(resumed, all[usize::try_from(progress.0).unwrap()..]);
    let nothing_left = Reader::open(&office, &job, all.last().map(|event| event.0)).await;
    assert_eq!(nothing_left.rest().await, []);

    let garbled = office
        .clerk(Method::GET, &format!("/v1/jobs/{job}/events"))
        .header("last-event-id", "seven");
    problem(garbled.send().await.unwrap(), ErrorCode::BadRequest).await;
}

#[tokio::test]
async fn a_long_past_is_told_to_its_end() {
    let office = Office::open().await;
    let (_, job) = office.finished_job(250).await;
    let events = Reader::open(&office, &job, None).await.rest().await;
    let ids: Vec<_> = events.iter().map(|event| event.0).collect();
    assert!(ids.len() > 250);
    assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
    assert_eq!(states(&events).last(), Some(&"succeeded"));
}

#[tokio::test]
async fn a_stream_ends_when_its_document_is_deleted() {
    let office = Office::open().await;
    let document = office.document(PNG).await;
    let job = office.job(&document).await;
    let mut reader = Reader::open(&office, &job, None).await;
    reader.next().await.unwrap();
    let delete = office.clerk(Method::DELETE, &format!("/v1/documents/{document}"));
    assert_eq!(delete.send().await.unwrap().status(), 204);
    assert_eq!(reader.rest().await, []);
}

#[tokio::test]
async fn an_idle_stream_is_kept_open_by_comments_and_ends_in_time() {
    let settings = ApiSettings {
        keep_alive_seconds: 1,
        event_stream_seconds: 3,
        ..ApiSettings::default()
    };
    let office = Office::with(settings, Default::default(), 0).await;
    let document = office.document(PNG).await;
    let job = office.job(&document).await;
    let text = office
        .get(&format!("/v1/jobs/{job}/events"))
        .await
        .text()
        .await
        .unwrap();
    assert!(text.matches("\n:").count() >= 2, "{text}");
}

#[tokio::test]
async fn shutdown_ends_streams_and_waits() {
    let office = Office::open().await;
    let document = office.document(PNG).await;
    let job = office.job(&document).await;
    let mut reader = Reader::open(&office, &job, None).await;
    reader.next().await.unwrap();
    let path = format!("/v1/jobs/{job}?wait=30");
    let (waited, ()) = tokio::join!(office.get(&path), async {
        reader.next_is_pending().await;
        office.shutdown.cancel();
    });
    assert_eq!(waited.json::<Value>().await.unwrap()["state"], "queued");
    assert_eq!(reader.rest().await, []);
    let drained = tokio::time::timeout(Duration::from_secs(10), office.serving).await;
    assert!(drained.unwrap().unwrap(), "every connection ended by itself");
}

impl Reader {
    /// Shows that the stream is open with nothing to say.
    async fn next_is_pending(&mut self) {
        let next = tokio::time::timeout(Duration::from_millis(300), self.next()).await;
        assert!(next.is_err());
    }
}

#[tokio::test]
async fn wait_returns_at_the_change_and_not_before() {
    let office = Office::open().await;
    let document = office.document(PNG).await;
    let job = office.job(&document).await;

    let started = Instant::now();
    let body: Value = office
        .get(&format!("/v1/jobs/{job}?wait=1"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(body["state"], "queued");
    assert!(started.elapsed() >= Duration::from_secs(1));

    let path = format!("/v1/jobs/{job}?wait=30");
    let started = Instant::now();
    let (answer, ()) = tokio::join!(office.get(&path), async {
        // Until the question has been read: what changed before it is no change to wait for.
        tokio::time::sleep(Duration::from_millis(500)).await;
        office.plan(1).await;
    });
    let state = answer.json::<Value>().await.unwrap()["state"].clone();
    assert!(state == "planning" || state == "running", "{state}");
    assert!(started.elapsed() < Duration::from_secs(20));

    office.read_page().await;
    office.assemble(b"a").await;
    let started = Instant::now();
    let body: Value = office.get(&path).await.json().await.unwrap();
    assert_eq!(body["state"], "succeeded");
    assert!(started.elapsed() < Duration::from_secs(20));
    problem(
        office.get(&format!("/v1/jobs/{job}?wait=-1")).await,
        ErrorCode::BadRequest,
    )
    .await;
}

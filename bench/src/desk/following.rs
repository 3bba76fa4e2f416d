//! The events of a job as its screen follows them: how long after it was written an event was there.
//!
//! Promise: both moments come from the same machine's clock; what was written before the stream was opened does not
//! count. Never: a look at the job beside the stream.

use std::time::Duration;

use futures::StreamExt as _;
use hdrhistogram::Histogram;
use jiff::Timestamp;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::person::Person;
use crate::search::open_loop::Latencies;

/// Pause before a stream that ended is opened again.
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Deserialize)]
struct Event {
    sequence: u64,
    at: Timestamp,
    state: String,
}

/// What was seen so far.
struct Seen {
    since: Timestamp,
    last: u64,
    has_ended: bool,
    delays: Histogram<u64>,
}

/// Follows a job for a window: the delays of its events.
///
/// # Errors
/// A stream that is refused or is not one.
pub async fn follow(person: Person, job: String, window: Duration) -> anyhow::Result<Latencies> {
    let until = Instant::now() + window;
    let mut seen = Seen {
        since: Timestamp::now(),
        last: 0,
        has_ended: false,
        delays: Histogram::new(3)?,
    };
    while !seen.has_ended && Instant::now() < until {
        let mut pieces = person.events(&job, seen.last).await?.bytes_stream();
        let mut waiting = Vec::new();
        // Neither the end of the window nor the end of a stream is a mistake: streams are cut now and then.
        while let Ok(Some(piece)) = timeout_at(until, pieces.next()).await {
            waiting.extend_from_slice(&piece?);
            seen.take(&mut waiting)?;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(Latencies::of(&seen.delays, 0))
}

impl Seen {
    /// Takes the whole events out of what came; the rest waits.
    fn take(&mut self, waiting: &mut Vec<u8>) -> anyhow::Result<()> {
        while let Some(end) = waiting.windows(2).position(|pair| pair == b"\n\n") {
            let event: Vec<u8> = waiting.drain(..end + 2).collect();
            self.note(std::str::from_utf8(&event)?)?;
        }
        Ok(())
    }

    fn note(&mut self, event: &str) -> anyhow::Result<()> {
        let Some(data) = event.lines().find_map(|line| line.strip_prefix("data:")) else {
            return Ok(());
        };
        let now = Timestamp::now();
        let event: Event = serde_json::from_str(data.trim_start())?;
        self.last = event.sequence;
        self.has_ended = matches!(event.state.as_str(), "succeeded" | "failed" | "cancelled");
        if event.at >= self.since {
            let delay = now.duration_since(event.at).as_micros();
            self.delays.record(u64::try_from(delay.max(0))?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_in_pieces_count_once_and_old_ones_not_at_all() {
        let mut seen = Seen {
            since: Timestamp::now(),
            last: 0,
            has_ended: false,
            delays: Histogram::new(3).expect("three digits"),
        };
        let old = "id: 1\nevent: state\ndata: {\"sequence\":1,\"at\":\"2026-01-01T00:00:00Z\",\"state\":\"queued\"}\n\n";
        let new = format!(
            "id: 2\nevent: progress\ndata: {{\"sequence\":2,\"at\":\"{}\",\"state\":\"running\"}}\n\n: keep-alive\n\n",
            Timestamp::now()
        );
        let mut waiting = Vec::new();
        for byte in old.bytes().chain(new.bytes()) {
            waiting.push(byte);
            seen.take(&mut waiting).expect("they are events");
        }
        assert_eq!((seen.last, seen.delays.len(), seen.has_ended), (2, 1, false));
        assert!(waiting.is_empty());
    }
}

//! Questions at a fixed rate, whether or not the former ones were answered.
//!
//! Promise: a latency counts from the moment at which the question was due, so that a service which
//! stalls is charged for all who wait (no coordinated omission). Never: a retry.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// What a window of questions showed.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Latencies {
    /// Questions answered.
    pub answered: u64,
    /// Questions refused or failed.
    pub failed: u64,
    /// Milliseconds from due to answered.
    pub p50: f64,
    /// 95 of 100 are faster.
    pub p95: f64,
    /// 99 of 100 are faster.
    pub p99: f64,
    /// The slowest.
    pub max: f64,
}

impl Latencies {
    /// Of a histogram of microseconds and the number of those that failed.
    #[must_use]
    pub fn of(histogram: &Histogram<u64>, failed: u64) -> Self {
        let millis = |share: f64| histogram.value_at_quantile(share) as f64 / 1_000.0;
        Self {
            answered: histogram.len(),
            failed,
            p50: millis(0.5),
            p95: millis(0.95),
            p99: millis(0.99),
            max: histogram.max() as f64 / 1_000.0,
        }
    }
}

/// Where questions go.
#[derive(Clone, Debug)]
pub struct Target {
    /// A client without a limit of connections.
    pub http: reqwest::Client,
    /// `http://host:port/v1/questions`.
    pub url: String,
    /// A clerk's token.
    pub token: String,
}

async fn ask(target: Target, question: String) -> bool {
    let sent = target
        .http
        .post(&target.url)
        .bearer_auth(&target.token)
        .json(&serde_json::json!({ "text": question }))
        .send()
        .await;
    match sent {
        Ok(answer) if answer.status().is_success() => answer.bytes().await.is_ok(),
        _ => false,
    }
}

/// Asks the questions round and round at `rate` a second for `window`.
///
/// # Errors
/// When a task panicked.
pub async fn ask_at(
    target: &Target,
    questions: &[String],
    rate: u32,
    window: Duration,
) -> anyhow::Result<Latencies> {
    anyhow::ensure!(!questions.is_empty() && rate > 0, "no questions to ask");
    let mut histogram: Histogram<u64> = Histogram::new(3)?;
    let mut failed = 0;
    let mut waiting = JoinSet::new();
    let begun = Instant::now();
    let count = u64::from(rate) * window.as_secs();
    for (number, question) in (0..count).zip(questions.iter().cycle()) {
        let due = begun + Duration::from_secs(1) * u32::try_from(number)? / rate;
        tokio::time::sleep_until(due).await;
        let (target, question) = (target.clone(), question.clone());
        waiting.spawn(async move {
            let answered = ask(target, question).await;
            (answered, due.elapsed())
        });
    }
    while let Some(done) = waiting.join_next().await {
        match done? {
            (true, latency) => histogram.record(u64::try_from(latency.as_micros())?)?,
            (false, _) => failed += 1,
        }
    }
    Ok(Latencies::of(&histogram, failed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_does_not_answer_is_counted() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let target = Target {
            http: reqwest::Client::new(),
            url: format!("http://{address}/v1/questions"),
            token: "none".to_owned(),
        };
        let seen = ask_at(&target, &["問".to_owned()], 10, Duration::from_secs(1))
            .await
            .expect("it runs");
        assert_eq!((seen.answered, seen.failed), (0, 10));
    }
}

//! Live captions over the public API: a made meeting is sent as a microphone would, a tenth of a second at a time
//! and in real time; who follows the events notes when each text was firm.
//!
//! Promises: a delay counts from the end of a character's sound, sending and waiting for the message to be full
//! included. Never: a meeting that is sent faster than it is spoken.

use std::time::Duration;

use anyhow::Context as _;
use futures::{SinkExt as _, StreamExt as _};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::characters::{self, Errors};
use super::firm::{self, Glimpse};
use super::made::{Order, Recording, Scripts};
use super::models::BUNDLED;
use super::product::Product;
use super::sound;
use super::truth::{Said, Truth};
use crate::process_tree::cpu_seconds;
use crate::screen;
use crate::search::service::{Installation, Service};

/// Bytes of a message: a tenth of a second.
const MESSAGE: usize = sound::RATE as usize / 10 * 2;
const EVERY: Duration = Duration::from_millis(100);
/// Silence after the meeting: a microphone does not stop with the last word.
const SILENCE_MESSAGES: usize = 20;
/// Longest wait for the captions to end after the sound has.
const END_WITHIN: Duration = Duration::from_secs(120);

/// What was seen of all meetings.
#[derive(Clone, Debug, Serialize)]
pub struct Live {
    /// One by one.
    pub meetings: Vec<Session>,
    /// Of the characters of all of them.
    pub pooled: Delays,
    /// Errors of all captions as they stayed.
    pub cer: Errors,
}

/// From the end of a character's sound until it was firm, seconds.
#[derive(Clone, Debug, Serialize)]
pub struct Delays {
    /// Median.
    pub p50: f64,
    /// 95 of 100 are sooner.
    pub p95: f64,
    /// The latest.
    pub max: f64,
    /// Characters whose delay is known.
    pub characters: usize,
}

/// What was seen of one meeting.
#[derive(Clone, Debug, Serialize)]
pub struct Session {
    /// Its seed.
    pub seed: u64,
    /// Length of the meeting, seconds.
    pub seconds: f64,
    /// Share of pauses.
    pub pauses: f64,
    /// When its text was firm.
    pub delays: Delays,
    /// Errors of the captions as they stayed.
    pub cer: Errors,
    /// CPU seconds of the service meanwhile.
    pub cpu_seconds: f64,
    /// How far captions were behind the sound at most, seconds.
    pub behind: f64,
}

/// How much is spoken.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Meetings, one after another.
    pub meetings: u32,
    /// Seconds of one, about.
    pub seconds: u32,
    /// Seed of the first.
    pub seed: u64,
}

/// Sends meetings and follows their captions.
///
/// # Errors
/// When the service does not start, refuses, or does not end the captions.
pub fn measure(scripts: &Scripts, product: &Product, plan: Plan) -> anyhow::Result<Live> {
    let (mut meetings, mut pooled, mut cer) = (Vec::new(), Vec::new(), Errors::default());
    for seed in (plan.seed..).take(plan.meetings.max(1) as usize) {
        let recording = scripts.meeting(Order {
            seed,
            seconds: plan.seconds,
            snr: 20,
            voices: Some(3),
            pauses: None,
        })?;
        let (seen, cpu_seconds) = heard_live(product, &recording)?;
        let session = seen.session(seed, &recording.truth, cpu_seconds);
        screen::line(format!(
            "live {seed}: p50 {:.2} s, p95 {:.2} s over {} characters, CER {:.3}, {cpu_seconds:.1} CPU s",
            session.delays.p50,
            session.delays.p95,
            session.delays.characters,
            session.cer.rate(),
        ));
        cer += session.cer;
        meetings.push(session);
        pooled.extend(firm::delays(&recording.truth.segments, &seen.glimpses));
    }
    let pooled = Delays::of(&pooled);
    screen::line(format!(
        "live, pooled: p50 {:.2} s, p95 {:.2} s",
        pooled.p50, pooled.p95
    ));
    Ok(Live {
        meetings,
        pooled,
        cer,
    })
}

/// What a follower of one meeting saw, and the service's CPU seconds meanwhile. The service is a fresh one.
fn heard_live(product: &Product, recording: &Recording) -> anyhow::Result<(Seen, f64)> {
    let data = product.work.join("live");
    if data.exists() {
        std::fs::remove_dir_all(&data)?;
    }
    std::fs::create_dir_all(&data)?;
    let installation = Installation {
        shoki: product.shoki.clone(),
        store: product.store.clone(),
        repository: product.repository.clone(),
        data,
        settings: vec![("SHOKI_SPEECH__RECOGNISER", BUNDLED.to_owned())],
    };
    let token = installation.people()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let service = installation.serve(token).await?;
        session(&service, recording).await
    })
}

#[derive(Deserialize)]
struct Opened {
    id: String,
}

async fn session(service: &Service, recording: &Recording) -> anyhow::Result<(Seen, f64)> {
    let samples = sound::read(&recording.sound)?;
    let new = service.http.post(format!("{}/v1/live", service.base));
    let opened: Opened = service.json(new.json(&serde_json::json!({}))).await?;
    let path = format!("{}/v1/live/{}", service.base, opened.id);
    let events = service
        .http
        .get(format!("{path}/events"))
        .bearer_auth(&service.token);
    let events = events.send().await?.error_for_status()?;
    let mut request = format!("{path}/audio")
        .replacen("http", "ws", 1)
        .into_client_request()?;
    let authorization = format!("Bearer {}", service.token).parse()?;
    request.headers_mut().insert("authorization", authorization);
    let (socket, _) = tokio_tungstenite::connect_async(request).await?;
    let before = cpu_seconds(service.pid())?;
    let begun = Instant::now();
    let following = tokio::spawn(follow(events, begun));
    send(socket, &samples, begun).await?;
    let seen = tokio::time::timeout(END_WITHIN, following)
        .await
        .context("the captions did not end")???;
    Ok((seen, cpu_seconds(service.pid())? - before))
}

impl Delays {
    fn of(delays: &[f64]) -> Self {
        Self {
            p50: firm::percentile(delays, 0.5),
            p95: firm::percentile(delays, 0.95),
            max: firm::percentile(delays, 1.0),
            characters: delays.len(),
        }
    }
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// Sends the sound as it is spoken, then ends the recording.
async fn send(socket: Socket, samples: &[u8], begun: Instant) -> anyhow::Result<()> {
    let (mut sink, mut stream) = socket.split();
    // Acknowledgements have to be read, or the service stops to take sound.
    let reading = tokio::spawn(async move {
        let mut last = None;
        while let Some(Ok(message)) = stream.next().await {
            if let Message::Text(text) = message {
                last = Some(text.to_string());
            }
        }
        last
    });
    let silence = vec![0; MESSAGE * SILENCE_MESSAGES];
    let messages = samples.chunks(MESSAGE).chain(silence.chunks(MESSAGE));
    for (number, part) in (0_u64..).zip(messages) {
        // A message is full when its last sample has been spoken.
        tokio::time::sleep_until(begun + EVERY * (u32::try_from(number)? + 1)).await;
        let mut message = number.to_le_bytes().to_vec();
        message.extend_from_slice(&part[..part.len() / 2 * 2]);
        if sink.send(Message::Binary(message.into())).await.is_err() {
            break;
        }
    }
    let asked = sink.send(Message::Text(r#"{"type":"end"}"#.into())).await;
    let last = tokio::time::timeout(END_WITHIN, reading)
        .await
        .context("the service did not end the recording")??;
    anyhow::ensure!(
        asked.is_ok() && last.as_deref().is_some_and(|text| text.contains("\"ended\"")),
        "the service ended the sound with {last:?}"
    );
    Ok(())
}

/// What a follower saw.
#[derive(Debug, Default)]
struct Seen {
    glimpses: Vec<Glimpse>,
    behind_ms: u64,
}

#[derive(Deserialize)]
struct Now {
    partial: Option<Partial>,
    behind_ms: u64,
}

#[derive(Deserialize)]
struct Partial {
    segment: u64,
    firm: String,
}

#[derive(Deserialize)]
struct Final {
    segment: u64,
    text: String,
}

/// Notes the captions until they end.
async fn follow(events: reqwest::Response, begun: Instant) -> anyhow::Result<Seen> {
    let (mut seen, mut waiting) = (Seen::default(), Vec::new());
    let mut pieces = events.bytes_stream();
    while let Some(piece) = pieces.next().await {
        waiting.extend_from_slice(&piece?);
        while let Some(end) = waiting.windows(2).position(|pair| pair == b"\n\n") {
            let event: Vec<u8> = waiting.drain(..end + 2).collect();
            if seen.note(std::str::from_utf8(&event)?, begun.elapsed().as_secs_f64())? {
                return Ok(seen);
            }
        }
    }
    anyhow::bail!("the events ended before the captions did")
}

impl Seen {
    /// What that amounts to.
    fn session(&self, seed: u64, truth: &Truth, cpu_seconds: f64) -> Session {
        let heard = Said {
            start: 0.0,
            end: truth.seconds,
            speaker: String::new(),
            text: firm::stayed(&self.glimpses),
            ends: Vec::new(),
        };
        Session {
            seed,
            seconds: truth.seconds,
            pauses: 1.0 - truth.spoken() / truth.seconds,
            delays: Delays::of(&firm::delays(&truth.segments, &self.glimpses)),
            cer: characters::all(&truth.segments, &[heard]),
            cpu_seconds,
            behind: self.behind_ms as f64 / 1_000.0,
        }
    }

    /// Notes one event (its lines); whether the captions have ended.
    fn note(&mut self, event: &str, at: f64) -> anyhow::Result<bool> {
        let field = |name: &str| {
            event
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .map(str::trim_start)
        };
        let data = field("data:").unwrap_or_default();
        let (caption, firm) = match field("event:") {
            Some("now") => {
                let now: Now = serde_json::from_str(data)?;
                self.behind_ms = self.behind_ms.max(now.behind_ms);
                match now.partial {
                    Some(partial) => (partial.segment, partial.firm),
                    None => return Ok(false),
                }
            }
            Some("final") => {
                let last: Final = serde_json::from_str(data)?;
                (last.segment, last.text)
            }
            Some("ended") => return Ok(true),
            _ => return Ok(false),
        };
        self.glimpses.push(Glimpse { at, caption, firm });
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_become_glimpses() {
        let mut seen = Seen::default();
        let now = "event: now\ndata: {\"partial\":{\"segment\":3,\"start_ms\":0,\"end_ms\":900,\"firm\":\"次に\",\
                   \"tentative\":\"、\"},\"recorded_ms\":1000,\"behind_ms\":250,\"connected\":true}\n\n";
        assert!(!seen.note(now, 1.5).expect("it is an event"));
        let last = "id: 7\nevent: final\nretry: 1000\ndata: {\"kind\":\"final\",\"segment\":3,\"start_ms\":0,\
                    \"end_ms\":1200,\"text\":\"次に、予算。\",\"to_check\":false}\n\n";
        assert!(!seen.note(last, 2.5).expect("it is an event"));
        assert!(!seen.note(": keep-alive\n\n", 3.0).expect("it is a comment"));
        assert!(
            seen.note("event: ended\ndata: {\"kind\":\"ended\",\"job\":null}\n\n", 4.0)
                .expect("it ends")
        );
        assert_eq!(firm::stayed(&seen.glimpses), "次に、予算。");
        assert_eq!(seen.behind_ms, 250);
        assert!(seen.note("event: final\ndata: {}\n\n", 5.0).is_err());
    }
}

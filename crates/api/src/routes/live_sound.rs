//! The WebSocket on which a microphone's sound comes (RFC 6455).
//!
//! Binary messages are a number (8 bytes, little-endian, from 0 without gaps over all connections of the
//! session) and the sound. The first text message says where to go on; an `ack` says what is on disk, and
//! only then may the client forget it. Numbers that came before are ignored; a gap ends the connection with a
//! sentence that names the number that is missing, because sound that is not there cannot be asked for again
//! later. Promise: nothing is acknowledged that a power cut could take.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::LiveId;
use shoki_core::live::{LiveCodec, MAX_LIVE_MESSAGE_BYTES, opus_samples};
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::extract::signed::{WriteContents, still_stands};
use crate::extract::{Ids, Signed};
use crate::live::{Durable, LiveCommand, LiveInput, SoundMessage};
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::live::{ClientMessage, ServerMessage};

/// Bytes of a message's number.
const NUMBER_BYTES: usize = 8;
/// Longest time for a message to be taken by the client.
const SEND_PATIENCE: Duration = Duration::from_secs(60);

/// 音声を送る(WebSocket)。
///
/// バイナリは 8 バイトの連番(リトルエンディアン)と音声。`ack` が届いた連番までは保存済み。
#[utoipa::path(
    get, path = "/v1/live/{id}/audio", operation_id = "send_live_sound", tag = "live",
    security(("token" = [])), params(("id" = Uuid, Path)),
    responses(
        (status = 101, description = "WebSocket に切り替える"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn receive(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(session): Ids<LiveId>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let live = shared.api.live_captions()?;
    let info = live
        .ask(&signed.actor, |reply| LiveCommand::Show { session, reply })
        .await?;
    let upgrade = upgrade.map_err(|_| {
        Problem::new(ErrorCode::BadRequest).detail("この宛先には WebSocket で接続してください。")
    })?;
    let input = live
        .ask(&signed.actor, |reply| LiveCommand::Attach { session, reply })
        .await?;
    let expected = input.durable.borrow().next;
    let microphone = Microphone {
        expected,
        acknowledged: 0,
        codec: info.codec,
        actor: signed.actor,
        headers,
        session,
        input,
        shared,
    };
    let most = MAX_LIVE_MESSAGE_BYTES + NUMBER_BYTES;
    let upgrade = upgrade.max_message_size(most).max_frame_size(most);
    let span = tracing::Span::current();
    Ok(upgrade.on_upgrade(move |socket| microphone.carry(socket).instrument(span)))
}

/// Why a connection ends.
enum End {
    /// The client has gone.
    Gone,
    /// The recording has ended.
    Recorded(ServerMessage),
    /// Something to be told, then closed.
    Told(Problem, u16),
}

impl End {
    fn refused(sentence: impl Into<String>) -> Self {
        let problem = Problem::new(ErrorCode::BadRequest).detail(sentence);
        Self::Told(problem, close_code::POLICY)
    }
}

/// One connection.
struct Microphone {
    shared: Shared,
    actor: Actor,
    /// What the client showed when it came, looked at again now and then.
    headers: HeaderMap,
    session: LiveId,
    codec: LiveCodec,
    input: LiveInput,
    /// Number of the next message.
    expected: u64,
    /// Number of the message after the last acknowledged one.
    acknowledged: u64,
}

impl Microphone {
    async fn carry(mut self, mut socket: WebSocket) {
        let end = match self.listen(&mut socket).await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        let resume_from = self.input.durable.borrow().next;
        let (message, code) = match end {
            End::Gone => return,
            End::Recorded(message) => (message, close_code::NORMAL),
            End::Told(problem, code) => {
                let message = ServerMessage::Error {
                    code: problem.code().as_str(),
                    detail: problem.sentence(),
                    resume_from,
                };
                (message, code)
            }
        };
        let frame = CloseFrame {
            code,
            reason: "".into(),
        };
        // The client may have gone meanwhile.
        if say(&mut socket, &message).await.is_ok() {
            let _ended = tokio::time::timeout(SEND_PATIENCE, socket.send(Message::Close(Some(frame)))).await;
        }
    }

    async fn listen(&mut self, socket: &mut WebSocket) -> Result<std::convert::Infallible, End> {
        let resume_from = self.expected;
        self.acknowledged = resume_from;
        say(socket, &ServerMessage::Ready { resume_from }).await?;
        let recheck = Duration::from_secs(self.shared.api.settings.event_stream_seconds.max(1));
        let mut look_again = Instant::now() + recheck;
        let shutdown = self.shared.api.shutdown.clone();
        let replaced = self.input.replaced.clone();
        loop {
            tokio::select! {
                message = socket.recv() => match message {
                    Some(Ok(Message::Binary(bytes))) => self.take(bytes, &shutdown).await?,
                    Some(Ok(Message::Text(text))) => self.hear(text.as_str()).await?,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Gone),
                },
                changed = self.input.durable.changed() => {
                    if changed.is_err() {
                        let ended = Problem::new(ErrorCode::Conflict)
                            .detail("このライブ字幕の録音は終わりました。");
                        return Err(End::Told(ended, close_code::NORMAL));
                    }
                    self.acknowledge(socket).await?;
                }
                () = replaced.cancelled() => {
                    let told = Problem::new(ErrorCode::Conflict)
                        .detail("同じライブ字幕に別の接続が音声を送り始めました。");
                    return Err(End::Told(told, close_code::POLICY));
                }
                () = shutdown.cancelled() => {
                    let told = Problem::new(ErrorCode::NotReady)
                        .detail("サービスを再起動しています。つなぎ直すと続きから送れます。");
                    return Err(End::Told(told, close_code::RESTART));
                }
                () = tokio::time::sleep_until(look_again) => {
                    if !still_stands(&self.shared, &self.headers, self.actor.user).await {
                        return Err(End::Told(Problem::new(ErrorCode::Unauthenticated), close_code::POLICY));
                    }
                    look_again = Instant::now() + recheck;
                }
            }
        }
    }

    /// One message of sound.
    async fn take(
        &mut self,
        bytes: Bytes,
        shutdown: &tokio_util::sync::CancellationToken,
    ) -> Result<(), End> {
        let Some((number, sound)) = bytes.split_first_chunk::<NUMBER_BYTES>() else {
            return Err(End::refused("音声の前に 8 バイトの連番を付けてください。"));
        };
        let sequence = u64::from_le_bytes(*number);
        if sequence < self.expected {
            return Ok(());
        }
        if sequence > self.expected {
            return Err(End::refused(format!(
                "連番 {} の音声が届いていません。そこから送り直してください。",
                self.expected
            )));
        }
        let is_whole = match self.codec {
            LiveCodec::Pcm16 => sound.len().is_multiple_of(2),
            LiveCodec::Opus => opus_samples(sound).is_some(),
        };
        if sound.is_empty() || !is_whole {
            return Err(End::refused(match self.codec {
                LiveCodec::Pcm16 => "音声が空か、1サンプル(2 バイト)の途中で切れています。",
                LiveCodec::Opus => "Opus のパケットではありません。1通に1パケットを入れてください。",
            }));
        }
        let message = SoundMessage {
            sequence,
            payload: bytes.slice(NUMBER_BYTES..),
        };
        tokio::select! {
            sent = self.input.sound.send(message) => match sent {
                Ok(()) => self.expected += 1,
                // Ended or failed: what `durable` says comes next.
                Err(_) => return Err(self.stopped()),
            },
            () = shutdown.cancelled() => {}
        }
        Ok(())
    }

    fn stopped(&self) -> End {
        let failed = self.input.durable.borrow().failed;
        let problem = match failed {
            Some(code) => Problem::new(code),
            None => Problem::new(ErrorCode::Conflict).detail("このライブ字幕の録音は終わりました。"),
        };
        End::Told(problem, close_code::NORMAL)
    }

    /// A text message.
    async fn hear(&mut self, text: &str) -> Result<(), End> {
        let Ok(ClientMessage::End) = serde_json::from_str(text) else {
            return Err(End::refused(
                "使えるメッセージは音声(バイナリ)と {\"type\": \"end\"} だけです。",
            ));
        };
        let session = self.session;
        let ended = match self.shared.api.live_captions() {
            Ok(live) => {
                live.ask(&self.actor, |reply| LiveCommand::End { session, reply })
                    .await
            }
            Err(problem) => Err(problem),
        };
        Err(match ended {
            Ok(job) => End::Recorded(ServerMessage::Ended {
                job: job.map(|job| job.id),
            }),
            Err(problem) => End::Told(problem, close_code::ERROR),
        })
    }

    async fn acknowledge(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        let Durable { next, failed } = *self.input.durable.borrow_and_update();
        if let Some(code) = failed {
            return Err(End::Told(Problem::new(code), close_code::ERROR));
        }
        if next > self.acknowledged {
            self.acknowledged = next;
            say(socket, &ServerMessage::Ack { sequence: next - 1 }).await?;
        }
        Ok(())
    }
}

async fn say(socket: &mut WebSocket, message: &ServerMessage) -> Result<(), End> {
    let text = serde_json::to_string(message).expect("numbers and strings always become JSON");
    match tokio::time::timeout(SEND_PATIENCE, socket.send(Message::Text(text.into()))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(End::Gone),
    }
}

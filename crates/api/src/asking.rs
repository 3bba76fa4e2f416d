//! Asking a desk: a command on its bounded channel, and the answer within a time.
//!
//! Promise: a desk that is not there, is behind, or has died is a clear answer, never a wait without end.

use std::time::Duration;

use shoki_core::code::ErrorCode;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

use crate::problem::Problem;

/// How long an asker waits.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Longest time for an answer.
    pub within: Duration,
    /// What a client is told to wait when all places are taken, seconds.
    pub retry_after_seconds: u32,
}

/// Sends the command that `command` makes of a reply sender and the request's span, and waits for the reply.
///
/// # Errors
/// `not_ready` when the desk is not there or does not answer, `too_many_requests` when all places are taken.
pub async fn ask<C, T>(
    desk: &mpsc::Sender<C>,
    patience: Patience,
    command: impl FnOnce(oneshot::Sender<T>, Span) -> C,
) -> Result<T, Problem> {
    let (reply, answer) = oneshot::channel();
    let sent = desk.try_send(command(reply, Span::current()));
    sent.map_err(|error| match error {
        TrySendError::Full(_) => {
            Problem::new(ErrorCode::TooManyRequests).retry_after(patience.retry_after_seconds)
        }
        TrySendError::Closed(_) => Problem::new(ErrorCode::NotReady),
    })?;
    match tokio::time::timeout(patience.within, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) | Err(_) => Err(Problem::new(ErrorCode::NotReady)),
    }
}

//! Desks: a thread each that answers commands one after another.
//!
//! Promises: the thread ends before the process does; a command whose asker has gone is skipped and counted; a
//! panic breaks its own answer only.

use shoki_core::code::ErrorCode;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;
use tracing::Span;

use crate::command::Refusal;
use crate::metric;

/// Starts a thread that answers `commands`; it holds a token of `threads` until the last sender is gone.
///
/// # Errors
/// [`Refusal`] when the thread cannot be started.
pub fn start<C: Send + 'static>(
    name: &str,
    threads: &TaskTracker,
    mut commands: mpsc::Receiver<C>,
    answer: impl Fn(C) + Send + 'static,
) -> Result<(), Refusal> {
    let alive = threads.token();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let _alive = alive;
            while let Some(command) = commands.blocking_recv() {
                answer(command);
            }
        })
        .map(drop)
        .map_err(|error| Refusal::said(format!("プログラムを始められません({error})。")))
}

/// Answers one command with what `work` makes, if somebody waits for it.
pub fn reply<T, E: From<Broken>>(
    reply: oneshot::Sender<Result<T, E>>,
    span: &Span,
    work: impl FnOnce() -> Result<T, E>,
) {
    if reply.is_closed() {
        metric::skipped();
        return;
    }
    let _entered = span.enter();
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    drop(reply.send(done.unwrap_or_else(|_| Err(Broken.into()))));
}

/// The work panicked.
#[derive(Clone, Copy, Debug)]
pub struct Broken;

impl From<Broken> for ErrorCode {
    fn from(Broken: Broken) -> Self {
        Self::Internal
    }
}

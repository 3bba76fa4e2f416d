//! The directory inside the service: a bounded queue, a few questions at a time, each given up when its asker has
//! gone or the service stops.

use std::sync::Arc;

use shoki_api::{
    Directory, DirectoryCommand, DirectoryFailure, DirectoryReply, DirectorySender, DirectoryWork,
};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::{OfficeDirectory, SignInError};

/// Questions asked of the directory at the same time.
const AT_ONCE: usize = 16;
/// Questions that may wait: at nine in the morning everybody comes.
const WAITING: usize = 256;

/// The routes' end, and the loop to be run as a task; no loop where there is no directory.
pub fn channel(
    directory: OfficeDirectory,
    shutdown: CancellationToken,
) -> (
    Directory,
    Option<impl Future<Output = anyhow::Result<()>> + Send + 'static>,
) {
    let (sender, commands) = DirectorySender::channel(WAITING);
    let routes = match &directory {
        OfficeDirectory::Local => return (Directory::Local, None),
        OfficeDirectory::Ldap(_) => Directory::Ldap(sender),
        OfficeDirectory::Oidc(_) => Directory::Oidc(sender),
    };
    (routes, Some(run(Arc::new(directory), commands, shutdown)))
}

async fn run(
    directory: Arc<OfficeDirectory>,
    mut commands: mpsc::Receiver<DirectoryCommand>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let at_once = Arc::new(Semaphore::new(AT_ONCE));
    let running = TaskTracker::new();
    loop {
        let place = tokio::select! {
            place = Arc::clone(&at_once).acquire_owned() => place?,
            () = shutdown.cancelled() => break,
        };
        let command = tokio::select! {
            command = commands.recv() => command,
            () = shutdown.cancelled() => None,
        };
        let Some(command) = command else { break };
        let (directory, shutdown) = (Arc::clone(&directory), shutdown.clone());
        let DirectoryCommand { work, span } = command;
        let asked = async move {
            answer(&directory, work, &shutdown).await;
            drop(place);
        };
        running.spawn(asked.instrument(span));
    }
    running.close();
    running.wait().await;
    Ok(())
}

async fn answer(directory: &OfficeDirectory, work: DirectoryWork, shutdown: &CancellationToken) {
    match (directory, work) {
        (
            OfficeDirectory::Ldap(ldap),
            DirectoryWork::Password {
                name,
                password,
                reply,
            },
        ) => send(ldap.check(&name, &password), reply, shutdown).await,
        (OfficeDirectory::Oidc(oidc), DirectoryWork::Begin { reply }) => {
            send(oidc.begin(), reply, shutdown).await;
        }
        (OfficeDirectory::Oidc(oidc), DirectoryWork::Finish { returned, reply }) => {
            send(oidc.finish(&returned), reply, shutdown).await;
        }
        (OfficeDirectory::Oidc(oidc), DirectoryWork::Leave { reply }) => {
            send(oidc.leave(), reply, shutdown).await;
        }
        // The routes ask only what their directory knows; a dropped reply is no answer.
        (_, _) => tracing::error!("a question for another kind of directory"),
    }
}

/// Asks while the asker waits.
async fn send<T>(
    work: impl Future<Output = Result<T, SignInError>>,
    mut reply: DirectoryReply<T>,
    shutdown: &CancellationToken,
) {
    let said = tokio::select! {
        said = work => said,
        () = reply.closed() => return,
        () = shutdown.cancelled() => return,
    };
    let said = said.map_err(|error| {
        match error.failure() {
            DirectoryFailure::Wrong => {}
            DirectoryFailure::Untrusted => tracing::warn!(%error, "a sign-in is refused"),
            DirectoryFailure::NoAnswer | DirectoryFailure::Busy => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the directory does not say who somebody is"
                );
            }
        }
        error.failure()
    });
    drop(reply.send(said));
}

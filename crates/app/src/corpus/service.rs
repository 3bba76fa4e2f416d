//! The law desk inside the service: one thread that answers questions, one that keeps the index in step.
//!
//! Promises: a question never waits for an import; a command whose asker has gone is skipped and counted;
//! both threads end before the process does; an index server that does not answer is said, and asked again
//! until it does. Never: a question's text in the log.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use shoki_api::{SearchCommand, SearchFailure, SearchSender};
use shoki_search::index::IndexError;
use shoki_search::query::QueryError;
use shoki_store::{CorpusStore, JobStore, SqliteStore};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::desk::{Desk, DeskError};
use super::following::Follower;
use super::gate_thread::{self, Gate};
use super::handover::{Handover, Tools};
use super::serving_index::IndexPlace;
use crate::command::Refusal;
use crate::config::Config;
use crate::metric;
use crate::priority::yield_to_people;

/// Questions that may wait: at 20 ms each, the last one waits a second.
const WAITING: usize = 50;

/// Starts both threads; they hold a token of `threads` until their sessions are gone.
///
/// # Errors
/// [`Refusal`] when the index of this machine cannot be opened or made, or a thread not be started.
pub fn start(
    config: &Config,
    store: &Arc<SqliteStore>,
    threads: &TaskTracker,
    shutdown: CancellationToken,
) -> Result<SearchSender, Refusal> {
    let corpus: Arc<dyn CorpusStore> = store.clone();
    let runtime = Handle::current();
    let handover = Handover::default();
    let place = IndexPlace::of(config)?;
    let mut follower = Follower::new(config, Arc::clone(&corpus), place, handover.clone());
    follower.begin()?;
    let (sender, commands) = SearchSender::channel(WAITING);
    let sender = sender.with_health(follower.health()).with_index(follower.state());

    let gate = Gate {
        config: config.clone(),
        store: Arc::clone(&corpus),
        handover,
        runtime: runtime.clone(),
        threads: threads.clone(),
        at_work: Arc::new(AtomicBool::new(false)),
    };
    let alive = threads.token();
    let of_desk = runtime.clone();
    spawn("shoki-search", move || {
        let _alive = alive;
        let make = |tools: Tools| {
            Desk::new(Arc::clone(&corpus), tools.index, tools.embedder, of_desk.clone())
                .with_reranker(tools.reranker)
        };
        answer(make, commands, &gate);
    })?;

    let changes = store.changes();
    let alive = threads.token();
    spawn("shoki-indexer", move || {
        let _alive = alive;
        yield_to_people();
        runtime.block_on(follower.follow(changes, shutdown));
    })?;
    Ok(sender)
}

pub(super) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Refusal> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map(drop)
        .map_err(|error| Refusal::said(format!("プログラムを始められません({error})。")))
}

/// Answers until every sender is gone.
fn answer(make: impl Fn(Tools) -> Desk, mut commands: mpsc::Receiver<SearchCommand>, gate: &Gate) {
    let mut desk: Option<Desk> = None;
    while let Some(command) = commands.blocking_recv() {
        if let Some(tools) = gate.handover.take() {
            match desk.as_mut() {
                Some(desk) => desk.work_with(tools),
                None => desk = Some(make(tools)),
            }
        }
        match command {
            SearchCommand::Ask {
                question,
                reader,
                reply,
                span,
            } => {
                if reply.is_closed() {
                    metric::skipped();
                    continue;
                }
                let _entered = span.entered();
                let answered = match desk.as_mut() {
                    Some(desk) => desk.ask(reader, &question).map_err(|error| failure(&error)),
                    None => Err(SearchFailure::NotReady),
                };
                drop(reply.send(answered));
            }
            SearchCommand::CheckSynonyms {
                rules,
                questions,
                reply,
                span,
            } => {
                let _entered = span.entered();
                drop(reply.send(gate_thread::check(&rules, &questions)));
            }
            SearchCommand::GateSynonyms {
                rules,
                known,
                reader,
                reply,
                span,
            } => {
                let _entered = span.clone().entered();
                gate.synonyms(rules, known, reader, reply, span);
            }
            SearchCommand::ListBank { filter, reply, span } => {
                let _entered = span.entered();
                let listed = match desk.as_mut() {
                    Some(desk) => desk.bank_entries(&filter).map_err(|error| failure(&error)),
                    None => Err(SearchFailure::NotReady),
                };
                drop(reply.send(listed));
            }
            SearchCommand::EditBank {
                edit,
                known,
                reader,
                reply,
                span,
            } => {
                let _entered = span.clone().entered();
                gate.bank(edit, known, reader, reply, span);
            }
        }
    }
}

/// What the asker is told; the log says the rest.
fn failure(error: &DeskError) -> SearchFailure {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "a question was not answered"
    );
    match error {
        // A server that does not answer: `Follower` sees it too, and says so in /readyz.
        DeskError::Query(QueryError::Index(IndexError::Engine(_))) => SearchFailure::NotReady,
        _ => SearchFailure::Broken,
    }
}

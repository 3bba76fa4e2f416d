//! The law desk inside the service: threads that answer questions, one that keeps the index in step.
//!
//! Promises: a question never waits for an import; a command whose asker has gone is skipped and counted;
//! all threads end before the process does; an index server that does not answer is said, and asked again
//! until it does. Never: a question's text in the log.

use std::num::NonZero;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;

use shoki_api::{SearchCommand, SearchFailure, SearchSender};
use shoki_core::evidence::{Evidence, Question};
use shoki_core::id::DepartmentId;
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
use super::handover::Handover;
use super::knowledge::Knowledge;
use super::serving_index::IndexPlace;
use crate::command::Refusal;
use crate::config::Config;
use crate::metric;
use crate::priority::yield_to_people;

/// Questions that may wait: at 20 ms each, the last one waits a second.
const WAITING: usize = 50;
/// Questions answered at a time at least: a short one does not wait for a long one.
const LEAST_ANSWERING: usize = 2;
/// Questions answered at a time at most: a core each, up to what shared memory feeds.
const MOST_ANSWERING: usize = 8;

/// Starts the threads; they hold a token of `threads` until their sessions are gone.
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

    let answering = Answering {
        commands: Mutex::new(commands),
        knowledge: Arc::new(Knowledge::new(Arc::clone(&corpus), runtime.clone())),
        gate: Gate {
            config: config.clone(),
            store: corpus,
            handover,
            runtime: runtime.clone(),
            threads: threads.clone(),
            at_work: Arc::new(AtomicBool::new(false)),
        },
    };
    answering.start(threads)?;

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

/// What the answering threads share.
struct Answering {
    commands: Mutex<mpsc::Receiver<SearchCommand>>,
    knowledge: Arc<Knowledge>,
    gate: Gate,
}

impl Answering {
    /// Starts the threads that answer.
    fn start(self, threads: &TaskTracker) -> Result<(), Refusal> {
        let desk = Arc::new(self);
        let cores = available_parallelism().map_or(1, NonZero::get);
        for _ in 0..cores.clamp(LEAST_ANSWERING, MOST_ANSWERING) {
            let (alive, desk) = (threads.token(), Arc::clone(&desk));
            spawn("shoki-search", move || {
                let _alive = alive;
                while let Some(command) = desk.next() {
                    desk.carry_out(command);
                }
            })?;
        }
        Ok(())
    }

    /// The next command; `None` when every sender is gone. One thread waits for it, the others for that one.
    fn next(&self) -> Option<SearchCommand> {
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        commands.blocking_recv()
    }

    fn ask(&self, reader: DepartmentId, question: &Question) -> Result<Evidence, SearchFailure> {
        let tools = self.gate.handover.tools().ok_or(SearchFailure::NotReady)?;
        Desk::new(tools, Arc::clone(&self.knowledge))
            .ask(reader, question)
            .map_err(|error| failure(&error))
    }

    fn carry_out(&self, command: SearchCommand) {
        match command {
            SearchCommand::Ask {
                question,
                reader,
                reply,
                span,
            } => {
                if reply.is_closed() {
                    metric::skipped();
                    return;
                }
                let _entered = span.entered();
                drop(reply.send(self.ask(reader, &question)));
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
                self.gate.synonyms(rules, known, reader, reply, span);
            }
            SearchCommand::ListBank { filter, reply, span } => {
                let _entered = span.entered();
                let listed = self.knowledge.bank_entries(&filter);
                drop(reply.send(listed.map_err(|error| failure(&error.into()))));
            }
            SearchCommand::EditBank {
                edit,
                known,
                reader,
                reply,
                span,
            } => {
                let _entered = span.clone().entered();
                self.gate.bank(edit, known, reader, reply, span);
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

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;

//! The law desk inside the service: one thread that answers questions, one that keeps the index in step.
//!
//! Promises: a question never waits for an import; a command whose asker has gone is skipped and counted;
//! both threads end before the process does. Never: a question's text in the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use shoki_api::{GateVerdict, RuleEffect, RulesFault, SearchCommand, SearchFailure, SearchSender};
use shoki_core::clock::Clock as _;
use shoki_core::id::DepartmentId;
use shoki_search::index::embedded::EmbeddedIndex;
use shoki_search::index::{IndexError, PassageIndex};
use shoki_search::query::synonym::{SynonymError, SynonymTable};
use shoki_store::corpus_model::KnownBasis;
use shoki_store::{CorpusStore, JobStore, SqliteStore};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::desk::Desk;
use super::indexer::Indexer;
use super::local::fingerprint;
use super::{embedder, gate, reranker};
use crate::clock::SystemClock;
use crate::command::Refusal;
use crate::config::Config;
use crate::priority::yield_to_people;
use crate::{metric, place};

/// Questions that may wait: at 20 ms each, the last one waits a second.
const WAITING: usize = 50;

/// Pause between two looks at the corpus: the database ticks with every page that is read.
const PAUSE: Duration = Duration::from_millis(250);

/// Starts both threads; they hold a token of `threads` until their sessions are gone.
///
/// # Errors
/// [`Refusal`] when the index cannot be opened or made, or a thread not be started.
pub fn start(
    config: &Config,
    store: &Arc<SqliteStore>,
    threads: &TaskTracker,
    shutdown: CancellationToken,
) -> Result<SearchSender, Refusal> {
    let asked = embedder::load(config)?;
    let wanted = fingerprint(asked.as_deref());
    let directory = place::index_dir(config);
    place::make_private_dir(&directory)?;
    let (index, fresh) = match EmbeddedIndex::open(&directory, wanted.clone()) {
        Err(IndexError::OtherFingerprint | IndexError::Damaged(_)) => {
            (EmbeddedIndex::rebuild(&directory, wanted), true)
        }
        opened => (opened, false),
    };
    let index = index.map(Arc::new).map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the index does not open"
        );
        Refusal::said(format!(
            "検索の索引 {} を開けません。場所と権限、空き容量を確かめてください。",
            directory.display()
        ))
    })?;
    let corpus: Arc<dyn CorpusStore> = store.clone();
    let shared: Arc<dyn PassageIndex> = index.clone();
    let runtime = Handle::current();
    let (sender, commands) = SearchSender::channel(WAITING);

    let desk = Desk::new(Arc::clone(&corpus), Arc::clone(&shared), asked, runtime.clone())
        .with_reranker(reranker::load(config)?);
    let gate = Gate {
        config: config.clone(),
        store: Arc::clone(&corpus),
        index: Arc::clone(&shared),
        runtime: runtime.clone(),
        threads: threads.clone(),
        at_work: Arc::new(AtomicBool::new(false)),
    };
    let alive = threads.token();
    spawn("shoki-search", move || {
        let _alive = alive;
        answer(desk, commands, &gate);
    })?;

    let indexer = Indexer::new(corpus, shared, embedder::load(config)?, &directory);
    let changes = store.changes();
    let alive = threads.token();
    spawn("shoki-indexer", move || {
        let _alive = alive;
        yield_to_people();
        runtime.block_on(follow(indexer, &index, fresh, changes, shutdown));
    })?;
    Ok(sender)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Refusal> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map(drop)
        .map_err(|error| Refusal::said(format!("プログラムを始められません({error})。")))
}

/// Answers until every sender is gone.
fn answer(mut desk: Desk, mut commands: mpsc::Receiver<SearchCommand>, gate: &Gate) {
    while let Some(command) = commands.blocking_recv() {
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
                let answered = desk.ask(reader, &question).map_err(|error| {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "a question was not answered"
                    );
                    SearchFailure::Broken
                });
                drop(reply.send(answered));
            }
            SearchCommand::CheckSynonyms {
                rules,
                questions,
                reply,
                span,
            } => {
                let _entered = span.entered();
                drop(reply.send(check(&rules, &questions)));
            }
            SearchCommand::GateSynonyms {
                rules,
                known,
                reader,
                reply,
                span,
            } => {
                let _entered = span.clone().entered();
                gate.start(rules, known, reader, reply, span);
            }
        }
    }
}

/// Where synonym tables are compared: a thread and a session of its own, one at a time, so that hundreds
/// of questions asked twice delay no caseworker.
struct Gate {
    config: Config,
    store: Arc<dyn CorpusStore>,
    index: Arc<dyn PassageIndex>,
    runtime: Handle,
    threads: TaskTracker,
    at_work: Arc<AtomicBool>,
}

/// Frees the place of a comparison, also after a panic.
struct Place(Arc<AtomicBool>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Gate {
    fn start(
        &self,
        rules: String,
        known: Vec<KnownBasis>,
        reader: DepartmentId,
        reply: oneshot::Sender<Result<GateVerdict, SearchFailure>>,
        span: tracing::Span,
    ) {
        if self.at_work.swap(true, Ordering::AcqRel) {
            drop(reply.send(Err(SearchFailure::Busy)));
            return;
        }
        let place = Place(Arc::clone(&self.at_work));
        let (config, store, index) = (
            self.config.clone(),
            Arc::clone(&self.store),
            Arc::clone(&self.index),
        );
        let (runtime, alive) = (self.runtime.clone(), self.threads.token());
        let spawned = spawn("shoki-gate", move || {
            let _alive = alive;
            yield_to_people();
            let _entered = span.entered();
            let compared = (|| -> Result<Option<GateVerdict>, SearchFailure> {
                // The route has had the table read before.
                let table = SynonymTable::parse(&rules).map_err(|_| SearchFailure::Broken)?;
                let embedder = embedder::load(&config).map_err(|_| SearchFailure::Broken)?;
                let reranker = reranker::load(&config).map_err(|_| SearchFailure::Broken)?;
                let mut desk = Desk::new(store, index, embedder, runtime).with_reranker(reranker);
                let today = shoki_api::japan::day_of(SystemClock.now());
                let known = gate::judged(known);
                gate::compare(&mut desk, reader, today, &known, &table, &|| reply.is_closed()).map_err(
                    |error| {
                        tracing::error!(
                            error = &error as &dyn std::error::Error,
                            "synonym tables were not compared"
                        );
                        SearchFailure::Broken
                    },
                )
            })();
            drop(place);
            match compared.transpose() {
                Some(verdict) => drop(reply.send(verdict)),
                None => metric::skipped(),
            }
        });
        if let Err(refusal) = spawned {
            tracing::error!(?refusal, "no thread to compare synonym tables on");
        }
    }
}

/// What each rule of a table does to the questions.
fn check(rules: &str, questions: &[String]) -> Result<Vec<RuleEffect>, RulesFault> {
    let table = SynonymTable::parse(rules).map_err(|error| match error {
        SynonymError::Malformed(error) => RulesFault {
            line: error
                .span()
                .and_then(|span| u32::try_from(rules[..span.start].lines().count().max(1)).ok()),
            message_ja: "同義語の表の書き方が正しくありません。from、to、weight を確かめてください。".to_owned(),
        },
        SynonymError::BadRule { number, .. } => RulesFault {
            line: None,
            message_ja: format!("{number} 番目の規則が使えません。from と to に一つ以上の語、weight に 0 より大きく 1 以下の数を書いてください。"),
        },
    })?;
    let questions: Vec<&str> = questions.iter().map(String::as_str).collect();
    Ok(table
        .rules()
        .iter()
        .zip(table.touched(&questions))
        .map(|(rule, questions)| RuleEffect {
            rule: format!("{} → {}", rule.from.join("・"), rule.to.join("・")),
            questions,
        })
        .collect())
}

/// Brings the index up to date after every change of the database.
async fn follow(
    mut indexer: Indexer,
    index: &EmbeddedIndex,
    mut fresh: bool,
    mut changes: tokio::sync::watch::Receiver<u64>,
    shutdown: CancellationToken,
) {
    while !shutdown.is_cancelled() {
        changes.mark_unchanged();
        match indexer.round().await {
            Ok(round) => {
                if round.applied + round.removed > 0 {
                    tracing::info!(
                        applied = round.applied,
                        removed = round.removed,
                        embedded = round.embedded,
                        "the index follows the corpus"
                    );
                }
                if fresh {
                    match index.publish() {
                        Ok(()) => fresh = false,
                        Err(error) => tracing::error!(
                            error = &error as &dyn std::error::Error,
                            "the rebuilt index is not published"
                        ),
                    }
                }
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the index is behind the corpus"
                );
            }
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            () = shutdown.cancelled() => {}
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = shutdown.cancelled() => {}
        }
    }
}

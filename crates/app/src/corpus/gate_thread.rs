//! The gate before a change of the search inside the service, and what each rule of a synonym table does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::civil::Date;
use shoki_api::{BankAnswer, BankEdit, GateVerdict, PlannedEdit, RuleEffect, RulesFault, SearchFailure};
use shoki_core::clock::Clock as _;
use shoki_core::id::DepartmentId;
use shoki_search::query::synonym::{SynonymError, SynonymTable};
use shoki_store::CorpusStore;
use shoki_store::corpus_model::KnownBasis;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

use super::desk::{Desk, DeskError};
use super::handover::{Handover, Tools};
use super::knowledge::{Knowledge, Rules};
use super::local::fingerprint;
use super::{embedder, gate, reranker};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::metric;
use crate::priority::yield_to_people;

/// Where rules are compared: a thread and a session of its own, one at a time, so that hundreds of questions
/// asked twice delay no caseworker.
pub(super) struct Gate {
    pub config: Config,
    pub store: Arc<dyn CorpusStore>,
    pub handover: Handover,
    pub runtime: Handle,
    pub threads: TaskTracker,
    pub at_work: Arc<AtomicBool>,
}

/// Frees the place of a comparison, also after a panic.
struct Place(Arc<AtomicBool>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// Whether the asker has gone.
type IsGone<'a> = &'a dyn Fn() -> bool;

impl Gate {
    /// Compares a synonym table, which the route has had read before, with the one in use.
    pub(super) fn synonyms(
        &self,
        rules: String,
        known: Vec<KnownBasis>,
        reader: DepartmentId,
        reply: oneshot::Sender<Result<GateVerdict, SearchFailure>>,
        span: tracing::Span,
    ) {
        self.start(reply, span, move |desk, is_gone| {
            let Ok(table) = SynonymTable::parse(&rules) else {
                return Ok(Some(Err(SearchFailure::Broken)));
            };
            let new = Rules {
                synonyms: Arc::new(table),
                ..desk.rules_in_use()?
            };
            let known = gate::judged(known);
            let verdict = gate::compare(desk, reader, today(), &known, &new, is_gone)?;
            Ok(verdict.map(Ok))
        });
    }

    /// Finds out what an edit of the bank comes to, and compares the bank after it with the one in use.
    pub(super) fn bank(
        &self,
        edit: BankEdit,
        known: Vec<KnownBasis>,
        reader: DepartmentId,
        reply: oneshot::Sender<Result<BankAnswer, SearchFailure>>,
        span: tracing::Span,
    ) {
        self.start(reply, span, move |desk, is_gone| {
            let (change, entry, bank) = match desk.planned_edit(reader, today(), &edit)? {
                Ok(planned) => planned,
                Err(refusal) => return Ok(Some(Ok(Err(refusal)))),
            };
            let new = Rules {
                bank,
                ..desk.rules_in_use()?
            };
            let known = gate::judged(known);
            let verdict = gate::compare(desk, reader, today(), &known, &new, is_gone)?;
            Ok(verdict.map(|verdict| {
                Ok(Ok(PlannedEdit {
                    change,
                    entry,
                    verdict,
                }))
            }))
        });
    }

    /// Does the work on a thread with a desk of its own, unless another comparison runs.
    fn start<T: Send + 'static>(
        &self,
        reply: oneshot::Sender<Result<T, SearchFailure>>,
        span: tracing::Span,
        work: impl FnOnce(&Desk, IsGone<'_>) -> Result<Option<Result<T, SearchFailure>>, DeskError>
        + Send
        + 'static,
    ) {
        if self.at_work.swap(true, Ordering::AcqRel) {
            drop(reply.send(Err(SearchFailure::Busy)));
            return;
        }
        let place = Place(Arc::clone(&self.at_work));
        let Some(tools) = self.handover.tools() else {
            drop(reply.send(Err(SearchFailure::NotReady)));
            return;
        };
        let (config, store) = (self.config.clone(), Arc::clone(&self.store));
        let (runtime, alive) = (self.runtime.clone(), self.threads.token());
        let spawned = super::service::spawn("shoki-gate", move || {
            let _alive = alive;
            yield_to_people();
            let _entered = span.entered();
            let compared = (|| -> Result<Option<T>, SearchFailure> {
                let embedder = embedder::load(&config).map_err(|_| SearchFailure::Broken)?;
                let index = Arc::clone(&tools.index);
                if fingerprint(embedder.as_deref()) != *index.fingerprint() {
                    // Another embedder came; the index that goes with it is still being made.
                    return Err(SearchFailure::Busy);
                }
                let reranker = reranker::load(&config).map_err(|_| SearchFailure::Broken)?;
                let tools = Tools::new(index, embedder, reranker);
                let desk = Desk::new(Arc::new(tools), Arc::new(Knowledge::new(store, runtime)));
                let done = work(&desk, &|| reply.is_closed()).map_err(|error| {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "known answers were not compared"
                    );
                    SearchFailure::Broken
                })?;
                done.transpose()
            })();
            drop(place);
            match compared.transpose() {
                Some(answer) => drop(reply.send(answer)),
                None => metric::skipped(),
            }
        });
        if let Err(refusal) = spawned {
            tracing::error!(?refusal, "no thread to compare known answers on");
        }
    }
}

fn today() -> Date {
    shoki_api::japan::day_of(SystemClock.now())
}

/// What each rule of a table does to the questions.
pub(super) fn check(rules: &str, questions: &[String]) -> Result<Vec<RuleEffect>, RulesFault> {
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

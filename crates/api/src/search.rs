//! The seam to the searcher: commands on a bounded channel, each with its reply sender and its span.
//!
//! `app` owns the other end (threads with the index, the embedder and the rules); this crate knows
//! neither. Promise: a searcher that is not there, is behind, or has died is a clear answer within
//! [`ANSWER_WITHIN`], never a request that hangs. A command whose asker has gone may be skipped.

use std::time::Duration;

use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;
use shoki_core::evidence::{Evidence, Question};
use shoki_core::id::DepartmentId;
use shoki_store::corpus_model::KnownBasis;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};
use tracing::Span;

use crate::problem::Problem;
use crate::question_bank::{BankAnswer, BankEdit, BankFilter, BankPage};

/// Questions waiting for the searcher.
pub const SEARCH_WAITING: &str = "shoki_search_waiting";
/// Questions that may wait.
pub const SEARCH_PLACES: &str = "shoki_search_waiting_max";
/// Longest time for an answer; the slowest index answers in 0.2 s.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Longest time for a comparison of two synonym tables: some hundred questions, each asked twice.
pub const GATE_WITHIN: Duration = Duration::from_secs(300);
/// What a client is told to wait while another comparison runs, seconds.
const GATE_RETRY_SECONDS: u32 = 30;
/// What a client is told to wait when all places are taken, seconds.
const RETRY_AFTER_SECONDS: u32 = 1;

/// What the searcher is asked to do.
#[derive(Debug)]
pub enum SearchCommand {
    /// Answer a question.
    Ask {
        /// The question.
        question: Question,
        /// The 課 that asks: its own material and what is shared in the office.
        reader: DepartmentId,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Evidence, SearchFailure>>,
        /// The request's span.
        span: Span,
    },
    /// Read a synonym table without using it, and tell which questions each of its rules widens.
    CheckSynonyms {
        /// The table (TOML).
        rules: String,
        /// Questions to try.
        questions: Vec<String>,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Vec<RuleEffect>, RulesFault>>,
        /// The request's span.
        span: Span,
    },
    /// Answer questions with the synonym table in use and with another one, and compare.
    GateSynonyms {
        /// The other table (TOML), which can be read.
        rules: String,
        /// Questions with their basis.
        known: Vec<KnownBasis>,
        /// The 課 that asks.
        reader: DepartmentId,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<GateVerdict, SearchFailure>>,
        /// The request's span.
        span: Span,
    },
    /// Look into the bank of known questions.
    ListBank {
        /// Which entries.
        filter: BankFilter,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<BankPage, SearchFailure>>,
        /// The request's span.
        span: Span,
    },
    /// Find out what an edit of the bank comes to, and answer questions before and after it.
    EditBank {
        /// The edit.
        edit: BankEdit,
        /// Questions with their basis.
        known: Vec<KnownBasis>,
        /// The 課 that asks.
        reader: DepartmentId,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<BankAnswer, SearchFailure>>,
        /// The request's span.
        span: Span,
    },
}

/// How a new synonym table, or an edit of the bank, answers the questions whose basis is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GateVerdict {
    /// Questions asked before and after.
    pub questions: usize,
    /// Mean nDCG@10 before.
    pub before: f64,
    /// Mean nDCG@10 after.
    pub after: f64,
    /// How far it may fall.
    pub may_fall: f64,
    /// Whether it fell further.
    pub falls: bool,
    /// Pinned questions whose basis is not among the first five any more.
    pub lost: Vec<String>,
    /// Questions that are answered worse, the worst first.
    pub worse: Vec<String>,
}

/// Questions named in a refusal.
const NAMED: usize = 5;

impl GateVerdict {
    /// Why the change may not be made, with the questions; `None` when it may.
    #[must_use]
    pub fn worse_ja(&self) -> Option<String> {
        let mut sentences = Vec::new();
        if !self.lost.is_empty() {
            sentences.push(format!("根拠が上位5件から外れる質問: {}。", named(&self.lost)));
        }
        if self.falls {
            sentences.push(format!(
                "{} 件の質問の nDCG@10 が {:.3} から {:.3} に下がります(下がってよいのは {:.2} まで)。",
                self.questions, self.before, self.after, self.may_fall
            ));
            sentences.push(format!("悪くなる質問: {}。", named(&self.worse)));
        }
        (!sentences.is_empty()).then(|| sentences.concat())
    }
}

/// The first questions, quoted, and how many more there are.
fn named(questions: &[String]) -> String {
    let first: String = questions
        .iter()
        .take(NAMED)
        .map(|question| format!("「{question}」"))
        .collect();
    match questions.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first}ほか {more} 件"),
    }
}

/// Why a question could not be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchFailure {
    /// The index is not there yet, or being rebuilt for the first time.
    NotReady,
    /// Something broke; the searcher has logged what.
    Broken,
    /// It does one of these at a time.
    Busy,
}

/// What a synonym rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleEffect {
    /// The rule, as a person reads it: 貯金 → 資産.
    pub rule: String,
    /// Positions of the questions it widens.
    pub questions: Vec<usize>,
}

/// Why a synonym table cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesFault {
    /// Line from 1, where it is known.
    pub line: Option<u32>,
    /// What is wrong, in Japanese.
    pub message_ja: String,
}

/// The index that serves, and whether another one is being made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexState {
    /// Model hash, prefixes and pooling of its embedder; `None`: words alone.
    pub embedder: Option<Sha256>,
    /// Width of a vector; 0 without an embedder.
    pub dimensions: u32,
    /// Version of the tokeniser and of the fields.
    pub layout: u32,
    /// Whether all of it was fed; else it is made anew.
    pub is_whole: bool,
    /// Whether an index of another embedder is being made beside it.
    pub is_rebuilding: bool,
}

/// The routes' end of the channel.
#[derive(Clone, Debug)]
pub struct SearchSender {
    commands: mpsc::Sender<SearchCommand>,
    health: Option<watch::Receiver<Option<String>>>,
    index: Option<watch::Receiver<Option<IndexState>>>,
}

impl SearchSender {
    /// A channel on which at most `places` commands wait.
    #[must_use]
    pub fn channel(places: usize) -> (Self, mpsc::Receiver<SearchCommand>) {
        let (commands, received) = mpsc::channel(places);
        let sender = Self {
            commands,
            health: None,
            index: None,
        };
        (sender, received)
    }

    /// With what the searcher says about its index: a sentence while it cannot be asked.
    #[must_use]
    pub fn with_health(mut self, health: watch::Receiver<Option<String>>) -> Self {
        self.health = Some(health);
        self
    }

    /// With what the searcher says about the index that serves.
    #[must_use]
    pub fn with_index(mut self, index: watch::Receiver<Option<IndexState>>) -> Self {
        self.index = Some(index);
        self
    }

    /// The index that serves; `None` while none does.
    #[must_use]
    pub fn index(&self) -> Option<IndexState> {
        self.index.as_ref().and_then(|index| *index.borrow())
    }

    /// Why the index cannot be asked now, as a sentence; `None` when it can.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.health.as_ref().and_then(|health| health.borrow().clone())
    }

    /// The refusal while it cannot be asked.
    pub(crate) fn not_ready(&self) -> Problem {
        match self.trouble() {
            Some(trouble) => not_ready().detail(trouble),
            None => not_ready(),
        }
    }

    /// Asks a question.
    ///
    /// # Errors
    /// `search_not_ready`, or `too_many_requests` when all places are taken.
    pub async fn ask(&self, question: Question, reader: DepartmentId) -> Result<Evidence, Problem> {
        let (reply, answer) = oneshot::channel();
        self.send(SearchCommand::Ask {
            question,
            reader,
            reply,
            span: Span::current(),
        })?;
        match within(answer).await? {
            Ok(evidence) => Ok(evidence),
            Err(SearchFailure::NotReady | SearchFailure::Busy) => Err(self.not_ready()),
            Err(SearchFailure::Broken) => Err(Problem::new(ErrorCode::Internal)),
        }
    }

    /// Reads a synonym table without using it.
    ///
    /// # Errors
    /// As [`SearchSender::ask`]; `option_unusable` with the line when the table is wrong.
    pub async fn check_synonyms(
        &self,
        rules: String,
        questions: Vec<String>,
    ) -> Result<Vec<RuleEffect>, Problem> {
        let (reply, answer) = oneshot::channel();
        self.send(SearchCommand::CheckSynonyms {
            rules,
            questions,
            reply,
            span: Span::current(),
        })?;
        within(answer).await?.map_err(|fault| {
            let place = fault.line.map(|line| format!("{line}行目: ")).unwrap_or_default();
            Problem::new(ErrorCode::OptionUnusable).detail(format!("{place}{}", fault.message_ja))
        })
    }

    /// Compares a synonym table with the one in use.
    ///
    /// # Errors
    /// As [`SearchSender::ask`]; `too_many_requests` while another comparison runs.
    pub async fn gate_synonyms(
        &self,
        rules: String,
        known: Vec<KnownBasis>,
        reader: DepartmentId,
    ) -> Result<GateVerdict, Problem> {
        let (reply, answer) = oneshot::channel();
        self.send(SearchCommand::GateSynonyms {
            rules,
            known,
            reader,
            reply,
            span: Span::current(),
        })?;
        gated(answer).await.unwrap_or_else(|| Err(self.not_ready()))
    }

    pub(crate) fn send(&self, command: SearchCommand) -> Result<(), Problem> {
        let sent = self.commands.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) => {
                Problem::new(ErrorCode::TooManyRequests).retry_after(RETRY_AFTER_SECONDS)
            }
            TrySendError::Closed(_) => not_ready(),
        });
        let places = self.commands.max_capacity();
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        {
            metrics::gauge!(SEARCH_PLACES).set(places as f64);
            metrics::gauge!(SEARCH_WAITING).set(places.saturating_sub(self.commands.capacity()) as f64);
        }
        sent
    }
}

/// The answer of the gate; `None` when there is no index to ask, or no answer in time.
pub(crate) async fn gated<T>(
    answer: oneshot::Receiver<Result<T, SearchFailure>>,
) -> Option<Result<T, Problem>> {
    match tokio::time::timeout(GATE_WITHIN, answer).await {
        Ok(Ok(Ok(verdict))) => Some(Ok(verdict)),
        Ok(Ok(Err(SearchFailure::Broken))) => Some(Err(Problem::new(ErrorCode::Internal))),
        Ok(Ok(Err(SearchFailure::Busy))) => Some(Err(
            Problem::new(ErrorCode::TooManyRequests).retry_after(GATE_RETRY_SECONDS)
        )),
        Ok(Ok(Err(SearchFailure::NotReady)) | Err(_)) | Err(_) => None,
    }
}

pub(crate) async fn within<T>(answer: oneshot::Receiver<T>) -> Result<T, Problem> {
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) | Err(_) => Err(not_ready()),
    }
}

/// The refusal while no searcher answers.
#[must_use]
pub const fn not_ready() -> Problem {
    Problem::new(ErrorCode::SearchNotReady)
}

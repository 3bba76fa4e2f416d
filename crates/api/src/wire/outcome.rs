//! What a finished job amounts to, on the wire.

use serde::Serialize;
use shoki_core::outcome::Outcome;
use utoipa::ToSchema;

use super::meeting::MinutesOutcomeBody;

/// Counts of a result.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "pipeline", rename_all = "snake_case")]
pub enum OutcomeBody {
    /// A stack of forms.
    Form(FormOutcomeBody),
    /// Texts for the law desk.
    Corpus(CorpusOutcomeBody),
    /// A recording.
    Minutes(MinutesOutcomeBody),
}

/// Counts of an import.
#[derive(Debug, Serialize, ToSchema)]
pub struct CorpusOutcomeBody {
    /// Texts found in the document.
    pub sources: u32,
    /// Of these, texts that were new or had changed.
    pub revisions_new: u32,
    /// Passages (条, 項目, 問答) of all texts.
    pub passages_total: u32,
    /// Passages that the revision before did not have.
    pub passages_changed: u32,
    /// Passages for which a vector was made.
    pub passages_embedded: u32,
    /// Places not taken over whole.
    pub faults: u32,
    /// Pages or batches that could not be read at all.
    pub pages_failed: u32,
}

/// Counts of a read stack: `pages_total = pages_read + pages_unknown + pages_blank + pages_failed`.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormOutcomeBody {
    /// Pages of the document.
    pub pages_total: u32,
    /// Pages sorted to a form and read.
    pub pages_read: u32,
    /// Pages that match no form (わからない).
    pub pages_unknown: u32,
    /// Blank pages, dropped.
    pub pages_blank: u32,
    /// Pages that could not be opened or read.
    pub pages_failed: u32,
    /// Fields read as 確実.
    pub fields_sure: u32,
    /// Fields marked 要確認.
    pub fields_check: u32,
    /// Fields marked 読めません.
    pub fields_unreadable: u32,
}

impl From<Outcome> for OutcomeBody {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Minutes(minutes) => Self::Minutes(minutes.into()),
            Outcome::Corpus(corpus) => Self::Corpus(CorpusOutcomeBody {
                sources: corpus.sources,
                revisions_new: corpus.revisions_new,
                passages_total: corpus.passages_total,
                passages_changed: corpus.passages_changed,
                passages_embedded: corpus.passages_embedded,
                faults: corpus.faults,
                pages_failed: corpus.pages_failed,
            }),
            Outcome::Form(form) => Self::Form(FormOutcomeBody {
                pages_total: form.pages_total,
                pages_read: form.pages_read,
                pages_unknown: form.pages_unknown,
                pages_blank: form.pages_blank,
                pages_failed: form.pages_failed,
                fields_sure: form.fields_sure,
                fields_check: form.fields_check,
                fields_unreadable: form.fields_unreadable,
            }),
        }
    }
}

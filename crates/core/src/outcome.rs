//! What a finished job amounts to: counts first; the files are its artifacts. Partial success is
//! first class: a page that failed is counted and listed, and the rest is delivered.

use serde::{Deserialize, Serialize};

/// The outcome of a job, by pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "pipeline", rename_all = "snake_case")]
pub enum Outcome {
    /// A stack of forms was read.
    Form(FormOutcome),
    /// Texts were taken into the law desk.
    Corpus(CorpusOutcome),
    /// A recording was heard.
    Minutes(MinutesOutcome),
}

/// Counts of a read stack. Pages: `pages_total = pages_read + pages_unknown + pages_blank + pages_failed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormOutcome {
    /// Pages of the document.
    pub pages_total: u32,
    /// Pages sorted to a form and read.
    pub pages_read: u32,
    /// Pages that match no form, read as full text (わからない tray).
    pub pages_unknown: u32,
    /// Blank pages, dropped.
    pub pages_blank: u32,
    /// Pages that could not be opened or read, each listed with its code.
    pub pages_failed: u32,
    /// Fields read as 確実 (empty ones included).
    pub fields_sure: u32,
    /// Fields marked 要確認.
    pub fields_check: u32,
    /// Fields marked 読めません.
    pub fields_unreadable: u32,
}

/// Counts of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorpusOutcome {
    /// Texts found in the document.
    pub sources: u32,
    /// Of these, texts that were new or had changed.
    pub revisions_new: u32,
    /// Passages of all texts found.
    pub passages_total: u32,
    /// Passages of the new revisions that the revision before did not have.
    pub passages_changed: u32,
    /// Passages for which a vector had to be made.
    pub passages_embedded: u32,
    /// Places not taken over whole, each listed.
    pub faults: u32,
    /// Batches (pages of a paged document) that could not be read at all, each listed with its code.
    pub pages_failed: u32,
}

/// Counts of a heard recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinutesOutcome {
    /// How long the recording is, milliseconds.
    pub duration_ms: u64,
    /// How long somebody speaks in it, milliseconds.
    pub speech_ms: u64,
    /// Windows heard; `windows_total = windows_heard + windows_failed`.
    pub windows_heard: u32,
    /// Windows whose unit failed: shown as segments to listen to, never a hole.
    pub windows_failed: u32,
    /// Segments of the transcript.
    pub segments: u32,
    /// Of these, 要確認.
    pub segments_to_check: u32,
    /// Characters of the transcript.
    pub characters: u32,
    /// Speakers found.
    pub speakers: u32,
}

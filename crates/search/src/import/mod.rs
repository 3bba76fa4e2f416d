//! Files → sources with passages: 標準法令XML, the answers of the 法令API, notices in outline form,
//! casebooks, plans.
//!
//! Promises: text is kept whole; what cannot be taken over is an `ImportFault` with its place. Never:
//! opening a binary format (that is the decode child's work), ranking.

pub mod archive;
pub mod difference;
mod edition;
pub mod egov;
mod encoding;
mod outline;
mod passages;
pub mod questions;
pub mod references;
#[cfg(test)]
mod tests;

use shoki_core::code::ErrorCode;
use shoki_core::corpus::{ImportFault, ImportFaultKind, ImportedText, RevisionHead, SourceRank};
use shoki_core::extract::ExtractedText;

pub use encoding::decode;
use outline::{Form, lines_of_extract, lines_of_text};
use passages::Passages;

/// Why nothing could be taken from a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Not well-formed.
    #[error("not well-formed, line {line:?}")]
    Malformed {
        /// Line from 1, when known.
        line: Option<u32>,
    },
    /// Well-formed, but none of the kinds that are understood.
    #[error("neither a law nor a table nor a text that is understood")]
    NotUnderstood,
    /// Over a limit.
    #[error("larger than an importer takes")]
    TooLarge,
    /// Not valid in its encoding.
    #[error("neither UTF-8 nor Shift_JIS")]
    BadEncoding,
    /// Nothing in it.
    #[error("empty")]
    Empty,
}

impl ImportError {
    /// What the outside is told.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Malformed { .. } | Self::BadEncoding => ErrorCode::CorruptDocument,
            Self::NotUnderstood => ErrorCode::UnsupportedMediaType,
            Self::TooLarge => ErrorCode::InputLimit,
            Self::Empty => ErrorCode::EmptyDocument,
        }
    }

    /// The same as a fault of one file among others.
    #[must_use]
    pub fn fault(&self, file: &str) -> ImportFault {
        let (line, kind) = match self {
            Self::Malformed { line } => (*line, ImportFaultKind::Malformed),
            Self::BadEncoding => (None, ImportFaultKind::BadEncoding),
            Self::TooLarge => (None, ImportFaultKind::TooLarge),
            Self::NotUnderstood | Self::Empty => (None, ImportFaultKind::NotUnderstood),
        };
        ImportFault {
            file: Some(file.to_owned()),
            line,
            page: None,
            kind,
        }
    }
}

/// Bytes of a text file that is no law: the longest casebook has 2 MB.
pub const MAX_TEXT_BYTES: usize = 64 * 1024 * 1024;

/// The sources in a file that is text or an archive of laws, by its content; `rank` says what it is
/// where the file does not. Faults of an archive's files stand with the first source taken from it.
///
/// # Errors
/// [`ImportError`] when nothing can be taken from it.
pub fn import(
    file_name: &str,
    bytes: &[u8],
    rank: Option<SourceRank>,
) -> Result<Vec<ImportedText>, ImportError> {
    if bytes.starts_with(b"PK\x03\x04") {
        return archive::all(bytes);
    }
    if bytes.len() > MAX_TEXT_BYTES {
        return Err(ImportError::TooLarge);
    }
    let text = decode(bytes)?;
    let start = text.trim_start();
    if start.starts_with('<') {
        let mut law = egov::import(file_name, text.as_bytes())?;
        law.source.rank = rank.unwrap_or(law.source.rank);
        return Ok(vec![law]);
    }
    if start.starts_with(['{', '[']) {
        return match egov::import_json(file_name, start) {
            Err(ImportError::NotUnderstood) => casebook(file_name, questions::json_lines(&text)?, rank),
            law => law,
        }
        .map(|one| vec![one]);
    }
    if is_table(file_name) {
        return Ok(vec![casebook(file_name, questions::csv(&text)?, rank)?]);
    }
    let lines = lines_of_text(&text);
    Ok(vec![running_text(file_name, lines, &[], rank)?])
}

/// A source whose text was taken out of a document of pages, a Word file or a workbook.
///
/// # Errors
/// [`ImportError::Empty`] when there is neither text nor a page to be read otherwise;
/// [`ImportError::NotUnderstood`] for a workbook without columns for question and answer.
pub fn import_extracted(
    file_name: &str,
    extract: &ExtractedText,
    rank: Option<SourceRank>,
) -> Result<ImportedText, ImportError> {
    let only_rows = !extract.paragraphs.is_empty()
        && extract
            .paragraphs
            .iter()
            .all(|paragraph| paragraph.cells.is_some());
    if only_rows {
        return casebook(file_name, questions::sheet(&extract.paragraphs)?, rank);
    }
    running_text(
        file_name,
        lines_of_extract(extract),
        &extract.pages_without_text,
        rank,
    )
}

fn running_text(
    file_name: &str,
    lines: Vec<outline::Line>,
    pages_without_text: &[u32],
    rank: Option<SourceRank>,
) -> Result<ImportedText, ImportError> {
    let form = match rank {
        Some(SourceRank::Plan) => Form::Plan,
        None if outline::ends_as_plan(&outline::source_head(file_name, &lines).title) => Form::Plan,
        _ => Form::Notice,
    };
    outline::import(file_name, lines, pages_without_text, form, rank)
}

fn casebook(
    file_name: &str,
    found: questions::Questions,
    rank: Option<SourceRank>,
) -> Result<ImportedText, ImportError> {
    let mut source = outline::source_head(file_name, &[]);
    let mut revision = RevisionHead::default();
    let full = found.document.unwrap_or_else(|| source.title.clone());
    let (name, edition) = edition::split(&full);
    source.key = crate::text::normalise(name);
    name.clone_into(&mut source.title);
    if let Some(edition) = edition {
        revision.amendment = Some(edition.to_owned());
        source.aliases.push(full.clone());
    }
    source.rank = rank.unwrap_or(SourceRank::QuestionAnswer);
    Ok(ImportedText {
        source,
        revision,
        passages: found.passages,
        faults: found.faults,
    })
}

fn is_table(file_name: &str) -> bool {
    let name = file_name.to_ascii_lowercase();
    [".csv", ".tsv"].iter().any(|ending| name.ends_with(ending))
}

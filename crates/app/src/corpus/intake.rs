//! A document → the texts in it, ready for SQL: opened where it must be (the sandboxed child for office
//! files and PDF), cut into passages, references found, and what the document cannot say taken from the
//! importer's own words. The command line and the import job both come through here.
//!
//! Promises: a document that cannot be taken whole is an error or a fault with its place; an archive is
//! never held as a whole. Never: SQL, a decision about who may import.

mod recognised;

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::ops::Range;

use jiff::civil::Date;
use shoki_core::code::ErrorCode;
use shoki_core::corpus::{ImportFault, ImportedText, SourceRank, Visibility};
use shoki_core::corpus_definition::CorpusFile;
use shoki_core::extract::ExtractedText;
use shoki_core::media::MediaKind;
use shoki_core::pipeline::CorpusOptions;
use shoki_decode::{DecodeError, Decoder};
use shoki_ocr::OcrError;
use shoki_search::import::archive::Laws;
use shoki_search::import::{self, ImportError};
use shoki_store::corpus_model::CorpusImport;

pub use recognised::{PageText, page_text, with_pages};

use super::names::CitedNames;
use crate::reading_engine::NotReady;

/// Unpacked bytes of the laws of an archive that are taken at once: some 1,500 articles.
const GROUP_BYTES: u64 = 8 * 1024 * 1024;

/// What the importer says about a document.
#[derive(Clone, Debug)]
pub struct Said {
    /// Who may find it.
    pub visibility: Visibility,
    /// Overrides of the head.
    pub key: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// 通知番号.
    pub number: Option<String>,
    /// Short names.
    pub aliases: Vec<String>,
    /// What it is.
    pub rank: Option<SourceRank>,
    /// 施行日.
    pub valid_from: Option<Date>,
    /// First day no longer in force.
    pub valid_to: Option<Date>,
    /// The law that 法 alone means in it, by title or short name.
    pub default_law: Option<String>,
    /// How the other texts of the workspace are cited.
    pub cited: CitedNames,
}

impl Said {
    /// Nothing but who may find it.
    #[must_use]
    pub fn nothing(visibility: Visibility) -> Self {
        Self {
            visibility,
            key: None,
            title: None,
            number: None,
            aliases: Vec::new(),
            rank: None,
            valid_from: None,
            valid_to: None,
            default_law: None,
            cited: CitedNames::default(),
        }
    }
}

impl From<&CorpusOptions> for Said {
    fn from(options: &CorpusOptions) -> Self {
        Self {
            rank: options.rank,
            valid_from: options.valid_from,
            default_law: options.default_law.clone(),
            ..Self::nothing(options.visibility)
        }
    }
}

impl From<&CorpusFile> for Said {
    fn from(file: &CorpusFile) -> Self {
        Self {
            key: file.key.clone(),
            title: file.title.clone(),
            number: file.number.clone(),
            aliases: file.aliases.clone(),
            rank: file.rank,
            valid_from: file.valid_from,
            valid_to: file.valid_to,
            ..Self::nothing(file.visibility)
        }
    }
}

/// Why nothing was taken from a document.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// It is not what an importer understands.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The child could not open it.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A page could not be read.
    #[error(transparent)]
    Ocr(#[from] OcrError),
    /// What opens this kind of document is not installed.
    #[error("nothing to open it with")]
    NotReady(#[from] NotReady),
    /// The bytes cannot be read.
    #[error("the document's bytes")]
    Io(#[from] std::io::Error),
    /// Opened and understood, but no passage is in it.
    #[error("no passage in it")]
    Nothing {
        /// The first place that could not be taken.
        place: Option<String>,
    },
}

impl IntakeError {
    /// What the outside is told.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Import(ImportError::NotUnderstood) | Self::Nothing { .. } => ErrorCode::NothingToImport,
            Self::Import(error) => error.code(),
            Self::Decode(error) => error.code(),
            Self::Ocr(error) => error.code(),
            Self::NotReady(NotReady::Model(error)) => error.code(),
            Self::NotReady(_) => ErrorCode::NotReady,
            Self::Io(_) => ErrorCode::Internal,
        }
    }

    /// The place of the trouble as units report it.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        match self {
            Self::Import(ImportError::Malformed { line: Some(line) }) => Some(format!("line {line}")),
            Self::Nothing { place } => place.clone(),
            _ => None,
        }
    }

    /// The sentence for the person at the command line.
    #[must_use]
    pub fn sentence_ja(&self) -> String {
        match self {
            Self::Import(error) => import_sentence_ja(error),
            Self::NotReady(error) => format!(
                "この種類のファイルを開く準備ができていません({error})。shoki models pull または shoki models import を実行してください。"
            ),
            Self::Io(error) => format!("読めません({error})。場所と権限を確かめてください。"),
            Self::Decode(_) | Self::Ocr(_) | Self::Nothing { .. } => self.code().sentence_ja(),
        }
    }
}

fn import_sentence_ja(error: &ImportError) -> String {
    match error {
        ImportError::Malformed { line: Some(line) } => {
            format!("{line}行目で書式が壊れています。元のファイルを開いて直すか、取り直してください。")
        }
        ImportError::Malformed { line: None } => {
            "書式が壊れています。元のファイルを開いて直すか、取り直してください。".to_owned()
        }
        ImportError::NotUnderstood => {
            "法令・通知・問答として読める内容が見つかりません。ファイルの種類を確かめてください。".to_owned()
        }
        ImportError::TooLarge => "一つの文書として大きすぎます。分けて取り込んでください。".to_owned(),
        ImportError::BadEncoding => {
            "文字コードがUTF-8でもシフトJISでもありません。UTF-8で保存し直してください。".to_owned()
        }
        ImportError::Empty => "中身がありません。ファイルを確かめてください。".to_owned(),
    }
}

/// What is in a document.
#[derive(Debug)]
pub enum Opened {
    /// Texts, whole.
    Texts(Vec<ImportedText>),
    /// An archive of laws, to be taken group by group with [`laws`].
    Laws(Vec<Range<usize>>),
    /// A document of pages, some of which have to be read by recognition (`pages_without_text`), to be put
    /// together with [`with_pages`].
    Pages(ExtractedText),
}

/// Opens a document; `decoder` is asked for only where its kind needs one.
///
/// # Errors
/// [`IntakeError`].
pub fn open(
    mut file: &File,
    media: Option<MediaKind>,
    name: &str,
    rank: Option<SourceRank>,
    decoder: impl FnOnce() -> Result<Decoder, IntakeError>,
) -> Result<Opened, IntakeError> {
    use MediaKind as M;
    file.rewind()?;
    let kind = match media {
        Some(M::Zip) => {
            let mut laws = Laws::open(file)?;
            match laws.office_kind() {
                None => return Ok(Opened::Laws(laws.groups(GROUP_BYTES))),
                kind => kind,
            }
        }
        other => other,
    };
    match kind {
        Some(kind @ (M::Pdf | M::Docx | M::Xlsx | M::Xls | M::Ods)) => {
            let text = decoder()?.text(file, kind)?;
            if text.pages_without_text.is_empty() {
                return Ok(Opened::Texts(vec![import::import_extracted(name, &text, rank)?]));
            }
            Ok(Opened::Pages(text))
        }
        Some(kind @ (M::Tiff | M::Jpeg | M::Png)) => {
            let pages = decoder()?.probe(file, kind)?.pages;
            Ok(Opened::Pages(ExtractedText {
                pages,
                pages_without_text: (1..=pages).collect(),
                ..ExtractedText::default()
            }))
        }
        Some(M::Wav | M::Flac | M::Mp3 | M::Aac | M::Mp4 | M::Ogg | M::Webm | M::Asf | M::Amr) => {
            Err(ImportError::NotUnderstood.into())
        }
        Some(M::Xml | M::Json | M::Text | M::Zip) | None => {
            let limit = import::MAX_TEXT_BYTES as u64;
            if file.metadata()?.len() > limit {
                return Err(ImportError::TooLarge.into());
            }
            let mut bytes = Vec::new();
            file.take(limit).read_to_end(&mut bytes)?;
            Ok(Opened::Texts(import::import(name, &bytes, rank)?))
        }
    }
}

/// The laws of a group of an archive, and the faults of its files that could not be taken.
///
/// # Errors
/// [`IntakeError`] when the archive cannot be opened.
pub fn laws(
    file: &File,
    group: Range<usize>,
    said: &Said,
) -> Result<(Vec<CorpusImport>, Vec<ImportFault>), IntakeError> {
    let mut texts = Vec::new();
    let faults = Laws::open(file)?.each(group, |law| {
        texts.push(law);
        Ok(())
    })?;
    Ok((prepare(texts, said), faults))
}

/// Texts with what was said about them and their references.
#[must_use]
pub fn prepare(texts: Vec<ImportedText>, said: &Said) -> Vec<CorpusImport> {
    texts
        .into_iter()
        .map(|mut text| {
            let head = &mut text.source;
            if let Some(title) = &said.title {
                head.title.clone_from(title);
                head.key = said
                    .key
                    .clone()
                    .unwrap_or_else(|| shoki_search::text::normalise(title));
            }
            if let Some(key) = &said.key {
                head.key.clone_from(key);
            }
            if said.number.is_some() {
                head.number.clone_from(&said.number);
            }
            head.aliases.extend(said.aliases.iter().cloned());
            head.rank = said.rank.unwrap_or(head.rank);
            text.revision.valid_from = text.revision.valid_from.or(said.valid_from);
            text.revision.valid_to = text.revision.valid_to.or(said.valid_to);
            CorpusImport {
                edges: said.cited.edges(&text, said.default_law.as_deref()),
                text,
                visibility: said.visibility,
            }
        })
        .collect()
}

/// Refuses texts without a single passage, naming the first place that could not be taken.
///
/// # Errors
/// [`IntakeError::Nothing`].
pub fn refuse_nothing(imports: &[CorpusImport], others: &[ImportFault]) -> Result<(), IntakeError> {
    if imports.iter().any(|import| !import.text.passages.is_empty()) {
        return Ok(());
    }
    let own = imports.iter().flat_map(|import| &import.text.faults);
    Err(IntakeError::Nothing {
        place: own.chain(others).find_map(place_of),
    })
}

/// A fault's place as units report it: `FILE<tab>line 3`.
#[must_use]
pub fn place_of(fault: &ImportFault) -> Option<String> {
    let at = match (fault.page, fault.line) {
        (Some(page), _) => Some(format!("page {page}")),
        (None, Some(line)) => Some(format!("line {line}")),
        (None, None) => None,
    };
    match (&fault.file, at) {
        (Some(file), Some(at)) => Some(format!("{file}\t{at}")),
        (Some(file), None) => Some(file.clone()),
        (None, at) => at,
    }
}

//! A file → the texts in it, ready for SQL: opened where it must be (the sandboxed child for office files
//! and PDF), cut into passages, references found, and what the file cannot say taken from the importer's
//! own words.
//!
//! Promise: a file that cannot be taken whole is an error or a fault with its place. Never: SQL.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::Path;

use jiff::civil::Date;
use shoki_core::code::ErrorCode;
use shoki_core::corpus::{ImportedText, SourceRank, Visibility};
use shoki_core::corpus_definition::CorpusFile;
use shoki_core::media::{MediaKind, SNIFF_BYTES};
use shoki_core::pipeline::CorpusOptions;
use shoki_decode::Decoder;
use shoki_search::import::{self, ImportError};
use shoki_store::corpus_model::CorpusImport;

use crate::config::Config;
use crate::reading_engine;

/// Bytes of a file that is read whole: e-Gov's zip of one field of law has under 100 MB.
const MAX_FILE_BYTES: u64 = 512 * 1024 * 1024;

/// What the importer says about a file.
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
}

impl Said {
    /// Nothing but who may find it.
    #[must_use]
    pub const fn nothing(visibility: Visibility) -> Self {
        Self {
            visibility,
            key: None,
            title: None,
            number: None,
            aliases: Vec::new(),
            rank: None,
            valid_from: None,
            valid_to: None,
        }
    }
}

impl From<&CorpusOptions> for Said {
    fn from(options: &CorpusOptions) -> Self {
        Self {
            rank: options.rank,
            valid_from: options.valid_from,
            ..Self::nothing(options.visibility)
        }
    }
}

impl From<&CorpusFile> for Said {
    fn from(file: &CorpusFile) -> Self {
        Self {
            visibility: file.visibility,
            key: file.key.clone(),
            title: file.title.clone(),
            number: file.number.clone(),
            aliases: file.aliases.clone(),
            rank: file.rank,
            valid_from: file.valid_from,
            valid_to: file.valid_to,
        }
    }
}

/// The texts in a file, opened in the sandboxed child where its kind needs it.
///
/// # Errors
/// A sentence for the person at the desk.
pub fn read(config: &Config, path: &Path, rank: Option<SourceRank>) -> Result<Vec<ImportedText>, String> {
    use MediaKind as M;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unreadable = |error: std::io::Error| format!("読めません({error})。場所と権限を確かめてください。");
    let mut file = File::open(path).map_err(unreadable)?;
    let mut head = Vec::new();
    (&file)
        .take(SNIFF_BYTES as u64)
        .read_to_end(&mut head)
        .map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    let texts = match MediaKind::sniff(&head) {
        Some(kind @ (M::Pdf | M::Docx | M::Xlsx | M::Xls | M::Ods)) => {
            let extracted = decoder(config)?
                .text(&file, kind)
                .map_err(|error| error.code().sentence_ja().to_owned())?;
            import::import_extracted(&name, &extracted, rank).map(|text| vec![text])
        }
        Some(M::Tiff | M::Jpeg | M::Png) => return Err(ErrorCode::NothingToImport.sentence_ja().to_owned()),
        Some(M::Xml | M::Json | M::Text | M::Zip) | None => {
            if file.metadata().map_err(unreadable)?.len() > MAX_FILE_BYTES {
                return Err(sentence_ja(&ImportError::TooLarge));
            }
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(unreadable)?;
            import::import(&name, &bytes, rank)
        }
    };
    texts.map_err(|error| sentence_ja(&error))
}

fn decoder(config: &Config) -> Result<Decoder, String> {
    reading_engine::decoder(config).map_err(|error| {
        format!(
            "この種類のファイルを開く準備ができていません: {error}。shoki models pull を実行してください。"
        )
    })
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
                edges: import::references::edges(&text),
                text,
                visibility: said.visibility,
            }
        })
        .collect()
}

/// The sentence for the person at the desk.
#[must_use]
pub fn sentence_ja(error: &ImportError) -> String {
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

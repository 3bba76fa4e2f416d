//! A file → the texts in it, ready for SQL: opened where it must be (the sandboxed child for office files
//! and PDF), cut into passages, references found, and what the file cannot say taken from the importer's
//! own words.
//!
//! Promise: a file that cannot be taken whole is an error or a fault with its place. Never: SQL.

use std::path::Path;

use jiff::civil::Date;
use shoki_core::corpus::{ImportedText, SourceRank, Visibility};
use shoki_core::corpus_definition::CorpusFile;
use shoki_core::pipeline::CorpusOptions;
use shoki_search::import::{self, ImportError};
use shoki_store::corpus_model::CorpusImport;

use crate::config::Config;

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

/// The texts in a file.
///
/// # Errors
/// A sentence for the person at the desk.
pub fn read(_config: &Config, file: &Path) -> Result<Vec<ImportedText>, String> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let bytes = std::fs::read(file).map_err(|error| format!("読めません({error})。"))?;
    import::egov::import(&name, &bytes)
        .map(|text| vec![text])
        .map_err(|error| sentence_ja(&error))
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
                head.key = said.key.clone().unwrap_or_else(|| shoki_search::text::normalise(title));
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
        ImportError::Malformed { line: Some(line) } => format!(
            "{line}行目で書式が壊れています。元のファイルを開いて直すか、取り直してください。"
        ),
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

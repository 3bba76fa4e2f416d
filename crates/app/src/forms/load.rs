//! Loads the form definitions of a directory with their blank pages.
//!
//! Promises: every mistake of every file is in the error; the digest covers everything that the result
//! depends on besides the document — definitions, blank pages, masters, number of readings — so a job never
//! goes on under other rules than those it was accepted with.

use std::path::{Path, PathBuf};

use image::GrayImage;
use shoki_core::acceptance::AcceptTerms;
use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;
use shoki_core::form::FormDefinition;
use shoki_core::form_check::Mistake;
use shoki_core::master::Masters;
use shoki_core::media::MediaKind;
use shoki_core::pipeline::FormPipeline;
use shoki_core::review::CheckPolicy;
use shoki_decode::Decoder;

use super::check;
use crate::config::ReadingsSetting;

/// Why the definitions cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Not a single definition.
    #[error("{0} に帳票定義(*.toml)がありません。ディレクトリの指定を確かめてください。")]
    Empty(PathBuf),
    /// The directory cannot be read.
    #[error("{path} を読めません({source})。場所と権限を確かめてください。")]
    Io {
        /// What was read.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Mistakes in definitions.
    #[error("{}", .0.join("\n"))]
    Mistakes(Vec<String>),
    /// A blank page that cannot be opened.
    #[error("{path}: 記入前の用紙を開けません: {}", .code.sentence_ja())]
    Blank {
        /// The blank page's file.
        path: PathBuf,
        /// Why not.
        code: ErrorCode,
    },
}

/// `FILE:LINE: sentence` for each mistake.
#[must_use]
pub fn lines(path: &Path, mistakes: &[Mistake]) -> Vec<String> {
    let line = |mistake: &Mistake| format!("{}:{}: {}", path.display(), mistake.line, mistake.sentence_ja);
    mistakes.iter().map(line).collect()
}

/// The definitions of `directory` (`*.toml`), sorted by id, with their digest.
///
/// # Errors
/// [`LoadError`]; all mistakes of all files at once.
pub fn definitions(directory: &Path, readings: ReadingsSetting) -> Result<FormPipeline, LoadError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| LoadError::Io { path, source }
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(io(directory))? {
        let path = entry.map_err(io(directory))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(LoadError::Empty(directory.to_owned()));
    }
    let (mut forms, mut masters) = (Vec::new(), Masters::new());
    let mut mistakes = Vec::new();
    for file in &files {
        match check::check_file(file) {
            Ok((form, own)) => {
                forms.push(form);
                masters.extend(own);
            }
            Err(found) => mistakes.extend(lines(file, &found)),
        }
    }
    if !mistakes.is_empty() {
        return Err(LoadError::Mistakes(mistakes));
    }
    forms.sort_by(|a, b| a.id.cmp(&b.id));
    let mut digested = serde_json::to_vec(&readings).expect("an enum is JSON");
    for form in &forms {
        let blank = directory.join(&form.blank.file);
        let picture = std::fs::read(&blank).map_err(io(&blank))?;
        // Outputs are made when asked for, and a sheet keeps the policy it began with: changing them must not
        // stop the jobs that run.
        let read_by = FormDefinition {
            outputs: Vec::new(),
            check: CheckPolicy::default(),
            accept: AcceptTerms::default(),
            ..form.clone()
        };
        digested.extend(serde_json::to_vec(&read_by).expect("a definition holds only finite numbers"));
        digested.extend_from_slice(Sha256::of(&picture).as_bytes());
    }
    for (file, master) in &masters {
        digested.extend(serde_json::to_vec(&(file, master.as_ref())).expect("a table of strings is JSON"));
    }
    Ok(FormPipeline {
        digest: Sha256::of(&digested),
        forms,
        masters,
    })
}

/// The blank page of each definition, opened in the decode child like any document.
///
/// # Errors
/// [`LoadError::Blank`], [`LoadError::Io`].
pub fn blanks(
    directory: &Path,
    pipeline: &FormPipeline,
    decoder: &Decoder,
) -> Result<Vec<(FormDefinition, GrayImage)>, LoadError> {
    pipeline
        .forms
        .iter()
        .map(|form| Ok((form.clone(), blank(directory, form, decoder)?)))
        .collect()
}

fn blank(directory: &Path, form: &FormDefinition, decoder: &Decoder) -> Result<GrayImage, LoadError> {
    use std::io::{Read as _, Seek as _};
    let path = directory.join(&form.blank.file);
    let io = |source| LoadError::Io {
        path: path.clone(),
        source,
    };
    let refused = |code| LoadError::Blank {
        path: path.clone(),
        code,
    };
    let mut file = std::fs::File::open(&path).map_err(io)?;
    let mut head = Vec::new();
    (&file)
        .take(shoki_core::media::SNIFF_BYTES as u64)
        .read_to_end(&mut head)
        .map_err(io)?;
    file.rewind().map_err(io)?;
    let media = MediaKind::sniff(&head)
        .filter(|media| media.has_page_images())
        .ok_or_else(|| refused(ErrorCode::UnsupportedMediaType))?;
    decoder
        .page(&file, media, form.blank.page - 1)
        .map_err(|error| refused(error.code()))
}

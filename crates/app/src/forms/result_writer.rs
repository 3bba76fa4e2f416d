//! Writes the readings of a document page by page: one JSON file, one CSV per form that occurs.
//!
//! Promises: memory of one page however long the document; a file appears under its name only when it
//! is whole (`.partial` until then). The same code writes for the API and for `shoki forms read`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use shoki_core::code::ErrorCode;
use shoki_core::form::FormDefinition;
use shoki_core::outcome::FormOutcome;
use shoki_core::output_profile::OutputProfile;
use shoki_core::reading::PageReading;
use shoki_ocr::output::{self, TextFile};

/// A file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file system refused.
    #[error("{} を書けません({source})。場所・権限・空き容量を確かめてください。", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A reading that is not JSON (NaN in a score).
    #[error("読み取り結果を JSON にできません")]
    Json(#[from] serde_json::Error),
}

impl WriteError {
    /// The code shown outside.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Io { source, .. }
                if matches!(
                    source.kind(),
                    std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded
                ) =>
            {
                ErrorCode::StorageFull
            }
            Self::Io { .. } | Self::Json(_) => ErrorCode::Internal,
        }
    }
}

/// A result file that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultFile {
    /// Name, e.g. `fields.json`.
    pub name: String,
    /// Media type to serve it with.
    pub media_type: &'static str,
    /// Where it lies.
    pub path: PathBuf,
}

/// What was written and what it amounts to.
#[derive(Clone, Debug)]
pub struct Results {
    /// Counts.
    pub outcome: FormOutcome,
    /// The files.
    pub files: Vec<ResultFile>,
}

/// A file under a provisional name.
#[derive(Debug)]
struct Partial {
    name: String,
    path: PathBuf,
    provisional: PathBuf,
    file: BufWriter<File>,
}

impl Partial {
    fn create(directory: &Path, name: String) -> Result<Self, WriteError> {
        let path = directory.join(&name);
        let provisional = directory.join(format!("{name}.partial"));
        let file = File::create(&provisional).map_err(|source| WriteError::Io {
            path: provisional.clone(),
            source,
        })?;
        Ok(Self {
            name,
            path,
            provisional,
            file: BufWriter::new(file),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.file.write_all(bytes).map_err(|source| WriteError::Io {
            path: self.path.clone(),
            source,
        })
    }

    fn finish(mut self, media_type: &'static str) -> Result<ResultFile, WriteError> {
        let io = |source| WriteError::Io {
            path: self.path.clone(),
            source,
        };
        self.file.flush().map_err(io)?;
        std::fs::rename(&self.provisional, &self.path).map_err(io)?;
        Ok(ResultFile {
            name: self.name,
            media_type,
            path: self.path,
        })
    }
}

/// `{"pages":[…]}` of one document.
#[derive(Debug)]
pub struct JsonFile {
    partial: Partial,
    outcome: FormOutcome,
}

impl JsonFile {
    /// Starts the file.
    ///
    /// # Errors
    /// [`WriteError::Io`].
    pub fn create(directory: &Path, name: &str) -> Result<Self, WriteError> {
        let mut partial = Partial::create(directory, name.to_owned())?;
        partial.write(b"{\"pages\":[")?;
        Ok(Self {
            partial,
            outcome: FormOutcome::default(),
        })
    }

    /// Adds the next page.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn push(&mut self, page: &PageReading) -> Result<(), WriteError> {
        if self.outcome.pages_total > 0 {
            self.partial.write(b",\n")?;
        }
        self.partial.write(&serde_json::to_vec(page)?)?;
        output::count(&mut self.outcome, page);
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// [`WriteError::Io`].
    pub fn finish(mut self) -> Result<(FormOutcome, ResultFile), WriteError> {
        self.partial.write(b"]}\n")?;
        Ok((self.outcome, self.partial.finish("application/json")?))
    }
}

/// One CSV per form that occurs.
#[derive(Debug)]
pub struct CsvFiles {
    directory: PathBuf,
    forms: Arc<[FormDefinition]>,
    files: BTreeMap<String, Partial>,
}

impl CsvFiles {
    /// No file yet.
    #[must_use]
    pub fn new(directory: &Path, forms: Arc<[FormDefinition]>) -> Self {
        Self {
            directory: directory.to_owned(),
            forms,
            files: BTreeMap::new(),
        }
    }

    /// Adds the next page to the file of its form, if it has one.
    ///
    /// # Errors
    /// [`WriteError::Io`].
    pub fn push(&mut self, page: &PageReading) -> Result<(), WriteError> {
        let Some(form) = self
            .forms
            .iter()
            .find(|form| page.form.as_ref() == Some(&form.id))
        else {
            return Ok(());
        };
        let profile = OutputProfile::standard(form);
        let mut csv = TextFile::new(form, &profile, "");
        let partial = match self.files.entry(form.id.clone()) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let mut partial = Partial::create(&self.directory, format!("{}.csv", form.id))?;
                partial.write(&csv.head())?;
                entry.insert(partial)
            }
        };
        partial.write(&csv.record(page))
    }

    /// Ends all files.
    ///
    /// # Errors
    /// [`WriteError::Io`].
    pub fn finish(self) -> Result<Vec<ResultFile>, WriteError> {
        self.files
            .into_values()
            .map(|partial| partial.finish("text/csv; charset=utf-8"))
            .collect()
    }
}

/// JSON and CSV of one document.
#[derive(Debug)]
pub struct ResultWriter {
    json: JsonFile,
    csv: CsvFiles,
}

impl ResultWriter {
    /// Starts the files in `directory`.
    ///
    /// # Errors
    /// [`WriteError::Io`].
    pub fn create(directory: &Path, json: &str, forms: Arc<[FormDefinition]>) -> Result<Self, WriteError> {
        Ok(Self {
            json: JsonFile::create(directory, json)?,
            csv: CsvFiles::new(directory, forms),
        })
    }

    /// Adds the next page.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn push(&mut self, page: &PageReading) -> Result<(), WriteError> {
        self.json.push(page)?;
        self.csv.push(page)
    }

    /// Ends the files.
    ///
    /// # Errors
    /// [`WriteError::Io`].
    pub fn finish(self) -> Result<Results, WriteError> {
        let (outcome, json) = self.json.finish()?;
        let mut files = vec![json];
        files.extend(self.csv.finish()?);
        Ok(Results { outcome, files })
    }
}

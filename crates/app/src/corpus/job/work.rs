//! What an engine thread does for an import: opens, reads pages, prepares, embeds.
//!
//! Promise: the same work gives the same product. Never: SQL, blobs.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;

use shoki_core::code::ErrorCode;
use shoki_core::corpus::ImportFault;
use shoki_core::extract::ExtractedText;
use shoki_core::media::MediaKind;
use shoki_decode::Decoder;
use shoki_engine::{Embed, TextSide};
use shoki_ocr::PageReader;
use shoki_store::corpus_model::CorpusImport;
use shoki_store::model::UnitFailure;

use super::{BlobError, plan};
use crate::corpus::intake::{self, IntakeError, Opened, PageText, Said};

/// What can be asked.
#[derive(Debug)]
pub enum CorpusWork {
    /// Which units are there?
    Plan {
        /// The document.
        file: File,
        /// What it is.
        media: Option<MediaKind>,
        /// Its file name.
        name: String,
        /// What the person said.
        said: Said,
    },
    /// Take the laws of a group of an archive.
    Laws {
        /// The archive.
        file: File,
        /// Positions among its laws.
        group: Range<usize>,
        /// What the person said.
        said: Said,
    },
    /// Read a page by recognition.
    Page {
        /// The document.
        file: File,
        /// What it is.
        media: MediaKind,
        /// Page, from 0.
        index: u32,
    },
    /// Put the pages of a document together.
    Join {
        /// The text of the pages that have one.
        text: ExtractedText,
        /// What was read of the others, or why not.
        pages: BTreeMap<u32, Result<PageText, ErrorCode>>,
        /// The document's file name.
        name: String,
        /// What the person said.
        said: Said,
    },
    /// Make a vector for each text.
    Embed {
        /// Passages as the embedder sees them.
        texts: Vec<String>,
    },
}

/// What comes back.
#[derive(Debug)]
pub enum CorpusProduct {
    /// Number of units, and the plan's blob.
    Plan(u32, Vec<u8>),
    /// Prepared texts, and the faults of files that could not be taken.
    Texts(Vec<CorpusImport>, Vec<ImportFault>),
    /// A page's text.
    Page(PageText),
    /// Vectors, in the order of the texts.
    Vectors(Vec<Vec<f32>>),
}

/// What the thread has.
pub struct Tools<'a> {
    /// The hostile-bytes border.
    pub decoder: &'a Decoder,
    /// Reads pages; `None` in tests without models.
    pub reader: Option<&'a mut PageReader>,
    /// Makes vectors; `None` where no embedder is installed.
    pub embedder: Option<&'a mut dyn Embed>,
}

impl Tools<'_> {
    /// Does one thing.
    ///
    /// # Errors
    /// The code and the place of the trouble, without contents.
    pub fn perform(&mut self, work: CorpusWork) -> Result<CorpusProduct, UnitFailure> {
        match work {
            CorpusWork::Plan {
                file,
                media,
                name,
                said,
            } => self.plan(&file, media, &name, &said),
            CorpusWork::Laws { file, group, said } => intake::laws(&file, group, &said)
                .map(|(texts, faults)| CorpusProduct::Texts(texts, faults))
                .map_err(|error| failed(&error)),
            CorpusWork::Page { file, media, index } => self.page(&file, media, index),
            CorpusWork::Join {
                text,
                pages,
                name,
                said,
            } => {
                let joined = intake::with_pages(&name, text, pages, said.rank);
                let joined = joined.map_err(|error| failed(&IntakeError::from(error)))?;
                let texts = intake::prepare(vec![joined], &said);
                Ok(CorpusProduct::Texts(texts, Vec::new()))
            }
            CorpusWork::Embed { texts } => self.embed(&texts),
        }
    }

    fn plan(
        &self,
        file: &File,
        media: Option<MediaKind>,
        name: &str,
        said: &Said,
    ) -> Result<CorpusProduct, UnitFailure> {
        let opened = intake::open(file, media, name, said.rank, || Ok(self.decoder.clone()));
        let planned = match opened.map_err(|error| failed(&error))? {
            Opened::Texts(texts) => {
                let texts = intake::prepare(texts, said);
                intake::refuse_nothing(&texts, &[]).map_err(|error| failed(&error))?;
                plan::of_texts(&texts)
            }
            Opened::Laws(groups) => plan::of_laws(groups),
            Opened::Pages(text) => plan::of_pages(&text),
        };
        let (units, blob) = planned.map_err(|error| not_written(&error))?;
        Ok(CorpusProduct::Plan(units, blob))
    }

    fn page(&mut self, file: &File, media: MediaKind, index: u32) -> Result<CorpusProduct, UnitFailure> {
        let number = index + 1;
        let at_page = |code| UnitFailure {
            code,
            detail: Some(format!("page {number}")),
        };
        let reader = self.reader.as_deref_mut();
        let reader = reader.ok_or_else(|| at_page(ErrorCode::ModelMissing))?;
        intake::page_text(self.decoder, reader, file, media, index)
            .map(CorpusProduct::Page)
            .map_err(|error| {
                tracing::info!(
                    error = &error as &dyn std::error::Error,
                    page = number,
                    "page not read"
                );
                at_page(error.code())
            })
    }

    fn embed(&mut self, texts: &[String]) -> Result<CorpusProduct, UnitFailure> {
        let Some(embedder) = self.embedder.as_deref_mut() else {
            return Ok(CorpusProduct::Vectors(Vec::new()));
        };
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        embedder
            .embed(TextSide::Document, &texts)
            .map(CorpusProduct::Vectors)
            .map_err(|error| {
                tracing::error!(error = &error as &dyn std::error::Error, "passages not embedded");
                UnitFailure {
                    code: error.code(),
                    detail: None,
                }
            })
    }
}

fn failed(error: &IntakeError) -> UnitFailure {
    let code = error.code();
    tracing::info!(error = error as &dyn std::error::Error, %code, "document not taken");
    UnitFailure {
        code,
        detail: error.place(),
    }
}

fn not_written(error: &BlobError) -> UnitFailure {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "a plan cannot be written"
    );
    UnitFailure {
        code: ErrorCode::Internal,
        detail: None,
    }
}

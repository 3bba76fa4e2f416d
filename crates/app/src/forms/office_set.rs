//! The forms that a page is read with: the shipped ones alone, or with those that its 課 has published itself.
//!
//! Promises: a set is prepared once and shared by all engine threads; one that cannot be prepared fails its unit with
//! a code and leaves the other 課 alone. Never: a decision about which edition a job is pinned to.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use image::{GrayImage, ImageFormat};
use shoki_api::{BlankForm, FormEdition};
use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;
use shoki_core::form::FormDefinition;
use shoki_core::pipeline::FormPipeline;
use shoki_decode::Decoder;
use shoki_ocr::{FormSet, OcrError};
use shoki_store::{JobStore, StoreError};

use super::load::{self, LoadError};

/// Sets kept: each 課 has one, and one more while its jobs of before are still read. A set of forty forms takes some
/// 300 MB, so no more than an office has desks.
const KEPT: usize = 6;

/// The own forms of a 課, as one edition of it has them.
#[derive(Clone, Debug)]
pub struct OfficeSet {
    digest: Sha256,
    forms: Vec<BlankForm>,
}

impl OfficeSet {
    /// Those of an edition.
    ///
    /// # Errors
    /// What the store says.
    pub async fn of(edition: &FormEdition, store: &dyn JobStore) -> Result<Self, StoreError> {
        Ok(Self {
            digest: edition.digest,
            forms: edition.blanks(store).await?.to_vec(),
        })
    }
}

/// Forms prepared for reading, and their definitions.
#[derive(Debug)]
pub struct PreparedForms {
    /// To find them on pages.
    pub set: Arc<FormSet>,
    /// For the result files.
    pub definitions: Arc<[FormDefinition]>,
}

/// The shipped forms, and the sets that were asked for last.
#[derive(Debug)]
pub struct FormSets {
    directory: PathBuf,
    pipeline: FormPipeline,
    decoder: Decoder,
    shipped: Arc<PreparedForms>,
    /// The one that was asked for last stands last.
    kept: Mutex<Vec<(Sha256, Arc<PreparedForms>)>>,
}

impl FormSets {
    /// Prepares the shipped forms.
    ///
    /// # Errors
    /// A form that cannot be prepared.
    pub fn prepare(
        directory: &Path,
        pipeline: &FormPipeline,
        decoder: &Decoder,
        blanks: Vec<(FormDefinition, GrayImage)>,
    ) -> Result<Self, OcrError> {
        let set = FormSet::prepare(blanks, &pipeline.masters)?;
        for [one, other] in set.twins() {
            tracing::warn!(
                one,
                other,
                "the print does not tell two forms apart: their pages are unknown"
            );
        }
        let shipped = PreparedForms {
            set: Arc::new(set),
            definitions: pipeline.forms.clone().into(),
        };
        Ok(Self {
            directory: directory.to_owned(),
            pipeline: pipeline.clone(),
            decoder: decoder.clone(),
            shipped: Arc::new(shipped),
            kept: Mutex::new(Vec::new()),
        })
    }

    /// The shipped forms alone.
    #[must_use]
    pub const fn shipped(&self) -> &Arc<PreparedForms> {
        &self.shipped
    }

    /// The shipped forms with these.
    ///
    /// # Errors
    /// `form_invalid` when one of them cannot be prepared.
    pub fn of(&self, office: Option<&OfficeSet>) -> Result<Arc<PreparedForms>, ErrorCode> {
        let Some(office) = office else {
            return Ok(Arc::clone(&self.shipped));
        };
        // Held while a set is prepared: other threads want the same one, and wait for it.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().position(|(digest, _)| *digest == office.digest);
        let entry = match found {
            Some(place) => kept.remove(place),
            None => (office.digest, Arc::new(self.beside_the_shipped(&office.forms)?)),
        };
        let forms = Arc::clone(&entry.1);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push(entry);
        drop(kept);
        Ok(forms)
    }

    /// The shipped forms with these, prepared now.
    ///
    /// # Errors
    /// `form_invalid` when one of them cannot be prepared.
    pub fn beside_the_shipped(&self, forms: &[BlankForm]) -> Result<PreparedForms, ErrorCode> {
        let shipped = load::blanks(&self.directory, &self.pipeline, &self.decoder);
        let mut blanks = shipped.map_err(|error: LoadError| {
            tracing::error!(error = &error as &dyn std::error::Error, "a shipped blank page");
            ErrorCode::FormInvalid
        })?;
        for form in forms {
            blanks.push((FormDefinition::clone(&form.definition), picture(form)?));
        }
        self.prepared(blanks)
    }

    /// One form alone, as it would be read.
    ///
    /// # Errors
    /// `form_invalid` when it cannot be prepared.
    pub fn alone(&self, form: &BlankForm) -> Result<PreparedForms, ErrorCode> {
        self.prepared(vec![(FormDefinition::clone(&form.definition), picture(form)?)])
    }

    fn prepared(&self, blanks: Vec<(FormDefinition, GrayImage)>) -> Result<PreparedForms, ErrorCode> {
        let definitions = blanks.iter().map(|(definition, _)| definition.clone()).collect();
        let set = FormSet::prepare(blanks, &self.pipeline.masters).map_err(|error| {
            tracing::info!(error = &error as &dyn std::error::Error, "forms are not prepared");
            ErrorCode::FormInvalid
        })?;
        Ok(PreparedForms {
            set: Arc::new(set),
            definitions,
        })
    }
}

/// A blank page that this product encoded itself.
fn picture(form: &BlankForm) -> Result<GrayImage, ErrorCode> {
    let decoded = image::load_from_memory_with_format(&form.png, ImageFormat::Png);
    let decoded = decoded.map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "a kept blank page");
        ErrorCode::Internal
    })?;
    Ok(decoded.into_luma8())
}

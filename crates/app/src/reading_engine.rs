//! From files to engine threads: verified models, the prepared forms, and threads that own sessions.
//!
//! Promise: no byte of a model reaches a runtime before its SHA-256 was checked; forms are prepared once
//! and shared. Never: a decision about when to check again (`model_watch`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use shoki_core::form::FormDefinition;
use shoki_core::manifest::{ModelManifest, ModelStatus, ModelTask};
use shoki_core::pipeline::FormPipeline;
use shoki_decode::{DecodeLimits, Decoder, DecoderSettings};
use shoki_engine::{Catalogue, LineDetector, LineRecogniser, ModelStore, Runtime, VerifiedModel};
use shoki_ocr::{FormSet, PageReader, Readings};

use crate::command::Refusal;
use crate::config::{Config, ReadingsSetting};
use crate::forms::load;
use crate::place;
use crate::worker::engine_thread::{self, Engine, EngineSender};

/// Manifest of the library that opens PDF.
const PDFIUM: &str = "pdfium";
/// Manifest of the library that runs models.
const ONNX_RUNTIME: &str = "onnxruntime";

/// What is needed to make engines, before anything was verified.
#[derive(Debug)]
pub struct Preparation {
    catalogue: Catalogue,
    store: ModelStore,
    forms_dir: PathBuf,
    pipeline: FormPipeline,
    readings: ReadingsSetting,
    decode_limits: DecodeLimits,
}

/// Verified models and prepared forms; threads are made from it.
#[derive(Debug)]
pub struct ReadyEngines {
    runtime: Runtime,
    recogniser: VerifiedModel,
    detector: VerifiedModel,
    decoder: Decoder,
    forms: Arc<FormSet>,
    readings: ReadingsSetting,
    /// The definitions, sorted by id.
    pub definitions: Arc<[FormDefinition]>,
}

impl Preparation {
    /// Finds manifests and the model store.
    ///
    /// # Errors
    /// [`Refusal`] when a directory is missing or a manifest is wrong.
    pub fn new(
        config: &Config,
        forms_dir: PathBuf,
        pipeline: FormPipeline,
        readings: ReadingsSetting,
    ) -> Result<Self, Refusal> {
        let (catalogue, store) = models(config)?;
        let decode_limits = DecodeLimits::default();
        Ok(Self {
            catalogue,
            store,
            forms_dir,
            pipeline,
            readings,
            decode_limits,
        })
    }

    /// Each model and whether it can be used.
    #[must_use]
    pub fn statuses(&self) -> Vec<ModelStatus> {
        self.store.status(&self.catalogue)
    }

    /// Verifies, starts the runtime, opens the blank pages and prepares the forms.
    ///
    /// # Errors
    /// The first model, blank page or form that cannot be used.
    pub fn engines(&self) -> anyhow::Result<ReadyEngines> {
        let runtime = Runtime::start(&self.store.verify(self.named(ONNX_RUNTIME)?)?)?;
        let recogniser = self.store.verify(self.of_task(ModelTask::LineRecognition)?)?;
        let detector = self.store.verify(self.of_task(ModelTask::LineDetection)?)?;
        let pdfium = self.store.verify(self.named(PDFIUM)?)?;
        let decoder = Decoder::new(DecoderSettings {
            program: std::env::current_exe()?,
            args: vec!["decode-child".to_owned()],
            pdfium: std::path::absolute(pdfium.file())?,
            limits: self.decode_limits,
        });
        let blanks = load::blanks(&self.forms_dir, &self.pipeline, &decoder)?;
        let definitions = self.pipeline.forms.clone().into();
        let forms = Arc::new(FormSet::prepare(blanks)?);
        Ok(ReadyEngines {
            runtime,
            recogniser,
            detector,
            decoder,
            forms,
            readings: self.readings,
            definitions,
        })
    }

    /// The same for a command that ends with a sentence.
    ///
    /// # Errors
    /// [`Refusal`] naming the model or the form.
    pub fn engines_or_refusal(&self) -> Result<ReadyEngines, Refusal> {
        super::model_watch::refuse_unusable(&self.statuses())?;
        self.engines()
            .map_err(|error| Refusal::said(format!("読み取りの準備ができません: {error:#}")))
    }

    fn named(&self, name: &str) -> anyhow::Result<&ModelManifest> {
        self.catalogue
            .get(name)
            .ok_or_else(|| anyhow::anyhow!("models/{name}/manifest.toml がありません"))
    }

    fn of_task(&self, task: ModelTask) -> anyhow::Result<&ModelManifest> {
        self.catalogue
            .by_task(task)
            .ok_or_else(|| anyhow::anyhow!("{task:?} のモデルの定義がありません"))
    }
}

impl ReadyEngines {
    /// Starts a thread that owns its sessions.
    ///
    /// # Errors
    /// When a session cannot be made.
    pub async fn spawn_thread(self: &Arc<Self>, name: String) -> anyhow::Result<EngineSender> {
        let engines = Arc::clone(self);
        engine_thread::spawn(name, move || engines.build()).await
    }

    fn build(&self) -> anyhow::Result<Engine> {
        let recogniser = LineRecogniser::open(&self.runtime, &self.recogniser)?;
        let detector = LineDetector::open(&self.runtime, &self.detector)?;
        let readings = match self.readings {
            ReadingsSetting::One => Readings::One,
            ReadingsSetting::Four => Readings::Four,
        };
        let reader = PageReader::new(
            Arc::clone(&self.forms),
            Box::new(recogniser),
            Some(detector),
            readings,
        );
        Ok(Engine {
            decoder: self.decoder.clone(),
            reader,
            forms: Arc::clone(&self.definitions),
        })
    }
}

/// Manifests and the model store of this configuration.
///
/// # Errors
/// [`Refusal`] when a directory is missing or a manifest is wrong.
pub fn models(config: &Config) -> Result<(Catalogue, ModelStore), Refusal> {
    let directory = place::catalogue_dir(config)?;
    let catalogue = Catalogue::load(&directory).map_err(|error| {
        Refusal::said(format!(
            "モデルの定義 {} を読めません: {error}",
            directory.display()
        ))
    })?;
    Ok((catalogue, open_store(&place::model_store_dir(config))?))
}

fn open_store(directory: &Path) -> Result<ModelStore, Refusal> {
    ModelStore::open(directory).map_err(|error| {
        Refusal::said(format!(
            "モデルの置き場所 {} を使えません: {error}",
            directory.display()
        ))
    })
}

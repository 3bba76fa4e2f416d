//! From files to engine threads: verified models, the prepared forms, and threads that own sessions.
//!
//! Promise: no byte of a model reaches a runtime before its SHA-256 was checked; forms are prepared once
//! and shared. Never: a decision about when to check again (`model_watch`).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use image::GrayImage;
use shoki_core::form::FormDefinition;
use shoki_core::manifest::{ModelStatus, ModelTask};
use shoki_core::master::Masters;
use shoki_core::pipeline::FormPipeline;
use shoki_decode::{DecodeLimits, Decoder, DecoderSettings};
use shoki_engine::{
    Catalogue, Charset, Embed, EngineError, Lattice, LineDetector, LineRecogniser, ModelStore, OnnxEmbedder,
    Recognise, Runtime, VerifiedModel,
};
use shoki_ocr::{FormSet, OcrError, PageReader, Readings};
use tokio_util::task::TaskTracker;

use crate::command::Refusal;
use crate::config::{Config, ReadingsSetting, SpeechConfig};
use crate::corpus::embedder;
use crate::forms::load;
use crate::forms::office_set::FormSets;
use crate::minutes::ears::SpeechModels;
use crate::worker::engine_thread::{self, Engine, EngineSender};
use crate::{metric, place};

/// Manifest of the library that opens PDF.
const PDFIUM: &str = "pdfium";
/// Manifest of the library that runs models.
pub const ONNX_RUNTIME: &str = "onnxruntime";

/// Why there are no engines.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// A model cannot be used; another file may mend it.
    #[error(transparent)]
    Model(#[from] EngineError),
    /// A blank page cannot be opened.
    #[error(transparent)]
    Blank(#[from] load::LoadError),
    /// A form cannot be prepared.
    #[error("帳票の準備ができません: {0}")]
    Form(#[from] OcrError),
    /// The manifests are not where they should be.
    #[error(transparent)]
    Place(#[from] place::PlaceError),
    /// The program does not find itself.
    #[error("実行ファイルの場所がわかりません: {0}")]
    Program(#[source] std::io::Error),
}

/// What is needed to make engines, before anything was verified.
#[derive(Debug)]
pub struct Preparation {
    catalogue: Catalogue,
    store: ModelStore,
    forms_dir: PathBuf,
    pipeline: FormPipeline,
    readings: ReadingsSetting,
    /// Name of the embedder, where the configuration names one.
    embedder: Option<String>,
    /// Which models hear recordings.
    speech: SpeechConfig,
    /// Windows of one recording heard at a time.
    per_recording: u32,
    threads: TaskTracker,
}

/// Verified models and prepared forms; threads are made from it.
#[derive(Debug)]
pub struct ReadyEngines {
    runtime: Runtime,
    recogniser: VerifiedModel,
    detector: VerifiedModel,
    embedder: Option<VerifiedModel>,
    speech: Option<SpeechModels>,
    decoder: Decoder,
    forms: Arc<FormSets>,
    readings: ReadingsSetting,
    threads: TaskTracker,
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
        Ok(Self {
            catalogue,
            store,
            forms_dir,
            pipeline,
            readings,
            embedder: config.search.embedder().map(str::to_owned),
            speech: config.speech.clone(),
            per_recording: config.workers.per_recording,
            threads: TaskTracker::new(),
        })
    }

    /// The engine threads, to be waited for before the process ends.
    #[must_use]
    pub fn threads(&self) -> TaskTracker {
        self.threads.clone()
    }

    /// Each model and whether it can be used.
    #[must_use]
    pub fn statuses(&self) -> Vec<ModelStatus> {
        self.store.status(&self.catalogue)
    }

    /// Verifies, starts the runtime, reads the golden sample, opens the blank pages, prepares the forms.
    ///
    /// # Errors
    /// The first model, blank page or form that cannot be used.
    pub fn engines(&self) -> Result<ReadyEngines, NotReady> {
        let verified = |name| self.store.verify(self.catalogue.get(name)?);
        let runtime = Runtime::start(&verified(ONNX_RUNTIME)?)?;
        // Loaded once here to see that it reads; each thread loads its own.
        LineRecogniser::load(&runtime, &self.catalogue, &self.store)?;
        let of_task = |task| self.store.verify(self.catalogue.by_task(task)?);
        let recogniser = of_task(ModelTask::LineRecognition)?;
        let detector = of_task(ModelTask::LineDetection)?;
        let embedder = embedder::of_name(&self.catalogue, self.embedder.as_deref())
            .and_then(|manifest| self.store.verify(manifest))
            .inspect_err(|error| {
                tracing::warn!(
                    error = error as &dyn std::error::Error,
                    "texts are taken in without vectors"
                );
            })
            .ok();
        let speech = SpeechModels::load(
            &runtime,
            &self.catalogue,
            &self.store,
            &self.speech,
            self.per_recording,
        )
        .inspect_err(|error| {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                "recordings cannot be heard"
            );
        })
        .ok();
        let decoder = decoder_of(&self.catalogue, &self.store, self.speech.ffmpeg())?;
        let blanks = load::blanks(&self.forms_dir, &self.pipeline, &decoder)?;
        let forms = FormSets::prepare(&self.forms_dir, &self.pipeline, &decoder, blanks)?;
        let readings = self.readings;
        Ok(ReadyEngines {
            runtime,
            recogniser,
            detector,
            embedder,
            speech,
            decoder,
            readings,
            threads: self.threads.clone(),
            definitions: Arc::clone(&forms.shipped().definitions),
            forms: Arc::new(forms),
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
}

impl ReadyEngines {
    /// The speech models; `None` where recordings are not heard.
    #[must_use]
    pub const fn speech(&self) -> Option<&SpeechModels> {
        self.speech.as_ref()
    }

    /// The hostile-bytes border.
    #[must_use]
    pub const fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// Starts a thread that owns its sessions.
    ///
    /// # Errors
    /// When a session cannot be made.
    pub async fn spawn_thread(self: &Arc<Self>, name: String) -> anyhow::Result<EngineSender> {
        let engines = Arc::clone(self);
        engine_thread::spawn(name, self.threads.token(), move || engines.build()).await
    }

    /// The forms of every 課 that is read for.
    #[must_use]
    pub fn forms(&self) -> &FormSets {
        &self.forms
    }

    /// A reader with sessions of its own.
    ///
    /// # Errors
    /// When a session cannot be made.
    pub fn reader(&self, forms: &Arc<FormSet>) -> Result<PageReader, EngineError> {
        let recogniser = LineRecogniser::new(&self.runtime, &self.recogniser)?;
        let detector = LineDetector::new(&self.runtime, &self.detector)?;
        let readings = match self.readings {
            ReadingsSetting::One => Readings::One,
            ReadingsSetting::Four => Readings::Four,
        };
        Ok(PageReader::new(
            Arc::clone(forms),
            Box::new(Timed(recogniser)),
            Some(detector),
            readings,
        ))
    }

    fn build(&self) -> anyhow::Result<Engine> {
        let reader = self.reader(&self.forms.shipped().set)?;
        let embedder = match &self.embedder {
            Some(model) => Some(Box::new(OnnxEmbedder::new(&self.runtime, model)?) as Box<dyn Embed>),
            None => None,
        };
        Ok(Engine {
            decoder: self.decoder.clone(),
            reader,
            forms: Arc::clone(&self.forms),
            embedder,
            ears: self.speech.as_ref().map(SpeechModels::ears).transpose()?,
        })
    }
}

/// The hostile-bytes border of this installation.
///
/// # Errors
/// When the library that opens PDF is not there or not the manifest's.
pub fn decoder(config: &Config) -> Result<Decoder, NotReady> {
    let catalogue = Catalogue::load(&place::catalogue_dir(config)?)?;
    let store = ModelStore::open(&place::model_store_dir(config));
    decoder_of(&catalogue, &store, config.speech.ffmpeg())
}

/// A reader of plain pages: text lines, no forms.
///
/// # Errors
/// When a model is not there or cannot be used.
pub fn text_reader(config: &Config) -> Result<PageReader, NotReady> {
    let catalogue = Catalogue::load(&place::catalogue_dir(config)?)?;
    let store = ModelStore::open(&place::model_store_dir(config));
    let runtime = Runtime::start(&store.verify(catalogue.get(ONNX_RUNTIME)?)?)?;
    let of_task = |task| store.verify(catalogue.by_task(task)?);
    let recogniser = LineRecogniser::new(&runtime, &of_task(ModelTask::LineRecognition)?)?;
    let detector = LineDetector::new(&runtime, &of_task(ModelTask::LineDetection)?)?;
    let forms = Arc::new(FormSet::prepare(Vec::new(), &Masters::new())?);
    Ok(PageReader::new(
        forms,
        Box::new(recogniser),
        Some(detector),
        Readings::One,
    ))
}

fn decoder_of(
    catalogue: &Catalogue,
    store: &ModelStore,
    ffmpeg: Option<PathBuf>,
) -> Result<Decoder, NotReady> {
    let pdfium = store.verify(catalogue.get(PDFIUM)?)?.main_file()?.path.clone();
    Ok(Decoder::new(DecoderSettings {
        program: std::env::current_exe().map_err(NotReady::Program)?,
        args: vec!["decode-child".to_owned()],
        pdfium: std::path::absolute(pdfium).map_err(NotReady::Program)?,
        ffmpeg,
        limits: DecodeLimits::default(),
    }))
}

/// A recogniser whose time shows in the metrics, apart from the page's.
struct Timed(LineRecogniser);

impl Recognise for Timed {
    fn charset(&self) -> &Charset {
        self.0.charset()
    }

    fn recognise(&mut self, line: &GrayImage) -> Result<Lattice, EngineError> {
        let started = Instant::now();
        let lattice = self.0.recognise(line);
        metric::stage_seconds("recognise_line", started.elapsed());
        lattice
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
    Ok((catalogue, ModelStore::open(&place::model_store_dir(config))))
}

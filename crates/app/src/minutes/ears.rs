//! The speech models of this installation: which recogniser hears, and sessions of one thread.

use std::sync::Arc;

use shoki_core::audio::Millis;
use shoki_core::manifest::{ModelHealth, ModelManifest, ModelTask, SpeechSettings};
use shoki_engine::{
    Catalogue, EngineError, ModelStore, Runtime, SpeakerEncoder, SpeakerSegmentation, VerifiedModel,
    VoiceActivity,
};
use shoki_speech::meeting::{self, Listener};
use shoki_speech::recognise::cores::Cores;
use shoki_speech::recognise::whisper::{Whisper, WhisperModel};
use shoki_speech::windows::WindowRules;

use super::pair;
use crate::config::SpeechConfig;

/// Recognisers in the order in which they are taken when nobody names one: the better ones on real
/// meetings first (MODELS.md §4); what is not installed is passed over.
const PREFERRED: [&str; 4] = [
    "whisper-large-v3-turbo",
    "whisper-medium",
    "kotoba-whisper-v2",
    "whisper-small",
];

/// Verified speech models; weights are shared by all threads.
#[derive(Clone, Debug)]
pub struct SpeechModels {
    runtime: Runtime,
    recogniser: WhisperModel,
    detector: Arc<VerifiedModel>,
    voices: Arc<VerifiedModel>,
    segmentation: Option<Arc<VerifiedModel>>,
    /// Name and version of the recogniser.
    pub recogniser_name: String,
    /// How it is asked.
    settings: SpeechSettings,
    /// What the recognisers of recordings share.
    cores: Cores,
}

/// What one thread hears with.
#[derive(Debug)]
pub struct Ears {
    /// Finds speech.
    pub detector: VoiceActivity,
    /// Hears it.
    pub listener: Listener,
    /// Name and version of the recogniser.
    pub recogniser_name: String,
    /// Characters of prompt that it takes.
    pub prompt_characters: usize,
    /// Mean probability below which its text is doubted.
    pub unsure_below: f32,
    /// How recordings are cut for it.
    pub rules: WindowRules,
}

/// What live captions hear with.
#[derive(Debug)]
pub struct LiveEars {
    /// Finds speech.
    pub detector: VoiceActivity,
    /// Hears it.
    pub recogniser: Whisper,
    /// Tells voices.
    pub voices: SpeakerEncoder,
}

impl SpeechModels {
    /// Verifies and loads what `config` names, or the best that is installed; `side_by_side` hear at a time as a
    /// rule.
    ///
    /// # Errors
    /// The first model that cannot be used.
    pub fn load(
        runtime: &Runtime,
        catalogue: &Catalogue,
        store: &ModelStore,
        config: &SpeechConfig,
        side_by_side: u32,
    ) -> Result<Self, EngineError> {
        let (manifest, recogniser) = recogniser_of(catalogue, store, config.recogniser())?;
        Ok(Self {
            runtime: runtime.clone(),
            detector: Arc::new(store.verify(catalogue.by_task(ModelTask::VoiceActivity)?)?),
            voices: Arc::new(pair::voices_of(runtime, catalogue, store, config)?),
            segmentation: pair::segmentation_of(runtime, catalogue, store, config)?.map(Arc::new),
            recogniser_name: format!("{} {}", manifest.name, manifest.version),
            settings: recogniser.settings().clone(),
            recogniser,
            cores: Cores::all(side_by_side),
        })
    }

    /// Characters of prompt that the recogniser takes.
    #[must_use]
    pub const fn prompt_characters(&self) -> usize {
        self.settings.prompt_characters as usize
    }

    /// The longest sound that the recogniser was measured to read well; `None` when it says nothing.
    #[must_use]
    pub fn longest_window(&self) -> Option<Millis> {
        self.settings.window_ms.map(|window| Millis(u64::from(window)))
    }

    /// Sessions for live captions: whoever speaks now gets every core that is there, whoever else hears.
    ///
    /// # Errors
    /// When a session cannot be made.
    pub fn live(&self) -> anyhow::Result<LiveEars> {
        Ok(LiveEars {
            detector: VoiceActivity::new(&self.runtime, &self.detector)?,
            recogniser: self.recogniser.recogniser(&Cores::all(1))?,
            voices: SpeakerEncoder::new(&self.runtime, &self.voices)?,
        })
    }

    /// Sessions for one thread.
    ///
    /// # Errors
    /// When a session cannot be made.
    pub fn ears(&self) -> anyhow::Result<Ears> {
        let recogniser = Box::new(self.recogniser.recogniser(&self.cores)?);
        let voices = SpeakerEncoder::new(&self.runtime, &self.voices)?;
        let segmentation = self.segmentation.as_ref();
        let segmentation = segmentation.map(|model| SpeakerSegmentation::new(&self.runtime, model));
        Ok(Ears {
            detector: VoiceActivity::new(&self.runtime, &self.detector)?,
            listener: Listener::new(recogniser, voices, segmentation.transpose()?),
            recogniser_name: self.recogniser_name.clone(),
            prompt_characters: self.prompt_characters(),
            unsure_below: self.settings.unsure_below.unwrap_or(meeting::UNSURE_BELOW),
            rules: meeting::rules_for(self.longest_window()),
        })
    }
}

/// The recogniser to be used: the named one, else the first preferred one that is installed and can be used, else
/// the one that the product brings.
fn recogniser_of<'a>(
    catalogue: &'a Catalogue,
    store: &ModelStore,
    named: Option<&str>,
) -> Result<(&'a ModelManifest, WhisperModel), EngineError> {
    let load = |manifest: &'a ModelManifest| Ok((manifest, WhisperModel::load(store, manifest)?));
    if let Some(name) = named {
        return load(catalogue.get(name)?);
    }
    let statuses = store.status(catalogue);
    let is_ready = |name: &str| {
        statuses
            .iter()
            .any(|status| status.name == name && status.health == ModelHealth::Ready)
    };
    for name in PREFERRED.into_iter().filter(|name| is_ready(name)) {
        match catalogue.get(name).and_then(load) {
            Ok(loaded) => return Ok(loaded),
            Err(error) => tracing::warn!(
                model = name,
                error = &error as &dyn std::error::Error,
                "an installed recogniser cannot be used; the next one is taken"
            ),
        }
    }
    catalogue.own(ModelTask::SpeechRecognition).and_then(load)
}

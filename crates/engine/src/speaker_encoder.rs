//! A speaker encoder by manifest: windows of speech features → unit vectors of the voices.
//!
//! Promises: what goes in is as long as the manifest says; what comes out has unit length (zeros for a
//! window in which the model finds nothing); a model whose answers do not tell two sounds apart is not
//! called ready. Never: sound in a log. The features are made by `shoki-speech` from
//! [`SpeakerEncoder::settings`].

use ort::session::Session;
use ort::value::TensorRef;
use shoki_core::audio::SAMPLE_RATE;
use shoki_core::digest::Sha256;
use shoki_core::manifest::{ModelManifest, SpeakerSettings, VoiceFeatures};

use crate::contract;
use crate::error::EngineError;
use crate::runtime::Runtime;
use crate::store::{ModelStore, VerifiedModel};

/// Milliseconds from one frame of features to the next.
const FRAME_STEP_MS: u64 = 10;
/// Windows of one run: GE2E took 8.8 ms for each of 16, 10.5 alone, and no less in longer runs.
const MAX_WINDOWS: usize = 16;

/// A speaker encoder in a one-thread session.
#[derive(Debug)]
pub struct SpeakerEncoder {
    session: Session,
    name: String,
    settings: SpeakerSettings,
    fingerprint: Sha256,
    input: String,
    output: String,
}

impl SpeakerEncoder {
    /// An encoder on a verified model.
    ///
    /// # Errors
    /// `Contract` when the session is not the promised one or the manifest lacks `[speaker]`.
    pub fn new(runtime: &Runtime, model: &VerifiedModel) -> Result<Self, EngineError> {
        let unfit = |detail: &str| EngineError::Contract {
            model: model.manifest.name.clone(),
            detail: detail.to_owned(),
        };
        let settings = model.manifest.speaker.ok_or_else(|| unfit("no [speaker]"))?;
        if settings.window_ms.0 == 0 || settings.hop_ms.0 == 0 || settings.dimensions == 0 {
            return Err(unfit("[speaker] has a window, hop or width of 0"));
        }
        let session = runtime.session(model)?;
        let (input, output) = contract::single(&model.manifest, &session)?;
        let encoder = Self {
            session,
            name: model.manifest.name.clone(),
            settings,
            fingerprint: Sha256::of(&model.main_file()?.bytes),
            input,
            output,
        };
        Ok(encoder)
    }

    /// Verifies and loads the model, and shows that it hears a difference between two sounds and none
    /// between a sound and itself.
    ///
    /// # Errors
    /// What [`ModelStore::verify`] and [`SpeakerEncoder::new`] say; `Contract` when it hears none.
    pub fn load(
        runtime: &Runtime,
        store: &ModelStore,
        manifest: &ModelManifest,
    ) -> Result<Self, EngineError> {
        let mut encoder = Self::new(runtime, &store.verify(manifest)?)?;
        let row = encoder.row();
        let rising = (0..row).map(|at| (at % 40) as f32 * 0.01);
        let falling = (0..row).map(|at| (39 - at % 40) as f32 * 0.01);
        let voices = encoder.embed(&rising.clone().chain(falling).chain(rising).collect::<Vec<_>>())?;
        let likeness =
            |a: usize, b: usize| -> f32 { voices[a].iter().zip(&voices[b]).map(|(a, b)| a * b).sum() };
        if !(likeness(0, 2) > 0.999 && likeness(0, 1) < 0.999) {
            return Err(encoder.unfit("it does not tell two sounds apart".to_owned()));
        }
        Ok(encoder)
    }

    /// How it is asked and what its likenesses mean.
    #[must_use]
    pub const fn settings(&self) -> &SpeakerSettings {
        &self.settings
    }

    /// SHA-256 of the model: vectors of another cannot be compared.
    #[must_use]
    pub const fn fingerprint(&self) -> Sha256 {
        self.fingerprint
    }

    /// Numbers of one window: frames × bands, or samples.
    #[must_use]
    pub const fn row(&self) -> usize {
        let (frames, bands) = self.shape();
        frames * bands
    }

    /// Frames of a window and bands of a frame; for samples, their number and 1.
    const fn shape(&self) -> (usize, usize) {
        let window = self.settings.window_ms.0;
        match self.settings.features {
            VoiceFeatures::PowerMel { bands, .. } | VoiceFeatures::KaldiFbank { bands, .. } => {
                ((window / FRAME_STEP_MS) as usize, bands as usize)
            }
            VoiceFeatures::Samples => ((window * SAMPLE_RATE as u64 / 1000) as usize, 1),
        }
    }

    /// The unit vectors of windows that lie one after another in `features`, each
    /// [`SpeakerEncoder::row`] numbers, frame by frame.
    ///
    /// # Errors
    /// `Contract` when the numbers are no whole windows or the vectors have another width, `Runtime`.
    pub fn embed(&mut self, features: &[f32]) -> Result<Vec<Vec<f32>>, EngineError> {
        let (row, (frames, bands)) = (self.row(), self.shape());
        if row == 0 || !features.len().is_multiple_of(row) {
            return Err(self.unfit(format!("{} numbers are no windows of {row}", features.len())));
        }
        let width = self.settings.dimensions as usize;
        let mut voices = Vec::with_capacity(features.len() / row);
        for block in features.chunks(MAX_WINDOWS * row) {
            let count = block.len() / row;
            let shape: Vec<usize> = match self.settings.features {
                VoiceFeatures::Samples => vec![count, frames],
                _ => vec![count, frames, bands],
            };
            let input = TensorRef::from_array_view((shape, block))?;
            let outputs = self.session.run(ort::inputs![self.input.as_str() => input])?;
            let (_, values) = outputs[self.output.as_str()].try_extract_tensor::<f32>()?;
            if values.len() != count * width {
                let detail = format!("{} numbers for {count} windows of {width}", values.len());
                return Err(EngineError::Contract {
                    model: self.name.clone(),
                    detail,
                });
            }
            voices.extend(values.chunks_exact(width).map(unit));
        }
        Ok(voices)
    }

    fn unfit(&self, detail: String) -> EngineError {
        EngineError::Contract {
            model: self.name.clone(),
            detail,
        }
    }
}

/// The vector at unit length; zeros when it has none.
fn unit(values: &[f32]) -> Vec<f32> {
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length.is_finite() && length > 0.0 {
        values.iter().map(|value| value / length).collect()
    } else {
        vec![0.0; values.len()]
    }
}

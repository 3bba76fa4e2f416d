//! Silero VAD 6: 16 kHz sound to one probability per 32 ms that somebody speaks.
//!
//! Promises: probabilities do not depend on how the sound is cut into calls (the model's memory and the
//! last samples are carried over), except that a call's last part of a frame is filled up with silence:
//! give whole frames until the end. Never: sound in a log.

use ort::session::Session;
use ort::value::TensorRef;
use shoki_core::manifest::ModelManifest;

use crate::error::EngineError;
use crate::runtime::Runtime;
use crate::store::{ModelStore, VerifiedModel};

/// Samples of the previous frame that stand before each frame.
const CONTEXT: usize = 64;
/// Samples of a row of the model's input.
const ROW: usize = CONTEXT + VoiceActivity::FRAME;
/// Width of the model's memory.
const MEMORY: usize = 128;
/// Frames of one run, 16 s, as the model's authors set it: longer runs take memory and no less time.
const MAX_FRAMES: usize = 512;

/// A voice activity detector in a one-thread session, with its memory of what it heard.
#[derive(Debug)]
pub struct VoiceActivity {
    session: Session,
    hidden: Vec<f32>,
    cell: Vec<f32>,
    context: [f32; CONTEXT],
}

impl VoiceActivity {
    /// Samples of a frame: 32 ms at 16 kHz.
    pub const FRAME: usize = 512;

    /// A detector on a verified model.
    ///
    /// # Errors
    /// `Contract` when the session is not the promised one.
    pub fn new(runtime: &Runtime, model: &VerifiedModel) -> Result<Self, EngineError> {
        Ok(Self {
            session: runtime.session(model)?,
            hidden: vec![0.0; MEMORY],
            cell: vec![0.0; MEMORY],
            context: [0.0; CONTEXT],
        })
    }

    /// Verifies and loads the model, and shows that silence is not speech to it.
    ///
    /// # Errors
    /// What [`ModelStore::verify`] and [`VoiceActivity::new`] say; `Contract` when silence is speech.
    pub fn load(
        runtime: &Runtime,
        store: &ModelStore,
        manifest: &ModelManifest,
    ) -> Result<Self, EngineError> {
        let mut detector = Self::new(runtime, &store.verify(manifest)?)?;
        let silence = detector.probabilities(&[0.0; Self::FRAME * 4])?;
        if silence.iter().any(|&probability| probability > 0.1) {
            return Err(EngineError::Contract {
                model: manifest.name.clone(),
                detail: "it hears speech in silence".to_owned(),
            });
        }
        detector.reset();
        Ok(detector)
    }

    /// Forgets what was heard: before another recording or channel.
    pub fn reset(&mut self) {
        self.hidden.fill(0.0);
        self.cell.fill(0.0);
        self.context.fill(0.0);
    }

    /// One probability, 0 to 1, per [`VoiceActivity::FRAME`] samples (−1 to 1), the last frame filled up
    /// with silence.
    ///
    /// # Errors
    /// `Runtime` when the session fails.
    pub fn probabilities(&mut self, samples: &[f32]) -> Result<Vec<f32>, EngineError> {
        let mut probabilities = Vec::with_capacity(samples.len().div_ceil(Self::FRAME));
        for block in samples.chunks(MAX_FRAMES * Self::FRAME) {
            self.run(block, &mut probabilities)?;
        }
        Ok(probabilities)
    }

    fn run(&mut self, block: &[f32], probabilities: &mut Vec<f32>) -> Result<(), EngineError> {
        let frames = block.len().div_ceil(Self::FRAME);
        let mut rows = vec![0.0_f32; frames * ROW];
        for (row, frame) in rows.chunks_exact_mut(ROW).zip(block.chunks(Self::FRAME)) {
            row[..CONTEXT].copy_from_slice(&self.context);
            row[CONTEXT..CONTEXT + frame.len()].copy_from_slice(frame);
            self.context.copy_from_slice(&row[ROW - CONTEXT..]);
        }
        let outputs = self.session.run(ort::inputs![
            "input" => TensorRef::from_array_view(([frames, ROW], rows.as_slice()))?,
            "h" => TensorRef::from_array_view(([1, 1, MEMORY], self.hidden.as_slice()))?,
            "c" => TensorRef::from_array_view(([1, 1, MEMORY], self.cell.as_slice()))?,
        ])?;
        let take = |name: &str, length: usize| -> Result<&[f32], EngineError> {
            let (_, values) = outputs[name].try_extract_tensor::<f32>()?;
            let values = values.get(..length).filter(|_| values.len() == length);
            values.ok_or_else(|| EngineError::Runtime(format!("{name} has another length")))
        };
        probabilities.extend_from_slice(take("speech_probs", frames)?);
        let (hidden, cell) = (take("hn", MEMORY)?.to_vec(), take("cn", MEMORY)?.to_vec());
        drop(outputs);
        (self.hidden, self.cell) = (hidden, cell);
        Ok(())
    }
}

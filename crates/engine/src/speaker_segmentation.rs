//! A speaker segmentation model by manifest: some seconds of sound → who of a few speaks in each frame.
//!
//! The shape is that of pyannote's segmentation 3.0 and community-1: samples `[window, 1, sample]` → scores of
//! powerset classes `[window, frame, class]`. Promises: a window has as many frames as the manifest's step and
//! receptive field say, or the model is refused; numbers of speakers mean nothing outside their window. Never:
//! sound in a log.

use ort::session::Session;
use ort::value::TensorRef;
use shoki_core::manifest::{ModelManifest, SegmentationSettings};

use crate::contract;
use crate::error::EngineError;
use crate::powerset::{LocalSpeakers, classes, decode};
use crate::runtime::Runtime;
use crate::store::{ModelStore, VerifiedModel};

/// Windows of one run: a graph of the published shape took 39 ms of CPU for each of 4, 43 alone, 40 of 8.
const MAX_WINDOWS: usize = 4;
/// Whoever puts windows together tries every order of their speakers: 120 for five.
const MOST_SPEAKERS: u32 = 5;

/// A segmentation model in a one-thread session.
#[derive(Debug)]
pub struct SpeakerSegmentation {
    session: Session,
    name: String,
    settings: SegmentationSettings,
    classes: Vec<LocalSpeakers>,
    input: String,
    output: String,
}

impl SpeakerSegmentation {
    /// A session on a verified model.
    ///
    /// # Errors
    /// `Contract` when the session is not the promised one, or the manifest's `[segmentation]` is missing or
    /// does not give the classes of its contract.
    pub fn new(runtime: &Runtime, model: &VerifiedModel) -> Result<Self, EngineError> {
        let unfit = |detail: String| EngineError::Contract {
            model: model.manifest.name.clone(),
            detail,
        };
        let settings = model.manifest.segmentation;
        let settings = settings.ok_or_else(|| unfit("no [segmentation]".to_owned()))?;
        if settings.hop_ms.0 == 0 || settings.frames() == 0 {
            return Err(unfit(
                "[segmentation] has a hop of 0 or no frame in a window".to_owned(),
            ));
        }
        if !(1..=MOST_SPEAKERS).contains(&settings.speakers) {
            return Err(unfit(format!("speakers is not between 1 and {MOST_SPEAKERS}")));
        }
        let session = runtime.session(model)?;
        let (input, output) = contract::single(&model.manifest, &session)?;
        let classes = classes(settings.speakers, settings.at_once);
        let promised = model
            .manifest
            .contract
            .as_ref()
            .map(|contract| &contract.outputs[0].shape);
        if promised.and_then(|shape| shape.last()) != i64::try_from(classes.len()).ok().as_ref() {
            return Err(unfit(format!("its classes are not {}", classes.len())));
        }
        Ok(Self {
            session,
            name: model.manifest.name.clone(),
            settings,
            classes,
            input,
            output,
        })
    }

    /// Verifies and loads the model, and shows that it answers a window of silence in the promised shape.
    ///
    /// # Errors
    /// What [`ModelStore::verify`] and [`SpeakerSegmentation::new`] say; `Contract` when the answer has another
    /// shape.
    pub fn load(
        runtime: &Runtime,
        store: &ModelStore,
        manifest: &ModelManifest,
    ) -> Result<Self, EngineError> {
        let mut model = Self::new(runtime, &store.verify(manifest)?)?;
        model.activities(&vec![0.0; model.settings.window()])?;
        Ok(model)
    }

    /// How it is asked.
    #[must_use]
    pub const fn settings(&self) -> &SegmentationSettings {
        &self.settings
    }

    /// Who speaks in each frame of each window; windows lie one after another in `samples` (−1 to 1), each
    /// [`SegmentationSettings::window`] long.
    ///
    /// # Errors
    /// `Contract` when the samples are no whole windows or the answer has another shape, `Runtime`.
    pub fn activities(&mut self, samples: &[f32]) -> Result<Vec<Vec<LocalSpeakers>>, EngineError> {
        let (window, frames) = (self.settings.window(), self.settings.frames());
        if !samples.len().is_multiple_of(window) {
            return Err(self.unfit(format!("{} samples are no windows of {window}", samples.len())));
        }
        let mut activities = Vec::with_capacity(samples.len() / window);
        for block in samples.chunks(MAX_WINDOWS * window) {
            let count = block.len() / window;
            let input = TensorRef::from_array_view(([count, 1, window], block))?;
            let outputs = self.session.run(ort::inputs![self.input.as_str() => input])?;
            let (shape, scores) = outputs[self.output.as_str()].try_extract_tensor::<f32>()?;
            let expected = [count, frames, self.classes.len()];
            if !shape
                .iter()
                .map(|&edge| usize::try_from(edge).unwrap_or(0))
                .eq(expected)
            {
                let detail = format!("it answers {shape:?} instead of {expected:?}");
                return Err(EngineError::Contract {
                    model: self.name.clone(),
                    detail,
                });
            }
            let decoded = scores.chunks_exact(frames * self.classes.len()).map(|window| {
                let frames = window.chunks_exact(self.classes.len());
                frames.map(|frame| decode(frame, &self.classes)).collect()
            });
            activities.extend(decoded);
        }
        Ok(activities)
    }

    fn unfit(&self, detail: String) -> EngineError {
        EngineError::Contract {
            model: self.name.clone(),
            detail,
        }
    }
}

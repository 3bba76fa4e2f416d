//! One window of sound → its text and what its voices sound like.

use serde::{Deserialize, Serialize};
use shoki_core::digest::Sha256;
use shoki_core::transcript::WindowText;
use shoki_core::voice::VoiceWindow;
use shoki_engine::{SpeakerEncoder, SpeakerSegmentation};

use crate::error::SpeechError;
use crate::pcm::PcmFile;
use crate::recognise;
use crate::recognise::transcribe::Transcribe;
use crate::speakers;
use crate::windows::SpeechWindow;

/// What a window amounts to; the piece of a run unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WindowPiece {
    /// What was said.
    pub text: WindowText,
    /// What the voices sound like.
    pub voices: Vec<VoiceWindow>,
    /// The model that they are of, as far as it was written down.
    #[serde(default)]
    pub model: Option<Sha256>,
}

/// Hears windows; lives on one thread.
pub struct Listener {
    recogniser: Box<dyn Transcribe>,
    voices: SpeakerEncoder,
    segmentation: Option<SpeakerSegmentation>,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}

impl Listener {
    /// With sessions of its own; without a segmentation model voices are heard by windows.
    #[must_use]
    pub fn new(
        recogniser: Box<dyn Transcribe>,
        voices: SpeakerEncoder,
        segmentation: Option<SpeakerSegmentation>,
    ) -> Self {
        Self {
            recogniser,
            voices,
            segmentation,
        }
    }

    /// The recogniser's fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> Sha256 {
        self.recogniser.fingerprint()
    }

    /// The fingerprint of the model that tells voices: vectors of another cannot be compared.
    #[must_use]
    pub fn voices_fingerprint(&self) -> Sha256 {
        self.voices.fingerprint()
    }

    /// Likeness from which people of two channels are one.
    #[must_use]
    pub const fn same_mean(&self) -> f32 {
        self.voices.settings().same_mean
    }

    /// Hears a window; `prompt` holds the meeting's terms.
    ///
    /// # Errors
    /// `Io`, `Recogniser`, `Engine`.
    pub fn hear(
        &mut self,
        pcm: &PcmFile,
        window: &SpeechWindow,
        prompt: &str,
    ) -> Result<WindowPiece, SpeechError> {
        let text = recognise::hear(pcm, window, self.recogniser.as_mut(), prompt)?;
        let (channel, speech) = (window.channel, &window.speech);
        let voices = match &mut self.segmentation {
            Some(model) => speakers::embed_turns(pcm, channel, speech, model, &mut self.voices)?,
            None => speakers::embed_windows(pcm, channel, speech, &mut self.voices)?,
        };
        let model = Some(self.voices.fingerprint());
        Ok(WindowPiece { text, voices, model })
    }
}

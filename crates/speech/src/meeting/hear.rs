//! One window of sound → its text and what its voices sound like.

use serde::{Deserialize, Serialize};
use shoki_core::digest::Sha256;
use shoki_core::transcript::WindowText;
use shoki_core::voice::VoiceWindow;
use shoki_engine::SpeakerEncoder;

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
}

/// Hears windows; lives on one thread.
pub struct Listener {
    recogniser: Box<dyn Transcribe>,
    voices: SpeakerEncoder,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}

impl Listener {
    /// With sessions of its own.
    #[must_use]
    pub fn new(recogniser: Box<dyn Transcribe>, voices: SpeakerEncoder) -> Self {
        Self { recogniser, voices }
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
        let voices = speakers::embed_windows(pcm, window.channel, &window.speech, &mut self.voices)?;
        Ok(WindowPiece { text, voices })
    }
}

//! Settings of recordings: which models hear them and tell voices, and what opens files that we do not read
//! ourselves.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Place;

/// Where Debian puts it.
const FFMPEG: &str = "/usr/bin/ffmpeg";

/// Settings of recordings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpeechConfig {
    /// Name of the recogniser's manifest, or `auto`: the best that is installed.
    pub recogniser: String,
    /// Name of the manifest of the model that tells voices, or `auto`: one that an operator brought before the
    /// one that comes with the product.
    pub voices: String,
    /// Name of the segmentation model's manifest, `auto`: one that an operator brought, or `off`.
    pub segmentation: String,
    /// The program that opens WMA, AMR and odd files.
    pub ffmpeg: Place,
    /// Live captions at once; 0 = off.
    pub live_sessions: u32,
    /// Minutes after which a live session that nobody sends to ends.
    pub live_idle_minutes: u32,
}

impl SpeechConfig {
    /// The recogniser's name; `None` for the best that is installed.
    #[must_use]
    pub fn recogniser(&self) -> Option<&str> {
        named(&self.recogniser)
    }

    /// The name of the model that tells voices; `None` for what is installed.
    #[must_use]
    pub fn voices(&self) -> Option<&str> {
        named(&self.voices)
    }

    /// Whether a segmentation model is used at all.
    #[must_use]
    pub fn has_segmentation(&self) -> bool {
        self.segmentation != "off"
    }

    /// The segmentation model's name; `None` for what is installed.
    #[must_use]
    pub fn segmentation(&self) -> Option<&str> {
        named(&self.segmentation)
    }

    /// ffmpeg, when it is there.
    #[must_use]
    pub fn ffmpeg(&self) -> Option<PathBuf> {
        let path = match &self.ffmpeg {
            Place::Off => return None,
            Place::Auto => PathBuf::from(FFMPEG),
            Place::At(path) => path.clone(),
        };
        path.is_file().then_some(path)
    }
}

fn named(name: &str) -> Option<&str> {
    (name != "auto").then_some(name)
}

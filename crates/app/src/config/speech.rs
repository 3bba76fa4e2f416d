//! Settings of recordings: which model hears them, and what opens files that we do not read ourselves.

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
        (self.recogniser != "auto").then_some(self.recogniser.as_str())
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

//! Recordings made for the bench by the scripts of the bundled model: sentences of the held-out and bench splits,
//! which no training sentence is in, said by voices drawn anew.
//!
//! Promise: the same order gives the same recording; what is there is not made again unless a script has changed.
//! Never: Debian's packages (the caller is told which are missing).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use shoki_core::digest::Sha256;

use super::truth::Truth;
use crate::python::environment;

const PINS: &str = include_str!("../../../models/whisper-asahino/pins.txt");
const SCRIPTS: [&str; 3] = [
    include_str!("../../../models/whisper-asahino/meetings.py"),
    include_str!("../../../models/whisper-asahino/texts.py"),
    include_str!("../../../models/whisper-asahino/voices.py"),
];
/// Of the pinned packages, those that make sound.
const PACKAGES: [&str; 4] = ["numpy==", "scipy==", "soundfile==", "pyopenjtalk-plus=="];
/// Sounds in which nobody speaks, as `meetings.py` names them.
const NO_SPEECH: [&str; 6] = ["silence", "white", "air", "hold", "music", "knocks"];

/// A recording with its truth.
#[derive(Clone, Debug)]
pub struct Recording {
    /// WAV.
    pub sound: PathBuf,
    /// What was said.
    pub truth: Truth,
}

/// A meeting to be made.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Decides voices and words.
    pub seed: u64,
    /// About, without stretched pauses.
    pub seconds: u32,
    /// Signal to noise, dB.
    pub snr: u32,
    /// How many speak; drawn when absent.
    pub voices: Option<u32>,
    /// Share of pauses to which the gaps are stretched.
    pub pauses: Option<f64>,
}

/// The scripts with their Python.
#[derive(Debug)]
pub struct Scripts {
    python: PathBuf,
    home: PathBuf,
    out: PathBuf,
}

impl Scripts {
    /// Sets them up below `work`.
    ///
    /// # Errors
    /// No Python, no package registry, a package of Debian that is missing.
    pub fn install(work: &Path, repository: &Path) -> anyhow::Result<Self> {
        let wanted: Vec<&str> = PINS
            .lines()
            .filter(|line| PACKAGES.iter().any(|package| line.starts_with(package)))
            .collect();
        let python = environment(&work.join("voices"), &wanted)?;
        let digest = Sha256::of(SCRIPTS.concat().as_bytes()).to_string();
        let scripts = Self {
            python,
            home: repository.join("models/whisper-asahino"),
            out: work.join(format!("made-{}", &digest[..8])),
        };
        let check = Command::new(&scripts.python)
            .current_dir(&scripts.home)
            .args(["-c", "import voices; voices.Reader()"])
            .output()?;
        anyhow::ensure!(
            check.status.success(),
            "recordings cannot be made; install Debian's packages libhtsengine1 and espeak-ng, then run this again.\n{}",
            String::from_utf8_lossy(&check.stderr)
        );
        Ok(scripts)
    }

    /// A meeting of the bench split.
    ///
    /// # Errors
    /// When the script fails.
    pub fn meeting(&self, order: Order) -> anyhow::Result<Recording> {
        let Order {
            seed, seconds, snr, ..
        } = order;
        let mut arguments = vec![
            format!("--seed={seed}"),
            format!("--seconds={seconds}"),
            format!("--snr={snr}"),
        ];
        arguments.extend(order.voices.map(|voices| format!("--voices={voices}")));
        arguments.extend(order.pauses.map(|share| format!("--pauses={share}")));
        self.recording("random", &format!("meeting-{seed}"), &arguments)
    }

    /// Sentences of the held-out split, each by another voice.
    ///
    /// # Errors
    /// When the script fails.
    pub fn sentences(&self, seed: u64, count: u32) -> anyhow::Result<Recording> {
        let arguments = [
            format!("--seed={seed}"),
            format!("--count={count}"),
            "--snr=40".to_owned(),
        ];
        self.recording("sentences", &format!("sentences-{seed}"), &arguments)
    }

    /// Sounds without speech: name and WAV.
    ///
    /// # Errors
    /// When the script fails.
    pub fn no_speech(&self, seed: u64) -> anyhow::Result<Vec<(&'static str, PathBuf)>> {
        let arguments = [format!("--seed={seed}")];
        let directory = self.made("nospeech", &format!("{}.wav", NO_SPEECH[0]), &arguments)?;
        let file = |name: &'static str| (name, directory.join(format!("{name}.wav")));
        Ok(NO_SPEECH.into_iter().map(file).collect())
    }

    fn recording(&self, what: &str, stem: &str, arguments: &[String]) -> anyhow::Result<Recording> {
        let directory = self.made(what, &format!("{stem}.json"), arguments)?;
        Ok(Recording {
            sound: directory.join(format!("{stem}.wav")),
            truth: Truth::read(&directory.join(format!("{stem}.json")))?,
        })
    }

    /// The directory in which the script has left `file`.
    fn made(&self, what: &str, file: &str, arguments: &[String]) -> anyhow::Result<PathBuf> {
        let directory = self
            .out
            .join(format!("{what}{}", arguments.concat().replace("--", "-")));
        if directory.join(file).is_file() {
            return Ok(directory);
        }
        // Made aside: a run that is broken off leaves nothing that looks whole.
        let aside = directory.with_extension("part");
        let status = Command::new(&self.python)
            .current_dir(&self.home)
            .args(["meetings.py", what])
            .arg(&aside)
            .args(arguments)
            .stderr(std::process::Stdio::null())
            .status()?;
        anyhow::ensure!(
            status.success(),
            "meetings.py {what} {arguments:?} ended with {status}"
        );
        std::fs::rename(&aside, &directory).with_context(|| directory.display().to_string())?;
        Ok(directory)
    }
}

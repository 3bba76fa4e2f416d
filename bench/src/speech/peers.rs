//! whisper.cpp and faster-whisper as peers: their Python environment, and a run.
//!
//! Fair to the peers on purpose (`peer.py`): greedy search, one attempt, no text of the window before, no times of
//! words, which Shoki gives; whisper.cpp runs as its command line comes (beam of 5, up to six attempts) beside it,
//! where the weights are trained. Promise: a peer that cannot be set up is named with the reason.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::models::Model;
use super::truth::Said;
use crate::process_tree::{Cost, measured};
use crate::python::environment;

const SCRIPT: &str = include_str!("peer.py");
/// What the peers are made of; the versions are those of the report. pywhispercpp 1.5.1 brings whisper.cpp 1.8.5
/// for AVX2, the instruction set that Shoki is built for.
pub const PACKAGES: [&str; 5] = [
    "faster-whisper==1.2.1",
    "ctranslate2==4.8.5",
    "tokenizers==0.23.3",
    "pywhispercpp==1.5.1",
    "numpy==2.4.6",
];

/// What makes `whisper-cli` as cheap as the other peers.
const GREEDY: [&str; 8] = ["-nt", "-bs", "1", "-bo", "1", "-nf", "-mc", "0"];

/// A system under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum System {
    /// `shoki transcribe`.
    Shoki,
    /// whisper.cpp from its Python wheel.
    WhisperCpp,
    /// The same with what its command line sets by default.
    WhisperCppDefault,
    /// A `whisper-cli` that the caller built.
    WhisperCli,
    /// The same as it comes: no flag but the language and the threads.
    WhisperCliDefault,
    /// faster-whisper int8.
    FasterWhisper,
    /// The same with its voice activity filter.
    FasterWhisperVad,
}

impl System {
    /// As the report calls it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Shoki => "Shoki",
            Self::WhisperCpp => "whisper.cpp 1.8.5 (wheel, AVX2), greedy",
            Self::WhisperCppDefault => "whisper.cpp 1.8.5 (wheel, AVX2), its command line's settings",
            Self::WhisperCli => "whisper-cli (`--whisper-cli`), greedy",
            Self::WhisperCliDefault => "whisper-cli (`--whisper-cli`) as it comes",
            Self::FasterWhisper => "faster-whisper 1.2.1 int8",
            Self::FasterWhisperVad => "faster-whisper 1.2.1 int8, its VAD on",
        }
    }

    const fn script_name(self) -> &'static str {
        match self {
            Self::FasterWhisper => "faster-whisper",
            Self::FasterWhisperVad => "faster-whisper-vad",
            Self::WhisperCppDefault => "whisper.cpp-default",
            Self::Shoki | Self::WhisperCpp | Self::WhisperCli | Self::WhisperCliDefault => "whisper.cpp",
        }
    }
}

/// What a peer wrote.
#[derive(Debug, Deserialize)]
struct Answer {
    /// CPU seconds before it was given sound.
    begun: f64,
    segments: Vec<Said>,
}

/// One run of a peer.
#[derive(Debug)]
pub struct Run {
    /// What it wrote.
    pub segments: Vec<Said>,
    /// What it cost.
    pub cost: Cost,
    /// CPU seconds before it was given sound; unknown for a command line.
    pub start: Option<f64>,
}

/// The peers.
#[derive(Debug)]
pub struct Peers {
    work: PathBuf,
    script: PathBuf,
    /// Python with the packages.
    pub python: Result<PathBuf, String>,
    whisper_cli: Option<PathBuf>,
    threads: usize,
}

impl Peers {
    /// Sets them up below `work`.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn install(work: &Path, whisper_cli: Option<PathBuf>, threads: usize) -> anyhow::Result<Self> {
        let script = work.join("peer.py");
        std::fs::write(&script, SCRIPT)?;
        Ok(Self {
            python: environment(&work.join("peers"), &PACKAGES).map_err(|error| format!("{error:#}")),
            work: work.to_owned(),
            script,
            whisper_cli,
            threads,
        })
    }

    /// Those that can hear with a model; random weights write what they were made to write only where nothing looks
    /// for something better.
    #[must_use]
    pub fn of(&self, model: &Model, is_trained: bool) -> Vec<System> {
        let by_default = |system: System| is_trained.then_some(system);
        let mut systems = vec![System::WhisperCpp];
        systems.extend(by_default(System::WhisperCppDefault));
        if self.whisper_cli.is_some() {
            systems.push(System::WhisperCli);
            systems.extend(by_default(System::WhisperCliDefault));
        }
        if model.ctranslate2.is_some() {
            systems.extend([System::FasterWhisper, System::FasterWhisperVad]);
        }
        systems
    }

    /// Lets a peer hear a recording.
    ///
    /// # Errors
    /// When it cannot be set up or fails.
    pub fn run(&self, system: System, model: &Model, sound: &Path) -> anyhow::Result<Run> {
        match system {
            System::WhisperCli => return self.command_line(model, sound, &GREEDY),
            System::WhisperCliDefault => return self.command_line(model, sound, &[]),
            _ => {}
        }
        let python = self.python.as_ref().map_err(|why| anyhow::anyhow!("{why}"))?;
        let file = match system {
            System::FasterWhisper | System::FasterWhisperVad => model
                .ctranslate2
                .as_ref()
                .context("no CTranslate2 model of this shape")?,
            _ => &model.ggml,
        };
        let (order, out) = (
            self.work.join("peer-order.json"),
            self.work.join("peer-answer.json"),
        );
        let content = serde_json::json!({
            "system": system.script_name(), "model": file, "sound": sound, "threads": self.threads, "out": out,
        });
        std::fs::write(&order, serde_json::to_vec(&content)?)?;
        let mut command = Command::new(python);
        // Some numerical libraries take all cores unless told.
        command
            .arg(&self.script)
            .arg(&order)
            .env("OMP_NUM_THREADS", self.threads.to_string())
            .env("HF_HUB_OFFLINE", "1");
        let cost = measured(&mut command)?;
        let answer: Answer = serde_json::from_slice(&std::fs::read(&out)?)?;
        Ok(Run {
            segments: answer.segments,
            cost,
            start: Some(answer.begun),
        })
    }

    fn command_line(&self, model: &Model, sound: &Path, flags: &[&str]) -> anyhow::Result<Run> {
        let program = self.whisper_cli.as_ref().context("no --whisper-cli")?;
        let out = self.work.join("whisper-cli");
        let mut command = Command::new(program);
        command
            .args(["-l", "ja", "-np", "-otxt"])
            .args(flags)
            .arg("-t")
            .arg(self.threads.to_string())
            .arg("-m")
            .arg(&model.ggml)
            .arg("-of")
            .arg(&out)
            .arg("-f")
            .arg(sound)
            .stderr(Stdio::null());
        let cost = measured(&mut command)?;
        let text = std::fs::read_to_string(out.with_extension("txt"))?;
        let said = Said {
            start: 0.0,
            end: 0.0,
            speaker: String::new(),
            text,
            ends: Vec::new(),
        };
        Ok(Run {
            segments: vec![said],
            cost,
            start: None,
        })
    }
}

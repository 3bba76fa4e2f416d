//! The systems under test, each in a process of its own.
//!
//! Promise: a peer that cannot be set up is named in the report with the reason, never left out silently.
//! Never: a comparison without Shoki.

use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::civil::Date;
use serde::Serialize;

use super::protocol::{self, Process};
use super::shoki_index::ShokiIndex;
use super::tantivy_default::TantivyDefault;
use crate::python::environment;

const SCRIPT: &str = include_str!("peer.py");
/// What `rank_bm25` is made of; SQLite comes with Python.
const PACKAGES: [&str; 4] = [
    "rank-bm25==0.2.2",
    "fugashi==1.5.2",
    "unidic-lite==1.0.8",
    "numpy==2.4.6",
];

/// A system under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
pub enum Name {
    /// Three legs of the embedded index, summed.
    Shoki,
    /// tantivy with its default tokeniser.
    Tantivy,
    /// SQLite FTS5 with its trigram tokeniser.
    Fts5,
    /// `rank_bm25` over words of fugashi.
    RankBm25,
}

impl Name {
    /// All of them, Shoki first.
    pub const ALL: [Self; 4] = [Self::Shoki, Self::Tantivy, Self::Fts5, Self::RankBm25];

    /// As the report calls it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Shoki => "Shoki, three legs",
            Self::Tantivy => "tantivy, default tokeniser",
            Self::Fts5 => "SQLite FTS5, trigram",
            Self::RankBm25 => "rank_bm25, fugashi",
        }
    }

    /// Passages up to which it is asked: beyond, a question takes it seconds or its memory does not do.
    pub const fn largest(self) -> usize {
        match self {
            Self::Shoki | Self::Tantivy => usize::MAX,
            Self::Fts5 => 200_000,
            Self::RankBm25 => 20_000,
        }
    }
}

/// One system under test.
#[derive(Clone, Debug, clap::Args)]
pub struct SystemArguments {
    /// Which.
    #[arg(long, value_enum)]
    name: Name,
    /// Manifests of the models.
    #[arg(long)]
    models: PathBuf,
    /// The model store.
    #[arg(long)]
    store: PathBuf,
    /// The day of the questions.
    #[arg(long)]
    day: Date,
}

/// Serves it on standard input and output.
///
/// # Errors
/// What it says.
pub fn serve(arguments: &SystemArguments) -> anyhow::Result<()> {
    match arguments.name {
        Name::Shoki => protocol::serve(&mut ShokiIndex::new(
            &arguments.models,
            &arguments.store,
            arguments.day,
        )?),
        Name::Tantivy => protocol::serve(&mut TantivyDefault::default()),
        Name::Fts5 | Name::RankBm25 => anyhow::bail!("this one is a Python script"),
    }
}

/// How the systems are started.
#[derive(Debug)]
pub struct Systems {
    /// The model store.
    pub store: PathBuf,
    /// Manifests of the models.
    pub models: PathBuf,
    /// The day of the questions.
    pub day: Date,
    /// Those named by the caller; none named = all.
    chosen: Vec<Name>,
    script: PathBuf,
    /// Python with the packages of `rank_bm25`, or why there is none.
    python: Result<PathBuf, String>,
}

impl Systems {
    /// Sets the peers up below `work`.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn open(
        work: &Path,
        store: PathBuf,
        models: PathBuf,
        day: Date,
        chosen: &[Name],
    ) -> anyhow::Result<Self> {
        let script = work.join("peer.py");
        std::fs::write(&script, SCRIPT)?;
        let python = if chosen.is_empty() || chosen.contains(&Name::RankBm25) {
            environment(&work.join("search-peer"), &PACKAGES).map_err(|error| format!("{error:#}"))
        } else {
            Err("it was not chosen".to_owned())
        };
        Ok(Self {
            store,
            models,
            day,
            chosen: chosen.to_vec(),
            script,
            python,
        })
    }

    /// Who is asked at a size, Shoki first: those chosen, whatever it takes them, else all that can.
    pub fn asked_at(&self, passages: usize) -> Vec<Name> {
        let asked = |name: &Name| {
            *name == Name::Shoki
                || self.chosen.contains(name)
                || (self.chosen.is_empty() && passages <= name.largest())
        };
        Name::ALL.into_iter().filter(asked).collect()
    }

    /// Starts one.
    ///
    /// # Errors
    /// When it cannot be set up or started.
    pub fn start(&self, name: Name) -> anyhow::Result<Process> {
        let mut command = match name {
            Name::Shoki | Name::Tantivy => {
                let mut command = Command::new(std::env::current_exe()?);
                let which = if name == Name::Shoki { "shoki" } else { "tantivy" };
                command
                    .args(["search-system", "--name", which, "--day", &self.day.to_string()])
                    .arg("--models")
                    .arg(&self.models)
                    .arg("--store")
                    .arg(&self.store);
                command
            }
            Name::Fts5 => {
                let mut command = Command::new("python3");
                command.arg(&self.script).arg("fts5");
                command
            }
            Name::RankBm25 => {
                let python = self.python.as_ref().map_err(|why| anyhow::anyhow!("{why}"))?;
                let mut command = Command::new(python);
                command.arg(&self.script).arg("rank_bm25");
                command
            }
        };
        Process::start(&mut command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(chosen: &[Name], passages: usize) -> Vec<Name> {
        let systems = Systems {
            store: PathBuf::new(),
            models: PathBuf::new(),
            day: Date::ZERO,
            chosen: chosen.to_vec(),
            script: PathBuf::new(),
            python: Err(String::new()),
        };
        systems.asked_at(passages)
    }

    #[test]
    fn shoki_always_runs_and_a_chosen_peer_at_every_size() {
        assert_eq!(asked(&[], 20_000), Name::ALL);
        assert_eq!(asked(&[], 1_000_000), [Name::Shoki, Name::Tantivy]);
        assert_eq!(asked(&[Name::Fts5], 1_000_000), [Name::Shoki, Name::Fts5]);
        assert_eq!(asked(&[Name::Shoki], 10), [Name::Shoki]);
    }
}

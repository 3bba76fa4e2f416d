//! How the bench speaks to a system under test: one process each, a line of JSON in, a line of JSON out.
//!
//! Promise: all systems get the same passages and questions and are measured by the same clock, from
//! outside. Never: a figure that a system makes up about its own memory.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// What a system is told.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Take in these passages, and close the index so that it can be searched.
    Build(Passages),
    /// Answer each question with the numbers of its ten best passages.
    Ask(Vec<String>),
}

/// Where passages come from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Passages {
    /// JSON lines, one string each, for the peers.
    pub file: PathBuf,
    /// The directory of texts that [`super::workload::Workload`] makes the same passages from.
    pub texts: PathBuf,
    /// Seed of the copies.
    pub seed: u64,
    /// How many.
    pub count: usize,
    /// An empty directory for the index.
    pub index: PathBuf,
}

/// What a system says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// The index is ready: seconds and CPU seconds of the indexing alone.
    Built {
        /// Wall-clock seconds.
        seconds: f64,
        /// CPU seconds.
        cpu: f64,
    },
    /// For each question milliseconds and passages, best first.
    Answered {
        /// Wall-clock milliseconds of each question.
        millis: Vec<f64>,
        /// CPU seconds of all of them.
        cpu: f64,
        /// The best passages of each.
        found: Vec<Vec<u32>>,
    },
}

/// A running system.
pub struct Process {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Process {
    /// Starts it.
    ///
    /// # Errors
    /// When it cannot start.
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{command:?}"))?;
        Ok(Self {
            orders: child.stdin.take().context("a pipe")?,
            answers: BufReader::new(child.stdout.take().context("a pipe")?),
            child,
        })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Gives an order and waits for the answer.
    ///
    /// # Errors
    /// When the process is gone or says something else.
    pub fn tell(&mut self, order: &Order) -> anyhow::Result<Said> {
        serde_json::to_writer(&mut self.orders, order)?;
        self.orders.write_all(b"\n")?;
        self.orders.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("a system under test said {line:?}"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A system under test that lives in this program.
pub trait System {
    /// See [`Order::Build`].
    ///
    /// # Errors
    /// When the index cannot be made.
    fn build(&mut self, passages: &Passages) -> anyhow::Result<Said>;
    /// The numbers of the best passages.
    ///
    /// # Errors
    /// When the index cannot be searched.
    fn ask(&mut self, question: &str) -> anyhow::Result<Vec<u32>>;
}

/// Serves a system on standard input and output until the input ends.
///
/// # Errors
/// What the system says.
pub fn serve(system: &mut dyn System) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let said = match serde_json::from_str(&line?)? {
            Order::Build(passages) => system.build(&passages)?,
            Order::Ask(questions) => {
                let cpu = own_cpu()?;
                let mut millis = Vec::with_capacity(questions.len());
                let mut found = Vec::with_capacity(questions.len());
                for question in &questions {
                    let start = std::time::Instant::now();
                    found.push(system.ask(question)?);
                    millis.push(start.elapsed().as_secs_f64() * 1_000.0);
                }
                Said::Answered {
                    millis,
                    cpu: own_cpu()? - cpu,
                    found,
                }
            }
        };
        serde_json::to_writer(&mut out, &said)?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}

/// CPU seconds of this process so far.
///
/// # Errors
/// Where `/proc` is missing.
pub fn own_cpu() -> anyhow::Result<f64> {
    crate::process_tree::cpu_seconds(std::process::id())
}

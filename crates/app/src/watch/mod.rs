//! `shoki watch`: a hot folder in, a hot folder out.
//!
//! Promises: a file is taken when it stands still; its outputs appear by rename and then a `.done` marker, or
//! an `.error` with a sentence; a kill at any moment neither reads nor delivers twice (by content) nor loses
//! a file that was taken; a stopped output keeps its readings. Never: a file's name or contents in the log.

pub mod delivery;
pub mod intake;
pub mod ledger;
mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;
use tokio_util::sync::CancellationToken;

use crate::forms::pool::Pool;
use crate::output;
use delivery::Outbox;
use intake::{Inbox, NOT_READ, READ, Ready};
use ledger::{Done, Entry, Known, Ledger, Stage};

/// How often a file is tried whose failure may pass.
const TRIES: u32 = 3;

/// Why a file is not through yet.
#[derive(Debug)]
enum Halt {
    /// The service is stopping.
    Stopping,
    /// A folder cannot be used for the moment; everything stays as it is.
    Io(std::io::Error),
    /// It cannot be read.
    Code(ErrorCode),
    /// Its outputs are not made; these sentences say why.
    Stopped(Vec<String>),
}

impl From<std::io::Error> for Halt {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// The folders and what reads them.
#[derive(Debug)]
pub struct Watcher {
    /// Reads pages.
    pub pool: Pool,
    /// Digest of the definitions.
    pub pipeline: Sha256,
    /// Ids of the profiles to be written.
    pub profiles: Vec<String>,
    /// What was taken.
    pub ledger: Ledger,
    /// In.
    pub inbox: Inbox,
    /// Out.
    pub outbox: Outbox,
    /// Time between two looks.
    pub every: Duration,
    /// Ends when nothing is left.
    pub once: bool,
    /// Stop after the page in hand.
    pub shutdown: CancellationToken,
    /// Failures that may pass, by content.
    pub failed: BTreeMap<Sha256, u32>,
}

impl Watcher {
    /// Watches until shutdown, or with `once` until the in-folder is empty.
    pub async fn run(&mut self) {
        let mut unusable = false;
        while !self.shutdown.is_cancelled() {
            match self.round().await {
                Ok(left) => {
                    unusable = false;
                    if self.once && !left {
                        return;
                    }
                }
                Err(Halt::Stopping) => return,
                Err(halt) => {
                    // Said once, not at every look.
                    if !unusable {
                        output::complain(sentence(&halt));
                    }
                    unusable = true;
                }
            }
            tokio::select! {
                () = tokio::time::sleep(self.every) => {}
                () = self.shutdown.cancelled() => {}
            }
        }
    }

    /// Goes on with what was taken, then takes what stands still; whether something is left to do.
    async fn round(&mut self) -> Result<bool, Halt> {
        let mut left = false;
        for entry in self.ledger.entries()? {
            if entry.stage != Stage::Stopped {
                left |= !self.through(entry).await?;
            }
        }
        for ready in self.inbox.look()? {
            let reserved: BTreeSet<String> = self
                .ledger
                .entries()?
                .into_iter()
                .map(|entry| entry.stem)
                .collect();
            let stem = || self.outbox.free_stem(&ready.name, &reserved);
            match self.ledger.take(&ready, self.pipeline, stem)? {
                Known::Moving => self.inbox.forget(&ready.name),
                Known::Done(sha256, done) => self.again(&ready, sha256, done, &reserved)?,
                Known::Taken(entry) => left |= !self.through(entry).await?,
            }
        }
        Ok(left || self.inbox.is_waiting())
    }

    /// A content that was delivered before: not read again.
    fn again(
        &mut self,
        ready: &Ready,
        sha256: Sha256,
        done: Done,
        reserved: &BTreeSet<String>,
    ) -> Result<(), Halt> {
        // Killed after the delivery, before the file was put away: it is the very file.
        let is_the_file = !done.put_away && done.name == ready.name;
        if !is_the_file {
            let stem = self.outbox.free_stem(&ready.name, reserved)?;
            let at = shoki_api::japan::day_of(done.done_at).strftime("%Y年%-m月%-d日");
            let sentence = format!(
                "「{}」は、{at} に読み取って出力した「{}」と同じ内容です。二重に取り込まないよう、読み取りませんでした。",
                ready.name, done.name
            );
            self.outbox.refuse(&stem, std::slice::from_ref(&sentence))?;
            output::line(sentence);
        }
        self.inbox.put_away(&ready.name, ready.stand, READ)?;
        let done = Done {
            put_away: true,
            ..done
        };
        Ok(self.ledger.write_done(&sha256, &done)?)
    }

    /// Brings an entry to its end; whether it came there.
    async fn through(&mut self, mut entry: Entry) -> Result<bool, Halt> {
        match self.delivered(&mut entry).await {
            Ok(()) => {
                output::line(format!("{} → {}.{}", entry.name, entry.stem, delivery::DONE));
                self.failed.remove(&entry.sha256);
                self.ledger.finish(&entry, false)?;
                if self.inbox.put_away(&entry.name, entry.stand, READ)? {
                    let done = Done {
                        name: entry.name,
                        done_at: jiff::Timestamp::now(),
                        stem: entry.stem,
                        put_away: true,
                    };
                    self.ledger.write_done(&entry.sha256, &done)?;
                }
                Ok(true)
            }
            Err(Halt::Code(code)) => {
                let tries = self.failed.entry(entry.sha256).or_default();
                *tries += 1;
                if code.entry().retryable && *tries < TRIES {
                    return Ok(false);
                }
                self.failed.remove(&entry.sha256);
                let sentence = format!("「{}」: {}", entry.name, code.sentence_ja());
                self.refused(&entry, &[sentence])?;
                self.ledger.remove(&entry)?;
                Ok(true)
            }
            Err(Halt::Stopped(sentences)) => {
                self.refused(&entry, &sentences)?;
                entry.stage = Stage::Stopped;
                self.ledger.write(&entry)?;
                Ok(true)
            }
            Err(halt) => Err(halt),
        }
    }

    fn refused(&mut self, entry: &Entry, sentences: &[String]) -> Result<(), Halt> {
        self.outbox.refuse(&entry.stem, sentences)?;
        self.inbox.put_away(&entry.name, entry.stand, NOT_READ)?;
        output::complain(format!("{} → {}.{}", entry.name, entry.stem, delivery::ERROR));
        Ok(())
    }
}

fn sentence(halt: &Halt) -> String {
    match halt {
        Halt::Io(error) => format!(
            "フォルダを使えません({error})。使えるようになりしだい続けます。場所・権限・空き容量を確かめてください。"
        ),
        Halt::Code(code) => code.sentence_ja(),
        Halt::Stopping => "停止します。".to_owned(),
        Halt::Stopped(sentences) => sentences.join(" "),
    }
}

//! Signed checkpoints of the audit chain, in a second place: what a bare chain cannot show (a truncated
//! tail, a chain rewritten as a whole) contradicts the last checkpoint.
//!
//! `<dir>/audit-checkpoints.jsonl`, one per line, appended and fsynced; `<dir>/audit-key` (ed25519 seed,
//! 0600, made on first use) and `<dir>/audit-key.pub`. Whoever can write both the database and this
//! directory can forge both: put it on another machine's share, and note the public key elsewhere.
//! Promise: a chain that already diverges is never signed. Never: a checkpoint changed or removed.

use std::fs::OpenOptions;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shoki_core::digest::Sha256;

use super::key::{AuditKey, io, sync_directory};
use super::verify::{Divergence, VerifyError, Walk};
use crate::error::StoreError;
use crate::job_store::JobStore;

const FILE: &str = "audit-checkpoints.jsonl";
/// Starts every signed message: what it is for and its version.
const CONTEXT: &[u8] = b"shoki-audit-checkpoint-1";

/// The chain as it stood at an instant, signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Last row of the chain; 0 for an empty one.
    pub sequence: u64,
    /// That row's hash.
    pub hash: Sha256,
    /// When.
    pub at: Timestamp,
    /// ed25519 over context, sequence, hash and instant; hexadecimal.
    pub signature: String,
}

/// The second place.
#[derive(Debug)]
pub struct Checkpoints {
    key: AuditKey,
}

impl Checkpoints {
    /// Opens the directory; makes it, and a key in it, on first use.
    ///
    /// # Errors
    /// `Blob` when a file cannot be read or written; `Corrupt` when a key is none.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let key = AuditKey::open(directory)?;
        Ok(Self { key })
    }

    /// The public key as hexadecimal, for the operator to note in another place.
    #[must_use]
    pub fn public_key(&self) -> String {
        self.key.public_key()
    }

    /// Checks the chain from the last checkpoint on and signs its present end. `None` when nothing was
    /// added since the last one.
    ///
    /// # Errors
    /// The divergence, when there is one: then nothing is signed.
    pub async fn write(&self, store: &dyn JobStore) -> Result<Option<Checkpoint>, VerifyError> {
        let known = self.read()?;
        let mut walk = match known.last() {
            Some(last) => Walk::from_checkpoint(store, last).await?,
            None => Walk::from_start(),
        };
        let from = walk.sequence();
        walk.walk_to_end(store, &[]).await?;
        if walk.sequence() == from && !known.is_empty() {
            return Ok(None);
        }
        let checkpoint = self.sign(walk.sequence(), walk.hash(), store.now())?;
        self.append(&checkpoint)?;
        Ok(Some(checkpoint))
    }

    /// Every checkpoint, oldest first, signatures checked.
    ///
    /// # Errors
    /// [`Divergence::ForgedCheckpoint`] for a line that is none or whose signature is wrong.
    pub fn read(&self) -> Result<Vec<Checkpoint>, VerifyError> {
        let text = match std::fs::read_to_string(self.key.directory().join(FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io(error).into()),
        };
        // A last line without its end was torn by a power cut before anybody relied on it.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut checkpoints: Vec<Checkpoint> = Vec::new();
        for (line, text) in (1..).zip(whole.lines()) {
            let forged = Divergence::ForgedCheckpoint { line };
            let checkpoint: Checkpoint = serde_json::from_str(text).map_err(|_| forged.clone())?;
            let grows = checkpoints
                .last()
                .is_none_or(|last| last.sequence < checkpoint.sequence);
            if !grows || !self.is_genuine(&checkpoint) {
                return Err(forged.into());
            }
            checkpoints.push(checkpoint);
        }
        Ok(checkpoints)
    }

    fn is_genuine(&self, checkpoint: &Checkpoint) -> bool {
        let message = message(checkpoint.sequence, &checkpoint.hash, checkpoint.at);
        self.key.has_signed(&message, &checkpoint.signature)
    }

    fn sign(&self, sequence: u64, hash: Sha256, at: Timestamp) -> Result<Checkpoint, StoreError> {
        let signature = self.key.sign(&message(sequence, &hash, at))?;
        Ok(Checkpoint {
            sequence,
            hash,
            at,
            signature,
        })
    }

    /// One line, one fsync. A torn last line is cut off first.
    fn append(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let line = serde_json::to_string(checkpoint).expect("a checkpoint is plain JSON");
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(self.key.directory().join(FILE))
            .map_err(io)?;
        let mut text = Vec::new();
        file.seek(SeekFrom::Start(0))
            .and_then(|_| file.read_to_end(&mut text))
            .map_err(io)?;
        let whole = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        if whole < text.len() {
            file.set_len(whole as u64).map_err(io)?;
        }
        file.write_all(format!("{line}\n").as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| sync_directory(self.key.directory()))
            .map_err(io)
    }
}

fn message(sequence: u64, hash: &Sha256, at: Timestamp) -> Vec<u8> {
    [
        CONTEXT,
        &sequence.to_be_bytes(),
        hash.as_bytes(),
        &at.as_microsecond().to_be_bytes(),
    ]
    .concat()
}

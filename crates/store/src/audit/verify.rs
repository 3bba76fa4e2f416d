//! Walks the audit chain and names the first place where it diverges.
//!
//! Promise: an edited, removed or displaced row is found in the chain itself; a truncated tail and a
//! chain rewritten with fresh hashes are found through the checkpoints.

use shoki_core::digest::Sha256;

use super::checkpoint::{Checkpoint, Checkpoints};
use super::{GENESIS, hash_of};
use crate::error::StoreError;
use crate::job_store::JobStore;
use crate::model::AuditEvent;

/// Rows read at a time.
const ROWS: u32 = 1_000;

/// A chain that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Rows in the chain.
    pub rows: u64,
    /// Checkpoints that it agrees with.
    pub checkpoints: usize,
    /// The newest of them.
    pub last_checkpoint: Option<Checkpoint>,
    /// Hash of the last row.
    pub hash: Sha256,
}

/// The first place where the chain is not what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Divergence {
    /// A row's contents do not match its hash.
    #[error("row {sequence} was edited")]
    Edited {
        /// The row.
        sequence: u64,
    },
    /// A row is not there.
    #[error("row {sequence} is missing")]
    Missing {
        /// The row.
        sequence: u64,
    },
    /// A row with a genuine hash of another place: rows were reordered, or some were removed and the rest
    /// renumbered.
    #[error("row {sequence} stands in another row's place")]
    Displaced {
        /// The place.
        sequence: u64,
    },
    /// A row does not continue the one before, which was edited and hashed anew.
    #[error("row {sequence} was edited and hashed anew")]
    Rehashed {
        /// The edited row.
        sequence: u64,
    },
    /// The chain ends before a row that a checkpoint saw.
    #[error("the chain ends at row {last}, but row {checkpoint} was signed")]
    Truncated {
        /// The last row there is.
        last: u64,
        /// The checkpoint's row.
        checkpoint: u64,
    },
    /// The chain agrees with itself but not with a checkpoint.
    #[error("the chain was rewritten: row {sequence} is not the one that was signed")]
    Rewritten {
        /// The checkpoint's row.
        sequence: u64,
    },
    /// A checkpoint that is none, is out of order, or whose signature is wrong.
    #[error("checkpoint {line} is not genuine")]
    ForgedCheckpoint {
        /// Its line in the file, from 1.
        line: usize,
    },
}

impl Divergence {
    /// For the person at the desk.
    #[must_use]
    pub fn sentence_ja(&self) -> String {
        match self {
            Self::Edited { sequence } => format!("{sequence} 件目の内容が書き換えられています。"),
            Self::Missing { sequence } => format!("{sequence} 件目がありません。"),
            Self::Displaced { sequence } => format!("{sequence} 件目に別の記録が入っています。"),
            Self::Rehashed { sequence } => {
                format!("{sequence} 件目が書き換えられ、ハッシュも付け直されています。")
            }
            Self::Truncated { last, checkpoint } => format!(
                "記録が {last} 件目で終わっていますが、{checkpoint} 件目まで署名されています(末尾の削除)。"
            ),
            Self::Rewritten { sequence } => {
                format!("{sequence} 件目が、署名したときの記録と異なります(全体の書き換え)。")
            }
            Self::ForgedCheckpoint { line } => format!("検証点の {line} 行目が本物ではありません。"),
        }
    }
}

/// Why a chain could not be called whole.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It is not.
    #[error(transparent)]
    Diverged(#[from] Divergence),
    /// It could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks the whole chain, and that it contains every checkpoint when they are given.
///
/// # Errors
/// The first divergence.
pub async fn verify(
    store: &dyn JobStore,
    checkpoints: Option<&Checkpoints>,
) -> Result<Verified, VerifyError> {
    let signed = checkpoints.map_or_else(|| Ok(Vec::new()), Checkpoints::read)?;
    let mut walk = Walk::from_start();
    walk.walk_to_end(store, &signed).await?;
    Ok(Verified {
        rows: walk.sequence,
        checkpoints: signed.len(),
        last_checkpoint: signed.last().cloned(),
        hash: walk.hash,
    })
}

/// How far a walk along the chain has come.
#[derive(Debug)]
pub(super) struct Walk {
    sequence: u64,
    hash: Sha256,
}

impl Walk {
    /// Before the first row.
    pub(super) const fn from_start() -> Self {
        Self {
            sequence: 0,
            hash: GENESIS,
        }
    }

    /// At a checkpoint's row, after looking that the row is still the one that was signed.
    pub(super) async fn from_checkpoint(
        store: &dyn JobStore,
        checkpoint: &Checkpoint,
    ) -> Result<Self, VerifyError> {
        let Some(before) = checkpoint.sequence.checked_sub(1) else {
            return Ok(Self::from_start());
        };
        let rows = store.audit_chain(before, 1).await?;
        match rows.first() {
            None => Err(Divergence::Truncated {
                last: last_sequence(store).await?,
                checkpoint: checkpoint.sequence,
            }
            .into()),
            Some(row) if row.sequence != checkpoint.sequence => Err(Divergence::Missing {
                sequence: checkpoint.sequence,
            }
            .into()),
            Some(row) if hash_of(row) != row.hash => Err(Divergence::Edited {
                sequence: row.sequence,
            }
            .into()),
            Some(row) if row.hash != checkpoint.hash => Err(Divergence::Rewritten {
                sequence: row.sequence,
            }
            .into()),
            Some(row) => Ok(Self {
                sequence: row.sequence,
                hash: row.hash,
            }),
        }
    }

    /// Last row walked over; 0 at the start.
    pub(super) const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Its hash.
    pub(super) const fn hash(&self) -> Sha256 {
        self.hash
    }

    /// Walks to the end of the chain, past every one of `signed` (ascending).
    pub(super) async fn walk_to_end(
        &mut self,
        store: &dyn JobStore,
        signed: &[Checkpoint],
    ) -> Result<(), VerifyError> {
        let start = self.sequence;
        let from = signed.partition_point(|checkpoint| checkpoint.sequence <= start);
        let mut signed = signed[from..].iter().peekable();
        loop {
            let rows = store.audit_chain(self.sequence, ROWS).await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                self.step(row)?;
                if let Some(checkpoint) = signed.next_if(|next| next.sequence == self.sequence)
                    && checkpoint.hash != self.hash
                {
                    return Err(Divergence::Rewritten {
                        sequence: self.sequence,
                    }
                    .into());
                }
            }
        }
        match signed.next() {
            Some(checkpoint) => Err(Divergence::Truncated {
                last: self.sequence,
                checkpoint: checkpoint.sequence,
            }
            .into()),
            None => Ok(()),
        }
    }

    fn step(&mut self, row: &AuditEvent) -> Result<(), Divergence> {
        let sequence = self.sequence + 1;
        if row.sequence != sequence {
            return Err(Divergence::Missing { sequence });
        }
        match (row.previous == self.hash, hash_of(row) == row.hash) {
            (true, true) => {}
            (true, false) => return Err(Divergence::Edited { sequence }),
            (false, false) => return Err(Divergence::Displaced { sequence }),
            (false, true) => {
                return Err(Divergence::Rehashed {
                    sequence: self.sequence,
                });
            }
        }
        self.sequence = sequence;
        self.hash = row.hash;
        Ok(())
    }
}

async fn last_sequence(store: &dyn JobStore) -> Result<u64, StoreError> {
    let mut last = 0;
    loop {
        let rows = store.audit_chain(last, ROWS).await?;
        match rows.last() {
            Some(row) => last = row.sequence,
            None => return Ok(last),
        }
    }
}

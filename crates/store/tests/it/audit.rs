//! The audit chain against somebody who can write the database file.

use std::sync::Arc;

use shoki_store::SqliteStore;
use shoki_store::audit::{Checkpoints, Divergence, Verified, VerifyError, hash_of, verify};
use shoki_store::contract::Office;
use shoki_store::contract::office;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use tempfile::TempDir;

struct Chain {
    office: Office,
    checkpoints: Checkpoints,
    directory: TempDir,
}

impl Chain {
    /// A chain of 17 rows: people and one finished job.
    async fn of_a_finished_job() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = office::clock();
        let path = directory.path().join("shoki.db");
        let store = SqliteStore::open(&path, clock.clone(), office::POLICY)
            .await
            .unwrap();
        let office = Office::open(Arc::new(store), clock).await;
        office.planned_job("a.pdf", 2).await;
        office.finish().await;
        let checkpoints = Checkpoints::open(&directory.path().join("second-place")).unwrap();
        Self {
            office,
            checkpoints,
            directory,
        }
    }

    async fn verify(&self) -> Result<Verified, VerifyError> {
        verify(self.office.store.as_ref(), Some(&self.checkpoints)).await
    }

    async fn divergence(&self) -> Divergence {
        match self.verify().await {
            Err(VerifyError::Diverged(divergence)) => divergence,
            other => panic!("{other:?}"),
        }
    }

    async fn tamper(&self, sql: &str) {
        let mut database = self.database().await;
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut database)
            .await
            .unwrap();
    }

    async fn database(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.directory.path().join("shoki.db"));
        options.connect().await.unwrap()
    }

    fn checkpoint_file(&self) -> std::path::PathBuf {
        self.directory.path().join("second-place/audit-checkpoints.jsonl")
    }
}

#[tokio::test]
async fn a_whole_chain_is_called_whole() {
    let chain = Chain::of_a_finished_job().await;
    let first = chain
        .checkpoints
        .write(chain.office.store.as_ref())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        chain
            .checkpoints
            .write(chain.office.store.as_ref())
            .await
            .unwrap(),
        None
    );
    chain.office.job("b.pdf").await;
    let second = chain
        .checkpoints
        .write(chain.office.store.as_ref())
        .await
        .unwrap()
        .unwrap();
    let verified = chain.verify().await.unwrap();
    assert_eq!(verified.rows, second.sequence);
    assert_eq!((verified.checkpoints, first.sequence + 2), (2, second.sequence));
    assert_eq!(verified.last_checkpoint, Some(second));
    // Another process reads the same place with the same key.
    let again = Checkpoints::open(&chain.directory.path().join("second-place")).unwrap();
    assert_eq!(again.public_key(), chain.checkpoints.public_key());
    verify(chain.office.store.as_ref(), Some(&again)).await.unwrap();
}

#[tokio::test]
async fn every_row_hashes_all_of_its_columns() {
    let chain = Chain::of_a_finished_job().await;
    for row in chain.office.store.audit_chain(0, 100).await.unwrap() {
        assert_eq!(hash_of(&row), row.hash);
        let mut others = vec![row.clone(); 6];
        others[0].sequence += 1;
        others[1].at += jiff::SignedDuration::from_micros(1);
        others[2].user = None;
        others[3].department = None;
        others[4].action.push('x');
        others[5].subject.push('x');
        for other in others.iter().filter(|other| **other != row) {
            assert_ne!(hash_of(other), row.hash, "{other:?}");
        }
    }
}

#[tokio::test]
async fn an_edited_row_is_named() {
    let chain = Chain::of_a_finished_job().await;
    chain
        .tamper("UPDATE audit SET action = 'document.read' WHERE sequence = 5")
        .await;
    assert_eq!(chain.divergence().await, Divergence::Edited { sequence: 5 });
}

#[tokio::test]
async fn a_deleted_row_is_named() {
    let chain = Chain::of_a_finished_job().await;
    chain.tamper("DELETE FROM audit WHERE sequence = 5").await;
    assert_eq!(chain.divergence().await, Divergence::Missing { sequence: 5 });
    chain
        .tamper("UPDATE audit SET sequence = sequence - 1 WHERE sequence > 5")
        .await;
    assert_eq!(chain.divergence().await, Divergence::Displaced { sequence: 5 });
}

#[tokio::test]
async fn reordered_rows_are_named() {
    let chain = Chain::of_a_finished_job().await;
    chain
        .tamper(
            "UPDATE audit SET sequence = 1000 WHERE sequence = 5;
             UPDATE audit SET sequence = 5 WHERE sequence = 6;
             UPDATE audit SET sequence = 6 WHERE sequence = 1000",
        )
        .await;
    assert_eq!(chain.divergence().await, Divergence::Displaced { sequence: 5 });
}

#[tokio::test]
async fn a_row_edited_with_a_fresh_hash_is_named() {
    let chain = Chain::of_a_finished_job().await;
    let mut row = chain.office.store.audit_chain(4, 1).await.unwrap().remove(0);
    row.action = "document.read".to_owned();
    let mut database = chain.database().await;
    sqlx::query("UPDATE audit SET action = ?, hash = ? WHERE sequence = 5")
        .bind(&row.action)
        .bind(hash_of(&row).as_bytes().to_vec())
        .execute(&mut database)
        .await
        .unwrap();
    assert_eq!(chain.divergence().await, Divergence::Rehashed { sequence: 5 });
}

#[tokio::test]
async fn a_truncated_tail_contradicts_the_checkpoint() {
    let chain = Chain::of_a_finished_job().await;
    let signed = chain
        .checkpoints
        .write(chain.office.store.as_ref())
        .await
        .unwrap()
        .unwrap();
    chain.tamper("DELETE FROM audit WHERE sequence > 10").await;
    verify(chain.office.store.as_ref(), None)
        .await
        .expect("a bare chain cannot show it");
    let truncated = Divergence::Truncated {
        last: 10,
        checkpoint: signed.sequence,
    };
    assert_eq!(chain.divergence().await, truncated);
    let error = chain
        .checkpoints
        .write(chain.office.store.as_ref())
        .await
        .unwrap_err();
    assert!(matches!(error, VerifyError::Diverged(found) if found == truncated));
    // Even when the chain has grown beyond the checkpoint again.
    for number in 0..10 {
        chain.office.job(&format!("{number}.pdf")).await;
    }
    assert_eq!(
        chain.divergence().await,
        Divergence::Rewritten {
            sequence: signed.sequence
        }
    );
    chain
        .checkpoints
        .write(chain.office.store.as_ref())
        .await
        .expect_err("never signed");
}

#[tokio::test]
async fn a_forged_checkpoint_is_named_and_a_torn_one_is_not_taken_for_one() {
    let chain = Chain::of_a_finished_job().await;
    let store = chain.office.store.as_ref();
    chain.checkpoints.write(store).await.unwrap().unwrap();
    let genuine = std::fs::read_to_string(chain.checkpoint_file()).unwrap();

    std::fs::write(chain.checkpoint_file(), format!("{genuine}{}", &genuine[..40])).unwrap();
    assert_eq!(chain.verify().await.unwrap().checkpoints, 1);
    chain.office.job("b.pdf").await;
    chain.checkpoints.write(store).await.unwrap().unwrap();
    assert_eq!(chain.verify().await.unwrap().checkpoints, 2);

    let forged = genuine.replacen("\"sequence\":1", "\"sequence\":2", 1);
    assert_ne!(forged, genuine);
    std::fs::write(chain.checkpoint_file(), forged).unwrap();
    assert_eq!(chain.divergence().await, Divergence::ForgedCheckpoint { line: 1 });
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_reads_the_key() {
    use std::os::unix::fs::PermissionsExt as _;
    let chain = Chain::of_a_finished_job().await;
    let key = chain.directory.path().join("second-place/audit-key");
    let mode = std::fs::metadata(key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

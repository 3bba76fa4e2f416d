//! SQL of the vectors that embedders made: a cache by embedder, passage digest and 課.
//!
//! Promise: a vector is kept only as long as the 課 has a passage of its digest.

use shoki_core::digest::Sha256;
use shoki_core::id::DepartmentId;
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::super::connection::Write;
use super::super::value::{Id as _, corrupt, digest};
use crate::corpus_model::PassageVector;
use crate::error::StoreError;

pub(in super::super) const KEPT: &str =
    "SELECT vector FROM vectors WHERE department_id = ? AND embedder = ? AND digest = ?";
pub(in super::super) const KEEP: &str =
    "INSERT OR REPLACE INTO vectors (department_id, embedder, digest, vector)
     SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (
         SELECT 1 FROM passages JOIN revisions ON revisions.id = passages.revision_id
         WHERE passages.digest = ?3 AND revisions.department_id = ?1)";

pub(super) async fn kept(
    read: &mut SqliteConnection,
    department: DepartmentId,
    embedder: &Sha256,
    digests: &[Sha256],
) -> Result<Vec<PassageVector>, StoreError> {
    let mut found = Vec::with_capacity(digests.len());
    for wanted in digests {
        let row = sqlx::query(KEPT)
            .bind(department.blob())
            .bind(digest(embedder))
            .bind(digest(wanted))
            .fetch_optional(&mut *read)
            .await?;
        if let Some(row) = row {
            let bytes: &[u8] = row.try_get("vector")?;
            found.push(PassageVector {
                digest: *wanted,
                vector: from_bytes(bytes)?,
            });
        }
    }
    Ok(found)
}

pub(in super::super) async fn keep(
    write: &mut Write,
    department: DepartmentId,
    embedder: &Sha256,
    vectors: &[PassageVector],
) -> Result<(), StoreError> {
    for made in vectors {
        sqlx::query(KEEP)
            .bind(department.blob())
            .bind(digest(embedder))
            .bind(digest(&made.digest))
            .bind(to_bytes(&made.vector))
            .execute(write.connection())
            .await?;
    }
    Ok(())
}

fn to_bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn from_bytes(bytes: &[u8]) -> Result<Vec<f32>, StoreError> {
    let (values, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(corrupt("vectors.vector", "not a whole number of values"));
    }
    Ok(values.iter().map(|value| f32::from_le_bytes(*value)).collect())
}

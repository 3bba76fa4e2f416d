//! A run of the 保存期間 of a 課, and the certificates of what was deleted: the order in which it is done.
//!
//! What is due → in one transaction with its record each → its files → the run is closed → the certificate, once no
//! freed file is there any more and the write-ahead log is empty. Promises: a run that died at any place is taken up
//! by the next one and certified whole; what is at work, in review or held is left. Never: a file removed before its
//! rows, a certificate before its files are gone.

use std::collections::BTreeSet;

use shoki_core::id::DepartmentId;
use shoki_core::retention::Material;

use crate::audit::AuditKey;
use crate::blobs::Blobs;
use crate::deletion::{Certificate, Due};
use crate::error::StoreError;
use crate::job_store::JobStore;

/// Questions erased in one transaction: their rows are small.
const QUESTIONS_AT_A_TIME: usize = 200;

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunReport {
    /// Things whose period is over and that something keeps.
    pub kept: usize,
    /// The certificates that were written, of deletions by hand too that had none yet.
    pub certificates: Vec<Certificate>,
}

/// Deletes what is due in a 課 now, and certifies it.
///
/// # Errors
/// The database's and the directory's; the next run goes on where this one ended.
pub async fn run(
    store: &dyn JobStore,
    blobs: &Blobs,
    key: &AuditKey,
    department: DepartmentId,
) -> Result<RunReport, StoreError> {
    let due = store.due(department, store.now()).await?;
    let (free, kept): (Vec<Due>, Vec<Due>) = due.into_iter().partition(|one| one.keeper.is_none());
    let open = store.uncertified(Some(department)).await?;
    if !free.is_empty() || open.iter().any(|one| !one.is_closed) {
        let run = store.begin_run(department).await?;
        for part in parts(&free) {
            let freed = store.delete_due(run, part).await?;
            blobs.remove_unreferenced(store, department, &freed).await?;
        }
        store.close_run(run).await?;
    }
    Ok(RunReport {
        kept: kept.len(),
        certificates: certify(store, blobs, key, Some(department)).await?,
    })
}

/// What goes in one transaction each: a document by itself, since its files follow; questions in groups.
fn parts(free: &[Due]) -> impl Iterator<Item = &[Due]> {
    free.chunk_by(|one, next| one.material == next.material)
        .flat_map(|same| {
            let is_questions = same
                .first()
                .is_some_and(|one| one.material == Material::Questions);
            same.chunks(if is_questions { QUESTIONS_AT_A_TIME } else { 1 })
        })
}

/// Certifies every closed deletion that has no certificate, of one 課 or of all. One whose files cannot be let go now
/// (somebody is handing in the same bytes, or a reader is at the write-ahead log) is left for the next time.
///
/// # Errors
/// The database's, the directory's, the key's.
pub async fn certify(
    store: &dyn JobStore,
    blobs: &Blobs,
    key: &AuditKey,
    department: Option<DepartmentId>,
) -> Result<Vec<Certificate>, StoreError> {
    let mut certificates = Vec::new();
    for one in store.uncertified(department).await? {
        if !one.is_closed {
            continue;
        }
        let mut in_use = BTreeSet::new();
        let mut is_free = true;
        for blob in &one.freed {
            // A crash may have come between the rows and their files.
            if !blobs.exists(one.department, &blob.sha256).await?
                || blobs.remove_unreferenced(store, one.department, &[*blob]).await? == 1
            {
                continue;
            }
            if store.blob_is_referenced(one.department, &blob.sha256).await? {
                in_use.insert(blob.sha256);
            } else {
                is_free = false;
            }
        }
        if is_free {
            certificates.extend(store.certify(one.id, &in_use, key).await?);
        }
    }
    Ok(certificates)
}

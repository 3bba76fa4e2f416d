//! The sweep at start: what a crash left behind between a blob's write and its row, or between a
//! document's deletion and its blobs'.
//!
//! Promise: nothing younger than the age is touched, so uploads in flight in another process are safe;
//! nothing that a row refers to is touched at all.

use futures::StreamExt as _;
use jiff::SignedDuration;
use object_store::path::Path as Location;
use object_store::{ObjectMeta, ObjectStore as _};
use shoki_core::digest::Sha256;
use shoki_core::id::DepartmentId;

use super::{Blobs, INCOMING, blob_error};
use crate::error::StoreError;
use crate::job_store::JobStore;

/// What a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Unfinished uploads.
    pub unfinished: u32,
    /// Blobs that nothing refers to.
    pub unreferenced: u32,
}

impl Blobs {
    /// Removes unfinished uploads and unreferenced blobs that are at least `age` old. At the start of a
    /// service that is the only process on the directory, `age` may be zero.
    ///
    /// # Errors
    /// The database's and the directory's.
    pub async fn sweep(&self, store: &dyn JobStore, age: SignedDuration) -> Result<Swept, StoreError> {
        Ok(Swept {
            unfinished: self.sweep_unfinished(store, age)?,
            unreferenced: self.sweep_unreferenced(store, age).await?,
        })
    }

    /// Only the unfinished uploads: few files, no question to the database but the time.
    ///
    /// # Errors
    /// The directory's.
    pub fn sweep_unfinished(&self, store: &dyn JobStore, age: SignedDuration) -> Result<u32, StoreError> {
        self.remove_unfinished((store.now() - age).as_microsecond())
    }

    /// Only the unreferenced blobs: one question per blob, so a service does it beside its work. Blobs
    /// that this process has written and not yet recorded are held and stay, whatever their age.
    ///
    /// # Errors
    /// The database's and the directory's.
    pub async fn sweep_unreferenced(
        &self,
        store: &dyn JobStore,
        age: SignedDuration,
    ) -> Result<u32, StoreError> {
        let latest = (store.now() - age).as_microsecond();
        let mut unreferenced = 0;
        let mut entries = self.0.files.list(None);
        while let Some(entry) = entries.next().await {
            let entry: ObjectMeta = entry?;
            let old = entry.last_modified.timestamp_micros() <= latest;
            let Some((department, sha256)) = parse(&entry.location).filter(|_| old) else {
                continue;
            };
            if self.remove_if_unreferenced(store, department, &sha256).await? {
                unreferenced += 1;
            }
        }
        Ok(unreferenced)
    }

    /// Staging files do not show in object_store's lists, so this looks at the directory itself.
    fn remove_unfinished(&self, latest: i64) -> Result<u32, StoreError> {
        let mut removed = 0;
        for entry in std::fs::read_dir(self.0.directory.join(INCOMING)).map_err(blob_error)? {
            let entry = entry.map_err(blob_error)?;
            let modified = entry
                .metadata()
                .and_then(|meta| meta.modified())
                .map_err(blob_error)?;
            let age = modified.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            if i64::try_from(age.as_micros()).unwrap_or(i64::MAX) <= latest {
                std::fs::remove_file(entry.path()).map_err(blob_error)?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// The 課 and the address of a blob's location; `None` for anything else that lies in the directory.
fn parse(location: &Location) -> Option<(DepartmentId, Sha256)> {
    let mut parts = location.parts();
    let (department, _, address) = (parts.next()?, parts.next()?, parts.next()?);
    Some((department.as_ref().parse().ok()?, address.as_ref().parse().ok()?))
}

//! Bytes by content address: `<dir>/<department>/<aa>/<sha256>`, through object_store with fsync on.
//!
//! object_store's multipart upload writes each part to a staging file and, with fsync on, `complete` and
//! `rename` flush the file and the directories (read in its 0.14.2 source: `finish_staged_rename`,
//! `create_parent_dirs`), so a streamed put is durable when it returns. The address is known only at the
//! end of the stream, hence: stage under `incoming/`, complete, rename to the address.
//! Promises: constant memory; a blob is shared inside a 課, never across; a blob that somebody has just
//! written and not yet recorded (`Stored`) is never removed by a deletion that raced with it.
//! Never: a blob's removal without asking the database whether anything refers to it.

mod sweep;
mod writer;

use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use object_store::ObjectStoreExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Location;
use shoki_core::digest::Sha256;
use shoki_core::id::DepartmentId;
use shoki_core::unit::BlobRef;

pub use sweep::Swept;
pub use writer::{BlobWriter, Stored};

use crate::error::StoreError;
use crate::job_store::JobStore;

/// Where unfinished uploads lie.
const INCOMING: &str = "incoming";

/// The blob directory. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    files: LocalFileSystem,
    reserve_bytes: u64,
    /// Taken to publish a blob under its address and to remove one: the two never interleave.
    turn: tokio::sync::Mutex<()>,
    holds: Mutex<HashMap<(DepartmentId, Sha256), u32>>,
}

/// Keeps a blob that no row refers to yet from being removed.
#[derive(Debug)]
struct Hold {
    blobs: Blobs,
    key: (DepartmentId, Sha256),
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut holds = self.blobs.holds();
        if let Some(count) = holds.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                holds.remove(&self.key);
            }
        }
    }
}

impl Blobs {
    /// Opens the directory and makes it when it is absent. Uploads are refused when less than
    /// `reserve_bytes` of the disk would stay free (`limits::DISK_RESERVE_BYTES`).
    ///
    /// # Errors
    /// `Blob` when the directory cannot be made or opened.
    pub fn open(directory: &Path, reserve_bytes: u64) -> Result<Self, StoreError> {
        make_directory(directory).map_err(blob_error)?;
        let files = LocalFileSystem::new_with_prefix(directory)?.with_fsync(true);
        Ok(Self(Arc::new(Inner {
            directory: directory.to_owned(),
            files,
            reserve_bytes,
            turn: tokio::sync::Mutex::new(()),
            holds: Mutex::new(HashMap::new()),
        })))
    }

    /// A streaming writer for an upload of at most `limit` bytes.
    ///
    /// # Errors
    /// `StorageFull` when the disk reserve is touched.
    pub async fn writer(&self, department: DepartmentId, limit: u64) -> Result<BlobWriter, StoreError> {
        BlobWriter::start(self.clone(), department, limit, true).await
    }

    /// A streaming writer for a result: like [`Blobs::put`] it may use the disk reserve.
    ///
    /// # Errors
    /// `StorageFull` when the disk is really full.
    pub async fn result_writer(&self, department: DepartmentId) -> Result<BlobWriter, StoreError> {
        BlobWriter::start(self.clone(), department, u64::MAX, false).await
    }

    /// Writes a small blob (a piece, an artifact). It may use the disk reserve, so that jobs that were
    /// accepted can finish.
    ///
    /// # Errors
    /// `StorageFull` when the disk is really full.
    pub async fn put(&self, department: DepartmentId, bytes: &[u8]) -> Result<Stored, StoreError> {
        let mut writer = self.result_writer(department).await?;
        writer.write(bytes).await?;
        writer.finish().await
    }

    /// A whole blob, checked against its address.
    ///
    /// # Errors
    /// `NotFound`; `Corrupt` when the bytes are not those that were written.
    pub async fn read(&self, department: DepartmentId, sha256: &Sha256) -> Result<Bytes, StoreError> {
        let bytes = self
            .0
            .files
            .get(&location(department, sha256))
            .await?
            .bytes()
            .await?;
        if Sha256::of(&bytes) != *sha256 {
            return Err(StoreError::Corrupt {
                what: "blob",
                detail: format!("{sha256} has other contents"),
            });
        }
        Ok(bytes)
    }

    /// A part of a blob, not checked.
    ///
    /// # Errors
    /// `NotFound`; `Blob` when the range lies outside.
    pub async fn read_range(
        &self,
        department: DepartmentId,
        sha256: &Sha256,
        range: Range<u64>,
    ) -> Result<Bytes, StoreError> {
        Ok(self
            .0
            .files
            .get_range(&location(department, sha256), range)
            .await?)
    }

    /// The blob as an open file, for the decode child and for streamed downloads. Blocking, short.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn open_file(&self, department: DepartmentId, sha256: &Sha256) -> Result<File, StoreError> {
        File::open(self.path(department, sha256)).map_err(blob_error)
    }

    /// Where the blob lies.
    #[must_use]
    pub fn path(&self, department: DepartmentId, sha256: &Sha256) -> PathBuf {
        self.0.directory.join(location(department, sha256).as_ref())
    }

    /// Whether the blob is there.
    ///
    /// # Errors
    /// `Blob` when the directory cannot be read.
    pub async fn exists(&self, department: DepartmentId, sha256: &Sha256) -> Result<bool, StoreError> {
        match self.0.files.head(&location(department, sha256)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes those of `candidates` that nothing refers to: the answer of `delete_document`, or the result
    /// of an attempt that lost its lease. Returns how many were removed.
    ///
    /// # Errors
    /// The database's and the directory's.
    pub async fn remove_unreferenced(
        &self,
        store: &dyn JobStore,
        department: DepartmentId,
        candidates: &[BlobRef],
    ) -> Result<u32, StoreError> {
        let mut removed = 0;
        for blob in candidates {
            removed += u32::from(
                self.remove_if_unreferenced(store, department, &blob.sha256)
                    .await?,
            );
        }
        Ok(removed)
    }

    async fn remove_if_unreferenced(
        &self,
        store: &dyn JobStore,
        department: DepartmentId,
        sha256: &Sha256,
    ) -> Result<bool, StoreError> {
        let _turn = self.0.turn.lock().await;
        if self.holds().contains_key(&(department, *sha256)) {
            return Ok(false);
        }
        if store.blob_is_referenced(department, sha256).await? {
            return Ok(false);
        }
        fail::fail_point!("blobs.before_remove", |_| Err(StoreError::Blob(
            "injected at blobs.before_remove".into()
        )));
        match self.0.files.delete(&location(department, sha256)).await {
            Ok(()) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the disk has the reserve and `more` bytes free.
    ///
    /// # Errors
    /// `StorageFull` when it has not.
    pub fn check_reserve(&self, more: u64) -> Result<(), StoreError> {
        let disk = rustix::fs::statvfs(&self.0.directory)
            .map_err(|errno| blob_error(std::io::Error::from(errno)))?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free < self.0.reserve_bytes.saturating_add(more) {
            return Err(StoreError::StorageFull);
        }
        Ok(())
    }

    fn hold(&self, department: DepartmentId, sha256: Sha256) -> Hold {
        let key = (department, sha256);
        *self.holds().entry(key).or_insert(0) += 1;
        Hold {
            blobs: self.clone(),
            key,
        }
    }

    fn holds(&self) -> std::sync::MutexGuard<'_, HashMap<(DepartmentId, Sha256), u32>> {
        self.0.holds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the directory, readable by its owner only, and its entries durable.
fn make_directory(directory: &Path) -> std::io::Result<()> {
    let incoming = directory.join(INCOMING);
    if incoming.is_dir() {
        return Ok(());
    }
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&incoming)?;
    for path in incoming.ancestors().take(3) {
        let path = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        File::open(path)?.sync_all()?;
    }
    Ok(())
}

fn location(department: DepartmentId, sha256: &Sha256) -> Location {
    let address = sha256.to_string();
    Location::from(format!("{department}/{}/{address}", &address[..2]))
}

fn blob_error(error: std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::NotFound => StoreError::NotFound,
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::StorageFull,
        _ => StoreError::Blob(Box::new(error)),
    }
}

impl From<object_store::Error> for StoreError {
    fn from(error: object_store::Error) -> Self {
        if matches!(error, object_store::Error::NotFound { .. }) {
            return Self::NotFound;
        }
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(link) = cause {
            if let Some(io) = link.downcast_ref::<std::io::Error>()
                && matches!(
                    io.kind(),
                    std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded
                )
            {
                return Self::StorageFull;
            }
            cause = link.source();
        }
        Self::Blob(Box::new(error))
    }
}

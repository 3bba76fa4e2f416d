//! The streaming writer: bytes in, hash and first bytes kept, a durable blob at its address out.
//!
//! Promises: memory of one part (1 MiB) however long the stream; the limit and the disk reserve hold on
//! the stream, not on what the client announced; a writer that is dropped leaves no file behind.

use object_store::path::Path as Location;
use object_store::{MultipartUpload, ObjectStoreExt as _, PutPayload};
use sha2::Digest as _;
use shoki_core::digest::Sha256;
use shoki_core::id::DepartmentId;
use shoki_core::media::SNIFF_BYTES;
use shoki_core::unit::BlobRef;
use uuid::Uuid;

use super::{Blobs, Hold, INCOMING, location};
use crate::error::StoreError;

/// Bytes collected before they are written.
const PART_BYTES: usize = 1024 * 1024;
/// Bytes written between two looks at the free disk space.
const RESERVE_CHECK_BYTES: u64 = 16 * 1024 * 1024;

/// A blob being written. Drop it to give up.
#[derive(Debug)]
pub struct BlobWriter {
    blobs: Blobs,
    department: DepartmentId,
    staged: Location,
    upload: Box<dyn MultipartUpload>,
    hash: sha2::Sha256,
    head: Vec<u8>,
    part: Vec<u8>,
    size: u64,
    limit: u64,
    /// Size at which the disk reserve is looked at again; never for pieces.
    next_check: Option<u64>,
}

/// A blob that is durable under its address. Keep it until the row that refers to it is committed: as long
/// as it lives, nobody removes the blob.
#[derive(Debug)]
pub struct Stored {
    /// Address and size.
    pub blob: BlobRef,
    /// The first bytes, up to `SNIFF_BYTES`, to find out what it is.
    pub head: Vec<u8>,
    _hold: Hold,
}

impl BlobWriter {
    pub(super) async fn start(
        blobs: Blobs,
        department: DepartmentId,
        limit: u64,
        keep_reserve: bool,
    ) -> Result<Self, StoreError> {
        if keep_reserve {
            blobs.check_reserve(0)?;
        }
        let staged = Location::from(format!("{INCOMING}/{}", Uuid::now_v7().simple()));
        let upload = blobs.0.files.put_multipart(&staged).await?;
        Ok(Self {
            blobs,
            department,
            staged,
            upload,
            hash: sha2::Sha256::new(),
            head: Vec::new(),
            part: Vec::new(),
            size: 0,
            limit,
            next_check: keep_reserve.then_some(RESERVE_CHECK_BYTES),
        })
    }

    /// Bytes written so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next bytes of the stream.
    ///
    /// # Errors
    /// `TooLarge` beyond the limit, `StorageFull` when the disk reserve is touched.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), StoreError> {
        self.size += bytes.len() as u64;
        if self.size > self.limit {
            return Err(StoreError::TooLarge { limit: self.limit });
        }
        if self.next_check.is_some_and(|at| self.size >= at) {
            self.blobs.check_reserve(0)?;
            self.next_check = Some(self.size + RESERVE_CHECK_BYTES);
        }
        self.hash.update(bytes);
        let missing = SNIFF_BYTES - self.head.len();
        self.head.extend_from_slice(&bytes[..bytes.len().min(missing)]);
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PART_BYTES - self.part.len()));
            self.part.extend_from_slice(now);
            bytes = later;
            if self.part.len() == PART_BYTES {
                self.flush().await?;
                self.part.reserve_exact(PART_BYTES);
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        let part = std::mem::take(&mut self.part);
        Ok(self.upload.put_part(PutPayload::from(part)).await?)
    }

    /// Ends the stream: the blob is durable under its address when this returns.
    ///
    /// # Errors
    /// `StorageFull`, or the directory's.
    pub async fn finish(mut self) -> Result<Stored, StoreError> {
        if !self.part.is_empty() {
            self.flush().await?;
        }
        self.upload.complete().await?;
        fail::fail_point!("blobs.before_publish", |_| Err(StoreError::Blob(
            "injected at blobs.before_publish".into()
        )));
        let sha256 = Sha256::from_bytes(self.hash.finalize().into());
        let turn = self.blobs.0.turn.lock().await;
        let hold = self.blobs.hold(self.department, sha256);
        let address = location(self.department, &sha256);
        self.blobs.0.files.rename(&self.staged, &address).await?;
        drop(turn);
        fail::fail_point!("blobs.after_publish", |_| Err(StoreError::Blob(
            "injected at blobs.after_publish".into()
        )));
        Ok(Stored {
            blob: BlobRef {
                sha256,
                size: self.size,
            },
            head: self.head,
            _hold: hold,
        })
    }
}

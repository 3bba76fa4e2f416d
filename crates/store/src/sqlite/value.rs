//! How values stand in the columns: ids as 16-byte blobs, instants as integer microseconds, digests as
//! 32-byte blobs, enums by their names, days as `YYYY-MM-DD` (they sort as text), nested values as JSON.
//!
//! Promise: what cannot be read back is `StoreError::Corrupt` with the column's name and no contents.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;
use shoki_core::id::{
    AccountId, ArtifactId, BankEntryId, DeletionId, DepartmentId, DocumentId, FaqId, FavouriteId, JobId,
    QuestionId, RevisionId, SourceId, TokenId, UnitId, UserId, VoicePrintId, WorkerId,
};
use shoki_core::unit::BlobRef;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::error::StoreError;

/// A typed id that lies in a 16-byte blob.
pub(super) trait Id: Sized {
    /// The bytes to bind.
    fn blob(&self) -> &[u8];
    /// The id read back.
    fn from_uuid(uuid: Uuid) -> Self;
}

macro_rules! ids_in_blobs {
    ($($id:ty),+) => {$(
        impl Id for $id {
            fn blob(&self) -> &[u8] {
                self.as_uuid().as_bytes()
            }
            fn from_uuid(uuid: Uuid) -> Self {
                Self::from_uuid(uuid)
            }
        }
    )+};
}
ids_in_blobs!(
    AccountId,
    ArtifactId,
    DeletionId,
    DepartmentId,
    DocumentId,
    BankEntryId,
    FaqId,
    FavouriteId,
    JobId,
    QuestionId,
    RevisionId,
    SourceId,
    TokenId,
    UnitId,
    UserId,
    VoicePrintId,
    WorkerId
);

impl Id for Uuid {
    fn blob(&self) -> &[u8] {
        self.as_bytes()
    }
    fn from_uuid(uuid: Uuid) -> Self {
        uuid
    }
}

/// The digest's bytes to bind.
pub(super) fn digest(sha256: &Sha256) -> &[u8] {
    sha256.as_bytes()
}

/// A size or a sequence to bind; SQLite's integers are signed, and none of ours comes near the sign.
pub(super) fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A nested value to bind.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("structs of strings and numbers become JSON")
}

/// An enum to bind, by the name that serde gives it.
pub(super) fn name<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        other => panic!("only enums without data are bound by name, not {other:?}"),
    }
}

/// A day to bind.
pub(super) fn day(date: Date) -> String {
    date.to_string()
}

/// A stored value that cannot be read.
pub(super) fn corrupt(what: &'static str, detail: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt {
        what,
        detail: detail.to_string(),
    }
}

/// Typed reads of a row's columns.
pub(super) trait Columns {
    /// An id.
    fn id<T: Id>(&self, column: &'static str) -> Result<T, StoreError>;
    /// An id that may be absent.
    fn id_opt<T: Id>(&self, column: &'static str) -> Result<Option<T>, StoreError>;
    /// An instant.
    fn time(&self, column: &'static str) -> Result<Timestamp, StoreError>;
    /// An instant that may be absent.
    fn time_opt(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError>;
    /// A digest.
    fn sha256(&self, column: &'static str) -> Result<Sha256, StoreError>;
    /// A text.
    fn text(&self, column: &'static str) -> Result<String, StoreError>;
    /// A text that may be absent.
    fn text_opt(&self, column: &'static str) -> Result<Option<String>, StoreError>;
    /// Bytes.
    fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError>;
    /// A number of 64 bits.
    fn u64(&self, column: &'static str) -> Result<u64, StoreError>;
    /// A number of 32 bits.
    fn u32(&self, column: &'static str) -> Result<u32, StoreError>;
    /// A nested value.
    fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        self.json_opt(column)?.ok_or_else(|| corrupt(column, "absent"))
    }
    /// A nested value that may be absent.
    fn json_opt<T: DeserializeOwned>(&self, column: &'static str) -> Result<Option<T>, StoreError> {
        self.text_opt(column)?
            .map(|text| serde_json::from_str(&text).map_err(|error| corrupt(column, error)))
            .transpose()
    }
    /// An enum without data.
    fn name<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        serde_json::from_value(serde_json::Value::String(self.text(column)?))
            .map_err(|error| corrupt(column, error))
    }
    /// A day that may be absent.
    fn day_opt(&self, column: &'static str) -> Result<Option<Date>, StoreError> {
        self.text_opt(column)?
            .map(|text| text.parse().map_err(|error| corrupt(column, error)))
            .transpose()
    }
    /// A number of 32 bits that may be absent.
    fn u32_opt(&self, column: &'static str) -> Result<Option<u32>, StoreError>;
    /// A blob reference in two columns, absent when the digest is.
    fn blob_opt(&self, sha256: &'static str, size: &'static str) -> Result<Option<BlobRef>, StoreError>;
    /// A blob reference in two columns.
    fn blob(&self, sha256: &'static str, size: &'static str) -> Result<BlobRef, StoreError> {
        self.blob_opt(sha256, size)?
            .ok_or_else(|| corrupt(sha256, "absent"))
    }
    /// An error code that may be absent.
    fn code_opt(&self, column: &'static str) -> Result<Option<ErrorCode>, StoreError> {
        self.text_opt(column)?
            .map(|name| ErrorCode::parse(&name).ok_or_else(|| corrupt(column, "unknown code")))
            .transpose()
    }
}

fn to_uuid(column: &'static str, bytes: &[u8]) -> Result<Uuid, StoreError> {
    Uuid::from_slice(bytes).map_err(|error| corrupt(column, error))
}

fn to_time(column: &'static str, micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros).map_err(|error| corrupt(column, error))
}

fn to_digest(column: &'static str, bytes: &[u8]) -> Result<Sha256, StoreError> {
    let bytes: [u8; 32] = bytes.try_into().map_err(|error| corrupt(column, error))?;
    Ok(Sha256::from_bytes(bytes))
}

impl Columns for SqliteRow {
    fn id<T: Id>(&self, column: &'static str) -> Result<T, StoreError> {
        to_uuid(column, self.try_get(column)?).map(T::from_uuid)
    }

    fn id_opt<T: Id>(&self, column: &'static str) -> Result<Option<T>, StoreError> {
        let bytes: Option<&[u8]> = self.try_get(column)?;
        bytes
            .map(|bytes| to_uuid(column, bytes).map(T::from_uuid))
            .transpose()
    }

    fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        to_time(column, self.try_get(column)?)
    }

    fn time_opt(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        let micros: Option<i64> = self.try_get(column)?;
        micros.map(|micros| to_time(column, micros)).transpose()
    }

    fn sha256(&self, column: &'static str) -> Result<Sha256, StoreError> {
        to_digest(column, self.try_get(column)?)
    }

    fn text(&self, column: &'static str) -> Result<String, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn text_opt(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn u64(&self, column: &'static str) -> Result<u64, StoreError> {
        let value: i64 = self.try_get(column)?;
        u64::try_from(value).map_err(|error| corrupt(column, error))
    }

    fn u32(&self, column: &'static str) -> Result<u32, StoreError> {
        let value: i64 = self.try_get(column)?;
        u32::try_from(value).map_err(|error| corrupt(column, error))
    }

    fn u32_opt(&self, column: &'static str) -> Result<Option<u32>, StoreError> {
        let value: Option<i64> = self.try_get(column)?;
        value
            .map(|value| u32::try_from(value).map_err(|error| corrupt(column, error)))
            .transpose()
    }

    fn blob_opt(&self, sha256: &'static str, size: &'static str) -> Result<Option<BlobRef>, StoreError> {
        let bytes: Option<&[u8]> = self.try_get(sha256)?;
        bytes
            .map(|bytes| {
                Ok(BlobRef {
                    sha256: to_digest(sha256, bytes)?,
                    size: self.u64(size)?,
                })
            })
            .transpose()
    }
}

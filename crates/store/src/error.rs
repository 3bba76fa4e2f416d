//! Errors of the store. The message is for the log; `StoreError::code` is for the outside.

use shoki_core::code::ErrorCode;

/// What can go wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such row in the asker's 課 (or at all: the two cannot be told apart).
    #[error("not found")]
    NotFound,
    /// The row's state does not allow it.
    #[error(transparent)]
    IllegalTransition(#[from] shoki_core::job::IllegalTransition),
    /// Same idempotency key, other request.
    #[error("idempotency key reused with another request")]
    IdempotencyMismatch,
    /// The fence is not valid any more: another attempt owns the unit, or its job ended.
    #[error("the lease of this attempt is gone")]
    LeaseLost,
    /// A name is taken already.
    #[error("{0} exists already")]
    AlreadyExists(&'static str),
    /// What was changed has been changed by somebody else meanwhile.
    #[error("version {current} is in use")]
    VersionChanged {
        /// The version in use.
        current: u64,
    },
    /// Somebody else has it.
    #[error("somebody else is at work on it")]
    Locked,
    /// Somebody holds it beyond its period (保存延長).
    #[error("it is held")]
    Held,
    /// People have decided about a sheet, and that must not be lost.
    #[error("page {page} has decisions")]
    Decided {
        /// The page.
        page: u32,
    },
    /// An import that contradicts itself.
    #[error("the import is not consistent: {0}")]
    Inconsistent(&'static str),
    /// The disk (or the configured reserve) is full.
    #[error("no space left")]
    StorageFull,
    /// A stream is longer than its limit.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// The limit, bytes.
        limit: u64,
    },
    /// A stored value that this version cannot read.
    #[error("stored {what} cannot be read: {detail}")]
    Corrupt {
        /// Column or file kind.
        what: &'static str,
        /// What is wrong, without contents.
        detail: String,
    },
    /// The database.
    #[error("database")]
    Sql(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The blob store.
    #[error("blob store")]
    Blob(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// The code shown outside.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotFound => ErrorCode::NotFound,
            Self::IllegalTransition(_) | Self::AlreadyExists(_) | Self::Decided { .. } | Self::Held => {
                ErrorCode::Conflict
            }
            Self::IdempotencyMismatch => ErrorCode::IdempotencyMismatch,
            Self::VersionChanged { .. } => ErrorCode::VersionChanged,
            Self::Locked => ErrorCode::SheetLocked,
            Self::Inconsistent(_) => ErrorCode::Internal,
            Self::LeaseLost => ErrorCode::LeaseLost,
            Self::StorageFull => ErrorCode::StorageFull,
            Self::TooLarge { .. } => ErrorCode::PayloadTooLarge,
            Self::Corrupt { .. } | Self::Sql(_) | Self::Blob(_) => ErrorCode::Internal,
        }
    }
}

//! Typed identifiers. Each is a UUIDv7, so ids of one kind sort by the time they were made and a
//! cursor page needs no second column.
//!
//! Never: conversion from one kind of id to another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new identifier carrying the present time (UUIDv7, RFC 9562 §5.7).
            #[must_use]
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// Wraps an existing UUID, e.g. one read back from SQL.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside, e.g. to bind it to a statement.
            #[must_use]
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

typed_ids! {
    /// A document (uploaded bytes under a name) of one 課.
    DocumentId,
    /// A job: a document and a pipeline.
    JobId,
    /// The piece of work that a worker claims.
    UnitId,
    /// A result file of a job.
    ArtifactId,
    /// A 課; every row carries one.
    DepartmentId,
    /// A person who signs in or owns tokens.
    UserId,
    /// A sign-in name with a password.
    AccountId,
    /// An API token (its secret is never stored, only its hash), or a signed-in browser's session.
    TokenId,
    /// One worker incarnation: a process that restarts is another worker.
    WorkerId,
    /// Live captions of one meeting, until the recording becomes a job.
    LiveId,
    /// One HTTP request, returned in every problem and in every log line about it.
    RequestId,
    /// An entry of the bank of known questions; made of its contents, not of the time.
    BankEntryId,
    /// A text of the law desk: a law, a notice, a casebook.
    SourceId,
    /// One state of a source.
    RevisionId,
    /// A question that was asked, in the log.
    QuestionId,
    /// A question and answer that an office wrote itself.
    FaqId,
    /// A passage that a person keeps at hand.
    FavouriteId,
    /// A voice kept with the person's consent.
    VoicePrintId,
    /// One run of the retention rules of a 課, or one deletion by hand; its certificate's number.
    DeletionId,
}

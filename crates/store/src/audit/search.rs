//! Which rows of the audit chain are looked for.

use jiff::Timestamp;
use serde::Serialize;
use shoki_core::id::UserId;

/// Which way a list goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Direction {
    /// As the chain grew.
    #[default]
    OldestFirst,
    /// The last row first.
    NewestFirst,
}

/// What rows must be like; everything by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AuditSearch {
    /// How the action begins: `document.` for all that is done with documents.
    pub action: Option<String>,
    /// Who did it.
    pub user: Option<UserId>,
    /// On what: an id; also what is part of it (`id/…`).
    pub subject: Option<String>,
    /// The first instant.
    pub from: Option<Timestamp>,
    /// The instant after the last.
    pub until: Option<Timestamp>,
    /// Which way.
    pub direction: Direction,
}

//! Who may be given which revision, and what may be put into an index: the checks that every index makes
//! in the same way.
//!
//! Promise: a day on the border of two revisions belongs to the later one alone. Never: passages.

use jiff::civil::Date;
use shoki_core::corpus::ReaderScope;
use shoki_core::id::DepartmentId;

use super::{Fingerprint, IndexError, IndexedRevision};

/// What decides whether a reader may be given a revision.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RevisionFacts {
    /// The source's key.
    pub source: String,
    /// Whose it is; `None` when every 課 may find it.
    pub department: Option<DepartmentId>,
    /// First day in force.
    pub valid_from: Option<Date>,
    /// First day no longer in force.
    pub valid_to: Option<Date>,
}

impl RevisionFacts {
    /// The facts of a revision.
    #[must_use]
    pub fn of(revision: &IndexedRevision) -> Self {
        Self {
            source: revision.source.clone(),
            department: revision.department,
            valid_from: revision.valid_from,
            valid_to: revision.valid_to,
        }
    }

    /// Whether the 課 may see it at all, on any day.
    #[must_use]
    pub fn visible_to(&self, department: DepartmentId) -> bool {
        self.department.is_none_or(|owner| owner == department)
    }

    /// Whether the reader may be given it: 課, day, chosen sources.
    #[must_use]
    pub fn admitted(&self, scope: &ReaderScope) -> bool {
        self.visible_to(scope.department)
            && self.valid_from.is_none_or(|from| from <= scope.as_of)
            && self.valid_to.is_none_or(|to| scope.as_of < to)
            && scope
                .sources
                .as_ref()
                .is_none_or(|sources| sources.contains(&self.source))
    }
}

/// Checks what comes in before anything is written.
///
/// # Errors
/// [`IndexError::Dimensions`], [`IndexError::VectorCount`], [`IndexError::NotFinite`].
pub fn check_revisions(add: &[IndexedRevision], fingerprint: &Fingerprint) -> Result<(), IndexError> {
    for revision in add {
        let expected = if fingerprint.dimensions == 0 {
            0
        } else {
            revision.passages.len()
        };
        if revision.vectors.len() != expected {
            return Err(IndexError::VectorCount {
                expected,
                found: revision.vectors.len(),
            });
        }
        for vector in &revision.vectors {
            check_vector(vector, fingerprint.dimensions)?;
        }
    }
    Ok(())
}

/// Checks one vector, of a passage or of a question.
///
/// # Errors
/// [`IndexError::Dimensions`] or [`IndexError::NotFinite`].
pub fn check_vector(vector: &[f32], dimensions: u32) -> Result<(), IndexError> {
    let found = u32::try_from(vector.len()).unwrap_or(u32::MAX);
    if found != dimensions || dimensions == 0 {
        return Err(IndexError::Dimensions {
            expected: dimensions,
            found,
        });
    }
    if vector.iter().all(|component| component.is_finite()) {
        Ok(())
    } else {
        Err(IndexError::NotFinite)
    }
}

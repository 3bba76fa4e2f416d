//! What is decided about a sheet besides its policy: which readings are accepted unseen, and which are not.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::CheckPolicy;
use crate::reading::FieldState;

/// The plan of a sheet: made when its review begins; flags are added when a field's auto-accept stops.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetPlan {
    /// Fields that people look at whatever the reading says, from which row on: what was finished before
    /// stays finished.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub flagged: BTreeMap<String, u64>,
    /// Fields whose risk is low enough although the reading alone would be for a person.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub passed: BTreeSet<String>,
    /// Version of the calibration that said so; 0: the one that is shipped.
    #[serde(default)]
    pub calibration: u32,
}

impl SheetPlan {
    /// Whether a person looks at the field after `version` rows.
    #[must_use]
    pub fn is_checked(&self, policy: CheckPolicy, key: &str, state: FieldState, version: u64) -> bool {
        let flagged = || self.flagged.get(key).is_some_and(|since| *since <= version);
        match policy {
            CheckPolicy::None => flagged(),
            CheckPolicy::Flagged => flagged() || (state != FieldState::Sure && !self.passed.contains(key)),
            CheckPolicy::All | CheckPolicy::Double => true,
        }
    }
}

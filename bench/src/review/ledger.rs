//! What the service acknowledged, sheet by sheet, and what must therefore stand there.
//!
//! Promise: a row is taken down only for an answer that said so (or was found after a kill), under the version
//! that the answer named; so a lost, doubled or foreign row shows as a difference of versions or values.

use std::collections::BTreeMap;

use serde_json::Value;

/// A job and a page of it.
pub type Place = (String, u64);

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// A decision about a field: kind and, of a correction, the text.
    Decide(String, &'static str, Option<String>),
    /// The decision of this version taken back.
    Undo(u64),
    /// The sheet finished.
    Finish,
    /// Opened again.
    Reopen,
}

/// The rows of every sheet.
#[derive(Debug, Default)]
pub struct Ledger {
    rows: BTreeMap<Place, Vec<Act>>,
    /// Differences between what was acknowledged and what stands.
    pub differences: Vec<String>,
}

impl Ledger {
    /// Takes down a row that made the sheet this version.
    pub fn push(&mut self, place: &Place, act: Act, version: u64) {
        let rows = self.rows.entry(place.clone()).or_default();
        if version != rows.len() as u64 + 1 {
            let known = rows.len();
            self.differences
                .push(format!("{place:?}: version {version} follows {known}"));
        }
        rows.push(act);
    }

    /// Version of a sheet.
    pub fn version(&self, place: &Place) -> u64 {
        self.rows.get(place).map_or(0, |rows| rows.len() as u64)
    }

    /// Rows of all sheets.
    pub fn total(&self) -> usize {
        self.rows.values().map(Vec::len).sum()
    }

    /// `job/page/version` of every row, as the audit chain names them.
    pub fn subjects(&self) -> Vec<String> {
        let of = |((job, page), rows): (&Place, &Vec<Act>)| {
            (1..=rows.len())
                .map(|version| format!("{job}/{page}/{version}"))
                .collect::<Vec<_>>()
        };
        self.rows.iter().flat_map(of).collect()
    }

    /// Versions of the decisions that stand, by who is asked for: all of them, latest last.
    pub fn standing(&self, place: &Place) -> Vec<(u64, &Act)> {
        let rows = self.rows.get(place).map_or(&[][..], Vec::as_slice);
        let undone: Vec<u64> = rows
            .iter()
            .filter_map(|act| {
                if let Act::Undo(version) = act {
                    Some(*version)
                } else {
                    None
                }
            })
            .collect();
        (1..)
            .zip(rows)
            .filter(|(version, act)| matches!(act, Act::Decide(..)) && !undone.contains(version))
            .collect()
    }

    /// Compares a sheet as the service shows it with what was acknowledged.
    pub fn compare(&mut self, place: &Place, sheet: &Value) {
        let mut found = Vec::new();
        let (shown, known) = (sheet["version"].as_u64(), self.version(place));
        if shown != Some(known) {
            found.push(format!("{place:?}: version {shown:?}, acknowledged {known}"));
        }
        let standing = self.standing(place);
        for field in sheet["fields"].as_array().into_iter().flatten() {
            let key = field["key"].as_str().unwrap_or_default();
            let latest = standing.iter().rev().find_map(|(_, act)| match act {
                Act::Decide(field, kind, text) if field == key => Some((*kind, text.as_deref())),
                _ => None,
            });
            let read = field["read"].as_str();
            let expected = match latest {
                Some(("correct", text)) => text,
                Some(("unreadable", _)) => Some(""),
                _ => read,
            };
            if field["value"].as_str() != expected {
                found.push(format!(
                    "{place:?} {key}: not the value of the last acknowledged decision"
                ));
            }
        }
        self.differences.extend(found);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decided(field: &str, text: &str) -> Act {
        Act::Decide(field.to_owned(), "correct", Some(text.to_owned()))
    }

    fn sheet(version: u64, value: &str) -> Value {
        json!({"version": version, "fields": [{"key": "a", "read": "1", "value": value}]})
    }

    #[test]
    fn the_last_decision_that_stands_is_expected() {
        let place = ("j".to_owned(), 1);
        let mut ledger = Ledger::default();
        ledger.push(&place, decided("a", "2"), 1);
        ledger.push(&place, decided("a", "3"), 2);
        ledger.push(&place, Act::Undo(2), 3);
        ledger.compare(&place, &sheet(3, "2"));
        assert!(ledger.differences.is_empty(), "{:?}", ledger.differences);
        for (version, value) in [(2, "2"), (4, "2"), (3, "3"), (3, "1")] {
            ledger.differences.clear();
            ledger.compare(&place, &sheet(version, value));
            assert_eq!(ledger.differences.len(), 1);
        }
        assert_eq!(ledger.subjects(), ["j/1/1", "j/1/2", "j/1/3"]);
    }

    #[test]
    fn a_version_that_does_not_follow_is_a_difference() {
        let place = ("j".to_owned(), 1);
        let mut ledger = Ledger::default();
        ledger.push(&place, Act::Finish, 2);
        assert_eq!(ledger.differences.len(), 1);
    }
}

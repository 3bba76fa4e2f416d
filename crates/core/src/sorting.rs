//! 仕分け by people: which form a page is, and which way up, where the reader did not know or was wrong.
//!
//! Promise: a decision is complete by itself, so the same page read under the same decision gives the same piece.
//! Never: whether a page may be sorted now (that is the store's), a form that is not defined.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::UserId;

/// What a page is taken for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "snake_case")]
pub enum SortedAs {
    /// What the reader finds: nobody says anything else.
    #[default]
    Machine,
    /// A sheet of this form, whatever its print looks like.
    Form {
        /// Id of the form.
        form: String,
    },
    /// No form: it is read as plain text.
    Unknown,
    /// 白紙: dropped from the output.
    Blank,
}

/// What a person decided about a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PageSorting {
    /// What it is.
    #[serde(flatten)]
    pub kind: SortedAs,
    /// Clockwise quarter turns that make it upright (0–3); `None`: as the reader finds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarter_turns: Option<u8>,
}

impl PageSorting {
    /// Quarter turns that can be: 0–3.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.quarter_turns.is_none_or(|turns| turns < 4)
    }

    /// Whether nothing is said that the reader would not find by itself.
    #[must_use]
    pub fn is_the_readers(&self) -> bool {
        *self == Self::default()
    }
}

/// A decision about a page, as it is kept: only ever added to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortingRow {
    /// Page in the document, from 1.
    pub page: u32,
    /// From 1 for each page, without gaps.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: UserId,
    /// What.
    pub sorting: PageSorting,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_read_back_as_it_was_written() {
        let sorting = |kind, quarter_turns| PageSorting { kind, quarter_turns };
        let form = SortedAs::Form {
            form: "idou".to_owned(),
        };
        for (sorting, json) in [
            (sorting(SortedAs::Machine, None), r#"{"as":"machine"}"#),
            (
                sorting(form, Some(3)),
                r#"{"as":"form","form":"idou","quarter_turns":3}"#,
            ),
            (
                sorting(SortedAs::Blank, Some(0)),
                r#"{"as":"blank","quarter_turns":0}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&sorting).unwrap(), json);
            assert_eq!(serde_json::from_str::<PageSorting>(json).unwrap(), sorting);
        }
        assert!(PageSorting::default().is_the_readers());
        assert!(!sorting(SortedAs::Machine, Some(4)).is_usable());
    }
}

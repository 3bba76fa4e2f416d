//! What an output found on its way: which sheet, which column, which character, and what became of it.
//!
//! Promise: whatever is in the file otherwise than it was read is a finding, except what the profile
//! converts by declaration.

use serde::{Deserialize, Serialize};

use crate::reading::FieldState;

/// What was found in one cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Found {
    /// A character that the encoding does not have.
    Gaiji {
        /// The character, with its variation selector if it has one.
        character: String,
        /// What was written for it; `None` when that stopped the output.
        written: Option<String>,
    },
    /// A value that does not fit its column.
    Unfit {
        /// Why not.
        reason: UnfitReason,
        /// Whether that stopped the output; otherwise the cell is empty.
        stops: bool,
    },
    /// A value that is not 確実, where the profile wants only such.
    Unsure {
        /// How sure.
        state: FieldState,
        /// Whether that stopped the output; otherwise the cell is empty.
        stops: bool,
    },
}

/// Why a value does not fit its column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum UnfitReason {
    /// Not a date that there is, or one without an era.
    NotADate,
    /// Not named among the column's codes.
    NoCode,
    /// Leading zeros are asked for and it is not a number.
    NotDigits,
    /// More digits or bytes than the column has.
    TooLong {
        /// What it takes.
        needs: usize,
        /// What there is.
        most: u32,
    },
    /// It holds a character that cannot be written without quotes.
    NeedsQuotes,
    /// The sheet was read under a definition without this field.
    NoField,
}

/// A finding and its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Page in the document, from 1.
    pub page: u32,
    /// Key of the field, where the column shows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Name of the column.
    pub column: String,
    /// What.
    pub found: Found,
}

impl Finding {
    /// Whether nothing may be written because of it.
    #[must_use]
    pub const fn stops(&self) -> bool {
        match &self.found {
            Found::Gaiji { written, .. } => written.is_none(),
            Found::Unfit { stops, .. } | Found::Unsure { stops, .. } => *stops,
        }
    }

    /// The sentence for the desk.
    #[must_use]
    pub fn sentence_ja(&self) -> String {
        let place = format!("{}ページ目「{}」", self.page, self.column);
        let became = |stops: &bool| {
            if *stops {
                "出力を止めました。"
            } else {
                "空欄にしました。"
            }
        };
        match &self.found {
            Found::Gaiji { character, written } => {
                let points: Vec<String> = character
                    .chars()
                    .map(|c| format!("U+{:04X}", u32::from(c)))
                    .collect();
                let points = points.join(" ");
                match written {
                    None => format!(
                        "{place}: 「{character}」({points})はこの文字コードにない字(外字)です。出力を止めました。"
                    ),
                    Some(written) => {
                        format!("{place}: 外字「{character}」({points})を「{written}」と書きました。")
                    }
                }
            }
            Found::Unfit { reason, stops } => {
                format!("{place}: {}{}", reason.sentence_ja(), became(stops))
            }
            Found::Unsure { state, stops } => {
                format!("{place}: 値が「{}」です。{}", state.label_ja(), became(stops))
            }
        }
    }
}

impl UnfitReason {
    fn sentence_ja(&self) -> String {
        match self {
            Self::NotADate => "暦にある日付として読めません(元号のない日付も変換できません)。".to_owned(),
            Self::NoCode => "コードの表にない値です。".to_owned(),
            Self::NotDigits => "数字でないため桁をそろえられません。".to_owned(),
            Self::TooLong { needs, most } => {
                format!("値が長すぎます({needs}、この列に入るのは {most} まで)。")
            }
            Self::NeedsQuotes => "引用符なしでは書けない文字が入っています。".to_owned(),
            Self::NoField => "この用紙を読み取ったときの定義に、この欄がありません。".to_owned(),
        }
    }
}

/// A file that was made, or why none was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The file; `None` when a finding stops it.
    pub bytes: Option<Vec<u8>>,
    /// Records in it: sheets of the form.
    pub rows: u32,
    /// What was found, in the order of pages and columns.
    pub findings: Vec<Finding>,
}

impl Rendered {
    /// The findings that stop it, as one text; at most `most` of them are spelt out.
    #[must_use]
    pub fn stops_ja(&self, most: usize) -> String {
        let stops: Vec<String> = self
            .findings
            .iter()
            .filter(|finding| finding.stops())
            .map(Finding::sentence_ja)
            .collect();
        let mut text = stops.iter().take(most).cloned().collect::<Vec<_>>().join(" ");
        if stops.len() > most {
            text.push_str(&format!(" ほかに {} 件あります。", stops.len() - most));
        }
        text
    }
}

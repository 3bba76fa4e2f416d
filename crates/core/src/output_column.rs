//! One column of an output profile: where its value comes from and how it is written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How a date is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DateForm {
    /// 西暦 `20250401`.
    #[serde(rename = "yyyymmdd")]
    Compact,
    /// 西暦 `2025-04-01`.
    #[serde(rename = "yyyy-mm-dd")]
    Dashes,
    /// 西暦 `2025/04/01`.
    #[serde(rename = "yyyy/mm/dd")]
    Slashes,
    /// 和暦 `5070401`: 1 明治, 2 大正, 3 昭和, 4 平成, 5 令和, then yymmdd.
    #[serde(rename = "gyymmdd")]
    EraDigit,
    /// 和暦 `令和7年4月1日`.
    #[serde(rename = "wareki")]
    Wareki,
}

/// 全角 or 半角.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterWidth {
    /// 全角: letters, digits, signs and kana.
    Full,
    /// 半角: letters, digits, signs and katakana.
    Half,
}

/// Where the value stands in a fixed width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// At the left, filled at the right.
    #[default]
    Left,
    /// At the right, filled at the left.
    Right,
}

/// What Shoki itself knows of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnValue {
    /// Page in the document, from 1.
    Page,
    /// Number of the record in the file, from 1.
    Row,
    /// Name of the document.
    Document,
    /// Labels of the fields that are not 確実, joined by 、.
    ToCheck,
    /// Why they are not, field by field.
    Reasons,
}

/// Where a column's value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnSource {
    /// A field of the form, by key.
    Field(String),
    /// The same text in every record.
    Constant(String),
    /// What Shoki knows.
    Own(OwnValue),
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputColumn {
    /// Its name in the header, in JSON and in messages.
    pub name: String,
    /// Where the value comes from.
    #[serde(flatten)]
    pub source: ColumnSource,
    /// The value is a date and is written so.
    #[serde(default)]
    pub date: Option<DateForm>,
    /// Era of a date that is written without: key of the field with the era, or the era itself (令和).
    #[serde(default)]
    pub era: Option<String>,
    /// Value on the form → value in the file; a value that is not named does not fit.
    #[serde(default)]
    pub codes: BTreeMap<String, String>,
    /// Filled with leading zeros to this many digits.
    #[serde(default)]
    pub digits: Option<u32>,
    /// Leading zeros are dropped.
    #[serde(default)]
    pub strip_zeros: bool,
    /// 全角 or 半角.
    #[serde(default)]
    pub letters: Option<LetterWidth>,
    /// Width in bytes; fixed width only.
    #[serde(default)]
    pub width: Option<u32>,
    /// Where the value stands in the width.
    #[serde(default)]
    pub align: Align,
    /// What the width is filled with; a space unless told.
    #[serde(default)]
    pub pad: Option<char>,
}

impl OutputColumn {
    /// A column that takes a value over as it is.
    #[must_use]
    pub fn plain(name: impl Into<String>, source: ColumnSource) -> Self {
        Self {
            name: name.into(),
            source,
            date: None,
            era: None,
            codes: BTreeMap::new(),
            digits: None,
            strip_zeros: false,
            letters: None,
            width: None,
            align: Align::Left,
            pad: None,
        }
    }
}

//! 識字率: the share of characters, and of fields, that people left as they were read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::SheetReview;

/// Counts of one sheet by field.
pub type SheetFigures = BTreeMap<String, FieldFigures>;

/// Counts of one field over sheets that are done; in JSON the four numbers in this order, since they are kept of
/// every sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[u64; 4]", into = "[u64; 4]")]
pub struct FieldFigures {
    /// Fields.
    pub fields: u64,
    /// Fields whose value people changed.
    pub fields_corrected: u64,
    /// Characters: of what was read or of what it became, whichever is longer.
    pub characters: u64,
    /// Characters that were put in, taken out or replaced (Levenshtein).
    pub characters_corrected: u64,
}

impl From<[u64; 4]> for FieldFigures {
    fn from([fields, fields_corrected, characters, characters_corrected]: [u64; 4]) -> Self {
        Self {
            fields,
            fields_corrected,
            characters,
            characters_corrected,
        }
    }
}

impl From<FieldFigures> for [u64; 4] {
    fn from(figures: FieldFigures) -> Self {
        [
            figures.fields,
            figures.fields_corrected,
            figures.characters,
            figures.characters_corrected,
        ]
    }
}

impl FieldFigures {
    /// 識字率 (PRODUCT.md): (characters − corrected) ÷ characters; `None` where there are none.
    #[must_use]
    pub fn character_rate(&self) -> Option<f64> {
        rate(self.characters, self.characters_corrected)
    }

    /// The same of whole fields.
    #[must_use]
    pub fn field_rate(&self) -> Option<f64> {
        rate(self.fields, self.fields_corrected)
    }

    /// Adds another's counts.
    pub fn add(&mut self, other: &Self) {
        self.fields += other.fields;
        self.fields_corrected += other.fields_corrected;
        self.characters += other.characters;
        self.characters_corrected += other.characters_corrected;
    }
}

fn rate(all: u64, corrected: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "counts of an office's fields")]
    (all > 0).then(|| (all - corrected) as f64 / all as f64)
}

/// Counts by field of one sheet. Fields nobody looked at count as read right: what that hides is what blind
/// audits are for.
#[must_use]
pub fn figures(sheet: &SheetReview) -> SheetFigures {
    let of = |(key, field): (&String, &super::FieldReview)| {
        let read = &field.reading.text;
        let value = sheet.put_right(key).unwrap_or_else(|| read.clone());
        let length = read.chars().count().max(value.chars().count()) as u64;
        let changed = strsim::levenshtein(read, &value) as u64;
        let counted = FieldFigures {
            fields: 1,
            fields_corrected: u64::from(changed > 0),
            characters: length,
            characters_corrected: changed,
        };
        (key.clone(), counted)
    };
    sheet.fields().iter().map(of).collect()
}

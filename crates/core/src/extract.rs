//! Text taken out of a document for the law desk: paragraphs in reading order with their place.
//!
//! Promises: nothing that a reader of the document sees in its body is missing without being named
//! ([`ExtractedText::pages_without_text`]); text is the document's own, unnormalised. Never: parsing of
//! what the text says.

use serde::{Deserialize, Serialize};

/// The text of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtractedText {
    /// In reading order.
    pub paragraphs: Vec<Paragraph>,
    /// Pages of a PDF, sheets of a workbook; of a Word document as many as its breaks show, 0 when it
    /// shows none.
    pub pages: u32,
    /// Pages of a PDF, from 1, that have something on them but no text that can be taken.
    pub pages_without_text: Vec<u32>,
}

/// One paragraph, or one row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paragraph {
    /// The words, with the number that the document shows before them (`第1　目的`). Lines that belong
    /// together are joined; a break that the writer made is `\n`. A row's cells are separated by `\t`.
    pub text: String,
    /// Level of a heading, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// Page of a PDF or a Word document, sheet of a workbook; from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Row of a sheet, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
    /// The cells, when this is a row of a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<Vec<String>>,
}

impl Paragraph {
    /// A row of a table.
    #[must_use]
    pub fn of_cells(cells: Vec<String>) -> Self {
        Self {
            text: cells.join("\t"),
            cells: Some(cells),
            ..Self::default()
        }
    }
}

//! A master: a table of the office (町名, 金融機関, 税目 …) that lies as CSV beside the form definitions.
//!
//! Owns its reading from text. Promises: every row has as many cells as the header; all mistakes come at
//! once with their lines. Never: I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use crate::form_check::Mistake;

/// Most rows of a master: all towns of the country are 125,000.
pub const MOST_ROWS: usize = 200_000;

/// A table with named columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Master {
    /// Names of the columns.
    pub header: Vec<String>,
    /// Rows, each as long as the header.
    pub rows: Vec<Vec<String>>,
}

/// All masters by file name.
pub type Masters = BTreeMap<String, Arc<Master>>;

impl Master {
    /// Reads UTF-8 CSV, with or without BOM; the first line names the columns, cells are trimmed.
    ///
    /// # Errors
    /// Every mistake with its line.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let mistake = |line: u64, sentence_ja: String| Mistake {
            line: usize::try_from(line).unwrap_or(usize::MAX).max(1),
            column: 1,
            sentence_ja,
        };
        let mut mistakes = Vec::new();
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .trim(csv::Trim::All)
            .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let (mut header, mut rows) = (Vec::new(), Vec::new());
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let line = error.position().map_or(1, csv::Position::line);
                    mistakes.push(mistake(
                        line,
                        "CSV として読めません。引用符を確かめてください。".to_owned(),
                    ));
                    break;
                }
            };
            let line = record.position().map_or(1, csv::Position::line);
            let cells: Vec<String> = record.iter().map(str::to_owned).collect();
            if header.is_empty() {
                let distinct: BTreeSet<&String> = cells.iter().collect();
                if distinct.len() < cells.len() || cells.iter().any(String::is_empty) {
                    let sentence = "一行目には列の名前を書きます。空の名前や、同じ名前が二度あります。";
                    mistakes.push(mistake(line, sentence.to_owned()));
                }
                header = cells;
            } else if cells.len() != header.len() {
                let sentence = format!(
                    "列の数が {} です。一行目と同じ {} にしてください。",
                    cells.len(),
                    header.len()
                );
                mistakes.push(mistake(line, sentence));
            } else {
                rows.push(cells);
            }
        }
        if rows.is_empty() && mistakes.is_empty() {
            mistakes.push(mistake(
                1,
                "一行目に列の名前、二行目からデータを書いてください。".to_owned(),
            ));
        }
        if rows.len() > MOST_ROWS {
            mistakes.push(mistake(1, format!("行が多すぎます。{MOST_ROWS} 行までです。")));
        }
        if mistakes.is_empty() {
            Ok(Self { header, rows })
        } else {
            Err(mistakes)
        }
    }

    /// The values of a column, in order of rows; `None` when there is no such column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<impl Iterator<Item = &str>> {
        let at = self.header.iter().position(|column| column == name)?;
        Some(self.rows.iter().map(move |row| row[at].as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_table_and_its_mistakes() {
        let master =
            Master::parse("\u{feff}郵便番号,町名\r\n191-0016,神明\r\n191-0062, 多摩平 \r\n").expect("right");
        let towns: Vec<&str> = master.column("町名").expect("there").collect();
        assert_eq!(towns, ["神明", "多摩平"]);
        assert!(master.column("市").is_none());
        for (text, line) in [
            ("", 1),
            ("町名\n", 1),
            ("a,a\nx,y\n", 1),
            ("a,b\nx,y\nz\n", 3),
            ("a,\nx,y\n", 1),
        ] {
            let mistakes = Master::parse(text).expect_err(text);
            assert_eq!(mistakes[0].line, line, "{text:?}: {mistakes:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_rows_are_as_long_as_the_header(text in "[a-c,\"\n]{0,40}") {
            if let Ok(master) = Master::parse(&text) {
                prop_assert!(master.rows.iter().all(|row| row.len() == master.header.len()));
            }
        }
    }
}

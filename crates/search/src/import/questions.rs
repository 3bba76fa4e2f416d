//! Casebooks and FAQs → one passage per question with its answer: JSON lines, CSV, rows of a workbook.
//!
//! Promises: a row is taken whole or its place is reported; the id is the row's own where it has one.
//! Never: a question without its answer, a guess at which column is which.

use serde::Deserialize;
use shoki_core::corpus::{ImportFault, ImportFaultKind, Passage, PassageKind};
use shoki_core::extract::Paragraph;

use super::{ImportError, Passages};

/// Names of the columns, normalised; the first that a table has counts.
const COLUMNS: [(Column, &[&str]); 6] = [
    (
        Column::Document,
        &["doc", "document", "資料名", "文書名", "問答集"],
    ),
    (
        Column::Id,
        &[
            "id",
            "番号",
            "no",
            "no.",
            "問番号",
            "整理番号",
            "項番",
            "q番号",
            "通し番号",
        ],
    ),
    (
        Column::Chapter,
        &[
            "chapter",
            "章",
            "分類",
            "区分",
            "カテゴリ",
            "カテゴリー",
            "大分類",
        ],
    ),
    (
        Column::Title,
        &["title", "題名", "見出し", "件名", "表題", "タイトル", "項目"],
    ),
    (
        Column::Question,
        &[
            "question",
            "質問",
            "問",
            "質問内容",
            "問い",
            "q",
            "質問文",
            "照会",
        ],
    ),
    (
        Column::Answer,
        &[
            "answer",
            "回答",
            "答",
            "回答内容",
            "答え",
            "a",
            "回答文",
            "text",
            "本文",
            "内容",
        ],
    ),
];

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Document,
    Id,
    Chapter,
    Title,
    Question,
    Answer,
}

/// How many rows may stand above the header (a title, a date).
const ROWS_ABOVE_HEADER: usize = 10;

/// A line of the JSON form. Either `text` holds question and answer, or they come apart.
#[derive(Debug, Deserialize)]
struct JsonLine {
    #[serde(default)]
    doc: Option<String>,
    #[serde(default)]
    id: Option<serde_json::Value>,
    #[serde(default)]
    chapter: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    question: Option<String>,
    #[serde(default)]
    answer: Option<String>,
}

/// One question as found, before it is a passage.
#[derive(Debug, Default)]
struct Row {
    document: String,
    id: String,
    chapter: String,
    title: String,
    question: String,
    answer: String,
}

/// What a casebook holds.
#[derive(Debug)]
pub struct Questions {
    /// The name the rows themselves give (`doc`).
    pub document: Option<String>,
    /// The questions.
    pub passages: Vec<Passage>,
    /// Rows not taken, items met twice.
    pub faults: Vec<ImportFault>,
}

/// JSON lines; empty lines are skipped. The fault's line is the file's.
///
/// # Errors
/// [`ImportError::Malformed`] with its line when not one line can be taken.
pub fn json_lines(text: &str) -> Result<Questions, ImportError> {
    let mut taker = Taker::default();
    let mut first_broken = None;
    for (number, line) in (1_u32..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        match serde_json::from_str::<JsonLine>(line) {
            Ok(read) => {
                let row = Row {
                    document: read.doc.unwrap_or_default(),
                    id: match read.id {
                        Some(serde_json::Value::String(id)) => id,
                        Some(serde_json::Value::Number(id)) => id.to_string(),
                        _ => String::new(),
                    },
                    chapter: read.chapter.unwrap_or_default(),
                    title: read.title.unwrap_or_default(),
                    question: read.question.unwrap_or_default(),
                    answer: read.answer.or(read.text).unwrap_or_default(),
                };
                taker.take(row, fault_at(Some(number), None));
            }
            Err(_) => {
                first_broken.get_or_insert(number);
                taker.passages.fault(ImportFault {
                    kind: ImportFaultKind::Malformed,
                    ..fault_at(Some(number), None)
                });
            }
        }
    }
    taker.finish(ImportError::Malformed { line: first_broken })
}

/// CSV with a header row, comma or tab.
///
/// # Errors
/// [`ImportError::Malformed`] with its line; [`ImportError::NotUnderstood`] without columns for
/// question and answer.
pub fn csv(text: &str) -> Result<Questions, ImportError> {
    let tabs = text
        .lines()
        .next()
        .is_some_and(|line| line.contains('\t') && !line.contains(','));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(if tabs { b'\t' } else { b',' })
        .from_reader(text.as_bytes());
    let mut table = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| ImportError::Malformed {
            line: error
                .position()
                .and_then(|position| u32::try_from(position.line()).ok()),
        })?;
        let line = record
            .position()
            .and_then(|position| u32::try_from(position.line()).ok());
        table.push(TableRow {
            line,
            row: None,
            cells: record.iter().map(str::to_owned).collect(),
        });
    }
    table_of(table)
}

/// Rows of a workbook's sheet, as they stand there. The fault's `page` is the row, from 1.
///
/// # Errors
/// [`ImportError::NotUnderstood`] without columns for question and answer.
pub fn rows(rows: &[Vec<String>]) -> Result<Questions, ImportError> {
    table_of(
        (1_u32..)
            .zip(rows)
            .map(|(row, cells)| TableRow {
                line: None,
                row: Some(row),
                cells: cells.clone(),
            })
            .collect(),
    )
}

/// The rows of a workbook as they were taken out of it.
///
/// # Errors
/// [`ImportError::NotUnderstood`] without columns for question and answer.
pub fn sheet(paragraphs: &[Paragraph]) -> Result<Questions, ImportError> {
    table_of(
        paragraphs
            .iter()
            .filter_map(|paragraph| {
                Some(TableRow {
                    line: None,
                    row: paragraph.row,
                    cells: paragraph.cells.clone()?,
                })
            })
            .collect(),
    )
}

/// A row with its place.
#[derive(Debug)]
struct TableRow {
    /// Line of the file.
    line: Option<u32>,
    /// Row of the sheet.
    row: Option<u32>,
    /// The cells.
    cells: Vec<String>,
}

/// A table whose header names question and answer; a sheet may repeat the header.
fn table_of(table: Vec<TableRow>) -> Result<Questions, ImportError> {
    let mut taker = Taker::default();
    let mut columns: Option<Vec<Option<Column>>> = None;
    for (above, row) in table.into_iter().enumerate() {
        if row.cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if let Some(found) = header(&row.cells) {
            columns = Some(found);
            continue;
        }
        let Some(columns) = &columns else {
            if above >= ROWS_ABOVE_HEADER {
                return Err(ImportError::NotUnderstood);
            }
            continue;
        };
        let mut taken = Row::default();
        for (column, cell) in columns.iter().zip(&row.cells) {
            let Some(column) = column else { continue };
            let place = match column {
                Column::Document => &mut taken.document,
                Column::Id => &mut taken.id,
                Column::Chapter => &mut taken.chapter,
                Column::Title => &mut taken.title,
                Column::Question => &mut taken.question,
                Column::Answer => &mut taken.answer,
            };
            cell.trim().clone_into(place);
        }
        // Columns without a known name are kept: 根拠, 備考.
        let rest: Vec<&str> = row
            .cells
            .iter()
            .enumerate()
            .filter(|(at, cell)| !cell.trim().is_empty() && columns.get(*at).is_none_or(Option::is_none))
            .map(|(_, cell)| cell.trim())
            .collect();
        if !taken.answer.is_empty() && !rest.is_empty() {
            taken.answer = format!("{}\n{}", taken.answer, rest.join("\n"));
        }
        taker.take(taken, fault_at(row.line, row.row));
    }
    if columns.is_none() {
        return Err(ImportError::NotUnderstood);
    }
    taker.finish(ImportError::NotUnderstood)
}

/// Which column is which, when the row is a header: it names an answer and a question or a title.
fn header(cells: &[String]) -> Option<Vec<Option<Column>>> {
    let mut columns: Vec<Option<Column>> = Vec::with_capacity(cells.len());
    for cell in cells {
        let name = crate::text::normalise(cell).replace([' ', '\u{3000}'], "");
        let column = COLUMNS
            .iter()
            .find(|(_, names)| names.contains(&name.as_str()))
            .map(|(column, _)| *column)
            .filter(|column| !columns.contains(&Some(*column)));
        columns.push(column);
    }
    let has = |column| columns.contains(&Some(column));
    (has(Column::Answer) && (has(Column::Question) || has(Column::Title))).then_some(columns)
}

fn fault_at(line: Option<u32>, row: Option<u32>) -> ImportFault {
    ImportFault {
        file: None,
        line,
        page: row,
        kind: ImportFaultKind::IncompleteRow,
    }
}

#[derive(Default)]
struct Taker {
    document: Option<String>,
    passages: Passages,
    rows: u32,
}

impl Taker {
    /// Takes a row; `incomplete` is the fault when it cannot be.
    fn take(&mut self, row: Row, incomplete: ImportFault) {
        self.rows += 1;
        let answer = row.answer.trim();
        let question = row.question.trim();
        if answer.is_empty() || (question.is_empty() && row.title.trim().is_empty()) {
            self.passages.fault(incomplete);
            return;
        }
        let document = row.document.trim();
        if !document.is_empty() {
            self.document.get_or_insert_with(|| document.to_owned());
        }
        let id = row.id.trim();
        let item = match id {
            "" => format!("問{}", self.rows),
            _ if id.starts_with(|c: char| c.is_ascii_digit()) => format!("問{id}"),
            _ => id.to_owned(),
        };
        let text = if question.is_empty() {
            answer.to_owned()
        } else {
            format!("{question}\n{answer}")
        };
        let caption = Some(row.title.trim())
            .filter(|title| !title.is_empty())
            .or_else(|| question.lines().next())
            .map(str::to_owned);
        self.passages.push(
            Passage {
                ordinal: 0,
                kind: PassageKind::QuestionAnswer,
                label: item.clone(),
                item,
                headings: Some(row.chapter.trim().to_owned())
                    .filter(|chapter| !chapter.is_empty())
                    .into_iter()
                    .collect(),
                caption,
                text,
                segments: Vec::new(),
                page: None,
            },
            incomplete.line,
        );
    }

    fn finish(self, otherwise: ImportError) -> Result<Questions, ImportError> {
        let (passages, faults) = self.passages.finish();
        if passages.is_empty() {
            return Err(otherwise);
        }
        Ok(Questions {
            document: self.document,
            passages,
            faults,
        })
    }
}

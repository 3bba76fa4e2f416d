//! Workbooks through calamine: every sheet's rows as strings, empty rows left out.
//!
//! Values are given as Excel shows them without formats: dates as `YYYY-MM-DD`, numbers without a
//! needless fraction, formulas by the value that was last computed.

use calamine::{Data, DataRef, ExcelDateTime, Ods, OdsError, Range, Reader, Xls, XlsError, Xlsx, XlsxError};
use shoki_core::extract::{ExtractedText, Paragraph};
use shoki_core::media::MediaKind;

use super::archive::Archive;
use super::{Collector, is_text};
use crate::decoder::DecodeLimits;
use crate::failure::{Decoded, Failure, FailureKind};
use crate::source::Source;

const PASSWORD: Failure = Failure {
    kind: FailureKind::Password,
    reason: "the workbook needs a password",
};
const BROKEN: Failure = Failure::document("not a workbook that can be read");
/// Columns of a sheet (Excel's own limit).
const MAX_COLUMNS: u32 = 16_384;

/// The text of the workbook.
pub(super) fn text(source: Source, kind: MediaKind, limits: &DecodeLimits) -> Decoded<ExtractedText> {
    let mut rows = Rows {
        collector: Collector::new(limits),
        sheet: 0,
    };
    match kind {
        MediaKind::Xls => {
            let mut book: Xls<Source> = Xls::new(source.clone()).map_err(|error| match error {
                XlsError::Password => PASSWORD,
                _ => compound(source),
            })?;
            rows.all(&mut book)?;
        }
        MediaKind::Ods => {
            Archive::open(source.clone(), limits)?.require_bounded()?;
            let mut book: Ods<Source> = Ods::new(source).map_err(|error| match error {
                OdsError::Password => PASSWORD,
                _ => BROKEN,
            })?;
            rows.all(&mut book)?;
        }
        _ => {
            Archive::open(source.clone(), limits)?.require_bounded()?;
            let mut book: Xlsx<Source> = Xlsx::new(source).map_err(|error| xlsx(&error))?;
            rows.streamed(&mut book)?;
        }
    }
    let mut text = rows.collector.text;
    text.pages = rows.sheet;
    Ok(text)
}

fn xlsx(error: &XlsxError) -> Failure {
    match error {
        XlsxError::Password => PASSWORD,
        _ => BROKEN,
    }
}

/// Why a compound file is no old workbook: a newer office file under a password, or another program's.
fn compound(source: Source) -> Failure {
    match Xlsx::new(source) {
        Err(XlsxError::Password) => PASSWORD,
        _ => Failure::unsupported("a compound file that is no workbook"),
    }
}

struct Rows {
    collector: Collector,
    sheet: u32,
}

impl Rows {
    /// Sheets that calamine hands over whole.
    fn all<R: Reader<Source>>(&mut self, book: &mut R) -> Decoded<()> {
        for name in book.sheet_names() {
            self.sheet += 1;
            let range: Range<Data> = book.worksheet_range(&name).map_err(|_| BROKEN)?;
            let Some((first, left)) = range.start() else {
                continue;
            };
            for (index, row) in (first..).zip(range.rows()) {
                let blank = (0..left).map(|_| String::new());
                let cells = blank.chain(row.iter().map(words)).collect();
                self.push(index, cells)?;
            }
        }
        Ok(())
    }

    /// Sheets cell by cell: one far cell must not cost the memory of all before it.
    fn streamed(&mut self, book: &mut Xlsx<Source>) -> Decoded<()> {
        for name in book.sheet_names() {
            self.sheet += 1;
            let mut reader = match book.worksheet_cells_reader(&name) {
                Ok(reader) => reader,
                // A sheet of another kind (a chart) has no cells.
                Err(XlsxError::NotAWorksheet(_)) => continue,
                Err(error) => return Err(xlsx(&error)),
            };
            let (mut current, mut cells) = (0, Vec::new());
            while let Some(cell) = reader.next_cell().map_err(|error| xlsx(&error))? {
                let (row, column) = cell.get_position();
                if column >= MAX_COLUMNS {
                    return Err(BROKEN);
                }
                if row != current {
                    self.push(current, std::mem::take(&mut cells))?;
                    current = row;
                }
                let column = column as usize;
                cells.resize(cells.len().max(column + 1), String::new());
                cells[column] = match cell.get_value() {
                    DataRef::SharedString(text) => plain(text),
                    other => words(&Data::from(other.clone())),
                };
            }
            self.push(current, cells)?;
        }
        Ok(())
    }

    fn push(&mut self, index: u32, mut cells: Vec<String>) -> Decoded<()> {
        let filled = cells.iter().rposition(|cell| !cell.is_empty());
        let Some(last) = filled else { return Ok(()) };
        cells.truncate(last + 1);
        self.collector.push(Paragraph {
            page: Some(self.sheet),
            row: Some(index.saturating_add(1)),
            ..Paragraph::of_cells(cells)
        })
    }
}

fn words(value: &Data) -> String {
    match value {
        Data::String(text) => plain(text),
        Data::Bool(true) => "TRUE".to_owned(),
        Data::Bool(false) => "FALSE".to_owned(),
        Data::DateTime(moment) => date(*moment),
        other => other.to_string(),
    }
}

fn plain(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| if c == '\r' { '\n' } else { c })
        .filter(|&c| is_text(c))
        .collect()
}

fn date(moment: ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let days = moment.as_f64();
    if moment.is_duration() || days < 1.0 {
        let seconds = (days * 86_400.0).round();
        return format!(
            "{}:{:02}:{:02}",
            (seconds / 3600.0).floor(),
            (seconds / 60.0).floor() % 60.0,
            seconds % 60.0
        );
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) {
        date
    } else {
        format!("{date} {hour:02}:{minute:02}:{second:02}")
    }
}

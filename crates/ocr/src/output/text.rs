//! CSV and fixed width, record by record.
//!
//! Promise: a record depends on its sheet alone (and its number), so files of any length are written in
//! the memory of one sheet; a cell is never cut.

use shoki_core::form::FormDefinition;
use shoki_core::output_finding::{Finding, Found, UnfitReason};
use shoki_core::output_profile::{
    Align, ColumnSource, OutputColumn, OutputFormat, OutputProfile, Quoting, TextEncoding,
};
use shoki_core::reading::PageReading;

use super::charset::encode;
use super::value::{self, Sheet};
use super::{escaped, finding};

/// UTF-8 byte order mark, without which Excel reads CP932.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A CSV or fixed-width file in the making.
#[derive(Debug)]
pub struct TextFile<'a> {
    form: &'a FormDefinition,
    profile: &'a OutputProfile,
    document: &'a str,
    rows: u32,
    findings: Vec<Finding>,
}

impl<'a> TextFile<'a> {
    /// A file without records.
    #[must_use]
    pub const fn new(form: &'a FormDefinition, profile: &'a OutputProfile, document: &'a str) -> Self {
        Self {
            form,
            profile,
            document,
            rows: 0,
            findings: Vec::new(),
        }
    }

    /// What stands before the first record: byte order mark and names of the columns.
    #[must_use]
    pub fn head(&self) -> Vec<u8> {
        let mut bytes = match self.profile.encoding {
            TextEncoding::Utf8Bom => BOM.to_vec(),
            TextEncoding::Utf8 | TextEncoding::Cp932 => Vec::new(),
        };
        if self.profile.header {
            let names = self.profile.columns.iter().map(|column| {
                let name = encode(self.profile, &column.name).0;
                // `form_check` has seen to it that it fits.
                self.fitted(column, name).unwrap_or_default()
            });
            bytes.extend(self.joined(&names.collect::<Vec<_>>()));
        }
        bytes
    }

    /// The record of a sheet of this form.
    pub fn record(&mut self, page: &PageReading) -> Vec<u8> {
        self.rows += 1;
        let sheet = Sheet {
            form: self.form,
            page,
            row: self.rows,
            document: self.document,
        };
        let mut cells = Vec::new();
        for column in &self.profile.columns {
            let (cell, found) = self.cell(column, sheet);
            self.findings
                .extend(found.into_iter().map(|found| finding(page, column, found)));
            cells.push(cell);
        }
        self.joined(&cells)
    }

    /// Records so far, and everything found in them.
    #[must_use]
    pub fn finish(self) -> (u32, Vec<Finding>) {
        (self.rows, self.findings)
    }

    fn cell(&self, column: &OutputColumn, sheet: Sheet<'_>) -> (Vec<u8>, Vec<Found>) {
        let is_csv = self.profile.format == OutputFormat::Csv;
        let (mut text, found) = value::text(self.profile, column, sheet);
        // What the city wrote itself is no injection.
        let foreign = !matches!(column.source, ColumnSource::Constant(_));
        if is_csv && self.profile.escape_formulas && foreign {
            text = escaped(&text);
        }
        let (bytes, gaiji) = encode(self.profile, &text);
        let mut found: Vec<Found> = found.into_iter().chain(gaiji).collect();
        let needs_quotes = is_csv
            && self.profile.quote == Quoting::Never
            && bytes
                .iter()
                .any(|&byte| byte == self.profile.delimiter as u8 || b"\"\r\n".contains(&byte));
        let fitted = if needs_quotes {
            Err(UnfitReason::NeedsQuotes)
        } else {
            self.fitted(column, bytes)
        };
        let cell = fitted.unwrap_or_else(|reason| {
            found.push(value::unfit(self.profile, reason));
            self.fitted(column, Vec::new()).unwrap_or_default()
        });
        (cell, found)
    }

    /// Filled to the column's width, where it has one.
    fn fitted(&self, column: &OutputColumn, bytes: Vec<u8>) -> Result<Vec<u8>, UnfitReason> {
        let Some(width) = column.width else {
            return Ok(bytes);
        };
        let Some(missing) = (width as usize).checked_sub(bytes.len()) else {
            return Err(UnfitReason::TooLong {
                needs: bytes.len(),
                most: width,
            });
        };
        let mut buffer = [0; 4];
        let pad = column.pad.unwrap_or(' ').encode_utf8(&mut buffer);
        let pad = encode(self.profile, pad).0;
        let fill = pad.iter().copied().cycle().take(missing);
        Ok(match column.align {
            Align::Left => bytes.into_iter().chain(fill).collect(),
            Align::Right => fill.chain(bytes).collect(),
        })
    }

    fn joined(&self, cells: &[Vec<u8>]) -> Vec<u8> {
        if self.profile.format == OutputFormat::Fixed {
            let mut record = cells.concat();
            record.extend_from_slice(self.profile.line_end.text().as_bytes());
            return record;
        }
        let terminator = match self.profile.line_end.text() {
            "\n" => csv::Terminator::Any(b'\n'),
            _ => csv::Terminator::CRLF,
        };
        let style = match self.profile.quote {
            Quoting::Needed => csv::QuoteStyle::Necessary,
            Quoting::Always => csv::QuoteStyle::Always,
            Quoting::Never => csv::QuoteStyle::Never,
        };
        let mut record = Vec::new();
        let mut writer = csv::WriterBuilder::new()
            .terminator(terminator)
            .quote_style(style)
            .delimiter(self.profile.delimiter as u8)
            .from_writer(&mut record);
        writer.write_record(cells).expect("writing to memory");
        drop(writer);
        record
    }
}

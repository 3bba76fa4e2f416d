//! The bytes of an output as a person can look at them: as a table, line by line, byte by byte.
//!
//! Promise: everything is read back from the very bytes that a download gives. Never: bytes that are not there.

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use shoki_core::cp932;
use shoki_core::output_profile::{OutputFormat, OutputProfile, TextEncoding};

/// Records of a table that are shown.
const ROWS: usize = 50;
/// Bytes in which they are looked for.
const TABLE_BYTES: usize = 256 * 1024;
/// Lines that are shown.
const LINES: usize = 40;
/// Bytes that are shown line by line.
const LINE_BYTES: usize = 12 * 1024;
/// Bytes that are shown one by one, and in a row.
const DUMPED: usize = 2 * 1024;
pub(super) const IN_A_ROW: usize = 16;
/// Stands where no character can be read.
const BROKEN: char = '\u{FFFD}';
const BOM: char = '\u{FEFF}';

/// Rows of cells; the first may be the header.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// Whether there are more.
    pub(super) is_cut: bool,
}

/// A piece of a line: characters, or a name for what cannot be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) text: String,
    pub(super) is_mark: bool,
}

/// A line with its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) parts: Vec<Part>,
    pub(super) bytes: usize,
}

/// Some bytes with the characters that begin in them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dump {
    pub(super) offset: String,
    pub(super) hex: String,
    pub(super) parts: Vec<Part>,
}

/// Characters with the place of their first byte and how many they have.
fn characters(bytes: &[u8], encoding: TextEncoding) -> Vec<(usize, char, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let read = match encoding {
            TextEncoding::Cp932 => cp932::first(rest),
            TextEncoding::Utf8 | TextEncoding::Utf8Bom => first_of_utf8(rest),
        };
        let (character, length) = read.unwrap_or((BROKEN, 1));
        found.push((at, character, length));
        at += length;
    }
    found
}

fn first_of_utf8(bytes: &[u8]) -> Option<(char, usize)> {
    let taken = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(taken) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&taken[..error.valid_up_to()]).ok()?,
    };
    let character = valid.chars().next()?;
    Some((character, character.len_utf8()))
}

/// The encoding of a file that is text.
pub(super) const fn encoding_of(profile: &OutputProfile) -> Option<TextEncoding> {
    match profile.format {
        OutputFormat::Csv | OutputFormat::Fixed => Some(profile.encoding),
        OutputFormat::Json => Some(TextEncoding::Utf8),
        OutputFormat::Excel | OutputFormat::Pdf => None,
    }
}

/// The file as a table; `None` where it is none.
pub(super) fn table(bytes: &[u8], profile: &OutputProfile) -> Option<Table> {
    let names = || profile.columns.iter().map(|column| column.name.clone()).collect();
    let mut rows = match profile.format {
        OutputFormat::Csv => records(bytes, profile),
        OutputFormat::Fixed => fixed(bytes, profile),
        OutputFormat::Excel => cells(bytes)?,
        OutputFormat::Json | OutputFormat::Pdf => return None,
    };
    let head = if profile.header && !rows.is_empty() {
        rows.remove(0)
    } else {
        names()
    };
    let is_cut = rows.len() > ROWS || (profile.format == OutputFormat::Csv && bytes.len() > TABLE_BYTES);
    rows.truncate(ROWS);
    Some(Table { head, rows, is_cut })
}

/// One record more than is shown, and the header.
const READ: usize = ROWS + 2;

fn records(bytes: &[u8], profile: &OutputProfile) -> Vec<Vec<String>> {
    let looked_at = &bytes[..bytes.len().min(TABLE_BYTES)];
    let text: String = characters(looked_at, profile.encoding)
        .into_iter()
        .map(|(_, character, _)| character)
        .collect();
    let text = text.strip_prefix(BOM).unwrap_or(&text);
    let delimiter = u8::try_from(profile.delimiter).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let records = reader.records().take(READ).map_while(Result::ok);
    records
        .map(|record| record.iter().map(str::to_owned).collect())
        .collect()
}

fn fixed(bytes: &[u8], profile: &OutputProfile) -> Vec<Vec<String>> {
    let widths: Option<Vec<u32>> = profile.columns.iter().map(|column| column.width).collect();
    let widths: Vec<usize> = widths
        .unwrap_or_default()
        .into_iter()
        .filter_map(|width| usize::try_from(width).ok())
        .collect();
    let record: usize = widths.iter().sum();
    let step = record + profile.line_end.text().len();
    if record == 0 {
        return Vec::new();
    }
    let text = |bytes: &[u8]| -> String {
        let read = characters(bytes, profile.encoding).into_iter();
        read.map(|(_, character, _)| character).collect()
    };
    let row = |record: &[u8]| {
        let mut at = 0;
        let cells = widths.iter().map(|width| {
            let cell = record.get(at..at + width).unwrap_or_default();
            at += width;
            text(cell)
        });
        cells.collect()
    };
    bytes.chunks(step).take(READ).map(row).collect()
}

fn cells(bytes: &[u8]) -> Option<Vec<Vec<String>>> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).ok()?;
    let range = book.worksheet_range_at(0)?.ok()?;
    let row = |row: &[Data]| row.iter().map(ToString::to_string).collect();
    Some(range.rows().take(READ).map(row).collect())
}

/// The first lines of a text, each with what ends it.
pub(super) fn lines(bytes: &[u8], encoding: TextEncoding) -> Vec<Line> {
    let shown = &bytes[..bytes.len().min(LINE_BYTES)];
    let mut lines: Vec<Line> = Vec::new();
    let mut open: Option<(Parts, usize)> = None;
    for (_, character, length) in characters(shown, encoding) {
        let (growing, so_far) = open.get_or_insert_default();
        growing.push(character);
        *so_far += length;
        if character == '\n' {
            let (parts, length) = open.take().unwrap_or_default();
            lines.push(Line {
                number: lines.len() + 1,
                parts: parts.0,
                bytes: length,
            });
            if lines.len() == LINES {
                return lines;
            }
        }
    }
    if let Some((parts, length)) = open {
        lines.push(Line {
            number: lines.len() + 1,
            parts: parts.0,
            bytes: length,
        });
    }
    lines
}

/// The first bytes, sixteen in a row; of a file that is no text without characters.
pub(super) fn dump(bytes: &[u8], encoding: Option<TextEncoding>) -> Vec<Dump> {
    let shown = &bytes[..bytes.len().min(DUMPED)];
    // A character that begins in the last row ends outside.
    let around = &bytes[..bytes.len().min(DUMPED + 4)];
    let characters = encoding.map_or_else(Vec::new, |encoding| characters(around, encoding));
    let mut waiting = characters.into_iter().peekable();
    let row = |(index, row): (usize, &[u8])| {
        let end = index * IN_A_ROW + row.len();
        let mut parts = Parts::default();
        while let Some((_, character, _)) = waiting.next_if(|(at, ..)| *at < end) {
            parts.push(character);
        }
        Dump {
            offset: format!("{:04X}", index * IN_A_ROW),
            hex: row
                .iter()
                .map(|byte| format!("{byte:02X}"))
                .collect::<Vec<_>>()
                .join(" "),
            parts: parts.0,
        }
    };
    shown.chunks(IN_A_ROW).enumerate().map(row).collect()
}

/// Parts that grow.
#[derive(Debug, Default)]
struct Parts(Vec<Part>);

impl Parts {
    fn push(&mut self, character: char) {
        let mark = match character {
            '\r' => Some("CR"),
            '\n' => Some("LF"),
            '\t' => Some("TAB"),
            BOM => Some("BOM"),
            '\u{3000}' => Some("□"),
            ' ' => Some("·"),
            BROKEN => Some("?"),
            other if other.is_control() => Some("制御文字"),
            _ => None,
        };
        let is_blank = matches!(character, ' ' | '\u{3000}');
        match (self.0.last_mut(), mark) {
            (Some(last), None) if !last.is_mark => last.text.push(character),
            // Blanks in a row are one mark as long as they are.
            (Some(last), Some(mark)) if is_blank && last.is_mark && last.text.ends_with(mark) => {
                last.text.push_str(mark);
            }
            _ => self.0.push(Part {
                text: mark.map_or_else(|| character.to_string(), str::to_owned),
                is_mark: mark.is_some(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use shoki_core::output_column::OutputColumn;
    use shoki_core::output_profile::{
        ColumnSource, GaijiPolicy, LineEnd, OwnValue, Quoting, UnfitPolicy, UnsurePolicy,
    };

    use super::*;

    fn profile(format: OutputFormat, encoding: TextEncoding) -> OutputProfile {
        let column = |name: &str, width| OutputColumn {
            width: Some(width),
            ..OutputColumn::plain(name, ColumnSource::Own(OwnValue::Page))
        };
        OutputProfile {
            id: "p".to_owned(),
            name: "p".to_owned(),
            format,
            encoding,
            line_end: LineEnd::Crlf,
            header: format == OutputFormat::Csv,
            quote: Quoting::Needed,
            delimiter: ',',
            escape_formulas: true,
            gaiji: GaijiPolicy::Stop,
            replace: std::collections::BTreeMap::new(),
            unfit: UnfitPolicy::Stop,
            unsure: UnsurePolicy::Write,
            columns: vec![column("氏名", 6), column("額", 4)],
        }
    }

    fn shown(parts: &[Part]) -> String {
        let part = |part: &Part| {
            if part.is_mark {
                format!("[{}]", part.text)
            } else {
                part.text.clone()
            }
        };
        parts.iter().map(part).collect()
    }

    #[test]
    fn a_csv_is_read_back_from_its_bytes() {
        let bytes = "\u{feff}氏名,額\r\n\"山田,\n\"\"花\"\"\",12\r\n".as_bytes();
        let table = table(bytes, &profile(OutputFormat::Csv, TextEncoding::Utf8Bom)).unwrap();
        assert_eq!(table.head, ["氏名", "額"]);
        assert_eq!(table.rows, [["山田,\n\"花\"", "12"]]);
        assert!(!table.is_cut);
    }

    #[test]
    fn a_record_of_fixed_width_is_cut_by_bytes() {
        let text: Vec<u8> = "山田  0012\r\n髙橋　0003\r\n"
            .chars()
            .flat_map(|c| cp932::bytes(c).unwrap())
            .collect();
        let table = table(&text, &profile(OutputFormat::Fixed, TextEncoding::Cp932)).unwrap();
        assert_eq!(table.rows, [["山田  ", "0012"], ["髙橋　", "0003"]]);
    }

    #[test]
    fn what_cannot_be_seen_has_a_name() {
        let lines = lines("\u{feff}a  b\r\n　\"c\"\n\tz".as_bytes(), TextEncoding::Utf8Bom);
        let told: Vec<_> = lines
            .iter()
            .map(|line| (line.number, shown(&line.parts), line.bytes))
            .collect();
        assert_eq!(
            told,
            [
                (1, "[BOM]a[··]b[CR][LF]".to_owned(), 9),
                (2, "[□]\"c\"[LF]".to_owned(), 7),
                (3, "[TAB]z".to_owned(), 2),
            ]
        );
    }

    #[test]
    fn every_byte_is_dumped_and_a_character_stands_where_it_begins() {
        let text: Vec<u8> = "abcdefghijklmno山z"
            .chars()
            .flat_map(|c| cp932::bytes(c).unwrap())
            .collect();
        let dumped = dump(&text, Some(TextEncoding::Cp932));
        assert_eq!(dumped[0].hex, "61 62 63 64 65 66 67 68 69 6A 6B 6C 6D 6E 6F 8E");
        assert_eq!(shown(&dumped[0].parts), "abcdefghijklmno山");
        assert_eq!(
            (dumped[1].offset.as_str(), dumped[1].hex.as_str()),
            ("0010", "52 7A")
        );
        assert_eq!(shown(&dumped[1].parts), "z");
        assert_eq!(dump(b"PK\x03", None)[0].parts, []);
    }
}

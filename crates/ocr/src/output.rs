//! What leaves the reader: JSON, CSV by form, counts.
//!
//! CSV as Excel in a Japanese office opens it: UTF-8 with BOM, CRLF, quoted where needed. A cell that a
//! spreadsheet would take for a formula is escaped with an apostrophe (OWASP, CSV injection).

use shoki_core::form::FormDefinition;
use shoki_core::outcome::FormOutcome;
use shoki_core::reading::{DocumentReading, FieldState, PageKind, PageReading};

/// Column of the page number.
const PAGE_COLUMN: &str = "ページ";
/// Column of the fields a person should look at.
const CHECK_COLUMN: &str = "要確認";
/// Column of the reasons why, field by field.
const REASON_COLUMN: &str = "要確認の理由";
/// UTF-8 byte order mark, without which Excel reads CP932.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// The JSON artifact: `{"pages":[…]}`.
#[must_use]
pub fn json(reading: &DocumentReading) -> Vec<u8> {
    serde_json::to_vec_pretty(reading).expect("readings hold strings and finite numbers only")
}

/// The CSV of one form: a header, then a line per page of that form in the document's order; the last two
/// columns list the labels of the fields that are not 確実, and why.
#[must_use]
pub fn csv(form: &FormDefinition, reading: &DocumentReading) -> Vec<u8> {
    let mut bytes = BOM.to_vec();
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(&mut bytes);
    let columns = form.fields.iter().map(|field| field.column().to_owned());
    let header = std::iter::once(PAGE_COLUMN.to_owned())
        .chain(columns)
        .chain([CHECK_COLUMN, REASON_COLUMN].map(str::to_owned));
    writer.write_record(header).expect("writing to memory");
    for page in reading
        .pages
        .iter()
        .filter(|page| page.form.as_deref() == Some(form.id.as_str()))
    {
        writer
            .write_record(record(form, page))
            .expect("writing to memory");
    }
    drop(writer);
    bytes
}

fn record(form: &FormDefinition, page: &PageReading) -> Vec<String> {
    let mut cells = vec![page.page.to_string()];
    let (mut to_check, mut reasons) = (Vec::new(), Vec::new());
    for field in &form.fields {
        let read = page.fields.get(&field.key);
        cells.push(read.map_or_else(String::new, |read| escaped(&read.text)));
        if read.is_none_or(|read| read.state != FieldState::Sure) {
            to_check.push(field.label.as_str());
        }
        if let Some(read) = read.filter(|read| !read.explanations.is_empty()) {
            reasons.push(format!("{}: {}", field.label, read.explanations.join("、")));
        }
    }
    cells.push(escaped(&to_check.join("、")));
    cells.push(escaped(&reasons.join(" / ")));
    cells
}

/// A value that a spreadsheet shows and never calculates. Plain numbers, negative ones too, stay as they
/// are: the next system reads them.
#[must_use]
pub fn escaped(value: &str) -> String {
    let is_number = value
        .strip_prefix('-')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    if value.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) && !is_number {
        format!("'{value}")
    } else {
        value.to_owned()
    }
}

/// Adds a page to the counts.
pub fn count(outcome: &mut FormOutcome, page: &PageReading) {
    outcome.pages_total += 1;
    match page.kind {
        PageKind::Form => outcome.pages_read += 1,
        PageKind::UnknownForm => outcome.pages_unknown += 1,
        PageKind::Blank => outcome.pages_blank += 1,
        PageKind::Failed { .. } => outcome.pages_failed += 1,
    }
    for field in page.fields.values() {
        match field.state {
            FieldState::Sure => outcome.fields_sure += 1,
            FieldState::Check => outcome.fields_check += 1,
            FieldState::Unreadable => outcome.fields_unreadable += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use shoki_core::form::{Blank, FieldDefinition, FieldType, MmBox};
    use shoki_core::reading::{FieldReading, Reason};

    fn form() -> FormDefinition {
        let area = MmBox::from([0.0, 0.0, 1.0, 1.0]);
        let field = |key: &str| FieldDefinition::new(key, &format!("{key}欄"), FieldType::FreeText, area);
        let blank = Blank {
            file: "b.png".into(),
            page: 1,
            width_mm: 210.0,
            height_mm: 297.0,
        };
        FormDefinition {
            id: "f".into(),
            name: "様式".into(),
            version: 1,
            blank,
            fields: vec![field("a"), field("b")],
            rules: Vec::new(),
        }
    }

    fn document(a: &str, state: FieldState) -> DocumentReading {
        let read = |text: &str| {
            let mut read = FieldReading {
                text: text.into(),
                state,
                reasons: Vec::new(),
                explanations: Vec::new(),
                candidates: Vec::new(),
            };
            if state == FieldState::Check {
                read.add(Reason::WrongLength);
                read.explain(&[]);
            }
            read
        };
        let page = PageReading {
            page: 3,
            kind: PageKind::Form,
            form: Some("f".into()),
            form_version: Some(1),
            quarter_turns: 0,
            registration_error: None,
            fields: [("a".to_owned(), read(a)), ("b".to_owned(), read("x"))].into(),
            lines: Vec::new(),
        };
        DocumentReading { pages: vec![page] }
    }

    #[test]
    fn bom_crlf_and_the_fields_to_check() {
        let text = String::from_utf8(csv(&form(), &document("山田, 太郎", FieldState::Check))).unwrap();
        assert_eq!(
            text,
            "\u{feff}ページ,a,b,要確認,要確認の理由\r\n\
             3,\"山田, 太郎\",x,a欄、b欄,a欄: 桁数が合いません / b欄: 桁数が合いません\r\n"
        );
    }

    #[test]
    fn formulas_are_escaped_and_negative_amounts_are_not() {
        for (value, expected) in [
            ("=1+1", "'=1+1"),
            ("-500", "-500"),
            ("-1+2", "'-1+2"),
            ("@A", "'@A"),
            ("＝A", "'＝A"),
        ] {
            assert_eq!(escaped(value), expected);
        }
    }

    proptest! {
        #[test]
        fn every_value_comes_back(value in "\\PC{0,30}") {
            let bytes = csv(&form(), &document(&value, FieldState::Sure));
            let mut reader = csv::Reader::from_reader(&bytes[BOM.len()..]);
            let row = reader.records().next().unwrap().unwrap();
            prop_assert_eq!(&row[1], escaped(&value));
            prop_assert_eq!((&row[3], &row[4]), ("", ""));
        }
    }
}

//! What leaves the reader: the JSON artifact, counts, and a form's files under its output profiles.
//!
//! Promises: the same readings and profile give the same bytes; whatever is written otherwise than it was
//! read is a finding, except what the profile converts by declaration; a file that a finding stops is not
//! made at all. Never: I/O.

mod charset;
mod json_rows;
mod letters;
pub mod pdf;
pub mod picture;
mod sheet;
mod text;
mod value;

use shoki_core::form::FormDefinition;
use shoki_core::outcome::FormOutcome;
use shoki_core::output_finding::{Finding, Found, Rendered};
use shoki_core::output_profile::{ColumnSource, OutputColumn, OutputFormat, OutputProfile};
use shoki_core::reading::{DocumentReading, FieldState, PageKind, PageReading};

use crate::error::OcrError;
pub use text::TextFile;

/// The JSON artifact: `{"pages":[…]}`.
#[must_use]
pub fn json(reading: &DocumentReading) -> Vec<u8> {
    serde_json::to_vec_pretty(reading).expect("readings hold strings and finite numbers only")
}

/// The sheets of one form, in the document's order.
pub fn sheets<'a>(
    form: &'a FormDefinition,
    reading: &'a DocumentReading,
) -> impl Iterator<Item = &'a PageReading> {
    reading
        .pages
        .iter()
        .filter(|page| page.form.as_deref() == Some(form.id.as_str()))
}

/// The file of a form's sheets under a profile that needs no pictures (PDF has [`pdf`]); `document` is the
/// document's name.
///
/// # Errors
/// `Output` when the library refuses (an Excel sheet has at most 1,048,576 rows), or for PDF.
pub fn render(
    form: &FormDefinition,
    profile: &OutputProfile,
    reading: &DocumentReading,
    document: &str,
) -> Result<Rendered, OcrError> {
    let (bytes, rows, findings) = match profile.format {
        OutputFormat::Csv | OutputFormat::Fixed => {
            let mut file = TextFile::new(form, profile, document);
            let mut bytes = file.head();
            for page in sheets(form, reading) {
                bytes.extend(file.record(page));
            }
            let (rows, findings) = file.finish();
            (bytes, rows, findings)
        }
        OutputFormat::Excel => sheet::render(form, profile, reading, document)?,
        OutputFormat::Json => json_rows::render(form, profile, reading, document),
        OutputFormat::Pdf => return Err(OcrError::Output("a PDF needs pictures".to_owned())),
    };
    let stopped = findings.iter().any(Finding::stops);
    Ok(Rendered {
        bytes: (!stopped).then_some(bytes),
        rows,
        findings,
    })
}

fn finding(page: &PageReading, column: &OutputColumn, found: Found) -> Finding {
    let field = match &column.source {
        ColumnSource::Field(key) => Some(key.clone()),
        ColumnSource::Constant(_) | ColumnSource::Own(_) => None,
    };
    Finding {
        page: page.page,
        field,
        column: column.name.clone(),
        found,
    }
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
            check: shoki_core::review::CheckPolicy::default(),
            accept: shoki_core::acceptance::AcceptTerms::default(),
            id: "f".into(),
            name: "様式".into(),
            version: 1,
            blank,
            fields: vec![field("a"), field("b")],
            outputs: Vec::new(),
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
                signals: None,
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
            placement: None,
            fields: [("a".to_owned(), read(a)), ("b".to_owned(), read("x"))].into(),
            lines: Vec::new(),
        };
        DocumentReading { pages: vec![page] }
    }

    fn csv(reading: &DocumentReading) -> Vec<u8> {
        let form = form();
        let rendered = render(&form, &OutputProfile::standard(&form), reading, "scan.pdf").unwrap();
        rendered.bytes.expect("nothing stops it")
    }

    #[test]
    fn bom_crlf_and_the_fields_to_check() {
        let text = String::from_utf8(csv(&document("山田, 太郎", FieldState::Check))).unwrap();
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
            let bytes = csv(&document(&value, FieldState::Sure));
            let mut reader = csv::Reader::from_reader(&bytes[3..]);
            let row = reader.records().next().unwrap().unwrap();
            prop_assert_eq!(&row[1], escaped(&value));
            prop_assert_eq!((&row[3], &row[4]), ("", ""));
        }
    }
}

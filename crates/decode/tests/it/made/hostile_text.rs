//! The hostile corpus: office files and PDFs that are asked for their text.

use shoki_core::media::MediaKind;

use super::hostile::{Case, cuts, deflated, flips};
use super::office::{self, p};
use super::pdf::{Pdf, stream};
use super::{crypt, pdf};

/// Megabytes of nothing behind a bomb of a few kilobytes.
const BOMB_MEGABYTES: usize = 300;
/// Bytes of the PDF that is only large.
const HUGE: usize = 300 * 1024 * 1024;

/// All cases.
pub(crate) fn texts() -> Vec<Case> {
    let word = office::docx(&p("", "一つの段落").repeat(40), &[]);
    let row = r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#;
    let book = office::xlsx(&[("表", row)], &["値"]);
    let paper = text_pdf(b"BT /F 24 Tf 72 700 Td (SHOKI) Tj ET");
    let mut cases = Vec::new();
    cases.extend(cuts("docx_cut", MediaKind::Docx, &word));
    cases.extend(flips("docx_flip", MediaKind::Docx, &word));
    cases.extend(cuts("xlsx_cut", MediaKind::Xlsx, &book));
    cases.extend(flips("xlsx_flip", MediaKind::Xlsx, &book));
    cases.extend(cuts("pdf_text_cut", MediaKind::Pdf, &paper));
    cases.extend(flips("pdf_text_flip", MediaKind::Pdf, &paper));
    for kind in [
        MediaKind::Docx,
        MediaKind::Xlsx,
        MediaKind::Ods,
        MediaKind::Xls,
        MediaKind::Zip,
        MediaKind::Pdf,
    ] {
        cases.push(Case::new("text_of_nothing", kind, vec![]));
        cases.push(Case::new("text_of_something_else", kind, vec![b'P']));
        cases.push(Case::new("text_of_something_else", kind, vec![0; 10_000]));
    }
    cases.extend(misnamed(&word, &paper));
    cases.extend(bombs());
    cases.extend(structures());
    cases.extend(tables());
    cases.extend(pdfs());
    cases
}

fn text_pdf(content: &[u8]) -> Vec<u8> {
    Pdf::new(vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>".to_vec(),
        stream("", content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_vec(),
    ])
    .bytes()
}

fn misnamed(word: &[u8], paper: &[u8]) -> Vec<Case> {
    let case = |kind, bytes: &[u8]| Case::new("text_of_something_else", kind, bytes.to_vec());
    vec![
        case(MediaKind::Docx, paper),
        case(MediaKind::Xlsx, b"PK\x03\x04"),
        case(MediaKind::Xls, word),
        case(MediaKind::Xls, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        case(MediaKind::Pdf, word),
        case(
            MediaKind::Ods,
            &office::archive(&[("mimetype", "application/vnd.oasis.opendocument.text")]),
        ),
    ]
}

fn bombs() -> Vec<Case> {
    let blanks = " ".repeat(BOMB_MEGABYTES << 20);
    let word = office::docx(&format!("<w:p><w:r><w:t>{blanks}</w:t></w:r></w:p>"), &[]);
    let book = office::xlsx_with(&[("表", "")], &format!("<si><t>{blanks}</t></si>"));
    let table = office::ods(&format!("<!--{blanks}-->"));
    vec![
        Case::new("office_bomb_that_lies", MediaKind::Docx, understated(&word)),
        Case::new("office_bomb_that_lies", MediaKind::Xlsx, understated(&book)),
        Case::new("office_bomb", MediaKind::Docx, word),
        Case::new("office_bomb", MediaKind::Xlsx, book),
        Case::new("office_bomb", MediaKind::Ods, table),
    ]
}

/// The archive with every size above a megabyte declared as a kilobyte, in both directories.
fn understated(archive: &[u8]) -> Vec<u8> {
    let mut bytes = archive.to_vec();
    for (signature, at) in [(b"PK\x03\x04", 22), (b"PK\x01\x02", 24)] {
        for place in 0..bytes.len() - 30 {
            if bytes[place..].starts_with(signature) {
                let size = &mut bytes[place + at..place + at + 4];
                if u32::from_le_bytes(size.try_into().unwrap()) > 1 << 20 {
                    size.copy_from_slice(&1024_u32.to_le_bytes());
                }
            }
        }
    }
    bytes
}

fn structures() -> Vec<Case> {
    let entities: String = (1..10)
        .map(|level| {
            format!(
                r#"<!ENTITY e{level} "{}">"#,
                format!("&e{};", level - 1).repeat(10)
            )
        })
        .collect();
    let entity_bomb = format!(
        r#"<?xml version="1.0"?><!DOCTYPE w [<!ENTITY e0 "ha">{entities}]><d><p><t>&e9;</t></p></d>"#
    );
    let outside = r#"<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]><d><p><t>&f;</t></p></d>"#;
    let undefined = "<d><p><t>&nothing;</t></p></d>";
    let deep = format!("{}{}", "<w:sdt>".repeat(100_000), "</w:sdt>".repeat(100_000));
    let missing = office::archive(&[
        (
            "_rels/.rels",
            office::relations(&[("officeDocument", "word/document.xml")]),
        ),
        ("word/styles.xml", String::new()),
    ]);
    let names: Vec<String> = (0..25_000).map(|number| format!("word/{number}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    vec![
        Case::new("entity_bomb", MediaKind::Docx, office::word(&entity_bomb, &[])),
        Case::new("entity_bomb", MediaKind::Docx, office::word(outside, &[])),
        Case::new("entity_bomb", MediaKind::Docx, office::word(undefined, &[])),
        Case::new("deep_xml", MediaKind::Docx, office::docx(&deep, &[])),
        Case::new("missing_part", MediaKind::Docx, missing),
        Case::new("many_entries", MediaKind::Docx, office::archive(&many)),
    ]
}

fn tables() -> Vec<Case> {
    let cell = r#"<c r="A1" t="s"><v>0</v></c>"#;
    let rows: String = (1..400_000)
        .map(|row| format!(r#"<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>"#))
        .collect();
    let long = "長い値".repeat(100);
    let endless = office::xlsx(&[("表", &rows)], &[&long]);
    let far =
        format!(r#"<row r="1">{cell}</row><row r="1048576"><c r="XFD1048576" t="s"><v>0</v></c></row>"#);
    let repeated = "<table:table-row table:number-rows-repeated=\"1048576\"><table:table-cell table:number-columns-repeated=\"16384\" office:value-type=\"string\"><text:p>x</text:p></table:table-cell></table:table-row>";
    vec![
        Case::new("endless_table", MediaKind::Xlsx, endless),
        Case::new(
            "far_cell",
            MediaKind::Xlsx,
            office::xlsx(&[("表", &far)], &["値"]),
        ),
        Case::new("repeated_cells", MediaKind::Ods, office::ods(repeated)),
    ]
}

fn pdfs() -> Vec<Case> {
    let mut show = b"BT /F 1 Tf ".to_vec();
    for _ in 0..200_000 {
        show.extend(b"(SHOKI SHOKI) Tj 0 1 Td ");
    }
    show.extend(b"ET");
    let bomb = {
        let packed = deflated(&show);
        Pdf::new(vec![
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>".to_vec(),
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>".to_vec(),
            stream("/Filter /FlateDecode", &packed),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_vec(),
        ])
        .bytes()
    };
    let huge = pdf::of_images(
        &[pdf::image((1, 1), pdf::DCT, &vec![0; HUGE])],
        pdf::A4_POINTS,
        "",
    );
    vec![
        Case::new("pdf_text_bomb", MediaKind::Pdf, bomb),
        Case::new("huge_pdf", MediaKind::Pdf, huge.bytes()),
        Case::new("text_password", MediaKind::Pdf, crypt::locked("secret")),
    ]
}

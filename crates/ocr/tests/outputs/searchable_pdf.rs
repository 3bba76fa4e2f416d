//! Searchable PDF as poppler reads it: the words, and where they lie.

use std::process::Command;

use image::{GrayImage, Luma};
use shoki_core::form::MmBox;
use shoki_core::reading::{FieldState, PageKind, PageReading, TextLine};
use shoki_ocr::output::pdf::SearchablePdf;

use crate::made::{PX_PER_MM, document, form, one};

/// Points per millimetre.
const PT_PER_MM: f32 = 72.0 / 25.4;

/// A word of `pdftotext -bbox`: page, text, left, top, right, bottom in points.
type Word = (usize, String, [f32; 4]);

fn poppler(program: &str, arguments: &[&str], pdf: &[u8]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("made.pdf");
    std::fs::write(&path, pdf).unwrap();
    let mut command = Command::new(program);
    command.args(arguments).arg(&path);
    if program == "pdftotext" {
        command.arg("-");
    }
    let output = command.output().expect("poppler-utils is installed by set-up");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{program}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

fn words(pdf: &[u8]) -> Vec<Word> {
    let html = poppler("pdftotext", &["-bbox"], pdf);
    let mut page = 0;
    let mut words = Vec::new();
    for line in html.lines().map(str::trim) {
        page += usize::from(line.starts_with("<page "));
        if let Some(rest) = line.strip_prefix("<word ") {
            let (head, text) = rest.split_once('>').unwrap();
            let numbers: Vec<f32> = head
                .split('"')
                .skip(1)
                .step_by(2)
                .map(|number| number.parse().unwrap())
                .collect();
            let text = text.strip_suffix("</word>").unwrap().to_owned();
            words.push((page, text, numbers.try_into().unwrap()));
        }
    }
    words
}

fn lies_in([left, top, right, bottom]: [f32; 4], area: MmBox) -> bool {
    let points = |mm: f32| mm * PT_PER_MM;
    let slack = points(1.0);
    // poppler takes the font's ascent and descent for the height of a word: more than its size.
    let line = slack + points(area.h) * 0.15;
    left >= points(area.x) - slack
        && top >= points(area.y) - line
        && right <= points(area.x + area.w) + slack
        && bottom <= points(area.y + area.h) + line
}

fn blank_page() -> GrayImage {
    GrayImage::from_pixel(1_656, 2_344, Luma([255]))
}

#[test]
fn poppler_finds_each_value_where_it_was_read() {
    let form = form("");
    let mut reading = document(&[("山田𠮷太郎".to_owned(), "0123456789".to_owned())]);
    let page = &mut reading.pages[0];
    page.fields
        .insert("era".to_owned(), one("令和", FieldState::Check));
    page.fields
        .insert("amount".to_owned(), one("-1234", FieldState::Sure));
    let mut pdf = SearchablePdf::default();
    pdf.push(&blank_page(), page, Some(&form)).unwrap();
    let bytes = pdf.finish();
    let words = words(&bytes);
    let era = form.fields[3].choices[2].area;
    for (text, area) in [
        ("山田𠮷太郎", form.fields[0].area),
        ("0123456789", form.fields[1].area),
        ("-1234", form.fields[2].area),
        ("令和", era),
    ] {
        let found = words.iter().find(|(_, word, _)| word == text);
        let (_, _, place) = found.unwrap_or_else(|| panic!("{text} is not in {words:?}"));
        assert!(lies_in(*place, area), "{text} at {place:?}, not in {area:?}");
    }
    assert_eq!(words.len(), 4);
    // One character per printed box: the row is filled.
    let row = words.iter().find(|(_, word, _)| word == "0123456789").unwrap().2;
    assert!((row[2] - row[0] - 60.0 * PT_PER_MM).abs() < 2.0, "{row:?}");
    let fonts = poppler("pdffonts", &[], &bytes);
    assert!(fonts.lines().nth(2).unwrap().contains("CID TrueType"), "{fonts}");
    assert!(fonts.contains("yes no  yes"), "embedded, with ToUnicode: {fonts}");
}

#[test]
fn a_turned_page_stands_upright_and_lines_of_unknown_pages_are_found_too() {
    let form = form("");
    let reading = document(&[("日野市".to_owned(), String::new())]);
    let mut turned = reading.pages[0].clone();
    turned.quarter_turns = 1;
    let corner = |x: f32, y: f32| [x * PX_PER_MM, y * PX_PER_MM];
    let unknown = PageReading {
        page: 2,
        kind: PageKind::UnknownForm,
        form: None,
        form_version: None,
        quarter_turns: 0,
        registration_error: None,
        placement: None,
        doubt: None,
        fields: std::collections::BTreeMap::new(),
        lines: vec![TextLine {
            text: "全文の一行".to_owned(),
            quad: [
                corner(30.0, 40.0),
                corner(80.0, 42.0),
                corner(80.0, 50.0),
                corner(30.0, 48.0),
            ],
        }],
    };
    let mut pdf = SearchablePdf::default();
    let lying = image::imageops::rotate270(&blank_page());
    pdf.push(&lying, &turned, Some(&form)).unwrap();
    pdf.push(&blank_page(), &unknown, None).unwrap();
    let bytes = pdf.finish();
    let words = words(&bytes);
    assert_eq!(words.len(), 2, "{words:?}");
    let (page, text, place) = &words[0];
    assert_eq!((*page, text.as_str()), (1, "日野市"));
    assert!(lies_in(*place, form.fields[0].area), "{place:?}");
    let (page, text, place) = &words[1];
    assert_eq!((*page, text.as_str()), (2, "全文の一行"));
    let line = MmBox::from([30.0, 40.0, 50.0, 10.0]);
    assert!(lies_in(*place, line), "{place:?}");
    let info = poppler("pdfinfo", &[], &bytes);
    assert!(info.contains("Pages:           2"), "{info}");
    // Upright: higher than wide.
    assert!(info.contains("596.16 x 843.84"), "{info}");
}

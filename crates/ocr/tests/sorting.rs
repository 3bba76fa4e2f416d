//! Sorting among editions of made forms: tables with printed words drawn as little bitmaps, so no font and no
//! model is needed.

use image::imageops;
use image::{GrayImage, Luma};
use shoki_core::form::{Blank, FieldDefinition, FieldType, FormDefinition, MmBox};
use shoki_core::master::Masters;
use shoki_core::reading::{DoubtKind, PageKind};
use shoki_core::review::CheckPolicy;
use shoki_ocr::FormSet;

const WIDTH: u32 = 1654;
const HEIGHT: u32 = 2339;

/// What is printed on a form.
#[derive(Clone)]
struct Design {
    /// Characters of the title.
    title: Vec<u32>,
    /// Heights of the table's rows, pixels.
    rows: Vec<u32>,
    /// Left edges of its columns.
    columns: Vec<u32>,
    /// First of the words in its label column.
    words: u32,
}

fn dark(page: &mut GrayImage, x: u32, y: u32, w: u32, h: u32) {
    for v in y..(y + h).min(HEIGHT) {
        for u in x..(x + w).min(WIDTH) {
            page.put_pixel(u, v, Luma([25]));
        }
    }
}

/// A character: 5 × 5 squares, some of them inked, the same for the same number.
fn character(page: &mut GrayImage, number: u32, x: u32, y: u32, size: u32) {
    let mut bits = number.wrapping_mul(2_654_435_761).wrapping_add(0x9E37_79B9);
    bits ^= bits >> 15;
    bits = bits.wrapping_mul(0x85EB_CA6B);
    bits ^= bits >> 13;
    let side = size / 5;
    for cell in 0..25 {
        if bits >> cell & 1 == 1 {
            dark(page, x + cell % 5 * side, y + cell / 5 * side, side, side);
        }
    }
}

fn printed(design: &Design) -> GrayImage {
    let mut page = GrayImage::from_pixel(WIDTH, HEIGHT, Luma([255]));
    dark(&mut page, 140, 90, WIDTH - 280, 6);
    for (index, &number) in (0..).zip(&design.title) {
        character(&mut page, number, 300 + index * 52, 140, 40);
    }
    let bottom = 300 + design.rows.iter().sum::<u32>();
    let mut y = 300;
    for (row, &height) in (0..).zip(&design.rows) {
        dark(&mut page, 140, y, WIDTH - 280, 3);
        for place in 0..6 {
            character(
                &mut page,
                design.words + row * 10 + place,
                160 + place * 30,
                y + height / 2 - 10,
                20,
            );
        }
        y += height;
    }
    dark(&mut page, 140, bottom, WIDTH - 280, 3);
    for &x in design.columns.iter().chain(&[140, WIDTH - 143]) {
        dark(&mut page, x, 300, 3, bottom - 300);
    }
    for place in 0..30 {
        character(&mut page, 9_000 + place, 160 + place * 40, 2200, 20);
    }
    page
}

fn base() -> Design {
    Design {
        title: (700..716).collect(),
        rows: vec![80, 110, 80, 140, 80, 80, 120, 90, 80, 160, 80],
        columns: vec![420, 800, 1200],
        words: 100,
    }
}

/// The base with the figure of its year, the third character of the title.
fn of_year(year: u32) -> Design {
    let mut design = base();
    design.title[2] = 50 + year;
    design
}

fn with_row() -> Design {
    let mut design = base();
    design.rows.insert(6, 80);
    design
}

fn with_moved_column() -> Design {
    let mut design = base();
    design.columns = vec![420, 900, 1200];
    design
}

/// A form of the same house with other words, rows and columns.
fn other(number: u32) -> Design {
    let rows = (0..9).map(|row| 80 + (number * 7 + row * 13) % 11 * 10);
    Design {
        title: (0..16).map(|place| 3_000 + number * 40 + place).collect(),
        rows: rows.collect(),
        columns: vec![420, 600 + number * 31 % 400, 1150 + number * 17 % 300],
        words: 5_000 + number * 200,
    }
}

fn definition(id: &str) -> FormDefinition {
    let area = MmBox {
        x: 56.0,
        y: 40.0,
        w: 40.0,
        h: 7.0,
    };
    FormDefinition {
        check: CheckPolicy::default(),
        accept: shoki_core::acceptance::AcceptTerms::default(),
        id: id.to_owned(),
        name: format!("様式 {id}"),
        version: 1,
        blank: Blank {
            file: format!("{id}.png"),
            page: 1,
            width_mm: 210.0,
            height_mm: 297.0,
        },
        fields: vec![FieldDefinition::new("field", "欄", FieldType::FreeText, area)],
        outputs: Vec::new(),
        rules: Vec::new(),
    }
}

fn set(forms: &[(&str, Design)]) -> FormSet {
    let prepared = forms.iter().map(|(id, design)| (definition(id), printed(design)));
    FormSet::prepare(prepared.collect(), &Masters::new()).unwrap()
}

/// A scan: written on, turned a little, moved, grained, on greyish paper.
fn scanned(design: &Design, degrees: f32) -> GrayImage {
    let mut paper = printed(design);
    for k in 0..9 {
        let (x, y) = (460 + k * 97, 330 + k * 101);
        for t in 0..60 {
            dark(&mut paper, x + t, y + (t * 7 + k * 5) % 37, 5, 5);
        }
    }
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (cx, cy) = (WIDTH as f32 / 2.0, HEIGHT as f32 / 2.0);
    GrayImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let (dx, dy) = (x as f32 - cx - 11.0, y as f32 - cy + 8.0);
        let (u, v) = (cx + cos * dx + sin * dy, cy - sin * dx + cos * dy);
        let grain = ((x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 7 & 15) as u8;
        let inside = u >= 0.0 && v >= 0.0 && u < WIDTH as f32 - 1.0 && v < HEIGHT as f32 - 1.0;
        let value = if inside {
            paper.get_pixel(u as u32, v as u32)[0]
        } else {
            255
        };
        Luma([(f32::from(value) * 0.85) as u8 + grain])
    })
}

#[test]
fn editions_are_told_apart_any_way_up_without_a_look_at_all_forms() {
    let mut forms = vec![
        ("seven", of_year(7)),
        ("six", of_year(6)),
        ("row", with_row()),
        ("column", with_moved_column()),
    ];
    let names: Vec<String> = (0..8).map(|number| format!("other{number}")).collect();
    forms.extend(
        (0..)
            .zip(&names)
            .map(|(number, name)| (name.as_str(), other(number))),
    );
    let set = set(&forms);
    assert!(set.twins().is_empty(), "{:?}", set.twins());
    for (index, (id, design)) in forms.iter().enumerate() {
        let page = scanned(design, 0.4 * (index as f32 - 5.0));
        let (turns, page) = match index % 4 {
            1 => (1, imageops::rotate270(&page)),
            2 => (2, imageops::rotate180(&page)),
            3 => (3, imageops::rotate90(&page)),
            _ => (0, page),
        };
        let sorted = set.sort(&page);
        assert_eq!(
            (sorted.kind, sorted.form.as_deref()),
            (PageKind::Form, Some(*id)),
            "{sorted:?}"
        );
        assert_eq!(sorted.quarter_turns, turns, "{id}");
        assert!(!sorted.searched_widely, "{id}");
    }
}

#[test]
fn an_edition_that_is_not_defined_is_never_the_one_that_is() {
    let set = set(&[("seven", of_year(7)), ("other", other(3))]);
    for design in [of_year(8), with_row(), with_moved_column()] {
        let sorted = set.sort(&scanned(&design, 0.7));
        assert_eq!((sorted.kind, sorted.form), (PageKind::UnknownForm, None));
    }
    let doubt = set.sort(&scanned(&of_year(8), -0.6)).doubt.unwrap();
    assert_eq!(doubt.kind, DoubtKind::OtherEdition);
    assert_eq!(doubt.forms, ["seven"]);
    assert!(
        doubt.explanation.contains("「様式 seven」"),
        "{}",
        doubt.explanation
    );
}

#[test]
fn between_two_editions_a_third_is_doubted_with_both_names() {
    let set = set(&[("seven", of_year(7)), ("six", of_year(6)), ("other", other(3))]);
    let sorted = set.sort(&scanned(&of_year(8), 0.5));
    assert_eq!(sorted.kind, PageKind::UnknownForm);
    let doubt = sorted.doubt.unwrap();
    assert_eq!(doubt.kind, DoubtKind::Alike);
    let mut forms = doubt.forms;
    forms.sort();
    assert_eq!(forms, ["seven", "six"]);
    assert!(doubt.explanation.contains("「様式 seven」") && doubt.explanation.contains("「様式 six」"));
}

#[test]
fn twins_are_named_and_their_pages_never_sorted_to_one_of_them() {
    let set = set(&[("one", base()), ("two", base()), ("other", other(3))]);
    assert_eq!(set.twins(), [["one", "two"]]);
    let sorted = set.sort(&scanned(&base(), 0.3));
    assert_eq!((sorted.kind, sorted.form), (PageKind::UnknownForm, None));
    assert_eq!(sorted.doubt.unwrap().kind, DoubtKind::Alike);
}

#[test]
fn a_page_of_no_form_is_looked_for_among_all_and_then_unknown() {
    let set = set(&[("seven", of_year(7)), ("other", other(3))]);
    let sorted = set.sort(&scanned(&other(7), 0.2));
    assert_eq!(
        (sorted.kind, sorted.searched_widely),
        (PageKind::UnknownForm, true)
    );
}

#[test]
fn the_same_page_is_sorted_the_same_way() {
    let set = set(&[("seven", of_year(7)), ("six", of_year(6))]);
    let page = scanned(&of_year(6), 1.1);
    assert_eq!(set.sort(&page), set.sort(&page));
}

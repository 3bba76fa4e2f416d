//! How many of the shipped forms' boxes their own blank pages suggest.

use std::path::Path;

use image::{GrayImage, Luma};
use shoki_core::form::{FieldType, FormDefinition, MmBox};
use shoki_core::reading::TextLine;

use super::*;

/// Overlap over union from which two boxes are the same place.
const SAME: f32 = 0.5;

fn overlap(a: MmBox, b: MmBox) -> f32 {
    let w = (a.x + a.w).min(b.x + b.w) - a.x.max(b.x);
    let h = (a.y + a.h).min(b.y + b.h) - a.y.max(b.y);
    if w <= 0.0 || h <= 0.0 {
        return 0.0;
    }
    w * h / (a.w * a.h + b.w * b.h - w * h)
}

fn shipped(id: &str) -> (FormDefinition, GrayImage) {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pipelines/forms");
    let text = std::fs::read_to_string(home.join(format!("{id}.toml"))).unwrap();
    let form = FormDefinition::parse(&text).unwrap();
    let page = image::open(home.join(&form.blank.file)).unwrap().into_luma8();
    (form, page)
}

/// Fields found, fields, suggestions that are fields, suggestions.
fn counted(id: &str) -> [usize; 4] {
    let (form, page) = shipped(id);
    let found = suggest(&page, [form.blank.width_mm, form.blank.height_mm], &[]);
    let is_found = |area: MmBox| found.iter().any(|one| overlap(one.area, area) >= SAME);
    let is_field = |area: MmBox| form.fields.iter().any(|field| overlap(field.area, area) >= SAME);
    [
        form.fields.iter().filter(|field| is_found(field.area)).count(),
        form.fields.len(),
        found.iter().filter(|one| is_field(one.area)).count(),
        found.len(),
    ]
}

#[test]
fn the_shipped_blanks_suggest_their_fields() {
    let mut all = [0; 4];
    for id in ["kouza_furikae", "kyuyo_idou", "shiminzei_shinkoku"] {
        for (sum, count) in all.iter_mut().zip(counted(id)) {
            *sum += count;
        }
    }
    let [found, fields, right, suggested] = all.map(|count| count as f32);
    assert!(found / fields >= RECALL, "{all:?}");
    assert!(right / suggested >= PRECISION, "{all:?}");
}

/// Of the fields of the three shipped forms, and of what is suggested on their blanks.
const RECALL: f32 = 0.95;
const PRECISION: f32 = 0.95;

#[test]
fn boxes_know_what_they_are() {
    let (form, page) = shipped("kouza_furikae");
    let found = suggest(&page, [210.0, 297.0], &[]);
    let at = |key: &str| {
        let field = form.field(key).unwrap();
        let best = found
            .iter()
            .max_by(|a, b| overlap(a.area, field.area).total_cmp(&overlap(b.area, field.area)));
        best.unwrap().clone()
    };
    assert_eq!(at("payer_number").cells, Some(10));
    assert_eq!(at("account_number").cells, Some(7));
    let ticked = at("tax_items");
    assert_eq!((ticked.kind, ticked.choices.len()), (FieldType::Check, 6));
    let circled = at("account_type");
    assert_eq!((circled.kind, circled.choices.len()), (FieldType::Circle, 2));
    assert_eq!(
        (at("payer_name").kind, at("payer_name").cells),
        (FieldType::FreeText, None)
    );
}

#[test]
fn the_print_names_a_field_and_its_kind() {
    let mut page = GrayImage::from_pixel(1654, 2339, Luma([255]));
    // A caption's grey cell and an empty one at its right, 20 mm high.
    for (left, right, grey) in [(158, 394, 221), (394, 1100, 255)] {
        for y in 400..560 {
            for x in left..right {
                let is_edge = !(403..557).contains(&y) || !(left + 3..right - 3).contains(&x);
                page.put_pixel(x, y, Luma([if is_edge { 0 } else { grey }]));
            }
        }
    }
    let line = |text: &str, [x, y, w, h]: [f32; 4]| TextLine {
        text: text.to_owned(),
        quad: [[x, y], [x + w, y], [x + w, y + h], [x, y + h]],
    };
    let lines = [
        line("フリ", [200.0, 430.0, 80.0, 30.0]),
        line("ガナ", [200.0, 480.0, 80.0, 30.0]),
    ];
    let found = suggest(&page, [210.0, 297.0], &lines);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0].label.as_deref(), found[0].kind),
        (Some("フリガナ"), FieldType::Kana)
    );
    let area = found[0].area;
    assert!(
        (area.x - 50.4).abs() < 0.4 && (area.w - 88.9).abs() < 0.4,
        "{area:?}"
    );
    assert!(suggest(&GrayImage::from_pixel(100, 100, Luma([255])), [12.7, 12.7], &[]).is_empty());
}

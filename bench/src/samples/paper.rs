//! A sheet before it is scanned: a filled form, a letter of no form, a blank back.

use std::collections::BTreeMap;

use image::GrayImage;
use rand::seq::IndexedRandom as _;
use rand::{Rng, RngExt as _};
use shoki_core::form::{FieldDefinition, FieldType, FormDefinition, MmBox};
use shoki_core::normal_form::normal_form;

use super::content;
use super::people::{self, Person};
use super::truth::FieldTruth;
use super::writer::Writer;
use crate::canvas::{Align, Canvas, PX_PER_MM};
use crate::typefaces::{Hand, Printed};

/// Fills a form by hand.
pub fn filled(
    form: &FormDefinition,
    blank: &GrayImage,
    hand: &Hand,
    printed: &Printed,
    rng: &mut impl Rng,
) -> (GrayImage, BTreeMap<String, FieldTruth>) {
    let mut page = Canvas { image: blank.clone() };
    let mut entries = content::entries(&form.id, rng);
    // A hand that lacks a character would leave a hole: such a text is drawn again.
    for _ in 0..20 {
        if entries.values().all(|text| hand.covers(&text.replace('|', ""))) {
            break;
        }
        entries = content::entries(&form.id, rng);
    }
    let writer = Writer::new(hand, rng);
    let mut truths = BTreeMap::new();
    for field in &form.fields {
        let text = entries
            .get(field.key.as_str())
            .filter(|text| !field.choices.is_empty() || hand.covers(text))
            .map_or("", String::as_str);
        let corrected = write_field(&mut page, &writer, field, text, rng);
        truths.insert(
            field.key.clone(),
            FieldTruth {
                text: normal_form(field.kind, text),
                kind: field.kind,
                corrected,
            },
        );
    }
    stamps(&mut page, form, printed, rng);
    (page.image, truths)
}

/// Writes one field; whether something else was written first and struck out.
pub(crate) fn write_field(
    page: &mut Canvas,
    writer: &Writer<'_>,
    field: &FieldDefinition,
    text: &str,
    rng: &mut impl Rng,
) -> bool {
    if text.is_empty() {
        return false;
    }
    match (field.kind, field.cells) {
        (FieldType::Check | FieldType::Circle, _) => {
            for choice in field
                .choices
                .iter()
                .filter(|c| text.split('|').any(|value| value == c.value))
            {
                if field.kind == FieldType::Check {
                    writer.check(page, choice.area, rng);
                } else {
                    writer.circle(page, choice.area, rng);
                }
            }
            false
        }
        (kind, Some(cells)) => {
            writer.row(page, field.area, cells, text, kind == FieldType::Amount, rng);
            false
        }
        (FieldType::Name | FieldType::Kana | FieldType::FreeText, None)
            if rng.random_bool(0.012) && field.area.w > 60.0 =>
        {
            corrected_line(page, writer, field.area, text, rng);
            true
        }
        (_, None) => {
            writer.line(page, field.area, text, rng);
            false
        }
    }
}

/// Something wrong, struck out, then the right text behind it.
fn corrected_line(page: &mut Canvas, writer: &Writer<'_>, area: MmBox, text: &str, rng: &mut impl Rng) {
    let wrong: String = text.chars().take(2).collect();
    let first = MmBox {
        w: area.w * 0.3,
        ..area
    };
    let end = writer.line(page, first, &wrong, rng);
    let middle = area.y + area.h / 2.0;
    writer.strike(page, (area.x + 1.5, middle), (end, middle), rng);
    let rest = MmBox {
        x: end + 1.0,
        w: area.x + area.w - end - 1.0,
        ..area
    };
    writer.line(page, rest, text, rng);
}

/// A round seal beside the name and now and then the office's receipt stamp.
fn stamps(page: &mut Canvas, form: &FormDefinition, printed: &Printed, rng: &mut impl Rng) {
    let names: Vec<&FieldDefinition> = form.fields.iter().filter(|f| f.kind == FieldType::Name).collect();
    if let (Some(field), true) = (names.choose(rng), rng.random_bool(0.4)) {
        let x = field.area.x + field.area.w - rng.random_range(4.0..14.0);
        let y = field.area.y + field.area.h / 2.0 + rng.random_range(-2.0..2.0);
        let surname = Person::draw(rng, None).surname;
        seal(page, printed, (x, y), rng.random_range(4.5..5.6), &surname, rng);
    }
    let place = match form.id.as_str() {
        "kyuyo_idou" => Some((181.0, 36.0, 12.0)),
        "kouza_furikae" => Some((171.0, 180.0, 7.0)),
        _ => None,
    };
    if let (Some((x, y, radius)), true) = (place, rng.random_bool(0.6)) {
        let at = (x + rng.random_range(-3.0..3.0), y + rng.random_range(-3.0..3.0));
        seal(
            page,
            printed,
            at,
            radius * rng.random_range(0.8..1.0),
            "受付",
            rng,
        );
    }
}

/// A round seal with words. Red ink comes out of a grey scan as a middle grey.
pub(crate) fn seal(
    page: &mut Canvas,
    printed: &Printed,
    (x, y): (f32, f32),
    radius: f32,
    words: &str,
    rng: &mut impl Rng,
) {
    let grey = rng.random_range(120.0..185.0);
    let points: Vec<(f32, f32, f32)> = (0..=48_u8)
        .map(|i| {
            let angle = f32::from(i) / 48.0 * std::f32::consts::TAU;
            (
                (x + radius * angle.cos()) * PX_PER_MM,
                (y + radius * angle.sin()) * PX_PER_MM,
                3.6,
            )
        })
        .collect();
    page.stroke(&points, grey);
    let letters: Vec<char> = words.chars().collect();
    let size = (1.7 * radius / letters.len() as f32).min(radius * 0.95);
    for (index, letter) in letters.iter().enumerate() {
        let line = y + size * (index as f32 - (letters.len() as f32 - 1.0) / 2.0);
        page.text(
            &printed.mincho,
            &letter.to_string(),
            (x, line),
            size,
            Align::Centre,
            grey,
        );
    }
}

/// A letter, partly printed, partly by hand: no form knows it.
pub fn letter(hand: &Hand, printed: &Printed, rng: &mut impl Rng) -> GrayImage {
    const LINES: &[&str] = &[
        "いつもお世話になっております。",
        "先日お送りいただいた納税通知書の件でお尋ねします。",
        "昨年の収入は別紙のとおりです。",
        "源泉徴収票の写しを同封いたします。",
        "お手数ですが、ご確認をお願いします。",
        "還付金は同じ口座に振り込んでください。",
        "ご不明な点は下記までご連絡ください。",
    ];
    let mut page = Canvas::blank(210.0, 297.0);
    let writer = Writer::new(hand, rng);
    page.text(
        &printed.mincho,
        "送 付 状",
        (105.0, 32.0),
        7.0,
        Align::Centre,
        25.0,
    );
    page.text(
        &printed.mincho,
        "あさひ野市役所 市民税課 御中",
        (25.0, 50.0),
        4.2,
        Align::Left,
        25.0,
    );
    for row in 0..rng.random_range(5..10_u8) {
        let y = 70.0 + 14.0 * f32::from(row);
        let line = MmBox {
            x: 25.0,
            y,
            w: 160.0,
            h: 9.0,
        };
        if rng.random_bool(0.8) {
            page.rule((25.0, y + 10.5), (185.0, y + 10.5), 0.12, 150.0);
        }
        let text = LINES.choose(rng).copied().unwrap_or_default();
        writer.line(&mut page, line, text, rng);
    }
    let sender = MmBox {
        x: 110.0,
        y: 240.0,
        w: 75.0,
        h: 10.0,
    };
    writer.line(&mut page, sender, &people::address(rng), rng);
    let name = Person::draw(rng, None).name();
    writer.line(&mut page, MmBox { y: 254.0, ..sender }, &name, rng);
    page.image
}

/// The empty back of a sheet whose front shines through, mirrored.
pub fn back(front: &GrayImage, rng: &mut impl Rng) -> GrayImage {
    shining(front, rng.random_range(0.0..0.035))
}

/// The back of a sheet, this share of the front's darkness shining through, mirrored.
pub(crate) fn shining(front: &GrayImage, through: f32) -> GrayImage {
    let mut image = image::imageops::flip_horizontal(front);
    for pixel in image.pixels_mut() {
        let shade = 255.0 - (255.0 - f32::from(pixel.0[0])) * through;
        pixel.0[0] = shade.round() as u8;
    }
    imageproc::filter::gaussian_blur_f32(&image, 2.0)
}

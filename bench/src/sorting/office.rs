//! The forms of one made office in one house style, several of them editions of each other.
//!
//! Owns which forms there are: forty that the office defines and some that it does not, among these editions
//! of defined ones. Drawn at run time, never committed; the city is fictional, the layouts are our own.

mod base;
mod parts;

use image::GrayImage;
use shoki_core::form::FormDefinition;

use base::{CERTIFICATE_NOTES, base};
use parts::{choice, comb, pairs, row, rows};

use super::house_style::{self, Part, Sheet};
use crate::typefaces::Printed;

/// A form as it is defined and printed.
pub struct Printing {
    /// What the office defines, were it to.
    pub definition: FormDefinition,
    /// The blank page.
    pub blank: GrayImage,
}

/// All forms of the office.
pub struct Office {
    /// The defined ones: different forms first, editions of each other among the first ten.
    pub defined: Vec<Printing>,
    /// Those that the office does not define; the name of each says what it is.
    pub undefined: Vec<Printing>,
}

impl Office {
    /// Draws all.
    #[must_use]
    pub fn draw(faces: &Printed) -> Self {
        let drawn = |sheets: Vec<Sheet>| {
            sheets
                .iter()
                .map(|sheet| {
                    let (definition, blank) = house_style::draw(sheet, faces);
                    Printing { definition, blank }
                })
                .collect()
        };
        Self {
            defined: drawn(defined()),
            undefined: drawn(undefined()),
        }
    }
}

/// An edition of another year.
fn of_year(mut sheet: Sheet, year: u8) -> Sheet {
    sheet.id = format!("{}_r{year}", sheet.id);
    sheet.year = year;
    sheet
}

fn edited(number: u16, mark: &str, edit: impl FnOnce(&mut Vec<Part>)) -> Sheet {
    let mut sheet = base(number);
    sheet.id = format!("{}_{mark}", sheet.id);
    edit(&mut sheet.parts);
    sheet
}

fn add_row(parts: &mut Vec<Part>, at: usize, label: &'static str) {
    match parts.get_mut(at) {
        Some(Part::Rows(labels)) => labels.insert(1, label),
        Some(Part::Grid(_, lines)) => *lines += 1,
        _ => parts.insert(at, row(label)),
    }
}

fn move_column(parts: &mut [Part], at: usize, from: usize, to: usize) {
    if let Some(Part::Grid(columns, _)) = parts.get_mut(at) {
        let column = columns.remove(from);
        columns.insert(to, column);
    }
}

fn defined() -> Vec<Sheet> {
    // The first three are unlike each other; the first ten hold two pairs of editions and a pair of twins.
    let mut sheets = vec![
        base(1),
        base(13),
        base(27),
        of_year(base(1), 6),
        base(9),
        base(10),
        edited(13, "row", |parts| add_row(parts, 4, "医師の診療科")),
        base(5),
        base(20),
        base(18),
    ];
    let have = [1, 13, 27, 9, 10, 5, 20, 18];
    sheets.extend((1..=28).filter(|number| !have.contains(number)).map(base));
    sheets.extend([
        of_year(base(5), 6),
        of_year(base(15), 6),
        of_year(base(18), 6),
        edited(9, "row", |parts| add_row(parts, 4, "")),
        edited(28, "column", |parts| move_column(parts, 2, 4, 1)),
        edited(11, "column", |parts| move_column(parts, 2, 1, 2)),
        edited(26, "column", |parts| move_column(parts, 2, 1, 2)),
        edited(20, "words", |parts| parts[3] = row("世帯の収入")),
        edited(22, "cells", |parts| parts[1] = comb("受給者番号", 8)),
        edited(15, "noted", |parts| parts[5] = Part::Notes(CERTIFICATE_NOTES)),
    ]);
    sheets
}

fn undefined() -> Vec<Sheet> {
    let new = Sheet {
        id: "u_unlisted".to_owned(),
        number: 41,
        title: "り災証明書 交付申請書",
        year: 7,
        is_wide: false,
        parts: vec![
            Part::Person("申請者"),
            rows(&["り災した場所", "り災した日時", "り災の原因"]),
            choice("必要な証明", &["住家", "非住家", "家財"]),
            pairs(&[["使いみち", "必要な通数"]]),
            Part::Notes(CERTIFICATE_NOTES),
        ],
    };
    let mut sheets = vec![
        of_year(base(2), 8),
        of_year(base(16), 8),
        edited(7, "row", |parts| add_row(parts, 4, "本籍")),
        edited(21, "row", |parts| add_row(parts, 3, "計画の作成日")),
        edited(24, "column", |parts| move_column(parts, 3, 1, 2)),
        edited(14, "words", |parts| {
            parts[2] = rows(&["施設の名称", "施設の所在地", "退所年月日"])
        }),
        new,
    ];
    for sheet in sheets.iter_mut().filter(|sheet| !sheet.id.starts_with('u')) {
        sheet.id = format!("u_{}", sheet.id);
    }
    sheets
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn there_are_forty_and_no_two_have_the_same_print() {
        let office = Office::draw(&Printed::load().expect("the printed fonts are installed"));
        assert_eq!(office.defined.len(), 40);
        let all = || office.defined.iter().chain(&office.undefined);
        let ids: BTreeSet<&str> = all().map(|printing| printing.definition.id.as_str()).collect();
        assert_eq!(ids.len(), all().count());
        let pictures: BTreeSet<&[u8]> = all().map(|printing| printing.blank.as_raw().as_slice()).collect();
        assert_eq!(pictures.len(), ids.len());
        for printing in all() {
            let form = &printing.definition;
            for field in &form.fields {
                let bottom = field.area.y + field.area.h;
                assert!(
                    bottom < form.blank.height_mm - 12.0,
                    "{} {}: {bottom}",
                    form.id,
                    field.label
                );
            }
        }
    }
}

//! The house style of the made office: one title block, ruled tables, one way of drawing each part.
//!
//! Owns how a sheet of parts becomes print and fields. Coordinates are millimetres.

use std::collections::BTreeMap;

use image::GrayImage;
use shoki_core::form::{Blank, FieldType as T, FormDefinition};
use shoki_core::review::CheckPolicy;

use crate::blanks::layout::{Field, Layout};
use crate::canvas::Align::{Centre, Left, Right};
use crate::typefaces::Printed;

const LEFT: f32 = 18.0;
const LABEL: f32 = 34.0;

/// One form: what is printed on it.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Id of its definition.
    pub id: String,
    /// Number of the 様式.
    pub number: u16,
    /// Title.
    pub title: &'static str,
    /// 令和 year in the title.
    pub year: u8,
    /// Landscape.
    pub is_wide: bool,
    /// From top to bottom.
    pub parts: Vec<Part>,
}

/// A part of a sheet.
#[derive(Clone, Debug)]
pub enum Part {
    /// Who it is about: 住所, フリガナ, 氏名, 電話, 生年月日.
    Person(&'static str),
    /// One field a line.
    Rows(Vec<&'static str>),
    /// Two fields a line.
    Pairs(Vec<[&'static str; 2]>),
    /// A row of boxes, one character each.
    Comb(&'static str, u32),
    /// Words to tick.
    Choice(&'static str, &'static [&'static str]),
    /// A table: columns with their weights, empty lines.
    Grid(Vec<(&'static str, f32)>, u32),
    /// A box to stamp in, of a height.
    Box(&'static str, f32),
    /// Printed notes.
    Notes(&'static [&'static str]),
}

struct Drawing<'a> {
    page: Layout<'a>,
    y: f32,
    width: f32,
    section: u32,
    fields: u32,
}

/// The definition and the blank page.
#[must_use]
pub fn draw(sheet: &Sheet, faces: &Printed) -> (FormDefinition, GrayImage) {
    let (width_mm, height_mm) = if sheet.is_wide {
        (297.0, 210.0)
    } else {
        (210.0, 297.0)
    };
    let mut drawing = Drawing {
        page: Layout::sheet(faces, width_mm, height_mm),
        y: 0.0,
        width: width_mm - 2.0 * LEFT,
        section: 0,
        fields: 0,
    };
    drawing.head(sheet);
    for part in &sheet.parts {
        drawing.part(part);
    }
    let bottom = height_mm - 9.0;
    let page = &mut drawing.page;
    page.mincho(width_mm - LEFT, bottom, 2.6, Right, "あさひ野市");
    page.text(LEFT, bottom, 2.4, Left, &format!("AS-{:04}", sheet.number));
    // Labels name the columns of the output, so the lines of a table are numbered.
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for field in &mut drawing.page.fields {
        let times = seen.entry(field.label.clone()).or_default();
        *times += 1;
        if *times > 1 {
            field.label = format!("{} {times}", field.label);
        }
    }
    let definition = FormDefinition {
        check: CheckPolicy::default(),
        accept: shoki_core::acceptance::AcceptTerms::default(),
        id: sheet.id.clone(),
        name: format!("{}(令和{}年度)", sheet.title, sheet.year),
        version: 1,
        blank: Blank {
            file: format!("{}.png", sheet.id),
            page: 1,
            width_mm,
            height_mm,
        },
        fields: drawing.page.fields,
        outputs: Vec::new(),
        rules: Vec::new(),
    };
    (definition, drawing.page.canvas.image)
}

/// What is written in a field, by its label.
fn kind_of(label: &str) -> T {
    let has = |words: &[&str]| words.iter().any(|word| label.contains(word));
    if has(&["住所", "所在地", "場所"]) {
        T::Address
    } else if has(&["電話"]) {
        T::Phone
    } else if has(&["年月日", "した日", "開始する日", "納期限"]) {
        T::WarekiDate
    } else if has(&["氏名", "名義人", "受診者", "迎えに来る方"]) {
        T::Name
    } else if has(&["額", "税額", "使用料", "手数料", "減少", "計"]) {
        T::Amount
    } else {
        T::FreeText
    }
}

impl Drawing<'_> {
    fn key(&mut self) -> String {
        self.fields += 1;
        format!("field{:03}", self.fields)
    }

    fn head(&mut self, sheet: &Sheet) {
        let (right, middle) = (LEFT + self.width, LEFT + self.width / 2.0);
        let page = &mut self.page;
        page.canvas.rule((LEFT, 11.0), (right, 11.0), 0.8, 20.0);
        let number = format!("様式第{}号(第5条関係)", sheet.number);
        page.text(LEFT, 14.5, 2.4, Left, &number);
        let title = format!("令和{}年度　{}", sheet.year, sheet.title);
        page.bold(middle, 21.0, 5.4, Centre, &title);
        page.canvas.rule((LEFT, 26.5), (right, 26.5), 0.3, 20.0);
        page.mincho(LEFT, 33.0, 3.6, Left, "あさひ野市長　様");
        page.mincho(LEFT, 40.5, 2.8, Left, "関係書類を添えて、次のとおり提出します。");
        let key = self.key();
        let page = &mut self.page;
        page.label(right - 96.0, 30.0, 22.0, 9.0, "提出年月日");
        page.open(
            Field(&key, "提出年月日", T::WarekiDate),
            right - 74.0,
            30.0,
            50.0,
            9.0,
        );
        page.stamp_place(right - 11.0, 36.5, 8.5, "受付印");
        self.y = 45.0;
    }

    fn heading(&mut self, words: &str) {
        self.section += 1;
        let text = format!("{} {words}", self.section);
        self.page.bold(LEFT, self.y + 3.0, 3.2, Left, &text);
        self.y += 5.6;
    }

    fn field(&mut self, label: &str, kind: T, x: f32, w: f32, h: f32) {
        let key = self.key();
        self.page.open(Field(&key, label, kind), x, self.y, w, h);
    }

    fn labelled(&mut self, label: &str, x: f32, w: f32, h: f32) {
        self.page.label(x, self.y, LABEL, h, label);
        self.field(label, kind_of(label), x + LABEL, w - LABEL, h);
    }

    fn part(&mut self, part: &Part) {
        let top = self.y;
        match part {
            Part::Person(who) => return self.person(who),
            Part::Rows(labels) => {
                for label in labels {
                    self.labelled(label, LEFT, self.width, 8.4);
                    self.y += 8.4;
                }
            }
            Part::Pairs(labels) => {
                let half = self.width / 2.0;
                for [left, right] in labels {
                    self.labelled(left, LEFT, half, 8.4);
                    self.labelled(right, LEFT + half, half, 8.4);
                    self.y += 8.4;
                }
            }
            Part::Comb(label, cells) => {
                self.page.label(LEFT, self.y, LABEL, 10.6, label);
                self.page.cell(LEFT + LABEL, self.y, self.width - LABEL, 10.6);
                let key = self.key();
                let place = (LEFT + LABEL + 4.0, self.y + 1.2);
                self.page
                    .row(Field(&key, label, T::Number), place, (7.0, 8.2), &[*cells]);
                self.y += 10.6;
            }
            Part::Choice(label, words) => self.choice(label, words),
            Part::Grid(columns, lines) => self.grid(columns, *lines),
            Part::Box(label, height) => {
                self.page.label(LEFT, self.y, LABEL, *height, label);
                self.page.cell(LEFT + LABEL, self.y, self.width - LABEL, *height);
                let (x, y) = (LEFT + LABEL + 24.0, self.y + height / 2.0);
                self.page.stamp_place(x, y, height * 0.4, "押印");
                self.y += height;
            }
            Part::Notes(lines) => {
                for line in *lines {
                    self.page.mincho(LEFT + 2.0, self.y + 2.0, 2.5, Left, line);
                    self.y += 4.2;
                }
                return;
            }
        }
        self.page.frame(LEFT, top, self.width, self.y - top);
        self.y += 3.6;
    }

    fn person(&mut self, who: &str) {
        self.heading(who);
        let top = self.y;
        let wide = self.width - 70.0;
        self.labelled("住　　所", LEFT, self.width, 9.4);
        self.page.fields.last_mut().expect("drawn just now").kind = T::Address;
        self.y += 9.4;
        self.page.label(LEFT, self.y, LABEL, 6.6, "フリガナ");
        self.field("フリガナ", T::Kana, LEFT + LABEL, wide - LABEL, 6.6);
        self.page.label(LEFT + wide, self.y, 24.0, 6.6, "生年月日");
        self.field("生年月日", T::WarekiDate, LEFT + wide + 24.0, 46.0, 6.6);
        self.y += 6.6;
        self.page.label(LEFT, self.y, LABEL, 10.6, "氏　　名");
        self.field("氏名", T::Name, LEFT + LABEL, wide - LABEL, 10.6);
        self.page.label(LEFT + wide, self.y, 24.0, 10.6, "電話番号");
        self.field("電話番号", T::Phone, LEFT + wide + 24.0, 46.0, 10.6);
        self.y += 10.6;
        self.page.frame(LEFT, top, self.width, self.y - top);
        self.y += 3.6;
    }

    fn choice(&mut self, label: &str, words: &[&str]) {
        self.page.label(LEFT, self.y, LABEL, 8.8, label);
        self.page.cell(LEFT + LABEL, self.y, self.width - LABEL, 8.8);
        let pitch = (self.width - LABEL - 4.0) / words.len() as f32;
        let y = self.y + 2.7;
        let places: Vec<(&str, f32, f32)> = (0_u8..)
            .zip(words)
            .map(|(index, word)| (*word, LEFT + LABEL + 3.0 + pitch.min(32.0) * f32::from(index), y))
            .collect();
        let key = self.key();
        self.page.checks(Field(&key, label, T::Check), &places);
        self.y += 8.8;
    }

    fn grid(&mut self, columns: &[(&str, f32)], lines: u32) {
        let total: f32 = columns.iter().map(|(_, weight)| weight).sum();
        let widths: Vec<f32> = columns
            .iter()
            .map(|(_, weight)| (self.width * weight / total * 10.0).round() / 10.0)
            .collect();
        let mut x = LEFT;
        for ((label, _), width) in columns.iter().zip(&widths) {
            self.page.label(x, self.y, *width, 6.4, label);
            x += width;
        }
        self.y += 6.4;
        for _ in 0..lines {
            let mut x = LEFT;
            for ((label, _), width) in columns.iter().zip(&widths) {
                self.field(label, kind_of(label), x, *width, 8.0);
                x += width;
            }
            self.y += 8.0;
        }
    }
}

//! One layout source for a form: what is printed and which fields lie there.
//!
//! The picture of the blank and its definition come from the same calls, so a field's box is
//! exactly the printed box. Coordinates are millimetres; use tenths, that is what the definition
//! is written in.

use shoki_core::form::{Choice, FieldDefinition, FieldType, MmBox};

use crate::canvas::{Align, Canvas};
use crate::typefaces::Printed;

const HEAVY: f32 = 0.5;
const PLAIN: f32 = 0.25;
const HAIR: f32 = 0.12;
const INK: f32 = 20.0;
const TINT: f32 = 228.0;

/// A form being drawn.
pub struct Layout<'a> {
    /// The picture so far.
    pub canvas: Canvas,
    /// The fields so far.
    pub fields: Vec<FieldDefinition>,
    faces: &'a Printed,
}

/// Key, printed label and type of a field.
#[derive(Clone, Copy)]
pub struct Field<'a>(pub &'a str, pub &'a str, pub FieldType);

impl<'a> Layout<'a> {
    /// An empty A4 sheet.
    #[must_use]
    pub fn a4(faces: &'a Printed) -> Self {
        Self::sheet(faces, 210.0, 297.0)
    }

    /// An empty sheet of this size in millimetres.
    #[must_use]
    pub fn sheet(faces: &'a Printed, width: f32, height: f32) -> Self {
        Self {
            canvas: Canvas::blank(width, height),
            fields: Vec::new(),
            faces,
        }
    }

    /// Gothic text.
    pub fn text(&mut self, x: f32, y: f32, size: f32, align: Align, text: &str) {
        self.canvas
            .text(&self.faces.gothic, text, (x, y), size, align, INK);
    }

    /// Mincho text, for titles and notes.
    pub fn mincho(&mut self, x: f32, y: f32, size: f32, align: Align, text: &str) {
        self.canvas
            .text(&self.faces.mincho, text, (x, y), size, align, INK);
    }

    /// Bold text, for headings.
    pub fn bold(&mut self, x: f32, y: f32, size: f32, align: Align, text: &str) {
        self.canvas.text(&self.faces.bold, text, (x, y), size, align, INK);
    }

    /// A heavy frame.
    pub fn frame(&mut self, x: f32, y: f32, w: f32, h: f32) {
        self.outline(x, y, w, h, HEAVY, INK);
    }

    /// A plain box.
    pub fn cell(&mut self, x: f32, y: f32, w: f32, h: f32) {
        self.outline(x, y, w, h, PLAIN, INK);
    }

    fn outline(&mut self, x: f32, y: f32, w: f32, h: f32, width: f32, grey: f32) {
        self.canvas.rule((x, y), (x + w, y), width, grey);
        self.canvas.rule((x, y + h), (x + w, y + h), width, grey);
        self.canvas.rule((x, y), (x, y + h), width, grey);
        self.canvas.rule((x + w, y), (x + w, y + h), width, grey);
    }

    /// A hair line.
    pub fn hair(&mut self, from: (f32, f32), to: (f32, f32)) {
        self.canvas.rule(from, to, HAIR, 60.0);
    }

    /// A dashed hair line.
    pub fn dashes(&mut self, from: (f32, f32), to: (f32, f32)) {
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let (ux, uy) = ((to.0 - from.0) / length, (to.1 - from.1) / length);
        let mut at = 0.0;
        while at < length {
            let end = (at + 1.0).min(length);
            self.hair(
                (from.0 + ux * at, from.1 + uy * at),
                (from.0 + ux * end, from.1 + uy * end),
            );
            at += 1.8;
        }
    }

    /// A dashed circle where a stamp goes, with its words.
    pub fn stamp_place(&mut self, x: f32, y: f32, radius: f32, words: &str) {
        for step in 0..24_u8 {
            let turn = |part: f32| (f32::from(step) + part) / 24.0 * std::f32::consts::TAU;
            let at = |angle: f32| {
                let scale = crate::canvas::PX_PER_MM;
                (
                    (x + radius * angle.cos()) * scale,
                    (y + radius * angle.sin()) * scale,
                    1.2,
                )
            };
            self.canvas
                .stroke(&[at(turn(0.0)), at(turn(0.3)), at(turn(0.6))], 120.0);
        }
        self.text(x, y, 2.6, Align::Centre, words);
    }

    /// A tinted label cell; lines are separated by `\n`; a text too wide is printed smaller.
    pub fn label(&mut self, x: f32, y: f32, w: f32, h: f32, text: &str) {
        self.label_sized(x, y, w, h, 2.9, text);
    }

    /// As [`Layout::label`] with an em of `size` millimetres.
    pub fn label_sized(&mut self, x: f32, y: f32, w: f32, h: f32, size: f32, text: &str) {
        self.canvas.fill(x, y, w, h, TINT);
        self.cell(x, y, w, h);
        let lines: Vec<&str> = text.split('\n').collect();
        let widest = lines
            .iter()
            .map(|line| crate::canvas::text_width(&self.faces.gothic, line, size))
            .fold(0.1, f32::max);
        let size = size.min(size * (w - 1.2) / widest);
        let pitch = size * 1.3;
        let top = y + h / 2.0 - pitch * (lines.len() - 1) as f32 / 2.0;
        for (index, line) in lines.iter().enumerate() {
            let at = top + pitch * index as f32;
            self.text(x + w / 2.0, at, size, Align::Centre, line);
        }
    }

    /// A column heading written downwards in a tinted cell.
    pub fn side_label(&mut self, x: f32, y: f32, w: f32, h: f32, text: &str) {
        self.canvas.fill(x, y, w, h, TINT);
        self.cell(x, y, w, h);
        let count = text.chars().count() as f32;
        let size = (h / (count + 0.6)).min(3.2);
        let pitch = ((h - 2.0) / count).min(size * 1.6);
        let top = y + h / 2.0 - pitch * (count - 1.0) / 2.0;
        for (index, character) in text.chars().enumerate() {
            let at = top + pitch * index as f32;
            self.text(x + w / 2.0, at, size, Align::Centre, &character.to_string());
        }
    }

    /// A field written freely inside a box.
    pub fn open(&mut self, field: Field<'_>, x: f32, y: f32, w: f32, h: f32) -> &mut FieldDefinition {
        self.cell(x, y, w, h);
        self.area(field, x, y, w, h)
    }

    /// A field written freely where nothing is printed around it.
    pub fn area(&mut self, field: Field<'_>, x: f32, y: f32, w: f32, h: f32) -> &mut FieldDefinition {
        self.push(field, MmBox { x, y, w, h })
    }

    /// A row of `count` boxes, one character each; `groups` are separated by stronger lines.
    pub fn row(
        &mut self,
        field: Field<'_>,
        (x, y): (f32, f32),
        (pitch, h): (f32, f32),
        groups: &[u32],
    ) -> &mut FieldDefinition {
        let count: u32 = groups.iter().sum();
        let w = pitch * count as f32;
        let strong: Vec<u32> = groups
            .iter()
            .scan(0, |sum, group| {
                *sum += group;
                Some(*sum)
            })
            .collect();
        for index in 1..count {
            let at = x + pitch * index as f32;
            if strong.contains(&index) {
                self.canvas.rule((at, y), (at, y + h), PLAIN, INK);
            } else {
                self.canvas.rule((at, y), (at, y + h), HAIR, 110.0);
            }
        }
        self.cell(x, y, w, h);
        let definition = self.push(field, MmBox { x, y, w, h });
        definition.cells = Some(count);
        definition
    }

    /// Small words over the last box of each group of a row (年, 月, 日; 百万, 千, 円).
    pub fn over_row(&mut self, (x, y): (f32, f32), pitch: f32, words: &[(u32, &str)]) {
        for (index, word) in words {
            let right = x + pitch * (*index as f32 + 1.0) - 0.3;
            self.text(right, y - 1.1, 1.7, Align::Right, word);
        }
    }

    /// Check boxes, each with its words at the right: value, words, x, y of the square's corner.
    pub fn checks(&mut self, field: Field<'_>, marks: &[(&str, f32, f32)]) -> &mut FieldDefinition {
        const SIDE: f32 = 3.4;
        let mut choices = Vec::new();
        for &(value, x, y) in marks {
            self.cell(x, y, SIDE, SIDE);
            self.text(x + SIDE + 1.2, y + SIDE / 2.0, 2.9, Align::Left, value);
            choices.push(Choice {
                value: value.to_owned(),
                area: MmBox {
                    x,
                    y,
                    w: SIDE,
                    h: SIDE,
                },
            });
        }
        self.choose(field, choices, 2.0)
    }

    /// Printed words of which one is circled: value, centre x, centre y.
    pub fn circles(
        &mut self,
        field: Field<'_>,
        size: f32,
        marks: &[(&str, f32, f32)],
    ) -> &mut FieldDefinition {
        let mut choices = Vec::new();
        for &(value, x, y) in marks {
            self.text(x, y, size, Align::Centre, value);
            let w = tenths(size * value.chars().count() as f32 + 1.4);
            let h = tenths(size + 1.6);
            choices.push(Choice {
                value: value.to_owned(),
                area: MmBox {
                    x: tenths(x - w / 2.0),
                    y: tenths(y - h / 2.0),
                    w,
                    h,
                },
            });
        }
        self.choose(field, choices, 0.4)
    }

    fn choose(&mut self, field: Field<'_>, choices: Vec<Choice>, margin: f32) -> &mut FieldDefinition {
        let edge = |pick: fn(&MmBox) -> f32, least: bool| {
            let sides = choices.iter().map(|choice| pick(&choice.area));
            if least {
                sides.fold(f32::MAX, f32::min)
            } else {
                sides.fold(f32::MIN, f32::max)
            }
        };
        let (x, y) = (edge(|b| b.x, true) - margin, edge(|b| b.y, true) - margin);
        let (right, bottom) = (
            edge(|b| b.x + b.w, false) + margin,
            edge(|b| b.y + b.h, false) + margin,
        );
        let area = MmBox {
            x: tenths(x),
            y: tenths(y),
            w: tenths(right - x),
            h: tenths(bottom - y),
        };
        let definition = self.push(field, area);
        definition.choices = choices;
        definition
    }

    fn push(&mut self, Field(key, label, kind): Field<'_>, area: MmBox) -> &mut FieldDefinition {
        self.fields.push(FieldDefinition {
            sensitive: kind == FieldType::IndividualNumber,
            ..FieldDefinition::new(key, label, kind, area)
        });
        self.fields.last_mut().expect("a field was pushed just now")
    }
}

fn tenths(mm: f32) -> f32 {
    (mm * 10.0).round() / 10.0
}

//! What a definition whose parts all have the right kind must still keep.
//!
//! Boxes on the page and apart, counts of boxes that fit the type, choices that can be told apart,
//! names that files, JSON and CSV can carry.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Mistakes;
use super::tree::Places;
use crate::form::{Blank, FieldDefinition, FieldType, FormDefinition, MmBox};

/// Columns that every CSV has besides the fields'.
const OWN_COLUMNS: [&str; 3] = ["ページ", "要確認", "要確認の理由"];
/// Kinds of picture that the decode child opens.
const PICTURES: [&str; 6] = ["png", "jpg", "jpeg", "tif", "tiff", "pdf"];
/// From a receipt to A0, millimetres.
const PAGE_MM: std::ops::RangeInclusive<f32> = 40.0..=1_189.0;
/// Narrower than this nobody writes a character, millimetres.
const LEAST_MM: f32 = 1.5;
/// The longest real row (a name in kana at a bank) has 30 boxes.
const MOST_CELLS: u32 = 60;
/// Boxes may stick out by rounding, millimetres.
const TOLERANCE_MM: f32 = 0.05;
/// Two boxes that share more than this part of the smaller one read each other's ink.
const SHARED_PART: f32 = 0.25;

/// Adds every broken rule to `mistakes`.
pub(super) fn check(form: &FormDefinition, places: &Places, mistakes: &mut Mistakes<'_>) {
    let mut rules = Rules {
        form,
        places,
        mistakes,
    };
    rules.head();
    let mut keys = BTreeSet::new();
    let mut columns = BTreeSet::from(OWN_COLUMNS);
    for (index, field) in form.fields.iter().enumerate() {
        rules.names(index, field, &mut keys, &mut columns);
        rules.area(index, field);
        rules.cells(index, field);
        rules.letters(index, field);
        rules.choices(index, field);
    }
    rules.overlaps();
}

struct Rules<'a, 'm> {
    form: &'a FormDefinition,
    places: &'a Places,
    mistakes: &'a mut Mistakes<'m>,
}

impl Rules<'_, '_> {
    fn top(&self, key: &str) -> Range<usize> {
        self.places.top.get(key).cloned().unwrap_or(0..0)
    }

    fn at(&self, index: usize, key: &str) -> Range<usize> {
        let spans = &self.places.fields[index];
        spans.get(key).or_else(|| spans.get("")).cloned().unwrap_or(0..0)
    }

    fn head(&mut self) {
        let Blank {
            file,
            page,
            width_mm,
            height_mm,
        } = &self.form.blank;
        let span = self.top("id");
        self.mistakes
            .require(is_key(&self.form.id), &span, || key_rule("id"));
        let span = self.top("name");
        self.mistakes
            .require(!self.form.name.trim().is_empty(), &span, || {
                "帳票の名前(name)を書いてください。".to_owned()
            });
        let span = self.top("version");
        self.mistakes.require(self.form.version >= 1, &span, || {
            "version は 1 以上の整数にしてください。".to_owned()
        });
        let span = self.top("blank.file");
        let ending = file
            .rsplit_once('.')
            .map(|(_, ending)| ending.to_ascii_lowercase());
        let known = ending.is_some_and(|ending| PICTURES.contains(&ending.as_str()));
        self.mistakes.require(
            known && !file.contains(['/', '\\']) && !file.starts_with('.'),
            &span,
            || {
                "file には、この定義の隣にある用紙の画像(PNG・JPEG・TIFF)か PDF の名前だけを書いてください。"
                    .to_owned()
            },
        );
        let span = self.top("blank.page");
        self.mistakes
            .require(*page >= 1, &span, || "page は 1 以上にしてください。".to_owned());
        for (key, edge) in [("width_mm", width_mm), ("height_mm", height_mm)] {
            let span = self.top(&format!("blank.{key}"));
            self.mistakes.require(PAGE_MM.contains(edge), &span, || {
                format!("{key} は用紙の大きさです。{} 以上 {} 以下のミリメートルで書いてください(A4 縦は 210 × 297)。", PAGE_MM.start(), PAGE_MM.end())
            });
        }
        let span = self.top("id");
        self.mistakes.require(!self.form.fields.is_empty(), &span, || {
            "欄([[field]])が一つもありません。".to_owned()
        });
    }

    fn names<'f>(
        &mut self,
        index: usize,
        field: &'f FieldDefinition,
        keys: &mut BTreeSet<&'f str>,
        columns: &mut BTreeSet<&'f str>,
    ) {
        let key = &field.key;
        let span = self.at(index, "key");
        self.mistakes.require(is_key(key), &span, || key_rule("key"));
        self.mistakes.require(keys.insert(key), &span, || {
            format!("「{key}」という key は二度使われています。別の名前にしてください。")
        });
        let span = self.at(index, "label");
        self.mistakes.require(!field.label.trim().is_empty(), &span, || {
            format!("欄「{key}」の label(用紙に印刷された見出し)を書いてください。")
        });
        let span = self.at(index, "column");
        let column = field.column();
        self.mistakes.require(!column.trim().is_empty(), &span, || {
            format!("欄「{key}」の column(CSV の列名)が空です。")
        });
        self.mistakes.require(columns.insert(column), &span, || {
            format!("CSV の列名「{column}」は二度使われているか、Shoki が自分で使う名前です。別の名前にしてください。")
        });
        let span = self.at(index, "sensitive");
        let masked = field.kind != FieldType::IndividualNumber || field.sensitive;
        self.mistakes.require(masked, &span, || {
            format!("欄「{key}」は個人番号です。sensitive = true を書いてください。")
        });
    }

    fn area(&mut self, index: usize, field: &FieldDefinition) {
        let span = self.at(index, "box");
        self.on_page(&field.area, &span, &field.key);
    }

    fn on_page(&mut self, area: &MmBox, span: &Range<usize>, key: &str) {
        let Blank {
            width_mm, height_mm, ..
        } = self.form.blank;
        self.mistakes
            .require(area.w >= LEAST_MM && area.h >= LEAST_MM, span, || {
                format!("欄「{key}」の枠が小さすぎます。幅も高さも {LEAST_MM} mm 以上にしてください。")
            });
        let page = MmBox {
            x: 0.0,
            y: 0.0,
            w: width_mm,
            h: height_mm,
        };
        self.mistakes.require(inside(area, &page), span, || {
            format!("欄「{key}」の枠が用紙({width_mm} × {height_mm} mm)からはみ出しています。枠は [左, 上, 幅, 高さ] です。")
        });
    }

    fn cells(&mut self, index: usize, field: &FieldDefinition) {
        let (Some(cells), key) = (field.cells, &field.key) else {
            return;
        };
        let span = self.at(index, "cells");
        let (allowed, words) = match field.kind {
            FieldType::Check | FieldType::Circle => {
                self.mistakes.add(
                    &span,
                    format!("欄「{key}」は選択肢の欄なので cells は書けません。"),
                );
                return;
            }
            FieldType::IndividualNumber => (12..=12, "個人番号は 12 桁"),
            FieldType::CorporateNumber => (13..=13, "法人番号は 13 桁"),
            FieldType::PostalCode => (7..=7, "郵便番号は 7 桁"),
            FieldType::WarekiDate => (6..=7, "和暦日付は年月日の 6 桁(元号の番号があれば 7 桁)"),
            FieldType::Phone => (9..=13, "電話番号は 9 から 13 桁"),
            FieldType::Account => (4..=14, "口座の番号は 4 から 14 桁"),
            _ => (1..=MOST_CELLS, "一列の枠は 1 から 60 個"),
        };
        self.mistakes.require(allowed.contains(&cells), &span, || {
            format!("欄「{key}」の cells が {cells} です。{words}です。")
        });
        let pitch = field.area.w / cells.max(1) as f32;
        self.mistakes.require(pitch >= LEAST_MM || !allowed.contains(&cells), &span, || {
            format!("欄「{key}」の枠一つの幅が {pitch:.1} mm しかありません。box の幅か cells を確かめてください。")
        });
    }

    fn letters(&mut self, index: usize, field: &FieldDefinition) {
        let (Some(alphabet), key) = (&field.alphabet, &field.key) else {
            return;
        };
        let span = self.at(index, "alphabet");
        let distinct: BTreeSet<char> = alphabet.chars().collect();
        self.mistakes.require(!alphabet.is_empty() && distinct.len() == alphabet.chars().count(), &span, || {
            format!("欄「{key}」の alphabet は空か、同じ文字が二度あります。使ってよい文字を一度ずつ書いてください。")
        });
        self.mistakes.require(!is_marked(field.kind), &span, || {
            format!("欄「{key}」は選択肢の欄なので alphabet は書けません。")
        });
    }

    fn choices(&mut self, index: usize, field: &FieldDefinition) {
        let key = &field.key;
        let span = self.at(index, "choice");
        let least = match field.kind {
            FieldType::Check => 1,
            FieldType::Circle => 2,
            _ => {
                self.mistakes.require(field.choices.is_empty(), &span, || {
                    format!("欄「{key}」: 選択肢(choice)を書けるのは type が check か circle の欄だけです。")
                });
                0
            }
        };
        self.mistakes.require(field.choices.len() >= least, &span, || {
            format!("欄「{key}」には選択肢(choice)が {least} つ以上必要です。")
        });
        let span = self.at(index, "multiple");
        self.mistakes
            .require(!field.multiple || field.kind == FieldType::Check, &span, || {
                format!("欄「{key}」: multiple を使えるのは type = \"check\" の欄だけです。")
            });
        let mut values = BTreeSet::new();
        for (number, choice) in field.choices.iter().enumerate() {
            let [value_span, box_span] = &self.places.choices[index][number];
            let value = choice.value.as_str();
            self.mistakes.require(
                !value.trim().is_empty() && values.insert(value),
                value_span,
                || format!("欄「{key}」の選択肢「{value}」は空か、二度書かれています。"),
            );
            self.mistakes.require(!value.contains('|'), value_span, || {
                format!("欄「{key}」の選択肢「{value}」に「|」は使えません(複数の値の区切りです)。")
            });
            self.on_page(&choice.area, box_span, key);
            self.mistakes.require(inside(&choice.area, &field.area), box_span, || {
                format!("選択肢「{value}」の枠が欄「{key}」の枠からはみ出しています。欄の box ですべての選択肢を囲んでください。")
            });
            let rival = field.choices[..number]
                .iter()
                .find(|other| shared(&other.area, &choice.area) > SHARED_PART);
            if let Some(rival) = rival {
                let sentence = format!(
                    "欄「{key}」の選択肢「{value}」の枠が「{}」の枠と重なっています。",
                    rival.value
                );
                self.mistakes.add(box_span, sentence);
            }
        }
    }

    fn overlaps(&mut self) {
        for (index, field) in self.form.fields.iter().enumerate() {
            let rival = self.form.fields[..index]
                .iter()
                .find(|other| shared(&other.area, &field.area) > SHARED_PART);
            if let Some(rival) = rival {
                let span = self.at(index, "box");
                let sentence = format!(
                    "欄「{}」の枠が欄「{}」の枠と大きく重なっています。",
                    field.key, rival.key
                );
                self.mistakes.add(&span, sentence);
            }
        }
    }
}

const fn is_marked(kind: FieldType) -> bool {
    matches!(kind, FieldType::Check | FieldType::Circle)
}

fn inside(inner: &MmBox, outer: &MmBox) -> bool {
    inner.x >= outer.x - TOLERANCE_MM
        && inner.y >= outer.y - TOLERANCE_MM
        && inner.x + inner.w <= outer.x + outer.w + TOLERANCE_MM
        && inner.y + inner.h <= outer.y + outer.h + TOLERANCE_MM
}

/// The common area as a part of the smaller box.
fn shared(a: &MmBox, b: &MmBox) -> f32 {
    let w = (a.x + a.w).min(b.x + b.w) - a.x.max(b.x);
    let h = (a.y + a.h).min(b.y + b.h) - a.y.max(b.y);
    let least = (a.w * a.h).min(b.w * b.h);
    if w <= 0.0 || h <= 0.0 || least <= 0.0 {
        0.0
    } else {
        w * h / least
    }
}

pub(super) fn is_key(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

pub(super) fn key_rule(name: &str) -> String {
    format!("{name} は英小文字で始め、英小文字・数字・「_」だけにしてください。")
}

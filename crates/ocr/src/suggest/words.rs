//! Print in and beside the cells: words that stand apart to be circled, the words that name a field, and what they
//! say about what is written there.

use shoki_core::form::{FieldType, MmBox};
use shoki_core::form_draft::Suggestion;
use shoki_core::reading::TextLine;

use super::cells::{Cell, Ruled};

/// Strokes nearer than this belong to one word, millimetres: about half a character.
const GAP_MM: f32 = 2.4;
/// Height of a printed choice, millimetres.
const HEIGHT_MM: std::ops::RangeInclusive<f32> = 2.0..=6.0;
/// Its width, millimetres: one to five characters.
const WIDTH_MM: std::ops::RangeInclusive<f32> = 2.0..=21.0;
/// Pixels at a cell's edge that belong to its lines.
const RIM: usize = 2;
/// Around an inner cell: its own lines, millimetres.
const FRAME_MM: f32 = 0.8;
/// Strokes of a text, not of choices.
const MOST_STROKES: usize = 160;
/// Share of the print's width that must be choices.
const LEAST_SHARE: f32 = 0.5;
/// Choices of one field are as high as each other, within this factor.
const LIKE: f32 = 1.45;
/// Farthest name at the left of a field, and above it, millimetres.
const BESIDE_MM: f32 = 70.0;
const ABOVE_MM: f32 = 8.0;
/// Longest name, characters.
const LONGEST: usize = 20;

/// What words in a field's name say about it; the first that fits.
const KINDS: [(&[&str], FieldType); 12] = [
    (&["フリガナ", "ふりがな", "カナ"], FieldType::Kana),
    (&["個人番号", "マイナンバー"], FieldType::IndividualNumber),
    (&["法人番号"], FieldType::CorporateNumber),
    (&["郵便番号", "〒"], FieldType::PostalCode),
    (&["口座番号"], FieldType::Account),
    (&["電話", "TEL", "連絡先"], FieldType::Phone),
    (&["年月日", "提出日", "期日"], FieldType::WarekiDate),
    (&["住所", "所在地", "居所"], FieldType::Address),
    (
        &["金額", "円", "合計", "所得", "収入", "税額", "料"],
        FieldType::Amount,
    ),
    (&["氏名", "名義人", "世帯主", "代表者", "担当者"], FieldType::Name),
    (&["番号", "コード", "人数", "年度"], FieldType::Number),
    (&["備考", "事項"], FieldType::FreeText),
];

/// Printed words of a cell that stand apart from each other, in reading order; empty when they are a text. Words in
/// a row with an inner cell belong to it.
pub(super) fn apart(ruled: &Ruled, cell: &Cell) -> Vec<MmBox> {
    let [left, top, right, bottom] = cell.pixels;
    let (left, top, right, bottom) = (left + RIM, top + RIM, right - RIM, bottom - RIM);
    let inner = |other: &&Cell| {
        let [x, y, to_x, to_y] = other.pixels;
        x > left && y > top && to_x < right && to_y < bottom
    };
    let inner: Vec<MmBox> = ruled
        .cells
        .iter()
        .filter(inner)
        .map(|cell| cell.area.grown(FRAME_MM))
        .collect();
    let mut inside = crate::bitmap::Bitmap::empty(right - left, bottom - top);
    for y in top..bottom {
        let row = &ruled.ink.data[y * ruled.ink.width..][left..right];
        inside.data[(y - top) * (right - left)..][..right - left].copy_from_slice(row);
    }
    let (_, strokes) = inside.components();
    let millimetres = |stroke: &crate::bitmap::Component| MmBox {
        x: (left + stroke.left) as f32 * ruled.scale[0],
        y: (top + stroke.top) as f32 * ruled.scale[1],
        w: (stroke.right - stroke.left) as f32 * ruled.scale[0],
        h: (stroke.bottom - stroke.top) as f32 * ruled.scale[1],
    };
    let is_inner = |stroke: &MmBox| inner.iter().any(|cell| overlaps(cell, stroke));
    let strokes = strokes.iter().filter(|stroke| stroke.area > 3).map(millimetres);
    let mut words: Vec<MmBox> = strokes.filter(|stroke| !is_inner(stroke)).collect();
    if words.len() > MOST_STROKES {
        return Vec::new();
    }
    while let Some((a, b)) = touching(&words) {
        let other = words.swap_remove(b);
        words[a] = super::around([words[a], other].into_iter());
    }
    let all: f32 = words.iter().map(|word| word.w).sum();
    words.retain(|word| HEIGHT_MM.contains(&word.h) && WIDTH_MM.contains(&word.w));
    words.retain(|word| {
        !inner
            .iter()
            .any(|cell| cell.y < word.y + word.h && word.y < cell.y + cell.h)
    });
    let kept: f32 = words.iter().map(|word| word.w).sum();
    if kept < LEAST_SHARE * all {
        return Vec::new();
    }
    let highest = words.iter().map(|word| word.h).fold(0.0, f32::max);
    words.retain(|word| word.h * LIKE >= highest);
    words.sort_by(|a, b| {
        (a.y / 4.0)
            .round()
            .total_cmp(&(b.y / 4.0).round())
            .then(a.x.total_cmp(&b.x))
    });
    words
}

fn overlaps(a: &MmBox, b: &MmBox) -> bool {
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

fn touching(words: &[MmBox]) -> Option<(usize, usize)> {
    let near = |a: &MmBox, b: &MmBox| {
        let across = a.x.max(b.x) - (a.x + a.w).min(b.x + b.w);
        let down = a.y.max(b.y) - (a.y + a.h).min(b.y + b.h);
        across < GAP_MM && down < 0.6
    };
    (0..words.len()).find_map(|a| {
        let other = (a + 1..words.len()).find(|&b| near(&words[a], &words[b]));
        other.map(|b| (a, b))
    })
}

/// Gives the suggestion the words printed beside it, and the kind that they speak of.
pub(super) fn name(
    suggestion: &mut Suggestion,
    lines: &[TextLine],
    ruled: &Ruled,
    page_mm: [f32; 2],
    (width, height): (u32, u32),
) {
    let scale = [
        page_mm[0] / width.max(1) as f32,
        page_mm[1] / height.max(1) as f32,
    ];
    let placed: Vec<(MmBox, &str)> = lines
        .iter()
        .map(|line| (box_of(line, scale), line.text.as_str()))
        .collect();
    for choice in &mut suggestion.choices {
        let is_circle = suggestion.kind == FieldType::Circle;
        if let Some(words) = words_of(&placed, choice.area, is_circle) {
            choice.value = words;
        }
    }
    distinct(suggestion);
    suggestion.label = beside(&placed, suggestion.area, ruled);
    let Some(label) = &suggestion.label else { return };
    if suggestion.choices.is_empty() {
        let says = |(words, _): &&(&[&str], FieldType)| words.iter().any(|word| label.contains(word));
        let kind = KINDS.iter().find(says).map(|(_, kind)| *kind);
        suggestion.kind = kind
            .filter(|kind| fits(*kind, suggestion.cells))
            .unwrap_or(suggestion.kind);
    }
}

/// Whether a kind may have so many character boxes.
fn fits(kind: FieldType, cells: Option<u32>) -> bool {
    let Some(cells) = cells else { return true };
    match kind {
        FieldType::IndividualNumber => cells == 12,
        FieldType::CorporateNumber => cells == 13,
        FieldType::PostalCode => cells == 7,
        FieldType::WarekiDate => (6..=7).contains(&cells),
        FieldType::Phone => (9..=13).contains(&cells),
        FieldType::Account => (4..=14).contains(&cells),
        FieldType::Number | FieldType::Amount => true,
        _ => false,
    }
}

/// Choices are told apart by their words.
fn distinct(suggestion: &mut Suggestion) {
    for place in 0..suggestion.choices.len() {
        let (before, rest) = suggestion.choices.split_at_mut(place);
        let value = &mut rest[0].value;
        if before.iter().any(|other| other.value == *value) {
            *value = format!("{value}{}", place + 1);
        }
    }
}

/// What is printed in a word's place, or at the right of a box to tick.
fn words_of(lines: &[(MmBox, &str)], area: MmBox, is_in: bool) -> Option<String> {
    let middle = area.y + area.h / 2.0;
    let level = lines
        .iter()
        .filter(|(line, _)| line.y < middle && middle < line.y + line.h);
    let found = if is_in {
        let centre = area.x + area.w / 2.0;
        level
            .filter(|(line, _)| line.x < centre && centre < line.x + line.w)
            .min_by(|a, b| a.0.w.total_cmp(&b.0.w))
    } else {
        let gap = |line: &MmBox| line.x + 1.5 - (area.x + area.w);
        let right = level.filter(|(line, _)| (0.0..8.0).contains(&gap(line)));
        right.min_by(|a, b| a.0.x.total_cmp(&b.0.x))
    };
    let (line, text) = found?;
    let text: String = text
        .trim_start_matches(['□', '☐', '口', ' '])
        .chars()
        .filter(|c| *c != '|')
        .collect();
    // A line that holds several choices names none of them.
    let is_one = !is_in || line.w < 1.7 * area.w;
    (is_one && !text.is_empty() && text.chars().count() <= LONGEST).then_some(text)
}

/// The nearest words at the left in the same row, else above; all lines of a caption's cell together.
fn beside(lines: &[(MmBox, &str)], area: MmBox, ruled: &Ruled) -> Option<String> {
    let middle = area.y + area.h / 2.0;
    let gap = |line: &MmBox| area.x - (line.x + line.w);
    let left = lines.iter().filter(|(line, _)| {
        let centre = line.y + line.h / 2.0;
        let is_level =
            (area.y..area.y + area.h).contains(&centre) || (line.y..line.y + line.h).contains(&middle);
        is_level && (-1.5..BESIDE_MM).contains(&gap(line))
    });
    let above = lines.iter().filter(|(line, _)| {
        let centre = line.x + line.w / 2.0;
        let up = area.y - (line.y + line.h);
        (-1.0..ABOVE_MM).contains(&up) && (area.x..area.x + area.w).contains(&centre)
    });
    let nearest = left
        .min_by(|a, b| gap(&a.0).total_cmp(&gap(&b.0)))
        .or_else(|| above.max_by(|a, b| a.0.y.total_cmp(&b.0.y)))?;
    let caption = ruled
        .cells
        .iter()
        .find(|cell| cell.is_shaded && holds(cell.area, nearest.0));
    let words: String = match caption {
        None => nearest.1.to_owned(),
        Some(cell) => {
            let mut inside: Vec<&(MmBox, &str)> =
                lines.iter().filter(|line| holds(cell.area, line.0)).collect();
            inside.sort_by(|a, b| a.0.y.total_cmp(&b.0.y));
            inside.iter().map(|line| line.1).collect()
        }
    };
    let words: String = words.split_whitespace().collect();
    (!words.is_empty()).then(|| words.chars().take(LONGEST).collect())
}

fn holds(outer: MmBox, inner: MmBox) -> bool {
    let (x, y) = (inner.x + inner.w / 2.0, inner.y + inner.h / 2.0);
    (outer.x..outer.x + outer.w).contains(&x) && (outer.y..outer.y + outer.h).contains(&y)
}

fn box_of(line: &TextLine, scale: [f32; 2]) -> MmBox {
    let xs = line.quad.iter().map(|corner| corner[0] * scale[0]);
    let ys = line.quad.iter().map(|corner| corner[1] * scale[1]);
    let (x, y) = (
        xs.clone().fold(f32::MAX, f32::min),
        ys.clone().fold(f32::MAX, f32::min),
    );
    MmBox {
        x,
        y,
        w: xs.fold(0.0, f32::max) - x,
        h: ys.fold(0.0, f32::max) - y,
    }
}

//! Boxes for the fields of a new form, suggested by the ruled lines of its blank page.
//!
//! Ruled lines part the page into regions. A region that is white, empty and rectangular is a place to write; equal
//! ones side by side are one row of character boxes; small squares are boxes to tick; words apart in a cell are
//! choices to circle. Promises: pure, the same page gives the same boxes in reading order; a shaded region is a
//! caption, never a field. It suggests: a person takes, moves or leaves each box.

mod cells;
mod words;

use image::GrayImage;
use shoki_core::form::{Choice, FieldType, MmBox};
use shoki_core::form_draft::Suggestion;
use shoki_core::reading::TextLine;

use cells::{Cell, Ruled};

/// A box to tick is a square of this edge, millimetres.
const TICK_MM: std::ops::RangeInclusive<f32> = 2.0..=6.5;
/// Kept around the boxes to tick of a field, as the shipped forms do, millimetres.
const TICK_RIM_MM: f32 = 2.0;
/// A character box is at most so wide, millimetres.
const CHARACTER_MM: f32 = 12.0;
/// Smallest place for a written text, millimetres.
const WRITTEN_MM: [f32; 2] = [8.0, 4.0];
/// Share of a cell's ink from which it holds print and is no empty place: a caption, a paragraph.
const PRINTED: f32 = 0.025;
/// Kept around a word that is circled, millimetres.
const CIRCLE_RIM_MM: f32 = 0.4;
/// Distance of neighbouring boxes, millimetres: a ruled line.
const RULE_MM: f32 = 1.0;

/// Boxes that a blank page (grey, upright) of `page_mm` millimetres suggests; `lines` is its print, read.
#[must_use]
pub fn suggest(page: &GrayImage, page_mm: [f32; 2], lines: &[TextLine]) -> Vec<Suggestion> {
    let ruled = Ruled::of(page, page_mm);
    let mut taken = vec![false; ruled.cells.len()];
    let mut found = rows(&ruled, &mut taken);
    found.extend(ticks(&ruled, &mut taken));
    found.extend(places(&ruled, &taken));
    found.sort_by(|a, b| {
        row_of(a)
            .total_cmp(&row_of(b))
            .then(a.area.x.total_cmp(&b.area.x))
    });
    for suggestion in &mut found {
        words::name(suggestion, lines, &ruled, page_mm, page.dimensions());
    }
    found
}

/// Fields whose tops differ by less than half a line are in one row.
fn row_of(suggestion: &Suggestion) -> f32 {
    (suggestion.area.y / 4.0).floor()
}

fn plain(area: MmBox, cells: Option<u32>) -> Suggestion {
    Suggestion {
        area,
        kind: if cells.is_some() {
            FieldType::Number
        } else {
            FieldType::FreeText
        },
        label: None,
        cells,
        choices: Vec::new(),
    }
}

/// Equal boxes side by side.
fn rows(ruled: &Ruled, taken: &mut [bool]) -> Vec<Suggestion> {
    let mut order: Vec<usize> = (0..ruled.cells.len())
        .filter(|&at| is_box(&ruled.cells[at]))
        .collect();
    order.sort_by(|&a, &b| ruled.cells[a].area.x.total_cmp(&ruled.cells[b].area.x));
    let mut found = Vec::new();
    for place in 0..order.len() {
        if taken[order[place]] {
            continue;
        }
        let mut row = vec![order[place]];
        for &next in &order[place + 1..] {
            let last = &ruled.cells[row[row.len() - 1]];
            if !taken[next] && follows(last, &ruled.cells[next]) {
                row.push(next);
            }
        }
        if row.len() >= 2 {
            for &member in &row {
                taken[member] = true;
            }
            let area = around(row.iter().map(|&member| ruled.cells[member].area));
            found.push(plain(area, u32::try_from(row.len()).ok()));
        }
    }
    found
}

fn is_box(cell: &Cell) -> bool {
    cell.is_whole && !cell.is_shaded && cell.ink < 4.0 * PRINTED && cell.area.w <= CHARACTER_MM
}

fn follows(last: &Cell, next: &Cell) -> bool {
    let (a, b) = (last.area, next.area);
    let gap = b.x - (a.x + a.w);
    let ratio = b.w / a.w;
    (-0.2..=RULE_MM).contains(&gap)
        && (0.7..=1.4).contains(&ratio)
        && (a.y - b.y).abs() <= RULE_MM
        && (a.h - b.h).abs() <= RULE_MM
}

fn is_tick(cell: &Cell) -> bool {
    let MmBox { w, h, .. } = cell.area;
    let is_square = TICK_MM.contains(&w) && TICK_MM.contains(&h) && (0.75..=1.34).contains(&(w / h));
    is_square && cell.is_whole && !cell.is_shaded && cell.ink <= PRINTED
}

/// Small squares, those of one cell together.
fn ticks(ruled: &Ruled, taken: &mut [bool]) -> Vec<Suggestion> {
    let mut groups: Vec<(Option<usize>, Vec<usize>)> = Vec::new();
    for (at, cell) in ruled.cells.iter().enumerate() {
        if taken[at] || !is_tick(cell) {
            continue;
        }
        let home = ruled.home_of(at);
        match groups
            .iter_mut()
            .find(|(place, _)| *place == home && home.is_some())
        {
            Some((_, group)) => group.push(at),
            None => groups.push((home, vec![at])),
        }
    }
    let mut found = Vec::new();
    for (home, mut group) in groups {
        // A square that stands in no cell is a character of a heading more often than a box.
        let Some(home) = home.map(|home| ruled.cells[home].area) else {
            continue;
        };
        group.sort_by(|&a, &b| {
            let (a, b) = (ruled.cells[a].area, ruled.cells[b].area);
            (a.y / 3.0)
                .round()
                .total_cmp(&(b.y / 3.0).round())
                .then(a.x.total_cmp(&b.x))
        });
        for &member in &group {
            taken[member] = true;
        }
        let areas = group.iter().map(|&member| ruled.cells[member].area);
        let whole = around(areas.clone()).grown(TICK_RIM_MM);
        found.push(Suggestion {
            kind: FieldType::Check,
            choices: numbered(areas),
            ..plain(within(whole, home), None)
        });
    }
    found
}

/// White cells: empty ones are places to write, those with words apart are choices to circle.
fn places(ruled: &Ruled, taken: &[bool]) -> Vec<Suggestion> {
    let mut found = Vec::new();
    let homes: Vec<usize> = (0..taken.len())
        .filter(|&at| taken[at])
        .filter_map(|at| ruled.home_of(at))
        .collect();
    let ticked: Vec<usize> = (0..taken.len())
        .filter(|&at| taken[at] && is_tick(&ruled.cells[at]))
        .filter_map(|at| ruled.home_of(at))
        .collect();
    for (at, cell) in ruled.cells.iter().enumerate() {
        let MmBox { w, h, .. } = cell.area;
        let is_home = homes.contains(&at);
        if taken[at]
            || cell.is_shaded
            || w < WRITTEN_MM[0]
            || h < WRITTEN_MM[1]
            || ticked.contains(&at)
            || !(cell.is_whole || is_home)
        {
            continue;
        }
        let circled = words::apart(ruled, cell);
        if circled.len() >= 2 {
            let areas = circled.iter().map(|word| word.grown(CIRCLE_RIM_MM));
            found.push(Suggestion {
                kind: FieldType::Circle,
                choices: numbered(areas.clone()),
                ..plain(within(around(areas).grown(CIRCLE_RIM_MM), cell.area), None)
            });
        } else if cell.ink < PRINTED && !is_home {
            found.push(plain(rounded(cell.area), None));
        }
    }
    found.extend(ruled.underlines.iter().map(|line| plain(rounded(*line), None)));
    found
}

fn numbered(areas: impl Iterator<Item = MmBox>) -> Vec<Choice> {
    let choice = |(place, area): (usize, MmBox)| Choice {
        value: format!("選択肢{}", place + 1),
        area: rounded(area),
    };
    areas.enumerate().map(choice).collect()
}

fn around(areas: impl Iterator<Item = MmBox>) -> MmBox {
    let join = |a: MmBox, b: MmBox| {
        let (x, y) = (a.x.min(b.x), a.y.min(b.y));
        let (right, bottom) = ((a.x + a.w).max(b.x + b.w), (a.y + a.h).max(b.y + b.h));
        MmBox {
            x,
            y,
            w: right - x,
            h: bottom - y,
        }
    };
    areas.reduce(join).map_or(MmBox::from([0.0; 4]), rounded)
}

fn within(inner: MmBox, outer: MmBox) -> MmBox {
    let (x, y) = (inner.x.max(outer.x), inner.y.max(outer.y));
    let right = (inner.x + inner.w).min(outer.x + outer.w);
    let bottom = (inner.y + inner.h).min(outer.y + outer.h);
    rounded(MmBox {
        x,
        y,
        w: right - x,
        h: bottom - y,
    })
}

/// To a tenth of a millimetre, as people write them.
fn rounded(area: MmBox) -> MmBox {
    let tenth = |value: f32| (value * 10.0).round() / 10.0;
    MmBox {
        x: tenth(area.x),
        y: tenth(area.y),
        w: tenth(area.w),
        h: tenth(area.h),
    }
}

#[cfg(test)]
mod tests;

//! A form's print outside of its fields, square by square, and where a page lacks it.
//!
//! Writing, stamps and dust add ink; they take none away. So a printed character that is another one on the page
//! (the year in a title) shows by print that is missing in one small square, whatever else is there. A punch takes
//! paper away: where files are punched nothing is looked at.

use crate::crop::PixelBox;
use crate::geometry::Homography;
use crate::plane::Plane;
use crate::window::{Area, SIDE, Window};

/// Distance of windows, pixels at ½ size: they overlap, so a character is whole in one of them.
const STEP: usize = 12;
/// Kept around a field, pixels at ½ size (1 mm): writing runs over.
const MARGIN: i32 = 4;
/// Share of a window that may lie in fields.
const MOST_FIELD: f32 = 0.15;
/// Pixels of a millimetre at ½ size (100 dpi).
const PER_MM: f32 = 100.0 / 25.4;
/// Holes for a file (ISO 838): millimetres from an edge, and from the middle of that edge.
const HOLE: (f32, f32) = (12.0, 40.0);
/// How far around there a hole may be: its own 3 mm, and as much as people are off.
const HOLE_REACH_MM: f32 = 7.0;
/// Correlation with which a window is there and no better place is looked for.
const THERE: f32 = 0.85;
/// Correlation below which a square may be other print; stamps and writing do that too, …
const LEAST_LIKENESS: f32 = 0.66;
/// … but take away no ink: share of the square's print that is not on the page.
const LEAST_MISSING: f32 = 0.12;

/// The print of a form outside of its fields.
#[derive(Clone, Debug)]
pub(crate) struct Print(Vec<Window>);

impl Print {
    /// Of a blank page's ink at ½ size, without `fields` (full-size pixels) and without the places of holes.
    pub(crate) fn of(half: &Plane, fields: &[PixelBox]) -> Self {
        let mut is_field = field_mask(half, fields);
        mask_holes(&mut is_field, half.width, half.height);
        let share = |x: usize, y: usize| {
            let rows = (y..y + SIDE).map(|row| &is_field[row * half.width + x..][..SIDE]);
            let inside = rows
                .map(|row| row.iter().filter(|&&field| field).count())
                .sum::<usize>();
            inside as f32 / (SIDE * SIDE) as f32
        };
        let last = |edge: usize| edge.saturating_sub(SIDE + STEP);
        let mut windows = Vec::new();
        for y in (STEP..last(half.height)).step_by(STEP) {
            for x in (STEP..last(half.width)).step_by(STEP) {
                if share(x, y) <= MOST_FIELD {
                    windows.extend(Window::of(&Area::of(half, &Homography::IDENTITY, (x, y)), (x, y)));
                }
            }
        }
        Self(windows)
    }

    /// Whether some square of it is other print on `page` (ink at ½ size) under `map`: unlike, and not only
    /// because something lies over it.
    pub(crate) fn is_other(&self, page: &Plane, map: &Homography) -> bool {
        self.0.iter().any(|window| {
            let fit = window.fit(&Area::of(page, map, window.place()), THERE);
            fit.likeness < LEAST_LIKENESS && fit.missing >= LEAST_MISSING
        })
    }
}

fn field_mask(half: &Plane, fields: &[PixelBox]) -> Vec<bool> {
    let mut mask = vec![false; half.width * half.height];
    for area in fields {
        let reach = |from: i32, length: usize, edge: usize| {
            let length = i32::try_from(length).unwrap_or(i32::MAX / 2);
            let low = (from / 2 - MARGIN).max(0);
            let high = ((from + length) / 2 + MARGIN).max(0);
            low as usize..(high as usize).min(edge)
        };
        let (columns, rows) = (
            reach(area.x, area.width, half.width),
            reach(area.y, area.height, half.height),
        );
        for y in rows {
            if columns.start < columns.end {
                mask[y * half.width..][columns.clone()].fill(true);
            }
        }
    }
    mask
}

/// Marks where a sheet may be punched, at each of its four edges: nobody knows which way it was filed.
fn mask_holes(mask: &mut [bool], width: usize, height: usize) {
    let (inward, aside) = (HOLE.0 * PER_MM, HOLE.1 * PER_MM);
    let (wide, high) = (width as f32, height as f32);
    let mut holes = Vec::new();
    for along in [-aside, aside] {
        holes.extend([inward, wide - inward].map(|x| [x, high / 2.0 + along]));
        holes.extend([inward, high - inward].map(|y| [wide / 2.0 + along, y]));
    }
    let reach = HOLE_REACH_MM * PER_MM;
    for [x, y] in holes {
        let around = |middle: f32, edge: usize| {
            let (low, high) = ((middle - reach).max(0.0), (middle + reach).max(0.0));
            low as usize..(high as usize + 1).min(edge)
        };
        for row in around(y, height) {
            for column in around(x, width) {
                let is_within = (column as f32 - x).hypot(row as f32 - y) <= reach;
                mask[row * width + column] |= is_within;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An A4 sheet at 100 dpi with a patch of print at each place, and without it where `lost` lies.
    fn sheet(places: &[[usize; 2]], lost: Option<[usize; 2]>) -> Plane {
        let mut plane = Plane::filled(827, 1169, 0.0);
        for &[x, y] in places {
            for (row, column) in (0..40).flat_map(|row| (0..40).map(move |column| (row, column))) {
                let is_lost = lost == Some([x, y]) && (10..30).contains(&row) && (10..30).contains(&column);
                let is_ink = (row * 7 / 3 + column * 5 / 3) % 9 < 3 && row % 8 < 6;
                plane.data[(y + row) * 827 + x + column] = if is_ink && !is_lost { 220.0 } else { 0.0 };
            }
        }
        plane
    }

    #[test]
    fn a_hole_for_a_file_is_no_other_print_and_the_same_loss_elsewhere_is() {
        // Around the upper hole of the left edge (12 mm, 108.5 mm), and in the middle of the page.
        let places = [[27, 407], [400, 600]];
        let print = Print::of(&sheet(&places, None), &[]);
        let is_other = |lost| print.is_other(&sheet(&places, lost), &Homography::IDENTITY);
        assert!(!is_other(None));
        assert!(!is_other(Some(places[0])));
        assert!(is_other(Some(places[1])));
    }
}

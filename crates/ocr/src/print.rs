//! A form's print outside of its fields, square by square, and where a page lacks it.
//!
//! Writing, stamps and dust add ink; they take none away. So a printed character that is another one on the page
//! (the year in a title) shows by print that is missing in one small square, whatever else is there.

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
    /// Of a blank page's ink at ½ size, without `fields` (full-size pixels).
    pub(crate) fn of(half: &Plane, fields: &[PixelBox]) -> Self {
        let is_field = field_mask(half, fields);
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

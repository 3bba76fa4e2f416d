//! The coarse picture of a sheet by which the likeliest forms are looked at first.
//!
//! Three channels at 1/32 size (4 mm a cell), the sheet's skew taken out: all ink, ruled lines across, ruled
//! lines down. Two signatures are compared in 25 places, a few thousand multiplications each.
//! Promise: it only orders; what it ranks low is looked at later, never left out. Must never decide a form.

use crate::geometry::Homography;
use crate::plane::Plane;

/// Pixels at ⅛ size along a cell's edge.
const CELL: usize = 4;
/// How far two signatures are moved against each other, cells: 8 mm.
const REACH: i32 = 2;
/// Steepest skew looked for, degrees: what registration believes.
const MOST_SKEW: f64 = 6.0;
/// Ink (0–255) at ⅛ size that takes part.
const FAINTEST: f32 = 24.0;
/// Length of a ruled line that answers, pixels at ⅛ size (15 mm): longer than a stroke of writing.
const RULE: usize = 7;

/// The coarse picture.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    /// All ink, lines across, lines down: each of mean 0 and norm 1.
    channels: [Plane; 3],
    /// Angle of the sheet's print, radians; taken out of the channels.
    skew: f64,
    /// Size of the sheet at ⅛.
    sheet: (usize, usize),
}

/// How alike two signatures are and where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Likeness {
    /// −1–1.
    pub(crate) score: f32,
    /// Where the form lies on the page, cells from centred.
    shift: (i32, i32),
}

impl Signature {
    /// Of a sheet's ink at ⅛ size.
    pub(crate) fn of(eighth: &Plane) -> Self {
        let skew = skew(eighth);
        let across = ruled(eighth);
        let down = ruled(&eighth.turned(1)).turned(3);
        let channels = [eighth, &across, &down].map(|plane| normalised(cells(plane, skew)));
        Self {
            channels,
            skew,
            sheet: (eighth.width, eighth.height),
        }
    }

    /// Of the sheet turned clockwise by `turns` quarter turns.
    pub(crate) fn turned(&self, turns: u8) -> Self {
        let [ink, across, down] = self.channels.each_ref().map(|plane| plane.turned(turns));
        let is_odd = turns % 2 == 1;
        let (width, height) = self.sheet;
        Self {
            channels: if is_odd {
                [ink, down, across]
            } else {
                [ink, across, down]
            },
            skew: self.skew,
            sheet: if is_odd { (height, width) } else { (width, height) },
        }
    }

    /// How well `form` lies on this page at its best place.
    pub(crate) fn likeness(&self, form: &Self) -> Likeness {
        let mut best = Likeness {
            score: -1.0,
            shift: (0, 0),
        };
        for down in -REACH..=REACH {
            for right in -REACH..=REACH {
                let pairs = self.channels.iter().zip(&form.channels);
                let score = pairs
                    .map(|(page, form)| product(page, form, (right, down)))
                    .sum::<f32>()
                    / 3.0;
                if score > best.score {
                    best = Likeness {
                        score,
                        shift: (right, down),
                    };
                }
            }
        }
        best
    }

    /// Where a likeness puts the form on this page: form → page at ⅛ size.
    pub(crate) fn place(&self, form: &Self, likeness: Likeness) -> Homography {
        let angle = self.skew - form.skew;
        let centre = |(width, height): (usize, usize)| [width, height].map(|edge| (edge as f64 - 1.0) / 2.0);
        let turned = Homography::similarity(1.0, angle, [0.0, 0.0]);
        let (page, [x, y]) = (centre(self.sheet), turned.apply(centre(form.sheet)));
        let moved = |cells: i32| f64::from(cells) * CELL as f64;
        let shift = [
            page[0] - x + moved(likeness.shift.0),
            page[1] - y + moved(likeness.shift.1),
        ];
        Homography::similarity(1.0, angle, shift)
    }
}

/// The angle at which print falls into the sharpest rows and columns (Postl 1986), radians.
fn skew(eighth: &Plane) -> f64 {
    let (cx, cy) = (eighth.width as f64 / 2.0, eighth.height as f64 / 2.0);
    let mut dots: Vec<[f32; 3]> = Vec::new();
    for y in 0..eighth.height {
        for (x, &ink) in eighth.row(y).iter().enumerate() {
            if ink >= 2.0 * FAINTEST {
                dots.push([(x as f64 - cx) as f32, (y as f64 - cy) as f32, ink]);
            }
        }
    }
    let bins = eighth.width + eighth.height;
    let sharpness = |degrees: f64| -> f64 {
        let slope = degrees.to_radians().tan() as f32;
        let (mut rows, mut columns) = (vec![0.0_f32; bins], vec![0.0_f32; bins]);
        let middle = bins as f32 / 2.0;
        for [x, y, ink] in &dots {
            let row = (y - x * slope + middle) as usize;
            let column = (x + y * slope + middle) as usize;
            if let (Some(row), Some(column)) = (rows.get_mut(row), columns.get_mut(column)) {
                *row += ink;
                *column += ink;
            }
        }
        let energy = |sums: &[f32]| sums.iter().map(|&sum| f64::from(sum).powi(2)).sum::<f64>();
        energy(&rows) + energy(&columns)
    };
    let sharpest = |angles: &mut dyn Iterator<Item = f64>| {
        angles
            .map(|angle| (sharpness(angle), angle))
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .map_or(0.0, |(_, angle)| angle)
    };
    let steps = (MOST_SKEW * 2.0) as i32;
    let rough = sharpest(&mut (-steps..=steps).map(|step| f64::from(step) / 2.0));
    sharpest(&mut (-3..=3).map(|step| rough + f64::from(step) / 8.0)).to_radians()
}

/// Where ink runs along a row, and the rows around it have less.
fn ruled(plane: &Plane) -> Plane {
    let mut along = Plane::filled(plane.width, plane.height, 0.0);
    for y in 0..plane.height {
        let row = plane.row(y);
        let mut sum: f32 = row.iter().take(RULE).sum();
        for x in 0..plane.width {
            sum += row.get(x + RULE).copied().unwrap_or(0.0);
            along.data[y * plane.width + x] = sum / (2 * RULE + 1) as f32;
            if x >= RULE {
                sum -= row[x - RULE];
            }
        }
    }
    let mut out = Plane::filled(plane.width, plane.height, 0.0);
    for y in 2..plane.height.saturating_sub(2) {
        let (above, here, below) = (along.row(y - 2), along.row(y), along.row(y + 2));
        for x in 0..plane.width {
            out.data[y * plane.width + x] = (here[x] - above[x].max(below[x])).max(0.0);
        }
    }
    out
}

/// Ink gathered into cells around the sheet's centre, turned back by `skew`; an even number of cells each way.
fn cells(plane: &Plane, skew: f64) -> Plane {
    let even = |edge: usize| (edge / CELL + 4) / 2 * 2;
    let mut out = Plane::filled(even(plane.width), even(plane.height), 0.0);
    let (sin, cos) = (skew.sin() as f32, skew.cos() as f32);
    let middle = |edge: usize| (edge as f32 - 1.0) / 2.0;
    let (cx, cy) = (middle(plane.width), middle(plane.height));
    let (ox, oy) = (middle(out.width), middle(out.height));
    for y in 0..plane.height {
        let dy = y as f32 - cy;
        for (x, &ink) in plane.row(y).iter().enumerate() {
            if ink < FAINTEST {
                continue;
            }
            let dx = x as f32 - cx;
            let u = (cos * dx + sin * dy) / CELL as f32 + ox;
            let v = (cos * dy - sin * dx) / CELL as f32 + oy;
            let (left, top) = (u.floor(), v.floor());
            let (right, low) = (u - left, v - top);
            let shares = [
                (0, 0, (1.0 - right) * (1.0 - low)),
                (1, 0, right * (1.0 - low)),
                (0, 1, (1.0 - right) * low),
                (1, 1, right * low),
            ];
            for (across, down, share) in shares {
                let (column, row) = (left as i64 + across, top as i64 + down);
                if let (Ok(column), Ok(row)) = (usize::try_from(column), usize::try_from(row))
                    && column < out.width
                    && row < out.height
                {
                    out.data[row * out.width + column] += ink * share;
                }
            }
        }
    }
    out
}

/// Square roots (a heavy rule is no stronger proof than a thin one), smoothed; mean 0, norm 1.
fn normalised(mut cells: Plane) -> Plane {
    for value in &mut cells.data {
        *value = value.sqrt();
    }
    let mut cells = cells.blurred(1);
    let mean = cells.data.iter().sum::<f32>() / cells.data.len() as f32;
    let norm = cells
        .data
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f32>()
        .sqrt();
    for value in &mut cells.data {
        *value = (*value - mean) / norm.max(1e-3);
    }
    cells
}

/// Sum of products where both lie, `form` centred on `page` and moved by `shift`.
fn product(page: &Plane, form: &Plane, shift: (i32, i32)) -> f32 {
    let start = |page: usize, form: usize, by: i32| {
        // Both are even, so the middle cells meet.
        let offset = (page as i32 - form as i32) / 2 + by;
        let from = offset.max(0);
        let until = (offset + form as i32).min(page as i32).max(from);
        (from as usize, (from - offset) as usize, (until - from) as usize)
    };
    let (px, fx, across) = start(page.width, form.width, shift.0);
    let (py, fy, down) = start(page.height, form.height, shift.1);
    (0..down)
        .map(|row| {
            let page = &page.row(py + row)[px..px + across];
            let form = &form.row(fy + row)[fx..fx + across];
            dot(page, form)
        })
        .sum()
}

/// Eight sums side by side, so that the compiler may use vector registers.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sheet with ruled tables, turned by `degrees` about its middle and moved.
    fn sheet(rows: &[usize], degrees: f64, shift: (f64, f64)) -> Plane {
        let mut plane = Plane::filled(206, 292, 0.0);
        let (sin, cos) = degrees.to_radians().sin_cos();
        let inked = |x: f64, y: f64| {
            let is_inside = (20.0..186.0).contains(&x) && (20.0..270.0).contains(&y);
            let is_across = rows
                .iter()
                .any(|&row| (row as f64 - 0.6..row as f64 + 0.6).contains(&y));
            let is_down = [20.5, 60.0, 150.0, 185.0]
                .iter()
                .any(|column| (x - column).abs() < 0.6);
            is_inside && (is_across || is_down)
        };
        for y in 0..292 {
            for x in 0..206 {
                let (dx, dy) = (x as f64 - 102.5 - shift.0, y as f64 - 145.5 - shift.1);
                let (u, v) = (cos * dx + sin * dy + 102.5, cos * dy - sin * dx + 145.5);
                if inked(u, v) {
                    plane.data[y * 206 + x] = 120.0;
                }
            }
        }
        plane
    }

    const ROWS: [usize; 6] = [30, 42, 54, 120, 190, 260];

    #[test]
    fn a_skewed_and_moved_sheet_is_most_like_its_own_form_and_placed_there() {
        let form = Signature::of(&sheet(&ROWS, 0.0, (0.0, 0.0)));
        let other = Signature::of(&sheet(&[30, 48, 70, 110, 150, 230], 0.0, (0.0, 0.0)));
        for (degrees, shift) in [(2.5, (3.0, -4.0)), (-3.0, (-5.0, 6.0)), (0.0, (0.0, 0.0))] {
            let page = Signature::of(&sheet(&ROWS, degrees, shift));
            assert!(
                (page.skew.to_degrees() - degrees).abs() < 0.3,
                "{}",
                page.skew.to_degrees()
            );
            let own = page.likeness(&form);
            assert!(
                own.score > 0.8 && own.score > page.likeness(&other).score + 0.2,
                "{own:?}"
            );
            let [x, y] = page.place(&form, own).apply([102.5, 145.5]);
            assert!(
                (x - 102.5 - shift.0).abs() < 4.0 && (y - 145.5 - shift.1).abs() < 4.0,
                "{x} {y}"
            );
        }
    }

    #[test]
    fn a_turned_sheet_has_the_turned_signature() {
        let plane = sheet(&ROWS, 1.0, (2.0, 1.0));
        let upright = Signature::of(&plane);
        for turns in 0..4 {
            let turned = Signature::of(&plane.turned(turns)).turned(4 - turns);
            let likeness = upright.likeness(&turned);
            assert!(likeness.score > 0.98, "{turns} turns: {likeness:?}");
        }
    }
}

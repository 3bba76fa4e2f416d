//! What registration knows of a form: distinctive printed patches at three levels, and printed ink
//! as points by which a match is proven.
//!
//! Patches are the strongest corners of a grid (Shi–Tomasi), preferred when they are unlike their own
//! surroundings: the corners of a row of equal boxes all look alike and vote for wrong shifts.

use crate::geometry::Homography;
use crate::ncc::Patch;
use crate::plane::{InkLevels, Plane};

/// Patches of one form and its ink.
#[derive(Clone, Debug)]
pub(crate) struct Marks {
    /// Template size at ⅛, pixels.
    pub(crate) eighth_size: (usize, usize),
    /// Patches at ⅛ size.
    pub(crate) eighth: Vec<Patch>,
    /// Patches at ¼ size.
    pub(crate) quarter: Vec<Patch>,
    /// Patches at ½ size.
    pub(crate) half: Vec<Patch>,
    /// Printed ink at ½ size.
    ink: Vec<InkPoint>,
}

#[derive(Clone, Copy, Debug)]
struct InkPoint {
    x: f32,
    y: f32,
    /// Least ink on the page that counts as this point being there.
    least: f32,
    tile: usize,
}

/// How much of a form's printed ink a page really shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Evidence {
    /// Share of printed points found on the page.
    pub(crate) found: f32,
    /// Share found when the form is laid on shifted: what chance gives on this page.
    pub(crate) by_chance: f32,
    /// Share of the form's tiles in which less than half is found.
    pub(crate) missing_tiles: f32,
}

const TILES_ACROSS: usize = 6;
const TILES_DOWN: usize = 9;
/// Points per tile that make it count.
const TILE_POINTS: usize = 25;

impl Marks {
    /// Of a blank page; `Err` says what it lacks.
    pub(crate) fn of(levels: &InkLevels) -> Result<Self, String> {
        let eighth = patches::<32>(&levels.eighth, 24, (5, 8), 36);
        let quarter = patches::<16>(&levels.quarter, 32, (7, 11), 60);
        let half = patches::<8>(&levels.half, 48, (8, 14), 90);
        let ink = ink_points(&levels.half);
        if eighth.len() < 8 || quarter.len() < 12 || half.len() < 16 || ink.len() < 400 {
            return Err(format!(
                "too little is printed on it to find it again ({} marks)",
                half.len()
            ));
        }
        Ok(Self {
            eighth_size: (levels.eighth.width, levels.eighth.height),
            eighth,
            quarter,
            half,
            ink,
        })
    }

    /// How much of the print `page` (ink at ½ size) shows under `map` (template → page, ½ size).
    pub(crate) fn evidence(&self, page: &Plane, map: &Homography) -> Evidence {
        let mut tiles = [[0_usize; 2]; TILES_ACROSS * TILES_DOWN];
        for point in &self.ink {
            let there = is_there(page, map, point, (0, 0));
            tiles[point.tile][0] += 1;
            tiles[point.tile][1] += usize::from(there);
        }
        let found: usize = tiles.iter().map(|tile| tile[1]).sum();
        let counted: Vec<_> = tiles.iter().filter(|tile| tile[0] >= TILE_POINTS).collect();
        let missing = counted.iter().filter(|tile| tile[1] * 2 < tile[0]).count();
        let shifts = [(11, 7), (-9, 13), (-13, -8), (8, -11)];
        let sample = self.ink.iter().step_by(4);
        let tries = sample.clone().count() * shifts.len();
        let chance: usize = sample
            .map(|point| {
                shifts
                    .iter()
                    .filter(|&&by| is_there(page, map, point, by))
                    .count()
            })
            .sum();
        Evidence {
            found: share(found, self.ink.len()),
            by_chance: share(chance, tries),
            missing_tiles: share(missing, counted.len()),
        }
    }
}

fn share(part: usize, whole: usize) -> f32 {
    part as f32 / whole.max(1) as f32
}

fn is_there(page: &Plane, map: &Homography, point: &InkPoint, shift: (i64, i64)) -> bool {
    let [x, y] = map.apply([f64::from(point.x), f64::from(point.y)]);
    let (x, y) = (x.round() as i64 + shift.0, y.round() as i64 + shift.1);
    (-1..=1).any(|dy| (-1..=1).any(|dx| page.at(x + dx, y + dy) >= point.least))
}

fn ink_points(half: &Plane) -> Vec<InkPoint> {
    let mut all = Vec::new();
    for y in 2..half.height.saturating_sub(2) {
        for (x, &value) in half.row(y).iter().enumerate() {
            if value >= 70.0 {
                let tile = (y * TILES_DOWN / half.height) * TILES_ACROSS + x * TILES_ACROSS / half.width;
                all.push(InkPoint {
                    x: x as f32,
                    y: y as f32,
                    least: (value * 0.35).max(28.0),
                    tile,
                });
            }
        }
    }
    let step = (all.len() / 5000).max(1);
    // A stride coprime to most widths spreads the sample over rows and columns.
    all.into_iter().step_by(step).collect()
}

/// Up to `most` patches of `size` from a grid of `cells` (across, down) per page.
fn patches<const N: usize>(plane: &Plane, size: usize, cells: (usize, usize), most: usize) -> Vec<Patch> {
    let corners = corner_strength(plane);
    let margin = size / 2;
    let mut found: Vec<(f32, Patch)> = Vec::new();
    for row in 0..cells.1 {
        for column in 0..cells.0 {
            let xs = (column * plane.width / cells.0).max(margin)
                ..((column + 1) * plane.width / cells.0).min(plane.width.saturating_sub(margin));
            let ys = (row * plane.height / cells.1).max(margin)
                ..((row + 1) * plane.height / cells.1).min(plane.height.saturating_sub(margin));
            found.extend(best_of_cell::<N>(plane, &corners, xs, ys, size));
        }
    }
    found.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    found.truncate(most);
    found.into_iter().map(|(_, patch)| patch).collect()
}

/// Of the five strongest corners of a cell, the one least like its surroundings.
fn best_of_cell<const N: usize>(
    plane: &Plane,
    corners: &Plane,
    xs: std::ops::Range<usize>,
    ys: std::ops::Range<usize>,
    size: usize,
) -> Option<(f32, Patch)> {
    let mut strongest: Vec<(f32, usize, usize)> = Vec::new();
    for y in ys {
        for x in xs.clone() {
            let strength = corners.data[y * corners.width + x];
            let near = strongest
                .iter()
                .position(|&(_, sx, sy)| sx.abs_diff(x) < 5 && sy.abs_diff(y) < 5);
            match near {
                Some(index) if strongest[index].0 < strength => strongest[index] = (strength, x, y),
                Some(_) => {}
                None if strength > 100.0 => strongest.push((strength, x, y)),
                None => {}
            }
        }
    }
    strongest.sort_by(|a, b| b.0.total_cmp(&a.0));
    strongest
        .into_iter()
        .take(5)
        .filter_map(|(_, x, y)| {
            let (x, y) = (i32::try_from(x).ok()?, i32::try_from(y).ok()?);
            let patch = Patch::cut(plane, x, y, size)?;
            let alone = 1.0 - patch.search::<N>(plane, x, y).rival;
            Some((alone, patch))
        })
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
}

/// Smaller eigenvalue of the structure tensor over 7×7 pixels, square-rooted (grey levels).
fn corner_strength(plane: &Plane) -> Plane {
    let (width, height) = (plane.width, plane.height);
    let mut products = [(); 3].map(|()| Plane::filled(width, height, 0.0));
    for y in 1..height.saturating_sub(1) {
        let (above, row, below) = (plane.row(y - 1), plane.row(y), plane.row(y + 1));
        for x in 1..width - 1 {
            let (gx, gy) = (row[x + 1] - row[x - 1], below[x] - above[x]);
            let at = y * width + x;
            products[0].data[at] = gx * gx;
            products[1].data[at] = gx * gy;
            products[2].data[at] = gy * gy;
        }
    }
    let [xx, xy, yy] = products.map(|product| product.blurred(3));
    let mut out = Plane::filled(width, height, 0.0);
    for (at, value) in out.data.iter_mut().enumerate() {
        let (a, b, c) = (xx.data[at], xy.data[at], yy.data[at]);
        *value = ((a + c - (a - c).hypot(2.0 * b)) * 0.5).max(0.0);
    }
    out
}

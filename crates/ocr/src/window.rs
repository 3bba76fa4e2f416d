//! Small squares of print, compared with a page where they must lie.
//!
//! A square is 16 pixels at ½ size (4 mm: a printed character or two); the page is sampled into the form's own
//! pixels around it, so skew is gone, and a square may lie two pixels off its place (uneven feeding).

use crate::geometry::Homography;
use crate::plane::Plane;

/// Edge of a window, pixels at ½ size.
pub(crate) const SIDE: usize = 16;
/// How far a window may be off its place, pixels.
const REACH: usize = 2;
/// Edge of the sampled area.
const AREA: usize = SIDE + 2 * REACH;
/// Norm of the deviation from the mean below which there is no print to compare: a few dark pixels.
const FLAT: f32 = 400.0;
/// Ink (0–255) of firm print.
const FIRM: u8 = 90;
/// Firm pixels below which nothing is said to be missing.
const LEAST_FIRM: u32 = 16;
/// Share of a printed pixel's ink, by the strength of the scan there, with which it is there.
const THERE: f32 = 0.45;

/// A square of print.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    /// Left column in the form, ½ size.
    x: u16,
    /// Top row.
    y: u16,
    /// Ink.
    ink: Box<[u8; SIDE * SIDE]>,
    mean: f32,
    norm: f32,
}

/// A page around the place of a window, in the form's pixels.
pub(crate) struct Area([f32; AREA * AREA]);

/// How a window lies on a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fit {
    /// Correlation at the best place, −1–1.
    pub(crate) likeness: f32,
    /// Share of its firm print that the page lacks there, however faint the scan is; 0 where it has little.
    pub(crate) missing: f32,
}

impl Area {
    /// `page` (ink at ½ size) around the window at (`x`, `y`) under `map` (form → page, ½ size).
    pub(crate) fn of(page: &Plane, map: &Homography, (x, y): (usize, usize)) -> Self {
        // Over 5 mm the map is a plane: its corner and two edges say all.
        let corner = [x as f64 - REACH as f64, y as f64 - REACH as f64];
        let edge = AREA as f64;
        let [ox, oy] = map.apply(corner);
        let [rx, ry] = map.apply([corner[0] + edge, corner[1]]);
        let [dx, dy] = map.apply([corner[0], corner[1] + edge]);
        let right = [((rx - ox) / edge) as f32, ((ry - oy) / edge) as f32];
        let down = [((dx - ox) / edge) as f32, ((dy - oy) / edge) as f32];
        let (ox, oy) = (ox as f32, oy as f32);
        let mut values = [0.0; AREA * AREA];
        let reach = (AREA + 2) as f32;
        let is_inside = |at: f32, edge: usize| at >= reach && at + 2.0 * reach < edge as f32;
        if is_inside(ox, page.width) && is_inside(oy, page.height) {
            fill(&mut values, page, [ox, oy], right, down);
            return Self(values);
        }
        for (row, line) in values.chunks_exact_mut(AREA).enumerate() {
            for (column, value) in line.iter_mut().enumerate() {
                let (across, along) = (column as f32, row as f32);
                let u = ox + right[0] * across + down[0] * along;
                let v = oy + right[1] * across + down[1] * along;
                *value = sample(page, u, v);
            }
        }
        Self(values)
    }
}

/// As [`sample`] everywhere, where no pixel lies outside.
fn fill(values: &mut [f32; AREA * AREA], page: &Plane, corner: [f32; 2], right: [f32; 2], down: [f32; 2]) {
    let width = page.width;
    for (row, line) in values.chunks_exact_mut(AREA).enumerate() {
        let (u, v) = (corner[0] + down[0] * row as f32, corner[1] + down[1] * row as f32);
        for (column, value) in line.iter_mut().enumerate() {
            let (u, v) = (u + right[0] * column as f32, v + right[1] * column as f32);
            // Inside, so the cast is the floor.
            let (left, top) = (u as usize, v as usize);
            let (across, along) = (u - left as f32, v - top as f32);
            let at = top * width + left;
            let (above, below) = (&page.data[at..at + 2], &page.data[at + width..at + width + 2]);
            let upper = above[0] + (above[1] - above[0]) * across;
            let lower = below[0] + (below[1] - below[0]) * across;
            *value = upper + (lower - upper) * along;
        }
    }
}

fn sample(page: &Plane, u: f32, v: f32) -> f32 {
    let (left, top) = (u.floor(), v.floor());
    let (right, low) = (u - left, v - top);
    let (left, top) = (left as i64, top as i64);
    let upper = page.at(left, top) * (1.0 - right) + page.at(left + 1, top) * right;
    let lower = page.at(left, top + 1) * (1.0 - right) + page.at(left + 1, top + 1) * right;
    upper * (1.0 - low) + lower * low
}

impl Window {
    /// The middle of an area as a window; `None` where it holds no print.
    pub(crate) fn of(area: &Area, (x, y): (usize, usize)) -> Option<Self> {
        let mut ink = Box::new([0_u8; SIDE * SIDE]);
        for (row, line) in ink.chunks_exact_mut(SIDE).enumerate() {
            for (column, value) in line.iter_mut().enumerate() {
                *value = area.0[(row + REACH) * AREA + column + REACH].clamp(0.0, 255.0) as u8;
            }
        }
        let count = (SIDE * SIDE) as f32;
        let sum: f32 = ink.iter().map(|&value| f32::from(value)).sum();
        let mean = sum / count;
        let norm = ink
            .iter()
            .map(|&value| (f32::from(value) - mean).powi(2))
            .sum::<f32>()
            .sqrt();
        let place = |edge: usize| u16::try_from(edge).ok();
        Some(Self {
            x: place(x)?,
            y: place(y)?,
            ink,
            mean,
            norm,
        })
        .filter(|_| norm >= FLAT)
    }

    /// Where it lies in the form, ½ size.
    pub(crate) fn place(&self) -> (usize, usize) {
        (usize::from(self.x), usize::from(self.y))
    }

    /// How strong its print is.
    pub(crate) const fn strength(&self) -> f32 {
        self.norm
    }

    /// Correlation with the area, moved by so many columns and rows from the area's corner; and the slope of the
    /// page's ink over the print's: how faint the scan is there.
    fn likeness(&self, area: &Area, (right, down): (usize, usize)) -> (f32, f32) {
        let (mut product, mut sum, mut squares) = (0.0_f32, 0.0_f32, 0.0_f32);
        for (row, line) in self.ink.chunks_exact(SIDE).enumerate() {
            let page = &area.0[(row + down) * AREA + right..][..SIDE];
            let (mut products, mut sums, mut powers) = ([0.0_f32; 8], [0.0_f32; 8], [0.0_f32; 8]);
            for (line, page) in line.chunks_exact(8).zip(page.chunks_exact(8)) {
                for lane in 0..8 {
                    products[lane] += (f32::from(line[lane]) - self.mean) * page[lane];
                    sums[lane] += page[lane];
                    powers[lane] += page[lane] * page[lane];
                }
            }
            product += products.iter().sum::<f32>();
            sum += sums.iter().sum::<f32>();
            squares += powers.iter().sum::<f32>();
        }
        let count = (SIDE * SIDE) as f32;
        // 40 per pixel²: bare paper with a speck is like nothing.
        let norm = (squares - sum * sum / count).max(40.0 * count).sqrt();
        (product / (norm * self.norm), product / (self.norm * self.norm))
    }

    /// How it lies in the area; elsewhere than at its place only where that is not good already.
    pub(crate) fn fit(&self, area: &Area, enough: f32) -> Fit {
        let mut best = (self.likeness(area, (REACH, REACH)), (REACH, REACH));
        if best.0.0 < enough {
            for down in 0..=2 * REACH {
                for right in 0..=2 * REACH {
                    let likeness = self.likeness(area, (right, down));
                    if likeness.0 > best.0.0 {
                        best = (likeness, (right, down));
                    }
                }
            }
        }
        let ((likeness, slope), place) = best;
        Fit {
            likeness,
            missing: self.missing(area, place, slope),
        }
    }

    fn missing(&self, area: &Area, (right, down): (usize, usize), slope: f32) -> f32 {
        let there_from = THERE * slope.clamp(0.25, 1.0);
        let (mut firm, mut missing) = (0_u32, 0_u32);
        for (row, line) in self.ink.chunks_exact(SIDE).enumerate() {
            let page = &area.0[(row + down) * AREA + right..][..SIDE];
            for (&ink, &there) in line.iter().zip(page) {
                firm += u32::from(ink >= FIRM);
                missing += u32::from(ink >= FIRM && there < f32::from(ink) * there_from);
            }
        }
        if firm < LEAST_FIRM {
            return 0.0;
        }
        missing as f32 / firm as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page with one printed character of 4 × 4 squares at (60, 60).
    fn page(bits: u32, ink: f32) -> Plane {
        let mut plane = Plane::filled(160, 160, 0.0);
        for cell in (0..16).filter(|cell| bits >> cell & 1 == 1) {
            for y in 0..3 {
                let row = (62 + cell / 4 * 3 + y) * 160;
                plane.data[row + 62 + cell % 4 * 3..][..3].fill(ink);
            }
        }
        plane
    }

    const ONE: u32 = 0b0110_1001_0111_1010;
    const OTHER: u32 = 0b1001_0110_1100_0111;

    fn window() -> Window {
        let area = Area::of(&page(ONE, 220.0), &Homography::IDENTITY, (60, 60));
        Window::of(&area, (60, 60)).unwrap()
    }

    fn fit(page: &Plane, map: &Homography) -> Fit {
        window().fit(&Area::of(page, map, (60, 60)), 1.0)
    }

    #[test]
    fn the_same_print_fits_skewed_moved_and_faint() {
        for map in [
            Homography::IDENTITY,
            Homography::similarity(1.0, 0.0, [1.4, -0.7]),
            Homography::similarity(1.0, 0.03, [1.9, -1.9]),
        ] {
            let fit = fit(&page(ONE, 70.0), &map);
            assert!(fit.likeness > 0.8 && fit.missing < 0.05, "{fit:?}");
        }
    }

    #[test]
    fn what_lies_over_it_takes_nothing_away_and_other_print_does() {
        let mut stamped = page(ONE, 220.0);
        for y in 60..72 {
            stamped.data[y * 160 + 55..][..14].fill(150.0);
        }
        for (x, ink) in (62..74).zip([220.0_f32; 12]) {
            let at = 66 * 160 + x;
            stamped.data[at] = stamped.data[at].max(ink);
        }
        let mut over = page(ONE, 220.0);
        for (pixel, stamp) in over.data.iter_mut().zip(&stamped.data) {
            *pixel = pixel.max(*stamp);
        }
        assert!(fit(&over, &Homography::IDENTITY).missing < 0.05);
        let other = fit(&page(OTHER, 220.0), &Homography::IDENTITY);
        assert!(other.likeness < 0.6 && other.missing > 0.2, "{other:?}");
    }

    #[test]
    fn bare_paper_is_no_window() {
        let area = Area::of(&page(ONE, 220.0), &Homography::IDENTITY, (100, 20));
        assert!(Window::of(&area, (100, 20)).is_none());
    }

    #[test]
    fn the_border_is_paper() {
        let fit = fit(
            &page(ONE, 220.0),
            &Homography::similarity(1.0, 0.0, [-90.0, 130.0]),
        );
        assert!(fit.likeness < 0.1, "{fit:?}");
    }
}

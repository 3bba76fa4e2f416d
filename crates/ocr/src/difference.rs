//! What tells two similar forms apart: small squares in which their print differs.
//!
//! Owns pairs of forms so alike that a page of one shows most of the other's print (editions of a year, a row
//! added, a column moved). They are found when the forms are loaded; on a page only the places where they
//! differ are looked at. Promise: a margin too small decides nothing.

use std::sync::Arc;

use crate::geometry::Homography;
use crate::plane::Plane;
use crate::window::{Area, SIDE, Window};

/// Ink (0–255) of firm print.
const FIRM: f32 = 90.0;
/// Distance of the places at which two forms are compared, pixels at ½ size.
const STEP: usize = 8;
/// Correlation of the two forms' print above which a place is the same in both.
const SAME: f32 = 0.75;
/// Places looked at on a page.
const MOST_PLACES: usize = 48;
/// Lead (−1: the rival's print everywhere, 1: the own) that decides. On 60 made pages in the tuning hands the true
/// form led each of its rivals by .52 at least.
const LEAST_LEAD: f32 = 0.4;
/// Correlation of the winner's print with the page, on the mean; .71 at least on the same pages, stamps included.
const LEAST_LIKENESS: f32 = 0.65;

/// A form like another, and where they differ.
#[derive(Clone, Debug)]
pub(crate) struct Rival {
    /// Index of the like form.
    pub(crate) form: usize,
    /// Its ½-size pixels → those of the form whose rival it is.
    pub(crate) map: Homography,
    /// In the pixels of one of the two, shared by both.
    places: Arc<[DifferingPlace]>,
    /// Whether that one is the rival.
    is_mirrored: bool,
}

/// A place with the print of both; `None`: bare paper.
#[derive(Clone, Debug)]
struct DifferingPlace {
    own: Option<Window>,
    other: Option<Window>,
    /// Correlation of the two.
    common: f32,
}

/// What a page shows where two forms differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Verdict {
    /// −1: the rival's print, 1: the own.
    pub(crate) lead: f32,
    /// Correlation with the own print and with the rival's, means over the places that have some.
    pub(crate) likeness: [f32; 2],
}

/// Whose print the page shows where two forms differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Side {
    /// The form's own.
    Own,
    /// The rival's.
    Others,
    /// Both or neither.
    Neither,
}

impl Verdict {
    /// Whose page it is.
    pub(crate) fn side(self) -> Side {
        let [own, others] = self.likeness;
        if self.lead >= LEAST_LEAD && own >= LEAST_LIKENESS {
            Side::Own
        } else if self.lead <= -LEAST_LEAD && others >= LEAST_LIKENESS {
            Side::Others
        } else {
            Side::Neither
        }
    }
}

impl Rival {
    /// Two forms (index, ink at ½ size) as rivals: the other as the one's and the one as the other's; `map` leads
    /// from the other's pixels to the one's, `back` from the one's.
    pub(crate) fn pair(
        one: (usize, &Plane),
        other: (usize, &Plane),
        map: Homography,
        back: Homography,
    ) -> [Self; 2] {
        let places: Arc<[DifferingPlace]> = differing(one.1, other.1, &back).into();
        let rival = |form, map, is_mirrored| Self {
            form,
            map,
            places: Arc::clone(&places),
            is_mirrored,
        };
        [rival(other.0, map, false), rival(one.0, back, true)]
    }

    /// Whether nothing that can be seen again tells the two apart.
    pub(crate) fn is_twin(&self) -> bool {
        self.places.is_empty()
    }

    /// What `page` (ink at ½ size) shows under the form's `map`.
    pub(crate) fn weigh(&self, page: &Plane, map: &Homography) -> Verdict {
        let map = if self.is_mirrored {
            map.after(&self.map)
        } else {
            *map
        };
        let (mut lead, mut weight) = (0.0, 0.0);
        let (mut likeness, mut counts) = ([0.0; 2], [0.0_f32; 2]);
        for place in self.places.iter() {
            let Some(any) = place.own.as_ref().or(place.other.as_ref()) else {
                continue;
            };
            let area = Area::of(page, &map, any.place());
            let sides = [&place.own, &place.other];
            let fits = sides.map(|window| window.as_ref().map(|window| window.fit(&area, 1.0).likeness));
            for (side, fit) in fits.into_iter().enumerate() {
                likeness[side] += fit.unwrap_or(0.0);
                counts[side] += f32::from(u8::from(fit.is_some()));
            }
            let (share, own_weight) = match fits {
                [Some(own), Some(others)] => ((own - others) / (1.0 - place.common), 1.0 - place.common),
                // Where one form is bare, print speaks for the other and its absence for the bare one.
                [Some(own), None] => (2.0 * own - 1.0, 1.0),
                [None, Some(others)] => (1.0 - 2.0 * others, 1.0),
                [None, None] => (0.0, 0.0),
            };
            lead += share.clamp(-1.0, 1.0) * own_weight;
            weight += own_weight;
        }
        let mean = |side: usize| {
            if counts[side] > 0.0 {
                likeness[side] / counts[side]
            } else {
                1.0
            }
        };
        let lead = lead / f32::max(weight, 1e-3);
        if self.is_mirrored {
            return Verdict {
                lead: -lead,
                likeness: [mean(1), mean(0)],
            };
        }
        Verdict {
            lead,
            likeness: [mean(0), mean(1)],
        }
    }
}

/// The places where the print differs most, none over another; `back` leads from `own` to `other`.
fn differing(own: &Plane, other: &Plane, back: &Homography) -> Vec<DifferingPlace> {
    let last = |edge: usize| edge.saturating_sub(SIDE + STEP);
    let (printed, others_printed) = (Blocks::of(own), Blocks::of(other));
    let mut found = Vec::new();
    for y in (STEP..last(own.height)).step_by(STEP) {
        for x in (STEP..last(own.width)).step_by(STEP) {
            let middle = [(x + SIDE / 2) as f64, (y + SIDE / 2) as f64];
            if !printed.near(middle) && !others_printed.near(back.apply(middle)) {
                continue;
            }
            let areas = [
                Area::of(own, &Homography::IDENTITY, (x, y)),
                Area::of(other, back, (x, y)),
            ];
            let windows = areas.each_ref().map(|area| Window::of(area, (x, y)));
            let common = match &windows {
                [Some(one), Some(two)] => one
                    .fit(&areas[1], SAME)
                    .likeness
                    .max(two.fit(&areas[0], SAME).likeness),
                [None, None] => continue,
                // A rule at the window's edge is bare in the other if it lies a pixel off.
                [Some(one), None] => one.fit(&areas[1], SAME).likeness,
                [None, Some(two)] => two.fit(&areas[0], SAME).likeness,
            };
            if common < SAME {
                let strength = windows.iter().flatten().map(Window::strength).fold(0.0, f32::max);
                let [own, other] = windows;
                found.push((
                    (1.0 - common) * strength,
                    (x, y),
                    DifferingPlace { own, other, common },
                ));
            }
        }
    }
    found.sort_by(|(a, ..), (b, ..)| b.total_cmp(a));
    let mut places: Vec<((usize, usize), DifferingPlace)> = Vec::new();
    for (_, (x, y), place) in found {
        let is_free =
            |&((u, v), _): &((usize, usize), DifferingPlace)| u.abs_diff(x) >= SIDE || v.abs_diff(y) >= SIDE;
        if places.len() < MOST_PLACES && places.iter().all(is_free) {
            places.push(((x, y), place));
        }
    }
    places.into_iter().map(|(_, place)| place).collect()
}

/// Which blocks of 8 × 8 pixels hold firm print.
struct Blocks {
    width: usize,
    data: Vec<bool>,
}

impl Blocks {
    fn of(plane: &Plane) -> Self {
        let width = plane.width.div_ceil(8);
        let mut data = vec![false; width * plane.height.div_ceil(8)];
        for y in 0..plane.height {
            for (x, &ink) in plane.row(y).iter().enumerate() {
                data[y / 8 * width + x / 8] |= ink >= FIRM;
            }
        }
        Self { width, data }
    }

    /// Whether there is print in the blocks around a point.
    fn near(&self, [x, y]: [f64; 2]) -> bool {
        let (column, row) = ((x / 8.0).floor() as i64, (y / 8.0).floor() as i64);
        (-1..=1).any(|down| {
            (-1..=1).any(|right| {
                let at = (usize::try_from(column + right), usize::try_from(row + down));
                matches!(at, (Ok(x), Ok(y)) if x < self.width && self.data.get(y * self.width + x) == Some(&true))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAME: Homography = Homography::IDENTITY;

    /// A table of which the marked columns (12 pixels wide each) are printed, over a row of printed words.
    fn table(columns: &[usize], words: usize) -> Plane {
        let mut plane = Plane::filled(200, 200, 0.0);
        for y in 40..180 {
            for &column in columns {
                plane.data[y * 200 + column * 12..][..3].fill(200.0);
            }
        }
        for place in 0..8 {
            let mut bits = (place + 1) * 2_654_435_761;
            if place == 4 {
                bits = words.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            }
            for cell in 0..16 {
                if bits >> (cell + 7) & 1 == 1 {
                    for y in 0..4 {
                        let row = (12 + cell / 4 * 4 + y) * 200;
                        plane.data[row + 20 + place * 20 + cell % 4 * 4..][..4].fill(220.0);
                    }
                }
            }
        }
        plane
    }

    fn rival(one: &Plane, other: &Plane) -> Rival {
        let [rival, _] = Rival::pair((3, one), (7, other), SAME, SAME);
        rival
    }

    fn side(rival: &Rival, page: &Plane) -> Side {
        rival.weigh(page, &SAME).side()
    }

    #[test]
    fn a_moved_column_tells_two_editions_apart_whatever_is_written() {
        let (one, other) = (table(&[2, 5, 9], 1), table(&[2, 6, 9], 1));
        let rival = rival(&one, &other);
        assert_eq!((rival.form, rival.is_twin()), (7, false));
        let mirrored = Rival::pair((3, &one), (7, &other), SAME, SAME)[1].clone();
        assert_eq!(
            (mirrored.form, side(&mirrored, &other), side(&mirrored, &one)),
            (3, Side::Own, Side::Others)
        );
        for (page, expected) in [(&one, Side::Own), (&other, Side::Others)] {
            let mut page = page.clone();
            for x in 30..150 {
                page.data[60 * 200 + x] = 220.0;
            }
            assert_eq!(side(&rival, &page), expected);
        }
        for undecided in [table(&[2, 5, 6, 9], 1), table(&[2, 9], 1)] {
            assert_eq!(side(&rival, &undecided), Side::Neither);
        }
    }

    #[test]
    fn one_printed_character_tells_two_editions_apart_and_a_third_is_neither() {
        let rival = rival(&table(&[2, 5], 1), &table(&[2, 5], 2));
        assert!(!rival.is_twin());
        assert_eq!(side(&rival, &table(&[2, 5], 1)), Side::Own);
        assert_eq!(side(&rival, &table(&[2, 5], 2)), Side::Others);
        // Thirds that resemble one of the two (3, 4, 6 by chance) are left to the look at the print.
        for third in [0, 5, 7, 8, 9, 10, 11] {
            assert_eq!(side(&rival, &table(&[2, 5], third)), Side::Neither, "{third}");
        }
    }

    #[test]
    fn what_one_has_more_decides_by_its_presence_alone() {
        let (less, more) = (table(&[2, 9], 1), table(&[2, 6, 9], 1));
        let rival = rival(&less, &more);
        assert_eq!(side(&rival, &less), Side::Own);
        assert_eq!(side(&rival, &more), Side::Others);
    }

    #[test]
    fn equal_forms_are_twins_and_never_decided() {
        let rival = rival(&table(&[2, 5], 1), &table(&[2, 5], 1));
        assert!(rival.is_twin());
        assert_eq!(side(&rival, &table(&[2, 5], 1)), Side::Neither);
    }
}

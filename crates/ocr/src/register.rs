//! Where every point of a form lies on a page, and the proof that it is that form.
//!
//! A form is laid on at ⅛ size, refined ¼ → ½ to a homography, and must then show its own print.
//! Promise: no page is sorted to a form by resemblance alone. Which forms are tried is `sorter`'s.

use std::cell::OnceCell;

use crate::form_set::PreparedForm;
use crate::geometry::{Homography, Pair, Plausible, fit_homography, fit_similarity};
use crate::marks::{Evidence, Marks};
use crate::ncc::{Patch, Peak};
use crate::plane::{InkLevels, Plane};

/// A scan is fed at most this crooked and scaled (prototype: ±7 %, 5°).
const PLAUSIBLE: Plausible = Plausible {
    scale: 0.08,
    angle: 0.105,
};
/// Share of the patches' weight that must agree on one similarity at ⅛ size.
pub(crate) const LEAST_AGREEMENT: f64 = 0.20;
/// Share of the form's print that must be on the page.
const LEAST_FOUND: f32 = 0.80;
/// … and how far above chance that share must be.
const LEAST_ABOVE_CHANCE: f32 = 0.30;
/// Tiles of the form whose print may be missing (a stamp, a fold, a torn corner).
const MOST_MISSING_TILES: f32 = 0.10;

/// What is said of the distance where no patch was found: more than any patch can be away.
const NO_PATCH_FOUND: f32 = 100.0;

/// A form laid on a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registration {
    /// Index of the form.
    pub(crate) form: usize,
    /// Clockwise quarter turns that make the page upright.
    pub(crate) turns: u8,
    /// Template pixel → upright page pixel, full size.
    pub(crate) map: Homography,
    /// Median distance of the patches from where `map` puts them, full-size pixels.
    pub(crate) error: f32,
    /// The proof.
    pub(crate) evidence: Evidence,
}

impl Registration {
    /// Whether the page shows the form's print.
    pub(crate) fn is_proven(&self) -> bool {
        let evidence = self.evidence;
        evidence.found >= LEAST_FOUND
            && evidence.found - evidence.by_chance >= LEAST_ABOVE_CHANCE
            && evidence.missing_tiles <= MOST_MISSING_TILES
    }

    /// `map` at ½ size.
    pub(crate) fn half_map(&self) -> Homography {
        self.map.between_scales(1.0, 2.0)
    }
}

/// Where a form may lie on a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hypothesis {
    /// Index of the form.
    pub(crate) form: usize,
    /// Clockwise quarter turns that make the page upright.
    pub(crate) turns: u8,
    /// Template → page at ⅛ size.
    pub(crate) map: Homography,
    /// Share of the patches' weight that agrees on it.
    pub(crate) agreement: f64,
}

/// A page's ink, and turned as often as it is asked for.
pub(crate) struct Turned<'a> {
    levels: &'a InkLevels,
    eighth: [OnceCell<Plane>; 4],
    quarter: [OnceCell<Plane>; 4],
    half: [OnceCell<Plane>; 4],
}

impl<'a> Turned<'a> {
    /// Of a page as it came.
    pub(crate) fn of(levels: &'a InkLevels) -> Self {
        Self {
            levels,
            eighth: Default::default(),
            quarter: Default::default(),
            half: Default::default(),
        }
    }

    fn plane<'b>(own: &'b Plane, cells: &'b [OnceCell<Plane>; 4], turns: u8) -> &'b Plane {
        if turns.is_multiple_of(4) {
            return own;
        }
        cells[usize::from(turns % 4)].get_or_init(|| own.turned(turns))
    }

    /// ⅛ size, turned clockwise.
    pub(crate) fn eighth(&self, turns: u8) -> &Plane {
        Self::plane(&self.levels.eighth, &self.eighth, turns)
    }

    fn quarter(&self, turns: u8) -> &Plane {
        Self::plane(&self.levels.quarter, &self.quarter, turns)
    }

    /// ½ size, turned clockwise.
    pub(crate) fn half(&self, turns: u8) -> &Plane {
        Self::plane(&self.levels.half, &self.half, turns)
    }
}

/// Whether two sheets (⅛ size) are the same size of paper, the same way round.
pub(crate) fn same_paper(form: (usize, usize), page: (usize, usize)) -> bool {
    let alike = |a: usize, b: usize| (a as f64 / b as f64).ln().abs() < 0.2;
    alike(form.0, page.0) && alike(form.1, page.1)
}

/// Looks for the form within ±16 mm of the page's middle.
pub(crate) fn search_widely(page: &Turned<'_>, marks: &Marks, form: usize, turns: u8) -> Option<Hypothesis> {
    let plane = page.eighth(turns);
    let offset = |page: usize, form: usize| (page as f64 - form as f64) / 2.0;
    let shift = [
        offset(plane.width, marks.eighth_size.0),
        offset(plane.height, marks.eighth_size.1),
    ];
    let pairs = find::<32>(
        plane,
        &marks.eighth,
        &Homography::similarity(1.0, 0.0, shift),
        0.4,
    );
    hypothesis(&pairs, marks, (form, turns))
}

/// Looks for the form within ±8 mm of where `start` (template → page at ⅛ size) puts it.
pub(crate) fn search_near(
    page: &Turned<'_>,
    marks: &Marks,
    (form, turns): (usize, u8),
    start: &Homography,
) -> Option<Hypothesis> {
    let pairs = find::<16>(page.eighth(turns), &marks.eighth, start, 0.4);
    hypothesis(&pairs, marks, (form, turns))
}

fn hypothesis(pairs: &[Pair], marks: &Marks, (form, turns): (usize, u8)) -> Option<Hypothesis> {
    let (map, weight) = fit_similarity(pairs, 1.6, PLAUSIBLE)?;
    Some(Hypothesis {
        form,
        turns,
        map,
        agreement: weight / marks.eighth.len() as f64,
    })
}

/// Finds each patch near where `map` puts it; those at least `least` alike.
fn find<const N: usize>(plane: &Plane, patches: &[Patch], map: &Homography, least: f32) -> Vec<Pair> {
    let mut pairs = Vec::with_capacity(patches.len());
    for patch in patches {
        let from = [f64::from(patch.x), f64::from(patch.y)];
        let [x, y] = map.apply(from);
        if !(x.abs() < 1e6 && y.abs() < 1e6) {
            continue;
        }
        let (cx, cy) = (x.round() as i32, y.round() as i32);
        let Peak { dx, dy, score, .. } = patch.search::<N>(plane, cx, cy);
        if score >= least {
            let to = [f64::from(cx) + dx, f64::from(cy) + dy];
            pairs.push(Pair {
                from,
                to,
                weight: f64::from(score),
            });
        }
    }
    pairs
}

/// The hypothesis refined ¼ → ½, with what the page shows of the form; `None` when it does not hold.
pub(crate) fn refine(page: &Turned<'_>, marks: &Marks, hypothesis: &Hypothesis) -> Option<Registration> {
    let turns = hypothesis.turns;
    let rough = hypothesis.map.between_scales(8.0, 4.0);
    let pairs = find::<16>(page.quarter(turns), &marks.quarter, &rough, 0.45);
    let map = fit_homography(&pairs, &rough, &[6.0, 3.0, 1.5, 1.5])
        .or_else(|| fit_similarity(&pairs, 2.0, PLAUSIBLE).map(|(map, _)| map))?;
    let half = page.half(turns);
    let rough = map.between_scales(4.0, 2.0);
    let pairs = find::<8>(half, &marks.half, &rough, 0.5);
    let map = fit_homography(&pairs, &rough, &[4.0, 2.5, 1.5, 1.5])?;
    if !believable(&map) {
        return None;
    }
    let mut residuals: Vec<f64> = pairs.iter().map(|pair| 2.0 * pair.residual(&map)).collect();
    residuals.sort_by(f64::total_cmp);
    let error = residuals.get(residuals.len() / 2).copied()? as f32;
    Some(Registration {
        form: hypothesis.form,
        turns,
        map: map.between_scales(2.0, 1.0),
        error,
        evidence: marks.evidence(half, &map),
    })
}

/// A form laid on by the edges of the paper alone: its print was not found. Never proven.
pub(crate) fn on_the_paper(page: &Turned<'_>, form: &PreparedForm, index: usize, turns: u8) -> Registration {
    let half = page.half(turns);
    let across = 2.0 * half.width as f64 / f64::from(form.template.width());
    let down = 2.0 * half.height as f64 / f64::from(form.template.height());
    let map = Homography([across, 0.0, 0.0, 0.0, down, 0.0, 0.0, 0.0, 1.0]);
    Registration {
        form: index,
        turns,
        map,
        error: NO_PATCH_FOUND,
        evidence: form.marks.evidence(half, &map.between_scales(1.0, 2.0)),
    }
}

/// A scanner bends a page a little; it does not fold it.
fn believable(map: &Homography) -> bool {
    let (scale, angle) = map.scale_and_angle();
    (scale - 1.0).abs() < 0.12 && angle.abs() < 0.15 && map.0[6].abs() < 2e-4 && map.0[7].abs() < 2e-4
}

//! Which form a page is, which way up, and where every point of the form lies on it.
//!
//! Four quarter turns × all forms compete at ⅛ size; the best few are refined ¼ → ½ to a homography
//! and must then show the form's own print. Promise: no page is sorted to a form by resemblance
//! alone — a page that lacks the print, or fits two forms alike, is unknown.

use crate::geometry::{Homography, Pair, Plausible, fit_homography, fit_similarity};
use crate::marks::{Evidence, Marks};
use crate::ncc::{Patch, Peak};
use crate::plane::{InkLevels, Plane};

/// A scan is fed at most this crooked and scaled (prototype: ±7 %, 5°).
const PLAUSIBLE: Plausible = Plausible {
    scale: 0.08,
    angle: 0.105,
};
/// Hypotheses refined per page.
const REFINED: usize = 4;
/// Share of the patches' weight that must agree on one similarity at ⅛ size.
const LEAST_AGREEMENT: f64 = 0.20;
/// Share of the form's print that must be on the page.
const LEAST_FOUND: f32 = 0.80;
/// … and how far above chance that share must be.
const LEAST_ABOVE_CHANCE: f32 = 0.30;
/// Tiles of the form whose print may be missing (a stamp, a fold, a torn corner).
const MOST_MISSING_TILES: f32 = 0.10;
/// Lead over the second best form, in share found.
const LEAST_LEAD: f32 = 0.04;

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

#[derive(Clone, Copy, Debug)]
struct Hypothesis {
    form: usize,
    turns: u8,
    /// Template → page at ⅛ size.
    map: Homography,
    agreement: f64,
}

/// The forms that fit `levels` best, refined, best first; unproven ones included.
pub(crate) fn ranked(levels: &InkLevels, forms: &[&Marks]) -> Vec<Registration> {
    let mut hypotheses = Vec::new();
    for turns in 0..4 {
        let turned = levels.eighth.turned(turns);
        for (form, marks) in forms.iter().enumerate() {
            if same_paper(marks.eighth_size, (turned.width, turned.height)) {
                hypotheses.extend(hypothesis(&turned, marks, form, turns));
            }
        }
    }
    hypotheses.sort_by(|a, b| b.agreement.total_cmp(&a.agreement));
    let most = hypotheses.first().map_or(0.0, |best| best.agreement);
    let mut fits: Vec<Registration> = hypotheses
        .iter()
        .take(REFINED)
        .filter(|hypothesis| hypothesis.agreement >= LEAST_AGREEMENT.max(most * 0.4))
        .filter_map(|hypothesis| refine(levels, forms[hypothesis.form], hypothesis))
        .collect();
    fits.sort_by(|a, b| b.evidence.found.total_cmp(&a.evidence.found));
    fits
}

/// The form of a page, proven, or `None`.
pub(crate) fn sort(levels: &InkLevels, forms: &[&Marks]) -> Option<Registration> {
    proven(&ranked(levels, forms))
}

fn proven(fits: &[Registration]) -> Option<Registration> {
    let best = fits.first()?;
    let rival = fits
        .iter()
        .filter(|fit| fit.form != best.form || fit.turns != best.turns)
        .map(|fit| fit.evidence.found)
        .fold(0.0, f32::max);
    let evidence = best.evidence;
    let proof = evidence.found >= LEAST_FOUND
        && evidence.found - evidence.by_chance >= LEAST_ABOVE_CHANCE
        && evidence.missing_tiles <= MOST_MISSING_TILES
        && evidence.found - rival >= LEAST_LEAD;
    proof.then_some(*best)
}

fn same_paper(form: (usize, usize), page: (usize, usize)) -> bool {
    let alike = |a: usize, b: usize| (a as f64 / b as f64).ln().abs() < 0.2;
    alike(form.0, page.0) && alike(form.1, page.1)
}

fn hypothesis(page: &Plane, marks: &Marks, form: usize, turns: u8) -> Option<Hypothesis> {
    let offset = |page: usize, form: usize| (page as f64 - form as f64) / 2.0;
    let centred = Homography::similarity(
        1.0,
        0.0,
        [
            offset(page.width, marks.eighth_size.0),
            offset(page.height, marks.eighth_size.1),
        ],
    );
    let pairs = find::<32>(page, &marks.eighth, &centred, 0.4);
    let (map, weight) = fit_similarity(&pairs, 1.6, PLAUSIBLE)?;
    let agreement = weight / marks.eighth.len() as f64;
    Some(Hypothesis {
        form,
        turns,
        map,
        agreement,
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

fn refine(levels: &InkLevels, marks: &Marks, hypothesis: &Hypothesis) -> Option<Registration> {
    let turns = hypothesis.turns;
    let (quarter, half);
    let (quarter, half) = if turns == 0 {
        (&levels.quarter, &levels.half)
    } else {
        quarter = levels.quarter.turned(turns);
        half = levels.half.turned(turns);
        (&quarter, &half)
    };
    let rough = hypothesis.map.between_scales(8.0, 4.0);
    let pairs = find::<16>(quarter, &marks.quarter, &rough, 0.45);
    let map = fit_homography(&pairs, &rough, &[6.0, 3.0, 1.5, 1.5])
        .or_else(|| fit_similarity(&pairs, 2.0, PLAUSIBLE).map(|(map, _)| map))?;
    let rough = map.between_scales(4.0, 2.0);
    let pairs = find::<8>(half, &marks.half, &rough, 0.5);
    let map = fit_homography(&pairs, &rough, &[4.0, 2.5, 1.5, 1.5])?;
    if !believable(&map) {
        return None;
    }
    let mut residuals: Vec<f64> = pairs.iter().map(|pair| 2.0 * pair.residual(&map)).collect();
    residuals.sort_by(f64::total_cmp);
    let error = residuals.get(residuals.len() / 2).copied()? as f32;
    let evidence = marks.evidence(half, &map);
    Some(Registration {
        form: hypothesis.form,
        turns,
        map: map.between_scales(2.0, 1.0),
        error,
        evidence,
    })
}

/// A scanner bends a page a little; it does not fold it.
fn believable(map: &Homography) -> bool {
    let (scale, angle) = map.scale_and_angle();
    (scale - 1.0).abs() < 0.12 && angle.abs() < 0.15 && map.0[6].abs() < 2e-4 && map.0[7].abs() < 2e-4
}

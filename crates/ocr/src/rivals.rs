//! Finds the pairs of forms that a page must be told apart between, when the forms are loaded.
//!
//! Forms of like signature are laid on each other's blank page as on any page; where one shows seven tenths of
//! the other's print they are rivals of each other. Promise: the same forms give the same pairs.

use rayon::prelude::*;

use crate::difference::Rival;
use crate::form_set::{PreparedForm, whole_eighths};
use crate::geometry::Homography;
use crate::marks::Marks;
use crate::plane::{InkLevels, Plane};
use crate::register::{LEAST_AGREEMENT, Turned, refine, same_paper, search_near};

/// Likeness of signatures below which two forms share too little: among the made forms, two of which one shows
/// seven tenths of the other's print were alike by .76 at least.
const LEAST_LIKENESS: f32 = 0.5;
/// Share of a form's print on the other's blank page, roughly laid on, with which it is laid on carefully.
const LEAST_FOUND_ROUGHLY: f32 = 0.5;
/// … and carefully, that makes them rivals. A page shows eight tenths of the form it is sorted to, writing in it
/// a little more than the blank page of another form does.
const LEAST_FOUND: f32 = 0.7;

/// Of each form, its rivals; `halves` are the blank pages' ink at ½ size, in the forms' order.
pub(crate) fn of(forms: &[PreparedForm], halves: &[InkBytes]) -> Vec<Vec<Rival>> {
    let each = (0..forms.len()).into_par_iter();
    let found: Vec<_> = each.map(|form| with_later(forms, halves, form)).collect();
    let mut rivals: Vec<Vec<Rival>> = forms.iter().map(|_| Vec::new()).collect();
    for (form, pairs) in found.into_iter().enumerate() {
        for [rival, mirrored] in pairs {
            rivals[rival.form].push(mirrored);
            rivals[form].push(rival);
        }
    }
    rivals
}

/// A form's rivals among the later ones, each pair both ways.
fn with_later(forms: &[PreparedForm], halves: &[InkBytes], index: usize) -> Vec<[Rival; 2]> {
    let form = &forms[index];
    let like = |other: &PreparedForm| {
        same_paper(other.marks.eighth_size, form.marks.eighth_size)
            && form.signature.likeness(&other.signature).score >= LEAST_LIKENESS
    };
    let candidates: Vec<usize> = (index + 1..forms.len())
        .filter(|&other| like(&forms[other]))
        .collect();
    if candidates.is_empty() {
        return Vec::new();
    }
    let levels = InkLevels::of(&whole_eighths(&form.template));
    let page = Turned::of(&levels);
    let half = page.half(0);
    let pair = |other: usize| {
        let prepared = &forms[other];
        let likeness = form.signature.likeness(&prepared.signature);
        let start = form.signature.place(&prepared.signature, likeness);
        let hypothesis = search_near(&page, &prepared.marks, (other, 0), &start)?;
        if hypothesis.agreement < LEAST_AGREEMENT {
            return None;
        }
        let rough = hypothesis.map.between_scales(8.0, 2.0);
        let found_roughly = |marks: &Marks, half: &Plane, map: &Homography| marks.evidence(half, map).found;
        let others = halves[other].plane();
        if found_roughly(&prepared.marks, half, &rough) < LEAST_FOUND_ROUGHLY
            && found_roughly(&form.marks, &others, &rough.inverse()?) < LEAST_FOUND_ROUGHLY
        {
            return None;
        }
        let registration = refine(&page, &prepared.marks, &hypothesis)?;
        let map = registration.half_map();
        let back = map.inverse()?;
        let found = registration
            .evidence
            .found
            .max(form.marks.evidence(&others, &back).found);
        (found >= LEAST_FOUND).then(|| Rival::pair((index, half), (other, &others), map, back))
    };
    candidates.into_iter().filter_map(pair).collect()
}

/// Ink of a plane in bytes, to be kept for all forms at once.
pub(crate) struct InkBytes {
    width: usize,
    bytes: Vec<u8>,
}

impl InkBytes {
    /// Of a plane of ink (0–255).
    pub(crate) fn of(plane: &Plane) -> Self {
        Self {
            width: plane.width,
            bytes: plane.data.iter().map(|&ink| ink.round() as u8).collect(),
        }
    }

    fn plane(&self) -> Plane {
        Plane {
            width: self.width,
            height: self.bytes.len() / self.width.max(1),
            data: self.bytes.iter().map(|&ink| f32::from(ink)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_in_bytes_is_the_ink() {
        let mut plane = Plane::filled(7, 3, 12.0);
        plane.data[9] = 254.6;
        plane.data[10] = 0.3;
        let kept = InkBytes::of(&plane).plane();
        assert_eq!((kept.width, kept.height), (7, 3));
        let off = plane.data.iter().zip(&kept.data).map(|(a, b)| (a - b).abs());
        assert!(off.fold(0.0, f32::max) <= 0.5);
    }
}

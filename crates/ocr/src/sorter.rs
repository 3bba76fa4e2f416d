//! Which form a page is and which way up: the likeliest forms first, then all, then its rivals.
//!
//! Coarse signatures order the forms (every quarter turn); the first few are laid on, and the best of them must
//! be proven by its print. Where none is, every form is laid on as widely as it can lie: pruning costs time on
//! pages of no form, never a page. Promise: a form is named only when nothing speaks for another: its rivals
//! are beaten where they differ, and no printed place of it is missing. Otherwise the page is unknown, and the
//! doubt names the forms.

use image::GrayImage;
use shoki_core::reading::{DoubtKind, PageKind, SortingDoubt};

use crate::blank::is_blank;
use crate::difference::{Rival, Side};
use crate::form_set::{FormSet, PreparedForm, whole_eighths};
use crate::plane::{InkLevels, MIN_EDGE};
use crate::register::{
    Hypothesis, LEAST_AGREEMENT, Registration, Turned, on_the_paper, refine, same_paper, search_near,
    search_widely,
};
use crate::signature::Signature;

/// Likeliest forms that are laid on before all others.
const FIRST: usize = 6;
/// Hypotheses refined of the first, and of all.
const REFINED_FIRST: usize = 2;
const REFINED_WIDELY: usize = 4;
/// A hypothesis far behind the best is not refined.
const NEAR_BEST: f64 = 0.4;

/// What a page is.
#[derive(Clone, Debug, PartialEq)]
pub struct Sorted {
    /// A form, unknown, or blank.
    pub kind: PageKind,
    /// Id of the form.
    pub form: Option<String>,
    /// Clockwise quarter turns that make the page upright; 0 unless it is a form.
    pub quarter_turns: u8,
    /// Why it is unknown although it is like a form.
    pub doubt: Option<SortingDoubt>,
    /// Whether the likeliest forms did not do and all were laid on.
    pub searched_widely: bool,
}

/// How a page was sorted.
#[derive(Debug)]
pub(crate) struct Sorting {
    /// The form, proven and alone.
    pub(crate) found: Option<Registration>,
    /// Why there is none although there is a likeness.
    pub(crate) doubt: Option<SortingDoubt>,
    /// Whether all forms were laid on.
    pub(crate) searched_widely: bool,
}

impl FormSet {
    /// Sorts a page (grey, 200 dpi, any way up) and reads nothing.
    #[must_use]
    pub fn sort(&self, page: &GrayImage) -> Sorted {
        let mut sorted = Sorted {
            kind: PageKind::UnknownForm,
            form: None,
            quarter_turns: 0,
            doubt: None,
            searched_widely: false,
        };
        if page.width().min(page.height()) < MIN_EDGE {
            return sorted;
        }
        let levels = InkLevels::of(&whole_eighths(page));
        if is_blank(&levels) {
            sorted.kind = PageKind::Blank;
            return sorted;
        }
        let sorting = sort(&levels, self, None);
        if let Some(found) = sorting.found {
            sorted.kind = PageKind::Form;
            sorted.form = Some(self.forms[found.form].definition.id.clone());
            sorted.quarter_turns = found.turns;
        }
        sorted.doubt = sorting.doubt;
        sorted.searched_widely = sorting.searched_widely;
        sorted
    }
}

/// Sorts a page that is not blank; `pinned`: the quarter turns that somebody has said.
pub(crate) fn sort(levels: &InkLevels, set: &FormSet, pinned: Option<u8>) -> Sorting {
    let page = Turned::of(levels);
    let places = places(&page, set, pinned);
    let first = places
        .iter()
        .take(FIRST)
        .filter_map(|place| place.near(&page, set));
    let mut best = best_proven(&page, set, first.collect(), REFINED_FIRST);
    let searched_widely = best.is_none() && !places.is_empty();
    if searched_widely {
        let all = places
            .iter()
            .filter_map(|place| search_widely(&page, &set.forms[place.form].marks, place.form, place.turns));
        best = best_proven(&page, set, all.collect(), REFINED_WIDELY);
    }
    let outcome = match best {
        Some(best) => settled(&page, set, best).map(Some),
        None => Ok(None),
    };
    Sorting {
        found: outcome.as_ref().ok().copied().flatten(),
        doubt: outcome.err(),
        searched_widely,
    }
}

/// A form and a way up that the page may be, with how likely.
struct Place {
    form: usize,
    turns: u8,
    score: f32,
    /// Form → turned page at ⅛ size.
    start: crate::geometry::Homography,
}

impl Place {
    fn near(&self, page: &Turned<'_>, set: &FormSet) -> Option<Hypothesis> {
        search_near(
            page,
            &set.forms[self.form].marks,
            (self.form, self.turns),
            &self.start,
        )
    }
}

/// Lays a form on a page of which a person has said that it is this form: as well as its print allows, else by the
/// edges of the paper.
pub(crate) fn laid_on(levels: &InkLevels, set: &FormSet, form: usize, pinned: Option<u8>) -> Registration {
    let page = Turned::of(levels);
    let marks = &set.forms[form].marks;
    let mut places = places(&page, set, pinned);
    places.retain(|place| place.form == form);
    let near = places.iter().filter_map(|place| place.near(&page, set));
    let widely = places
        .iter()
        .filter_map(|place| search_widely(&page, marks, form, place.turns));
    let mut hypotheses: Vec<Hypothesis> = near.chain(widely).collect();
    hypotheses.sort_by(|a, b| b.agreement.total_cmp(&a.agreement));
    let refined = hypotheses
        .iter()
        .take(REFINED_WIDELY)
        .filter_map(|hypothesis| refine(&page, marks, hypothesis));
    let best = refined.max_by(|a, b| a.evidence.found.total_cmp(&b.evidence.found));
    best.unwrap_or_else(|| {
        let turns = pinned.or_else(|| places.first().map(|place| place.turns));
        on_the_paper(&page, &set.forms[form], form, turns.unwrap_or(0))
    })
}

/// Every form on its paper in every turn, or in the one that is pinned, likeliest first.
fn places(page: &Turned<'_>, set: &FormSet, pinned: Option<u8>) -> Vec<Place> {
    let upright = Signature::of(page.eighth(0));
    let mut places = Vec::new();
    for turns in (0..4).filter(|turns| pinned.is_none_or(|pinned| pinned == *turns)) {
        let own = upright.turned(turns);
        let plane = page.eighth(turns);
        for (form, prepared) in set.forms.iter().enumerate() {
            if same_paper(prepared.marks.eighth_size, (plane.width, plane.height)) {
                let likeness = own.likeness(&prepared.signature);
                places.push(Place {
                    form,
                    turns,
                    score: likeness.score,
                    start: own.place(&prepared.signature, likeness),
                });
            }
        }
    }
    places.sort_by(|a, b| b.score.total_cmp(&a.score));
    places
}

/// The best of the hypotheses that the page's print proves.
fn best_proven(
    page: &Turned<'_>,
    set: &FormSet,
    mut hypotheses: Vec<Hypothesis>,
    most: usize,
) -> Option<Registration> {
    hypotheses.sort_by(|a, b| b.agreement.total_cmp(&a.agreement));
    let least = hypotheses.first()?.agreement * NEAR_BEST;
    hypotheses
        .iter()
        .take(most)
        .filter(|hypothesis| hypothesis.agreement >= LEAST_AGREEMENT.max(least))
        .filter_map(|hypothesis| refine(page, &set.forms[hypothesis.form].marks, hypothesis))
        .find(Registration::is_proven)
}

/// The form among `best` and its rivals that the page's print tells from all others.
fn settled(page: &Turned<'_>, set: &FormSet, mut best: Registration) -> Result<Registration, SortingDoubt> {
    let mut beaten = vec![best.form];
    loop {
        let (mut near, mut better) = (None, None);
        let half = page.half(best.turns);
        let map = best.half_map();
        for rival in &set.rivals[best.form] {
            let verdict = rival.weigh(half, &map);
            let lead = -verdict.lead;
            match verdict.side() {
                Side::Own => {}
                Side::Others if better.is_none_or(|(most, _)| lead > most) => better = Some((lead, rival)),
                Side::Others => {}
                Side::Neither => near = near.or(Some(rival)),
            }
        }
        let alike = |rival: &Rival| doubt(set, DoubtKind::Alike, &[best.form, rival.form]);
        match (better, near) {
            (Some((_, rival)), _) => {
                let hypothesis = Hypothesis {
                    form: rival.form,
                    turns: best.turns,
                    map: map.after(&rival.map).between_scales(2.0, 8.0),
                    agreement: 1.0,
                };
                let refined = refine(page, &set.forms[rival.form].marks, &hypothesis);
                let proven = refined.filter(|refined| refined.is_proven() && !beaten.contains(&rival.form));
                best = proven.ok_or_else(|| alike(rival))?;
                beaten.push(best.form);
            }
            (None, Some(rival)) => return Err(alike(rival)),
            (None, None) => break,
        }
    }
    let (form, half, map) = (&set.forms[best.form], page.half(best.turns), best.half_map());
    if form.print.is_other(half, &map) || form.rulings.lacks_one(half, &map) {
        return Err(doubt(set, DoubtKind::OtherEdition, &[best.form]));
    }
    Ok(best)
}

fn doubt(set: &FormSet, kind: DoubtKind, forms: &[usize]) -> SortingDoubt {
    let prepared: Vec<&PreparedForm> = forms.iter().map(|&form| &set.forms[form]).collect();
    let names: Vec<&str> = prepared
        .iter()
        .map(|form| form.definition.name.as_str())
        .collect();
    SortingDoubt {
        kind,
        forms: prepared.iter().map(|form| form.definition.id.clone()).collect(),
        explanation: kind.sentence_ja(&names),
    }
}

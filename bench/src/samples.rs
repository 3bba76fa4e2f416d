//! Makes stacks of filled, scanned forms with their truth: everything from one seed.
//!
//! Promises: the same seed, page count, hands and levels give the same stack; each page depends on
//! its own number only. Never uses real persons, places or handwriting.

mod content;
pub mod demo;
pub mod output;
pub(crate) mod paper;
pub(crate) mod people;
pub(crate) mod scan;
pub mod towns;
pub mod truth;
pub(crate) mod writer;

use image::GrayImage;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use shoki_core::form::FormDefinition;

use crate::typefaces::{FontSet, Hand, Printed};
use truth::{PageTruth, StackTruth, TruePage};

/// What to make.
#[derive(Clone, Debug)]
pub struct Order {
    /// Number of pages.
    pub pages: u32,
    /// Seed.
    pub seed: u64,
    /// Which hands.
    pub hands: FontSet,
    /// Levels of defects to draw from, 1–3.
    pub levels: Vec<u8>,
    /// JPEG quality of every page instead of the level's own.
    pub jpeg_quality: Option<u8>,
    /// Kinds of pages to deal in a fixed order instead of by chance; empty = by chance.
    pub plan: Vec<PlannedPage>,
}

/// A page of a planned stack.
#[derive(Clone, Copy, Debug)]
pub struct PlannedPage {
    /// Which form, by index of the sorted ids; ignored for the others.
    pub form: usize,
    /// What it is.
    pub kind: TruePage,
    /// Quarter turns.
    pub quarter_turns: u8,
}

/// A made page.
pub struct MadePage {
    /// Pixels as scanned.
    pub image: GrayImage,
    /// The same as JPEG.
    pub jpeg: Vec<u8>,
    /// What is on it.
    pub truth: PageTruth,
}

/// What pages are made of.
pub struct Workshop {
    forms: Vec<(FormDefinition, GrayImage)>,
    hands: Vec<Hand>,
    printed: Printed,
}

impl Workshop {
    /// Loads fonts and draws the blanks.
    ///
    /// # Errors
    /// Fonts that are not installed.
    pub fn open(set: FontSet) -> anyhow::Result<Self> {
        let printed = Printed::load()?;
        Ok(Self {
            forms: crate::blanks::drawn(&printed),
            hands: crate::typefaces::hands(set)?,
            printed,
        })
    }

    /// Every family equally often, whatever the number of its fonts.
    fn hand(&self, rng: &mut ChaCha8Rng) -> &Hand {
        let mut families: Vec<&str> = self.hands.iter().map(|hand| hand.family).collect();
        families.dedup();
        let family = families.choose(rng).expect("a set has hands");
        let fonts: Vec<&Hand> = self.hands.iter().filter(|hand| hand.family == *family).collect();
        fonts.choose(rng).expect("a family has fonts")
    }

    /// Makes page `number` (from 1) of the order.
    ///
    /// # Errors
    /// Only when the JPEG encoder fails.
    pub fn page(&self, order: &Order, number: u32) -> anyhow::Result<MadePage> {
        let mut rng = ChaCha8Rng::seed_from_u64(order.seed ^ (u64::from(number) << 32));
        let plan = order
            .plan
            .get(number as usize - 1)
            .copied()
            .unwrap_or_else(|| chance(&mut rng, self.forms.len()));
        let level = *order.levels.choose(&mut rng).unwrap_or(&2);
        let (form, blank) = &self.forms[plan.form % self.forms.len()];
        let hand = self.hand(&mut rng);
        let (sheet, fields) = match plan.kind {
            TruePage::Form => paper::filled(form, blank, hand, &self.printed, &mut rng),
            TruePage::UnknownForm => (paper::letter(hand, &self.printed, &mut rng), Default::default()),
            TruePage::Blank => (paper::back(blank, &mut rng), Default::default()),
        };
        let scan = scan::scan(&sheet, level, plan.quarter_turns, order.jpeg_quality, &mut rng)?;
        let is_form = plan.kind == TruePage::Form;
        let truth = PageTruth {
            page: number,
            kind: plan.kind,
            form: is_form.then(|| form.id.clone()),
            quarter_turns: scan.quarter_turns,
            level,
            hand: is_form.then(|| hand.family.to_owned()),
            homography: is_form
                .then(|| std::array::from_fn(|r| std::array::from_fn(|c| scan.homography[(r, c)]))),
            fields,
        };
        Ok(MadePage {
            image: scan.image,
            jpeg: scan.jpeg,
            truth,
        })
    }
}

fn chance(rng: &mut ChaCha8Rng, forms: usize) -> PlannedPage {
    let kind = match rng.random_range(0..100) {
        0..=6 => TruePage::Blank,
        7..=11 => TruePage::UnknownForm,
        _ => TruePage::Form,
    };
    let quarter_turns = match rng.random_range(0..100) {
        0..=5 => 2,
        6..=8 => 1,
        9..=11 => 3,
        _ => 0,
    };
    PlannedPage {
        form: rng.random_range(0..forms),
        kind,
        quarter_turns,
    }
}

/// The name of a set of hands in files.
#[must_use]
pub const fn set_name(set: FontSet) -> &'static str {
    match set {
        FontSet::Tuning => "tuning",
        FontSet::Measuring => "measuring",
    }
}

/// Gathers the truths of a stack.
#[must_use]
pub fn stack_truth(order: &Order, pages: Vec<PageTruth>) -> StackTruth {
    StackTruth {
        seed: order.seed,
        hands: set_name(order.hands).to_owned(),
        pages,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(levels: Vec<u8>) -> Order {
        Order {
            pages: 3,
            seed: 7,
            hands: FontSet::Tuning,
            levels,
            jpeg_quality: None,
            plan: (0..3)
                .map(|form| PlannedPage {
                    form,
                    kind: TruePage::Form,
                    quarter_turns: form as u8,
                })
                .collect(),
        }
    }

    #[test]
    fn the_same_order_gives_the_same_page_whatever_came_before() {
        let workshop = Workshop::open(FontSet::Tuning).expect("fonts are installed");
        let order = order(vec![3]);
        let first = workshop.page(&order, 2).expect("page");
        workshop.page(&order, 1).expect("page");
        let again = workshop.page(&order, 2).expect("page");
        assert!(first.jpeg == again.jpeg && first.truth == again.truth);
        assert!(first.jpeg != workshop.page(&order, 3).expect("page").jpeg);
    }

    #[test]
    fn every_field_has_its_truth_and_the_homography_leads_to_the_printed_rules() {
        let workshop = Workshop::open(FontSet::Tuning).expect("fonts are installed");
        let order = order(vec![2]);
        for number in 1..=3 {
            let made = workshop.page(&order, number).expect("page");
            let (form, blank) = &workshop.forms[number as usize - 1];
            assert!(
                form.fields
                    .iter()
                    .all(|field| made.truth.fields.contains_key(&field.key))
            );
            let upright = match made.truth.quarter_turns {
                1 => image::imageops::rotate90(&made.image),
                2 => image::imageops::rotate180(&made.image),
                _ => made.image,
            };
            let rows = made.truth.homography.expect("a form page has one");
            let h = nalgebra::Matrix3::from_fn(|r, c| rows[r][c]);
            let mean = |dark: bool| {
                let wanted = |pixel: u8| if dark { pixel < 40 } else { pixel == 255 };
                let places = blank
                    .enumerate_pixels()
                    .filter(|(x, y, p)| x % 3 == 0 && y % 3 == 0 && wanted(p.0[0]));
                let (mut sum, mut count) = (0.0, 0.0);
                for (x, y, _) in places {
                    let p = h * nalgebra::Vector3::new(f64::from(x), f64::from(y), 1.0);
                    let (u, v) = ((p.x / p.z).round() as u32, (p.y / p.z).round() as u32);
                    if u < upright.width() && v < upright.height() {
                        sum += f64::from(upright.get_pixel(u, v).0[0]);
                        count += 1.0;
                    }
                }
                sum / count
            };
            // A few pixels off and the thin rules would be paper.
            assert!(
                mean(true) + 80.0 < mean(false),
                "page {number}: {} {}",
                mean(true),
                mean(false)
            );
        }
    }
}

//! Mixed duplex stacks of the made office: filled and stamped forms, pages of no defined form, blank backs;
//! any way up, skewed, unevenly fed, scanned at 200 or 300 dpi.
//!
//! Promise: each page depends on the seed and its own number only.

use image::imageops::{self, FilterType};
use image::{GrayImage, Luma};
use rand::seq::IndexedRandom as _;
use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use shoki_core::form::{FieldDefinition, FieldType as T, FormDefinition};

use super::office::{Office, Printing};
use crate::canvas::Canvas;
use crate::samples::people::{self, Person};
use crate::samples::writer::Writer;
use crate::samples::{paper, scan};
use crate::typefaces::{FontSet, Hand, Printed};

/// What a page truly is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// A form of the office, by id; whether it is defined is the office's choice.
    Form(String),
    /// A page of somebody else: what it is.
    Foreign(&'static str),
    /// A blank back.
    Blank,
}

/// A page as it comes from the decoder: grey, 200 dpi.
pub struct Page {
    /// Pixels.
    pub image: GrayImage,
    /// What it is.
    pub truth: Truth,
    /// Clockwise quarter turns that make it upright.
    pub quarter_turns: u8,
    /// Strength of the scan's defects, 1–3.
    pub level: u8,
    /// Resolution of the scanner.
    pub dpi: u32,
}

/// What pages are made of.
pub struct Workshop {
    /// The forms.
    pub office: Office,
    strangers: Vec<(FormDefinition, GrayImage)>,
    hands: Vec<Hand>,
    printed: Printed,
    seed: u64,
}

/// Of 24 pages in a row, so many are of each kind: 18 forms, 2 undefined ones, 1 stranger, 3 backs.
const ROUND: u32 = 24;

impl Workshop {
    /// Loads fonts and draws the office.
    ///
    /// # Errors
    /// Fonts that are not installed.
    pub fn open(hands: FontSet, seed: u64) -> anyhow::Result<Self> {
        let printed = Printed::load()?;
        Ok(Self {
            office: Office::draw(&printed),
            strangers: crate::blanks::drawn(&printed),
            hands: crate::typefaces::hands(hands)?,
            printed,
            seed,
        })
    }

    /// Makes page `number`, from 0.
    ///
    /// # Errors
    /// Only when the JPEG encoder fails.
    pub fn page(&self, number: u32) -> anyhow::Result<Page> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ (u64::from(number) << 32));
        let (round, place) = (number / ROUND, number % ROUND);
        let (truth, paper) = match place {
            0..=17 => {
                let index = (round * 18 + place) as usize % self.office.defined.len();
                let form = &self.office.defined[index];
                let sheet = self.filled(&form.definition, &form.blank, &mut rng);
                (Truth::Form(form.definition.id.clone()), sheet)
            }
            18 | 19 => {
                let index = (round * 2 + place - 18) as usize % self.office.undefined.len();
                let form = &self.office.undefined[index];
                let sheet = self.filled(&form.definition, &form.blank, &mut rng);
                (Truth::Form(form.definition.id.clone()), sheet)
            }
            20 => self.stranger(round, &mut rng),
            _ => {
                let index = rng.random_range(0..self.office.defined.len());
                let form = &self.office.defined[index];
                let front = self.filled(&form.definition, &form.blank, &mut rng);
                (Truth::Blank, paper::shining(&front, rng.random_range(0.0..0.12)))
            }
        };
        let quarter_turns = *[0, 0, 0, 0, 0, 2, 2, 1, 3, 0]
            .choose(&mut rng)
            .expect("not empty");
        let (level, dpi) = (
            rng.random_range(1..=3),
            if rng.random_bool(0.25) { 300 } else { 200 },
        );
        let fed = fed(&paper, rng.random_range(0.0..1.6), rng.random_range(0.0..6.3));
        let image = scanned(&fed, level, quarter_turns, dpi, &mut rng)?;
        Ok(Page {
            image,
            truth,
            quarter_turns,
            level,
            dpi,
        })
    }

    /// A filled form as a JPEG page, scanned well: size in pixels and bytes.
    ///
    /// # Errors
    /// Only when the JPEG encoder fails.
    pub fn sheet(&self, printing: &Printing, number: u32) -> anyhow::Result<((u32, u32), Vec<u8>)> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ (u64::from(number) << 32));
        let sheet = self.filled(&printing.definition, &printing.blank, &mut rng);
        let scan = scan::scan(&sheet, 1, 0, None, &mut rng)?;
        Ok((scan.image.dimensions(), scan.jpeg))
    }

    fn hand(&self, rng: &mut impl Rng) -> &Hand {
        self.hands.choose(rng).expect("a set has hands")
    }

    fn stranger(&self, round: u32, rng: &mut ChaCha8Rng) -> (Truth, GrayImage) {
        if round.is_multiple_of(2) {
            return (
                Truth::Foreign("a letter"),
                paper::letter(self.hand(rng), &self.printed, rng),
            );
        }
        let (form, blank) = &self.strangers[(round / 2) as usize % self.strangers.len()];
        let hand = self.hand(rng);
        let (sheet, _) = paper::filled(form, blank, hand, &self.printed, rng);
        (Truth::Foreign("a form of another office"), sheet)
    }

    fn filled(&self, form: &FormDefinition, blank: &GrayImage, rng: &mut impl Rng) -> GrayImage {
        let mut page = Canvas { image: blank.clone() };
        let hand = self.hand(rng);
        let writer = Writer::new(hand, rng);
        let zeal = rng.random_range(0.45..0.95);
        for field in &form.fields {
            if !rng.random_bool(zeal) {
                continue;
            }
            let text = entry(field, rng);
            if !field.choices.is_empty() || hand.covers(&text) {
                paper::write_field(&mut page, &writer, field, &text, rng);
            }
        }
        let width = form.blank.width_mm;
        if rng.random_bool(0.5) {
            let at = (
                width - 29.0 + rng.random_range(-4.0..4.0),
                36.5 + rng.random_range(-4.0..3.0),
            );
            paper::seal(
                &mut page,
                &self.printed,
                at,
                rng.random_range(7.0..9.5),
                "受付",
                rng,
            );
        }
        // A seal that was set down anywhere: on the title, on rules, on other writing.
        if rng.random_bool(0.3) {
            let at = (
                rng.random_range(25.0..width - 25.0),
                rng.random_range(15.0..180.0),
            );
            let surname = Person::draw(rng, None).surname;
            paper::seal(
                &mut page,
                &self.printed,
                at,
                rng.random_range(4.5..6.5),
                &surname,
                rng,
            );
        }
        page.image
    }
}

/// What somebody writes in a field of this type.
fn entry(field: &FieldDefinition, rng: &mut impl Rng) -> String {
    const WORDS: &[&str] = &[
        "なし",
        "別紙のとおり",
        "会社員",
        "1通",
        "令和7年度",
        "本人",
        "子",
        "市立第二小",
        "中央病院",
        "同上",
    ];
    match field.kind {
        T::Name => Person::draw(rng, None).name(),
        T::Kana => Person::draw(rng, None).kana(),
        T::Address => people::address(rng),
        T::Phone => people::phone(rng),
        T::WarekiDate => format!(
            "令和7年{}月{}日",
            rng.random_range(1..13),
            rng.random_range(1..29)
        ),
        T::Amount => (rng.random_range(10..9000) * 100).to_string(),
        T::Number => people::digits(rng, field.cells.unwrap_or(4) as usize),
        T::Check | T::Circle => {
            let chosen = field.choices.choose(rng).expect("a choice has words");
            chosen.value.clone()
        }
        _ => (*WORDS.choose(rng).expect("not empty")).to_owned(),
    }
}

/// A feeder that does not pull evenly: rows up to `most` pixels from their place, in slow waves.
fn fed(paper: &GrayImage, most: f32, phase: f32) -> GrayImage {
    let rows = paper.height() as f32;
    GrayImage::from_fn(paper.width(), paper.height(), |x, y| {
        let wave = (y as f32 / rows * 9.0 + phase).sin();
        let at = (y as f32 + most * wave).clamp(0.0, rows - 1.001);
        let (above, part) = (at.floor(), at.fract());
        let value = |row: f32| f32::from(paper.get_pixel(x, row as u32).0[0]);
        Luma([(value(above) * (1.0 - part) + value(above + 1.0) * part).round() as u8])
    })
}

/// Scanned and opened as the decoder does: 300 dpi shrunk with a triangle.
fn scanned(
    paper: &GrayImage,
    level: u8,
    turns: u8,
    dpi: u32,
    rng: &mut impl Rng,
) -> anyhow::Result<GrayImage> {
    if dpi == 200 {
        return Ok(scan::scan(paper, level, turns, None, rng)?.image);
    }
    let (width, height) = paper.dimensions();
    let large = imageops::resize(paper, width * 3 / 2, height * 3 / 2, FilterType::CatmullRom);
    let scan = scan::scan(&large, level, turns, None, rng)?.image;
    let (width, height) = if turns % 2 == 1 {
        (height, width)
    } else {
        (width, height)
    };
    Ok(imageops::resize(&scan, width, height, FilterType::Triangle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_gives_the_same_page_and_a_round_holds_every_kind() {
        let workshop = Workshop::open(FontSet::Tuning, 3).expect("fonts are installed");
        let page = workshop.page(5).expect("a page");
        workshop.page(22).expect("a page");
        let again = workshop.page(5).expect("a page");
        assert!(page.image == again.image && page.truth == again.truth);
        assert!(matches!(page.truth, Truth::Form(_)));
        assert_eq!(workshop.page(22).expect("a page").truth, Truth::Blank);
        assert_eq!(
            workshop.page(20).expect("a page").truth,
            Truth::Foreign("a letter")
        );
    }
}

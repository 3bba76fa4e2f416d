//! Fonts by path, loaded at generation time only; none is in the tree.
//!
//! Owns the list of printed faces and of handwriting-like families, and the split of the families
//! into tuning and measuring. A family is one hand: all fonts drawn after the same person's writing
//! are one family, whatever they are called, so nothing tuned on a hand is measured on it.

use std::path::Path;

use ab_glyph::{Font as _, FontVec};
use anyhow::Context as _;

const ROOT: &str = "/usr/share/fonts";

/// The faces of the printed parts of a form.
pub struct Printed {
    /// Labels.
    pub gothic: FontVec,
    /// Titles and notes.
    pub mincho: FontVec,
    /// Headings.
    pub bold: FontVec,
}

impl Printed {
    /// Loads the faces (Debian: fonts-ipafont, fonts-noto-cjk).
    ///
    /// # Errors
    /// A face that is not installed, by path.
    pub fn load() -> anyhow::Result<Self> {
        Ok(Self {
            gothic: face("opentype/ipafont-gothic/ipag.ttf")?,
            mincho: face("opentype/ipafont-mincho/ipam.ttf")?,
            bold: face("opentype/noto/NotoSansCJK-Bold.ttc")?,
        })
    }
}

/// What a made page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum FontSet {
    /// Constants of the reader may be chosen on these.
    Tuning,
    /// Reported figures come from these.
    Measuring,
}

/// One font of a hand: name of the hand, file, em scale that makes its characters equally large,
/// highest pen threshold that keeps its thinnest strokes whole.
struct HandFile(&'static str, &'static str, f32, f32);

/// Hands for tuning. The yozfont packages carry one hand in several kana styles.
const TUNING: &[HandFile] = &[
    HandFile("seto", "truetype/seto/setofont.ttf", 1.0, 0.42),
    HandFile("kiloji", "truetype/kiloji/kiloji.ttf", 1.0, 0.42),
    HandFile("kiloji", "truetype/kiloji/kiloji_b.ttf", 1.0, 0.42),
    HandFile("yozfont", "truetype/yozvox-yozfont/YOzRS_.ttf", 1.0, 0.42),
    HandFile("yozfont", "truetype/yozvox-yozfont/YOzRN_.ttf", 1.0, 0.42),
];

/// Hands for measuring. Aoyagi Kouzan and Kouzan Mouhitsu are the brush of one calligrapher.
const MEASURING: &[HandFile] = &[
    HandFile("klee", "truetype/klee/KleeOne-Regular.ttf", 1.0, 0.40),
    HandFile("klee", "truetype/klee/KleeOne-SemiBold.ttf", 1.0, 0.42),
    HandFile(
        "yusei-magic",
        "truetype/yusei-magic/YuseiMagic-Regular.ttf",
        1.0,
        0.42,
    ),
    HandFile("kouzan", "truetype/aoyagi-kouzan-t/AoyagiKouzanT.ttf", 1.12, 0.27),
    HandFile(
        "kouzan",
        "truetype/kouzan-mouhitsu/kouzan-mouhitsu.ttf",
        1.12,
        0.27,
    ),
];

/// A handwriting-like font.
pub struct Hand {
    /// The hand it was drawn after.
    pub family: &'static str,
    /// Its outlines.
    pub face: FontVec,
    /// Em scale that makes its characters as large as the others'.
    pub scale: f32,
    /// Highest pen threshold that keeps its thinnest strokes whole.
    pub finest: f32,
}

impl Hand {
    /// Whether it has a drawn glyph for every character of `text`.
    #[must_use]
    pub fn covers(&self, text: &str) -> bool {
        text.chars().all(|c| {
            let id = self.face.glyph_id(c);
            c.is_whitespace() || (id.0 != 0 && self.face.outline(id).is_some())
        })
    }
}

/// Loads the hands of one set.
///
/// # Errors
/// A font that is not installed, by path.
pub fn hands(set: FontSet) -> anyhow::Result<Vec<Hand>> {
    let files = match set {
        FontSet::Tuning => TUNING,
        FontSet::Measuring => MEASURING,
    };
    files
        .iter()
        .map(|HandFile(family, file, scale, finest)| {
            Ok(Hand {
                family,
                face: face(file)?,
                scale: *scale,
                finest: *finest,
            })
        })
        .collect()
}

fn face(file: &str) -> anyhow::Result<FontVec> {
    let path = Path::new(ROOT).join(file);
    let bytes = std::fs::read(&path).with_context(|| {
        format!(
            "{}: font not installed (cargo xtask test installs it)",
            path.display()
        )
    })?;
    FontVec::try_from_vec_and_index(bytes, 0)
        .with_context(|| format!("{}: not a readable font", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_hand_is_in_both_sets() {
        for tuning in TUNING {
            assert!(MEASURING.iter().all(|m| m.0 != tuning.0), "{}", tuning.0);
        }
    }
}

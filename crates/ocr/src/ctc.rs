//! Greedy CTC decoding (Graves 2006) under an alphabet: the best allowed character or blank per step.
//!
//! Per glyph it keeps where it stood, how clear it was and what stood second, so that agreement,
//! rules and candidates need not look at the lattice again.

use crate::alphabet::Alphabet;
use crate::masked::MaskedLattice;

/// One character as read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Glyph {
    /// The character.
    pub(crate) character: char,
    /// Centre of its steps, as a share of the line's steps.
    pub(crate) place: f32,
    /// Largest probability of its group over its steps.
    pub(crate) probability: f32,
    /// Lead over the second best (blank included) where it was clearest, 0–1.
    pub(crate) margin: f32,
    /// Second best character there and its probability.
    pub(crate) second: Option<(char, f32)>,
}

/// A line as read under an alphabet.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LineReading {
    /// Characters in order.
    pub(crate) glyphs: Vec<Glyph>,
}

impl LineReading {
    /// The text.
    pub(crate) fn text(&self) -> String {
        self.glyphs.iter().map(|glyph| glyph.character).collect()
    }

    /// The smallest margin; 0 for an empty line.
    pub(crate) fn least_margin(&self) -> f32 {
        self.glyphs
            .iter()
            .map(|glyph| glyph.margin)
            .reduce(f32::min)
            .unwrap_or(0.0)
    }
}

/// The clearest path: the best allowed character or blank at each step.
pub(crate) fn decode(lattice: &MaskedLattice, alphabet: &Alphabet) -> LineReading {
    let steps = lattice.steps.len();
    let mut glyphs: Vec<Glyph> = Vec::new();
    let mut previous: Option<usize> = None;
    let mut first_step = 0;
    for (step, row) in lattice.steps.iter().enumerate() {
        let character = |at: usize| row.best.get(at).copied().unwrap_or((usize::MAX, 0.0));
        let (best, other) = (character(0), character(1));
        if best.1 <= row.blank {
            previous = None;
            continue;
        }
        let second = if other.1 > row.blank {
            other
        } else {
            (usize::MAX, row.blank)
        };
        let margin = (best.1 - second.1) / (best.1 + second.1).max(f32::MIN_POSITIVE);
        let runner_up = (second.0 != usize::MAX).then(|| (alphabet.groups()[second.0].0, second.1));
        if previous == Some(best.0) {
            let glyph = glyphs.last_mut().expect("a repeated character has a glyph");
            glyph.place = (first_step + step + 1) as f32 / (2 * steps) as f32;
            if best.1 > glyph.probability {
                (glyph.probability, glyph.margin, glyph.second) = (best.1, margin, runner_up);
            }
        } else {
            first_step = step;
            glyphs.push(Glyph {
                character: alphabet.groups()[best.0].0,
                place: (2 * step + 1) as f32 / (2 * steps) as f32,
                probability: best.1,
                margin,
                second: runner_up,
            });
        }
        previous = Some(best.0);
    }
    LineReading { glyphs }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shoki_core::form::{FieldDefinition, FieldType, MmBox};

    fn alphabet(characters: &str) -> Alphabet {
        let area = MmBox::from([0.0, 0.0, 1.0, 1.0]);
        let field = FieldDefinition {
            alphabet: Some(characters.into()),
            ..FieldDefinition::new("f", "欄", FieldType::Number, area)
        };
        // Classes: blank, 1, 2, l, 国.
        Alphabet::of(&field, &|c| {
            "12l国".chars().position(|known| known == c).map(|at| at + 1)
        })
    }

    fn decode(probabilities: &[f32], classes: usize, alphabet: &Alphabet) -> LineReading {
        super::decode(&MaskedLattice::new(probabilities, classes, alphabet), alphabet)
    }

    #[test]
    fn repeats_collapse_and_blanks_part() {
        let rows = [
            [0.1, 0.9, 0.0, 0.0, 0.0],
            [0.2, 0.8, 0.0, 0.0, 0.0],
            [0.9, 0.1, 0.0, 0.0, 0.0],
            [0.3, 0.7, 0.0, 0.0, 0.0],
            [0.1, 0.0, 0.9, 0.0, 0.0],
        ];
        let line = decode(&rows.concat(), 5, &alphabet("12"));
        assert_eq!(line.text(), "112");
        assert!((line.glyphs[0].place - 0.2).abs() < 1e-6 && (line.glyphs[0].probability - 0.9).abs() < 1e-6);
    }

    #[test]
    fn lookalikes_add_up_and_the_forbidden_loses_to_blank() {
        let rows = [[0.35, 0.2, 0.0, 0.4, 0.05], [0.3, 0.0, 0.1, 0.0, 0.6]];
        assert_eq!(decode(&rows.concat(), 5, &alphabet("12")).text(), "1");
        assert_eq!(decode(&rows.concat(), 5, &alphabet("12国")).text(), "1国");
    }

    #[test]
    fn an_empty_lattice_is_an_empty_line() {
        assert_eq!(decode(&[], 5, &alphabet("12")), LineReading::default());
    }
}

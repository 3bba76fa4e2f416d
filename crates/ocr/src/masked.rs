//! A line's lattice under an alphabet: at each step the blank and the likeliest allowed characters, the
//! classes that stand for one character added up.

use crate::alphabet::Alphabet;

/// Most characters kept of a step.
const MOST: usize = 24;
/// Probability below which a character is only kept when nothing else is there.
const LEAST: f32 = 1e-6;

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    /// Probability of the blank.
    pub(crate) blank: f32,
    /// Characters (their index in the alphabet) and their probabilities, falling.
    pub(crate) best: Vec<(usize, f32)>,
}

/// All steps of a line, or of several lines with a blank between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct MaskedLattice {
    /// In order.
    pub(crate) steps: Vec<Step>,
}

impl MaskedLattice {
    /// Of `steps × classes` probabilities; class 0 is blank.
    pub(crate) fn new(probabilities: &[f32], classes: usize, alphabet: &Alphabet) -> Self {
        let step = |row: &[f32]| {
            let mass = |members: &[usize]| -> f32 {
                members
                    .iter()
                    .map(|&class| row.get(class).copied().unwrap_or(0.0))
                    .sum()
            };
            let all = alphabet
                .groups()
                .iter()
                .enumerate()
                .map(|(index, (_, members))| (index, mass(members)));
            let mut best: Vec<(usize, f32)> = all.clone().filter(|(_, mass)| *mass >= LEAST).collect();
            if best.len() < 2 {
                best = all.filter(|(_, mass)| *mass > 0.0).collect();
            }
            // Equal ones keep the alphabet's order, so that the same page reads the same.
            best.sort_by(|a, b| b.1.total_cmp(&a.1));
            best.truncate(MOST);
            Step { blank: row[0], best }
        };
        let steps = probabilities.chunks_exact(classes.max(1)).map(step).collect();
        Self { steps }
    }

    /// The lines one after another, as one.
    pub(crate) fn joined(lines: &[Self]) -> Self {
        let mut steps = Vec::new();
        for line in lines {
            if !steps.is_empty() {
                steps.push(Step {
                    blank: 1.0,
                    best: Vec::new(),
                });
            }
            steps.extend(line.steps.iter().cloned());
        }
        Self { steps }
    }
}

//! What a recogniser says about a line: a probability for every class at every step (CTC).

/// Softmax probabilities, `steps × classes`, row by row; class 0 is the blank.
#[derive(Clone, Debug)]
pub struct Lattice {
    /// Time steps, 8 input pixels each at a line height of 48.
    pub steps: usize,
    /// Classes, blank and space included.
    pub classes: usize,
    /// `probabilities[step * classes + class]`.
    pub probabilities: Vec<f32>,
}

impl Lattice {
    /// The probabilities of one step.
    ///
    /// # Panics
    /// When `step ≥ steps`.
    #[must_use]
    pub fn at(&self, step: usize) -> &[f32] {
        &self.probabilities[step * self.classes..(step + 1) * self.classes]
    }
}

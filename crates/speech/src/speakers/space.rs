//! A recording's own space of voices, in which what one person's sentences differ by counts little.
//!
//! Windows of one region are (nearly always) of one person, so their scatter is what does *not* tell people
//! apart: it is divided out (within-class covariance normalisation, Hatch et al., 2006, with regions for
//! classes). With the right number of people given, k-means made DER .051 of .063 by it. Promise: without
//! scatter, or with too little of it, the space is the model's own.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// Voices as columns.
pub(super) type Voices = DMatrix<f32>;

/// Regions with at least two windows that make a scatter worth believing.
const LEAST_REGIONS: usize = 4;

/// Voices that are moved at once.
const BLOCK: usize = 256;

/// A centre and a change of axes.
pub(super) struct Space {
    centre: DVector<f32>,
    axes: DMatrix<f32>,
}

impl Space {
    /// The space of `voices`, of which those with the same number in `regions` belong together.
    pub(super) fn of(voices: &Voices, regions: &[usize], shrinkage: f32) -> Self {
        let width = voices.nrows();
        let centre = voices.column_mean();
        let mut scatter = DMatrix::<f32>::zeros(width, width);
        let (mut degrees, mut used) = (0_usize, 0_usize);
        for span in regions.chunk_by(|a, b| a == b).scan(0, |start, chunk| {
            let from = *start;
            *start += chunk.len();
            Some(from..*start)
        }) {
            if span.len() < 2 {
                continue;
            }
            let own = voices.columns(span.start, span.len());
            let mean = own.column_mean();
            let mut apart = own.into_owned();
            apart.column_iter_mut().for_each(|mut column| column -= &mean);
            scatter.gemm(1.0, &apart, &apart.transpose(), 1.0);
            degrees += span.len() - 1;
            used += 1;
        }
        if used < LEAST_REGIONS || scatter.trace() <= 0.0 {
            return Self {
                centre: DVector::zeros(width),
                axes: DMatrix::identity(width, width),
            };
        }
        scatter /= degrees as f32;
        let even = scatter.trace() / width as f32;
        scatter *= 1.0 - shrinkage;
        scatter += DMatrix::identity(width, width) * (shrinkage * even);
        let eigen = SymmetricEigen::new(scatter);
        let scale = eigen.eigenvalues.map(|value| 1.0 / value.max(even * 1e-4).sqrt());
        let axes = &eigen.eigenvectors * DMatrix::from_diagonal(&scale) * eigen.eigenvectors.transpose();
        Self { centre, axes }
    }

    /// `voices` in the space, at unit length. They are moved there in place: a recording of four hours has twenty
    /// thousand of them.
    pub(super) fn project(&self, mut voices: Voices) -> Voices {
        let mut start = 0;
        while start < voices.ncols() {
            let count = BLOCK.min(voices.ncols() - start);
            let mut block = voices.columns_mut(start, count);
            block
                .column_iter_mut()
                .for_each(|mut column| column -= &self.centre);
            let projected = &self.axes * &block;
            block.copy_from(&projected);
            start += count;
        }
        normalise(&mut voices);
        voices
    }
}

/// Brings every column to unit length; one of zeros stays.
pub(super) fn normalise(voices: &mut Voices) {
    for mut column in voices.column_iter_mut() {
        let length = column.norm();
        if length > 0.0 {
            column /= length;
        }
    }
}

/// The mean voice of each label, at unit length, as columns.
pub(super) fn centroids(voices: &Voices, labels: &[usize], count: usize) -> Voices {
    let mut means = Voices::zeros(voices.nrows(), count);
    for (voice, &label) in voices.column_iter().zip(labels) {
        let mut mean = means.column_mut(label);
        mean += voice;
    }
    normalise(&mut means);
    means
}

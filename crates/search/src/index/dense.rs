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

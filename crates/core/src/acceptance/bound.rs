//! Exact bounds of an error rate from audits (Clopper and Pearson 1934, one-sided).
//!
//! The beta quantile is that of statrs (AS 64/109). The bounds are those of one look at the counts; a field is
//! looked at after every audit, so the chance that a bad field passes some look is somewhat above 5 %.

use statrs::function::beta::inv_beta_reg;

/// Confidence of every stated bound.
pub const CONFIDENCE: f64 = 0.95;

/// The highest error rate that `wrong` errors in `audited` audits allow at [`CONFIDENCE`]; 1 without audits.
#[must_use]
pub fn upper_bound(wrong: u32, audited: u32) -> f64 {
    if wrong >= audited {
        return 1.0;
    }
    inv_beta_reg(f64::from(wrong) + 1.0, f64::from(audited - wrong), CONFIDENCE)
}

/// The lowest error rate that they allow; 0 without errors.
#[must_use]
pub fn lower_bound(wrong: u32, audited: u32) -> f64 {
    if wrong == 0 || wrong > audited {
        return 0.0;
    }
    inv_beta_reg(
        f64::from(wrong),
        f64::from(audited - wrong) + 1.0,
        1.0 - CONFIDENCE,
    )
}

/// Audits without an error that bring the bound down to `limit`: 598 for 0.5 %, about three over the limit (the
/// rule of three).
#[must_use]
pub fn clean_needed(limit: f64) -> u32 {
    let needed = (1.0 - CONFIDENCE).ln() / (1.0 - limit.clamp(1e-6, 1.0 - 1e-6)).ln();
    // Positive, and at most 3 million by the clamp.
    (needed.ceil() as u32).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Probability of at most `most` successes in `of` trials, summed term by term: another way than the bound's.
    fn at_most(most: u32, of: u32, rate: f64) -> f64 {
        let (p, q) = (rate.ln(), (-rate).ln_1p());
        let (mut choose, mut sum) = (0.0_f64, 0.0);
        for k in 0..=most {
            sum += (choose + f64::from(k) * p + f64::from(of - k) * q).exp();
            choose += f64::from(of - k).ln() - f64::from(k + 1).ln();
        }
        sum
    }

    #[test]
    fn the_rule_of_three_and_values_from_tables() {
        assert_eq!(clean_needed(0.005), 598);
        assert_eq!(clean_needed(0.001), 2995);
        assert_eq!(clean_needed(0.01), 299);
        assert!(upper_bound(0, 598) <= 0.005 && upper_bound(0, 597) > 0.005);
        // R: binom.test(1, 10, alternative = "less") and "greater".
        assert!((upper_bound(1, 10) - 0.394_163_3).abs() < 1e-6);
        assert!((lower_bound(1, 10) - 0.005_116_2).abs() < 1e-6);
        assert!((upper_bound(0, 0), lower_bound(0, 9)) == (1.0, 0.0));
    }

    proptest! {
        #[test]
        fn the_bounds_are_exact(audited in 1_u32..4_000, share in 0.0_f64..0.2) {
            let wrong = (f64::from(audited) * share * share) as u32;
            let upper = upper_bound(wrong, audited);
            prop_assert!((at_most(wrong, audited, upper) - 0.05).abs() < 1e-6, "{upper}");
            let lower = lower_bound(wrong, audited);
            if wrong > 0 {
                prop_assert!((at_most(wrong - 1, audited, lower) - 0.95).abs() < 1e-6, "{lower}");
            }
            prop_assert!(lower < upper);
            prop_assert!(upper_bound(wrong + 1, audited.max(wrong + 1)) > upper);
            prop_assert!(upper_bound(wrong, audited + 1) < upper);
        }

        #[test]
        fn as_many_as_needed_and_not_one_less(limit in 0.0005_f64..0.3) {
            let needed = clean_needed(limit);
            prop_assert!(upper_bound(0, needed) <= limit + 1e-9);
            prop_assert!(needed == 1 || upper_bound(0, needed - 1) > limit - 1e-9);
        }
    }
}

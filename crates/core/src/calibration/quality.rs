//! How well a calibration tells right readings from wrong ones, on readings it was not fitted on.

use serde::{Deserialize, Serialize};

use super::{Calibration, Features};

/// A reading of which people have said whether it is right.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// Id of the form.
    pub form: String,
    /// The field's key.
    pub key: String,
    /// What was noticed.
    pub features: Features,
    /// Whether it is wrong.
    pub is_wrong: bool,
    /// How many readings it stands for: an audited one for all those that were not drawn.
    pub weight: f64,
}

/// Readings of about the same risk.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bin {
    /// Risks from here …
    pub from: f64,
    /// … to here.
    pub to: f64,
    /// Readings, by weight.
    pub readings: f64,
    /// Their mean risk.
    pub expected: f64,
    /// Share of them that is wrong.
    pub found: f64,
}

/// How well a calibration does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// Mean negative logarithm of the probability given to what was so; lower is better.
    pub log_loss: f64,
    /// Mean squared error of the probability (Brier 1950); lower is better.
    pub brier: f64,
    /// Expected calibration error: mean distance of risk and found share over [`Quality::bins`].
    pub ece: f64,
    /// Share of the readings that passes under the limit.
    pub accepted: f64,
    /// Share of what passes that is wrong.
    pub missed: f64,
    /// The reliability table.
    pub bins: Vec<Bin>,
}

/// Borders of the reliability table: most readings are nearly sure, so equal steps would show one bin.
const BORDERS: [f64; 10] = [0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.4, 0.7, 1.0];

impl Quality {
    /// On examples, with what passes under `limit`; `None` without examples.
    #[must_use]
    pub fn of(calibration: &Calibration, examples: &[Example], limit: f64) -> Option<Self> {
        let highest = calibration.highest_risk(limit);
        let mut bins: Vec<Bin> = BORDERS
            .windows(2)
            .map(|pair| Bin {
                from: pair[0],
                to: pair[1],
                readings: 0.0,
                expected: 0.0,
                found: 0.0,
            })
            .collect();
        let (mut all, mut log_loss, mut brier, mut accepted, mut missed) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for example in examples {
            let risk = calibration.risk(&example.form, &example.key, &example.features);
            let (wrong, weight) = (f64::from(u8::from(example.is_wrong)), example.weight);
            let given = if example.is_wrong { risk } else { 1.0 - risk };
            all += weight;
            log_loss -= weight * given.max(1e-12).ln();
            brier += weight * (risk - wrong).powi(2);
            if risk <= highest {
                accepted += weight;
                missed += weight * wrong;
            }
            let place = BORDERS[1..].iter().position(|border| risk <= *border);
            let bin = &mut bins[place.unwrap_or(BORDERS.len() - 2)];
            bin.readings += weight;
            bin.expected += weight * risk;
            bin.found += weight * wrong;
        }
        if all <= 0.0 {
            return None;
        }
        bins.retain(|bin| bin.readings > 0.0);
        for bin in &mut bins {
            bin.expected /= bin.readings;
            bin.found /= bin.readings;
        }
        let off = bins
            .iter()
            .map(|bin| bin.readings * (bin.expected - bin.found).abs());
        Some(Self {
            log_loss: log_loss / all,
            brier: brier / all,
            ece: off.sum::<f64>() / all,
            accepted: accepted / all,
            missed: if accepted > 0.0 { missed / accepted } else { 0.0 },
            bins,
        })
    }
}

/// Two calibrations on the same held-back corrections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Readings that the new one was fitted on.
    pub fitted_on: u32,
    /// Readings that were held back.
    pub held_back: u32,
    /// Of them wrong.
    pub wrong: u32,
    /// The one that is used now.
    pub now: Quality,
    /// The new one.
    pub learnt: Quality,
}

impl Comparison {
    /// Least readings held back of which people found wrong ones, for a difference to mean anything.
    pub const LEAST_WRONG: u32 = 10;

    /// Whether the new one may take the old one's place: it tells right from wrong better on what it has not
    /// seen, and what it lets pass is wrong no more often than before or than half the limit.
    #[must_use]
    pub fn is_better(&self, limit: f64) -> bool {
        let misses_no_more = self.learnt.missed <= self.now.missed.max(limit / 2.0);
        self.wrong >= Self::LEAST_WRONG && self.learnt.log_loss < self.now.log_loss && misses_no_more
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn calibration(offset: f64) -> Calibration {
        Calibration {
            weights: BTreeMap::from([("offset".to_owned(), offset)]),
            curve: vec![crate::calibration::CurvePoint {
                risk: 0.1,
                missed: 0.001,
                accepted: 0.9,
            }],
            ..Calibration::default()
        }
    }

    fn examples(wrong: usize, of: usize) -> Vec<Example> {
        let example = |index| Example {
            form: "f".to_owned(),
            key: "k".to_owned(),
            features: vec![("offset".to_owned(), 1.0)],
            is_wrong: index < wrong,
            weight: 1.0,
        };
        (0..of).map(example).collect()
    }

    #[test]
    fn what_says_what_is_found_has_no_error_and_the_least_loss() {
        // Odds of one to three: a quarter.
        let right = calibration((1.0_f64 / 3.0).ln());
        let quality = Quality::of(&right, &examples(25, 100), 0.005).unwrap();
        assert!(
            quality.ece < 1e-9 && (quality.brier - 0.1875).abs() < 1e-9,
            "{quality:?}"
        );
        assert!(quality.accepted == 0.0 && quality.bins.len() == 1);
        let bold = Quality::of(&calibration(-3.0), &examples(25, 100), 0.005).unwrap();
        assert!(bold.log_loss > quality.log_loss && bold.ece > 0.2);
        assert_eq!((bold.accepted, bold.missed), (1.0, 0.25));
        assert_eq!(Quality::of(&right, &[], 0.005), None);
        let better = Comparison {
            fitted_on: 300,
            held_back: 100,
            wrong: 25,
            now: bold.clone(),
            learnt: quality.clone(),
        };
        assert!(better.is_better(0.005));
        let worse = Comparison {
            now: quality,
            learnt: bold,
            ..better.clone()
        };
        assert!(!worse.is_better(0.005));
        let few = Comparison { wrong: 9, ..better };
        assert!(!few.is_better(0.005));
    }
}

//! Fits the calibration of risks: a logistic model by Newton's method (iteratively reweighted least squares).
//!
//! Written here and not taken from a library because what is needed is rare: examples with weights, and a ridge
//! around the weights of an earlier calibration, so that a city's few corrections move what they speak of and
//! leave the rest. linfa-logistic and smartcore shrink towards zero only and bring an optimiser and an array
//! library each; the linear algebra is nalgebra's, which is here for the geometry.
//! Promises: the same examples give the same weights; few examples stay near the earlier weights.

use std::collections::BTreeMap;

use nalgebra::{DMatrix, DVector};
use shoki_core::calibration::{Calibration, CurvePoint, Example, Provenance, field_name};

/// How strongly weights are held.
#[derive(Clone, Copy, Debug)]
pub struct Hold {
    /// Of the features, around the earlier weights: that many examples speak as loudly as the hold.
    pub features: f64,
    /// Of what single fields add, around zero; `None`: fields add nothing.
    pub fields: Option<f64>,
}

impl Hold {
    /// From nothing: thousands of made examples.
    pub const SHIPPED: Self = Self {
        features: 0.5,
        fields: None,
    };
    /// From a city's corrections: the prior deviation of a feature is an eighth, of a field one. What a field does
    /// alone is said of it and not of all others.
    pub const LEARNT: Self = Self {
        features: 64.0,
        fields: Some(1.0),
    };
}

/// Why nothing was fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    /// Without right and wrong readings there is nothing to tell apart.
    #[error("examples of right and of wrong readings are needed")]
    OneKindOnly,
    /// The equations have no solution; cannot be while weights are held.
    #[error("the fit does not converge")]
    Diverges,
}

/// Newton steps; it takes about eight.
const MOST_STEPS: usize = 100;
/// Step below which it has converged.
const SMALL_STEP: f64 = 1e-8;
/// Risks at which the curve is noted: thirty from 1 in 100,000 to a half.
const CURVE_POINTS: i32 = 30;

struct Row {
    /// Place of the feature and its value.
    features: Vec<(usize, f64)>,
    wrong: f64,
    weight: f64,
}

/// A calibration from examples, near an earlier one.
///
/// # Errors
/// [`FitError`].
pub fn fit(
    examples: &[Example],
    earlier: &Calibration,
    hold: Hold,
    provenance: Provenance,
) -> Result<Calibration, FitError> {
    if examples.iter().all(|example| example.is_wrong) || !examples.iter().any(|example| example.is_wrong) {
        return Err(FitError::OneKindOnly);
    }
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut prior = Vec::new();
    let mut held = Vec::new();
    let mut place = |name: String, before: f64, strength: f64| {
        *places.entry(name).or_insert_with(|| {
            prior.push(before);
            held.push(strength);
            prior.len() - 1
        })
    };
    let mut rows = Vec::with_capacity(examples.len());
    for example in examples {
        let mut features = Vec::with_capacity(example.features.len() + 1);
        for (name, value) in &example.features {
            let before = earlier.weights.get(name).copied().unwrap_or(0.0);
            features.push((place(name.clone(), before, hold.features), *value));
        }
        if let Some(strength) = hold.fields {
            let name = field_name(&example.form, &example.key);
            features.push((place(format!("{FIELD}{name}"), 0.0, strength), 1.0));
        }
        rows.push(Row {
            features,
            wrong: f64::from(u8::from(example.is_wrong)),
            weight: example.weight,
        });
    }
    let weights = newton(&rows, &DVector::from_vec(prior), &DVector::from_vec(held))?;
    // Features that no example has keep what they weighed.
    let mut fitted = Calibration {
        provenance,
        weights: earlier.weights.clone(),
        fields: BTreeMap::new(),
        curve: Vec::new(),
    };
    for (name, place) in places {
        let weight = round(weights[place]);
        if let Some(field) = name.strip_prefix(FIELD) {
            fitted.fields.insert(field.to_owned(), weight);
        } else {
            fitted.weights.insert(name, weight);
        }
    }
    fitted.curve = curve(&fitted, examples);
    Ok(fitted)
}

/// Parts the places of fields from those of features.
const FIELD: &str = "field:";

/// Four places are more than the examples support, and keep the file readable.
fn round(weight: f64) -> f64 {
    (weight * 1e4).round() / 1e4
}

/// The weights with the greatest posterior: minimises the weighted loss and half the hold times the squared
/// distance from `prior`.
fn newton(rows: &[Row], prior: &DVector<f64>, held: &DVector<f64>) -> Result<DVector<f64>, FitError> {
    let mut weights = prior.clone();
    let mut loss = objective(rows, &weights, prior, held);
    for _ in 0..MOST_STEPS {
        let away = &weights - prior;
        let mut gradient = held.component_mul(&away);
        let mut hessian = DMatrix::from_diagonal(held);
        for row in rows {
            let risk = sigmoid(odds(row, &weights));
            let (pull, curvature) = (row.weight * (risk - row.wrong), row.weight * risk * (1.0 - risk));
            for &(i, a) in &row.features {
                gradient[i] += pull * a;
                for &(j, b) in &row.features {
                    hessian[(i, j)] += curvature * a * b;
                }
            }
        }
        let step = hessian.cholesky().ok_or(FitError::Diverges)?.solve(&gradient);
        // A full step can overshoot where all is nearly sure; halving it ends because the loss is convex.
        let mut share = 1.0;
        let mut next = &weights - &step;
        let mut lower = objective(rows, &next, prior, held);
        while lower > loss && share > 1e-6 {
            share /= 2.0;
            next = &weights - &step * share;
            lower = objective(rows, &next, prior, held);
        }
        let moved = (&next - &weights).amax();
        (weights, loss) = (next, lower);
        if moved < SMALL_STEP {
            return Ok(weights);
        }
    }
    Err(FitError::Diverges)
}

fn odds(row: &Row, weights: &DVector<f64>) -> f64 {
    row.features
        .iter()
        .map(|&(place, value)| weights[place] * value)
        .sum()
}

fn sigmoid(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}

fn objective(rows: &[Row], weights: &DVector<f64>, prior: &DVector<f64>, held: &DVector<f64>) -> f64 {
    let away = weights - prior;
    let hold = held.component_mul(&away).dot(&away) / 2.0;
    let loss = |row: &Row| {
        let odds = odds(row, weights);
        // ln(1 + e^odds) without overflow.
        let both = odds.max(0.0) + (-odds.abs()).exp().ln_1p();
        row.weight * (both - row.wrong * odds)
    };
    hold + rows.iter().map(loss).sum::<f64>()
}

/// What passes at which risk: the larger of what is expected and what was found, never falling.
fn curve(calibration: &Calibration, examples: &[Example]) -> Vec<CurvePoint> {
    let mut risks: Vec<(f64, f64, f64)> = examples
        .iter()
        .map(|example| {
            let risk = calibration.risk(&example.form, &example.key, &example.features);
            (risk, example.weight, f64::from(u8::from(example.is_wrong)))
        })
        .collect();
    risks.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all: f64 = risks.iter().map(|(_, weight, _)| weight).sum();
    let mut points: Vec<CurvePoint> = Vec::new();
    let (mut passed, mut expected, mut found, mut next) = (0.0, 0.0, 0.0, 0);
    for step in 0..CURVE_POINTS {
        let highest = 10.0_f64.powf(-5.0 + f64::from(step) * 4.7 / f64::from(CURVE_POINTS - 1));
        while let Some(&(risk, weight, wrong)) = risks.get(next).filter(|(risk, ..)| *risk <= highest) {
            passed += weight;
            expected += weight * risk;
            found += weight * wrong;
            next += 1;
        }
        if passed > 0.0 {
            let before = points.last().map_or(0.0, |point| point.missed);
            let missed = (expected / passed).max(found / passed).max(before);
            points.push(CurvePoint {
                risk: significant(highest),
                missed: significant(missed),
                accepted: significant(passed / all),
            });
        }
    }
    points
}

/// Three significant digits.
fn significant(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(key: &str, features: &[(&str, f64)], is_wrong: bool) -> Example {
        Example {
            form: "f".to_owned(),
            key: key.to_owned(),
            features: features
                .iter()
                .map(|(name, value)| ((*name).to_owned(), *value))
                .collect(),
            is_wrong,
            weight: 1.0,
        }
    }

    /// One in `of` is wrong.
    fn one_in(key: &str, of: usize, count: usize, features: &[(&str, f64)]) -> Vec<Example> {
        let at = |index: usize| example(key, features, index.is_multiple_of(of));
        (0..count).map(at).collect()
    }

    fn free() -> Hold {
        Hold {
            features: 1e-6,
            fields: None,
        }
    }

    #[test]
    fn it_finds_the_shares_of_a_table() {
        let mut examples = one_in("k", 100, 10_000, &[("offset", 1.0)]);
        examples.extend(one_in("k", 4, 10_000, &[("offset", 1.0), ("doubt", 1.0)]));
        let fitted = fit(&examples, &Calibration::default(), free(), Provenance::default()).unwrap();
        let risk = |features: &[(&str, f64)]| {
            let one = example("k", features, false);
            fitted.risk("f", "k", &one.features)
        };
        assert!((risk(&[("offset", 1.0)]) - 0.01).abs() < 1e-4);
        assert!((risk(&[("offset", 1.0), ("doubt", 1.0)]) - 0.25).abs() < 1e-4);
        // Half of them pass at 1 %.
        let highest = fitted.highest_risk(0.03);
        assert!((0.01..0.25).contains(&highest), "{:?}", fitted.curve);
        assert_eq!(fitted.highest_risk(0.001), 0.0);
    }

    #[test]
    fn weights_count_as_that_many_examples() {
        let mut weighted = one_in("k", 10, 1_000, &[("offset", 1.0)]);
        for one in &mut weighted {
            one.weight = if one.is_wrong { 1.0 } else { 10.0 };
        }
        let fitted = fit(&weighted, &Calibration::default(), free(), Provenance::default()).unwrap();
        let risk = fitted.risk("f", "k", &weighted[0].features);
        assert!((risk - 100.0 / 9_100.0).abs() < 1e-4, "{risk}");
    }

    #[test]
    fn few_examples_stay_near_the_earlier_weights_and_many_move_a_field() {
        let offset = [("offset", 1.0)];
        let earlier = fit(
            &one_in("k", 100, 10_000, &offset),
            &Calibration::default(),
            free(),
            Provenance::default(),
        )
        .unwrap();
        let learnt = |examples: &[Example]| {
            let fitted = fit(examples, &earlier, Hold::LEARNT, Provenance::default()).unwrap();
            move |key: &str| fitted.risk("f", key, &example(key, &offset, false).features)
        };
        let few = learnt(&one_in("bad", 2, 4, &offset));
        assert!(few("bad") < 0.1 && few("k") < 0.02);
        let mut many = one_in("bad", 5, 1_000, &offset);
        many.extend(one_in("k", 100, 20_000, &offset));
        let many = learnt(&many);
        assert!((0.1..0.2).contains(&many("bad")), "{}", many("bad"));
        assert!(many("k") < 0.015, "{}", many("k"));
    }

    #[test]
    fn one_kind_alone_is_refused_and_what_parts_cleanly_converges() {
        let right = [example("k", &[("offset", 1.0)], false)];
        let refused = fit(
            &right,
            &Calibration::default(),
            Hold::SHIPPED,
            Provenance::default(),
        );
        assert_eq!(refused, Err(FitError::OneKindOnly));
        let mut parted = one_in("k", usize::MAX, 500, &[("offset", 1.0)]);
        parted[0].is_wrong = false;
        parted.extend((0..50).map(|_| example("k", &[("offset", 1.0), ("doubt", 1.0)], true)));
        let fitted = fit(
            &parted,
            &Calibration::default(),
            Hold::SHIPPED,
            Provenance::default(),
        )
        .unwrap();
        assert!(fitted.weights["doubt"].is_finite() && fitted.weights["doubt"] > 3.0);
    }
}

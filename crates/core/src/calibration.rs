//! The probability that a reading is wrong, from what was noticed while reading ([`Signals`]).
//!
//! A logistic model over few named features: what each weighs can be read in the file. The shipped one is fitted
//! on made pages in the tuning hands (`pipelines/forms/calibration.json`, with its provenance); a city's own is
//! fitted from its corrections near the shipped one. Promises: pure; a reading that breaks a rule or has no value
//! is for a person whatever its risk. Never: the fit itself (that is `ocr`), storage.

mod features;
mod quality;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::form::FieldType;
use crate::reading::{FieldReading, FieldState};

pub use features::{Features, Signals, features};
pub use quality::{Bin, Comparison, Example, Quality};

static SHIPPED: LazyLock<Calibration> = LazyLock::new(|| {
    let text = include_str!("../../../pipelines/forms/calibration.json");
    serde_json::from_str(text).expect("a test reads the shipped calibration")
});

/// Weights of the features: logarithm of the odds that a reading is wrong.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Where it comes from.
    pub provenance: Provenance,
    /// Weights by the feature's name.
    pub weights: BTreeMap<String, f64>,
    /// What a field adds, by `form/key`: how it fares beside others of its type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, f64>,
    /// Rising risks up to which a reading may pass, each with the mean risk of what then passes, on the readings
    /// that it was fitted on.
    pub curve: Vec<CurvePoint>,
}

/// A risk up to which readings pass, and what that means for all that pass.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurvePoint {
    /// The highest risk that passes.
    pub risk: f64,
    /// Mean risk of what passes.
    pub missed: f64,
    /// Share of the readings that passes.
    pub accepted: f64,
}

/// Where a calibration comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// What it was fitted on, in words.
    pub data: String,
    /// The command that made it.
    pub command: String,
    /// Readings it was fitted on.
    pub readings: u32,
    /// Of them wrong.
    pub wrong: u32,
}

/// Whether a reading passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Nobody has to look.
    Passes,
    /// A person looks.
    ForAPerson,
}

impl Calibration {
    /// The shipped one.
    #[must_use]
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// Probability that the reading is wrong, 0–1.
    #[must_use]
    pub fn risk(&self, form: &str, key: &str, features: &Features) -> f64 {
        let weighed = features
            .iter()
            .map(|(name, value)| self.weights.get(name.as_str()).copied().unwrap_or(0.0) * value);
        let field = self.fields.get(&field_name(form, key)).copied().unwrap_or(0.0);
        let odds: f64 = weighed.sum::<f64>() + field;
        1.0 / (1.0 + (-odds).exp())
    }

    /// The highest risk of a reading that passes, so that what passes is wrong at a rate of half the limit at
    /// most: a bound at the limit must stay provable. 0 where nothing is that sure.
    #[must_use]
    pub fn highest_risk(&self, limit: f64) -> f64 {
        let fitting = self.curve.iter().filter(|point| point.missed <= limit / 2.0);
        fitting.map(|point| point.risk).fold(0.0, f64::max)
    }

    /// Whether a reading of a field passes under a limit: by its risk where [`features_of`] has features, else
    /// by its state.
    #[must_use]
    pub fn judge(
        &self,
        (form, key): (&str, &str),
        kind: FieldType,
        reading: &FieldReading,
        limit: f64,
    ) -> Judgement {
        let passes = match features_of(kind, reading) {
            Some(features) => self.risk(form, key, &features) <= self.highest_risk(limit),
            None => reading.state == FieldState::Sure,
        };
        if passes {
            Judgement::Passes
        } else {
            Judgement::ForAPerson
        }
    }
}

/// The features of a reading whose risk decides whether it passes; `None` where its state alone does: it breaks a
/// rule, has no value to be wrong (a stroke that was missed shows in audits), or was read before signals were
/// noted.
#[must_use]
pub fn features_of(kind: FieldType, reading: &FieldReading) -> Option<Features> {
    let is_of_degree = reading.reasons.iter().all(|reason| reason.is_of_degree());
    let decides = reading.state != FieldState::Unreadable && is_of_degree && !reading.text.is_empty();
    let signals = reading.signals.as_ref().filter(|_| decides)?;
    Some(features(kind, reading, signals))
}

/// `form/key`.
#[must_use]
pub fn field_name(form: &str, key: &str) -> String {
    format!("{form}/{key}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reading::Reason;

    fn reading(state: FieldState, reasons: &[Reason], signals: Option<Signals>) -> FieldReading {
        FieldReading {
            text: "12340".to_owned(),
            state,
            reasons: reasons.to_vec(),
            explanations: Vec::new(),
            candidates: Vec::new(),
            signals,
        }
    }

    const CLEAR: Signals = Signals {
        agreement: 1.0,
        margin: 0.99,
        weakest: 0.97,
        rival: 0.0,
        registration: 0.4,
        ink: 150.0,
    };

    #[test]
    fn the_shipped_one_is_read_and_lets_a_clear_number_pass() {
        let shipped = Calibration::shipped();
        assert!(shipped.provenance.readings > 1_000 && shipped.provenance.wrong > 30);
        let rising = |pair: &[CurvePoint]| pair[0].risk < pair[1].risk && pair[0].missed <= pair[1].missed;
        assert!(shipped.curve.windows(2).all(rising));
        let judge = |reading: &FieldReading| shipped.judge(("f", "k"), FieldType::Number, reading, 0.005);
        assert_eq!(
            judge(&reading(FieldState::Sure, &[], Some(CLEAR))),
            Judgement::Passes
        );
        let torn = Signals {
            agreement: 0.3,
            margin: 0.2,
            weakest: 0.02,
            rival: 0.6,
            ..CLEAR
        };
        let doubt = reading(FieldState::Check, &[Reason::Disagreement], Some(torn));
        assert_eq!(judge(&doubt), Judgement::ForAPerson);
    }

    #[test]
    fn a_broken_rule_is_for_a_person_and_without_signals_the_state_decides() {
        let shipped = Calibration::shipped();
        let judge = |reading: &FieldReading| shipped.judge(("f", "k"), FieldType::Number, reading, 0.2);
        for reason in [
            Reason::CheckDigit,
            Reason::RuleBroken,
            Reason::ReadByGrammar,
            Reason::Struckthrough,
        ] {
            let broken = reading(FieldState::Check, &[reason], Some(CLEAR));
            assert_eq!(judge(&broken), Judgement::ForAPerson, "{reason:?}");
        }
        assert_eq!(judge(&reading(FieldState::Sure, &[], None)), Judgement::Passes);
        let check = reading(FieldState::Check, &[Reason::Disagreement], None);
        assert_eq!(judge(&check), Judgement::ForAPerson);
    }

    proptest! {
        #[test]
        fn a_risk_is_a_probability_and_a_stricter_limit_lets_no_more_pass(
            agreement in 0.0_f32..=1.0, margin in 0.0_f32..=1.0, rival in 0.0_f32..=1.0, limit in 0.0005_f64..0.2,
        ) {
            let shipped = Calibration::shipped();
            let signals = Signals { agreement, margin, rival, weakest: margin / 2.0, ..CLEAR };
            let read = reading(FieldState::Sure, &[], Some(signals));
            let risk = shipped.risk("f", "k", &features(FieldType::Number, &read, &signals));
            prop_assert!((0.0..=1.0).contains(&risk));
            prop_assert!(shipped.highest_risk(limit / 2.0) <= shipped.highest_risk(limit));
        }
    }
}

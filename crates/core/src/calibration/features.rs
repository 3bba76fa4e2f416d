//! What is noticed while a field is read, and the features that its risk is made of.

use serde::{Deserialize, Serialize};

use crate::form::FieldType;
use crate::reading::{FieldReading, FieldState, Reason};

/// What was noticed while a field was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signals {
    /// Share of the differently prepared readings, by trust, that found the value, 0–1.
    pub agreement: f32,
    /// Lead of the least clear character over its rival in the clearest reading, 0–1.
    pub margin: f32,
    /// … in the least clear reading.
    pub weakest: f32,
    /// Probability of the strongest other value, 0–1.
    pub rival: f32,
    /// Median distance of the page's printed patches from their place, pixels at 200 dpi.
    pub registration: f32,
    /// Ink pixels at 200 dpi for each character of the value.
    pub ink: f32,
}

/// Features by name.
pub type Features = Vec<(String, f64)>;

/// Lowest lead that is told from none.
const LEAST_LEAD: f64 = 0.001;

/// The features of a reading: an offset of its type, what the signals say, and which doubts were noted.
#[must_use]
pub fn features(kind: FieldType, reading: &FieldReading, signals: &Signals) -> Features {
    // The same for a half as for a whole: what leads by nothing is far worse than what leads by little.
    let doubt = |lead: f32| -f64::from(lead).clamp(LEAST_LEAD, 1.0).ln();
    let length = reading.text.chars().count() as f64;
    // Both thin and blotted: 150 pixels are a character of a ball pen. Marks have no characters.
    let ink_off = if signals.ink > 0.0 {
        (f64::from(signals.ink) / 150.0).ln().abs().min(3.0)
    } else {
        0.0
    };
    let is_sure = reading.state == FieldState::Sure;
    let disagrees = signals.agreement < 0.999;
    let flag = |holds: bool| f64::from(u8::from(holds));
    let mut features: Features = vec![
        ("offset".to_owned(), 1.0),
        (type_name(kind), 1.0),
        ("disagreement".to_owned(), 1.0 - f64::from(signals.agreement)),
        ("disagrees".to_owned(), flag(disagrees)),
        ("sure".to_owned(), flag(is_sure)),
        // The name beside a kana has settled what the readings disagreed about.
        ("confirmed".to_owned(), flag(is_sure && disagrees)),
        ("unclear".to_owned(), doubt(signals.margin)),
        ("unclear_at_worst".to_owned(), doubt(signals.weakest)),
        ("rival".to_owned(), f64::from(signals.rival).sqrt()),
        ("length".to_owned(), length.ln_1p()),
        ("registration".to_owned(), f64::from(signals.registration).ln_1p()),
        ("ink_off".to_owned(), ink_off),
    ];
    for reason in &reading.reasons {
        if reason.is_of_degree() && !matches!(reason, Reason::Disagreement) {
            features.push((reason_name(*reason), 1.0));
        }
    }
    features
}

fn type_name(kind: FieldType) -> String {
    format!("type:{}", serde_name(&kind))
}

fn reason_name(reason: Reason) -> String {
    format!("reason:{}", serde_name(&reason))
}

fn serde_name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        other => unreachable!("an enum without data is a string, not {other:?}"),
    }
}

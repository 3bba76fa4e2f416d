//! Rules for the values of a form: what one value must be by its type, and what several must be to each
//! other.
//!
//! Owns the declared rules (`[[rule]]` of a form definition) and the pure functions that judge values.
//! Promises: a judgement depends on the values and the masters alone; every broken rule comes with a
//! sentence a clerk understands; a sentence never quotes a sensitive value. Never: a changed value
//! without [`crate::reading::Reason::ChosenByRule`].

pub mod amount;
pub mod check_digit;
pub mod legal_form;
pub mod page;
pub mod person;
pub mod phone;
pub mod town;
pub mod value;

mod readings;

use serde::{Deserialize, Serialize};

use crate::form::{FieldDefinition, FormDefinition};
use crate::wareki::Era;

/// A declared rule across the fields of one form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// 検算: one amount or number is the sum and difference of others.
    Sum {
        /// `total = a + b - c`.
        is: Equation,
    },
    /// An amount or number lies between two bounds, both included.
    Range {
        /// The field.
        field: String,
        /// At least this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        least: Option<i64>,
        /// At most this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        most: Option<i64>,
    },
    /// A date that exists, with its 元号 printed on the form, circled, or in the date itself.
    Date {
        /// The parts of the date, see [`DateParts`].
        date: DateParts,
    },
    /// One date is not after another.
    DateOrder {
        /// The earlier date, or the same day.
        earlier: DateParts,
        /// The later date.
        later: DateParts,
    },
    /// A field must be filled where another holds one of some values.
    RequiredIf {
        /// The field to be filled.
        field: String,
        /// The field that decides.
        when: String,
        /// Its values; with none, any value.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        is: Vec<String>,
    },
    /// フリガナ can be the reading of 氏名.
    Kana {
        /// The field with the kana.
        field: String,
        /// The field with the name.
        name: String,
    },
    /// 郵便番号 and 住所 belong together by a master of towns.
    Postal {
        /// The field with the postal code.
        field: String,
        /// The field with the address.
        address: String,
        /// File of the master beside the definition, with the columns of [`town::COLUMNS`].
        towns: String,
    },
}

/// `total = a + b - c`: field keys with signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Equation {
    /// Left of the equals sign.
    pub total: String,
    /// Right of it: whether it is added, and the key. At least one.
    pub terms: Vec<(bool, String)>,
}

impl TryFrom<String> for Equation {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not an equation such as `total = a + b - c`")
    }
}

impl From<Equation> for String {
    fn from(equation: Equation) -> Self {
        let mut text = format!("{} =", equation.total);
        for (index, (adds, key)) in equation.terms.iter().enumerate() {
            match (index, adds) {
                (0, true) => text.push(' '),
                (_, true) => text.push_str(" + "),
                (_, false) => text.push_str(" - "),
            }
            text.push_str(key);
        }
        text
    }
}

impl Equation {
    /// Reads `total = a + b - c`; `None` when it is not of this shape.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_key = |word: &str| {
            word.starts_with(|c: char| c.is_ascii_lowercase())
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        let (total, right) = text.split_once('=')?;
        let total = total.trim();
        let mut terms = Vec::new();
        let mut rest = right.trim();
        while !rest.is_empty() {
            let signed = rest.strip_prefix(['+', '-']);
            if signed.is_none() && !terms.is_empty() {
                return None;
            }
            let adds = !rest.starts_with('-');
            rest = signed.unwrap_or(rest).trim_start();
            let end = rest.find(['+', '-']).unwrap_or(rest.len());
            let key = rest[..end].trim_end();
            if !is_key(key) {
                return None;
            }
            terms.push((adds, key.to_owned()));
            rest = &rest[end..];
        }
        (is_key(total) && !terms.is_empty()).then(|| Self {
            total: total.to_owned(),
            terms,
        })
    }
}

/// Where a date stands: an optional 元号 (its name as printed, or the key of a `circle` or `check` field),
/// then one field with the whole date or three with year, month and day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DateParts(pub Vec<String>);

impl DateParts {
    /// The keys among the parts.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .map(String::as_str)
            .filter(|part| Era::named(part).is_none())
    }
}

impl Rule {
    /// The fields that are flagged where the rule is broken.
    #[must_use]
    pub fn flagged(&self) -> Vec<&str> {
        match self {
            Self::Sum { is } => std::iter::once(is.total.as_str())
                .chain(is.terms.iter().map(|(_, key)| key.as_str()))
                .collect(),
            Self::Range { field, .. } | Self::RequiredIf { field, .. } | Self::Kana { field, .. } => {
                vec![field]
            }
            Self::Date { date } => date.keys().collect(),
            Self::DateOrder { earlier, later } => earlier.keys().chain(later.keys()).collect(),
            Self::Postal { field, address, .. } => vec![field, address],
        }
    }

    /// All fields that the rule looks at.
    #[must_use]
    pub fn fields(&self) -> Vec<&str> {
        let mut keys = self.flagged();
        match self {
            Self::RequiredIf { when, .. } => keys.push(when),
            Self::Kana { name, .. } => keys.push(name),
            _ => {}
        }
        keys
    }

    /// The rule in words, with the labels of the form's fields.
    #[must_use]
    pub fn name_ja(&self, form: &FormDefinition) -> String {
        let label = |key| form.label_of(key);
        let date = |parts: &DateParts| {
            let labels: Vec<&str> = parts.keys().map(|key| form.label_of(key)).collect();
            labels.join("・")
        };
        match self {
            Self::Sum { is } => {
                let mut text = format!("「{}」=", label(&is.total));
                for (index, (adds, key)) in is.terms.iter().enumerate() {
                    match (index, adds) {
                        (0, true) => {}
                        (_, true) => text.push('+'),
                        (_, false) => text.push('−'),
                    }
                    text.push_str(&format!("「{}」", label(key)));
                }
                format!("検算 {text}")
            }
            Self::Range { field, least, most } => {
                let bounds = match (least, most) {
                    (Some(least), Some(most)) => format!("{least} から {most} まで"),
                    (Some(least), None) => format!("{least} 以上"),
                    (None, Some(most)) => format!("{most} 以下"),
                    (None, None) => "数".to_owned(),
                };
                format!("「{}」は {bounds}", label(field))
            }
            Self::Date { date: parts } => format!("「{}」は暦にある日付", date(parts)),
            Self::DateOrder { earlier, later } => {
                format!("「{}」は「{}」より後にならない", date(earlier), date(later))
            }
            Self::RequiredIf { field, when, is } if is.is_empty() => {
                format!("「{}」に記入があれば「{}」も記入", label(when), label(field))
            }
            Self::RequiredIf { field, when, is } => {
                format!(
                    "「{}」が「{}」なら「{}」を記入",
                    label(when),
                    is.join("・"),
                    label(field)
                )
            }
            Self::Kana { field, name } => {
                format!("「{}」は「{}」の読み", label(field), label(name))
            }
            Self::Postal { field, address, .. } => {
                format!("「{}」と「{}」の町名の対応", label(field), label(address))
            }
        }
    }
}

impl FormDefinition {
    /// The field of this key.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&FieldDefinition> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// The words printed beside the field of this key; the key itself when there is none.
    #[must_use]
    pub fn label_of<'a>(&'a self, key: &'a str) -> &'a str {
        self.field(key).map_or(key, |field| field.label.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equations_are_read() {
        let equation = Equation::parse("left_tax = annual_tax - collected + other").expect("an equation");
        assert_eq!(equation.total, "left_tax");
        let terms: Vec<(bool, &str)> = equation.terms.iter().map(|(s, k)| (*s, k.as_str())).collect();
        assert_eq!(
            terms,
            [(true, "annual_tax"), (false, "collected"), (true, "other")]
        );
        for wrong in [
            "",
            "a",
            "a =",
            "= b",
            "a = b c",
            "a = b +",
            "a = 1 + b",
            "A = b",
            "a = b = c",
        ] {
            assert_eq!(Equation::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn an_equation_written_out_is_the_same(
            total in "[a-z][a-z0-9_]{0,5}",
            terms in prop::collection::vec((any::<bool>(), "[a-z][a-z0-9_]{0,5}"), 1..5),
        ) {
            let equation = Equation { total, terms };
            let text = String::from(equation.clone());
            prop_assert_eq!(Equation::parse(&text), Some(equation));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}") {
            drop(Equation::parse(&text));
        }
    }
}

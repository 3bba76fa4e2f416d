//! The declared rules of a form on the values of a page.
//!
//! Promises: the same readings give the same verdicts; a value changes only to a candidate of its own, only
//! where the readings did not agree on it, and only when this is the one change that satisfies every rule;
//! whatever was changed or breaks a rule is 要確認 and says why.

use std::collections::BTreeMap;

use crate::form::FormDefinition;
use crate::master::Masters;
use crate::reading::{FieldReading, FieldState, Reason};
use crate::wareki::{DateFault, Era, WrittenDate, written};

use super::amount::{grouped, parse};
use super::town::{Towns, Verdict};
use super::{DateParts, Equation, Rule, person, value};

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its place among the form's rules.
    pub rule: usize,
    /// Keys of the fields to look at.
    pub fields: Vec<String>,
    /// What is wrong, naming the rule; without values of sensitive fields.
    pub sentence_ja: String,
}

/// The rules of one form, ready to judge.
#[derive(Clone, Debug)]
pub struct RuleBook {
    form: FormDefinition,
    /// Per rule, its master of towns.
    towns: Vec<Option<Towns>>,
}

/// Values of fields by key; `None` is a field whose value nobody knows.
type Values<'a, 'f> = dyn Fn(&str) -> Option<&'a str> + 'f;

impl RuleBook {
    /// The rules of `form`; a rule whose master is missing judges nothing.
    #[must_use]
    pub fn new(form: &FormDefinition, masters: &Masters) -> Self {
        let towns_of = |rule: &Rule| match rule {
            Rule::Postal { towns, .. } => masters.get(towns).and_then(|master| Towns::of(master)),
            _ => None,
        };
        Self {
            form: form.clone(),
            towns: form.rules.iter().map(towns_of).collect(),
        }
    }

    /// The rules that these values break; a rule with an unknown value breaks nothing.
    #[must_use]
    pub fn broken(&self, values: &Values<'_, '_>) -> Vec<Broken> {
        (0..self.form.rules.len())
            .filter_map(|rule| self.broken_rule(rule, values))
            .collect()
    }

    fn broken_rule(&self, index: usize, values: &Values<'_, '_>) -> Option<Broken> {
        let rule = &self.form.rules[index];
        let details = self.judge(index, values)?;
        let is_sensitive = |key: &&str| self.form.field(key).is_some_and(|field| field.sensitive);
        let name = rule.name_ja(&self.form);
        let sentence_ja = if details.is_empty() || rule.fields().iter().any(is_sensitive) {
            format!("{name} という決まりに合いません")
        } else {
            format!("{name} という決まりに合いません({details})")
        };
        let mut fields: Vec<String> = rule.flagged().into_iter().map(str::to_owned).collect();
        fields.dedup();
        Some(Broken {
            rule: index,
            fields,
            sentence_ja,
        })
    }

    /// What is wrong by this rule; `None` when nothing is.
    fn judge(&self, index: usize, values: &Values<'_, '_>) -> Option<String> {
        match &self.form.rules[index] {
            Rule::Sum { is } => sum(is, values),
            Rule::Range { field, least, most } => {
                let text = values(field).filter(|text| !text.is_empty())?;
                let number = parse(text).or_else(|_| text.parse()).ok()?;
                let outside =
                    least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most);
                outside.then(|| format!("記入は {}", grouped(number)))
            }
            Rule::Date { date } => match written_date(date, values)? {
                Ok(_) => None,
                Err(fault) => Some(date_fault_ja(fault).to_owned()),
            },
            Rule::DateOrder { earlier, later } => {
                let day = |parts: &DateParts| written_date(parts, values)?.ok()?.western().ok();
                let (earlier, later) = (day(earlier)?, day(later)?);
                let words = |day| written(day).unwrap_or_default();
                (earlier > later).then(|| format!("{} と {}", words(earlier), words(later)))
            }
            Rule::RequiredIf { field, when, is } => {
                let decides = values(when)?;
                let holds = |value: &str| is.iter().any(|wanted| wanted == value);
                let asked = if is.is_empty() {
                    !decides.is_empty()
                } else {
                    decides.split('|').any(holds)
                };
                (asked && values(field)?.is_empty()).then(|| "記入がありません".to_owned())
            }
            Rule::Kana { field, name } => {
                let (kana, name) = (values(field)?, values(name)?);
                (!person::is_plausible(name, kana)).then(|| format!("{name} と {kana}"))
            }
            Rule::Postal { field, address, .. } => {
                let (code, address) = (values(field)?, values(address)?);
                match self.towns[index].as_ref()?.judge(code, address) {
                    Verdict::Fits | Verdict::Outside => None,
                    Verdict::Differs => Some("郵便番号と町名が対応しません".to_owned()),
                    Verdict::UnknownTown => Some("町名がマスタにありません".to_owned()),
                }
            }
        }
    }

    /// Judges a page: picks the one candidate that satisfies the rules where there is one, flags what breaks
    /// them, and writes the sentences of all reasons.
    pub fn apply(&self, readings: &mut BTreeMap<String, FieldReading>) {
        let mut sentences: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for index in 0..self.form.rules.len() {
            if self.broken_rule(index, &value_of(readings)).is_some() {
                self.choose(index, readings);
            }
        }
        let broken = self.broken(&value_of(readings));
        for broken in broken {
            for key in broken.fields {
                let Some(reading) = readings.get_mut(&key) else {
                    continue;
                };
                reading.add(Reason::RuleBroken);
                sentences.entry(key).or_default().push(broken.sentence_ja.clone());
            }
        }
        for (key, reading) in readings {
            reading.explain(sentences.get(key).map_or(&[][..], Vec::as_slice));
        }
    }

    /// Changes the one field whose one other candidate satisfies this rule and breaks no other.
    fn choose(&self, index: usize, readings: &mut BTreeMap<String, FieldReading>) {
        let mut found: Option<(String, usize)> = None;
        let mut keys = self.form.rules[index].fields();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let (Some(field), Some(reading)) = (self.form.field(key), readings.get(key)) else {
                continue;
            };
            // What every reading agrees on was written so; the mistake is then the writer's.
            if reading.state == FieldState::Sure {
                continue;
            }
            for (at, candidate) in reading.candidates.iter().enumerate() {
                if candidate.text == reading.text || !value::faults(field, None, &candidate.text).is_empty() {
                    continue;
                }
                if self.allows(index, key, &candidate.text, readings) {
                    if found.is_some() {
                        return;
                    }
                    found = Some((key.to_owned(), at));
                }
            }
        }
        if let Some((key, at)) = found
            && let Some(reading) = readings.get_mut(&key)
        {
            let chosen = reading.candidates.remove(at);
            reading.text.clone_from(&chosen.text);
            reading.candidates.insert(0, chosen);
            reading.reasons.retain(|reason| !reason.is_of_value());
            reading.add(Reason::ChosenByRule);
        }
    }

    /// Whether the rule holds with this value, and every other rule of the field that held before.
    fn allows<'a>(
        &self,
        index: usize,
        key: &'a str,
        text: &'a str,
        readings: &'a BTreeMap<String, FieldReading>,
    ) -> bool {
        let before = value_of(readings);
        let with =
            |wanted: &str| -> Option<&'a str> { if wanted == key { Some(text) } else { before(wanted) } };
        (0..self.form.rules.len())
            .filter(|&other| other == index || self.form.rules[other].fields().contains(&key))
            .all(|other| {
                self.broken_rule(other, &with).is_none()
                    || (other != index && self.broken_rule(other, &before).is_some())
            })
    }
}

fn value_of<'a>(readings: &'a BTreeMap<String, FieldReading>) -> impl Fn(&str) -> Option<&'a str> + 'a {
    move |key| {
        readings
            .get(key)
            .filter(|reading| reading.state != FieldState::Unreadable)
            .map(|reading| reading.text.as_str())
    }
}

/// What is wrong with a sum; an empty term is 0, and where all is empty nothing is wrong.
fn sum(equation: &Equation, values: &Values<'_, '_>) -> Option<String> {
    let number = |key: &str| match values(key)? {
        "" => Some(0),
        text => parse(text).ok(),
    };
    let keys = std::iter::once(&equation.total).chain(equation.terms.iter().map(|(_, key)| key));
    if keys
        .map(|key| values(key))
        .all(|value| value.is_none_or(str::is_empty))
    {
        return None;
    }
    let total = number(&equation.total)?;
    let mut reckoned: i64 = 0;
    let mut words = String::new();
    for (at, (adds, key)) in equation.terms.iter().enumerate() {
        let term = number(key)?;
        reckoned = if *adds {
            reckoned.checked_add(term)?
        } else {
            reckoned.checked_sub(term)?
        };
        words.push_str(match (at, adds) {
            (0, true) => "",
            (_, true) => " + ",
            (_, false) => " − ",
        });
        words.push_str(&grouped(term));
    }
    (reckoned != total).then(|| format!("{words} = {}、記入は {}", grouped(reckoned), grouped(total)))
}

/// The date of these parts; `None` where one is unknown or nothing is written.
fn written_date(parts: &DateParts, values: &Values<'_, '_>) -> Option<Result<WrittenDate, DateFault>> {
    let mut printed = None;
    let mut texts = Vec::new();
    for part in &parts.0 {
        match Era::named(part) {
            Some(era) => printed = Some(era),
            None => texts.push(values(part)?),
        }
    }
    // A circled era is the first of two or four parts.
    let circled = matches!(texts.len(), 2 | 4).then(|| texts.remove(0));
    if texts.iter().all(|text| text.is_empty()) {
        return None;
    }
    let text = match texts.as_slice() {
        [whole] => (*whole).to_owned(),
        [year, month, day] => format!("{year}年{month}月{day}日"),
        _ => return None,
    };
    let era = match circled {
        Some("") => None,
        Some(name) => Era::named(name),
        None => printed,
    };
    let read = WrittenDate::parse(&text).map(|date| WrittenDate {
        era: date.era.or(era.filter(|_| date.year < 100)),
        ..date
    });
    Some(read.and_then(|date| date.check().map(|()| date)))
}

const fn date_fault_ja(fault: DateFault) -> &'static str {
    match fault {
        DateFault::Form => "日付として読めません",
        DateFault::NoSuchDay => "暦にない日です",
        DateFault::OutsideEra => "その元号にない日です",
        DateFault::OldCalendar => "明治5年以前は旧暦です",
    }
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;

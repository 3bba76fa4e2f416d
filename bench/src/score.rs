//! Compares readings with the truth: characters, fields, what was accepted unseen, pages.
//!
//! Both sides are brought into `core::normal_form` first. Character accuracy is 1 − edit distance ÷
//! true characters over the fields that are written by hand (marks are no characters). Exactness and
//! acceptance are over filled fields; empty ones are counted apart, or they would flatter. A page
//! sorted wrongly loses all its fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shoki_core::form::FieldType;
use shoki_core::normal_form::normal_form;
use shoki_core::reading::{DocumentReading, FieldState, PageKind, PageReading};

use crate::samples::truth::{FieldTruth, PageTruth, StackTruth, TruePage};
use crate::screen;

/// Counts over fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Filled fields.
    pub fields: u64,
    /// … read exactly.
    pub exact: u64,
    /// True characters of filled written fields.
    pub characters: u64,
    /// Edit distance of their readings.
    pub edits: u64,
    /// Filled fields that the reader calls 確実.
    pub sure: u64,
    /// … and are exact.
    pub sure_exact: u64,
    /// Empty fields.
    pub empty: u64,
    /// … read as empty.
    pub empty_right: u64,
    /// … given a value and called 確実.
    pub empty_wrong_sure: u64,
}

/// One wrongly read field, for looking at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Miss {
    /// Page number.
    pub page: u32,
    /// Field key.
    pub key: String,
    /// What is written.
    pub truth: String,
    /// What was read.
    pub read: String,
    /// Whether nobody would have looked.
    pub sure: bool,
}

/// A stack's score.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// All fields.
    pub total: Tally,
    /// By field type.
    pub by_type: BTreeMap<FieldType, Tally>,
    /// Pages of the stack.
    pub pages: u64,
    /// Pages whose kind and form were found.
    pub pages_right: u64,
    /// Pages sorted to a form that they are not: the error that must not happen.
    pub pages_wrong_form: u64,
    /// Form pages whose quarter turns were found.
    pub turns_right: u64,
    /// Form pages.
    pub form_pages: u64,
    /// Wrong fields.
    pub misses: Vec<Miss>,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.fields += other.fields;
        self.exact += other.exact;
        self.characters += other.characters;
        self.edits += other.edits;
        self.sure += other.sure;
        self.sure_exact += other.sure_exact;
        self.empty += other.empty;
        self.empty_right += other.empty_right;
        self.empty_wrong_sure += other.empty_wrong_sure;
    }
}

impl Tally {
    /// Adds a field; `read` is the value in its normal form and whether it is 確実, if it was read.
    fn add(&mut self, truth: &FieldTruth, read: Option<(&str, bool)>) -> bool {
        let found = read.is_some();
        let (read, sure) = read.unwrap_or_default();
        if truth.text.is_empty() {
            let right = found && read.is_empty();
            self.empty += 1;
            self.empty_right += u64::from(right);
            self.empty_wrong_sure += u64::from(!read.is_empty() && sure);
            return right;
        }
        let exact = truth.text == read;
        self.fields += 1;
        self.exact += u64::from(exact);
        self.sure += u64::from(sure);
        self.sure_exact += u64::from(sure && exact);
        if !matches!(truth.kind, FieldType::Check | FieldType::Circle) {
            self.characters += truth.text.chars().count() as u64;
            self.edits += strsim::levenshtein(&truth.text, read) as u64;
        }
        exact
    }

    /// 1 − edits ÷ characters.
    #[must_use]
    pub fn character_accuracy(&self) -> f64 {
        1.0 - self.edits as f64 / self.characters.max(1) as f64
    }

    /// Exact ÷ filled fields.
    #[must_use]
    pub fn exact_share(&self) -> f64 {
        self.exact as f64 / self.fields.max(1) as f64
    }

    /// Accepted unseen ÷ filled fields.
    #[must_use]
    pub fn accepted_share(&self) -> f64 {
        self.sure as f64 / self.fields.max(1) as f64
    }

    /// Exact ÷ accepted unseen.
    #[must_use]
    pub fn accepted_exact(&self) -> f64 {
        self.sure_exact as f64 / self.sure.max(1) as f64
    }
}

/// Scores a document's reading. Pages are matched by number; a missing page counts as unread.
#[must_use]
pub fn score(truth: &StackTruth, reading: &DocumentReading) -> Score {
    let read: BTreeMap<u32, &PageReading> = reading.pages.iter().map(|page| (page.page, page)).collect();
    let mut score = Score::default();
    for page in &truth.pages {
        score.page(page, read.get(&page.page).copied());
    }
    score
}

impl Score {
    /// The scores of several stacks together.
    #[must_use]
    pub fn sum(parts: &[Self]) -> Self {
        let mut whole = Self::default();
        for part in parts {
            whole.total += part.total;
            for (kind, tally) in &part.by_type {
                *whole.by_type.entry(*kind).or_default() += *tally;
            }
            whole.pages += part.pages;
            whole.pages_right += part.pages_right;
            whole.pages_wrong_form += part.pages_wrong_form;
            whole.turns_right += part.turns_right;
            whole.form_pages += part.form_pages;
            whole.misses.extend(part.misses.iter().cloned());
        }
        whole
    }

    fn page(&mut self, truth: &PageTruth, read: Option<&PageReading>) {
        self.pages += 1;
        let form = read.and_then(|page| page.form.as_deref());
        let right = match (truth.kind, read.map(|page| page.kind)) {
            (TruePage::Form, Some(PageKind::Form)) => form == truth.form.as_deref(),
            (TruePage::UnknownForm, Some(PageKind::UnknownForm))
            | (TruePage::Blank, Some(PageKind::Blank)) => true,
            _ => false,
        };
        self.pages_right += u64::from(right);
        self.pages_wrong_form += u64::from(form.is_some() && form != truth.form.as_deref());
        if truth.kind != TruePage::Form {
            return;
        }
        self.form_pages += 1;
        let same_turns = read.is_some_and(|page| page.quarter_turns == truth.quarter_turns);
        self.turns_right += u64::from(right && same_turns);
        for (key, field) in &truth.fields {
            let found = read.filter(|_| right).and_then(|page| page.fields.get(key));
            let text = found.map_or_else(String::new, |found| normal_form(field.kind, &found.text));
            let sure = found.is_some_and(|found| found.state == FieldState::Sure);
            let value = found.map(|_| (text.as_str(), sure));
            let exact = self.total.add(field, value);
            self.by_type.entry(field.kind).or_default().add(field, value);
            if !exact {
                self.misses.push(Miss {
                    page: truth.page,
                    key: key.clone(),
                    truth: field.text.clone(),
                    read: text,
                    sure,
                });
            }
        }
    }
}

/// Prints a score: by type, in total, the pages, and the misses when asked for.
pub fn print(score: &Score, misses: bool) {
    let mut table = screen::table([
        "種類",
        "欄",
        "文字",
        "欄の正解",
        "確実の割合",
        "確実の正解",
        "空欄",
    ]);
    let rows = score
        .by_type
        .iter()
        .map(|(kind, tally)| (format!("{kind:?}"), tally));
    for (name, tally) in rows.chain([("total".to_owned(), &score.total)]) {
        let characters = if tally.characters == 0 {
            "-".to_owned()
        } else {
            format!("{:.4}", tally.character_accuracy())
        };
        table.add_row(vec![
            name,
            tally.fields.to_string(),
            characters,
            format!("{:.3}", tally.exact_share()),
            format!("{:.3}", tally.accepted_share()),
            format!("{:.4}", tally.accepted_exact()),
            format!("{}/{}", tally.empty_right, tally.empty),
        ]);
    }
    screen::line(table);
    let (low, high) = wilson(score.total.sure_exact, score.total.sure);
    screen::line(format!(
        "pages {}/{} right, {} to a wrong form, turns {}/{}; sure and exact {}/{} (95 % {low:.4}-{high:.4})",
        score.pages_right,
        score.pages,
        score.pages_wrong_form,
        score.turns_right,
        score.form_pages,
        score.total.sure_exact,
        score.total.sure
    ));
    for miss in score.misses.iter().filter(|_| misses) {
        let mark = if miss.sure { "確実!" } else { "要確認" };
        screen::line(format!(
            "{:3} {:18} {mark} {} → {}",
            miss.page, miss.key, miss.truth, miss.read
        ));
    }
}

/// Wilson's 95 % interval of a share of `hits` in `of` (Wilson 1927).
#[must_use]
pub fn wilson(hits: u64, of: u64) -> (f64, f64) {
    if of == 0 {
        return (0.0, 1.0);
    }
    const Z: f64 = 1.96;
    let (n, p) = (of as f64, hits as f64 / of as f64);
    let middle = p + Z * Z / (2.0 * n);
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    ((middle - spread) / scale, (middle + spread) / scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shoki_core::reading::FieldReading;

    fn truth(kind: FieldType, text: &str) -> FieldTruth {
        FieldTruth {
            text: text.to_owned(),
            kind,
            corrected: false,
        }
    }

    fn page(form: &str, fields: &[(&str, &str, FieldState)]) -> PageReading {
        let reading = |(key, text, state): &(&str, &str, FieldState)| {
            let value = FieldReading {
                text: (*text).to_owned(),
                state: *state,
                reasons: Vec::new(),
                explanations: Vec::new(),
                candidates: Vec::new(),
                signals: None,
            };
            ((*key).to_owned(), value)
        };
        PageReading {
            page: 1,
            kind: PageKind::Form,
            form: Some(form.to_owned()),
            form_version: None,
            quarter_turns: 0,
            registration_error: None,
            placement: None,
            fields: fields.iter().map(reading).collect(),
            lines: Vec::new(),
        }
    }

    fn stack() -> StackTruth {
        let fields = [
            ("name", truth(FieldType::Name, "山田太郎")),
            ("tax", truth(FieldType::Amount, "1200")),
            ("era", truth(FieldType::Circle, "昭和")),
            ("note", truth(FieldType::FreeText, "")),
        ];
        StackTruth {
            seed: 1,
            hands: "tuning".to_owned(),
            pages: vec![PageTruth {
                page: 1,
                kind: TruePage::Form,
                form: Some("a".to_owned()),
                quarter_turns: 0,
                level: 1,
                hand: None,
                homography: None,
                fields: fields.map(|(key, field)| (key.to_owned(), field)).into(),
            }],
        }
    }

    #[test]
    fn characters_fields_and_acceptance_are_counted() {
        use FieldState::{Check, Sure};
        let fields = [
            ("name", "山田 大郎", Check),
            ("tax", "1,200円", Sure),
            ("era", "平成", Sure),
            ("note", "", Sure),
        ];
        let reading = DocumentReading {
            pages: vec![page("a", &fields)],
        };
        let score = score(&stack(), &reading);
        let total = score.total;
        assert_eq!(
            (total.fields, total.exact, total.characters, total.edits),
            (3, 1, 8, 1)
        );
        assert_eq!((total.sure, total.sure_exact), (2, 1));
        assert_eq!(
            (total.empty, total.empty_right, total.empty_wrong_sure),
            (1, 1, 0)
        );
        assert_eq!(
            (score.pages_right, score.pages_wrong_form, score.misses.len()),
            (1, 0, 2)
        );
    }

    #[test]
    fn a_wrongly_sorted_page_loses_its_fields() {
        let reading = DocumentReading {
            pages: vec![page("b", &[("tax", "1200", FieldState::Sure)])],
        };
        let score = score(&stack(), &reading);
        assert_eq!((score.pages_right, score.pages_wrong_form), (0, 1));
        assert_eq!(
            (score.total.exact, score.total.edits, score.total.sure),
            (0, 8, 0)
        );
    }

    #[test]
    fn wilson_of_no_error_is_the_rule_of_three_or_so() {
        let (low, high) = wilson(600, 600);
        assert!((0.993..0.995).contains(&low) && high > 0.9999, "{low} {high}");
    }
}

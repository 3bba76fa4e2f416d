//! The values of a sheet: what people wrote, what they settled on, what goes out.

use super::{CheckPolicy, Decision, FieldReview, SheetReview};
use crate::acceptance::AuditState;
use crate::id::UserId;
use crate::reading::{FieldReading, FieldState, PageReading, Reason};

impl SheetReview {
    /// Whether two people wrote different values and nobody has decided.
    pub(super) fn differs(&self, field: &FieldReview) -> bool {
        let written = self.written(field);
        matches!(written.as_slice(), [one, other] if one != other)
    }

    /// What those who have finished their part wrote, in order.
    #[must_use]
    pub fn written(&self, field: &FieldReview) -> Vec<String> {
        let of = |user: &UserId| {
            let own = field.decisions.iter().find(|(by, ..)| by == user);
            own.and_then(|(_, decision, _)| value_of(decision, &field.reading))
        };
        self.finished.iter().filter_map(of).collect()
    }

    /// The value that people settled on; `None`: nobody has, or not yet.
    #[must_use]
    pub fn settled(&self, field: &FieldReview) -> Option<String> {
        if self.policy == CheckPolicy::Double {
            let written = self.written(field);
            return match written.as_slice() {
                [one, other] if one == other => Some(one.clone()),
                [_, _, third] => Some(third.clone()),
                _ => None,
            };
        }
        // One after the other works on such a sheet: the latest decision counts.
        let latest = field.decisions.iter().max_by_key(|(.., sequence)| *sequence)?;
        value_of(&latest.1, &field.reading)
    }

    /// The value that reviewers settled on, else what an audit found instead of the reading.
    #[must_use]
    pub fn put_right(&self, key: &str) -> Option<String> {
        let settled = self.settled(self.fields.get(key)?);
        settled.or_else(|| match self.audits.get(key) {
            Some(AuditState::Wrong { text }) => Some(text.clone()),
            _ => None,
        })
    }

    /// The value that goes out: what people settled on, else what was read.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<String> {
        let field = self.fields.get(key)?;
        Some(self.put_right(key).unwrap_or_else(|| field.reading.text.clone()))
    }

    /// The page with what people settled on: such a value is 確実, and nothing speaks against it. So is what
    /// passes by its risk; what is sure by itself but flagged and still undecided is not.
    #[must_use]
    pub fn corrected(&self, page: &PageReading) -> PageReading {
        let mut corrected = page.clone();
        for (key, field) in &self.fields {
            let Some(reading) = corrected.fields.get_mut(key) else {
                continue;
            };
            let settled = self.put_right(key);
            let is_settled = settled.is_some() || (self.plan.passed.contains(key) && !field.is_checked);
            if let Some(text) = settled {
                reading.text = text;
            }
            if is_settled {
                reading.state = FieldState::Sure;
                reading.reasons.clear();
                reading.explanations.clear();
            } else if self.plan.flagged.contains_key(key) && reading.state == FieldState::Sure {
                reading.add(Reason::AtRisk);
                reading.explain(&[]);
            }
        }
        corrected
    }
}

/// The value that a decision gives; `None`: none yet.
fn value_of(decision: &Decision, reading: &FieldReading) -> Option<String> {
    match decision {
        Decision::Accept => Some(reading.text.clone()),
        Decision::Correct { text } => Some(text.clone()),
        Decision::Unreadable => Some(String::new()),
        Decision::Hold => None,
    }
}

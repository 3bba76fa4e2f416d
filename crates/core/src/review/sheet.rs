//! One sheet: its fields with everything decided about them, and who has to do what next.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    CheckPolicy, Decision, MAX_ROWS, MAX_VALUE_CHARS, ReviewAction, ReviewRefusal, ReviewRow, RowsError,
};
use crate::id::UserId;
use crate::reading::{FieldReading, FieldState, PageReading};

/// What a person is to do with a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// 確認: look at the proposed values.
    Check,
    /// 入力(一人目): write blind.
    First,
    /// 入力(二人目): write blind, by somebody else.
    Second,
    /// 決定: decide where the two differ, by a third person.
    Decide,
}

/// Where a sheet stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Standing {
    /// Something is to be done.
    Open {
        /// What.
        task: Task,
        /// Who may not do it: who has written before.
        not_by: Vec<UserId>,
    },
    /// Nothing.
    Done,
}

/// One field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldReview {
    /// What was read.
    pub reading: FieldReading,
    /// Whether a person has to look at it.
    pub is_checked: bool,
    /// The standing decision of each person, in the order in which they first decided.
    pub decisions: Vec<(UserId, Decision, u64)>,
}

/// A sheet with its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct SheetReview {
    policy: CheckPolicy,
    fields: BTreeMap<String, FieldReview>,
    /// People who have finished their part, in order; under other policies than `Double` at most one.
    finished: Vec<UserId>,
    /// Whether somebody opened it again since.
    reopened: bool,
    rows: Vec<ReviewRow>,
    undone: Vec<u64>,
}

impl SheetReview {
    /// The sheet as it stands after the rows.
    ///
    /// # Errors
    /// [`RowsError`] when they are not numbered from 1 without gaps, or one cannot have been allowed.
    pub fn of(page: &PageReading, policy: CheckPolicy, rows: Vec<ReviewRow>) -> Result<Self, RowsError> {
        let fields = page.fields.iter().map(|(key, reading)| {
            let is_checked = match policy {
                CheckPolicy::None => false,
                CheckPolicy::Flagged => reading.state != FieldState::Sure,
                CheckPolicy::All | CheckPolicy::Double => true,
            };
            let field = FieldReview {
                reading: reading.clone(),
                is_checked,
                decisions: Vec::new(),
            };
            (key.clone(), field)
        });
        let mut sheet = Self {
            policy,
            fields: fields.collect(),
            finished: Vec::new(),
            reopened: false,
            rows: Vec::new(),
            undone: Vec::new(),
        };
        for row in rows {
            let follows = row.sequence == sheet.version() + 1;
            if !follows || sheet.allows(row.by, &row.action).is_err() {
                return Err(RowsError(row.sequence));
            }
            sheet.apply(row);
        }
        Ok(sheet)
    }

    /// The same sheet with one more row, which [`SheetReview::allows`] has allowed.
    ///
    /// # Errors
    /// As [`SheetReview::of`].
    pub fn followed_by(mut self, row: ReviewRow) -> Result<Self, RowsError> {
        if row.sequence != self.version() + 1 || self.allows(row.by, &row.action).is_err() {
            return Err(RowsError(row.sequence));
        }
        self.apply(row);
        Ok(self)
    }

    /// Number of the last row; 0 before the first.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.rows.len() as u64
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &[ReviewRow] {
        &self.rows
    }

    /// The fields by key.
    #[must_use]
    pub const fn fields(&self) -> &BTreeMap<String, FieldReview> {
        &self.fields
    }

    /// Which fields people look at.
    #[must_use]
    pub const fn policy(&self) -> CheckPolicy {
        self.policy
    }

    /// Who has to do what.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let open = |task| Standing::Open {
            task,
            not_by: match task {
                Task::Check => Vec::new(),
                _ => self.finished.clone(),
            },
        };
        if self.policy != CheckPolicy::Double {
            let something = self.fields.values().any(|field| field.is_checked);
            return if self.reopened || (self.finished.is_empty() && something) {
                open(Task::Check)
            } else {
                Standing::Done
            };
        }
        match self.finished.len() {
            _ if self.fields.is_empty() => Standing::Done,
            0 => open(Task::First),
            1 => open(Task::Second),
            2 if self.fields.values().any(|field| self.differs(field)) => open(Task::Decide),
            _ => Standing::Done,
        }
    }

    /// Whether the person has a field to decide about in the part that is open now.
    fn is_open_for(&self, by: UserId, field: &FieldReview) -> bool {
        let own = field.decisions.iter().find(|(user, ..)| *user == by);
        let decided =
            |own: Option<&(UserId, Decision, u64)>| own.is_some_and(|(_, one, _)| *one != Decision::Hold);
        match self.standing() {
            Standing::Done => false,
            Standing::Open {
                task: Task::Decide, ..
            } => self.differs(field) && !decided(own),
            Standing::Open {
                task: Task::Check, ..
            } => field.is_checked && self.settled(field).is_none(),
            Standing::Open { .. } => !decided(own),
        }
    }

    /// Keys of the fields that the person still has to decide about, in order.
    #[must_use]
    pub fn open_for(&self, by: UserId) -> Vec<&str> {
        let open = self
            .fields
            .iter()
            .filter(|(_, field)| self.is_open_for(by, field));
        open.map(|(key, _)| key.as_str()).collect()
    }

    /// Whether two people wrote different values and nobody has decided.
    fn differs(&self, field: &FieldReview) -> bool {
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

    /// The value that goes out: what people settled on, else what was read.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<String> {
        let field = self.fields.get(key)?;
        Some(self.settled(field).unwrap_or_else(|| field.reading.text.clone()))
    }

    /// The page with what people settled on: such a value is 確実, and nothing speaks against it.
    #[must_use]
    pub fn corrected(&self, page: &PageReading) -> PageReading {
        let mut corrected = page.clone();
        for (key, field) in &self.fields {
            if let (Some(text), Some(reading)) = (self.settled(field), corrected.fields.get_mut(key)) {
                reading.text = text;
                reading.state = FieldState::Sure;
                reading.reasons.clear();
                reading.explanations.clear();
            }
        }
        corrected
    }

    /// What the person may see of a field: under `Double` nothing of the reading or of others before the third
    /// person decides.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        matches!(
            self.standing(),
            Standing::Open {
                task: Task::First | Task::Second,
                ..
            }
        )
    }

    /// Whether the person may do this now.
    ///
    /// # Errors
    /// [`ReviewRefusal`].
    pub fn allows(&self, by: UserId, action: &ReviewAction) -> Result<(), ReviewRefusal> {
        if self.version() >= MAX_ROWS {
            return Err(ReviewRefusal::TooMany);
        }
        let standing = self.standing();
        if let ReviewAction::Reopen = action {
            return match standing {
                Standing::Done => Ok(()),
                Standing::Open { .. } => Err(ReviewRefusal::NotFinished),
            };
        }
        let Standing::Open { task, not_by } = standing else {
            return Err(ReviewRefusal::Finished);
        };
        if not_by.contains(&by) {
            return Err(ReviewRefusal::AlreadyWritten);
        }
        match action {
            ReviewAction::Decide { field, decision } => {
                let known = self.fields.get(field).ok_or(ReviewRefusal::NoSuchField)?;
                match decision {
                    Decision::Accept if task != Task::Check => Err(ReviewRefusal::NothingProposed),
                    Decision::Accept if known.reading.state == FieldState::Unreadable => {
                        Err(ReviewRefusal::NothingProposed)
                    }
                    Decision::Correct { text } if !is_usable(text) => Err(ReviewRefusal::UnusableValue),
                    _ => Ok(()),
                }
            }
            ReviewAction::Undo { sequence } => {
                let stands = !self.undone.contains(sequence);
                let row = self.rows.iter().find(|row| row.sequence == *sequence);
                let own = row.filter(|row| row.by == by && stands);
                match own.map(|row| &row.action) {
                    Some(ReviewAction::Decide { .. }) => Ok(()),
                    _ => Err(ReviewRefusal::NothingToUndo),
                }
            }
            ReviewAction::Finish if self.open_for(by).is_empty() => Ok(()),
            ReviewAction::Finish => Err(ReviewRefusal::FieldsOpen),
            ReviewAction::Reopen => Ok(()),
        }
    }

    /// The latest own decision that stands.
    #[must_use]
    pub fn last_own(&self, by: UserId) -> Option<u64> {
        let own = |row: &&ReviewRow| {
            row.by == by
                && matches!(row.action, ReviewAction::Decide { .. })
                && !self.undone.contains(&row.sequence)
        };
        self.rows.iter().rev().find(own).map(|row| row.sequence)
    }

    fn apply(&mut self, row: ReviewRow) {
        match &row.action {
            ReviewAction::Decide { .. } => {}
            ReviewAction::Undo { sequence } => self.undone.push(*sequence),
            ReviewAction::Finish => {
                self.finished.push(row.by);
                self.reopened = false;
            }
            ReviewAction::Reopen => {
                self.finished.clear();
                self.reopened = true;
            }
        }
        self.rows.push(row);
        self.decide_anew();
    }

    /// Decisions from the rows that stand: undoing one brings back the one before it.
    fn decide_anew(&mut self) {
        for field in self.fields.values_mut() {
            field.decisions.clear();
        }
        for row in &self.rows {
            let ReviewAction::Decide { field, decision } = &row.action else {
                continue;
            };
            let stands = !self.undone.contains(&row.sequence);
            if let (true, Some(field)) = (stands, self.fields.get_mut(field)) {
                match field.decisions.iter_mut().find(|(by, ..)| *by == row.by) {
                    Some(own) => *own = (row.by, decision.clone(), row.sequence),
                    None => field.decisions.push((row.by, decision.clone(), row.sequence)),
                }
            }
        }
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

fn is_usable(text: &str) -> bool {
    text.chars().count() <= MAX_VALUE_CHARS && !text.chars().any(char::is_control)
}

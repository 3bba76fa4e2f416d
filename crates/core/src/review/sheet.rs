//! One sheet: its fields with everything decided about them, and who has to do what next.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    CheckPolicy, Decision, MAX_ROWS, MAX_VALUE_CHARS, ReviewAction, ReviewRefusal, ReviewRow, RowsError,
    SheetPlan,
};
use crate::acceptance::AuditState;
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
    pub(super) policy: CheckPolicy,
    pub(super) plan: SheetPlan,
    pub(super) fields: BTreeMap<String, FieldReview>,
    pub(super) audits: BTreeMap<String, AuditState>,
    /// People who have finished their part, in order; under other policies than `Double` at most one.
    pub(super) finished: Vec<UserId>,
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
    pub fn of(
        page: &PageReading,
        policy: CheckPolicy,
        plan: &SheetPlan,
        rows: Vec<ReviewRow>,
    ) -> Result<Self, RowsError> {
        let fields = page.fields.iter().map(|(key, reading)| {
            let field = FieldReview {
                reading: reading.clone(),
                is_checked: plan.is_checked(policy, key, reading.state, 0),
                decisions: Vec::new(),
            };
            (key.clone(), field)
        });
        let mut sheet = Self {
            policy,
            plan: plan.clone(),
            fields: fields.collect(),
            audits: BTreeMap::new(),
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
            sheet.flag();
        }
        Ok(sheet)
    }

    /// The same sheet with its blind audits: what they found wrong is put right unless a reviewer settled on
    /// something.
    #[must_use]
    pub fn with_audits(mut self, audits: BTreeMap<String, AuditState>) -> Self {
        self.audits = audits;
        self
    }

    /// The same sheet under another plan, whose new flags hold from the present row on.
    #[must_use]
    pub fn under(mut self, plan: SheetPlan) -> Self {
        self.plan = plan;
        self.flag();
        self
    }

    /// Flags what the plan flags from the present row on.
    fn flag(&mut self) {
        let version = self.version();
        for (key, field) in &mut self.fields {
            field.is_checked = self
                .plan
                .is_checked(self.policy, key, field.reading.state, version);
        }
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

    /// What was decided about the sheet itself.
    #[must_use]
    pub const fn plan(&self) -> &SheetPlan {
        &self.plan
    }

    /// Whether a blind audit of the field has not ended: nobody may learn how it was read.
    #[must_use]
    pub fn is_under_audit(&self, key: &str) -> bool {
        self.audits.get(key).is_some_and(|audit| audit.task().is_some())
    }

    /// Whether people found out in a blind audit what stands in the field.
    #[must_use]
    pub fn is_audited(&self, key: &str) -> bool {
        self.audits
            .get(key)
            .is_some_and(|audit| audit.verdict().is_some())
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
                    Decision::Accept if self.is_under_audit(field) => Err(ReviewRefusal::UnderAudit),
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

fn is_usable(text: &str) -> bool {
    text.chars().count() <= MAX_VALUE_CHARS && !text.chars().any(char::is_control)
}

//! A transcript with all its corrections, kept up to date row by row.
//!
//! Promises: [`EditedTranscript::draft`] says whether an edit can be made before anything is written, and
//! what it drafts is what folding the rows gives. Copies share what is alike.

use std::collections::HashSet;
use std::sync::Arc;

use super::refusal::Refusal;
use super::state::State;
use super::{Edit, EditRow, MAX_EDITS};
use crate::id::UserId;
use crate::transcript::{Segment, SegmentId, Speaker, SpeakerId, Transcript};

/// Rows that do not make a transcript: a fault of whoever stored them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// A row is missing or twice.
    #[error("row {expected} of the edits is missing")]
    Gap {
        /// The number that should stand there.
        expected: u64,
    },
    /// A row cannot be applied.
    #[error("row {sequence} of the edits cannot be applied: {refusal}")]
    Refused {
        /// Its number.
        sequence: u64,
        /// Why.
        refusal: Refusal,
    },
}

/// An edit that can be made.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The edit.
    pub edit: Edit,
    /// Segments that it changes, makes or takes away.
    pub touched: Vec<SegmentId>,
    /// Occurrences that it replaces.
    pub replaced: u32,
    /// The transcript with it.
    state: State,
    /// What is passed over then, where that changes.
    undone: Option<HashSet<u64>>,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct EditedTranscript {
    base: Arc<Transcript>,
    rows: Vec<Arc<EditRow>>,
    undone: HashSet<u64>,
    state: State,
}

impl EditedTranscript {
    /// A transcript with its corrections.
    ///
    /// # Errors
    /// As [`super::fold`].
    pub fn of(base: Arc<Transcript>, rows: Vec<EditRow>) -> Result<Self, FoldError> {
        let rows: Vec<_> = rows.into_iter().map(Arc::new).collect();
        for (expected, row) in (1..).zip(&rows) {
            if row.sequence != expected {
                return Err(FoldError::Gap { expected });
            }
        }
        let (state, undone) = replay(&base, &lines(&rows))?;
        Ok(Self {
            base,
            rows,
            undone,
            state,
        })
    }

    /// With corrections that were made meanwhile, by whomever.
    ///
    /// # Errors
    /// As [`super::fold`].
    pub fn followed_by(mut self, rows: Vec<EditRow>) -> Result<Self, FoldError> {
        let mut anew = false;
        for row in rows {
            let expected = self.version() + 1;
            if row.sequence != expected {
                return Err(FoldError::Gap { expected });
            }
            anew |= matches!(row.edit, Edit::Undo { .. });
            if !anew {
                let refused = |refusal| FoldError::Refused {
                    sequence: expected,
                    refusal,
                };
                self.state
                    .apply(expected, &row.edit, Some(&row.touched))
                    .map_err(refused)?;
                self.state.mark(&row.touched, expected);
            }
            self.rows.push(Arc::new(row));
        }
        if anew {
            (self.state, self.undone) = replay(&self.base, &lines(&self.rows))?;
        }
        Ok(self)
    }

    /// With the correction that was drafted from this very state, as it was stored.
    #[must_use]
    pub fn with(&self, draft: Draft, row: EditRow) -> Self {
        let mut rows = self.rows.clone();
        rows.push(Arc::new(row));
        Self {
            base: Arc::clone(&self.base),
            rows,
            undone: draft.undone.unwrap_or_else(|| self.undone.clone()),
            state: draft.state,
        }
    }

    /// Number of the last correction; 0 as it was heard.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.rows.len() as u64
    }

    /// Whether a person has said that nothing is left to do.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        self.state.is_finished()
    }

    /// The corrections, oldest first.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = &EditRow> {
        self.rows.iter().map(Arc::as_ref)
    }

    /// Whether the correction of this number is undone.
    #[must_use]
    pub fn is_undone(&self, sequence: u64) -> bool {
        self.undone.contains(&sequence)
    }

    /// A segment.
    #[must_use]
    pub fn segment(&self, id: SegmentId) -> Option<&Segment> {
        self.state.segment(id).map(Arc::as_ref)
    }

    /// The segments, by beginning.
    pub fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.state.segments().map(Arc::as_ref)
    }

    /// The speakers, by number, with how long each speaks.
    #[must_use]
    pub fn speakers(&self) -> Vec<Speaker> {
        self.state.speakers()
    }

    /// The number that the next new speaker gets.
    #[must_use]
    pub const fn next_speaker(&self) -> SpeakerId {
        self.state.next_speaker()
    }

    /// As a value.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        Transcript {
            speakers: self.speakers(),
            segments: self.segments().cloned().collect(),
            version: self.version(),
            finished: self.is_finished(),
        }
    }

    /// Segments whose speaker a person has set: finding the speakers anew leaves them alone.
    #[must_use]
    pub fn placed_by_hand(&self) -> HashSet<SegmentId> {
        let standing = self.rows().filter(|row| !self.is_undone(row.sequence));
        standing
            .filter_map(|row| match row.edit {
                Edit::SetSpeaker { segment, .. } => Some(segment),
                _ => None,
            })
            .collect()
    }

    /// The last correction of this person that stands and is no undo.
    #[must_use]
    pub fn last_own(&self, by: UserId) -> Option<u64> {
        let mut own = self.rows().rev().filter(|row| row.by == by);
        own.find(|row| !matches!(row.edit, Edit::Undo { .. }) && !self.is_undone(row.sequence))
            .map(|row| row.sequence)
    }

    /// Whether the edit can be made, and what it does.
    ///
    /// # Errors
    /// [`Refusal`]; nothing is changed either way.
    pub fn draft(&self, edit: Edit) -> Result<Draft, Refusal> {
        let sequence = self.version() + 1;
        if sequence > MAX_EDITS {
            return Err(Refusal::TooManyEdits);
        }
        if let Edit::Undo { sequence: other } = edit {
            return self.draft_undo(sequence, other);
        }
        let mut state = self.state.clone();
        let effect = state.apply(sequence, &edit, None)?;
        state.mark(&effect.touched, sequence);
        Ok(Draft {
            edit,
            touched: effect.touched,
            replaced: effect.replaced,
            state,
            undone: None,
        })
    }

    fn draft_undo(&self, sequence: u64, other: u64) -> Result<Draft, Refusal> {
        let target = self.row(other).ok_or(Refusal::UnknownEdit)?;
        if self.is_undone(other) {
            return Err(Refusal::AlreadyUndone);
        }
        let root = self.root(target);
        if self.is_finished() && !matches!(root.edit, Edit::Finish) {
            return Err(Refusal::Finished);
        }
        if root.edit.is_of_text() && self.is_built_upon(target) {
            return Err(Refusal::LaterEdits);
        }
        let edit = Edit::Undo { sequence: other };
        let mut lines = lines(&self.rows);
        lines.push(Line {
            sequence,
            edit: &edit,
            touched: &target.touched,
        });
        let (state, undone) = replay(&self.base, &lines).map_err(|_| Refusal::LaterEdits)?;
        Ok(Draft {
            touched: target.touched.clone(),
            replaced: 0,
            state,
            undone: Some(undone),
            edit,
        })
    }

    fn row(&self, sequence: u64) -> Option<&EditRow> {
        let at = usize::try_from(sequence.checked_sub(1)?).ok()?;
        self.rows.get(at).map(Arc::as_ref)
    }

    /// The edit that an undo, an undo of an undo … is about.
    fn root<'a>(&'a self, mut row: &'a EditRow) -> &'a EditRow {
        // An undo names an earlier row, so this ends.
        while let Edit::Undo { sequence } = row.edit
            && let Some(target) = self.row(sequence)
        {
            row = target;
        }
        row
    }

    /// INV-EDIT-1: whether an edit of the same text that was made after `target` stands. A later undo of a
    /// later edit takes nothing from it.
    fn is_built_upon(&self, target: &EditRow) -> bool {
        let touched: HashSet<_> = target.touched.iter().collect();
        let mut later = self
            .rows
            .iter()
            .skip(usize::try_from(target.sequence).unwrap_or(usize::MAX));
        later.any(|row| {
            let cancels_a_later_one =
                matches!(row.edit, Edit::Undo { sequence } if sequence > target.sequence);
            !self.is_undone(row.sequence)
                && !cancels_a_later_one
                && self.root(row).edit.is_of_text()
                && row.touched.iter().any(|segment| touched.contains(segment))
        })
    }
}

/// A row as far as folding is concerned.
#[derive(Clone, Copy, Debug)]
struct Line<'a> {
    sequence: u64,
    edit: &'a Edit,
    touched: &'a [SegmentId],
}

impl Line<'_> {
    const fn refused(self, refusal: Refusal) -> FoldError {
        FoldError::Refused {
            sequence: self.sequence,
            refusal,
        }
    }
}

fn lines(rows: &[Arc<EditRow>]) -> Vec<Line<'_>> {
    let rows = rows.iter();
    rows.map(|row| Line {
        sequence: row.sequence,
        edit: &row.edit,
        touched: &row.touched,
    })
    .collect()
}

/// The edits that are passed over: those that an undo names which is not passed over itself.
fn undone(lines: &[Line<'_>]) -> Result<HashSet<u64>, FoldError> {
    let mut undone = HashSet::new();
    for line in lines.iter().rev() {
        let Edit::Undo { sequence } = *line.edit else {
            continue;
        };
        if undone.contains(&line.sequence) {
            continue;
        }
        if sequence == 0 || sequence >= line.sequence {
            return Err(line.refused(Refusal::UnknownEdit));
        }
        if !undone.insert(sequence) {
            return Err(line.refused(Refusal::AlreadyUndone));
        }
    }
    Ok(undone)
}

/// The state after the rows, and which of them are passed over.
fn replay(base: &Transcript, lines: &[Line<'_>]) -> Result<(State, HashSet<u64>), FoldError> {
    let undone = undone(lines)?;
    let mut state = State::of(base);
    for line in lines {
        if undone.contains(&line.sequence) {
            state.pass_over(line.edit);
        } else {
            let applied = state.apply(line.sequence, line.edit, Some(line.touched));
            applied.map_err(|refusal| line.refused(refusal))?;
        }
        state.mark(line.touched, line.sequence);
    }
    Ok((state, undone))
}

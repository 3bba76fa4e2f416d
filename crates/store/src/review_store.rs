//! The seam to what comes of people's work beside its rows: counts of finished sheets and meetings, time on task.
//!
//! A trait beside [`crate::JobStore`], implemented by the same store and held by its contract suite. Every method is
//! one transaction; none hands out contents.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use shoki_core::access::Actor;
use shoki_core::id::{JobId, UserId};
use shoki_core::review::{FieldFigures, SheetFigures};

use crate::error::StoreError;

/// Which of the periods that were asked for, from 0.
pub type PeriodIndex = usize;

/// What was counted in some periods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewFigures {
    /// Sheets that were done, by period and form.
    pub forms: BTreeMap<(PeriodIndex, String), FormFigures>,
    /// Time on task, by period, form and person.
    pub time: BTreeMap<(PeriodIndex, String, UserId), Duration>,
}

/// Counts of one form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormFigures {
    /// Sheets.
    pub sheets: u64,
    /// Counts by field.
    pub fields: BTreeMap<String, FieldFigures>,
}

/// What was counted in some periods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeetingFigures {
    /// Meetings that were done, by period.
    pub done: BTreeMap<PeriodIndex, MeetingCounts>,
    /// Time on task, by period and person.
    pub time: BTreeMap<(PeriodIndex, UserId), Duration>,
}

/// Counts of meetings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MeetingCounts {
    /// Meetings.
    pub meetings: u64,
    /// How long their recordings are.
    pub recorded: Duration,
}

/// Figures and signs of life of reviews, figures of meetings.
#[async_trait]
pub trait ReviewStore: Send + Sync + std::fmt::Debug {
    /// What was counted between one instant of `bounds` and the next (rising; whole hours where time on task is
    /// concerned): of the own 課, or of the whole office for those who run the system.
    async fn review_figures(&self, actor: &Actor, bounds: &[Timestamp]) -> Result<ReviewFigures, StoreError>;
    /// The same of meetings: a meeting counts from when it is finished until it is opened again.
    async fn meeting_figures(
        &self,
        actor: &Actor,
        bounds: &[Timestamp],
    ) -> Result<MeetingFigures, StoreError>;
    /// Counts a sheet that is done anew: its values changed without a row of its own. Nothing happens while it is
    /// open.
    async fn recount_sheet(
        &self,
        actor: &Actor,
        job: JobId,
        page: u32,
        figures: &SheetFigures,
    ) -> Result<(), StoreError>;
    /// A sign of life of somebody who works on a sheet; one that the person has stays with the person for `lease`.
    /// `Locked` when somebody else has it.
    async fn keep_sheet(
        &self,
        actor: &Actor,
        job: JobId,
        page: u32,
        lease: SignedDuration,
    ) -> Result<(), StoreError>;
}

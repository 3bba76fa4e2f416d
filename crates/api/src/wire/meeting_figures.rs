//! Counts of meetings and the time spent on them, on the wire.

use jiff::civil::Date;
use serde::Serialize;
use shoki_core::id::UserId;
use utoipa::ToSchema;

use super::review_figures::PeriodLength;

/// What was counted on meetings that were done in some periods.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingFiguresBody {
    /// First day, in Japan.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// Last day.
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// How long one period is.
    pub by: PeriodLength,
    /// Whether the whole office is counted, or the own 課.
    pub office: bool,
    /// Meetings whose transcript was finished.
    pub meetings: u64,
    /// How long their recordings are, seconds.
    pub recorded_seconds: u64,
    /// Seconds at work, pauses of more than a minute left out; also on meetings that are not finished.
    pub seconds: u64,
    /// By period.
    pub periods: Vec<MeetingPeriodBody>,
    /// Time by period and person: of everybody for a 課管理者, the own one for a 担当者, nobody's for those who run
    /// the system.
    pub people: Vec<MeetingPersonBody>,
}

/// One period.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingPeriodBody {
    /// Its first day.
    #[schema(value_type = String, format = Date)]
    pub period: Date,
    /// Meetings that were finished.
    pub meetings: u64,
    /// How long their recordings are, seconds.
    pub recorded_seconds: u64,
    /// Seconds at work.
    pub seconds: u64,
}

/// One person's time in one period.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingPersonBody {
    /// First day of the period.
    #[schema(value_type = String, format = Date)]
    pub period: Date,
    /// The person.
    #[schema(value_type = uuid::Uuid)]
    pub user_id: UserId,
    /// The person's name.
    pub name: String,
    /// Seconds at work.
    pub seconds: u64,
}

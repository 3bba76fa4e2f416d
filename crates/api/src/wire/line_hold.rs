//! A line of a transcript that somebody corrects, on the wire.

use jiff::Timestamp;
use serde::Serialize;
use shoki_core::id::UserId;
use utoipa::ToSchema;

use crate::line_holds::LineHold;

/// A line that somebody corrects just now; others cannot until it is given back or has run out.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineHoldBody {
    /// Number of the segment.
    pub segment: u64,
    /// Who.
    #[schema(value_type = uuid::Uuid)]
    pub user: UserId,
    /// Until when, unless it is renewed.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
}

impl From<LineHold> for LineHoldBody {
    fn from(hold: LineHold) -> Self {
        Self {
            segment: hold.segment.0,
            user: hold.user,
            until: hold.until,
        }
    }
}

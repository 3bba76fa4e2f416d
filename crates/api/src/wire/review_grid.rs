//! One field over all sheets of a job, and many decisions at once, on the wire.

use serde::{Deserialize, Serialize};
use shoki_core::code::ErrorCode;
use shoki_core::form::FieldType;
use utoipa::ToSchema;

use super::review::{DecisionBody, FieldReviewBody};
use crate::problem::Problem;

/// A field of a form with what is open of it in a job.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenFieldBody {
    /// Id of the form.
    pub form: String,
    /// The form's name; absent when it is not defined any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form_name: Option<String>,
    /// The field's key.
    pub key: String,
    /// The words printed on the form.
    pub label: String,
    /// What stands in it; absent when the form is not defined any more.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "name")]
    pub kind: Option<FieldType>,
    /// How many are open for you.
    pub open: u32,
}

/// A part of the grid.
#[derive(Debug, Serialize, ToSchema)]
pub struct GridBody {
    /// The open fields, by page.
    pub items: Vec<GridItemBody>,
    /// Hand back as `after` to go on; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

/// A field of the grid.
#[derive(Debug, Serialize, ToSchema)]
pub struct GridItemBody {
    /// The page, from 1.
    pub page: u32,
    /// Id of the form.
    pub form: String,
    /// Version of its sheet; comes back with the decision.
    pub version: u64,
    /// `check` · `first` · `second` · `decide`.
    #[schema(example = "check")]
    pub task: &'static str,
    /// Who has the sheet now: `me` · `other`; absent: nobody. What another has cannot be decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "other")]
    pub locked_by: Option<&'static str>,
    /// Where the field's picture is; with a reason (`/reveal`) when it is masked, and nothing there when the field
    /// is empty.
    #[schema(example = "/v1/jobs/018f6b7e-0000-7000-8000-000000000000/pages/3/crops/name")]
    pub crop: String,
    /// The field.
    #[serde(flatten)]
    pub field: FieldReviewBody,
}

/// Many decisions.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionsBody {
    /// The decisions, done in this order, each by itself.
    pub items: Vec<DecisionItemBody>,
    /// Whether sheets of these decisions in which nothing is open any more are finished too.
    #[serde(default)]
    pub finish: bool,
}

/// One of them.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionItemBody {
    /// The page, from 1.
    pub page: u32,
    /// The field's key.
    pub key: String,
    /// The version of its sheet that you saw; the same for all items of a sheet.
    pub version: u64,
    /// What.
    pub decision: DecisionBody,
}

/// What became of many decisions: each is done or says why not.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecidedBody {
    /// One for each item, in their order.
    pub items: Vec<DecidedItemBody>,
    /// The sheets of these items as they stand now.
    pub sheets: Vec<DecidedSheetBody>,
}

/// What became of one.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecidedItemBody {
    /// The page, from 1.
    pub page: u32,
    /// The field's key.
    pub key: String,
    /// `decided` · `unchanged` (you had decided the same before) · `refused`.
    #[schema(example = "decided")]
    pub result: &'static str,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ItemProblemBody>,
}

/// Why one item was refused, while the others went on.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemProblemBody {
    /// Stable code to branch on.
    #[schema(example = "version_changed")]
    pub code: &'static str,
    /// What happened, and what to do next, in Japanese.
    pub sentence: String,
}

impl From<&Problem> for ItemProblemBody {
    fn from(problem: &Problem) -> Self {
        Self {
            code: ErrorCode::entry(problem.code()).name,
            sentence: problem.sentence(),
        }
    }
}

/// A sheet after many decisions.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecidedSheetBody {
    /// The page, from 1.
    pub page: u32,
    /// Its version now.
    pub version: u64,
    /// `check` · `first` · `second` · `decide` · `done`.
    #[schema(example = "done")]
    pub task: &'static str,
    /// Fields that are open for you.
    pub fields_open: u32,
    /// Why it was not finished, where that was asked for and nothing is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ItemProblemBody>,
}

//! 仕分け on the wire.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shoki_core::form::FormDefinition;
use shoki_core::id::UserId;
use shoki_core::reading::PageKind;
use shoki_core::sorting::{PageSorting, SortedAs, SortingRow};
use shoki_store::sorting_store::NewSorting;
use utoipa::ToSchema;

use super::job::JobBody;
use crate::sortings::SortedPage;

/// A page as it was sorted.
#[derive(Debug, Serialize, ToSchema)]
pub struct SortedPageBody {
    /// The page, from 1.
    pub page: u32,
    /// `form` · `unknown_form` (わからない) · `blank` (白紙) · `failed` (開けなかった).
    #[schema(example = "unknown_form")]
    pub kind: &'static str,
    /// Id of the form, when sorted to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form_name: Option<String>,
    /// Clockwise quarter turns that make it upright.
    pub quarter_turns: u8,
    /// Why it is not sorted, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// Forms that it is like.
    pub likely: Vec<String>,
    /// What people decided about it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<SortingDecisionBody>,
    /// Whether people have decided about its fields: it cannot be sorted otherwise then.
    pub decided: bool,
}

/// What somebody decided about a page.
#[derive(Debug, Serialize, ToSchema)]
pub struct SortingDecisionBody {
    /// What it is.
    #[serde(flatten)]
    pub sorting: SortingBody,
    /// Number of decisions about the page so far.
    pub sequence: u64,
    /// Who.
    #[schema(value_type = uuid::Uuid)]
    pub by: UserId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// What a page is taken for.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct SortingBody {
    /// `machine`: as the reader finds · `form`: a sheet of `form` · `unknown`: no form · `blank`: dropped.
    #[serde(rename = "as")]
    pub kind: SortedAsBody,
    /// Id of the form; with `form` only.
    #[schema(example = "kyuyo_idou")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// Clockwise quarter turns that make it upright (0–3); absent: as the reader finds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarter_turns: Option<u8>,
}

/// What a page is taken for, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SortedAsBody {
    /// As the reader finds.
    Machine,
    /// A sheet of a form.
    Form,
    /// No form.
    Unknown,
    /// Dropped from the output.
    Blank,
}

impl From<&PageSorting> for SortingBody {
    fn from(sorting: &PageSorting) -> Self {
        let (kind, form) = match &sorting.kind {
            SortedAs::Machine => (SortedAsBody::Machine, None),
            SortedAs::Form { form } => (SortedAsBody::Form, Some(form.clone())),
            SortedAs::Unknown => (SortedAsBody::Unknown, None),
            SortedAs::Blank => (SortedAsBody::Blank, None),
        };
        Self {
            kind,
            form,
            quarter_turns: sorting.quarter_turns,
        }
    }
}

impl SortingBody {
    /// The decision; `None` when a form is missing or out of place.
    #[must_use]
    pub fn sorting(&self) -> Option<PageSorting> {
        let kind = match (self.kind, self.form.clone()) {
            (SortedAsBody::Machine, None) => SortedAs::Machine,
            (SortedAsBody::Form, Some(form)) => SortedAs::Form { form },
            (SortedAsBody::Unknown, None) => SortedAs::Unknown,
            (SortedAsBody::Blank, None) => SortedAs::Blank,
            _ => return None,
        };
        Some(PageSorting {
            kind,
            quarter_turns: self.quarter_turns,
        })
    }
}

/// Decisions about pages.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SortPagesBody {
    /// The pages; those with the same decision as before stay as they are.
    pub pages: Vec<SortPageBody>,
}

/// A decision about a page.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SortPageBody {
    /// The page, from 1.
    pub page: u32,
    /// What it is.
    #[serde(flatten)]
    pub sorting: SortingBody,
}

impl SortPageBody {
    /// The decision; `None` when a form is missing or out of place.
    #[must_use]
    pub fn decision(&self) -> Option<NewSorting> {
        Some(NewSorting {
            page: self.page,
            sorting: self.sorting.sorting()?,
        })
    }
}

/// What became of decisions about pages.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResortedBody {
    /// Pages that are read again.
    pub pages: u32,
    /// The job: it runs again until they are read.
    pub job: JobBody,
}

impl SortedPageBody {
    /// A page, with the name of its form.
    #[must_use]
    pub fn of(page: &SortedPage, form: Option<&FormDefinition>) -> Self {
        let reading = &page.reading;
        let (kind, explanation) = match reading.kind {
            PageKind::Form => ("form", None),
            PageKind::UnknownForm => {
                let doubt = reading.doubt.as_ref().map(|doubt| doubt.explanation.clone());
                ("unknown_form", doubt)
            }
            PageKind::Blank => ("blank", None),
            PageKind::Failed { code } => ("failed", Some(code.sentence_ja())),
        };
        let likely = reading.doubt.as_ref().map(|doubt| doubt.forms.clone());
        Self {
            page: reading.page,
            kind,
            form: reading.form.clone(),
            form_name: form.map(|form| form.name.clone()),
            quarter_turns: reading.quarter_turns,
            explanation,
            likely: likely.unwrap_or_default(),
            decision: page.decision.as_ref().map(SortingDecisionBody::of),
            decided: page.is_decided,
        }
    }
}

impl SortingDecisionBody {
    fn of(row: &SortingRow) -> Self {
        Self {
            sorting: (&row.sorting).into(),
            sequence: row.sequence,
            by: row.by,
            at: row.at,
        }
    }
}

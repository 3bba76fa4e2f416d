//! The shapes on the wire, apart from the domain's own types so that a change inside does not silently
//! change the API. Snake-case names, RFC 3339 times, words for the desk beside each code.

pub mod acceptance;
pub mod audit;
pub mod batch;
pub mod catalogue;
pub mod difference;
pub mod document;
pub mod draft;
pub mod form_share;
pub mod health;
pub mod hit;
pub mod job;
pub mod line_hold;
pub mod live;
pub mod meeting;
pub mod meeting_figures;
pub mod minutes;
pub mod office_form;
pub mod openai;
pub mod outcome;
pub mod output;
pub mod page_place;
pub mod people;
pub mod practice;
pub mod question;
pub mod question_bank;
pub mod reading;
pub mod retention;
pub mod review;
pub mod review_figures;
pub mod review_grid;
pub mod sheet_path;
pub mod shelf;
pub mod sorting;
pub mod source;
pub mod transcript;
pub mod voice;
mod waiting;

use serde::Serialize;
use utoipa::ToSchema;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Hand back as `cursor` to go on; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

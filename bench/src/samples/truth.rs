//! What is truly written on a made page, in the shape the scorer and the demonstration read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shoki_core::form::FieldType;

/// What a made page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TruePage {
    /// A filled form.
    Form,
    /// A page of no defined form.
    UnknownForm,
    /// A blank back.
    Blank,
}

/// What is truly written in a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldTruth {
    /// The value in its normal form; empty when nothing is written.
    pub text: String,
    /// The field's type.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Whether something else was written first and struck out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub corrected: bool,
}

/// The truth of one page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageTruth {
    /// Page number, from 1.
    pub page: u32,
    /// What it is.
    pub kind: TruePage,
    /// Id of the form.
    pub form: Option<String>,
    /// Clockwise quarter turns that make the page upright.
    pub quarter_turns: u8,
    /// Strength of the scan's defects, 1–3.
    pub level: u8,
    /// The hand it is written in.
    pub hand: Option<String>,
    /// Homography (row by row) from the blank form's pixels (200 dpi) to the pixels of this page
    /// after it was turned upright.
    pub homography: Option<[[f64; 3]; 3]>,
    /// What is written, by field key; every field of the form is listed.
    pub fields: BTreeMap<String, FieldTruth>,
}

/// The truth of a stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackTruth {
    /// Seed it was made from.
    pub seed: u64,
    /// Which hands were used: `tuning` or `measuring`.
    pub hands: String,
    /// Pages in order.
    pub pages: Vec<PageTruth>,
}

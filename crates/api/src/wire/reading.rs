//! The schema of a page's reading. The values are `core::reading`'s own JSON (the same as in the JSON
//! artifact); these types only describe it, and a test holds the two together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The reading of one page.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageReadingBody {
    /// Page number, from 1.
    pub page: u32,
    /// `form` · `unknown_form` · `blank` · `failed`.
    #[schema(example = "form")]
    pub kind: String,
    /// Why, when `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Id of the form, when sorted to one.
    pub form: Option<String>,
    /// Version of the form definition, when sorted to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form_version: Option<u32>,
    /// Clockwise quarter turns that made the page upright (0–3).
    pub quarter_turns: u8,
    /// Median distance of the printed patches from their place, pixels at 200 dpi.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_error: Option<f32>,
    /// Where the form lies on the page: the projective map (row-major 3×3) from millimetres on the blank page
    /// to pixels of the upright page at 200 dpi.
    #[schema(value_type = Option<Vec<f32>>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placement: Option<[f32; 9]>,
    /// Field readings by key.
    pub fields: BTreeMap<String, FieldReadingBody>,
    /// Full text of a page that no form matches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<TextLineBody>,
}

/// The reading of one field.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldReadingBody {
    /// The proposed value; empty when there is no ink.
    pub text: String,
    /// `sure` (確実) · `check` (要確認) · `unreadable` (読めません).
    #[schema(example = "check")]
    pub state: String,
    /// Why not sure.
    pub reasons: Vec<String>,
    /// The reasons as Japanese sentences; a broken rule by its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explanations: Vec<String>,
    /// Up to five, the proposed value first.
    pub candidates: Vec<CandidateBody>,
    /// What was noticed while reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signals: Option<SignalsBody>,
}

/// What was noticed while a field was read.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignalsBody {
    /// Share of the differently prepared readings that found the value, 0–1.
    pub agreement: f32,
    /// Lead of the least clear character in the clearest reading, 0–1.
    pub margin: f32,
    /// … in the least clear reading.
    pub weakest: f32,
    /// Probability of the strongest other value, 0–1.
    pub rival: f32,
    /// Median distance of the page's printed patches from their place, pixels at 200 dpi.
    pub registration: f32,
    /// Ink pixels for each character of the value.
    pub ink: f32,
}

/// One reading that a person may choose.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidateBody {
    /// The value.
    pub text: String,
    /// Share of the readings behind it, 0–1.
    pub score: f32,
}

/// One line of full text.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TextLineBody {
    /// The text.
    pub text: String,
    /// Corners in page pixels: top left, top right, bottom right, bottom left.
    #[schema(value_type = Vec<Vec<f32>>)]
    pub quad: [[f32; 2]; 4],
}

#[cfg(test)]
mod tests {
    use super::*;
    use shoki_core::code::ErrorCode;
    use shoki_core::reading::{
        Candidate, FieldReading, FieldState, PageKind, PageReading, Placement, Reason, TextLine,
    };

    #[test]
    fn the_schema_is_the_json_of_the_domain() {
        let mut field = FieldReading {
            text: "12".into(),
            state: FieldState::Check,
            reasons: vec![Reason::WrongLength],
            explanations: Vec::new(),
            candidates: vec![Candidate {
                text: "12".into(),
                score: 0.5,
            }],
            signals: Some(shoki_core::calibration::Signals {
                agreement: 0.5,
                margin: 0.25,
                weakest: 0.125,
                rival: 0.5,
                registration: 1.5,
                ink: 90.0,
            }),
        };
        field.explain(&[]);
        for kind in [
            PageKind::Form,
            PageKind::UnknownForm,
            PageKind::Blank,
            PageKind::Failed {
                code: ErrorCode::CorruptPage,
            },
        ] {
            let page = PageReading {
                page: 1,
                kind,
                form: Some("f".into()),
                form_version: Some(1),
                quarter_turns: 1,
                registration_error: Some(0.5),
                placement: Some(Placement([1.0; 9])),
                fields: [("a".to_owned(), field.clone())].into(),
                lines: vec![TextLine {
                    text: "行".into(),
                    quad: [[0.0; 2]; 4],
                }],
            };
            let json = serde_json::to_value(&page).unwrap();
            let described: PageReadingBody = serde_json::from_value(json.clone()).unwrap();
            assert_eq!(serde_json::to_value(&described).unwrap(), json);
        }
    }
}

//! Forms that a 課 defines itself, on the wire.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use shoki_core::form::FormDefinition;
use shoki_core::form_draft::{FormFault, Suggestion};
use shoki_core::reading::{FieldReading, FieldState, PageKind};
use shoki_store::form_store::{FormUse, OfficeForm};
use utoipa::ToSchema;

use crate::form_desk::Trial;

/// A form of the 課 in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfficeFormRow {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Fields.
    pub fields: usize,
    /// The published version that new jobs are read with; absent: none.
    pub in_use: Option<u32>,
    /// The newest published version; 0: none.
    pub published: u32,
    /// When it was changed last.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: jiff::Timestamp,
}

impl From<&OfficeForm> for OfficeFormRow {
    fn from(form: &OfficeForm) -> Self {
        Self {
            id: form.id.clone(),
            name: form.definition.name.clone(),
            fields: form.definition.fields.len(),
            in_use: form.in_use,
            published: form.published,
            updated_at: form.updated_at,
        }
    }
}

/// A form as it is worked on.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfficeFormBody {
    /// Id.
    pub id: String,
    /// Counts the changes; also the ETag.
    pub version: u64,
    /// The published version that new jobs are read with; absent: none.
    pub in_use: Option<u32>,
    /// The newest published version; 0: none.
    pub published: u32,
    /// The definition, as in `pipelines/forms/*.toml`.
    #[schema(value_type = Object)]
    pub definition: FormDefinition,
    /// What keeps it from being published.
    pub faults: Vec<FaultBody>,
}

impl OfficeFormBody {
    /// With the faults that were found.
    #[must_use]
    pub fn of(form: OfficeForm, faults: Vec<FormFault>) -> Self {
        Self {
            id: form.id,
            version: form.version,
            in_use: form.in_use,
            published: form.published,
            definition: form.definition,
            faults: faults.into_iter().map(FaultBody::from).collect(),
        }
    }
}

/// A fault.
#[derive(Debug, Serialize, ToSchema)]
pub struct FaultBody {
    /// The field, from 0; absent: the form as a whole.
    pub field: Option<usize>,
    /// What is wrong and what to do.
    pub sentence: String,
}

impl From<FormFault> for FaultBody {
    fn from(fault: FormFault) -> Self {
        Self {
            field: fault.field,
            sentence: fault.sentence_ja,
        }
    }
}

/// Another definition of the form.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveFormBody {
    /// The definition; its `id`, `version` and `blank` stay as they are.
    #[schema(value_type = Object)]
    pub definition: FormDefinition,
}

/// Publishing.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishBody {
    /// Why, for the history.
    #[serde(default)]
    pub note: String,
}

/// Which version is in use from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UseBody {
    /// A published version; `null` takes the form out of use.
    pub version: Option<u32>,
    /// Why, for the history.
    #[serde(default)]
    pub note: String,
}

/// Something that happened to the form.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormUseBody {
    /// The version that was in use from then on; absent: none.
    pub version: Option<u32>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: jiff::Timestamp,
    /// By whom.
    #[schema(value_type = Uuid)]
    pub by: shoki_core::id::UserId,
    /// Why.
    pub note: String,
    /// Fields of that version.
    pub fields: usize,
}

impl From<&FormUse> for FormUseBody {
    fn from(one: &FormUse) -> Self {
        let definition = one.version.as_ref().map(|version| &version.definition);
        Self {
            version: definition.map(|definition| definition.version),
            at: one.at,
            by: one.by,
            note: one.note.clone(),
            fields: definition.map_or(0, |definition| definition.fields.len()),
        }
    }
}

/// A suggested box.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuggestionBody {
    /// As a field of a definition, without a key.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub suggestion: Suggestion,
}

/// What a filled page reads as. Nothing of it is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrialBody {
    /// Whether the page is this form.
    pub is_form: bool,
    /// Why not, in words.
    pub reason: Option<String>,
    /// The fields in the form's order.
    pub fields: Vec<TrialFieldBody>,
}

/// A field that was tried.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrialFieldBody {
    /// Its key.
    pub key: String,
    /// The words printed on the form.
    pub label: String,
    /// What was read.
    pub text: String,
    /// 確実, 要確認 or 読めません.
    #[schema(value_type = String)]
    pub state: FieldState,
    /// Why a person must look.
    pub explanations: Vec<String>,
    /// Its picture: PNG, base64.
    pub crop: Option<String>,
}

impl TrialBody {
    /// In the order of the definition.
    #[must_use]
    pub fn of(definition: &FormDefinition, trial: &Trial) -> Self {
        let is_form = trial.page.kind == PageKind::Form;
        let field = |defined: &shoki_core::form::FieldDefinition| {
            let reading: &FieldReading = trial.page.fields.get(&defined.key)?;
            Some(TrialFieldBody {
                key: defined.key.clone(),
                label: defined.label.clone(),
                text: reading.text.clone(),
                state: reading.state,
                explanations: reading.explanations.clone(),
                crop: trial.crops.get(&defined.key).map(|png| STANDARD.encode(png)),
            })
        };
        let reason = match &trial.page.kind {
            PageKind::Form => None,
            PageKind::Blank => Some("何も書かれていないページです。記入した用紙を選んでください。".to_owned()),
            _ => Some(
                trial.page.doubt.as_ref().map_or_else(
                    || "この帳票の用紙と見なせませんでした。記入前の用紙と同じ印刷の、記入した用紙を選んでください。".to_owned(),
                    |doubt| doubt.explanation.clone(),
                ),
            ),
        };
        Self {
            is_form,
            reason,
            fields: definition.fields.iter().filter_map(field).collect(),
        }
    }
}

//! Sheets and decisions on the wire.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shoki_core::access::Actor;
use shoki_core::form::FormDefinition;
use shoki_core::id::JobId;
use shoki_core::reading::{Candidate, FieldState, Reason};
use shoki_core::review::{Decision, FieldFigures, FieldReview, SheetReview, Standing, Task};
use shoki_store::model::Sheet;
use utoipa::ToSchema;

use crate::reviews::Opened;

/// Where the review of a job stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewBody {
    /// Sheets.
    pub sheets_total: u32,
    /// Sheets with nothing left to do.
    pub sheets_done: u32,
    /// Fields that are open.
    pub fields_open: u32,
    /// Accepted fields that wait for a blind audit (`/v1/blind-audits`); outputs do not wait for them.
    pub audits_open: u32,
    /// The sheets by page.
    pub sheets: Vec<SheetHeadBody>,
}

/// A sheet in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct SheetHeadBody {
    /// The page, from 1.
    pub page: u32,
    /// Id of the form.
    pub form: String,
    /// `check` · `first` · `second` · `decide` · `done`.
    #[schema(example = "check")]
    pub task: &'static str,
    /// Fields that are open.
    pub fields_open: u32,
    /// Who has it now: `me` · `other`; absent: nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "other")]
    pub locked_by: Option<&'static str>,
}

impl SheetHeadBody {
    /// As this person sees it.
    #[must_use]
    pub fn of(sheet: &Sheet, actor: &Actor, now: Timestamp) -> Self {
        let lock = sheet.lock.filter(|lock| lock.until > now);
        Self {
            page: sheet.page,
            form: sheet.form.clone(),
            task: Self::task(&sheet.standing),
            fields_open: sheet.open_fields,
            locked_by: lock.map(|lock| if lock.by == actor.user { "me" } else { "other" }),
        }
    }

    /// The word for what is to be done.
    #[must_use]
    pub const fn task(standing: &Standing) -> &'static str {
        match standing {
            Standing::Done => "done",
            Standing::Open { task, .. } => match task {
                Task::Check => "check",
                Task::First => "first",
                Task::Second => "second",
                Task::Decide => "decide",
            },
        }
    }
}

/// A sheet to work on.
#[derive(Debug, Serialize, ToSchema)]
pub struct SheetBody {
    /// The job.
    #[schema(value_type = uuid::Uuid)]
    pub job_id: JobId,
    /// The page, from 1.
    pub page: u32,
    /// Id of the form.
    pub form: String,
    /// The form's name; absent when it is not defined any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form_name: Option<String>,
    /// Version; also the ETag.
    pub version: u64,
    /// `check` · `first` · `second` · `decide` · `done`.
    #[schema(example = "check")]
    pub task: &'static str,
    /// Whether values are hidden because two people write without seeing them.
    pub blind: bool,
    /// Until when the sheet is yours if you stay silent.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked_until: Option<Timestamp>,
    /// The fields in the form's order.
    pub fields: Vec<FieldReviewBody>,
}

/// A field of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldReviewBody {
    /// Its key.
    pub key: String,
    /// The words printed on the form.
    pub label: String,
    /// Whether you have to decide about it.
    pub open: bool,
    /// Whether its value is masked (個人番号): ask for it with a reason.
    pub masked: bool,
    /// Whether its reading is hidden because it is audited blind.
    pub under_audit: bool,
    /// What was read; absent where it is hidden or masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<String>,
    /// `sure` · `check` · `unreadable`; absent where it is hidden.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<FieldState>,
    /// Why not sure.
    #[schema(value_type = Vec<String>)]
    pub reasons: Vec<Reason>,
    /// The same in words; a broken rule by its name.
    pub explanations: Vec<String>,
    /// Other readings, likeliest first.
    pub candidates: Vec<String>,
    /// What you decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionBody>,
    /// What others wrote, for the one who decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub written: Vec<String>,
    /// The value as it goes out; absent where it is hidden or masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A decision.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionBody {
    /// `accept` · `correct` · `hold` · `unreadable`.
    #[schema(example = "correct")]
    pub kind: DecisionKind,
    /// The value, with `correct`; empty: nothing is written there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Kinds of decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionKind {
    /// The proposed value.
    Accept,
    /// Another value.
    Correct,
    /// Later.
    Hold,
    /// Cannot be read.
    Unreadable,
}

impl DecisionBody {
    /// As a value; `None` when kind and text do not fit.
    #[must_use]
    pub fn decision(self) -> Option<Decision> {
        match (self.kind, self.text) {
            (DecisionKind::Accept, None) => Some(Decision::Accept),
            (DecisionKind::Correct, Some(text)) => Some(Decision::Correct { text }),
            (DecisionKind::Hold, None) => Some(Decision::Hold),
            (DecisionKind::Unreadable, None) => Some(Decision::Unreadable),
            _ => None,
        }
    }

    fn of(decision: &Decision, masked: bool) -> Self {
        let (kind, text) = match decision {
            Decision::Accept => (DecisionKind::Accept, None),
            Decision::Correct { text } => (DecisionKind::Correct, Some(text.clone())),
            Decision::Hold => (DecisionKind::Hold, None),
            Decision::Unreadable => (DecisionKind::Unreadable, None),
        };
        Self {
            kind,
            text: text.filter(|_| !masked),
        }
    }
}

/// Who sees a sheet, and what of it.
pub struct View<'a> {
    /// The job.
    pub job: JobId,
    /// The person.
    pub actor: &'a Actor,
    /// The form, while it is defined.
    pub form: Option<&'a FormDefinition>,
    /// Whether a field's value is masked.
    pub masked: &'a (dyn Fn(&str) -> bool + Sync),
    /// Now.
    pub now: Timestamp,
}

impl SheetBody {
    /// As this person sees it.
    #[must_use]
    pub fn of(opened: &Opened, view: &View<'_>) -> Self {
        let Opened { sheet, review, .. } = opened;
        let own = sheet
            .lock
            .filter(|lock| lock.by == view.actor.user && lock.until > view.now);
        let order = |key: &str| {
            let fields = view.form.map_or(&[][..], |form| &form.fields);
            fields
                .iter()
                .position(|field| field.key == key)
                .unwrap_or(usize::MAX)
        };
        let mut keys: Vec<&str> = review.fields().keys().map(String::as_str).collect();
        keys.sort_by_key(|key| order(key));
        let fields = keys
            .into_iter()
            .filter_map(|key| FieldReviewBody::of(review, key, view));
        Self {
            job_id: view.job,
            page: sheet.page,
            form: sheet.form.clone(),
            form_name: view.form.map(|form| form.name.clone()),
            version: opened.version().number(),
            task: SheetHeadBody::task(&review.standing()),
            blind: review.is_blind(),
            locked_until: own.map(|lock| lock.until),
            fields: fields.collect(),
        }
    }
}

impl FieldReviewBody {
    /// As this person sees it; `None`: no such field.
    #[must_use]
    pub fn of(review: &SheetReview, key: &str, view: &View<'_>) -> Option<Self> {
        let field: &FieldReview = review.fields().get(key)?;
        let masked = (view.masked)(key);
        let under_audit = review.is_under_audit(key);
        let blind = review.is_blind() || under_audit;
        let (hidden, reading) = (masked || blind, &field.reading);
        let mine = field.decisions.iter().find(|(by, ..)| *by == view.actor.user);
        let decides = matches!(
            review.standing(),
            Standing::Open {
                task: Task::Decide,
                ..
            }
        );
        let definition = view
            .form
            .and_then(|form| form.fields.iter().find(|field| field.key == key));
        // Sure by itself, and yet for a person: its risk is too high, or the field's auto-accept has stopped.
        let at_risk = reading.state == FieldState::Sure && review.plan().flagged.contains_key(key);
        let at_risk = at_risk.then_some(Reason::AtRisk);
        let reasons = reading.reasons.iter().copied().chain(at_risk).filter(|_| !blind);
        // A rule's sentence may name the value.
        let said = at_risk.map(|reason| reason.label_ja().to_owned());
        let explanations = reading
            .explanations
            .iter()
            .cloned()
            .chain(said)
            .filter(|_| !hidden);
        let candidates = reading.candidates.iter().filter(|_| !hidden);
        Some(Self {
            key: key.to_owned(),
            label: definition.map_or_else(|| key.to_owned(), |field| field.label.clone()),
            open: review.open_for(view.actor.user).contains(&key),
            masked,
            under_audit,
            read: (!hidden).then(|| reading.text.clone()),
            state: (!blind).then_some(reading.state),
            reasons: reasons.collect(),
            explanations: explanations.collect(),
            candidates: candidates.map(|Candidate { text, .. }| text.clone()).collect(),
            decision: mine.map(|(_, decision, _)| DecisionBody::of(decision, masked)),
            written: if decides && !masked {
                review.written(field)
            } else {
                Vec::new()
            },
            value: (!hidden).then(|| review.value(key)).flatten(),
        })
    }
}

/// A reason for seeing a masked value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealBody {
    /// Why; goes into the audit log.
    #[schema(example = "本人確認書類との照合")]
    pub reason: String,
}

/// 識字率 and what it is counted from.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewFiguresBody {
    /// Sheets that are done, which alone are counted.
    pub sheets: u32,
    /// All fields together.
    pub all: RateBody,
    /// By form and field.
    pub fields: Vec<FieldRateBody>,
    /// Seconds at work, by person, pauses of more than a minute left out.
    pub seconds: u64,
}

/// Rates.
#[derive(Debug, Serialize, ToSchema)]
pub struct RateBody {
    /// Fields.
    pub fields: u64,
    /// Of them changed by people.
    pub fields_corrected: u64,
    /// Characters.
    pub characters: u64,
    /// Of them changed by people.
    pub characters_corrected: u64,
    /// 識字率; absent where there are no characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub character_rate: Option<f64>,
    /// Share of the fields left as they were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field_rate: Option<f64>,
}

impl From<FieldFigures> for RateBody {
    fn from(figures: FieldFigures) -> Self {
        Self {
            fields: figures.fields,
            fields_corrected: figures.fields_corrected,
            characters: figures.characters,
            characters_corrected: figures.characters_corrected,
            character_rate: figures.character_rate(),
            field_rate: figures.field_rate(),
        }
    }
}

/// Rates of one field.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldRateBody {
    /// Id of the form.
    pub form: String,
    /// The field's key.
    pub key: String,
    /// Its rates.
    #[serde(flatten)]
    pub rate: RateBody,
}

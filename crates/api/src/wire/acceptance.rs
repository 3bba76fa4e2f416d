//! Auto-accept and blind audits on the wire.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shoki_core::acceptance::{
    AcceptTerms, Acceptance, AuditState, AuditTask, ChangeCause, Evidence, OffCause, clean_needed,
    form_sentence_ja, sentence_ja, upper_bound,
};
use shoki_core::calibration::{Calibration, Quality};
use shoki_core::form::FormDefinition;
use shoki_core::id::JobId;
use shoki_core::review::CheckPolicy;
use shoki_store::acceptance_model::{AcceptanceEvent, Audit, CalibrationVersion, FieldAcceptance};
use utoipa::ToSchema;

/// Auto-accept of a form.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormAcceptanceBody {
    /// Id of the form.
    pub form: String,
    /// Its name.
    pub name: String,
    /// `none` · `flagged` · `all` · `double`: which fields people look at.
    #[schema(value_type = String, example = "flagged")]
    pub check: CheckPolicy,
    /// The same in words.
    pub check_label: &'static str,
    /// Highest rate of missed errors that the form tolerates.
    pub limit: f64,
    /// Missed errors of all its accepted fields together: at most this at 95 %; 1 without audits.
    pub bound: f64,
    /// The same in words; absent where people look at every field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
    /// Its fields in the form's order; none where people look at every field.
    pub fields: Vec<FieldAcceptanceBody>,
}

/// Auto-accept of a field.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldAcceptanceBody {
    /// Its key.
    pub key: String,
    /// The words printed on the form.
    pub label: String,
    /// `proving` · `proven` · `off`.
    #[schema(example = "proving")]
    pub state: &'static str,
    /// The same in a word.
    #[schema(example = "実績確認中")]
    pub state_label: &'static str,
    /// What a person should know.
    pub sentence: String,
    /// Why it is off: `errors_shown` · `bound_rose` · `never_proven` · `audits_wait` · `by_hand`.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<OffCause>,
    /// Since when; absent when it has never moved.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Audits that count.
    pub audited: u32,
    /// Of them with an error.
    pub wrong: u32,
    /// The rate of missed errors is at most this at 95 %; 1 without audits.
    pub bound: f64,
    /// Audits without an error that would bring the bound to the limit.
    pub needed: u32,
    /// Audits that wait for somebody.
    pub audits_open: u32,
    /// All audits that have ended, also those before it was switched on again.
    pub audited_ever: u32,
    /// Share of the accepted fields that is audited now.
    pub share: f64,
}

impl FormAcceptanceBody {
    /// A form with what is known of its fields.
    #[must_use]
    pub fn of(form: &FormDefinition, known: &[FieldAcceptance]) -> Self {
        let is_used = matches!(form.check, CheckPolicy::None | CheckPolicy::Flagged);
        let used = form.fields.iter().filter(|_| is_used);
        let fields: Vec<FieldAcceptanceBody> = used
            .map(|field| FieldAcceptanceBody::of(form, &standing_of(form, &field.key, known)))
            .collect();
        let together = Evidence {
            audited: fields.iter().map(|field| field.audited).sum(),
            wrong: fields.iter().map(|field| field.wrong).sum(),
            open: fields.iter().map(|field| field.audits_open).sum(),
        };
        Self {
            form: form.id.clone(),
            name: form.name.clone(),
            check: form.check,
            check_label: form.check.label_ja(),
            limit: form.accept.limit,
            bound: upper_bound(together.wrong, together.audited),
            sentence: is_used.then(|| form_sentence_ja(together)),
            fields,
        }
    }
}

/// Where a field stands; one that nobody has heard of is proving.
#[must_use]
pub fn standing_of(form: &FormDefinition, key: &str, known: &[FieldAcceptance]) -> FieldAcceptance {
    let found = known.iter().find(|one| one.form == form.id && one.field == key);
    found.cloned().unwrap_or_else(|| FieldAcceptance {
        form: form.id.clone(),
        field: key.to_owned(),
        state: Acceptance::default(),
        changed_at: None,
        evidence: Evidence::default(),
        audited_ever: 0,
    })
}

impl FieldAcceptanceBody {
    /// A field of a form.
    #[must_use]
    pub fn of(form: &FormDefinition, standing: &FieldAcceptance) -> Self {
        let (evidence, terms) = (standing.evidence, form.accept);
        let (state, cause) = name_of(standing.state);
        Self {
            key: standing.field.clone(),
            label: form.label_of(&standing.field).to_owned(),
            state,
            state_label: standing.state.label_ja(),
            sentence: sentence_ja(standing.state, evidence, &terms),
            cause,
            since: standing.changed_at,
            audited: evidence.audited,
            wrong: evidence.wrong,
            bound: upper_bound(evidence.wrong, evidence.audited),
            needed: clean_needed(terms.limit),
            audits_open: evidence.open,
            audited_ever: standing.audited_ever,
            share: terms.share(standing.state),
        }
    }
}

const fn name_of(state: Acceptance) -> (&'static str, Option<OffCause>) {
    match state {
        Acceptance::Proving => ("proving", None),
        Acceptance::Proven => ("proven", None),
        Acceptance::Off { cause } => ("off", Some(cause)),
    }
}

/// Which field to switch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchBody {
    /// Id of the form.
    pub form: String,
    /// The field's key.
    pub field: String,
    /// On: its readings pass unseen again and are proven anew. Off: all of them are for a person.
    pub on: bool,
}

/// A field's history.
#[derive(Debug, Serialize, ToSchema)]
pub struct AcceptanceHistoryBody {
    /// Where it stands now.
    pub standing: FieldAcceptanceBody,
    /// How it came there, oldest first.
    pub changes: Vec<AcceptanceChangeBody>,
}

/// A line of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AcceptanceChangeBody {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Whose answer or word moved it; absent: the local administrator.
    #[schema(value_type = Option<uuid::Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<shoki_core::id::UserId>,
    /// From: `proving` · `proven` · `off`.
    pub from: &'static str,
    /// To.
    pub to: &'static str,
    /// `audits` · `person` · `calibration`.
    #[schema(value_type = String, example = "audits")]
    pub cause: ChangeCause,
    /// What was known then, in words.
    pub sentence: String,
    /// Audits that counted then.
    pub audited: u32,
    /// Of them with an error.
    pub wrong: u32,
}

impl AcceptanceChangeBody {
    /// A line under the form's terms.
    #[must_use]
    pub fn of(event: &AcceptanceEvent, terms: &AcceptTerms) -> Self {
        let change = event.change;
        Self {
            at: event.at,
            by: event.by,
            from: name_of(change.from).0,
            to: name_of(change.to).0,
            cause: change.cause,
            sentence: sentence_ja(change.to, change.evidence, terms),
            audited: change.evidence.audited,
            wrong: change.evidence.wrong,
        }
    }
}

/// The calibration of risks that a 課 uses, and those it has learnt.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalibrationBody {
    /// The version that counts; 0: the one that is shipped.
    pub version: u32,
    /// What it was fitted on.
    pub data: String,
    /// Readings it was fitted on.
    pub readings: u32,
    /// Of them wrong.
    pub wrong: u32,
    /// What was learnt from corrections, oldest first.
    pub learnt: Vec<LearntBody>,
}

/// A calibration learnt from corrections (`shoki forms learn`).
#[derive(Debug, Serialize, ToSchema)]
pub struct LearntBody {
    /// Version.
    pub version: u32,
    /// When it took the place of the one before.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// When it was taken back.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
    /// Corrections it was fitted on.
    pub fitted_on: u32,
    /// Corrections held back, on which both were compared.
    pub held_back: u32,
    /// Of them wrong readings.
    pub wrong: u32,
    /// The one before, on what was held back.
    pub before: QualityBody,
    /// This one, on the same.
    pub after: QualityBody,
}

/// How well a calibration tells right readings from wrong ones.
#[derive(Debug, Serialize, ToSchema)]
pub struct QualityBody {
    /// Mean negative logarithm of the probability of what was so; lower is better.
    pub log_loss: f64,
    /// Expected calibration error.
    pub ece: f64,
    /// Share of the readings that pass unseen.
    pub accepted: f64,
    /// Share of them that is wrong.
    pub missed: f64,
}

impl From<&Quality> for QualityBody {
    fn from(quality: &Quality) -> Self {
        Self {
            log_loss: quality.log_loss,
            ece: quality.ece,
            accepted: quality.accepted,
            missed: quality.missed,
        }
    }
}

impl CalibrationBody {
    /// What counts among these versions.
    #[must_use]
    pub fn of(versions: &[CalibrationVersion]) -> Self {
        let counts = versions.iter().rfind(|one| one.withdrawn_at.is_none());
        let calibration = counts.map_or(Calibration::shipped(), |one| &one.calibration);
        let learnt = |one: &CalibrationVersion| LearntBody {
            version: one.version,
            at: one.at,
            withdrawn_at: one.withdrawn_at,
            fitted_on: one.comparison.fitted_on,
            held_back: one.comparison.held_back,
            wrong: one.comparison.wrong,
            before: (&one.comparison.now).into(),
            after: (&one.comparison.learnt).into(),
        };
        Self {
            version: counts.map_or(0, |one| one.version),
            data: calibration.provenance.data.clone(),
            readings: calibration.provenance.readings,
            wrong: calibration.provenance.wrong,
            learnt: versions.iter().map(learnt).collect(),
        }
    }
}

/// A blind audit: a field to write down without sight of its reading.
#[derive(Debug, Serialize, ToSchema)]
pub struct BlindAuditBody {
    /// The job.
    #[schema(value_type = uuid::Uuid)]
    pub job_id: JobId,
    /// The page, from 1.
    pub page: u32,
    /// Id of the form.
    pub form: String,
    /// The field's key.
    pub key: String,
    /// The words printed on the form.
    pub label: String,
    /// `write`: write what stands there · `decide`: two values differ.
    #[schema(value_type = String, example = "write")]
    pub task: AuditTask,
    /// With `decide`: the two values, in an order that does not tell which was read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Where the field's picture is.
    #[schema(example = "/v1/jobs/…/pages/1/crops/name")]
    pub crop: String,
    /// Until when it is yours.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked_until: Option<Timestamp>,
}

impl BlindAuditBody {
    /// An audit as the person sees it.
    #[must_use]
    pub fn of(audit: &Audit, task: AuditTask, values: Vec<String>, form: Option<&FormDefinition>) -> Self {
        let (job, page, key) = (audit.job, audit.page, &audit.drawn.field);
        Self {
            job_id: job,
            page,
            form: audit.form.clone(),
            key: key.clone(),
            label: form.map_or_else(|| key.clone(), |form| form.label_of(key).to_owned()),
            task,
            values,
            crop: format!("/v1/jobs/{job}/pages/{page}/crops/{key}"),
            locked_until: audit.lock.map(|lock| lock.until),
        }
    }
}

/// What stands in the field.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlindAnswerBody {
    /// The value; empty: nothing is written there, or nobody can read it.
    #[schema(example = "佐藤花子")]
    pub text: String,
}

/// What became of the audit.
#[derive(Debug, Serialize, ToSchema)]
pub struct BlindVerdictBody {
    /// `clean`: the reading is right · `wrong`: it was put right · `disputed`: somebody else decides.
    #[schema(example = "clean")]
    pub outcome: &'static str,
    /// Where the field stands with it; absent when the form is not defined any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<FieldAcceptanceBody>,
}

impl BlindVerdictBody {
    /// The audit and the field after an answer.
    #[must_use]
    pub fn of(state: &AuditState, standing: &FieldAcceptance, form: Option<&FormDefinition>) -> Self {
        Self {
            outcome: match state {
                AuditState::Open | AuditState::Disputed { .. } => "disputed",
                AuditState::Clean => "clean",
                AuditState::Wrong { .. } => "wrong",
            },
            acceptance: form.map(|form| FieldAcceptanceBody::of(form, standing)),
        }
    }
}

//! Which readings of a sheet pass unseen, which of them are audited blind, and what must not be seen meanwhile.
//!
//! Promises: audits are drawn before the readings of a job first leave the store in bulk (a review, a result
//! file, an output); the reading of a field under audit is in no answer about its sheet or page; whoever is
//! given the readings of a whole job while audits of it are open is remembered and not asked about them, so that
//! outputs never wait for audits. Never: a field of another 課.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use shoki_core::acceptance::{AcceptTerms, Acceptance, AuditState, is_drawn};
use shoki_core::access::Actor;
use shoki_core::calibration::{Calibration, Judgement};
use shoki_core::code::ErrorCode;
use shoki_core::form::FormDefinition;
use shoki_core::id::{DepartmentId, JobId};
use shoki_core::reading::{FieldReading, FieldState, PageReading, Reason};
use shoki_core::review::{CheckPolicy, SheetPlan, SheetReview, SheetVersion, Standing, Task};
use shoki_store::StoreError;
use shoki_store::acceptance_model::{NewAudit, NewPlan};
use shoki_store::model::{Job, Sheet};

use crate::practice;
use crate::problem::Problem;
use crate::reviews;
use crate::state::Shared;

/// What decides in a 課 whether a reading passes.
#[derive(Debug)]
pub struct Ground {
    /// The states of the fields that have ever moved.
    states: BTreeMap<(String, String), Acceptance>,
    /// The calibration that counts.
    calibration: Cow<'static, Calibration>,
    /// Its version; 0: the shipped one.
    version: u32,
}

impl Ground {
    /// As it is now.
    ///
    /// # Errors
    /// What the store says.
    pub async fn of(shared: &Shared, actor: &Actor) -> Result<Self, Problem> {
        let store = &shared.api.acceptance;
        let versions = store.calibrations(actor.department).await?;
        let learnt = versions.into_iter().rfind(|one| one.withdrawn_at.is_none());
        let (version, calibration) = learnt.map_or((0, Cow::Borrowed(Calibration::shipped())), |one| {
            (one.version, Cow::Owned(one.calibration))
        });
        Ok(Self {
            states: store.moved_fields(actor).await?,
            calibration,
            version,
        })
    }

    /// Where a field stands.
    #[must_use]
    pub fn state(&self, form: &str, field: &str) -> Acceptance {
        let name = (form.to_owned(), field.to_owned());
        self.states.get(&name).copied().unwrap_or_default()
    }
}

/// All forms that a 課 has: the shipped ones and those that it has published itself and uses.
#[must_use]
pub fn forms(shared: &Shared, department: DepartmentId) -> Vec<Arc<FormDefinition>> {
    let edition = shared.api.office_forms.edition(department);
    let own = edition.iter().flat_map(|edition| &edition.forms);
    let own = own.map(|form| Arc::clone(&form.definition));
    shared.shipped.iter().map(Arc::clone).chain(own).collect()
}

/// The forms that a job is read with: the shipped ones and those that its 課 used when the job was accepted.
#[must_use]
pub fn forms_of(shared: &Shared, job: &Job) -> Vec<Arc<FormDefinition>> {
    let pinned = shared
        .api
        .office_forms
        .pinned(job.department, &job.pipeline.digest);
    let own = pinned.iter().flat_map(|edition| &edition.forms);
    let own = own.map(|form| Arc::clone(&form.definition));
    shared.shipped.iter().map(Arc::clone).chain(own).collect()
}

/// What each defined form asks of its auto-accept.
#[must_use]
pub fn terms(shared: &Shared, department: DepartmentId) -> BTreeMap<String, AcceptTerms> {
    let of = |form: &Arc<FormDefinition>| (form.id.clone(), form.accept);
    forms(shared, department).iter().map(of).collect()
}

/// What a form asks; the usual of one that is not defined any more.
#[must_use]
pub fn terms_of(shared: &Shared, form: &str) -> AcceptTerms {
    reviews::form_of(shared, form).map_or_else(AcceptTerms::default, |form| form.accept)
}

/// What is decided about a sheet before anybody looks.
#[derive(Debug)]
pub struct Planned {
    /// Its plan.
    pub plan: SheetPlan,
    /// Its audits.
    pub audits: Vec<NewAudit>,
}

/// The plan and the audits of a page that was sorted to a form.
#[must_use]
pub fn planned(
    form: Option<&FormDefinition>,
    policy: CheckPolicy,
    job: JobId,
    page: &PageReading,
    ground: &Ground,
) -> Planned {
    let mut planned = Planned {
        plan: SheetPlan {
            calibration: ground.version,
            ..SheetPlan::default()
        },
        audits: Vec::new(),
    };
    let Some(form) = form else { return planned };
    if !matches!(policy, CheckPolicy::None | CheckPolicy::Flagged) {
        return planned;
    }
    for (key, reading) in &page.fields {
        let state = ground.state(&form.id, key);
        let Some(field) = form.field(key) else { continue };
        let is_off = matches!(state, Acceptance::Off { .. });
        // Under 自動可 nobody looks, whatever the risk; the audits say what that costs.
        let judged = (policy == CheckPolicy::Flagged).then(|| {
            let name = (form.id.as_str(), key.as_str());
            let limit = form.accept.limit;
            ground.calibration.judge(name, field.kind, reading, limit)
        });
        let is_sure = reading.state == FieldState::Sure;
        match judged {
            Some(Judgement::Passes) if !is_sure && !is_off => {
                planned.plan.passed.insert(key.clone());
            }
            Some(Judgement::ForAPerson) if is_sure => {
                planned.plan.flagged.insert(key.clone(), 0);
            }
            _ if is_off => {
                planned.plan.flagged.insert(key.clone(), 0);
            }
            _ => {}
        }
        let share = form.accept.share(state);
        let is_accepted = !planned.plan.is_checked(policy, key, reading.state, 0);
        if is_accepted && is_drawn(job, page.page, key, share) {
            planned.audits.push(NewAudit {
                field: key.clone(),
                kind: field.kind,
                is_empty: reading.text.is_empty(),
                share,
            });
        }
    }
    planned
}

/// The audits of a page by field.
///
/// # Errors
/// `not_found` when the job is not of the own 課.
pub async fn of_page(
    shared: &Shared,
    actor: &Actor,
    job: JobId,
    page: u32,
) -> Result<BTreeMap<String, AuditState>, Problem> {
    let audits = shared.api.acceptance.audits_of(actor, job, Some(page)).await?;
    Ok(audits
        .into_iter()
        .map(|audit| (audit.drawn.field, audit.state))
        .collect())
}

/// The audits of a job by page and field.
///
/// # Errors
/// As [`of_page`].
pub async fn of_job(
    shared: &Shared,
    actor: &Actor,
    job: JobId,
) -> Result<BTreeMap<u32, BTreeMap<String, AuditState>>, Problem> {
    let mut pages: BTreeMap<u32, BTreeMap<String, AuditState>> = BTreeMap::new();
    for audit in shared.api.acceptance.audits_of(actor, job, None).await? {
        let fields = pages.entry(audit.page).or_default();
        fields.insert(audit.drawn.field, audit.state);
    }
    Ok(pages)
}

/// The sheet with what has stopped since its review began: an open sheet's readings of such a field are for a
/// person too. A sheet that is done stays done: its values may be out already.
///
/// # Errors
/// What the store says.
pub async fn flagged_now(
    shared: &Shared,
    actor: &Actor,
    ground: &Ground,
    job: JobId,
    sheet: &mut Sheet,
    review: SheetReview,
) -> Result<SheetReview, Problem> {
    let is_open = matches!(
        review.standing(),
        Standing::Open {
            task: Task::Check,
            ..
        }
    );
    // Where everything is looked at, nothing can be added.
    if !is_open || review.fields().values().all(|field| field.is_checked) {
        return Ok(review);
    }
    let mut plan = review.plan().clone();
    for (key, field) in review.fields() {
        let is_off = matches!(ground.state(&sheet.form, key), Acceptance::Off { .. });
        // What an audit has settled needs no third look.
        if is_off && !field.is_checked && !review.is_audited(key) {
            plan.flagged.insert(key.clone(), review.version());
        }
    }
    if plan == *review.plan() {
        return Ok(review);
    }
    let expected = SheetVersion {
        reading: sheet.reading,
        rows: review.version(),
    };
    let flagged = review.clone().under(plan.clone());
    let new = NewPlan {
        page: sheet.page,
        expected,
        plan,
        open_fields: reviews::open_fields(&flagged, actor),
    };
    match shared.api.acceptance.replan_sheet(actor, job, &new).await {
        Ok(()) => {
            sheet.plan = new.plan;
            sheet.open_fields = new.open_fields;
            Ok(flagged)
        }
        // Somebody decided about a field meanwhile: the next look flags.
        Err(StoreError::VersionChanged { .. }) => Ok(review),
        Err(error) => Err(error.into()),
    }
}

/// Takes out of a page's readings what is audited blind, or will be once the review begins.
///
/// # Errors
/// `not_found` when the job is not of the own 課.
pub async fn hide(shared: &Shared, actor: &Actor, job: JobId, page: &mut PageReading) -> Result<(), Problem> {
    let Some(form) = page.form.clone() else {
        return Ok(());
    };
    let sheets = shared.api.store.review_sheets(actor, job).await?;
    let hidden: Vec<String> = if sheets.iter().any(|sheet| sheet.page == page.page) {
        let audits = of_page(shared, actor, job, page.page).await?;
        let waiting = audits.into_iter().filter(|(_, audit)| audit.task().is_some());
        waiting.map(|(field, _)| field).collect()
    } else {
        let ground = Ground::of(shared, actor).await?;
        let defined = reviews::form_of_page(shared, page);
        let policy = defined
            .as_ref()
            .map_or_else(|| reviews::policy_of(shared, &form), |form| form.check);
        let planned = planned(defined.as_deref(), policy, job, page, &ground);
        let drawn: Vec<String> = planned.audits.into_iter().map(|audit| audit.field).collect();
        let job = shared.api.store.job(actor, job).await?;
        let is_open = drawn.is_empty() || practice::is(shared, actor, job.document).await?;
        if is_open { Vec::new() } else { drawn }
    };
    for key in hidden {
        if let Some(reading) = page.fields.get_mut(&key) {
            let mut shown = FieldReading {
                text: String::new(),
                state: FieldState::Check,
                reasons: vec![Reason::UnderAudit],
                explanations: Vec::new(),
                candidates: Vec::new(),
                signals: None,
            };
            shown.explain(&[]);
            *reading = shown;
        }
    }
    Ok(())
}

/// Draws the audits of a job whose readings are about to be given out, and remembers who is given them.
///
/// # Errors
/// `not_found` when the job is not of the own 課; what the store says.
pub async fn give_out(shared: &Shared, actor: &Actor, job: JobId) -> Result<(), Problem> {
    match reviews::sheets(shared, actor, job).await {
        // Not a job of forms, or one without readings: there is nothing to audit.
        Err(problem) if matches!(problem.code(), ErrorCode::Conflict | ErrorCode::NotFound) => {}
        Err(problem) => return Err(problem),
        Ok(_) => {}
    }
    Ok(shared.api.acceptance.record_sight(actor, job).await?)
}

//! Sheets of a forms job and what people decided about them: read from the page's piece and the store.
//!
//! Promises: a decision is made on the very state that its author saw (`If-Match`); a job's sheets are recorded when
//! somebody first looks. Never: a sheet of another 課 (the store is asked each time).

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::form::FormDefinition;
use shoki_core::id::JobId;
use shoki_core::outcome::Outcome;
use shoki_core::pipeline::FORMS;
use shoki_core::reading::{DocumentReading, FIELDS_JSON, PageKind, PageReading};
use shoki_core::review::{
    CheckPolicy, ReviewAction, ReviewRefusal, ReviewRow, RowsError, SheetFigures, SheetReview, SheetVersion,
    Standing, figures,
};
use shoki_store::model::{Job, NewReviewRow, NewSheet, Sheet};

use crate::acceptance;
use crate::finished::{self, Work};
use crate::meetings::artifact_named;
use crate::practice;
use crate::problem::Problem;
use crate::routes::pages::page_reading;
use crate::state::Shared;

/// How long a sheet stays with somebody who is silent: a call in between, and another person goes on.
pub const LOCK: SignedDuration = SignedDuration::from_mins(10);

/// A sheet as it stands.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Its row.
    pub sheet: Sheet,
    /// What was read and decided.
    pub review: SheetReview,
    /// The form that it was read with, as far as that is known.
    pub form: Option<Arc<FormDefinition>>,
}

impl Opened {
    /// What whoever looks at it sees.
    #[must_use]
    pub fn version(&self) -> SheetVersion {
        SheetVersion {
            reading: self.sheet.reading,
            rows: self.review.version(),
        }
    }
}

/// The definition of a form, shipped or published by a 課, while it is defined. The caller has the id from something
/// of its own 課; an id from a request is looked up by [`acceptance::forms`].
#[must_use]
pub fn form_of(shared: &Shared, id: &str) -> Option<Arc<FormDefinition>> {
    shipped(shared, id).or_else(|| shared.api.office_forms.form(id))
}

/// The definition that a page was read with, while that version is known.
#[must_use]
pub fn form_of_page(shared: &Shared, page: &PageReading) -> Option<Arc<FormDefinition>> {
    let (id, version) = (page.form.as_deref()?, page.form_version?);
    let shipped = shipped(shared, id).filter(|form| form.version == version);
    shipped.or_else(|| shared.api.office_forms.version(id, version))
}

fn shipped(shared: &Shared, id: &str) -> Option<Arc<FormDefinition>> {
    shared.shipped.iter().find(|form| form.id == id).map(Arc::clone)
}

/// Which fields of the form people look at; all of a form that is not defined any more.
#[must_use]
pub fn policy_of(shared: &Shared, form: &str) -> CheckPolicy {
    form_of(shared, form).map_or(CheckPolicy::All, |form| form.check)
}

/// Sheets as what people work on.
const SHEETS: Work = Work {
    is_made_by: |job| job.pipeline.name == FORMS,
    is: |outcome| matches!(outcome, Outcome::Form(_)),
    other_ja: "このジョブは帳票の読み取りではありません。",
    ended_ja: "このジョブは読み取りまで終わりませんでした。スキャンし直して登録してください。",
    early_ja: "読み取りがまだ終わっていません。終わってから確認してください。",
};

/// The job, if it is one of the own 課 whose readings can be reviewed.
///
/// # Errors
/// `not_found`; `conflict` with a sentence where there are no readings (yet).
pub async fn finished_job(shared: &Shared, actor: &Actor, id: JobId) -> Result<Job, Problem> {
    finished::finished_job(shared, actor, id, &SHEETS).await
}

/// All sheets of a job, by page; recorded now if nobody has looked before.
///
/// # Errors
/// As [`finished_job`].
pub async fn sheets(shared: &Shared, actor: &Actor, job: JobId) -> Result<Vec<Sheet>, Problem> {
    let finished = finished_job(shared, actor, job).await?;
    let store = &shared.api.store;
    let known = store.review_sheets(actor, job).await?;
    // A page that was sorted anew since may be a sheet now.
    if !known.is_empty() && store.sheets_are_recorded(actor, job).await? {
        return Ok(known);
    }
    let is_practice = practice::is(shared, actor, finished.document).await?;
    let read = readings(shared, actor, job).await?;
    let ground = acceptance::Ground::of(shared, actor).await?;
    let of = |page: &PageReading| {
        let form = page.form.clone().filter(|_| page.kind == PageKind::Form)?;
        let defined = form_of_page(shared, page);
        let policy = defined
            .as_ref()
            .map_or_else(|| policy_of(shared, &form), |form| form.check);
        let planned = acceptance::planned(defined.as_deref(), policy, job, page, &ground);
        let review = SheetReview::of(page, policy, &planned.plan, Vec::new()).ok()?;
        Some(NewSheet {
            page: page.page,
            policy,
            plan: planned.plan,
            standing: review.standing(),
            open_fields: open_fields(&review, actor),
            figures: counts(&review),
            audits: if is_practice { Vec::new() } else { planned.audits },
            terms: acceptance::terms_of(shared, &form),
            form,
        })
    };
    let sheets: Vec<NewSheet> = read.pages.iter().filter_map(of).collect();
    store.open_review(actor, job, &sheets).await?;
    Ok(store.review_sheets(actor, job).await?)
}

/// The readings of a job, as they were read.
///
/// # Errors
/// `internal` when they cannot be read.
pub async fn readings(shared: &Shared, actor: &Actor, job: JobId) -> Result<DocumentReading, Problem> {
    let artifact = artifact_named(shared, actor, job, FIELDS_JSON).await?;
    let bytes = shared
        .api
        .blobs
        .read(actor.department, &artifact.blob.sha256)
        .await?;
    // Some MB of JSON: not on a thread that others wait for. Its error may quote contents and is not logged.
    let read = tokio::task::spawn_blocking(move || serde_json::from_slice(&bytes));
    let read = read.await.map_err(|_| Problem::new(ErrorCode::Internal))?;
    read.map_err(|_| {
        tracing::error!(%job, "the readings of a job cannot be read");
        Problem::new(ErrorCode::Internal)
    })
}

/// Fields that the person has to decide about.
pub(crate) fn open_fields(review: &SheetReview, actor: &Actor) -> u32 {
    u32::try_from(review.open_for(actor.user).len()).unwrap_or(u32::MAX)
}

/// One sheet.
///
/// # Errors
/// As [`finished_job`]; `not_found` for a page that is no sheet.
pub async fn load(shared: &Shared, actor: &Actor, job: JobId, page: u32) -> Result<Opened, Problem> {
    let sheets = sheets(shared, actor, job).await?;
    let sheet = sheets.into_iter().find(|sheet| sheet.page == page);
    open(
        shared,
        actor,
        job,
        sheet.ok_or(Problem::new(ErrorCode::NotFound))?,
    )
    .await
}

/// What was read and decided of a sheet.
///
/// # Errors
/// `internal` when it cannot be read.
pub async fn open(shared: &Shared, actor: &Actor, job: JobId, mut sheet: Sheet) -> Result<Opened, Problem> {
    let reading = page_reading(shared, actor, job, sheet.page).await?;
    let rows = shared.api.store.review_rows(actor, job, sheet.page).await?;
    let audits = acceptance::of_page(shared, actor, job, sheet.page).await?;
    let review = SheetReview::of(&reading, sheet.policy, &sheet.plan, rows);
    let review = review.map_err(|error| torn(job, error))?.with_audits(audits);
    let ground = acceptance::Ground::of(shared, actor).await?;
    let review = acceptance::flagged_now(shared, actor, &ground, job, &mut sheet, review).await?;
    let form = form_of_page(shared, &reading).or_else(|| form_of(shared, &sheet.form));
    Ok(Opened { sheet, review, form })
}

/// Every sheet of a job with its form's id, by page; and the readings it stands on.
///
/// # Errors
/// As [`finished_job`].
pub async fn all(
    shared: &Shared,
    actor: &Actor,
    job: JobId,
) -> Result<(DocumentReading, BTreeMap<u32, (String, SheetReview)>), Problem> {
    let sheets = sheets(shared, actor, job).await?;
    let read = readings(shared, actor, job).await?;
    let mut rows = shared.api.store.all_review_rows(actor, job).await?;
    let mut audits = acceptance::of_job(shared, actor, job).await?;
    let pages: BTreeMap<u32, &PageReading> = read.pages.iter().map(|page| (page.page, page)).collect();
    let mut reviews = BTreeMap::new();
    for sheet in sheets {
        let page = pages.get(&sheet.page).ok_or(Problem::new(ErrorCode::Internal))?;
        let rows = rows.remove(&sheet.page).unwrap_or_default();
        let review = SheetReview::of(page, sheet.policy, &sheet.plan, rows);
        let audits = audits.remove(&sheet.page).unwrap_or_default();
        let review = review.map_err(|error| torn(job, error))?.with_audits(audits);
        reviews.insert(sheet.page, (sheet.form, review));
    }
    Ok((read, reviews))
}

/// The readings of a job with everything that people settled on.
///
/// # Errors
/// As [`finished_job`].
pub async fn corrected(shared: &Shared, actor: &Actor, job: JobId) -> Result<DocumentReading, Problem> {
    let (mut read, reviews) = all(shared, actor, job).await?;
    for page in &mut read.pages {
        if let Some((_, review)) = reviews.get(&page.page) {
            *page = review.corrected(page);
        }
    }
    Ok(read)
}

fn torn(job: JobId, error: RowsError) -> Problem {
    tracing::error!(%job, %error, "the review of a sheet cannot be read");
    Problem::new(ErrorCode::Internal)
}

/// The counts of a sheet that is done.
pub(crate) fn counts(review: &SheetReview) -> Option<SheetFigures> {
    (review.standing() == Standing::Done).then(|| figures(review))
}

/// Does something with a sheet whose version the author saw is `version`; the sheet is the author's then.
///
/// # Errors
/// `version_changed`, `sheet_locked`; `conflict` with the refusal's sentence.
pub async fn change(
    shared: &Shared,
    actor: &Actor,
    job: JobId,
    (page, version): (u32, u64),
    decide: impl FnOnce(&SheetReview) -> Result<ReviewAction, Problem>,
) -> Result<Opened, Problem> {
    let opened = load(shared, actor, job, page).await?;
    if opened.version().number() != version {
        return Err(Problem::new(ErrorCode::VersionChanged));
    }
    let action = decide(&opened.review)?;
    add(shared, actor, job, &opened, action, Some(LOCK)).await
}

/// Adds a row to a sheet as it was opened; how it stands then. With a `lease` the sheet is the author's for so long.
///
/// # Errors
/// As [`change`].
pub async fn add(
    shared: &Shared,
    actor: &Actor,
    job: JobId,
    opened: &Opened,
    action: ReviewAction,
    lease: Option<SignedDuration>,
) -> Result<Opened, Problem> {
    let Opened { sheet, review, form } = opened;
    review.allows(actor.user, &action).map_err(refused)?;
    let expected = opened.version();
    let row = ReviewRow {
        sequence: expected.rows + 1,
        at: shared.api.store.now(),
        by: actor.user,
        action: action.clone(),
    };
    let after = review
        .clone()
        .followed_by(row)
        .map_err(|error| torn(job, error))?;
    let new = NewReviewRow {
        page: sheet.page,
        expected,
        action,
        standing: after.standing(),
        open_fields: open_fields(&after, actor),
        figures: counts(&after),
        lease,
    };
    let row = shared.api.store.append_review(actor, job, &new).await?;
    let sheet = Sheet {
        standing: new.standing,
        open_fields: new.open_fields,
        ..sheet.clone()
    };
    let review = review
        .clone()
        .followed_by(row)
        .map_err(|error| torn(job, error))?;
    let form = form.clone();
    Ok(Opened { sheet, review, form })
}

/// A refusal as an answer.
#[must_use]
pub fn refused(refusal: ReviewRefusal) -> Problem {
    Problem::new(ErrorCode::Conflict).detail(refusal.sentence_ja())
}

//! What a 課's people found out about readings, as examples for the calibration.
//!
//! Promises: only what a person looked at is an example; an audited reading stands for those that were not drawn
//! (its weight is one over the share), so that what passes unseen is not left out; the same corrections give the
//! same examples. Never: a value leaves this module, only whether it was right.

use std::collections::BTreeMap;

use shoki_core::acceptance::Verdict;
use shoki_core::access::{Actor, Role};
use shoki_core::calibration::{Example, features_of};
use shoki_core::digest::Sha256;
use shoki_core::form::FormDefinition;
use shoki_core::id::{DepartmentId, JobId, TokenId, UserId};
use shoki_core::normal_form::normal_form;
use shoki_core::pipeline::FORMS;
use shoki_core::reading::{DocumentReading, FIELDS_JSON, PageReading};
use shoki_core::review::{SheetReview, Standing};
use shoki_store::acceptance_model::Audit;
use shoki_store::model::{JobFilter, Sheet};
use shoki_store::{AcceptanceStore, Blobs, JobStore, StoreError};

/// Jobs asked for at once.
const JOBS_AT_ONCE: u32 = 100;
/// Share of the sheets whose corrections are held back: 3 in 10.
const HELD_BACK: (u64, u64) = (3, 10);

/// Examples to fit on and examples held back; all fields of a sheet are on one side.
#[derive(Debug, Default)]
pub struct Corrections {
    /// To fit on.
    pub to_fit: Vec<Example>,
    /// Held back for the comparison.
    pub held_back: Vec<Example>,
}

/// Where corrections come from.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// Jobs and reviews.
    pub jobs: &'a dyn JobStore,
    /// Audits.
    pub acceptance: &'a dyn AcceptanceStore,
    /// Readings.
    pub blobs: &'a Blobs,
    /// The forms as they are defined now.
    pub forms: &'a [FormDefinition],
}

/// Why corrections cannot be gathered.
#[derive(Debug, thiserror::Error)]
pub enum CorrectionsError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A result or a review that cannot be read.
    #[error("the readings or the review of job {0} cannot be read")]
    Torn(JobId),
}

impl Sources<'_> {
    /// All corrections of a 課.
    ///
    /// # Errors
    /// [`CorrectionsError`].
    pub async fn gather(&self, department: DepartmentId) -> Result<Corrections, CorrectionsError> {
        // Reads as the 課 does; nothing is written under this name.
        let reader = Actor {
            user: UserId::generate(),
            department,
            role: Role::Clerk,
            token: TokenId::generate(),
        };
        let filter = JobFilter {
            states: vec!["succeeded".to_owned()],
            pipeline: Some(FORMS.to_owned()),
            ..JobFilter::default()
        };
        // Nobody learns from what somebody tried out.
        let practice = self.jobs.practice(&reader).await?;
        let mut corrections = Corrections::default();
        let mut before = None;
        loop {
            let listed = self.jobs.jobs(&reader, &filter, before, JOBS_AT_ONCE).await?;
            for job in &listed.rows {
                if !practice.iter().any(|(document, _)| *document == job.document) {
                    self.of_job(&reader, job.id, &mut corrections).await?;
                }
                before = Some(job.id);
            }
            if !listed.more {
                return Ok(corrections);
            }
        }
    }

    async fn of_job(
        &self,
        reader: &Actor,
        job: JobId,
        corrections: &mut Corrections,
    ) -> Result<(), CorrectionsError> {
        let sheets = self.jobs.review_sheets(reader, job).await?;
        let artifacts = self.jobs.artifacts(reader, job).await?;
        let fields = artifacts
            .into_iter()
            .find(|artifact| artifact.name == FIELDS_JSON);
        // Nobody has looked at it, or it has no readings.
        let (Some(fields), false) = (fields, sheets.is_empty()) else {
            return Ok(());
        };
        let bytes = self.blobs.read(reader.department, &fields.blob.sha256).await?;
        let torn = || CorrectionsError::Torn(job);
        let read: DocumentReading = serde_json::from_slice(&bytes).map_err(|_| torn())?;
        let pages: BTreeMap<u32, &PageReading> = read.pages.iter().map(|page| (page.page, page)).collect();
        let mut rows = self.jobs.all_review_rows(reader, job).await?;
        let audits = self.acceptance.audits_of(reader, job, None).await?;
        for sheet in sheets {
            let page = pages.get(&sheet.page).ok_or_else(torn)?;
            let rows = rows.remove(&sheet.page).unwrap_or_default();
            let review = SheetReview::of(page, sheet.policy, &sheet.plan, rows).map_err(|_| torn())?;
            let Some(form) = self.forms.iter().find(|form| form.id == sheet.form) else {
                continue;
            };
            let found = examples(form, &review, &sheet, &audits);
            if is_held_back(job, sheet.page) {
                corrections.held_back.extend(found);
            } else {
                corrections.to_fit.extend(found);
            }
        }
        Ok(())
    }
}

/// The examples of one sheet.
fn examples(form: &FormDefinition, review: &SheetReview, sheet: &Sheet, audits: &[Audit]) -> Vec<Example> {
    let is_done = review.standing() == Standing::Done;
    let mut found = Vec::new();
    for (key, field) in review.fields() {
        let Some(kind) = form.field(key).map(|field| field.kind) else {
            continue;
        };
        let audit = audits
            .iter()
            .find(|audit| audit.page == sheet.page && audit.drawn.field == *key);
        let verdict = audit.and_then(|audit| Some((audit.state.verdict()?, audit.drawn.share)));
        let (is_wrong, weight) = match verdict {
            Some((verdict, share)) => (verdict == Verdict::Wrong, 1.0 / share),
            // A field that passed and was put right by chance would count errors only.
            None if is_done && field.is_checked => {
                let Some(value) = review.settled(field) else {
                    continue;
                };
                let read = normal_form(kind, &field.reading.text);
                (normal_form(kind, &value) != read, 1.0)
            }
            None => continue,
        };
        if let Some(features) = features_of(kind, &field.reading) {
            found.push(Example {
                form: form.id.clone(),
                key: key.clone(),
                features,
                is_wrong,
                weight,
            });
        }
    }
    found
}

/// Whether a sheet's corrections are held back; the same whenever it is asked.
fn is_held_back(job: JobId, page: u32) -> bool {
    let digest = Sha256::of(format!("shoki held back/{job}/{page}").as_bytes());
    u64::from(digest.as_bytes()[0]) * HELD_BACK.1 < 256 * HELD_BACK.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_in_ten_sheets_are_held_back() {
        let job = JobId::generate();
        let held = (0..10_000).filter(|page| is_held_back(job, *page)).count();
        assert!(held.abs_diff(3_000) < 200, "{held}");
    }
}

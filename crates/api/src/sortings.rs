//! 仕分け by people: the pages of a forms job as they were sorted, and decisions about them.
//!
//! Promises: a decision names a form that is defined; a job that was read under other definitions is not read on
//! under these; what people decided about a sheet refuses a decision about its page, in words. Never: a page's text.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::form::FormDefinition;
use shoki_core::id::JobId;
use shoki_core::pipeline::FORMS;
use shoki_core::reading::PageReading;
use shoki_core::review::ReviewAction;
use shoki_core::sorting::{SortedAs, SortingRow};
use shoki_store::StoreError;
use shoki_store::sorting_store::{NewSorting, Resorted};
use tracing::Instrument as _;

use crate::problem::Problem;
use crate::state::Shared;
use crate::{acceptance, reviews};

/// Pages of one request: a stack is sorted a screen at a time.
pub const MAX_PAGES: usize = 1_000;

/// A page in the tray.
#[derive(Clone, Debug)]
pub struct SortedPage {
    /// As it was read.
    pub reading: PageReading,
    /// What people decided about it last.
    pub decision: Option<SortingRow>,
    /// Whether somebody has decided about its fields, so that it cannot be sorted otherwise.
    pub is_decided: bool,
}

/// The pages of a finished job, in the order of the document.
///
/// # Errors
/// `not_found`; `conflict` with a sentence where nothing is read (yet).
pub async fn pages(shared: &Shared, actor: &Actor, job: JobId) -> Result<Vec<SortedPage>, Problem> {
    reviews::finished_job(shared, actor, job).await?;
    let store = &shared.api.store;
    let read = reviews::readings(shared, actor, job).await?;
    let rows = store.sortings(actor, job).await?;
    // Rows come oldest first: the last one of a page stays.
    let mut decisions: BTreeMap<u32, SortingRow> = rows.into_iter().map(|row| (row.page, row)).collect();
    let decided = decided(shared, actor, job).await?;
    let page = |mut reading: PageReading| {
        // Only how it was sorted leaves this module.
        reading.fields.clear();
        reading.lines.clear();
        SortedPage {
            decision: decisions.remove(&reading.page),
            is_decided: decided.contains(&reading.page),
            reading,
        }
    };
    Ok(read.pages.into_iter().map(page).collect())
}

/// Pages whose sheets hold decisions that stand, or an answered audit.
async fn decided(shared: &Shared, actor: &Actor, job: JobId) -> Result<BTreeSet<u32>, Problem> {
    let mut pages = BTreeSet::new();
    for (page, rows) in shared.api.store.all_review_rows(actor, job).await? {
        let undone: BTreeSet<u64> = rows
            .iter()
            .filter_map(|row| match row.action {
                ReviewAction::Undo { sequence } => Some(sequence),
                _ => None,
            })
            .collect();
        let stands = rows
            .iter()
            .any(|row| matches!(row.action, ReviewAction::Decide { .. }) && !undone.contains(&row.sequence));
        if stands {
            pages.insert(page);
        }
    }
    for audit in shared.api.acceptance.audits_of(actor, job, None).await? {
        if audit.state != shoki_core::acceptance::AuditState::Open {
            pages.insert(audit.page);
        }
    }
    Ok(pages)
}

/// Takes decisions about pages: these are read again, all of them or none.
///
/// # Errors
/// `not_found`, `option_unusable`; `conflict` with a sentence where the pages cannot be read again.
pub async fn sort(
    shared: &Shared,
    actor: &Actor,
    id: JobId,
    decisions: Vec<NewSorting>,
) -> Result<Resorted, Problem> {
    let job = reviews::finished_job(shared, actor, id).await?;
    let defined = shared
        .api
        .pipeline(FORMS)
        .map(|pipeline| pipeline.reference().digest);
    let forms = &shared.api.office_forms;
    let is_known =
        defined == Some(job.pipeline.digest) || forms.pinned(job.department, &job.pipeline.digest).is_some();
    if !is_known {
        let sentence = "このジョブを読み取ったあとで、帳票の定義が変わりました。今の定義で読み直すには、同じファイルをもう一度登録してください。";
        return Err(Problem::new(ErrorCode::Conflict).detail(sentence));
    }
    check(&acceptance::forms_of(shared, &job), &decisions)?;
    let (at, by) = (shared.clone(), actor.clone());
    // Its own task: whoever hangs up now leaves no blob behind.
    let sorting = async move {
        let store = &at.api.store;
        let sorted = store.sort_pages(&by, id, &decisions).await?;
        let blobs = &at.api.blobs;
        blobs
            .remove_unreferenced(store.as_ref(), by.department, &sorted.orphans)
            .await?;
        Ok(sorted)
    };
    let sorted = tokio::spawn(sorting.in_current_span())
        .await
        .map_err(|_| Problem::new(ErrorCode::Internal))?;
    sorted.map_err(refused)
}

fn check(forms: &[Arc<FormDefinition>], decisions: &[NewSorting]) -> Result<(), Problem> {
    let unusable = |sentence: String| Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence));
    if decisions.is_empty() || decisions.len() > MAX_PAGES {
        return unusable(format!("ページを1つ以上{MAX_PAGES}以内で選んでください。"));
    }
    for decision in decisions {
        if !decision.sorting.is_usable() {
            return unusable("「quarter_turns」は 0 から 3 までで指定してください。".to_owned());
        }
        if let SortedAs::Form { form } = &decision.sorting.kind
            && !forms.iter().any(|known| known.id == *form)
        {
            return unusable("この帳票の定義がありません。帳票を選び直してください。".to_owned());
        }
    }
    Ok(())
}

fn refused(error: StoreError) -> Problem {
    match error {
        StoreError::Decided { page } => Problem::new(ErrorCode::Conflict).detail(format!(
            "{page}ページ目には、人が決めた欄があります。失わないように、仕分けを変えていません。確認画面でその用紙の決定をすべて取り消してから、もう一度仕分けてください。"
        )),
        other => other.into(),
    }
}

//! One job: how far it is, what came out, what to do next.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use shoki_core::access::Actor;
use shoki_core::id::JobId;
use shoki_core::pipeline::FORMS;
use shoki_core::review::{Standing, Task};

use super::frame::{Frame, Here};
use super::jobs::{self, Row};
use super::words::{Moment, count};
use super::{go_to, page};
use crate::acceptance;
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{Ids, Visitor};
use crate::problem::Problem;
use crate::reviews;
use crate::routes::{jobs as routes, outputs};
use crate::state::Shared;
use crate::wire::job::{JobBody, NewJob};
use crate::wire::outcome::OutcomeBody;
use crate::wire::output::OutputBody;

/// A sheet in the list.
struct SheetRow {
    page: u32,
    form: String,
    task: &'static str,
    is_done: bool,
    open_fields: u32,
    /// Who has it now.
    holder: Option<String>,
}

/// A file that was written.
struct FileRow {
    id: String,
    name: String,
    size: String,
}

/// A count with its word.
struct Figure {
    name: &'static str,
    value: String,
}

#[derive(Template)]
#[template(path = "job.html")]
struct JobPage {
    frame: Frame,
    row: Row,
    received: Moment,
    is_forms: bool,
    /// Pages of no form; `None` where nothing was sorted.
    unknown: Option<u32>,
    is_practice: bool,
    figures: Vec<Figure>,
    sheets: Vec<SheetRow>,
    sheets_done: usize,
    outputs: Vec<OutputBody>,
    files: Vec<FileRow>,
}

/// The page.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Ids(id): Ids<JobId>,
) -> Result<Response, Problem> {
    let actor = &visitor.actor;
    let job = shared.api.store.job(actor, id).await?;
    let forms = acceptance::forms_of(&shared, &job);
    let job = JobBody::with_models(job, &shared.api.models.borrow());
    let names = jobs::names(&shared, actor).await?;
    let now = shared.api.store.now();
    let is_read = job.pipeline == FORMS && job.standing.outcome.is_some();
    let mut sheets = Vec::new();
    let mut by_form: BTreeMap<String, u32> = BTreeMap::new();
    if is_read {
        for sheet in reviews::sheets(&shared, actor, id).await? {
            *by_form.entry(sheet.form.clone()).or_insert(0) += 1;
            let lock = sheet.lock.filter(|lock| lock.until > now);
            let form = reviews::form_of(&shared, &sheet.form);
            sheets.push(SheetRow {
                page: sheet.page,
                form: form.map_or_else(|| sheet.form.clone(), |form| form.name.clone()),
                task: task_of(&sheet.standing),
                is_done: sheet.standing == Standing::Done,
                open_fields: sheet.open_fields,
                holder: lock.map(|lock| {
                    if lock.by == actor.user {
                        "自分".to_owned()
                    } else {
                        names
                            .get(&lock.by)
                            .cloned()
                            .unwrap_or_else(|| "ほかの人".to_owned())
                    }
                }),
            });
        }
    }
    let is_practice = crate::practice::is(&shared, actor, job.document_id).await?;
    // After the sheets are recorded: what is still to be looked at is then counted from them.
    let row = jobs::row(&shared, actor, &names, &job, now).await?;
    page(&JobPage {
        frame: Frame::of(&visitor, Here::Jobs, row.name.clone()),
        received: Moment::of(job.created_at),
        is_forms: job.pipeline == FORMS,
        unknown: match &job.standing.outcome {
            Some(OutcomeBody::Form(form)) => Some(form.pages_unknown),
            _ => None,
        },
        is_practice,
        figures: figures(&job),
        sheets_done: sheets.iter().filter(|sheet| sheet.is_done).count(),
        sheets,
        outputs: outputs::offered(&forms, &by_form),
        files: files(&shared, actor, &job).await?,
        row,
    })
}

const fn task_of(standing: &Standing) -> &'static str {
    match standing {
        Standing::Done => "確認済み",
        Standing::Open { task, .. } => match task {
            Task::Check => "確認",
            Task::First => "入力(一人目)",
            Task::Second => "入力(二人目)",
            Task::Decide => "決定",
        },
    }
}

fn figures(job: &JobBody) -> Vec<Figure> {
    let figure = |name, value: u32| Figure {
        name,
        value: count(value.into()),
    };
    match &job.standing.outcome {
        Some(OutcomeBody::Form(form)) => vec![
            figure("ページ", form.pages_total),
            figure("読み取った用紙", form.pages_read),
            figure("わからない", form.pages_unknown),
            figure("白紙(除外)", form.pages_blank),
            figure("開けなかった", form.pages_failed),
            figure("確実な欄", form.fields_sure),
            figure("要確認の欄", form.fields_check),
            figure("読めない欄", form.fields_unreadable),
        ],
        Some(OutcomeBody::Corpus(corpus)) => vec![
            figure("法令・通知", corpus.sources),
            figure("新しい版", corpus.revisions_new),
            figure("条・項目", corpus.passages_total),
            figure("取り込めなかった箇所", corpus.faults),
        ],
        _ => Vec::new(),
    }
}

async fn files(shared: &Shared, actor: &Actor, job: &JobBody) -> Result<Vec<FileRow>, Problem> {
    let artifacts = shared.api.store.artifacts(actor, job.id).await?;
    let file = |artifact: shoki_store::model::Artifact| FileRow {
        id: artifact.id.to_string(),
        size: format!("{} KB", count(artifact.blob.size.div_ceil(1000))),
        name: artifact.name,
    };
    Ok(artifacts.into_iter().map(file).collect())
}

/// Starts the same job anew: on the same document, with what was said about it.
pub(super) async fn again(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
    Ids(id): Ids<JobId>,
) -> Result<Response, Problem> {
    let actor = &visitor.actor;
    let job = JobBody::from(shared.api.store.job(actor, id).await?);
    let new = NewJob {
        document_id: job.document_id,
        pipeline: job.pipeline,
        corpus: job.corpus,
        minutes: job.minutes,
    };
    let (job, _) = routes::start(&shared, actor, new, None).await?;
    Ok(go_to(&format!("/jobs/{}", job.id)))
}

/// Stops a job.
pub(super) async fn cancel(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
    Ids(id): Ids<JobId>,
) -> Result<Response, Problem> {
    shared.api.store.cancel_job(&visitor.actor, id).await?;
    Ok(go_to(&format!("/jobs/{id}")))
}

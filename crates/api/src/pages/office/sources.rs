//! 法令・通知の資料: what can be searched, from when to when, how its last import went; the index that serves it.
//!
//! Promise: what is taken in again is handed in as the job of before was, and what is removed goes with every revision
//! of it: the same functions as the API's. Never: a 課's own text shown to another.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::corpus::Visibility;
use shoki_core::id::{DocumentId, SourceId};
use shoki_core::pipeline::CORPUS;
use shoki_store::StoreError;
use shoki_store::corpus_model::{Importer, Revision, RevisionState, Source};
use shoki_store::model::{Department, JobFilter};
use uuid::Uuid;

use super::{Tab, tabs};
use crate::cursor;
use crate::extract::signed::ManageRetention;
use crate::extract::{Ids, Search, Visitor};
use crate::pages::frame::{Frame, Here};
use crate::pages::words::{Moment, count, day};
use crate::pages::{go_to, page};
use crate::problem::Problem;
use crate::search::{IndexState, SearchSender};
use crate::state::Shared;

/// Sources on a page: each asks for its revisions.
const ROWS: u32 = 100;
/// Digits of the embedder's hash that are shown.
const HASH_DIGITS: usize = 16;

/// A source.
struct SourceRow {
    id: String,
    title: String,
    rank: &'static str,
    /// 課 that took it in.
    owner: String,
    is_shared: bool,
    is_own: bool,
    in_force: String,
    revisions: usize,
    passages: String,
    imported_at: Option<Moment>,
    faults: usize,
    /// The job of its last import, where the own 課 has it.
    job: Option<String>,
}

/// The index.
struct IndexRow {
    embedder: String,
    layout: u32,
    look: &'static str,
    state: &'static str,
}

#[derive(Template)]
#[template(path = "office_sources.html")]
struct SourcesPage {
    frame: Frame,
    tabs: Vec<Tab>,
    done: bool,
    index: Option<IndexRow>,
    trouble: Option<String>,
    sources: Vec<SourceRow>,
    next: Option<String>,
}

/// Where the list goes on, and what was done just now.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pages) struct Query {
    #[serde(default)]
    cursor: String,
    #[serde(default)]
    done: String,
}

/// The page.
pub(in crate::pages) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ManageRetention>,
    Search(query): Search<Query>,
) -> Result<Response, Problem> {
    let actor = &visitor.actor;
    let listed_as = ("office-sources", actor.department);
    let after = match query.cursor.as_str() {
        "" => None,
        text => Some(SourceId::from_uuid(Uuid::from_bytes(cursor::decode(
            text, &listed_as,
        )?))),
    };
    let listed = match shared
        .api
        .corpus
        .sources_page(actor.department, after, ROWS)
        .await
    {
        // The last source of the page before was removed.
        Err(StoreError::NotFound) => return Err(Problem::new(ErrorCode::InvalidCursor)),
        listed => listed?,
    };
    let last = listed.rows.last().filter(|_| listed.more);
    let next = last.map(|last| {
        let cursor = cursor::encode(*last.id.as_uuid().as_bytes(), &listed_as);
        format!("/office/sources?cursor={cursor}")
    });
    let departments = shared.api.store.departments().await?;
    let mut sources = Vec::with_capacity(listed.rows.len());
    for source in listed.rows {
        sources.push(row(&shared, actor, source, &departments).await?);
    }
    let search = shared.api.search.as_ref();
    page(&SourcesPage {
        frame: Frame::of(&visitor, Here::Office, "法令・通知の資料"),
        tabs: tabs(actor.role, "/office/sources"),
        done: query.done == "removed",
        index: search.and_then(SearchSender::index).map(index_row),
        trouble: search.and_then(SearchSender::trouble),
        sources,
        next,
    })
}

async fn row(
    shared: &Shared,
    actor: &Actor,
    source: Source,
    departments: &[Department],
) -> Result<SourceRow, Problem> {
    let revisions = shared.api.corpus.revisions(actor.department, source.id).await?;
    let last = revisions.iter().max_by_key(|revision| revision.imported_at);
    let is_own = source.department == actor.department;
    let document = last
        .filter(|revision| revision.department == actor.department)
        .and_then(|revision| revision.document);
    let owner = departments
        .iter()
        .find(|department| department.id == source.department);
    let live = revisions
        .iter()
        .filter(|revision| revision.state == RevisionState::Live);
    let live: Vec<&Revision> = live.collect();
    // The latest first day stands first.
    let newest = live.first();
    Ok(SourceRow {
        id: source.id.to_string(),
        title: source.head.title,
        rank: source.head.rank.label_ja(),
        owner: owner.map(|owner| owner.name.clone()).unwrap_or_default(),
        is_shared: source.visibility == Visibility::Office,
        is_own,
        in_force: newest.map(|newest| in_force(newest)).unwrap_or_default(),
        revisions: live.len(),
        passages: newest.map_or_else(String::new, |newest| count(newest.passages.into())),
        imported_at: last.map(|last| Moment::of(last.imported_at)),
        faults: last
            .filter(|last| last.department == actor.department)
            .map_or(0, |last| last.faults.len()),
        job: match document {
            Some(document) => job_of(shared, actor, document).await?,
            None => None,
        },
    })
}

/// The latest import job on a document.
async fn job_of(shared: &Shared, actor: &Actor, document: DocumentId) -> Result<Option<String>, Problem> {
    let filter = JobFilter {
        document: Some(document),
        pipeline: Some(CORPUS.to_owned()),
        ..JobFilter::default()
    };
    let jobs = shared.api.store.jobs(actor, &filter, None, 1).await?;
    Ok(jobs.rows.first().map(|job| job.id.to_string()))
}

fn in_force(revision: &Revision) -> String {
    let from = revision.head.valid_from.map(day);
    let from = from.unwrap_or_else(|| "施行日の記載なし".to_owned());
    match revision.head.valid_to {
        Some(to) => format!("{from} から {} の前日まで", day(to)),
        None => format!("{from} から"),
    }
}

fn index_row(index: IndexState) -> IndexRow {
    let (look, state) = match (index.is_rebuilding, index.is_whole) {
        (true, _) => (
            "run",
            "別のモデルの索引を作り直しています(検索は今の索引で続きます)",
        ),
        (false, false) => ("run", "索引を作っています"),
        (false, true) => ("done", "取り込んだものがすべて入っています"),
    };
    IndexRow {
        embedder: match index.embedder {
            Some(digest) => {
                let digits: String = digest.to_string().chars().take(HASH_DIGITS).collect();
                format!("{digits}…({} 次元)", index.dimensions)
            }
            None => "言葉だけ(ベクトルなし)".to_owned(),
        },
        layout: index.layout,
        look,
        state,
    }
}

/// Removes a source that the own 課 took in, with every revision of it.
pub(in crate::pages) async fn remove(
    State(shared): State<Shared>,
    visitor: Visitor<ManageRetention>,
    Ids(id): Ids<SourceId>,
) -> Result<Response, Problem> {
    let importer = Importer::Person(&visitor.actor);
    shared.api.corpus.delete_source(importer, id).await?;
    Ok(go_to("/office/sources?done=removed"))
}

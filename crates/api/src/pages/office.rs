//! 管理: how the service is, who works with it, what was done.

mod audit;
mod certificate;
mod models;
mod people;
mod retention;
mod sources;
mod words;

pub(super) use audit::{show as show_audit, verify as verify_audit};
pub(super) use certificate::show as show_certificate;
pub(super) use models::{check as check_models, show as show_models};
pub(super) use people::{add as add_person, add_account, add_department, set_password, show as show_people};
pub(super) use retention::{
    hold as hold_job, release as release_job, set as set_retention, show as show_retention,
};
pub(super) use sources::{remove as remove_source, show as show_sources};

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use shoki_core::access::{Permission, Role};
use shoki_core::manifest::ModelHealth;
use shoki_core::pipeline::PipelineDef;

use super::frame::{Frame, Here};
use super::page;
use super::words::count;
use crate::extract::Visitor;
use crate::extract::signed::ReadCatalogue;
use crate::problem::Problem;
use crate::routes::health;
use crate::state::Shared;
use crate::wire::health::CheckBody;

/// A page of 管理.
pub(super) struct Tab {
    pub(super) path: &'static str,
    pub(super) name: &'static str,
    pub(super) is_here: bool,
}

/// The pages that a role may open.
fn tabs(role: Role, here: &str) -> Vec<Tab> {
    let all = [
        ("/office", "稼働の様子", Permission::ReadCatalogue),
        ("/office/models", "モデル", Permission::CheckModels),
        ("/office/sources", "法令・通知の資料", Permission::ManageRetention),
        ("/office/people", "課と職員", Permission::ManagePeople),
        ("/office/retention", "保存期間", Permission::ManageRetention),
        ("/office/audit", "監査記録", Permission::ReadAudit),
    ];
    let may = all
        .into_iter()
        .filter(|(.., permission)| role.allows(*permission));
    may.map(|(path, name, _)| Tab {
        path,
        name,
        is_here: path == here,
    })
    .collect()
}

/// A model.
struct ModelRow {
    name: String,
    task: &'static str,
    state: &'static str,
    look: &'static str,
    sentence: Option<String>,
}

/// A form.
struct FormRow {
    id: String,
    name: String,
    fields: usize,
    check: &'static str,
}

#[derive(Template)]
#[template(path = "office.html")]
struct OfficePage {
    frame: Frame,
    tabs: Vec<Tab>,
    is_ready: bool,
    checks: Vec<CheckBody>,
    /// Work that waits, runs, and has stopped.
    queue: [String; 3],
    models: Vec<ModelRow>,
    forms: Vec<FormRow>,
    version: &'static str,
}

/// How the service is.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadCatalogue>,
) -> Result<Response, Problem> {
    let checks = health::checks(&shared).await;
    let depth = shared.api.store.queue_depth().await?;
    let models: Vec<ModelRow> = shared.api.models.borrow().iter().map(model_row).collect();
    page(&OfficePage {
        frame: Frame::of(&visitor, Here::Office, "管理"),
        tabs: tabs(visitor.actor.role, "/office"),
        is_ready: checks.iter().all(|check| check.ok),
        checks,
        queue: [depth.ready, depth.leased, depth.dead].map(count),
        models,
        forms: forms(&shared),
        version: env!("CARGO_PKG_VERSION"),
    })
}

fn model_row(status: &shoki_core::manifest::ModelStatus) -> ModelRow {
    let (state, look, sentence) = match &status.health {
        ModelHealth::Ready => ("使えます", "done", None),
        ModelHealth::NotInstalled => ("入れていません", "wait", None),
        ModelHealth::Unusable { code, .. } => ("使えません", "stop", Some(code.sentence_ja())),
    };
    ModelRow {
        name: format!("{} {}", status.name, status.version),
        task: words::task(status.task),
        state,
        look,
        sentence,
    }
}

fn forms(shared: &Shared) -> Vec<FormRow> {
    let pipelines = shared.api.pipelines.iter();
    let sets = pipelines.filter_map(|pipeline| match pipeline {
        PipelineDef::Form(form) => Some(&form.forms),
        _ => None,
    });
    sets.flatten()
        .map(|form| FormRow {
            id: form.id.clone(),
            name: form.name.clone(),
            fields: form.fields.len(),
            check: form.check.label_ja(),
        })
        .collect()
}

//! モデル: which there are, their files and hashes, licence, what each is for, and what to do about one that is missing.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use shoki_core::manifest::{ModelHealth, ModelSource, ModelStatus};

use super::{Tab, tabs, words};
use crate::extract::signed::CheckModels;
use crate::extract::{Search, Visitor};
use crate::pages::frame::{Frame, Here};
use crate::pages::words::{Moment, count};
use crate::pages::{go_to, page};
use crate::problem::Problem;
use crate::routes::catalogue;
use crate::state::Shared;

/// A file of a model.
struct FileRow {
    name: String,
    size: String,
    sha256: String,
}

/// A model.
struct ModelRow {
    name: String,
    version: String,
    task: &'static str,
    licence: String,
    source: String,
    size: String,
    state: &'static str,
    look: &'static str,
    advice: Option<String>,
    files: Vec<FileRow>,
}

#[derive(Template)]
#[template(path = "office_models.html")]
struct ModelsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    models: Vec<ModelRow>,
    checked_at: Option<Moment>,
    is_asked: bool,
    may_check: bool,
}

/// What was done just now.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pages) struct Done {
    #[serde(default)]
    done: String,
}

/// The page.
pub(in crate::pages) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<CheckModels>,
    Search(Done { done }): Search<Done>,
) -> Result<Response, Problem> {
    let models = shared.api.models.borrow().clone();
    let checked_at = models.iter().filter_map(|model| model.checked_at).min();
    page(&ModelsPage {
        frame: Frame::of(&visitor, Here::Office, "モデル"),
        tabs: tabs(visitor.actor.role, "/office/models"),
        models: models.iter().map(model_row).collect(),
        checked_at: checked_at.map(Moment::of),
        is_asked: done == "check",
        may_check: shared.api.model_check.is_some(),
    })
}

/// Has the models checked now.
pub(in crate::pages) async fn check(
    State(shared): State<Shared>,
    visitor: Visitor<CheckModels>,
) -> Result<Response, Problem> {
    catalogue::check(&shared, &visitor.actor).await?;
    Ok(go_to("/office/models?done=check"))
}

fn model_row(model: &ModelStatus) -> ModelRow {
    let (state, look, advice) = match &model.health {
        ModelHealth::Ready => ("使えます", "done", None),
        ModelHealth::NotInstalled => ("入れていません", "wait", Some(missing(model))),
        ModelHealth::Unusable { code, .. } => ("使えません", "stop", Some(code.sentence_ja())),
    };
    let total: u64 = model.files.iter().filter_map(|file| file.size).sum();
    ModelRow {
        name: model.name.clone(),
        version: model.version.clone(),
        task: words::task(model.task),
        licence: model.licence.clone(),
        source: source(&model.source),
        size: if total == 0 {
            String::new()
        } else {
            megabytes(total)
        },
        state,
        look,
        advice,
        files: model
            .files
            .iter()
            .map(|file| FileRow {
                name: file.name.clone(),
                size: file.size.map(megabytes).unwrap_or_default(),
                sha256: file.sha256.map(|digest| digest.to_string()).unwrap_or_default(),
            })
            .collect(),
    }
}

/// How an optional model comes here.
fn missing(model: &ModelStatus) -> String {
    let from = match &model.source {
        ModelSource::Hub { repository, revision } => format!("{repository}(版 {revision})のファイルを"),
        _ => "ファイルを".to_owned(),
    };
    format!(
        "なくても使えます。入れるときは、別の端末で{from}媒体に入れ、サーバーで「shoki models import DIR」を実行してください(DIR/{} に置きます)。",
        model.name
    )
}

fn source(source: &ModelSource) -> String {
    match source {
        ModelSource::Bundled => "書記に付属".to_owned(),
        ModelSource::Package { package, version, .. } => format!("パッケージ {package} {version}"),
        ModelSource::Hub { repository, revision } => format!("{repository}(版 {revision})"),
        ModelSource::Directory => "媒体で持ち込み".to_owned(),
    }
}

/// A size in megabytes: 21.0 MB; 0.1 at least.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100_000);
    format!("{}.{} MB", count(tenths / 10), tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(megabytes(1), "0.1 MB");
        assert_eq!(megabytes(21_000_000), "21.0 MB");
        assert_eq!(megabytes(1_234_567_890), "1,234.6 MB");
    }
}

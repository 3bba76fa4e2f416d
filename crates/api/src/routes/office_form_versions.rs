//! Publishing a form of the 課: versions that stay as they are, and which of them new jobs are read with.
//!
//! Promises: what is published has no fault and can be told from every other form of the 課; new jobs are read with
//! it at once, jobs that were accepted before are read with what they were accepted with; one request goes back.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::limits::MAX_NOTE_CHARS;
use shoki_store::form_store::FormUse;
use tracing::Instrument as _;

use super::office_forms::{blank_of, publishable};
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::version::IfMatch;
use crate::extract::{Ids, JsonBody, Signed};
use crate::form_shares;
use crate::office_forms::BlankForm;
use crate::problem::{AnyProblem, ChangedBefore, Problem};
use crate::state::Shared;
use crate::wire::office_form::{FormUseBody, PublishBody, UseBody};

/// 下書きを新しい版として公開し、これから受け付けるジョブで使う。
#[utoipa::path(
    post, path = "/v1/office-forms/{id}/publish", operation_id = "publish_office_form", tag = "forms",
    security(("token" = [])),
    params(("id" = String, Path), IfMatch),
    request_body = PublishBody,
    responses((status = 200, description = "公開した版", body = FormUseBody), ChangedBefore, AnyProblem),
)]
pub async fn publish(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<String>,
    at: IfMatch,
    JsonBody(body): JsonBody<PublishBody>,
) -> Result<Json<FormUseBody>, Problem> {
    let note = note(&body.note)?.to_owned();
    let (at_version, actor) = (at.version, signed.actor);
    let at = shared.clone();
    in_turn(at, actor.clone(), async move {
        let store = &shared.api.store;
        let form = store.office_form(&actor, &id).await?;
        if form.version != at_version {
            return Err(Problem::new(ErrorCode::VersionChanged));
        }
        publishable(&shared, &form.definition)?;
        let own = BlankForm {
            definition: Arc::new(form.definition.clone()),
            png: blank_of(&shared, &form).await?.png,
        };
        compared(&shared, &actor, own).await?;
        Ok(store.publish_form(&actor, &id, at_version, &note).await?)
    })
    .await
}

/// Does what takes a version into use: one at a time, in a task of its own, so that memory follows the store in its
/// order also when whoever asked hangs up.
async fn in_turn(
    shared: Shared,
    actor: Actor,
    work: impl Future<Output = Result<FormUse, Problem>> + Send + 'static,
) -> Result<Json<FormUseBody>, Problem> {
    let turn = async move {
        let _turn = shared.form_uses.lock().await;
        let taken = work.await?;
        let body = FormUseBody::from(&taken);
        let elsewhere = form_shares::followed(&shared, &actor, &taken).await;
        shared.api.office_forms.follow(taken);
        for one in elsewhere? {
            shared.api.office_forms.follow(one);
        }
        Ok(Json(body))
    };
    let done = tokio::spawn(turn.in_current_span()).await;
    done.map_err(|_| Problem::new(ErrorCode::Internal))?
}

/// 前に公開した版に戻す。version を null にすると、この帳票を使うのをやめる。
#[utoipa::path(
    post, path = "/v1/office-forms/{id}/use", operation_id = "use_office_form", tag = "forms",
    security(("token" = [])),
    params(("id" = String, Path)),
    request_body = UseBody,
    responses((status = 200, description = "使うことになった版", body = FormUseBody), AnyProblem),
)]
pub async fn take_into_use(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<String>,
    JsonBody(body): JsonBody<UseBody>,
) -> Result<Json<FormUseBody>, Problem> {
    let note = note(&body.note)?.to_owned();
    let actor = signed.actor;
    let at = shared.clone();
    in_turn(at, actor.clone(), async move {
        let store = &shared.api.store;
        if let Some(version) = body.version {
            // What could be published then may be another form's twin now.
            let uses = store.form_history(&actor, &id).await?;
            let mut known = uses.into_iter().filter_map(|one| one.version);
            let known = known.find(|known| known.definition.version == version);
            let known = known.ok_or(Problem::new(ErrorCode::NotFound))?;
            publishable(&shared, &known.definition)?;
            let own = BlankForm {
                png: store.form_blank(&id, &known.blank).await?.into(),
                definition: Arc::new(known.definition.clone()),
            };
            compared(&shared, &actor, own).await?;
        }
        Ok(store.use_form(&actor, &id, body.version, &note).await?)
    })
    .await
}

/// この帳票の公開の履歴を、新しい順に返す。
#[utoipa::path(
    get, path = "/v1/office-forms/{id}/history", operation_id = "list_form_uses", tag = "forms",
    security(("token" = [])),
    params(("id" = String, Path)),
    responses((status = 200, description = "結果", body = Vec<FormUseBody>), AnyProblem),
)]
pub async fn history(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<String>,
) -> Result<Json<Vec<FormUseBody>>, Problem> {
    let uses = shared.api.store.form_history(&signed.actor, &id).await?;
    Ok(Json(uses.iter().map(FormUseBody::from).collect()))
}

/// Refuses a form whose pages nobody could tell from another's.
async fn compared(shared: &Shared, actor: &Actor, own: BlankForm) -> Result<(), Problem> {
    for department in shared.api.store.form_shares(actor, &own.definition.id).await? {
        form_shares::told_apart_in(shared, own.clone(), department).await?;
    }
    let mut forms = vec![own];
    if let Some(edition) = shared.api.office_forms.edition(actor.department) {
        let others = edition.blanks(shared.api.store.as_ref()).await?;
        let id = &forms[0].definition.id;
        let others: Vec<BlankForm> = others
            .iter()
            .filter(|other| other.definition.id != *id)
            .cloned()
            .collect();
        forms.extend(others);
    }
    let sentences = shared.api.form_desk()?.compare(forms).await?;
    if sentences.is_empty() {
        return Ok(());
    }
    Err(Problem::new(ErrorCode::FormInvalid).detail(sentences.join("")))
}

fn note(text: &str) -> Result<&str, Problem> {
    let note = text.trim();
    if note.chars().count() <= MAX_NOTE_CHARS && !note.chars().any(char::is_control) {
        return Ok(note);
    }
    let sentence = format!("メモは改行なしの {MAX_NOTE_CHARS} 文字までにしてください。");
    Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence))
}

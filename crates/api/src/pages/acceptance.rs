//! 自動で通す欄の実績: where each field of each form stands, how it came there, and the switch for who may.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use shoki_core::access::Permission;
use shoki_core::code::ErrorCode;

use super::frame::{Frame, Here};
use super::words::Moment;
use super::{go_to, jobs, page};
use crate::extract::signed::{ReadFigures, SwitchAcceptance};
use crate::extract::{FormBody, Search, Visitor};
use crate::problem::Problem;
use crate::routes::acceptance as routes;
use crate::state::Shared;
use crate::wire::acceptance::{AcceptanceHistoryBody, FieldAcceptanceBody, FormAcceptanceBody, SwitchBody};

/// Whose history is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    #[serde(default)]
    form: Option<String>,
    #[serde(default)]
    field: Option<String>,
}

/// A field in the list.
struct Field {
    key: String,
    label: String,
    look: &'static str,
    state: &'static str,
    audited: u32,
    wrong: u32,
    open: u32,
    is_shown: bool,
}

/// A form in the list.
struct Form {
    id: String,
    name: String,
    check: &'static str,
    sentence: Option<String>,
    fields: Vec<Field>,
}

/// A line of the history.
struct Change {
    at: Moment,
    to: &'static str,
    who: String,
    sentence: String,
}

/// The history that is shown.
struct History {
    form: String,
    form_name: String,
    key: String,
    label: String,
    state: &'static str,
    look: &'static str,
    sentence: String,
    is_off: bool,
    changes: Vec<Change>,
}

#[derive(Template)]
#[template(path = "acceptance.html")]
struct AcceptancePage {
    frame: Frame,
    forms: Vec<Form>,
    history: Option<History>,
    can_switch: bool,
    can_audit: bool,
}

/// The page.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadFigures>,
    Search(query): Search<Query>,
) -> Result<Response, Problem> {
    let actor = &visitor.actor;
    let known = routes::all(&shared, actor).await?;
    let history = match (&query.form, &query.field) {
        (Some(form), Some(field)) => {
            let body = routes::of_field(&shared, actor, form, field).await?;
            let names = jobs::names(&shared, actor).await?;
            let who = |by| names.get(&by).cloned().unwrap_or_else(|| "ほかの人".to_owned());
            let form_name = known.iter().find(|one| one.form == *form);
            let form_name = form_name.map_or_else(|| form.clone(), |one| one.name.clone());
            Some(history_of(form, form_name, body, who))
        }
        _ => None,
    };
    let role = actor.role;
    page(&AcceptancePage {
        frame: Frame::of(&visitor, Here::Read, "自動で通す欄の実績"),
        forms: known.into_iter().map(|form| form_of(form, &query)).collect(),
        history,
        can_switch: role.allows(Permission::SwitchAcceptance),
        can_audit: role.allows(Permission::WriteContents),
    })
}

const fn look_of(state: &str) -> &'static str {
    match state.as_bytes() {
        b"proven" => "done",
        b"off" => "stop",
        _ => "run",
    }
}

fn form_of(form: FormAcceptanceBody, query: &Query) -> Form {
    let is_here = query.form.as_ref() == Some(&form.form);
    let field = |field: FieldAcceptanceBody| Field {
        look: look_of(field.state),
        state: field.state_label,
        audited: field.audited,
        wrong: field.wrong,
        open: field.audits_open,
        is_shown: is_here && query.field.as_ref() == Some(&field.key),
        key: field.key,
        label: field.label,
    };
    Form {
        id: form.form,
        name: form.name,
        check: form.check_label,
        sentence: form.sentence,
        fields: form.fields.into_iter().map(field).collect(),
    }
}

fn history_of(
    form: &str,
    form_name: String,
    body: AcceptanceHistoryBody,
    who: impl Fn(shoki_core::id::UserId) -> String,
) -> History {
    let standing = body.standing;
    let word = |state: &str| match state {
        "proven" => "実績あり",
        "off" => "停止中",
        _ => "実績確認中",
    };
    let changes = body.changes.into_iter().rev().map(|change| Change {
        at: Moment::of(change.at),
        to: word(change.to),
        who: change.by.map_or_else(|| "システム管理者".to_owned(), &who),
        sentence: change.sentence,
    });
    History {
        form: form.to_owned(),
        form_name,
        look: look_of(standing.state),
        state: standing.state_label,
        is_off: standing.state == "off",
        sentence: standing.sentence,
        key: standing.key,
        label: standing.label,
        changes: changes.collect(),
    }
}

/// The switch.
#[derive(Debug, Deserialize)]
pub(super) struct Switch {
    form: String,
    field: String,
    on: String,
}

/// Switches a field.
pub(super) async fn switch(
    State(shared): State<Shared>,
    visitor: Visitor<SwitchAcceptance>,
    FormBody(switch): FormBody<Switch>,
) -> Result<Response, Problem> {
    let on = match switch.on.as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(Problem::new(ErrorCode::BadRequest)),
    };
    let body = SwitchBody {
        form: switch.form,
        field: switch.field,
        on,
    };
    routes::switched(&shared, &visitor.actor, &body).await?;
    // Both are defined: ids of forms and keys of fields need no escape.
    Ok(go_to(&format!(
        "/acceptance?form={}&field={}#history",
        body.form, body.field
    )))
}

//! 課と職員: who works with the service, with which name each signs in.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use shoki_core::access::Role;
use shoki_core::code::ErrorCode;
use shoki_core::id::{DepartmentId, UserId};
use shoki_store::account_store::AccountSource;

use super::{Tab, tabs};
use crate::accounts::MIN_PASSWORD_CHARS;
use crate::extract::signed::ManagePeople;
use crate::extract::{FormBody, Search, Visitor};
use crate::pages::frame::{Frame, Here};
use crate::pages::words::Moment;
use crate::pages::{go_to, page};
use crate::people::{self, NewPerson};
use crate::problem::Problem;
use crate::state::Shared;
use crate::wire::people::StaffBody;

/// A role that may be given.
struct RoleChoice {
    value: &'static str,
    name: &'static str,
}

/// A person of the list.
struct PersonRow {
    id: String,
    name: String,
    role: &'static str,
    sign_in: Option<String>,
    /// From where, when the account is the directory's.
    directory: Option<&'static str>,
    is_disabled: bool,
    locked: Option<Moment>,
}

/// A 課 of the list.
struct DepartmentRows {
    id: String,
    name: String,
    people: Vec<PersonRow>,
}

#[derive(Template)]
#[template(path = "office_people.html")]
struct PeoplePage {
    frame: Frame,
    tabs: Vec<Tab>,
    departments: Vec<DepartmentRows>,
    roles: Vec<RoleChoice>,
    may_add_departments: bool,
    least_password: usize,
    done: Option<&'static str>,
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
    visitor: Visitor<ManagePeople>,
    Search(Done { done }): Search<Done>,
) -> Result<Response, Problem> {
    let now = shared.api.store.now();
    let staff = people::staff(&shared, &visitor.actor).await?;
    let is_whole_office = visitor.actor.role == Role::SystemAdmin;
    let given = Role::ALL
        .into_iter()
        .filter(|role| is_whole_office || matches!(role, Role::Clerk | Role::DepartmentAdmin));
    page(&PeoplePage {
        frame: Frame::of(&visitor, Here::Office, "課と職員"),
        tabs: tabs(visitor.actor.role, "/office/people"),
        departments: staff
            .into_iter()
            .map(|staff| rows(StaffBody::of(staff, now), now))
            .collect(),
        roles: given
            .map(|role| RoleChoice {
                value: role.as_str(),
                name: role.label_ja(),
            })
            .collect(),
        may_add_departments: is_whole_office,
        least_password: MIN_PASSWORD_CHARS,
        done: match done.as_str() {
            "person" => Some("職員を加えました。"),
            "account" => Some("アカウントを付けました。"),
            "department" => Some("課を加えました。"),
            "password" => Some("パスワードを変えました。サインイン中の画面は終わりました。"),
            _ => None,
        },
    })
}

fn rows(staff: StaffBody, now: jiff::Timestamp) -> DepartmentRows {
    let people = staff.people.into_iter().map(|person| PersonRow {
        id: person.user_id.to_string(),
        name: person.name,
        role: person.role_label,
        sign_in: person.sign_in,
        directory: person
            .source_label
            .filter(|_| person.source != Some(AccountSource::Local.as_str())),
        is_disabled: person.disabled,
        locked: person.locked_until.map(|until| Moment::near(until, now)),
    });
    DepartmentRows {
        id: staff.department_id.to_string(),
        name: staff.department,
        people: people.collect(),
    }
}

/// A new 課, as the form sends it.
#[derive(Debug, Deserialize)]
pub(in crate::pages) struct Department {
    name: String,
}

/// Adds a 課.
pub(in crate::pages) async fn add_department(
    State(shared): State<Shared>,
    visitor: Visitor<ManagePeople>,
    FormBody(new): FormBody<Department>,
) -> Result<Response, Problem> {
    people::add_department(&shared, &visitor.actor, &new.name).await?;
    Ok(go_to("/office/people?done=department"))
}

/// A new person, as the form sends it.
#[derive(Deserialize)]
pub(in crate::pages) struct Person {
    department: DepartmentId,
    name: String,
    role: String,
    #[serde(default)]
    sign_in: String,
    #[serde(default)]
    password: String,
}

/// Adds a person; with an account where a sign-in name is given.
pub(in crate::pages) async fn add(
    State(shared): State<Shared>,
    visitor: Visitor<ManagePeople>,
    FormBody(new): FormBody<Person>,
) -> Result<Response, Problem> {
    let role = Role::parse(&new.role).ok_or(Problem::new(ErrorCode::BadRequest))?;
    let person = NewPerson {
        department: new.department,
        name: new.name,
        role,
    };
    let sign_in = new.sign_in.trim();
    let account = (!sign_in.is_empty()).then_some((sign_in, new.password));
    people::add_person(&shared, &visitor.actor, person, account).await?;
    Ok(go_to("/office/people?done=person"))
}

/// An account of somebody, as the form sends it.
#[derive(Deserialize)]
pub(in crate::pages) struct Account {
    user: UserId,
    sign_in: String,
    password: String,
}

/// Gives somebody an account.
pub(in crate::pages) async fn add_account(
    State(shared): State<Shared>,
    visitor: Visitor<ManagePeople>,
    FormBody(new): FormBody<Account>,
) -> Result<Response, Problem> {
    people::add_account(&shared, &visitor.actor, new.user, &new.sign_in, new.password).await?;
    Ok(go_to("/office/people?done=account"))
}

/// Another password, as the form sends it.
#[derive(Deserialize)]
pub(in crate::pages) struct Password {
    sign_in: String,
    password: String,
}

/// Changes a password.
pub(in crate::pages) async fn set_password(
    State(shared): State<Shared>,
    visitor: Visitor<ManagePeople>,
    FormBody(new): FormBody<Password>,
) -> Result<Response, Problem> {
    people::set_password(&shared, &visitor.actor, &new.sign_in, new.password).await?;
    Ok(go_to("/office/people?done=password"))
}

//! サインイン: a name and a password; signing out; another of the own 課.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use shoki_core::id::UserId;

use super::frame::{Assets, Bare};
use super::{go_to, page};
use crate::accounts::{self, Directory, Refusal};
use crate::extract::session::{SessionSecret, check_origin};
use crate::extract::signed::ReadCatalogue;
use crate::extract::{FormBody, Search, Visitor};
use crate::problem::Problem;
use crate::state::Shared;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Bare,
    name: String,
    next: String,
    is_refused: bool,
    failures: u32,
    pause_minutes: u32,
}

/// Where to go afterwards.
#[derive(Debug, Deserialize)]
pub(super) struct Next {
    next: Option<String>,
}

/// The form. Nobody is asked twice: whoever is signed in goes on.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Result<Visitor<ReadCatalogue>, Problem>,
    Search(Next { next }): Search<Next>,
) -> Result<Response, Problem> {
    let next = own_path(next.as_deref()).to_owned();
    if visitor.is_ok() {
        return Ok(go_to(&next));
    }
    page(&form(&shared, String::new(), next, false))
}

fn form(shared: &Shared, name: String, next: String, is_refused: bool) -> SignInPage {
    let settings = &shared.api.settings;
    SignInPage {
        frame: Bare::new("サインイン", Assets::here()),
        name,
        next,
        is_refused,
        failures: settings.sign_in_failures,
        pause_minutes: settings.sign_in_pause_seconds / 60,
    }
}

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct Entered {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// Signs in.
pub(super) async fn enter(
    State(shared): State<Shared>,
    headers: HeaderMap,
    FormBody(entered): FormBody<Entered>,
) -> Result<Response, Problem> {
    check_origin(&headers)?;
    let name = entered.name.trim();
    let next = own_path(Some(&entered.next)).to_owned();
    match accounts::sign_in(&shared, Directory::Local, name, entered.password).await {
        Ok(secret) => Ok(([(header::SET_COOKIE, secret.cookie())], go_to(&next)).into_response()),
        Err(Refusal::Trouble(problem)) => Err(problem),
        Err(Refusal::Wrong) => {
            let again = page(&form(&shared, name.to_owned(), next, true))?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
    }
}

/// Signs out. Whoever is not signed in any more is not asked for more.
pub(super) async fn leave(
    State(shared): State<Shared>,
    visitor: Visitor<ReadCatalogue>,
) -> Result<Response, Problem> {
    shared.api.store.end_session(&visitor.secret.hash()).await?;
    let gone = [(header::SET_COOKIE, SessionSecret::no_cookie())];
    Ok((gone, go_to("/sign-in")).into_response())
}

/// For which 課.
#[derive(Debug, Deserialize)]
pub(super) struct As {
    user: UserId,
}

/// Goes on in another 課.
pub(super) async fn act_as(
    State(shared): State<Shared>,
    visitor: Visitor<ReadCatalogue>,
    FormBody(As { user }): FormBody<As>,
) -> Result<Response, Problem> {
    shared.api.store.act_as(&visitor.secret.hash(), user).await?;
    Ok(go_to("/"))
}

/// A path of ours, never another site's address (`//elsewhere`, `/\elsewhere`).
fn own_path(next: Option<&str>) -> &str {
    let next = next.unwrap_or("/");
    let second = next.as_bytes().get(1);
    let is_own = next.starts_with('/')
        && !matches!(second, Some(b'/' | b'\\'))
        && next.bytes().all(|byte| byte.is_ascii_graphic());
    if is_own { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_nowhere_else() {
        assert_eq!(own_path(Some("/jobs?state=running")), "/jobs?state=running");
        for foreign in [
            "",
            "jobs",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\nb",
        ] {
            assert_eq!(own_path(Some(foreign)), "/", "{foreign}");
        }
        assert_eq!(own_path(None), "/");
    }
}

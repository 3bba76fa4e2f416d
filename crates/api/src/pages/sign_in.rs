//! サインイン: a name and a password, or the way to the OpenID provider; signing out; another of the own 課.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use shoki_core::id::UserId;
use shoki_store::account_store::AccountSource;

use super::as_pages::in_query;
use super::frame::{Assets, Bare};
use super::{go_to, page};
use crate::accounts::{self, Refusal};
use crate::directory::Directory;
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
    /// Name or password were wrong.
    is_refused: bool,
    /// Why somebody may not come in, or that the directory does not answer.
    said: Option<String>,
    /// The way to the OpenID provider.
    provider: Option<String>,
    is_ldap: bool,
    failures: u32,
    pause_minutes: u32,
}

/// Where to go afterwards.
#[derive(Debug, Deserialize)]
pub(super) struct Next {
    pub(super) next: Option<String>,
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
    page(&form(&shared, String::new(), next))
}

fn form(shared: &Shared, name: String, next: String) -> SignInPage {
    let settings = &shared.api.settings;
    let directory = &shared.api.directory;
    let provider = directory.provider();
    SignInPage {
        frame: Bare::new("サインイン", Assets::here()),
        name,
        provider: provider.map(|_| format!("/sign-in/oidc?next={}", in_query(&next))),
        is_ldap: matches!(directory, Directory::Ldap(_)),
        next,
        is_refused: false,
        said: None,
        failures: settings.sign_in_failures,
        pause_minutes: settings.sign_in_pause_seconds / 60,
    }
}

/// The form again, with what went wrong; what was typed stays, but for the password.
pub(super) fn again(
    shared: &Shared,
    name: String,
    next: String,
    refusal: Refusal,
) -> Result<Response, Problem> {
    let mut form = form(shared, name, next);
    let status = match refusal {
        Refusal::Trouble(problem) => return Err(problem),
        Refusal::Wrong => {
            form.is_refused = true;
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Refusal::NotAdmitted(sentence) => {
            form.said = Some(sentence);
            StatusCode::FORBIDDEN
        }
        Refusal::NoAnswer(sentence) => {
            form.said = Some(sentence.to_owned());
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    Ok((status, page(&form)?).into_response())
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
    match accounts::sign_in(&shared, name, entered.password).await {
        Ok(secret) => Ok(([(header::SET_COOKIE, secret.cookie())], go_to(&next)).into_response()),
        Err(refusal) => again(&shared, name.to_owned(), next, refusal),
    }
}

/// Signs out; whoever came from the OpenID provider goes on to sign out there. Whoever is not signed in any more is
/// not asked for more.
pub(super) async fn leave(
    State(shared): State<Shared>,
    visitor: Visitor<ReadCatalogue>,
) -> Result<Response, Problem> {
    shared.api.store.end_session(&visitor.secret.hash()).await?;
    let gone = [(header::SET_COOKIE, SessionSecret::no_cookie())];
    let is_of_provider =
        visitor.session.source == AccountSource::Oidc && shared.api.directory.provider().is_some();
    let on = if is_of_provider {
        "/sign-in/oidc/leave"
    } else {
        "/sign-in"
    };
    Ok((gone, go_to(on)).into_response())
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
pub(super) fn own_path(next: Option<&str>) -> &str {
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

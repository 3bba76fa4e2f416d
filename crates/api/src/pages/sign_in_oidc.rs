//! サインイン at the office's OpenID provider: there, back, and out again.
//!
//! Promises: only the browser that began a sign-in finishes it, once; the way back leads to a page of ours alone.
//! The form's policy lets no form lead elsewhere, also not by a redirect: the beginning is a link, and the way to
//! sign out there starts from a page of its own. Never: a code, a token or a state in a log line.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::Deserialize;
use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;
use shoki_store::account_store::AccountSource;

use super::frame::{Assets, Bare};
use super::sign_in::{Next, again, own_path};
use super::{go_to, page};
use crate::accounts::{self, Refusal};
use crate::directory::{DirectoryFailure, DirectorySender, Returned, Secret};
use crate::extract::Search;
use crate::extract::session::{SessionSecret, random_cookie, random_secret};
use crate::pending::{self, BegunHere};
use crate::problem::Problem;
use crate::state::Shared;

/// Longest value that is looked at of what the browser brings back, bytes.
const MAX_BROUGHT_BYTES: usize = 4096;

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutPage {
    frame: Bare,
    location: String,
}

/// Sends the browser to the provider.
pub(super) async fn begin(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Search(Next { next }): Search<Next>,
) -> Result<Response, Problem> {
    let provider = provider(&shared)?;
    let next = own_path(next.as_deref()).to_owned();
    let begun = match provider.begin().await {
        Ok(begun) => begun,
        Err(failure) => return again(&shared, String::new(), next, accounts::not_said(failure)),
    };
    // A browser that begins in two windows keeps its cookie, and both can be finished.
    let browser = random_cookie(&headers, pending::COOKIE).map_or_else(random_secret, str::to_owned);
    let here = BegunHere {
        browser: Sha256::of(browser.as_bytes()),
        nonce: begun.nonce,
        verifier: begun.verifier,
        next,
        since: shared.api.store.now(),
    };
    shared.begun_sign_ins.keep(&begun.state, here);
    let cookie = [(header::SET_COOKIE, pending::cookie(&browser))];
    Ok((cookie, go_to(&begun.location)).into_response())
}

fn provider(shared: &Shared) -> Result<&DirectorySender, Problem> {
    let provider = shared.api.directory.provider();
    provider.ok_or(Problem::new(ErrorCode::NotFound))
}

/// What the browser brings back; providers add more.
#[derive(Deserialize)]
pub(super) struct Brought {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// Signs in whoever comes back from the provider.
pub(super) async fn finish(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Search(brought): Search<Brought>,
) -> Result<Response, Problem> {
    let provider = provider(&shared)?;
    match finished(&shared, provider, &headers, brought).await {
        Ok((secret, next)) => {
            let cookies = AppendHeaders([
                (header::SET_COOKIE, secret.cookie()),
                (header::SET_COOKIE, pending::no_cookie()),
            ]);
            Ok((cookies, go_to(&next)).into_response())
        }
        Err(refusal) => again(&shared, String::new(), "/".to_owned(), refusal),
    }
}

async fn finished(
    shared: &Shared,
    provider: &DirectorySender,
    headers: &HeaderMap,
    brought: Brought,
) -> Result<(SessionSecret, String), Refusal> {
    let untrusted = || accounts::not_said(DirectoryFailure::Untrusted);
    let given = [&brought.state, &brought.code, &brought.iss];
    if given
        .into_iter()
        .flatten()
        .any(|value| value.len() > MAX_BROUGHT_BYTES)
    {
        return Err(untrusted());
    }
    let browser = random_cookie(headers, pending::COOKIE).ok_or_else(untrusted)?;
    let state = brought.state.ok_or_else(untrusted)?;
    let now = shared.api.store.now();
    let begun = shared
        .begun_sign_ins
        .take(&state, &Sha256::of(browser.as_bytes()), now)
        .ok_or_else(untrusted)?;
    if brought.error.is_some() {
        return Err(Refusal::NotAdmitted(
            "認証サーバーでサインインが取り消されたか、断られました。もう一度サインインするか、システム管理者に連絡してください。"
                .to_owned(),
        ));
    }
    let returned = Returned {
        code: Secret::new(brought.code.ok_or_else(untrusted)?),
        issuer: brought.iss,
        nonce: begun.nonce,
        verifier: begun.verifier,
    };
    let person = provider.finish(returned).await.map_err(accounts::not_said)?;
    let secret = accounts::admit(shared, AccountSource::Oidc, &person).await?;
    Ok((secret, begun.next))
}

/// Goes on to sign out of the provider, where it has such a place.
pub(super) async fn leave(State(shared): State<Shared>) -> Result<Response, Problem> {
    let place = provider(&shared)?.leave().await;
    // Nobody is signed in here any more: a provider that does not answer is no reason to stay.
    let Ok(Some(location)) = place else {
        return Ok(go_to("/sign-in"));
    };
    // Understood by every browser, and by none as a part of the form that led here.
    let on = [(header::REFRESH, format!("0; url={location}"))];
    let frame = Bare::new("サインアウト", Assets::here());
    let shown = page(&SignedOutPage { frame, location })?;
    Ok((on, shown).into_response())
}

//! Sign-in and permission in one extractor: `Signed<ReadContents>` is the only way for a handler to get
//! an [`Actor`], so a route cannot forget to name what it needs.
//!
//! How a request shows who sends it is the enum [`Credential`]; whoever came in by a directory has a session. Pages
//! ask for a [`Visitor`]: the same for browsers alone, with what a page shows of the person.
//! Never: a secret in a log line or in an error.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use shoki_core::access::{Actor, Permission};
use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;
use shoki_core::id::UserId;
use shoki_store::account_store::{Presence, Session};

use super::session::{BACKGROUND, SessionSecret};
use crate::problem::Problem;
use crate::state::Shared;

/// Longest secret looked at, bytes; ours are under 100.
const MAX_SECRET_BYTES: usize = 512;

/// A permission as a type.
pub trait Requirement: Send + Sync + 'static {
    /// Which one.
    const PERMISSION: Permission;
}

macro_rules! requirements {
    ($($name:ident),+) => {$(
        #[doc = concat!("`Permission::", stringify!($name), "`.")]
        #[derive(Debug)]
        pub struct $name;
        impl Requirement for $name {
            const PERMISSION: Permission = Permission::$name;
        }
    )+};
}
requirements!(
    WriteContents,
    ReadContents,
    DeleteContents,
    ReadCatalogue,
    ReadAudit,
    WriteSynonyms,
    SwitchAcceptance,
    ReadFigures,
    ManagePeople,
    ShareForms,
    CheckModels,
    ManageRetention
);

/// A signed-in person whose role allows `R`.
#[derive(Debug)]
pub struct Signed<R> {
    /// The person.
    pub actor: Actor,
    requirement: PhantomData<R>,
}

/// Somebody signed in by a browser whose role allows `R`.
#[derive(Debug)]
pub struct Visitor<R> {
    /// The person.
    pub actor: Actor,
    /// As whom else the person may act.
    pub session: Session,
    /// The secret, to end the session or to change it.
    pub secret: SessionSecret,
    requirement: PhantomData<R>,
}

/// How a request shows who sends it.
enum Credential {
    /// `Authorization: Bearer <secret>` (RFC 6750); only the hash leaves this module.
    Bearer(Sha256),
    /// A browser's cookie.
    Session(SessionSecret),
}

impl Credential {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let Some(value) = headers.get(AUTHORIZATION) else {
            return SessionSecret::of(headers).map(Self::Session);
        };
        let (scheme, secret) = value.as_bytes().split_at_checked("Bearer ".len())?;
        let secret = secret.trim_ascii();
        if !scheme.eq_ignore_ascii_case(b"Bearer ") || secret.is_empty() || secret.len() > MAX_SECRET_BYTES {
            return None;
        }
        Some(Self::Bearer(Sha256::of(secret)))
    }
}

async fn sign_in(shared: &Shared, parts: &Parts) -> Result<Actor, Problem> {
    let actor = match Credential::of(&parts.headers) {
        Some(Credential::Bearer(hash)) => shared.api.store.authenticate(&hash).await?,
        Some(Credential::Session(secret)) => Some(session(shared, parts, &secret).await?.actor),
        None => None,
    };
    actor.ok_or(Problem::new(ErrorCode::Unauthenticated))
}

async fn session(shared: &Shared, parts: &Parts, secret: &SessionSecret) -> Result<Session, Problem> {
    let life = shared.api.settings.session_life();
    let presence = if parts.headers.contains_key(BACKGROUND) {
        Presence::Background
    } else {
        Presence::AtDesk
    };
    let session = shared.api.store.session(&secret.hash(), life, presence).await?;
    let session = session.ok_or(Problem::new(ErrorCode::Unauthenticated))?;
    secret.check(parts)?;
    Ok(session)
}

/// Whether what `headers` carried when somebody came still lets the same person in. For connections that stay open:
/// whoever sends on one is at the desk, so a session does not run out meanwhile.
pub(crate) async fn still_stands(shared: &Shared, headers: &HeaderMap, user: UserId) -> bool {
    match Credential::of(headers) {
        Some(Credential::Bearer(hash)) => {
            let found = shared.api.store.authenticate(&hash).await;
            found.is_ok_and(|actor| actor.is_some_and(|actor| actor.user == user))
        }
        Some(Credential::Session(secret)) => {
            let life = shared.api.settings.session_life();
            let hash = secret.hash();
            let found = shared.api.store.session(&hash, life, Presence::AtDesk).await;
            // The person may act for another 課 elsewhere by now; the recording goes on all the same.
            found.is_ok_and(|session| {
                session.is_some_and(|session| session.people.iter().any(|person| person.user == user))
            })
        }
        None => false,
    }
}

fn must_allow<R: Requirement>(actor: &Actor) -> Result<(), Problem> {
    if actor.role.allows(R::PERMISSION) {
        Ok(())
    } else {
        Err(Problem::new(ErrorCode::Forbidden))
    }
}

impl<R: Requirement> FromRequestParts<Shared> for Signed<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Problem> {
        let actor = sign_in(shared, parts).await?;
        must_allow::<R>(&actor)?;
        Ok(Self {
            actor,
            requirement: PhantomData,
        })
    }
}

impl<R: Requirement> FromRequestParts<Shared> for Visitor<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Problem> {
        let secret = SessionSecret::of(&parts.headers).ok_or(Problem::new(ErrorCode::Unauthenticated))?;
        let session = session(shared, parts, &secret).await?;
        must_allow::<R>(&session.actor)?;
        Ok(Self {
            actor: session.actor.clone(),
            session,
            secret,
            requirement: PhantomData,
        })
    }
}

//! Sign-in and permission in one extractor: `Signed<ReadContents>` is the only way for a handler to get
//! an [`Actor`], so a route cannot forget to name what it needs.
//!
//! How a request shows who sends it is the enum [`Credential`]; sessions and OIDC join there.
//! Never: a secret in a log line or in an error.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use shoki_core::access::{Actor, Permission};
use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;

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
    ReadFigures
);

/// A signed-in person whose role allows `R`.
#[derive(Debug)]
pub struct Signed<R> {
    /// The person.
    pub actor: Actor,
    requirement: PhantomData<R>,
}

/// How a request shows who sends it.
enum Credential {
    /// `Authorization: Bearer <secret>` (RFC 6750); only the hash leaves this module.
    Bearer(Sha256),
}

impl Credential {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(AUTHORIZATION)?.as_bytes();
        let (scheme, secret) = value.split_at_checked("Bearer ".len())?;
        let secret = secret.trim_ascii();
        if !scheme.eq_ignore_ascii_case(b"Bearer ") || secret.is_empty() || secret.len() > MAX_SECRET_BYTES {
            return None;
        }
        Some(Self::Bearer(Sha256::of(secret)))
    }
}

async fn sign_in(shared: &Shared, headers: &HeaderMap) -> Result<Actor, Problem> {
    let actor = match Credential::of(headers) {
        Some(Credential::Bearer(hash)) => shared.api.store.authenticate(&hash).await?,
        None => None,
    };
    actor.ok_or(Problem::new(ErrorCode::Unauthenticated))
}

impl<R: Requirement> FromRequestParts<Shared> for Signed<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Problem> {
        let actor = sign_in(shared, &parts.headers).await?;
        if !actor.role.allows(R::PERMISSION) {
            return Err(Problem::new(ErrorCode::Forbidden));
        }
        Ok(Self {
            actor,
            requirement: PhantomData,
        })
    }
}

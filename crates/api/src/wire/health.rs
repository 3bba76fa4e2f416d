//! Health on the wire.

use serde::Serialize;
use utoipa::ToSchema;

/// The answer of `/livez`.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveBody {
    /// Always `ok`: the process answers.
    #[schema(example = "ok")]
    pub status: &'static str,
}

/// The answer of `/readyz`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadyBody {
    /// Whether every check is good.
    pub ready: bool,
    /// The checks.
    pub checks: Vec<CheckBody>,
}

/// One check.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckBody {
    /// `models` · `database` · `disk` · `accepting`.
    #[schema(example = "database")]
    pub name: &'static str,
    /// Whether it is good.
    pub ok: bool,
    /// In Japanese: that it is good, or what is wrong and what to do.
    pub message: String,
}

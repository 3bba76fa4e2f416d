//! A way out of this product (`sign_in` and the index server are the others): requests to the one OpenAI-compatible
//! server that the operator names under `[drafting]`, and the drafts made with it: of answers and of minutes.
//!
//! Promises: nothing is contacted unless it is named, no redirect is followed, no proxy of the
//! environment is used, an answer is bounded in bytes and time, and dropping a request ends its
//! connection; personal data of a question is masked before it leaves. Never: a question, a passage or an
//! answer in the log.

pub mod answer;
pub mod chat;
pub mod client;
mod connection;
mod minutes_item;
pub mod server;
pub mod service;

pub use answer::Drafter;
pub use chat::{ChatRequest, Message, Role, Schema};
pub use client::ChatClient;
pub use server::{Server, ServerFault};

/// Why a request to the server brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum DraftingError {
    /// No connection.
    #[error("the drafting server cannot be reached")]
    Unreachable(#[source] std::io::Error),
    /// The connection broke, or what came is no HTTP.
    #[error("the exchange with the drafting server broke off")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Not within the configured time.
    #[error("the drafting server took too long")]
    TimedOut,
    /// It sends elsewhere, which is never followed.
    #[error("the drafting server answered {0} and points elsewhere")]
    Redirected(u16),
    /// It refuses.
    #[error("the drafting server answered {0}")]
    Refused(u16),
    /// Longer than any draft.
    #[error("the drafting server's answer is longer than {0} bytes")]
    TooLarge(usize),
    /// No chat completion, or one that was cut off.
    #[error("the drafting server's answer cannot be used: {0}")]
    Unusable(&'static str),
}

impl DraftingError {
    /// What it is to the outside.
    #[must_use]
    pub const fn failure(&self) -> shoki_api::DraftFailure {
        match self {
            Self::TimedOut => shoki_api::DraftFailure::TimedOut,
            _ => shoki_api::DraftFailure::Server,
        }
    }
}

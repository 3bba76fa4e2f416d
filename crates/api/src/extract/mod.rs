//! What a handler may ask of a request. Every refusal is a [`crate::problem::Problem`].

pub mod body;
pub mod form;
pub mod idempotency;
pub mod path;
pub mod query;
pub mod session;
pub mod signed;
pub mod version;

pub use body::JsonBody;
pub use form::FormBody;
pub use idempotency::IdempotencyKey;
pub use path::Ids;
pub use query::Search;
pub use signed::{Signed, Visitor};

//! What a handler may ask of a request. Every refusal is a [`crate::problem::Problem`].

pub mod body;
pub mod idempotency;
pub mod path;
pub mod query;
pub mod signed;
pub mod version;

pub use body::JsonBody;
pub use idempotency::IdempotencyKey;
pub use path::Ids;
pub use query::Search;
pub use signed::Signed;

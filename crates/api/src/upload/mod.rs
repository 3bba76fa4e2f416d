//! Uploads: a multipart body streamed into blobs while it is hashed, in constant memory.
//!
//! Promises: limits hold on the stream, not on what a header says; a refused file leaves no blob; a
//! client that goes away leaves none either. The file's kind is decided by its first bytes.

mod many;
pub mod parts;
mod receive;
mod single;

pub use many::{SubmittedBatch, batch};
pub use single::{erase, single};

use shoki_core::code::ErrorCode;
use tokio::sync::OwnedSemaphorePermit;

use crate::problem::Problem;
use crate::state::Shared;

/// The form field that carries files.
const FILE: &str = "file";
/// What a client is told to wait when all upload places are taken, seconds.
const RETRY_AFTER_SECONDS: u32 = 5;

/// A place among the uploads received at the same time.
fn admit(shared: &Shared) -> Result<OwnedSemaphorePermit, Problem> {
    shared
        .uploads
        .clone()
        .try_acquire_owned()
        .map_err(|_| Problem::new(ErrorCode::TooManyRequests).retry_after(RETRY_AFTER_SECONDS))
}

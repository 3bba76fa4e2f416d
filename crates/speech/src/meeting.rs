//! A recording on the main path: planned, heard window by window, put together.
//!
//! Owns: the three steps between decoded sound and a transcript with speakers. Promises: a window is heard
//! the same whatever was heard before it, so that any worker may take any of them in any order; a window
//! that failed or in which nothing was understood is a segment that says so, never a hole. Never: SQL,
//! blobs, a file format of the outside.

mod assemble;
mod hear;
mod plan;

pub use assemble::{Assembled, UNSURE_BELOW, assemble};
pub use hear::{Listener, WindowPiece};
pub use plan::{Listing, Planned, plan, rules_for};

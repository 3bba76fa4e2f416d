//! The one binary's body: configuration, command line, wiring of the crates, worker loop, shutdown.
//!
//! Promises: the only crate that knows all others; reads the environment only in `config::load`,
//! prints only in `output`. Never: SQL, HTTP routes, image processing.

pub mod cli;
pub mod clock;
pub mod command;
pub mod config;
pub mod logging;
pub mod output;
pub mod place;
pub mod task_kind;

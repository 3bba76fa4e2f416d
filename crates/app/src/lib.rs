//! The one binary's body: configuration, command line, wiring of the crates, worker loop, shutdown.
//!
//! Promises: the only crate that knows all others; reads the environment only in `config::load`,
//! prints only in `output`. Never: SQL, HTTP routes, image processing.

pub mod cli;
pub mod clock;
pub mod command;
pub mod config;
pub mod corpus;
pub mod desk_thread;
pub mod drafting;
pub mod durable;
pub mod forms;
pub mod live;
pub mod logging;
pub mod memory;
pub mod metric;
pub mod minutes;
pub mod model_watch;
pub mod named_host;
pub mod output;
pub mod place;
pub mod priority;
pub mod reading_engine;
pub mod retention;
pub mod serve;
pub mod sign_in;
pub mod task_kind;
pub mod upkeep;
pub mod watch;
pub mod worker;

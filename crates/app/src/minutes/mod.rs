//! Recordings on this machine: the speech models, the work of an engine thread, result files.
//!
//! Promises: the same code hears for the service and for `shoki transcribe`; weights are read once and
//! shared. Never: a spoken word in a log.

pub mod desk;
pub mod ears;
pub mod files;
pub mod kept_voices;
mod pair;
pub mod plan_file;
pub mod regroup;
pub mod styles;
pub mod work;

//! The words and the laws of Shoki: identifiers, job and unit states, error codes, limits,
//! form definitions, model manifests, roles.
//!
//! Promises: pure values and pure functions. Never: I/O, async, a clock of its own, a dependency
//! on another crate of this workspace (held by `tests/it/arrows.rs`).

pub mod acceptance;
pub mod access;
pub mod audio;
pub mod audio_report;
pub mod calibration;
pub mod clock;
pub mod code;
pub mod corpus;
pub mod corpus_definition;
pub mod cp932;
pub mod digest;
pub mod draft;
pub mod evidence;
pub mod extract;
pub mod form;
pub mod form_check;
pub mod form_draft;
pub mod grammar;
pub mod id;
pub mod job;
pub mod limits;
pub mod live;
pub mod manifest;
pub mod master;
pub mod media;
pub mod meeting;
pub mod minutes;
pub mod minutes_draft;
pub mod minutes_style;
pub mod normal_form;
pub mod numeral;
pub mod outcome;
pub mod output_column;
pub mod output_finding;
pub mod output_profile;
pub mod piece;
pub mod pipeline;
pub mod reading;
pub mod retention;
pub mod review;
pub mod rule;
pub mod sorting;
pub mod speakers;
pub mod transcript;
pub mod transcript_edit;
pub mod unit;
pub mod voice;
pub mod voice_print;
pub mod wareki;

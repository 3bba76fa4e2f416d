//! HTTP: routes, sign-in, problem+json, server-sent events, OpenAPI, the Japanese pages.
//!
//! Promises: reads and writes state only through `store`; every route names one permission and acts as
//! a signed-in [`shoki_core::access::Actor`]; every error is problem+json in Japanese; no body is held
//! in memory whole; every open stream ends at shutdown.
//! Never: decoding, inference, SQL, a document's name or text in a log line.

pub mod acceptance;
pub mod accounts;
pub mod asking;
pub mod cursor;
pub mod difference;
pub mod directory;
pub mod drafting;
pub mod extract;
pub mod file_name;
pub mod finished;
pub mod form_desk;
pub mod form_shares;
pub mod japan;
pub mod layers;
pub mod line_holds;
pub mod live;
pub mod masking;
pub mod meetings;
pub mod minutes_desk;
pub mod office_forms;
pub mod openapi;
pub mod output_desk;
pub mod page_desk;
pub mod pages;
pub mod pending;
pub mod people;
pub mod practice;
pub mod problem;
pub mod question_bank;
pub mod resumable;
pub mod retention;
pub mod reviews;
pub mod routes;
pub mod search;
pub mod serve;
pub mod settings;
pub mod sight;
pub mod sortings;
pub mod state;
pub mod upload;
pub mod voices;
pub mod wire;

pub use directory::{
    Begun, Directory, DirectoryCommand, DirectoryFailure, DirectoryReply, DirectorySender, DirectoryWork,
    Returned, Secret,
};
pub use drafting::{DraftCommand, DraftFailure, DraftReply, DraftSender, DraftWork};
pub use form_desk::{FormCommand, FormSender, FormWork};
pub use meetings::{Heard, Meeting};
pub use minutes_desk::{MinutesCommand, MinutesFailure, MinutesSender};
pub use office_forms::{BlankForm, FormEdition, OfficeForms};
pub use openapi::openapi;
pub use output_desk::{OutputCommand, OutputFailure, OutputSender, OutputSubject, Scan};
pub use page_desk::{PageCommand, PageSender};
pub use question_bank::{
    BankAnswer, BankEdit, BankEntry, BankEntryKind, BankFilter, BankPage, BankRefusal, PlannedEdit,
};
pub use routes::router;
pub use search::{
    GateVerdict, IndexState, RuleEffect, RulesFault, SearchCommand, SearchFailure, SearchSender,
};
pub use serve::serve;
pub use settings::{ApiSettings, ServeSettings};
pub use state::ApiState;
pub use voices::Voices;

//! The law desk, wired: files → texts → SQL → index, and questions → evidence.
//!
//! Promises: SQL is the truth and the index follows it; a caseworker's question never waits for an
//! import. Never: ranking (that is `shoki_search`), SQL.

pub mod desk;
pub mod embedder;
pub mod gate;
pub mod indexer;
pub mod intake;
pub mod items;
pub mod job;
pub mod local;
pub mod lookup;
pub mod names;
pub mod reranker;
pub mod service;

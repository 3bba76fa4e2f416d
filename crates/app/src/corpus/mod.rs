//! The law desk, wired: files → texts → SQL → index, and questions → evidence.
//!
//! Promises: SQL is the truth and the index follows it; a caseworker's question never waits for an
//! import. Never: ranking (that is `shoki_search`), SQL.

pub mod desk;
pub mod embedder;
pub mod following;
pub mod gate;
mod gate_thread;
pub mod handover;
pub mod indexer;
pub mod intake;
pub mod items;
pub mod job;
pub mod knowledge;
pub mod local;
pub mod lookup;
pub mod names;
pub mod office_bank;
pub mod own_bank;
pub mod reranker;
pub mod service;
pub mod serving_index;

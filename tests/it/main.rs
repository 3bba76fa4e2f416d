//! The promises of the whole product, one integration test binary.

mod bulk_import;
mod chat_client;
mod chat_server;
mod command_line;
mod drafting;
mod end_to_end;
mod hot_folder;
mod house;
mod import_jobs;
mod index_server;
mod kill;
mod law_desk;
mod law_texts;
mod live;
mod minutes_jobs;
mod openai_client;
mod outputs;
mod own_knowledge;
mod question_bank;
mod related;
mod reranker;
mod scans;
mod service;
mod start_and_stop;
mod synonym_gate;
mod worker_steps;

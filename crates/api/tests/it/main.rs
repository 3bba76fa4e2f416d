//! The HTTP API over a real loopback socket, a real database and real blobs.

mod access;
mod batches;
mod captions;
mod drafter;
mod drafts;
mod events;
mod jobs;
mod law_desk;
mod law_desk_office;
mod listener;
mod lists;
mod meeting;
mod minutes;
mod minutes_desk;
mod observed;
mod office;
mod openai;
mod openapi;
mod output_desk;
mod outputs;
mod pages;
mod problems;
mod searcher;
mod transcripts;
mod uploads;
mod voices;

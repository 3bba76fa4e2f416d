//! Makes what Shoki is measured on, and measures it: blank forms, filled and scanned samples with
//! their truth, scores, the demonstration client, the comparison with peers.
//!
//! Never part of the product: nothing here is linked into the binary `shoki`.

pub mod blanks;
pub mod calibrate;
pub mod canvas;
pub mod corpus_samples;
pub mod demo;
pub mod desk;
pub mod forms;
pub mod numbers;
pub mod places;
pub mod process_tree;
pub mod python;
pub mod report;
pub mod review;
pub mod samples;
pub mod score;
pub mod screen;
pub mod search;
pub mod sorting;
pub mod speech;
pub mod typefaces;

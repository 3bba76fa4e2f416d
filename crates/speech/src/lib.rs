//! Audio → speech → words → speakers → minutes.
//!
//! Owns: everything after decoding that listens to a recording: measuring it, finding speech in it,
//! cutting it into windows that the recogniser takes, the copy that people listen to.
//! Promises: memory does not grow with the length of a recording; nothing that is heard is dropped
//! without being reported. Never: SQL, blobs, HTTP, foreign bytes (those are decoded in the child of
//! `shoki-decode`), a spoken word in a log or an error.

pub mod error;
pub mod export;
pub mod levels;
pub mod listening;
pub mod live;
pub mod meeting;
pub mod minutes;
pub mod pcm;
pub mod recognise;
pub mod report;
pub mod speakers;
pub mod spectrum;
pub mod terms;
pub mod vad;
pub mod windows;

pub use error::SpeechError;

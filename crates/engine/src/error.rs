//! Errors of the engine. The message is one clear sentence for the operator; `code` is for the outside.

use std::path::{Path, PathBuf};

use shoki_core::code::ErrorCode;

/// What can go wrong with models.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A manifest that cannot be read.
    #[error("モデルの定義 {path} を読めません: {detail}")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong and where.
        detail: String,
    },
    /// No manifest of that name or task.
    #[error("モデル「{0}」の定義が models にありません。")]
    Unknown(String),
    /// A file is not in the store.
    #[error(
        "モデル「{model}」のファイル {path} がありません。「shoki models pull」または「shoki models import」を実行してください。"
    )]
    Missing {
        /// The model.
        model: String,
        /// The absent file.
        path: PathBuf,
    },
    /// A file is not the one the manifest promises.
    #[error("モデル「{model}」のファイル {path} は配布されたものと異なります。入れ直してください。")]
    Tampered {
        /// The model.
        model: String,
        /// The file.
        path: PathBuf,
    },
    /// Inputs, outputs, characters or the golden sample are not as promised.
    #[error("モデル「{model}」は定義と異なるため使えません: {detail}")]
    Contract {
        /// The model.
        model: String,
        /// Which tensor or sample.
        detail: String,
    },
    /// The package client failed.
    #[error(
        "モデル「{model}」を取得できません: {detail}。ネットワークがない場合は「shoki models import」を使ってください。"
    )]
    Pull {
        /// The model.
        model: String,
        /// What the client said, last line.
        detail: String,
    },
    /// The file system.
    #[error("{path}: {source}")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The runtime failed.
    #[error("読み取りエンジン: {0}")]
    Runtime(String),
}

impl EngineError {
    /// The code shown outside.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Unknown(_) | Self::Missing { .. } | Self::Pull { .. } | Self::Manifest { .. } => {
                ErrorCode::ModelMissing
            }
            Self::Tampered { .. } => ErrorCode::ModelTampered,
            Self::Contract { .. } => ErrorCode::ModelContract,
            Self::Io { .. } | Self::Runtime(_) => ErrorCode::EngineFailed,
        }
    }

    /// Names the path an input or output error happened on.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

impl From<ort::Error> for EngineError {
    fn from(error: ort::Error) -> Self {
        Self::Runtime(error.to_string())
    }
}

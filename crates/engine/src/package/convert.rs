//! Package members that no runtime here reads, made into files that one does.
//!
//! Promises: the member's hash is checked before a byte of it is interpreted; nothing in it is executed;
//! the same member always gives the same bytes, whose hash the manifest pins too. Never: a download.

mod checkpoint;
mod ge2e;
mod onnx;

use shoki_core::digest::Sha256;
use shoki_core::manifest::{ConversionRecipe, FileConversion, ModelManifest};

use crate::error::EngineError;

/// The file made of `member`.
///
/// # Errors
/// `Tampered` when the member is not the promised one, `Pull` when it is not what the recipe takes.
pub(crate) fn convert(
    manifest: &ModelManifest,
    conversion: &FileConversion,
    name: &str,
    member: &[u8],
) -> Result<Vec<u8>, EngineError> {
    if member.len() as u64 != conversion.size || Sha256::of(member) != conversion.sha256 {
        return Err(EngineError::Tampered {
            model: manifest.name.clone(),
            path: name.into(),
        });
    }
    let made = match conversion.recipe {
        ConversionRecipe::Ge2eToOnnx => ge2e::to_onnx(member),
    };
    made.map_err(|wrong| EngineError::Pull {
        model: manifest.name.clone(),
        detail: format!("{name}: {wrong}"),
    })
}

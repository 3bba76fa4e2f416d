//! A session's real inputs and outputs against what the manifest promises.

use ort::session::Session;
use ort::value::{Outlet, ValueType};
use shoki_core::manifest::{ModelManifest, TensorContract};

use crate::error::EngineError;

/// Refuses a session that does not fit.
pub(crate) fn check(manifest: &ModelManifest, session: &Session) -> Result<(), EngineError> {
    let unfit = |detail: String| EngineError::Contract {
        model: manifest.name.clone(),
        detail,
    };
    let contract = manifest
        .contract
        .as_ref()
        .ok_or_else(|| unfit("no contract".to_owned()))?;
    compare("input", &contract.inputs, session.inputs()).map_err(unfit)?;
    compare("output", &contract.outputs, session.outputs()).map_err(unfit)
}

/// The names of the only input and the only output.
pub(crate) fn single(manifest: &ModelManifest, session: &Session) -> Result<(String, String), EngineError> {
    let ([input], [output]) = (session.inputs(), session.outputs()) else {
        return Err(EngineError::Contract {
            model: manifest.name.clone(),
            detail: "not one input and one output".to_owned(),
        });
    };
    Ok((input.name().to_owned(), output.name().to_owned()))
}

fn compare(side: &str, promised: &[TensorContract], real: &[Outlet]) -> Result<(), String> {
    if promised.len() != real.len() {
        return Err(format!("{} {side}s instead of {}", real.len(), promised.len()));
    }
    for (promised, outlet) in promised.iter().zip(real) {
        let ValueType::Tensor { ty, shape, .. } = outlet.dtype() else {
            return Err(format!("{side} {} is not a tensor", outlet.name()));
        };
        let found = TensorContract {
            name: outlet.name().to_owned(),
            dtype: ty.to_string(),
            shape: shape.iter().copied().collect(),
        };
        if found != *promised {
            return Err(format!("{side} {found:?} instead of {promised:?}"));
        }
    }
    Ok(())
}

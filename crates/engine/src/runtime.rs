//! The one ONNX Runtime environment of the process, and sessions of one thread each.
//!
//! Promises: the library is loaded through the descriptor its hash was taken through, so that replacing
//! the file between the two changes nothing (somebody who may write the store could still overwrite it in
//! place; the store belongs to the administrator). No telemetry. Side by side one-thread sessions beat one
//! session of several threads: two cost 28 % more CPU for the same lines (MODELS.md §2).

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use shoki_core::digest::Sha256;

use crate::contract;
use crate::error::EngineError;
use crate::store::{VerifiedModel, hash};

/// The process's environment and the hash of its library: ONNX Runtime allows one.
static STARTED: Mutex<Option<(Sha256, Runtime)>> = Mutex::new(None);

/// A handle on the environment; cheap to clone.
#[derive(Clone, Debug)]
pub struct Runtime {
    environment: Environment,
}

impl Runtime {
    /// Loads the verified library; later calls with the same library return the same environment.
    ///
    /// # Errors
    /// `Tampered` when the file changed since it was verified; `Runtime` when it cannot be loaded or a
    /// different one runs already.
    pub fn start(library: &VerifiedModel) -> Result<Self, EngineError> {
        let verified = library.main_file()?;
        let expected = Sha256::of(&verified.bytes);
        let mut file = File::open(&verified.path).map_err(EngineError::io(&verified.path))?;
        if hash(&mut file).map_err(EngineError::io(&verified.path))? != expected {
            return Err(EngineError::Tampered {
                model: library.manifest.name.clone(),
                path: verified.path.clone(),
            });
        }
        let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((running, runtime)) = started.as_ref() {
            return if *running == expected {
                Ok(runtime.clone())
            } else {
                Err(EngineError::Runtime(
                    "別の版の ONNX Runtime が動いています。再起動してください。".to_owned(),
                ))
            };
        }
        let environment = ort::init_from(format!("/proc/self/fd/{}", file.as_raw_fd()))
            .map_err(|error| EngineError::Runtime(error.to_string()))?
            .with_name("shoki")
            .with_telemetry(false)
            .build()?;
        let runtime = Self { environment };
        *started = Some((expected, runtime.clone()));
        Ok(runtime)
    }

    /// A one-thread session on the model's verified bytes that fits its contract.
    pub(crate) fn session(&self, model: &VerifiedModel) -> Result<Session, EngineError> {
        // Neither arena nor memory pattern: over 860 lines of differing widths they gave no speed (20 ms
        // at 320 pixels either way) and no less memory (about 170 MB for the process either way), and an
        // arena never gives back what one page's detection took.
        let cpu = ort::ep::CPU::default().with_arena_allocator(false).build();
        let mut builder = Session::builder(&self.environment)?
            .with_execution_providers([cpu])
            .map_err(ort::Error::from)?
            .with_optimization_level(GraphOptimizationLevel::All)
            .map_err(ort::Error::from)?
            .with_intra_threads(1)
            .map_err(ort::Error::from)?
            .with_inter_threads(1)
            .map_err(ort::Error::from)?
            .with_memory_pattern(false)
            .map_err(ort::Error::from)?;
        let session = builder.commit_from_memory(&model.main_file()?.bytes)?;
        contract::check(&model.manifest, &session)?;
        Ok(session)
    }
}

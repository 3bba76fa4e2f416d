//! The one ONNX Runtime environment of the process, and sessions of one thread each.
//!
//! Side by side one-thread sessions beat one session of several threads: two intra-op threads cost 28 %
//! more CPU for the same lines (MODELS.md §2).

use std::sync::OnceLock;

use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;

use crate::contract;
use crate::error::EngineError;
use crate::store::VerifiedModel;

/// The process's environment: ONNX Runtime allows one.
static ENVIRONMENT: OnceLock<Result<Environment, String>> = OnceLock::new();

/// A handle on the environment.
#[derive(Clone, Copy, Debug)]
pub struct Runtime {
    environment: &'static Environment,
}

impl Runtime {
    /// Loads the verified library; later calls return the same environment whatever they bring.
    ///
    /// # Errors
    /// `Runtime` when the library cannot be loaded.
    pub fn start(library: &VerifiedModel) -> Result<Self, EngineError> {
        let path = &library.main_file()?.path;
        let started = ENVIRONMENT.get_or_init(|| {
            let builder = ort::init_from(path).map_err(|error| error.to_string())?;
            builder
                .with_name("shoki")
                .with_telemetry(false)
                .build()
                .map_err(|error| error.to_string())
        });
        match started {
            Ok(environment) => Ok(Self { environment }),
            Err(message) => Err(EngineError::Runtime(message.clone())),
        }
    }

    /// A one-thread session on the model's verified bytes that fits its contract.
    pub(crate) fn session(&self, model: &VerifiedModel) -> Result<Session, EngineError> {
        let cpu = ort::ep::CPU::default().with_arena_allocator(false).build();
        let mut builder = Session::builder(self.environment)?
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

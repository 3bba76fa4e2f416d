//! Where a comparison finds the product and may write.
//!
//! Promise: everything that was given or is in its usual place is there, or the first missing thing is
//! named with what to do. Never: set-up (`cargo xtask` does it).

use std::path::PathBuf;

use anyhow::Context as _;

/// What may be said about it.
#[derive(Clone, Debug, clap::Args)]
pub struct PlaceArguments {
    /// The program `shoki`; beside this program by default.
    #[arg(long)]
    pub shoki: Option<PathBuf>,
    /// The model store; `target/models` by default, where `cargo xtask` puts it.
    #[arg(long)]
    pub store: Option<PathBuf>,
    /// Directory for what is made on the way, kept between runs; `target/bench-<name>` by default.
    #[arg(long)]
    pub work: Option<PathBuf>,
    /// Directory for the report.
    #[arg(long, default_value = "bench/reports")]
    pub out: PathBuf,
}

/// Absolute paths.
#[derive(Clone, Debug)]
pub struct Places {
    /// The program `shoki`.
    pub shoki: PathBuf,
    /// The model store.
    pub store: PathBuf,
    /// Directory for what is made on the way.
    pub work: PathBuf,
}

impl PlaceArguments {
    /// Finds them for the bench of this name.
    ///
    /// # Errors
    /// What is missing; a working directory that cannot be made.
    pub fn find(&self, bench: &str) -> anyhow::Result<Places> {
        // target/release/shoki-bench: the program beside it, models and work one level up.
        let own = std::env::current_exe()?;
        let target = own
            .ancestors()
            .nth(2)
            .context("this program lies in target/<profile>")?;
        let found = |given: &Option<PathBuf>, default: PathBuf| {
            let path = given.clone().unwrap_or(default);
            let missing = || format!("{}: missing; run `cargo xtask demo` once", path.display());
            path.canonicalize().with_context(missing)
        };
        let work = self.work.clone();
        let work = work.unwrap_or_else(|| target.join(format!("bench-{bench}")));
        std::fs::create_dir_all(&work)?;
        Ok(Places {
            shoki: found(&self.shoki, own.with_file_name("shoki"))?,
            store: found(&self.store, target.join("models"))?,
            work: work.canonicalize()?,
        })
    }
}

//! Python environments of peers.
//!
//! Promise: exactly the packages asked for, installed once. Never: a package from a place other than the one
//! pip is set up for.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

/// The interpreter of an environment with these packages (`name==version`), made unless it is there.
///
/// # Errors
/// No Python, no package registry.
pub fn environment(directory: &Path, packages: &[&str]) -> anyhow::Result<PathBuf> {
    let python = directory.join("bin/python");
    let installed = directory.join("installed.txt");
    let wanted = packages.join("\n");
    if std::fs::read_to_string(&installed).ok().as_deref() != Some(&wanted) {
        execute(Command::new("python3").args(["-m", "venv"]).arg(directory))?;
        execute(
            Command::new(&python)
                .args(["-m", "pip", "install", "--quiet"])
                .args(packages),
        )?;
        std::fs::write(&installed, &wanted)?;
    }
    Ok(python)
}

fn execute(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    anyhow::ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}

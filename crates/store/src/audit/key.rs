//! The key that signs what an office shows to others: checkpoints of the audit chain, certificates of deletion.
//!
//! `<dir>/audit-key` (ed25519 seed, 0600, made on first use) and `<dir>/audit-key.pub`. Promise: every kind of message
//! begins with its own context, so a signature of one is none of another. Never: the private key kept in memory.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::error::StoreError;

const KEY: &str = "audit-key";
const PUBLIC_KEY: &str = "audit-key.pub";

/// Where the key lies, and its public half.
#[derive(Clone, Debug)]
pub struct AuditKey {
    directory: PathBuf,
    public_key: VerifyingKey,
}

impl AuditKey {
    /// Opens the directory; makes it, and a key in it, on first use.
    ///
    /// # Errors
    /// `Blob` when a file cannot be read or written; `Corrupt` when a key is none.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(io)?;
        let path = directory.join(PUBLIC_KEY);
        let public_key = if path.exists() {
            let text = std::fs::read_to_string(&path).map_err(io)?;
            let mut bytes = [0; 32];
            hex::decode_to_slice(text.trim(), &mut bytes).map_err(|error| no_key(PUBLIC_KEY, error))?;
            VerifyingKey::from_bytes(&bytes).map_err(|error| no_key(PUBLIC_KEY, error))?
        } else {
            make(directory)?
        };
        Ok(Self {
            directory: directory.to_owned(),
            public_key,
        })
    }

    /// Where it lies.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The public key as hexadecimal, for the operator to note in another place.
    #[must_use]
    pub fn public_key(&self) -> String {
        hex::encode(self.public_key.as_bytes())
    }

    /// The signature of a message, hexadecimal.
    ///
    /// # Errors
    /// `Blob` when the private key cannot be read; `Corrupt` when it does not belong to the public one.
    pub fn sign(&self, message: &[u8]) -> Result<String, StoreError> {
        let text = std::fs::read_to_string(self.directory.join(KEY)).map_err(io)?;
        let mut seed = [0; 32];
        hex::decode_to_slice(text.trim(), &mut seed).map_err(|error| no_key(KEY, error))?;
        let key = SigningKey::from_bytes(&seed);
        if key.verifying_key() != self.public_key {
            return Err(no_key(KEY, "it does not belong to the public key"));
        }
        Ok(hex::encode(key.sign(message).to_bytes()))
    }

    /// Whether the signature is this key's, of this message.
    #[must_use]
    pub fn has_signed(&self, message: &[u8], signature: &str) -> bool {
        let mut bytes = [0; 64];
        hex::decode_to_slice(signature, &mut bytes).is_ok()
            && self
                .public_key
                .verify_strict(message, &Signature::from_bytes(&bytes))
                .is_ok()
    }
}

fn make(directory: &Path) -> Result<VerifyingKey, StoreError> {
    let key = SigningKey::from_bytes(&rand::random());
    let write = |name: &str, mode: u32, text: String| -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(directory.join(name))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    // The public key last: a directory that has it has both. A private key without it was torn by a power
    // cut before it signed anything.
    match std::fs::remove_file(directory.join(KEY)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    let public_key = key.verifying_key();
    write(KEY, 0o600, hex::encode(key.as_bytes()))
        .and_then(|()| sync_directory(directory))
        .and_then(|()| write(PUBLIC_KEY, 0o644, hex::encode(public_key.as_bytes())))
        .and_then(|()| sync_directory(directory))
        .map_err(io)?;
    Ok(public_key)
}

pub(super) fn sync_directory(directory: &Path) -> std::io::Result<()> {
    File::open(directory)?.sync_all()
}

pub(super) fn io(error: std::io::Error) -> StoreError {
    StoreError::Blob(Box::new(error))
}

fn no_key(what: &'static str, detail: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt {
        what,
        detail: detail.to_string(),
    }
}

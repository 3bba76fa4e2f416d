//! The lock on voice prints: XChaCha20-Poly1305 under a key that lies in a file of its own, outside the
//! database, so that a copied database names nobody by the voice.
//!
//! Promises: the key's file (32 bytes, readable by its owner only) is made at the first sealing and is there
//! whole or not at all; a sealed value opens in its own 課 and under its own id only. Never: a name or a voice
//! in an error.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use shoki_core::id::{DepartmentId, VoicePrintId};

use crate::error::StoreError;

/// Bytes of the nonce before the sealed text: long enough to be drawn at random for ever.
const NONCE_BYTES: usize = 24;

/// Seals and opens voice prints.
#[derive(Clone, Debug)]
pub struct VoiceSeal {
    key_file: PathBuf,
}

impl VoiceSeal {
    /// With the key in this file, which need not be there yet.
    #[must_use]
    pub fn at(key_file: PathBuf) -> Self {
        Self { key_file }
    }

    /// The text sealed. Blocking, short.
    ///
    /// # Errors
    /// `Blob` when the key's file cannot be read or made, `Corrupt` when it holds no key.
    pub fn seal(
        &self,
        department: DepartmentId,
        id: VoicePrintId,
        text: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let cipher = match self.cipher() {
            Err(StoreError::NotFound) => {
                make_key(&self.key_file).map_err(io)?;
                self.cipher()?
            }
            other => other?,
        };
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload {
            msg: text,
            aad: &context(department, id),
        };
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| corrupt("cannot be sealed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// What was sealed. Blocking, short.
    ///
    /// # Errors
    /// `NotFound` without the key's file; `Corrupt` for another key, 課 or id, or changed bytes.
    pub fn open(
        &self,
        department: DepartmentId,
        id: VoicePrintId,
        sealed: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let cipher = self.cipher()?;
        let (nonce, text) = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or_else(|| corrupt("too short"))?;
        let payload = Payload {
            msg: text,
            aad: &context(department, id),
        };
        let opened = cipher.decrypt(&XNonce::from(*nonce), payload);
        opened.map_err(|_| corrupt("sealed with another key, or changed"))
    }

    fn cipher(&self) -> Result<XChaCha20Poly1305, StoreError> {
        let bytes = std::fs::read(&self.key_file).map_err(io)?;
        let bytes: [u8; 32] = bytes
            .try_into()
            .map_err(|_| corrupt("the key's file holds no key"))?;
        Ok(XChaCha20Poly1305::new(&Key::from(bytes)))
    }
}

/// What a sealed value belongs to.
fn context(department: DepartmentId, id: VoicePrintId) -> Vec<u8> {
    let (department, id) = (department.as_uuid(), id.as_uuid());
    [department.as_bytes().as_slice(), id.as_bytes()].concat()
}

/// Makes the key's file, unless somebody was faster: linked to its name once it is whole.
fn make_key(path: &Path) -> std::io::Result<()> {
    let unfinished = path.with_extension(format!("{:016x}", rand::random::<u64>()));
    let key: [u8; 32] = rand::random();
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)?;
    let written = file.write_all(&key).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| match std::fs::hard_link(&unfinished, path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    });
    std::fs::remove_file(&unfinished)?;
    linked?;
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => File::open(directory)?.sync_all(),
        _ => Ok(()),
    }
}

fn io(error: std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::NotFound => StoreError::NotFound,
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::StorageFull,
        _ => StoreError::Blob(Box::new(error)),
    }
}

fn corrupt(detail: &str) -> StoreError {
    StoreError::Corrupt {
        what: "voice print",
        detail: detail.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_sealed_opens_at_its_own_place_only() {
        let directory = tempfile::tempdir().unwrap();
        let seal = VoiceSeal::at(directory.path().join("voice-key"));
        let (own, other) = (DepartmentId::generate(), DepartmentId::generate());
        let id = VoicePrintId::generate();
        assert!(matches!(seal.open(own, id, &[0; 60]), Err(StoreError::NotFound)));
        let sealed = seal.seal(own, id, "佐藤".as_bytes()).unwrap();
        assert_eq!(seal.open(own, id, &sealed).unwrap(), "佐藤".as_bytes());
        assert_ne!(
            seal.seal(own, id, "佐藤".as_bytes()).unwrap(),
            sealed,
            "another nonce"
        );
        let clear = "佐藤".as_bytes();
        assert!(!sealed.windows(clear.len()).any(|window| window == clear));
        assert!(seal.open(other, id, &sealed).is_err());
        assert!(seal.open(own, VoicePrintId::generate(), &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(seal.open(own, id, &changed).is_err(), "byte {at}");
        }
        assert!(seal.open(own, id, &sealed[..10]).is_err());
        let key = directory.path().join("voice-key");
        assert_eq!(
            std::fs::metadata(&key).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let files: Vec<_> = std::fs::read_dir(directory.path()).unwrap().collect();
        assert_eq!(files.len(), 1);
        std::fs::write(&key, [7; 32]).unwrap();
        assert!(matches!(
            seal.open(own, id, &sealed),
            Err(StoreError::Corrupt { .. })
        ));
        std::fs::write(&key, [7; 31]).unwrap();
        assert!(matches!(
            seal.seal(own, id, b"x"),
            Err(StoreError::Corrupt { .. })
        ));
    }
}

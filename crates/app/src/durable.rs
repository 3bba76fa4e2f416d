//! Files that are there whole or not at all, also after a power cut.

use std::fs::{File, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// What files begin with that are not whole yet; after a crash they may be removed.
pub const PART_PREFIX: &str = ".shoki-part-";
/// Only this account.
const PRIVATE: u32 = 0o600;
/// Whom the umask lets: files that others fetch.
const SHARED: u32 = 0o666;

/// Writes a file under a name of its own, syncs it, gives it its name, syncs the directory. What had the
/// name before is replaced. Only this account can read it.
///
/// # Errors
/// The file system's.
pub fn write_whole(directory: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    put(directory, name, bytes, PRIVATE)
}

/// The same for a file that others fetch.
///
/// # Errors
/// The file system's.
pub fn publish(directory: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    put(directory, name, bytes, SHARED)
}

fn put(directory: &Path, name: &str, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    let mut part = tempfile::Builder::new()
        .prefix(PART_PREFIX)
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(directory)?;
    part.write_all(bytes)?;
    part.as_file().sync_all()?;
    part.persist(directory.join(name))?;
    sync_directory(directory)
}

/// Makes names given, changed or taken in a directory survive a power cut.
///
/// # Errors
/// The file system's. A network share that cannot sync a directory is no error: it keeps its own promises.
pub fn sync_directory(directory: &Path) -> std::io::Result<()> {
    match File::open(directory)?.sync_all() {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

/// Removes what a crash left half-written.
///
/// # Errors
/// The file system's.
pub fn remove_parts(directory: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PART_PREFIX) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

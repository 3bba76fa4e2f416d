//! A long stream takes constant memory. A binary of its own: peak memory is the process's.

use shoki_core::digest::Sha256;
use shoki_core::id::DepartmentId;
use shoki_store::Blobs;

/// Peak resident memory of this process, bytes (proc(5)).
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[tokio::test]
async fn a_long_stream_takes_constant_memory() {
    const CHUNK: usize = 64 * 1024;
    const CHUNKS: u64 = 4096;
    let directory = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(directory.path(), 0).unwrap();
    let chunk = vec![7; CHUNK];
    let mut writer = blobs.writer(DepartmentId::generate(), u64::MAX).await.unwrap();
    for _ in 0..64 {
        writer.write(&chunk).await.unwrap();
    }
    let before = peak_memory();
    for _ in 64..CHUNKS {
        writer.write(&chunk).await.unwrap();
    }
    let stored = writer.finish().await.unwrap();
    assert_eq!(stored.blob.size, CHUNKS * CHUNK as u64, "256 MiB");
    assert_ne!(stored.blob.sha256, Sha256::of(&chunk));
    let grown = peak_memory() - before;
    assert!(grown < 8 * 1024 * 1024, "{grown} bytes");
}

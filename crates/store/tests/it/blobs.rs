//! Blobs: streaming, limits, 課, removal, the sweep.

use std::sync::Arc;

use jiff::SignedDuration;
use shoki_core::digest::Sha256;
use shoki_core::id::DepartmentId;
use shoki_store::contract::Office;
use shoki_store::contract::office::{self, document};
use shoki_store::model::NewDocument;
use shoki_store::{Blobs, SqliteStore, StoreError};
use tempfile::TempDir;

async fn open() -> (Office, Blobs, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let clock = office::clock();
    let database = directory.path().join("shoki.db");
    let store = SqliteStore::open(&database, clock.clone(), office::POLICY)
        .await
        .unwrap();
    let blobs = Blobs::open(&directory.path().join("blobs"), 0).unwrap();
    (Office::open(Arc::new(store), clock).await, blobs, directory)
}

fn files_below(directory: &std::path::Path) -> usize {
    std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { files_below(&path) } else { 1 }
        })
        .sum()
}

#[tokio::test]
async fn a_stream_comes_back_whole_in_parts_and_as_a_file() {
    let (office, blobs, directory) = open().await;
    let department = office.clerk.department;
    let bytes: Vec<u8> = (0..5_000_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let mut writer = blobs.writer(department, bytes.len() as u64).await.unwrap();
    for chunk in bytes.chunks(70_001) {
        writer.write(chunk).await.unwrap();
    }
    let stored = writer.finish().await.unwrap();
    let sha256 = Sha256::of(&bytes);
    assert_eq!(
        (stored.blob.sha256, stored.blob.size),
        (sha256, bytes.len() as u64)
    );
    assert_eq!(stored.head, bytes[..4096]);
    assert_eq!(blobs.read(department, &sha256).await.unwrap(), bytes);
    let range = blobs
        .read_range(department, &sha256, 1_048_570..1_048_590)
        .await
        .unwrap();
    assert_eq!(range, bytes[1_048_570..1_048_590]);
    let mut file = blobs.open_file(department, &sha256).unwrap();
    let mut read = Vec::new();
    std::io::Read::read_to_end(&mut file, &mut read).unwrap();
    assert_eq!(read, bytes);
    assert!(blobs.path(department, &sha256).starts_with(directory.path()));
    assert_eq!(files_below(&directory.path().join("blobs")), 1);
}

#[tokio::test]
async fn an_empty_stream_is_a_blob_too() {
    let (office, blobs, _directory) = open().await;
    let stored = blobs.put(office.clerk.department, b"").await.unwrap();
    assert_eq!((stored.blob.size, stored.head.len()), (0, 0));
    let read = blobs
        .read(office.clerk.department, &stored.blob.sha256)
        .await
        .unwrap();
    assert!(read.is_empty());
}

#[tokio::test]
async fn the_limit_holds_on_the_stream_and_leaves_nothing() {
    let (office, blobs, directory) = open().await;
    let mut writer = blobs.writer(office.clerk.department, 3_000_000).await.unwrap();
    writer.write(&vec![7; 3_000_000]).await.unwrap();
    let error = writer.write(b"!").await.unwrap_err();
    assert!(
        matches!(error, StoreError::TooLarge { limit: 3_000_000 }),
        "{error:?}"
    );
    drop(writer);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while files_below(&directory.path().join("blobs")) > 0 {
        assert!(std::time::Instant::now() < deadline, "the staging file stayed");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_full_disk_refuses_uploads_and_still_takes_pieces() {
    let (office, _, directory) = open().await;
    let blobs = Blobs::open(&directory.path().join("blobs"), u64::MAX).unwrap();
    let department = office.clerk.department;
    let refused = blobs.writer(department, 10).await.unwrap_err();
    assert!(matches!(refused, StoreError::StorageFull));
    let piece = blobs.put(department, b"piece").await.unwrap();
    let removed = blobs
        .remove_unreferenced(office.store.as_ref(), department, &[piece.blob])
        .await
        .unwrap();
    assert_eq!(removed, 0, "held");
    let blob = piece.blob;
    drop(piece);
    let removed = blobs
        .remove_unreferenced(office.store.as_ref(), department, &[blob])
        .await
        .unwrap();
    assert_eq!(removed, 1, "removal works on a full disk");
}

#[tokio::test]
async fn a_blob_is_not_found_from_another_department() {
    let (office, blobs, _directory) = open().await;
    let stored = blobs.put(office.clerk.department, b"secret").await.unwrap();
    let other = office.stranger.department;
    let sha256 = stored.blob.sha256;
    assert!(!blobs.exists(other, &sha256).await.unwrap());
    assert!(matches!(
        blobs.read(other, &sha256).await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(
        blobs.open_file(other, &sha256),
        Err(StoreError::NotFound)
    ));
    assert!(blobs.exists(office.clerk.department, &sha256).await.unwrap());
}

#[tokio::test]
async fn rotten_bytes_are_noticed() {
    let (office, blobs, _directory) = open().await;
    let stored = blobs.put(office.clerk.department, b"page").await.unwrap();
    std::fs::write(blobs.path(office.clerk.department, &stored.blob.sha256), b"pale").unwrap();
    let error = blobs
        .read(office.clerk.department, &stored.blob.sha256)
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::Corrupt { what: "blob", .. }),
        "{error:?}"
    );
}

/// Same contents uploaded again while their only document is deleted: the new document keeps its bytes.
#[tokio::test]
async fn deletion_spares_a_blob_that_was_just_uploaded_again() {
    let (office, blobs, _directory) = open().await;
    let store = office.store.as_ref();
    let department = office.clerk.department;
    let new = |blob| NewDocument {
        id: None,
        blob,
        ..document("a.pdf")
    };
    let first = blobs.put(department, b"same bytes").await.unwrap();
    let old = store
        .create_document(&office.clerk, new(first.blob))
        .await
        .unwrap();
    drop(first);

    let again = blobs.put(department, b"same bytes").await.unwrap();
    let orphans = store.delete_document(&office.clerk, old.id).await.unwrap();
    assert_eq!(orphans, [again.blob]);
    blobs
        .remove_unreferenced(store, department, &orphans)
        .await
        .unwrap();
    let document = store
        .create_document(&office.clerk, new(again.blob))
        .await
        .unwrap();
    drop(again);
    assert_eq!(
        blobs.read(department, &document.blob.sha256).await.unwrap(),
        "same bytes"
    );

    let orphans = store.delete_document(&office.clerk, document.id).await.unwrap();
    assert_eq!(
        blobs
            .remove_unreferenced(store, department, &orphans)
            .await
            .unwrap(),
        1
    );
    assert!(!blobs.exists(department, &document.blob.sha256).await.unwrap());
}

#[tokio::test]
async fn the_sweep_takes_what_is_old_and_unreferenced_only() {
    let (office, blobs, directory) = open().await;
    let store = office.store.as_ref();
    let department = office.clerk.department;
    let kept = blobs.put(department, b"kept").await.unwrap().blob;
    let new = NewDocument {
        id: None,
        blob: kept,
        ..document("a.pdf")
    };
    store.create_document(&office.clerk, new).await.unwrap();
    let orphan = blobs.put(department, b"orphan").await.unwrap().blob;
    let incoming = directory.path().join("blobs/incoming/0123#1");
    std::fs::write(&incoming, b"half").unwrap();

    // The files are younger than the office's clock (which stands in the past) by any measure.
    let swept = blobs.sweep(store, SignedDuration::ZERO).await.unwrap();
    assert_eq!((swept.unfinished, swept.unreferenced), (0, 0));
    let real_now = jiff::Timestamp::now();
    office.pass(real_now.duration_since(store.now()) + SignedDuration::from_hours(1));
    let swept = blobs.sweep(store, SignedDuration::from_hours(2)).await.unwrap();
    assert_eq!((swept.unfinished, swept.unreferenced), (0, 0));
    let swept = blobs.sweep(store, SignedDuration::from_mins(30)).await.unwrap();
    assert_eq!((swept.unfinished, swept.unreferenced), (1, 1));
    assert!(!incoming.exists());
    assert!(!blobs.exists(department, &orphan.sha256).await.unwrap());
    assert!(blobs.exists(department, &kept.sha256).await.unwrap());
    let nowhere = DepartmentId::generate();
    assert!(!blobs.exists(nowhere, &kept.sha256).await.unwrap());
}

/// Uploads and deletions of the same contents at once, some of them by clients that hang up: no document is
/// ever without its bytes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_document_loses_its_bytes_to_a_race() {
    let (office, blobs, _directory) = open().await;
    let department = office.clerk.department;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..6_u32 {
        let (store, blobs, clerk) = (Arc::clone(&office.store), blobs.clone(), office.clerk.clone());
        tasks.spawn(async move {
            for round in 0..15_u32 {
                let stored = blobs.put(department, b"same bytes").await.unwrap();
                let new = NewDocument {
                    id: None,
                    blob: stored.blob,
                    ..document("a.pdf")
                };
                let record = store.create_document(&clerk, new);
                if (number + round) % 3 == 0 {
                    // Polled a few times, then dropped, wherever it is.
                    let mut record = record;
                    for _ in 0..(round % 4) {
                        // On an idle machine it may be done by then, and must not be asked again.
                        if futures::poll!(record.as_mut()).is_ready() {
                            break;
                        }
                        tokio::task::yield_now().await;
                    }
                    drop(record);
                } else if round % 5 == 4 {
                    record.await.unwrap();
                } else {
                    let made = record.await.unwrap();
                    drop(stored);
                    let orphans = store.delete_document(&clerk, made.id).await.unwrap();
                    blobs
                        .remove_unreferenced(store.as_ref(), department, &orphans)
                        .await
                        .unwrap();
                }
            }
        });
    }
    tasks.join_all().await;
    let sha256 = Sha256::of(b"same bytes");
    let referenced = office
        .store
        .blob_is_referenced(department, &sha256)
        .await
        .unwrap();
    assert!(referenced, "the fifth round's documents stay");
    assert_eq!(blobs.read(department, &sha256).await.unwrap(), "same bytes");
}

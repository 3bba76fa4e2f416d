//! Deletion is real: a name and contents that were deleted are in no file of the data directory.

use std::path::Path;
use std::sync::Arc;

use shoki_core::corpus::Visibility;
use shoki_core::digest::Sha256;
use shoki_core::id::VoicePrintId;
use shoki_core::transcript::SegmentId;
use shoki_core::transcript_edit::Edit;
use shoki_store::contract::Office;
use shoki_store::contract::corpus_office::import;
use shoki_store::contract::office::{self, document, idempotency, pipeline};
use shoki_store::corpus_model::{Importer, PassageVector};
use shoki_store::model::{NewArtifact, NewDocument, Planned};
use shoki_store::{Blobs, CorpusStore as _, JobStore as _, SqliteStore};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

const NAME: &str = "カナリア太郎の申告書 canary-name-7f3a.pdf";
const CONTENTS: &str = "canary-contents-9c41";
const PIECE: &str = "canary-piece-1d02";
const VECTOR: [f32; 4] = [0.123_456, -7.654_321, 3.333_333, -2.222_222];

/// Files below `directory` that hold the bytes.
pub fn hits(directory: &Path, needle: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(hits(&path, needle));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            if bytes.windows(needle.len()).any(|window| window == needle) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[tokio::test]
async fn nothing_of_a_deleted_document_is_left_in_any_file() {
    let directory = tempfile::tempdir().unwrap();
    let clock = office::clock();
    let database = directory.path().join("shoki.db");
    let store = SqliteStore::open(&database, clock.clone(), office::POLICY)
        .await
        .unwrap();
    let blobs = Blobs::open(&directory.path().join("blobs"), 0).unwrap();
    let office = Office::open(Arc::new(store), clock).await;
    let (store, clerk) = (office.store.as_ref(), &office.clerk);

    // Neighbours, so that pages of the database split and cells move; some are deleted and used again.
    let mut neighbours = Vec::new();
    for number in 0..400 {
        neighbours.push(
            office
                .job(&format!("隣の文書その{number}番{}", "長".repeat(number % 90)))
                .await,
        );
        if number == 200 {
            let stored = blobs.put(clerk.department, CONTENTS.as_bytes()).await.unwrap();
            let new = NewDocument {
                id: None,
                name: NAME.to_owned(),
                blob: stored.blob,
                ..document(NAME)
            };
            let key = idempotency(NAME, "request");
            store
                .submit_batch(clerk, vec![new], &pipeline(), Some(&key))
                .await
                .unwrap();
        }
    }
    for neighbour in neighbours.iter().step_by(3) {
        store.cancel_job(clerk, neighbour.id).await.unwrap();
        store.delete_document(clerk, neighbour.document).await.unwrap();
    }
    let listed = store.jobs(clerk, &Default::default(), None, 1000).await.unwrap();
    let job = listed.rows.iter().find(|job| job.document_name == NAME).unwrap();
    while let Some(claim) = store.claim(office.worker, office::LEASE).await.unwrap() {
        use shoki_core::unit::UnitKind;
        let piece = blobs.put(clerk.department, PIECE.as_bytes()).await.unwrap();
        let artifact = NewArtifact {
            name: format!("{NAME}.csv"),
            media_type: "text/csv".to_owned(),
            blob: piece.blob,
        };
        match claim.kind {
            UnitKind::Plan if claim.job == job.id => {
                store.commit_plan(claim.fence, Planned::together(3), None).await
            }
            UnitKind::Plan => store.commit_plan(claim.fence, Planned::together(0), None).await,
            UnitKind::Run => store.commit_piece(claim.fence, piece.blob).await,
            UnitKind::Assemble if claim.job == job.id => {
                store
                    .commit_outcome(claim.fence, office::outcome(), vec![artifact])
                    .await
            }
            UnitKind::Assemble => store.commit_outcome(claim.fence, office::outcome(), vec![]).await,
        }
        .unwrap();
    }
    for needle in [NAME, CONTENTS, PIECE] {
        assert_ne!(
            hits(directory.path(), needle.as_bytes()),
            Vec::<String>::new(),
            "{needle} was there"
        );
    }

    let orphans = store.delete_document(clerk, job.document).await.unwrap();
    assert_eq!(
        blobs
            .remove_unreferenced(store, clerk.department, &orphans)
            .await
            .unwrap(),
        2
    );
    for needle in [NAME, "canary", "カナリア", CONTENTS, PIECE] {
        assert_eq!(
            hits(directory.path(), needle.as_bytes()),
            Vec::<String>::new(),
            "{needle}"
        );
    }
    let address = orphans[0].sha256;
    assert_eq!(
        hits(directory.path(), address.as_bytes()),
        Vec::<String>::new(),
        "its address"
    );
}

/// A text that a document brought into the law desk goes with it: its name, words, headings, references.
#[tokio::test]
async fn nothing_of_a_deleted_text_is_left_in_any_file() {
    let directory = tempfile::tempdir().unwrap();
    let clock = office::clock();
    let database = directory.path().join("shoki.db");
    let store = SqliteStore::open(&database, clock.clone(), office::POLICY)
        .await
        .unwrap();
    let store = Arc::new(store);
    let office = Office::open(store.clone(), clock).await;
    let clerk = &office.clerk;
    let imported = |name: &str, words: &str| {
        let articles: Vec<_> = (0..60).map(|number| format!("{words} その{number}")).collect();
        let articles: Vec<_> = articles.iter().map(String::as_str).collect();
        let mut import = import(name, Visibility::Department, None, &articles);
        import.text.source.aliases = vec![format!("{words} の略")];
        import
    };
    let mut document_of_canary = None;
    for number in 0..30 {
        let name = format!("通知{number}");
        let (name, words) = if number == 15 {
            (NAME, CONTENTS)
        } else {
            (name.as_str(), "隣の条文")
        };
        let made = store.create_document(clerk, document(name)).await.unwrap();
        let texts = vec![imported(name, words)];
        let digest = texts[0].text.passages[0].digest();
        store
            .import_revisions(Importer::Person(clerk), Some(made.id), texts)
            .await
            .unwrap();
        if number == 15 {
            document_of_canary = Some(made.id);
            let vector = PassageVector {
                digest,
                vector: VECTOR.to_vec(),
            };
            let embedder = Sha256::of(b"embedder");
            store
                .keep_vectors(clerk.department, &embedder, &[vector])
                .await
                .unwrap();
        }
    }
    let vector: Vec<u8> = VECTOR.iter().flat_map(|value| value.to_le_bytes()).collect();
    let needles = [NAME.as_bytes(), CONTENTS.as_bytes(), &vector];
    for needle in needles {
        assert_ne!(
            hits(directory.path(), needle),
            Vec::<String>::new(),
            "it was there"
        );
    }
    store
        .delete_document(clerk, document_of_canary.unwrap())
        .await
        .unwrap();
    for needle in needles {
        assert_eq!(hits(directory.path(), needle), Vec::<String>::new());
    }
    assert_eq!(store.sources(clerk.department).await.unwrap().len(), 29);
    store.check_invariants().await.unwrap();
}

/// A transcript's corrections go with its document, a voice print when it is deleted.
#[tokio::test]
async fn nothing_of_a_deleted_correction_or_voice_is_left_in_any_file() {
    let directory = tempfile::tempdir().unwrap();
    let clock = office::clock();
    let database = directory.path().join("shoki.db");
    let store = SqliteStore::open(&database, clock.clone(), office::POLICY)
        .await
        .unwrap();
    let office = Office::open(Arc::new(store), clock).await;
    let (store, clerk) = (office.store.as_ref(), &office.clerk);
    let mut jobs = Vec::new();
    for number in 0..20 {
        jobs.push(office.planned_job(&format!("{number}.wav"), 1).await);
        office.finish().await;
    }
    let mut prints = Vec::new();
    for (number, job) in jobs.iter().enumerate() {
        for sequence in 0..20 {
            let text = if number == 9 { CONTENTS } else { "隣の発言" };
            let edit = Edit::SetText {
                segment: SegmentId(sequence),
                text: format!("{text} その{sequence}"),
            };
            store
                .append_edit(clerk, job.id, sequence, &edit, &[])
                .await
                .unwrap();
        }
        let sealed = if number == 9 {
            PIECE.repeat(30)
        } else {
            "隣の声".repeat(50)
        };
        let id = VoicePrintId::generate();
        prints.push(
            store
                .keep_voice_print(clerk, id, sealed.as_bytes())
                .await
                .unwrap()
                .id,
        );
    }
    for needle in [CONTENTS, PIECE] {
        assert_ne!(
            hits(directory.path(), needle.as_bytes()),
            Vec::<String>::new(),
            "it was there"
        );
    }
    store.delete_document(clerk, jobs[9].document).await.unwrap();
    assert_eq!(hits(directory.path(), CONTENTS.as_bytes()), Vec::<String>::new());
    store.delete_voice_print(clerk, prints[9]).await.unwrap();
    assert_eq!(hits(directory.path(), PIECE.as_bytes()), Vec::<String>::new());
}

/// A long reader (a backup) is in the way of the scrubbing: it is done with the first write after it.
#[tokio::test]
async fn a_reader_in_the_way_only_delays_it() {
    let directory = tempfile::tempdir().unwrap();
    let clock = office::clock();
    let database = directory.path().join("shoki.db");
    let store = SqliteStore::open(&database, clock.clone(), office::POLICY)
        .await
        .unwrap();
    let office = Office::open(Arc::new(store), clock).await;
    let job = office.job(NAME).await;

    let options = SqliteConnectOptions::new().filename(&database);
    let mut reader = options.connect().await.unwrap();
    let mut reading = reader.begin().await.unwrap();
    sqlx::query("SELECT * FROM documents")
        .fetch_all(&mut *reading)
        .await
        .unwrap();
    office
        .store
        .delete_document(&office.clerk, job.document)
        .await
        .unwrap();
    assert_ne!(hits(directory.path(), NAME.as_bytes()), Vec::<String>::new());
    reading.rollback().await.unwrap();
    office
        .store
        .record(&office.clerk, "some.write", "x")
        .await
        .unwrap();
    assert_eq!(hits(directory.path(), NAME.as_bytes()), Vec::<String>::new());
}

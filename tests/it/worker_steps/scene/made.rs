//! What a scene is made of: its job, its database, its pieces, its files.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use shoki_core::id::{DocumentId, JobId};
use shoki_core::media::MediaKind;
use shoki_core::piece::PagePiece;
use shoki_core::pipeline::PipelineRef;
use shoki_core::reading::{PageKind, PageReading};
use shoki_store::contract::office::{Office, POLICY};
use shoki_store::model::NewDocument;
use shoki_store::{Blobs, SqliteStore};

use super::CANARY;

pub(super) async fn submit(
    office: &Office,
    blobs: &Blobs,
    name: &str,
    media: MediaKind,
    contents: &str,
    pipeline: &PipelineRef,
) -> (DocumentId, JobId) {
    let stored = blobs
        .put(office.clerk.department, contents.as_bytes())
        .await
        .expect("stored");
    let new = NewDocument {
        id: None,
        name: name.to_owned(),
        media: Some(media),
        blob: stored.blob,
    };
    let document = office
        .store
        .create_document(&office.clerk, new)
        .await
        .expect("recorded")
        .id;
    let submitted = office
        .store
        .submit_job(&office.clerk, document, pipeline, None)
        .await
        .expect("accepted");
    (document, submitted.jobs[0].id)
}

pub(super) async fn open_store(
    directory: &Path,
    clock: &Arc<shoki_core::clock::ManualClock>,
) -> Arc<SqliteStore> {
    let path = directory.join("shoki.db");
    Arc::new(
        SqliteStore::open(&path, clock.clone(), POLICY)
            .await
            .expect("a database"),
    )
}

pub(super) fn piece(index: u32) -> Vec<u8> {
    let reading = PageReading {
        page: index + 1,
        kind: PageKind::Blank,
        form: Some(CANARY.to_owned()),
        form_version: None,
        quarter_turns: 0,
        registration_error: None,
        placement: None,
        doubt: None,
        fields: Default::default(),
        lines: Vec::new(),
    };
    PagePiece {
        reading,
        crops: Default::default(),
    }
    .encode()
    .expect("a piece")
}

pub(super) fn collect(directory: &Path, files: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.insert(path.display().to_string());
        }
    }
}

//! Documents and what their deletion takes with it.

use shoki_core::id::DocumentId;
use shoki_core::unit::BlobRef;

use super::office::{Office, blob, document, idempotency, pipeline};
use crate::error::StoreError;
use crate::model::{JobFilter, NewDocument};

/// A document comes back as it was recorded; one of an unknown kind too.
pub async fn a_document_comes_back(office: &Office) {
    for media in [document("a").media, None] {
        let new = NewDocument {
            id: None,
            media,
            ..document("届出.pdf")
        };
        let made = office.store.create_document(&office.clerk, new).await.unwrap();
        assert_eq!(
            (made.name.as_str(), made.media, made.blob),
            ("届出.pdf", media, blob("届出.pdf"))
        );
        assert_eq!(
            (made.department, made.uploaded_by),
            (office.clerk.department, office.clerk.user)
        );
        assert_eq!(made.created_at, office.store.now());
        assert_eq!(
            office.store.document(&office.colleague, made.id).await.unwrap(),
            made
        );
    }
    let unknown = office
        .store
        .document(&office.clerk, DocumentId::generate())
        .await
        .unwrap_err();
    assert!(matches!(unknown, StoreError::NotFound));
}

/// Deletion takes jobs, units, events and artifacts along and names every blob that is free now.
pub async fn deletion_takes_everything_along(office: &Office) {
    let store = &office.store;
    let job = office.planned_job("a.pdf", 1).await;
    let page = office.claim().await;
    store.commit_piece(page.fence, blob("piece")).await.unwrap();
    office.finish().await;
    let orphans = store.delete_document(&office.clerk, job.document).await.unwrap();
    let mut expected = vec![blob("a.pdf"), blob("piece"), blob("fields.json")];
    expected.sort_by_key(|blob| blob.sha256);
    let mut found = orphans;
    found.sort_by_key(|blob| blob.sha256);
    assert_eq!(found, expected);
    for blob in expected {
        assert!(
            !store
                .blob_is_referenced(office.clerk.department, &blob.sha256)
                .await
                .unwrap()
        );
    }
    assert!(matches!(
        store.document(&office.clerk, job.document).await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(
        store.job(&office.clerk, job.id).await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(
        store.job_events(&office.clerk, job.id, 0, 9).await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(
        store.artifacts(&office.clerk, job.id).await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(
        store.ended_units_of(&office.clerk, job.id).await,
        Err(StoreError::NotFound)
    ));
    let listed = store
        .jobs(&office.clerk, &JobFilter::default(), None, 9)
        .await
        .unwrap();
    assert_eq!(listed.rows, []);
    let again = store
        .delete_document(&office.clerk, job.document)
        .await
        .unwrap_err();
    assert!(matches!(again, StoreError::NotFound));
}

/// A blob that another document, piece or artifact of the 課 shares is not free; one of another 課 is.
pub async fn a_shared_blob_stays(office: &Office) {
    let store = &office.store;
    let first = store
        .create_document(&office.clerk, document("a.pdf"))
        .await
        .unwrap();
    let second = store
        .create_document(&office.colleague, document("a.pdf"))
        .await
        .unwrap();
    store
        .create_document(&office.stranger, document("a.pdf"))
        .await
        .unwrap();
    assert_eq!(store.delete_document(&office.clerk, first.id).await.unwrap(), []);
    assert!(
        store
            .blob_is_referenced(office.clerk.department, &blob("a.pdf").sha256)
            .await
            .unwrap()
    );
    let orphans = store.delete_document(&office.clerk, second.id).await.unwrap();
    assert_eq!(orphans, [blob("a.pdf")]);
    assert!(
        store
            .blob_is_referenced(office.stranger.department, &blob("a.pdf").sha256)
            .await
            .unwrap()
    );

    let job = office.planned_job("b.pdf", 1).await;
    let page = office.claim().await;
    store.commit_piece(page.fence, blob("c.pdf")).await.unwrap();
    let third = store
        .create_document(&office.clerk, document("c.pdf"))
        .await
        .unwrap();
    assert_eq!(
        store.delete_document(&office.clerk, third.id).await.unwrap(),
        [],
        "a piece has it"
    );
    office.finish().await;
    let orphans: Vec<BlobRef> = store.delete_document(&office.clerk, job.document).await.unwrap();
    assert!(orphans.contains(&blob("c.pdf")), "{orphans:?}");
}

/// Units of a deleted document are not claimed, and attempts that run lose their fence.
pub async fn deletion_voids_the_fences(office: &Office) {
    let store = &office.store;
    let job = office.planned_job("a.pdf", 3).await;
    let running = office.claim().await;
    store.delete_document(&office.clerk, job.document).await.unwrap();
    let lost = store.commit_piece(running.fence, blob("late")).await.unwrap_err();
    assert!(matches!(lost, StoreError::LeaseLost), "{lost:?}");
    assert!(
        !store
            .blob_is_referenced(office.clerk.department, &blob("late").sha256)
            .await
            .unwrap()
    );
    assert!(
        store
            .claim(office.worker, super::office::LEASE)
            .await
            .unwrap()
            .is_none()
    );
    let depth = store.queue_depth().await.unwrap();
    assert_eq!((depth.ready, depth.leased, depth.dead), (0, 0, 0));
}

/// A key outlives its deleted jobs: the replay gives those that are left, and none at all is `NotFound`.
pub async fn a_replay_does_not_revive_the_deleted(office: &Office) {
    let store = &office.store;
    let key = idempotency("key", "request");
    let documents = vec![document("a.pdf"), document("b.pdf")];
    let batch = store
        .submit_batch(&office.clerk, documents.clone(), &pipeline(), Some(&key))
        .await
        .unwrap();
    store
        .delete_document(&office.clerk, batch.jobs[0].document)
        .await
        .unwrap();
    let replay = store
        .submit_batch(&office.clerk, documents.clone(), &pipeline(), Some(&key))
        .await
        .unwrap();
    assert!(replay.replayed);
    assert_eq!(replay.jobs, batch.jobs[1..]);
    store
        .delete_document(&office.clerk, batch.jobs[1].document)
        .await
        .unwrap();
    let gone = store
        .submit_batch(&office.clerk, documents, &pipeline(), Some(&key))
        .await
        .unwrap_err();
    assert!(matches!(gone, StoreError::NotFound), "{gone:?}");
}

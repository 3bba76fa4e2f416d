//! Runs of the 保存期間 with real files, and their certificates: signed, in the chain, without a name.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::civil::date;
use shoki_core::retention::Material;
use shoki_store::audit::{AuditKey, verify};
use shoki_store::contract::Office;
use shoki_store::contract::office::{self, document};
use shoki_store::corpus_model::NewQuestion;
use shoki_store::deletion::{Certificate, CertificateFault, name_digest, verify_certificate};
use shoki_store::model::{Document, NewDocument};
use shoki_store::{Blobs, CorpusStore as _, SqliteStore, retention};
use tempfile::TempDir;

use crate::canary::hits;

const TEN_DAYS: SignedDuration = SignedDuration::from_hours(240);

struct Archive {
    office: Office,
    database: Arc<SqliteStore>,
    blobs: Blobs,
    key: AuditKey,
    directory: TempDir,
}

impl Archive {
    async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = office::clock();
        let path = directory.path().join("shoki.db");
        let database = Arc::new(
            SqliteStore::open(&path, clock.clone(), office::POLICY)
                .await
                .unwrap(),
        );
        let office = Office::open(database.clone(), clock).await;
        let periods = [(Material::Forms, Some(1)), (Material::VoicePrints, Some(1))];
        office
            .store
            .set_retention(&office.colleague, &periods)
            .await
            .unwrap();
        Self {
            blobs: Blobs::open(&directory.path().join("blobs"), 0).unwrap(),
            key: AuditKey::open(&directory.path().join("second-place")).unwrap(),
            office,
            database,
            directory,
        }
    }

    /// A document without a job.
    async fn hand_in(&self, name: &str, contents: &[u8]) -> Document {
        let stored = self
            .blobs
            .put(self.office.clerk.department, contents)
            .await
            .unwrap();
        let new = NewDocument {
            blob: stored.blob,
            ..document(name)
        };
        self.office
            .store
            .create_document(&self.office.clerk, new)
            .await
            .unwrap()
    }

    async fn run(&self) -> Vec<Certificate> {
        let department = self.office.clerk.department;
        let store = self.office.store.as_ref();
        let report = retention::run(store, &self.blobs, &self.key, department)
            .await
            .unwrap();
        report.certificates
    }

    async fn is_there(&self, document: &Document) -> bool {
        let blobs = self.blobs.exists(document.department, &document.blob.sha256);
        blobs.await.unwrap()
    }
}

#[tokio::test]
async fn a_run_is_certified_and_the_certificate_is_checked() {
    let archive = Archive::open().await;
    let (store, clerk) = (archive.office.store.as_ref(), &archive.office.clerk);
    let one = archive.hand_in("山田太郎の申告書.pdf", b"first").await;
    let two = archive.hand_in("鈴木花子の申告書.pdf", b"second").await;
    assert_eq!(archive.run().await, [], "nothing is due");
    archive.office.pass(TEN_DAYS);
    let young = archive.hand_in("今日の届出.pdf", b"second").await;
    let made = archive.run().await;
    let [certificate] = made.as_slice() else {
        panic!("{made:?}")
    };
    let body = &certificate.certificate;
    assert_eq!((body.by, body.department_name.as_str()), (None, "市民税課"));
    let ids: Vec<_> = body.items.iter().map(|item| item.id).collect();
    assert_eq!(ids, [*one.id.as_uuid(), *two.id.as_uuid()]);
    assert_eq!(body.items[0].removed, [one.blob]);
    assert_eq!(body.items[0].name_sha256, Some(name_digest(one.id, &one.name)));
    assert_eq!(body.items[0].days, Some(1));
    assert_eq!(body.items[1].removed, []);
    assert_eq!(
        body.items[1].shared,
        [two.blob],
        "the young one has the same bytes"
    );
    assert!(!archive.is_there(&one).await && archive.is_there(&young).await);

    // As a file, indented, by way of somebody else.
    let text = serde_json::to_string_pretty(certificate).unwrap();
    assert!(!text.contains("山田") && !text.contains("申告書"), "{text}");
    let read: Certificate = serde_json::from_str(&text).unwrap();
    verify_certificate(store, &archive.key, &read).await.unwrap();
    assert_eq!(store.certificate(clerk, body.id).await.unwrap(), read);
    let listed = store.certificates(clerk, None, 9).await.unwrap();
    assert_eq!((listed.rows[0].id, listed.rows[0].items), (body.id, 2));
    verify(store, None).await.unwrap();
    archive.database.check_invariants().await.unwrap();
    assert_eq!(store.uncertified(None).await.unwrap(), []);

    let mut less = read.clone();
    less.certificate.items.pop();
    let forged = verify_certificate(store, &archive.key, &less).await;
    assert!(matches!(forged, Err(CertificateFault::Forged)), "{forged:?}");
    let other = AuditKey::open(&archive.directory.path().join("another")).unwrap();
    let foreign = Certificate::sign(less.certificate.clone(), &other).unwrap();
    let refused = verify_certificate(store, &archive.key, &foreign).await;
    assert!(matches!(refused, Err(CertificateFault::OtherKey)), "{refused:?}");
    // Whoever has the key can sign anything; the chain has the digest of what was signed then.
    let signed_again = Certificate::sign(less.certificate, &archive.key).unwrap();
    let refused = verify_certificate(store, &archive.key, &signed_again).await;
    assert!(
        matches!(refused, Err(CertificateFault::NotInChain { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_deletion_by_hand_is_certified_once_its_bytes_are_gone() {
    let archive = Archive::open().await;
    let (store, clerk) = (archive.office.store.as_ref(), &archive.office.clerk);
    let one = archive.hand_in("a.pdf", b"first").await;
    store.delete_document(clerk, one.id).await.unwrap();
    // The process died here: the bytes are still there.
    assert!(archive.is_there(&one).await);
    let made = retention::certify(store, &archive.blobs, &archive.key, None)
        .await
        .unwrap();
    assert!(!archive.is_there(&one).await);
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].certificate.by, Some(clerk.user));
    assert_eq!(made[0].certificate.items[0].days, None);
    verify_certificate(store, &archive.key, &made[0]).await.unwrap();
    let again = retention::certify(store, &archive.blobs, &archive.key, None)
        .await
        .unwrap();
    assert_eq!(again, []);

    // Somebody is just handing in the same bytes: no certificate says that they are gone.
    let two = archive.hand_in("b.pdf", b"again").await;
    let held = archive.blobs.put(clerk.department, b"again").await.unwrap();
    store.delete_document(clerk, two.id).await.unwrap();
    let waiting = retention::certify(store, &archive.blobs, &archive.key, None)
        .await
        .unwrap();
    assert_eq!(waiting, []);
    let three = NewDocument {
        blob: held.blob,
        ..document("c.pdf")
    };
    store.create_document(clerk, three).await.unwrap();
    drop(held);
    let late = retention::certify(store, &archive.blobs, &archive.key, None)
        .await
        .unwrap();
    let item = &late[0].certificate.items[0];
    assert_eq!(
        (item.removed.len(), item.shared.len()),
        (0, 1),
        "it is in use again"
    );
}

#[tokio::test]
async fn nothing_of_an_erased_question_is_left_in_any_file() {
    const WORDS: &str = "カナリアの世帯について canary-question-55e1";
    let archive = Archive::open().await;
    let (store, clerk) = (archive.office.store.as_ref(), &archive.office.clerk);
    let periods = [(Material::Questions, Some(1))];
    store
        .set_retention(&archive.office.colleague, &periods)
        .await
        .unwrap();
    for number in 0..50 {
        let asked = NewQuestion {
            is_practice: false,
            text: if number == 20 {
                WORDS.to_owned()
            } else {
                format!("隣の質問その{number}")
            },
            as_of: date(2026, 1, 5),
            millis: 1,
            no_basis: true,
            shown: Vec::new(),
        };
        archive.database.log_question(clerk, asked).await.unwrap();
    }
    assert!(
        !hits(archive.directory.path(), WORDS.as_bytes()).is_empty(),
        "it was there"
    );
    archive.office.pass(TEN_DAYS);
    let made = archive.run().await;
    assert_eq!(made[0].certificate.items.len(), 50);
    assert_eq!(made[0].certificate.items[0].material, Some(Material::Questions));
    for needle in ["canary-question", "カナリア"] {
        assert_eq!(
            hits(archive.directory.path(), needle.as_bytes()),
            Vec::<String>::new(),
            "{needle}"
        );
    }
}

//! The hand of a worker: jobs move when a test says so.

use jiff::SignedDuration;
use shoki_core::outcome::{FormOutcome, Outcome};
use shoki_core::reading::{DocumentReading, FIELDS_JSON};
use shoki_core::unit::UnitKind;
use shoki_store::model::{Claim, NewArtifact, Planned};

use super::form::{NOTICE, page};
use super::{Office, PNG};

impl Office {
    /// Takes the unit that waits.
    pub async fn claim(&self, kind: UnitKind) -> Claim {
        let lease = SignedDuration::from_mins(1);
        let claim = self.store.claim(self.worker, lease).await.unwrap().unwrap();
        assert_eq!(claim.kind, kind);
        claim
    }

    pub async fn plan(&self, units: u32) {
        let claim = self.claim(UnitKind::Plan).await;
        self.store
            .commit_plan(claim.fence, Planned::together(units), None)
            .await
            .unwrap();
    }

    /// Reads one page: a form with one plain and one sensitive field, each with a crop.
    pub async fn read_page(&self) {
        self.read_page_of("transfer").await;
    }

    /// Reads one page as a sheet of a form.
    pub async fn read_page_of(&self, form: &str) {
        let claim = self.claim(UnitKind::Run).await;
        let blob = page(form, claim.ordinal + 1).encode().unwrap();
        let stored = self.blobs.put(claim.department, &blob).await.unwrap();
        self.store.commit_piece(claim.fence, stored.blob).await.unwrap();
    }

    /// Ends the job with one result file.
    pub async fn assemble(&self, contents: &[u8]) {
        self.assemble_as("結果 1.csv", "text/csv; charset=utf-8", contents)
            .await;
    }

    /// The same with a name and a media type.
    pub async fn assemble_as(&self, name: &str, media_type: &str, contents: &[u8]) {
        let claim = self.claim(UnitKind::Assemble).await;
        let stored = self.blobs.put(claim.department, contents).await.unwrap();
        let artifact = NewArtifact {
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            blob: stored.blob,
        };
        let outcome = Outcome::Form(FormOutcome::default());
        self.store
            .commit_outcome(claim.fence, outcome, vec![artifact])
            .await
            .unwrap();
    }

    /// A finished job of `pages` sheets whose readings can be put out: its id.
    pub async fn read_sheets(&self, pages: u32) -> String {
        self.read_sheets_of("transfer", pages).await
    }

    /// The same of the form whose sure fields pass unseen, every one of them audited.
    pub async fn read_notices(&self, pages: u32) -> String {
        self.read_sheets_of(NOTICE, pages).await
    }

    /// Whatever waits is with a worker that does not come back.
    async fn clear_the_queue(&self) {
        let lease = SignedDuration::from_hours(1);
        while self.store.claim(self.worker, lease).await.unwrap().is_some() {}
    }

    async fn read_sheets_of(&self, form: &str, pages: u32) -> String {
        self.clear_the_queue().await;
        let job = self.job(&self.document(PNG).await).await;
        self.plan(pages).await;
        for _ in 0..pages {
            self.read_page_of(form).await;
        }
        let reading = DocumentReading {
            pages: (1..=pages).map(|number| page(form, number).reading).collect(),
        };
        self.assemble_as(
            FIELDS_JSON,
            "application/json",
            &serde_json::to_vec(&reading).unwrap(),
        )
        .await;
        job
    }

    /// A finished job of `pages` pages: its document and its own id.
    pub async fn finished_job(&self, pages: u32) -> (String, String) {
        let document = self.document(PNG).await;
        let job = self.job(&document).await;
        self.plan(pages).await;
        for _ in 0..pages {
            self.read_page().await;
        }
        self.assemble(b"\xef\xbb\xbfa,b\r\n").await;
        (document, job)
    }
}

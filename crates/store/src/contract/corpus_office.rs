//! The office of the law desk's contract: the same two 課, and texts to take in.

use std::sync::Arc;

use jiff::civil::Date;
use shoki_core::access::Actor;
use shoki_core::corpus::{
    CitationEdge, ImportFault, ImportFaultKind, ImportedText, Passage, PassageKind, ReaderScope, Relation,
    RevisionHead, Segment, SegmentKind, SourceHead, SourceRank, Visibility,
};
use shoki_core::id::{DepartmentId, DocumentId};

use super::office::Office;
use crate::corpus_model::{CorpusImport, Importer, RevisionChange};
use crate::corpus_store::CorpusStore;

/// Title of the law that [`law`] makes.
pub const LAW: &str = "見本法";

/// An office and its law desk, on the same store.
#[derive(Debug)]
pub struct CorpusOffice {
    /// People and jobs.
    pub office: Office,
    /// The law desk.
    pub corpus: Arc<dyn CorpusStore>,
}

impl CorpusOffice {
    /// A clerk of the first 課.
    #[must_use]
    pub fn clerk(&self) -> &Actor {
        &self.office.clerk
    }

    /// A clerk of another 課.
    #[must_use]
    pub fn stranger(&self) -> &Actor {
        &self.office.stranger
    }

    /// Takes a text in as the clerk.
    pub async fn import(&self, import: CorpusImport) -> RevisionChange {
        self.import_as(&self.office.clerk, import).await
    }

    /// Takes a text in.
    pub async fn import_as(&self, actor: &Actor, import: CorpusImport) -> RevisionChange {
        self.taken_in(actor, None, import).await
    }

    /// Takes a text in from a document of the clerk.
    pub async fn import_from(&self, document: DocumentId, import: CorpusImport) -> RevisionChange {
        self.taken_in(&self.office.clerk, Some(document), import).await
    }

    async fn taken_in(
        &self,
        actor: &Actor,
        document: Option<DocumentId>,
        import: CorpusImport,
    ) -> RevisionChange {
        let changes = self
            .corpus
            .import_revisions(Importer::Person(actor), document, vec![import])
            .await
            .expect("a consistent import");
        changes.into_iter().next().expect("one change per text")
    }
}

/// What a 課 may see on a day.
#[must_use]
pub fn scope(department: DepartmentId, as_of: Date) -> ReaderScope {
    ReaderScope {
        department,
        as_of,
        sources: None,
        supplementary: false,
    }
}

/// An article; the one at ordinal 0 is 第1条.
#[must_use]
pub fn passage(ordinal: u32, text: &str) -> Passage {
    let number = ordinal + 1;
    Passage {
        ordinal,
        kind: PassageKind::Article,
        item: number.to_string(),
        label: format!("第{number}条"),
        headings: vec!["第一章　総則".to_owned()],
        caption: Some("見出し".to_owned()),
        text: text.to_owned(),
        segments: vec![Segment {
            kind: SegmentKind::Paragraph,
            path: vec!["1".to_owned()],
            span: 0..text.len(),
        }],
        page: Some(ordinal + 10),
    }
}

/// A text with these articles; every article after the first refers to the first.
#[must_use]
pub fn import(
    title: &str,
    visibility: Visibility,
    valid_from: Option<Date>,
    articles: &[&str],
) -> CorpusImport {
    let passages: Vec<_> = (0..)
        .zip(articles)
        .map(|(ordinal, text)| passage(ordinal, text))
        .collect();
    let edges = passages.iter().skip(1).map(|passage| CitationEdge {
        from: passage.ordinal,
        span: 0..passage.text.len(),
        source: title.to_owned(),
        item: "1".to_owned(),
        paragraph: Some("1".to_owned()),
        relation: Relation::AppliesMutatisMutandis,
    });
    CorpusImport {
        edges: edges.collect(),
        visibility,
        text: ImportedText {
            source: SourceHead {
                key: title.to_owned(),
                title: title.to_owned(),
                number: None,
                aliases: Vec::new(),
                rank: SourceRank::Notice,
            },
            revision: RevisionHead {
                valid_from,
                valid_to: None,
                amendment: None,
            },
            passages,
            faults: Vec::new(),
        },
    }
}

/// The law of the contract, shared in the office, with every field of its head set.
#[must_use]
pub fn law(valid_from: Option<Date>, articles: &[&str]) -> CorpusImport {
    let mut law = import(LAW, Visibility::Office, valid_from, articles);
    law.text.source = SourceHead {
        key: "324AC0000000001".to_owned(),
        title: LAW.to_owned(),
        number: Some("昭和二十四年法律第一号".to_owned()),
        aliases: vec!["見本".to_owned()],
        rank: SourceRank::Act,
    };
    law.text.revision.amendment = Some("令和五年法律第二号".to_owned());
    law.text.faults = vec![ImportFault {
        file: Some("law.xml".to_owned()),
        line: Some(3),
        page: None,
        kind: ImportFaultKind::Figure,
    }];
    law
}

//! The whole way from a question to its evidence, over a small city's law of our own writing.

use jiff::civil::{Date, date};
use shoki_core::corpus::{
    CitationEdge, Passage, PassageKind, ReaderScope, Relation, RevisionHead, Segment, SegmentKind,
    SourceHead, SourceRank,
};
use shoki_core::evidence::{Evidence, NoBasis, Question, Reason, Remark};
use shoki_core::id::{DepartmentId, RevisionId};
use shoki_search::index::brute::BruteForceIndex;
use shoki_search::index::{Fingerprint, IndexedRevision, PassageIndex, terms};
use shoki_search::query::bank::QuestionBank;
use shoki_search::query::citation::Names;
use shoki_search::query::lookup::{HeldRevision, MemoryPassages};
use shoki_search::query::synonym::SynonymTable;
use shoki_search::query::{QueryError, ScopeTable, Searcher, Weights};
use uuid::Uuid;

const LAW: &str = "青葉市くらし支援条例";
const OTHER: &str = "青葉市公園条例";

fn article(ordinal: u32, item: &str, caption: &str, text: &str) -> Passage {
    Passage {
        ordinal,
        kind: PassageKind::Article,
        item: item.to_owned(),
        label: format!("第{item}条"),
        headings: vec!["第一章　総則".to_owned()],
        caption: Some(caption.to_owned()),
        text: text.to_owned(),
        segments: vec![Segment {
            kind: SegmentKind::Paragraph,
            path: vec!["1".to_owned()],
            span: 0..text.len(),
        }],
        page: None,
    }
}

fn revision(
    id: u128,
    title: &str,
    from: Option<Date>,
    to: Option<Date>,
    passages: Vec<Passage>,
) -> HeldRevision {
    HeldRevision {
        id: RevisionId::from_uuid(Uuid::from_u128(id)),
        source: SourceHead {
            key: title.to_owned(),
            title: title.to_owned(),
            number: None,
            aliases: Vec::new(),
            rank: SourceRank::LocalOrdinance,
        },
        head: RevisionHead {
            valid_from: from,
            valid_to: to,
            amendment: None,
        },
        department: None,
        passages,
        edges: Vec::new(),
    }
}

struct Desk {
    index: BruteForceIndex,
    lookup: MemoryPassages,
    names: Names,
    synonyms: SynonymTable,
    bank: QuestionBank,
    own: Option<QuestionBank>,
    limits: ScopeTable,
    scope: ReaderScope,
}

impl Desk {
    fn new() -> Self {
        let change = date(2026, 4, 1);
        let mut current = revision(
            2,
            LAW,
            Some(change),
            None,
            vec![
                article(
                    0,
                    "1",
                    "目的",
                    "この条例は、市民のくらしを支えることを目的とする。",
                ),
                article(
                    1,
                    "2",
                    "費用の返還",
                    "支援を受けた者は、資力があるときは、支援に要した費用を返還しなければならない。",
                ),
                article(
                    2,
                    "3",
                    "返還の免除",
                    "前条の規定により返還すべき者がやむを得ない事由により費用を消費したときは、返還を免除することができる。",
                ),
                article(
                    3,
                    "10_2",
                    "支援の申請",
                    "支援を受けようとする者は、申請書を市長に提出しなければならない。",
                ),
            ],
        );
        current.edges.push(CitationEdge {
            from: 2,
            span: 0.."前条".len(),
            source: LAW.to_owned(),
            item: "2".to_owned(),
            paragraph: None,
            relation: Relation::Mentions,
        });
        let held = vec![
            revision(
                1,
                LAW,
                None,
                Some(change),
                vec![article(
                    0,
                    "2",
                    "費用の返還",
                    "支援を受けた者は、費用を返還するよう努める。",
                )],
            ),
            current,
            revision(
                3,
                OTHER,
                None,
                None,
                vec![article(
                    0,
                    "2",
                    "使用料の返還",
                    "市長は、公園の使用料を返還することができる。",
                )],
            ),
        ];
        let index = BruteForceIndex::new(Fingerprint {
            embedder: None,
            dimensions: 0,
            layout: terms::LAYOUT,
        });
        let revisions: Vec<IndexedRevision> = held
            .iter()
            .map(|held| IndexedRevision {
                revision: held.id,
                source: held.source.key.clone(),
                title: held.source.title.clone(),
                department: None,
                valid_from: held.head.valid_from,
                valid_to: held.head.valid_to,
                passages: held.passages.clone(),
                vectors: Vec::new(),
            })
            .collect();
        index.apply(&revisions, &[]).expect("an index in memory");
        Self {
            index,
            lookup: MemoryPassages::new(held),
            names: Names::new([(LAW, LAW), (OTHER, OTHER), ("くらし条例", LAW)]),
            synonyms: SynonymTable::parse(
                "version = \"t\"\n[[rule]]\nfrom = [\"使ってしまった\"]\nto = [\"返還の免除\"]\nweight = 0.8\n",
            )
            .expect("a good table"),
            bank: QuestionBank::new(
                QuestionBank::parse(
                    "{\"question\":\"お金がない人は払わなくてもよいか\",\"law\":\"使わない条例\",\"article\":\"1\"}\n",
                )
                .expect("a good bank"),
            ),
            own: None,
            limits: ScopeTable::parse(
                "version = \"t\"\ndesk = [\"支援\"]\n\
                 [[limit]]\ntopic = \"missing\"\nsource = \"様式（施行規則）\"\nwords = [\"様式第\"]\n\
                 [[limit]]\ntopic = \"outside\"\nwords = [\"天気\"]\n",
            )
            .expect("a good table"),
            scope: ReaderScope {
                department: DepartmentId::from_uuid(Uuid::from_u128(9)),
                as_of: date(2026, 11, 22),
                sources: None,
                supplementary: false,
            },
        }
    }

    fn ask(&self, text: &str) -> Evidence {
        self.try_ask(text).expect("an answer")
    }

    fn try_ask(&self, text: &str) -> Result<Evidence, QueryError> {
        let searcher = Searcher {
            index: &self.index,
            lookup: &self.lookup,
            names: &self.names,
            synonyms: &self.synonyms,
            bank: &self.bank,
            own: self.own.as_ref(),
            limits: &self.limits,
            weights: Weights::default(),
        };
        let question = Question {
            text: text.to_owned(),
            as_of: self.scope.as_of,
            sources: None,
            default_law: Some(LAW.to_owned()),
            supplementary: false,
            limit: 10,
        };
        searcher.ask(&question, &self.scope, None)
    }
}

#[test]
fn a_plain_question_finds_its_article_through_the_laws_words() {
    let evidence = Desk::new().ask("もらったお金を使ってしまった");
    let first = &evidence.hits[0];
    assert_eq!((first.title.as_str(), first.item.as_str()), (LAW, "3"));
    assert_eq!(first.reason, Reason::Found);
    assert_eq!(first.segment, ["1"]);
    assert!(evidence.no_basis.is_none());
    assert!(evidence.remarks.iter().any(|remark| matches!(
        remark,
        Remark::Widened { from, to } if from == "使ってしまった" && to == &["返還の免除"]
    )));
    for hit in &evidence.hits {
        let mut end = 0;
        for span in &hit.matched {
            assert!(span.start >= end && hit.text.get(span.clone()).is_some_and(|found| !found.is_empty()));
            end = span.end;
        }
    }
}

#[test]
fn the_workspaces_law_comes_first_and_the_other_stays() {
    let evidence = Desk::new().ask("返還");
    let titles: Vec<&str> = evidence.hits.iter().map(|hit| hit.title.as_str()).collect();
    assert_eq!(titles[0], LAW);
    assert!(titles.contains(&OTHER));
    let evidence = Desk::new().ask("青葉市公園条例では返還できるか");
    assert_eq!(evidence.hits[0].title, OTHER);
}

#[test]
fn a_cited_article_is_shown_first_and_a_missing_one_is_said() {
    let desk = Desk::new();
    for text in ["くらし条例第十条の二", "１０条の２とは", "第10条の2の返還"] {
        let evidence = desk.ask(text);
        let first = &evidence.hits[0];
        assert_eq!(
            (first.item.as_str(), first.reason),
            ("10_2", Reason::Cited),
            "{text}"
        );
        assert!(evidence.no_basis.is_none());
    }
    let evidence = desk.ask("くらし条例第九十九条");
    assert!(evidence.hits.iter().all(|hit| hit.reason != Reason::Cited));
    assert_eq!(
        evidence.remarks,
        [Remark::NoSuchItem {
            title: LAW.to_owned(),
            label: "第九十九条".to_owned()
        }]
    );
    assert!(matches!(evidence.no_basis, Some(NoBasis::SourceMissing { .. })));
    let evidence = desk.ask("青葉市ごみ条例第3条");
    assert!(matches!(&evidence.remarks[..], [Remark::NoSuchSource { .. }]));
}

#[test]
fn references_lead_one_hop_and_back() {
    let evidence = Desk::new().ask("くらし条例第3条");
    assert_eq!(evidence.hits[0].references.len(), 1);
    let target = evidence.hits[0].references[0]
        .target
        .expect("article 2 of the revision in force");
    assert_eq!(target.revision, RevisionId::from_uuid(Uuid::from_u128(2)));
    assert!(
        evidence
            .hits
            .iter()
            .chain(&evidence.related)
            .any(|hit| hit.passage == target),
        "what is referred to can be opened"
    );
}

#[test]
fn the_day_decides_which_revision_answers() {
    let mut desk = Desk::new();
    assert!(desk.ask("くらし条例第2条").hits[0].text.contains("資力"));
    desk.scope.as_of = date(2026, 3, 31);
    assert!(desk.ask("くらし条例第2条").hits[0].text.contains("努める"));
    assert!(matches!(
        desk.ask("くらし条例第3条").remarks[..],
        [Remark::NoSuchItem { .. }]
    ));
}

#[test]
fn no_basis_names_what_is_missing() {
    let desk = Desk::new();
    assert_eq!(
        desk.ask("支援の申請書は様式第何号か").no_basis,
        Some(NoBasis::SourceMissing {
            missing: "様式（施行規則）".to_owned()
        })
    );
    assert_eq!(
        desk.ask("明日の天気は").no_basis,
        Some(NoBasis::OutOfScope {
            terms: vec!["天気".to_owned()]
        })
    );
    assert!(desk.ask("天気が悪い日の支援の申請").no_basis.is_none());
    assert_eq!(
        desk.ask("労働基準法の定めは").no_basis,
        Some(NoBasis::SourceMissing {
            missing: "労働基準法".to_owned()
        })
    );
    assert!(matches!(
        desk.ask("蒸気機関車の整備").no_basis,
        Some(NoBasis::SubjectUnknown { .. })
    ));
}

#[test]
fn an_empty_and_an_endless_question_get_a_clear_answer() {
    let desk = Desk::new();
    assert!(matches!(desk.try_ask(" 　\n"), Err(QueryError::EmptyQuestion)));
    assert!(desk.try_ask(&"返還".repeat(5_000)).is_ok());
    assert!(matches!(
        desk.try_ask(&"返還".repeat(5_001)),
        Err(QueryError::QuestionTooLong(10_002))
    ));
}

#[test]
fn the_same_question_has_the_same_answer() {
    let (first, second) = (Desk::new(), Desk::new());
    for text in ["返還", "申請したい", "支援を受けた者の費用", "第2条"] {
        assert_eq!(first.ask(text), second.ask(text), "{text}");
    }
}

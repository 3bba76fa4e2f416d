//! References of texts of our own.

use proptest::prelude::*;
use shoki_core::corpus::{
    CitationEdge, ImportedText, Passage, PassageKind, Relation, RevisionHead, Segment, SegmentKind,
    SourceHead, SourceRank,
};

use super::{edges, edges_with};

fn text(title: &str, rank: SourceRank, passages: &[(PassageKind, &str, &str)]) -> ImportedText {
    ImportedText {
        source: SourceHead {
            key: title.to_owned(),
            title: title.to_owned(),
            number: None,
            aliases: Vec::new(),
            rank,
        },
        revision: RevisionHead::default(),
        passages: (0..)
            .zip(passages)
            .map(|(ordinal, &(kind, item, text))| Passage {
                ordinal,
                kind,
                item: item.to_owned(),
                label: item.to_owned(),
                headings: Vec::new(),
                caption: None,
                text: text.to_owned(),
                segments: paragraphs(text),
                page: None,
            })
            .collect(),
        faults: Vec::new(),
    }
}

/// Each line is a 項.
fn paragraphs(text: &str) -> Vec<Segment> {
    let mut start = 0;
    (1..)
        .zip(text.split('\n'))
        .map(|(number, line)| {
            let span = start..start + line.len();
            start += line.len() + 1;
            Segment {
                kind: SegmentKind::Paragraph,
                path: vec![number.to_string()],
                span,
            }
        })
        .collect()
}

fn said<'a>(
    source: &'a ImportedText,
    edges: &'a [CitationEdge],
) -> Vec<(&'a str, &'a str, &'a str, Relation)> {
    edges
        .iter()
        .map(|edge| {
            let words = &source.passages[edge.from as usize].text[edge.span.clone()];
            (words, edge.source.as_str(), edge.item.as_str(), edge.relation)
        })
        .collect()
}

use PassageKind::{Article, QuestionAnswer, Supplementary};
use Relation::{AppliesMutatisMutandis as Applies, Delegates, Mentions};

#[test]
fn a_law_points_at_itself() {
    let law = text(
        "星見市菜園条例",
        SourceRank::LocalOrdinance,
        &[
            (Article, "1", "この条例は、菜園について定める。"),
            (
                Article,
                "2",
                "前条の菜園は、市民が使う。\n２　前項の市民には、第四条第一項の者を含む。",
            ),
            (
                Article,
                "3",
                "第一条及び前条第二項の規定は、花壇について準用する。",
            ),
            (
                Article,
                "4",
                "第二条から前条までに規定する者は、市長に届け出る。この場合において、第二条中「第四条」とあるのは「第一条」と読み替えるものとする。",
            ),
            (Supplementary, "附則/1", "この条例は、公布の日から施行する。"),
            (
                Supplementary,
                "附則/2",
                "前条の規定にかかわらず、第三条は、別に定める日から施行する。",
            ),
        ],
    );
    let found = edges(&law);
    let said = said(&law, &found);
    let own = "星見市菜園条例";
    for expected in [
        ("前条", own, "1", Mentions),
        ("前項", own, "2", Mentions),
        ("第四条第一項", own, "4", Mentions),
        ("第一条", own, "1", Applies),
        ("前条第二項", own, "2", Applies),
        ("前条", own, "附則/1", Mentions),
        ("第三条", own, "3", Mentions),
    ] {
        assert!(said.contains(&expected), "{expected:?} in {said:#?}");
    }
    assert!(!said.contains(&("第四条", own, "4", Mentions)), "{said:#?}");
    assert!(
        !found.iter().any(|edge| edge.from == 3 && edge.item == "1"),
        "quoted words are no reference: {said:#?}"
    );
}

#[test]
fn a_rule_points_at_its_law() {
    let rule = text(
        "星見市菜園条例施行規則",
        SourceRank::LocalRule,
        &[
            (
                Article,
                "1",
                "この規則は、星見市菜園条例（令和五年星見市条例第九号。以下「条例」という。）の施行について定める。",
            ),
            (
                Article,
                "2",
                "条例第二条第一項の規則で定める者は、次のとおりとする。",
            ),
            (
                Article,
                "3",
                "条例第三条の届出は、地方自治法（昭和二十二年法律第六十七号）第二条及び同法第三条による。",
            ),
        ],
    );
    let found = edges(&rule);
    let said = said(&rule, &found);
    assert_eq!(
        said,
        [
            ("条例第二条第一項", "星見市菜園条例", "2", Delegates),
            ("条例第三条", "星見市菜園条例", "3", Mentions),
            (
                "地方自治法（昭和二十二年法律第六十七号）第二条",
                "地方自治法",
                "2",
                Mentions
            ),
            ("同法第三条", "地方自治法", "3", Mentions),
        ]
    );
    assert_eq!(found[0].paragraph.as_deref(), Some("1"));
}

#[test]
fn an_order_and_its_law_know_each_other() {
    let order = text(
        "菜園法施行令",
        SourceRank::CabinetOrder,
        &[(
            Article,
            "1",
            "法第四条の政令で定める広さは、十平方メートルとする。",
        )],
    );
    assert_eq!(
        said(&order, &edges(&order)),
        [("法第四条", "菜園法", "4", Delegates)]
    );
    let law = text(
        "菜園法",
        SourceRank::Act,
        &[(Article, "4", "広さは、菜園法施行令第一条による。")],
    );
    assert_eq!(
        said(&law, &edges(&law)),
        [("菜園法施行令第一条", "菜園法施行令", "1", Delegates)]
    );
}

#[test]
fn names_of_the_workspace_are_taken() {
    let questions = text(
        "窓口問答集",
        SourceRank::QuestionAnswer,
        &[(
            QuestionAnswer,
            "問1",
            "使えるか。\n使える（条例第二条第一項）。菜園要領第1の2の(1)による。",
        )],
    );
    let found = edges_with(
        &questions,
        [("条例", "星見市菜園条例"), ("菜園要領", "星見市菜園事務取扱要領")],
    );
    assert_eq!(
        said(&questions, &found),
        [
            ("条例第二条第一項", "星見市菜園条例", "2", Mentions),
            (
                "菜園要領第1の2の(1)",
                "星見市菜園事務取扱要領",
                "1-2-(1)",
                Mentions
            ),
        ]
    );
}

#[test]
fn a_reference_inside_of_the_bracket_before_is_no_name() {
    let law = text(
        "菜園法",
        SourceRank::Act,
        &[
            (
                Article,
                "1",
                "菜園は、次条第一項（第三条第二号の者を含む。）第三条の者が使う。",
            ),
            (Article, "2", "花壇"),
            (Article, "3", "市民"),
        ],
    );
    let found = edges(&law);
    let items: Vec<_> = found.iter().map(|edge| edge.item.as_str()).collect();
    assert_eq!(items, ["2", "3", "3"]);
}

proptest! {
    #[test]
    fn any_text_gives_edges_over_whole_characters(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "第一条", "第二条の二", "第三項", "第四号", "前条", "次条", "前項", "同条", "法", "令", "規則", "同法", "条例", "附則",
                "別表第一", "（", "）", "(", ")", "「", "」", "、", "。", "\n", "から", "まで", "及び", "の規定は", "準用する", "とあるのは",
                "昭和二十五年法律第百四十四号", "以下「法」という", "菜園法施行令", "の政令で定める", "ｱ", "㈱", "０",
            ]),
            0..24,
        ),
        supplementary in any::<bool>(),
    ) {
        let kind = if supplementary { Supplementary } else { Article };
        let words = parts.concat();
        let source = text("菜園法施行令", SourceRank::CabinetOrder, &[(kind, "1", "花"), (kind, "2", &words)]);
        for edge in edges(&source) {
            let citing = &source.passages[edge.from as usize].text;
            prop_assert!(citing.get(edge.span.clone()).is_some_and(|words| !words.is_empty()));
            prop_assert!(!edge.item.is_empty() && !edge.source.is_empty());
        }
    }
}

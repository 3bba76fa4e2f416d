//! The citation parser over every written form it promises, with many numbers each, and over texts as
//! laws write them.

use proptest::prelude::*;
use shoki_core::corpus::{Segment, SegmentKind};
use shoki_search::query::citation::{Base, Names, Place, SourceRef, parse, parse_at};
use shoki_search::text::to_kansuji;

const DISABILITY: &str = "障害者の日常生活及び社会生活を総合的に支援するための法律";
const BUREAU: &str = "生活保護法による保護の実施要領について（局長通知）";

fn names() -> Names {
    Names::new([
        ("生活保護法", "生活保護法"),
        ("生保法", "生活保護法"),
        ("生活保護法施行令", "生活保護法施行令"),
        ("児童福祉法", "児童福祉法"),
        ("障害者総合支援法", DISABILITY),
        (DISABILITY, DISABILITY),
        ("番号法", "番号利用法"),
        ("行手法", "行政手続法"),
        ("局", BUREAU),
        ("局長通知", BUREAU),
        ("運用事例集", "生活保護運用事例集"),
    ])
}

fn full_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '0'..='9' => char::from_u32(c as u32 - '0' as u32 + '０' as u32).expect("a digit"),
            other => other,
        })
        .collect()
}

fn named(title: &str) -> SourceRef {
    SourceRef::Named(title.to_owned())
}

fn article(item: &str) -> Place {
    Place::Article(item.to_owned())
}

/// Source words with what they mean.
fn sources() -> Vec<(&'static str, SourceRef)> {
    vec![
        ("生活保護法", named("生活保護法")),
        ("生活保護法の", named("生活保護法")),
        ("生活保護法 ", named("生活保護法")),
        ("生活保護法(昭和二十五年法律第百四十四号)", named("生活保護法")),
        ("生保法", named("生活保護法")),
        ("障害者総合支援法", named(DISABILITY)),
        (DISABILITY, named(DISABILITY)),
        ("番号法", named("番号利用法")),
        ("行手法", named("行政手続法")),
        ("生活保護法施行令", named("生活保護法施行令")),
        ("生保法施行規則", named("生活保護法施行規則")),
        ("法", SourceRef::DefaultLaw),
        ("令", SourceRef::DefaultOrder),
        ("施行令", SourceRef::DefaultOrder),
        ("規則", SourceRef::DefaultRule),
        ("施行規則", SourceRef::DefaultRule),
        ("法施行規則", SourceRef::DefaultRule),
        ("", SourceRef::This),
        ("同法", SourceRef::Same),
        ("地方税法", SourceRef::Unknown("地方税法".to_owned())),
    ]
}

/// Every way of writing one place.
fn forms(number: u64, branch: Option<u64>, paragraph: Option<u64>, item: Option<u64>) -> Vec<String> {
    (0..6)
        .map(|style| {
            let digits = |n: u64| match style {
                0 => to_kansuji(n),
                1 | 3 | 5 => n.to_string(),
                _ => full_width(&n.to_string()),
            };
            let mark = if style >= 3 { "" } else { "第" };
            let mut text = format!("{mark}{}条", digits(number));
            if let Some(branch) = branch {
                text.push_str(&format!("の{}", digits(branch)));
            }
            // After a branch number the 項 carries its 第, or the two numbers would run together.
            let mark = if branch.is_some() { "第" } else { mark };
            if let Some(paragraph) = paragraph {
                let joint = if style == 5 && branch.is_none() { "の" } else { "" };
                text.push_str(&format!("{joint}{mark}{}項", digits(paragraph)));
            }
            if let Some(item) = item {
                text.push_str(&format!("{mark}{}号", digits(item)));
            }
            text
        })
        .collect()
}

const FRAMES: [&str; 5] = [
    "{}",
    "{}の根拠は？",
    "この場合、{}により返還できますか",
    "（{}）",
    "{}に基づく届出",
];

#[test]
fn every_form_of_every_source_is_resolved() {
    let names = names();
    let (mut tried, mut wrong) = (0_u32, Vec::new());
    for (word, source) in sources() {
        for number in [1, 2, 9, 10, 11, 20, 24, 63, 99, 100, 101, 123, 250, 1044] {
            for (branch, paragraph, item) in [
                (None, None, None),
                (None, Some(1), None),
                (None, Some(12), Some(3)),
                (None, None, Some(2)),
                (Some(1), None, None),
                (Some(2), Some(1), None),
                (Some(10), None, Some(3)),
                (Some(21), Some(2), Some(10)),
            ] {
                let item_id =
                    branch.map_or_else(|| number.to_string(), |branch| format!("{number}_{branch}"));
                for form in forms(number, branch, paragraph, item) {
                    for frame in FRAMES {
                        let text = frame.replace("{}", &format!("{word}{form}"));
                        tried += 1;
                        let found = parse(&text, &names);
                        let fits = matches!(&found[..], [one]
                            if one.source == source
                                && one.place == article(&item_id)
                                && one.paragraph == paragraph.map(|n| n.to_string())
                                && one.item_no == item.map(|n| n.to_string())
                                && text[one.span.clone()] == format!("{word}{form}"));
                        if !fits {
                            wrong.push(format!("{text}: {found:?}"));
                        }
                    }
                }
            }
        }
    }
    assert!(tried > 60_000, "{tried}");
    assert!(
        wrong.is_empty(),
        "{} of {tried}: {:#?}",
        wrong.len(),
        &wrong[..wrong.len().min(5)]
    );
}

/// (source, place, paragraph, item number)
type Short<'a> = (SourceRef, Place, Option<&'a str>, Option<&'a str>);

fn assert_reads(text: &str, expected: &[Short<'_>]) {
    let found = parse(text, &names());
    let short: Vec<Short<'_>> = found
        .iter()
        .map(|one| {
            (
                one.source.clone(),
                one.place.clone(),
                one.paragraph.as_deref(),
                one.item_no.as_deref(),
            )
        })
        .collect();
    assert_eq!(short, expected, "{text}");
}

#[test]
fn words_after_an_article_are_no_branch_numbers() {
    assert_reads("63条返還とは", &[(SourceRef::This, article("63"), None, None)]);
    assert_reads(
        "条例第3条",
        &[(SourceRef::Unknown("条例".into()), article("3"), None, None)],
    );
    assert_reads(
        "生活保護法第10条の一部を改正する",
        &[(named("生活保護法"), article("10"), None, None)],
    );
    assert_reads(
        "第十条の二人に一人",
        &[(SourceRef::This, article("10"), None, None)],
    );
    assert_reads(
        "第七十六条の三",
        &[(SourceRef::This, article("76_3"), None, None)],
    );
    assert_reads("条件が3つある。二条件。第三者。問い合わせ。前項目", &[]);
    assert_reads("昭和二十五年法律第百四十四号", &[]);
    assert_reads("1か月前に2度、3人で", &[]);
}

#[test]
fn lists_carry_their_source() {
    assert_reads(
        "法第七十六条、第三十条",
        &[
            (SourceRef::DefaultLaw, article("76"), None, None),
            (SourceRef::DefaultLaw, article("30"), None, None),
        ],
    );
    assert_reads(
        "生活保護法第五条及び第六条第二項",
        &[
            (named("生活保護法"), article("5"), None, None),
            (named("生活保護法"), article("6"), Some("2"), None),
        ],
    );
    assert_reads(
        "生活保護法第五条第一項又は第三項第二号の規定",
        &[
            (named("生活保護法"), article("5"), Some("1"), None),
            (named("生活保護法"), article("5"), Some("3"), Some("2")),
        ],
    );
    assert_reads(
        "児童福祉法第六条の三と同法第七条、同条第二項",
        &[
            (named("児童福祉法"), article("6_3"), None, None),
            (named("児童福祉法"), article("7"), None, None),
            (named("児童福祉法"), article("7"), Some("2"), None),
        ],
    );
    assert_reads(
        "児童福祉法の措置は同法第27条か",
        &[(named("児童福祉法"), article("27"), None, None)],
    );
}

#[test]
fn supplementary_provisions_and_appendices() {
    assert_reads(
        "附則第2条",
        &[(
            SourceRef::This,
            Place::Supplementary(Some("2".into())),
            None,
            None,
        )],
    );
    assert_reads(
        "生活保護法附則第三項",
        &[(named("生活保護法"), Place::Supplementary(None), Some("3"), None)],
    );
    assert_reads(
        "別表第一に掲げる",
        &[(SourceRef::This, Place::Appendix("別表第一".into()), None, None)],
    );
    assert_reads(
        "法別表第1の2",
        &[(
            SourceRef::DefaultLaw,
            Place::Appendix("別表第一の二".into()),
            None,
            None,
        )],
    );
}

#[test]
fn notices_and_casebooks() {
    let outline = |item: &str| Place::Outline(item.to_owned());
    let question = |item: &str| Place::Question(item.to_owned());
    for (text, item) in [
        ("局第7の2の(1)のア", "7-2-(1)-ア"),
        ("局長通知第１－１－(7)", "1-1-(7)"),
        ("局第8の1の（4）のウの(ア)により", "8-1-(4)-ウ-(ア)"),
        ("局第7-2-(1)-ア", "7-2-(1)-ア"),
    ] {
        assert_reads(text, &[(named(BUREAU), outline(item), None, None)]);
    }
    assert_reads("問6-36", &[(SourceRef::This, question("問6-36"), None, None)]);
    assert_reads("問第7の4", &[(SourceRef::This, question("問7-4"), None, None)]);
    assert_reads(
        "運用事例集 問６－３６－３",
        &[(named("生活保護運用事例集"), question("問6-36-3"), None, None)],
    );
}

#[test]
fn ranges_name_their_last_article() {
    let found = parse("生活保護法第二十四条から第二十六条までの規定", &names());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].through.as_deref(), Some("26"));
    assert_eq!(found[0].place, article("24"));
}

#[test]
fn relative_places_follow_the_base() {
    let text =
        "前項の規定は、前条第二項に準用する。\n２　第一項及び前項の場合、次条\n３　前二項、本条、前二条";
    let second = text.find('２').expect("second");
    let third = text.find('３').expect("third");
    let segment = |number: &str, span| Segment {
        kind: SegmentKind::Paragraph,
        path: vec![number.to_owned()],
        span,
    };
    let segments = [
        segment("1", 0..second),
        segment("2", second..third),
        segment("3", third..text.len()),
    ];
    let articles: Vec<String> = ["28", "29", "29_2", "30"].map(String::from).to_vec();
    let base = Base {
        item: "29_2",
        articles: &articles,
        segments: &segments,
    };
    let found: Vec<(Place, Option<String>)> = parse_at(text, &names(), &base)
        .into_iter()
        .map(|one| (one.place, one.paragraph))
        .collect();
    let paragraph = |number: &str| Some(number.to_owned());
    assert_eq!(
        found,
        [
            // 前項 in the first 項 means nothing.
            (article("29"), paragraph("2")),
            (article("29_2"), paragraph("1")),
            (article("29_2"), paragraph("1")),
            (article("30"), None),
            (article("29_2"), paragraph("1")),
            (article("29_2"), None),
            (article("28"), None),
        ]
    );
    assert!(parse("前条と前項", &names()).is_empty());
}

#[test]
fn definitions_give_short_names() {
    let text = "生活保護法(昭和二十五年法律第百四十四号。以下「法」という。)第二条";
    assert_eq!(
        names().definitions(text),
        [("法".to_owned(), "生活保護法".to_owned())]
    );
}

proptest! {
    #[test]
    fn spans_are_ordered_characters_of_the_text(
        text in "(生活保護法|法|令|同法|第|[一二十百0-9０-９]{1,3}|条|の|項|号|及び|、|から|まで|\\(|\\)|前|次|同|別表|附則|問|局|ア|㈱|です){0,16}"
    ) {
        let mut end = 0;
        for one in parse(&text, &names()) {
            prop_assert!(one.span.start >= end);
            prop_assert!(!one.span.is_empty());
            prop_assert!(text.get(one.span.clone()).is_some());
            end = one.span.end;
        }
    }

    #[test]
    fn any_text_is_survived(text in any::<String>()) {
        let _ = parse(&text, &names());
    }
}

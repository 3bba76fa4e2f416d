//! The importer on a small law of our own that holds every shape once.

use proptest::prelude::*;
use shoki_core::corpus::{ImportFaultKind, PassageKind, SegmentKind, SourceRank};

use super::import;
use crate::import::ImportError;

const LAW: &str = include_str!("../../../tests/laws/hoshimi_20250401_r07-12.xml");
const NAME: &str = "hoshimi_20250401_r07-12.xml";

#[test]
fn a_law_is_taken_over_whole() {
    let law = import(NAME, LAW.as_bytes()).expect("well-formed");
    assert_eq!(law.source.key, "hoshimi");
    assert_eq!(law.source.title, "星見市菜園条例");
    assert_eq!(law.source.rank, SourceRank::LocalOrdinance);
    assert_eq!(law.source.aliases, ["菜園条例"]);
    assert_eq!(
        law.revision.valid_from,
        Some("2025-04-01".parse().expect("a day"))
    );
    let items: Vec<_> = law
        .passages
        .iter()
        .map(|one| (one.kind, one.item.as_str()))
        .collect();
    assert_eq!(
        items,
        [
            (PassageKind::Preamble, "前文"),
            (PassageKind::Article, "1"),
            (PassageKind::Article, "2_3"),
            (PassageKind::Article, "4:5"),
            (PassageKind::Article, "6"),
            (PassageKind::Article, "6#2"),
            (PassageKind::Supplementary, "附則/項1"),
            (PassageKind::Supplementary, "附則(令和七年星見市条例第十二号)/1"),
            (PassageKind::Appendix, "別表第一"),
        ]
    );
    assert_eq!(law.faults.len(), 1);
    assert_eq!(law.faults[0].kind, ImportFaultKind::DuplicateItem);
    assert!(law.faults[0].line.is_some());
}

#[test]
fn parts_are_byte_ranges_of_the_text() {
    let law = import(NAME, LAW.as_bytes()).expect("well-formed");
    let article = &law.passages[2];
    assert_eq!(article.label, "第二条の三");
    assert_eq!(article.caption.as_deref(), Some("使用の申込み"));
    assert_eq!(article.headings, ["第二章　菜園", "第一節　使用"]);
    let part = |path: &[&str]| {
        let segment = article
            .segments
            .iter()
            .find(|one| one.path == path)
            .unwrap_or_else(|| panic!("no {path:?}"));
        (segment.kind, &article.text[segment.span.clone()])
    };
    assert_eq!(part(&["2"]).0, SegmentKind::Paragraph);
    assert!(part(&["2"]).1.starts_with("２　前項の申込みは"));
    assert_eq!(
        part(&["2", "1"]),
        (SegmentKind::Item, "一　住所\nイ　現に住む所\nロ　郵便の届く所")
    );
    assert_eq!(
        part(&["2", "1", "ロ"]),
        (SegmentKind::Subitem, "ロ　郵便の届く所")
    );
    assert_eq!(
        part(&["2", "2"]).1,
        "二　鋤すきの有無　あり又はなし".replace("すき", "")
    );
    let table = &law.passages[8];
    assert_eq!(table.text, "区画 | 使用料\n大 | 千円");
    assert_eq!(&table.text[table.segments[1].span.clone()], "大 | 千円");
}

#[test]
fn a_quoted_article_is_no_article() {
    let law = import(NAME, LAW.as_bytes()).expect("well-formed");
    let quoting = law.passages.iter().find(|one| one.item == "6").expect("there");
    assert!(quoting.text.contains("第九条"), "{}", quoting.text);
    assert!(law.passages.iter().all(|one| one.item != "9"));
}

#[test]
fn broken_files_say_where() {
    let broken = LAW.replace("</ArticleTitle>", "</ArticleTitel>");
    assert!(matches!(
        import(NAME, broken.as_bytes()),
        Err(ImportError::Malformed { line: Some(line) }) if line > 3
    ));
    assert_eq!(import("a.xml", b"<x/>"), Err(ImportError::NotUnderstood));
    assert_eq!(import("a.xml", b"<Law>\xff</Law>"), Err(ImportError::BadEncoding));
    let bomb = "<!DOCTYPE Law [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]><Law>&b;</Law>";
    assert!(import("a.xml", bomb.as_bytes()).is_err());
}

#[test]
fn deleted_units_pictures_and_later_captions_stay() {
    let law = |body: &str| {
        let xml = format!(
            "<Law LawType=\"Act\"><LawNum>令和九年法律第一号</LawNum><LawBody><LawTitle>木法</LawTitle><MainProvision>{body}</MainProvision></LawBody></Law>"
        );
        import("a.xml", xml.as_bytes()).expect("well-formed")
    };
    let deleted = law(
        "<Chapter Num=\"1\"><ChapterTitle>第一章　総則</ChapterTitle><Section Num=\"2\"><SectionTitle>第二節　削除</SectionTitle></Section></Chapter>\
         <Article Num=\"3:9\" Delete=\"true\"><ArticleTitle>第三条から第九条まで　削除</ArticleTitle><Paragraph Num=\"1\"><ParagraphNum/><ParagraphSentence><Sentence/></ParagraphSentence></Paragraph></Article>",
    );
    let found: Vec<_> = deleted
        .passages
        .iter()
        .map(|one| (one.kind, one.item.as_str(), one.text.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (PassageKind::Section, "第一章第二節", "第二節　削除"),
            (PassageKind::Article, "3:9", "第三条から第九条まで　削除"),
        ]
    );
    let captions = law("<Article Num=\"1\"><ArticleTitle>第一条</ArticleTitle>\
         <Paragraph Num=\"1\"><ParagraphCaption>（植樹）</ParagraphCaption><ParagraphNum/><ParagraphSentence><Sentence>植える。</Sentence></ParagraphSentence></Paragraph>\
         <Paragraph Num=\"2\"><ParagraphCaption>（伐採）</ParagraphCaption><ParagraphNum>２</ParagraphNum><ParagraphSentence><Sentence>切る。</Sentence></ParagraphSentence><FigStruct><Fig src=\"a.jpg\"/></FigStruct></Paragraph></Article>");
    assert_eq!(captions.passages[0].caption.as_deref(), Some("植樹"));
    for kept in ["（伐採）", "２　切る。", "〔図〕"] {
        assert!(captions.passages[0].text.contains(kept), "{kept}");
    }
    assert_eq!(captions.faults.len(), 1);
    assert_eq!(captions.faults[0].kind, ImportFaultKind::Figure);
}

proptest! {
    #[test]
    fn mutated_files_end_typed(at in 0..LAW.len(), byte in any::<u8>(), cut in 0..LAW.len()) {
        let mut bytes = LAW.as_bytes().to_vec();
        bytes[at] = byte;
        bytes.truncate(cut.max(at));
        if let Ok(law) = import(NAME, &bytes) {
            for passage in &law.passages {
                for segment in &passage.segments {
                    prop_assert!(passage.text.get(segment.span.clone()).is_some());
                }
            }
        }
    }
}

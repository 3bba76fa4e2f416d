//! Outlines of our own, in the ways offices write them.

use proptest::prelude::*;

use super::*;

const NOTICE: &str = "星福生発第１２号
令和７年４月１日

各係長　様

星見市福祉部生活課長

菜園の貸付けの取扱いについて（通知）

　下記のとおり定めたので、これにより行われたい。

記

第１　申込みの受付

１　受付の場所
（１）　生活課の窓口とすること。
（２）　次の者は、郵送によることができること。
ア　歩くことが困難な者
イ　次に掲げる者
（ア）　入院している者
（イ）　施設にいる者
ウ　市長が認める者

２　受付の期間
　４月１日から４月３０日までとする。
　ただし、欠員があるときは随時とする。

第２　返還

１　返還の届（第１の１の（１）の窓口）
（１）及び（２）により届け出た者を除く。
10　例外の番号は、文章の続きとして扱う。

別紙１
１　区画の表
大きい区画　千円
";

fn notice(text: &str) -> ImportedText {
    import("notice.txt", lines_of_text(text), &[], Form::Notice, None).expect("a notice")
}

#[test]
fn leaves_carry_their_ancestors() {
    let found = notice(NOTICE);
    assert_eq!(found.source.title, "菜園の貸付けの取扱いについて（通知）");
    assert_eq!(found.source.number.as_deref(), Some("星福生発第１２号"));
    assert_eq!(found.source.rank, SourceRank::DivisionNotice);
    assert_eq!(found.faults, []);
    let items: Vec<_> = found.passages.iter().map(|one| one.item.as_str()).collect();
    assert_eq!(
        items,
        [
            "前書",
            "1-1-(1)",
            "1-1-(2)",
            "1-1-(2)-ア",
            "1-1-(2)-イ-(ア)",
            "1-1-(2)-イ-(イ)",
            "1-1-(2)-ウ",
            "1-2",
            "2-1",
            "別紙1",
            "別紙1/1",
        ]
    );
    let leaf = &found.passages[4];
    assert_eq!(leaf.kind, PassageKind::OutlineItem);
    assert_eq!(leaf.label, "第1の1の(2)のイの(ア)");
    assert_eq!(
        leaf.headings,
        [
            "第１　申込みの受付",
            "１　受付の場所",
            "（２）　次の者は、郵送によることができること。",
            "イ　次に掲げる者",
        ]
    );
    assert_eq!(leaf.text, "（ア）　入院している者");
    let titled = &found.passages[7];
    assert_eq!(titled.caption.as_deref(), Some("受付の期間"));
    assert!(titled.text.ends_with("随時とする。"));
    assert!(found.passages[8].text.contains("10　例外の番号は"));
    assert_eq!(found.passages[0].kind, PassageKind::Section);
    assert_eq!(found.passages[9].kind, PassageKind::Appendix);
}

#[test]
fn no_word_of_a_notice_is_lost() {
    let found = notice(NOTICE);
    for line in NOTICE.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let kept = found
            .passages
            .iter()
            .any(|one| one.text.contains(line) || one.headings.iter().any(|heading| heading.contains(line)));
        assert!(kept, "{line}");
    }
}

#[test]
fn a_number_given_twice_is_kept_twice_and_said() {
    let found = notice("１　甲とする。\n２　乙とする。\n１　丙とする。\n");
    let items: Vec<_> = found.passages.iter().map(|one| one.item.as_str()).collect();
    assert_eq!(items, ["1", "2", "1#2"]);
    assert_eq!(found.faults[0].kind, ImportFaultKind::DuplicateItem);
    assert_eq!(found.faults[0].line, Some(3));
}

#[test]
fn iroha_and_aiueo_are_told_apart() {
    let found = notice(
        "一　甲\nイ　子とする。\nロ　丑とする。\nハ　寅とする。\n二　乙\nア　子とする。\nイ　丑とする。\n",
    );
    let items: Vec<_> = found.passages.iter().map(|one| one.item.as_str()).collect();
    assert_eq!(items, ["1-イ", "1-ロ", "1-ハ", "2-ア", "2-イ"]);
}

#[test]
fn questions_count_by_chapter() {
    let found = notice(
        "第３　収入\n問１　祝金は収入か。\n答　収入としない。\n問２　香典は。\n答　同じ。\n第４　資産\n問１　車は。\n答　持てる。\n",
    );
    let items: Vec<_> = found
        .passages
        .iter()
        .map(|one| (one.kind, one.item.as_str()))
        .collect();
    assert_eq!(
        items,
        [
            (PassageKind::QuestionAnswer, "問3-1"),
            (PassageKind::QuestionAnswer, "問3-2"),
            (PassageKind::QuestionAnswer, "問4-1"),
        ]
    );
    assert_eq!(found.passages[0].text, "問１　祝金は収入か。\n答　収入としない。");
}

#[test]
fn a_plan_has_sections_with_their_pages() {
    let long = "住民どうしの支え合いを広げます。".repeat(60);
    let plan = format!(
        "星見市緑の計画\u{c}目次\n第１章　考え方………… 2\n第１章　考え方\n１　趣旨\n　緑を守ります。\n２　現状\n{long}\u{c}{long}\n第２章　進め方\n　毎年点検します。\n"
    );
    let found = import("plan.txt", lines_of_text(&plan), &[4], Form::Plan, None).expect("a plan");
    assert_eq!(found.source.rank, SourceRank::Plan);
    let items: Vec<_> = found
        .passages
        .iter()
        .map(|one| (one.item.as_str(), one.page))
        .collect();
    assert_eq!(
        items,
        [
            ("前書", Some(1)),
            ("第1章-1", Some(2)),
            ("第1章-2", Some(2)),
            ("第1章-2/p3", Some(3)),
            ("第2章", Some(3)),
        ]
    );
    assert!(found.passages.iter().all(|one| one.kind == PassageKind::Section));
    assert_eq!(found.passages[1].headings, ["第１章　考え方"]);
    assert_eq!(
        found.faults,
        [ImportFault {
            file: None,
            line: None,
            page: Some(4),
            kind: ImportFaultKind::NoTextLayer
        }]
    );
}

#[test]
fn headings_of_a_word_document_are_levels() {
    let line = |text: &str, level| Line {
        text: text.to_owned(),
        level,
        ..Line::default()
    };
    let lines = vec![
        line("星見市緑の計画", None),
        line("考え方", Some(1)),
        line("趣旨", Some(2)),
        line("緑を守ります。", None),
        line("(1) 木", None),
        line("木を植えます。", None),
        line("進め方", Some(1)),
        line("毎年点検します。", None),
    ];
    let found = import("plan.docx", lines, &[], Form::Plan, None).expect("a plan");
    let items: Vec<_> = found.passages.iter().map(|one| one.item.as_str()).collect();
    assert_eq!(items, ["前書", "考え方-趣旨", "考え方-趣旨-(1)", "進め方"]);
}

proptest! {
    #[test]
    fn every_line_is_kept(lines in proptest::collection::vec(
        "(第[1-3]|[1-3]|\\([1-3]\\)|[アイロ]|別紙|問1|①)?　?[あ漢。]{0,6}", 0..20)
    ) {
        let text = lines.join("\n");
        let Ok(found) = import("a.txt", lines_of_text(&text), &[], Form::Notice, None) else {
            prop_assert!(text.trim().is_empty());
            return Ok(());
        };
        for line in lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()) {
            prop_assert!(found.passages.iter().any(|one|
                one.text.contains(line) || one.headings.iter().any(|heading| heading == line)), "{}", line);
        }
        let mut items: Vec<_> = found.passages.iter().map(|one| (one.kind as u8, one.item.clone())).collect();
        items.sort();
        let all = items.len();
        items.dedup();
        prop_assert_eq!(items.len(), all);
    }
}

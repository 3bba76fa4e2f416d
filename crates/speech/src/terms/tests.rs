//! Names as they are misheard, and words that only sound like them.

use proptest::prelude::*;
use shoki_core::transcript::text_of;

use super::*;

fn term(written: &str, reading: &str) -> Term {
    Term {
        written: written.to_owned(),
        reading: (!reading.is_empty()).then(|| reading.to_owned()),
    }
}

fn list() -> Vec<Term> {
    vec![
        term("浅川", "あさかわ"),
        term("佐東", "さとう"),
        term("森", "もり"),
        term("渋谷川", "しぶやがわ"),
        term("地域包括ケア", "ちいきほうかつケア"),
        term("ケアマネジャー", "けあまねじゃー"),
        term("フレイル", "ふれいる"),
        term("公正室", "こうせいしつ"),
        term("学校図書館", "がっこうとしょかん"),
        term("DX推進", ""),
    ]
}

/// One token a character, 100 ms each.
fn tokens(text: &str, probability: f32) -> Vec<Token> {
    (text.chars().zip(0..))
        .map(|(c, at)| Token {
            text: c.to_string(),
            start: Millis(at * 100),
            end: Millis(at * 100 + 100),
            probability,
        })
        .collect()
}

#[test]
fn a_name_that_was_written_otherwise_is_put_right() {
    for (heard, wanted) in [
        ("朝川さんに聞きます。", "浅川さんに聞きます。"),
        ("麻川課長です。", "浅川課長です。"),
        ("担当はあさかわです。", "担当は浅川です。"),
        ("アサカワさんです。", "浅川さんです。"),
        ("あさ川橋です。", "浅川橋です。"),
        ("佐藤さんが来ます。", "佐東さんが来ます。"),
        ("さとうさんが来ます。", "佐東さんが来ます。"),
        ("盛さんが来ます。", "森さんが来ます。"),
        ("渋谷皮の水位です。", "渋谷川の水位です。"),
        ("ちいきほうかつケアの会議です。", "地域包括ケアの会議です。"),
        ("ケアマネージャーに頼みます。", "ケアマネジャーに頼みます。"),
        ("フレエルの予防です。", "フレイルの予防です。"),
        ("更生室に行きます。", "公正室に行きます。"),
        ("学行図書館です。", "学校図書館です。"),
        // Written right, or another word.
        ("浅川さんに聞きます。", "浅川さんに聞きます。"),
        ("森の中です。盛り上がりました。", "森の中です。盛り上がりました。"),
        ("砂糖を入れます。", "砂糖を入れます。"),
        ("ケアの話です。", "ケアの話です。"),
        ("フレームの話です。", "フレームの話です。"),
        ("ディーエックス推進です。", "ディーエックス推進です。"),
        ("ひさとうけた。", "ひさとうけた。"),
        ("もりもり食べます。", "もりもり食べます。"),
    ] {
        let mut own = tokens(heard, 0.95);
        let replaced = replace(&mut own, &list());
        assert_eq!(text_of(&own), wanted, "{heard}");
        assert_eq!(replaced.is_empty(), heard == wanted, "{heard}");
    }
}

#[test]
fn a_homophone_that_shares_nothing_is_replaced_only_where_the_recogniser_was_unsure() {
    let terms = [term("公正", "こうせい")];
    for (heard, probability, wanted) in [
        ("構成を直します。", 0.9, "構成を直します。"),
        ("構成を直します。", 0.4, "公正を直します。"),
    ] {
        let mut own = tokens(heard, probability);
        replace(&mut own, &terms);
        assert_eq!(text_of(&own), wanted);
    }
}

#[test]
fn times_stay_and_each_replacement_is_taken_back_alone() {
    let heard = "朝川さんと盛さん";
    let mut own = tokens(heard, 0.9);
    let mut replaced = replace(&mut own, &list());
    assert_eq!(text_of(&own), "浅川さんと森さん");
    assert_eq!(
        replaced[0],
        Replacement {
            first: 0,
            tokens: 2,
            heard: "朝川".to_owned()
        }
    );
    assert_eq!(
        replaced[1],
        Replacement {
            first: 5,
            tokens: 1,
            heard: "盛".to_owned()
        }
    );
    assert_eq!(
        (own[1].start, own[1].end, own[5].start),
        (Millis(100), Millis(200), Millis(500))
    );
    assert!(revert(&mut own, &mut replaced, 0));
    assert_eq!(
        (text_of(&own), replaced.len()),
        ("朝川さんと森さん".to_owned(), 1)
    );
    assert!(revert(&mut own, &mut replaced, 0) && !revert(&mut own, &mut replaced, 0));
    assert_eq!(own, tokens(heard, 0.9));
}

#[test]
fn a_token_of_several_characters_is_split_at_the_word() {
    let mut own = vec![Token {
        text: "はあさかわです".to_owned(),
        start: Millis(0),
        end: Millis(700),
        probability: 0.9,
    }];
    let mut replaced = replace(&mut own, &list());
    let shown: Vec<(&str, u64, u64)> = own
        .iter()
        .map(|token| (token.text.as_str(), token.start.0, token.end.0))
        .collect();
    assert_eq!(shown, [("は", 0, 100), ("浅川", 100, 500), ("です", 500, 700)]);
    assert!(revert(&mut own, &mut replaced, 0));
    assert_eq!(text_of(&own), "はあさかわです");
}

#[test]
fn the_recogniser_is_told_names_and_terms_that_fit() {
    let attendees = [
        "佐藤課長".to_owned(),
        " 田中委員 ".to_owned(),
        "佐藤課長".to_owned(),
    ];
    assert_eq!(
        prompt(&list()[..2], &attendees, 200),
        "出席者は佐藤課長、田中委員。用語は浅川、佐東。"
    );
    assert_eq!(
        prompt(&list()[..2], &attendees, 14),
        "出席者は佐藤課長、田中委員。"
    );
    assert_eq!(prompt(&list()[..1], &[], 7), "用語は浅川。");
    assert_eq!(prompt(&[], &[], 100), "");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever was heard comes back, with times that never run backwards.
    #[test]
    fn any_text_comes_back(parts in proptest::collection::vec((0_usize..12, 0.0_f32..1.0), 0..8)) {
        const PARTS: &[&str] = &["朝川", "さん", "あさかわ", "佐藤", "盛", "フレエル", "ケアマネージャー", "の", "、", "学行図書館", "更生室", "x1"];
        let mut own = Vec::new();
        for (at, (part, probability)) in parts.iter().enumerate() {
            own.push(Token {
                text: PARTS[*part].to_owned(),
                start: Millis(at as u64 * 300),
                end: Millis(at as u64 * 300 + 300),
                probability: *probability,
            });
        }
        let heard = text_of(&own);
        let mut replaced = replace(&mut own, &list());
        prop_assert!(own.windows(2).all(|pair| pair[0].end <= pair[1].start && pair[0].start <= pair[0].end));
        for one in &replaced {
            let (first, end) = (one.first as usize, (one.first + one.tokens) as usize);
            let written = text_of(&own[first..end]);
            prop_assert!(list().iter().any(|term| term.written == written), "{} for {}", written, one.heard);
        }
        while !replaced.is_empty() {
            prop_assert!(revert(&mut own, &mut replaced, 0));
        }
        prop_assert_eq!(text_of(&own), heard);
    }
}

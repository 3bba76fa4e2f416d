//! Replies put together at random: nothing unquoted comes out, and nothing panics.

use proptest::prelude::*;

use super::*;

/// Words to lie with: pieces of the passages, of the question, of other laws.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "転入した日から",
        "十四日以内",
        "30日以内",
        "に市長に",
        "届け出なければなりません",
        "届け出る必要はありません",
        "できます",
        "できません",
        "見本届出条例",
        "第5条",
        "第99条",
        "第2項",
        "手数料",
        "二百円",
        "住民票の写し",
        "。",
        "、",
        "ない",
        "P1",
        "\n",
        "「",
        "」",
        "免除",
        "別の法律",
        " ",
        "（",
        "令和7年4月1日",
        "\u{202e}",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|parts| parts.concat())
}

fn quote() -> impl Strategy<Value = StatementQuote> {
    let words = prop_oneof![
        (0..FIRST.chars().count(), 1..40_usize).prop_map(|(from, len)| FIRST
            .chars()
            .skip(from)
            .take(len)
            .collect()),
        (0..SECOND.chars().count(), 1..40_usize).prop_map(|(from, len)| SECOND
            .chars()
            .skip(from)
            .take(len)
            .collect()),
        pieces(),
        any::<String>(),
    ];
    let passage = prop_oneof![
        Just("P1".to_owned()),
        Just("P2".to_owned()),
        "[Pp]?[0-9]{0,3}",
        any::<String>()
    ];
    (passage, words).prop_map(|(passage, quote)| StatementQuote { passage, quote })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_sentence_comes_out_without_a_quote_that_stands_in_its_passage(
        statements in prop::collection::vec((prop_oneof![pieces(), any::<String>()], prop::collection::vec(quote(), 0..4)), 0..5)
    ) {
        let reply = Reply {
            conclusion: statements.iter().map(|(sentence, quotes)| Statement { sentence: sentence.clone(), quotes: quotes.clone() }).collect(),
        };
        let given = passages();
        let out = verify(&reply, &given, &names(), "届出");
        prop_assert!(out.sentences.len() + out.dropped.len() >= reply.conclusion.len());
        for sentence in &out.sentences {
            prop_assert!(!sentence.quotes.is_empty());
            for quote in &sentence.quotes {
                let passage = given.iter().find(|one| one.key == quote.passage).expect("given");
                prop_assert_eq!(&passage.passage.text[quote.span.clone()], quote.text.as_str());
                prop_assert!(quote.text.chars().count() >= 8);
            }
            let quoted: String = sentence.quotes.iter().map(|quote| normalise(&quote.text)).collect();
            prop_assert!(!sentence.text.contains("30日") && !sentence.text.contains("第99条"));
            prop_assert!(!sentence.text.contains("十四日以内") || quoted.contains("十四日以内"));
        }
    }

    #[test]
    fn reading_never_panics(content in any::<String>()) {
        let _ = read(&content);
    }
}

//! Examples of our own of what each level changes and, as many, of what it must leave alone.

use proptest::prelude::*;
use shoki_core::audio::Millis;
use shoki_core::transcript::{Replacement, Segment, SegmentId, Token};

use super::*;
use crate::levels::spoken::entries;

/// A segment with one token a character.
fn segment(text: &str) -> Segment {
    let token = |(at, c): (usize, char)| Token {
        text: c.to_string(),
        start: Millis(at as u64 * 100),
        end: Millis(at as u64 * 100 + 100),
        probability: 0.9,
    };
    let tokens: Vec<Token> = text.chars().enumerate().map(token).collect();
    Segment {
        id: SegmentId(1),
        channel: 0,
        start: Millis(0),
        end: Millis(tokens.len() as u64 * 100),
        speaker: None,
        tokens,
        doubts: Vec::new(),
        overlap: false,
        replacements: Vec::new(),
        withheld: None,
        version: 0,
    }
}

fn cleaned(text: &str) -> String {
    at(TextLevel::Cleaned, &segment(text)).text()
}

fn edited(text: &str) -> String {
    at(TextLevel::Edited, &segment(text)).text()
}

/// What goes, and what stays.
const CLEANED: &[(&str, &str)] = &[
    (
        "えー、本日はお忙しい中ありがとうございます。",
        "本日はお忙しい中ありがとうございます。",
    ),
    (
        "えーと、説明会には86人が参加しました。",
        "説明会には86人が参加しました。",
    ),
    ("えっと資料の3ページです。", "資料の3ページです。"),
    ("ええと、二つ目です。", "二つ目です。"),
    ("今日はえーと、市役所の話です。", "今日は、市役所の話です。"),
    ("予算はえー1億8千万円です。", "予算は1億8千万円です。"),
    ("それからえーとですね、窓口の件です。", "それから、窓口の件です。"),
    ("あのー、周知は十分でしょうか。", "周知は十分でしょうか。"),
    ("あの、質問があります。", "質問があります。"),
    ("その、予算の件ですが。", "予算の件ですが。"),
    ("まあ、いいと思います。", "いいと思います。"),
    ("まあそういうことです。", "そういうことです。"),
    ("ま、検討します。", "検討します。"),
    ("なんか、足りないように見えます。", "足りないように見えます。"),
    ("えーと、あのー、まあ、検討中です。", "検討中です。"),
    ("うーん、難しいですね。", "難しいですね。"),
    ("んー、どうでしょう。", "どうでしょう。"),
    ("えーと。", ""),
    ("まあ。そうです。", "そうです。"),
    ("予算は、えーと。", "予算は。"),
    ("結論から言うと、あの、延期です。", "結論から言うと、延期です。"),
    ("あの私が担当します。", "私が担当します。"),
    ("何というか、違和感があります。", "違和感があります。"),
    ("本件はですね、継続とします。", "本件は、継続とします。"),
    ("まずですね、経緯を説明します。", "まず、経緯を説明します。"),
    ("確認してですね、報告します。", "確認して、報告します。"),
    ("資料はね、机の上です。", "資料は、机の上です。"),
    ("窓口にね、苦情が来ました。", "窓口に、苦情が来ました。"),
    ("よ、予算を確認します。", "予算を確認します。"),
    ("し、市役所に行きます。", "市役所に行きます。"),
    ("かく、確認します。", "確認します。"),
    ("きょ、きょうは欠席です。", "きょうは欠席です。"),
    ("サー、サービスの件です。", "サービスの件です。"),
    ("予算は、予算は来月決めます。", "予算は来月決めます。"),
    ("予算の予算の残りです。", "予算の残りです。"),
    ("担当、担当が回答します。", "担当が回答します。"),
    ("それは、それは困ります。", "それは困ります。"),
    ("窓口の混雑が、窓口の混雑が問題です。", "窓口の混雑が問題です。"),
    ("予算をを執行します。", "予算を執行します。"),
    ("予算を、を執行します。", "予算を執行します。"),
    ("委員会がが開かれます。", "委員会が開かれます。"),
    ("委員会がが開催中です。", "委員会が開催中です。"),
    ("はい、はい、わかりました。", "はい、わかりました。"),
    ("はいはい、わかりました。", "はい、わかりました。"),
    ("はい、はい、はい。", "はい。"),
    ("うん、うん、そうだね。", "うん、そうだね。"),
    ("ただですね、足りません。", "ただ、足りません。"),
    ("水を、水を止めます。", "水を止めます。"),
    // Near misses: all of this was meant.
    ("えーと言われても困ります。", "えーと言われても困ります。"),
    (
        "入場はただですね、わかりました。",
        "入場はただですね、わかりました。",
    ),
    ("あのビルの三階です。", "あのビルの三階です。"),
    ("あの件はどうなりましたか。", "あの件はどうなりましたか。"),
    ("その予算は認めません。", "その予算は認めません。"),
    ("そのうち連絡します。", "そのうち連絡します。"),
    ("まあまあの結果でした。", "まあまあの結果でした。"),
    ("結果はまあまあです。", "結果はまあまあです。"),
    ("予算なんか足りません。", "予算なんか足りません。"),
    ("なんかありますか。", "なんかありますか。"),
    ("こうして決まりました。", "こうして決まりました。"),
    ("いいえ、違います。", "いいえ、違います。"),
    ("ええ、そうです。", "ええ、そうです。"),
    ("はい、そうです。", "はい、そうです。"),
    (
        "あ、い、う、の三つから選びます。",
        "あ、い、う、の三つから選びます。",
    ),
    ("で、できます。", "で、できます。"),
    ("が、学校は休みです。", "が、学校は休みです。"),
    ("いや、いやな予感がします。", "いや、いやな予感がします。"),
    ("市、市議会、県が出席します。", "市、市議会、県が出席します。"),
    ("福祉、福祉用具、介護の順です。", "福祉、福祉用具、介護の順です。"),
    ("3人、3人が欠席です。", "3人、3人が欠席です。"),
    ("三、三番目の議題です。", "三、三番目の議題です。"),
    ("ない、ないです。", "ない、ないです。"),
    ("いろいろあります。", "いろいろあります。"),
    ("一人一人に送ります。", "一人一人に送ります。"),
    ("地域地域で違います。", "地域地域で違います。"),
    ("市でできることです。", "市でできることです。"),
    (
        "そういうことですね、わかりました。",
        "そういうことですね、わかりました。",
    ),
    (
        "対象は子どもですね、わかりました。",
        "対象は子どもですね、わかりました。",
    ),
    (
        "これで全てですね、確認しました。",
        "これで全てですね、確認しました。",
    ),
    ("もののはずみです。", "もののはずみです。"),
    ("あのねこは誰のですか。", "あのねこは誰のですか。"),
    ("エーザイの資料です。", "エーザイの資料です。"),
    ("へえー、知りませんでした。", "へえー、知りませんでした。"),
    ("市長は、はい、と答えました。", "市長は、はい、と答えました。"),
    ("話をし、市役所へ行きました。", "話をし、市役所へ行きました。"),
    ("北海道と東京都との協定です。", "北海道と東京都との協定です。"),
    ("異議なし、異議なし。", "異議なし、異議なし。"),
];

/// What is written otherwise, and what is not.
const EDITED: &[(&str, &str)] = &[
    ("検討したいと思うんですけれども。", "検討したいと思うのですが。"),
    ("予算の件ですけど、足りますか。", "予算の件ですが、足りますか。"),
    (
        "調べましたけど、わかりませんでした。",
        "調べましたが、わかりませんでした。",
    ),
    ("聞いてますけども、まだです。", "聞いていますが、まだです。"),
    ("介護予防っていう事業です。", "介護予防という事業です。"),
    ("延期するってことです。", "延期するということです。"),
    ("足りないって言いました。", "足りないと言いました。"),
    ("必要だろうって思います。", "必要だろうと思います。"),
    ("行かなきゃならない。", "行かなければならない。"),
    ("出さなくちゃいけません。", "出さなくてはいけません。"),
    ("検討してます。", "検討しています。"),
    ("検討してません。", "検討していません。"),
    ("検討してない。", "検討していない。"),
    ("混んでます。", "混んでいます。"),
    ("持ってる資料です。", "持っている資料です。"),
    ("考えてるところです。", "考えているところです。"),
    ("去年やってた事業です。", "去年やっていた事業です。"),
    ("知らせてなかった。", "知らせていなかった。"),
    ("先月42件お断りしてまして、", "先月42件お断りしていまして、"),
    ("病床を空けとくという案です。", "病床を空けておくという案です。"),
    ("確認しときます。", "確認しておきます。"),
    ("確認しといてください。", "確認しておいてください。"),
    ("遅れちゃいました。", "遅れてしまいました。"),
    ("忘れちゃって困りました。", "忘れてしまって困りました。"),
    ("それは予算じゃない。", "それは予算ではない。"),
    ("来るんじゃないかと思います。", "来るのではないかと思います。"),
    ("原因じゃありません。", "原因ではありません。"),
    ("わかんないです。", "わからないです。"),
    ("そうなんですか。", "そうなのですか。"),
    ("足りないんです。", "足りないのです。"),
    ("資料が見れない。", "資料が見られない。"),
    ("来週は来れます。", "来週は来られます。"),
    ("予算が決めれません。", "予算が決められません。"),
    ("すいません、遅れました。", "すみません、遅れました。"),
    ("やっぱり延期します。", "やはり延期します。"),
    ("ちょっと確認します。", "少し確認します。"),
    ("いろんな意見があります。", "いろいろな意見があります。"),
    ("じゃあ、始めます。", "では、始めます。"),
    ("でも、認めません。", "しかし、認めません。"),
    ("なので、延期します。", "そのため、延期します。"),
    ("雨なんで、中止します。", "雨なので、中止します。"),
    ("そうゆう話です。", "そういう話です。"),
    ("課題がありますね。", "課題があります。"),
    ("もう送りましたよ。", "もう送りました。"),
    ("以上です", "以上です。"),
    ("足りますか?", "足りますか？"),
    (
        "えーと、よ、予算はですね、足りてないんですけど。",
        "予算は、足りていないのですが。",
    ),
    ("めっちゃうれしいです。", "とてもうれしいです。"),
    ("それでいいでしょ。", "それでいいでしょう。"),
    (
        "それは難しいんじゃないでしょうか。",
        "それは難しいのではないでしょうか。",
    ),
    ("共有しとかないと困ります。", "共有しておかないと困ります。"),
    ("やっぱ無理です。", "やはり無理です。"),
    // Near misses.
    ("そうではなくてですね。", "そうではなくてですね。"),
    ("古い書類を捨てる。", "古い書類を捨てる。"),
    ("子どもを育てます。", "子どもを育てます。"),
    ("費用に充てた。", "費用に充てた。"),
    ("計画を立てて、進めます。", "計画を立てて、進めます。"),
    ("改めてたずねます。", "改めてたずねます。"),
    ("調べてたくさん見つけました。", "調べてたくさん見つけました。"),
    ("検討してますます増えました。", "検討してますます増えました。"),
    ("資料を見れば分かります。", "資料を見れば分かります。"),
    ("職員が離れる。", "職員が離れる。"),
    ("立って言いました。", "立って言いました。"),
    ("当たって考えます。", "当たって考えます。"),
    ("毎日行って思い出しました。", "毎日行って思い出しました。"),
    ("佐藤さんです。", "佐藤さんです。"),
    ("もちろんです。", "もちろんです。"),
    ("もちろんじゃない。", "もちろんではない。"),
    ("これはなんですか。", "これはなんですか。"),
    ("なんで、遅れましたか。", "なんで、遅れましたか。"),
    ("それはちょっと。", "それはちょっと。"),
    ("そうですね。", "そうですね。"),
    ("いいですね?", "いいですね？"),
    ("いいですね。", "いいですね。"),
    ("本を読みたいなら貸します。", "本を読みたいなら貸します。"),
    ("とゆうきゅう", "とゆうきゅう"),
    ("いくらでも、使えます。", "いくらでも、使えます。"),
    ("あと、3件あります。", "あと、3件あります。"),
    ("税率は1,000分の5です。", "税率は1,000分の5です。"),
    ("１２件と十二件です。", "１２件と十二件です。"),
    ("三分の二が賛成しました。", "三分の二が賛成しました。"),
    ("認めないわけではない。", "認めないわけではない。"),
    ("必ず提出せずに待ちます。", "必ず提出せずに待ちます。"),
    ("次に進みます、それで", "次に進みます、それで"),
];

#[test]
fn hesitation_goes_and_words_stay() {
    for (heard, wanted) in CLEANED {
        assert_eq!(&cleaned(heard), wanted, "{heard}");
    }
}

#[test]
fn speech_becomes_written_language_and_writing_stays() {
    for (heard, wanted) in EDITED {
        assert_eq!(&edited(heard), wanted, "{heard}");
    }
    assert!(CLEANED.len() + EDITED.len() >= 120);
}

#[test]
fn written_language_is_left_as_it_is() {
    for (_, written) in EDITED {
        assert_eq!(&edited(written), written);
    }
}

#[test]
fn no_entry_of_the_table_changes_a_fact() {
    for one in entries() {
        assert_eq!(facts(one.heard), facts(one.written), "{}", one.heard);
        assert_ne!(one.heard, one.written);
    }
}

#[test]
fn what_was_heard_can_be_had_back_with_its_tokens() {
    for (heard, _) in CLEANED.iter().chain(EDITED) {
        let segment = segment(heard);
        for level in [TextLevel::Verbatim, TextLevel::Cleaned, TextLevel::Edited] {
            let leveled = at(level, &segment);
            let back: String = leveled.pieces.iter().map(|piece| piece.heard()).collect();
            assert_eq!(&back, heard);
            assert_eq!(facts(&leveled.text()), facts(heard), "{heard}");
            for piece in &leveled.pieces {
                let tokens = &segment.tokens[piece.source.clone()];
                let own: String = tokens.iter().map(|token| token.text.as_str()).collect();
                assert_eq!(own, piece.heard(), "one token a character: {heard}");
            }
        }
    }
}

#[test]
fn a_token_of_several_characters_is_shared() {
    let mut one = segment("足りてないんですけど。");
    let text = one.text();
    one.tokens.truncate(1);
    one.tokens[0].text = text.clone();
    let leveled = at(TextLevel::Edited, &one);
    assert_eq!(leveled.text(), "足りていないのですが。");
    assert!(leveled.pieces.iter().all(|piece| piece.source.end <= 1));
    let back: String = leveled.pieces.iter().map(|piece| piece.heard()).collect();
    assert_eq!(back, text);
}

#[test]
fn a_word_of_the_vocabulary_stays_as_it_is() {
    let heard = "っていうカフェの件です。";
    let mut replaced = segment(heard);
    assert_eq!(at(TextLevel::Edited, &replaced).text(), "というカフェの件です。");
    replaced.replacements = vec![Replacement {
        first: 0,
        tokens: 4,
        heard: "って言う".to_owned(),
    }];
    assert_eq!(at(TextLevel::Edited, &replaced).text(), heard);
    let listed = protecting(
        TextLevel::Edited,
        &segment("あの、広場の件です。"),
        &["あの、広場"],
    );
    assert_eq!(listed.text(), "あの、広場の件です。");
}

#[test]
fn a_murmur_into_anothers_speech_goes_and_an_answer_stays() {
    for (heard, wanted) in [
        ("なるほど。", ""),
        ("うん、うん。", ""),
        ("はい。", "はい。"),
        ("異議なし。", "異議なし。"),
    ] {
        let mut one = segment(heard);
        assert_eq!(
            at(TextLevel::Cleaned, &one).text(),
            if wanted.is_empty() {
                cleaned(heard)
            } else {
                wanted.to_owned()
            }
        );
        one.overlap = true;
        assert_eq!(at(TextLevel::Cleaned, &one).text(), wanted, "{heard}");
    }
}

proptest! {
    /// Any mixture of what the rules look for, with numbers, denials and terms between.
    #[test]
    fn facts_and_terms_come_out_as_they_went_in(parts in proptest::collection::vec(0_usize..40, 0..14)) {
        const PARTS: &[&str] = &[
            "えーと", "、", "。", "3", "三", "１２", "ない", "ません", "ず", "予算", "は", "を", "よ、", "っていう", "てる", "なきゃ",
            "じゃない", "わかんない", "んです", "けど", "あの", "まあ", "はい、", "千五百", "認め", "し", "て", "い", "な", "く",
            "浅川", "ね", "ですね", "見れ", "ちゃう", "っ", "百", "と", "思う", "なかった",
        ];
        let text: String = parts.iter().map(|&at| PARTS[at]).collect();
        let one = segment(&text);
        for level in [TextLevel::Cleaned, TextLevel::Edited] {
            let leveled = protecting(level, &one, &["浅川"]);
            let out = leveled.text();
            prop_assert_eq!(facts(&out), facts(&text));
            prop_assert_eq!(out.matches("浅川").count(), text.matches("浅川").count());
            let back: String = leveled.pieces.iter().map(|piece| piece.heard()).collect();
            prop_assert_eq!(back, text.clone());
        }
    }

    /// No text breaks anything.
    #[test]
    fn any_text_has_all_levels(text in "\\PC{0,40}") {
        for level in [TextLevel::Verbatim, TextLevel::Cleaned, TextLevel::Edited] {
            let back: String = at(level, &segment(&text)).pieces.iter().map(|piece| piece.heard()).collect();
            prop_assert_eq!(&back, &text);
        }
    }
}

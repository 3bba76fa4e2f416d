//! The table of 整文: how speech contracts and joins, and how the same is written.
//!
//! Promise: no entry adds or drops a number or a denial (held by a test over the whole table).
//! Never: a word of content for another.

use shoki_core::minutes::TextRule::{self, Conjunction, Contraction, FinalParticle, Potential, SpokenWord};

use super::context::Side::{self, Any, Not, Of};
use super::context::{AFTER_TA, EDGE, PLAIN, QUOTING, Spoken, TE};
use super::potential::{AFTER_RA, RA};

const fn entry(
    rule: TextRule,
    heard: &'static str,
    written: &'static str,
    before: Side,
    after: Side,
) -> Spoken {
    Spoken {
        heard,
        written,
        rule,
        before,
        after,
    }
}

/// Everything but the potentials.
const TABLE: &[Spoken] = &[
    // っていう and its kin.
    entry(Contraction, "っていう", "という", Not(&["言"]), Any),
    entry(Contraction, "っつう", "という", Any, Any),
    entry(Contraction, "ってゆう", "という", Any, Any),
    entry(
        Contraction,
        "とゆう",
        "という",
        Any,
        Not(&["き", "び", "が", "せ", "す", "め"]),
    ),
    entry(SpokenWord, "そうゆう", "そういう", Any, Not(&["き", "び", "が"])),
    entry(SpokenWord, "こうゆう", "こういう", Any, Not(&["き", "び", "が"])),
    entry(SpokenWord, "どうゆう", "どういう", Any, Not(&["き", "び", "が"])),
    entry(
        Contraction,
        "ってこと",
        "ということ",
        Any,
        Of(&["|", "で", "は", "に", "が", "を", "も", "か", "な"]),
    ),
    entry(Contraction, "って言", "と言", QUOTING, Any),
    entry(
        Contraction,
        "っていい",
        "といい",
        QUOTING,
        Of(&["ます", "まし", "ません"]),
    ),
    entry(Contraction, "って思", "と思", QUOTING, Any),
    entry(Contraction, "って考え", "と考え", QUOTING, Any),
    entry(Contraction, "って聞", "と聞", QUOTING, Any),
    entry(
        Contraction,
        "って感じ",
        "という感じ",
        QUOTING,
        Of(&["で", "が", "に", "の"]),
    ),
    entry(
        Contraction,
        "これって",
        "これは",
        EDGE,
        Not(&["い", "言", "思", "聞"]),
    ),
    entry(
        Contraction,
        "それって",
        "それは",
        EDGE,
        Not(&["い", "言", "思", "聞"]),
    ),
    // てる, てた, とく, ちゃう.
    entry(Contraction, "てる", "ている", TE, Any),
    entry(Contraction, "てます", "ています", TE, Not(&["ま"])),
    entry(Contraction, "てません", "ていません", TE, Any),
    entry(Contraction, "てました", "ていました", TE, Any),
    entry(Contraction, "てまして", "ていまして", TE, Any),
    entry(Contraction, "てない", "ていない", TE, Any),
    entry(Contraction, "てなかった", "ていなかった", TE, Any),
    entry(Contraction, "てれば", "ていれば", Of(&["っ", "し", "い"]), Any),
    entry(Contraction, "てた", "ていた", TE, AFTER_TA),
    entry(Contraction, "てて", "ていて", TE, EDGE),
    entry(Contraction, "んでる", "んでいる", Of(&["漢"]), Any),
    entry(Contraction, "んでます", "んでいます", Of(&["漢"]), Not(&["ま"])),
    entry(Contraction, "んでません", "んでいません", Of(&["漢"]), Any),
    entry(Contraction, "んでない", "んでいない", Of(&["漢"]), Any),
    entry(
        Contraction,
        "しとく",
        "しておく",
        Any,
        Of(&["|", "と", "必", "よ", "の", "ん", "こ", "べ"]),
    ),
    entry(
        Contraction,
        "けとく",
        "けておく",
        Of(&["漢"]),
        Of(&["|", "と", "必", "よ", "の", "ん", "こ", "べ", "って", "案"]),
    ),
    entry(Contraction, "しとかない", "しておかない", Any, Any),
    entry(Contraction, "しときます", "しておきます", Any, Any),
    entry(Contraction, "しときました", "しておきました", Any, Any),
    entry(Contraction, "しといて", "しておいて", Any, Any),
    entry(
        Contraction,
        "やっとく",
        "やっておく",
        Any,
        Of(&["|", "と", "必", "よ", "の", "ん", "こ", "べ"]),
    ),
    entry(Contraction, "やっときます", "やっておきます", Any, Any),
    entry(Contraction, "やっといて", "やっておいて", Any, Any),
    entry(Contraction, "見ときます", "見ておきます", Any, Any),
    entry(Contraction, "言っときます", "言っておきます", Any, Any),
    entry(Contraction, "聞いときます", "聞いておきます", Any, Any),
    entry(Contraction, "書いときます", "書いておきます", Any, Any),
    entry(Contraction, "ちゃう", "てしまう", TE, Any),
    entry(Contraction, "ちゃった", "てしまった", TE, Any),
    entry(Contraction, "ちゃって", "てしまって", TE, Any),
    entry(Contraction, "ちゃいます", "てしまいます", TE, Any),
    entry(Contraction, "ちゃいました", "てしまいました", TE, Any),
    entry(Contraction, "んじゃう", "んでしまう", Of(&["漢"]), Any),
    entry(Contraction, "んじゃった", "んでしまった", Of(&["漢"]), Any),
    entry(Contraction, "んじゃって", "んでしまって", Of(&["漢"]), Any),
    // Denials: contracted, never dropped.
    entry(Contraction, "なきゃ", "なければ", Any, Any),
    entry(Contraction, "なくちゃ", "なくては", Any, Any),
    entry(Contraction, "んじゃない", "のではない", PLAIN, Any),
    entry(Contraction, "じゃない", "ではない", Any, Any),
    entry(Contraction, "じゃなく", "ではなく", Any, Any),
    entry(Contraction, "じゃなかった", "ではなかった", Any, Any),
    entry(Contraction, "じゃありません", "ではありません", Any, Any),
    entry(Contraction, "わかんない", "わからない", Any, Any),
    entry(Contraction, "分かんない", "分からない", Any, Any),
    entry(Contraction, "しんない", "しれない", Of(&["かも"]), Any),
    entry(Contraction, "やんない", "やらない", Any, Any),
    entry(
        Contraction,
        "なんない",
        "ならない",
        Of(&["きゃ", "ければ", "くちゃ", "くては", "に", "と", "く"]),
        Any,
    ),
    // んです.
    entry(Contraction, "んです", "のです", PLAIN, Any),
    entry(
        Contraction,
        "なんです",
        "なのです",
        Of(&["漢", "カ", "そう", "こと", "だけ", "もの", "ところ", "よう"]),
        Any,
    ),
    // けど and its kin.
    entry(
        Conjunction,
        "ですけれども",
        "ですが",
        Any,
        Of(&["|", "漢", "カ", "ね"]),
    ),
    entry(Conjunction, "ですけれど", "ですが", Any, Not(&["も"])),
    entry(Conjunction, "ですけども", "ですが", Any, Any),
    entry(Conjunction, "ですけど", "ですが", Any, Not(&["も"])),
    entry(Conjunction, "ますけれども", "ますが", Any, Any),
    entry(Conjunction, "ますけれど", "ますが", Any, Not(&["も"])),
    entry(Conjunction, "ますけども", "ますが", Any, Any),
    entry(Conjunction, "ますけど", "ますが", Any, Not(&["も"])),
    entry(Conjunction, "ましたけれども", "ましたが", Any, Any),
    entry(Conjunction, "ましたけれど", "ましたが", Any, Not(&["も"])),
    entry(Conjunction, "ましたけども", "ましたが", Any, Any),
    entry(Conjunction, "ましたけど", "ましたが", Any, Not(&["も"])),
    entry(Conjunction, "ませんけれども", "ませんが", Any, Any),
    entry(Conjunction, "ませんけど", "ませんが", Any, Not(&["も"])),
    entry(Conjunction, "でしたけれども", "でしたが", Any, Any),
    entry(Conjunction, "でしたけど", "でしたが", Any, Not(&["も"])),
    entry(
        Conjunction,
        "けど、",
        "けれども、",
        Of(&["る", "う", "く", "す", "つ", "む", "ぶ", "た", "い", "だ"]),
        Any,
    ),
    entry(Conjunction, "じゃあ、", "では、", EDGE, Any),
    entry(Conjunction, "じゃ、", "では、", EDGE, Any),
    entry(Conjunction, "んで、", "それで、", EDGE, Any),
    entry(Conjunction, "でも、", "しかし、", EDGE, Any),
    entry(Conjunction, "なので、", "そのため、", EDGE, Any),
    entry(Conjunction, "なんで、", "なので、", Of(&["漢", "カ"]), Any),
    entry(Conjunction, "ですんで", "ですので", Any, Any),
    entry(Conjunction, "ますんで", "ますので", Any, Any),
    entry(Conjunction, "ましたんで", "ましたので", Any, Any),
    // Words.
    entry(SpokenWord, "すいません", "すみません", EDGE, Any),
    entry(SpokenWord, "やっぱり", "やはり", Any, Any),
    entry(SpokenWord, "やっぱ", "やはり", Any, Of(&["漢", "カ"])),
    entry(SpokenWord, "やっぱ、", "やはり、", Any, Any),
    entry(SpokenWord, "ちょっと", "少し", Any, Of(&["漢"])),
    entry(SpokenWord, "いろんな", "いろいろな", Any, Any),
    entry(SpokenWord, "おんなじ", "同じ", Any, Any),
    entry(SpokenWord, "ほんとに", "本当に", Any, Any),
    entry(SpokenWord, "ほんとう", "本当", Any, Any),
    entry(SpokenWord, "どんぐらい", "どのくらい", Any, Any),
    entry(SpokenWord, "めっちゃ", "とても", Any, Any),
    entry(
        SpokenWord,
        "みたいな",
        "ような",
        Of(&["する", "ある", "いる", "した", "った", "ない"]),
        Any,
    ),
    entry(
        SpokenWord,
        "みたいに",
        "ように",
        Of(&["する", "ある", "いる", "した", "った", "ない"]),
        Any,
    ),
    entry(
        SpokenWord,
        "みたいな",
        "のような",
        Of(&["カ", "これ", "それ", "あれ"]),
        Any,
    ),
    entry(
        SpokenWord,
        "みたいに",
        "のように",
        Of(&["カ", "これ", "それ", "あれ"]),
        Any,
    ),
    entry(SpokenWord, "でしょ", "でしょう", Any, EDGE),
    entry(SpokenWord, "ましょっか", "ましょうか", Any, Any),
    entry(
        SpokenWord,
        "どっか",
        "どこか",
        EDGE,
        Of(&["|", "で", "に", "の", "へ", "を", "から"]),
    ),
    entry(
        SpokenWord,
        "こっち",
        "こちら",
        Any,
        Of(&["|", "で", "の", "に", "は", "が", "を", "も"]),
    ),
    entry(
        SpokenWord,
        "そっち",
        "そちら",
        Any,
        Of(&["|", "で", "の", "に", "は", "が", "を", "も"]),
    ),
    entry(
        SpokenWord,
        "どっち",
        "どちら",
        Any,
        Of(&["|", "で", "の", "に", "は", "が", "を", "も", "か"]),
    ),
    // Ends.
    entry(
        FinalParticle,
        "ですね。",
        "です。",
        Not(&["て", "で", "そう", "いい", "良い", "よろしい", "結構"]),
        Any,
    ),
    entry(FinalParticle, "ますね。", "ます。", Any, Any),
    entry(FinalParticle, "ましたね。", "ました。", Any, Any),
    entry(FinalParticle, "でしたね。", "でした。", Any, Any),
    entry(FinalParticle, "ませんね。", "ません。", Any, Any),
    entry(FinalParticle, "ですよ。", "です。", Any, Any),
    entry(FinalParticle, "ますよ。", "ます。", Any, Any),
    entry(FinalParticle, "ましたよ。", "ました。", Any, Any),
    entry(FinalParticle, "ませんよ。", "ません。", Any, Any),
    entry(FinalParticle, "くださいね。", "ください。", Any, Any),
];

/// All entries.
pub(super) fn entries() -> impl Iterator<Item = Spoken> {
    let potentials = RA
        .iter()
        .map(|(heard, written)| entry(Potential, heard, written, Any, AFTER_RA));
    let table = TABLE
        .iter()
        .map(|one| entry(one.rule, one.heard, one.written, one.before, one.after));
    table.chain(potentials)
}

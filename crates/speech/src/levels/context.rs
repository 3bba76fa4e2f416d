//! What an entry of 整文 is, and what may stand around it.
//!
//! Never: an entry itself.

use shoki_core::minutes::TextRule;

/// One way of speaking.
pub(super) struct Spoken {
    /// What is said.
    pub(super) heard: &'static str,
    /// How it is written.
    pub(super) written: &'static str,
    /// Under which name it is shown.
    pub(super) rule: TextRule,
    /// What must stand before it.
    pub(super) before: Side,
    /// What must stand behind it.
    pub(super) after: Side,
}

/// What stands on one side. In the lists `漢` is any kanji, `カ` any katakana, `|` a mark or the end.
#[derive(Clone, Copy)]
pub(super) enum Side {
    /// Anything.
    Any,
    /// One of these.
    Of(&'static [&'static str]),
    /// None of these.
    Not(&'static [&'static str]),
}

/// A beginning or an end of a clause.
pub(super) const EDGE: Side = Side::Of(&["|"]);

/// Behind these a て is the end of a verb's て-form: 捨てる, 育てる and the like are none of them.
pub(super) const TE: Side = Side::Of(&[
    "っ", "し", "い", "え", "け", "げ", "せ", "ね", "べ", "め", "れ", "き", "ち", "み", "て", "び", "り",
    "見", "出", "来", "着", "得", "似", "寝",
]);
/// Behind these a て form's てた ends.
pub(super) const AFTER_TA: Side = Side::Of(&[
    "|",
    "んで",
    "の",
    "こと",
    "ところ",
    "とき",
    "が",
    "け",
    "から",
    "と思",
    "という",
    "と言",
    "漢",
    "よう",
    "わけ",
    "ら",
    "り",
]);

/// Ends of plain predicates behind which って quotes; a verb's own って (待って, 立って) does not end so.
pub(super) const QUOTING: Side = Side::Of(&[
    "する",
    "ある",
    "いる",
    "れる",
    "える",
    "ける",
    "せる",
    "てる",
    "なる",
    "める",
    "べる",
    "わる",
    "まる",
    "です",
    "ます",
    "した",
    "った",
    "んだ",
    "ない",
    "たい",
    "いい",
    "ましょう",
    "でしょう",
    "だろう",
    "そう",
    "どう",
    "さん",
    "ません",
    "ください",
    "カ",
    "よう",
    "かどうか",
    "いか",
    "すか",
    "」",
    "』",
]);

/// Ends of plain predicates behind which ん stands for の; a noun's own ん (佐藤さん, もちろん) does not.
pub(super) const PLAIN: Side = Side::Of(&[
    "する",
    "ある",
    "いる",
    "れる",
    "える",
    "ける",
    "せる",
    "てる",
    "なる",
    "める",
    "べる",
    "わる",
    "まる",
    "した",
    "った",
    "いた",
    "んだ",
    "ない",
    "たい",
    "いい",
    "思う",
    "言う",
    "いう",
    "違う",
    "行く",
    "書く",
    "聞く",
    "いく",
    "続く",
    "働く",
    "しい",
    "漢い",
    "漢す",
    "きた",
    "来た",
    "見る",
    "出る",
    "来る",
    "えた",
    "めた",
    "けた",
    "れた",
    "漢な",
    "そうな",
]);

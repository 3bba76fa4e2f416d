//! The tables of ケバ取り: what fills a pause, and what only looks like it.
//!
//! Never: a number, a denial, いいえ.

/// Sounds that are fillers wherever a word can begin; longer ones first.
pub(super) const SURE: &[&str] = &[
    "えーっとですね",
    "えーとですね",
    "ええとですね",
    "えっとですね",
    "あのーですね",
    "あのですね",
    "えーっと",
    "ええっと",
    "えーとー",
    "えっとー",
    "えーと",
    "ええと",
    "えっと",
    "えーー",
    "えー",
    "あのーー",
    "あのぉ",
    "あのー",
    "そのーー",
    "そのぉ",
    "そのー",
];
/// Sounds that are fillers only where nothing stands before them.
pub(super) const SURE_APART: &[&str] = &[
    "うーんと",
    "うーん",
    "んーと",
    "んー",
    "うー",
    "あーー",
    "あー",
    "まあー",
    "まぁー",
    "まーー",
    "まー",
    "あのう",
];
/// Words that are fillers only when they stand alone between marks.
pub(super) const ALONE: &[&str] = &[
    "なんていうか",
    "何ていうか",
    "なんというか",
    "何というか",
    "なんて言うか",
    "何て言うか",
    "なんと言うか",
    "何と言うか",
    "なんだろう",
    "あのね",
    "あのさ",
    "なんか",
    "うんと",
    "あの",
    "その",
    "まあ",
    "まぁ",
    "こう",
    "あっ",
    "ま",
    "え",
    "あ",
    "ん",
];
/// Words that are fillers at a beginning when one of these follows at once.
pub(super) const BEFORE: &[(&str, &[&str])] = &[
    (
        "あの",
        &[
            "それ",
            "これ",
            "私",
            "わたし",
            "僕",
            "何というか",
            "なんというか",
            "なんか",
        ],
    ),
    (
        "その",
        &["それ", "これ", "私ども", "何というか", "なんというか", "なんか"],
    ),
    (
        "なんか",
        &["すごい", "すごく", "ちょっと", "よく分か", "よくわか"],
    ),
];
/// まあ before these is another word: まあまあ, まあるい, まあね.
pub(super) const NOT_AFTER_MAA: &[char] = &['ま', 'あ', 'ー', 'る', 'ね', 'ぁ'];

/// Behind these a ですね before a comma is a mere pause.
pub(super) const BEFORE_DESUNE: &[&str] = &[
    "は",
    "が",
    "を",
    "に",
    "へ",
    "ので",
    "けど",
    "ですから",
    "して",
    "って",
    "いて",
    "えて",
    "れて",
    "えば",
    "れば",
    "それで",
    "それから",
    "また",
    "さらに",
    "まず",
    "しかし",
    "そして",
    "つまり",
    "やはり",
    "やっぱり",
    "ところで",
    "実は",
    "あるいは",
];
/// … and behind these where they begin a clause.
pub(super) const OPENING_DESUNE: &[&str] = &[
    "ただ",
    "あと",
    "結局",
    "例えば",
    "たとえば",
    "なので",
    "ですので",
    "そこで",
    "ということで",
    "要するに",
    "で",
    "私も",
    "今も",
];
/// … but not behind these, which only end alike.
pub(super) const NOT_BEFORE_DESUNE: &[&str] = &["ことば", "あるが", "いうか", "すがた", "すべて"];
/// Behind these a ね before a comma is a mere pause.
pub(super) const BEFORE_NE: &[&str] = &[
    "は",
    "が",
    "を",
    "に",
    "も",
    "けど",
    "だから",
    "ですから",
    "それで",
];

/// One kana that can be a word of its own at the beginning of a clause: で、できます.
pub(super) const WORDS_OF_ONE: &str = "はがをにでともへのえあまん";
/// Beginnings that are words: いや、いやな.
pub(super) const WHOLE_WORDS: &[&str] = &[
    "はい", "いや", "いい", "いえ", "ええ", "うん", "また", "もう", "ない", "どう", "そう",
];

/// Words for listening that may come twice.
pub(super) const LISTENING: &[&str] = &["はい", "うん", "ええ"];
/// What a listener says into another's speech; はい and ええ can be answers and stay.
pub(super) const MURMURS: &[&str] = &[
    "うん",
    "うんうん",
    "ふん",
    "ふんふん",
    "へえ",
    "ほう",
    "はあ",
    "なるほど",
    "そうそう",
];

/// The longest doubled word, in characters.
pub(super) const LONGEST_DOUBLED: usize = 12;

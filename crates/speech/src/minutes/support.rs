//! Whether a drafted sentence is borne out by what was said.
//!
//! Promises: deterministic; in doubt a sentence is not borne out. What it cannot see: who did something, in
//! which order, under which condition. Never: a sentence's wording.

use serde::{Deserialize, Serialize};

use super::numbers;
use super::phrases::PERSON_TITLES;
use crate::levels::{is_kanji, is_katakana, is_number};

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// Nothing is cited, or the sentence is empty.
    NoEvidence,
    /// A number, amount or date was not said.
    Number,
    /// A name was not said.
    Name,
    /// It denies what was said, or says what was denied.
    Polarity,
    /// A word that decides (全員, 決定, 延期) was not said.
    DecidingWord,
    /// Too many of its words were not said.
    Words,
}

impl Gap {
    /// For the screen.
    #[must_use]
    pub const fn label_ja(self) -> &'static str {
        match self {
            Self::NoEvidence => "根拠の発言が示されていません",
            Self::Number => "発言にない数字や日付があります",
            Self::Name => "発言にない名前があります",
            Self::Polarity => "肯定と否定が発言と合いません",
            Self::DecidingWord => "発言にない、結論を左右する語があります",
            Self::Words => "発言にない言葉が多すぎます",
        }
    }
}

/// What the check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Support {
    /// What is missing, each once, in order; empty: the sentence is borne out.
    pub gaps: Vec<Gap>,
}

impl Support {
    /// Whether the sentence may stand as supported.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.gaps.is_empty()
    }
}

/// Words that decide: they stand only where they were said.
const DECIDING: &[&str] = &[
    "全員",
    "全部",
    "全て",
    "すべて",
    "全額",
    "一部",
    "半数",
    "過半数",
    "多数",
    "必ず",
    "直ちに",
    "至急",
    "決定",
    "承認",
    "可決",
    "否決",
    "了承",
    "却下",
    "採択",
    "中止",
    "延期",
    "廃止",
    "継続",
    "未定",
    "保留",
    "禁止",
    "義務",
    "無料",
    "有料",
    "免除",
    "以上",
    "以下",
    "未満",
    "以内",
    "超え",
    "増額",
    "減額",
    "増加",
    "減少",
    "賛成",
    "反対",
    "異議",
    "合意",
    "辞退",
    "欠席",
    "出席",
];
/// Other ways in which the same was said.
const SAME: &[(&str, &[&str])] = &[
    ("すべて", &["全て", "全部"]),
    ("全て", &["すべて", "全部"]),
    ("増加", &["増え", "増加"]),
    ("減少", &["減っ", "減り", "減少"]),
    (
        "決定",
        &["決ま", "決め", "こととします", "ことにします", "異議なし"],
    ),
    ("延期", &["先送り", "延ば"]),
    ("出席", &["参加"]),
    ("超え", &["超", "上回"]),
];

/// Share of the pairs of kanji or katakana that must have been said.
const MIN_SHARED: f64 = 0.5;

/// Denials of a predicate.
const DENIALS: &[&str] = &[
    "ない",
    "なかっ",
    "ません",
    "なく",
    "ずに",
    "まい",
    "未定",
    "不可",
    "否決",
    "見送",
    "却下",
];
/// What holds a denial and denies nothing.
const NO_DENIALS: &[&str] = &[
    "なければならない",
    "なければなりません",
    "なければいけない",
    "なければいけません",
    "なくてはならない",
    "なくてはなりません",
    "ないといけない",
    "ないといけません",
    "かもしれない",
    "かもしれません",
    "ではないか",
    "ではないでしょうか",
    "少ない",
    "少なく",
    "異議なし",
    "に違いない",
    "ざるを得ない",
    "ざるを得ません",
    "にほかならない",
    "だけでなく",
    "だけではなく",
];

/// Checks a sentence against the words that it cites.
#[must_use]
pub fn check_support(sentence: &str, evidence: &str) -> Support {
    let (said, words) = (plain(sentence), plain(evidence));
    if said.is_empty() || words.is_empty() {
        return Support {
            gaps: vec![Gap::NoEvidence],
        };
    }
    let checks = [
        (Gap::Number, numbers_are_said(&said, &words)),
        (Gap::Name, names_are_said(&said, &words)),
        (Gap::Polarity, polarity_agrees(&said, &words)),
        (Gap::DecidingWord, deciding_is_said(&said, &words)),
        (Gap::Words, shared(&said, &words) >= MIN_SHARED),
    ];
    Support {
        gaps: checks
            .into_iter()
            .filter(|(_, holds)| !holds)
            .map(|(gap, _)| gap)
            .collect(),
    }
}

/// A text without blanks, in one width of digits.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .map(|c| match c {
            '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c),
            '％' => '%',
            _ => c,
        })
        .collect::<String>()
        .replace("パーセント", "%")
}

fn numbers_are_said(said: &str, words: &str) -> bool {
    let heard = numbers::all(words);
    numbers::all(said).iter().all(|number| {
        heard.iter().any(|one| {
            let same = one.value == number.value && one.fraction == number.fraction;
            // 86人 is not 86件; a unit that ends the text or is a mark says nothing.
            let unit = |unit: Option<char>| unit.filter(|c| is_kanji(*c) || *c == '%' || is_katakana(*c));
            same && (unit(one.unit) == unit(number.unit) || unit(number.unit).is_none())
        })
    })
}

fn names_are_said(said: &str, words: &str) -> bool {
    let chars: Vec<char> = said.chars().collect();
    (1..=chars.len()).all(|end| {
        let before: String = chars[..end].iter().collect();
        let Some(title) = PERSON_TITLES.iter().find(|title| before.ends_with(**title)) else {
            return true;
        };
        let mut start = end - title.chars().count();
        while start > 0 && (is_kanji(chars[start - 1]) || is_katakana(chars[start - 1])) {
            start -= 1;
        }
        let name: String = chars[start..end].iter().collect();
        let bare = name.strip_suffix(*title).unwrap_or(&name);
        bare.is_empty() || words.contains(bare)
    })
}

/// Whether each clause denies as the clause does that it shares most with.
fn polarity_agrees(said: &str, words: &str) -> bool {
    let heard: Vec<&str> = clauses(words).collect();
    clauses(said).all(|clause| {
        let ours = pairs(clause);
        if ours.is_empty() || heard.contains(&clause) {
            return true;
        }
        let shared = |other: &&str| {
            let theirs = pairs(other);
            ours.iter().filter(|pair| theirs.contains(pair)).count()
        };
        // Of two alike, the first. What shares nothing says nothing of the clause.
        let closest = heard
            .iter()
            .rev()
            .copied()
            .max_by_key(shared)
            .filter(|closest| shared(closest) > 0);
        closest.is_none_or(|closest| denies(clause) == denies(closest))
    })
}

fn clauses(text: &str) -> impl Iterator<Item = &str> {
    text.split(['、', '。', '？', '?', '！', '，'])
        .filter(|clause| !clause.is_empty())
}

/// Whether a clause denies: an odd number of denials.
fn denies(text: &str) -> bool {
    let mut bare = text.to_owned();
    for phrase in NO_DENIALS {
        bare = bare.replace(phrase, "");
    }
    let count = DENIALS
        .iter()
        .map(|denial| bare.matches(denial).count())
        .sum::<usize>();
    let ends = ["ず", "ぬ"].iter().any(|end| bare.ends_with(end))
        && !["まず", "はず", "必ず"].iter().any(|end| bare.ends_with(end));
    (count + usize::from(ends)) % 2 == 1
}

fn deciding_is_said(said: &str, words: &str) -> bool {
    DECIDING.iter().filter(|word| said.contains(**word)).all(|word| {
        let others = SAME
            .iter()
            .find(|(one, _)| one == word)
            .map_or(&[][..], |(_, others)| others);
        words.contains(word) || others.iter().any(|other| words.contains(other))
    })
}

fn shared(said: &str, words: &str) -> f64 {
    let ours = pairs(said);
    if ours.is_empty() {
        let all = said
            .chars()
            .filter(|c| is_kanji(*c) || is_katakana(*c))
            .all(|c| words.contains(c));
        return if all { 1.0 } else { 0.0 };
    }
    let held = ours
        .iter()
        .filter(|(a, b)| words.contains(&format!("{a}{b}")))
        .count();
    #[expect(clippy::cast_precision_loss, reason = "pairs of one sentence")]
    let share = held as f64 / ours.len() as f64;
    share
}

/// Pairs of kanji or katakana.
fn pairs(text: &str) -> Vec<(char, char)> {
    let chars: Vec<char> = text.chars().collect();
    // Numbers are held against numbers.
    let content = |c: &char| (is_kanji(*c) || is_katakana(*c)) && !is_number(*c);
    let both = chars.windows(2).filter(|pair| pair.iter().all(content));
    both.map(|pair| (pair[0], pair[1])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "人員が3名足りないため、来月に募集します。担当は高齢福祉課の小林です。12月10日までに通知文を作成し、世帯に送ります。予算は1億8千万円を見込んでいます。駐車場の拡張は認めません。";

    #[test]
    fn what_was_said_is_borne_out_and_what_was_not_is_named() {
        for (sentence, gaps) in [
            ("人員が3名足りないため、来月に募集する。", &[][..]),
            ("１２月１０日までに通知文を作成し、世帯に送る。", &[]),
            ("十二月十日までに通知文を作成し、世帯に送る。", &[]),
            ("予算は180,000,000円を見込んでいる。", &[]),
            ("高齢福祉課の小林さんが担当する。", &[]),
            ("駐車場の拡張は認めない。", &[]),
            ("人員が5名足りないため、来月に募集する。", &[Gap::Number]),
            ("人員が3件足りないため、来月に募集する。", &[Gap::Number]),
            ("12月11日までに通知文を作成し、世帯に送る。", &[Gap::Number]),
            ("高齢福祉課の山本さんが担当する。", &[Gap::Name]),
            ("駐車場の拡張を認める。", &[Gap::Polarity]),
            (
                "12月10日までに通知文を作成せず、世帯に送らなければならない。",
                &[Gap::Polarity],
            ),
            ("来月の募集は中止する。", &[Gap::DecidingWord]),
            ("来月に募集する。", &[]),
            ("来月に募集しない。", &[Gap::Polarity]),
            ("図書館の開館時間を延長し、学生の利用を促進する。", &[Gap::Words]),
            ("", &[Gap::NoEvidence]),
        ] {
            let found = check_support(sentence, SAID).gaps;
            assert_eq!(found, gaps, "{sentence}");
        }
        assert_eq!(check_support("認める。", "").gaps, [Gap::NoEvidence]);
        assert!(check_support("原案のとおり決定した。", "原案のとおりとすることに決まりました。").holds());
    }
}

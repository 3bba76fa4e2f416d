//! The words of a question: which carry its subject, where they stand in a text.
//!
//! Promise: spans are bytes of the original text, in order, not overlapping. Never: what a word means.

use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::text::{Normalised, is_hiragana, is_kanji, is_katakana, parse_number, to_kansuji};

/// Shortest common run that is shown as matched, in characters.
const MIN_MATCH: usize = 2;
/// Longest run that is looked for.
const MAX_MATCH: usize = 16;

/// Words that are about the asking, not about the subject.
const ASKING: &[&str] = &[
    "根拠条文",
    "根拠規定",
    "根拠",
    "条文",
    "教えて",
    "場合",
    "必要",
    "可能",
    "方法",
    "理由",
    "規定",
    "法律",
    "法令",
    "何条",
    "何項",
    "何号",
    "質問",
    "説明",
    "具体的",
    "対応",
    "扱い",
    "取扱い",
    "取り扱い",
    "問題",
    "大丈夫",
    "一体",
    "一緒",
    "友達",
    "友人",
    "家族",
    "大人",
    "先輩",
    "上司",
    "同僚",
    "電話",
    "毎日",
    "毎月",
    "昨日",
    "今日",
    "明日",
    "先日",
    "自分",
    "本人",
    "相手",
    "今回",
    "今後",
    "最近",
    "現在",
    "以前",
    "全部",
    "一部",
    "一般",
    "普通",
    "通常",
    "実際",
    "場所",
    "時期",
    "内容",
    "状況",
    "事情",
    "関係",
    "結果",
    "条件",
    "要件",
    "範囲",
    "定義",
    "意味",
    "手続",
    "手続き",
];

/// The runs of a normalised question that carry a subject: kanji, katakana or Latin letters, two
/// characters or more, without words about the asking. With their places.
#[must_use]
pub(super) fn subjects(question: &str) -> Vec<(Range<usize>, &str)> {
    let class = |c: char| {
        if is_kanji(c) {
            1
        } else if is_katakana(c) {
            2
        } else if c.is_ascii_alphabetic() {
            3
        } else {
            0
        }
    };
    let mut runs: Vec<(Range<usize>, &str)> = Vec::new();
    let mut start = 0;
    let mut held = 0;
    let ends = std::iter::once((question.len(), '\0'));
    for (at, c) in question.char_indices().chain(ends) {
        let now = class(c);
        if now == held {
            continue;
        }
        if held != 0 {
            runs.push((start..at, &question[start..at]));
        }
        (start, held) = (at, now);
    }
    runs.retain(|(_, run)| run.chars().count() >= 2 && !ASKING.contains(run) && parse_number(run).is_none());
    runs
}

/// Other ways of writing the numbers of a question with the words around them: 65歳 → 六十五歳.
#[must_use]
pub(super) fn other_numbers(question: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = question;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let after = &rest[at..];
        let len = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let unit: String = after[len..]
            .chars()
            .take_while(|&c| is_kanji(c))
            .take(2)
            .collect();
        if let (Ok(number), false) = (after[..len].parse::<u64>(), unit.is_empty()) {
            let unit = if unit == "か月" { "月" } else { &unit };
            found.push(format!("{}{unit}", to_kansuji(number)));
        }
        rest = &after[len..];
    }
    found
}

/// Where the words of a question, and words that stand for them, occur in a text.
#[derive(Debug)]
pub(super) struct Matcher {
    /// `None` when there is nothing to look for.
    runs: Option<AhoCorasick>,
}

impl Matcher {
    /// Looks for common runs with `question` (normalised), and for each of `words` as a whole.
    pub(super) fn new(question: &str, words: &[&str]) -> Self {
        let mut runs = BTreeSet::new();
        for word in words.iter().filter(|word| word.chars().count() >= MIN_MATCH) {
            runs.insert(*word);
        }
        for piece in question.split(|c: char| !c.is_alphanumeric()) {
            let characters: Vec<(usize, char)> = piece.char_indices().collect();
            for start in 0..characters.len() {
                for len in MIN_MATCH..=MAX_MATCH.min(characters.len() - start) {
                    let (first, last) = (characters[start], characters[start + len - 1]);
                    // A run of hiragana alone, or one that hangs on particles, shows nothing.
                    if is_hiragana(first.1) || is_hiragana(last.1) {
                        continue;
                    }
                    runs.insert(&piece[first.0..last.0 + last.1.len_utf8()]);
                }
            }
        }
        let automaton = (!runs.is_empty()).then(|| {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .kind(Some(AhoCorasickKind::NoncontiguousNFA))
                .build(runs)
                .expect("the runs of a question of bounded length fit an automaton")
        });
        Self { runs: automaton }
    }

    /// The places, longest match first at each character.
    pub(super) fn matched(&self, text: &str) -> Vec<Range<usize>> {
        let Some(runs) = &self.runs else {
            return Vec::new();
        };
        let normalised = Normalised::new(text);
        let mut found: Vec<Range<usize>> = Vec::new();
        for hit in runs.find_iter(normalised.text()) {
            let span = normalised.original_span(hit.range());
            match found.last_mut() {
                Some(last) if span.start <= last.end => last.end = span.end.max(last.end),
                _ => found.push(span),
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_the_words_that_carry_the_question() {
        let words: Vec<&str> = subjects("通帳を見せない人の場合、パスポートの根拠は?")
            .into_iter()
            .map(|(_, word)| word)
            .collect();
        assert_eq!(words, ["通帳", "パスポート"]);
    }

    #[test]
    fn numbers_are_written_as_the_law_does() {
        assert_eq!(other_numbers("65歳以上で3月"), ["六十五歳以", "三月"]);
    }

    #[test]
    fn matches_lie_in_the_original() {
        let text = "保護を受けたときは、ﾎｺﾞ費を返還しなければならない。";
        let found = Matcher::new("ホゴ費の返還", &["受けたとき"]).matched(text);
        let shown: Vec<&str> = found.iter().map(|span| &text[span.clone()]).collect();
        assert_eq!(shown, ["受けたとき", "ﾎｺﾞ費", "返還"]);
    }
}

//! Whether a clause says must, may, must not, need not, yes or no: the last words of its predicate decide.
//!
//! Promise: when a statement and the clause it quotes disagree, [`agree`] says so; a pattern that is not
//! known counts as a plain yes. Never: whose duty it is, or under which condition (not read here).

use super::predicates::{DENYING, Modality, PATTERNS, WRAPPINGS};
use Modality::{May, Must, MustNot, NeedNot, No, Yes};

/// Longest ending that a predicate can have after its deciding words, in characters: ない|ものとする.
const TAIL: usize = 6;

/// What a clause (compact, without its end mark) says; `None` when it holds no finished predicate.
pub(super) fn finished(clause: &str) -> Option<Modality> {
    let bare = unwrapped(clause);
    if let Some((modality, before)) = matched(bare) {
        // 禁止しない, 除外されない: a no of a no.
        let twice = modality == No && DENYING.iter().any(|word| before.ends_with(word));
        return Some(if twice { Yes } else { modality });
    }
    let verb = ['る', 'す', 'う', 'く', 'つ', 'む', 'ぶ', 'ぐ', 'た', 'だ'];
    (bare.len() < clause.len() && !clause.ends_with(['が', 'の', 'と']) || bare.ends_with(verb))
        .then_some(Yes)
}

/// What a whole sentence says.
pub(super) fn of_sentence(sentence: &str) -> Modality {
    finished(trimmed(sentence)).unwrap_or(Yes)
}

/// What the clause says in which the words that end at `end` of `text` stand: a quote that is cut off
/// before its ない still means no.
pub(super) fn at(text: &str, start: usize, end: usize) -> Modality {
    let mut from = end;
    loop {
        let rest = &text[from..];
        let stop = rest
            .char_indices()
            .find(|&(_, c)| matches!(c, '、' | '。' | ','))
            .map_or(text.len(), |(at, _)| from + at);
        // Quotes may end with the mark itself.
        let clause = trimmed(&text[start..stop]);
        let last = stop == text.len() || text[stop..].starts_with('。');
        let ended_before = text[start..end].ends_with('。');
        if ended_before {
            return of_sentence(&text[start..end]);
        }
        if let Some(modality) = finished(clause) {
            return modality;
        }
        if last {
            return Yes;
        }
        from = stop + text[stop..].chars().next().map_or(1, char::len_utf8);
    }
}

/// Whether a statement may rest on a clause.
pub(super) fn agree(statement: Modality, clause: Modality) -> bool {
    statement.denies() == clause.denies()
        && !matches!(
            (statement, clause),
            (Must, May) | (May, Must) | (MustNot, NeedNot) | (NeedNot, MustNot)
        )
}

/// Whether a text denies anything anywhere, obligations (なければならない) aside.
pub(super) fn denies_somewhere(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let longest = PATTERNS
            .iter()
            .filter(|(pattern, _)| rest.starts_with(pattern))
            .max_by_key(|(pattern, _)| pattern.len());
        let step = match longest {
            // ず and なく inside a word (まずは, すくなく) are too weak to count here.
            Some((pattern, modality)) if modality.denies() && pattern.chars().count() > 1 => {
                if *pattern != "なく" {
                    return true;
                }
                pattern.len()
            }
            Some((pattern, _)) => pattern.len(),
            None => rest.chars().next().map_or(1, char::len_utf8),
        };
        rest = &rest[step..];
    }
    false
}

fn trimmed(text: &str) -> &str {
    let mut text = text.trim_end_matches(['。', '、', ',', '.', '」', '』', '!']);
    // (…を除く。) behind the predicate is not the predicate.
    while text.ends_with(')')
        && let Some(open) = text.rfind('(')
    {
        text = text[..open].trim_end_matches(['。', '、']);
    }
    text
}

fn unwrapped(clause: &str) -> &str {
    let mut bare = clause;
    loop {
        if PATTERNS.iter().any(|(pattern, _)| bare.ends_with(pattern)) {
            return bare;
        }
        let Some(wrapping) = WRAPPINGS
            .iter()
            .filter(|wrapping| bare.ends_with(**wrapping) && bare.len() > wrapping.len())
            .max_by_key(|wrapping| wrapping.len())
        else {
            return bare;
        };
        bare = &bare[..bare.len() - wrapping.len()];
    }
}

/// The pattern that ends last among the last characters, the longest of those that end there; and what
/// stands before it.
fn matched(bare: &str) -> Option<(Modality, &str)> {
    let from = bare.char_indices().rev().nth(TAIL - 1).map_or(0, |(at, _)| at);
    PATTERNS
        .iter()
        .filter_map(|(pattern, modality)| {
            let at = bare.rfind(pattern)?;
            let end = at + pattern.len();
            (end > from).then_some((end, pattern.len(), *modality))
        })
        .max_by_key(|&(end, len, _)| (end, len))
        .map(|(end, len, modality)| (modality, &bare[..end - len]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_sentence_decides() {
        for (sentence, modality) in [
            ("市長は、返還させなければならない。", Must),
            ("返還しなければなりません", Must),
            ("届け出る必要があります。", Must),
            ("保護を受けることができる。", May),
            ("車を持つことができます。", May),
            ("保有しても差し支えない。", May),
            ("支給することができない。", MustNot),
            ("車は持てません。", No),
            ("立ち入ってはならない。", MustNot),
            ("届け出ることを要しない。", NeedNot),
            ("届出は必要ありません。", NeedNot),
            ("この限りでない。", No),
            ("支給の対象外です。", No),
            ("徴収するものとする。", Yes),
            ("返還の対象です。", Yes),
            ("支給しないものとする。", No),
            ("支給しないこととされています。", No),
            ("必ず届け出る。", Yes),
            ("使用料を免除する。", Yes),
            ("使用料を免除しない。", No),
            ("持込みは禁止されています。", MustNot),
            ("持込みを禁止しない。", Yes),
        ] {
            assert_eq!(of_sentence(sentence), modality, "{sentence}");
        }
    }

    #[test]
    fn a_quote_cut_off_before_its_no_still_means_no() {
        let text = "何人も、正当な理由がなく保護を受けることができない。";
        let quote = "保護を受けることができ";
        let start = text.find(quote).expect("it stands there");
        assert_eq!(at(text, start, start + quote.len()), MustNot);
        let text = "甲は免許を受けることができるが、乙は免許を受けることができない。";
        let quote = "甲は免許を受けることができる";
        assert_eq!(at(text, 0, quote.len()), May);
        let quote = "乙は免許を受けることが";
        let start = text.find(quote).expect("it stands there");
        assert_eq!(at(text, start, start + quote.len()), MustNot);
    }

    #[test]
    fn must_may_and_their_denials_are_told_apart() {
        assert!(agree(Yes, Must) && agree(Must, Yes) && agree(May, May) && agree(No, MustNot));
        for (statement, clause) in [
            (May, MustNot),
            (MustNot, May),
            (Must, May),
            (May, Must),
            (No, Yes),
            (NeedNot, Must),
        ] {
            assert!(!agree(statement, clause), "{statement:?} {clause:?}");
        }
    }

    #[test]
    fn an_obligation_denies_nothing() {
        assert!(!denies_somewhere("届け出なければならない。"));
        assert!(denies_somewhere("届け出ないときは、罰する。"));
        assert!(!denies_somewhere("まず届け出る。"));
    }
}

//! The one tokeniser of the lexical legs: NFKC, lower case, then character uni- and bigrams inside runs
//! of letters and digits. Needs no dictionary and, on Japanese law, finds better than words do.
//!
//! Promises: every index cuts with these functions, so a term of the question is a term of the text; a
//! gram never spans a separator. A single hiragana is no term: it stands in every sentence.
//! Never: meaning, weights of a corpus.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

use super::WeightedText;

/// Version of the cut and of the fields; part of [`super::Fingerprint`].
pub const LAYOUT: u32 = 1;

/// The text as terms see it: NFKC, lower case.
#[must_use]
pub fn folded(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

const fn is_hiragana(character: char) -> bool {
    matches!(character, '\u{3041}'..='\u{309f}')
}

/// Letters and digits of any script; the first arm is what Japanese text consists of, without the search
/// in the tables.
fn is_part_of_a_run(character: char) -> bool {
    matches!(character, '\u{4e00}'..='\u{9fff}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}')
        || character.is_alphanumeric()
}

/// Calls `each` with the bytes of every term of a [`folded`] text in order; a term that occurs twice
/// comes twice.
pub fn for_each_cut(folded: &str, mut each: impl FnMut(Range<usize>)) {
    // Start of the previous character, when it belongs to the same run.
    let mut previous: Option<usize> = None;
    for (start, character) in folded.char_indices() {
        if !is_part_of_a_run(character) {
            previous = None;
            continue;
        }
        let end = start + character.len_utf8();
        if let Some(previous) = previous {
            each(previous..end);
        }
        if !is_hiragana(character) {
            each(start..end);
        }
        previous = Some(start);
    }
}

/// Calls `each` with every term of `text` in order; a term that occurs twice comes twice.
pub fn for_each_term(text: &str, mut each: impl FnMut(&str)) {
    let folded = folded(text);
    for_each_cut(&folded, |span| each(&folded[span]));
}

/// How often each term occurs in the pieces of one unit, and how many terms they have together. No term
/// spans two pieces.
#[must_use]
pub fn frequencies<'a>(pieces: impl IntoIterator<Item = &'a str>) -> (HashMap<String, u32>, u32) {
    let mut counts: HashMap<String, u32> = HashMap::new();
    let mut length = 0;
    for piece in pieces {
        for_each_term(piece, |term| {
            length += 1;
            if let Some(count) = counts.get_mut(term) {
                *count += 1;
            } else {
                counts.insert(term.to_owned(), 1);
            }
        });
    }
    (counts, length)
}

/// The terms of a question with their weights, in the order of the terms. Inside one text a term counts
/// as often as it occurs; between texts (the question, what each synonym rule added) the larger weight
/// holds, so that five synonyms which share a word do not make it five times as heavy.
#[must_use]
pub fn question_terms(texts: &[WeightedText]) -> BTreeMap<String, f32> {
    let mut weights: BTreeMap<String, f32> = BTreeMap::new();
    for text in texts {
        if !(text.weight > 0.0 && text.weight.is_finite()) {
            continue;
        }
        let (counts, _) = frequencies([text.text.as_str()]);
        for (term, count) in counts {
            #[expect(clippy::cast_precision_loss, reason = "a count of characters of one question")]
            let weight = text.weight * count as f32;
            let held = weights.entry(term).or_insert(0.0);
            *held = held.max(weight);
        }
    }
    weights
}

/// The terms that a passage must all hold for `text` to occur in it: its bigrams, and its single
/// characters where a run has only one. Empty when the text has no term at all.
#[must_use]
pub fn required_terms(text: &str) -> Vec<String> {
    let mut singles = Vec::new();
    let mut pairs = Vec::new();
    for_each_term(text, |term| {
        if term.chars().nth(1).is_some() {
            pairs.push(term.to_owned());
        } else {
            singles.push(term.to_owned());
        }
    });
    singles.retain(|single| !pairs.iter().any(|pair| pair.contains(single.as_str())));
    pairs.extend(singles);
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        for_each_term(text, |term| found.push(term.to_owned()));
        found
    }

    #[test]
    fn grams_stay_inside_runs_and_single_hiragana_are_no_terms() {
        assert_eq!(terms("保護、の費"), ["保", "保護", "護", "の費", "費"]);
        assert_eq!(terms("第63条"), ["第", "第6", "6", "63", "3", "3条", "条"]);
        assert!(terms("、。 ・\n").is_empty());
        assert!(terms("の").is_empty());
    }

    #[test]
    fn the_short_way_agrees_with_the_tables() {
        for character in '\u{3000}'..='\u{ffff}' {
            assert_eq!(
                is_part_of_a_run(character),
                character.is_alphanumeric(),
                "{character:?}"
            );
        }
    }

    #[test]
    fn width_and_case_do_not_matter() {
        assert_eq!(terms("ＡＢ６３"), terms("ab63"));
        assert_eq!(terms("ﾎｺﾞ"), terms("ホゴ"));
        assert_eq!(terms("㈱"), ["株"]);
    }

    #[test]
    fn repetition_counts_inside_a_text_and_not_between_texts() {
        let weighted = |text: &str, weight: f32| WeightedText {
            text: text.to_owned(),
            weight,
        };
        let terms = question_terms(&[weighted("金金", 1.0), weighted("金", 0.5), weighted("税", 0.5)]);
        assert_eq!(terms["金"].to_bits(), 2.0_f32.to_bits());
        assert_eq!(terms["税"].to_bits(), 0.5_f32.to_bits());
        assert!(question_terms(&[weighted("税", 0.0), weighted("税", f32::NAN)]).is_empty());
    }

    #[test]
    fn required_terms_cover_the_text() {
        assert_eq!(required_terms("保護費"), ["保護", "護費"]);
        assert_eq!(required_terms("税"), ["税"]);
        assert_eq!(required_terms("税 収入"), ["収入", "税"]);
        assert!(required_terms("は").is_empty());
    }
}

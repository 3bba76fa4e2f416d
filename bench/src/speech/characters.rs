//! Errors of a text: CER, cpCER, and characters that nobody said.
//!
//! Promise: texts are compared in NFKC without punctuation and spaces; errors are insertions, deletions and
//! substitutions (Levenshtein) over the characters of the truth. cpCER is that of all a speaker said, end to end,
//! under the cheapest pairing of speakers (Watanabe et al. 2020, CHiME-6, with characters for words).

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::Serialize;
use strsim::generic_levenshtein;
use unicode_normalization::UnicodeNormalization as _;

use super::assignment::{Costs, cheapest};
use super::truth::Said;

/// Errors over true characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Errors {
    /// Insertions, deletions and substitutions.
    pub errors: usize,
    /// Characters of the truth.
    pub of: usize,
}

impl Errors {
    /// Errors a character; 0 where nothing was said.
    #[must_use]
    pub fn rate(self) -> f64 {
        self.errors as f64 / self.of.max(1) as f64
    }
}

impl AddAssign for Errors {
    fn add_assign(&mut self, other: Self) {
        self.errors += other.errors;
        self.of += other.of;
    }
}

/// What is compared of a text.
#[must_use]
pub fn compared(text: &str) -> Vec<char> {
    text.nfkc().filter(|c| c.is_alphanumeric()).collect()
}

/// Errors of everything that was heard, in order of time, whoever said it.
#[must_use]
pub fn all(truth: &[Said], heard: &[Said]) -> Errors {
    let (truth, heard) = (joined(truth.iter()), joined(heard.iter()));
    Errors {
        errors: generic_levenshtein(&truth, &heard),
        of: truth.len(),
    }
}

/// Errors under the cheapest pairing of speakers; what has no speaker counts as one more who speaks.
#[must_use]
pub fn by_speaker(truth: &[Said], heard: &[Said]) -> Errors {
    let (truth, heard) = (per_speaker(truth), per_speaker(heard));
    let lengths = |texts: &[Vec<char>]| texts.iter().map(|text| text.len() as f64).collect();
    let pairs = truth
        .iter()
        .map(|own| {
            heard
                .iter()
                .map(|other| generic_levenshtein(own, other) as f64)
                .collect()
        })
        .collect();
    let (errors, _) = cheapest(&Costs {
        pairs,
        true_alone: lengths(&truth),
        heard_alone: lengths(&heard),
    });
    Errors {
        errors: errors.round() as usize,
        of: truth.iter().map(Vec::len).sum(),
    }
}

/// Characters of what was heard wholly where nobody speaks.
#[must_use]
pub fn invented(truth: &[Said], heard: &[Said]) -> usize {
    heard
        .iter()
        .filter(|said| {
            !truth
                .iter()
                .any(|own| own.start < said.end && said.start < own.end)
        })
        .map(|said| compared(&said.text).len())
        .sum()
}

fn per_speaker(said: &[Said]) -> Vec<Vec<char>> {
    let mut speakers: BTreeMap<&str, Vec<&Said>> = BTreeMap::new();
    for each in said {
        speakers.entry(&each.speaker).or_default().push(each);
    }
    let texts = speakers.into_values().map(|own| joined(own.into_iter()));
    texts.filter(|text| !text.is_empty()).collect()
}

fn joined<'a>(said: impl Iterator<Item = &'a Said>) -> Vec<char> {
    let mut said: Vec<&Said> = said.collect();
    said.sort_by(|a, b| a.start.total_cmp(&b.start));
    said.iter().flat_map(|each| compared(&each.text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(speaker: &str, start: f64, end: f64, text: &str) -> Said {
        Said {
            start,
            end,
            speaker: speaker.to_owned(),
            text: text.to_owned(),
            ends: Vec::new(),
        }
    }

    #[test]
    fn width_punctuation_and_spaces_do_not_count() {
        assert_eq!(
            compared("第１回、 ﾃｽﾄー。"),
            "第1回テストー".chars().collect::<Vec<_>>()
        );
    }

    #[test]
    fn errors_are_counted_over_the_truth() {
        // 予算→余算 substituted, の left out, 案 inserted: 3 of 7.
        let truth = [said("S1", 0.0, 1.0, "来年の予算。"), said("S2", 1.0, 2.0, "賛成")];
        let heard = [said("A", 1.0, 2.0, "賛成案"), said("A", 0.0, 1.0, "来年余算")];
        assert_eq!(all(&truth, &heard), Errors { errors: 3, of: 7 });
        assert_eq!(all(&truth, &[]), Errors { errors: 7, of: 7 });
        assert!((Errors { errors: 3, of: 7 }.rate() - 3.0 / 7.0).abs() < 1e-12);
        assert!(Errors::default().rate().abs() < 1e-12);
    }

    #[test]
    fn speakers_may_have_other_names_but_not_each_others_words() {
        let of = |first: &str, second: &str, third: &str| {
            [
                said(first, 0.0, 1.0, "予算案"),
                said(second, 1.0, 2.0, "質問は"),
                said(third, 2.0, 3.0, "以上"),
            ]
        };
        let truth = of("S1", "S2", "S1");
        let errors = |heard: &[Said]| by_speaker(&truth, heard).errors;
        assert_eq!(
            by_speaker(&truth, &of("B", "A", "B")),
            Errors { errors: 0, of: 8 }
        );
        // 以上 given to the other: 2 deletions here and 2 insertions there.
        assert_eq!(errors(&of("B", "A", "A")), 4);
        // One heard speaker for both: paired with S1, 3 insertions, and S2's 3 are lost.
        assert_eq!(errors(&of("A", "A", "A")), 6);
        assert_eq!(all(&truth, &of("A", "A", "A")).errors, 0);
    }

    #[test]
    fn only_what_lies_wholly_outside_speech_is_invented() {
        let truth = [said("S1", 1.0, 2.0, "はい")];
        let heard = [
            said("A", 1.9, 2.6, "はい。"),
            said("A", 2.0, 3.0, "ご視聴。"),
            said("A", 0.0, 1.0, "あ"),
        ];
        assert_eq!(invented(&truth, &heard), 4);
        assert_eq!(invented(&[], &heard), 6);
    }
}

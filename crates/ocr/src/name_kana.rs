//! Doubtful kana, read again as what the name beside them can be read.
//!
//! Promises: a value that comes of it is 要確認 and says so; it becomes 確実 only where the plain readings
//! had it already and the name leaves no other. Never: a change where the name is not legible.

use shoki_core::form::FieldType;
use shoki_core::grammar::Grammar;
use shoki_core::normal_form::normal_form;
use shoki_core::reading::{Candidate, FieldReading, FieldState, Reason};
use shoki_core::rule::legal_form;
use shoki_core::rule::person::{is_plausible, kana_pattern};

use crate::alphabet::Alphabet;
use crate::beam;
use crate::preparation::Preparation;
use crate::text_field::Evidence;

/// How much less likely than the plain readings the kana of the name may be: natural logarithm, mean over the
/// readings.
const LEAST_LOG_RATIO: f64 = -8.0;
/// Log-likelihood of kana that a reading did not find.
const UNSEEN: f64 = -16.0;
/// Lead over the second kana of the name from which no other is left, natural logarithm.
const CLEAR_LEAD: f64 = 3.0;
/// Plain readings that must have had the value for it to pass unseen.
const LEAST_PLAIN: usize = 2;

/// Reads doubtful kana again under the name.
pub(crate) fn read_again(
    reading: &mut FieldReading,
    name: &FieldReading,
    alphabet: &Alphabet,
    evidence: &Evidence,
) {
    let agrees = reading.state == FieldState::Sure && is_plausible(&name.text, &reading.text);
    if agrees || name.state == FieldState::Unreadable {
        return;
    }
    let Some(grammar) = of_names(name) else {
        return;
    };
    let ranked = ranked(alphabet, evidence, &grammar);
    let Some((best, score)) = ranked.first().cloned() else {
        return;
    };
    if score < LEAST_LOG_RATIO {
        return;
    }
    if reading.text == best {
        let is_clear = ranked
            .get(1)
            .is_none_or(|(_, second)| score - second >= CLEAR_LEAD);
        let plain = evidence.plain.iter().filter(|plain| **plain == best).count();
        let only_doubt = |reason: &Reason| matches!(reason, Reason::Disagreement | Reason::LowConfidence);
        if name.state == FieldState::Sure
            && is_clear
            && plain >= LEAST_PLAIN
            && reading.reasons.iter().all(only_doubt)
        {
            reading.state = FieldState::Sure;
            reading.reasons.clear();
        }
        return;
    }
    choose(reading, best);
}

/// Puts right the voicing marks of a legal form (カプシキガイシヤ).
pub(crate) fn mend_legal_form(reading: &mut FieldReading) {
    if let Some(mended) = legal_form::mended(&reading.text) {
        choose(reading, mended);
    }
}

/// Takes another value than the one that was read, and says so.
fn choose(reading: &mut FieldReading, value: String) {
    reading.candidates.retain(|candidate| candidate.text != value);
    let chosen = Candidate {
        text: value.clone(),
        score: 0.0,
    };
    reading.candidates.insert(0, chosen);
    reading.candidates.truncate(5);
    reading.text = value;
    reading.reasons.retain(|reason| !reason.is_of_value());
    reading.add(Reason::ChosenByRule);
}

/// The kana of a name and, where it is doubtful, of its candidates.
fn of_names(name: &FieldReading) -> Option<Grammar> {
    let texts: Vec<&str> = if name.state == FieldState::Sure {
        vec![&name.text]
    } else {
        name.candidates
            .iter()
            .map(|candidate| candidate.text.as_str())
            .collect()
    };
    let patterns: Vec<String> = texts.into_iter().map(kana_pattern).collect::<Option<_>>()?;
    if patterns.is_empty() {
        return None;
    }
    Grammar::of_pattern(&patterns.join("|")).ok()
}

/// Kana of the grammar with their log-likelihood against the plain readings, mean over the readings, falling.
fn ranked(alphabet: &Alphabet, evidence: &Evidence, grammar: &Grammar) -> Vec<(String, f64)> {
    let any = 0..=usize::MAX;
    let readings: Vec<(f64, Vec<(String, f64)>)> = evidence
        .lattices
        .iter()
        .zip(Preparation::ALL)
        .filter_map(|(lattice, preparation)| {
            let most = beam::search(lattice, alphabet, None, &any)
                .first()?
                .log_probability;
            let found = beam::search(lattice, alphabet, Some(grammar), &any);
            let against = |hypothesis: beam::Hypothesis| {
                (
                    normal_form(FieldType::Kana, &hypothesis.text),
                    hypothesis.log_probability - most,
                )
            };
            Some((
                f64::from(preparation.trust()),
                found.into_iter().map(against).collect(),
            ))
        })
        .collect();
    let total: f64 = readings.iter().map(|(trust, _)| trust).sum();
    let mut values: Vec<(String, f64)> = Vec::new();
    for (value, _) in readings.iter().flat_map(|(_, found)| found) {
        if value.is_empty() || values.iter().any(|(known, _)| known == value) {
            continue;
        }
        let of_reading = |found: &[(String, f64)]| {
            let log = found
                .iter()
                .find(|(known, _)| known == value)
                .map_or(UNSEEN, |(_, log)| *log);
            log.max(UNSEEN)
        };
        let score: f64 = readings
            .iter()
            .map(|(trust, found)| trust * of_reading(found))
            .sum();
        values.push((value.clone(), score / total));
    }
    values.sort_by(|a, b| b.1.total_cmp(&a.1));
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::masked::{MaskedLattice, Step};
    use shoki_core::form::{FieldDefinition, MmBox};

    fn alphabet() -> Alphabet {
        let field = FieldDefinition::new("f", "欄", FieldType::Kana, MmBox::from([0.0, 0.0, 1.0, 1.0]));
        Alphabet::of(&field, &|c| Some(c as usize))
    }

    /// A lattice that reads `text`, and at each step `(at, other, share)` another character too.
    fn lattice(text: &str, doubts: &[(usize, char, f32)]) -> MaskedLattice {
        let alphabet = alphabet();
        let letter = |c: char| {
            alphabet
                .groups()
                .iter()
                .position(|(known, _)| *known == c)
                .expect("kana")
        };
        let steps = text.chars().enumerate().flat_map(|(at, c)| {
            let other = doubts.iter().find(|(place, ..)| *place == at);
            let mut best = vec![(letter(c), other.map_or(0.98, |(.., share)| 0.98 - share))];
            best.extend(other.map(|(_, c, share)| (letter(*c), *share)));
            best.sort_by(|a, b| b.1.total_cmp(&a.1));
            let blank = Step {
                blank: 1.0,
                best: Vec::new(),
            };
            [Step { blank: 0.02, best }, blank]
        });
        MaskedLattice {
            steps: steps.collect(),
        }
    }

    fn read(text: &str, state: FieldState) -> FieldReading {
        let mut reading = FieldReading {
            text: text.to_owned(),
            state: FieldState::Sure,
            reasons: Vec::new(),
            explanations: Vec::new(),
            candidates: vec![Candidate {
                text: text.to_owned(),
                score: 1.0,
            }],
            signals: None,
        };
        if state != FieldState::Sure {
            reading.add(Reason::Disagreement);
        }
        reading
    }

    #[test]
    fn kana_that_all_read_alike_are_read_again_where_the_name_cannot_read_so() {
        let mut reading = read("サトワハナコ", FieldState::Sure);
        let evidence = Evidence {
            lattices: vec![lattice("サトワハナコ", &[(2, 'ウ', 0.01)]); 2],
            plain: vec!["サトワハナコ".to_owned(); 2],
        };
        read_again(
            &mut reading,
            &read("佐藤花子", FieldState::Sure),
            &alphabet(),
            &evidence,
        );
        assert_eq!(
            (reading.text.as_str(), reading.state),
            ("サトウハナコ", FieldState::Check)
        );
    }

    fn again(kana: &str, name: &FieldReading, lattices: Vec<MaskedLattice>, plain: &[&str]) -> FieldReading {
        let mut reading = read(kana, FieldState::Check);
        let evidence = Evidence {
            lattices,
            plain: plain.iter().map(|text| (*text).to_owned()).collect(),
        };
        read_again(&mut reading, name, &alphabet(), &evidence);
        reading
    }

    #[test]
    fn the_name_tells_which_kana_were_written() {
        let name = read("佐藤花子", FieldState::Sure);
        let doubt = vec![lattice("サトワハナコ", &[(2, 'ウ', 0.2)]); 2];
        let reading = again("サトワハナコ", &name, doubt, &["サトワハナコ"; 2]);
        assert_eq!(
            (reading.text.as_str(), reading.state),
            ("サトウハナコ", FieldState::Check)
        );
        assert!(reading.reasons.contains(&Reason::ChosenByRule));
        assert_eq!(reading.candidates[1].text, "サトワハナコ");
        // Nothing in the picture speaks for the name's kana.
        let reading = again(
            "サトワハナコ",
            &name,
            vec![lattice("サトワハナコ", &[]); 2],
            &["サトワハナコ"; 2],
        );
        assert_eq!(reading.text, "サトワハナコ");
    }

    #[test]
    fn what_the_name_confirms_passes_and_only_that() {
        let plain = ["サトウハナコ", "サトウハナコ", "サトワハナコ"];
        let lattices = || {
            plain
                .map(|text| lattice(text, &[(2, if text.contains('ワ') { 'ウ' } else { 'ワ' }, 0.3)]))
                .to_vec()
        };
        let sure = again(
            "サトウハナコ",
            &read("佐藤花子", FieldState::Sure),
            lattices(),
            &plain,
        );
        assert_eq!((sure.state, sure.reasons.len()), (FieldState::Sure, 0));
        let doubtful = again(
            "サトウハナコ",
            &read("佐藤花子", FieldState::Check),
            lattices(),
            &plain,
        );
        assert_eq!(doubtful.state, FieldState::Check);
        let once = again(
            "サトウハナコ",
            &read("佐藤花子", FieldState::Sure),
            lattices(),
            &plain[1..],
        );
        assert_eq!(once.state, FieldState::Check);
    }
}

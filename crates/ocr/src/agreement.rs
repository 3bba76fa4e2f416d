//! How sure a value is: differently prepared readings vote, rules look at the winner.
//!
//! Agreement is the better signal: the recogniser's own probability would have to flag half of all
//! fields to catch as many errors (MODELS.md §2). It is the clerk's time: every field flagged without
//! need costs a look, every wrong one passed costs a tax bill.

use shoki_core::calibration::Signals;
use shoki_core::reading::{Candidate, FieldReading, FieldState, Reason};

/// One reading's say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Vote {
    /// The value in its normal form.
    pub(crate) text: String,
    /// The value of the clearest path; another one than `text` where that was read by the grammar.
    pub(crate) plain: String,
    /// Whether the clearest path is a text of the grammar.
    pub(crate) is_lawful: bool,
    /// Trust in the preparation it was read from.
    pub(crate) trust: f32,
    /// Lead of the least clear character over its rival, 0–1.
    pub(crate) margin: f32,
    /// The value with its least clear character replaced by the runner-up.
    pub(crate) runner_up: Option<(String, f32)>,
    /// Other values and their log-likelihood against the likeliest one, where it was looked for them.
    pub(crate) others: Vec<(String, f64)>,
}

/// What else is known about the field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    /// A least margin below which agreement does not count.
    pub(crate) least_margin: f32,
    /// Ink runs off the crop.
    pub(crate) ink_at_edge: bool,
    /// The page lies badly on its form.
    pub(crate) poor_registration: bool,
    /// Something is struck out.
    pub(crate) struck: bool,
    /// No reading is written as the type is written: commas that part no groups of three.
    pub(crate) unlawful: bool,
}

/// Probability (mean over the readings) of another value from which agreement is doubted. On the tuning
/// hands 0.04 catches six of the eight errors that all four readings agree on, for 1.3 % of the fields.
const LEAST_RIVAL: f32 = 0.04;
/// Least log-likelihood that one reading gives to a value, found or not, against its likeliest one: a single
/// preparation that went wrong must not outweigh the others.
const UNSEEN: f64 = -6.0;
/// At most this many candidates are offered.
const MOST_CANDIDATES: usize = 5;

/// Weighs the votes; `violations` judges a value by the rules of its type, `fits` says whether it is one of
/// the field's grammar.
pub(crate) fn weigh(
    votes: &[Vote],
    circumstances: Circumstances,
    violations: impl Fn(&str) -> Vec<Reason>,
    fits: impl Fn(&str) -> bool,
) -> FieldReading {
    let mut ballots = count(votes);
    let total: f32 = votes.iter().map(|vote| vote.trust).sum();
    let Some(trusted) = ballots.first().map(|ballot| ballot.text.clone()) else {
        return FieldReading {
            text: String::new(),
            state: FieldState::Unreadable,
            reasons: if circumstances.struck {
                vec![Reason::Struckthrough]
            } else {
                vec![Reason::NoText]
            },
            explanations: Vec::new(),
            candidates: Vec::new(),
            signals: None,
        };
    };
    if ballots.len() > 1 {
        // Where the readings have settled on a text of the grammar, none outside of it takes its place.
        let is_settled = fits(&trusted);
        let text = likeliest(&ballots, votes, &violations, |value| !is_settled || fits(value));
        match ballots.iter().position(|ballot| ballot.text == text) {
            Some(at) => ballots[..=at].rotate_right(1),
            None => ballots.insert(0, Ballot { text, trust: 0.0 }),
        }
    }
    let text = ballots[0].text.clone();
    let (candidates, rival) = candidates(&ballots, votes, total);
    let mut reasons = violations(&text);
    if circumstances.unlawful && reasons.is_empty() {
        reasons.push(Reason::IllegalValue);
    }
    if text != trusted && reasons.is_empty() && !violations(&trusted).is_empty() {
        reasons.push(Reason::ChosenByRule);
    }
    // The grammar may settle what a minority misread; where it outvotes the plain readings, a person looks.
    let by_grammar = votes.iter().any(|vote| vote.text == text && vote.plain != text);
    let plain: f32 = votes
        .iter()
        .filter(|vote| vote.plain == text)
        .map(|vote| vote.trust)
        .sum();
    if by_grammar && plain * 2.0 < total {
        reasons.push(Reason::ReadByGrammar);
    }
    if votes.iter().any(|vote| vote.text != text) {
        reasons.push(Reason::Disagreement);
    } else if votes.iter().map(|vote| vote.margin).fold(0.0, f32::max) < circumstances.least_margin
        || rival >= LEAST_RIVAL
    {
        reasons.push(Reason::LowConfidence);
    }
    if circumstances.ink_at_edge {
        reasons.push(Reason::InkAtEdge);
    }
    if circumstances.poor_registration {
        reasons.push(Reason::PoorRegistration);
    }
    if circumstances.struck {
        reasons.push(Reason::Struckthrough);
    }
    let state = if reasons.is_empty() {
        FieldState::Sure
    } else {
        FieldState::Check
    };
    let signals = Some(signals(&text, votes, total, rival));
    FieldReading {
        text,
        state,
        reasons,
        explanations: Vec::new(),
        candidates,
        signals,
    }
}

/// What the votes say about a value; the page and the ink are not known here.
fn signals(text: &str, votes: &[Vote], total: f32, rival: f32) -> Signals {
    let behind = || votes.iter().filter(|vote| vote.text == text);
    let weakest = behind().map(|vote| vote.margin).fold(f32::INFINITY, f32::min);
    Signals {
        agreement: behind().map(|vote| vote.trust).sum::<f32>() / total,
        margin: behind().map(|vote| vote.margin).fold(0.0, f32::max),
        // No reading found the value whole.
        weakest: if weakest.is_finite() { weakest } else { 0.0 },
        rival,
        ..Signals::default()
    }
}

struct Ballot {
    text: String,
    trust: f32,
}

/// Trust by value, most first.
fn count(votes: &[Vote]) -> Vec<Ballot> {
    let mut ballots: Vec<Ballot> = Vec::new();
    for vote in votes.iter().filter(|vote| !vote.text.is_empty()) {
        match ballots.iter_mut().find(|ballot| ballot.text == vote.text) {
            Some(ballot) => ballot.trust += vote.trust,
            None => ballots.push(Ballot {
                text: vote.text.clone(),
                trust: vote.trust,
            }),
        }
    }
    ballots.sort_by(|a, b| b.trust.total_cmp(&a.trust));
    ballots
}

/// The value with the greatest likelihood over all readings together, which no single one may have found
/// whole; among those that break no rule, where there are such. The field stays 要確認, because the readings
/// disagree.
fn likeliest(
    ballots: &[Ballot],
    votes: &[Vote],
    violations: &impl Fn(&str) -> Vec<Reason>,
    fits: impl Fn(&str) -> bool,
) -> String {
    let mut values: Vec<&str> = ballots.iter().map(|ballot| ballot.text.as_str()).collect();
    for (value, _) in votes.iter().flat_map(|vote| &vote.others) {
        if !value.is_empty() && !values.contains(&value.as_str()) {
            values.push(value);
        }
    }
    let of_reading = |vote: &Vote, value: &str| match vote.others.iter().find(|(known, _)| known == value) {
        Some((_, log)) => log.max(UNSEEN),
        None if vote.others.is_empty() && vote.text == value => 0.0,
        None => UNSEEN,
    };
    let mut best: Option<(bool, f64, &str)> = None;
    for value in values.into_iter().filter(|value| fits(value)) {
        let score: f64 = votes
            .iter()
            .map(|vote| f64::from(vote.trust) * of_reading(vote, value))
            .sum();
        let is_lawful = violations(value).is_empty();
        if best.is_none_or(|(lawful, most, _)| (is_lawful, score) > (lawful, most)) {
            best = Some((is_lawful, score, value));
        }
    }
    best.map_or_else(String::new, |(.., value)| value.to_owned())
}

/// The proposed value and what else may stand there, at most five, and how strong its strongest rival is.
fn candidates(ballots: &[Ballot], votes: &[Vote], total: f32) -> (Vec<Candidate>, f32) {
    let mut found: Vec<Candidate> = Vec::new();
    let mut offer = |text: &str, score: f32| {
        if !text.is_empty() && !found.iter().any(|candidate: &Candidate| candidate.text == text) {
            found.push(Candidate {
                text: text.to_owned(),
                score,
            });
        }
        found
            .iter()
            .skip(1)
            .map(|candidate| candidate.score)
            .fold(0.0, f32::max)
    };
    let mut rival = 0.0;
    for ballot in ballots {
        rival = offer(&ballot.text, ballot.trust / total);
    }
    for vote in votes {
        if let Some((text, share)) = &vote.runner_up {
            rival = offer(text, share * vote.trust / total);
        }
    }
    // What was read without the grammar stays in sight, so that a wrong master shows.
    for vote in votes {
        offer(&vote.plain, vote.trust / total);
    }
    for vote in votes {
        for (text, log) in &vote.others {
            offer(text, log.exp() as f32 * vote.trust / total);
        }
    }
    found[1..].sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(MOST_CANDIDATES);
    (found, rival)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALM: Circumstances = Circumstances {
        least_margin: 0.3,
        ink_at_edge: false,
        poor_registration: false,
        struck: false,
        unlawful: false,
    };

    fn vote(text: &str, trust: f32, margin: f32) -> Vote {
        Vote {
            text: text.to_owned(),
            plain: text.to_owned(),
            is_lawful: true,
            trust,
            margin,
            runner_up: None,
            others: Vec::new(),
        }
    }

    fn any(_: &str) -> bool {
        true
    }

    fn lawful(_: &str) -> Vec<Reason> {
        Vec::new()
    }

    #[test]
    fn all_agree_is_sure() {
        let reading = weigh(&[vote("12", 1.0, 0.9), vote("12", 0.9, 0.1)], CALM, lawful, any);
        assert_eq!((reading.state, reading.text.as_str()), (FieldState::Sure, "12"));
        assert!((reading.candidates[0].score - 1.0).abs() < 1e-6);
        let signals = reading.signals.expect("noticed");
        assert_eq!(
            (signals.agreement, signals.margin, signals.weakest),
            (1.0, 0.9, 0.1)
        );
    }

    #[test]
    fn one_other_reading_asks_a_person_and_is_offered() {
        let votes = [vote("12", 1.0, 0.9), vote("17", 0.9, 0.9), vote("12", 0.8, 0.9)];
        let reading = weigh(&votes, CALM, lawful, any);
        assert_eq!(
            (reading.state, reading.reasons.as_slice()),
            (FieldState::Check, &[Reason::Disagreement][..])
        );
        assert_eq!(
            reading
                .candidates
                .iter()
                .map(|c| c.text.as_str())
                .collect::<Vec<_>>(),
            ["12", "17"]
        );
        let signals = reading.signals.expect("noticed");
        assert!(
            (signals.agreement - 1.8 / 2.7).abs() < 1e-6 && signals.rival > 0.3,
            "{signals:?}"
        );
    }

    #[test]
    fn the_only_lawful_value_is_proposed_but_never_passed_unseen() {
        let votes = [vote("12", 1.0, 0.9), vote("17", 0.9, 0.9)];
        let only_17 = |text: &str| {
            if text == "17" {
                Vec::new()
            } else {
                vec![Reason::CheckDigit]
            }
        };
        let reading = weigh(&votes, CALM, only_17, any);
        assert_eq!((reading.text.as_str(), reading.state), ("17", FieldState::Check));
        assert!(reading.reasons.contains(&Reason::ChosenByRule));
    }

    #[test]
    fn what_all_readings_find_likely_beats_what_each_finds_whole() {
        let with = |text: &str, others: &[(&str, f64)]| Vote {
            others: others
                .iter()
                .map(|(text, log)| ((*text).to_owned(), *log))
                .collect(),
            ..vote(text, 1.0, 0.9)
        };
        let votes = [
            with("佐藤花于", &[("佐藤花于", 0.0), ("佐藤花子", -0.5)]),
            with("佐籐花子", &[("佐籐花子", 0.0), ("佐藤花子", -0.4)]),
        ];
        let reading = weigh(&votes, CALM, lawful, any);
        assert_eq!(
            (reading.text.as_str(), reading.state),
            ("佐藤花子", FieldState::Check)
        );
        assert_eq!(reading.candidates.len(), 3);
    }

    #[test]
    fn a_value_of_the_grammar_alone_is_checked_and_the_plain_one_is_offered() {
        let read = |plain: &str| Vote {
            plain: plain.to_owned(),
            is_lawful: plain == "日野市神明",
            ..vote("日野市神明", 1.0, 0.9)
        };
        let reading = weigh(&[read("日野市榊明"), read("日野市榊明")], CALM, lawful, any);
        assert_eq!(
            (reading.text.as_str(), reading.reasons.as_slice()),
            ("日野市神明", &[Reason::ReadByGrammar][..])
        );
        assert_eq!(reading.candidates[1].text, "日野市榊明");
        let (right, wrong) = (read("日野市神明"), read("日野市榊明"));
        let outvoted = weigh(&[right.clone(), wrong.clone(), wrong.clone()], CALM, lawful, any);
        assert_eq!(outvoted.reasons, [Reason::ReadByGrammar]);
        let reading = weigh(&[right, wrong], CALM, lawful, any);
        assert_eq!(reading.state, FieldState::Sure);
    }

    #[test]
    fn a_text_of_the_grammar_is_not_given_up_for_a_likelier_one_outside() {
        let read = |text: &str, trust, others: &[(&str, f64)]| Vote {
            others: others
                .iter()
                .map(|(text, log)| ((*text).to_owned(), *log))
                .collect(),
            ..vote(text, trust, 0.9)
        };
        let votes = [
            read("神明", 1.0, &[("榊明", 0.0), ("神明", -3.0)]),
            read("榊日", 0.9, &[("榊日", 0.0), ("榊明", -0.1)]),
        ];
        assert_eq!(weigh(&votes, CALM, lawful, any).text, "榊明");
        assert_eq!(weigh(&votes, CALM, lawful, |text| text == "神明").text, "神明");
    }

    #[test]
    fn ink_without_text_is_unreadable_and_weak_agreement_is_checked() {
        assert_eq!(
            weigh(&[vote("", 1.0, 0.0)], CALM, lawful, any).state,
            FieldState::Unreadable
        );
        let weak = weigh(&[vote("1", 1.0, 0.1)], CALM, lawful, any);
        assert_eq!(weak.reasons, [Reason::LowConfidence]);
    }
}

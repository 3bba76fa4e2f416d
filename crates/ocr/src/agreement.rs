//! How sure a value is: differently prepared readings vote, rules look at the winner.
//!
//! Agreement is the better signal: the recogniser's own probability would have to flag half of all
//! fields to catch as many errors (MODELS.md §2). It is the clerk's time: every field flagged without
//! need costs a look, every wrong one passed costs a tax bill.

use shoki_core::reading::{Candidate, FieldReading, FieldState, Reason};

/// One reading's say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Vote {
    /// The value in its normal form.
    pub(crate) text: String,
    /// Trust in the preparation it was read from.
    pub(crate) trust: f32,
    /// Lead of the least clear character over its rival, 0–1.
    pub(crate) margin: f32,
    /// The value with its least clear character replaced by the runner-up.
    pub(crate) runner_up: Option<(String, f32)>,
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
}

/// Probability (mean over the readings) of another value from which agreement is doubted. On the tuning
/// hands 0.04 catches six of the eight errors that all four readings agree on, for 1.3 % of the fields.
const LEAST_RIVAL: f32 = 0.04;
/// At most this many candidates are offered.
const MOST_CANDIDATES: usize = 5;

/// Weighs the votes; `violations` judges a value by the rules of its type.
pub(crate) fn weigh(
    votes: &[Vote],
    circumstances: Circumstances,
    violations: impl Fn(&str) -> Vec<Reason>,
) -> FieldReading {
    let ballots = count(votes);
    let total: f32 = votes.iter().map(|vote| vote.trust).sum();
    let Some(chosen) = choose(&ballots, &violations) else {
        return FieldReading {
            text: String::new(),
            state: FieldState::Unreadable,
            reasons: if circumstances.struck {
                vec![Reason::Struckthrough]
            } else {
                vec![Reason::NoText]
            },
            candidates: Vec::new(),
        };
    };
    let text = ballots[chosen].text.clone();
    let candidates = candidates(&ballots, chosen, votes, total);
    let rival = candidates.get(1).map_or(0.0, |candidate| candidate.score);
    let mut reasons = violations(&text);
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
    FieldReading {
        text,
        state,
        reasons,
        candidates,
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

/// The value with most trust, or the only one that breaks no rule when the first does. The field stays
/// 要確認 then, because the readings disagree.
fn choose(ballots: &[Ballot], violations: &impl Fn(&str) -> Vec<Reason>) -> Option<usize> {
    if ballots.is_empty() {
        return None;
    }
    let mut lawful = (0..ballots.len()).filter(|&index| violations(&ballots[index].text).is_empty());
    match (lawful.next(), lawful.next()) {
        (Some(only), None) => Some(only),
        _ => Some(0),
    }
}

fn candidates(ballots: &[Ballot], chosen: usize, votes: &[Vote], total: f32) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = ballots
        .iter()
        .map(|ballot| Candidate {
            text: ballot.text.clone(),
            score: ballot.trust / total,
        })
        .collect();
    let first = found.remove(chosen);
    for vote in votes {
        if let Some((text, share)) = &vote.runner_up
            && *text != first.text
            && !found.iter().any(|candidate| candidate.text == *text)
        {
            found.push(Candidate {
                text: text.clone(),
                score: share * vote.trust / total,
            });
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.insert(0, first);
    found.truncate(MOST_CANDIDATES);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALM: Circumstances = Circumstances {
        least_margin: 0.3,
        ink_at_edge: false,
        poor_registration: false,
        struck: false,
    };

    fn vote(text: &str, trust: f32, margin: f32) -> Vote {
        Vote {
            text: text.to_owned(),
            trust,
            margin,
            runner_up: None,
        }
    }

    fn lawful(_: &str) -> Vec<Reason> {
        Vec::new()
    }

    #[test]
    fn all_agree_is_sure() {
        let reading = weigh(&[vote("12", 1.0, 0.9), vote("12", 0.9, 0.1)], CALM, lawful);
        assert_eq!((reading.state, reading.text.as_str()), (FieldState::Sure, "12"));
        assert!((reading.candidates[0].score - 1.0).abs() < 1e-6);
    }

    #[test]
    fn one_other_reading_asks_a_person_and_is_offered() {
        let votes = [vote("12", 1.0, 0.9), vote("17", 0.9, 0.9), vote("12", 0.8, 0.9)];
        let reading = weigh(&votes, CALM, lawful);
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
        let reading = weigh(&votes, CALM, only_17);
        assert_eq!((reading.text.as_str(), reading.state), ("17", FieldState::Check));
    }

    #[test]
    fn ink_without_text_is_unreadable_and_weak_agreement_is_checked() {
        assert_eq!(
            weigh(&[vote("", 1.0, 0.0)], CALM, lawful).state,
            FieldState::Unreadable
        );
        let weak = weigh(&[vote("1", 1.0, 0.1)], CALM, lawful);
        assert_eq!(weak.reasons, [Reason::LowConfidence]);
    }
}

//! Turns that a segmentation model heard, with a person each, and the speech → parts with one person or two.
//!
//! Promises: every sample of speech lies in exactly one part as long as there is a turn; who began first is
//! the part's person, who came in is its second; what no turn covers goes to the nearest. Never: a second
//! person for less than [`LEAST_OVERLAP`], or for a turn of the same person.

use shoki_core::audio::{Millis, SampleIndex, SampleSpan};

/// Two turns that overlap for less follow each other: the ends of turns are no surer than this.
pub(super) const LEAST_OVERLAP: Millis = Millis(200);

/// Speech of one person, or of two at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) span: SampleSpan,
    pub(super) person: usize,
    pub(super) second: Option<usize>,
}

impl Part {
    /// Puts a part behind others, or makes it one with the last where both are of the same people and no longer
    /// than `pause` apart.
    pub(super) fn push(parts: &mut Vec<Self>, part: Self, pause: Millis) {
        match parts.last_mut() {
            Some(last)
                if (last.person, last.second) == (part.person, part.second)
                    && part.span.start.0 - last.span.end.0 <= pause.sample().0 =>
            {
                last.span.end = part.span.end;
            }
            _ => parts.push(part),
        }
    }
}

/// The parts of `spans`, in order, from the turns of one channel in any order.
pub(super) fn parts(turns: Vec<(SampleSpan, usize)>, spans: &[SampleSpan], pause: Millis) -> Vec<Part> {
    let turns = joined(turns);
    let longest = turns.iter().map(|(span, _)| span.len()).max().unwrap_or(0);
    let mut parts: Vec<Part> = Vec::new();
    for &span in spans {
        let first = turns.partition_point(|(turn, _)| turn.start.0 + longest <= span.start.0);
        let last = turns.partition_point(|(turn, _)| turn.start < span.end);
        let own: Vec<(SampleSpan, usize)> = turns[first..last]
            .iter()
            .map(|(turn, person)| (turn.intersection(span), *person))
            .filter(|(common, _)| !common.is_empty())
            .collect();
        let mut edges: Vec<SampleIndex> = own
            .iter()
            .flat_map(|(turn, _)| [turn.start, turn.end])
            .chain([span.start, span.end])
            .collect();
        edges.sort_unstable();
        edges.dedup();
        for edge in edges.windows(2) {
            let place = SampleSpan {
                start: edge[0],
                end: edge[1],
            };
            let speaking: Vec<usize> = own
                .iter()
                .filter(|(turn, _)| !turn.intersection(place).is_empty())
                .map(|(_, person)| *person)
                .collect();
            match speaking[..] {
                [] => silent(place, &turns).for_each(|part| Part::push(&mut parts, part, pause)),
                [person, ref others @ ..] => {
                    let second = others.first().copied();
                    Part::push(
                        &mut parts,
                        Part {
                            span: place,
                            person,
                            second,
                        },
                        pause,
                    );
                }
            }
        }
    }
    without_slivers(parts, pause)
}

/// One turn for all of a person's that touch or overlap, by beginning, the longer first.
fn joined(mut turns: Vec<(SampleSpan, usize)>) -> Vec<(SampleSpan, usize)> {
    turns.sort_by_key(|(span, person)| (*person, span.start));
    let mut joined: Vec<(SampleSpan, usize)> = Vec::new();
    for (span, person) in turns {
        match joined.last_mut() {
            Some((last, whose)) if *whose == person && span.start <= last.end => {
                last.end = last.end.max(span.end)
            }
            _ => joined.push((span, person)),
        }
    }
    joined.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
    joined
}

/// Speech in which no turn lies: up to the middle between the turns around it of the one before, then of the
/// one behind.
fn silent(place: SampleSpan, turns: &[(SampleSpan, usize)]) -> impl Iterator<Item = Part> {
    let after = turns.partition_point(|(turn, _)| turn.start < place.end);
    let before = turns[..after].iter().max_by_key(|(turn, _)| turn.end);
    let behind = turns.get(after);
    let middle = match (before, behind) {
        (Some((before, _)), Some((behind, _))) => before.end.0.midpoint(behind.start.0),
        (Some(_), None) => u64::MAX,
        (None, _) => 0,
    };
    let middle = SampleIndex(middle).clamp(place.start, place.end);
    let part = |start, end, turn: Option<&(SampleSpan, usize)>| {
        let span = SampleSpan { start, end };
        let whole = turn.filter(|_| !span.is_empty());
        whole.map(|&(_, person)| Part {
            span,
            person,
            second: None,
        })
    };
    let halves = [part(place.start, middle, before), part(middle, place.end, behind)];
    halves.into_iter().flatten()
}

/// Parts whose second person would be there for less than [`LEAST_OVERLAP`] are their first person's.
fn without_slivers(parts: Vec<Part>, pause: Millis) -> Vec<Part> {
    let mut kept: Vec<Part> = Vec::with_capacity(parts.len());
    for mut part in parts {
        if part.span.len() < LEAST_OVERLAP.sample().0 {
            part.second = None;
        }
        Part::push(&mut kept, part, pause);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 16_000;

    fn span(start: u64, end: u64) -> SampleSpan {
        SampleSpan::new(start * SECOND / 10, end * SECOND / 10)
    }

    /// Turns and spans in tenths of a second.
    fn of(turns: &[(u64, u64, usize)], spans: &[(u64, u64)]) -> Vec<(u64, u64, usize, Option<usize>)> {
        let turns = turns
            .iter()
            .map(|&(start, end, person)| (span(start, end), person))
            .collect();
        let spans: Vec<SampleSpan> = spans.iter().map(|&(start, end)| span(start, end)).collect();
        let tenth = |index: SampleIndex| index.0 * 10 / SECOND;
        parts(turns, &spans, Millis(500))
            .into_iter()
            .map(|part| {
                (
                    tenth(part.span.start),
                    tenth(part.span.end),
                    part.person,
                    part.second,
                )
            })
            .collect()
    }

    #[test]
    fn two_at_once_are_one_and_a_second() {
        assert_eq!(
            of(&[(0, 60, 0), (50, 100, 1)], &[(0, 100)]),
            [(0, 50, 0, None), (50, 60, 0, Some(1)), (60, 100, 1, None)]
        );
        // An answer into another's turn; the turn came in parts.
        assert_eq!(
            of(&[(20, 30, 1), (0, 25, 0), (25, 60, 0)], &[(0, 60)]),
            [(0, 20, 0, None), (20, 30, 0, Some(1)), (30, 60, 0, None)]
        );
        // Three at once: the two who began first. The same person twice is nobody else.
        assert_eq!(
            of(&[(0, 40, 0), (10, 40, 1), (20, 40, 2), (5, 35, 0)], &[(0, 40)]),
            [(0, 10, 0, None), (10, 40, 0, Some(1))]
        );
    }

    #[test]
    fn turns_that_meet_for_a_moment_follow_each_other() {
        assert_eq!(
            of(&[(0, 51, 0), (50, 100, 1)], &[(0, 100)]),
            [(0, 51, 0, None), (51, 100, 1, None)]
        );
    }

    #[test]
    fn speech_without_a_turn_goes_to_the_nearest() {
        let turns = [(10, 20, 0), (30, 40, 1)];
        // Before, between and behind; a pause of a second parts what it lies between.
        assert_eq!(of(&turns, &[(5, 45)]), [(5, 25, 0, None), (25, 45, 1, None)]);
        assert_eq!(
            of(&turns, &[(0, 4), (21, 23), (60, 90)]),
            [(0, 4, 0, None), (21, 23, 0, None), (60, 90, 1, None)]
        );
        assert_eq!(of(&[], &[(0, 10)]), []);
        // A turn of a person over a short pause is one; what lies in the pause is no speech.
        assert_eq!(of(&[(0, 100, 0)], &[(0, 40), (44, 100)]), [(0, 100, 0, None)]);
        assert_eq!(
            of(&[(0, 100, 0)], &[(0, 40), (46, 100)]),
            [(0, 40, 0, None), (46, 100, 0, None)]
        );
    }
}

//! The times of a text that was corrected: what stays keeps its times, what is new is spread over the gap.
//!
//! Promise: times that were in order stay in order and inside the segment. Never: a decision on a text.

use std::sync::Arc;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::audio::Millis;
use crate::transcript::{Replacement, Segment, Token};

/// A step from the old text to the new one; counts are characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Stays.
    Keep(usize),
    /// Goes.
    Drop(usize),
    /// Comes.
    Write(String),
}

/// The shortest way from one text to another.
pub(super) fn steps_between(old: &str, new: &str) -> Vec<Step> {
    let (old, new): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
    let written = |from: usize, count: usize| Step::Write(new[from..from + count].iter().collect());
    let mut steps = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        match op {
            DiffOp::Equal { len, .. } => steps.push(Step::Keep(len)),
            DiffOp::Delete { old_len, .. } => steps.push(Step::Drop(old_len)),
            DiffOp::Insert {
                new_index, new_len, ..
            } => steps.push(written(new_index, new_len)),
            DiffOp::Replace {
                old_len,
                new_index,
                new_len,
                ..
            } => steps.extend([Step::Drop(old_len), written(new_index, new_len)]),
        }
    }
    steps
}

/// The steps that put `to` in the place of every `from`, and how many there are. Occurrences do not overlap.
pub(super) fn steps_of_replacing(text: &str, from: &str, to: &str) -> (Vec<Step>, u32) {
    let (mut steps, mut count, mut rest) = (Vec::new(), 0, text);
    while let Some((before, after)) = rest.split_once(from) {
        steps.push(Step::Keep(before.chars().count()));
        steps.push(Step::Drop(from.chars().count()));
        steps.push(Step::Write(to.to_owned()));
        (rest, count) = (after, count + 1);
    }
    steps.push(Step::Keep(rest.chars().count()));
    (steps, count)
}

/// The time of the border before character `at` of a token with `chars` characters.
pub(super) fn inside(token: &Token, at: usize, chars: usize) -> Millis {
    let length = token.end.0.saturating_sub(token.start.0);
    let (at, chars) = (at as u64, (chars as u64).max(1));
    Millis(token.start.0 + length / chars * at + length % chars * at / chars)
}

/// Goes the steps: new tokens, and the replacements whose words are whole still.
#[derive(Debug, Default)]
struct Walk {
    tokens: Vec<Token>,
    /// Positions in `tokens` that were written and have no times yet.
    written: Vec<bool>,
    /// Where each old token stands now, if it is whole.
    whole: Vec<Option<usize>>,
}

impl Walk {
    fn push(&mut self, token: Token, written: bool) {
        self.tokens.push(token);
        self.written.push(written);
    }

    /// Keeps characters `from..to` of the old token at `place`.
    fn keep(&mut self, old: &Token, place: usize, (from, to): (usize, usize)) {
        let chars = old.text.chars().count();
        if (from, to) == (0, chars) {
            self.whole[place] = Some(self.tokens.len());
            self.push(old.clone(), false);
            return;
        }
        let part = Token {
            text: old.text.chars().skip(from).take(to - from).collect(),
            start: inside(old, from, chars),
            end: inside(old, to, chars),
            probability: old.probability,
        };
        self.push(part, false);
    }

    fn write(&mut self, text: &str) {
        for character in text.chars() {
            let token = Token {
                text: character.to_string(),
                start: Millis(0),
                end: Millis(0),
                probability: 1.0,
            };
            self.push(token, true);
        }
    }

    /// Spreads what was written over the gaps it stands in.
    fn spread(&mut self, start: Millis, end: Millis) {
        let mut at = 0;
        while at < self.tokens.len() {
            if !self.written[at] {
                at += 1;
                continue;
            }
            let run = self.written[at..].iter().take_while(|written| **written).count();
            let before = at.checked_sub(1).map_or(start, |before| self.tokens[before].end);
            let after = self.tokens.get(at + run).map_or(end, |after| after.start);
            let gap = Token {
                text: String::new(),
                start: before,
                end: after.max(before),
                probability: 1.0,
            };
            for place in 0..run {
                let token = &mut self.tokens[at + place];
                token.start = inside(&gap, place, run);
                token.end = inside(&gap, place + 1, run);
            }
            at += run;
        }
    }
}

/// The segment with the text that the steps lead to. The steps' kept and dropped characters are those of the
/// segment's text.
pub(super) fn rewrite(segment: &mut Arc<Segment>, steps: &[Step]) {
    let old = segment.as_ref();
    let mut walk = Walk {
        whole: vec![None; old.tokens.len()],
        ..Walk::default()
    };
    let (mut place, mut used) = (0, 0);
    for step in steps {
        let (mut left, kept) = match step {
            Step::Write(text) => {
                walk.write(text);
                continue;
            }
            Step::Keep(count) => (*count, true),
            Step::Drop(count) => (*count, false),
        };
        while left > 0
            && let Some(token) = old.tokens.get(place)
        {
            let chars = token.text.chars().count();
            let taken = left.min(chars - used);
            if kept && taken > 0 {
                walk.keep(token, place, (used, used + taken));
            }
            left -= taken;
            used += taken;
            if used == chars {
                (place, used) = (place + 1, 0);
            }
        }
    }
    walk.spread(old.start, old.end);
    let replacements = moved(&old.replacements, &walk.whole);
    let segment = Arc::make_mut(segment);
    segment.tokens = walk.tokens;
    segment.replacements = replacements;
}

/// The replacements whose tokens are all there still and side by side.
pub(super) fn moved(replacements: &[Replacement], whole: &[Option<usize>]) -> Vec<Replacement> {
    let moved = replacements.iter().filter_map(|replacement| {
        let first = usize::try_from(replacement.first).ok()?;
        let end = first.checked_add(usize::try_from(replacement.tokens).ok()?)?;
        let places = whole.get(first..end)?;
        let begins = (*places.first()?)?;
        let together = (begins..).zip(places).all(|(at, place)| *place == Some(at));
        together.then(|| Replacement {
            first: u32::try_from(begins).unwrap_or(u32::MAX),
            ..replacement.clone()
        })
    });
    moved.collect()
}

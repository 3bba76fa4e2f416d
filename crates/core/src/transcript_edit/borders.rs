//! The borders of segments: one becomes two, two become one.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::MAX_SEGMENT_CHARS;
use super::refusal::Refusal;
use super::retime::{inside, moved};
use super::state::{Effect, State};
use crate::audio::Millis;
use crate::transcript::{Segment, SegmentId, Token};

impl State {
    pub(super) fn split(&mut self, id: SegmentId, at: u32, new: SegmentId) -> Result<Effect, Refusal> {
        let place = self.order.iter().position(|known| *known == id);
        let place = place.ok_or(Refusal::UnknownSegment)?;
        let before = self.changed(id)?;
        let halves = cut(&before.tokens, at as usize).ok_or(Refusal::SplitAtEnd)?;
        let ((tokens, kept), (rest, moves)) = halves;
        let inside = |at: Millis, start: Millis, end: Millis| at.min(end).max(start);
        let (start, end) = (before.start, before.end);
        let ends = tokens.last().map_or(start, |last| inside(last.end, start, end));
        let begins = rest
            .first()
            .map_or(end, |first| inside(first.start, ends, end.max(ends)));
        let after = Segment {
            id: new,
            start: begins,
            tokens: rest,
            replacements: moved(&before.replacements, &moves),
            withheld: None,
            ..before.clone()
        };
        before.end = ends;
        before.replacements = moved(&before.replacements, &kept);
        before.tokens = tokens;
        // By beginning, but never past a later one of its own channel.
        let behind = self.order[place + 1..].iter().take_while(|other| {
            let other = self.segments.get(other);
            other.is_some_and(|other| other.channel != after.channel && other.start < after.start)
        });
        let place = place + 1 + behind.count();
        self.order.insert(place, new);
        self.segments.insert(new, Arc::new(after));
        Ok(Effect::on([id, new]))
    }

    pub(super) fn join(&mut self, first: SegmentId, second: SegmentId) -> Result<Effect, Refusal> {
        let place = |id| self.order.iter().position(|known| *known == id);
        let (at, behind) = (place(first), place(second));
        let (at, behind) = at.zip(behind).ok_or(Refusal::UnknownSegment)?;
        let (one, other) = (self.segment(first), self.segment(second));
        let (one, other) = one.zip(other).ok_or(Refusal::UnknownSegment)?;
        if one.channel != other.channel {
            return Err(Refusal::TwoChannels);
        }
        let between = self.order.get(at + 1..behind).ok_or(Refusal::NotNeighbours)?;
        let is_between = |id: &SegmentId| {
            let segment = self.segments.get(id);
            segment.is_some_and(|segment| segment.channel == one.channel)
        };
        if at == behind || between.iter().any(is_between) {
            return Err(Refusal::NotNeighbours);
        }
        let mut joined = Segment::clone(one);
        let shift = u32::try_from(joined.tokens.len()).unwrap_or(u32::MAX);
        let words = other.replacements.iter().cloned();
        joined.replacements.extend(words.map(|mut word| {
            word.first = word.first.saturating_add(shift);
            word
        }));
        joined.tokens.extend(other.tokens.iter().cloned());
        if joined.text().chars().count() > MAX_SEGMENT_CHARS {
            return Err(Refusal::TextTooLong);
        }
        joined.start = joined.start.min(other.start);
        joined.end = joined.end.max(other.end);
        joined.overlap |= other.overlap;
        let doubts: BTreeSet<_> = joined.doubts.iter().chain(&other.doubts).copied().collect();
        joined.doubts = doubts.into_iter().collect();
        joined.withheld = match (joined.withheld.take(), other.withheld.clone()) {
            (Some(one), Some(other)) => Some(one + &other),
            (one, other) => one.or(other),
        };
        self.order.remove(behind);
        self.segments.remove(&second);
        self.segments.insert(first, Arc::new(joined));
        Ok(Effect::on([first, second]))
    }
}

/// Tokens of a half, and where each token of the whole stands in it, if it does whole.
type Half = (Vec<Token>, Vec<Option<usize>>);

/// The halves before and after character `at`; `None` where one would hold no character.
fn cut(tokens: &[Token], at: usize) -> Option<(Half, Half)> {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let (mut kept, mut moves) = (vec![None; tokens.len()], vec![None; tokens.len()]);
    let mut passed = 0;
    for (place, token) in tokens.iter().enumerate() {
        let chars = token.text.chars().count();
        if passed + chars <= at {
            kept[place] = Some(before.len());
            before.push(token.clone());
        } else if passed >= at {
            moves[place] = Some(after.len());
            after.push(token.clone());
        } else {
            let (left, border) = (at - passed, inside(token, at - passed, chars));
            before.push(Token {
                text: token.text.chars().take(left).collect(),
                end: border,
                ..token.clone()
            });
            after.push(Token {
                text: token.text.chars().skip(left).collect(),
                start: border,
                ..token.clone()
            });
        }
        passed += chars;
    }
    let has_text = |tokens: &[Token]| tokens.iter().any(|token| !token.text.is_empty());
    (has_text(&before) && has_text(&after)).then_some(((before, kept), (after, moves)))
}

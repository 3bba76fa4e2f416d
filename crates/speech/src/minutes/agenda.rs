//! Agenda items: what a chair announces, listed or one by one.
//!
//! Promises: only who leads the meeting opens an item, where that can be told; an item that comes up again goes
//! on where it stopped. Never: an item from a sentence that only mentions a matter.

use std::collections::BTreeMap;

use shoki_core::transcript::{SpeakerId, Transcript};

use super::announcements::{Step, step};
use super::phrases::CHAIRING;
use super::sentences::Sentence;
use crate::levels::{is_kanji, is_weighty};

/// Heading of what is said about the next meeting.
pub(super) const NEXT_MEETING_JA: &str = "次回の予定";
/// A part of a meeting.
pub(super) struct Part {
    /// The agenda item; absent for what belongs to none: opening and close.
    pub(super) heading: Option<String>,
    /// Its sentences, in order.
    pub(super) sentences: Vec<usize>,
    /// Those of them that open it.
    pub(super) openers: Vec<usize>,
}

impl Part {
    const fn new(heading: Option<String>) -> Self {
        Self {
            heading,
            sentences: Vec::new(),
            openers: Vec::new(),
        }
    }
}

/// Who leads the meeting: who is called so, else who speaks most phrases of a chair.
pub(super) fn chair(transcript: &Transcript, sentences: &[Sentence]) -> Option<SpeakerId> {
    let called = transcript.speakers.iter().find(|speaker| {
        let name = speaker.name.as_deref().unwrap_or("");
        let not = name.contains("副議長") || name.contains("副委員長");
        !not && ["議長", "委員長", "座長", "司会", "進行"]
            .iter()
            .any(|role| name.contains(role))
    });
    if let Some(called) = called {
        return Some(called.id);
    }
    let mut spoken: BTreeMap<SpeakerId, usize> = BTreeMap::new();
    for sentence in sentences {
        let phrases = CHAIRING
            .iter()
            .filter(|phrase| sentence.plain.contains(**phrase))
            .count();
        if let (Some(who), true) = (sentence.who, phrases > 0) {
            *spoken.entry(who).or_default() += phrases;
        }
    }
    // Of two, the one who comes first.
    spoken
        .into_iter()
        .max_by_key(|&(who, count)| (count, std::cmp::Reverse(who)))
        .map(|(who, _)| who)
}

/// The meeting in parts, in the order in which they begin. Together they hold every sentence once.
pub(super) fn parts(sentences: &[Sentence], chair: Option<SpeakerId>) -> Vec<Part> {
    let mut parts = vec![Part::new(None)];
    let mut listed: Vec<String> = Vec::new();
    let mut current = 0;
    for (at, sentence) in sentences.iter().enumerate() {
        let leads = chair.is_none() || sentence.who == chair;
        let step = step(&sentence.plain, leads);
        let opens = matches!(step, Some(Step::To(..) | Step::Next));
        match step {
            Some(Step::Listed(items)) => {
                parts[current].sentences.push(at);
                listed = items;
                current = open(&mut parts, &listed[0]);
                continue;
            }
            Some(Step::To(number, topic)) => {
                let same = number.and_then(|number| listed.get(number.wrapping_sub(1)));
                let like = listed
                    .iter()
                    .chain(parts.iter().filter_map(|part| part.heading.as_ref()));
                let heading = same.or_else(|| like.into_iter().find(|item| alike(item, &topic)));
                let heading = heading.cloned().unwrap_or(topic);
                current = open(&mut parts, &heading);
            }
            Some(Step::Next) => {
                let now = parts[current].heading.as_ref();
                let next = now.and_then(|now| listed.iter().position(|item| item == now));
                if let Some(next) = next.and_then(|now| listed.get(now + 1)) {
                    current = open(&mut parts, next);
                }
            }
            Some(Step::NextMeeting) => {
                let next = open(&mut parts, NEXT_MEETING_JA);
                parts[next].sentences.push(at);
                continue;
            }
            Some(Step::Close) => {
                parts.push(Part::new(None));
                current = parts.len() - 1;
            }
            None => {}
        }
        parts[current].sentences.push(at);
        if opens {
            parts[current].openers.push(at);
        }
    }
    parts.retain(|part| !part.sentences.is_empty() || part.heading.is_some());
    parts
}

/// The part of this heading; a new one where there is none.
fn open(parts: &mut Vec<Part>, heading: &str) -> usize {
    if let Some(at) = parts
        .iter()
        .position(|part| part.heading.as_deref() == Some(heading))
    {
        return at;
    }
    parts.push(Part::new(Some(heading.to_owned())));
    parts.len() - 1
}

/// Whether two names are of one item: one holds the other, or they share most of their pairs of characters.
fn alike(one: &str, other: &str) -> bool {
    let pairs = |text: &str| -> Vec<(char, char)> {
        let chars: Vec<char> = text.chars().collect();
        chars
            .windows(2)
            .map(|pair| (pair[0], pair[1]))
            .filter(|(a, b)| is_kanji(*a) || is_weighty(*b))
            .collect()
    };
    if one.contains(other) || other.contains(one) {
        return true;
    }
    let (ours, theirs) = (pairs(one), pairs(other));
    let shared = ours.iter().filter(|pair| theirs.contains(pair)).count();
    shared > 0 && shared * 2 > ours.len().min(theirs.len())
}

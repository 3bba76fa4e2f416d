//! A transcript while corrections are applied to it, cheap to copy: an edit that is refused half-way leaves
//! the copy before it.
//!
//! Never: which edits stand (that is [`super::edited`]'s).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::refusal::Refusal;
use super::retime::{Step, rewrite, steps_between, steps_of_replacing};
use super::{Edit, MAX_LISTED_SPEAKERS, MAX_REPLACED_CHARS, MAX_SEGMENT_CHARS, SPLIT_OFF};
use crate::audio::Millis;
use crate::meeting::MAX_TERM_CHARS;
use crate::transcript::{Segment, SegmentId, Speaker, SpeakerId, Token, Transcript};

/// What an edit did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Effect {
    /// Segments it changed, made or took away.
    pub(super) touched: Vec<SegmentId>,
    /// Occurrences it replaced.
    pub(super) replaced: u32,
}

impl Effect {
    pub(super) fn on(segments: impl Into<Vec<SegmentId>>) -> Self {
        Self {
            touched: segments.into(),
            replaced: 0,
        }
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) order: Vec<SegmentId>,
    pub(super) segments: HashMap<SegmentId, Arc<Segment>>,
    speakers: Vec<Speaker>,
    finished: bool,
    /// The next number of a speaker that was never used.
    next_speaker: u32,
}

impl State {
    pub(super) fn of(base: &Transcript) -> Self {
        let highest = base.speakers.iter().map(|speaker| speaker.id.0).max();
        let segments = base.segments.iter();
        Self {
            order: base.segments.iter().map(|segment| segment.id).collect(),
            segments: segments
                .map(|segment| (segment.id, Arc::new(segment.clone())))
                .collect(),
            speakers: base.speakers.clone(),
            finished: base.finished,
            next_speaker: highest.unwrap_or(0).saturating_add(1),
        }
    }

    pub(super) const fn is_finished(&self) -> bool {
        self.finished
    }

    pub(super) const fn next_speaker(&self) -> SpeakerId {
        SpeakerId(self.next_speaker)
    }

    pub(super) fn segment(&self, id: SegmentId) -> Option<&Arc<Segment>> {
        self.segments.get(&id)
    }

    pub(super) fn segments(&self) -> impl Iterator<Item = &Arc<Segment>> {
        self.order.iter().filter_map(|id| self.segments.get(id))
    }

    /// The speakers with how long each speaks.
    pub(super) fn speakers(&self) -> Vec<Speaker> {
        let mut spoken: HashMap<SpeakerId, u64> = HashMap::new();
        for segment in self.segments() {
            if let Some(speaker) = segment.speaker {
                *spoken.entry(speaker).or_default() += segment.end.0.saturating_sub(segment.start.0);
            }
        }
        let mut speakers = self.speakers.clone();
        for speaker in &mut speakers {
            speaker.spoken = Millis(spoken.get(&speaker.id).copied().unwrap_or(0));
        }
        speakers
    }

    /// Marks the segments as touched by the edit of this number.
    pub(super) fn mark(&mut self, touched: &[SegmentId], sequence: u64) {
        for id in touched {
            if let Some(segment) = self.segments.get_mut(id) {
                Arc::make_mut(segment).version = sequence;
            }
        }
    }

    /// Passes over an edit that is undone: numbers it gave out stay given out.
    pub(super) fn pass_over(&mut self, edit: &Edit) {
        match edit {
            Edit::AddSpeaker { .. } => self.next_speaker = self.next_speaker.saturating_add(1),
            Edit::AssignSpeakers { of } => {
                let highest = of.iter().map(|(_, speaker)| speaker.0).max().unwrap_or(0);
                self.next_speaker = self.next_speaker.max(highest.saturating_add(1));
            }
            _ => {}
        }
    }

    /// Applies an edit. What is refused may have been done in part. An edit that was made before is applied
    /// `within` the segments that it touched then: a text that came back since does not change unseen.
    pub(super) fn apply(
        &mut self,
        sequence: u64,
        edit: &Edit,
        within: Option<&[SegmentId]>,
    ) -> Result<Effect, Refusal> {
        if self.finished && !matches!(edit, Edit::Reopen | Edit::Undo { .. }) {
            return Err(Refusal::Finished);
        }
        match edit {
            Edit::SetText { segment, text } => self.set_text(*segment, text),
            Edit::SetSpeaker { segment, speaker } => {
                if let Some(speaker) = speaker {
                    self.speaker_at(*speaker)?;
                }
                self.changed(*segment)?.speaker = *speaker;
                Ok(Effect::on([*segment]))
            }
            Edit::MergeSpeakers { from, into } => self.merge(*from, *into),
            Edit::RenameSpeaker { speaker, name } => {
                let name = usable_name(name.as_deref())?;
                let at = self.speaker_at(*speaker)?;
                self.speakers[at].name = name;
                Ok(Effect::default())
            }
            Edit::AddSpeaker { name } => {
                let name = usable_name(name.as_deref())?;
                let id = self.next_speaker();
                self.pass_over(edit);
                self.add_speaker(id, name)?;
                Ok(Effect::default())
            }
            Edit::Split { segment, at } => self.split(*segment, *at, SegmentId(SPLIT_OFF + sequence)),
            Edit::Join { first, second } => self.join(*first, *second),
            Edit::ReplaceAll { from, to } => self.replace_all(from, to, within),
            Edit::AssignSpeakers { of } => {
                let effect = self.assign(of)?;
                self.pass_over(edit);
                Ok(effect)
            }
            Edit::RevertReplacement { segment, index } => self.revert(*segment, *index),
            Edit::Confirm { segment } => {
                self.changed(*segment)?.doubts.clear();
                Ok(Effect::on([*segment]))
            }
            Edit::Finish => {
                self.finished = true;
                Ok(Effect::default())
            }
            Edit::Reopen if self.finished => {
                self.finished = false;
                Ok(Effect::default())
            }
            Edit::Reopen => Err(Refusal::NotFinished),
            Edit::Undo { .. } => Ok(Effect::default()),
        }
    }

    pub(super) fn changed(&mut self, id: SegmentId) -> Result<&mut Segment, Refusal> {
        let segment = self.segments.get_mut(&id).ok_or(Refusal::UnknownSegment)?;
        Ok(Arc::make_mut(segment))
    }

    fn speaker_at(&self, id: SpeakerId) -> Result<usize, Refusal> {
        let at = self.speakers.iter().position(|speaker| speaker.id == id);
        at.ok_or(Refusal::UnknownSpeaker)
    }

    fn add_speaker(&mut self, id: SpeakerId, name: Option<String>) -> Result<(), Refusal> {
        if self.speakers.len() >= MAX_LISTED_SPEAKERS {
            return Err(Refusal::TooManySpeakers);
        }
        self.speakers.push(Speaker {
            id,
            name,
            spoken: Millis(0),
        });
        self.speakers.sort_by_key(|speaker| speaker.id);
        Ok(())
    }

    fn set_text(&mut self, id: SegmentId, text: &str) -> Result<Effect, Refusal> {
        let segment = self.segments.get_mut(&id).ok_or(Refusal::UnknownSegment)?;
        check_text(text)?;
        rewrite(segment, &steps_between(&segment.text(), text));
        Arc::make_mut(segment).doubts.clear();
        Ok(Effect::on([id]))
    }

    fn merge(&mut self, from: SpeakerId, into: SpeakerId) -> Result<Effect, Refusal> {
        let gone = self.speaker_at(from)?;
        let stays = self.speaker_at(into)?;
        if from == into {
            return Err(Refusal::SameSpeaker);
        }
        let name = self.speakers[gone].name.take();
        let kept = &mut self.speakers[stays].name;
        *kept = kept.take().or(name);
        self.speakers.remove(gone);
        let own = self.segments().filter(|segment| segment.speaker == Some(from));
        let touched: Vec<_> = own.map(|segment| segment.id).collect();
        for id in &touched {
            self.changed(*id)?.speaker = Some(into);
        }
        Ok(Effect::on(touched))
    }

    fn replace_all(&mut self, from: &str, to: &str, within: Option<&[SegmentId]>) -> Result<Effect, Refusal> {
        let long =
            |text: &str| text.chars().count() > MAX_REPLACED_CHARS || text.chars().any(char::is_control);
        if from.is_empty() || from == to || long(from) || long(to) {
            return Err(Refusal::ReplacementUnusable);
        }
        let mut effect = Effect::default();
        for id in within.unwrap_or(&self.order) {
            let Some(segment) = self.segments.get_mut(id) else {
                continue;
            };
            let text = segment.text();
            let (steps, count) = steps_of_replacing(&text, from, to);
            if count == 0 {
                continue;
            }
            rewrite(segment, &steps);
            if segment.text().chars().count() > MAX_SEGMENT_CHARS.max(text.chars().count()) {
                return Err(Refusal::TextTooLong);
            }
            effect.replaced = effect.replaced.saturating_add(count);
            effect.touched.push(*id);
        }
        if effect.touched.is_empty() {
            return Err(Refusal::NothingFound);
        }
        Ok(effect)
    }

    fn assign(&mut self, of: &[(SegmentId, SpeakerId)]) -> Result<Effect, Refusal> {
        let mut touched = Vec::new();
        for (id, speaker) in of {
            if self.speaker_at(*speaker).is_err() {
                if speaker.0 < self.next_speaker {
                    return Err(Refusal::UnknownSpeaker);
                }
                self.add_speaker(*speaker, None)?;
            }
            let segment = self.segments.get_mut(id).ok_or(Refusal::UnknownSegment)?;
            if segment.speaker != Some(*speaker) {
                Arc::make_mut(segment).speaker = Some(*speaker);
                touched.push(*id);
            }
        }
        let speaking: BTreeSet<_> = self.segments.values().filter_map(|s| s.speaker).collect();
        self.speakers
            .retain(|speaker| speaker.name.is_some() || speaking.contains(&speaker.id));
        Ok(Effect::on(touched))
    }

    fn revert(&mut self, id: SegmentId, index: u32) -> Result<Effect, Refusal> {
        let segment = self.segments.get_mut(&id).ok_or(Refusal::UnknownSegment)?;
        let index = index as usize;
        let word = segment
            .replacements
            .get(index)
            .ok_or(Refusal::UnknownReplacement)?;
        let first = word.first as usize;
        let end = first.saturating_add(word.tokens as usize);
        let replaced = segment
            .tokens
            .get(first..end)
            .ok_or(Refusal::UnknownReplacement)?;
        let chars = |tokens: &[Token]| tokens.iter().map(|token| token.text.chars().count()).sum();
        let steps = [
            Step::Keep(chars(&segment.tokens[..first])),
            Step::Drop(chars(replaced)),
            Step::Write(word.heard.clone()),
            Step::Keep(chars(&segment.tokens[end..])),
        ];
        Arc::make_mut(segment).replacements.remove(index);
        rewrite(segment, &steps);
        Ok(Effect::on([id]))
    }
}

fn check_text(text: &str) -> Result<(), Refusal> {
    if text.chars().any(char::is_control) {
        return Err(Refusal::TextUnusable);
    }
    if text.chars().count() > MAX_SEGMENT_CHARS {
        return Err(Refusal::TextTooLong);
    }
    Ok(())
}

/// The name without the spaces around it.
fn usable_name(name: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(name) = name.map(str::trim) else {
        return Ok(None);
    };
    let fits = (1..=MAX_TERM_CHARS).contains(&name.chars().count());
    if fits && !name.chars().any(char::is_control) {
        Ok(Some(name.to_owned()))
    } else {
        Err(Refusal::NameUnusable)
    }
}

//! Minutes from a transcript, by rules: agenda items, what matters of each, decisions, who does what by when,
//! questions and answers; and, where a model drafted an item, its sentences in place of the chosen ones.
//!
//! Promises: deterministic; every sentence was said, at the style's level, or is a model's and then marked as
//! such; each carries the places where it was heard; one that rests on text with doubts, or that the words it
//! cites do not bear out, is not `supported`. Never: a sentence of its own making, a day that does not follow
//! from what was said and the day of the meeting.

mod actions;
mod agenda;
mod announcements;
mod answers;
mod decisions;
pub mod draft;
mod due;
mod head;
mod numbers;
mod phrases;
mod points;
mod sentences;
mod support;

use shoki_core::audio::Millis;
use shoki_core::meeting::MinutesOptions;
use shoki_core::minutes::{EvidenceSpan, Minutes, MinutesItem, MinutesSection, MinutesSentence, SectionKind};
use shoki_core::minutes_draft::{DraftedItem, DraftedSentence};
use shoki_core::minutes_style::{MinutesStyle, StyleSection};
use shoki_core::transcript::Transcript;

use agenda::Part;
use sentences::Sentence;

pub use support::{Gap, Support, check_support};

/// The minutes of a meeting in a style; `duration` is how long the recording is, `drafts` what a model wrote of
/// items of the agenda (one of an item that there is no longer is left out).
#[must_use]
pub fn compose(
    transcript: &Transcript,
    options: &MinutesOptions,
    style: &MinutesStyle,
    duration: Millis,
    drafts: &[DraftedItem],
) -> Minutes {
    let meeting = Meeting::new(transcript, options, style);
    let sections = style
        .sections
        .iter()
        .map(|section| meeting.section(section, drafts));
    Minutes {
        style: format!("{}@{}", style.id, style.version),
        heading: style.heading.clone(),
        title: options.title.clone().unwrap_or_default(),
        header: head::fields(&meeting, options, style, duration),
        sections: sections.collect(),
        drafted: style
            .sections
            .iter()
            .any(|section| meeting.has_draft(section, drafts)),
    }
}

/// What was found in a transcript.
struct Meeting<'a> {
    transcript: &'a Transcript,
    sentences: Vec<Sentence>,
    parts: Vec<Part>,
    /// Sentences that decide, with those that agree to them.
    decisions: Vec<decisions::Decision>,
    actions: Vec<actions::Action>,
    answers: Vec<answers::Exchange>,
}

impl<'a> Meeting<'a> {
    fn new(transcript: &'a Transcript, options: &MinutesOptions, style: &MinutesStyle) -> Self {
        let mut kept: Vec<&str> = options.terms.iter().map(|term| term.written.as_str()).collect();
        kept.extend(options.attendees.iter().map(String::as_str));
        let sentences = sentences::all(transcript, style.level, &kept);
        let chair = agenda::chair(transcript, &sentences);
        let parts = agenda::parts(&sentences, chair);
        let decisions = decisions::all(&sentences);
        let answers = answers::all(&sentences);
        let actions = actions::all(&sentences, &decisions, options.held_on);
        Self {
            transcript,
            sentences,
            parts,
            decisions,
            actions,
            answers,
        }
    }

    fn section(&self, section: &StyleSection, drafts: &[DraftedItem]) -> MinutesSection {
        let items = match section.kind {
            SectionKind::Agenda => self.agenda(section, drafts),
            SectionKind::Decisions => self.decided(section),
            SectionKind::Actions => self.to_do(),
            SectionKind::Questions => self.asked(section),
            SectionKind::Statements => self.said(section),
        };
        MinutesSection {
            kind: section.kind,
            heading: section.heading.clone(),
            times: section.times,
            items,
        }
    }

    /// Items of the agenda with what matters.
    fn agenda(&self, section: &StyleSection, drafts: &[DraftedItem]) -> Vec<MinutesItem> {
        let item = |part: &Part| MinutesItem {
            heading: part.heading.clone(),
            sentences: match draft_of(part, drafts) {
                Some(draft) => draft.sentences.iter().map(|own| self.drafted(own)).collect(),
                None => self.chosen(part, section),
            },
        };
        self.listed(section).map(item).collect()
    }

    /// The parts that stand in an agenda section.
    fn listed<'b>(&'b self, section: &'b StyleSection) -> impl Iterator<Item = &'b Part> {
        let named = |part: &&Part| part.heading.is_some() || self.parts.len() == 1;
        let says = |part: &&Part| part.heading.is_some() || !self.chosen(part, section).is_empty();
        self.parts.iter().filter(named).filter(says)
    }

    /// What matters of a part.
    fn chosen(&self, part: &Part, section: &StyleSection) -> Vec<MinutesSentence> {
        let limit = section.sentences.map_or(usize::MAX, |most| most as usize);
        let chosen = points::chosen(self, part, limit).into_iter();
        chosen.map(|at| self.shown(at, section.speakers)).collect()
    }

    fn has_draft(&self, section: &StyleSection, drafts: &[DraftedItem]) -> bool {
        section.kind == SectionKind::Agenda
            && self.listed(section).any(|part| draft_of(part, drafts).is_some())
    }

    /// A model's sentence, held against what is said now where it was heard.
    fn drafted(&self, draft: &DraftedSentence) -> MinutesSentence {
        let cited: Vec<&Sentence> = self
            .sentences
            .iter()
            .filter(|sentence| sentence.evidence.iter().any(|place| touches(place, &draft.cites)))
            .collect();
        // Who speaks is part of what was heard: 「小林課長が答えた」.
        let said: String = cited
            .iter()
            .map(|sentence| format!("{}。{}。", sentence.name.as_deref().unwrap_or(""), sentence.plain))
            .collect();
        let doubtful = cited.iter().any(|sentence| sentence.doubtful);
        MinutesSentence {
            text: draft.text.clone(),
            who: None,
            due: None,
            evidence: cited
                .iter()
                .flat_map(|sentence| &sentence.evidence)
                .copied()
                .collect(),
            supported: !doubtful && check_support(&draft.text, &said).holds(),
        }
    }

    fn decided(&self, section: &StyleSection) -> Vec<MinutesItem> {
        self.by_part(|at| {
            let decision = self.decisions.iter().find(|decision| decision.sentence == at)?;
            let mut shown = self.shown(at, section.speakers);
            let about = decision.about.map(|at| self.shown(at, false));
            if let Some(about) = about {
                shown.text.insert_str(0, &about.text);
                shown.evidence.splice(0..0, about.evidence);
                shown.supported &= about.supported;
            }
            for &further in &decision.further {
                let further = self.shown(further, false);
                shown.text.push_str(&further.text);
                shown.evidence.extend(further.evidence);
                shown.supported &= further.supported;
            }
            for &agreed in &decision.agreed {
                shown.evidence.extend(&self.sentences[agreed].evidence);
            }
            if !decision.agreed.is_empty() {
                let bare = shown.text.trim_end_matches('。').to_owned();
                shown.text = format!("{bare}（異議なし）。");
            }
            Some(vec![shown])
        })
    }

    fn to_do(&self) -> Vec<MinutesItem> {
        let sentences: Vec<MinutesSentence> = self
            .actions
            .iter()
            .map(|action| {
                let mut shown = self.shown(action.sentence, false);
                shown.who.clone_from(&action.who);
                shown.due.clone_from(&action.due);
                if let Some(named) = action.named_by {
                    shown.evidence.extend(&self.sentences[named].evidence);
                    shown.supported &= !self.sentences[named].doubtful;
                }
                shown
            })
            .collect();
        let item = MinutesItem {
            heading: None,
            sentences,
        };
        if item.sentences.is_empty() {
            Vec::new()
        } else {
            vec![item]
        }
    }

    /// One item a question: the question first, then its answers.
    fn asked(&self, section: &StyleSection) -> Vec<MinutesItem> {
        let limit = section.sentences.map_or(usize::MAX, |most| most as usize);
        let mut items = Vec::new();
        for part in &self.parts {
            let own = self
                .answers
                .iter()
                .filter(|exchange| part.sentences.contains(&exchange.question));
            for (count, exchange) in own.take(limit).enumerate() {
                let all = std::iter::once(&exchange.question).chain(&exchange.answers);
                items.push(MinutesItem {
                    // The agenda item stands over the first of its questions.
                    heading: part.heading.clone().filter(|_| count == 0),
                    sentences: all.map(|&at| self.shown(at, section.speakers)).collect(),
                });
            }
        }
        items
    }

    /// Everything, a turn a sentence.
    fn said(&self, section: &StyleSection) -> Vec<MinutesItem> {
        let mut items: Vec<MinutesItem> = Vec::new();
        let mut last: Option<&Sentence> = None;
        for (at, sentence) in self.sentences.iter().enumerate() {
            let begins = self.parts.iter().find(|part| part.sentences.first() == Some(&at));
            let heading = begins.and_then(|part| part.heading.clone());
            if heading.is_some() || items.is_empty() {
                items.push(MinutesItem {
                    heading,
                    sentences: Vec::new(),
                });
                last = None;
            }
            let Some(item) = items.last_mut() else { continue };
            let same =
                last.is_some_and(|last| last.who == sentence.who && last.doubtful == sentence.doubtful);
            match item.sentences.last_mut() {
                Some(turn) if same => {
                    turn.text.push_str(&sentence.text);
                    turn.evidence.extend(&sentence.evidence);
                }
                _ => item.sentences.push(self.spoken(at, section.speakers)),
            }
            last = Some(sentence);
        }
        items
    }

    /// What `find` makes of the sentences, under the items of the agenda.
    fn by_part(&self, find: impl Fn(usize) -> Option<Vec<MinutesSentence>>) -> Vec<MinutesItem> {
        let mut items = Vec::new();
        for part in &self.parts {
            let sentences: Vec<MinutesSentence> = part
                .sentences
                .iter()
                .filter_map(|&at| find(at))
                .flatten()
                .collect();
            if !sentences.is_empty() {
                items.push(MinutesItem {
                    heading: part.heading.clone(),
                    sentences,
                });
            }
        }
        items
    }

    /// A sentence by itself, without the では that led up to it.
    fn shown(&self, at: usize, speaker: bool) -> MinutesSentence {
        let spoken = self.spoken(at, speaker);
        let bare = ["それでは、", "では、"]
            .iter()
            .find_map(|lead| spoken.text.strip_prefix(lead));
        let text = bare.unwrap_or(&spoken.text).to_owned();
        MinutesSentence { text, ..spoken }
    }

    /// A sentence as it stands in its turn.
    fn spoken(&self, at: usize, speaker: bool) -> MinutesSentence {
        let sentence = &self.sentences[at];
        MinutesSentence {
            text: sentence.text.clone(),
            who: sentence.name.clone().filter(|_| speaker),
            due: None,
            evidence: sentence.evidence.clone(),
            supported: !sentence.doubtful,
        }
    }
}

/// What a model wrote of a part.
fn draft_of<'a>(part: &Part, drafts: &'a [DraftedItem]) -> Option<&'a DraftedItem> {
    drafts.iter().find(|draft| draft.heading == part.heading)
}

/// Whether a place is one of these or overlaps one: a correction may have moved its borders.
fn touches(place: &EvidenceSpan, others: &[EvidenceSpan]) -> bool {
    others.iter().any(|other| {
        let overlap = other.start < place.end && place.start < other.end;
        other == place || (other.segment == place.segment && overlap)
    })
}

#[cfg(test)]
mod tests;

//! Plain text: lines that open anywhere.
//!
//! Promise: UTF-8 with CRLF, as the editors of an office take it without asking. Never: a byte-order mark.

use std::fmt::Write as _;

use shoki_core::minutes::{Minutes, MinutesSection, MinutesSentence, SectionKind, TextLevel};
use shoki_core::transcript::Transcript;

use super::{CHECK_JA, DRAFTED_JA, NONE_JA, clock, printable, speaker_ja, wareki};
use crate::levels;

/// A transcript: one line a segment, with its time and who speaks. `kept` are words that stay as they are.
#[must_use]
pub fn txt(transcript: &Transcript, level: TextLevel, kept: &[&str]) -> String {
    let mut out = String::new();
    for segment in &transcript.segments {
        let text = printable(&levels::protecting(level, segment, kept).text());
        let check = if segment.doubts.is_empty() { "" } else { CHECK_JA };
        if text.trim().is_empty() && check.is_empty() {
            continue;
        }
        let who = speaker_ja(transcript, segment);
        let _ = write!(out, "[{}] {who}: {check}{text}\r\n", clock(segment.start));
    }
    out
}

/// Minutes.
#[must_use]
pub fn minutes_txt(minutes: &Minutes) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push_str("\r\n");
    };
    line(&printable(&minutes.title));
    line("");
    for field in &minutes.header {
        line(&format!(
            "{}: {}",
            printable(&field.label),
            printable(&field.value)
        ));
    }
    if minutes.drafted {
        line("");
        line(DRAFTED_JA);
    }
    for section in &minutes.sections {
        line("");
        line(&format!("■ {}", printable(&section.heading)));
        if section
            .items
            .iter()
            .all(|item| item.sentences.is_empty() && item.heading.is_none())
        {
            line(&format!("  {NONE_JA}"));
        }
        for item in &section.items {
            if let Some(heading) = &item.heading {
                line(&format!("● {}", printable(heading)));
            }
            for (at, sentence) in item.sentences.iter().enumerate() {
                let exchange = exchange_ja(section.kind, at);
                line(&format!("  ・{exchange}{}", sentence_txt(sentence, section)));
            }
        }
    }
    out
}

/// A sentence with who, by when, and where it was said.
fn sentence_txt(sentence: &MinutesSentence, section: &MinutesSection) -> String {
    let kind = section.kind;
    let mut out = String::new();
    if !sentence.supported {
        out.push_str(CHECK_JA);
    }
    let who = sentence.who.as_deref().map(printable);
    if let (Some(who), false) = (&who, kind == SectionKind::Actions) {
        let _ = write!(out, "({who}) ");
    }
    out.push_str(&printable(&sentence.text));
    if kind == SectionKind::Actions {
        let who = who.unwrap_or_else(|| "未定".to_owned());
        let _ = write!(out, "（担当: {who}、期限: {}）", due_ja(sentence));
    }
    let timed = section.times || kind != SectionKind::Statements;
    if let Some(first) = sentence.evidence.first().filter(|_| timed) {
        let _ = write!(out, " [{}]", clock(first.start));
    }
    out
}

/// By when, for a person: the day, and how it was said.
pub(super) fn due_ja(sentence: &MinutesSentence) -> String {
    let Some(due) = &sentence.due else {
        return "未定".to_owned();
    };
    let said = printable(&due.said);
    due.day
        .map_or_else(|| said.clone(), |day| format!("{}〔{said}〕", wareki(day)))
}

/// 問 or 答, where a section holds questions: the first sentence of an item asks.
pub(super) const fn exchange_ja(kind: SectionKind, at: usize) -> &'static str {
    match (kind, at) {
        (SectionKind::Questions, 0) => "問　",
        (SectionKind::Questions, _) => "答　",
        _ => "",
    }
}

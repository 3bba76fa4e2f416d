//! Markdown, for systems that take minutes on as text.
//!
//! Promise: spoken text never becomes markup.

use std::fmt::Write as _;

use shoki_core::minutes::{Minutes, MinutesSection, MinutesSentence, SectionKind, TextLevel};
use shoki_core::transcript::Transcript;

use super::text::{due_ja, exchange_ja};
use super::{CHECK_JA, DRAFTED_JA, NONE_JA, clock, printable, speaker_ja};
use crate::levels;

/// Minutes.
#[must_use]
pub fn markdown(minutes: &Minutes) -> String {
    let mut out = format!("# {}\n\n", escaped(&minutes.title));
    if !minutes.header.is_empty() {
        out.push_str("| 項目 | 内容 |\n| --- | --- |\n");
    }
    for field in &minutes.header {
        let _ = writeln!(out, "| {} | {} |", escaped(&field.label), escaped(&field.value));
    }
    if minutes.drafted {
        let _ = write!(out, "\n{DRAFTED_JA}\n");
    }
    for section in &minutes.sections {
        let _ = write!(out, "\n## {}\n\n", escaped(&section.heading));
        let sentences: Vec<&MinutesSentence> =
            section.items.iter().flat_map(|item| &item.sentences).collect();
        if sentences.is_empty() && section.items.iter().all(|item| item.heading.is_none()) {
            let _ = writeln!(out, "{NONE_JA}");
        } else if section.kind == SectionKind::Actions {
            out.push_str("| 内容 | 担当 | 期限 | 発言 |\n| --- | --- | --- | --- |\n");
            for sentence in sentences {
                let who = sentence.who.as_deref().unwrap_or("未定");
                let due = due_ja(sentence);
                let cells = [text(sentence), escaped(who), escaped(&due), place(sentence)];
                let _ = writeln!(out, "| {} |", cells.join(" | "));
            }
        } else {
            items(&mut out, section);
        }
    }
    out
}

fn items(out: &mut String, section: &MinutesSection) {
    let timed = section.times || section.kind != SectionKind::Statements;
    for item in &section.items {
        if let Some(heading) = &item.heading {
            let _ = write!(out, "### {}\n\n", escaped(heading));
        }
        for (at, sentence) in item.sentences.iter().enumerate() {
            let exchange = exchange_ja(section.kind, at);
            let who = sentence
                .who
                .as_deref()
                .map(|who| format!("**{}** ", escaped(who)));
            let _ = writeln!(
                out,
                "- {exchange}{}{} {}",
                who.unwrap_or_default(),
                text(sentence),
                if timed { place(sentence) } else { String::new() }
            );
        }
        out.push('\n');
    }
}

fn text(sentence: &MinutesSentence) -> String {
    let check = if sentence.supported { "" } else { CHECK_JA };
    format!("{check}{}", escaped(&sentence.text))
}

fn place(sentence: &MinutesSentence) -> String {
    sentence
        .evidence
        .first()
        .map_or_else(String::new, |span| format!("\\[{}\\]", clock(span.start)))
}

/// A transcript, a paragraph a segment.
#[must_use]
pub fn transcript_markdown(transcript: &Transcript, level: TextLevel, kept: &[&str]) -> String {
    let mut out = String::new();
    for segment in &transcript.segments {
        let text = escaped(&levels::protecting(level, segment, kept).text());
        let check = if segment.doubts.is_empty() { "" } else { CHECK_JA };
        if text.trim().is_empty() && check.is_empty() {
            continue;
        }
        let who = escaped(&speaker_ja(transcript, segment));
        let _ = write!(
            out,
            "**{who}** \\[{}\\]  \n{check}{text}\n\n",
            clock(segment.start)
        );
    }
    out
}

/// A text on one line of which nothing is markup.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in printable(text).trim().chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            _ => {
                if c.is_ascii_punctuation()
                    && !matches!(
                        c,
                        '.' | ',' | '%' | '/' | ':' | ';' | '\'' | '"' | '?' | '=' | '@'
                    )
                {
                    out.push('\\');
                }
                out.push(c);
            }
        }
    }
    // 1. and 2) at a beginning would be a list.
    let digits = out.chars().take_while(char::is_ascii_digit).count();
    if digits > 0 && out[digits..].starts_with('.') {
        out.insert(digits, '\\');
    }
    out
}

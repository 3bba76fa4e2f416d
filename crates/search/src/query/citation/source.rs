//! Which text a place is of: the name that stands before it, or what the reference before it named.
//!
//! Never: the place itself.

use super::parse::Parser;
use super::{Place, SourceRef};
use crate::text::{is_hiragana, is_kanji, is_katakana};

/// Words between the members of a list; nothing else may stand between them.
const CONNECTORS: &[&str] = &[
    "並びに",
    "若しくは",
    "もしくは",
    "ならびに",
    "及び",
    "および",
    "又は",
    "または",
    "から",
    "まで",
    "乃至",
    "、",
    ",",
    "・",
    "と",
    "や",
    "か",
    " ",
    "~",
    "〜",
    "/",
];

/// Endings of names of legal texts.
const LAW_ENDINGS: &[&str] = &[
    "法", "法律", "令", "規則", "条例", "規程", "要綱", "要領", "通知", "告示",
];

/// Longest unknown name, in characters.
const MAX_UNKNOWN_NAME: usize = 60;

impl Parser<'_> {
    /// The source of the reference before, when only a list stands between.
    pub(super) fn carried_source(&self, at: usize) -> SourceRef {
        self.found
            .last()
            .filter(|last| is_list(&self.text[last.span.end..at]))
            .map_or(SourceRef::This, |last| last.source.clone())
    }

    /// Source and article of the reference before, when only a list or an opening bracket stands between.
    pub(super) fn carried_place(&self, at: usize) -> Option<(SourceRef, Place)> {
        let last = self.found.last()?;
        let gap = &self.text[last.span.end..at];
        (gap == "(" || is_list(gap)).then(|| (last.source.clone(), last.place.clone()))
    }

    /// The name that stands before a place, and where it starts.
    pub(super) fn source_before(&self, at: usize) -> (Option<SourceRef>, usize) {
        let mut end = self.text[..at].trim_end_matches(' ').len().max(self.done);
        // A bracket that opens before the last reference ended holds that reference, not a number.
        end = skip_bracket(self.text, end)
            .filter(|open| *open >= self.done)
            .unwrap_or(end);
        let before = &self.text[self.done..end];
        for text in [before, before.strip_suffix('の').unwrap_or(before)] {
            if let Some((source, len)) = self.name_ending(text) {
                return (Some(source), self.done + text.len() - len);
            }
        }
        (None, at)
    }

    fn name_ending(&self, before: &str) -> Option<(SourceRef, usize)> {
        for (suffix, source) in [
            ("この法律", SourceRef::This),
            ("この政令", SourceRef::This),
            ("この省令", SourceRef::This),
            ("この規則", SourceRef::This),
            ("この条例", SourceRef::This),
        ] {
            if before.ends_with(suffix) {
                return Some((source, suffix.len()));
            }
        }
        if let Some((title, len)) = self.names.ending(before) {
            return Some((SourceRef::Named(title.to_owned()), len));
        }
        let run_start = before
            .char_indices()
            .rev()
            .find(|&(_, c)| !(is_kanji(c) || is_katakana(c)))
            .map_or(0, |(at, c)| at + c.len_utf8());
        let run = &before[run_start..];
        let source = match run {
            "法" => SourceRef::DefaultLaw,
            "令" | "法施行令" | "施行令" => SourceRef::DefaultOrder,
            "規則" | "法施行規則" | "施行規則" => SourceRef::DefaultRule,
            "本法" => SourceRef::This,
            "同法" | "同令" | "同規則" | "同条例" | "同通知" => self.same(""),
            "同法施行令" => self.same("施行令"),
            "同法施行規則" => self.same("施行規則"),
            _ => return self.longer_name(before, run_start),
        };
        Some((source, run.len()))
    }

    /// 番号法施行令 where 番号法 is known; else what looks like a law's name.
    fn longer_name(&self, before: &str, run_start: usize) -> Option<(SourceRef, usize)> {
        for suffix in ["施行令", "施行規則"] {
            if let Some(stem) = before.strip_suffix(suffix)
                && let Some((title, len)) = self.names.ending(stem)
            {
                return Some((SourceRef::Named(format!("{title}{suffix}")), len + suffix.len()));
            }
        }
        let run = &before[run_start..];
        let ending = LAW_ENDINGS.iter().any(|ending| run.ends_with(ending));
        if !ending {
            return None;
        }
        let start = if run.chars().count() > 2 {
            run_start
        } else {
            // …に関する法律: the name goes back over hiragana to the last mark.
            before
                .char_indices()
                .rev()
                .take(MAX_UNKNOWN_NAME)
                .find(|&(_, c)| !(is_kanji(c) || is_katakana(c) || is_hiragana(c)))
                .map_or(0, |(at, c)| at + c.len_utf8())
        };
        let name = &before[start..];
        Some((SourceRef::Unknown(name.to_owned()), name.len()))
    }

    /// What 同法 stands for: the last source named before.
    fn same(&self, suffix: &str) -> SourceRef {
        let mentioned = self
            .names
            .mentions(&self.text[..self.text.len().min(self.horizon())]);
        let cited = self
            .found
            .iter()
            .rev()
            .find_map(|citation| match &citation.source {
                SourceRef::Named(title) => Some((citation.span.start, title.as_str())),
                _ => None,
            });
        let mentioned = mentioned.last().map(|(span, title)| (span.start, *title));
        let title = match (cited, mentioned) {
            (Some(a), Some(b)) => Some(if a.0 >= b.0 { a.1 } else { b.1 }),
            (a, b) => a.or(b).map(|(_, title)| title),
        };
        match (title, self.found.last().map(|citation| &citation.source)) {
            (Some(title), _) => SourceRef::Named(format!("{title}{suffix}")),
            (None, Some(SourceRef::Unknown(name))) => SourceRef::Unknown(format!("{name}{suffix}")),
            (None, _) if suffix.is_empty() => SourceRef::Same,
            (None, _) if suffix == "施行令" => SourceRef::DefaultOrder,
            (None, _) => SourceRef::DefaultRule,
        }
    }
}

pub(super) fn is_statute(title: &str) -> bool {
    ["法", "法律", "令", "規則", "条例"]
        .iter()
        .any(|ending| title.ends_with(ending))
}

/// Whether a text is nothing but the words between members of a list, brackets aside.
fn is_list(gap: &str) -> bool {
    let mut rest = gap;
    let mut connected = false;
    while !rest.is_empty() {
        if rest.starts_with('(') {
            let Some(end) = closing(rest) else { return false };
            rest = &rest[end..];
            continue;
        }
        let Some(after) = CONNECTORS.iter().find_map(|word| rest.strip_prefix(word)) else {
            return false;
        };
        connected = true;
        rest = after;
    }
    connected
}

/// End of the bracket that opens `text`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Start of a bracket that ends at `end` when it holds a law's number or definition:
/// 生活保護法(昭和二十五年法律第百四十四号。以下「法」という。)第六条.
fn skip_bracket(text: &str, end: usize) -> Option<usize> {
    if !text[..end].ends_with(')') {
        return None;
    }
    let mut depth = 0;
    for (at, c) in text[..end].char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' => {
                depth -= 1;
                if depth == 0 {
                    let inside = &text[at..end];
                    return (inside.contains('号') || inside.contains("以下「")).then_some(at);
                }
            }
            _ => {}
        }
    }
    None
}

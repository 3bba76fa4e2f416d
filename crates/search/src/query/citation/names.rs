//! Names of sources: titles, the short names they give themselves, the office's own list.
//!
//! Promises: the longest name wins; the first title given for a name stays. Never: guessing a title from
//! a part of it.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::text::{is_kanji, is_katakana, normalise};

/// Short names (生保法, 局) must not be the tail of a longer word.
const SHORT_NAME: usize = 4;

/// Known names with the titles they stand for.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Last character → names, longest first.
    by_last: BTreeMap<char, Vec<Name>>,
    /// First character → names, longest first.
    by_first: BTreeMap<char, Vec<Name>>,
}

#[derive(Clone, Debug)]
struct Name {
    text: String,
    title: String,
    short: bool,
}

impl Names {
    /// Names with their titles; a title is a name of itself when it is among them.
    #[must_use]
    pub fn new<I, A, T>(pairs: I) -> Self
    where
        I: IntoIterator<Item = (A, T)>,
        A: AsRef<str>,
        T: Into<String>,
    {
        let mut names = Self::default();
        for (name, title) in pairs {
            names.add(name.as_ref(), title.into());
        }
        names
    }

    /// Adds a name unless it already stands for something.
    pub fn add(&mut self, name: &str, title: String) {
        let text = normalise(name.trim());
        let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else {
            return;
        };
        let known = self
            .by_first
            .get(&first)
            .is_some_and(|of| of.iter().any(|n| n.text == text));
        if known {
            return;
        }
        let short = text.chars().count() < SHORT_NAME;
        let name = Name { text, title, short };
        for (map, key) in [(&mut self.by_first, first), (&mut self.by_last, last)] {
            let list = map.entry(key).or_default();
            let at = list.partition_point(|other| other.text.len() >= name.text.len());
            list.insert(at, name.clone());
        }
    }

    /// The longest known name that ends where `text` (normalised) ends: its title and its length in
    /// bytes.
    #[must_use]
    pub fn ending(&self, text: &str) -> Option<(&str, usize)> {
        let last = text.chars().next_back()?;
        let names = self.by_last.get(&last)?;
        names
            .iter()
            .find(|name| {
                text.strip_suffix(name.text.as_str())
                    .is_some_and(|before| stands_alone(before, name))
            })
            .map(|name| (name.title.as_str(), name.text.len()))
    }

    /// The longest known name that `text` (normalised) starts with.
    #[must_use]
    pub fn starting(&self, text: &str) -> Option<(&str, usize)> {
        let names = self.by_first.get(&text.chars().next()?)?;
        names
            .iter()
            .find(|name| text.starts_with(name.text.as_str()))
            .map(|name| (name.title.as_str(), name.text.len()))
    }

    /// Every known name in a normalised text with its title, in order, not overlapping.
    #[must_use]
    pub fn mentions(&self, text: &str) -> Vec<(Range<usize>, &str)> {
        let mut found = Vec::new();
        let mut next = 0;
        for (at, _) in text.char_indices() {
            if at < next {
                continue;
            }
            let before = &text[..at];
            let hit = text[at..].chars().next().and_then(|first| {
                self.by_first.get(&first)?.iter().find(|name| {
                    text[at..].starts_with(name.text.as_str())
                        && stands_alone(before, name)
                        // 局 and 課 alone are words of their own.
                        && name.text.chars().count() > 1
                })
            });
            if let Some(name) = hit {
                next = at + name.text.len();
                found.push((at..next, name.title.as_str()));
            }
        }
        found
    }

    /// Names that `text` (normalised) defines for itself: 「生活保護法(…。以下「法」という。)」.
    #[must_use]
    pub fn definitions(&self, text: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for (at, mark) in text.match_indices("以下「") {
            let inside = &text[at + mark.len()..];
            let Some((name, rest)) = inside.split_once('」') else {
                continue;
            };
            if !rest.starts_with("という") {
                continue;
            }
            let Some(open) = text[..at].rfind('(') else {
                continue;
            };
            if let Some((title, _)) = self.ending(&text[..open]) {
                found.push((name.to_owned(), title.to_owned()));
            }
        }
        found
    }
}

fn stands_alone(before: &str, name: &Name) -> bool {
    match before.chars().next_back() {
        None => true,
        Some('旧' | '同') => false,
        Some(c) => !name.short || !(is_kanji(c) || is_katakana(c)),
    }
}

/// The law an order belongs to: 生活保護法施行令 → 生活保護法.
#[must_use]
pub fn family_root(title: &str) -> &str {
    title
        .strip_suffix("施行令")
        .or_else(|| title.strip_suffix("施行規則"))
        .unwrap_or(title)
}

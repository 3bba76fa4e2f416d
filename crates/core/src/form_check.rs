//! Reads a form definition from its text and names every mistake with its place and in Japanese.
//!
//! Owns the rules a definition must keep. Promises: what `FormDefinition::parse` returns can be used by every
//! pipeline (the picture aside, which is not looked at); all mistakes come at once, in the order of
//! lines; no text panics. Never: I/O.

mod output_rules;
mod rule_check;
mod rule_tree;
mod rules;
mod tree;

use std::fmt;
use std::ops::Range;

use crate::form::FormDefinition;

/// One mistake of a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Line in the text, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub sentence_ja: String,
}

impl Mistake {
    /// At a span of bytes of the text.
    pub(crate) fn at(text: &str, span: &Range<usize>, sentence_ja: impl Into<String>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            sentence_ja: sentence_ja.into(),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}行目: {}", self.line, self.sentence_ja)
    }
}

impl FormDefinition {
    /// Reads and checks a definition.
    ///
    /// # Errors
    /// Every mistake, in the order of lines.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Mistakes::new(text);
        let drafted = tree::read(text, &mut mistakes);
        // The rules speak of whole definitions: while something is missing they would only echo.
        if let (Some((form, places)), true) = (drafted, mistakes.found.is_empty()) {
            rules::check(&form, &places, &mut mistakes);
            output_rules::check(&form, &places, &mut mistakes);
            rule_check::check(&form, &places, &mut mistakes);
            if mistakes.found.is_empty() {
                return Ok(form);
            }
        }
        let mut found = mistakes.found;
        found.sort_by_key(|mistake| (mistake.line, mistake.column));
        found.dedup();
        Err(found)
    }
}

/// Collects mistakes of any definition by byte span.
pub(crate) struct Mistakes<'t> {
    text: &'t str,
    found: Vec<Mistake>,
}

impl<'t> Mistakes<'t> {
    /// None yet, in this text.
    pub(crate) const fn new(text: &'t str) -> Self {
        Self {
            text,
            found: Vec::new(),
        }
    }

    /// What was found.
    pub(crate) fn found(self) -> Vec<Mistake> {
        self.found
    }

    fn add(&mut self, span: &Range<usize>, sentence_ja: impl Into<String>) {
        self.found.push(Mistake::at(self.text, span, sentence_ja));
    }

    /// Notes the sentence where the rule does not hold.
    pub(crate) fn require(&mut self, holds: bool, span: &Range<usize>, sentence_ja: impl FnOnce() -> String) {
        if !holds {
            self.add(span, sentence_ja());
        }
    }
}

#[cfg(test)]
mod tests;

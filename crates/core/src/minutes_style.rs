//! 様式 of minutes, written as `pipelines/minutes/<id>.toml`; the keys are explained at the head of the
//! shipped default.
//!
//! Promises: what [`MinutesStyle::parse`] returns has an id, a name, at least one section, and sections with
//! a heading each. Never: I/O.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::corpus_definition::form_ja;
use crate::form_check::{Mistake, Mistakes};
use crate::minutes::{SectionKind, TextLevel};

/// A 様式.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinutesStyle {
    /// `[a-z][a-z0-9_]*`, the file's name.
    pub id: String,
    /// The words on the screen: 要点筆記.
    pub name: String,
    /// Grows with each change.
    pub version: u32,
    /// Whether it is the one that is taken when nobody chose; exactly one of an office's styles is.
    #[serde(default)]
    pub default: bool,
    /// The heading of the document; 会議録 when absent.
    #[serde(default = "heading")]
    pub heading: String,
    /// How the text is cleaned before it goes in.
    pub level: TextLevel,
    /// Lines of the head.
    #[serde(rename = "header")]
    pub headers: Vec<StyleHeader>,
    /// Sections, in order.
    #[serde(rename = "section")]
    pub sections: Vec<StyleSection>,
}

/// A line of the head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StyleHeader {
    /// What it is called.
    pub label: String,
    /// Where its value comes from.
    pub value: HeaderValue,
}

/// Where the value of a line of the head comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderValue {
    /// The meeting's name.
    Title,
    /// The day, in 和暦.
    HeldOn,
    /// The place.
    Place,
    /// Those who were there.
    Attendees,
    /// Those who spoke.
    Speakers,
    /// How long it took.
    Duration,
    /// The agenda items that were found.
    Agenda,
    /// Nothing: a person fills it in.
    Empty,
}

/// A section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StyleSection {
    /// What it holds.
    pub kind: SectionKind,
    /// Its heading.
    pub heading: String,
    /// Sentences of an agenda item at most; absent: as many as there are.
    #[serde(default)]
    pub sentences: Option<u32>,
    /// Whether the speaker stands before each sentence.
    #[serde(default)]
    pub speakers: bool,
    /// Whether the time stands before each statement.
    #[serde(default)]
    pub times: bool,
}

fn heading() -> String {
    "会議録".to_owned()
}

impl MinutesStyle {
    /// Reads a definition.
    ///
    /// # Errors
    /// Every mistake with its line, in Japanese.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let unreadable = |error: toml::de::Error| {
            let span = error.span().unwrap_or(0..0);
            vec![Mistake::at(text, &span, form_ja(error.message()))]
        };
        let style: Self = toml::from_str(text).map_err(unreadable)?;
        let places: Places = toml::from_str(text).map_err(unreadable)?;
        let found = style.against_the_rules(text, &places);
        if found.is_empty() { Ok(style) } else { Err(found) }
    }

    fn against_the_rules(&self, text: &str, places: &Places) -> Vec<Mistake> {
        let mut mistakes = Mistakes::new(text);
        let mut require = |holds: bool, span: Range<usize>, sentence_ja: &str| {
            mistakes.require(holds, &span, || sentence_ja.to_owned());
        };
        require(
            is_id(&self.id),
            places.id.span(),
            "id は英小文字で始め、英小文字・数字・_ だけで書いてください。",
        );
        require(
            !self.name.trim().is_empty(),
            places.id.span(),
            "name に様式の名前を書いてください。",
        );
        require(
            self.version > 0,
            places.id.span(),
            "version は 1 から始めてください。",
        );
        require(
            !self.sections.is_empty(),
            places.id.span(),
            "節がありません。[[section]] を一つ以上書いてください。",
        );
        for (header, place) in self.headers.iter().zip(&places.headers) {
            require(
                !header.label.trim().is_empty(),
                place.label.span(),
                "label に項目名を書いてください。",
            );
        }
        for (section, place) in self.sections.iter().zip(&places.sections) {
            require(
                !section.heading.trim().is_empty(),
                place.heading.span(),
                "heading に見出しを書いてください。",
            );
            require(
                section.sentences != Some(0),
                place.heading.span(),
                "sentences は 1 以上にしてください。上限を付けないときは書かないでください。",
            );
        }
        mistakes.found()
    }
}

/// Where things stand in the text.
#[derive(Deserialize)]
struct Places {
    id: Spanned<String>,
    #[serde(rename = "header")]
    headers: Vec<HeaderPlace>,
    #[serde(rename = "section")]
    sections: Vec<SectionPlace>,
}

#[derive(Deserialize)]
struct HeaderPlace {
    label: Spanned<String>,
}

#[derive(Deserialize)]
struct SectionPlace {
    heading: Spanned<String>,
}

fn is_id(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_lowercase())
        && id
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: &str = r#"
id = "youten"
name = "要点筆記"
version = 1
level = "edited"

[[header]]
label = "会議名"
value = "title"

[[section]]
kind = "agenda"
heading = "議題と要点"
"#;

    #[test]
    fn a_style_is_read_and_a_mistake_has_its_line() {
        let style = MinutesStyle::parse(STYLE).unwrap();
        assert_eq!(style.heading, "会議録");
        assert_eq!(style.sections[0].kind, SectionKind::Agenda);
        for (right, wrong, line) in [
            ("youten", "要点", 2),
            ("edited", "clean", 5),
            ("label = \"会議名\"", "label = \" \"", 8),
            ("kind = \"agenda\"", "knd = \"agenda\"", 12),
            ("議題と要点", "", 13),
            ("\"議題と要点\"", "\"議題と要点\"\nsentences = 0", 13),
        ] {
            let found = MinutesStyle::parse(&STYLE.replace(right, wrong)).unwrap_err();
            assert_eq!(found[0].line, line, "{found:?}");
        }
        let (head, _) = STYLE.split_once("[[section]]").unwrap();
        let none = head.replace("version = 1", "version = 1\nsection = []");
        let found = MinutesStyle::parse(&none).unwrap_err();
        assert!(found[0].sentence_ja.contains("[[section]]"), "{found:?}");
    }
}

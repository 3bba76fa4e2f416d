//! From the glyphs or the lines of a page to its paragraphs: which lines belong together, which are
//! headings, which are page numbers.
//!
//! A line goes on in the next when it is full, the next begins where its own block begins and is written
//! in the same size. Page numbers alone on the first or last line are left out.

use std::collections::BTreeMap;

use shoki_core::extract::Paragraph;

/// How far, in ems, the end of a full line may be from the block's right edge: a line may end early by
/// one character that must not begin the next.
const FULL_WITHIN: f32 = 1.6;
/// How far, in ems, two lines of one block may begin apart.
const SAME_LEFT: f32 = 0.6;
/// Distance of lines, in ems, beyond which a new paragraph begins.
const MAX_PITCH: f32 = 2.3;
/// How far sizes of one paragraph may differ.
const SAME_SIZE: f32 = 1.06;
/// Size of a heading, as a multiple of the page's usual size: of the first and second level.
const HEADINGS: [f32; 2] = [1.35, 1.1];
/// A heading is no longer than this, in characters.
const MAX_HEADING: usize = 60;

/// One character where it stands, in points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyph {
    /// The character.
    pub(super) sign: char,
    /// Left edge, when known.
    pub(super) left: Option<f32>,
    /// Right edge.
    pub(super) right: Option<f32>,
    /// Lower edge.
    pub(super) bottom: Option<f32>,
    /// Size of the type.
    pub(super) size: f32,
}

/// One line where it stands on its page, in points, `bottom` growing upwards.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlacedLine {
    /// The words.
    pub text: String,
    /// Left edge.
    pub left: f32,
    /// Right edge.
    pub right: f32,
    /// Lower edge.
    pub bottom: f32,
    /// Size of the type.
    pub size: f32,
}

/// The paragraphs of a page from its lines in reading order; their page is for the caller to say.
#[must_use]
pub fn paragraphs(lines: Vec<PlacedLine>) -> Vec<Paragraph> {
    Lines {
        lines,
        ..Lines::default()
    }
    .paragraphs()
}

/// The lines of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    lines: Vec<PlacedLine>,
    open: PlacedLine,
    /// Whether the open line has a place yet.
    begun: bool,
}

impl Lines {
    /// Adds a character to the line.
    pub(super) fn push(&mut self, glyph: Glyph) {
        let line = &mut self.open;
        line.text.push(glyph.sign);
        if let (false, Some(left), Some(right), Some(bottom)) =
            (glyph.sign.is_whitespace(), glyph.left, glyph.right, glyph.bottom)
        {
            if !std::mem::replace(&mut self.begun, true) {
                line.left = left;
                line.right = right;
                line.bottom = bottom;
            }
            line.right = line.right.max(right);
            line.size = line.size.max(glyph.size);
        }
    }

    /// Ends the line.
    pub(super) fn end(&mut self) {
        let line = std::mem::take(&mut self.open);
        self.begun = false;
        if !line.text.trim().is_empty() {
            self.lines.push(line);
        }
    }

    /// The paragraphs; their page is for the caller to say.
    pub(super) fn paragraphs(mut self) -> Vec<Paragraph> {
        self.drop_page_numbers();
        let usual = self.usual_size();
        let mut paragraphs: Vec<Paragraph> = Vec::new();
        let mut block = 0.0;
        for (index, line) in self.lines.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| &self.lines[before]);
            match (before, paragraphs.last_mut()) {
                (Some(before), Some(paragraph)) if self.goes_on(before, line, block) => {
                    join(&mut paragraph.text, &line.text);
                }
                _ => {
                    block = line.left;
                    paragraphs.push(Paragraph {
                        text: line.text.trim_end().to_owned(),
                        level: heading(line, usual),
                        ..Paragraph::default()
                    });
                }
            }
        }
        for paragraph in &mut paragraphs {
            if paragraph.text.chars().count() > MAX_HEADING {
                paragraph.level = None;
            }
        }
        paragraphs
    }

    fn drop_page_numbers(&mut self) {
        if self.lines.last().is_some_and(|line| is_page_number(&line.text)) {
            self.lines.pop();
        }
        if self.lines.first().is_some_and(|line| is_page_number(&line.text)) {
            self.lines.remove(0);
        }
    }

    /// The size in which most characters are written.
    fn usual_size(&self) -> f32 {
        let mut characters = BTreeMap::new();
        for line in &self.lines {
            // Tenths of a point, so that equal sizes are equal keys.
            *characters
                .entry((line.size * 10.0).round().to_bits())
                .or_insert(0) += line.text.chars().count();
        }
        characters
            .into_iter()
            .max_by_key(|&(_, count)| count)
            .map_or(0.0, |(size, _)| f32::from_bits(size) / 10.0)
    }

    /// Whether `line` continues the paragraph of `before`, whose first line begins at `block`.
    fn goes_on(&self, before: &PlacedLine, line: &PlacedLine, block: f32) -> bool {
        let em = before.size.max(1.0);
        let same_size = before.size.max(line.size) <= before.size.min(line.size) * SAME_SIZE;
        let below = (0.1 * em..=MAX_PITCH * em).contains(&(before.bottom - line.bottom));
        // The block's first line may be indented, its others not.
        let begins_in_block = line.left <= block + SAME_LEFT * em && block <= line.left + 2.0 * em;
        let edge = self
            .lines
            .iter()
            .filter(|other| (other.left - line.left).abs() <= 3.0 * em)
            .fold(before.right, |edge, other| edge.max(other.right));
        let is_full = before.right >= edge - FULL_WITHIN * em;
        let is_indented = line.text.starts_with('　');
        same_size && below && begins_in_block && is_full && !is_indented
    }
}

fn heading(line: &PlacedLine, usual: f32) -> Option<u8> {
    if usual <= 0.0 {
        return None;
    }
    (1_u8..)
        .zip(HEADINGS)
        .find(|&(_, factor)| line.size >= usual * factor)
        .map(|(level, _)| level)
}

/// Between Latin words a space, between Japanese characters none.
fn join(text: &mut String, line: &str) {
    let is_latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if is_latin(text.chars().last()) && is_latin(line.chars().next()) {
        text.push(' ');
    }
    text.push_str(line.trim());
}

fn is_page_number(text: &str) -> bool {
    let inner = text
        .trim()
        .trim_matches(['-', '‐', '–', '—', '－', '−', 'ー', ' ', '　']);
    !inner.is_empty() && inner.chars().count() <= 5 && inner.chars().all(char::is_numeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(rows: &[(&str, f32, f32)]) -> Lines {
        let mut lines = Lines::default();
        let mut bottom = 800.0;
        for &(text, left, size) in rows {
            for (index, sign) in text.chars().enumerate() {
                let left = left + index as f32 * size;
                lines.push(Glyph {
                    sign,
                    left: Some(left),
                    right: Some(left + size),
                    bottom: Some(bottom),
                    size,
                });
            }
            bottom -= size * 1.7;
            lines.end();
        }
        lines
    }

    #[test]
    fn full_lines_go_on_and_short_ones_end() {
        let found = lines(&[
            ("第１章　目的", 50.0, 15.0),
            ("　この計画は、市民のためのもので", 50.0, 10.0),
            ("す。", 50.0, 10.0),
            ("　次の段落です。", 50.0, 10.0),
            ("- 12 -", 200.0, 9.0),
        ])
        .paragraphs();
        let found: Vec<_> = found.iter().map(|p| (p.text.as_str(), p.level)).collect();
        assert_eq!(
            found,
            [
                ("第１章　目的", Some(1)),
                ("　この計画は、市民のためのものです。", None),
                ("　次の段落です。", None)
            ]
        );
    }

    #[test]
    fn latin_words_keep_their_space() {
        let mut text = "open".to_owned();
        join(&mut text, "data");
        join(&mut text, "の公開");
        assert_eq!(text, "open dataの公開");
        assert!(is_page_number(" − ３ − ") && !is_page_number("第３") && !is_page_number("--"));
    }
}

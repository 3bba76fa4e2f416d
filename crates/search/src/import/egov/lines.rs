//! The text of a unit as lines, with the place of each part that can be cited by itself.

use roxmltree::Node;
use shoki_core::corpus::{Segment, SegmentKind};

/// Stands where a picture is.
pub(super) const FIGURE: &str = "〔図〕";

/// All text below a node on one line: ruby readings and line ends of the markup left out.
pub(super) fn text_of(node: Node<'_, '_>) -> String {
    let mut text = String::new();
    push_text(node, &mut text);
    text
}

/// The text of a table's cell: its blocks on one line, apart from each other.
pub(super) fn cell_of(cell: Node<'_, '_>) -> String {
    let blocks: Vec<String> = cell
        .children()
        .map(|child| {
            let mut text = String::new();
            if child.is_text() {
                push_words(child.text().unwrap_or_default(), &mut text);
            } else {
                text = text_of(child);
            }
            text.replace('\n', "　")
        })
        .filter(|text| !text.trim().is_empty())
        .collect();
    blocks.join("　")
}

fn push_text(node: Node<'_, '_>, out: &mut String) {
    for child in node.children() {
        if child.is_text() {
            push_words(child.text().unwrap_or_default(), out);
        } else if child.has_tag_name("Fig") || child.has_tag_name("ArithFormula") && !child.has_children() {
            out.push_str(FIGURE);
        } else if child.has_tag_name("Column") && !out.is_empty() && !out.ends_with(['　', '\n']) {
            out.push('　');
            push_text(child, out);
        } else if child.is_element() && !child.has_tag_name("Rt") {
            push_text(child, out);
        }
    }
}

/// Text without the indentation of the markup: blank lines and the blanks around lines go; a line end
/// between two lines of words stays (some copies of laws hold lists inside of one sentence).
fn push_words(text: &str, out: &mut String) {
    let mut lines = text
        .split('\n')
        .map(|line| line.trim_matches([' ', '\t', '\r']))
        .filter(|line| !line.is_empty());
    if let Some(first) = lines.next() {
        out.push_str(first);
    }
    for line in lines {
        out.push('\n');
        out.push_str(line);
    }
}

/// Lines under construction.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The text so far.
    pub(super) text: String,
    /// Parts of it.
    pub(super) segments: Vec<Segment>,
}

impl Lines {
    /// Adds a line unless it is empty.
    pub(super) fn line(&mut self, line: &str) {
        let line = line.trim_matches('\u{3000}').trim();
        if line.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(line);
    }

    /// Opens a part: it begins where the next line will.
    pub(super) fn open(&mut self, kind: SegmentKind, path: Vec<String>) -> usize {
        let start = self.text.len() + usize::from(!self.text.is_empty());
        self.segments.push(Segment {
            kind,
            path,
            span: start..start,
        });
        self.segments.len() - 1
    }

    /// Closes it; a part without text goes.
    pub(super) fn close(&mut self, at: usize) {
        let end = self.text.len();
        let segment = &mut self.segments[at];
        if segment.span.start >= end {
            self.segments.truncate(at);
        } else {
            segment.span.end = end;
        }
    }
}

/// A numeral and its sentence on one line: `２　前項の…`.
pub(super) fn numbered(title: &str, sentence: &str) -> String {
    match (title.trim().is_empty(), sentence.is_empty()) {
        (true, _) => sentence.to_owned(),
        (false, true) => title.trim().to_owned(),
        (false, false) => format!("{}　{sentence}", title.trim()),
    }
}

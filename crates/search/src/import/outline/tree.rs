//! Lines → the nodes of an outline: which mark continues which level, what stands above a node.
//!
//! Promises: every line is in exactly one node; a node's path is unique but for numbers that the text
//! itself repeats. Never: what kind of passage a node becomes.

use super::marks::{Mark, MarkKind, annex, mark};

/// A line with its place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    /// The words.
    pub(crate) text: String,
    /// Level of a heading, when the document says so.
    pub(crate) level: Option<u8>,
    /// Page.
    pub(crate) page: Option<u32>,
    /// Line of the file.
    pub(crate) line: Option<u32>,
    /// Whether it is a row of a table.
    pub(crate) is_row: bool,
}

/// A node with its own lines (not those of the nodes below it).
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// Name of the annex it stands in.
    pub(crate) annex: Option<String>,
    /// Values of the marks from the outside in; empty for what stands before the first mark.
    pub(crate) path: Vec<Step>,
    /// First lines of the nodes above.
    pub(crate) headings: Vec<String>,
    /// Its lines.
    pub(crate) lines: Vec<Line>,
    /// Bytes of the mark in the first line.
    pub(crate) mark_length: usize,
    /// Whether nodes stand below it.
    pub(crate) has_below: bool,
}

/// One level of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// What its mark looks like; `None` for a heading without a mark.
    pub(crate) kind: Option<MarkKind>,
    /// Its number among its siblings.
    number: u64,
    /// `7`, `(1)`, `ア`.
    pub(crate) value: String,
    level: Option<u8>,
}

/// Longest line that a heading without a mark may have, in characters.
const MAX_HEADING: usize = 60;
/// How many numbers may be missing (deleted) between siblings.
const MAX_GAP: u64 = 5;

/// The nodes of a text, in order.
pub(crate) fn nodes(lines: Vec<Line>) -> Vec<Node> {
    let mut tree = Tree::default();
    for line in lines {
        tree.take(line);
    }
    tree.nodes
}

#[derive(Default)]
struct Tree {
    nodes: Vec<Node>,
    annex: Option<String>,
    /// The open levels, each with its node.
    open: Vec<(Step, usize)>,
}

impl Tree {
    fn take(&mut self, line: Line) {
        if line.text.trim().is_empty() {
            return;
        }
        if line.is_row || is_contents(&line.text) {
            return self.continue_with(line);
        }
        if let Some(name) = annex(&line.text) {
            self.annex = Some(name);
            self.open.clear();
            return self.begin(line, 0);
        }
        if let Some(mark) = mark(&line.text)
            && let Some((keep, step)) = self.accept(&mark, line.level)
        {
            self.open.truncate(keep);
            return self.open_level(step, line, mark.length);
        }
        if let Some(level) = line.level
            && line.text.trim().chars().count() <= MAX_HEADING
        {
            let keep = self
                .open
                .iter()
                .position(|(step, _)| level_of(step).is_none_or(|other| other >= level))
                .unwrap_or(self.open.len());
            self.open.truncate(keep);
            let step = Step {
                kind: None,
                number: 0,
                value: crate::text::normalise(line.text.trim()),
                level: Some(level),
            };
            return self.open_level(step, line, 0);
        }
        self.continue_with(line);
    }

    fn open_level(&mut self, step: Step, line: Line, mark_length: usize) {
        for (_, node) in &self.open {
            self.nodes[*node].has_below = true;
        }
        self.open.push((step, self.nodes.len()));
        self.begin(line, mark_length);
    }

    fn begin(&mut self, line: Line, mark_length: usize) {
        let above = self.open.len().saturating_sub(1);
        let headings = self.open[..above]
            .iter()
            .map(|(_, node)| self.nodes[*node].lines[0].text.trim().to_owned())
            .collect();
        self.nodes.push(Node {
            annex: self.annex.clone(),
            path: self.open.iter().map(|(step, _)| step.clone()).collect(),
            headings,
            lines: vec![line],
            mark_length,
            has_below: false,
        });
    }

    fn continue_with(&mut self, line: Line) {
        match self.nodes.last_mut() {
            Some(node) => node.lines.push(line),
            None => self.begin(line, 0),
        }
    }

    /// How many open levels stay above the mark's, and what it is; `None` when the mark continues no
    /// outline and is a part of the text.
    fn accept(&self, mark: &Mark, level: Option<u8>) -> Option<(usize, Step)> {
        let step = |kind, number| Step {
            kind: Some(kind),
            number,
            value: mark.value.clone(),
            level,
        };
        if mark.kind.is_division() {
            let keep = self
                .open
                .iter()
                .position(|(open, _)| {
                    !open
                        .kind
                        .is_some_and(|kind| kind.is_division() && kind < mark.kind)
                })
                .unwrap_or(self.open.len());
            return Some((keep, step(mark.kind, mark.number)));
        }
        let fixed = self
            .open
            .iter()
            .position(|(open, _)| open.kind.is_some_and(|kind| !kind.is_division()))
            .unwrap_or(self.open.len());
        if mark.kind == MarkKind::Question {
            return Some((fixed, step(mark.kind, mark.number)));
        }
        let readings = || std::iter::once((mark.kind, mark.number)).chain(mark.also);
        let open_as = |kind, fits: &dyn Fn(u64) -> bool| {
            self.open
                .iter()
                .rposition(|(open, _)| open.kind == Some(kind) && fits(open.number))
        };
        for (kind, number) in readings() {
            if let Some(at) = open_as(kind, &|last| number == last + 1) {
                return Some((at, step(kind, number)));
            }
        }
        for (kind, number) in readings() {
            let follows = |last| number > last && number - last <= MAX_GAP;
            if number > 1
                && let Some(at) = open_as(kind, &follows)
            {
                return Some((at, step(kind, number)));
            }
        }
        for (kind, number) in readings() {
            if number == 1 {
                let again = self.open.last().is_some_and(|(open, _)| open.kind == Some(kind));
                return Some((self.open.len() - usize::from(again), step(kind, number)));
            }
        }
        // An excerpt may begin anywhere, but only at the top.
        let (kind, number) = readings().next()?;
        let at_top = fixed == self.open.len() && !self.nodes.iter().any(|node| has_kind(node, kind));
        at_top.then(|| (self.open.len(), step(kind, number)))
    }
}

fn has_kind(node: &Node, kind: MarkKind) -> bool {
    node.path.last().is_some_and(|step| step.kind == Some(kind))
}

/// The level of a heading: said by the document, or by what kind of division it is.
fn level_of(step: &Step) -> Option<u8> {
    step.level.or(match step.kind {
        Some(MarkKind::Part | MarkKind::Chapter) => Some(1),
        Some(MarkKind::Section) => Some(2),
        Some(MarkKind::Ordinal) => Some(3),
        _ => None,
    })
}

/// A line of a table of contents: dots up to a page number.
fn is_contents(text: &str) -> bool {
    let body = text.trim_end_matches(|c: char| c.is_numeric() || c.is_whitespace() || c == '-');
    body.len() < text.trim_end().len()
        && (body.ends_with("……") || body.ends_with("・・・") || body.ends_with("..."))
}

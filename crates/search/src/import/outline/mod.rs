//! Notices and guidelines in outline form (第1 → 1 → (1) → ア → (ア)) → one passage per leaf, the
//! headings of its ancestors before it; what is not numbered is kept as a section.
//!
//! Promises: every line is in a passage or is the heading of one; an item's id says its place. Never: a
//! number that is not written.

mod head;
mod marks;
mod tree;

use shoki_core::corpus::{
    ImportFault, ImportFaultKind, ImportedText, Passage, PassageKind, RevisionHead, Segment, SegmentKind,
    SourceRank,
};
use shoki_core::extract::ExtractedText;

pub(super) use head::{ends_as_plan, source_head};
use marks::MarkKind;
pub(super) use tree::Line;
use tree::{Node, Step, nodes};

use super::{ImportError, Passages};

/// Longest first line that counts as a title, in characters.
const MAX_TITLE: usize = 60;
/// Characters of a section above which each of its pages becomes a passage, so that the page shown is
/// the page meant.
const LONG_SECTION: usize = 1_200;

/// What the numbered parts of a text are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A notice: each leaf is an item of its outline.
    Notice,
    /// A plan or any running text: each part is a section, long ones page by page.
    Plan,
}

/// The lines of a plain text; a form feed begins a new page.
#[must_use]
pub(super) fn lines_of_text(text: &str) -> Vec<Line> {
    let paged = text.contains('\u{c}');
    let mut page = 1;
    let mut lines = Vec::new();
    for (number, line) in (1_u32..).zip(text.lines()) {
        for (part, words) in line.split('\u{c}').enumerate() {
            page += u32::from(part > 0);
            lines.push(Line {
                text: words.trim_end().to_owned(),
                page: paged.then_some(page),
                line: Some(number),
                ..Line::default()
            });
        }
    }
    lines
}

/// The lines of a document whose text was taken out elsewhere.
#[must_use]
pub(super) fn lines_of_extract(extract: &ExtractedText) -> Vec<Line> {
    let mut lines = Vec::with_capacity(extract.paragraphs.len());
    for paragraph in &extract.paragraphs {
        if let Some(cells) = &paragraph.cells {
            if cells.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let cells: Vec<String> = cells
                .iter()
                .map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect();
            lines.push(Line {
                text: cells.join(" | "),
                page: paragraph.page,
                is_row: true,
                ..Line::default()
            });
            continue;
        }
        for words in paragraph.text.split('\n') {
            lines.push(Line {
                text: words.trim_end().to_owned(),
                level: paragraph.level,
                page: paragraph.page,
                ..Line::default()
            });
        }
    }
    lines
}

/// A notice or a plan from its lines.
///
/// # Errors
/// [`ImportError::Empty`] when no line holds a word and no page is missing.
pub(super) fn import(
    file_name: &str,
    lines: Vec<Line>,
    pages_without_text: &[u32],
    form: Form,
    rank: Option<SourceRank>,
) -> Result<ImportedText, ImportError> {
    let mut source = source_head(file_name, &lines);
    if let Some(rank) = rank {
        source.rank = rank;
    } else if form == Form::Plan {
        source.rank = SourceRank::Plan;
    }
    let mut passages = Passages::default();
    for node in nodes(lines) {
        emit(node, form, &mut passages);
    }
    for &page in pages_without_text {
        passages.fault(ImportFault {
            file: None,
            line: None,
            page: Some(page),
            kind: ImportFaultKind::NoTextLayer,
        });
    }
    let (passages, faults) = passages.finish();
    if passages.is_empty() && faults.is_empty() {
        return Err(ImportError::Empty);
    }
    Ok(ImportedText {
        source,
        revision: RevisionHead::default(),
        passages,
        faults,
    })
}

fn emit(node: Node, form: Form, passages: &mut Passages) {
    let first = &node.lines[0];
    let title = first.text[node.mark_length.min(first.text.len())..].trim();
    let titled = !title.is_empty() && is_title(title) && !(node.path.is_empty() && node.annex.is_none());
    // A title alone above other nodes is their heading and is kept there.
    if node.has_below && titled && node.lines.len() == 1 {
        return;
    }
    let kind = kind_of(&node, form);
    let (item, label) = name_of(&node);
    let caption = (titled && node.lines.len() > 1).then(|| title.to_owned());
    let characters: usize = node.lines.iter().map(|line| line.text.chars().count()).sum();
    let by_page = form == Form::Plan && characters > LONG_SECTION;
    let mut rest = node.lines.as_slice();
    let mut begun = false;
    while let Some(line) = rest.first() {
        let length = if by_page {
            rest.iter().take_while(|other| other.page == line.page).count()
        } else {
            rest.len()
        };
        let (lines, after) = rest.split_at(length);
        rest = after;
        let (text, segments) = written(lines);
        let (item, label) = match (begun, line.page) {
            (true, Some(page)) => (format!("{item}/p{page}"), format!("{label}（{page}ページ）")),
            _ => (item.clone(), label.clone()),
        };
        begun = true;
        passages.push(
            Passage {
                ordinal: 0,
                kind,
                item,
                label,
                headings: node.headings.clone(),
                caption: caption.clone(),
                text,
                segments,
                page: line.page,
            },
            line.line,
        );
    }
}

/// Lines as one text; rows of tables are parts of it.
fn written(lines: &[Line]) -> (String, Vec<Segment>) {
    let mut text = String::new();
    let mut segments = Vec::new();
    for line in lines {
        if !text.is_empty() {
            text.push('\n');
        }
        let start = text.len();
        text.push_str(if text.is_empty() {
            line.text.trim_start()
        } else {
            &line.text
        });
        if line.is_row {
            segments.push(Segment {
                kind: SegmentKind::TableRow,
                path: vec![format!("行{}", segments.len() + 1)],
                span: start..text.len(),
            });
        }
    }
    (text, segments)
}

fn kind_of(node: &Node, form: Form) -> PassageKind {
    let asked = |step: &Step| step.kind == Some(MarkKind::Question);
    if node.annex.as_deref().is_some_and(|name| name.starts_with("附則")) {
        PassageKind::Supplementary
    } else if form == Form::Plan {
        PassageKind::Section
    } else if node.path.last().is_some_and(asked) {
        PassageKind::QuestionAnswer
    } else if !node.path.is_empty() {
        PassageKind::OutlineItem
    } else if node.annex.is_some() {
        PassageKind::Appendix
    } else {
        PassageKind::Section
    }
}

/// Item and label: `7-2-(1)-ア`, 第7の2の(1)のア.
fn name_of(node: &Node) -> (String, String) {
    let mut values: Vec<String> = Vec::with_capacity(node.path.len());
    for step in &node.path {
        match step.kind {
            // 第3 … 問1 is 問3-1, as casebooks count.
            Some(MarkKind::Question) if !step.value.contains('-') => {
                let above = values.drain(..).next_back();
                let chapter: String = above
                    .iter()
                    .flat_map(|value| value.chars())
                    .filter(char::is_ascii_digit)
                    .collect();
                let own = step.value.trim_start_matches('問');
                values.push(if chapter.is_empty() {
                    step.value.clone()
                } else {
                    format!("問{chapter}-{own}")
                });
            }
            Some(MarkKind::Question) => values = vec![step.value.clone()],
            _ => values.push(step.value.clone()),
        }
    }
    let numbered = values.join("-");
    let mut label = values.join("の");
    if node
        .path
        .first()
        .is_some_and(|step| step.kind == Some(MarkKind::Ordinal))
        && !label.starts_with('問')
    {
        label.insert(0, '第');
    }
    match (&node.annex, node.path.is_empty()) {
        (None, true) => ("前書".to_owned(), "前書き".to_owned()),
        (None, false) => (numbered, label),
        (Some(annex), true) => (annex.clone(), annex.clone()),
        (Some(annex), false) => (format!("{annex}/{numbered}"), format!("{annex}の{label}")),
    }
}

fn is_title(text: &str) -> bool {
    !text.contains('。') && text.chars().count() <= MAX_TITLE
}

#[cfg(test)]
mod tests;

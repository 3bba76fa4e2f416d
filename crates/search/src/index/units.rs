//! What of a revision is searched by words: its passages, and their 項 each by itself, both with the
//! titles that stand above them (MODELS.md §3: +.01 to +.08 nDCG).
//!
//! Promise: every index makes its units here. Never: terms, scores.

use shoki_core::corpus::{Passage, PassageKind, SegmentKind};

use super::IndexedRevision;

/// How often the title of a casebook's question is counted: it says in the asker's words what the
/// answer is about (MODELS.md §3).
const QUESTION_TITLE_REPEATS: usize = 3;

/// A piece of text that a lexical leg scores as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit<'a> {
    /// The passage's ordinal.
    pub ordinal: u32,
    /// Position among the passage's segments, when the unit is one of them.
    pub segment: Option<u32>,
    /// Whether it belongs to the 附則.
    pub supplementary: bool,
    /// Its texts: title, headings, caption, text. No term spans two of them.
    pub pieces: Vec<&'a str>,
}

fn heading_pieces<'a>(revision: &'a IndexedRevision, passage: &'a Passage) -> Vec<&'a str> {
    let mut pieces = vec![revision.title.as_str()];
    pieces.extend(passage.headings.iter().map(String::as_str));
    let repeats = match passage.kind {
        PassageKind::QuestionAnswer => QUESTION_TITLE_REPEATS,
        _ => 1,
    };
    if let Some(caption) = &passage.caption {
        pieces.extend(std::iter::repeat_n(caption.as_str(), repeats));
    }
    pieces
}

/// Whole passages, in order.
pub fn passages(revision: &IndexedRevision) -> impl Iterator<Item = Unit<'_>> {
    revision.passages.iter().map(|passage| {
        let mut pieces = heading_pieces(revision, passage);
        pieces.push(passage.text.as_str());
        Unit {
            ordinal: passage.ordinal,
            segment: None,
            supplementary: passage.kind == PassageKind::Supplementary,
            pieces,
        }
    })
}

/// The 項 of each passage; a passage without any counts as one. A span that does not lie in its text is
/// left out.
pub fn paragraphs(revision: &IndexedRevision) -> impl Iterator<Item = Unit<'_>> {
    revision.passages.iter().flat_map(|passage| {
        let headings = heading_pieces(revision, passage);
        let unit = |segment, text| {
            let mut pieces = headings.clone();
            pieces.push(text);
            Unit {
                ordinal: passage.ordinal,
                segment,
                supplementary: passage.kind == PassageKind::Supplementary,
                pieces,
            }
        };
        let mut units: Vec<Unit<'_>> = (0_u32..)
            .zip(&passage.segments)
            .filter(|(_, segment)| segment.kind == SegmentKind::Paragraph)
            .filter_map(|(position, segment)| {
                Some(unit(Some(position), passage.text.get(segment.span.clone())?))
            })
            .collect();
        if units.is_empty() {
            units.push(unit(None, passage.text.as_str()));
        }
        units
    })
}

#[cfg(test)]
mod tests {
    use shoki_core::corpus::Segment;
    use shoki_core::id::RevisionId;
    use uuid::Uuid;

    use super::*;

    fn revision(kind: PassageKind, segments: Vec<Segment>) -> IndexedRevision {
        IndexedRevision {
            revision: RevisionId::from_uuid(Uuid::from_u128(1)),
            source: "s".to_owned(),
            title: "題".to_owned(),
            department: None,
            valid_from: None,
            valid_to: None,
            passages: vec![Passage {
                ordinal: 0,
                kind,
                item: "1".to_owned(),
                label: "第一条".to_owned(),
                headings: vec!["章".to_owned()],
                caption: Some("見出し".to_owned()),
                text: "前段。\n後段。".to_owned(),
                segments,
                page: None,
            }],
            vectors: Vec::new(),
        }
    }

    #[test]
    fn the_title_stands_before_every_paragraph() {
        let segment = |kind, span| Segment {
            kind,
            path: vec!["1".to_owned()],
            span,
        };
        let held = revision(
            PassageKind::Article,
            vec![
                segment(SegmentKind::Item, 0..3),
                segment(SegmentKind::Paragraph, 0..9),
                segment(SegmentKind::Paragraph, 10..19),
                segment(SegmentKind::Paragraph, 10..99),
            ],
        );
        let units: Vec<_> = paragraphs(&held).collect();
        assert_eq!(units.len(), 2);
        assert_eq!(units[0].pieces, ["題", "章", "見出し", "前段。"]);
        assert_eq!((units[0].segment, units[1].segment), (Some(1), Some(2)));
    }

    #[test]
    fn a_passage_without_paragraphs_is_one_and_a_question_weighs_three_times() {
        let held = revision(PassageKind::QuestionAnswer, Vec::new());
        let units: Vec<_> = paragraphs(&held).collect();
        assert_eq!(units.len(), 1);
        assert_eq!(units[0].segment, None);
        let repeats = units[0].pieces.iter().filter(|&&piece| piece == "見出し").count();
        assert_eq!(repeats, 3);
        assert_eq!(passages(&held).count(), 1);
    }
}

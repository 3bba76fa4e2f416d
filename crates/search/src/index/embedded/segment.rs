//! One tantivy segment opened for searching: which of its documents belong to which revision, and the best
//! unit of each passage among them.
//!
//! Promise: only documents of admitted runs ever get a score. Never: which revisions are admitted.

use std::ops::Range;
use std::sync::Arc;

use shoki_core::corpus::PassageKey;
use shoki_core::id::RevisionId;
use tantivy::columnar::ColumnValues;
use tantivy::index::InvertedIndexReader;
use tantivy::postings::TermInfo;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, SegmentReader, TERMINATED, Term};

use super::super::ranking::Best;
use super::super::{IndexError, Scored, bm25};
use super::engine_error;
use super::lexical::{Fields, UnitKind};
use super::scoring::{Sink, TermCursor, score_all};

/// Documents one after another that belong to one revision and are of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Number of the revision.
    pub slot: u64,
    /// What the documents are.
    pub kind: UnitKind,
    /// Whether they are of the 附則.
    pub supplementary: bool,
    /// The documents.
    pub documents: Range<u32>,
}

/// An admitted run.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// The revision.
    pub revision: RevisionId,
    /// The documents.
    pub documents: Range<u32>,
}

/// A term that a segment holds.
#[derive(Clone, Debug)]
pub struct Posting {
    /// Position of the segment.
    pub segment: usize,
    /// Where its posting list is.
    pub info: TermInfo,
}

/// A segment.
pub struct SegmentView {
    passages: Arc<InvertedIndexReader>,
    paragraphs: Arc<InvertedIndexReader>,
    ordinals: Arc<dyn ColumnValues<u64>>,
    segments: Arc<dyn ColumnValues<u64>>,
    norms: Vec<f32>,
    runs: Vec<Run>,
}

impl std::fmt::Debug for SegmentView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SegmentView")
            .field("documents", &self.norms.len())
            .field("runs", &self.runs.len())
            .finish_non_exhaustive()
    }
}

const fn pivot(kind: UnitKind) -> f32 {
    match kind {
        UnitKind::Passage => bm25::PASSAGE_PIVOT,
        UnitKind::Paragraph => bm25::PARAGRAPH_PIVOT,
    }
}

/// Documents of which a bit is set.
#[derive(Debug)]
pub struct Bits(Vec<u64>);

impl Bits {
    fn of(documents: usize, admitted: &[Admitted]) -> Self {
        let mut words = vec![0_u64; documents.div_ceil(64)];
        for run in admitted {
            let (start, end) = (run.documents.start as usize, run.documents.end as usize);
            let touched = start / 64..end.div_ceil(64);
            for (word, held) in touched.clone().zip(&mut words[touched]) {
                let low = start.saturating_sub(word * 64).min(63);
                let high = (end - word * 64).min(64);
                *held |= (u64::MAX << low) & (u64::MAX >> (64 - high));
            }
        }
        Self(words)
    }

    /// Whether any of `count` documents from `start` is set; `start` is a multiple of 64.
    pub fn any(&self, start: u32, count: usize) -> bool {
        let first = start as usize / 64;
        let words = first..(first + count.div_ceil(64)).min(self.0.len());
        self.0
            .get(words)
            .is_some_and(|words| words.iter().any(|&word| word != 0))
    }

    /// Whether a document is set.
    #[inline]
    pub fn has(&self, document: u32) -> bool {
        self.0
            .get(document as usize / 64)
            .is_some_and(|word| word >> (document % 64) & 1 == 1)
    }
}

/// What of a segment a reader may be given of one kind.
#[derive(Debug)]
pub struct AdmittedDocuments {
    /// The runs, in the documents' order.
    pub runs: Vec<Admitted>,
    bits: Bits,
}

/// Offers the best unit of each passage. Units of one passage follow each other, so its best is known when
/// the next passage begins.
struct PassageSink<'a> {
    view: &'a SegmentView,
    /// The runs that are not yet behind.
    runs: &'a [Admitted],
    floor: f32,
    best: &'a mut Best,
    pending: Option<Pending>,
}

/// The best unit of a passage so far.
#[derive(Clone, Copy)]
struct Pending {
    passage: PassageKey,
    document: u32,
    score: f32,
}

impl PassageSink<'_> {
    fn finish(&mut self) {
        let Some(pending) = self.pending.take() else {
            return;
        };
        let segment = self.view.segments.get_val(pending.document);
        self.best.offer(Scored {
            passage: pending.passage,
            segment: segment
                .checked_sub(1)
                .and_then(|position| u32::try_from(position).ok()),
            score: pending.score,
        });
    }
}

impl Sink for PassageSink<'_> {
    fn threshold(&self) -> f32 {
        self.best.threshold().max(self.floor)
    }

    fn take(&mut self, document: u32, score: f32) {
        if score < self.threshold() {
            return;
        }
        while self.runs.first().is_some_and(|run| run.documents.end <= document) {
            self.runs = &self.runs[1..];
        }
        let Some(run) = self.runs.first() else { return };
        let passage = PassageKey {
            revision: run.revision,
            ordinal: u32::try_from(self.view.ordinals.get_val(document)).unwrap_or(u32::MAX),
        };
        match &mut self.pending {
            Some(held) if held.passage == passage => {
                if score > held.score {
                    (held.document, held.score) = (document, score);
                }
            }
            _ => {
                self.finish();
                self.pending = Some(Pending {
                    passage,
                    document,
                    score,
                });
            }
        }
    }
}

impl SegmentView {
    /// Opens a segment. Deleted documents belong to no run.
    pub fn open(reader: &SegmentReader, fields: &Fields) -> Result<Self, IndexError> {
        let column = |name| {
            reader
                .fast_fields()
                .column_first_or_default::<u64>(name)
                .map_err(engine_error)
        };
        let (revisions, kinds, lengths) = (
            column(Fields::REVISION)?,
            column(Fields::KIND)?,
            column(Fields::LENGTH)?,
        );
        let mut norms = vec![0.0; reader.max_doc() as usize];
        let mut runs: Vec<Run> = Vec::new();
        for document in 0..reader.max_doc() {
            if reader.is_deleted(document) {
                continue;
            }
            let (kind, supplementary) = UnitKind::from_code(kinds.get_val(document))
                .ok_or_else(|| IndexError::Damaged("a unit of unknown kind".into()))?;
            let length = u32::try_from(lengths.get_val(document)).unwrap_or(u32::MAX);
            norms[document as usize] = bm25::length_norm(length, pivot(kind));
            let slot = revisions.get_val(document);
            match runs.last_mut() {
                Some(run)
                    if run.slot == slot
                        && run.kind == kind
                        && run.supplementary == supplementary
                        && run.documents.end == document =>
                {
                    run.documents.end = document + 1;
                }
                _ => runs.push(Run {
                    slot,
                    kind,
                    supplementary,
                    documents: document..document + 1,
                }),
            }
        }
        let inverted = |kind| reader.inverted_index(fields.terms_of(kind)).map_err(engine_error);
        Ok(Self {
            passages: inverted(UnitKind::Passage)?,
            paragraphs: inverted(UnitKind::Paragraph)?,
            ordinals: column(Fields::ORDINAL)?,
            segments: column(Fields::SEGMENT)?,
            norms,
            runs,
        })
    }

    /// The runs of a kind.
    pub fn runs(&self, kind: UnitKind) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| run.kind == kind)
    }

    /// What a reader may be given of a segment, made ready for scoring.
    pub fn admit(&self, runs: Vec<Admitted>) -> AdmittedDocuments {
        AdmittedDocuments {
            bits: Bits::of(self.norms.len(), &runs),
            runs,
        }
    }

    fn inverted(&self, kind: UnitKind) -> &InvertedIndexReader {
        match kind {
            UnitKind::Passage => &self.passages,
            UnitKind::Paragraph => &self.paragraphs,
        }
    }

    /// Where a term's posting list is.
    pub fn term_info(&self, kind: UnitKind, term: &Term) -> Result<Option<TermInfo>, IndexError> {
        Ok(self.inverted(kind).get_term_info(term)?)
    }

    /// Scores the admitted documents by the posting lists, in their order, and offers the best of each
    /// passage. A score below `floor` is of no use.
    pub fn score(
        &self,
        kind: UnitKind,
        lists: &[(&TermInfo, f32)],
        admitted: &AdmittedDocuments,
        floor: f32,
        best: &mut Best,
    ) -> Result<(), IndexError> {
        if lists.is_empty() || admitted.runs.is_empty() {
            return Ok(());
        }
        let mut terms = Vec::with_capacity(lists.len());
        for &(info, ceiling) in lists {
            let blocks = self
                .inverted(kind)
                .read_block_postings_from_terminfo(info, IndexRecordOption::WithFreqs)?;
            terms.push(TermCursor::new(blocks, ceiling, info.doc_freq));
        }
        let mut sink = PassageSink {
            view: self,
            runs: &admitted.runs,
            floor,
            best,
            pending: None,
        };
        score_all(terms, &self.norms, &admitted.bits, &mut sink);
        sink.finish();
        Ok(())
    }

    /// How many admitted passages hold all the terms.
    pub fn count_all(&self, lists: &[TermInfo], admitted: &AdmittedDocuments) -> Result<u64, IndexError> {
        let bits = &admitted.bits;
        let mut ordered: Vec<&TermInfo> = lists.iter().collect();
        ordered.sort_by_key(|info| info.doc_freq);
        let mut cursors = Vec::with_capacity(ordered.len());
        for info in ordered {
            cursors.push(
                self.passages
                    .read_postings_from_terminfo(info, IndexRecordOption::Basic)?,
            );
        }
        let Some((rarest, others)) = cursors.split_first_mut() else {
            return Ok(0);
        };
        let mut count = 0;
        let mut document = rarest.doc();
        while document != TERMINATED {
            if bits.has(document)
                && others.iter_mut().all(|other| {
                    (if other.doc() < document {
                        other.seek(document)
                    } else {
                        other.doc()
                    }) == document
                })
            {
                count += 1;
            }
            document = rarest.advance();
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn bits_are_set_exactly_inside_the_runs() {
        let admitted = |documents| Admitted {
            revision: RevisionId::from_uuid(Uuid::from_u128(1)),
            documents,
        };
        let runs = [
            admitted(0..1),
            admitted(63..65),
            admitted(70..128),
            admitted(130..300),
        ];
        let bits = Bits::of(301, &runs);
        for document in 0..400 {
            let inside = runs.iter().any(|run| run.documents.contains(&document));
            assert_eq!(bits.has(document), inside, "document {document}");
        }
    }
}

//! One tantivy segment opened for searching: which of its documents belong to which revision, and
//! term-at-a-time BM25 over its posting lists.
//!
//! Promises: only documents of admitted runs ever get a score; contributions are summed in the plan's
//! order, so that the scores are the brute force's to the bit. Sums live in one array per question; at
//! 60 terms this beats tantivy's document-at-a-time union, and finds the best 項 of a passage in passing.
//! Never: which revisions are admitted.

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
struct Bits(Vec<u64>);

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

    #[inline]
    fn has(&self, document: u32) -> bool {
        self.0
            .get(document as usize / 64)
            .is_some_and(|word| word >> (document % 64) & 1 == 1)
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
    /// passage.
    pub fn score(
        &self,
        kind: UnitKind,
        lists: &[(&TermInfo, f32)],
        admitted: &[Admitted],
        best: &mut Best,
    ) -> Result<(), IndexError> {
        if lists.is_empty() || admitted.is_empty() {
            return Ok(());
        }
        let bits = Bits::of(self.norms.len(), admitted);
        let mut sums = vec![0.0_f32; self.norms.len()];
        for &(info, ceiling) in lists {
            let mut blocks = self
                .inverted(kind)
                .read_block_postings_from_terminfo(info, IndexRecordOption::WithFreqs)?;
            loop {
                let documents = blocks.docs();
                if documents.is_empty() {
                    break;
                }
                for (&document, &frequency) in documents.iter().zip(blocks.freqs()) {
                    if bits.has(document) {
                        let document = document as usize;
                        sums[document] += bm25::contribution(ceiling, frequency, self.norms[document]);
                    }
                }
                blocks.advance();
            }
        }
        for run in admitted {
            self.offer_run(run, &sums, best);
        }
        Ok(())
    }

    /// Units of one passage follow each other, so its best is known when the next passage begins.
    fn offer_run(&self, run: &Admitted, sums: &[f32], best: &mut Best) {
        let mut pending: Option<(u64, u32, f32)> = None;
        for document in run.documents.clone() {
            let score = sums[document as usize];
            if score <= 0.0 || score < best.threshold() {
                continue;
            }
            let ordinal = self.ordinals.get_val(document);
            match &mut pending {
                Some((held, _, top)) if *held == ordinal && score <= *top => {}
                Some((held, at, top)) if *held == ordinal => (*at, *top) = (document, score),
                _ => {
                    if let Some(done) = pending.replace((ordinal, document, score)) {
                        self.offer(run.revision, done, best);
                    }
                }
            }
        }
        if let Some(done) = pending {
            self.offer(run.revision, done, best);
        }
    }

    fn offer(&self, revision: RevisionId, (ordinal, document, score): (u64, u32, f32), best: &mut Best) {
        let segment = self.segments.get_val(document);
        best.offer(Scored {
            passage: PassageKey {
                revision,
                ordinal: u32::try_from(ordinal).unwrap_or(u32::MAX),
            },
            segment: segment
                .checked_sub(1)
                .and_then(|position| u32::try_from(position).ok()),
            score,
        });
    }

    /// How many admitted passages hold all the terms.
    pub fn count_all(&self, lists: &[TermInfo], admitted: &[Admitted]) -> Result<u64, IndexError> {
        let bits = Bits::of(self.norms.len(), admitted);
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

//! BM25 over the posting lists of one segment: terms in the plan's order, a window of documents at a time.
//!
//! Promises: the ranking of scoring every admitted document, to the bit: a document's contributions are
//! summed in the plan's order, and only those are left out that cannot reach the best any more (MaxScore:
//! Turtle & Flood 1995; by windows, so that the sums stay in the processor's cache). Term-at-a-time in
//! windows beats tantivy's document-at-a-time union at 60 terms a question.
//! Never: which documents are admitted, what a document is.

use tantivy::postings::BlockSegmentPostings;

use super::super::bm25;
use super::segment::Bits;

/// Documents of a window: their sums and norms are 128 KiB.
const WINDOW: u32 = 1 << 14;
/// What looking a term up in one document costs, in postings read one after the other.
const LOOK_UP: usize = 8;
/// Terms that are read through before candidates that cannot reach the best are dropped: dropping reads them all.
const SIFT_EVERY: usize = 4;
/// More than what adding a few hundred numbers of 24 bits can round away.
const ROUNDING: f32 = 1.0001;

/// A posting list and how far it was read.
pub struct TermCursor {
    blocks: BlockSegmentPostings,
    /// What a document gets for the term at most.
    ceiling: f32,
    /// Documents with the term, in the segment.
    documents: u32,
}

impl TermCursor {
    /// A list of so many documents from its beginning.
    pub const fn new(blocks: BlockSegmentPostings, ceiling: f32, documents: u32) -> Self {
        Self {
            blocks,
            ceiling,
            documents,
        }
    }

    /// Whether reading a window of a segment of so many documents costs less than `candidates` look-ups.
    fn is_read_through(&self, candidates: usize, of: usize) -> bool {
        let in_window = self.documents as usize * WINDOW as usize / of.max(WINDOW as usize);
        candidates * LOOK_UP > in_window
    }

    /// Adds the term's contributions to the documents of the window that begins at `start`.
    fn add_window(&mut self, start: u32, sums: &mut [f32], norms: &[f32], admitted: &Bits) {
        let end = start + WINDOW;
        if self.blocks.docs().is_empty() {
            return;
        }
        let mut at = self.blocks.seek(start);
        loop {
            let documents = self.blocks.docs().get(at..).unwrap_or_default();
            let Some(&last) = documents.last() else { return };
            let inside = if last < end {
                documents.len()
            } else {
                documents.partition_point(|&document| document < end)
            };
            let frequencies = self.blocks.freqs().get(at..).unwrap_or_default();
            for (&document, &frequency) in documents[..inside].iter().zip(frequencies) {
                if admitted.has(document) {
                    let place = (document - start) as usize;
                    sums[place] += bm25::contribution(self.ceiling, frequency, norms[place]);
                }
            }
            if last >= end {
                return;
            }
            self.blocks.advance();
            at = 0;
        }
    }

    /// How often the term occurs in a document; the documents asked for must grow.
    fn frequency(&mut self, document: u32) -> Option<u32> {
        if self.blocks.docs().is_empty() {
            return None;
        }
        let at = self.blocks.seek(document);
        (self.blocks.docs().get(at) == Some(&document)).then(|| self.blocks.freq(at))
    }
}

/// Who takes the scored documents, in growing order of documents.
pub trait Sink {
    /// A score below this is of no use; it never falls.
    fn threshold(&self) -> f32;
    /// Takes one.
    fn take(&mut self, document: u32, score: f32);
}

/// Scores the admitted documents of a segment whose documents have these norms.
pub fn score_all(mut terms: Vec<TermCursor>, norms: &[f32], admitted: &Bits, sink: &mut impl Sink) {
    let rest = remaining(&terms);
    let documents = norms.len();
    let mut sums = vec![0.0_f32; WINDOW as usize];
    let mut candidates: Vec<u32> = Vec::new();
    for (start, norms) in (0_u32..)
        .step_by(WINDOW as usize)
        .zip(norms.chunks(WINDOW as usize))
    {
        let sums = &mut sums[..norms.len()];
        if !admitted.any(start, norms.len()) {
            continue;
        }
        let threshold = sink.threshold();
        // A document with none of the first `essential` terms cannot reach the threshold.
        let essential = rest
            .iter()
            .position(|&rest| !can_reach(0.0, rest, threshold))
            .unwrap_or(terms.len());
        if essential == 0 {
            return;
        }
        let (first, others) = terms.split_at_mut(essential);
        sums.fill(0.0);
        for term in first {
            term.add_window(start, sums, norms, admitted);
        }
        candidates.clear();
        let rest_of_others = rest.get(essential).copied().unwrap_or(0.0);
        candidates.extend(
            (0_u32..)
                .zip(sums.iter())
                .filter(|&(_, &sum)| sum > 0.0 && can_reach(sum, rest_of_others, threshold))
                .map(|(place, _)| place),
        );
        for (position, term) in (essential..).zip(others) {
            if candidates.is_empty() {
                break;
            }
            let rest = rest.get(position + 1).copied().unwrap_or(0.0);
            if term.is_read_through(candidates.len(), documents) {
                // What it adds to documents that are no candidates is of no use to anybody.
                term.add_window(start, sums, norms, admitted);
                if position % SIFT_EVERY == 0 {
                    candidates.retain(|&place| can_reach(sums[place as usize], rest, threshold));
                }
                continue;
            }
            candidates.retain(|&place| {
                let at = place as usize;
                if let Some(frequency) = term.frequency(start + place) {
                    sums[at] += bm25::contribution(term.ceiling, frequency, norms[at]);
                }
                can_reach(sums[at], rest, threshold)
            });
        }
        for &place in &candidates {
            sink.take(start + place, sums[place as usize]);
        }
    }
}

/// What a document can get at most from each term and those after it.
fn remaining(terms: &[TermCursor]) -> Vec<f32> {
    let mut rest: Vec<f32> = terms
        .iter()
        .rev()
        .scan(0.0, |sum, term| {
            *sum += term.ceiling;
            Some(*sum)
        })
        .collect();
    rest.reverse();
    rest
}

fn can_reach(sum: f32, rest: f32, threshold: f32) -> bool {
    (sum + rest) * ROUNDING >= threshold
}

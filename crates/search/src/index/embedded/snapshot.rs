//! One state of the index, opened: what every search of that state reads.
//!
//! Promises: never changes once made, so a search sees one state from beginning to end; what the scope
//! does not admit is neither scored nor read from a vector file. Never: writing.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use shoki_core::corpus::{PassageKey, ReaderScope};
use tantivy::Searcher;
use tantivy::directory::MmapDirectory;
use tantivy::postings::TermInfo;

use super::super::admission::check_vector;
use super::super::ranking::Best;
use super::super::{IndexError, Leg, Scored, WeightedText, bm25, terms};
use super::engine_error;
use super::lexical::{Fields, UnitKind, term_in_partition};
use super::manifest::{Entry, Manifest};
use super::segment::{Admitted, Posting, SegmentView};
use super::vectors::{DenseQuestion, Rough, VectorFile};

/// One state of the index.
#[derive(Debug)]
pub struct Snapshot {
    /// Its revisions.
    pub manifest: Manifest,
    fields: Fields,
    segments: Vec<SegmentView>,
    /// Vector files by the revisions' numbers; empty without a dense leg.
    vectors: HashMap<u64, Arc<VectorFile>>,
}

impl Snapshot {
    /// Opens what a commit points at; vector files that the former state has open are taken from it.
    pub fn open(
        directory: &Path,
        manifest: Manifest,
        searcher: &Searcher,
        fields: Fields,
        former: Option<&Self>,
    ) -> Result<Self, IndexError> {
        let mut segments = Vec::new();
        for reader in searcher.segment_readers() {
            segments.push(SegmentView::open(reader, &fields)?);
        }
        let mut vectors = HashMap::new();
        if manifest.fingerprint.dimensions > 0 {
            let mapped = MmapDirectory::open(directory)
                .map_err(|_| IndexError::Damaged("the directory cannot be opened".into()))?;
            for entry in &manifest.revisions {
                let open = former.and_then(|former| former.vectors.get(&entry.slot));
                let file = match open {
                    Some(file) => Arc::clone(file),
                    None => Arc::new(VectorFile::open(
                        &mapped,
                        &entry.vector_file(),
                        manifest.fingerprint.dimensions,
                    )?),
                };
                if file.len() as u64 != entry.passages {
                    return Err(IndexError::Damaged(format!(
                        "{} is of another revision",
                        entry.vector_file()
                    )));
                }
                vectors.insert(entry.slot, file);
            }
        }
        Ok(Self {
            manifest,
            fields,
            segments,
            vectors,
        })
    }

    /// Units that the reader's 課 may see, whatever the day: the base of the document frequencies.
    fn visible_units(&self, kind: UnitKind, scope: &ReaderScope) -> u64 {
        self.manifest
            .revisions
            .iter()
            .filter(|entry| entry.facts.visible_to(scope.department))
            .map(|entry| match kind {
                UnitKind::Passage => entry.passages,
                UnitKind::Paragraph => entry.paragraphs,
            })
            .sum()
    }

    /// Per segment the documents that may be scored.
    fn admitted(&self, kind: UnitKind, scope: &ReaderScope) -> Vec<Vec<Admitted>> {
        let revisions: HashMap<u64, &Entry> = self
            .manifest
            .revisions
            .iter()
            .filter(|entry| entry.facts.admitted(scope))
            .map(|entry| (entry.slot, entry))
            .collect();
        let of_segment = |segment: &SegmentView| {
            segment
                .runs(kind)
                .filter(|run| scope.supplementary || !run.supplementary)
                .filter_map(|run| {
                    Some(Admitted {
                        revision: revisions.get(&run.slot)?.revision,
                        documents: run.documents.clone(),
                    })
                })
                .collect()
        };
        self.segments.iter().map(of_segment).collect()
    }

    /// Where a term lies: shared material first, then the 課's own.
    fn postings(&self, kind: UnitKind, term: &str, scope: &ReaderScope) -> Result<Vec<Posting>, IndexError> {
        let own = self.manifest.partition(Some(scope.department));
        let mut found = Vec::new();
        for partition in std::iter::once(0).chain(own) {
            let Some(term) = term_in_partition(self.fields.terms_of(kind), partition, term) else {
                continue;
            };
            for (segment, view) in self.segments.iter().enumerate() {
                if let Some(info) = view.term_info(kind, &term)? {
                    found.push(Posting { segment, info });
                }
            }
        }
        Ok(found)
    }

    fn search_terms(
        &self,
        kind: UnitKind,
        texts: &[WeightedText],
        scope: &ReaderScope,
        limit: usize,
    ) -> Result<Vec<Scored>, IndexError> {
        let mut candidates = Vec::new();
        for (term, weight) in terms::question_terms(texts) {
            let postings = self.postings(kind, &term, scope)?;
            candidates.push(bm25::Candidate {
                units_with_term: postings
                    .iter()
                    .map(|posting| u64::from(posting.info.doc_freq))
                    .sum(),
                term: postings,
                weight,
            });
        }
        let planned = bm25::plan(candidates, self.visible_units(kind, scope), bm25::POSTINGS_BUDGET);
        let admitted = self.admitted(kind, scope);
        // A revision may lie in two segments, a passage's 項 then too: keep enough of each to merge.
        let mut found: HashMap<PassageKey, Scored> = HashMap::new();
        for (position, (view, admitted)) in self.segments.iter().zip(&admitted).enumerate() {
            let mut lists: Vec<(&TermInfo, f32)> = Vec::new();
            for term in &planned {
                let here = term.term.iter().filter(|posting| posting.segment == position);
                lists.extend(here.map(|posting| (&posting.info, term.ceiling)));
            }
            let mut best = Best::new(limit);
            view.score(kind, &lists, admitted, &mut best)?;
            for scored in best.into_sorted() {
                let held = found.entry(scored.passage).or_insert(scored);
                if scored.score > held.score {
                    *held = scored;
                }
            }
        }
        let mut best = Best::new(limit);
        for scored in found.into_values() {
            best.offer(scored);
        }
        Ok(best.into_sorted())
    }

    fn search_vectors(
        &self,
        question: &[f32],
        scope: &ReaderScope,
        limit: usize,
    ) -> Result<Vec<Scored>, IndexError> {
        check_vector(question, self.manifest.fingerprint.dimensions)?;
        let question = DenseQuestion::new(question);
        let mut files = Vec::new();
        let mut rough: Vec<(usize, Rough)> = Vec::new();
        for entry in &self.manifest.revisions {
            if let (true, Some(file)) = (entry.facts.admitted(scope), self.vectors.get(&entry.slot)) {
                file.scan(&question, scope.supplementary, |found| {
                    rough.push((files.len(), found))
                });
                files.push((entry.revision, file));
            }
        }
        if limit == 0 || rough.is_empty() {
            return Ok(Vec::new());
        }
        // The exact score of the `limit`-th best is at least this.
        let mut floors: Vec<f32> = rough.iter().map(|(_, found)| found.score - found.error).collect();
        let rank = limit.min(floors.len()) - 1;
        let (_, &mut floor, _) = floors.select_nth_unstable_by(rank, |a, b| b.total_cmp(a));
        let mut best = Best::new(limit);
        for (position, found) in rough {
            if found.score + found.error < floor {
                continue;
            }
            let (revision, file) = files[position];
            best.offer(Scored {
                passage: PassageKey {
                    revision,
                    ordinal: file.ordinal(found.row),
                },
                segment: None,
                score: file.score(found.row, &question),
            });
        }
        Ok(best.into_sorted())
    }

    /// See [`super::super::PassageIndex::search`].
    pub fn search(
        &self,
        leg: &Leg<'_>,
        scope: &ReaderScope,
        limit: usize,
    ) -> Result<Vec<Scored>, IndexError> {
        match leg {
            Leg::Passages(texts) => self.search_terms(UnitKind::Passage, texts, scope, limit),
            Leg::Paragraphs(texts) => self.search_terms(UnitKind::Paragraph, texts, scope, limit),
            Leg::Dense(question) => self.search_vectors(question, scope, limit),
        }
    }

    /// See [`super::super::PassageIndex::occurrences`].
    pub fn occurrences(&self, texts: &[String], scope: &ReaderScope) -> Result<Vec<u64>, IndexError> {
        let admitted = self.admitted(UnitKind::Passage, scope);
        texts
            .iter()
            .map(|text| self.count_with(&terms::required_terms(text), &admitted, scope))
            .collect()
    }

    fn count_with(
        &self,
        required: &[String],
        admitted: &[Vec<Admitted>],
        scope: &ReaderScope,
    ) -> Result<u64, IndexError> {
        if required.is_empty() {
            return Ok(admitted
                .iter()
                .flatten()
                .map(|run| u64::from(run.documents.end - run.documents.start))
                .sum());
        }
        let own = self.manifest.partition(Some(scope.department));
        let mut count = 0;
        for partition in std::iter::once(0).chain(own) {
            for (view, admitted) in self.segments.iter().zip(admitted) {
                let mut lists = Vec::with_capacity(required.len());
                for term in required {
                    let field = self.fields.terms_of(UnitKind::Passage);
                    let Some(term) = term_in_partition(field, partition, term) else {
                        break;
                    };
                    match view.term_info(UnitKind::Passage, &term)? {
                        Some(info) => lists.push(info),
                        None => break,
                    }
                }
                if lists.len() == required.len() {
                    count += view.count_all(&lists, admitted)?;
                }
            }
        }
        Ok(count)
    }
}

/// Reads the committed state of a directory.
pub fn committed(directory: &Path, index: &tantivy::Index) -> Result<Manifest, IndexError> {
    let metas = index.load_metas().map_err(engine_error)?;
    Manifest::read(directory, metas.payload.as_deref())
}

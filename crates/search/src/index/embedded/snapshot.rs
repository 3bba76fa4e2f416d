//! One state of the index, opened: what every search of that state reads.
//!
//! Promises: never changes once made, so a search sees one state from beginning to end; what the scope
//! does not admit is neither scored nor read from a vector file. Never: writing.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use shoki_core::corpus::{PassageKey, ReaderScope};
use shoki_core::id::RevisionId;
use tantivy::Searcher;
use tantivy::directory::MmapDirectory;
use tantivy::postings::TermInfo;

use super::super::admission::check_vector;
use super::super::ranking::Best;
use super::super::{IndexError, Leg, Scored, WeightedText, bm25, terms};
use super::engine_error;
use super::lexical::{Fields, UnitKind, term_in_partition};
use super::manifest::{Entry, Manifest};
use super::nearest::nearest;
use super::segment::{Admitted, AdmittedDocuments, Posting, SegmentView};
use super::vectors::{DenseQuestion, VectorFile};

/// Scopes whose admission is kept: a few 課 that ask on the same day. 1 MiB each at 1,000,000 passages.
const ADMISSIONS: usize = 8;
/// Passages from which on a leg takes longer than starting a thread for it.
const SIDE_BY_SIDE: u64 = 20_000;

/// What a reader may be given.
#[derive(Debug)]
struct Admission {
    /// Passages and 項 that the reader's 課 may see, whatever the day: the base of the document frequencies.
    visible_units: [u64; 2],
    /// Per segment.
    passages: Vec<AdmittedDocuments>,
    /// Per segment.
    paragraphs: Vec<AdmittedDocuments>,
    vectors: Vec<(RevisionId, Arc<VectorFile>)>,
}

impl Admission {
    const fn visible_units(&self, kind: UnitKind) -> u64 {
        match kind {
            UnitKind::Passage => self.visible_units[0],
            UnitKind::Paragraph => self.visible_units[1],
        }
    }

    fn documents(&self, kind: UnitKind) -> &[AdmittedDocuments] {
        match kind {
            UnitKind::Passage => &self.passages,
            UnitKind::Paragraph => &self.paragraphs,
        }
    }
}

/// One state of the index.
#[derive(Debug)]
pub struct Snapshot {
    /// Its revisions.
    pub manifest: Manifest,
    fields: Fields,
    segments: Vec<SegmentView>,
    /// Vector files by the revisions' numbers; empty without a dense leg.
    vectors: HashMap<u64, Arc<VectorFile>>,
    admissions: Mutex<Vec<(ReaderScope, Arc<Admission>)>>,
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
            admissions: Mutex::default(),
        })
    }

    /// What the reader may be given; kept for the next questions of the same 課 on the same day.
    fn admission(&self, scope: &ReaderScope) -> Arc<Admission> {
        let mut kept = self.admissions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = kept.iter().position(|(of, _)| of == scope) {
            let found = kept.remove(place);
            let admission = Arc::clone(&found.1);
            kept.push(found);
            return admission;
        }
        let admission = Arc::new(self.admit(scope));
        if kept.len() >= ADMISSIONS {
            kept.remove(0);
        }
        kept.push((scope.clone(), Arc::clone(&admission)));
        admission
    }

    fn admit(&self, scope: &ReaderScope) -> Admission {
        let mut visible_units = [0, 0];
        for entry in &self.manifest.revisions {
            if entry.facts.visible_to(scope.department) {
                visible_units[0] += entry.passages;
                visible_units[1] += entry.paragraphs;
            }
        }
        let admitted: Vec<&Entry> = self
            .manifest
            .revisions
            .iter()
            .filter(|entry| entry.facts.admitted(scope))
            .collect();
        let revisions: HashMap<u64, RevisionId> = admitted
            .iter()
            .map(|entry| (entry.slot, entry.revision))
            .collect();
        let of_kind = |kind: UnitKind| {
            let of_segment = |segment: &SegmentView| {
                let runs = segment
                    .runs(kind)
                    .filter(|run| scope.supplementary || !run.supplementary)
                    .filter_map(|run| {
                        Some(Admitted {
                            revision: *revisions.get(&run.slot)?,
                            documents: run.documents.clone(),
                        })
                    });
                segment.admit(runs.collect())
            };
            self.segments.iter().map(of_segment).collect()
        };
        let vectors = admitted
            .iter()
            .filter_map(|entry| Some((entry.revision, Arc::clone(self.vectors.get(&entry.slot)?))));
        Admission {
            visible_units,
            passages: of_kind(UnitKind::Passage),
            paragraphs: of_kind(UnitKind::Paragraph),
            vectors: vectors.collect(),
        }
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
        admission: &Admission,
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
        let planned = bm25::plan(candidates, admission.visible_units(kind), bm25::POSTINGS_BUDGET);
        // A revision may lie in two segments, a passage's 項 then too: keep enough of each to merge.
        let mut found: HashMap<PassageKey, Scored> = HashMap::new();
        let mut floor = f32::NEG_INFINITY;
        for (position, (view, admitted)) in self.segments.iter().zip(admission.documents(kind)).enumerate() {
            let mut lists: Vec<(&TermInfo, f32)> = Vec::new();
            for term in &planned {
                let here = term.term.iter().filter(|posting| posting.segment == position);
                lists.extend(here.map(|posting| (&posting.info, term.ceiling)));
            }
            let mut best = Best::new(limit);
            view.score(kind, &lists, admitted, floor, &mut best)?;
            // The `limit`-th best of one segment is no better than that of all.
            floor = floor.max(best.threshold());
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
        admission: &Admission,
        scope: &ReaderScope,
        limit: usize,
    ) -> Result<Vec<Scored>, IndexError> {
        check_vector(question, self.manifest.fingerprint.dimensions)?;
        let question = DenseQuestion::new(question);
        Ok(nearest(&admission.vectors, &question, scope.supplementary, limit))
    }

    /// See [`super::super::PassageIndex::search`].
    pub fn search(
        &self,
        leg: &Leg<'_>,
        scope: &ReaderScope,
        limit: usize,
    ) -> Result<Vec<Scored>, IndexError> {
        let admission = self.admission(scope);
        match leg {
            Leg::Passages(texts) => self.search_terms(UnitKind::Passage, texts, &admission, scope, limit),
            Leg::Paragraphs(texts) => self.search_terms(UnitKind::Paragraph, texts, &admission, scope, limit),
            Leg::Dense(question) => self.search_vectors(question, &admission, scope, limit),
        }
    }

    /// See [`super::super::PassageIndex::search_all`].
    pub fn search_all(
        &self,
        legs: &[Leg<'_>],
        scope: &ReaderScope,
        limit: usize,
    ) -> Result<Vec<Vec<Scored>>, IndexError> {
        let Some((last, others)) = legs.split_last() else {
            return Ok(Vec::new());
        };
        if self.admission(scope).visible_units(UnitKind::Passage) < SIDE_BY_SIDE {
            return legs.iter().map(|leg| self.search(leg, scope, limit)).collect();
        }
        std::thread::scope(|threads| {
            let others: Vec<_> = others
                .iter()
                .map(|leg| threads.spawn(move || self.search(leg, scope, limit)))
                .collect();
            let last = self.search(last, scope, limit);
            let mut found = Vec::with_capacity(legs.len());
            for leg in others {
                // What panics on damage goes on as a panic, to whoever guards against it.
                found.push(
                    leg.join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?,
                );
            }
            found.push(last?);
            Ok(found)
        })
    }

    /// See [`super::super::PassageIndex::occurrences`].
    pub fn occurrences(&self, texts: &[String], scope: &ReaderScope) -> Result<Vec<u64>, IndexError> {
        let admission = self.admission(scope);
        texts
            .iter()
            .map(|text| self.count_with(&terms::required_terms(text), &admission.passages, scope))
            .collect()
    }

    fn count_with(
        &self,
        required: &[String],
        admitted: &[AdmittedDocuments],
        scope: &ReaderScope,
    ) -> Result<u64, IndexError> {
        if required.is_empty() {
            return Ok(admitted
                .iter()
                .flat_map(|documents| &documents.runs)
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

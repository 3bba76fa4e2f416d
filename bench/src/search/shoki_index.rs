//! Shoki's embedded index as a system under test: the three legs and the sum of their normalised scores.
//!
//! Promise: what the product's own searcher does with the index; the question is embedded inside the time
//! measured. Never: SQL (the whole question is measured over HTTP).

use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

use jiff::civil::Date;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use shoki_core::corpus::{ImportedText, PassageKey, ReaderScope};
use shoki_core::id::{DepartmentId, RevisionId};
use shoki_core::manifest::ModelTask;
use shoki_engine::{Catalogue, Embed, ModelStore, OnnxEmbedder, Runtime, TextSide};
use shoki_search::index::embedded::EmbeddedIndex;
use shoki_search::index::{Fingerprint, IndexedRevision, Leg, PassageIndex, WeightedText};
use shoki_search::query::Weights;
use uuid::Uuid;

use super::protocol::{Passages, Said, System, own_cpu};
use super::workload::Workload;

/// Passages of one change set, as the product's indexer makes them.
const CHANGE_SET: usize = 20_000;
/// What each leg gives, as in the product.
const LEG_DEPTH: usize = 200;
/// How far the vector of a changed copy lies from its original's: a cosine of about 0.9.
const NOISE: f32 = 0.5;

/// The index in a directory.
pub struct ShokiIndex {
    embedder: OnnxEmbedder,
    day: Date,
    index: Option<EmbeddedIndex>,
    /// Number of the first passage of each revision.
    firsts: HashMap<RevisionId, u32>,
}

impl ShokiIndex {
    /// With the embedder of the installation.
    ///
    /// # Errors
    /// Models that are not there.
    pub fn new(models: &Path, store: &Path, day: Date) -> anyhow::Result<Self> {
        let (catalogue, store) = (Catalogue::load(models)?, ModelStore::open(store));
        let runtime = Runtime::start(&store.verify(catalogue.get("onnxruntime")?)?)?;
        let embedder = OnnxEmbedder::load(&runtime, &store, catalogue.by_task(ModelTask::TextEmbedding)?)?;
        Ok(Self {
            embedder,
            day,
            index: None,
            firsts: HashMap::new(),
        })
    }

    fn vectors(&mut self, text: &ImportedText) -> anyhow::Result<Vec<Vec<f32>>> {
        let texts: Vec<String> = text
            .passages
            .iter()
            .map(|passage| super::workload::whole_text("", passage))
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(256) {
            vectors.extend(self.embedder.embed(TextSide::Document, batch)?);
        }
        Ok(vectors)
    }

    fn scope(&self) -> ReaderScope {
        ReaderScope {
            department: DepartmentId::from_uuid(Uuid::from_u128(1)),
            as_of: self.day,
            sources: None,
            supplementary: false,
        }
    }
}

/// A vector near another.
fn near(vector: &[f32], random: &mut ChaCha8Rng) -> Vec<f32> {
    let spread = NOISE / (vector.len() as f32).sqrt() * 3.0_f32.sqrt();
    let mut made: Vec<f32> = vector
        .iter()
        .map(|value| value + random.random_range(-spread..spread))
        .collect();
    let length = made.iter().map(|value| value * value).sum::<f32>().sqrt();
    made.iter_mut().for_each(|value| *value /= length);
    made
}

impl System for ShokiIndex {
    fn build(&mut self, passages: &Passages) -> anyhow::Result<Said> {
        let workload = Workload::open(&passages.texts, self.day)?;
        let mut originals = Vec::new();
        for text in workload.originals() {
            originals.push(self.vectors(text)?);
        }
        let fingerprint = Fingerprint {
            embedder: Some(self.embedder.fingerprint()),
            dimensions: self.embedder.dimensions(),
            layout: shoki_search::index::terms::LAYOUT,
        };
        let index = EmbeddedIndex::open(&passages.index, fingerprint)?;
        let mut random = ChaCha8Rng::seed_from_u64(passages.seed);
        let (mut seconds, mut cpu) = (0.0, 0.0);
        let (mut pending, mut waiting) = (Vec::new(), 0);
        let (mut number, mut next) = (0_usize, 0_u32);
        let mut apply = |pending: &mut Vec<IndexedRevision>| -> anyhow::Result<()> {
            let (begun, before) = (Instant::now(), own_cpu()?);
            index.apply(pending, &[])?;
            seconds += begun.elapsed().as_secs_f64();
            cpu += own_cpu()? - before;
            pending.clear();
            Ok(())
        };
        let firsts = &mut self.firsts;
        workload.texts(passages.count, passages.seed, |text| {
            let vectors: Vec<Vec<f32>> = originals[number % originals.len()]
                .iter()
                .take(text.passages.len())
                .map(|vector| {
                    if number < originals.len() {
                        vector.clone()
                    } else {
                        near(vector, &mut random)
                    }
                })
                .collect();
            number += 1;
            let revision = RevisionId::from_uuid(Uuid::from_u128(number as u128));
            firsts.insert(revision, next);
            next += u32::try_from(text.passages.len())?;
            waiting += text.passages.len();
            pending.push(IndexedRevision {
                revision,
                source: text.source.key,
                title: text.source.title,
                department: None,
                valid_from: None,
                valid_to: None,
                passages: text.passages,
                vectors,
            });
            if waiting >= CHANGE_SET {
                waiting = 0;
                apply(&mut pending)?;
            }
            Ok(())
        })?;
        if !pending.is_empty() {
            apply(&mut pending)?;
        }
        self.index = Some(index);
        Ok(Said::Built { seconds, cpu })
    }

    fn ask(&mut self, question: &str) -> anyhow::Result<Vec<u32>> {
        let text = shoki_search::text::normalise(question);
        let vector = self.embedder.embed(TextSide::Query, &[question])?.remove(0);
        let texts = [WeightedText { text, weight: 1.0 }];
        let scope = self.scope();
        let Some(index) = &self.index else {
            anyhow::bail!("asked before it was built");
        };
        let legs = [
            Leg::Passages(&texts),
            Leg::Paragraphs(&texts),
            Leg::Dense(&vector),
        ];
        let weights = Weights::default();
        let weights = [weights.passages, weights.paragraphs, weights.dense];
        let mut sums: HashMap<PassageKey, f32> = HashMap::new();
        for (found, weight) in index
            .search_all(&legs, &scope, LEG_DEPTH)?
            .into_iter()
            .zip(weights)
        {
            let best = found.first().map_or(1.0, |hit| hit.score);
            for hit in found {
                *sums.entry(hit.passage).or_default() += weight * hit.score.max(0.0) / best;
            }
        }
        let mut ranked: Vec<(PassageKey, f32)> = sums.into_iter().collect();
        ranked.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
        Ok(ranked
            .iter()
            .take(10)
            .filter_map(|(key, _)| Some(self.firsts.get(&key.revision)? + key.ordinal))
            .collect())
    }
}

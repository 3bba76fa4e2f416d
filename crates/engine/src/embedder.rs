//! Text embedding by manifest: tokenizer, prefixes, pooling, normalisation, one ONNX session.
//!
//! Promises: nothing is truncated silently — a text longer than the model takes is embedded in windows,
//! each with the prefix, and the mean of their vectors weighted by their tokens stands for it; vectors are
//! finite; a text without any token gives zeros where the graph masks it. [`OnnxEmbedder::load`] asks the
//! manifest's questions before the model is called ready. Never: a text in a log.

use shoki_core::digest::Sha256;
use shoki_core::manifest::{EmbeddingSettings, ModelManifest, Pooling};

use crate::embed::{Embed, TextSide};
use crate::error::EngineError;
use crate::runtime::Runtime;
use crate::store::{ModelStore, VerifiedModel};
use crate::text_session::{Answer, TextSession, check_output};
use crate::token::{TextTokenizer, Tokens};

/// Version of what this module does with a text; changes when vectors change for the same model.
const PROCEDURE: &str = "embedding-1";

/// An embedding model in a one-thread session.
#[derive(Debug)]
pub struct OnnxEmbedder {
    session: TextSession,
    tokenizer: TextTokenizer,
    settings: EmbeddingSettings,
    fingerprint: Sha256,
}

impl OnnxEmbedder {
    /// An embedder on a verified model.
    ///
    /// # Errors
    /// `Contract` when the manifest has no `[embedding]`, or tokenizer and graph do not fit it.
    pub fn new(runtime: &Runtime, model: &VerifiedModel) -> Result<Self, EngineError> {
        let manifest = &model.manifest;
        let settings = manifest
            .embedding
            .clone()
            .ok_or_else(|| unfit(manifest, "no [embedding]".to_owned()))?;
        let rank = if settings.pooling == Pooling::None { 2 } else { 3 };
        let outputs = manifest
            .contract
            .as_ref()
            .map(|contract| contract.outputs.as_slice());
        check_output(
            outputs.unwrap_or_default(),
            &settings.output,
            rank,
            settings.dimensions.into(),
        )
        .map_err(|detail| unfit(manifest, detail))?;
        let tokenizer = TextTokenizer::new(model, &settings.tokenizer, settings.max_tokens)?;
        let session = TextSession::new(runtime, model, &settings.output, tokenizer.padding)?;
        let fingerprint = fingerprint(model, &settings)?;
        Ok(Self {
            session,
            tokenizer,
            settings,
            fingerprint,
        })
    }

    /// Verifies and loads the model, and asks the manifest's questions: each must be nearer to its
    /// positive text than to its negative one.
    ///
    /// # Errors
    /// What [`ModelStore::verify`] and [`OnnxEmbedder::new`] say; `Contract` when a question fails.
    pub fn load(
        runtime: &Runtime,
        store: &ModelStore,
        manifest: &ModelManifest,
    ) -> Result<Self, EngineError> {
        let mut embedder = Self::new(runtime, &store.verify(manifest)?)?;
        for (nth, test) in manifest.self_test.iter().enumerate() {
            let query = embedder.embed(TextSide::Query, &[&test.query])?;
            let texts = embedder.embed(TextSide::Document, &[&test.positive, &test.negative])?;
            let (near, far) = (cosine(&query[0], &texts[0]), cosine(&query[0], &texts[1]));
            // Not `near <= far`: a vector that is no number is a failure too.
            if near.partial_cmp(&far) != Some(std::cmp::Ordering::Greater) {
                return Err(unfit(
                    manifest,
                    format!("self-test {}: {near:.3} is not above {far:.3}", nth + 1),
                ));
            }
        }
        Ok(embedder)
    }

    fn prefix(&self, side: TextSide) -> &str {
        match side {
            TextSide::Query => &self.settings.query_prefix,
            TextSide::Document => &self.settings.document_prefix,
        }
    }
}

impl Embed for OnnxEmbedder {
    fn dimensions(&self) -> u32 {
        self.settings.dimensions
    }

    fn fingerprint(&self) -> Sha256 {
        self.fingerprint
    }

    fn embed(&mut self, side: TextSide, texts: &[&str]) -> Result<Vec<Vec<f32>>, EngineError> {
        let mut rows: Vec<Tokens> = Vec::with_capacity(texts.len());
        let mut owners = Vec::with_capacity(texts.len());
        for (owner, text) in texts.iter().enumerate() {
            for window in self.tokenizer.windows(self.prefix(side), text)? {
                rows.push(window);
                owners.push(owner);
            }
        }
        let dimensions = self.settings.dimensions as usize;
        let (pooling, normalise) = (self.settings.pooling, self.settings.normalise);
        let mut windows = vec![Vec::new(); rows.len()];
        self.session.run(&rows, |batch, answer| {
            for (nth, &row) in batch.iter().enumerate() {
                let mut vector = pooled(pooling, answer, nth, rows[row].ids.len(), dimensions)?;
                if normalise {
                    to_unit(&mut vector);
                }
                if vector.iter().any(|value| !value.is_finite()) {
                    return Err(EngineError::Runtime(
                        "a vector holds what is no number".to_owned(),
                    ));
                }
                windows[row] = vector;
            }
            Ok(())
        })?;
        Ok(joined(&windows, &rows, &owners, texts.len(), normalise))
    }
}

/// One row's vector out of a batch's answer.
fn pooled(
    pooling: Pooling,
    answer: &Answer<'_>,
    row: usize,
    tokens: usize,
    dimensions: usize,
) -> Result<Vec<f32>, EngineError> {
    let short = || EngineError::Runtime("the embedder's output is shorter than its shape".to_owned());
    let at = |start: usize| answer.values.get(start..start + dimensions).ok_or_else(short);
    if pooling == Pooling::None {
        return Ok(at(row * dimensions)?.to_vec());
    }
    let sequence = answer.shape.get(1).copied().unwrap_or(0);
    let token = |nth: usize| at((row * sequence + nth) * dimensions);
    match pooling {
        Pooling::Cls => Ok(token(0)?.to_vec()),
        Pooling::Last => Ok(token(tokens.saturating_sub(1))?.to_vec()),
        Pooling::Mean | Pooling::None => {
            let mut sum = vec![0.0; dimensions];
            for nth in 0..tokens {
                for (sum, value) in sum.iter_mut().zip(token(nth)?) {
                    *sum += value;
                }
            }
            let count = tokens.max(1) as f32;
            sum.iter_mut().for_each(|value| *value /= count);
            Ok(sum)
        }
    }
}

/// The windows of each text, averaged by their tokens.
fn joined(
    windows: &[Vec<f32>],
    rows: &[Tokens],
    owners: &[usize],
    texts: usize,
    normalise: bool,
) -> Vec<Vec<f32>> {
    let mut vectors: Vec<Vec<f32>> = vec![Vec::new(); texts];
    let mut weights = vec![0.0; texts];
    for ((window, row), &owner) in windows.iter().zip(rows).zip(owners) {
        let weight = row.ids.len().max(1) as f32;
        weights[owner] += weight;
        let vector = &mut vectors[owner];
        vector.resize(window.len(), 0.0);
        for (sum, value) in vector.iter_mut().zip(window) {
            *sum += value * weight;
        }
    }
    for (vector, weight) in vectors.iter_mut().zip(weights) {
        vector.iter_mut().for_each(|value| *value /= weight);
        if normalise {
            to_unit(vector);
        }
    }
    vectors
}

fn to_unit(vector: &mut [f32]) {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Over everything a vector depends on. Lengths stand before texts, so that no two settings look alike.
fn fingerprint(model: &VerifiedModel, settings: &EmbeddingSettings) -> Result<Sha256, EngineError> {
    let graph = Sha256::of(&model.main_file()?.bytes);
    let tokenizer = Sha256::of(&model.file(&settings.tokenizer)?.bytes);
    let EmbeddingSettings {
        tokenizer: _,
        max_tokens,
        query_prefix,
        document_prefix,
        pooling,
        normalise,
        dimensions,
        output,
    } = settings;
    let (query, document) = (query_prefix.len(), document_prefix.len());
    let all = format!(
        "{PROCEDURE}\n{graph}\n{tokenizer}\n{max_tokens}\n{query}:{query_prefix}\n\
         {document}:{document_prefix}\n{pooling:?}\n{normalise}\n{dimensions}\n{output}"
    );
    Ok(Sha256::of(all.as_bytes()))
}

fn unfit(manifest: &ModelManifest, detail: String) -> EngineError {
    EngineError::Contract {
        model: manifest.name.clone(),
        detail,
    }
}

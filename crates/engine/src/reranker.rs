//! A cross-encoder by manifest: a question and a passage go in together, one logit comes out.
//!
//! Promises: nothing is truncated silently — a passage longer than the model takes is judged in windows
//! and its best window counts; [`OnnxReranker::load`] asks the manifest's questions before the model is
//! called ready. Never: a text in a log.

use shoki_core::digest::Sha256;
use shoki_core::manifest::{ModelManifest, RerankingSettings};

use crate::error::EngineError;
use crate::runtime::Runtime;
use crate::store::{ModelStore, VerifiedModel};
use crate::text_session::{TextSession, check_output};
use crate::token::{TextTokenizer, Tokens};

/// Changes when windows are cut or judged in another way.
const PROCEDURE: &str = "rerank-1";

/// A cross-encoder in a one-thread session.
#[derive(Debug)]
pub struct OnnxReranker {
    session: TextSession,
    tokenizer: TextTokenizer,
    fingerprint: Sha256,
}

impl OnnxReranker {
    /// A reranker on a verified model.
    ///
    /// # Errors
    /// `Contract` when the manifest has no `[reranking]`, or tokenizer and graph do not fit it.
    pub fn new(runtime: &Runtime, model: &VerifiedModel) -> Result<Self, EngineError> {
        let manifest = &model.manifest;
        let settings = manifest
            .reranking
            .clone()
            .ok_or_else(|| unfit(manifest, "no [reranking]".to_owned()))?;
        let outputs = manifest
            .contract
            .as_ref()
            .map(|contract| contract.outputs.as_slice());
        check_output(outputs.unwrap_or_default(), &settings.output, 2, 1)
            .map_err(|detail| unfit(manifest, detail))?;
        let tokenizer = TextTokenizer::new(model, &settings.tokenizer, settings.max_tokens)?;
        let session = TextSession::new(runtime, model, &settings.output, tokenizer.padding)?;
        let fingerprint = fingerprint(model, &settings)?;
        Ok(Self {
            session,
            tokenizer,
            fingerprint,
        })
    }

    /// Verifies and loads the model, and asks the manifest's questions: each positive text must get more
    /// than the negative one.
    ///
    /// # Errors
    /// What [`ModelStore::verify`] and [`OnnxReranker::new`] say; `Contract` when a question fails.
    pub fn load(
        runtime: &Runtime,
        store: &ModelStore,
        manifest: &ModelManifest,
    ) -> Result<Self, EngineError> {
        let mut reranker = Self::new(runtime, &store.verify(manifest)?)?;
        for (nth, test) in manifest.self_test.iter().enumerate() {
            let scores = reranker.score(&test.query, &[&test.positive, &test.negative])?;
            if scores[0] <= scores[1] {
                return Err(unfit(
                    manifest,
                    format!("self-test {}: {} is not above {}", nth + 1, scores[0], scores[1]),
                ));
            }
        }
        Ok(reranker)
    }

    /// Over everything a score depends on: files and settings.
    #[must_use]
    pub const fn fingerprint(&self) -> Sha256 {
        self.fingerprint
    }

    /// One logit per passage, in order: the higher, the better it answers the question.
    ///
    /// # Errors
    /// [`EngineError`] when the session or the tokenizer fails, or the question leaves no room.
    pub fn score(&mut self, question: &str, passages: &[&str]) -> Result<Vec<f32>, EngineError> {
        let mut rows: Vec<Tokens> = Vec::with_capacity(passages.len());
        let mut owners = Vec::with_capacity(passages.len());
        for (owner, passage) in passages.iter().enumerate() {
            for pair in self.tokenizer.pairs(question, passage)? {
                rows.push(pair);
                owners.push(owner);
            }
        }
        let mut scores = vec![f32::NEG_INFINITY; passages.len()];
        self.session.run(&rows, |batch, answer| {
            for (nth, &row) in batch.iter().enumerate() {
                let logit = answer.values.get(nth).copied().filter(|logit| logit.is_finite());
                let logit = logit
                    .ok_or_else(|| EngineError::Runtime("a pair got no number for a score".to_owned()))?;
                let score = &mut scores[owners[row]];
                *score = score.max(logit);
            }
            Ok(())
        })?;
        Ok(scores)
    }
}

fn fingerprint(model: &VerifiedModel, settings: &RerankingSettings) -> Result<Sha256, EngineError> {
    let graph = Sha256::of(&model.main_file()?.bytes);
    let tokenizer = Sha256::of(&model.file(&settings.tokenizer)?.bytes);
    let (max_tokens, output) = (settings.max_tokens, &settings.output);
    Ok(Sha256::of(
        format!("{PROCEDURE}\n{graph}\n{tokenizer}\n{max_tokens}\n{output}").as_bytes(),
    ))
}

fn unfit(manifest: &ModelManifest, detail: String) -> EngineError {
    EngineError::Contract {
        model: manifest.name.clone(),
        detail,
    }
}

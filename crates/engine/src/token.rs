//! Texts to token ids for the text models, and batches cut by cost.
//!
//! Promises: nothing is truncated silently — a text that is too long is cut into windows, each with the
//! prefix and the special tokens; a batch holds at most [`BATCH_TOKENS`] tokens, padding included, unless
//! one text alone has more. Never: a session.

use shoki_core::manifest::ModelManifest;
use tokenizers::{EncodeInput, Encoding, Tokenizer};

use crate::error::EngineError;
use crate::store::VerifiedModel;

/// Tokens of one batch, padding included. On one thread a larger batch gains nothing, and the memory of
/// attention grows with batch × length².
const BATCH_TOKENS: usize = 4_096;

/// Tokens of one window or pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tokens {
    /// Rows of the vocabulary.
    pub ids: Vec<u32>,
    /// Segment of each token.
    pub types: Vec<u32>,
}

/// A model's tokenizer and the tokens that the model takes at once.
#[derive(Debug)]
pub(crate) struct TextTokenizer {
    tokenizer: Tokenizer,
    max_tokens: usize,
    /// Id that fills the shorter rows of a batch.
    pub padding: u32,
    model: String,
}

impl TextTokenizer {
    /// The tokenizer of a verified model.
    ///
    /// # Errors
    /// `Contract` when the file is no tokenizer.
    pub fn new(model: &VerifiedModel, file: &str, max_tokens: u32) -> Result<Self, EngineError> {
        let name = &model.manifest.name;
        let mut tokenizer = Tokenizer::from_bytes(&model.file(file)?.bytes)
            .map_err(|error| unfit(&model.manifest, file, &error))?;
        let padding = tokenizer.get_padding().map_or(0, |padding| padding.pad_id);
        tokenizer.with_padding(None);
        tokenizer
            .with_truncation(None)
            .map_err(|error| unfit(&model.manifest, file, &error))?;
        Ok(Self {
            tokenizer,
            max_tokens: max_tokens as usize,
            padding,
            model: name.clone(),
        })
    }

    /// The windows of `prefix` + `text`: one, when it fits.
    ///
    /// # Errors
    /// `Runtime` when the tokenizer fails or not even one character fits.
    pub fn windows(&self, prefix: &str, text: &str) -> Result<Vec<Tokens>, EngineError> {
        let whole = self.encode(format!("{prefix}{text}"))?;
        if whole.ids.len() <= self.max_tokens {
            return Ok(vec![whole]);
        }
        let mut windows = Vec::new();
        for part in self.parts(text, whole.ids.len())? {
            windows.extend(self.windows(prefix, part)?);
        }
        Ok(windows)
    }

    /// The pairs of `question` and `passage`: the passage in windows, when it does not fit at once.
    ///
    /// # Errors
    /// As [`TextTokenizer::windows`], with the question alone too long counted as not fitting.
    pub fn pairs(&self, question: &str, passage: &str) -> Result<Vec<Tokens>, EngineError> {
        let whole = self.encode((question, passage))?;
        if whole.ids.len() <= self.max_tokens {
            return Ok(vec![whole]);
        }
        let mut pairs = Vec::new();
        for part in self.parts(passage, whole.ids.len())? {
            pairs.extend(self.pairs(question, part)?);
        }
        Ok(pairs)
    }

    fn encode<'s>(&self, input: impl Into<EncodeInput<'s>>) -> Result<Tokens, EngineError> {
        let encoding = self
            .tokenizer
            .encode_fast(input, true)
            .map_err(|error| self.failed(&error.to_string()))?;
        Ok(Tokens {
            ids: encoding.get_ids().to_vec(),
            types: encoding.get_type_ids().to_vec(),
        })
    }

    /// `text` cut between tokens into so many parts of like length that each might fit.
    fn parts<'t>(&self, text: &'t str, total: usize) -> Result<Vec<&'t str>, EngineError> {
        let encoding: Encoding = self
            .tokenizer
            .encode(text, false)
            .map_err(|error| self.failed(&error.to_string()))?;
        let count = total.div_ceil(self.max_tokens.max(1)).max(2);
        let offsets = encoding.get_offsets();
        let mut parts = Vec::with_capacity(count);
        let mut start = 0;
        for part in 1..count {
            let token = offsets.len() * part / count;
            let place = offsets.get(token).map_or(text.len(), |(place, _)| *place);
            let cut = text.floor_char_boundary(place);
            if cut > start && cut < text.len() {
                parts.push(&text[start..cut]);
                start = cut;
            }
        }
        parts.push(&text[start..]);
        if parts.len() < 2 {
            return Err(self.failed("one word has more tokens than the model takes"));
        }
        Ok(parts)
    }

    fn failed(&self, detail: &str) -> EngineError {
        EngineError::Runtime(format!("{}: tokenizer: {detail}", self.model))
    }
}

fn unfit(manifest: &ModelManifest, file: &str, error: &tokenizers::Error) -> EngineError {
    EngineError::Contract {
        model: manifest.name.clone(),
        detail: format!("{file}: {error}"),
    }
}

/// Indices of `lengths` in batches of like length: each at most [`BATCH_TOKENS`] with padding. Without a
/// mask in the graph (`can_pad` false) a batch holds texts of one length only.
pub(crate) fn batches(lengths: &[usize], can_pad: bool) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&index| lengths[index]);
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for index in order {
        let joins = batches.last().is_some_and(|batch| {
            let fits = (batch.len() + 1) * lengths[index] <= BATCH_TOKENS;
            fits && (can_pad || lengths[batch[0]] == lengths[index])
        });
        match batches.last_mut() {
            Some(batch) if joins => batch.push(index),
            _ => batches.push(vec![index]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_cut_by_tokens_and_hold_every_text_once() {
        let lengths = [10, 3_000, 2, 2_000, 10, 5_000, 0];
        for can_pad in [true, false] {
            let batches = batches(&lengths, can_pad);
            let mut seen: Vec<usize> = batches.concat();
            seen.sort_unstable();
            assert_eq!(seen, [0, 1, 2, 3, 4, 5, 6]);
            for batch in &batches {
                let longest = batch.iter().map(|&index| lengths[index]).max().unwrap();
                assert!(batch.len() == 1 || batch.len() * longest <= BATCH_TOKENS);
                assert!(can_pad || batch.iter().all(|&index| lengths[index] == longest));
            }
        }
        assert_eq!(batches(&lengths, true).len(), 4);
    }
}

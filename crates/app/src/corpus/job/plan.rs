//! What a plan leaves for its units, in one blob of which each unit reads its own part.
//!
//! Layout: magic `SKL1`, little-endian u32 length of the JSON header, the header, then the parts one after
//! another, each JSON; the header says where each lies, counted from its own end.

use std::ops::Range;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shoki_core::digest::Sha256;
use shoki_core::extract::ExtractedText;
use shoki_store::corpus_model::CorpusImport;

use super::BlobError;
use crate::corpus::indexer::embedded_text;

const MAGIC: &[u8; 4] = b"SKL1";
/// Bytes before the header.
pub const PREFIX_BYTES: u64 = 8;
/// Characters that one unit embeds: 1–2 s with the bundled embedder, half a minute with one of 30 M weights.
const BATCH_CHARACTERS: usize = 200_000;
/// Passages of one unit at most.
const BATCH_PASSAGES: usize = 1_000;

/// Where a part lies, bytes after the header.
pub type Span = Range<u64>;

/// The header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CorpusPlan {
    /// Prepared texts ([`CorpusImport`]) and batches ([`ToEmbed`]) of their passages, one a unit.
    Passages {
        /// The texts, in order.
        texts: Vec<Span>,
        /// The batches.
        batches: Vec<Span>,
    },
    /// Groups of an archive's laws, one a unit.
    Laws {
        /// Positions among its laws.
        groups: Vec<Range<usize>>,
    },
    /// Pages to be read by recognition, one a unit.
    Pages {
        /// The text of the pages that have one ([`ExtractedText`]).
        text: Span,
        /// The others, from 1.
        pages: Vec<u32>,
    },
}

/// A passage as the embedder sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToEmbed {
    /// Its digest.
    pub digest: Sha256,
    /// Its text with its headings.
    pub text: String,
}

impl CorpusPlan {
    /// Number of units.
    #[must_use]
    pub fn units(&self) -> usize {
        match self {
            Self::Passages { batches, .. } => batches.len(),
            Self::Laws { groups } => groups.len(),
            Self::Pages { pages, .. } => pages.len(),
        }
    }

    /// Length of the header, from the blob's first [`PREFIX_BYTES`].
    ///
    /// # Errors
    /// [`BlobError::Malformed`].
    pub fn header_length(prefix: &[u8]) -> Result<u64, BlobError> {
        let length = prefix.strip_prefix(MAGIC).ok_or(BlobError::Malformed)?;
        let length: [u8; 4] = length.try_into().map_err(|_| BlobError::Malformed)?;
        Ok(u32::from_le_bytes(length).into())
    }

    /// The header.
    ///
    /// # Errors
    /// [`BlobError::Json`].
    pub fn parse(header: &[u8]) -> Result<Self, BlobError> {
        Ok(serde_json::from_slice(header)?)
    }
}

/// A part of the blob.
///
/// # Errors
/// [`BlobError::Json`] when it is another one.
pub fn part<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BlobError> {
    Ok(serde_json::from_slice(bytes)?)
}

/// The passages of the texts in batches of one unit's cost.
#[must_use]
pub fn batches(texts: &[CorpusImport]) -> Vec<Vec<ToEmbed>> {
    let mut batches: Vec<Vec<ToEmbed>> = Vec::new();
    let mut characters = 0;
    for one in texts.iter().flat_map(to_embed) {
        let length = one.text.chars().count();
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH_PASSAGES && characters + length <= BATCH_CHARACTERS => {
                batch.push(one);
                characters += length;
            }
            _ => {
                batches.push(vec![one]);
                characters = length;
            }
        }
    }
    batches
}

/// The passages of a text as the embedder sees them.
pub fn to_embed(text: &CorpusImport) -> impl Iterator<Item = ToEmbed> {
    text.text.passages.iter().map(|passage| ToEmbed {
        digest: passage.digest(),
        text: embedded_text(passage),
    })
}

/// The blob of a plan of texts.
///
/// # Errors
/// [`BlobError`] when it would be longer than can be said.
pub fn of_texts(texts: &[CorpusImport]) -> Result<(u32, Vec<u8>), BlobError> {
    let mut body = Body::default();
    let texts_at = texts
        .iter()
        .map(|text| body.add(text))
        .collect::<Result<_, _>>()?;
    let batches_at = batches(texts)
        .iter()
        .map(|batch| body.add(batch))
        .collect::<Result<_, _>>()?;
    body.finish(&CorpusPlan::Passages {
        texts: texts_at,
        batches: batches_at,
    })
}

/// The blob of a plan of an archive.
///
/// # Errors
/// As [`of_texts`].
pub fn of_laws(groups: Vec<Range<usize>>) -> Result<(u32, Vec<u8>), BlobError> {
    Body::default().finish(&CorpusPlan::Laws { groups })
}

/// The blob of a plan of pages.
///
/// # Errors
/// As [`of_texts`].
pub fn of_pages(text: &ExtractedText) -> Result<(u32, Vec<u8>), BlobError> {
    let mut body = Body::default();
    let at = body.add(text)?;
    body.finish(&CorpusPlan::Pages {
        text: at,
        pages: text.pages_without_text.clone(),
    })
}

/// The parts so far.
#[derive(Default)]
struct Body(Vec<u8>);

impl Body {
    fn add<T: Serialize>(&mut self, part: &T) -> Result<Span, BlobError> {
        let start = self.0.len() as u64;
        serde_json::to_writer(&mut self.0, part)?;
        Ok(start..self.0.len() as u64)
    }

    fn finish(self, plan: &CorpusPlan) -> Result<(u32, Vec<u8>), BlobError> {
        let units = u32::try_from(plan.units()).map_err(|_| BlobError::Malformed)?;
        let header = serde_json::to_vec(plan)?;
        let length = u32::try_from(header.len()).map_err(|_| BlobError::Malformed)?;
        let mut blob = Vec::with_capacity(8 + header.len() + self.0.len());
        blob.extend_from_slice(MAGIC);
        blob.extend_from_slice(&length.to_le_bytes());
        blob.extend_from_slice(&header);
        blob.extend_from_slice(&self.0);
        Ok((units, blob))
    }
}

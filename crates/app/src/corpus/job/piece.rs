//! The piece of one unit: what it says as JSON, the vectors it made as numbers.
//!
//! Layout: magic `SKV1`, little-endian u32 length of the JSON header, the header, then the vectors' values,
//! little-endian f32, in the order of the header's digests.

use serde::{Deserialize, Serialize};
use shoki_core::corpus::ImportFault;
use shoki_core::digest::Sha256;
use shoki_store::corpus_model::{CorpusImport, PassageVector};

use super::BlobError;
use crate::corpus::intake::PageText;

const MAGIC: &[u8; 4] = b"SKV1";

/// What a unit found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Found {
    /// Nothing beside vectors: the texts are in the plan.
    Vectors,
    /// Laws of an archive.
    Laws {
        /// The laws.
        texts: Vec<CorpusImport>,
        /// Files that could not be taken.
        faults: Vec<ImportFault>,
    },
    /// A page read by recognition.
    Page {
        /// Its text.
        text: PageText,
    },
}

/// Vectors that had to be made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Made {
    /// Fingerprint of the embedder; `None` where none is installed.
    pub embedder: Option<Sha256>,
    /// The vectors.
    pub vectors: Vec<PassageVector>,
}

/// A unit's result.
#[derive(Clone, Debug, PartialEq)]
pub struct CorpusPiece {
    /// What it found.
    pub found: Found,
    /// What it made.
    pub made: Made,
}

#[derive(Serialize)]
struct Written<'a> {
    found: &'a Found,
    embedder: Option<Sha256>,
    dimensions: usize,
    digests: Vec<Sha256>,
}

#[derive(Deserialize)]
struct Header {
    found: Found,
    embedder: Option<Sha256>,
    dimensions: usize,
    digests: Vec<Sha256>,
}

impl CorpusPiece {
    /// The blob.
    ///
    /// # Errors
    /// [`BlobError::Malformed`] when the vectors are not of one width.
    pub fn encode(&self) -> Result<Vec<u8>, BlobError> {
        let vectors = &self.made.vectors;
        let dimensions = vectors.first().map_or(0, |first| first.vector.len());
        if vectors.iter().any(|one| one.vector.len() != dimensions) {
            return Err(BlobError::Malformed);
        }
        let header = serde_json::to_vec(&Written {
            found: &self.found,
            embedder: self.made.embedder,
            dimensions,
            digests: vectors.iter().map(|one| one.digest).collect(),
        })?;
        let length = u32::try_from(header.len()).map_err(|_| BlobError::Malformed)?;
        let mut blob = Vec::with_capacity(8 + header.len() + vectors.len() * dimensions * 4);
        blob.extend_from_slice(MAGIC);
        blob.extend_from_slice(&length.to_le_bytes());
        blob.extend_from_slice(&header);
        for value in vectors.iter().flat_map(|one| &one.vector) {
            blob.extend_from_slice(&value.to_le_bytes());
        }
        Ok(blob)
    }

    /// The reverse of [`CorpusPiece::encode`].
    ///
    /// # Errors
    /// [`BlobError`] when the blob is not a piece or is cut short.
    pub fn decode(blob: &[u8]) -> Result<Self, BlobError> {
        let rest = blob.strip_prefix(MAGIC).ok_or(BlobError::Malformed)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(BlobError::Malformed)?;
        let length = u32::from_le_bytes(*length) as usize;
        let (header, body) = rest.split_at_checked(length).ok_or(BlobError::Malformed)?;
        let header: Header = serde_json::from_slice(header)?;
        let (values, odd) = body.as_chunks::<4>();
        let wanted = header.digests.len().checked_mul(header.dimensions);
        if !odd.is_empty() || wanted != Some(values.len()) {
            return Err(BlobError::Malformed);
        }
        let mut rows = values.chunks(header.dimensions.max(1));
        let vectors = header.digests.into_iter().map(|digest| PassageVector {
            digest,
            vector: rows
                .next()
                .unwrap_or_default()
                .iter()
                .map(|value| f32::from_le_bytes(*value))
                .collect(),
        });
        Ok(Self {
            found: header.found,
            made: Made {
                embedder: header.embedder,
                vectors: vectors.collect(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(found: Found) -> CorpusPiece {
        let vector = |text: &str, vector: Vec<f32>| PassageVector {
            digest: Sha256::of(text.as_bytes()),
            vector,
        };
        CorpusPiece {
            found,
            made: Made {
                embedder: Some(Sha256::of(b"model")),
                vectors: vec![vector("甲", vec![0.25, -1.0]), vector("乙", vec![0.0, 3.5])],
            },
        }
    }

    #[test]
    fn what_was_encoded_comes_back_and_every_cut_is_refused() {
        for found in [
            Found::Vectors,
            Found::Laws {
                texts: Vec::new(),
                faults: Vec::new(),
            },
            Found::Page {
                text: PageText::Blank,
            },
        ] {
            let piece = piece(found);
            let blob = piece.encode().expect("one width");
            assert_eq!(CorpusPiece::decode(&blob).expect("whole"), piece);
            for cut in 0..blob.len() {
                assert!(CorpusPiece::decode(&blob[..cut]).is_err(), "cut at {cut}");
            }
        }
        let mut uneven = piece(Found::Vectors);
        uneven.made.vectors[0].vector.pop();
        assert!(uneven.encode().is_err());
        uneven.made.vectors.clear();
        let empty = uneven.encode().expect("no vectors");
        assert_eq!(CorpusPiece::decode(&empty).expect("whole"), uneven);
    }
}

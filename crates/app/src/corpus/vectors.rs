//! The piece of a batch of passages: the vectors that were made for it, in one blob.
//!
//! Layout: magic `SKV1`, little-endian u32 number of vectors, u32 width, then for each vector the 32
//! bytes of its passage's digest and its little-endian f32s. Never: text.

use shoki_core::digest::Sha256;
use shoki_store::corpus_model::PassageVector;

const MAGIC: &[u8; 4] = b"SKV1";
const DIGEST_BYTES: usize = 32;

/// A blob that is not such a piece, or is cut short.
#[derive(Debug, thiserror::Error)]
#[error("not a piece of vectors, or cut short")]
pub struct Malformed;

/// The blob. All vectors have the same width.
#[must_use]
pub fn encode(vectors: &[PassageVector]) -> Vec<u8> {
    let width = vectors.first().map_or(0, |first| first.vector.len());
    let mut blob = Vec::with_capacity(12 + vectors.len() * (DIGEST_BYTES + width * 4));
    blob.extend_from_slice(MAGIC);
    for number in [vectors.len(), width] {
        let number = u32::try_from(number).expect("a batch is small");
        blob.extend_from_slice(&number.to_le_bytes());
    }
    for PassageVector { digest, vector } in vectors {
        blob.extend_from_slice(digest.as_bytes());
        blob.extend(vector.iter().flat_map(|value| value.to_le_bytes()));
    }
    blob
}

/// The reverse of [`encode`].
///
/// # Errors
/// [`Malformed`].
pub fn decode(blob: &[u8]) -> Result<Vec<PassageVector>, Malformed> {
    let rest = blob.strip_prefix(MAGIC).ok_or(Malformed)?;
    let (count, rest) = rest.split_first_chunk::<4>().ok_or(Malformed)?;
    let (width, rest) = rest.split_first_chunk::<4>().ok_or(Malformed)?;
    let count = u32::from_le_bytes(*count) as usize;
    let width = u32::from_le_bytes(*width) as usize;
    let record = DIGEST_BYTES + width * 4;
    if count.checked_mul(record) != Some(rest.len()) {
        return Err(Malformed);
    }
    let vector_of = |record: &[u8]| {
        let (digest, values) = record.split_first_chunk::<DIGEST_BYTES>()?;
        let (values, _) = values.as_chunks::<4>();
        Some(PassageVector {
            digest: Sha256::from_bytes(*digest),
            vector: values.iter().map(|value| f32::from_le_bytes(*value)).collect(),
        })
    };
    rest.chunks_exact(record)
        .map(|record| vector_of(record).ok_or(Malformed))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors() -> Vec<PassageVector> {
        [("a", [1.0, -0.5]), ("b", [0.0, f32::MIN_POSITIVE])]
            .map(|(text, vector)| PassageVector {
                digest: Sha256::of(text.as_bytes()),
                vector: vector.to_vec(),
            })
            .to_vec()
    }

    #[test]
    fn round_trip() {
        assert_eq!(decode(&encode(&vectors())).unwrap(), vectors());
        assert_eq!(decode(&encode(&[])).unwrap(), []);
    }

    #[test]
    fn every_truncation_is_refused() {
        let blob = encode(&vectors());
        for cut in 0..blob.len() {
            assert!(decode(&blob[..cut]).is_err(), "cut at {cut}");
        }
    }
}

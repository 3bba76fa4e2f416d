//! The piece of one page: its reading and the crops of its fields, in one blob.
//!
//! Layout: magic `SKP1`, little-endian u32 length of the JSON header, the header, then the PNG bytes
//! of the crops one after another. The header carries each crop's offset and length, so one crop is
//! served with one ranged read of the blob.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::reading::PageReading;

const MAGIC: &[u8; 4] = b"SKP1";
/// Bytes before the JSON header.
pub const PREFIX_BYTES: usize = 8;

/// Where a crop lies, counted from the end of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CropSpan {
    /// Bytes after the header's end.
    pub offset: u64,
    /// Length in bytes.
    pub length: u64,
}

#[derive(Serialize, Deserialize)]
struct Header {
    reading: PageReading,
    crops: BTreeMap<String, CropSpan>,
}

/// A page's result.
#[derive(Clone, Debug, PartialEq)]
pub struct PagePiece {
    /// What was read.
    pub reading: PageReading,
    /// PNG bytes of each field's crop by field key.
    pub crops: BTreeMap<String, Vec<u8>>,
}

/// A blob that is not a piece.
#[derive(Debug, thiserror::Error)]
pub enum PieceError {
    /// Too short, wrong magic, or a span outside of the blob.
    #[error("not a page piece, or cut short")]
    Malformed,
    /// The header is not the JSON of a piece.
    #[error("the header of the page piece")]
    Header(#[from] serde_json::Error),
}

impl PagePiece {
    /// The blob.
    ///
    /// # Errors
    /// Only if the reading holds a number JSON cannot carry (NaN).
    pub fn encode(&self) -> Result<Vec<u8>, PieceError> {
        let mut offset = 0;
        let mut spans = BTreeMap::new();
        for (key, png) in &self.crops {
            let length = png.len() as u64;
            spans.insert(key.clone(), CropSpan { offset, length });
            offset += length;
        }
        let header = serde_json::to_vec(&Header {
            reading: self.reading.clone(),
            crops: spans,
        })?;
        let mut blob = Vec::with_capacity(PREFIX_BYTES + header.len() + usize::try_from(offset).unwrap_or(0));
        blob.extend_from_slice(MAGIC);
        let header_len = u32::try_from(header.len()).map_err(|_| PieceError::Malformed)?;
        blob.extend_from_slice(&header_len.to_le_bytes());
        blob.extend_from_slice(&header);
        for png in self.crops.values() {
            blob.extend_from_slice(png);
        }
        Ok(blob)
    }

    /// The reverse of [`PagePiece::encode`].
    ///
    /// # Errors
    /// [`PieceError`] when the blob is not a piece or is cut short.
    pub fn decode(blob: &[u8]) -> Result<Self, PieceError> {
        let (header, body) = split(blob)?;
        let header: Header = serde_json::from_slice(header)?;
        let mut crops = BTreeMap::new();
        for (key, span) in header.crops {
            crops.insert(key, slice(body, span)?.to_vec());
        }
        Ok(Self {
            reading: header.reading,
            crops,
        })
    }

    /// Only the reading, e.g. for assembly of 3,000 pages.
    ///
    /// # Errors
    /// [`PieceError`] when the blob is not a piece.
    pub fn decode_reading(blob: &[u8]) -> Result<PageReading, PieceError> {
        let header: Header = serde_json::from_slice(split(blob)?.0)?;
        Ok(header.reading)
    }

    /// Only one crop, `None` when the field has none.
    ///
    /// # Errors
    /// [`PieceError`] when the blob is not a piece or is cut short.
    pub fn decode_crop(blob: &[u8], key: &str) -> Result<Option<Vec<u8>>, PieceError> {
        let (header, body) = split(blob)?;
        let header: Header = serde_json::from_slice(header)?;
        header
            .crops
            .get(key)
            .map(|span| slice(body, *span).map(<[u8]>::to_vec))
            .transpose()
    }
}

fn split(blob: &[u8]) -> Result<(&[u8], &[u8]), PieceError> {
    let rest = blob.strip_prefix(MAGIC).ok_or(PieceError::Malformed)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(PieceError::Malformed)?;
    let length = u32::from_le_bytes(*length) as usize;
    rest.split_at_checked(length).ok_or(PieceError::Malformed)
}

fn slice(body: &[u8], span: CropSpan) -> Result<&[u8], PieceError> {
    let start = usize::try_from(span.offset).map_err(|_| PieceError::Malformed)?;
    let length = usize::try_from(span.length).map_err(|_| PieceError::Malformed)?;
    let end = start.checked_add(length).ok_or(PieceError::Malformed)?;
    body.get(start..end).ok_or(PieceError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::PageKind;

    fn piece() -> PagePiece {
        let reading = PageReading {
            page: 3,
            kind: PageKind::Form,
            form: Some("f".into()),
            form_version: Some(1),
            quarter_turns: 2,
            registration_error: Some(0.5),
            placement: None,
            doubt: None,
            fields: BTreeMap::new(),
            lines: Vec::new(),
        };
        let crops = [
            ("a".to_owned(), vec![1, 2, 3]),
            ("b".to_owned(), vec![]),
            ("c".to_owned(), vec![9]),
        ];
        PagePiece {
            reading,
            crops: crops.into(),
        }
    }

    #[test]
    fn round_trip_whole_and_in_part() {
        let blob = piece().encode().unwrap();
        assert_eq!(PagePiece::decode(&blob).unwrap(), piece());
        assert_eq!(PagePiece::decode_reading(&blob).unwrap(), piece().reading);
        assert_eq!(PagePiece::decode_crop(&blob, "c").unwrap(), Some(vec![9]));
        assert_eq!(PagePiece::decode_crop(&blob, "z").unwrap(), None);
    }

    #[test]
    fn every_truncation_is_refused() {
        let blob = piece().encode().unwrap();
        for cut in 0..blob.len() {
            assert!(PagePiece::decode(&blob[..cut]).is_err(), "cut at {cut}");
        }
    }
}

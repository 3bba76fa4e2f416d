//! The vectors of one revision in one file that never changes: int8 to scan, f32 to score.
//!
//! Promises: a file is taken whole (length and CRC are checked) or refused as damaged; scores are the
//! exact inner products, because the int8 pass keeps everything its error bound cannot exclude.
//! Mapped into memory through tantivy's own directory: its map is the safe one at hand, and the pages
//! are the system's to drop. Never: a filter by revision (the caller does not pass the file).

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use shoki_core::corpus::PassageKind;
use tantivy::directory::{Directory, MmapDirectory, OwnedBytes};

use super::super::dense::{Quantised, dot, dot_int8, error_bound, quantise};
use super::super::{IndexError, IndexedRevision};

const MAGIC: &[u8; 8] = b"SHOKIVE1";
/// Magic, dimensions, count, length of the body, CRC of the body, CRC of all that.
const HEADER: usize = 32;
/// Step, norm, loss, ordinal, supplementary.
const ROW: usize = 20;

/// The vectors of a revision.
pub struct VectorFile {
    dimensions: usize,
    rows: Vec<Row>,
    bytes: OwnedBytes,
}

impl std::fmt::Debug for VectorFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VectorFile")
            .field("dimensions", &self.dimensions)
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug)]
struct Row {
    step: f32,
    norm: f32,
    loss: f32,
    ordinal: u32,
    supplementary: bool,
}

/// A vector that may be among the best.
#[derive(Clone, Copy, Debug)]
pub struct Rough {
    /// Position in its file.
    pub row: u32,
    /// The quantised inner product.
    pub score: f32,
    /// How far from the exact one it may be.
    pub error: f32,
}

/// A question's vector, ready to be compared.
#[derive(Debug)]
pub struct DenseQuestion {
    exact: Vec<f32>,
    length: f32,
    quantised: Quantised,
    /// The quantised components, as a scan takes them.
    widened: Vec<i16>,
}

impl DenseQuestion {
    /// Prepares a vector.
    pub fn new(vector: &[f32]) -> Self {
        let quantised = quantise(vector);
        Self {
            exact: vector.to_vec(),
            length: dot(vector, vector).sqrt(),
            widened: quantised.widened(),
            quantised,
        }
    }
}

/// One pass over a file.
struct Scan<'a, F> {
    rows: &'a [Row],
    codes: &'a [u8],
    dimensions: usize,
    question: &'a DenseQuestion,
    supplementary: bool,
    each: F,
}

/// By name instead of a closure: a closure is not always compiled into its caller, and then it does not get the
/// caller's instructions (seen in the development build: 63 ns a vector instead of 10).
impl<F: FnMut(Rough)> pulp::WithSimd for Scan<'_, F> {
    type Output = ();

    #[inline(always)]
    #[expect(
        clippy::cast_precision_loss,
        reason = "sums of products of bytes, within the bound"
    )]
    fn with_simd<S: pulp::Simd>(mut self, _: S) {
        let question = self.question;
        let codes = self.codes.chunks_exact(self.dimensions);
        for ((position, row), codes) in (0_u32..).zip(self.rows).zip(codes) {
            if row.supplementary && !self.supplementary {
                continue;
            }
            let product = dot_int8(codes, &question.widened);
            (self.each)(Rough {
                row: position,
                score: product as f32 * row.step * question.quantised.step,
                error: error_bound(row.norm, row.loss, question.length, question.quantised.loss),
            });
        }
    }
}

/// Writes the vectors of a revision and waits until they are on the disk.
pub fn write(path: &Path, revision: &IndexedRevision, dimensions: u32) -> io::Result<()> {
    let count = revision.vectors.len();
    let width = dimensions as usize;
    let mut body = Vec::with_capacity(count * (ROW + width * 5));
    let quantised: Vec<Quantised> = revision.vectors.iter().map(|vector| quantise(vector)).collect();
    for (vector, passage) in quantised.iter().zip(&revision.passages) {
        body.extend_from_slice(&vector.step.to_le_bytes());
        body.extend_from_slice(&vector.norm.to_le_bytes());
        body.extend_from_slice(&vector.loss.to_le_bytes());
        body.extend_from_slice(&passage.ordinal.to_le_bytes());
        let supplementary = u32::from(passage.kind == PassageKind::Supplementary);
        body.extend_from_slice(&supplementary.to_le_bytes());
    }
    for vector in &quantised {
        body.extend(
            vector
                .components
                .iter()
                .map(|component| component.cast_unsigned()),
        );
    }
    for vector in &revision.vectors {
        body.extend(vector.iter().flat_map(|component| component.to_le_bytes()));
    }
    let mut header = Vec::with_capacity(HEADER);
    header.extend_from_slice(MAGIC);
    header.extend_from_slice(&dimensions.to_le_bytes());
    let count = u32::try_from(count).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    header.extend_from_slice(&count.to_le_bytes());
    header.extend_from_slice(&(body.len() as u64).to_le_bytes());
    header.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
    header.extend_from_slice(&crc32fast::hash(&header).to_le_bytes());
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(&header)?;
    file.write_all(&body)?;
    file.into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_all()
}

fn word(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..at + 4)?.try_into().ok()
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    word(bytes, at).map(u32::from_le_bytes)
}

fn real(bytes: &[u8], at: usize) -> Option<f32> {
    word(bytes, at).map(f32::from_le_bytes)
}

/// Number of vectors, when header and body are what was written.
fn checked_count(bytes: &[u8], dimensions: u32) -> Option<usize> {
    let header = bytes.get(..HEADER)?;
    let body = bytes.get(HEADER..)?;
    let count = number(header, 12)? as usize;
    let width = dimensions as usize;
    let length = u64::from(number(header, 16)?) | (u64::from(number(header, 20)?) << 32);
    let whole = header.starts_with(MAGIC)
        && number(header, 28)? == crc32fast::hash(&header[..28])
        && number(header, 8)? == dimensions
        && length == body.len() as u64
        && body.len() == count.checked_mul(ROW + width * 5)?
        && number(header, 24)? == crc32fast::hash(body);
    whole.then_some(count)
}

fn row(body: &[u8], index: usize) -> Option<Row> {
    let at = index * ROW;
    Some(Row {
        step: real(body, at)?,
        norm: real(body, at + 4)?,
        loss: real(body, at + 8)?,
        ordinal: number(body, at + 12)?,
        supplementary: number(body, at + 16)? != 0,
    })
}

impl VectorFile {
    /// Maps a file and checks all of it.
    pub fn open(directory: &MmapDirectory, name: &str, dimensions: u32) -> Result<Self, IndexError> {
        let damaged = || IndexError::Damaged(format!("{name} is missing or not what was written"));
        let bytes = directory
            .open_read(Path::new(name))
            .map_err(|_| damaged())?
            .read_bytes()?;
        let count = checked_count(&bytes, dimensions).ok_or_else(damaged)?;
        let rows: Option<Vec<Row>> = (0..count).map(|index| row(&bytes[HEADER..], index)).collect();
        Ok(Self {
            dimensions: dimensions as usize,
            rows: rows.ok_or_else(damaged)?,
            bytes,
        })
    }

    /// How many vectors it holds.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The ordinal of the passage that a row is for.
    pub fn ordinal(&self, row: u32) -> u32 {
        self.rows[row as usize].ordinal
    }

    /// Compares every admitted vector roughly.
    pub fn scan(&self, question: &DenseQuestion, supplementary: bool, each: impl FnMut(Rough)) {
        let start = HEADER + self.rows.len() * ROW;
        // Compiled once for every kind of processor and chosen when it runs: AVX2 takes a third of the time.
        pulp::Arch::new().dispatch(Scan {
            rows: &self.rows,
            codes: &self.bytes[start..start + self.rows.len() * self.dimensions],
            dimensions: self.dimensions,
            question,
            supplementary,
            each,
        });
    }

    /// The exact inner product of a row.
    pub fn score(&self, row: u32, question: &DenseQuestion) -> f32 {
        let start = HEADER + self.rows.len() * (ROW + self.dimensions) + row as usize * self.dimensions * 4;
        let vector: Vec<f32> = self.bytes[start..start + self.dimensions * 4]
            .as_chunks::<4>()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect();
        dot(&vector, &question.exact)
    }
}

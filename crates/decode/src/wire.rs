//! What parent and child say to each other.
//!
//! Request: one JSON argument on the command line; the document is the child's standard input.
//! Answer, on standard output: `SKDC`, a little-endian `u32` length, that many bytes of JSON
//! header, then, for a page, width × height grey bytes row by row, or, for text, its JSON. A recording
//! streams instead (`recording_wire`). The parent believes none of it before it is checked against
//! the limits.

use std::io::Write;
use std::path::PathBuf;

use image::GrayImage;
use serde::{Deserialize, Serialize};
use shoki_core::audio::DecodedRecording;
use shoki_core::media::MediaKind;

use crate::decoder::DecodeLimits;
use crate::failure::{Failure, FailureKind};
use crate::text::Slice;

/// First bytes of an answer.
pub(crate) const MAGIC: [u8; 4] = *b"SKDC";
/// Bytes of a JSON header at most; a self-test report, the longest, is under 2 KiB.
pub(crate) const MAX_HEADER_BYTES: usize = 8 * 1024;

/// What the child shall do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    /// Count the pages.
    Probe,
    /// Decode one page, counted from 0.
    Page(u32),
    /// Take the text from this page on, counted from 0.
    Text(u32),
    /// Decode the sound.
    Recording,
    /// Become ffmpeg, which decodes the sound.
    Ffmpeg,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    /// What to do.
    pub(crate) operation: Operation,
    /// What the parent sniffed.
    pub(crate) kind: MediaKind,
    /// Where `libpdfium.so` lies.
    pub(crate) pdfium: PathBuf,
    /// Where `ffmpeg` lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ffmpeg: Option<PathBuf>,
    /// What the child may use and give.
    pub(crate) limits: DecodeLimits,
}

/// The JSON header of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Header {
    /// The document was opened.
    Pages(u32),
    /// Pixels follow.
    Page {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
    },
    /// JSON of an [`ExtractedText`] follows.
    Text {
        /// Its length.
        bytes: u64,
        /// The page with which to go on, when this is not all.
        next: Option<u32>,
    },
    /// Blocks of sound follow, interleaved in so many channels.
    Sound {
        /// 1 or 2.
        channels: u8,
    },
    /// No more sound follows.
    Recorded(DecodedRecording),
    /// Nothing follows.
    Failure {
        /// What kind.
        kind: FailureKind,
        /// A fixed phrase.
        reason: String,
    },
    /// Findings of a self-test: what was tried, and the error number it met (0 when it worked).
    Findings(Vec<(String, i32)>),
}

/// What the child found, before it is written.
pub(crate) enum Answer {
    /// Page count.
    Pages(u32),
    /// One page.
    Page(GrayImage),
    /// Some text.
    Text(Slice),
    /// The end of the sound, which was streamed before.
    Recorded(DecodedRecording),
    /// Findings of a self-test.
    Findings(Vec<(String, i32)>),
}

/// Writes one answer.
pub(crate) fn write_answer(out: &mut impl Write, answer: &Result<Answer, Failure>) -> std::io::Result<()> {
    let text;
    let (header, body): (Header, &[u8]) = match answer {
        Ok(Answer::Pages(pages)) => (Header::Pages(*pages), &[]),
        Ok(Answer::Page(page)) => (
            Header::Page {
                width: page.width(),
                height: page.height(),
            },
            page.as_raw(),
        ),
        Ok(Answer::Text(slice)) => {
            text = serde_json::to_vec(&slice.text).map_err(std::io::Error::other)?;
            let header = Header::Text {
                bytes: text.len() as u64,
                next: slice.next,
            };
            (header, &text)
        }
        Ok(Answer::Recorded(recording)) => (Header::Recorded(recording.clone()), &[]),
        Ok(Answer::Findings(findings)) => (Header::Findings(findings.clone()), &[]),
        Err(failure) => (
            Header::Failure {
                kind: failure.kind,
                reason: failure.reason.to_owned(),
            },
            &[],
        ),
    };
    write_header(out, &header)?;
    out.write_all(body)?;
    out.flush()
}

/// Writes a header alone.
pub(crate) fn write_header(out: &mut impl Write, header: &Header) -> std::io::Result<()> {
    let json = serde_json::to_vec(header).map_err(std::io::Error::other)?;
    let length = u32::try_from(json.len()).map_err(std::io::Error::other)?;
    out.write_all(&MAGIC)?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(&json)
}

/// An answer as it grows while bytes come in; every length is checked before memory is taken.
pub(crate) struct AnswerReader {
    limits: DecodeLimits,
    head: Vec<u8>,
    header: Option<Header>,
    body: Vec<u8>,
    expected: usize,
}

impl AnswerReader {
    /// An empty one.
    pub(crate) const fn new(limits: DecodeLimits) -> Self {
        Self {
            limits,
            head: Vec::new(),
            header: None,
            body: Vec::new(),
            expected: 0,
        }
    }

    /// Takes the next bytes; `Ok(true)` once the answer is complete.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) -> Result<bool, &'static str> {
        while self.header.is_none() && !bytes.is_empty() {
            let wanted = match self.head.get(4..8) {
                None => 8,
                Some(length) => 8 + u32::from_le_bytes(length.try_into().expect("four bytes")) as usize,
            };
            if self.head.len() >= 4 && self.head[..4] != MAGIC {
                return Err("not an answer");
            }
            if wanted > 8 + MAX_HEADER_BYTES {
                return Err("header too long");
            }
            if wanted == self.head.len() {
                return Err("no header");
            }
            let (now, rest) = bytes.split_at(bytes.len().min(wanted - self.head.len()));
            self.head.extend_from_slice(now);
            bytes = rest;
            if self.head.len() == wanted && wanted > 8 {
                self.header = Some(self.parse_header()?);
            }
        }
        if self.body.len() + bytes.len() > self.expected {
            return Err("more bytes than announced");
        }
        self.body.extend_from_slice(bytes);
        Ok(self.header.is_some() && self.body.len() == self.expected)
    }

    fn parse_header(&mut self) -> Result<Header, &'static str> {
        let header: Header =
            serde_json::from_slice(&self.head[8..]).map_err(|_| "header is not JSON of ours")?;
        if let Header::Page { width, height } = header {
            let pixels = u64::from(width) * u64::from(height);
            if width == 0 || height == 0 || pixels > self.limits.read_pixels {
                return Err("page size outside the limits");
            }
            self.expected = usize::try_from(pixels).map_err(|_| "page size outside the limits")?;
            self.body.reserve_exact(self.expected);
        }
        if let Header::Text { bytes, .. } = header {
            self.expected = usize::try_from(bytes)
                .ok()
                .filter(|_| bytes <= self.limits.text_bytes)
                .ok_or("more text than the limits allow")?;
        }
        Ok(header)
    }

    /// The complete answer.
    pub(crate) fn finish(self) -> Option<(Header, Vec<u8>)> {
        let complete = self.body.len() == self.expected;
        self.header.filter(|_| complete).map(|header| (header, self.body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(answer: &Result<Answer, Failure>) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_answer(&mut bytes, answer).unwrap();
        bytes
    }

    #[test]
    fn an_answer_survives_any_cut_into_pieces() {
        let page = GrayImage::from_fn(7, 3, |x, y| image::Luma([u8::try_from(x * 10 + y).unwrap()]));
        let bytes = encoded(&Ok(Answer::Page(page.clone())));
        for piece in 1..bytes.len() {
            let mut reader = AnswerReader::new(DecodeLimits::default());
            let done: Vec<bool> = bytes
                .chunks(piece)
                .map(|chunk| reader.push(chunk).unwrap())
                .collect();
            assert!(done.last().unwrap() & !done[..done.len() - 1].contains(&true));
            let (header, pixels) = reader.finish().unwrap();
            assert_eq!(header, Header::Page { width: 7, height: 3 });
            assert_eq!(&pixels, page.as_raw());
        }
    }

    #[test]
    fn a_cut_answer_is_no_answer() {
        let bytes = encoded(&Ok(Answer::Page(GrayImage::new(4, 4))));
        for end in 0..bytes.len() {
            let mut reader = AnswerReader::new(DecodeLimits::default());
            assert!(!reader.push(&bytes[..end]).unwrap());
            assert!(reader.finish().is_none(), "{end}");
        }
    }

    #[test]
    fn lies_about_lengths_are_refused_before_memory_is_taken() {
        let reader = || AnswerReader::new(DecodeLimits::default());
        assert_eq!(reader().push(b"HTTP/1.1 200"), Err("not an answer"));
        assert_eq!(reader().push(b"SKDC\0\0\0\0{"), Err("no header"));
        assert_eq!(reader().push(b"SKDC\xff\xff\xff\xff{"), Err("header too long"));
        let huge = br#"SKDC    {"page":{"width":4000000000,"height":4000000000}}"#;
        let mut huge = huge.to_vec();
        let length = u32::try_from(huge.len() - 8).unwrap();
        huge[4..8].copy_from_slice(&length.to_le_bytes());
        assert_eq!(reader().push(&huge), Err("page size outside the limits"));
        let mut long = encoded(&Ok(Answer::Pages(3)));
        long.push(0);
        assert_eq!(reader().push(&long), Err("more bytes than announced"));
    }
}

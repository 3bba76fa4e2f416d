//! What a file is, by its first bytes; its name and declared type are not believed.

use serde::{Deserialize, Serialize};

/// Bytes looked at.
pub const SNIFF_BYTES: usize = 4096;

/// Kinds of files that a pipeline can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// PDF (ISO 32000).
    Pdf,
    /// TIFF or `BigTIFF`, one or many pages.
    Tiff,
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
}

impl MediaKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Pdf, Self::Tiff, Self::Jpeg, Self::Png];

    /// The kind of a file that starts with `head` (up to [`SNIFF_BYTES`]), `None` if it is none of ours.
    /// A PDF's header may stand anywhere in the first 1,024 bytes (ISO 32000-1, annex H, note 13).
    #[must_use]
    pub fn sniff(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Some(Self::Png);
        }
        if head.starts_with(b"\xff\xd8\xff") {
            return Some(Self::Jpeg);
        }
        if [&b"II*\0"[..], b"MM\0*", b"II+\0", b"MM\0+"]
            .iter()
            .any(|magic| head.starts_with(magic))
        {
            return Some(Self::Tiff);
        }
        let start = &head[..head.len().min(1024)];
        start
            .windows(5)
            .any(|window| window == b"%PDF-")
            .then_some(Self::Pdf)
    }

    /// The registered media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Tiff => "image/tiff",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// The reverse of [`MediaKind::media_type`].
    #[must_use]
    pub fn parse(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.media_type() == media_type)
    }
}

/// Whether a file that starts with `head` (up to [`SNIFF_BYTES`]) may be a text for the law desk: XML,
/// running text or a table in UTF-8, UTF-16 or `Shift_JIS`, or a ZIP container (Word, Excel, archives).
/// The importer looks closer; this only keeps out what cannot be one.
#[must_use]
pub fn may_be_text(head: &[u8]) -> bool {
    if [&b"PK\x03\x04"[..], b"\xff\xfe", b"\xfe\xff"]
        .iter()
        .any(|magic| head.starts_with(magic))
    {
        return true;
    }
    !head.is_empty()
        && head
            .iter()
            .all(|byte| !byte.is_ascii_control() || matches!(byte, b'\t' | b'\n' | b'\r' | b'\x0c'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_decides() {
        assert_eq!(MediaKind::sniff(b"junk\n%PDF-1.7"), Some(MediaKind::Pdf));
        assert_eq!(MediaKind::sniff(b"II*\0aaaa"), Some(MediaKind::Tiff));
        assert_eq!(MediaKind::sniff(b"\xff\xd8\xff\xe0"), Some(MediaKind::Jpeg));
        assert_eq!(MediaKind::sniff(b"PK\x03\x04"), None);
        assert_eq!(MediaKind::sniff(b""), None);
    }

    #[test]
    fn texts_are_told_from_programs() {
        for text in [
            &b"<?xml version=\"1.0\"?>\n<Law/>"[..],
            "第1 趣旨\r\n".as_bytes(),
            b"\x91\xe6\x82\x50\x8f\xf0",
            b"\xff\xfea\0",
            b"PK\x03\x04word",
        ] {
            assert!(may_be_text(text), "{text:?}");
        }
        for other in [&b""[..], b"MZ\x90\0\x03", b"\x7fELF", b"GIF89a\0"] {
            assert!(!may_be_text(other), "{other:?}");
        }
    }
}

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
    /// Word (ECMA-376).
    Docx,
    /// Excel (ECMA-376).
    Xlsx,
    /// OpenDocument spreadsheet (ISO/IEC 26300).
    Ods,
    /// A compound file: Excel before 2007; also Word of that time and any office file under a password,
    /// which are refused when they are opened.
    Xls,
    /// XML, for the law desk 標準法令XML.
    Xml,
    /// JSON, or one JSON object a line.
    Json,
    /// Text without marks, comma separated values among them.
    Text,
    /// A zip archive of none of the kinds above, as far as its beginning shows.
    Zip,
}

impl MediaKind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::Pdf,
        Self::Tiff,
        Self::Jpeg,
        Self::Png,
        Self::Docx,
        Self::Xlsx,
        Self::Ods,
        Self::Xls,
        Self::Xml,
        Self::Json,
        Self::Text,
        Self::Zip,
    ];

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
        if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
            return Some(Self::Xls);
        }
        if head.starts_with(LOCAL_HEADER) {
            return Some(Self::of_entries(local_names(head)).unwrap_or(Self::Zip));
        }
        let start = &head[..head.len().min(1024)];
        if start.windows(5).any(|window| window == b"%PDF-") {
            return Some(Self::Pdf);
        }
        sniff_text(head)
    }

    /// The kind of office file that has these entries; `None` for any other archive.
    pub fn of_entries<'a>(names: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        names.into_iter().find_map(|name| match name {
            name if name.starts_with(b"word/") => Some(Self::Docx),
            name if name.starts_with(b"xl/") => Some(Self::Xlsx),
            // The content of this entry says which OpenDocument it is; only tables are ours.
            b"mimetype" => Some(Self::Ods),
            _ => None,
        })
    }

    /// Whether its pages can be drawn: what the reading of forms takes.
    #[must_use]
    pub const fn has_page_images(self) -> bool {
        matches!(self, Self::Pdf | Self::Tiff | Self::Jpeg | Self::Png)
    }

    /// The registered media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Tiff => "image/tiff",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Ods => "application/vnd.oasis.opendocument.spreadsheet",
            Self::Xls => "application/vnd.ms-excel",
            Self::Xml => "application/xml",
            Self::Json => "application/json",
            Self::Text => "text/plain",
            Self::Zip => "application/zip",
        }
    }

    /// The reverse of [`MediaKind::media_type`].
    #[must_use]
    pub fn parse(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.media_type() == media_type)
    }
}

/// Signature of a zip entry's local header (APPNOTE 4.3.7).
const LOCAL_HEADER: &[u8] = b"PK\x03\x04";
/// Where the length of the entry's name stands in it, and the name.
const NAME_LENGTH: usize = 26;
const NAME: usize = 30;

/// Names of the entries whose local headers lie in `head`.
fn local_names(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    (0..head.len()).filter_map(|at| {
        let header = head.get(at..)?.strip_prefix(LOCAL_HEADER).map(|_| &head[at..])?;
        let length = header.get(NAME_LENGTH..NAME_LENGTH + 2)?;
        let length = usize::from(u16::from_le_bytes([length[0], length[1]]));
        header.get(NAME..NAME + length)
    })
}

/// Text has no control characters but those of lines; its first sign says which kind of text.
fn sniff_text(head: &[u8]) -> Option<MediaKind> {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Some(MediaKind::Text);
    }
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let is_text =
        |byte: &u8| !byte.is_ascii_control() || matches!(byte, b'\t' | b'\n' | b'\r' | b'\x0c' | b'\x1b');
    if head.is_empty() || !head.iter().all(is_text) {
        return None;
    }
    Some(match head.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'<') => MediaKind::Xml,
        Some(b'{' | b'[') => MediaKind::Json,
        _ => MediaKind::Text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_decides() {
        assert_eq!(MediaKind::sniff(b"junk\n%PDF-1.7"), Some(MediaKind::Pdf));
        assert_eq!(MediaKind::sniff(b"II*\0aaaa"), Some(MediaKind::Tiff));
        assert_eq!(MediaKind::sniff(b"\xff\xd8\xff\xe0"), Some(MediaKind::Jpeg));
        assert_eq!(MediaKind::sniff(b"PK\x03\x04"), Some(MediaKind::Zip));
        assert_eq!(MediaKind::sniff(b""), None);
        assert_eq!(MediaKind::sniff(b"\0\x01\x02 no text"), None);
        assert_eq!(
            MediaKind::sniff(b"\xef\xbb\xbf\n<?xml version=\"1.0\"?>"),
            Some(MediaKind::Xml)
        );
        assert_eq!(MediaKind::sniff(b"{\"doc\": 1}\n"), Some(MediaKind::Json));
        assert_eq!(MediaKind::sniff("第１　目的".as_bytes()), Some(MediaKind::Text));
        assert_eq!(MediaKind::sniff(b"\x91\xe6\x82\x50,1\r\n"), Some(MediaKind::Text));
    }

    #[test]
    fn an_archive_is_what_its_entries_say() {
        let entry = |name: &str| {
            let mut header = b"PK\x03\x04".to_vec();
            header.extend([0; 22]);
            header.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            header.extend([0; 2]);
            header.extend(name.bytes());
            header.extend(b"packed");
            header
        };
        let archive = |names: &[&str]| names.iter().flat_map(|name| entry(name)).collect::<Vec<u8>>();
        let kind = |names: &[&str]| MediaKind::sniff(&archive(names));
        assert_eq!(
            kind(&["[Content_Types].xml", "_rels/.rels", "word/document.xml"]),
            Some(MediaKind::Docx)
        );
        assert_eq!(kind(&["xl/workbook.xml"]), Some(MediaKind::Xlsx));
        assert_eq!(kind(&["mimetype"]), Some(MediaKind::Ods));
        assert_eq!(kind(&["law/1.xml"]), Some(MediaKind::Zip));
        assert_eq!(
            MediaKind::sniff(&archive(&["a", "word/document.xml"])[..40]),
            Some(MediaKind::Zip)
        );
    }

    #[test]
    fn every_kind_has_a_media_type_of_its_own() {
        for kind in MediaKind::ALL {
            assert_eq!(MediaKind::parse(kind.media_type()), Some(kind));
        }
    }
}

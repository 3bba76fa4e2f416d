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
    /// WAV (RIFF, RF64, BW64), AIFF and CAF: mostly bare samples.
    Wav,
    /// FLAC.
    Flac,
    /// MPEG-1/2 layer III, with or without an ID3 tag.
    Mp3,
    /// AAC in ADTS frames.
    Aac,
    /// MP4, M4A, MOV, 3GP (ISO/IEC 14496-12): sound with or without pictures.
    Mp4,
    /// Ogg: Vorbis, Opus, FLAC, Speex.
    Ogg,
    /// Matroska and `WebM`.
    Webm,
    /// ASF: WMA and WMV.
    Asf,
    /// AMR (RFC 4867), from telephones.
    Amr,
}

impl MediaKind {
    /// All kinds.
    pub const ALL: [Self; 21] = [
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
        Self::Wav,
        Self::Flac,
        Self::Mp3,
        Self::Aac,
        Self::Mp4,
        Self::Ogg,
        Self::Webm,
        Self::Asf,
        Self::Amr,
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
        if let Some(kind) = sniff_recording(head) {
            return Some(kind);
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

    /// Whether it is sound, or pictures with sound: what the taking of minutes takes.
    #[must_use]
    pub const fn is_recording(self) -> bool {
        matches!(
            self,
            Self::Wav
                | Self::Flac
                | Self::Mp3
                | Self::Aac
                | Self::Mp4
                | Self::Ogg
                | Self::Webm
                | Self::Asf
                | Self::Amr
        )
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
            Self::Wav => "audio/wav",
            Self::Flac => "audio/flac",
            Self::Mp3 => "audio/mpeg",
            Self::Aac => "audio/aac",
            Self::Mp4 => "video/mp4",
            Self::Ogg => "application/ogg",
            Self::Webm => "video/webm",
            Self::Asf => "video/x-ms-asf",
            Self::Amr => "audio/amr",
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

/// Containers of sound by their signatures; bare MPEG frames by a whole, possible frame header.
fn sniff_recording(head: &[u8]) -> Option<MediaKind> {
    let at = |offset: usize, length: usize| head.get(offset..offset + length).unwrap_or_default();
    match (at(0, 4), at(8, 4)) {
        (b"RIFF" | b"RF64" | b"BW64", b"WAVE") | (b"FORM", b"AIFF" | b"AIFC") => {
            return Some(MediaKind::Wav);
        }
        (b"caff", _) if at(4, 2) == b"\0\x01" => return Some(MediaKind::Wav),
        (b"fLaC", _) => return Some(MediaKind::Flac),
        (b"OggS", _) => return Some(MediaKind::Ogg),
        (b"\x1a\x45\xdf\xa3", _) => return Some(MediaKind::Webm),
        (b"\x30\x26\xb2\x75", _) => return Some(MediaKind::Asf),
        (b"#!AM", _) if at(4, 1) == b"R" => return Some(MediaKind::Amr),
        _ => {}
    }
    // A box begins with its size; words that look like a type begin with a letter.
    if matches!(at(4, 4), b"ftyp" | b"moov" | b"mdat" | b"wide") && head[0] < b' ' {
        return Some(MediaKind::Mp4);
    }
    if head.starts_with(b"ID3") && at(3, 1).iter().any(|version| (2..=4).contains(version)) {
        return Some(MediaKind::Mp3);
    }
    let [0xff, second, third, _] = *head.first_chunk()? else {
        return None;
    };
    // Sync, then layer: 01 is layer III, 00 is ADTS; bit rate 15 and sampling rate 3 do not exist.
    let is_layer_3 = second & 0b1110_0110 == 0b1110_0010 && second & 0b0001_1000 != 0b0000_1000;
    if is_layer_3 && third >> 4 != 15 && third >> 2 & 3 != 3 {
        return Some(MediaKind::Mp3);
    }
    (second & 0b1111_0110 == 0b1111_0000 && third >> 2 & 15 < 13).then_some(MediaKind::Aac)
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
    fn recordings_are_told_by_their_signatures() {
        let cases: [(&[u8], MediaKind); 14] = [
            (b"RIFF\xff\xff\xff\xffWAVEfmt ", MediaKind::Wav),
            (b"RF64\xff\xff\xff\xffWAVEds64", MediaKind::Wav),
            (b"FORM\0\0\0\0AIFFCOMM", MediaKind::Wav),
            (b"fLaC\0\0\0\x22", MediaKind::Flac),
            (b"ID3\x04\0\0\0\0\0\0", MediaKind::Mp3),
            (b"\xff\xfb\x90\x64", MediaKind::Mp3),
            (b"\xff\xf3\x44\xc4", MediaKind::Mp3),
            (b"\xff\xf1\x50\x80", MediaKind::Aac),
            (b"\0\0\0\x20ftypM4A ", MediaKind::Mp4),
            (b"\0\0\0\x08wide\0\0\0\0mdat", MediaKind::Mp4),
            (b"OggS\0\x02", MediaKind::Ogg),
            (b"\x1a\x45\xdf\xa3\x9f", MediaKind::Webm),
            (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", MediaKind::Asf),
            (b"#!AMR\n", MediaKind::Amr),
        ];
        for (head, kind) in cases {
            assert_eq!(MediaKind::sniff(head), Some(kind), "{head:?}");
            assert!(kind.is_recording());
        }
        // The byte order mark of UTF-16, a RIFF of pictures, and text under a wrong name.
        assert_eq!(MediaKind::sniff(b"\xff\xfe1\0"), Some(MediaKind::Text));
        assert_eq!(MediaKind::sniff(b"RIFF\0\0\0\0WEBPVP8 "), None);
        for text in ["the wide road", "caffeine", "ID3,name", "#!AM"] {
            assert_eq!(MediaKind::sniff(text.as_bytes()), Some(MediaKind::Text), "{text}");
        }
        assert_eq!(
            MediaKind::sniff("会議の録音です".as_bytes()),
            Some(MediaKind::Text)
        );
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

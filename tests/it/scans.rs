//! Documents for the tests, written byte by byte: a good page, a page that is broken, a locked file.

use crate::service::repository;

/// A scan of one page: an empty form, with bytes of its own after the picture's end.
pub fn one_page(tail: &str) -> Vec<u8> {
    let path = repository().join("pipelines/forms/kouza_furikae.png");
    let mut bytes = std::fs::read(path).expect("the blank form is in the tree");
    bytes.extend_from_slice(tail.as_bytes());
    bytes
}

/// A PDF of one page without a text layer: the picture of an empty form, whose PNG stream (8 bit grey, not
/// interlaced) PDF takes as it is (ISO 32000-1, 7.4.4.4: predictor 15).
pub fn scanned(form: &str) -> Vec<u8> {
    let path = repository().join("pipelines/forms").join(form);
    let png = std::fs::read(path).expect("the blank form is in the tree");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes"));
    let (width, height) = (number(16), number(20));
    assert_eq!(&png[24..29], [8, 0, 0, 0, 0], "8 bit grey, not interlaced");
    let mut pixels = Vec::new();
    let mut at = 8;
    while at < png.len() {
        let length = number(at) as usize;
        if &png[at + 4..at + 8] == b"IDAT" {
            pixels.extend_from_slice(&png[at + 8..at + 8 + length]);
        }
        at += 12 + length;
    }
    let draw = b"595 0 0 842 0 0 cm /I Do";
    let objects: [(String, &[u8]); 5] = [
        ("/Type /Catalog /Pages 2 0 R".to_owned(), b""),
        ("/Type /Pages /Kids [3 0 R] /Count 1".to_owned(), b""),
        (
            "/Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
             /Resources << /XObject << /I 5 0 R >> >>"
                .to_owned(),
            b"",
        ),
        (format!("/Length {}", draw.len()), draw),
        (
            format!(
                "/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceGray \
                 /BitsPerComponent 8 /Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns {width} >> \
                 /Length {}",
                pixels.len()
            ),
            &pixels,
        ),
    ];
    pdf(&objects)
}

/// A PDF of one page of text that has `padding` bytes beside it which nothing refers to.
pub fn padded(words: &str, padding: usize) -> Vec<u8> {
    let draw = format!("BT /F 24 Tf 72 700 Td ({words}) Tj ET");
    let idle = vec![b'%'; padding];
    pdf(&[
        ("/Type /Catalog /Pages 2 0 R".to_owned(), b""),
        ("/Type /Pages /Kids [3 0 R] /Count 1".to_owned(), b""),
        (
            "/Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
             /Resources << /Font << /F 5 0 R >> >>"
                .to_owned(),
            b"",
        ),
        (format!("/Length {}", draw.len()), draw.as_bytes()),
        ("/Type /Font /Subtype /Type1 /BaseFont /Helvetica".to_owned(), b""),
        (format!("/Length {padding}"), &idle),
    ])
}

/// A PDF of these objects: dictionary and stream.
fn pdf(objects: &[(String, &[u8])]) -> Vec<u8> {
    let mut pdf = b"%PDF-1.4\n".to_vec();
    let mut table = String::new();
    for (number, (dictionary, stream)) in (1..).zip(objects) {
        table += &format!("{:010} 00000 n \n", pdf.len());
        pdf.extend(format!("{number} 0 obj\n<< {dictionary} >>\n").bytes());
        if !stream.is_empty() {
            pdf.extend_from_slice(b"stream\n");
            pdf.extend_from_slice(stream);
            pdf.extend_from_slice(b"\nendstream\n");
        }
        pdf.extend_from_slice(b"endobj\n");
    }
    let start = pdf.len();
    let size = objects.len() + 1;
    pdf.extend(
        format!(
            "xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n\
             startxref\n{start}\n%%EOF\n"
        )
        .bytes(),
    );
    pdf
}

/// A TIFF (revision 6.0) of three pages; the second says LZW and holds none.
pub fn broken_second_page() -> Vec<u8> {
    const EDGE: u32 = 64;
    let pixels = vec![0xff_u8; (EDGE * EDGE) as usize];
    let mut bytes = b"II*\0".to_vec();
    let mut link = bytes.len();
    bytes.extend(0_u32.to_le_bytes());
    for compression in [1_u32, 5, 1] {
        let strip = u32::try_from(bytes.len()).expect("a small file");
        bytes.extend(if compression == 1 {
            pixels.clone()
        } else {
            vec![0xab; 100]
        });
        let count = u32::try_from(bytes.len()).expect("a small file") - strip;
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        let directory = u32::try_from(bytes.len()).expect("a small file");
        bytes[link..link + 4].copy_from_slice(&directory.to_le_bytes());
        let entries = [
            (256_u16, EDGE),    // ImageWidth
            (257, EDGE),        // ImageLength
            (258, 8),           // BitsPerSample
            (259, compression), // Compression
            (262, 1),           // PhotometricInterpretation: black is zero
            (273, strip),       // StripOffsets
            (277, 1),           // SamplesPerPixel
            (278, EDGE),        // RowsPerStrip
            (279, count),       // StripByteCounts
        ];
        bytes.extend(u16::try_from(entries.len()).expect("nine").to_le_bytes());
        for (tag, value) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(4_u16.to_le_bytes());
            bytes.extend(1_u32.to_le_bytes());
            bytes.extend(value.to_le_bytes());
        }
        link = bytes.len();
        bytes.extend(0_u32.to_le_bytes());
    }
    bytes
}

/// A PDF that cannot be opened without a password: no key fits the check value of its standard
/// security handler (ISO 32000-1, 7.6.3).
pub fn locked() -> Vec<u8> {
    let zeros = "00".repeat(32);
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>".to_owned(),
        format!("<< /Filter /Standard /V 1 /R 2 /O <{zeros}> /U <{zeros}> /P -44 >>"),
    ];
    let mut pdf = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        offsets.push(pdf.len());
        pdf += &format!("{number} 0 obj\n{object}\nendobj\n");
    }
    let table = pdf.len();
    pdf += &format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for offset in offsets {
        pdf += &format!("{offset:010} 00000 n \n");
    }
    let id = "11".repeat(16);
    pdf += &format!(
        "trailer\n<< /Size {} /Root 1 0 R /Encrypt 4 0 R /ID [<{id}> <{id}>] >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    );
    pdf.into_bytes()
}

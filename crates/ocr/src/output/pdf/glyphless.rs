//! A font without a picture: TrueType with one empty glyph, for text that is searched and never seen.
//!
//! The way of Tesseract's searchable PDF (its `pdf.ttf`), made here: every character of a page is a CID
//! whose glyph is empty, and ToUnicode says what it means. Embedded, so that no viewer looks for a font.

/// Units per em.
const EM: u16 = 1000;

/// The font file: `head hhea hmtx loca glyf maxp`, the tables that an embedded TrueType font must have.
pub(super) fn font() -> Vec<u8> {
    let head: Vec<u8> = [
        words(&[1, 0, 1, 0, 0, 0, 0x5F0F, 0x3CF5, 0, EM]),
        // Created, modified: 8 bytes each.
        vec![0; 16],
        // Bounds, style, smallest size, direction, long offsets, glyph format.
        words(&[0, 0, EM, EM, 0, 8, 2, 1, 0]),
    ]
    .concat();
    let hhea = words(&[1, 0, EM, 0, 0, EM, 0, 0, EM, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
    let maxp = words(&[1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    // One glyph from 0 to 0: empty.
    let (hmtx, loca) = (words(&[EM, 0]), vec![0; 8]);
    let tables: [(&[u8; 4], Vec<u8>); 6] = [
        (b"glyf", vec![0; 4]),
        (b"head", head),
        (b"hhea", hhea),
        (b"hmtx", hmtx),
        (b"loca", loca),
        (b"maxp", maxp),
    ];
    let count = tables.len() as u16;
    let mut file = [words(&[1, 0, count, 64, 2, count * 16 - 64])].concat();
    let mut offset = 12 + 16 * tables.len();
    let mut body = Vec::new();
    for (tag, table) in &tables {
        file.extend_from_slice(*tag);
        for word in [checksum(table), offset as u32, table.len() as u32] {
            file.extend(word.to_be_bytes());
        }
        let padded = table.len().next_multiple_of(4);
        body.extend_from_slice(table);
        body.resize(body.len() + padded - table.len(), 0);
        offset += padded;
    }
    file.extend(body);
    file
}

fn words(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn checksum(table: &[u8]) -> u32 {
    table.chunks(4).fold(0, |sum: u32, chunk| {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        sum.wrapping_add(u32::from_be_bytes(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_lies_where_the_directory_says() {
        let file = font();
        let lengths: Vec<(String, usize)> = (0..6)
            .map(|index| {
                let row = &file[12 + 16 * index..28 + 16 * index];
                let number = |at: usize| u32::from_be_bytes(row[at..at + 4].try_into().unwrap()) as usize;
                assert!(number(8) + number(12) <= file.len());
                (String::from_utf8(row[..4].to_vec()).unwrap(), number(12))
            })
            .collect();
        let expected = [
            ("glyf", 4),
            ("head", 54),
            ("hhea", 36),
            ("hmtx", 4),
            ("loca", 8),
            ("maxp", 32),
        ];
        assert_eq!(lengths, expected.map(|(tag, length)| (tag.to_owned(), length)));
    }
}

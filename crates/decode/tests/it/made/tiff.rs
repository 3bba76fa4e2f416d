//! TIFFs written by hand, tag by tag.

use fax::encoder::Encoder;
use fax::{Color, VecWriter};
use image::GrayImage;

/// One directory: tags of SHORT or LONG values, and the strips.
#[derive(Clone, Default)]
pub(crate) struct Page {
    tags: Vec<(u16, u16, Vec<u8>)>,
    strips: Vec<Vec<u8>>,
}

impl Page {
    /// A page of the given size, depth, compression and photometric interpretation, in one strip.
    pub(crate) fn new(
        (width, height): (u32, u32),
        bits: &[u16],
        compression: u16,
        photometric: u16,
        strips: Vec<Vec<u8>>,
    ) -> Self {
        let rows = height.div_ceil(u32::try_from(strips.len().max(1)).unwrap());
        Self { tags: vec![], strips }
            .long(256, &[width])
            .long(257, &[height])
            .short(258, bits)
            .short(259, &[compression])
            .short(262, &[photometric])
            .short(277, &[u16::try_from(bits.len()).unwrap()])
            .long(278, &[rows])
    }

    /// A SHORT tag; replaces an earlier one.
    pub(crate) fn short(self, tag: u16, values: &[u16]) -> Self {
        self.tag(
            tag,
            3,
            values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        )
    }

    /// A LONG tag.
    pub(crate) fn long(self, tag: u16, values: &[u32]) -> Self {
        self.tag(
            tag,
            4,
            values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        )
    }

    /// Resolution in dots per inch.
    pub(crate) fn dpi(self, x: u32, y: u32) -> Self {
        let rational = |value: u32| [value.to_le_bytes(), 1_u32.to_le_bytes()].concat();
        self.tag(282, 5, rational(x))
            .tag(283, 5, rational(y))
            .short(296, &[2])
    }

    /// With its strip where there is none.
    pub(crate) fn elsewhere(mut self, offset: u32, length: u32) -> Self {
        self.strips = vec![];
        self.long(273, &[offset]).long(279, &[length])
    }

    /// Any tag.
    pub(crate) fn tag(mut self, tag: u16, kind: u16, value: Vec<u8>) -> Self {
        self.tags.retain(|(existing, ..)| *existing != tag);
        self.tags.push((tag, kind, value));
        self
    }
}

/// The file.
pub(crate) fn file(pages: &[Page]) -> Vec<u8> {
    let mut bytes = b"II*\0\0\0\0\0".to_vec();
    let mut link = 4;
    for page in pages {
        let mut page = page.clone();
        let mut offsets = Vec::new();
        let mut lengths = Vec::new();
        for strip in &page.strips {
            offsets.push(u32::try_from(bytes.len()).unwrap());
            lengths.push(u32::try_from(strip.len()).unwrap());
            bytes.extend(strip);
            bytes.resize(bytes.len().next_multiple_of(2), 0);
        }
        if !offsets.is_empty() {
            page = page.long(273, &offsets).long(279, &lengths);
        }
        page.tags.sort_by_key(|(tag, ..)| *tag);
        let mut entries = Vec::new();
        for (tag, kind, value) in &page.tags {
            let size = [0, 1, 1, 2, 4, 8, 1, 1][usize::from(*kind)];
            entries.extend(tag.to_le_bytes());
            entries.extend(kind.to_le_bytes());
            entries.extend(u32::try_from(value.len() / size).unwrap().to_le_bytes());
            let mut inline = value.clone();
            if value.len() > 4 {
                inline = u32::try_from(bytes.len()).unwrap().to_le_bytes().to_vec();
                bytes.extend(value);
                bytes.resize(bytes.len().next_multiple_of(2), 0);
            }
            inline.resize(4, 0);
            entries.extend(inline);
        }
        let directory = u32::try_from(bytes.len()).unwrap();
        bytes[link..link + 4].copy_from_slice(&directory.to_le_bytes());
        bytes.extend(u16::try_from(page.tags.len()).unwrap().to_le_bytes());
        bytes.extend(entries);
        link = bytes.len();
        bytes.extend([0; 4]);
    }
    bytes
}

/// One bit per pixel, 1 = black, rows padded to bytes.
pub(crate) fn packed(page: &GrayImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in page.rows() {
        let dark: Vec<bool> = row.map(|pixel| pixel.0[0] < 128).collect();
        bytes.extend(dark.chunks(8).map(|bits| {
            bits.iter()
                .enumerate()
                .fold(0_u8, |byte, (place, &bit)| byte | u8::from(bit) << (7 - place))
        }));
    }
    bytes
}

/// T.6 code of the page.
pub(crate) fn group4(page: &GrayImage) -> Vec<u8> {
    let width = u16::try_from(page.width()).unwrap();
    let mut encoder = Encoder::new(VecWriter::new());
    for row in page.rows() {
        let colours = row.map(|pixel| {
            if pixel.0[0] < 128 {
                Color::Black
            } else {
                Color::White
            }
        });
        encoder.encode_line(colours, width).unwrap();
    }
    encoder.finish().unwrap().finish()
}

/// A bilevel scan as fax servers write it.
pub(crate) fn group4_page(page: &GrayImage, dpi: (u32, u32)) -> Page {
    Page::new(page.dimensions(), &[1], 4, 0, vec![group4(page)]).dpi(dpi.0, dpi.1)
}

/// The file of one page with its directory in front of its pixels, as streaming writers make it, so
/// that a file cut off still has its directory.
pub(crate) fn directory_first(page: &Page) -> Vec<u8> {
    let mut page = page.clone();
    let strips = u32::try_from(page.strips.len()).unwrap();
    let mut place = 8 + 2 + 4 + 12 * u32::try_from(page.tags.len() + 2).unwrap();
    let outside = |page: &Page| -> u32 {
        let sizes = page
            .tags
            .iter()
            .map(|(.., value)| value.len())
            .filter(|&size| size > 4);
        u32::try_from(sizes.map(|size| size.next_multiple_of(2)).sum::<usize>()).unwrap()
    };
    place += outside(&page) + if strips > 1 { strips * 8 } else { 0 };
    let lengths: Vec<u32> = page
        .strips
        .iter()
        .map(|strip| u32::try_from(strip.len()).unwrap())
        .collect();
    let offsets: Vec<u32> = lengths
        .iter()
        .scan(place, |next, length| {
            let offset = *next;
            *next += length;
            Some(offset)
        })
        .collect();
    page = page.long(273, &offsets).long(279, &lengths);
    let pixels = page.strips.concat();
    page.strips = vec![];
    page.tags.sort_by_key(|(tag, ..)| *tag);
    // Values and directory in their usual order, then swapped: the header points to the directory.
    let mut entries = Vec::new();
    let mut values = Vec::new();
    let values_at = 8 + 2 + 4 + 12 * page.tags.len();
    for (tag, kind, value) in &page.tags {
        let size = [0, 1, 1, 2, 4, 8, 1, 1][usize::from(*kind)];
        entries.extend(tag.to_le_bytes());
        entries.extend(kind.to_le_bytes());
        entries.extend(u32::try_from(value.len() / size).unwrap().to_le_bytes());
        let mut inline = value.clone();
        if value.len() > 4 {
            inline = u32::try_from(values_at + values.len())
                .unwrap()
                .to_le_bytes()
                .to_vec();
            values.extend(value);
            values.resize(values.len().next_multiple_of(2), 0);
        }
        inline.resize(4, 0);
        entries.extend(inline);
    }
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend(u16::try_from(page.tags.len()).unwrap().to_le_bytes());
    bytes.extend(entries);
    bytes.extend([0; 4]);
    bytes.extend(values);
    assert_eq!(bytes.len(), usize::try_from(place).unwrap());
    bytes.extend(pixels);
    bytes
}

//! The hostile corpus: images. Everything is made from small good files and a seed; the codes each
//! family must end in stand in `tests/corpora/expected.toml`.

use std::sync::Arc;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shoki_core::media::MediaKind;

use super::{colour_jpeg, jpeg, pdf, png, png_of, scaled_page, tiff};

/// Cuts and flips per file: hundreds over all kinds, and still seconds.
const CUTS: usize = 24;
const FLIPS: usize = 40;

/// One hostile file.
pub(crate) struct Case {
    /// Row of the table.
    pub(crate) family: &'static str,
    /// Which of the family.
    pub(crate) variant: String,
    /// What the parent believes it to be.
    pub(crate) kind: MediaKind,
    /// Page to ask for.
    pub(crate) page: u32,
    /// The file.
    pub(crate) bytes: Vec<u8>,
    /// The good file it was cut from: a page that comes out of a cut file must be the whole page.
    pub(crate) whole: Option<Arc<[u8]>>,
}

impl Case {
    /// A family of one.
    pub(crate) fn new(family: &'static str, kind: MediaKind, bytes: Vec<u8>) -> Self {
        Self {
            family,
            variant: String::new(),
            kind,
            page: 0,
            bytes,
            whole: None,
        }
    }

    /// Asking for another page.
    pub(crate) fn page(mut self, page: u32) -> Self {
        self.page = page;
        self
    }
}

/// All image cases.
pub(crate) fn images() -> Vec<Case> {
    let page = scaled_page(400, 566);
    let (grey_png, grey_jpeg) = (png(&page, None), jpeg(&page, Some(48)));
    let fax = tiff::directory_first(&tiff::group4_page(&page, (48, 48)));
    let mut cases = Vec::new();
    cases.extend(cuts("png_cut", MediaKind::Png, &grey_png));
    cases.extend(cuts("jpeg_cut", MediaKind::Jpeg, &grey_jpeg));
    cases.extend(cuts("tiff_cut", MediaKind::Tiff, &fax));
    cases.extend(flips("png_flip", MediaKind::Png, &grey_png));
    cases.extend(flips("jpeg_flip", MediaKind::Jpeg, &grey_jpeg));
    cases.extend(flips("jpeg_flip", MediaKind::Jpeg, &colour_jpeg(&page, 48)));
    cases.extend(flips("tiff_flip", MediaKind::Tiff, &fax));
    for (compression, strip) in tiff_strips(&page) {
        let bits: &[u16] = if compression == 4 { &[1] } else { &[8] };
        let photometric = u16::from(compression != 4);
        let good =
            tiff::Page::new(page.dimensions(), bits, compression, photometric, vec![strip]).dpi(48, 48);
        let good = tiff::directory_first(&good);
        cases.extend(cuts("tiff_cut", MediaKind::Tiff, &good));
        cases.extend(flips("tiff_flip", MediaKind::Tiff, &good));
    }
    cases.extend(empty_and_misnamed(&grey_png, &grey_jpeg, &fax));
    cases.extend(giants(&grey_png, &grey_jpeg));
    cases.extend(directories(&page));
    cases
}

/// Strips of the page in each code that the corpus damages.
fn tiff_strips(page: &image::GrayImage) -> Vec<(u16, Vec<u8>)> {
    vec![
        (1, page.as_raw().clone()),
        (5, lzw(page.as_raw())),
        (7, jpeg(page, None)),
        (8, deflated(page.as_raw())),
        (32773, packbits(page.as_raw())),
    ]
}

/// LZW of TIFF without a dictionary: clear codes often enough that every code has nine bits.
pub(crate) fn lzw(data: &[u8]) -> Vec<u8> {
    let mut bits = fax::VecWriter::new();
    let mut write = |code: u16| {
        let Ok(()) = fax::BitWriter::write(&mut bits, fax::Bits { data: code, len: 9 });
    };
    for chunk in data.chunks(200) {
        write(256);
        chunk.iter().for_each(|&byte| write(u16::from(byte)));
    }
    write(257);
    bits.finish()
}

/// A zlib stream.
pub(crate) fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, data).unwrap();
    encoder.finish().unwrap()
}

/// PackBits, runs and literals.
pub(crate) fn packbits(data: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    for run in data.chunk_by(|left, right| left == right) {
        for piece in run.chunks(128) {
            packed.push(u8::try_from((257 - piece.len()) % 256).unwrap());
            packed.push(piece[0]);
        }
    }
    packed
}

/// The file cut off at many places, also just before its end.
pub(crate) fn cuts(family: &'static str, kind: MediaKind, good: &[u8]) -> Vec<Case> {
    let whole: Arc<[u8]> = good.into();
    let even = (1..CUTS).map(|step| good.len() * step / CUTS);
    let last = [1, 2, 3, 8].map(|missing| good.len() - missing);
    even.chain(last)
        .map(|end| Case {
            variant: format!("first {end} of {} bytes", good.len()),
            whole: Some(Arc::clone(&whole)),
            ..Case::new(family, kind, good[..end].to_vec())
        })
        .collect()
}

/// The file with one to eight bits flipped, at seeded places.
pub(crate) fn flips(family: &'static str, kind: MediaKind, good: &[u8]) -> Vec<Case> {
    (0..FLIPS)
        .map(|number| {
            let mut random = ChaCha8Rng::seed_from_u64(number as u64);
            let mut bytes = good.to_vec();
            let count = random.random_range(1..=8);
            // Half of them in the first kilobyte, where the structure is.
            let range = if number % 2 == 0 {
                bytes.len()
            } else {
                bytes.len().min(1024)
            };
            for _ in 0..count {
                let place = random.random_range(0..range);
                bytes[place] ^= 1 << (random.next_u32() % 8);
            }
            Case {
                variant: format!("{} bytes, seed {number}", good.len()),
                ..Case::new(family, kind, bytes)
            }
        })
        .collect()
}

fn empty_and_misnamed(png: &[u8], jpeg: &[u8], tiff: &[u8]) -> Vec<Case> {
    let mut cases = Vec::new();
    let scan = pdf::scan(&scaled_page(100, 141), 1);
    let files = [
        (MediaKind::Pdf, &scan[..]),
        (MediaKind::Tiff, tiff),
        (MediaKind::Jpeg, jpeg),
        (MediaKind::Png, png),
    ];
    for kind in MediaKind::ALL.into_iter().filter(|kind| kind.has_page_images()) {
        cases.push(Case::new("zero_bytes", kind, vec![]));
        cases.push(Case::new("one_byte", kind, vec![b'%']));
        cases.push(Case::new("zeros", kind, vec![0; 10_000]));
        for (_, bytes) in files.iter().filter(|(real, _)| *real != kind) {
            cases.push(Case::new("wrong_extension", kind, bytes.to_vec()));
        }
    }
    cases
}

/// Headers that announce far more than there is, or than there may be.
fn giants(grey_png: &[u8], grey_jpeg: &[u8]) -> Vec<Case> {
    let with_size = |width: u32, height: u32| {
        let mut bytes = grey_png.to_vec();
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        let check = crc32fast::hash(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&check.to_be_bytes());
        bytes
    };
    let jpeg_with_size = |width: u16, height: u16| {
        let mut bytes = grey_jpeg.to_vec();
        let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
        bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
        bytes
    };
    let tiff_with_size = |width: u32, height: u32, strip: Vec<u8>, compression: u16| {
        tiff::file(&[tiff::Page::new((width, height), &[8], compression, 1, vec![strip]).dpi(600, 600)])
    };
    let black = vec![0; 1000];
    vec![
        Case::new("giant_header", MediaKind::Png, with_size(50_000, 50_000)),
        Case::new(
            "giant_header",
            MediaKind::Png,
            with_size(u32::MAX >> 1, u32::MAX >> 1),
        ),
        Case::new("giant_header", MediaKind::Jpeg, jpeg_with_size(50_000, 50_000)),
        Case::new("giant_header", MediaKind::Jpeg, jpeg_with_size(65_535, 65_535)),
        Case::new(
            "giant_tiff_header",
            MediaKind::Tiff,
            tiff_with_size(50_000, 50_000, black.clone(), 1),
        ),
        Case::new(
            "giant_tiff_header",
            MediaKind::Tiff,
            tiff_with_size(u32::MAX, u32::MAX, black.clone(), 1),
        ),
        Case::new("no_extent", MediaKind::Png, with_size(0, 566)),
        // Within the limits, and not there.
        Case::new("tall_tale", MediaKind::Png, with_size(8_000, 11_300)),
        Case::new("tall_tale", MediaKind::Jpeg, jpeg_with_size(8_000, 11_300)),
        Case::new(
            "tall_tale",
            MediaKind::Tiff,
            tiff_with_size(8_000, 11_300, black, 1),
        ),
        Case::new(
            "tall_tale",
            MediaKind::Tiff,
            tiff_with_size(8_000, 11_300, deflated(&[0; 5000]), 8),
        ),
        // A thousand to one: 140 MPixel of nothing. Honest, so it must be read.
        Case::new(
            "bomb",
            MediaKind::Tiff,
            tiff_with_size(10_000, 14_000, deflated(&vec![255; 140_000_000]), 8),
        ),
        Case::new(
            "bomb",
            MediaKind::Png,
            png_of(
                (10_000, 14_000),
                png::ColorType::Grayscale,
                png::BitDepth::One,
                &[0; 1250 * 14_000],
                Some(23_622),
                None,
            ),
        ),
    ]
}

/// TIFF directories in great number, in a ring, and wrong.
fn directories(page: &image::GrayImage) -> Vec<Case> {
    let fax = tiff::group4_page(page, (48, 48));
    let small = tiff::group4_page(&scaled_page(16, 16), (10, 10));
    let many = |count: usize| tiff::file(&vec![small.clone(); count]);
    let mut ring = tiff::file(&[fax.clone(), fax.clone(), fax.clone()]);
    let end = ring.len();
    let first: [u8; 4] = ring[4..8].try_into().unwrap();
    ring[end - 4..].copy_from_slice(&first);
    let odd = |change: fn(tiff::Page) -> tiff::Page| tiff::file(&[change(fax.clone())]);
    vec![
        Case::new("thousands_of_directories", MediaKind::Tiff, many(5000)).page(4999),
        Case::new("too_many_directories", MediaKind::Tiff, many(30_001)),
        Case::new("directory_ring", MediaKind::Tiff, ring.clone()).page(2),
        Case::new("directory_ring_end", MediaKind::Tiff, ring).page(3),
        Case::new(
            "odd_tiff",
            MediaKind::Tiff,
            odd(|page| page.elsewhere(0xffff_fff0, 100)),
        ),
        Case::new("odd_tiff", MediaKind::Tiff, odd(|page| page.long(278, &[0]))),
        Case::new("odd_tiff", MediaKind::Tiff, odd(|page| page.short(258, &[0]))),
        Case::new("odd_tiff", MediaKind::Tiff, odd(|page| page.short(277, &[0]))),
        Case::new("odd_tiff", MediaKind::Tiff, odd(|page| page.short(262, &[999]))),
        Case::new("odd_tiff", MediaKind::Tiff, odd(|page| page.short(259, &[6]))),
        Case::new("odd_tiff", MediaKind::Tiff, odd(|page| page.short(259, &[34712]))),
        Case::new("odd_tiff", MediaKind::Tiff, odd(|page| page.short(262, &[3]))),
        Case::new("odd_tiff", MediaKind::Tiff, odd(|page| page.short(258, &[16]))),
    ]
}

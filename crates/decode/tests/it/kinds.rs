//! Every kind of file that the product takes becomes the same page: upright, grey, 200 dpi.

use std::io::{Seek, SeekFrom, Write};

use image::{GrayImage, imageops};
use shoki_core::code::ErrorCode;
use shoki_core::media::MediaKind;

use crate::made::{self, A4, coded, crypt, hostile, is_the_page, pdf, tiff};
use crate::parent::{file, ordinary};

/// The only page of a document.
fn only_page(bytes: &[u8], kind: MediaKind) -> GrayImage {
    let document = file(bytes);
    assert_eq!(ordinary().probe(&document, kind).unwrap().pages, 1);
    ordinary().page(&document, kind, 0).unwrap()
}

fn assert_a4(bytes: &[u8], kind: MediaKind, what: &str) {
    let page = only_page(bytes, kind);
    assert!(
        page.width().abs_diff(A4.0) <= 1 && page.height().abs_diff(A4.1) <= 1,
        "{what}: {:?}",
        page.dimensions()
    );
    is_the_page(&page).unwrap_or_else(|trouble| panic!("{what}: {trouble}"));
}

#[test]
fn each_kind_gives_the_page() {
    let page = made::page();
    assert_a4(&made::png_page(), MediaKind::Png, "PNG");
    assert_a4(&made::jpeg(&page, Some(200)), MediaKind::Jpeg, "JPEG");
    assert_a4(&made::colour_jpeg(&page, 200), MediaKind::Jpeg, "colour JPEG");
    assert_a4(&pdf::scan(&page, 1), MediaKind::Pdf, "PDF");
    assert_a4(
        &tiff::file(&[tiff::group4_page(&page, (200, 200))]),
        MediaKind::Tiff,
        "TIFF",
    );
}

#[test]
fn pages_of_one_document_stand_alone() {
    let page = made::page();
    let document = file(&pdf::scan(&page, 3));
    let decoder = ordinary();
    assert_eq!(decoder.probe(&document, MediaKind::Pdf).unwrap().pages, 3);
    for index in [2, 0, 1] {
        is_the_page(&decoder.page(&document, MediaKind::Pdf, index).unwrap()).unwrap();
    }
    let error = decoder.page(&document, MediaKind::Pdf, 3).unwrap_err();
    assert_eq!(error.code(), ErrorCode::CorruptPage);
}

#[test]
fn photographs_are_turned_as_their_exif_says() {
    let page = made::page();
    // The stored image for EXIF 1, 3, 6 and 8 (the four that cameras and scanners write).
    let stored = [
        (1, page.clone()),
        (3, imageops::rotate180(&page)),
        (6, imageops::rotate270(&page)),
        (8, imageops::rotate90(&page)),
    ];
    for (orientation, image) in stored {
        let bytes = made::with_exif(&made::jpeg(&image, Some(200)), orientation);
        assert_a4(&bytes, MediaKind::Jpeg, &format!("EXIF {orientation}"));
    }
}

#[test]
fn resolutions_lead_to_200_dpi() {
    let small = made::scaled_page(827, 1170);
    assert_a4(&made::png(&small, Some(3937)), MediaKind::Png, "100 dpi PNG");
    assert_a4(
        &made::jpeg(&made::scaled_page(2480, 3508), Some(300)),
        MediaKind::Jpeg,
        "300 dpi JPEG",
    );
    assert_a4(
        &made::jpeg(&made::scaled_page(3024, 4277), Some(72)),
        MediaKind::Jpeg,
        "photograph",
    );
    let fine_across = made::scaled_page(1687, 1146);
    let fax = tiff::file(&[tiff::group4_page(&fine_across, (204, 98))]);
    assert_a4(&fax, MediaKind::Tiff, "standard fax");
}

#[test]
fn every_depth_of_png_is_grey_over_white() {
    let page = made::page();
    let each = |write: &dyn Fn(u8) -> Vec<u8>| {
        page.as_raw()
            .iter()
            .flat_map(|&tone| write(tone))
            .collect::<Vec<u8>>()
    };
    type Kind<'a> = (&'a str, png::ColorType, png::BitDepth, Vec<u8>, Option<&'a [u8]>);
    let kinds: [Kind<'_>; 4] = [
        (
            "16 bits",
            png::ColorType::Grayscale,
            png::BitDepth::Sixteen,
            each(&|tone| vec![tone, tone]),
            None,
        ),
        (
            "colour",
            png::ColorType::Rgb,
            png::BitDepth::Eight,
            each(&|tone| vec![tone; 3]),
            None,
        ),
        // Black everywhere; the tone is in the transparency.
        (
            "transparent",
            png::ColorType::GrayscaleAlpha,
            png::BitDepth::Eight,
            each(&|tone| vec![0, 255 - tone]),
            None,
        ),
        (
            "palette",
            png::ColorType::Indexed,
            png::BitDepth::Eight,
            each(&|tone| vec![u8::from(tone > 200)]),
            Some(&[0, 0, 0, 255, 255, 255]),
        ),
    ];
    for (name, color, depth, samples, palette) in kinds {
        let bytes = made::png_of(A4, color, depth, &samples, Some(7874), palette);
        assert_a4(&bytes, MediaKind::Png, name);
    }
}

#[test]
fn every_code_of_tiff_is_read() {
    let page = made::page();
    let grey = page.as_raw();
    let inverted: Vec<u8> = grey.iter().map(|tone| 255 - tone).collect();
    let colour: Vec<u8> = grey.iter().flat_map(|&tone| [tone; 3]).collect();
    let ink: Vec<u8> = grey.iter().flat_map(|&tone| [0, 0, 0, 255 - tone]).collect();
    let two_tones: Vec<u8> = grey.iter().map(|&tone| u8::from(tone > 200)).collect();
    let palette: Vec<u16> = [[0, u16::MAX], [0, u16::MAX], [0, u16::MAX]]
        .iter()
        .flat_map(|pair| pair.iter().copied().chain([0; 254]))
        .collect();
    let new = |bits: &[u16], compression, photometric, strip: Vec<u8>| {
        tiff::Page::new(A4, bits, compression, photometric, vec![strip]).dpi(200, 200)
    };
    let halves: Vec<Vec<u8>> = grey.chunks(1654 * 1170).map(hostile::packbits).collect();
    let pages = [
        ("bilevel", new(&[1], 1, 0, tiff::packed(&page))),
        ("grey", new(&[8], 1, 1, grey.clone())),
        ("white is zero", new(&[8], 1, 0, inverted)),
        ("LZW", new(&[8], 5, 1, hostile::lzw(grey))),
        ("Deflate", new(&[8], 8, 1, hostile::deflated(grey))),
        (
            "PackBits strips",
            tiff::Page::new(A4, &[8], 32773, 1, halves).dpi(200, 200),
        ),
        ("JPEG", new(&[8], 7, 1, made::jpeg(&page, None))),
        ("RGB", new(&[8, 8, 8], 1, 2, colour)),
        ("CMYK", new(&[8, 8, 8, 8], 1, 5, ink)),
        ("palette", new(&[8], 1, 3, two_tones).short(320, &palette)),
        (
            "bits reversed",
            new(
                &[1],
                4,
                0,
                tiff::group4(&page)
                    .iter()
                    .map(|byte| byte.reverse_bits())
                    .collect(),
            )
            .short(266, &[2]),
        ),
    ];
    for (name, page) in &pages {
        assert_a4(&tiff::file(std::slice::from_ref(page)), MediaKind::Tiff, name);
    }
    let upside_down = tiff::group4_page(&imageops::rotate180(&page), (200, 200)).short(274, &[3]);
    assert_a4(&tiff::file(&[upside_down]), MediaKind::Tiff, "orientation 3");
    // All of them as one stack.
    let stack: Vec<tiff::Page> = pages.iter().map(|(_, page)| page.clone()).collect();
    let document = file(&tiff::file(&stack));
    assert_eq!(ordinary().probe(&document, MediaKind::Tiff).unwrap().pages, 11);
    is_the_page(&ordinary().page(&document, MediaKind::Tiff, 10).unwrap()).unwrap();
}

#[test]
fn a_stack_that_was_cut_off_says_which_page_is_missing() {
    let page = tiff::group4_page(&made::page(), (200, 200));
    let whole = tiff::file(&[page.clone(), page.clone(), page.clone(), page]);
    let document = file(&whole[..whole.len() * 5 / 8]);
    let decoder = ordinary();
    assert_eq!(decoder.probe(&document, MediaKind::Tiff).unwrap().pages, 3);
    for index in [0, 1] {
        is_the_page(&decoder.page(&document, MediaKind::Tiff, index).unwrap()).unwrap();
    }
    assert_eq!(
        decoder.page(&document, MediaKind::Tiff, 2).unwrap_err().code(),
        ErrorCode::CorruptPage
    );
}

#[test]
fn a_broken_page_of_a_pdf_harms_no_other() {
    let page = made::page();
    let good = made::jpeg(&page, None);
    let cut = good[..good.len() / 2].to_vec();
    // Cut, and cut with an end-of-image marker put behind, which decoders take for an end.
    let ended = [&cut[..], &[0xff, 0xd9]].concat();
    let flate = "/ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode";
    let deflated = hostile::deflated(page.as_raw());
    let images = [
        pdf::image(A4, pdf::DCT, &good),
        pdf::image(A4, pdf::DCT, &cut),
        pdf::image(A4, pdf::DCT, &ended),
        pdf::image(A4, flate, &deflated),
        pdf::image(A4, flate, &deflated[..deflated.len() / 2]),
        pdf::image(A4, pdf::DCT, &good),
    ];
    let document = file(&pdf::of_images(&images, pdf::A4_POINTS, "").bytes());
    let decoder = ordinary();
    for (index, is_good) in (0..).zip([true, false, false, true, false, true]) {
        match decoder.page(&document, MediaKind::Pdf, index) {
            Ok(page) => assert!(is_good && is_the_page(&page).is_ok(), "page {index}"),
            Err(error) => assert!(
                !is_good && error.code() == ErrorCode::CorruptPage,
                "page {index}: {error}"
            ),
        }
    }
}

#[test]
fn what_only_pdf_carries_is_drawn() {
    let page = made::page();
    assert_a4(&coded::jbig2_pdf(&page), MediaKind::Pdf, "JBIG2");
    let jpx = only_page(&coded::jpx_pdf(), MediaKind::Pdf);
    assert!(
        jpx.pixels().all(|pixel| (126..=130).contains(&pixel.0[0])),
        "{:?}",
        jpx.get_pixel(9, 9)
    );
    let image = pdf::image(A4, pdf::DCT, &made::jpeg(&imageops::rotate270(&page), None));
    let (width, height) = pdf::A4_POINTS;
    let turned = pdf::of_images(&[image], (height, width), "/Rotate 90").bytes();
    assert_a4(&turned, MediaKind::Pdf, "rotated page");
    let locked = only_page(&crypt::locked(""), MediaKind::Pdf);
    assert_eq!(locked.get_pixel(800, 1000).0[0], 0);
}

#[test]
fn a_pdf_of_two_gibibytes_is_not_read_into_memory() {
    let small = pdf::scan(&made::page(), 2);
    let table = small.windows(5).position(|window| window == b"xref\n").unwrap();
    let end = String::from_utf8_lossy(&small[table..]).into_owned();
    let offset = 2_000_000_000_u64;
    let end = &end[..end.find("startxref").unwrap()];
    let mut document = file(&small[..table]);
    document.seek(SeekFrom::Start(offset)).unwrap();
    document
        .write_all(format!("{end}startxref\n{offset}\n%%EOF\n").as_bytes())
        .unwrap();
    is_the_page(&ordinary().page(&document, MediaKind::Pdf, 1).unwrap()).unwrap();
}

#[test]
fn children_share_one_open_file() {
    let document = file(&pdf::scan(&made::page(), 6));
    let decoder = ordinary();
    std::thread::scope(|scope| {
        for index in 0..6 {
            let (decoder, document) = (&decoder, &document);
            scope
                .spawn(move || is_the_page(&decoder.page(document, MediaKind::Pdf, index).unwrap()).unwrap());
        }
    });
}

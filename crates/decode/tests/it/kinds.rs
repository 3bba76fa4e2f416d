//! Every kind of file that the product takes becomes the same page: upright, grey, 200 dpi.

use image::GrayImage;
use shoki_core::code::ErrorCode;
use shoki_core::media::MediaKind;

use crate::made::{self, A4, is_the_page, pdf, tiff};
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

//! Images in the two codes that only PDF carries: JBIG2 and JPEG 2000, each as small as it can be.

use image::GrayImage;

use super::{pdf, tiff};

/// A PDF of one A4 page whose image is a JBIG2 stream: page information and one generic region coded
/// in MMR, which is T.6 (ITU-T T.88, 6.2.6, 7.4.6, 7.4.8).
pub(crate) fn jbig2_pdf(page: &GrayImage) -> Vec<u8> {
    let (width, height) = page.dimensions();
    let mut data = Vec::new();
    // Segment 0, page information, page 1: size, unknown resolution, flags, no stripes.
    data.extend([0, 0, 0, 0, 48, 0, 1]);
    data.extend(19_u32.to_be_bytes());
    data.extend(width.to_be_bytes());
    data.extend(height.to_be_bytes());
    data.extend([0; 8]);
    data.extend([0, 0, 0]);
    // Segment 1, immediate lossless generic region: size, place, combination OR, then flags: MMR.
    let code = tiff::group4(page);
    data.extend([0, 0, 0, 1, 39, 0, 1]);
    data.extend(u32::try_from(18 + code.len()).unwrap().to_be_bytes());
    data.extend(width.to_be_bytes());
    data.extend(height.to_be_bytes());
    data.extend([0; 8]);
    data.extend([0, 1]);
    data.extend(code);
    let filter = "/ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /JBIG2Decode";
    pdf::of_images(&[pdf::image((width, height), filter, &data)], pdf::A4_POINTS, "").bytes()
}

/// A PDF of one A4 page whose image is a JPEG 2000 codestream of one tile, one component and one
/// empty packet (ITU-T T.800, annex A): every pixel is mid-grey.
pub(crate) fn jpx_pdf() -> Vec<u8> {
    let (width, height) = (200_u32, 283_u32);
    let mut data = vec![0xff, 0x4f, 0xff, 0x51, 0, 41, 0, 0];
    for value in [width, height, 0, 0, width, height, 0, 0] {
        data.extend(value.to_be_bytes());
    }
    data.extend([0, 1, 7, 1, 1]);
    // Coding style: LRCP, one layer, no decomposition, 64 × 64 blocks, reversible 5-3.
    data.extend([0xff, 0x52, 0, 12, 0, 0, 0, 1, 0, 0, 4, 4, 0, 1]);
    // No quantisation, two guard bits, exponent 8.
    data.extend([0xff, 0x5c, 0, 4, 0x40, 0x40]);
    // The only tile-part: header of 12 bytes, start of data, one empty packet.
    data.extend([0xff, 0x90, 0, 10, 0, 0, 0, 0, 0, 15, 0, 1, 0xff, 0x93, 0x00]);
    data.extend([0xff, 0xd9]);
    let filter = "/ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /JPXDecode";
    pdf::of_images(&[pdf::image((width, height), filter, &data)], pdf::A4_POINTS, "").bytes()
}

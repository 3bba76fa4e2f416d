//! Whether the images of a PDF page are whole. PDFium draws what it can of a broken image and says
//! nothing, and a scan that is white from the middle on would read as a form left empty.
//!
//! Checked: JPEG by a strict decoder; Flate by the end of its stream and a lower bound on its length;
//! the others (JBIG2, JPEG 2000, fax, …) by whether PDFium gets a bitmap out of them at all. So a fax
//! or JBIG2 stream that breaks in its middle is not noticed here.

use flate2::{Decompress, FlushDecompress, Status};
use pdfium_render::prelude::{PdfPage, PdfPageImageObject, PdfPageObject, PdfPageObjectsCommon};

use crate::failure::{Decoded, Failure, FailureKind};
use crate::jpeg;

/// Nesting of form objects that is followed; scanners write none, office programs one or two.
const MAX_DEPTH: u32 = 4;
/// Images of one page that are checked: a scan has one, a mixed-raster page a few dozen.
const MAX_IMAGES: u32 = 500;
/// Bytes inflated at a time.
const WINDOW: usize = 64 * 1024;

/// Refuses a page with an image that is not whole.
pub(crate) fn require_whole(page: &PdfPage<'_>) -> Decoded<()> {
    let mut budget = MAX_IMAGES;
    page.objects()
        .iter()
        .try_for_each(|object| check_object(&object, MAX_DEPTH, &mut budget))
}

fn check_object(object: &PdfPageObject<'_>, depth: u32, budget: &mut u32) -> Decoded<()> {
    match object {
        PdfPageObject::Image(image) if *budget > 0 => {
            *budget -= 1;
            check_image(image)
        }
        PdfPageObject::XObjectForm(form) if depth > 0 && *budget > 0 => form
            .iter()
            .try_for_each(|inner| check_object(&inner, depth - 1, budget)),
        _ => Ok(()),
    }
}

fn check_image(image: &PdfPageImageObject<'_>) -> Decoded<()> {
    let broken = || Failure::page("an image of the PDF page is broken");
    let filters: Vec<String> = image
        .filters()
        .iter()
        .map(|filter| filter.name().to_owned())
        .collect();
    let filters: Vec<&str> = filters.iter().map(String::as_str).collect();
    match filters[..] {
        ["DCTDecode" | "DCT"] => {
            let data = image.get_raw_image_data().map_err(|_| broken())?;
            match jpeg::decode_grey(&data, None) {
                // A colour space that only PDFium knows is not a broken image.
                Err(failure) if failure.kind == FailureKind::CorruptPage => Err(broken()),
                _ => Ok(()),
            }
        }
        ["FlateDecode" | "Fl"] => {
            let data = image.get_raw_image_data().map_err(|_| broken())?;
            let size = |edge: Result<i32, _>| edge.ok().and_then(|edge| u64::try_from(edge).ok());
            let (Some(width), Some(height)) = (size(image.width()), size(image.height())) else {
                return Err(broken());
            };
            // One bit per pixel is the least there is.
            let least = width.div_ceil(8) * height;
            match inflated_length(&data) {
                Some(length) if length >= least => Ok(()),
                _ => Err(broken()),
            }
        }
        _ => image.get_raw_bitmap().map(drop).map_err(|_| broken()),
    }
}

/// Bytes that a zlib stream unpacks to; `None` when it breaks or does not end. Its checksum is not
/// looked at: programs exist that write it wrongly.
fn inflated_length(data: &[u8]) -> Option<u64> {
    let mut inflate = Decompress::new(false);
    let deflated = data.get(2..)?;
    let mut window = vec![0; WINDOW];
    loop {
        let (consumed, produced) = (inflate.total_in(), inflate.total_out());
        let rest = &deflated[usize::try_from(consumed).ok()?..];
        let status = inflate
            .decompress(rest, &mut window, FlushDecompress::None)
            .ok()?;
        if status == Status::StreamEnd {
            return Some(inflate.total_out());
        }
        if inflate.total_in() == consumed && inflate.total_out() == produced {
            return None;
        }
    }
}

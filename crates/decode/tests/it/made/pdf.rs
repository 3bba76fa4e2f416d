//! PDFs written by hand, object by object, so that each can be wrong in exactly one way.

use image::GrayImage;

/// Objects of a PDF: object `n` is `objects[n - 1]`, and object 1 is the catalogue.
#[derive(Clone, Default)]
pub(crate) struct Pdf {
    objects: Vec<Vec<u8>>,
    trailer: String,
}

impl Pdf {
    /// With the objects in order.
    pub(crate) fn new(objects: Vec<Vec<u8>>) -> Self {
        Self {
            objects,
            trailer: String::new(),
        }
    }

    /// With more entries in the trailer.
    pub(crate) fn trailer(mut self, entries: &str) -> Self {
        self.trailer = entries.to_owned();
        self
    }

    /// The file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
        let mut offsets = Vec::new();
        for (index, object) in self.objects.iter().enumerate() {
            offsets.push(bytes.len());
            bytes.extend(format!("{} 0 obj\n", index + 1).bytes());
            bytes.extend(object);
            bytes.extend(b"\nendobj\n");
        }
        let start = bytes.len();
        bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1).bytes());
        for offset in &offsets {
            bytes.extend(format!("{offset:010} 00000 n \n").bytes());
        }
        let (size, more) = (offsets.len() + 1, &self.trailer);
        bytes.extend(
            format!("trailer\n<< /Size {size} /Root 1 0 R {more} >>\nstartxref\n{start}\n%%EOF\n").bytes(),
        );
        bytes
    }
}

/// A stream object.
pub(crate) fn stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let mut object = format!("<< {dictionary} /Length {} >>\nstream\n", data.len()).into_bytes();
    object.extend(data);
    object.extend(b"\nendstream");
    object
}

/// One page per image; every image fills its page of `points`. `page_entries` go into each page.
pub(crate) fn of_images(images: &[Vec<u8>], points: (f64, f64), page_entries: &str) -> Pdf {
    let count = images.len();
    let kids: Vec<String> = (0..count).map(|index| format!("{} 0 R", 3 + index * 3)).collect();
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        format!("<< /Type /Pages /Count {count} /Kids [{}] >>", kids.join(" ")).into_bytes(),
    ];
    for (index, image) in images.iter().enumerate() {
        let (width, height) = points;
        let (content, xobject) = (4 + index * 3, 5 + index * 3);
        objects.push(
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Contents {content} 0 R \
                 /Resources << /XObject << /Im {xobject} 0 R >> >> {page_entries} >>"
            )
            .into_bytes(),
        );
        objects.push(stream(
            "",
            format!("q {width} 0 0 {height} 0 0 cm /Im Do Q").as_bytes(),
        ));
        objects.push(image.clone());
    }
    Pdf::new(objects)
}

/// An image object around coded data.
pub(crate) fn image((width, height): (u32, u32), filter: &str, data: &[u8]) -> Vec<u8> {
    stream(
        &format!("/Type /XObject /Subtype /Image /Width {width} /Height {height} {filter}"),
        data,
    )
}

/// Entries of a grey JPEG.
pub(crate) const DCT: &str = "/ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode";

/// A scan as office machines write it: JPEG pages of A4.
pub(crate) fn scan(page: &GrayImage, pages: usize) -> Vec<u8> {
    let image = image(page.dimensions(), DCT, &super::jpeg(page, None));
    of_images(&vec![image; pages], A4_POINTS, "").bytes()
}

/// A4 in points.
pub(crate) const A4_POINTS: (f64, f64) = (595.276, 841.89);

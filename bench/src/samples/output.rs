//! Writes a made stack: one PDF of JPEG pages, or one PNG a page, with `truth.json` beside.

use std::path::Path;

use anyhow::Context as _;
use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Rect, Ref};

use super::{Order, Workshop, stack_truth, truth::StackTruth};

/// How the pages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// `stack.pdf`, each page one JPEG at 200 dpi.
    Pdf,
    /// `page-001.png` and so on.
    Png,
}

/// Makes the stack and writes it with its truth into `directory`.
///
/// # Errors
/// Missing fonts, an unwritable directory.
pub fn write(order: &Order, format: Format, directory: &Path) -> anyhow::Result<StackTruth> {
    std::fs::create_dir_all(directory)?;
    let workshop = Workshop::open(order.hands)?;
    let (mut truths, mut jpegs) = (Vec::new(), Vec::new());
    for number in 1..=order.pages {
        let page = workshop.page(order, number)?;
        match format {
            Format::Pdf => jpegs.push((page.image.dimensions(), page.jpeg)),
            Format::Png => page.image.save(directory.join(format!("page-{number:03}.png")))?,
        }
        truths.push(page.truth);
    }
    let truth = stack_truth(order, truths);
    if format == Format::Pdf {
        std::fs::write(directory.join("stack.pdf"), pdf(&jpegs))?;
    }
    let file = directory.join("truth.json");
    std::fs::write(&file, serde_json::to_vec_pretty(&truth)?).with_context(|| file.display().to_string())?;
    Ok(truth)
}

/// A PDF whose pages are these JPEGs (width and height in pixels, bytes) at 200 dpi.
#[must_use]
pub fn pdf(jpegs: &[((u32, u32), Vec<u8>)]) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let reference =
        |index: usize| Ref::new(i32::try_from(index).expect("a stack has fewer pages than i32 counts"));
    let (catalogue, tree) = (Ref::new(1), Ref::new(2));
    pdf.catalog(catalogue).pages(tree);
    let page_ref = |index: usize| reference(3 + 3 * index);
    pdf.pages(tree)
        .kids((0..jpegs.len()).map(page_ref))
        .count(i32::try_from(jpegs.len()).expect("a stack has fewer pages than i32 counts"));
    for (index, ((width, height), jpeg)) in jpegs.iter().enumerate() {
        let (image_ref, content_ref) = (reference(4 + 3 * index), reference(5 + 3 * index));
        let points = |pixels: u32| pixels as f32 * 72.0 / crate::canvas::DPI;
        let (w, h) = (points(*width), points(*height));
        let mut page = pdf.page(page_ref(index));
        page.media_box(Rect::new(0.0, 0.0, w, h))
            .parent(tree)
            .contents(content_ref);
        page.resources().x_objects().pair(Name(b"Im"), image_ref);
        page.finish();
        let mut image = pdf.image_xobject(image_ref, jpeg);
        image.filter(Filter::DctDecode);
        image.width(i32::try_from(*width).expect("pages are small"));
        image.height(i32::try_from(*height).expect("pages are small"));
        image.color_space().device_gray();
        image.bits_per_component(8);
        image.finish();
        let mut content = Content::new();
        content
            .save_state()
            .transform([w, 0.0, 0.0, h, 0.0, 0.0])
            .x_object(Name(b"Im"))
            .restore_state();
        pdf.stream(content_ref, &content.finish());
    }
    pdf.finish()
}

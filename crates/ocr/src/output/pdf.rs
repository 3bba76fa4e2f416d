//! Searchable PDF: each page's picture, and over it, invisible (render mode 3), what was read, at the
//! place where it was read.
//!
//! Promises: pages upright; the same pages give the same bytes; a value with an unchosen candidate shows
//! the proposed value only. Memory: all pictures as JPEG (some 250 KB a page), so callers set a limit.

mod glyphless;

use std::collections::BTreeMap;

use image::GrayImage;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, TextRenderingMode, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Rect, Ref, Str};
use shoki_core::form::{FieldDefinition, FieldType, FormDefinition};
use shoki_core::reading::{FieldReading, PageReading};

use super::picture::{Quad, jpeg, upright_page};
use crate::error::OcrError;

/// Dots per inch of decoded pages.
const DPI: f32 = 200.0;
/// Height of a character as a part of its line's.
const LINE_FILL: f32 = 0.8;
/// Smallest text size, points.
const LEAST_SIZE: f32 = 1.0;
/// The font's names.
const FONT: Name<'_> = Name(b"F0");
const BASE_FONT: Name<'_> = Name(b"ShokiGlyphless");
const PICTURE: Name<'_> = Name(b"Im");
const IDENTITY: SystemInfo<'_> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};
/// Objects before the first page's: catalogue, page tree, and the font's six.
const FIRST_PAGE: i32 = 9;
/// Objects per page: page, picture, content.
const PER_PAGE: i32 = 3;

/// A PDF in the making.
pub struct SearchablePdf {
    pdf: Pdf,
    pages: i32,
    /// Characters used so far, numbered from 1.
    cids: BTreeMap<char, u16>,
}

impl std::fmt::Debug for SearchablePdf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SearchablePdf")
            .field("pages", &self.pages)
            .finish()
    }
}

impl Default for SearchablePdf {
    fn default() -> Self {
        Self {
            pdf: Pdf::new(),
            pages: 0,
            cids: BTreeMap::new(),
        }
    }
}

impl SearchablePdf {
    /// Adds a page: its picture as it was decoded (grey, 200 dpi, any way up), what was read, and the form
    /// it was sorted to.
    ///
    /// # Errors
    /// `Crop` when the picture cannot be encoded.
    pub fn push(
        &mut self,
        image: &GrayImage,
        reading: &PageReading,
        form: Option<&FormDefinition>,
    ) -> Result<(), OcrError> {
        let page = upright_page(image, reading.quarter_turns);
        let (width, height) = page.dimensions();
        let jpeg = jpeg(&page)?;
        let [own, picture, content] = objects(self.pages);
        self.pages += 1;
        let (w, h) = (points(width as f32), points(height as f32));
        let mut node = self.pdf.page(own);
        node.media_box(Rect::new(0.0, 0.0, w, h))
            .parent(Ref::new(2))
            .contents(content);
        let mut resources = node.resources();
        resources.x_objects().pair(PICTURE, picture);
        resources.fonts().pair(FONT, Ref::new(3));
        resources.finish();
        node.finish();
        let mut object = self.pdf.image_xobject(picture, &jpeg);
        object.filter(Filter::DctDecode);
        object.width(i32::try_from(width).unwrap_or(i32::MAX));
        object.height(i32::try_from(height).unwrap_or(i32::MAX));
        object.color_space().device_gray();
        object.bits_per_component(8);
        object.finish();
        let mut drawn = Content::new();
        drawn
            .save_state()
            .transform([w, 0.0, 0.0, h, 0.0, 0.0])
            .x_object(PICTURE)
            .restore_state();
        drawn
            .begin_text()
            .set_text_rendering_mode(TextRenderingMode::Invisible);
        for (text, quad, spread) in placed(reading, form) {
            self.show(&mut drawn, &text, quad, h, spread);
        }
        drawn.end_text();
        self.pdf.stream(content, &drawn.finish());
        Ok(())
    }

    /// Sets a line into a quad; `spread` over its whole width, else as large as the quad allows.
    fn show(&mut self, drawn: &mut Content, text: &str, quad: Quad, page_height: f32, spread: bool) {
        let count = text.chars().count();
        let [top_left, _, bottom_right, bottom_left] =
            quad.map(|[x, y]| [points(x), page_height - points(y)]);
        let along = [bottom_right[0] - bottom_left[0], bottom_right[1] - bottom_left[1]];
        let width = along[0].hypot(along[1]);
        let up = [top_left[0] - bottom_left[0], top_left[1] - bottom_left[1]];
        let height = up[0].hypot(up[1]);
        if count == 0 || width <= 0.0 || height <= 0.0 {
            return;
        }
        let across = width / count as f32;
        let size = (height * LINE_FILL)
            .min(if spread { f32::MAX } else { across })
            .max(LEAST_SIZE);
        let stretch = if spread { across / size } else { 1.0 };
        let (cos, sin) = (along[0] / width, along[1] / width);
        let rise = (height - size) / 2.0 / height;
        let origin = [bottom_left[0] + up[0] * rise, bottom_left[1] + up[1] * rise];
        let mut bytes = Vec::new();
        for c in text.chars() {
            let next = u16::try_from(self.cids.len() + 1).unwrap_or(0);
            bytes.extend(self.cids.entry(c).or_insert(next).to_be_bytes());
        }
        drawn
            .set_font(FONT, size)
            .set_horizontal_scaling(stretch * 100.0)
            .set_text_matrix([cos, sin, -sin, cos, origin[0], origin[1]])
            .show(Str(&bytes));
    }

    /// The file.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        let (catalogue, tree) = (Ref::new(1), Ref::new(2));
        self.pdf.catalog(catalogue).pages(tree);
        self.pdf
            .pages(tree)
            .kids((0..self.pages).map(|index| objects(index)[0]))
            .count(self.pages);
        self.font();
        self.pdf.finish()
    }

    fn font(&mut self) {
        let [font, descendant, descriptor, program, to_unicode, to_glyph] =
            std::array::from_fn(|index| Ref::new(3 + index as i32));
        let pdf = &mut self.pdf;
        pdf.type0_font(font)
            .base_font(BASE_FONT)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(descendant)
            .to_unicode(to_unicode);
        pdf.cid_font(descendant)
            .subtype(CidFontType::Type2)
            .base_font(BASE_FONT)
            .system_info(IDENTITY)
            .font_descriptor(descriptor)
            .default_width(1000.0)
            .cid_to_gid_map_stream(to_glyph);
        pdf.font_descriptor(descriptor)
            .name(BASE_FONT)
            .flags(FontFlags::SYMBOLIC | FontFlags::FIXED_PITCH)
            .bbox(Rect::new(0.0, 0.0, 1000.0, 1000.0))
            .italic_angle(0.0)
            .ascent(1000.0)
            .descent(0.0)
            .cap_height(1000.0)
            .stem_v(80.0)
            .font_file2(program);
        let file = glyphless::font();
        pdf.stream(program, &file)
            .pair(Name(b"Length1"), i32::try_from(file.len()).unwrap_or(i32::MAX));
        // Every CID, 0 included, has the one empty glyph.
        pdf.stream(to_glyph, &vec![0_u8; 2 * (self.cids.len() + 1)]);
        let mut map = UnicodeCmap::new(Name(b"Shoki"), IDENTITY);
        let mut pairs: Vec<(u16, char)> = self.cids.iter().map(|(c, cid)| (*cid, *c)).collect();
        pairs.sort_unstable();
        for (cid, c) in pairs {
            map.pair(cid, c);
        }
        pdf.cmap(to_unicode, map.finish().as_slice());
    }
}

fn objects(page: i32) -> [Ref; 3] {
    [0, 1, 2].map(|part| Ref::new(FIRST_PAGE + PER_PAGE * page + part))
}

fn points(pixels: f32) -> f32 {
    pixels * 72.0 / DPI
}

/// What was read, where, and whether it fills its place (one printed box per character).
fn placed(reading: &PageReading, form: Option<&FormDefinition>) -> Vec<(String, Quad, bool)> {
    let lines = reading
        .lines
        .iter()
        .map(|line| (line.text.clone(), line.quad, true));
    let mut all: Vec<(String, Quad, bool)> = lines.collect();
    if let (Some(form), Some(placement)) = (form, &reading.placement) {
        for field in &form.fields {
            let Some(read) = reading
                .fields
                .get(&field.key)
                .filter(|read| !read.text.is_empty())
            else {
                continue;
            };
            for (text, area, spread) in parts(field, read) {
                all.push((text.to_owned(), placement.quad(area), spread));
            }
        }
    }
    all
}

/// A text in its box, or each chosen value at its choice.
fn parts<'a>(
    field: &FieldDefinition,
    read: &'a FieldReading,
) -> Vec<(&'a str, shoki_core::form::MmBox, bool)> {
    if matches!(field.kind, FieldType::Check | FieldType::Circle) {
        let chosen = read.text.split('|').filter_map(|value| {
            let choice = field.choices.iter().find(|choice| choice.value == value)?;
            Some((value, choice.area, false))
        });
        return chosen.collect();
    }
    let fills = field
        .cells
        .is_some_and(|cells| read.text.chars().count() == cells as usize);
    vec![(read.text.as_str(), field.area, fills)]
}

//! A field cut out of a page: straightened, the form's own print taken out, only its own ink kept.
//!
//! The crop reaches [`MARGIN`] pixels beyond the field, so strokes that overhang its box stay whole,
//! and neighbours' strokes that hang in are erased. What is printed goes where the handwriting does
//! not bridge it (MODELS.md §2: template subtraction with bridge repair).

use image::GrayImage;

use crate::bitmap::{Bitmap, Component, Element, otsu};
use crate::geometry::Homography;
use crate::plane::Paper;
use crate::seal;

/// How far a crop reaches beyond its field, pixels (3 mm).
pub(crate) const MARGIN: usize = 24;
/// Smaller components are dust (prototype: 12 pixels at 200 dpi).
pub(crate) const DUST: usize = 12;
/// White around the ink of a tight crop, pixels (prototype).
pub(crate) const PAD: usize = 8;
/// Grey below which a template's pixel is printed.
const PRINTED: u8 = 200;

/// A rectangle in template pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PixelBox {
    /// Left column.
    pub(crate) x: i32,
    /// Top row.
    pub(crate) y: i32,
    /// Columns.
    pub(crate) width: usize,
    /// Rows.
    pub(crate) height: usize,
}

/// A page ready for cropping.
pub(crate) struct Sheet<'a> {
    /// Upright page.
    pub(crate) page: &'a GrayImage,
    /// Its paper.
    pub(crate) paper: &'a Paper,
    /// Template → page.
    pub(crate) map: &'a Homography,
    /// Upright blank page.
    pub(crate) template: &'a GrayImage,
}

/// A field's pixels.
#[derive(Clone, Debug)]
pub(crate) struct Crop {
    /// The field with its margin, paper divided out, print and all.
    pub(crate) flat: GrayImage,
    /// The same without print, dust and neighbours' strokes.
    pub(crate) clean: GrayImage,
    /// The field's own ink.
    pub(crate) ink: Bitmap,
    /// Whether own ink reaches the end of the crop.
    pub(crate) at_edge: bool,
}

impl Crop {
    /// Turns a part of the field's ink white.
    pub(crate) fn take_out(&mut self, part: &Bitmap) {
        self.ink = self.ink.without(part);
        let gone = part.dilated(Element::SQUARE_5).without(&self.ink);
        for (pixel, &gone) in self.clean.iter_mut().zip(&gone.data) {
            if gone == 1 {
                *pixel = 255;
            }
        }
    }
}

/// An area with its ink, whoever's it is.
pub(crate) struct Inked {
    /// Straightened, paper divided out.
    pub(crate) flat: GrayImage,
    /// Ink that is not print.
    pub(crate) ink: Bitmap,
    /// The part of it that lies on print.
    bridges: Bitmap,
    /// What is printed (grown by two pixels), where the form lies here.
    print: Bitmap,
}

impl Sheet<'_> {
    /// Cuts out a field.
    pub(crate) fn crop(&self, field: PixelBox) -> Crop {
        let Inked {
            flat,
            ink: all,
            bridges,
            print,
        } = self.inked(field, MARGIN);
        let seals = seal::seals(&all);
        let all = seals.as_ref().map_or(all.clone(), |seals| all.without(seals));
        let (ink, mut foreign, at_edge) = ownership(&all, field);
        if let Some(seals) = seals {
            foreign = foreign.or(&seals);
        }
        // Grey at the strokes' rims stays; what is printed, dust or foreign turns white.
        let erase = print
            .without(&bridges)
            .or(&foreign.dilated(Element::SQUARE_5).without(&ink));
        let mut clean = flat.clone();
        for (pixel, &gone) in clean.iter_mut().zip(&erase.data) {
            if gone == 1 {
                *pixel = 255;
            }
        }
        Crop {
            flat,
            clean,
            ink,
            at_edge,
        }
    }

    /// An area as it lies on the page, straightened, for the eye.
    pub(crate) fn view(&self, area: PixelBox) -> GrayImage {
        self.straightened(area.x, area.y, area.width, area.height)
    }

    /// All ink that is not print in an area and `margin` pixels around it.
    pub(crate) fn inked(&self, area: PixelBox, margin: usize) -> Inked {
        let (width, height) = (area.width + 2 * margin, area.height + 2 * margin);
        let (left, top) = (area.x - margin as i32, area.y - margin as i32);
        let flat = self.straightened(left, top, width, height);
        let printed = self.printed(left, top, width, height);
        let limit = threshold(&flat);
        let dark = Bitmap::of(width, height, &flat, |byte| byte < limit);
        let (dx, dy) = best_shift(&printed, &flat);
        let print = printed.shifted(dx, dy).dilated(Element::SQUARE_5);
        let core = dark.without(&print);
        let bridges = core.closed(Element::DISC_9).and(&print).and(&dark);
        let ink = core.or(&bridges);
        Inked {
            flat,
            ink,
            bridges,
            print,
        }
    }

    /// Template pixels `left.., top..` as they lie on the page, divided by the paper; Catmull–Rom.
    fn straightened(&self, left: i32, top: i32, width: usize, height: usize) -> GrayImage {
        let mut out = GrayImage::new(width as u32, height as u32);
        let raw: &mut [u8] = &mut out;
        for (y, line) in (top..).zip(raw.chunks_exact_mut(width)) {
            for (x, pixel) in (left..).zip(line) {
                let [px, py] = self.map.apply([f64::from(x), f64::from(y)]);
                let (px, py) = (px as f32, py as f32);
                let value = sample(self.page, px, py) / self.paper.at(px, py) * 255.0;
                *pixel = value.clamp(0.0, 255.0) as u8;
            }
        }
        out
    }

    fn printed(&self, left: i32, top: i32, width: usize, height: usize) -> Bitmap {
        let mut out = Bitmap::empty(width, height);
        let (columns, rows) = self.template.dimensions();
        for (y, line) in (top..).zip(out.data.chunks_exact_mut(width)) {
            for (x, bit) in (left..).zip(line) {
                if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y))
                    && x < columns
                    && y < rows
                {
                    *bit = u8::from(self.template.get_pixel(x, y)[0] < PRINTED);
                }
            }
        }
        out
    }
}

/// Dark enough to be ink: just above Otsu's threshold, never so light that paper noise counts.
fn threshold(flat: &[u8]) -> u8 {
    otsu(flat).saturating_add(15).min(200)
}

/// Catmull–Rom sample at a place between pixels; the border pixel beyond the page.
fn sample(page: &GrayImage, x: f32, y: f32) -> f32 {
    let (width, height) = page.dimensions();
    let (x0, y0) = (x.floor(), y.floor());
    let (across, down) = (weights(x - x0), weights(y - y0));
    let raw = page.as_raw();
    let (x0, y0) = (x0 as i64 - 1, y0 as i64 - 1);
    let (columns, rows) = (i64::from(width), i64::from(height));
    let mut sum = 0.0;
    if x0 >= 0 && y0 >= 0 && x0 + 4 <= columns && y0 + 4 <= rows {
        let start = y0 as usize * width as usize + x0 as usize;
        for (row, weight) in down.iter().enumerate() {
            let pixels = &raw[start + row * width as usize..][..4];
            let line: f32 = pixels.iter().zip(&across).map(|(&p, w)| f32::from(p) * w).sum();
            sum += line * weight;
        }
    } else {
        for (row, weight) in (y0..).zip(&down) {
            let row = row.clamp(0, rows - 1) * columns;
            for (column, share) in (x0..).zip(&across) {
                sum += f32::from(raw[(row + column.clamp(0, columns - 1)) as usize]) * share * weight;
            }
        }
    }
    sum
}

fn weights(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [
        -0.5 * t3 + t2 - 0.5 * t,
        1.5 * t3 - 2.5 * t2 + 1.0,
        -1.5 * t3 + 2.0 * t2 + 0.5 * t,
        0.5 * t3 - 0.5 * t2,
    ]
}

/// The shift of up to three pixels that lays the print on the darkest pixels; small shifts win ties.
fn best_shift(printed: &Bitmap, flat: &GrayImage) -> (i32, i32) {
    const REACH: i32 = 3;
    let (width, height) = (printed.width as i32, printed.height as i32);
    let mut points = Vec::new();
    for y in REACH..height - REACH {
        for x in REACH..width - REACH {
            let at = (y * width + x) as usize;
            if printed.data[at] == 1 {
                points.push(at as i32);
            }
        }
    }
    if points.len() < 60 {
        return (0, 0);
    }
    let step = (points.len() / 1500).max(1);
    let raw = flat.as_raw();
    let darkness = |dx: i32, dy: i32| -> f32 {
        let by = dy * width + dx;
        let sum: u32 = points
            .iter()
            .step_by(step)
            .map(|&at| 255 - u32::from(raw[(at + by) as usize]))
            .sum();
        let mean = sum as f32 / points.len().div_ceil(step) as f32;
        mean - 1.0 * (dx.abs() + dy.abs()) as f32
    };
    let mut best = (0, 0);
    let mut most = darkness(0, 0);
    for dy in -REACH..=REACH {
        for dx in -REACH..=REACH {
            let here = darkness(dx, dy);
            if here > most {
                (best, most) = ((dx, dy), here);
            }
        }
    }
    best
}

/// Own ink, ink to erase, and whether own ink reaches the crop's end.
fn ownership(all: &Bitmap, field: PixelBox) -> (Bitmap, Bitmap, bool) {
    let (labels, components) = all.components();
    let mut inside = vec![0_usize; components.len()];
    let (xs, ys) = (
        MARGIN - 1..MARGIN + field.width + 1,
        MARGIN - 1..MARGIN + field.height + 1,
    );
    for y in ys {
        for x in xs.clone() {
            if let Some(index) = (labels[y * all.width + x] as usize).checked_sub(1) {
                inside[index] += 1;
            }
        }
    }
    let own: Vec<bool> = components
        .iter()
        .zip(&inside)
        .map(|(component, &inside)| component.area >= DUST && inside * 2 >= component.area)
        .collect();
    let ends = |c: &Component| c.left == 0 || c.top == 0 || c.right == all.width || c.bottom == all.height;
    let at_edge = components
        .iter()
        .zip(&own)
        .any(|(component, &own)| own && ends(component));
    let pick = |wanted: bool| Bitmap {
        width: all.width,
        height: all.height,
        data: labels
            .iter()
            .map(|&label| {
                (label as usize)
                    .checked_sub(1)
                    .map_or(0, |index| u8::from(own[index] == wanted))
            })
            .collect(),
    };
    (pick(true), pick(false), at_edge)
}

/// The rectangle around all ink, [`PAD`] larger: x, y, width, height. `None` without ink.
pub(crate) fn ink_bounds(ink: &Bitmap) -> Option<(u32, u32, u32, u32)> {
    let (mut left, mut top, mut right, mut bottom) = (usize::MAX, usize::MAX, 0, 0);
    for (y, row) in ink.data.chunks_exact(ink.width).enumerate() {
        if let Some(first) = row.iter().position(|&bit| bit == 1) {
            let last = row.iter().rposition(|&bit| bit == 1).unwrap_or(first);
            left = left.min(first);
            right = right.max(last + 1);
            top = top.min(y);
            bottom = y + 1;
        }
    }
    if right == 0 {
        return None;
    }
    let (left, top) = (left.saturating_sub(PAD), top.saturating_sub(PAD));
    let (right, bottom) = ((right + PAD).min(ink.width), (bottom + PAD).min(ink.height));
    Some((
        left as u32,
        top as u32,
        (right - left) as u32,
        (bottom - top) as u32,
    ))
}

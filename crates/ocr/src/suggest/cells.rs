//! The ruled lines of a page, and the regions between them.

use image::GrayImage;
use shoki_core::form::MmBox;

use crate::bitmap::{Bitmap, Component, Element};

/// A run of dark pixels of this length is part of a ruled line, millimetres: the edge of a box to tick.
const RULE_MM: f32 = 2.2;
/// … unless it is as thick as this, millimetres: a filled square, a heading's stroke.
const THICK_MM: f32 = 1.4;
/// Brightness, as a share of the paper's, below which a pixel is ink.
const INK: f32 = 0.8;
/// … and below which a region is shaded.
const SHADE: f32 = 0.95;
/// Share of its bounding box that a region fills when nothing stands in it.
const WHOLE: f32 = 0.88;
/// Length of a line to write on, millimetres.
const UNDERLINE_MM: std::ops::RangeInclusive<f32> = 7.0..=120.0;
/// Height of what is written on a line, millimetres.
const WRITTEN_ABOVE_MM: f32 = 7.0;
/// Smallest region, millimetres.
const LEAST_MM: f32 = 1.8;

/// A region between ruled lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    /// Inside of the lines.
    pub(super) area: MmBox,
    /// The same in pixels: left, top, right, bottom.
    pub(super) pixels: [usize; 4],
    /// Whether no other region stands in it and it is a rectangle.
    pub(super) is_whole: bool,
    /// Whether it is grey.
    pub(super) is_shaded: bool,
    /// Share of its pixels that are print.
    pub(super) ink: f32,
}

/// A page as lines and regions.
pub(super) struct Ruled {
    /// The regions, in no order.
    pub(super) cells: Vec<Cell>,
    /// All ink.
    pub(super) ink: Bitmap,
    /// Ruled lines that end on both sides in white: places to write above.
    pub(super) underlines: Vec<MmBox>,
    /// Millimetres a pixel, across and down.
    pub(super) scale: [f32; 2],
}

impl Ruled {
    /// Of a grey page of a size in millimetres.
    pub(super) fn of(page: &GrayImage, page_mm: [f32; 2]) -> Self {
        let (width, height) = (page.width() as usize, page.height() as usize);
        let scale = [
            page_mm[0] / width.max(1) as f32,
            page_mm[1] / height.max(1) as f32,
        ];
        let paper = paper(page.as_raw());
        let limit = paper * INK;
        let ink = Bitmap::of(width, height, page.as_raw(), |byte| f32::from(byte) < limit);
        let rules = rules(&ink, scale);
        let spread = rules.dilated(Element::SQUARE_3);
        let open = Bitmap::of(width, height, &spread.data, |bit| bit == 0);
        let (_, regions) = open.components();
        let cells = regions
            .iter()
            .filter(|region| !touches_border(region, width, height))
            .filter_map(|region| cell(region, page, (&ink, &open), scale, paper))
            .collect();
        let underlines = underlines(&rules, &ink, scale);
        Self {
            cells,
            ink,
            underlines,
            scale,
        }
    }

    /// The smallest region around a cell that is not the cell.
    pub(super) fn home_of(&self, at: usize) -> Option<usize> {
        let inner = self.cells[at].pixels;
        let holds = |outer: [usize; 4]| {
            outer[0] < inner[0] && outer[1] < inner[1] && outer[2] > inner[2] && outer[3] > inner[3]
        };
        let size = |place: &usize| {
            let [left, top, right, bottom] = self.cells[*place].pixels;
            (right - left) * (bottom - top)
        };
        (0..self.cells.len())
            .filter(|&other| other != at && holds(self.cells[other].pixels))
            .min_by_key(size)
    }
}

/// The brightness that most of the page's bright half has.
fn paper(bytes: &[u8]) -> f32 {
    let mut histogram = [0_u32; 256];
    for &byte in bytes {
        histogram[usize::from(byte)] += 1;
    }
    let brightest = (128..256).max_by_key(|&level| histogram[level]).unwrap_or(255);
    brightest as f32
}

fn touches_border(region: &Component, width: usize, height: usize) -> bool {
    region.left == 0 || region.top == 0 || region.right == width || region.bottom == height
}

fn cell(
    region: &Component,
    page: &GrayImage,
    (ink, open): (&Bitmap, &Bitmap),
    scale: [f32; 2],
    paper: f32,
) -> Option<Cell> {
    // One pixel of the inside was given to the lines on every side.
    let (left, top) = (region.left - 1, region.top - 1);
    let (right, bottom) = (region.right + 1, region.bottom + 1);
    let area = MmBox {
        x: left as f32 * scale[0],
        y: top as f32 * scale[1],
        w: (right - left) as f32 * scale[0],
        h: (bottom - top) as f32 * scale[1],
    };
    if area.w < LEAST_MM || area.h < LEAST_MM {
        return None;
    }
    let (columns, rows) = (region.left..region.right, region.top..region.bottom);
    let pixels = (columns.len() * rows.len()) as f32;
    let mut greys: Vec<u8> = Vec::new();
    for y in rows.clone().step_by(2) {
        for x in columns.clone().step_by(2) {
            if open.data[y * open.width + x] == 1 && ink.data[y * ink.width + x] == 0 {
                greys.push(page.as_raw()[y * open.width + x]);
            }
        }
    }
    greys.sort_unstable();
    let middle = greys.get(greys.len() / 2).copied().unwrap_or(u8::MAX);
    Some(Cell {
        area,
        pixels: [left, top, right, bottom],
        is_whole: region.area as f32 >= WHOLE * pixels,
        is_shaded: f32::from(middle) < SHADE * paper,
        ink: ink.count_in(columns, rows) as f32 / pixels,
    })
}

/// Lines alone with white above: nothing of a frame, nothing under a word.
fn underlines(rules: &Bitmap, ink: &Bitmap, scale: [f32; 2]) -> Vec<MmBox> {
    let (_, pieces) = rules.components();
    let height = (WRITTEN_ABOVE_MM / scale[1]) as usize;
    let is_alone = |piece: &&Component| {
        let (width, thick) = (piece.right - piece.left, piece.bottom - piece.top);
        let aside = (1.0 / scale[0]) as usize;
        let around = piece.left.saturating_sub(aside)..piece.right + aside;
        UNDERLINE_MM.contains(&(width as f32 * scale[0]))
            && thick as f32 * scale[1] <= THICK_MM
            && piece.top > height
            && ink.count_in(
                piece.left..piece.right,
                piece.top - height..piece.top.saturating_sub(1),
            ) == 0
            && ink.count_in(around, piece.top..piece.bottom) <= width * thick
            && ink.count_in(piece.left..piece.right, piece.bottom + 1..piece.bottom + aside) == 0
    };
    let place = |piece: &Component| MmBox {
        x: piece.left as f32 * scale[0],
        y: piece.top as f32 * scale[1] - WRITTEN_ABOVE_MM,
        w: (piece.right - piece.left) as f32 * scale[0],
        h: WRITTEN_ABOVE_MM,
    };
    pieces.iter().filter(is_alone).map(place).collect()
}

/// Pixels of ruled lines: long runs of ink that are thin.
fn rules(ink: &Bitmap, scale: [f32; 2]) -> Bitmap {
    let across = long_runs(ink, (RULE_MM / scale[0]) as usize, (THICK_MM / scale[1]) as usize);
    let turned = transposed(ink);
    let down = long_runs(
        &turned,
        (RULE_MM / scale[1]) as usize,
        (THICK_MM / scale[0]) as usize,
    );
    across.or(&transposed(&down))
}

/// Pixels of horizontal runs of at least `least` that are nowhere in their middle thicker than `thick`.
fn long_runs(ink: &Bitmap, least: usize, thick: usize) -> Bitmap {
    let mut runs = Bitmap::empty(ink.width, ink.height);
    for y in 0..ink.height {
        let row = &ink.data[y * ink.width..][..ink.width];
        let mut x = 0;
        while x < row.len() {
            let length = row[x..].iter().take_while(|&&bit| bit == 1).count();
            if length >= least.max(1) && is_thin(ink, x + length / 2, y, thick) {
                runs.data[y * ink.width + x..][..length].fill(1);
            }
            x += length.max(1);
        }
    }
    runs
}

/// Whether the ink at a pixel is at most `thick` high; a crossing line is looked past, a little to the side.
fn is_thin(ink: &Bitmap, x: usize, y: usize, thick: usize) -> bool {
    let height_at = |x: usize| {
        let is_ink = |y: usize| ink.data[y * ink.width + x] == 1;
        let above = (0..y).rev().take(thick + 1).take_while(|&y| is_ink(y)).count();
        let below = (y..ink.height).take(thick + 1).take_while(|&y| is_ink(y)).count();
        above + below
    };
    let aside = |by: usize| [x.saturating_sub(by), (x + by).min(ink.width - 1)];
    [x].into_iter()
        .chain(aside(5))
        .any(|x| ink.data[y * ink.width + x] == 1 && height_at(x) <= thick)
}

fn transposed(mask: &Bitmap) -> Bitmap {
    let mut out = Bitmap::empty(mask.height, mask.width);
    for y in 0..mask.height {
        for x in 0..mask.width {
            out.data[x * mask.height + y] = mask.data[y * mask.width + x];
        }
    }
    out
}

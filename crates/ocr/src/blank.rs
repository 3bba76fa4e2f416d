//! Blank backs: pages without writing, whatever dust, punch holes or shadows the scanner adds.
//!
//! Judged by what is left after everything that is not writing was taken away; a page with a single
//! written character is not blank.

use crate::bitmap::{Bitmap, Component};
use crate::plane::InkLevels;

/// Ink (0–255) that counts, at ¼ size: print showing through from the other side is lighter.
const DARK: f32 = 80.0;
/// Share of the page's edge in which a scanner leaves shadows and torn paper.
const BORDER: f32 = 0.03;
/// Pixels of a component at ¼ size below which it is dust (1 pixel = 0.5 mm).
const SPECK: usize = 5;
/// Edge of a punch hole at ¼ size, pixels: 5–8 mm.
const HOLE: std::ops::RangeInclusive<usize> = 8..=18;
/// Share of its bounding box that a punch hole fills (a disc: π/4).
const HOLE_FILL: f32 = 0.65;
/// Pixels of writing at ¼ size that make a page not blank: one small character.
const LEAST_WRITING: usize = 10;

/// Whether nothing is written or printed on the page.
pub(crate) fn is_blank(levels: &InkLevels) -> bool {
    let plane = &levels.quarter;
    let data = plane.data.iter().map(|&ink| u8::from(ink >= DARK)).collect();
    let ink = Bitmap {
        width: plane.width,
        height: plane.height,
        data,
    };
    let (_, components) = ink.components();
    let writing: usize = components
        .iter()
        .filter(|component| is_writing(component, plane.width, plane.height))
        .map(|component| component.area)
        .sum();
    writing < LEAST_WRITING
}

fn is_writing(component: &Component, width: usize, height: usize) -> bool {
    let (across, down) = (component.right - component.left, component.bottom - component.top);
    let margin = |edge: usize| (edge as f32 * BORDER) as usize;
    let (side, end) = (margin(width), margin(height));
    let at_border = component.right <= side
        || component.left + side >= width
        || component.bottom <= end
        || component.top + end >= height
        || component.left == 0
        || component.top == 0
        || component.right == width
        || component.bottom == height;
    let is_hole = HOLE.contains(&across)
        && HOLE.contains(&down)
        && across.abs_diff(down) <= 4
        && component.area as f32 >= HOLE_FILL * (across * down) as f32;
    component.area >= SPECK && !at_border && !is_hole
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Luma};

    fn paper() -> GrayImage {
        GrayImage::from_fn(1654, 2339, |x, y| {
            Luma([u8::try_from(225 + (x + y) % 20).unwrap()])
        })
    }

    fn spot(page: &mut GrayImage, left: u32, top: u32, size: u32) {
        for y in top..top + size {
            for x in left..left + size {
                page.put_pixel(x, y, Luma([30]));
            }
        }
    }

    #[test]
    fn dust_holes_and_edges_are_not_writing() {
        let mut page = paper();
        for k in 0..20 {
            spot(&mut page, 100 + 70 * k, 300 + 90 * k, 3);
        }
        spot(&mut page, 0, 900, 12);
        let disc = |x: u32, y: u32| x.abs_diff(90).pow(2) + y.abs_diff(1100).pow(2) < 24 * 24;
        for (x, y) in (60..120)
            .flat_map(|x| (1070..1130).map(move |y| (x, y)))
            .filter(|&(x, y)| disc(x, y))
        {
            page.put_pixel(x, y, Luma([40]));
        }
        assert!(is_blank(&InkLevels::of(&page)));
    }

    #[test]
    fn one_written_character_is_writing() {
        let mut page = paper();
        for k in 0..30 {
            spot(&mut page, 700 + k, 1000, 4);
            spot(&mut page, 715, 985 + k, 4);
        }
        assert!(!is_blank(&InkLevels::of(&page)));
    }
}

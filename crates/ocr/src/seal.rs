//! Round seals (印) beside or over writing: taken out before the writing is read.
//!
//! A seal is a component whose pixels lie on one circle of 8–16 mm, however much of it the crop cuts
//! off; what stands inside it is its name, not the field's.

use crate::bitmap::{Bitmap, Component};

/// Radii of seals, pixels (4–8 mm).
const RADII: std::ops::RangeInclusive<f64> = 30.0..=66.0;
/// Root mean square distance of a ring's pixels from its circle, pixels.
const ROUND: f64 = 3.0;
/// Share of the circle, in 36 sectors, that must be there.
const SECTORS: usize = 12;

struct Circle {
    x: f64,
    y: f64,
    radius: f64,
}

/// All ink of seals in a crop; `None` without one.
pub(crate) fn seals(ink: &Bitmap) -> Option<Bitmap> {
    let (labels, parts) = ink.components();
    let rings: Vec<(u32, Circle)> = (1..)
        .zip(&parts)
        .filter_map(|(label, part)| Some((label, ring(ink, &labels, label, part)?)))
        .collect();
    if rings.is_empty() {
        return None;
    }
    let inside = |part: &Component| {
        let (x, y) = (
            (part.left + part.right) as f64 / 2.0,
            (part.top + part.bottom) as f64 / 2.0,
        );
        rings.iter().any(|(_, ring)| {
            (x - ring.x).hypot(y - ring.y) < ring.radius && part.right - part.left < ring.radius as usize * 2
        })
    };
    let gone: Vec<bool> = (1..)
        .zip(&parts)
        .map(|(label, part)| inside(part) || rings.iter().any(|(ring, _)| *ring == label))
        .collect();
    let mut out = Bitmap::empty(ink.width, ink.height);
    for (bit, &label) in out.data.iter_mut().zip(&labels) {
        *bit = (label as usize)
            .checked_sub(1)
            .map_or(0, |index| u8::from(gone[index]));
    }
    Some(out)
}

/// The circle a component lies on, if it is a ring (Kåsa's least squares fit, 1976).
fn ring(ink: &Bitmap, labels: &[u32], label: u32, part: &Component) -> Option<Circle> {
    let (wide, tall) = (part.right - part.left, part.bottom - part.top);
    let fills = part.area as f64 / (wide * tall) as f64;
    if wide.max(tall) < 50 || wide.max(tall) > 140 || fills > 0.35 {
        return None;
    }
    let points: Vec<(f64, f64)> = (part.top..part.bottom)
        .flat_map(|y| (part.left..part.right).map(move |x| (x, y)))
        .filter(|&(x, y)| labels[y * ink.width + x] == label)
        .map(|(x, y)| ((x - part.left) as f64, (y - part.top) as f64))
        .collect();
    let mut normal = nalgebra::Matrix3::<f64>::zeros();
    let mut right = nalgebra::Vector3::<f64>::zeros();
    for &(x, y) in &points {
        let row = nalgebra::Vector3::new(x, y, 1.0);
        normal += row * row.transpose();
        right += row * (x * x + y * y);
    }
    let fit = normal.cholesky()?.solve(&right);
    let (x, y) = (fit[0] / 2.0, fit[1] / 2.0);
    let radius = (fit[2] + x * x + y * y).max(0.0).sqrt();
    let off: f64 = points
        .iter()
        .map(|&(px, py)| ((px - x).hypot(py - y) - radius).powi(2))
        .sum();
    let mut sectors = [false; 36];
    for &(px, py) in &points {
        let turn = (py - y).atan2(px - x) / std::f64::consts::TAU + 0.5;
        sectors[((turn * 36.0) as usize).min(35)] = true;
    }
    let there = sectors.iter().filter(|&&there| there).count();
    let round = (off / points.len().max(1) as f64).sqrt();
    (RADII.contains(&radius) && round <= ROUND && there >= SECTORS).then_some(Circle {
        x: x + part.left as f64,
        y: y + part.top as f64,
        radius,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(centre: (f64, f64)) -> Bitmap {
        let mut ink = Bitmap::empty(300, 100);
        for y in 0..100 {
            for x in 0..300 {
                let away = (x as f64 - centre.0).hypot(y as f64 - centre.1);
                let ring = (away - 40.0).abs() < 2.0;
                let name = away < 20.0 && x % 8 < 3;
                let writing = (20..60).contains(&y) && (20..120).contains(&x) && x % 30 < 4;
                ink.data[y * 300 + x] = u8::from(ring || name || writing);
            }
        }
        ink
    }

    #[test]
    fn a_seal_goes_whole_or_cut_and_the_writing_stays() {
        for centre in [(200.0, 50.0), (200.0, 95.0), (285.0, 40.0)] {
            let ink = sealed(centre);
            let rest = ink.without(&seals(&ink).unwrap());
            assert!(
                rest.components().1.iter().all(|part| part.right < 130),
                "{centre:?}"
            );
            assert_eq!(rest.components().1.len(), 3);
        }
    }

    #[test]
    fn writing_alone_has_no_seal() {
        assert!(seals(&sealed((1000.0, 1000.0))).is_none());
    }
}

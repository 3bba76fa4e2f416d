//! What a scanner and an office do to a page: skew, perspective, shadow, faint ink, blur, noise,
//! dust, punch holes, quarter turns, JPEG.
//!
//! Owns the three levels. Promise: the homography handed back is the one applied.

use image::{GrayImage, Luma, imageops};
use nalgebra::{Matrix3, SMatrix, SVector};
use rand::{Rng, RngExt as _};

/// Strength of the defects.
struct Strength {
    rotation_deg: f32,
    corner_px: f32,
    shift_px: f32,
    noise: f32,
    blur: f32,
    jpeg: u8,
    shadow: f64,
    faint: f64,
    dust: u32,
}

fn strength(level: u8) -> Strength {
    match level {
        1 => Strength {
            rotation_deg: 0.6,
            corner_px: 2.0,
            shift_px: 8.0,
            noise: 2.5,
            blur: 0.35,
            jpeg: 82,
            shadow: 0.0,
            faint: 0.0,
            dust: 10,
        },
        2 => Strength {
            rotation_deg: 1.6,
            corner_px: 6.0,
            shift_px: 16.0,
            noise: 5.0,
            blur: 0.6,
            jpeg: 68,
            shadow: 0.4,
            faint: 0.2,
            dust: 60,
        },
        _ => Strength {
            rotation_deg: 3.0,
            corner_px: 13.0,
            shift_px: 24.0,
            noise: 8.0,
            blur: 0.85,
            jpeg: 52,
            shadow: 0.8,
            faint: 0.4,
            dust: 200,
        },
    }
}

/// A scanned page.
pub struct Scan {
    /// The pixels as they come from the scanner, quarter turns included.
    pub image: GrayImage,
    /// The same as JPEG.
    pub jpeg: Vec<u8>,
    /// Paper pixels → upright scan pixels.
    pub homography: Matrix3<f64>,
    /// Clockwise quarter turns that make it upright.
    pub quarter_turns: u8,
}

/// Scans `paper`; `quarter_turns` is what the reader will have to turn back.
///
/// # Errors
/// Only when the JPEG encoder fails.
pub fn scan(
    paper: &GrayImage,
    level: u8,
    quarter_turns: u8,
    jpeg_quality: Option<u8>,
    rng: &mut impl Rng,
) -> anyhow::Result<Scan> {
    let strength = strength(level);
    let homography = pose(paper.dimensions(), &strength, rng);
    let mut image = warp(paper, &homography, rng);
    if rng.random_bool(strength.faint) {
        let lift = rng.random_range(0.25..0.5);
        tone(&mut image, |v, _, _| v + (255.0 - v) * lift);
    }
    if rng.random_bool(strength.shadow) {
        shadow(&mut image, rng);
    }
    dust(&mut image, strength.dust, rng);
    if rng.random_bool(0.35) {
        punch_holes(&mut image, rng);
    }
    let sigma = strength.blur * rng.random_range(0.7..1.2);
    let mut image = imageproc::filter::gaussian_blur_f32(&image, sigma);
    noise(&mut image, strength.noise * rng.random_range(0.7..1.2), rng);
    let image = match quarter_turns {
        1 => imageops::rotate270(&image),
        2 => imageops::rotate180(&image),
        3 => imageops::rotate90(&image),
        _ => image,
    };
    let mut jpeg = Vec::new();
    let own = strength.jpeg + rng.random_range(0..8);
    let quality = jpeg_quality.unwrap_or(own);
    image.write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(
        &mut jpeg, quality,
    ))?;
    let image = image::load_from_memory_with_format(&jpeg, image::ImageFormat::Jpeg)?.to_luma8();
    Ok(Scan {
        image,
        jpeg,
        homography,
        quarter_turns,
    })
}

fn pose((width, height): (u32, u32), strength: &Strength, rng: &mut impl Rng) -> Matrix3<f64> {
    let (w, h) = (f64::from(width), f64::from(height));
    let angle = f64::from(rng.random_range(-strength.rotation_deg..strength.rotation_deg)).to_radians();
    let scale = rng.random_range(0.985..1.008);
    let mut sway = |px: f32| f64::from(rng.random_range(-px..px));
    let shift = (sway(strength.shift_px), sway(strength.shift_px));
    let (sin, cos) = angle.sin_cos();
    let corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)];
    let moved = corners.map(|(x, y)| {
        let (u, v) = ((x - w / 2.0) * scale, (y - h / 2.0) * scale);
        (
            cos * u - sin * v + w / 2.0 + shift.0 + sway(strength.corner_px),
            sin * u + cos * v + h / 2.0 + shift.1 + sway(strength.corner_px),
        )
    });
    homography(corners, moved)
}

/// The homography that takes four points to four others.
fn homography(from: [(f64, f64); 4], to: [(f64, f64); 4]) -> Matrix3<f64> {
    let mut a = SMatrix::<f64, 8, 8>::zeros();
    let mut b = SVector::<f64, 8>::zeros();
    for (index, ((x, y), (u, v))) in from.into_iter().zip(to).enumerate() {
        let rows = [
            [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y],
            [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y],
        ];
        for (half, row) in rows.into_iter().enumerate() {
            for (column, value) in row.into_iter().enumerate() {
                a[(2 * index + half, column)] = value;
            }
        }
        b[2 * index] = u;
        b[2 * index + 1] = v;
    }
    let h = a
        .lu()
        .solve(&b)
        .expect("four corners in general position define a homography");
    Matrix3::new(h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1.0)
}

fn warp(paper: &GrayImage, homography: &Matrix3<f64>, rng: &mut impl Rng) -> GrayImage {
    let inverse = homography.try_inverse().expect("a pose can be undone");
    let bed = if rng.random_bool(0.75) {
        252.0
    } else {
        rng.random_range(60.0..200.0)
    };
    let (width, height) = paper.dimensions();
    GrayImage::from_fn(width, height, |x, y| {
        let p = inverse * nalgebra::Vector3::new(f64::from(x), f64::from(y), 1.0);
        Luma([sample(paper, p.x / p.z, p.y / p.z, bed).round().clamp(0.0, 255.0) as u8])
    })
}

fn sample(image: &GrayImage, x: f64, y: f64, outside: f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (fx, fy) = ((x - left) as f32, (y - top) as f32);
    let at = |dx: i64, dy: i64| {
        let (px, py) = (left as i64 + dx, top as i64 + dy);
        if px < 0 || py < 0 || px >= i64::from(image.width()) || py >= i64::from(image.height()) {
            outside
        } else {
            f32::from(image.get_pixel(px as u32, py as u32).0[0])
        }
    };
    let upper = at(0, 0) * (1.0 - fx) + at(1, 0) * fx;
    let lower = at(0, 1) * (1.0 - fx) + at(1, 1) * fx;
    upper * (1.0 - fy) + lower * fy
}

fn tone(image: &mut GrayImage, change: impl Fn(f32, f32, f32) -> f32) {
    let (w, h) = (image.width() as f32, image.height() as f32);
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        let value = change(f32::from(pixel.0[0]), x as f32 / w, y as f32 / h);
        pixel.0[0] = value.round().clamp(0.0, 255.0) as u8;
    }
}

/// A soft darkening towards one side, as under a lifted lid or along a fold.
fn shadow(image: &mut GrayImage, rng: &mut impl Rng) {
    let depth = rng.random_range(0.08..0.32);
    let angle = rng.random_range(0.0..std::f32::consts::TAU);
    let (dx, dy) = (angle.cos(), angle.sin());
    let (centre, width) = (rng.random_range(-0.2..0.5), rng.random_range(0.15..0.4));
    tone(image, |v, x, y| {
        let along = (x - 0.5) * dx + (y - 0.5) * dy;
        v * (1.0 - depth / (1.0 + (-(along - centre) / width * 4.0).exp()))
    });
}

fn disc(image: &mut GrayImage, centre: (f32, f32), radius: f32, grey: f32) {
    let (x0, y0) = (
        (centre.0 - radius).max(0.0) as u32,
        (centre.1 - radius).max(0.0) as u32,
    );
    let (x1, y1) = (
        (centre.0 + radius + 1.0).max(0.0) as u32,
        (centre.1 + radius + 1.0).max(0.0) as u32,
    );
    for y in y0..y1.min(image.height()) {
        for x in x0..x1.min(image.width()) {
            let distance = (x as f32 - centre.0).hypot(y as f32 - centre.1);
            let cover = (radius + 0.5 - distance).clamp(0.0, 1.0);
            let pixel = &mut image.get_pixel_mut(x, y).0[0];
            *pixel = (f32::from(*pixel) * (1.0 - cover) + grey * cover) as u8;
        }
    }
}

fn dust(image: &mut GrayImage, count: u32, rng: &mut impl Rng) {
    for _ in 0..rng.random_range(count / 3..=count) {
        let at = (
            rng.random_range(0.0..image.width() as f32),
            rng.random_range(0.0..image.height() as f32),
        );
        disc(
            image,
            at,
            rng.random_range(0.3..1.6),
            rng.random_range(60.0..190.0),
        );
    }
}

fn punch_holes(image: &mut GrayImage, rng: &mut impl Rng) {
    let x = rng.random_range(70.0..95.0);
    let middle = image.height() as f32 / 2.0 + rng.random_range(-30.0..30.0);
    let grey = if rng.random_bool(0.5) {
        rng.random_range(20.0..80.0)
    } else {
        235.0
    };
    for side in [-315.0, 315.0] {
        disc(image, (x, middle + side), 23.0, grey);
    }
}

fn noise(image: &mut GrayImage, sigma: f32, rng: &mut impl Rng) {
    // Twelve uniforms make a normal deviate good to 6 sigma; 4,096 of them are drawn from at random.
    let table: Vec<f32> = (0..4096)
        .map(|_| ((0..12).map(|_| rng.random_range(0.0..1.0_f32)).sum::<f32>() - 6.0) * sigma)
        .collect();
    let mut bits = 0_u64;
    for (index, pixel) in image.as_mut().iter_mut().enumerate() {
        if index % 5 == 0 {
            bits = rng.next_u64();
        }
        let deviate = table[(bits & 4095) as usize];
        bits >>= 12;
        *pixel = (f32::from(*pixel) + deviate).round().clamp(0.0, 255.0) as u8;
    }
}

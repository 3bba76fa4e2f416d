//! Binary masks of small crops: dilation, closing, connected components.
//!
//! A mask holds 0 or 1 per pixel. Structuring elements are applied as shifted whole rows, which the
//! compiler turns into vector code; crops are small, so nothing cleverer is needed.

/// A mask, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bitmap {
    /// Columns.
    pub(crate) width: usize,
    /// Rows.
    pub(crate) height: usize,
    /// 0 or 1 per pixel.
    pub(crate) data: Vec<u8>,
}

/// Half-widths of a structuring element's rows, from −radius to +radius; symmetric.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element(&'static [usize]);

impl Element {
    /// 3×3 square.
    pub(crate) const SQUARE_3: Self = Self(&[1, 1, 1]);
    /// 5×5 square.
    pub(crate) const SQUARE_5: Self = Self(&[2, 2, 2, 2, 2]);
    /// Disc of 9 pixels across (the prototype's ellipse).
    pub(crate) const DISC_9: Self = Self(&[0, 3, 3, 4, 4, 4, 3, 3, 0]);
}

/// One 8-connected component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Component {
    /// Pixels.
    pub(crate) area: usize,
    /// Leftmost column.
    pub(crate) left: usize,
    /// Topmost row.
    pub(crate) top: usize,
    /// Column after the rightmost.
    pub(crate) right: usize,
    /// Row after the lowest.
    pub(crate) bottom: usize,
}

impl Bitmap {
    /// All 0.
    pub(crate) fn empty(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            data: vec![0; width * height],
        }
    }

    /// 1 where `is` holds of a byte image's pixel.
    pub(crate) fn of(width: usize, height: usize, bytes: &[u8], is: impl Fn(u8) -> bool) -> Self {
        Self {
            width,
            height,
            data: bytes.iter().map(|&byte| u8::from(is(byte))).collect(),
        }
    }

    /// Number of ones.
    pub(crate) fn count(&self) -> usize {
        self.data.iter().map(|&bit| usize::from(bit)).sum()
    }

    /// Number of ones in a rectangle (cut to the mask).
    pub(crate) fn count_in(&self, xs: std::ops::Range<usize>, ys: std::ops::Range<usize>) -> usize {
        let xs = xs.start.min(self.width)..xs.end.min(self.width);
        (ys.start.min(self.height)..ys.end.min(self.height))
            .map(|y| {
                self.data[y * self.width..][xs.clone()]
                    .iter()
                    .map(|&bit| usize::from(bit))
                    .sum::<usize>()
            })
            .sum()
    }

    /// `self` and `other`, pixel by pixel.
    pub(crate) fn and(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    /// `self` without `other`.
    pub(crate) fn without(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a & (1 ^ b))
    }

    /// `self` or `other`.
    pub(crate) fn or(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    fn zip(&self, other: &Self, join: fn(u8, u8) -> u8) -> Self {
        debug_assert_eq!(
            (self.width, self.height),
            (other.width, other.height),
            "masks of one crop"
        );
        let data = self
            .data
            .iter()
            .zip(&other.data)
            .map(|(&a, &b)| join(a, b))
            .collect();
        Self {
            width: self.width,
            height: self.height,
            data,
        }
    }

    /// Moved by whole pixels; what leaves is lost, what comes in is 0.
    pub(crate) fn shifted(&self, dx: i32, dy: i32) -> Self {
        let mut out = Self::empty(self.width, self.height);
        for y in 0..self.height {
            let Some(source) = y
                .checked_add_signed(-(dy as isize))
                .filter(|&row| row < self.height)
            else {
                continue;
            };
            let row = &self.data[source * self.width..][..self.width];
            let line = &mut out.data[y * self.width..][..self.width];
            let by = (dx.unsigned_abs() as usize).min(self.width);
            let kept = self.width - by;
            if dx >= 0 {
                line[by..].copy_from_slice(&row[..kept]);
            } else {
                line[..kept].copy_from_slice(&row[by..]);
            }
        }
        out
    }

    /// Grown by `element`.
    pub(crate) fn dilated(&self, element: Element) -> Self {
        let mut out = Self::empty(self.width, self.height);
        let mut wide = vec![0_u8; self.width];
        let radius = element.0.len() / 2;
        for source in 0..self.height {
            let row = &self.data[source * self.width..][..self.width];
            if row.iter().all(|&bit| bit == 0) {
                continue;
            }
            let mut widened = usize::MAX;
            for (index, &half_width) in element.0.iter().enumerate() {
                let Some(y) = (source + index).checked_sub(radius).filter(|&y| y < self.height) else {
                    continue;
                };
                if widened != half_width {
                    widen(row, half_width, &mut wide);
                    widened = half_width;
                }
                let line = &mut out.data[y * self.width..][..self.width];
                for (bit, &set) in line.iter_mut().zip(&wide) {
                    *bit |= set;
                }
            }
        }
        out
    }

    fn inverted(&self) -> Self {
        let data = self.data.iter().map(|&bit| 1 ^ bit).collect();
        Self {
            width: self.width,
            height: self.height,
            data,
        }
    }

    /// Grown, then shrunk by `element`: gaps narrower than it are filled.
    pub(crate) fn closed(&self, element: Element) -> Self {
        // The border counts as ink while shrinking, or closing would eat strokes that leave the crop.
        self.dilated(element).inverted().dilated(element).inverted()
    }

    /// Labels (0 = none, k = component k−1) and the 8-connected components.
    pub(crate) fn components(&self) -> (Vec<u32>, Vec<Component>) {
        let mut labels = vec![0_u32; self.data.len()];
        let mut components = Vec::new();
        let mut stack = Vec::new();
        for start in 0..self.data.len() {
            if self.data[start] == 0 || labels[start] != 0 {
                continue;
            }
            let label = u32::try_from(components.len() + 1).expect("a crop has fewer pixels than 2^32");
            let mut found = Component {
                area: 0,
                left: usize::MAX,
                top: usize::MAX,
                right: 0,
                bottom: 0,
            };
            labels[start] = label;
            stack.push(start);
            while let Some(at) = stack.pop() {
                let (x, y) = (at % self.width, at / self.width);
                found.area += 1;
                found.left = found.left.min(x);
                found.top = found.top.min(y);
                found.right = found.right.max(x + 1);
                found.bottom = found.bottom.max(y + 1);
                for ny in y.saturating_sub(1)..(y + 2).min(self.height) {
                    for nx in x.saturating_sub(1)..(x + 2).min(self.width) {
                        let next = ny * self.width + nx;
                        if self.data[next] == 1 && labels[next] == 0 {
                            labels[next] = label;
                            stack.push(next);
                        }
                    }
                }
            }
            components.push(found);
        }
        (labels, components)
    }
}

fn widen(row: &[u8], half_width: usize, out: &mut [u8]) {
    out.copy_from_slice(row);
    let width = row.len();
    for by in 1..=half_width.min(width.saturating_sub(1)) {
        for (bit, &set) in out[by..].iter_mut().zip(&row[..width - by]) {
            *bit |= set;
        }
        for (bit, &set) in out[..width - by].iter_mut().zip(&row[by..]) {
            *bit |= set;
        }
    }
}

/// Otsu's threshold (1979): bytes below it are the dark class. 255 for an empty slice.
pub(crate) fn otsu(bytes: &[u8]) -> u8 {
    let mut histogram = [0_u32; 256];
    for &byte in bytes {
        histogram[usize::from(byte)] += 1;
    }
    let total = bytes.len() as f64;
    let sum: f64 = histogram
        .iter()
        .zip(0_u32..)
        .map(|(&n, level)| f64::from(n) * f64::from(level))
        .sum();
    let (mut dark, mut dark_sum) = (0.0, 0.0);
    let (mut best, mut threshold) = (-1.0, 255);
    for level in 0..=254_u8 {
        let here = f64::from(histogram[usize::from(level)]);
        dark += here;
        dark_sum += here * f64::from(level);
        let light = total - dark;
        if dark == 0.0 || light == 0.0 {
            continue;
        }
        let gap = dark_sum / dark - (sum - dark_sum) / light;
        let between = dark * light * gap * gap;
        if between > best {
            best = between;
            threshold = level + 1;
        }
    }
    threshold
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(rows: &[&str]) -> Bitmap {
        let data = rows
            .iter()
            .flat_map(|row| row.bytes().map(|c| u8::from(c == b'#')))
            .collect();
        Bitmap {
            width: rows[0].len(),
            height: rows.len(),
            data,
        }
    }

    #[test]
    fn dilation_by_a_square() {
        let grown = mask(&["......", "......", "..#...", "......"]).dilated(Element::SQUARE_3);
        assert_eq!(grown, mask(&["......", ".###..", ".###..", ".###.."]));
    }

    #[test]
    fn closing_bridges_a_gap_and_keeps_the_rest() {
        let mut bar = Bitmap::empty(40, 20);
        for x in (4..18).chain(22..36) {
            for y in 9..12 {
                bar.data[y * 40 + x] = 1;
            }
        }
        let closed = bar.closed(Element::DISC_9);
        assert_eq!(closed.components().1.len(), 1);
        assert!((18..22).all(|x| closed.data[10 * 40 + x] == 1) && closed.count() <= 32 * 3);
        assert_eq!(bar.and(&closed), bar);
    }

    #[test]
    fn closing_keeps_ink_at_the_border() {
        let edge = mask(&["##....", "##....", "##...."]);
        assert_eq!(edge.closed(Element::SQUARE_3), edge);
    }

    #[test]
    fn components_touch_at_corners() {
        let (labels, components) = mask(&["#..#", ".#..", "...."]).components();
        assert_eq!(components.len(), 2);
        assert_eq!(
            components[0],
            Component {
                area: 2,
                left: 0,
                top: 0,
                right: 2,
                bottom: 2
            }
        );
        assert_eq!(labels[3], 2);
    }

    #[test]
    fn shifting_loses_what_leaves() {
        let moved = mask(&["#..#", "....", "#..."]).shifted(1, 1);
        assert_eq!(moved, mask(&["....", ".#..", "...."]));
        assert_eq!(mask(&["#..#"]).shifted(-1, 0), mask(&["..#."]));
    }

    #[test]
    fn otsu_parts_two_levels() {
        let bytes: Vec<u8> = [20_u8; 30].into_iter().chain([220; 70]).collect();
        let threshold = otsu(&bytes);
        assert!(threshold > 20 && threshold <= 220);
    }
}

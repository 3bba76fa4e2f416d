//! The ruled lines of a form, and which of them a page lacks.
//!
//! Print outside of fields does not tell an edition whose column was moved: the lines that moved are the fields' own
//! frames, where people write. But writing and stamps take no line away: one that is not where it was ruled, on a
//! page whose other lines are there, is another form's.

use crate::geometry::Homography;
use crate::plane::Plane;

/// Ink (0–255) of a line on the blank.
const FIRM: f32 = 90.0;
/// Shortest line looked at, pixels at ½ size (8 mm): edges of characters are shorter.
const SHORTEST: usize = 32;
/// Thickest, pixels (1.5 mm): what is thicker is a bar or a picture.
const THICKEST: usize = 6;
/// Distance of the places looked at along a line, pixels.
const STEP: usize = 2;
/// How far a line may be off its place, pixels (0.75 mm): the same as print.
const REACH: i32 = 3;
/// Share of the page's usual ink of lines with which a place has one.
const THERE: f32 = 0.4;
/// Share of its places that a line which is there has at the least, even where it is broken.
const LEAST_THERE: f32 = 0.5;
/// Share of the usual ink of the form's lines that a line has at the least: fainter ones are the first that a scan
/// swallows, and are not looked at.
const LEAST_INK: f32 = 0.7;
/// Share of all places that a page must have: where a scan has swallowed the lines, their lack says nothing.
const LEAST_OF_ALL: f32 = 0.85;

/// A ruled line, in pixels at ½ size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    /// Whether it goes down.
    is_upright: bool,
    /// Its column when it goes down, else its row: the middle of its thickness.
    at: usize,
    /// Its first pixel along.
    from: usize,
    /// The pixel after its last.
    to: usize,
}

/// The ruled lines of a form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rulings(Vec<Line>);

impl Rulings {
    /// Of a blank page's ink at ½ size.
    pub(crate) fn of(half: &Plane) -> Self {
        let across = lines(half.height, half.width, |row, column| {
            half.data[row * half.width + column]
        });
        let down = lines(half.width, half.height, |column, row| {
            half.data[row * half.width + column]
        });
        let of = |lines: Vec<(usize, usize, usize)>, is_upright| {
            lines.into_iter().map(move |(at, from, to)| Line {
                is_upright,
                at,
                from,
                to,
            })
        };
        let all: Vec<Line> = of(across, false).chain(of(down, true)).collect();
        let inks = |line: &Line| middle(&mut line.inks(half, &Homography::IDENTITY));
        let inks: Vec<f32> = all.iter().map(inks).collect();
        let least = LEAST_INK * middle(&mut inks.clone());
        let firm = all.into_iter().zip(inks).filter(|(_, ink)| *ink >= least);
        Self(firm.map(|(line, _)| line).collect())
    }

    /// Whether `page` (ink at ½ size) lacks a line under `map` while it has the others.
    pub(crate) fn lacks_one(&self, page: &Plane, map: &Homography) -> bool {
        let found: Vec<Vec<f32>> = self.0.iter().map(|line| line.inks(page, map)).collect();
        let mut all: Vec<f32> = found.iter().flatten().copied().collect();
        if all.is_empty() {
            return false;
        }
        let usual = middle(&mut all);
        let share = |inks: &[f32]| {
            let there = inks.iter().filter(|&&ink| ink >= THERE * usual).count();
            there as f32 / inks.len() as f32
        };
        share(&all) >= LEAST_OF_ALL && found.iter().any(|inks| share(inks) < LEAST_THERE)
    }
}

impl Line {
    /// The most ink near each place along it.
    fn inks(&self, page: &Plane, map: &Homography) -> Vec<f32> {
        // The ends meet other lines.
        let places = (self.from + STEP..self.to - STEP).step_by(STEP);
        places
            .map(|along| {
                let near = (-REACH..=REACH).map(|off| {
                    let (at, along) = (self.at as f64 + f64::from(off), along as f64);
                    let [x, y] = map.apply(if self.is_upright { [at, along] } else { [along, at] });
                    page.at(x.round() as i64, y.round() as i64)
                });
                near.fold(0.0, f32::max)
            })
            .collect()
    }
}

/// The median; 0 of nothing.
fn middle(values: &mut [f32]) -> f32 {
    let middle = values.len() / 2;
    if values.is_empty() {
        return 0.0;
    }
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// Lines along rows of a plane: row, first pixel and the one after the last; thick ones once.
fn lines(rows: usize, columns: usize, ink: impl Fn(usize, usize) -> f32) -> Vec<(usize, usize, usize)> {
    let mut open: Vec<(usize, usize, usize, usize)> = Vec::new();
    let mut done = Vec::new();
    for row in 0..rows {
        let mut next = Vec::new();
        for (from, to) in runs(columns, |column| ink(row, column) >= FIRM) {
            // The same line as in the row above when most of it lies beneath.
            let above = open.iter().position(|&(_, first, last, _)| {
                let common = to.min(last).saturating_sub(from.max(first));
                2 * common > (to - from).max(last - first)
            });
            let (top, first, last, widest) =
                above.map_or((row, from, to, to - from), |at| open.swap_remove(at));
            if to - from > widest {
                next.push((top, from, to, to - from));
            } else {
                next.push((top, first, last, widest));
            }
        }
        done.extend(open.drain(..).map(|(top, from, to, _)| (top, row, from, to)));
        open = next;
    }
    done.extend(open.into_iter().map(|(top, from, to, _)| (top, rows, from, to)));
    done.into_iter()
        .filter(|(top, bottom, ..)| bottom - top <= THICKEST)
        .map(|(top, bottom, from, to)| (usize::midpoint(top, bottom - 1), from, to))
        .collect()
}

/// Runs of at least [`SHORTEST`] pixels.
fn runs(length: usize, is_ink: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut from = None;
    for at in 0..=length {
        match (at < length && is_ink(at), from) {
            (true, None) => from = Some(at),
            (false, Some(start)) => {
                if at - start >= SHORTEST {
                    found.push((start, at));
                }
                from = None;
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table of 3 × 3 cells of 40 × 30 pixels at (20, 20), lines of two pixels, its second inner column line at
    /// `column`.
    fn table(column: usize, ink: f32) -> Plane {
        let mut plane = Plane::filled(180, 140, 0.0);
        let mut fill = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
            for y in rows {
                plane.data[y * 180 + columns.start..y * 180 + columns.end].fill(ink);
            }
        };
        for row in [20, 50, 80, 110] {
            fill(row..row + 2, 20..142);
        }
        for at in [20, 60, column, 140] {
            fill(20..112, at..at + 2);
        }
        plane
    }

    #[test]
    fn a_table_has_its_lines_once_each() {
        let rulings = Rulings::of(&table(100, 200.0));
        let places = |upright| {
            let of = rulings.0.iter().filter(|line| line.is_upright == upright);
            let mut places: Vec<usize> = of.map(|line| line.at).collect();
            places.sort_unstable();
            places
        };
        assert_eq!(places(false), [20, 50, 80, 110]);
        assert_eq!(places(true), [20, 60, 100, 140]);
    }

    #[test]
    fn the_same_table_lacks_nothing_moved_faint_or_written_on() {
        let rulings = Rulings::of(&table(100, 200.0));
        let mut written = table(100, 200.0);
        for y in 56..74 {
            written.data[y * 180 + 62..y * 180 + 99].fill(240.0);
        }
        for page in [table(100, 200.0), table(100, 60.0), written] {
            assert!(!rulings.lacks_one(&page, &Homography::IDENTITY));
            let moved = Homography::similarity(1.0, 0.0, [1.0, -1.0]);
            assert!(!rulings.lacks_one(&page, &moved));
        }
    }

    #[test]
    fn a_moved_column_is_another_form() {
        let rulings = Rulings::of(&table(100, 200.0));
        for column in [88, 112] {
            assert!(
                rulings.lacks_one(&table(column, 200.0), &Homography::IDENTITY),
                "{column}"
            );
            assert!(
                rulings.lacks_one(&table(column, 60.0), &Homography::IDENTITY),
                "{column}"
            );
        }
    }

    #[test]
    fn a_scan_without_lines_says_nothing() {
        let rulings = Rulings::of(&table(100, 200.0));
        assert!(!rulings.lacks_one(&Plane::filled(180, 140, 0.0), &Homography::IDENTITY));
        assert!(
            !Rulings::of(&Plane::filled(180, 140, 0.0)).lacks_one(&table(100, 200.0), &Homography::IDENTITY)
        );
    }
}

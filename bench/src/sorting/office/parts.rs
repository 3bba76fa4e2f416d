//! Short names for the parts of a form.

use crate::sorting::house_style::Part;

pub(super) fn row(label: &'static str) -> Part {
    Part::Rows(vec![label])
}

pub(super) fn rows(labels: &[&'static str]) -> Part {
    Part::Rows(labels.to_vec())
}

pub(super) fn pairs(labels: &[[&'static str; 2]]) -> Part {
    Part::Pairs(labels.to_vec())
}

pub(super) fn comb(label: &'static str, cells: u32) -> Part {
    Part::Comb(label, cells)
}

pub(super) fn grid(columns: &[(&'static str, f32)], lines: u32) -> Part {
    Part::Grid(columns.to_vec(), lines)
}

pub(super) fn choice(label: &'static str, words: &'static [&'static str]) -> Part {
    Part::Choice(label, words)
}

//! The only place that writes to standard output and standard error for people.
//!
//! Promise: results go to standard output, complaints to standard error, a closed pipe
//! (`shoki … | head`) ends quietly. Never: logging (that is `tracing`), secrets other than a new token.

use std::fmt::Display;
use std::io::Write as _;

/// One line of a result.
pub fn line(text: impl Display) {
    // A reader that has gone away is not an error of ours.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// One complaint.
pub fn complain(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A table: columns padded to the widest cell, full-width characters counted as two.
pub fn table(head: &[&str], rows: &[Vec<String>]) {
    let width = |text: &str| {
        text.chars()
            .map(|c| if c.is_ascii() { 1 } else { 2 })
            .sum::<usize>()
    };
    let mut widths: Vec<usize> = head.iter().map(|cell| width(cell)).collect();
    for row in rows {
        for (column, cell) in widths.iter_mut().zip(row) {
            *column = (*column).max(width(cell));
        }
    }
    let print = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, column)| format!("{cell}{}", " ".repeat(column - width(cell))))
            .collect();
        line(padded.join("  ").trim_end());
    };
    print(&mut head.iter().copied());
    for row in rows {
        print(&mut row.iter().map(String::as_str));
    }
}

//! The only place of the benches that prints. Nothing else writes to standard output.

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;

/// Prints one line.
#[expect(clippy::print_stdout, reason = "the output of a command line program")]
pub fn line(text: impl std::fmt::Display) {
    println!("{text}");
}

/// A table with this heading.
#[must_use]
pub fn table<const N: usize>(heading: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(heading.to_vec());
    table
}

/// A share as a percentage with one decimal.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// Bytes in MiB.
#[must_use]
pub fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes / (1024 * 1024))
}

//! What every report says and how it is written: the machine, and a `.md` beside its `.json`.
//!
//! Promise: the Markdown is made of the findings in the JSON and of nothing else. Never: a figure of its own.

use std::path::Path;

use serde::Serialize;

use crate::screen;

/// Processor, cores and load.
#[must_use]
pub fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| {
            line.strip_prefix("model name")?
                .split_once(':')
                .map(|(_, name)| name.trim().to_owned())
        })
        .unwrap_or_else(|| "unknown processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    // Wall-clock figures mean little on a busy machine; CPU seconds suffer less.
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().nth(2).unwrap_or("unknown").to_owned();
    format!("Machine: {model}, {cores} cores, load average of the last 15 minutes {load}")
}

/// Writes `<name>.json` and `<name>.md` into `directory` and prints the latter.
///
/// # Errors
/// A directory that cannot be written.
pub fn write(directory: &Path, name: &str, findings: &impl Serialize, markdown: &str) -> anyhow::Result<()> {
    std::fs::create_dir_all(directory)?;
    let file = |ending: &str| directory.join(format!("{name}.{ending}"));
    std::fs::write(file("json"), serde_json::to_vec_pretty(findings)?)?;
    std::fs::write(file("md"), markdown)?;
    screen::line(markdown);
    Ok(())
}

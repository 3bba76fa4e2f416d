//! Memory and CPU of a process and its descendants, from Linux `/proc`.
//!
//! Memory is proportional set size (shared pages counted once over all sharers), summed over the
//! tree at each look; the peak is the highest look, so short peaks between looks can be missed.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// `USER_HZ`: the unit of times in `/proc`, fixed by the kernel's interface.
const TICKS_PER_SECOND: f64 = 100.0;

/// Watches a process tree's memory until stopped.
pub struct MemoryWatch {
    stop: Arc<AtomicBool>,
    peak: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl MemoryWatch {
    /// Begins to look at `pid` and its descendants.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(pid: u32) -> anyhow::Result<Self> {
        let (stop, peak) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopped, highest) = (Arc::clone(&stop), Arc::clone(&peak));
        let thread = std::thread::Builder::new()
            .name("memory-watch".to_owned())
            .spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    highest.fetch_max(tree_bytes(pid), Ordering::Relaxed);
                    std::thread::sleep(LOOK_EVERY);
                }
            })?;
        Ok(Self { stop, peak, thread })
    }

    /// Ends the watch: the peak in bytes.
    #[must_use]
    pub fn finish(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        // A panicked watch has still counted what it saw.
        let _ = self.thread.join();
        self.peak.load(Ordering::Relaxed)
    }
}

/// Proportional set size of `pid` and its descendants in bytes.
fn tree_bytes(pid: u32) -> u64 {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(child) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if let Some(parent) = parent_of(child) {
            children.entry(parent).or_default().push(child);
        }
    }
    let (mut total, mut waiting) = (0, vec![pid]);
    while let Some(next) = waiting.pop() {
        total += proportional_bytes(next);
        waiting.extend(children.remove(&next).unwrap_or_default());
    }
    total
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; the state and the parent follow it.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn proportional_bytes(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    kibibytes(&text, "Pss:") * 1024
}

fn kibibytes(text: &str, name: &str) -> u64 {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// CPU seconds of a running process and of those of its descendants that have ended.
///
/// # Errors
/// Where `/proc` is missing or the process is gone.
pub fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    // proc(5): utime, stime, cutime, cstime are fields 14 to 17, counted from 1; the state is field 3.
    ticks(&PathBuf::from(format!("/proc/{pid}/stat")), &[11, 12, 13, 14])
}

fn ticks(path: &std::path::Path, fields: &[usize]) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let held: Vec<&str> = stat
        .rsplit_once(')')
        .map_or("", |(_, rest)| rest)
        .split_whitespace()
        .collect();
    let ticks: f64 = fields
        .iter()
        .filter_map(|&at| held.get(at)?.parse::<f64>().ok())
        .sum();
    Ok(ticks / TICKS_PER_SECOND)
}

/// Memory of a process now: proportional set size with mapped files, and what of it is no file's.
#[must_use]
pub fn memory(pid: u32) -> (u64, u64) {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    (
        kibibytes(&text, "Pss:") * 1024,
        kibibytes(&text, "Pss_Anon:") * 1024,
    )
}

/// CPU seconds of all descendants of this process that have ended and been waited for.
///
/// # Errors
/// Where `/proc` is missing.
pub fn finished_children_cpu() -> anyhow::Result<f64> {
    ticks(&PathBuf::from("/proc/self/stat"), &[13, 14])
}

/// What a finished command cost.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Cost {
    /// Wall-clock seconds.
    pub wall_seconds: f64,
    /// CPU seconds of it and its descendants.
    pub cpu_seconds: f64,
    /// Peak memory of the tree in bytes.
    pub peak_bytes: u64,
}

/// Runs a command to its end and says what it cost. Run one at a time: CPU is told by difference.
///
/// # Errors
/// When it cannot start or ends with an error; its standard error goes to ours.
pub fn measured(command: &mut Command) -> anyhow::Result<Cost> {
    let cpu_before = finished_children_cpu()?;
    let begun = Instant::now();
    let mut child = command
        .stdout(std::process::Stdio::null())
        .spawn()
        .with_context(|| format!("{command:?}"))?;
    let watch = MemoryWatch::start(child.id())?;
    let status = child.wait()?;
    let wall_seconds = begun.elapsed().as_secs_f64();
    let peak_bytes = watch.finish();
    anyhow::ensure!(status.success(), "{command:?} ended with {status}");
    let cpu_seconds = finished_children_cpu()? - cpu_before;
    Ok(Cost {
        wall_seconds,
        cpu_seconds,
        peak_bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_of_a_busy_child_and_its_child_is_seen() {
        let script = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        let cost = measured(Command::new("sh").args(["-c", &format!("sh -c '{script}'; {script}")]))
            .expect("sh runs");
        assert!(cost.cpu_seconds > 0.02, "{cost:?}");
        assert!(cost.cpu_seconds < cost.wall_seconds + 0.1, "{cost:?}");
        assert!(cost.peak_bytes > 100 * 1024, "{cost:?}");
    }

    #[test]
    fn a_failing_command_is_an_error() {
        assert!(measured(Command::new("sh").args(["-c", "exit 3"])).is_err());
    }
}

//! Memory of a recording of hours: made meetings, one after the other, in one file.

use serde::Serialize;

use super::made::{Order, Scripts};
use super::models::BUNDLED;
use super::product::Product;
use super::sound;
use super::speed::PAUSES;
use crate::process_tree::Cost;
use crate::screen;

/// Meetings that are joined.
const MEETINGS: u64 = 3;
/// Seconds of each before its pauses are stretched.
const SECONDS: u32 = 150;

/// One length.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LongRun {
    /// Length of the recording, seconds.
    pub seconds: u32,
    /// The whole process.
    pub cost: Cost,
    /// Characters heard, so that nobody measures a recording that was passed over.
    pub characters: usize,
}

/// Hears recordings of a quarter of the hours and of all: what grows with the length shows.
///
/// # Errors
/// When a recording cannot be made or the program fails.
pub fn measure(scripts: &Scripts, product: &Product, hours: f64, seed: u64) -> anyhow::Result<Vec<LongRun>> {
    let sounds = (0..MEETINGS)
        .map(|number| {
            let recording = scripts.meeting(Order {
                seed: seed + number,
                seconds: SECONDS,
                snr: 20,
                voices: Some(4),
                pauses: Some(PAUSES),
            })?;
            sound::read(&recording.sound)
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let path = product.work.join("long.wav");
    let mut runs = Vec::new();
    for share in [0.25, 1.0] {
        let seconds = (hours * share * 3_600.0).round() as u32;
        sound::write_joined(&path, &sounds, seconds)?;
        let (heard, cost) = product.transcribe(BUNDLED, &path)?;
        screen::line(format!(
            "{:.2} h: {:.0} s, {:.0} CPU s, peak {}",
            f64::from(seconds) / 3_600.0,
            cost.wall_seconds,
            cost.cpu_seconds,
            screen::mebibytes(cost.peak_bytes)
        ));
        runs.push(LongRun {
            seconds,
            cost,
            characters: heard.segments.iter().map(|said| said.text.chars().count()).sum(),
        });
    }
    std::fs::remove_file(&path)?;
    Ok(runs)
}

//! How fast: Shoki and its peers on the same meetings of many pauses, with the same weights and as many threads.
//!
//! Promise: recording by recording every system in turn, the order reversed from one to the next; every run a fresh
//! process, model loading included; a peer that does not run is named with the reason. Never: a comparison without
//! Shoki, or with random weights whose text differs from what they were made to write.

use std::collections::BTreeMap;

use serde::Serialize;

use super::characters::{self, Errors, compared};
use super::made::{Order, Recording, Scripts};
use super::models::{Model, Models, Shape, TOKENS};
use super::peers::{Peers, System};
use super::product::Product;
use super::sound;
use super::truth::Said;
use crate::numbers::{Interval, log_ratio};
use crate::process_tree::Cost;
use crate::screen;

/// Share of pauses.
pub const PAUSES: f64 = 0.4;

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct SpeedRun {
    /// The model.
    pub shape: Shape,
    /// The system.
    pub system: System,
    /// Number of the recording.
    pub block: u32,
    /// Length of the recording, seconds.
    pub seconds: f64,
    /// The whole process.
    pub cost: Cost,
    /// CPU seconds of it before sound is heard, where that can be told.
    pub start: Option<f64>,
    /// Characters written.
    pub characters: usize,
    /// Errors of the text, where the weights are trained.
    pub cer: Option<Errors>,
}

/// A peer's cost over Shoki's, over recordings.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Ratio {
    /// The model.
    pub shape: Shape,
    /// The peer.
    pub system: System,
    /// CPU seconds.
    pub cpu: Interval,
    /// Wall-clock seconds.
    pub wall: Interval,
}

/// All of it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Speed {
    /// Every run.
    pub runs: Vec<SpeedRun>,
    /// Every peer over Shoki.
    pub ratios: Vec<Ratio>,
    /// Share of the recordings in which somebody speaks.
    pub spoken: f64,
    /// Who did not run, and why.
    pub not_run: BTreeMap<System, String>,
}

/// What is made and heard.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Models.
    pub shapes: Vec<Shape>,
    /// Recordings.
    pub blocks: u32,
    /// Seconds of each before its pauses are stretched.
    pub seconds: u32,
    /// Seed of the first.
    pub seed: u64,
}

/// Runs everything.
///
/// # Errors
/// When recordings or models cannot be made, or Shoki fails.
pub fn measure(
    scripts: &Scripts,
    models: &Models,
    product: &Product,
    peers: &Peers,
    plan: &Plan,
) -> anyhow::Result<Speed> {
    let recordings: Vec<Recording> = (0..plan.blocks)
        .map(|block| {
            scripts.meeting(Order {
                seed: plan.seed + u64::from(block),
                seconds: plan.seconds,
                snr: 20,
                voices: Some(3),
                pauses: Some(PAUSES),
            })
        })
        .collect::<anyhow::Result<_>>()?;
    let length: f64 = recordings.iter().map(|recording| recording.truth.seconds).sum();
    let mut speed = Speed {
        spoken: recordings
            .iter()
            .map(|recording| recording.truth.spoken())
            .sum::<f64>()
            / length,
        ..Speed::default()
    };
    let python = peers
        .python
        .as_ref()
        .map_err(|why| anyhow::anyhow!("the peers cannot be set up: {why}"))?;
    for &shape in &plan.shapes {
        let model = models.get(shape, python)?;
        let start = start_of(product, &model)?;
        for (block, recording) in (0_u32..).zip(&recordings) {
            let mut systems = peers.of(&model, shape.is_trained());
            systems.insert(0, System::Shoki);
            if block % 2 == 1 {
                systems.reverse();
            }
            for system in systems {
                let bench = Bench {
                    shape,
                    model: &model,
                    product,
                    peers,
                    start,
                };
                match bench.run(system, block, recording) {
                    Ok(run) => {
                        screen::line(format!(
                            "{}, recording {block}, {}: {:.1} s, {:.1} CPU s, {}, {} characters",
                            shape.label(),
                            system.label(),
                            run.cost.wall_seconds,
                            run.cost.cpu_seconds,
                            screen::mebibytes(run.cost.peak_bytes),
                            run.characters
                        ));
                        speed.runs.push(run);
                    }
                    Err(error) if system == System::Shoki => return Err(error),
                    Err(error) => {
                        screen::line(format!("NOT RUN: {}: {error:#}", system.label()));
                        speed.not_run.insert(system, format!("{error:#}"));
                    }
                }
            }
        }
        let peers = peers.of(&model, shape.is_trained());
        speed.ratios.extend(
            peers
                .into_iter()
                .filter_map(|peer| ratio(&speed.runs, shape, peer)),
        );
    }
    Ok(speed)
}

/// CPU seconds of Shoki on a second of silence: start, verification and loading of the models.
fn start_of(product: &Product, model: &Model) -> anyhow::Result<f64> {
    let silence = product.work.join("silence.wav");
    sound::write_joined(&silence, &[vec![0; 1_000]], 1)?;
    Ok(product.transcribe(&model.recogniser, &silence)?.1.cpu_seconds)
}

struct Bench<'a> {
    shape: Shape,
    model: &'a Model,
    product: &'a Product,
    peers: &'a Peers,
    start: f64,
}

impl Bench<'_> {
    fn run(&self, system: System, block: u32, recording: &Recording) -> anyhow::Result<SpeedRun> {
        let (segments, cost, start) = if system == System::Shoki {
            let (heard, cost) = self
                .product
                .transcribe(&self.model.recogniser, &recording.sound)?;
            (heard.segments, cost, Some(self.start))
        } else {
            let run = self.peers.run(system, self.model, &recording.sound)?;
            (run.segments, run.cost, run.start)
        };
        let characters = length_of(&segments);
        if !self.shape.is_trained() {
            anyhow::ensure!(
                characters > 0 && characters.is_multiple_of(TOKENS),
                "{characters} characters were written, not {TOKENS} for every window: the runs cannot be compared"
            );
        }
        Ok(SpeedRun {
            shape: self.shape,
            system,
            block,
            seconds: recording.truth.seconds,
            cost,
            start,
            characters,
            cer: self
                .shape
                .is_trained()
                .then(|| characters::all(&recording.truth.segments, &segments)),
        })
    }
}

fn length_of(segments: &[Said]) -> usize {
    segments.iter().map(|said| compared(&said.text).len()).sum()
}

/// A peer over Shoki, recording by recording.
fn ratio(runs: &[SpeedRun], shape: Shape, peer: System) -> Option<Ratio> {
    let costs = |system: System| -> BTreeMap<u32, Cost> {
        let own = runs
            .iter()
            .filter(|run| run.shape == shape && run.system == system);
        own.map(|run| (run.block, run.cost)).collect()
    };
    let (ours, theirs) = (costs(System::Shoki), costs(peer));
    let pairs = |of: fn(&Cost) -> f64| -> Vec<(f64, f64)> {
        let both = theirs
            .iter()
            .filter_map(|(block, cost)| Some((of(cost), of(ours.get(block)?))));
        both.collect()
    };
    let cpu = pairs(|cost| cost.cpu_seconds);
    (!cpu.is_empty()).then(|| Ratio {
        shape,
        system: peer,
        cpu: log_ratio(&cpu),
        wall: log_ratio(&pairs(|cost| cost.wall_seconds)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(system: System, block: u32, cpu_seconds: f64) -> SpeedRun {
        SpeedRun {
            shape: Shape::Small,
            system,
            block,
            seconds: 60.0,
            cost: Cost {
                wall_seconds: cpu_seconds / 2.0,
                cpu_seconds,
                peak_bytes: 0,
            },
            start: None,
            characters: 48,
            cer: None,
        }
    }

    #[test]
    fn a_peer_is_compared_recording_by_recording_as_far_as_both_ran() {
        let runs = [
            run(System::Shoki, 0, 10.0),
            run(System::WhisperCpp, 0, 20.0),
            run(System::WhisperCpp, 1, 80.0),
            run(System::Shoki, 1, 10.0),
            run(System::WhisperCpp, 2, 7.0),
        ];
        let ratio = ratio(&runs, Shape::Small, System::WhisperCpp).expect("both ran");
        // The geometric mean of 2 and 8; the third has no partner.
        assert!((ratio.cpu.value - 4.0).abs() < 1e-9 && (ratio.wall.value - 4.0).abs() < 1e-9);
        assert!(super::ratio(&runs, Shape::Small, System::FasterWhisper).is_none());
    }
}

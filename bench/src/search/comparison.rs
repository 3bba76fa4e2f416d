//! Every system on the same passages: how well it finds, then block of questions by block in turn how fast.
//!
//! Promise: a peer that does not run is named with the reason. Never: a comparison without Shoki.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use hdrhistogram::Histogram;
use shoki_search::query::evaluate::Run;

use super::protocol::{Order, Passages, Process, Said};
use super::quality::{self, Asked, Quality};
use super::systems::Name;
use super::workload::{Workload, whole_text};
use super::{Bench, DAY, Judged, Measured};
use crate::numbers::log_ratio;
use crate::process_tree::{cpu_seconds, measured, memory};
use crate::screen;

/// A system with its index, ready to be asked.
struct Ready {
    name: Name,
    process: Process,
    import: (f64, f64),
    index: PathBuf,
}

impl Bench<'_> {
    /// Starts every system that can be asked at this size, and lets it take the passages in.
    fn ready(&mut self, texts: &Path, workload: &Workload, count: usize) -> anyhow::Result<Vec<Ready>> {
        let file = self.fresh("passages")?.join("passages.jsonl");
        let mut lines = std::io::BufWriter::new(std::fs::File::create(&file)?);
        workload.texts(count, self.arguments.seed, |text| {
            for passage in &text.passages {
                serde_json::to_writer(&mut lines, &whole_text(&text.source.title, passage))?;
                lines.write_all(b"\n")?;
            }
            Ok(())
        })?;
        lines.flush()?;
        let mut ready = Vec::new();
        for name in self.systems.asked_at(count) {
            let index = self.fresh(&format!("index-{name:?}"))?;
            let order = Order::Build(Passages {
                file: file.clone(),
                texts: texts.to_owned(),
                seed: self.arguments.seed,
                count,
                index: index.clone(),
            });
            let built = self
                .systems
                .start(name)
                .and_then(|mut process| Ok((process.tell(&order)?, process)));
            match built {
                Ok((Said::Built { seconds, cpu }, process)) => {
                    screen::line(format!(
                        "{count} passages, {}: {seconds:.1} s, {cpu:.1} CPU s",
                        name.label()
                    ));
                    ready.push(Ready {
                        name,
                        process,
                        import: (seconds, cpu),
                        index,
                    });
                }
                Ok((said, _)) => anyhow::bail!("{}: {said:?}", name.label()),
                Err(error) if name == Name::Shoki => return Err(error),
                Err(error) => {
                    screen::line(format!("NOT RUN: {}: {error:#}", name.label()));
                    self.not_run.insert(name, format!("{error:#}"));
                }
            }
        }
        Ok(ready)
    }

    /// Hit@5 and nDCG@10 of every system on every set of questions.
    pub(super) fn quality(&mut self) -> anyhow::Result<Vec<Judged>> {
        let mut judged = Vec::new();
        for (file, texts) in self.questions.clone() {
            let workload = Workload::open(&texts, DAY)?;
            let asked = quality::questions(&file, workload.originals())?;
            let names = quality::names(workload.originals());
            let mut systems = Vec::new();
            for mut ready in self.ready(&texts, &workload, names.len())? {
                let (_, _, found) = ask(&mut ready.process, asked.iter())?;
                let run: Run = asked
                    .iter()
                    .zip(found)
                    .map(|(asked, found)| {
                        let items = found.iter().filter_map(|&at| names.get(at as usize).cloned());
                        (asked.qid.clone(), items.collect())
                    })
                    .collect();
                systems.push((ready.name, quality::score(&asked, &run)));
            }
            judged.push(Judged {
                set: file
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                questions: asked.len(),
                passages: names.len(),
                product: self.product(&file, &texts, &asked)?,
                systems,
            });
        }
        Ok(judged)
    }

    /// The same questions through `shoki search run`.
    fn product(&self, file: &Path, texts: &Path, asked: &[Asked]) -> anyhow::Result<Quality> {
        let installation = self.installation(self.fresh("product")?);
        let definition = texts.with_extension("toml");
        let files = if definition.is_file() {
            vec![definition]
        } else {
            files_in(texts)?
        };
        installation.import(&files)?;
        let out = self.work.join("run.jsonl");
        let mut command = installation.command(&["search", "run"]);
        command.args(["--as-of", &DAY.to_string()]);
        if let Some(scope) = self.arguments.scope.as_ref().filter(|_| texts == self.texts) {
            command.args(["--scope", scope]);
        }
        command.arg("--queries").arg(file).arg("--out").arg(&out);
        measured(&mut command)?;
        Ok(quality::score(asked, &quality::read_run(&out)?))
    }

    /// Speed and memory of every system at a size.
    pub(super) fn compare(&mut self, count: usize) -> anyhow::Result<Vec<Measured>> {
        let workload = Workload::open(&self.texts, DAY)?;
        let mut ready = self.ready(&self.texts.clone(), &workload, count)?;
        let words = self.words()?;
        let mut cpu: BTreeMap<Name, Vec<f64>> = BTreeMap::new();
        let mut micros: BTreeMap<Name, Histogram<u64>> = BTreeMap::new();
        for block in 0..self.arguments.blocks {
            let asked: Vec<&Asked> = words
                .iter()
                .cycle()
                .skip(block * self.arguments.block)
                .take(self.arguments.block)
                .collect();
            for ready in &mut ready {
                let (millis, spent, _) = ask(&mut ready.process, asked.iter().copied())?;
                cpu.entry(ready.name).or_default().push(spent);
                let held = micros.entry(ready.name).or_insert(Histogram::new(3)?);
                for millis in millis {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "a time in microseconds"
                    )]
                    held.record((millis * 1_000.0) as u64)?;
                }
            }
            // The next block is asked in the opposite order.
            ready.reverse();
        }
        let ours = cpu[&Name::Shoki].clone();
        let asked = (self.arguments.blocks * self.arguments.block) as f64;
        let mut measured: Vec<Measured> = ready
            .iter()
            .map(|ready| {
                let spent = &cpu[&ready.name];
                let of = |share: f64| micros[&ready.name].value_at_quantile(share) as f64 / 1_000.0;
                let pairs: Vec<(f64, f64)> = spent.iter().copied().zip(ours.iter().copied()).collect();
                Ok(Measured {
                    name: ready.name,
                    passages: count,
                    import_seconds: ready.import.0,
                    import_cpu: ready.import.1,
                    disk_bytes: bytes_in(&ready.index)?,
                    memory: memory(ready.process.pid()),
                    p50: of(0.5),
                    p95: of(0.95),
                    p99: of(0.99),
                    cpu_millis: spent.iter().sum::<f64>() * 1_000.0 / asked,
                    ratio: (ready.name != Name::Shoki).then(|| log_ratio(&pairs)),
                })
            })
            .collect::<anyhow::Result<_>>()?;
        measured.sort_by_key(|measured| measured.name);
        Ok(measured)
    }
}

/// Milliseconds of each question, CPU seconds of all, and what was found.
fn ask<'q>(
    process: &mut Process,
    asked: impl Iterator<Item = &'q Asked>,
) -> anyhow::Result<(Vec<f64>, f64, Vec<Vec<u32>>)> {
    let questions = asked.map(|asked| asked.query.clone()).collect();
    let before = cpu_seconds(process.pid())?;
    match process.tell(&Order::Ask(questions))? {
        // `/proc` counts in hundredths: what takes less counts as half of one.
        Said::Answered { millis, found, .. } => {
            Ok((millis, (cpu_seconds(process.pid())? - before).max(0.005), found))
        }
        said @ Said::Built { .. } => anyhow::bail!("a system under test said {said:?}"),
    }
}

fn files_in(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    Ok(files)
}

fn bytes_in(directory: &Path) -> anyhow::Result<u64> {
    let mut total = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.metadata()?;
        total += if kind.is_dir() {
            bytes_in(&entry.path())?
        } else {
            kind.len()
        };
    }
    Ok(total)
}

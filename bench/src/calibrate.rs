//! `shoki-bench calibrate`: fits the shipped calibration of risks on the tuning hands and measures it on the
//! measuring hands, which it never sees.
//!
//! Owns the way from made stacks to `pipelines/forms/calibration.json` and the report beside the other benches'.
//! Both sides are read by the product (`shoki forms read`, four readings), in a process of its own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use serde::Serialize;
use shoki_core::acceptance::AcceptTerms;
use shoki_core::calibration::{Calibration, Example, Judgement, Provenance, Quality, features_of};
use shoki_core::normal_form::normal_form;
use shoki_core::reading::{DocumentReading, FieldState, PageKind, PageReading};
use shoki_ocr::calibrate::{Hold, fit};

use crate::places::{PlaceArguments, Places};
use crate::samples::output::{Format, write};
use crate::samples::truth::{PageTruth, StackTruth};
use crate::samples::{Order, set_name};
use crate::score::{Score, Tally, score, wilson};
use crate::typefaces::FontSet;

/// What to run.
#[derive(Clone, Debug, clap::Args)]
pub struct CalibrateArguments {
    /// Where everything is.
    #[command(flatten)]
    pub places: PlaceArguments,
    /// Pages in the tuning hands to fit on.
    #[arg(long, default_value_t = 300)]
    pub fit_pages: u32,
    /// Pages in the measuring hands to measure on.
    #[arg(long, default_value_t = 200)]
    pub pages: u32,
    /// Seed of the stacks.
    #[arg(long, default_value_t = 41)]
    pub seed: u64,
    /// Pages read by one process: what was read already is not read again.
    #[arg(long, default_value_t = 50)]
    pub part: u32,
    /// Measure the calibration that is shipped instead of fitting a new one.
    #[arg(long)]
    pub measure_only: bool,
    /// Where the calibration is written.
    #[arg(long, default_value = "pipelines/forms/calibration.json")]
    pub calibration: PathBuf,
}

/// All that the report needs.
#[derive(Debug, Serialize)]
struct Findings {
    provenance: Provenance,
    /// Highest rate of missed errors that is asked for.
    limit: f64,
    highest_risk: f64,
    /// On the readings that it was fitted on; none when it was only measured.
    fitted: Option<Quality>,
    /// On the measuring hands: readings that its risk decides about.
    measured: Quality,
    measured_readings: usize,
    measured_wrong: usize,
    /// All filled fields of the measuring hands: as the reader alone says 確実, and as the calibration does.
    before: Tally,
    after: Tally,
    by_type: BTreeMap<String, (Tally, Tally)>,
    command: String,
}

/// Fits, measures, writes.
///
/// # Errors
/// Missing programs, models or fonts; a run that fails; nothing to tell apart.
pub fn run(arguments: &CalibrateArguments) -> anyhow::Result<()> {
    let places = arguments.places.find("calibrate")?;
    let limit = AcceptTerms::default().limit;
    let command = format!(
        "shoki-bench calibrate --fit-pages {} --pages {} --seed {}",
        arguments.fit_pages, arguments.pages, arguments.seed
    );
    let (calibration, fitted) = if arguments.measure_only {
        (Calibration::shipped().clone(), None)
    } else {
        let tuning = read_all(arguments, &places, FontSet::Tuning, arguments.fit_pages)?;
        let examples = examples_of(&tuning);
        let wrong = examples.iter().filter(|example| example.is_wrong).count();
        let provenance = Provenance {
            data: format!(
                "{} made pages in the {} hands, four readings, all levels of scan defects; filled readings that \
                 break no rule",
                arguments.fit_pages,
                set_name(FontSet::Tuning)
            ),
            command: command.clone(),
            readings: u32::try_from(examples.len())?,
            wrong: u32::try_from(wrong)?,
        };
        let calibration = fit(&examples, &Calibration::default(), Hold::SHIPPED, provenance)?;
        let mut text = serde_json::to_string_pretty(&calibration)?;
        text.push('\n');
        std::fs::write(&arguments.calibration, text)
            .with_context(|| arguments.calibration.display().to_string())?;
        let quality = Quality::of(&calibration, &examples, limit);
        (calibration, quality)
    };
    let measuring = read_all(arguments, &places, FontSet::Measuring, arguments.pages)?;
    let findings = measured(calibration, fitted, &measuring, limit, command)?;
    crate::report::write(
        &arguments.places.out,
        "calibration",
        &findings,
        &markdown(&findings)?,
    )
}

type Read = (StackTruth, DocumentReading);

/// Stacks of the hands with their readings, made and read in parts.
fn read_all(
    arguments: &CalibrateArguments,
    places: &Places,
    hands: FontSet,
    pages: u32,
) -> anyhow::Result<Vec<Read>> {
    let forms = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines/forms");
    let mut parts = Vec::new();
    for part in 0..pages.div_ceil(arguments.part) {
        let pages = arguments.part.min(pages - part * arguments.part);
        let seed = arguments.seed + u64::from(part) * 1_000;
        let name = format!("{}-{seed}-{pages}", set_name(hands));
        let directory = places.work.join(name);
        let order = Order {
            pages,
            seed,
            hands,
            levels: vec![1, 2, 3],
            jpeg_quality: None,
            plan: Vec::new(),
        };
        let read = directory.join("read/stack.json");
        let truth_file = directory.join("truth.json");
        if !truth_file.exists() {
            write(&order, Format::Pdf, &directory)?;
        }
        if !read.exists() {
            let done = Command::new(&places.shoki)
                .env("SHOKI_MODELS__STORE_DIR", &places.store)
                .args(["forms", "read", "--readings", "four", "--workers", "1", "--forms"])
                .arg(&forms)
                .arg("--out")
                .arg(directory.join("read"))
                .arg(directory.join("stack.pdf"))
                .status()?;
            anyhow::ensure!(done.success(), "shoki forms read: {done}");
        }
        let bytes = std::fs::read(&read).with_context(|| read.display().to_string())?;
        let truth = serde_json::from_slice(&std::fs::read(&truth_file)?)?;
        parts.push((truth, serde_json::from_slice(&bytes)?));
    }
    Ok(parts)
}

/// The pages of a stack that were sorted rightly.
fn sorted((truth, read): &Read) -> impl Iterator<Item = (&PageTruth, &PageReading)> {
    truth.pages.iter().filter_map(|page| {
        let found = read.pages.iter().find(|found| found.page == page.page)?;
        let right = found.kind == PageKind::Form && found.form == page.form;
        right.then_some((page, found))
    })
}

/// The readings that a risk decides about.
fn examples_of(stacks: &[Read]) -> Vec<Example> {
    let mut examples = Vec::new();
    for (truth, page) in stacks.iter().flat_map(sorted) {
        let form = page.form.as_deref().unwrap_or_default();
        for (key, field) in &truth.fields {
            let Some(reading) = page.fields.get(key) else {
                continue;
            };
            if let Some(features) = features_of(field.kind, reading) {
                examples.push(Example {
                    form: form.to_owned(),
                    key: key.clone(),
                    features,
                    is_wrong: normal_form(field.kind, &reading.text) != field.text,
                    weight: 1.0,
                });
            }
        }
    }
    examples
}

fn measured(
    calibration: Calibration,
    fitted: Option<Quality>,
    stacks: &[Read],
    limit: f64,
    command: String,
) -> anyhow::Result<Findings> {
    let examples = examples_of(stacks);
    let scores = |judge: &dyn Fn(&Read) -> DocumentReading| -> Score {
        let each: Vec<Score> = stacks
            .iter()
            .map(|stack| score(&stack.0, &judge(stack)))
            .collect();
        Score::sum(&each)
    };
    let before = scores(&|(_, read)| read.clone());
    let after = scores(&|stack| judged(&calibration, stack, limit));
    let by_type = before.by_type.iter().map(|(kind, tally)| {
        let name = serde_json::to_value(kind).map(|name| name.to_string());
        let name = name.unwrap_or_default().trim_matches('"').to_owned();
        (
            name,
            (*tally, after.by_type.get(kind).copied().unwrap_or_default()),
        )
    });
    Ok(Findings {
        limit,
        highest_risk: calibration.highest_risk(limit),
        fitted,
        measured: Quality::of(&calibration, &examples, limit).context("nothing was read")?,
        measured_readings: examples.len(),
        measured_wrong: examples.iter().filter(|example| example.is_wrong).count(),
        before: before.total,
        after: after.total,
        by_type: by_type.collect(),
        provenance: calibration.provenance,
        command,
    })
}

/// A stack's readings with what the calibration lets pass called 確実, and nothing else.
fn judged(calibration: &Calibration, stack: &Read, limit: f64) -> DocumentReading {
    let mut reading = stack.1.clone();
    for page in &mut reading.pages {
        let Some(truth) = stack.0.pages.iter().find(|truth| truth.page == page.page) else {
            continue;
        };
        let form = page.form.clone().unwrap_or_default();
        for (key, field) in &mut page.fields {
            let Some(kind) = truth.fields.get(key).map(|truth| truth.kind) else {
                continue;
            };
            let judgement = calibration.judge((&form, key), kind, field, limit);
            field.state = match (judgement, field.state) {
                (Judgement::Passes, _) => FieldState::Sure,
                (Judgement::ForAPerson, FieldState::Sure) => FieldState::Check,
                (Judgement::ForAPerson, state) => state,
            };
        }
    }
    reading
}

fn markdown(findings: &Findings) -> anyhow::Result<String> {
    let mut text = String::new();
    let Findings {
        measured, provenance, ..
    } = findings;
    writeln!(text, "# How sure a reading is: the calibration of risks\n")?;
    writeln!(
        text,
        "Written by `{}`. Fitted on {} readings, {} of them wrong ({}), measured on {} readings, {} of them wrong, \
         in the measuring hands, which it never saw. Made pages are easier than real ones: a city's own corrections \
         and blind audits decide (`shoki forms learn`).\n",
        findings.command,
        provenance.readings,
        provenance.wrong,
        provenance.data,
        findings.measured_readings,
        findings.measured_wrong
    )?;
    writeln!(text, "## Reliability on the measuring hands\n")?;
    writeln!(
        text,
        "| risk from | to | readings | mean risk | found wrong |\n|---:|---:|---:|---:|---:|"
    )?;
    for bin in &measured.bins {
        writeln!(
            text,
            "| {} | {} | {:.0} | {:.4} | {:.4} |",
            bin.from, bin.to, bin.readings, bin.expected, bin.found
        )?;
    }
    writeln!(
        text,
        "\nExpected calibration error {:.4}, logarithmic loss {:.4}, Brier score {:.4}.",
        measured.ece, measured.log_loss, measured.brier
    )?;
    if let Some(fitted) = &findings.fitted {
        writeln!(
            text,
            "On the readings it was fitted on: {:.4}, {:.4}, {:.4}.",
            fitted.ece, fitted.log_loss, fitted.brier
        )?;
    }
    writeln!(
        text,
        "\n## What passes unseen (limit {} %, highest risk {})\n",
        findings.limit * 100.0,
        findings.highest_risk
    )?;
    writeln!(
        text,
        "All filled fields. Before: 確実 by the agreement of the readings and the rules alone. After: by the \
         calibrated risk, where no rule is broken.\n"
    )?;
    writeln!(
        text,
        "| type | fields | before: passes | exact | after: passes | exact |\n|---|---:|---:|---:|---:|---:|"
    )?;
    let all = ("**all**".to_owned(), (findings.before, findings.after));
    let rows = findings.by_type.iter().map(|(name, pair)| (name.clone(), *pair));
    for (name, (before, after)) in rows.chain([all]) {
        writeln!(
            text,
            "| {name} | {} | {:.3} | {:.4} | {:.3} | {:.4} |",
            before.fields,
            before.accepted_share(),
            before.accepted_exact(),
            after.accepted_share(),
            after.accepted_exact()
        )?;
    }
    writeln!(text)?;
    for (name, tally) in [("Before", findings.before), ("After", findings.after)] {
        let (low, high) = wilson(tally.sure_exact, tally.sure);
        writeln!(
            text,
            "- {name}: {}/{} that pass are exact (95 % interval {low:.4}–{high:.4}, Wilson), {} wrong ones pass.",
            tally.sure_exact,
            tally.sure,
            tally.sure - tally.sure_exact
        )?;
    }
    Ok(text)
}

//! `shoki-bench sorting`: mixed stacks of a made office's forms through the product's own sorter.
//!
//! Owns the plan: one stack, sorted with the first 3, 10 and all 40 forms of the office defined, so that pages
//! of forms defined later are pages of no form before. Only the sorting is measured: from the grey page at
//! 200 dpi to the form and its way up, in CPU seconds of the one thread that does it.

mod house_style;
pub mod office;
mod report;
pub mod stack;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;
use serde::Serialize;
use shoki_core::master::Masters;
use shoki_core::reading::PageKind;
use shoki_ocr::{FormSet, Sorted};

use crate::screen;
use crate::typefaces::FontSet;
use office::Office;
use stack::{Page, Truth, Workshop};

/// What to run.
#[derive(Clone, Debug, clap::Args)]
pub struct SortingArguments {
    /// Pages of the stack.
    #[arg(long, default_value_t = 480)]
    pub pages: u32,
    /// Numbers of forms to define, each a run over the stack.
    #[arg(long, value_delimiter = ',', default_values_t = [3, 10, 40])]
    pub forms: Vec<usize>,
    /// Seed.
    #[arg(long, default_value_t = 8)]
    pub seed: u64,
    /// Which hands fill the forms.
    #[arg(long, value_enum, default_value = "measuring")]
    pub fonts: FontSet,
    /// Directory for the pictures of pages sorted otherwise than hoped; none are kept without it.
    #[arg(long)]
    pub misses: Option<PathBuf>,
    /// Directory for the report.
    #[arg(long, default_value = "bench/reports")]
    pub out: PathBuf,
}

/// Pages of one kind and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Pages.
    pub pages: u32,
    /// Sorted to their own form the right way up; a page of no form: unknown; a blank back: blank.
    pub right: u32,
    /// In the わからない tray although its form is defined.
    pub rejected: u32,
    /// … with two forms named, or another edition.
    pub doubted: u32,
    /// Sorted to a form that it is not.
    pub wrong_form: u32,
    /// Its own form, but the wrong way up.
    pub wrong_way: u32,
    /// Writing dropped as blank, or a blank back kept.
    pub wrong_blank: u32,
}

/// One run over the stack.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Run {
    /// Forms defined.
    pub forms: usize,
    /// CPU seconds to prepare them, once at the start.
    pub prepare_cpu_seconds: f64,
    /// Pages of defined forms.
    pub defined: Tally,
    /// Pages of the office's forms that are not defined in this run, editions of defined ones among them.
    pub undefined: Tally,
    /// Letters and forms of other offices.
    pub foreign: Tally,
    /// Blank backs.
    pub blank: Tally,
    /// CPU milliseconds of each page by kind, sorted.
    pub milliseconds: [Vec<f64>; 4],
    /// Pages of defined forms for which all forms were laid on.
    pub searched_widely: u32,
    /// What was sorted otherwise than hoped: page, truth, outcome.
    pub misses: Vec<String>,
}

/// All that the report needs.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    seed: u64,
    hands: &'static str,
    pages: u32,
    runs: Vec<Run>,
}

/// CPU seconds of this thread.
fn thread_cpu() -> anyhow::Result<f64> {
    // Documentation/scheduler/sched-stats.rst: nanoseconds on the CPU come first.
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let spent = text.split_whitespace().next().context("schedstat is empty")?;
    Ok(spent.parse::<f64>()? / 1e9)
}

/// Runs everything and writes `sorting.md` and `sorting.json`.
///
/// # Errors
/// Fonts that are not installed; a form that cannot be prepared; an unwritable directory.
pub fn run(arguments: &SortingArguments) -> anyhow::Result<()> {
    let workshop = Workshop::open(arguments.fonts, arguments.seed)?;
    let mut runs = Vec::new();
    let mut sets = Vec::new();
    for &count in &arguments.forms {
        let (set, cpu) = prepared(&workshop.office, count)?;
        screen::line(format!("{} forms prepared in {cpu:.1} CPU s", set.len()));
        for [one, other] in set.twins() {
            screen::line(format!("twins: {one} and {other}"));
        }
        runs.push(Run {
            forms: set.len(),
            prepare_cpu_seconds: cpu,
            ..Run::default()
        });
        sets.push(set);
    }
    if let Some(directory) = &arguments.misses {
        std::fs::create_dir_all(directory)?;
    }
    for number in 0..arguments.pages {
        let page = workshop.page(number)?;
        for (run, set) in runs.iter_mut().zip(&sets) {
            let defined = &workshop.office.defined[..run.forms];
            let begun = thread_cpu()?;
            let sorted = set.sort(&page.image);
            let spent = (thread_cpu()? - begun) * 1000.0;
            let is_defined = |id: &String| defined.iter().any(|printing| printing.definition.id == *id);
            let miss = run.count(&page, &sorted, is_defined, spent);
            if let Some(outcome) = miss {
                let line = format!(
                    "page {number} ({:?}, {} turns, level {}, {} dpi): {outcome}",
                    page.truth, page.quarter_turns, page.level, page.dpi
                );
                screen::line(format!("{} forms, {line}", run.forms));
                run.misses.push(line);
                if let Some(directory) = &arguments.misses {
                    page.image
                        .save(directory.join(format!("{}-{number:04}.png", run.forms)))?;
                }
            }
        }
    }
    for run in &mut runs {
        for kind in &mut run.milliseconds {
            kind.sort_by(f64::total_cmp);
        }
    }
    let findings = Findings {
        seed: arguments.seed,
        hands: crate::samples::set_name(arguments.fonts),
        pages: arguments.pages,
        runs,
    };
    crate::report::write(&arguments.out, "sorting", &findings, &report::markdown(&findings))
}

/// The first `count` forms of the office, prepared, and the CPU seconds of the process that it took.
fn prepared(office: &Office, count: usize) -> anyhow::Result<(FormSet, f64)> {
    let process = std::process::id();
    let begun = (crate::process_tree::cpu_seconds(process)?, Instant::now());
    let forms = office.defined.iter().take(count);
    let forms = forms.map(|printing| (printing.definition.clone(), printing.blank.clone()));
    let set = FormSet::prepare(forms.collect(), &Masters::new())?;
    let cpu = crate::process_tree::cpu_seconds(process)? - begun.0;
    Ok((set, cpu))
}

impl Run {
    /// Counts a page; what became of it, where that is not what was hoped.
    fn count(
        &mut self,
        page: &Page,
        sorted: &Sorted,
        is_defined: impl Fn(&String) -> bool,
        milliseconds: f64,
    ) -> Option<String> {
        let (kind, tally) = match &page.truth {
            Truth::Form(id) if is_defined(id) => (0, &mut self.defined),
            Truth::Form(_) => (1, &mut self.undefined),
            Truth::Foreign(_) => (2, &mut self.foreign),
            Truth::Blank => (3, &mut self.blank),
        };
        self.milliseconds[kind].push(milliseconds);
        tally.pages += 1;
        let doubt = sorted.doubt.as_ref();
        let form = sorted.form.as_deref().unwrap_or_default();
        let outcome = match (&page.truth, sorted.kind) {
            (Truth::Blank, PageKind::Blank) => None,
            (Truth::Blank, PageKind::Form) => {
                tally.wrong_form += 1;
                Some(format!("a blank back sorted to {form}"))
            }
            (Truth::Blank, _) => {
                tally.wrong_blank += 1;
                Some("a blank back kept".to_owned())
            }
            (_, PageKind::Blank) => {
                tally.wrong_blank += 1;
                Some("dropped as blank".to_owned())
            }
            (Truth::Form(id), PageKind::Form) if id == form => {
                let is_upright = sorted.quarter_turns == page.quarter_turns;
                tally.wrong_way += u32::from(!is_upright);
                (!is_upright).then(|| format!("{} turns", sorted.quarter_turns))
            }
            (_, PageKind::Form) => {
                tally.wrong_form += 1;
                Some(format!("sorted to {form}"))
            }
            (_, _) if kind == 0 => {
                tally.rejected += 1;
                tally.doubted += u32::from(doubt.is_some());
                let why = doubt.map(|doubt| format!("{:?} {:?}", doubt.kind, doubt.forms));
                Some(format!("unknown {}", why.unwrap_or_default()))
            }
            _ => {
                tally.doubted += u32::from(doubt.is_some());
                None
            }
        };
        tally.right += u32::from(outcome.is_none());
        self.searched_widely += u32::from(kind == 0 && sorted.searched_widely);
        outcome
    }
}

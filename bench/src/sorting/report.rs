//! The report of `shoki-bench sorting` as Markdown.

use std::fmt::Write as _;

use super::{Findings, Run, Tally};
use crate::report::machine;

/// The whole report.
pub fn markdown(findings: &Findings) -> String {
    let mut text = String::new();
    head(&mut text, findings).expect("a string grows");
    table(&mut text, findings).expect("a string grows");
    cost(&mut text, findings).expect("a string grows");
    misses(&mut text, findings).expect("a string grows");
    text
}

fn head(text: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(text, "# Sorting mixed stacks\n")?;
    writeln!(
        text,
        "Written by `shoki-bench sorting` (seed {}, {} hands). One stack of {} made pages of one office in one \
         house style, scan defects of all three levels, 200 and 300 dpi, uneven feeding, any way up, stamps, blank \
         backs whose fronts shine through, letters and forms of other offices. The same stack is sorted with the \
         first 3, 10 and 40 of the office's forms defined, so a page of a form that is defined later is a page of \
         no form before. Among the forty are ten editions of another (the year in the title alone, a row more, a \
         column moved, a box more, one label, the notes) and twins whose titles alone differ; never defined are \
         six more such editions and a form of the same house. {}.\n",
        findings.seed,
        findings.hands,
        findings.pages,
        machine()
    )
}

fn table(text: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(text, "## Where the pages went\n")?;
    writeln!(
        text,
        "| forms defined | pages | count | right | わからない | … with forms named | wrong form | wrong way up | blank taken wrongly |\n\
         |---:|---|---:|---:|---:|---:|---:|---:|---:|"
    )?;
    for run in &findings.runs {
        for (name, tally) in run.kinds() {
            let Tally {
                pages,
                right,
                rejected,
                doubted,
                wrong_form,
                wrong_way,
                wrong_blank,
            } = tally;
            let unknown = if name == "of a defined form" {
                rejected.to_string()
            } else {
                "–".to_owned()
            };
            writeln!(
                text,
                "| {} | {name} | {pages} | {right} | {unknown} | {doubted} | **{wrong_form}** | {wrong_way} | {wrong_blank} |",
                run.forms
            )?;
        }
    }
    writeln!(
        text,
        "\n“Right” is its own form the right way up, わからない for a page of no defined form, blank for a back.\n"
    )
}

fn cost(text: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(text, "## CPU milliseconds a page, the sorting alone\n")?;
    writeln!(
        text,
        "| forms defined | all pages, mean | defined form: mean | p95 | looked at all forms | no defined form: mean | p95 | blank: mean | preparing the forms, once |\n\
         |---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    )?;
    for run in &findings.runs {
        let all: Vec<f64> = run.milliseconds.concat();
        let mut none = [run.milliseconds[1].clone(), run.milliseconds[2].clone()].concat();
        none.sort_by(f64::total_cmp);
        let (own, blank) = (&run.milliseconds[0], &run.milliseconds[3]);
        writeln!(
            text,
            "| {} | **{:.0}** | {:.0} | {:.0} | {} of {} pages | {:.0} | {:.0} | {:.0} | {:.1} CPU s |",
            run.forms,
            mean(&all),
            mean(own),
            quantile(own, 0.95),
            run.searched_widely,
            run.defined.pages,
            mean(&none),
            quantile(&none, 0.95),
            mean(blank),
            run.prepare_cpu_seconds
        )?;
    }
    writeln!(text)
}

fn misses(text: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(text, "## Pages sorted otherwise than hoped\n")?;
    for run in &findings.runs {
        for miss in &run.misses {
            writeln!(text, "- {} forms: {miss}", run.forms)?;
        }
    }
    if findings.runs.iter().all(|run| run.misses.is_empty()) {
        writeln!(text, "None.")?;
    }
    Ok(())
}

impl Run {
    fn kinds(&self) -> [(&'static str, Tally); 4] {
        [
            ("of a defined form", self.defined),
            ("of the office, not defined", self.undefined),
            ("of others", self.foreign),
            ("blank backs", self.blank),
        ]
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share) as usize;
    sorted
        .get(at.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(0.0)
}

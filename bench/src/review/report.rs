//! The report of `shoki-bench review` as Markdown.

use std::fmt::Write as _;

use super::{Counts, Findings};
use crate::report::machine;

/// The whole report.
pub fn markdown(findings: &Findings) -> String {
    let mut text = String::new();
    write(&mut text, findings).expect("a string grows");
    text
}

fn write(text: &mut String, findings: &Findings) -> std::fmt::Result {
    let sum = |of: fn(&Counts) -> u32| findings.people.iter().map(of).sum::<u32>();
    writeln!(text, "# Two people review {} fields\n", findings.fields)?;
    writeln!(
        text,
        "Written by `shoki-bench review` (seed {}). {} made pages in {} jobs, uploaded, read by the service's own \
         workers and reviewed under the policy 全件 by two people at once over HTTP, each choosing at random; the \
         service was killed (SIGKILL) after {} acknowledged rows and started again. {}.\n",
        findings.seed,
        findings.pages,
        findings.jobs,
        findings.rows_at_kill,
        machine()
    )?;
    writeln!(text, "## Nothing lost, nothing doubled\n")?;
    writeln!(
        text,
        "- fields to review: {}, open at the end: {}; sheets done: {} of {}",
        findings.fields, findings.fields_open_at_end, findings.sheets_done, findings.sheets
    )?;
    writeln!(
        text,
        "- rows acknowledged (decisions, undos, finishes, reopenings): {}; rows of the audit chain: {}",
        findings.rows, findings.audit_rows
    )?;
    writeln!(
        text,
        "- lost, doubled or different: **{}**",
        findings.differences.len()
    )?;
    writeln!(
        text,
        "- requests cut off by the kill: {}, of which the row was there afterwards: {}",
        sum(|one| one.cut_off),
        sum(|one| one.found_after_kill)
    )?;
    writeln!(
        text,
        "- refused as they must be: {} answers on a stale version, {} of two answers on one version at once, {} \
         answers on the other person's sheet",
        sum(|one| one.stale_refused),
        sum(|one| one.races_refused),
        sum(|one| one.others_refused)
    )?;
    writeln!(
        text,
        "- held {}, taken back {}, sheets given back unfinished {}, opened again {}\n",
        sum(|one| one.held),
        sum(|one| one.undone),
        sum(|one| one.given_back),
        sum(|one| one.reopened)
    )?;
    writeln!(
        text,
        "Each sheet was compared with the acknowledgements (value of every field, version = number of rows), and \
         the audit chain row by row.\n"
    )?;
    times(text, findings)
}

fn times(text: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(text, "## Time until the next field, milliseconds\n")?;
    writeln!(
        text,
        "| from | count | p50 | p95 | p99 |\n|---|---:|---:|---:|---:|"
    )?;
    let all = |of: fn(&Counts) -> &Vec<f64>| {
        let mut all: Vec<f64> = findings
            .people
            .iter()
            .flat_map(|one| of(one).iter().copied())
            .collect();
        all.sort_by(f64::total_cmp);
        all
    };
    for (name, values) in [
        (
            "deciding about a field, to the next of the sheet",
            all(|one| &one.within),
        ),
        ("finishing a sheet, to the next sheet", all(|one| &one.between)),
    ] {
        let at = |share: f64| {
            let index = (values.len() as f64 * share) as usize;
            values
                .get(index.min(values.len().saturating_sub(1)))
                .copied()
                .unwrap_or(0.0)
        };
        writeln!(
            text,
            "| {name} | {} | {:.1} | {:.1} | {:.1} |",
            values.len(),
            at(0.5),
            at(0.95),
            at(0.99)
        )?;
    }
    writeln!(
        text,
        "\nCPU of the service: {:.1} ms a row ({:.0} s over {} rows, {:.0} s of wall clock); reading the pages \
         before: {:.2} s a page.",
        findings.review_cpu_seconds / findings.rows.max(1) as f64 * 1000.0,
        findings.review_cpu_seconds,
        findings.rows,
        findings.review_wall_seconds,
        findings.reading_cpu_seconds / findings.pages.max(1) as f64
    )
}

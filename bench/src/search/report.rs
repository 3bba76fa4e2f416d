//! The report of `shoki-bench search` as Markdown; the README quotes it and nothing else.

use std::fmt::Write as _;

use super::service::Window;
use super::{Findings, Measured, Served};
use crate::report::machine;
use crate::screen::mebibytes;

/// The whole report.
pub fn markdown(findings: &Findings) -> String {
    let mut text = String::new();
    write_all(&mut text, findings).expect("a string grows");
    text
}

fn write_all(text: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(text, "# Finding the deciding passage: Shoki beside its peers\n")?;
    writeln!(
        text,
        "Written by `shoki-bench search` (seed {}) on {} ({} passages; more are copies in which lines, words \
         and numbers are exchanged). {}.\n",
        findings.seed,
        findings.texts,
        findings.originals,
        machine()
    )?;
    for (name, why) in &findings.not_run {
        writeln!(
            text,
            "**Not run: {}** — {}\n",
            name.label(),
            why.replace('\n', " ")
        )?;
    }
    if let Some(served) = &findings.served {
        service(text, served)?;
    }
    quality(text, findings)?;
    sizes(text, findings)
}

fn service(text: &mut String, served: &Served) -> std::fmt::Result {
    writeln!(text, "## The service over HTTP\n")?;
    match &served.import {
        Some(import) => write!(
            text,
            "`shoki corpus import` took in {} passages in {:.1} s, {:.1} CPU s, embeddings included: {:.0} passages/s, \
             {:.0} a CPU second, peak memory {}. Then whole",
            served.passages,
            import.wall_seconds,
            import.cpu_seconds,
            served.passages as f64 / import.wall_seconds,
            served.passages as f64 / import.cpu_seconds,
            mebibytes(import.peak_bytes),
        )?,
        None => write!(
            text,
            "{} passages, taken in by a run before. Whole",
            served.passages
        )?,
    }
    writeln!(
        text,
        " questions (`POST /v1/questions`: three legs, evidence, log) at {} a second for {} s, open loop: latency \
         counts from the moment a question was due. The client runs on the same cores.\n",
        served.rate, served.seconds
    )?;
    writeln!(
        text,
        "| while | p50 ms | p95 ms | p99 ms | slowest ms | answered | failed | service CPU s | peak memory |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|"
    )?;
    window(text, "quiet", &served.quiet)?;
    let busy = format!(
        "an import ({} laws) and OCR ({} stacks) run",
        served.busy.imports, served.busy.stacks
    );
    window(text, &busy, &served.busy)?;
    for failure in &served.busy.failures {
        writeln!(text, "\n**A background job failed: {failure}**")?;
    }
    writeln!(text)
}

fn window(text: &mut String, name: &str, window: &Window) -> std::fmt::Result {
    let seen = window.latencies;
    writeln!(
        text,
        "| {name} | {:.1} | {:.1} | {:.1} | {:.1} | {} | {} | {:.1} | {} |",
        seen.p50,
        seen.p95,
        seen.p99,
        seen.max,
        seen.answered,
        seen.failed,
        window.cpu_seconds,
        mebibytes(window.peak_bytes)
    )
}

fn quality(text: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(text, "## Quality on the texts as they are\n")?;
    writeln!(
        text,
        "Hit@5 / nDCG@10. `shoki search run` is the product: citations, synonyms, refusal; `{}` is its index \
         alone.\n",
        super::Name::Shoki.label()
    )?;
    for judged in &findings.judged {
        writeln!(
            text,
            "| {} ({} questions, {} passages) | Hit@5 | nDCG@10 |\n|---|---:|---:|",
            judged.set, judged.questions, judged.passages
        )?;
        writeln!(
            text,
            "| **shoki search run** | **{:.3}** | **{:.3}** |",
            judged.product.hit_5, judged.product.ndcg_10
        )?;
        for (name, quality) in &judged.systems {
            writeln!(
                text,
                "| {} | {:.3} | {:.3} |",
                name.label(),
                quality.hit_5,
                quality.ndcg_10
            )?;
        }
        writeln!(text)?;
    }
    Ok(())
}

fn sizes(text: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(text, "## The index alone, by size\n")?;
    writeln!(
        text,
        "In one process each, without HTTP and SQL: {} blocks of {} questions, every system in turn, the order \
         reversed from block to block. Shoki answers with three legs, the question's embedding included; vectors \
         of copies are their originals' with noise, so its import is without embedding. Memory after the \
         questions: with mapped files / without.\n",
        findings.blocks, findings.block
    )?;
    writeln!(
        text,
        "| passages | system | import passages/s | a CPU s | disk | memory | p50 ms | p95 ms | p99 ms | CPU ms a \
         question | CPU over Shoki's |\n|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    )?;
    for measured in &findings.measured {
        row(text, measured)?;
    }
    writeln!(text)
}

fn row(text: &mut String, measured: &Measured) -> std::fmt::Result {
    let count = measured.passages as f64;
    let ratio = measured.ratio.map_or_else(
        || "1".to_owned(),
        |ratio| format!("{:.2} × ({:.2}–{:.2})", ratio.value, ratio.low, ratio.high),
    );
    writeln!(
        text,
        "| {} | {} | {:.0} | {:.0} | {} | {} / {} | {:.1} | {:.1} | {:.1} | {:.1} | {ratio} |",
        measured.passages,
        measured.name.label(),
        count / measured.import_seconds,
        count / measured.import_cpu,
        mebibytes(measured.disk_bytes),
        mebibytes(measured.memory.0),
        mebibytes(measured.memory.1),
        measured.p50,
        measured.p95,
        measured.p99,
        measured.cpu_millis
    )
}

//! The report of `shoki-bench desk` as Markdown.

use std::fmt::Write as _;

use super::{Findings, Standing, Window};
use crate::report::machine;
use crate::search::open_loop::Latencies;

/// The whole report.
pub fn markdown(findings: &Findings) -> String {
    let mut text = String::new();
    write_all(&mut text, findings).expect("a string grows");
    text
}

fn write_all(text: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(
        text,
        "# The desk while {} pages are read: {} people\n",
        findings.pages, findings.people
    )?;
    writeln!(
        text,
        "Written by `{}`. Everybody is signed in with an account and a session of their own; looks are due at fixed \
         times and count from then to the last byte, whether or not the one before was answered; the client runs on \
         the same cores as the service. {}.\n",
        findings.command,
        machine()
    )?;
    writeln!(
        text,
        "## One job of {} pages, followed while it is read (aim: 150 ms)\n",
        findings.pages
    )?;
    table(text, &findings.followed, findings.seconds)?;
    writeln!(
        text,
        "## {} people while it is read (aim: p95 500 ms)\n",
        findings.people
    )?;
    writeln!(
        text,
        "Each has the job list brought up to date every 2 s, asks the law desk every 10 s and opens the home page \
         every 10 s; the stack is read by the usual number of workers.\n"
    )?;
    table(text, &findings.busy, findings.seconds)?;
    writeln!(text, "## The same people, nothing being read\n")?;
    table(text, &findings.quiet, findings.seconds)?;
    writeln!(text, "## The job when it has ended\n")?;
    table(text, &findings.ended, findings.seconds)
}

fn table(text: &mut String, window: &Window, seconds: u64) -> std::fmt::Result {
    writeln!(
        text,
        "| milliseconds | answered | failed | p50 | p95 | p99 | max |\n|---|---:|---:|---:|---:|---:|---:|"
    )?;
    for row in &window.rows {
        line(text, row.name, &row.latencies)?;
    }
    if let Some(events) = &window.events {
        line(text, "event stream: from written to received", events)?;
    }
    write!(
        text,
        "\n{:.1} CPU s of the service in {seconds} s.",
        window.cpu_seconds
    )?;
    if let [before, after] = window.standings.as_slice() {
        write!(
            text,
            " The job: {} at the beginning, {} at the end.",
            stands(before),
            stands(after)
        )?;
    }
    writeln!(text, "\n")
}

fn line(text: &mut String, name: &str, seen: &Latencies) -> std::fmt::Result {
    writeln!(
        text,
        "| {name} | {} | {} | {:.1} | {:.1} | {:.1} | {:.1} |",
        seen.answered, seen.failed, seen.p50, seen.p95, seen.p99, seen.max
    )
}

fn stands(standing: &Standing) -> String {
    match standing.progress {
        Some(progress) => format!(
            "{}, {} of {} pages",
            standing.state,
            progress.done + progress.failed,
            progress.total
        ),
        None => standing.state.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Progress;
    use crate::desk::load::Row;

    #[test]
    fn a_window_tells_where_the_job_stood() {
        let latencies = Latencies {
            answered: 30,
            failed: 1,
            p50: 3.04,
            p95: 9.0,
            p99: 12.0,
            max: 20.0,
        };
        let running = |done| Standing {
            state: "running".to_owned(),
            progress: Some(Progress {
                done,
                failed: 1,
                total: 500,
            }),
        };
        let window = Window {
            rows: vec![Row {
                name: "page: job list",
                latencies,
            }],
            events: Some(latencies),
            standings: vec![running(4), running(40)],
            cpu_seconds: 1.25,
        };
        let mut text = String::new();
        table(&mut text, &window, 10).expect("a string grows");
        assert!(
            text.contains("| page: job list | 30 | 1 | 3.0 | 9.0 | 12.0 | 20.0 |"),
            "{text}"
        );
        assert!(
            text.contains("running, 5 of 500 pages at the beginning, running, 41 of 500 pages at the end"),
            "{text}"
        );
    }
}

//! `shoki-bench review`: two people review ten thousand fields through the API of a real service, which is killed
//! (SIGKILL) in the middle; every acknowledged decision must be there exactly once.
//!
//! Owns the plan. The pages are made, read by the service's own workers and reviewed under the policy 全件 (all
//! fields), so nothing is put into the store from the side. Verified three ways: what each sheet shows against the
//! ledger of acknowledgements, its version against the number of rows, and the audit chain row by row.

mod ledger;
mod office;
mod report;
mod reviewer;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

use crate::places::{PlaceArguments, Places};
use crate::process_tree::cpu_seconds;
use crate::screen;
use crate::search::service::{Installation, Service};
use ledger::Ledger;
use reviewer::{Reviewer, Table};

/// What to run.
#[derive(Clone, Debug, clap::Args)]
pub struct ReviewArguments {
    /// Where everything is.
    #[command(flatten)]
    pub places: PlaceArguments,
    /// Fields to review at least.
    #[arg(long, default_value_t = 10_000)]
    pub fields: usize,
    /// Jobs that hold them.
    #[arg(long, default_value_t = 4)]
    pub jobs: usize,
    /// Seed.
    #[arg(long, default_value_t = 10)]
    pub seed: u64,
}

/// What one person did and saw.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Counts {
    /// Fields put off once.
    pub held: u32,
    /// Own decisions taken back.
    pub undone: u32,
    /// Sheets given back unfinished.
    pub given_back: u32,
    /// Finished sheets opened again.
    pub reopened: u32,
    /// Answers on a stale version, refused.
    pub stale_refused: u32,
    /// Of two answers on one version at once, those refused.
    pub races_refused: u32,
    /// Answers on the other person's sheet, refused.
    pub others_refused: u32,
    /// Requests cut off by the kill.
    pub cut_off: u32,
    /// Of them those whose row was there afterwards.
    pub found_after_kill: u32,
    /// Milliseconds from a decision to the next open field of the sheet.
    pub within: Vec<f64>,
    /// Milliseconds from finishing a sheet to the next one.
    pub between: Vec<f64>,
}

/// All that the report needs.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    seed: u64,
    pages: usize,
    jobs: usize,
    sheets: u64,
    sheets_done: u64,
    fields: u64,
    fields_open_at_end: u64,
    rows: usize,
    rows_at_kill: u64,
    audit_rows: usize,
    differences: Vec<String>,
    people: Vec<Counts>,
    reading_cpu_seconds: f64,
    review_cpu_seconds: f64,
    review_wall_seconds: f64,
}

/// Runs it and writes `review.md` and `review.json`.
///
/// # Errors
/// A service that does not start, refuses what it must take, or takes what it must refuse.
pub fn run(arguments: &ReviewArguments) -> anyhow::Result<()> {
    let places = arguments.places.find("review")?;
    let stacks = office::stacks(&places.work, arguments)?;
    let pages = stacks.iter().map(|stack| stack.pages).sum();
    let installation = installation(&places)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut findings = runtime.block_on(measure(arguments, &installation, &stacks))?;
    findings.pages = pages;
    let differences = findings.differences.len();
    crate::report::write(
        &arguments.places.out,
        "review",
        &findings,
        &report::markdown(&findings),
    )?;
    anyhow::ensure!(
        differences == 0,
        "{differences} differences, the first: {}",
        findings.differences[0]
    );
    Ok(())
}

fn installation(places: &Places) -> anyhow::Result<Installation> {
    let data = places.work.join("data");
    if data.exists() {
        std::fs::remove_dir_all(&data)?;
    }
    std::fs::create_dir_all(&data)?;
    let repository = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let pipelines = places.work.join("pipelines").display().to_string();
    Ok(Installation {
        shoki: places.shoki.clone(),
        store: places.store.clone(),
        repository,
        data,
        settings: vec![
            ("SHOKI_PIPELINES__DIR", pipelines),
            ("SHOKI_WORKERS__READINGS", "one".to_owned()),
        ],
    })
}

async fn measure(
    arguments: &ReviewArguments,
    installation: &Installation,
    stacks: &[office::Stack],
) -> anyhow::Result<Findings> {
    let tokens = [installation.people()?, installation.person("clerk", "second")?];
    let auditor = installation.person("auditor", "auditor")?;
    let service = installation.serve(tokens[0].clone()).await?;
    let mut jobs = Vec::new();
    for stack in stacks {
        let job = service.one_job(&stack.pdf, "forms").await?;
        screen::line(format!("{} pages read as job {job}", stack.pages));
        jobs.push(job);
    }
    let reading_cpu_seconds = cpu_seconds(service.pid())?;
    let before = overview(&service, &jobs).await?;
    let fields = before.values().map(|one| count(one, "fields_open")).sum();
    screen::line(format!("{fields} fields to review"));
    let table = Arc::new(Table {
        ledger: Ledger::default().into(),
        current: Default::default(),
        acknowledged: Default::default(),
    });
    let (place, base) = watch::channel(service.base.clone());
    let begun = std::time::Instant::now();
    let people: Vec<_> = (0..2)
        .map(|who| {
            let token = tokens[who].clone();
            let reviewer = Reviewer::new(who, base.clone(), token, arguments.seed, Arc::clone(&table));
            tokio::spawn(reviewer.review(jobs.clone()))
        })
        .collect();
    let half = fields / 2;
    while table.acknowledged.load(Ordering::Relaxed) < half && !people.iter().any(|task| task.is_finished()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut moments = ChaCha8Rng::seed_from_u64(arguments.seed);
    tokio::time::sleep(Duration::from_micros(moments.random_range(0..40_000))).await;
    let first_cpu = cpu_seconds(service.pid())? - reading_cpu_seconds;
    let rows_at_kill = table.acknowledged.load(Ordering::Relaxed);
    // Dropping it kills the process (SIGKILL) and waits for its end.
    drop(service);
    screen::line(format!("killed after {rows_at_kill} acknowledged rows"));
    let service = installation.serve(tokens[0].clone()).await?;
    let started_cpu = cpu_seconds(service.pid())?;
    place.send_replace(service.base.clone());
    let mut counts = Vec::new();
    for person in people {
        counts.push(person.await??);
    }
    let review_wall_seconds = begun.elapsed().as_secs_f64();
    let review_cpu_seconds = first_cpu + cpu_seconds(service.pid())? - started_cpu;
    let mut ledger = std::mem::take(&mut *table.ledger.lock().await);
    let after = verify(&service, &jobs, &mut ledger).await?;
    let audit_rows = compare_audit(&service, &auditor, &mut ledger).await?;
    let sum = |of: &str| after.values().map(|one| count(one, of)).sum();
    Ok(Findings {
        seed: arguments.seed,
        pages: 0,
        jobs: jobs.len(),
        sheets: sum("sheets_total"),
        sheets_done: sum("sheets_done"),
        fields,
        fields_open_at_end: sum("fields_open"),
        rows: ledger.total(),
        rows_at_kill,
        audit_rows,
        differences: ledger.differences,
        people: counts,
        reading_cpu_seconds,
        review_cpu_seconds,
        review_wall_seconds,
    })
}

fn count(body: &Value, of: &str) -> u64 {
    body[of].as_u64().unwrap_or(0)
}

/// Where the review of each job stands.
async fn overview(service: &Service, jobs: &[String]) -> anyhow::Result<BTreeMap<String, Value>> {
    let mut all = BTreeMap::new();
    for job in jobs {
        let url = format!("{}/v1/jobs/{job}/review", service.base);
        all.insert(job.clone(), service.json(service.http.get(url)).await?);
    }
    Ok(all)
}

/// Compares every sheet with the ledger; where the jobs stand.
async fn verify(
    service: &Service,
    jobs: &[String],
    ledger: &mut Ledger,
) -> anyhow::Result<BTreeMap<String, Value>> {
    let after = overview(service, jobs).await?;
    for (job, body) in &after {
        for head in body["sheets"].as_array().into_iter().flatten() {
            let page = head["page"].as_u64().context("a page")?;
            let url = format!("{}/v1/jobs/{job}/review/sheets/{page}", service.base);
            let sheet: Value = service.json(service.http.get(url)).await?;
            ledger.compare(&(job.clone(), page), &sheet);
            if sheet["task"] != "done" {
                ledger.differences.push(format!("{job}/{page}: not done"));
            }
        }
    }
    Ok(after)
}

/// Compares the rows that the audit chain names with the ledger's; their number.
async fn compare_audit(service: &Service, auditor: &str, ledger: &mut Ledger) -> anyhow::Result<usize> {
    let mut chained: BTreeMap<String, u32> = BTreeMap::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut url = format!("{}/v1/audit?limit=200", service.base);
        if let Some(cursor) = &cursor {
            url = format!("{url}&cursor={cursor}");
        }
        let asked = service.http.get(url).bearer_auth(auditor).send().await?;
        let page: Value = asked.error_for_status()?.json().await?;
        for event in page["items"].as_array().into_iter().flatten() {
            if event["action"] == "review.row" {
                let subject = event["subject"].as_str().unwrap_or_default();
                *chained.entry(subject.to_owned()).or_default() += 1;
            }
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    let total = chained.values().map(|&times| times as usize).sum();
    let mut found = Vec::new();
    for subject in ledger.subjects() {
        match chained.remove(&subject) {
            Some(1) => {}
            Some(times) => found.push(format!("{subject}: {times} times in the audit chain")),
            None => found.push(format!("{subject}: acknowledged, not in the audit chain")),
        }
    }
    found.extend(
        chained
            .keys()
            .map(|subject| format!("{subject}: in the audit chain, never acknowledged")),
    );
    ledger.differences.extend(found);
    Ok(total)
}

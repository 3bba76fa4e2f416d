//! The client of `cargo xtask demo`: hands a stack to a running service over HTTP, follows the job,
//! prints what came back and how right it is.
//!
//! Speaks to the service only through its public API, as an office's own script would.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::RequestBuilder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shoki_core::reading::{DocumentReading, FIELDS_JSON, FieldState, PageKind, PageReading};

use crate::process_tree::MemoryWatch;
use crate::samples::truth::StackTruth;
use crate::score::score;
use crate::screen;

/// The demonstration gives up after this long.
const PATIENCE: Duration = Duration::from_secs(600);

/// What to do.
#[derive(Clone, Debug, clap::Args)]
pub struct DemoArguments {
    /// Address of the service, e.g. `http://127.0.0.1:8080`.
    #[arg(long)]
    pub base: String,
    /// A clerk's token.
    #[arg(long)]
    pub token: String,
    /// The service's process id, for its peak memory.
    #[arg(long)]
    pub pid: Option<u32>,
    /// The stack.
    #[arg(long)]
    pub pdf: PathBuf,
    /// Its truth.
    #[arg(long)]
    pub truth: PathBuf,
    /// Directory for the results.
    #[arg(long)]
    pub out: PathBuf,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Job {
    id: String,
    state: String,
    progress: Option<Progress>,
    failure: Option<Failure>,
}

#[derive(Deserialize)]
struct Progress {
    done: u64,
    failed: u64,
    total: u64,
}

#[derive(Deserialize)]
struct Failure {
    code: String,
    title: String,
    action: String,
}

#[derive(Deserialize)]
struct Artifact {
    id: String,
    name: String,
}

struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Client {
    async fn send(&self, request: RequestBuilder) -> anyhow::Result<reqwest::Response> {
        let response = request.bearer_auth(&self.token).send().await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let said = response.text().await.unwrap_or_default();
        anyhow::bail!("the service answered {status}: {said}")
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> anyhow::Result<T> {
        Ok(self.send(request).await?.json().await?)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base.trim_end_matches('/'))
    }

    async fn upload(&self, file: &Path) -> anyhow::Result<Named> {
        let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
        let name = file
            .file_name()
            .map_or_else(Default::default, |name| name.to_string_lossy().into_owned());
        let part = reqwest::multipart::Part::bytes(bytes)
            .file_name(name)
            .mime_str("application/pdf")?;
        let form = reqwest::multipart::Form::new().part("file", part);
        self.json(self.http.post(self.url("/v1/documents")).multipart(form))
            .await
    }

    async fn follow(&self, job: Job) -> anyhow::Result<()> {
        let bar = ProgressBar::new(1);
        let style = "  読み取り [{bar:40}] {pos}/{len} ページ  {elapsed}";
        bar.set_style(ProgressStyle::with_template(style)?.progress_chars("=> "));
        let begun = Instant::now();
        let mut job = job;
        while !matches!(job.state.as_str(), "succeeded" | "failed" | "cancelled") {
            anyhow::ensure!(
                begun.elapsed() < PATIENCE,
                "the job did not end within {PATIENCE:?}"
            );
            job = self
                .json(self.http.get(self.url(&format!("/v1/jobs/{}?wait=5", job.id))))
                .await?;
            if let Some(progress) = &job.progress {
                bar.set_length(progress.total);
                bar.set_position(progress.done + progress.failed);
            }
        }
        bar.set_position(bar.length().unwrap_or(1));
        bar.finish();
        if let Some(failure) = job.failure {
            anyhow::bail!("{} {} ({})", failure.title, failure.action, failure.code);
        }
        anyhow::ensure!(job.state == "succeeded", "the job ended as {}", job.state);
        Ok(())
    }
}

/// Runs the demonstration.
///
/// # Errors
/// Any refusal of the service, a stack or truth that cannot be read, a wrongly sorted page.
pub fn run(arguments: &DemoArguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(demonstrate(arguments))
}

async fn demonstrate(arguments: &DemoArguments) -> anyhow::Result<()> {
    let truth: StackTruth = serde_json::from_slice(
        &std::fs::read(&arguments.truth).with_context(|| arguments.truth.display().to_string())?,
    )?;
    let client = Client {
        http: reqwest::Client::new(),
        base: arguments.base.clone(),
        token: arguments.token.clone(),
    };
    let watch = arguments.pid.map(MemoryWatch::start).transpose()?;
    screen::line(format!("送信: {}", arguments.pdf.display()));
    let begun = Instant::now();
    let document = client.upload(&arguments.pdf).await?;
    let order = serde_json::json!({ "document_id": document.id, "pipeline": "forms" });
    let job: Job = client
        .json(client.http.post(client.url("/v1/jobs")).json(&order))
        .await?;
    let job_id = job.id.clone();
    client.follow(job).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let peak = watch.map(MemoryWatch::finish);

    std::fs::create_dir_all(&arguments.out)?;
    let path = format!("/v1/jobs/{job_id}/artifacts");
    let artifacts: Vec<Artifact> = client.json(client.http.get(client.url(&path))).await?;
    let (mut reading, mut tables) = (None, Vec::new());
    for artifact in artifacts {
        let bytes = client
            .send(client.http.get(client.url(&format!("{path}/{}", artifact.id))))
            .await?
            .bytes()
            .await?;
        let name = Path::new(&artifact.name)
            .file_name()
            .context("an artifact without a name")?;
        let file = arguments.out.join(name);
        std::fs::write(&file, &bytes)?;
        if artifact.name == FIELDS_JSON {
            reading = Some(serde_json::from_slice::<DocumentReading>(&bytes)?);
        } else if artifact.name.ends_with(".csv") {
            tables.push(file);
        }
    }
    let reading = reading.with_context(|| format!("the job has no artifact {FIELDS_JSON}"))?;
    report(&reading, &truth, &tables, seconds, peak)
}

fn report(
    reading: &DocumentReading,
    truth: &StackTruth,
    tables: &[PathBuf],
    seconds: f64,
    peak: Option<u64>,
) -> anyhow::Result<()> {
    let mut table = screen::table(["ページ", "帳票", "読み取った欄", "確かめる欄", "実際"]);
    for page in &reading.pages {
        let waiting = page
            .fields
            .values()
            .filter(|field| field.state != FieldState::Sure)
            .count();
        let (fields, waiting) = if page.form.is_some() {
            (page.fields.len().to_string(), waiting.to_string())
        } else {
            ("-".to_owned(), "-".to_owned())
        };
        let true_page = truth.pages.iter().find(|true_page| true_page.page == page.page);
        let actual = true_page.map_or("?", |page| page.form.as_deref().unwrap_or("(帳票ではない)"));
        table.add_row(vec![
            page.page.to_string(),
            sorted_as(page),
            fields,
            waiting,
            actual.to_owned(),
        ]);
    }
    screen::line(table);
    for file in tables {
        screen::line(format!("CSV: {}", file.display()));
    }
    let score = score(truth, reading);
    let total = score.total;
    screen::line(format!(
        "正解との比較: ページの仕分け {}/{}、文字 {}、欄 {} ({}/{})、確実とした欄 {} のうち正解 {}",
        score.pages_right,
        score.pages,
        screen::percent(total.character_accuracy()),
        screen::percent(total.exact_share()),
        total.exact,
        total.fields,
        screen::percent(total.accepted_share()),
        screen::percent(total.accepted_exact()),
    ));
    let speed = reading.pages.len() as f64 / seconds.max(0.001);
    let memory = peak.map_or_else(String::new, |bytes| {
        format!("、最大メモリ {}", screen::mebibytes(bytes))
    });
    screen::line(format!("速さ: {speed:.2} ページ/秒 ({seconds:.1} 秒){memory}"));
    anyhow::ensure!(score.pages_wrong_form == 0, "a page was sorted to a wrong form");
    Ok(())
}

fn sorted_as(page: &PageReading) -> String {
    match page.kind {
        PageKind::Form => page.form.clone().unwrap_or_default(),
        PageKind::UnknownForm => format!("わからない (文字 {} 行)", page.lines.len()),
        PageKind::Blank => "白紙".to_owned(),
        PageKind::Failed { code } => format!("読めません ({})", code.entry().name),
    }
}

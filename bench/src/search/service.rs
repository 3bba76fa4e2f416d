//! The real service under a load of questions: `shoki corpus import`, then `shoki serve` asked over HTTP,
//! quiet and while an import and a stack of forms run.
//!
//! Promises: only the program's command line and its public API; the service is stopped at the end.
//! Never: its data directory from inside.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::open_loop::{Latencies, Target, ask_at};
use crate::process_tree::{Cost, MemoryWatch, cpu_seconds, measured};

/// Models are verified and the index is checked before the service is ready; at 1,000,000 passages that is
/// some gigabytes.
const READY_WITHIN: Duration = Duration::from_secs(600);
const DEPARTMENT: &str = "保護課";

/// What a window of questions cost.
#[derive(Clone, Debug, Serialize)]
pub struct Window {
    /// Latencies.
    pub latencies: Latencies,
    /// CPU seconds of the service in the window, background work included.
    pub cpu_seconds: f64,
    /// Peak memory of the service, mapped files included.
    pub peak_bytes: u64,
    /// Stacks read to their end in the window.
    pub stacks: u32,
    /// Texts imported to their end in the window.
    pub imports: u32,
    /// Why a background job did not run on.
    pub failures: Vec<String>,
}

/// An installed product with a data directory.
#[derive(Debug)]
pub struct Installation {
    /// The program.
    pub shoki: PathBuf,
    /// The model store.
    pub store: PathBuf,
    /// The repository, where the models' manifests are.
    pub repository: PathBuf,
    /// The data directory.
    pub data: PathBuf,
    /// Settings beside these: variables of the environment.
    pub settings: Vec<(&'static str, String)>,
}

impl Installation {
    /// A command of the product.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.shoki);
        command
            .args(arguments)
            .current_dir(&self.repository)
            .env("SHOKI_MODELS__STORE_DIR", &self.store)
            .env("SHOKI_STORAGE__DATA_DIR", &self.data)
            .env("SHOKI_LOG__LEVEL", "error")
            .envs(self.settings.iter().cloned());
        command
    }

    fn said(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.command(arguments).stderr(Stdio::inherit()).output()?;
        anyhow::ensure!(
            output.status.success(),
            "shoki {arguments:?} ended with {}",
            output.status
        );
        Ok(String::from_utf8(output.stdout)?)
    }

    /// A 課 with a clerk: the clerk's token.
    ///
    /// # Errors
    /// When a command fails.
    pub fn people(&self) -> anyhow::Result<String> {
        self.said(&["admin", "department", "add", DEPARTMENT])?;
        self.person("clerk", "bench")
    }

    /// One more person in the 課: the token.
    ///
    /// # Errors
    /// When a command fails.
    pub fn person(&self, role: &str, name: &str) -> anyhow::Result<String> {
        let of = ["--department", DEPARTMENT];
        self.said(&["admin", "user", "add", of[0], of[1], "--role", role, name])?;
        let said = self.said(&[
            "admin", "token", "create", of[0], of[1], "--user", name, "--label", "bench",
        ])?;
        Ok(said
            .split_whitespace()
            .last()
            .context("no token was printed")?
            .to_owned())
    }

    /// A name and a password for the pages, for somebody of the 課.
    ///
    /// # Errors
    /// When the command fails.
    pub fn account(&self, name: &str, password: &str) -> anyhow::Result<()> {
        let add = [
            "admin",
            "account",
            "add",
            "--department",
            DEPARTMENT,
            "--user",
            name,
        ];
        let mut child = self
            .command(&add)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let mut input = child.stdin.take().context("a pipe")?;
        writeln!(input, "{password}")?;
        drop(input);
        let status = child.wait()?;
        anyhow::ensure!(status.success(), "shoki {add:?} ended with {status}");
        Ok(())
    }

    /// Imports files with the command line: what it cost.
    ///
    /// # Errors
    /// When the import fails.
    pub fn import(&self, files: &[PathBuf]) -> anyhow::Result<Cost> {
        measured(self.command(&["corpus", "import"]).args(files))
    }

    /// Starts the service and waits until it is ready.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn serve(&self, token: String) -> anyhow::Result<Service> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let log = std::fs::File::create(self.data.join("server.log"))?;
        let child = self
            .command(&["serve"])
            .env("SHOKI_SERVER__LISTEN", address.to_string())
            .env("SHOKI_METRICS__LISTEN", "off")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let mut service = Service {
            child,
            base: format!("http://{address}"),
            token,
            http: reqwest::Client::new(),
        };
        let begun = Instant::now();
        loop {
            if let Some(status) = service.child.try_wait()? {
                anyhow::bail!("shoki serve ended with {status} before it was ready");
            }
            let ready = service.http.get(format!("{}/readyz", service.base)).send().await;
            if ready.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(service);
            }
            anyhow::ensure!(
                begun.elapsed() < READY_WITHIN,
                "the service is not ready after {READY_WITHIN:?}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A running service.
pub struct Service {
    child: Child,
    /// `http://host:port`.
    pub base: String,
    /// A clerk's token.
    pub token: String,
    /// A client.
    pub http: reqwest::Client,
}

impl Drop for Service {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Job {
    state: String,
}

/// What was done beside the questions.
#[derive(Debug, Default)]
struct Beside {
    done: u32,
    failure: Option<String>,
}

/// What runs beside the questions.
#[derive(Clone, Debug)]
pub struct Background {
    /// A stack of forms, read again and again.
    pub stack: PathBuf,
    /// Laws, imported one after the other.
    pub laws: Vec<PathBuf>,
}

impl Service {
    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Questions at a rate, beside `background` when given.
    ///
    /// # Errors
    /// When the service cannot be watched.
    pub async fn window(
        &self,
        questions: &[String],
        rate: u32,
        length: Duration,
        background: Option<&Background>,
    ) -> anyhow::Result<Window> {
        let target = Target {
            http: self.http.clone(),
            url: format!("{}/v1/questions", self.base),
            token: self.token.clone(),
        };
        let (watch, cpu) = (
            MemoryWatch::start(self.child.id())?,
            cpu_seconds(self.child.id())?,
        );
        let asking = ask_at(&target, questions, rate, length);
        let (mut stacks, mut imports) = (Beside::default(), Beside::default());
        let latencies = match background {
            None => asking.await?,
            Some(background) => {
                let reading = self.beside(std::slice::from_ref(&background.stack), "forms", &mut stacks);
                let importing = self.beside(&background.laws, "corpus", &mut imports);
                tokio::select! {
                    latencies = asking => latencies?,
                    ((), ()) = async { tokio::join!(reading, importing) } => {
                        anyhow::bail!("work beside the questions never ends")
                    }
                }
            }
        };
        Ok(Window {
            latencies,
            cpu_seconds: cpu_seconds(self.child.id())? - cpu,
            peak_bytes: watch.finish(),
            stacks: stacks.done,
            imports: imports.done,
            failures: [stacks, imports]
                .into_iter()
                .filter_map(|beside| beside.failure)
                .collect(),
        })
    }

    /// Hands in one file after the other, until one fails; never ends.
    async fn beside(&self, files: &[PathBuf], pipeline: &str, beside: &mut Beside) {
        for file in files.iter().cycle() {
            if let Err(error) = self.one_job(file, pipeline).await {
                beside.failure = Some(format!("{pipeline}: {error:#}"));
                break;
            }
            beside.done += 1;
        }
        std::future::pending::<()>().await;
    }

    /// Hands in a file and waits for the end of its job: the job's id.
    ///
    /// # Errors
    /// When it is refused or the job does not succeed.
    pub async fn one_job(&self, file: &Path, pipeline: &str) -> anyhow::Result<String> {
        let job = self.submit(file, pipeline).await?;
        self.succeeded(&job).await?;
        Ok(job)
    }

    /// Hands in a file: the id of its job.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn submit(&self, file: &Path, pipeline: &str) -> anyhow::Result<String> {
        let url = |path: &str| format!("{}{path}", self.base);
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let part = reqwest::multipart::Part::bytes(std::fs::read(file)?).file_name(name);
        let form = reqwest::multipart::Form::new().part("file", part);
        let post = self.http.post(url("/v1/documents")).multipart(form);
        let document: Named = self.json(post).await?;
        let mut order = serde_json::json!({ "document_id": document.id, "pipeline": pipeline });
        if pipeline == "corpus" {
            order["corpus"] = serde_json::json!({ "visibility": "department" });
        }
        let job: Named = self.json(self.http.post(url("/v1/jobs")).json(&order)).await?;
        Ok(job.id)
    }

    /// Waits for the end of a job.
    ///
    /// # Errors
    /// When it does not succeed.
    pub async fn succeeded(&self, job: &str) -> anyhow::Result<()> {
        let url = format!("{}/v1/jobs/{job}?wait=5", self.base);
        loop {
            let now: Job = self.json(self.http.get(&url)).await?;
            match now.state.as_str() {
                "succeeded" => return Ok(()),
                "failed" | "cancelled" => anyhow::bail!("the job ended as {}", now.state),
                _ => {}
            }
        }
    }

    /// Asks with the clerk's token.
    ///
    /// # Errors
    /// When the service refuses or says something else.
    pub async fn json<T: serde::de::DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
    ) -> anyhow::Result<T> {
        let answer = request.bearer_auth(&self.token).send().await?;
        let status = answer.status();
        if !status.is_success() {
            anyhow::bail!("the service answered {status}: {}", answer.text().await?);
        }
        Ok(answer.json().await?)
    }
}

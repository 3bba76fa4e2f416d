//! `shoki-bench desk`: how long the desk's lists and pages take while a large stack is read.
//!
//! Owns the plan: many people at the desk of a quiet service, then one large job followed as the screens follow it,
//! then the many people again while it is read, then the same job's lists when it has ended. Everybody has an account
//! and a session of their own, and sends what the pages send. Never: anything but the program's command line, its
//! pages and its public API.

mod following;
mod habits;
mod load;
mod person;
mod report;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::places::{PlaceArguments, Places};
use crate::process_tree::cpu_seconds;
use crate::samples::Order;
use crate::samples::output::{Format, write};
use crate::screen;
use crate::search::open_loop::Latencies;
use crate::search::service::{Installation, Service};
use crate::typefaces::FontSet;
use habits::{desk_habits, ended_habits, job_habits};
use load::{Habit, Row};
use person::Person;

/// Everybody's password: ten letters at least, and nothing that a form has to escape.
const PASSWORD: &str = "haru-no-sakura-2026";
/// The first requests find cold caches; they are not what an office feels all day.
const WARM_UP: Duration = Duration::from_secs(3);

/// What to run. The product's figures are for `--pages 500 --people 50 --seconds 60`.
#[derive(Clone, Debug, clap::Args)]
pub struct DeskArguments {
    /// Where everything is.
    #[command(flatten)]
    pub places: PlaceArguments,
    /// Pages of the stack that is read meanwhile.
    #[arg(long, default_value_t = 12)]
    pub pages: u32,
    /// People at the desk.
    #[arg(long, default_value_t = 4)]
    pub people: usize,
    /// Seconds of each window.
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
    /// Seed of the stack.
    #[arg(long, default_value_t = 6)]
    pub seed: u64,
}

/// Where the job stood when a window began or ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Standing {
    state: String,
    /// Absent before the pages are planned and after the end.
    progress: Option<Progress>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Progress {
    done: u32,
    failed: u32,
    total: u32,
}

impl Standing {
    fn is_at_work(&self) -> bool {
        self.progress.is_some()
    }

    fn has_ended(&self) -> bool {
        matches!(self.state.as_str(), "succeeded" | "failed" | "cancelled")
    }
}

/// A window of looks.
#[derive(Clone, Debug, Serialize)]
pub struct Window {
    rows: Vec<Row>,
    /// From the moment an event was written to the moment the follower had it.
    events: Option<Latencies>,
    /// Where the job stood at the beginning and at the end.
    standings: Vec<Standing>,
    /// CPU seconds of the service meanwhile.
    cpu_seconds: f64,
}

/// All that the report needs.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    command: String,
    pages: u32,
    people: usize,
    seconds: u64,
    quiet: Window,
    followed: Window,
    busy: Window,
    ended: Window,
}

/// Runs it and writes `desk.md` and `desk.json`.
///
/// # Errors
/// A service that does not start or refuses somebody; a stack that cannot be made or read.
pub fn run(arguments: &DeskArguments) -> anyhow::Result<()> {
    anyhow::ensure!(
        arguments.people > 0 && arguments.pages > 0 && arguments.seconds > 0,
        "--people, --pages and --seconds are at least 1"
    );
    let places = arguments.places.find("desk")?;
    let stack = stack(&places.work, arguments)?;
    let bench = Bench {
        arguments,
        installation: installation(&places)?,
        stack,
    };
    let findings = tokio::runtime::Runtime::new()?.block_on(bench.measure())?;
    crate::report::write(
        &arguments.places.out,
        "desk",
        &findings,
        &report::markdown(&findings),
    )
}

/// The stack, made once for the same arguments.
fn stack(work: &Path, arguments: &DeskArguments) -> anyhow::Result<PathBuf> {
    let directory = work.join(format!("stack-{}-{}", arguments.pages, arguments.seed));
    // The truth is written last.
    if !directory.join("truth.json").exists() {
        screen::line(format!("making {} pages", arguments.pages));
        let order = Order {
            pages: arguments.pages,
            seed: arguments.seed,
            hands: FontSet::Measuring,
            levels: vec![1, 2, 3],
            jpeg_quality: None,
            plan: Vec::new(),
        };
        write(&order, Format::Pdf, &directory)?;
    }
    Ok(directory.join("stack.pdf"))
}

fn installation(places: &Places) -> anyhow::Result<Installation> {
    let data = places.work.join("data");
    if data.exists() {
        std::fs::remove_dir_all(&data)?;
    }
    std::fs::create_dir_all(&data)?;
    Ok(Installation {
        shoki: places.shoki.clone(),
        store: places.store.clone(),
        repository: Path::new(env!("CARGO_MANIFEST_DIR")).join(".."),
        data,
        settings: Vec::new(),
    })
}

struct Bench<'a> {
    arguments: &'a DeskArguments,
    installation: Installation,
    stack: PathBuf,
}

impl Bench<'_> {
    async fn measure(&self) -> anyhow::Result<Findings> {
        let installation = &self.installation;
        let token = installation.people()?;
        let names: Vec<String> = (1..=self.arguments.people)
            .map(|number| format!("clerk{number:03}"))
            .collect();
        for name in &names {
            installation.person("clerk", name)?;
            installation.account(name, PASSWORD)?;
        }
        installation.import(&[installation.repository.join("pipelines/corpora/asahino.toml")])?;
        let questions = questions(&installation.repository)?;
        let service = installation.serve(token).await?;
        let mut people = Vec::new();
        for name in &names {
            people.push(Person::sign_in(&service.base, name, PASSWORD).await?);
        }
        screen::line(format!("{} people are signed in", people.len()));
        let office = Office {
            service,
            people,
            questions,
            length: Duration::from_secs(self.arguments.seconds),
        };
        load::live(&office.people, &desk_habits(), &office.questions, WARM_UP).await?;
        let quiet = office.window(&office.people, &desk_habits(), None).await?;
        screen::line("quiet: done");
        let job = office.at_work(&self.stack, None).await?;
        let follower = &office.people[..1];
        let followed = office
            .window(
                follower,
                &job_habits(&job),
                Some((job.as_str(), Stream::Followed)),
            )
            .await?;
        screen::line("a job followed: done");
        let job = office.at_work(&self.stack, Some(job)).await?;
        let busy = office
            .window(&office.people, &desk_habits(), Some((job.as_str(), Stream::Left)))
            .await?;
        screen::line("people at work beside it: done");
        office.service.succeeded(&job).await?;
        let ended = office
            .window(follower, &ended_habits(&job), Some((job.as_str(), Stream::Left)))
            .await?;
        Ok(Findings {
            command: format!(
                "shoki-bench desk --pages {} --people {} --seconds {} --seed {}",
                self.arguments.pages, self.arguments.people, self.arguments.seconds, self.arguments.seed
            ),
            pages: self.arguments.pages,
            people: self.arguments.people,
            seconds: self.arguments.seconds,
            quiet,
            followed,
            busy,
            ended,
        })
    }
}

/// Whether the job's events are followed in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Followed,
    Left,
}

/// A running service with the people at it.
struct Office {
    service: Service,
    people: Vec<Person>,
    questions: Vec<String>,
    length: Duration,
}

impl Office {
    /// A job of the stack that is being read: `job` while it is, else a new one.
    async fn at_work(&self, stack: &Path, job: Option<String>) -> anyhow::Result<String> {
        if let Some(job) = job
            && !self.standing(&job).await?.has_ended()
        {
            return Ok(job);
        }
        let job = self.service.submit(stack, "forms").await?;
        loop {
            let standing = self.standing(&job).await?;
            // A small stack may be read before anybody looks.
            if standing.is_at_work() || standing.has_ended() {
                return Ok(job);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn standing(&self, job: &str) -> anyhow::Result<Standing> {
        let url = format!("{}/v1/jobs/{job}", self.service.base);
        self.service.json(self.service.http.get(url)).await
    }

    /// The looks of some people for the length of a window.
    async fn window(
        &self,
        people: &[Person],
        habits: &[Habit],
        job: Option<(&str, Stream)>,
    ) -> anyhow::Result<Window> {
        let pid = self.service.pid();
        let before = cpu_seconds(pid)?;
        let mut standings = Vec::new();
        if let Some((job, _)) = job {
            standings.push(self.standing(job).await?);
        }
        let followed = match job {
            Some((job, Stream::Followed)) => {
                let follower = people.first().context("somebody to follow the job")?.clone();
                Some(tokio::spawn(following::follow(
                    follower,
                    job.to_owned(),
                    self.length,
                )))
            }
            _ => None,
        };
        let rows = load::live(people, habits, &self.questions, self.length).await?;
        let events = match followed {
            Some(followed) => Some(followed.await??),
            None => None,
        };
        if let Some((job, _)) = job {
            standings.push(self.standing(job).await?);
        }
        Ok(Window {
            rows,
            events,
            standings,
            cpu_seconds: cpu_seconds(pid)? - before,
        })
    }
}

#[derive(Deserialize)]
struct Asked {
    query: String,
}

/// The questions on the shipped fictional texts.
fn questions(repository: &Path) -> anyhow::Result<Vec<String>> {
    let file = repository.join("pipelines/corpora/asahino/questions.jsonl");
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| Ok(serde_json::from_str::<Asked>(line)?.query))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_questions_are_read() {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let all = questions(&repository).expect("they lie in the tree");
        assert!(all.len() >= 10 && all.iter().all(|question| !question.is_empty()));
    }

    #[test]
    fn a_job_is_at_work_while_it_has_progress() {
        let standing = |text: &str| serde_json::from_str::<Standing>(text).expect("a job");
        let running = standing(r#"{"id":"x","state":"running","progress":{"done":3,"failed":0,"total":9}}"#);
        assert!(running.is_at_work() && !running.has_ended());
        let ended = standing(r#"{"id":"x","state":"succeeded","outcome":{}}"#);
        assert!(!ended.is_at_work() && ended.has_ended());
        assert!(!standing(r#"{"state":"queued"}"#).is_at_work());
    }
}

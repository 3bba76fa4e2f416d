//! One person who reviews at random: accepts, corrects, holds, takes back, and disturbs — stale versions, two
//! answers at once, somebody else's sheet, giving a sheet back, opening a finished one again.
//!
//! Promise: the same seed makes the same choices for the same answers. Never: anything but the public API.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::{Mutex, RwLock, watch};

use super::Counts;
use super::ledger::{Act, Ledger, Place};

/// Longest wait for the service after a kill.
const PATIENCE: Duration = Duration::from_secs(300);

/// What the two share.
pub struct Table {
    /// What was acknowledged.
    pub ledger: Mutex<Ledger>,
    /// The sheet that each has now, with a field of it and its version.
    pub current: RwLock<[Option<(Place, String, u64)>; 2]>,
    /// Decisions acknowledged so far.
    pub acknowledged: AtomicU64,
}

/// A person.
pub struct Reviewer {
    /// 0 or 1.
    pub who: usize,
    /// Where the service is; changes after a kill.
    pub base: watch::Receiver<String>,
    /// The person's token.
    pub token: String,
    /// A client.
    pub http: reqwest::Client,
    /// Choices.
    pub rng: ChaCha8Rng,
    /// What both share.
    pub table: Arc<Table>,
    /// What was done.
    pub counts: Counts,
}

/// An answer, or none because the service went away.
type Answer = Option<(StatusCode, Value)>;

impl Reviewer {
    /// A person at the table.
    pub fn new(
        who: usize,
        base: watch::Receiver<String>,
        token: String,
        seed: u64,
        table: Arc<Table>,
    ) -> Self {
        Self {
            who,
            base,
            token,
            http: reqwest::Client::new(),
            rng: ChaCha8Rng::seed_from_u64(seed ^ (who as u64 + 1)),
            table,
            counts: Counts::default(),
        }
    }

    /// Reviews until the service has no sheet for this person in any job.
    ///
    /// # Errors
    /// An answer that is neither asked for nor allowed.
    pub async fn review(mut self, jobs: Vec<String>) -> anyhow::Result<Counts> {
        for job in jobs {
            while let Some(sheet) = self.next(&job).await? {
                self.sheet(&job, sheet).await?;
            }
        }
        Ok(self.counts)
    }

    async fn ask(&self, method: Method, path: &str, version: Option<u64>, body: Option<Value>) -> Answer {
        let url = format!("{}{path}", self.base.borrow().clone());
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some(version) = version {
            request = request.header("if-match", format!("\"{version}\""));
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status();
        let bytes = answer.bytes().await.ok()?;
        Some((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
    }

    /// Waits for the service to come back.
    async fn back(&mut self) -> anyhow::Result<()> {
        self.counts.cut_off += 1;
        let changed = tokio::time::timeout(PATIENCE, self.base.changed()).await;
        changed.context("a request was cut off without a kill, or the service does not come back")??;
        Ok(())
    }

    async fn next(&mut self, job: &str) -> anyhow::Result<Option<Value>> {
        loop {
            let path = format!("/v1/jobs/{job}/review/next");
            match self.ask(Method::POST, &path, None, None).await {
                Some((StatusCode::OK, sheet)) => return Ok(Some(sheet)),
                Some((StatusCode::NO_CONTENT, _)) => return Ok(None),
                Some((status, said)) => anyhow::bail!("next sheet: {status} {said}"),
                None => self.back().await?,
            }
        }
    }

    /// Sends acts that would each make the sheet the next version; the sheet afterwards. After a kill the service
    /// is asked which of them it kept.
    async fn act(&mut self, place: &Place, version: u64, acts: Vec<Act>) -> anyhow::Result<Value> {
        let sent = acts.iter().map(async |act| {
            let (method, path, body) = request(place, act);
            self.ask(method, &path, Some(version), body).await
        });
        let answers: Vec<Answer> = futures::future::join_all(sent).await;
        let mut kept = None;
        for (act, answer) in acts.iter().zip(&answers) {
            match answer {
                Some((StatusCode::OK, sheet)) => {
                    let mut ledger = self.table.ledger.lock().await;
                    let said = sheet["version"].as_u64().unwrap_or(0);
                    ledger.push(place, act.clone(), said);
                    kept = Some(sheet.clone());
                }
                Some((StatusCode::PRECONDITION_FAILED, _)) if acts.len() > 1 => {
                    self.counts.races_refused += 1
                }
                Some((status, said)) => anyhow::bail!("{act:?} on {place:?}: {status} {said}"),
                None => {}
            }
        }
        let all_answered = answers.iter().all(Option::is_some);
        anyhow::ensure!(
            kept.is_some() || !all_answered,
            "{place:?}: of two answers at once none was kept"
        );
        if let Some(sheet) = kept {
            self.table.acknowledged.fetch_add(1, Ordering::Relaxed);
            return Ok(sheet);
        }
        self.back().await?;
        self.found(place, version, &acts).await
    }

    /// The sheet after a kill, and which of the unanswered acts it holds.
    async fn found(&mut self, place: &Place, version: u64, acts: &[Act]) -> anyhow::Result<Value> {
        let path = format!("/v1/jobs/{}/review/sheets/{}", place.0, place.1);
        let (status, sheet) = loop {
            match self.ask(Method::GET, &path, None, None).await {
                Some(answer) => break answer,
                None => self.back().await?,
            }
        };
        anyhow::ensure!(
            status == StatusCode::OK,
            "{place:?} after the kill: {status} {sheet}"
        );
        let mut ledger = self.table.ledger.lock().await;
        if sheet["version"].as_u64() == Some(version + 1) {
            let shows = |act: &&Act| match act {
                Act::Decide(key, kind, text) => {
                    let fields = sheet["fields"].as_array().into_iter().flatten();
                    let mut own = fields.filter(|field| field["key"] == key.as_str());
                    own.any(|field| {
                        field["decision"]["kind"] == *kind
                            && field["decision"]["text"].as_str() == text.as_deref()
                    })
                }
                Act::Undo(_) | Act::Finish | Act::Reopen => true,
            };
            let act = acts
                .iter()
                .find(shows)
                .context("the sheet has a row that nobody sent")?;
            ledger.push(place, act.clone(), version + 1);
            self.counts.found_after_kill += 1;
        }
        ledger.compare(place, &sheet);
        Ok(sheet)
    }

    async fn sheet(&mut self, job: &str, mut sheet: Value) -> anyhow::Result<()> {
        let place: Place = (job.to_owned(), sheet["page"].as_u64().context("a page")?);
        self.table.ledger.lock().await.compare(&place, &sheet);
        let mut held: BTreeSet<String> = BTreeSet::new();
        let may_give_back = self.rng.random_bool(0.02);
        loop {
            let version = sheet["version"].as_u64().context("a version")?;
            let open = open_fields(&sheet);
            let Some(field) = open
                .iter()
                .find(|field| !held.contains(key_of(field)))
                .or(open.first())
            else {
                break;
            };
            let key = key_of(field).to_owned();
            self.table.current.write().await[self.who] = Some((place.clone(), key.clone(), version));
            if may_give_back && version > 3 && self.rng.random_bool(0.1) {
                return self.give_back(&place).await;
            }
            self.disturb(&place, &key, version).await?;
            let act = self.decision(field, !held.contains(&key));
            if let Act::Decide(_, "hold", _) = act {
                held.insert(key.clone());
            }
            let mut acts = vec![act];
            if self.rng.random_bool(0.03) {
                // Two answers on the same version at once: one of them only may be kept.
                acts.push(Act::Decide(
                    key.clone(),
                    "correct",
                    Some(format!("同時{version}")),
                ));
            }
            let begun = Instant::now();
            sheet = self.act(&place, version, acts).await?;
            if !open_fields(&sheet).is_empty() {
                self.counts.within.push(begun.elapsed().as_secs_f64() * 1000.0);
            }
            if self.rng.random_bool(0.05) {
                sheet = self.undo(&place, sheet).await?;
            }
        }
        self.table.current.write().await[self.who] = None;
        self.finish(&place, sheet).await
    }

    async fn undo(&mut self, place: &Place, sheet: Value) -> anyhow::Result<Value> {
        let version = sheet["version"].as_u64().context("a version")?;
        let latest = {
            let ledger = self.table.ledger.lock().await;
            ledger.standing(place).last().map(|(version, _)| *version)
        };
        // Only what this person decided just now: the last row.
        match latest.filter(|latest| *latest == version) {
            Some(latest) => {
                self.counts.undone += 1;
                self.act(place, version, vec![Act::Undo(latest)]).await
            }
            None => Ok(sheet),
        }
    }

    async fn finish(&mut self, place: &Place, mut sheet: Value) -> anyhow::Result<()> {
        let mut reopens = u32::from(self.rng.random_bool(0.03));
        loop {
            let version = sheet["version"].as_u64().context("a version")?;
            let begun = Instant::now();
            sheet = self.act(place, version, vec![Act::Finish]).await?;
            if sheet["task"] != "done" {
                continue;
            }
            if reopens == 0 {
                self.next(&place.0).await?;
                self.counts.between.push(begun.elapsed().as_secs_f64() * 1000.0);
                return Ok(());
            }
            reopens -= 1;
            self.counts.reopened += 1;
            while sheet["task"] == "done" {
                let version = sheet["version"].as_u64().context("a version")?;
                sheet = self.act(place, version, vec![Act::Reopen]).await?;
            }
        }
    }

    /// A stale version, or a try at the other person's sheet: both must be refused.
    async fn disturb(&mut self, place: &Place, key: &str, version: u64) -> anyhow::Result<()> {
        let accept = |key: &str| Act::Decide(key.to_owned(), "accept", None);
        if self.rng.random_bool(0.04) {
            let stale = if version > 0 { version - 1 } else { version + 5 };
            let (method, path, body) = request(place, &accept(key));
            match self.ask(method, &path, Some(stale), body).await {
                Some((StatusCode::PRECONDITION_FAILED, _)) => self.counts.stale_refused += 1,
                Some((status, said)) => anyhow::bail!("a stale version was answered {status} {said}"),
                None => self.back().await?,
            }
        }
        if self.rng.random_bool(0.03) {
            let current = self.table.current.read().await;
            if let Some((place, key, version)) = current[1 - self.who].clone() {
                let (method, path, body) = request(&place, &accept(&key));
                let answer = self.ask(method, &path, Some(version), body).await;
                drop(current);
                match answer {
                    Some((StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED, _)) => {
                        self.counts.others_refused += 1;
                    }
                    Some((status, said)) => anyhow::bail!("another's sheet: {status} {said}"),
                    None => self.back().await?,
                }
            }
        }
        Ok(())
    }

    async fn give_back(&mut self, place: &Place) -> anyhow::Result<()> {
        let table = Arc::clone(&self.table);
        // Nobody tries this sheet while it is free.
        let mut current = table.current.write().await;
        let path = format!("/v1/jobs/{}/review/sheets/{}/release", place.0, place.1);
        let answer = self.ask(Method::POST, &path, None, None).await;
        current[self.who] = None;
        drop(current);
        match answer {
            Some((StatusCode::NO_CONTENT, _)) => self.counts.given_back += 1,
            Some((status, said)) => anyhow::bail!("giving back: {status} {said}"),
            None => self.back().await?,
        }
        Ok(())
    }

    fn decision(&mut self, field: &Value, may_hold: bool) -> Act {
        let key = key_of(field).to_owned();
        let is_unreadable = field["state"] == "unreadable";
        match self.rng.random_range(0..100) {
            0..=3 if may_hold => {
                self.counts.held += 1;
                Act::Decide(key, "hold", None)
            }
            4..=7 => Act::Decide(key, "unreadable", None),
            8..=29 => {
                let text = format!("訂正{}", self.rng.random_range(0..1_000_000));
                Act::Decide(key, "correct", Some(text))
            }
            _ if is_unreadable => Act::Decide(key, "correct", Some("書き直し".to_owned())),
            _ => Act::Decide(key, "accept", None),
        }
    }
}

fn key_of(field: &Value) -> &str {
    field["key"].as_str().unwrap_or_default()
}

fn open_fields(sheet: &Value) -> Vec<Value> {
    let fields = sheet["fields"].as_array().into_iter().flatten();
    fields.filter(|field| field["open"] == true).cloned().collect()
}

fn request((job, page): &Place, act: &Act) -> (Method, String, Option<Value>) {
    let sheet = format!("/v1/jobs/{job}/review/sheets/{page}");
    match act {
        Act::Decide(key, kind, text) => {
            let mut body = json!({ "kind": kind });
            if let Some(text) = text {
                body["text"] = json!(text);
            }
            (Method::PUT, format!("{sheet}/fields/{key}"), Some(body))
        }
        Act::Undo(version) => (
            Method::POST,
            format!("{sheet}/undo"),
            Some(json!({ "sequence": version })),
        ),
        Act::Finish => (Method::POST, format!("{sheet}/finish"), None),
        Act::Reopen => (Method::POST, format!("{sheet}/reopen"), None),
    }
}

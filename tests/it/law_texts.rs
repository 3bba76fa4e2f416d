//! The law desk over HTTP as the tests use it: the shipped ordinances in an office, texts handed in by jobs,
//! questions and what they found.

use std::time::{Duration, Instant};

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::service::{Api, Office, PATIENCE, answered, repository};

/// A day on which everything of the sample corpus is in force.
pub const DAY: &str = "2025-06-01";

impl Office {
    /// An office that holds the shipped ordinances, notices and questions.
    pub fn with_ordinances() -> Self {
        let office = Self::open();
        office.import_ordinances();
        office
    }

    /// Takes them in at the command line.
    pub fn import_ordinances(&self) {
        let definition = repository().join("pipelines/corpora/asahino.toml");
        let done = self.run(&["corpus", "import", definition.to_str().expect("UTF-8")]);
        assert!(done.status.success(), "{done:?}");
    }
}

/// A file of the sample corpus.
pub fn shipped(name: &str) -> Vec<u8> {
    let path = repository().join("pipelines/corpora/asahino").join(name);
    std::fs::read(path).expect("a file of the sample corpus")
}

/// An order for a job that takes a text in.
pub fn import(visibility: &str) -> Value {
    json!({ "pipeline": "corpus", "corpus": { "visibility": visibility } })
}

impl Api {
    /// Hands a document in and waits for its job: the job's id, and how it ended.
    pub async fn taken(&self, name: &str, bytes: Vec<u8>, job: Value) -> (String, Value) {
        let (_, id) = self.submit_as(name, bytes, job).await;
        let ended = self.finished(&id).await;
        (id, ended)
    }

    /// The same for every 課; it must succeed.
    pub async fn takes_in(&self, name: &str, bytes: Vec<u8>) -> (String, Value) {
        let (id, ended) = self.taken(name, bytes, import("office")).await;
        assert_eq!(ended["state"], "succeeded", "{name}: {ended}");
        (id, ended)
    }

    /// Sends a body.
    pub async fn send(&self, method: Method, path: &str, body: &Value) -> Response {
        let answer = self.request(method, path).json(body).send().await;
        answer.expect("an answer")
    }

    /// Asks a question about [`DAY`].
    pub async fn asks(&self, question: &str) -> Value {
        self.asks_for(question, 10).await
    }

    /// The same for so many hits.
    pub async fn asks_for(&self, question: &str, limit: u32) -> Value {
        let body = json!({ "text": question, "as_of": DAY, "limit": limit });
        let answer = self.send(Method::POST, "/v1/questions", &body).await;
        answered(answer, StatusCode::OK).await
    }

    /// Asks until a hit is as wanted: the index follows the database by a moment.
    pub async fn finds(&self, question: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.asks(question).await;
            let hits = answer["hits"].as_array().expect("a list");
            if let Some(hit) = hits.iter().find(|hit| wanted(hit)) {
                return hit.clone();
            }
            assert!(Instant::now() < deadline, "{question}: {answer}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Places of the hits, best first.
pub fn places(answer: &Value) -> Vec<String> {
    let hits = answer["hits"].as_array().expect("hits");
    hits.iter()
        .map(|hit| format!("{} {}", hit["title"], hit["item"]))
        .collect()
}

/// At which of them a place is; behind the last when it is not there.
pub fn place_of(answer: &Value, place: &str) -> usize {
    let places = places(answer);
    let found = places.iter().position(|held| held == place);
    found.unwrap_or(places.len())
}

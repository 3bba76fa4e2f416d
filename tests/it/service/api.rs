//! HTTP with a token.

use std::collections::BTreeMap;
use std::time::Instant;

use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::PATIENCE;

/// HTTP with a token.
#[derive(Clone)]
pub struct Api {
    pub http: Client,
    pub base: String,
    pub token: String,
}

impl Api {
    /// The client of whoever has this token.
    pub fn signed_as(&self, token: &str) -> Self {
        Self {
            token: token.to_owned(),
            ..self.clone()
        }
    }

    /// A request to a path of the API.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.token)
    }

    /// A GET whose answer is JSON.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.request(Method::GET, path).send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    /// Uploads a document and starts the reading of forms on it; returns both ids.
    pub async fn submit(&self, name: &str, bytes: Vec<u8>) -> (String, String) {
        self.submit_as(name, bytes, json!({ "pipeline": "forms" })).await
    }

    /// Uploads a document and starts a job on it, as `job` says; returns both ids.
    pub async fn submit_as(&self, name: &str, bytes: Vec<u8>, mut job: Value) -> (String, String) {
        let form = Form::new().part("file", Part::bytes(bytes).file_name(name.to_owned()));
        let uploaded = self
            .request(Method::POST, "/v1/documents")
            .multipart(form)
            .send()
            .await;
        let document = answered(uploaded.expect("an answer"), StatusCode::CREATED).await;
        let document = text(&document["id"]);
        job["document_id"] = Value::from(document.as_str());
        let accepted = self
            .request(Method::POST, "/v1/jobs")
            .json(&job)
            .send()
            .await
            .expect("an answer");
        let job = answered(accepted, StatusCode::ACCEPTED).await;
        (document, text(&job["id"]))
    }

    /// Waits until a job has ended.
    pub async fn finished(&self, job: &str) -> Value {
        self.job_when(job, |job| {
            ["succeeded", "failed", "cancelled"]
                .iter()
                .any(|state| job["state"] == *state)
        })
        .await
    }

    /// Waits until a job is as wanted.
    pub async fn job_when(&self, job: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.get(&format!("/v1/jobs/{job}?wait=5")).await;
            if wanted(&found) {
                return found;
            }
            assert!(Instant::now() < deadline, "{found}");
        }
    }

    /// The result files of a job by name.
    pub async fn artifacts(&self, job: &str) -> BTreeMap<String, Vec<u8>> {
        let listed = self.get(&format!("/v1/jobs/{job}/artifacts")).await;
        let mut files = BTreeMap::new();
        for artifact in listed.as_array().expect("a list") {
            let path = format!("/v1/jobs/{job}/artifacts/{}", text(&artifact["id"]));
            let answer = self.request(Method::GET, &path).send().await.expect("an answer");
            files.insert(
                text(&artifact["name"]),
                answer.bytes().await.expect("bytes").to_vec(),
            );
        }
        files
    }
}

/// The JSON of an answer that must have this status.
pub async fn answered(answer: reqwest::Response, status: StatusCode) -> Value {
    let got = answer.status();
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!(got, status, "{body}");
    body
}

/// A JSON string.
pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("not a string: {value}"))
        .to_owned()
}

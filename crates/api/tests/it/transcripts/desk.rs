//! A clerk with a meeting to correct.

use reqwest::{Method, Response};
use serde_json::Value;

use crate::office::Office;

pub(super) struct Desk {
    pub(super) office: Office,
    pub(super) job: String,
}

impl Desk {
    pub(super) async fn open() -> Self {
        let office = Office::open().await;
        let (_, job) = office.meeting().await;
        Self { office, job }
    }

    pub(super) async fn get(&self, place: &str) -> Value {
        let response = self.office.get(&format!("/v1/jobs/{}/{place}", self.job)).await;
        assert_eq!(response.status(), 200, "{place}");
        response.json().await.unwrap()
    }

    pub(super) async fn send(
        &self,
        method: Method,
        place: &str,
        version: Option<u64>,
        body: Value,
    ) -> Response {
        let request = self
            .office
            .clerk(method, &format!("/v1/jobs/{}/{place}", self.job));
        let request = match version {
            Some(version) => request.header("if-match", format!("\"{version}\"")),
            None => request,
        };
        request.json(&body).send().await.unwrap()
    }

    pub(super) async fn done(&self, method: Method, place: &str, version: Option<u64>, body: Value) -> Value {
        let response = self.send(method, place, version, body).await;
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        assert_eq!(status, 200, "{place}: {body}");
        body
    }

    pub(super) async fn refused(
        &self,
        method: Method,
        place: &str,
        version: Option<u64>,
        body: Value,
    ) -> (u16, Value) {
        let response = self.send(method, place, version, body).await;
        let status = response.status().as_u16();
        (status, response.json().await.unwrap())
    }

    pub(super) async fn texts(&self) -> Vec<String> {
        let transcript = self.get("transcript").await;
        let segments = transcript["segments"].as_array().unwrap();
        segments
            .iter()
            .map(|segment| segment["text"].as_str().unwrap().to_owned())
            .collect()
    }
}

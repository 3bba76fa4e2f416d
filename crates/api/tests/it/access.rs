//! Every operation of the OpenAPI document × own and other 課 × each role and nobody. The test fails when
//! an operation is missing here, so a new route cannot be left out.

use std::collections::BTreeSet;

use reqwest::{Method, RequestBuilder, Response};
use shoki_core::access::Role;
use uuid::Uuid;

use crate::office::{Office, PNG, Section};

/// What an operation answers to whom in the own 課: 担当者, 課管理者, システム管理者, 監査者, nobody.
type Row = (&'static str, &'static str, [u16; 5]);

const CONTENTS: [u16; 5] = [200, 200, 403, 403, 401];
const TABLE: &[Row] = &[
    ("post", "/v1/documents", [201, 201, 403, 403, 401]),
    ("get", "/v1/documents/{id}", CONTENTS),
    ("delete", "/v1/documents/{id}", [204, 204, 403, 403, 401]),
    ("post", "/v1/jobs", [202, 202, 403, 403, 401]),
    ("get", "/v1/jobs", CONTENTS),
    ("get", "/v1/jobs/{id}", CONTENTS),
    ("post", "/v1/jobs/{id}/cancel", CONTENTS),
    ("get", "/v1/jobs/{id}/events", CONTENTS),
    ("get", "/v1/jobs/{id}/artifacts", CONTENTS),
    ("get", "/v1/jobs/{id}/artifacts/{artifact}", CONTENTS),
    ("get", "/v1/jobs/{id}/pages/{page}", CONTENTS),
    ("get", "/v1/jobs/{id}/pages/{page}/crops/{key}", CONTENTS),
    ("post", "/v1/batches", [202, 202, 403, 403, 401]),
    ("get", "/v1/pipelines", [200, 200, 200, 200, 401]),
    ("get", "/v1/models", [200, 200, 200, 200, 401]),
    ("get", "/v1/openapi.json", [200; 5]),
    ("get", "/v1/audit", [403, 200, 403, 200, 401]),
    ("get", "/livez", [200; 5]),
    ("get", "/readyz", [200; 5]),
];

/// Who asks.
#[derive(Clone, Copy, Debug)]
enum Asker {
    Own(Role),
    Other(Role),
    Nobody,
}

/// What is asked for.
#[derive(Clone, Debug)]
struct Target {
    document: String,
    job: String,
    artifact: String,
}

impl Target {
    fn that_never_was() -> Self {
        let id = || Uuid::now_v7().to_string();
        Self {
            document: id(),
            job: id(),
            artifact: id(),
        }
    }

    /// A finished job, or for what changes things a job of its own.
    async fn fresh(office: &Office, (method, path, _): Row, finished: &Self) -> Self {
        match (method, path) {
            ("delete", _) | (_, "/v1/jobs/{id}/cancel") => {
                let document = office.document(PNG).await;
                let job = office.job(&document).await;
                Self {
                    document,
                    job,
                    artifact: Uuid::now_v7().to_string(),
                }
            }
            _ => finished.clone(),
        }
    }

    fn path(&self, template: &str) -> String {
        let id = if template.starts_with("/v1/documents") {
            &self.document
        } else {
            &self.job
        };
        template
            .replace("{id}", id)
            .replace("{artifact}", &self.artifact)
            .replace("{page}", "1")
            .replace("{key}", "name")
    }
}

#[test]
fn every_operation_is_in_the_table() {
    let document = serde_json::to_value(shoki_api::openapi()).unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            described.insert(format!("{method} {path}"));
        }
    }
    let tabled: BTreeSet<_> = TABLE
        .iter()
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    assert_eq!(tabled.len(), TABLE.len(), "a row twice");
    assert_eq!(described, tabled);
}

#[tokio::test]
async fn every_cell_of_the_table() {
    let office = Office::open().await;
    let finished = finished(&office).await;
    for &row in TABLE {
        for (column, &expected) in row.2.iter().enumerate() {
            let asker = Role::ALL
                .get(column)
                .map_or(Asker::Nobody, |&role| Asker::Own(role));
            let target = Target::fresh(&office, row, &finished).await;
            let answer = ask(&office, row, asker, &target).await;
            assert_eq!(answer.status(), expected, "{} {} {asker:?}", row.0, row.1);
        }
    }
}

#[tokio::test]
async fn what_is_another_sections_does_not_exist() {
    let office = Office::open().await;
    let finished = finished(&office).await;
    for &row in TABLE {
        for (column, role) in Role::ALL.into_iter().enumerate() {
            let asker = Asker::Other(role);
            let target = Target::fresh(&office, row, &finished).await;
            let answer = ask(&office, row, asker, &target).await;
            let place = format!("{} {} {asker:?}", row.0, row.1);
            let names_something = row.1.contains('{') || (row.0, row.1) == ("post", "/v1/jobs");
            let expected = match row.2[column] {
                200..=299 if names_something => 404,
                same => same,
            };
            assert_eq!(answer.status(), expected, "{place}");
            let seen = look(answer).await;
            if names_something {
                let never = ask(&office, row, asker, &Target::that_never_was()).await;
                assert_eq!(seen, look(never).await, "{place}");
            } else if role != Role::Auditor {
                for secret in [&target.document, &target.job, &target.artifact] {
                    assert!(!seen.contains(secret.as_str()), "{place}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_revoked_or_garbled_token_is_nobody() {
    let office = Office::open().await;
    let token = office.tax.token(Role::Clerk).to_owned();
    for header in [
        format!("Bearer {token}x"),
        format!("Basic {token}"),
        "Bearer ".to_owned(),
        "Bearer".to_owned(),
        token.clone(),
        format!("Bearer {}", "a".repeat(5000)),
    ] {
        let request = office.request(Method::GET, "/v1/jobs");
        let answer = request.header("authorization", header).send().await.unwrap();
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
    }
    let hash = shoki_core::digest::Sha256::of(token.as_bytes());
    let actor = office.store.authenticate(&hash).await.unwrap().unwrap();
    office.store.revoke_token(actor.token).await.unwrap();
    assert_eq!(office.get("/v1/jobs").await.status(), 401);
}

async fn finished(office: &Office) -> Target {
    let (document, job) = office.finished_job(1).await;
    let list: serde_json::Value = office
        .get(&format!("/v1/jobs/{job}/artifacts"))
        .await
        .json()
        .await
        .unwrap();
    Target {
        document,
        job,
        artifact: list[0]["id"].as_str().unwrap().to_owned(),
    }
}

async fn ask(office: &Office, (method, path, _): Row, asker: Asker, target: &Target) -> Response {
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
    let request = office.request(method, &target.path(path));
    let request = match asker {
        Asker::Own(role) => signed(request, &office.tax, role),
        Asker::Other(role) => signed(request, &office.welfare, role),
        Asker::Nobody => request,
    };
    let file = || reqwest::multipart::Part::bytes(PNG).file_name("scan.png");
    let form = reqwest::multipart::Form::new;
    let request = match path {
        "/v1/documents" => request.multipart(form().part("file", file())),
        "/v1/batches" => request.multipart(form().text("pipeline", "forms").part("file", file())),
        "/v1/jobs" if request_is_post(&request) => {
            request.json(&serde_json::json!({"document_id": target.document, "pipeline": "forms"}))
        }
        _ => request,
    };
    request.send().await.unwrap()
}

fn signed(request: RequestBuilder, section: &Section, role: Role) -> RequestBuilder {
    request.bearer_auth(section.token(role))
}

fn request_is_post(request: &RequestBuilder) -> bool {
    request
        .try_clone()
        .is_some_and(|request| request.build().unwrap().method() == Method::POST)
}

/// Status, headers and body without what differs between any two requests.
async fn look(answer: Response) -> String {
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let mut headers: Vec<String> = answer
        .headers()
        .iter()
        .filter(|(name, _)| *name != "x-request-id" && *name != "date")
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    let status = answer.status();
    let body = answer.bytes().await.unwrap();
    let body = String::from_utf8_lossy(&body).replace(&id, "");
    format!("{status}\n{}\n\n{body}", headers.join("\n"))
}

//! Batches: a bad file does not stop the others, and a retry makes nothing twice.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::Value;
use shoki_api::ApiSettings;
use shoki_core::code::ErrorCode;

use crate::office::{Office, PNG};
use crate::problems::problem;

fn file(name: &str, bytes: &[u8]) -> Part {
    Part::bytes(bytes.to_vec()).file_name(name.to_owned())
}

async fn send(office: &Office, key: &str, form: Form) -> reqwest::Response {
    office
        .clerk(Method::POST, "/v1/batches")
        .header("idempotency-key", key)
        .multipart(form)
        .send()
        .await
        .unwrap()
}

fn mixed() -> Form {
    Form::new()
        .part("file", file("1.png", PNG))
        .part("file", file("2.png", b""))
        .part("file", file("3.docx", b"PK\x03\x04 a word file"))
        .text("pipeline", "forms")
        .part("file", file("4.png", &[PNG, &[0; 4000]].concat()))
        .part("file", file("5.pdf", b"%PDF-1.7 five"))
}

#[tokio::test]
async fn bad_files_are_listed_and_the_others_become_jobs() {
    let settings = ApiSettings {
        max_document_bytes: 1000,
        ..ApiSettings::default()
    };
    let office = Office::with(settings, Default::default(), 0).await;
    let answer = send(&office, "b1", mixed()).await;
    assert_eq!(answer.status(), 202);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let body: Value = answer.json().await.unwrap();
    assert_eq!((&body["files"], &body["accepted"]), (&5.into(), &2.into()));
    let names: Vec<_> = body["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| &job["document_name"])
        .collect();
    assert_eq!(names, ["1.png", "5.pdf"]);
    let refused: Vec<_> = body["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["position"].as_u64().unwrap(), item["code"].as_str().unwrap()))
        .collect();
    assert_eq!(
        refused,
        [
            (2, "empty_document"),
            (3, "unsupported_media_type"),
            (4, "payload_too_large")
        ]
    );
    let listed: Value = office.get(&location).await.json().await.unwrap();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    office.has_blobs(2).await;

    let again = send(&office, "b1", mixed()).await;
    assert_eq!(again.status(), 202);
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(again.json::<Value>().await.unwrap(), body);
    office.has_blobs(2).await;

    let changed = Form::new()
        .text("pipeline", "forms")
        .part("file", file("9.png", &[PNG, b"other"].concat()));
    problem(send(&office, "b1", changed).await, ErrorCode::IdempotencyMismatch).await;
    office.has_blobs(2).await;
}

#[tokio::test]
async fn nothing_is_left_of_a_batch_that_is_refused_whole() {
    let office = Office::open().await;
    let only_bad = Form::new()
        .text("pipeline", "forms")
        .part("file", file("空.pdf", b""));
    let body = problem(send(&office, "b1", only_bad).await, ErrorCode::EmptyDocument).await;
    assert_eq!(body["refused"][0]["name"], "空.pdf");

    let no_pipeline = Form::new().part("file", file("1.png", PNG));
    problem(send(&office, "b2", no_pipeline).await, ErrorCode::BadRequest).await;
    let unknown = Form::new()
        .part("file", file("1.png", PNG))
        .text("pipeline", "nowhere");
    problem(send(&office, "b3", unknown).await, ErrorCode::UnknownPipeline).await;
    let no_file = Form::new().text("pipeline", "forms");
    problem(send(&office, "b4", no_file).await, ErrorCode::BadRequest).await;
    let mut many = Form::new().text("pipeline", "forms");
    for _ in 0..201 {
        many = many.part("file", file("1.png", PNG));
    }
    problem(send(&office, "b5", many).await, ErrorCode::PayloadTooLarge).await;

    office.has_blobs(0).await;
    let list: Value = office.get("/v1/jobs").await.json().await.unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 0);
}

//! OpenAI's transcription API over an ordinary minutes job. How its own Python client reads the answers is
//! tested with a whole service (`tests/it`).

use reqwest::{Method, Response};
use serde_json::{Value, json};
use shoki_core::access::Role;

use crate::meeting::{SAID, WAV};
use crate::office::Office;

const PLACE: &str = "/openai/v1/audio/transcriptions";

async fn post(office: &Office, fields: &[(&'static str, &'static str)]) -> Response {
    let mut form = reqwest::multipart::Form::new();
    // Before the file and behind it: clients send fields in any order.
    let (before, behind) = fields.split_at(fields.len() / 2);
    for &(name, value) in before {
        form = form.text(name, value);
    }
    let file = reqwest::multipart::Part::bytes(WAV).file_name("定例会.wav");
    form = form.part("file", file);
    for &(name, value) in behind {
        form = form.text(name, value);
    }
    let request = office.clerk(Method::POST, PLACE).multipart(form);
    request.send().await.unwrap()
}

/// The answer, with a worker beside it that hears the recording.
async fn heard(office: &Office, fields: &[(&'static str, &'static str)]) -> Response {
    let worker = async {
        let mut changes = office.store.changes();
        while office.store.queue_depth().await.unwrap().ready == 0 {
            changes.changed().await.unwrap();
        }
        office.plan_recording().await;
        office.hear().await;
    };
    let (answer, ()) = tokio::join!(post(office, fields), worker);
    assert_eq!(answer.status(), 200);
    answer
}

#[tokio::test]
async fn each_format_says_what_was_heard_and_the_job_stays() {
    let office = Office::open().await;
    let all = SAID.join("\n");
    let sent = [
        ("model", "whisper-1"),
        ("prompt", "予算、浅川"),
        ("temperature", "0"),
    ];
    let answer = heard(&office, &sent).await;
    let job = answer.headers()["x-shoki-job"].to_str().unwrap().to_owned();
    let json: Value = answer.json().await.unwrap();
    assert_eq!(json["text"], all.as_str());
    assert_eq!(
        (&json["model"], &json["usage"]["seconds"]),
        (&json!("whisper 1"), &json!(3.0))
    );
    let listed: Value = office.get(&format!("/v1/jobs/{job}")).await.json().await.unwrap();
    assert_eq!(listed["state"], "succeeded");
    assert_eq!(listed["minutes"]["terms"][1]["written"], "浅川", "{listed}");

    let text = heard(&office, &[("response_format", "text")]).await;
    assert_eq!(text.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(text.text().await.unwrap(), all);

    let fields = [
        ("response_format", "verbose_json"),
        ("timestamp_granularities[]", "word"),
    ];
    let verbose: Value = heard(&office, &fields).await.json().await.unwrap();
    assert_eq!(verbose["segments"][2]["text"], SAID[2]);
    assert_eq!(
        (&verbose["segments"][2]["start"], &verbose["duration"]),
        (&json!(2.0), &json!(3.0))
    );
    assert_eq!(verbose["words"][0]["word"], "予");

    let diarized = heard(&office, &[("response_format", "diarized_json")]).await;
    let diarized: Value = diarized.json().await.unwrap();
    let speakers: Vec<&str> = (0..3)
        .map(|nth| diarized["segments"][nth]["speaker"].as_str().unwrap())
        .collect();
    assert_eq!(speakers, ["話者1", "話者2", "話者1"]);

    for format in ["srt", "vtt"] {
        let fields: &[(&'static str, &'static str)] = match format {
            "srt" => &[("response_format", "srt")],
            _ => &[("response_format", "vtt")],
        };
        let captions = heard(&office, fields).await.text().await.unwrap();
        assert!(
            captions.starts_with(format) && captions.contains(SAID[0]),
            "{captions}"
        );
    }
}

#[tokio::test]
async fn errors_have_the_shape_that_clients_know() {
    let office = Office::open().await;
    for (fields, param) in [
        ([("response_format", "yaml"), ("model", "x")], "response_format"),
        ([("language", "fr"), ("model", "x")], "language"),
        ([("stream", "true"), ("model", "x")], "stream"),
    ] {
        let refused = post(&office, &fields).await;
        assert_eq!(refused.status(), 422);
        let error: Value = refused.json().await.unwrap();
        let error = &error["error"];
        assert_eq!(
            (&error["param"], &error["code"]),
            (&json!(param), &json!("option_unusable"))
        );
        assert_eq!(error["type"], "invalid_request_error");
        assert!(error["message"].as_str().unwrap().contains('。'), "{error}");
    }
    office.has_blobs(0).await;
    let nobody = office.request(Method::POST, PLACE).send().await.unwrap();
    assert_eq!(nobody.status(), 401);
    assert!(nobody.headers().contains_key("x-request-id"));
    let error: Value = nobody.json().await.unwrap();
    assert_eq!(error["error"]["type"], "authentication_error");
    let auditor = office
        .request(Method::POST, PLACE)
        .bearer_auth(office.tax.token(Role::Auditor))
        .send()
        .await
        .unwrap();
    let error: Value = auditor.json().await.unwrap();
    assert_eq!(error["error"]["code"], "forbidden");
    let form = reqwest::multipart::Form::new().text("model", "whisper-1");
    let missing = office
        .clerk(Method::POST, PLACE)
        .multipart(form)
        .send()
        .await
        .unwrap();
    assert_eq!(missing.status(), 400);
    let error: Value = missing.json().await.unwrap();
    assert_eq!(error["error"]["param"], "file");
    // Other routes keep their own shape.
    let other: Value = office.get("/openai/v1/models").await.json().await.unwrap();
    assert_eq!(other["code"], "not_found");
}

#[tokio::test]
async fn a_job_that_was_stopped_is_an_error_too() {
    let office = Office::open().await;
    let stop = async {
        let mut changes = office.store.changes();
        while office.store.queue_depth().await.unwrap().ready == 0 {
            changes.changed().await.unwrap();
        }
        let jobs: Value = office.get("/v1/jobs").await.json().await.unwrap();
        let path = format!("/v1/jobs/{}/cancel", jobs["items"][0]["id"].as_str().unwrap());
        assert_eq!(
            office.clerk(Method::POST, &path).send().await.unwrap().status(),
            200
        );
    };
    let (answer, ()) = tokio::join!(post(&office, &[("model", "whisper-1")]), stop);
    assert_eq!(answer.status(), 409);
    let error: Value = answer.json().await.unwrap();
    assert!(
        error["error"]["message"].as_str().unwrap().contains("中止"),
        "{error}"
    );
}

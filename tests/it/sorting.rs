//! 仕分け by people on the real reader: a page is what was said, also across a kill; everything else stays.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::service::{Api, Office, answered, sample, text};

/// The sample's page of no form, and a sheet of a form that was fed sideways.
const LETTER: usize = 8;
const SIDEWAYS: usize = 9;
const FORM: &str = "kouza_furikae";

async fn sort(api: &Api, job: &str, pages: Value) -> Value {
    let request = api.request(Method::PUT, &format!("/v1/jobs/{job}/sorting"));
    let answer = request.json(&json!({ "pages": pages })).send().await;
    answered(answer.expect("an answer"), StatusCode::OK).await
}

/// The readings of a finished job, by page number.
async fn readings(api: &Api, job: &str) -> Vec<Value> {
    assert_eq!(api.finished(job).await["state"], "succeeded");
    let files = api.artifacts(job).await;
    let fields: Value = serde_json::from_slice(&files["fields.json"]).expect("JSON");
    let mut pages = fields["pages"].as_array().expect("pages").clone();
    pages.insert(0, Value::Null);
    pages
}

fn values(page: &Value) -> Vec<(String, String)> {
    let fields = page["fields"].as_object().expect("fields").iter();
    fields
        .map(|(key, field)| (key.clone(), text(&field["text"])))
        .collect()
}

#[tokio::test]
async fn pages_are_read_as_a_person_says_across_a_kill_and_the_others_stay() {
    let office = Office::open();
    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    let demo = std::fs::read(sample("demo.pdf")).expect("the sample stack");
    let (_, job) = api.submit("demo.pdf", demo).await;
    let before = readings(&api, &job).await;
    assert_eq!(
        (&before[LETTER]["kind"], &before[SIDEWAYS]["form"]),
        (&json!("unknown_form"), &json!(FORM))
    );

    let said = json!([
        {"page": LETTER, "as": "form", "form": FORM},
        {"page": SIDEWAYS, "as": "unknown", "quarter_turns": 3},
        {"page": 1, "as": "blank"},
    ]);
    assert_eq!(sort(&api, &job, said.clone()).await["pages"], 3);
    server.kill();
    let mut server = office.start();
    server.ready().await;
    let sorted = readings(&api, &job).await;
    assert_eq!(sorted[LETTER]["form"], FORM);
    // Its print is not there: nothing of it passes unseen, and nobody says where its fields lie.
    let states = sorted[LETTER]["fields"].as_object().expect("fields").values();
    assert!(states.clone().count() > 3 && states.clone().all(|field| field["state"] != "sure"));
    assert_eq!(sorted[LETTER]["placement"], Value::Null);
    assert_eq!(
        (&sorted[SIDEWAYS]["kind"], &sorted[SIDEWAYS]["quarter_turns"]),
        (&json!("unknown_form"), &json!(3))
    );
    assert_eq!(sorted[1]["kind"], "blank");
    for page in 2..before.len() {
        if page != LETTER && page != SIDEWAYS {
            assert_eq!(sorted[page], before[page], "page {page}");
        }
    }
    assert_eq!(sort(&api, &job, said).await["pages"], 0, "it stands already");

    let back = json!([
        {"page": LETTER, "as": "machine"},
        {"page": SIDEWAYS, "as": "form", "form": FORM},
        {"page": 1, "as": "machine"},
    ]);
    assert_eq!(sort(&api, &job, back).await["pages"], 3);
    let after = readings(&api, &job).await;
    assert_eq!((&after[LETTER], &after[1]), (&before[LETTER], &before[1]));
    let (again, first) = (&after[SIDEWAYS], &before[SIDEWAYS]);
    assert_eq!(again["quarter_turns"], first["quarter_turns"]);
    assert_eq!(
        values(again),
        values(first),
        "a person says what the reader found"
    );
    assert!(again["placement"].is_array());
    server.kill();
}

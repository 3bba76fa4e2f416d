//! Forms that a 課 defines itself, over HTTP: from a blank page to a job that is pinned to a version.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use shoki_core::access::Role;
use shoki_core::code::ErrorCode;

use crate::form_desk::TWIN;
use crate::office::{Office, PNG};
use crate::problems::problem;

/// Whether the route is about one form.
pub fn is_of_one(path: &str) -> bool {
    path.starts_with("/v1/office-forms")
}

/// A request of the route that is right for a form that [`made`] made.
pub fn with_body(request: RequestBuilder, path: &str) -> RequestBuilder {
    let method = request.try_clone().unwrap().build().unwrap().method().clone();
    let request = request.header("if-match", "\"2\"");
    match (method, path.rsplit('/').next().unwrap()) {
        (Method::POST, "office-forms" | "trial") => request.body(PNG),
        (Method::PUT, "shares") => request.json(&json!({"departments": []})),
        (Method::PUT, _) => request.json(&json!({"definition": definition("依頼書")})),
        (Method::POST, "publish") => request.json(&json!({"note": "初版"})),
        (Method::POST, "use") => request.json(&json!({"version": 1})),
        _ => request,
    }
}

/// A form without faults.
pub fn definition(name: &str) -> Value {
    json!({
        "id": "ignored", "name": name, "version": 9, "check": "all",
        "blank": {"file": "ignored.png", "width_mm": 1.0, "height_mm": 1.0},
        "field": [
            {"key": "name", "label": "氏名", "type": "name", "box": [10.0, 10.0, 50.0, 8.0]},
            {"key": "number", "label": "個人番号", "type": "individual_number", "box": [10.0, 20.0, 50.0, 8.0], "sensitive": true},
        ],
    })
}

/// A form of the tax section at version 2, ready to be published.
pub async fn made(office: &Office) -> String {
    let created = office
        .clerk(Method::POST, "/v1/office-forms?name=依頼書")
        .body(PNG);
    let created: Value = created.send().await.unwrap().json().await.unwrap();
    let id = created["id"].as_str().unwrap().to_owned();
    let saved = save(office, &id, 1, definition("依頼書")).await;
    assert_eq!(saved.status(), 200);
    id
}

async fn save(office: &Office, id: &str, version: u64, definition: Value) -> Response {
    let request = office.clerk(Method::PUT, &format!("/v1/office-forms/{id}"));
    let request = request.header("if-match", format!("\"{version}\""));
    request
        .json(&json!({ "definition": definition }))
        .send()
        .await
        .unwrap()
}

async fn ask_to_publish(office: &Office, id: &str, version: u64) -> Response {
    let request = office.clerk(Method::POST, &format!("/v1/office-forms/{id}/publish"));
    let request = request.header("if-match", format!("\"{version}\""));
    request.json(&json!({"note": "春の改訂"})).send().await.unwrap()
}

/// Publishes it.
pub async fn publish(office: &Office, id: &str, version: u64) {
    let answer = ask_to_publish(office, id, version).await;
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
}

async fn digest_of_a_new_job(office: &Office) -> String {
    let job = office.job(&office.document(PNG).await).await;
    let body: Value = office.get(&format!("/v1/jobs/{job}")).await.json().await.unwrap();
    body["pipeline_digest"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_form_is_made_of_a_blank_page_and_says_its_faults() {
    let office = Office::open().await;
    let nameless = office.clerk(Method::POST, "/v1/office-forms?name=%20").body(PNG);
    problem(nameless.send().await.unwrap(), ErrorCode::OptionUnusable).await;
    let empty = office
        .clerk(Method::POST, "/v1/office-forms?name=x")
        .send()
        .await
        .unwrap();
    problem(empty, ErrorCode::EmptyDocument).await;

    let made = office
        .clerk(Method::POST, "/v1/office-forms?name=依頼書&page=2")
        .body(PNG);
    let made = made.send().await.unwrap();
    assert_eq!(
        (made.status().as_u16(), &made.headers()["etag"]),
        (201, &"\"1\"".parse().unwrap())
    );
    let made: Value = made.json().await.unwrap();
    let id = made["id"].as_str().unwrap();
    assert_eq!(
        made["definition"]["blank"],
        json!({"file": "blank.png", "page": 1, "width_mm": 210.0, "height_mm": 297.0})
    );
    assert_eq!(made["faults"][0]["sentence"], "欄が一つもありません。");
    let blank = office.get(&format!("/v1/office-forms/{id}/blank")).await;
    assert_eq!(blank.headers()["content-type"], "image/png");
    assert!(blank.bytes().await.unwrap().starts_with(b"page 1 \x89PNG"));
    let found: Value = office
        .get(&format!("/v1/office-forms/{id}/suggestions"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        found[0],
        json!({"box": [10.0, 10.0, 190.0, 8.0], "type": "name", "label": "氏名", "cells": null, "choice": []})
    );

    let mut wrong = definition("依頼書");
    wrong["field"][0]["box"] = json!([10.0, 400.0, 50.0, 8.0]);
    wrong["field"][1]["lexicon"] = json!({"file": "none.csv", "column": "名"});
    let saved: Value = save(&office, id, 1, wrong).await.json().await.unwrap();
    let places: Vec<_> = saved["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["field"].clone())
        .collect();
    assert_eq!(places, [json!(0), json!(1), json!(null)]);
    assert_eq!(saved["definition"]["id"], json!(id), "what a form is stays");
    problem(ask_to_publish(&office, id, 2).await, ErrorCode::FormInvalid).await;
    let tried = office
        .clerk(Method::POST, &format!("/v1/office-forms/{id}/trial"))
        .body(PNG);
    problem(tried.send().await.unwrap(), ErrorCode::FormInvalid).await;
    problem(
        save(&office, id, 1, definition("遅れた")).await,
        ErrorCode::VersionChanged,
    )
    .await;
    let late = office
        .clerk(Method::PUT, &format!("/v1/office-forms/{id}"))
        .json(&json!({"definition": definition("x")}));
    problem(late.send().await.unwrap(), ErrorCode::VersionMissing).await;
    let mut broken = definition("依頼書");
    broken["field"][0]["label"] = json!("氏\n名");
    problem(save(&office, id, 2, broken).await, ErrorCode::OptionUnusable).await;
}

#[tokio::test]
async fn what_is_tried_is_kept_nowhere() {
    let office = Office::open().await;
    let id = made(&office).await;
    let files = office.blob_files().len();
    let tried = office
        .clerk(Method::POST, &format!("/v1/office-forms/{id}/trial?page=3"))
        .body(PNG);
    let tried: Value = tried.send().await.unwrap().json().await.unwrap();
    assert_eq!(tried["is_form"], true);
    let name = &tried["fields"][0];
    assert_eq!(
        (&name["label"], &name["text"], &name["state"]),
        (&json!("氏名"), &json!("佐藤"), &json!("sure"))
    );
    assert!(name["crop"].as_str().unwrap().len() > 10);
    assert_eq!(office.blob_files().len(), files);
    let listed: Value = office.get("/v1/jobs").await.json().await.unwrap();
    assert_eq!(listed["items"], json!([]));
    let chain = office.store.audit_chain(0, 1000).await.unwrap();
    let trials = chain
        .iter()
        .filter(|event| event.action == "form.trial" && event.subject == id);
    assert_eq!(trials.count(), 1);
}

#[tokio::test]
async fn new_jobs_are_read_with_what_is_published_and_old_ones_with_what_was() {
    let office = Office::open().await;
    let shipped = digest_of_a_new_job(&office).await;
    let id = made(&office).await;
    assert_eq!(
        digest_of_a_new_job(&office).await,
        shipped,
        "a draft changes nothing"
    );
    publish(&office, &id, 2).await;
    let first = digest_of_a_new_job(&office).await;
    assert_ne!(first, shipped);
    save(&office, &id, 2, definition("依頼書(第二版)")).await;
    publish(&office, &id, 3).await;
    let second = digest_of_a_new_job(&office).await;
    assert_ne!(second, first);

    let take = async |version: Value| {
        let request = office.clerk(Method::POST, &format!("/v1/office-forms/{id}/use"));
        request
            .json(&json!({ "version": version, "note": "戻す" }))
            .send()
            .await
            .unwrap()
    };
    assert_eq!(take(json!(1)).await.status(), 200);
    assert_eq!(digest_of_a_new_job(&office).await, first, "one step back");
    problem(take(json!(7)).await, ErrorCode::NotFound).await;
    assert_eq!(take(json!(null)).await.status(), 200);
    assert_eq!(digest_of_a_new_job(&office).await, shipped);
    let history: Value = office
        .get(&format!("/v1/office-forms/{id}/history"))
        .await
        .json()
        .await
        .unwrap();
    let versions: Vec<_> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["version"].clone())
        .collect();
    assert_eq!(versions, [json!(null), json!(1), json!(2), json!(1)]);
    assert_eq!(history[2]["note"], "春の改訂");
    let gone = office
        .clerk(Method::DELETE, &format!("/v1/office-forms/{id}"))
        .send()
        .await
        .unwrap();
    problem(gone, ErrorCode::Conflict).await;
}

#[tokio::test]
async fn a_form_that_looks_like_another_is_not_published() {
    let office = Office::open().await;
    let other = made(&office).await;
    publish(&office, &other, 2).await;
    let id = made(&office).await;
    save(&office, &id, 2, definition(TWIN)).await;
    let refused = ask_to_publish(&office, &id, 3).await;
    let body = problem(refused, ErrorCode::FormInvalid).await;
    assert_eq!(body["detail"], "見分けられません(依頼書)。");
}

#[tokio::test]
async fn another_section_reads_with_its_own_forms() {
    let office = Office::open().await;
    let id = made(&office).await;
    publish(&office, &id, 2).await;
    let shown = async |token: &str| -> Value {
        let request = office.request(Method::GET, "/v1/acceptance").bearer_auth(token);
        request.send().await.unwrap().json().await.unwrap()
    };
    let forms = |body: &Value| -> Vec<String> {
        let ids = body
            .as_array()
            .unwrap()
            .iter()
            .map(|form| form["form"].as_str().unwrap().to_owned());
        ids.collect()
    };
    assert!(forms(&shown(office.tax.token(Role::Clerk)).await).contains(&id));
    assert!(!forms(&shown(office.welfare.token(Role::Clerk)).await).contains(&id));
    let history = format!("/v1/acceptance/history?form={id}&field=name");
    let foreign = office
        .request(Method::GET, &history)
        .bearer_auth(office.welfare.token(Role::Clerk));
    problem(foreign.send().await.unwrap(), ErrorCode::NotFound).await;
    assert_eq!(office.get(&history).await.status(), 200);
}

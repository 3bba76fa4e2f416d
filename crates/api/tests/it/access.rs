//! Every operation of the OpenAPI document × own and other 課 × each role and nobody. The test fails when
//! an operation is missing here, so a new route cannot be left out.

mod sheet;
mod table;
mod target;

use std::collections::BTreeSet;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::json;
use shoki_core::access::Role;
use uuid::Uuid;

use crate::law_desk::import;
use crate::meeting;
use crate::office::{Office, PNG, Section};
use crate::office_forms;
use crate::resumable;
use table::{Row, TABLE};
use target::{SECRETS, Target, certificate, faq, favourite_of, made, new_voice, question_of, secret, voice};

/// Who asks.
#[derive(Clone, Copy, Debug)]
enum Asker {
    Own(Role),
    Other(Role),
    Nobody,
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
            let target = Target::fresh(&office, row, asker, &finished).await;
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
            let target = Target::fresh(&office, row, asker, &finished).await;
            let answer = ask(&office, row, asker, &target).await;
            let place = format!("{} {} {asker:?}", row.0, row.1);
            let by_body = ["/v1/jobs", "/v1/faq", "/v1/favourites", "/v1/voice-prints"];
            let names_something = (row.1.contains('{') && row.1 != "/v1/practice/{step}")
                || (row.0 == "post" && by_body.contains(&row.1));
            let expected = match row.2[column] {
                200..=299 | 400 if names_something => 404,
                same => same,
            };
            assert_eq!(answer.status(), expected, "{place}");
            let seen = look(answer).await;
            if names_something {
                let never = ask(&office, row, asker, &Target::that_never_was()).await;
                assert_eq!(seen, look(never).await, "{place}");
            } else if role != Role::Auditor {
                let ids = [
                    &target.document,
                    &target.job,
                    &target.meeting,
                    &target.sheets,
                    &target.voice,
                    &target.artifact,
                    &target.live,
                    &target.source,
                    &target.revision,
                    &target.question,
                    &target.faq,
                    &target.favourite,
                    &target.form,
                    &target.upload,
                    &target.certificate,
                ];
                for secret in ids.into_iter().map(String::as_str).chain(SECRETS) {
                    assert!(!seen.contains(secret), "{place}: {secret}");
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
    let change = import(office, secret("内部秘の通知")).await;
    let (_, meeting) = office.meeting().await;
    let mut target = Target {
        document,
        job,
        meeting,
        sheets: office.read_sheets(1).await,
        artifact: list[0]["id"].as_str().unwrap().to_owned(),
        source: change.source.to_string(),
        revision: change.revision.to_string(),
        ..Target::that_never_was()
    };
    target.question = question_of(office, Role::Clerk).await;
    target.live = made(office, Role::Clerk, "/v1/live", &json!({})).await;
    target.faq = faq(office, &target).await;
    target.voice = voice(office, &target).await;
    target.favourite = favourite_of(office, Role::Clerk, &target).await;
    target.form = office_forms::made(office).await;
    target.certificate = certificate(office).await;
    target
}

async fn ask(office: &Office, (method, path, _): Row, asker: Asker, target: &Target) -> Response {
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
    let mut place = target.path(path);
    if method == Method::DELETE && path.ends_with("/feedback") {
        place = format!("{place}?revision={}&ordinal=0", target.revision);
    }
    if request_is_creation(&method, path) {
        place.push_str("?name=依頼書");
    }
    if path == "/v1/acceptance/history" {
        place.push_str("?form=notice&field=name");
    }
    if path.ends_with("/occurrences") {
        place.push_str("?from=予算&to=決算");
    }
    if method == Method::GET && path == "/v1/question-bank" {
        place.push_str("?source=見本法");
    }
    let request = office.request(method, &place);
    let request = match asker {
        Asker::Own(role) => signed(request, &office.tax, role),
        Asker::Other(role) => signed(request, &office.welfare, role),
        Asker::Nobody => request,
    };
    let file = || reqwest::multipart::Part::bytes(PNG).file_name("scan.png");
    let form = reqwest::multipart::Form::new;
    let request = match path {
        path if office_forms::is_of_one(path) => office_forms::with_body(request, path),
        path if path.starts_with("/v1/uploads") => resumable::with_head(request),
        "/v1/documents" => request.multipart(form().part("file", file())),
        "/v1/batches" => request.multipart(form().text("pipeline", "forms").part("file", file())),
        "/openai/v1/audio/transcriptions" => request.multipart(form().part("file", file())),
        "/v1/live" if request_is_post(&request) => request.json(&json!({})),
        "/v1/live/{id}/segments/{segment}" => request.json(&json!({"text": "直した行"})),
        "/v1/jobs" if request_is_post(&request) => {
            request.json(&json!({"document_id": target.document, "pipeline": "forms"}))
        }
        "/v1/questions" if request_is_post(&request) => request.json(&json!({"text": "取扱い"})),
        "/v1/questions/{id}/feedback" if request_is(&request, &Method::DELETE) => request,
        "/v1/questions/{id}/feedback" => request.json(&json!({"passage": target.passage(), "kind": "basis"})),
        "/v1/synonyms" if !request_is(&request, &Method::GET) => {
            let version = office
                .corpus
                .synonyms()
                .await
                .unwrap()
                .map_or(0, |last| last.version);
            let request = request.header("if-match", format!("\"{version}\""));
            request.json(&json!({"rules": "問い = 質問"}))
        }
        "/v1/question-bank" if request_is_post(&request) => {
            let add = json!({"question": Uuid::now_v7(), "source": "見本法", "item": "1"});
            request.json(&json!({"edit": {"add": add}}))
        }
        "/v1/voice-prints" if request_is_post(&request) => request.json(&new_voice(target)),
        path if meeting::is_of_one(path) => meeting::with_body(request, path),
        path if sheet::is_of_one(path) || path.ends_with("/reveal") => sheet::with_body(request, path),
        // What stands already: the sheet stays for the rows behind.
        "/v1/jobs/{id}/sorting" if request_is(&request, &Method::PUT) => {
            request.json(&json!({"pages": [{"page": 1, "as": "machine"}]}))
        }
        "/v1/acceptance/switch" => request.json(&json!({"form": "notice", "field": "name", "on": false})),
        "/v1/blind-audits/{id}/{page}/{key}" => request.json(&json!({"text": "佐藤"})),
        "/v1/people" if request_is_post(&request) => {
            request.json(&json!({"name": Uuid::now_v7().to_string(), "role": "clerk"}))
        }
        "/v1/departments" => request.json(&json!({"name": Uuid::now_v7().to_string()})),
        "/v1/accounts" => request
            .json(&json!({"user_id": Uuid::now_v7(), "sign_in": "山田", "password": "十文字以上の合い言葉"})),
        "/v1/accounts/password" => {
            request.json(&json!({"sign_in": "山田", "password": "十文字以上の合い言葉"}))
        }
        "/v1/retention" if request_is(&request, &Method::PUT) => {
            request.json(&json!({"periods": [{"material": "voice_prints", "days": 3650}]}))
        }
        "/v1/jobs/{id}/hold" if request_is(&request, &Method::PUT) => {
            request.json(&json!({"reason": "監査請求のため"}))
        }
        "/v1/synonyms/trial" => request.json(&json!({"rules": "問い = 質問"})),
        "/v1/faq" if request_is_post(&request) => {
            request.json(&json!({"question": "問", "answer": "答", "citing": [target.passage()]}))
        }
        "/v1/faq/{id}" if request_is(&request, &Method::PATCH) => {
            let request = request.header("if-match", "\"1\"");
            request.json(&json!({"answer": "別の答え"}))
        }
        "/v1/favourites" if request_is_post(&request) => request.json(&json!({"passage": target.passage()})),
        _ => request,
    };
    request.send().await.unwrap()
}

fn signed(request: RequestBuilder, section: &Section, role: Role) -> RequestBuilder {
    request.bearer_auth(section.token(role))
}

/// Whether it makes a form.
fn request_is_creation(method: &Method, path: &str) -> bool {
    *method == Method::POST && path == "/v1/office-forms"
}

fn request_is_post(request: &RequestBuilder) -> bool {
    request_is(request, &Method::POST)
}

fn request_is(request: &RequestBuilder, method: &Method) -> bool {
    request
        .try_clone()
        .is_some_and(|request| request.build().unwrap().method() == method)
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

//! A stack of forms from the upload to a reviewed job by two people, across a kill: nothing that was decided is
//! lost, nobody has another's sheet.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::service::{Api, Office, answered, sample, text};

/// What a person decides about a field that is open: the value where there is one, else that it cannot be read.
fn decision(field: &Value) -> Value {
    if field["masked"] == false && field["state"] == "check" {
        let written = format!("{}確", text(&field["read"]));
        return json!({"kind": "correct", "text": written});
    }
    match field["state"].as_str() {
        Some("unreadable") => json!({"kind": "unreadable"}),
        _ => json!({"kind": "accept"}),
    }
}

async fn send(api: &Api, method: Method, path: &str, sheet: &Value, body: Option<Value>) -> Value {
    let mut request = api
        .request(method, path)
        .header("if-match", format!("\"{}\"", sheet["version"]));
    if let Some(body) = body {
        request = request.json(&body);
    }
    answered(request.send().await.expect("an answer"), StatusCode::OK).await
}

/// The next sheet; `None`: there is none for this person.
async fn next(api: &Api, job: &str) -> Option<Value> {
    let asked = api.request(Method::POST, &format!("/v1/jobs/{job}/review/next"));
    let answer = asked.send().await.expect("an answer");
    match answer.status() {
        StatusCode::NO_CONTENT => None,
        StatusCode::OK => Some(answer.json().await.expect("JSON")),
        other => panic!("{other}"),
    }
}

/// Decides about every open field; the sheet then.
async fn decided(api: &Api, job: &str, mut sheet: Value) -> Value {
    let place = format!("/v1/jobs/{job}/review/sheets/{}", sheet["page"]);
    for field in sheet["fields"].as_array().expect("a list").clone() {
        if field["open"] == true {
            let path = format!("{place}/fields/{}", text(&field["key"]));
            sheet = send(api, Method::PUT, &path, &sheet, Some(decision(&field))).await;
        }
    }
    sheet
}

async fn review_everything(api: &Api, job: &str) -> Vec<u64> {
    let mut pages = Vec::new();
    while let Some(sheet) = next(api, job).await {
        let sheet = decided(api, job, sheet).await;
        let place = format!("/v1/jobs/{job}/review/sheets/{}/finish", sheet["page"]);
        let done = send(api, Method::POST, &place, &sheet, None).await;
        assert_eq!(done["task"], "done", "{done}");
        pages.push(done["page"].as_u64().expect("a number"));
    }
    pages
}

#[tokio::test]
async fn two_people_review_a_stack_and_a_kill_in_between_loses_nothing() {
    let office = Office::open();
    let mut server = office.start();
    server.ready().await;
    let (one, other) = (
        office.client(),
        office.client().signed_as(&office.token_of("clerk", "鈴木")),
    );
    let demo = std::fs::read(sample("demo.pdf")).expect("the sample stack");
    let (_, job) = one.submit("demo.pdf", demo).await;
    assert_eq!(one.finished(&job).await["state"], "succeeded");
    let path = format!("/v1/jobs/{job}/review");
    let before = one.get(&path).await;
    let total = before["sheets_total"].as_u64().expect("a number");
    assert!(total > 2 && before["fields_open"].as_u64() > Some(0), "{before}");

    // One decides about a sheet and does not finish it; the service dies.
    let mine = next(&one, &job).await.expect("a sheet");
    let mine = decided(&one, &job, mine).await;
    let theirs = next(&other, &job).await.expect("another sheet");
    assert_ne!(mine["page"], theirs["page"]);
    server.kill();
    let mut server = office.start();
    server.ready().await;
    let again = next(&one, &job).await.expect("the own sheet");
    for part in ["page", "version", "fields"] {
        assert_eq!(again[part], mine[part], "as it was left");
    }

    let (first, second) = tokio::join!(review_everything(&one, &job), review_everything(&other, &job));
    let mut pages = [first, second].concat();
    pages.sort_unstable();
    let twice = pages.windows(2).find(|pair| pair[0] == pair[1]);
    assert_eq!(twice, None, "a sheet was finished twice");
    let after = one.get(&path).await;
    assert_eq!(
        (&after["sheets_done"], &after["fields_open"]),
        (&json!(total), &json!(0))
    );
    let figures = one.get(&format!("{path}/figures")).await;
    assert_eq!(figures["sheets"], total);
    let all = &figures["all"];
    let corrected = all["characters_corrected"].as_u64().expect("a number");
    // Each corrected value is one character longer than what was read.
    assert_eq!(all["fields_corrected"].as_u64(), Some(corrected), "{all}");
    assert!(
        corrected > 0 && all["character_rate"].as_f64() > Some(0.9),
        "{all}"
    );
    server.kill();
}

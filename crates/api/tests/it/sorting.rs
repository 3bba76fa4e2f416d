//! 仕分け by people over HTTP: what a page is taken for, who says so, and what is refused.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shoki_core::access::Role;
use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;
use shoki_core::pipeline::PipelineRef;
use shoki_core::reading::{DocumentReading, FIELDS_JSON, PageKind};
use shoki_core::sorting::SortedAs;
use shoki_core::unit::UnitKind;

use crate::office::form::{NOTICE, page};
use crate::office::{Office, PNG};
use crate::problems::problem;
use crate::review::Person;

async fn put(office: &Office, job: &str, pages: Value) -> reqwest::Response {
    let asked = office.clerk(Method::PUT, &format!("/v1/jobs/{job}/sorting"));
    asked.json(&json!({ "pages": pages })).send().await.unwrap()
}

async fn shown(office: &Office, job: &str) -> Value {
    let answer = office.get(&format!("/v1/jobs/{job}/sorting")).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// Ends the job with these pages: a form's id, or nothing for わからない.
async fn assemble(office: &Office, forms: &[Option<&str>]) {
    let pages = (1..).zip(forms).map(|(number, form)| {
        let mut reading = page(form.unwrap_or("transfer"), number).reading;
        if form.is_none() {
            reading.kind = PageKind::UnknownForm;
            reading.form = None;
        }
        reading
    });
    let reading = DocumentReading {
        pages: pages.collect(),
    };
    let bytes = serde_json::to_vec(&reading).unwrap();
    office.assemble_as(FIELDS_JSON, "application/json", &bytes).await;
}

#[tokio::test]
async fn a_page_is_what_a_person_says_and_its_sheet_follows() {
    let office = Office::open().await;
    let job = office.read_sheets(2).await;
    let review = format!("/v1/jobs/{job}/review");
    let before: Value = office.get(&review).await.json().await.unwrap();
    assert_eq!(before["sheets_total"], 2);
    let blobs = office.blob_files().len();

    let as_notice = json!([{"page": 2, "as": "form", "form": NOTICE, "quarter_turns": 3}]);
    let sorted = put(&office, &job, as_notice.clone()).await;
    assert_eq!(sorted.status(), 200);
    let sorted: Value = sorted.json().await.unwrap();
    assert_eq!(
        (&sorted["pages"], &sorted["job"]["state"]),
        (&json!(1), &json!("running"))
    );
    assert_eq!(
        sorted["job"]["progress"],
        json!({"done": 1, "failed": 0, "total": 2})
    );
    // The old result is gone; the page's old piece is the other page's too but for its number.
    assert_eq!(office.blob_files().len(), blobs - 2);
    problem(office.get(&review).await, ErrorCode::Conflict).await;
    problem(put(&office, &job, as_notice.clone()).await, ErrorCode::Conflict).await;

    let claim = office.claim(UnitKind::Run).await;
    let sorting = claim.sorting.clone().unwrap();
    let form = NOTICE.to_owned();
    assert_eq!(
        (sorting.kind, sorting.quarter_turns),
        (SortedAs::Form { form }, Some(3))
    );
    office.store.release(claim.fence).await.unwrap();
    office.read_page_of(NOTICE).await;
    assemble(&office, &[Some("transfer"), Some(NOTICE)]).await;

    let pages = shown(&office, &job).await;
    assert_eq!(
        (&pages[1]["kind"], &pages[1]["form"]),
        (&json!("form"), &json!(NOTICE))
    );
    let decision = &pages[1]["decision"];
    let clerk = office.actor(Role::Clerk).await.user.to_string();
    assert_eq!(
        (&decision["as"], &decision["form"]),
        (&json!("form"), &json!(NOTICE))
    );
    assert_eq!(
        (&decision["by"], &decision["sequence"]),
        (&json!(clerk), &json!(1))
    );
    assert_eq!(pages[0]["decision"], Value::Null);
    let after: Value = office.get(&review).await.json().await.unwrap();
    assert_eq!(after["sheets_total"], 2);
    assert_eq!(
        (&after["sheets"][0]["form"], &after["sheets"][1]["form"]),
        (&json!("transfer"), &json!(NOTICE))
    );

    let again: Value = put(&office, &job, as_notice).await.json().await.unwrap();
    assert_eq!(
        (&again["pages"], &again["job"]["state"]),
        (&json!(0), &json!("succeeded"))
    );
    // Events go on behind the first end, and the stream ends with the last.
    let events = office
        .get(&format!("/v1/jobs/{job}/events"))
        .await
        .text()
        .await
        .unwrap();
    assert_eq!(events.matches("\"state\":\"succeeded\"").count(), 2, "{events}");
}

#[tokio::test]
async fn a_page_that_was_no_sheet_becomes_one_and_a_dropped_one_is_none() {
    let office = Office::open().await;
    let job = office.job(&office.document(PNG).await).await;
    office.plan(2).await;
    office.read_page_of("transfer").await;
    office.read_page_of("transfer").await;
    assemble(&office, &[Some("transfer"), None]).await;
    let review = format!("/v1/jobs/{job}/review");
    let sheets: Value = office.get(&review).await.json().await.unwrap();
    assert_eq!(sheets["sheets_total"], 1);
    let pages = shown(&office, &job).await;
    assert_eq!(pages[1]["kind"], "unknown_form");
    let both = json!([{"page": 1, "as": "blank"}, {"page": 2, "as": "form", "form": "transfer"}]);
    assert_eq!(put(&office, &job, both).await.status(), 200);
    office.read_page().await;
    office.read_page().await;
    assemble(&office, &[None, Some("transfer")]).await;
    let sheets: Value = office.get(&review).await.json().await.unwrap();
    assert_eq!(
        (&sheets["sheets_total"], &sheets["sheets"][0]["page"]),
        (&json!(1), &json!(2))
    );
}

/// The version of a look of before is not taken for one of the new reading, by any way of deciding.
#[tokio::test]
async fn a_decision_about_the_reading_of_before_is_too_late() {
    let office = Office::open().await;
    let job = office.read_sheets(1).await;
    let (role, review) = (Role::Clerk, format!("/v1/jobs/{job}/review"));
    let clerk = Person {
        office: &office,
        role,
    };
    let before = clerk.get(&format!("{review}/sheets/1")).await.1;
    assert_eq!(before["version"], 0);
    let turned = json!([{"page": 1, "as": "form", "form": "transfer", "quarter_turns": 2}]);
    assert_eq!(put(&office, &job, turned).await.status(), 200);
    office.read_page_of("transfer").await;
    assemble(&office, &[Some("transfer")]).await;

    let accept = json!({"kind": "accept"});
    let late = clerk.decide(&before, "name", accept.clone()).await;
    assert_eq!(late.0, StatusCode::PRECONDITION_FAILED, "{late:?}");
    let at_once = json!({"page": 1, "key": "name", "version": before["version"], "decision": accept});
    let decisions = format!("{review}/decisions");
    let items = json!({"items": [at_once], "finish": false});
    let (_, late) = clerk.send(Method::POST, &decisions, None, items).await;
    assert_eq!(late["items"][0]["problem"]["code"], "version_changed", "{late}");
    let sheet = clerk.get(&format!("{review}/sheets/1")).await.1;
    assert_eq!(sheet["fields"][0]["decision"], Value::Null, "{sheet}");

    let (_, grid) = clerk.get(&format!("{review}/grid?key=name")).await;
    assert_eq!(grid["items"][0]["version"], sheet["version"]);
    let (status, after) = clerk.decide(&sheet, "name", accept).await;
    assert_eq!(status, 200, "{after}");
    assert_eq!(
        after["version"].as_u64(),
        sheet["version"].as_u64().map(|version| version + 1)
    );
}

#[tokio::test]
async fn what_somebody_decided_refuses_and_says_where() {
    let office = Office::open().await;
    let job = office.read_sheets(2).await;
    let field = format!("/v1/jobs/{job}/review/sheets/2/fields/name");
    let decided = office.clerk(Method::PUT, &field).header("if-match", "\"0\"");
    let decided = decided
        .json(&json!({"kind": "correct", "text": "鈴木"}))
        .send()
        .await
        .unwrap();
    assert_eq!(decided.status(), 200);
    let pages = shown(&office, &job).await;
    assert_eq!(
        (&pages[0]["decided"], &pages[1]["decided"]),
        (&json!(false), &json!(true))
    );
    let both = json!([{"page": 1, "as": "blank"}, {"page": 2, "as": "blank"}]);
    let refused = problem(put(&office, &job, both).await, ErrorCode::Conflict).await;
    assert!(
        refused["detail"].as_str().unwrap().contains("2ページ目"),
        "{refused}"
    );
    let pages = shown(&office, &job).await;
    assert_eq!(pages[0]["decision"], Value::Null, "all or none");
    let sheet: Value = office
        .get(&format!("/v1/jobs/{job}/review/sheets/2"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(sheet["fields"][0]["value"], "鈴木");
    let undo = office.clerk(Method::POST, &format!("/v1/jobs/{job}/review/sheets/2/undo"));
    let undo = undo
        .header("if-match", "\"1\"")
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(undo.status(), 200);
    let free = put(&office, &job, json!([{"page": 2, "as": "blank"}])).await;
    assert_eq!(free.status(), 200);
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let office = Office::open().await;
    let job = office.read_sheets(1).await;
    for pages in [
        json!([]),
        json!([{"page": 1, "as": "form", "form": "nothing"}]),
        json!([{"page": 1, "as": "form"}]),
        json!([{"page": 1, "as": "blank", "form": "transfer"}]),
        json!([{"page": 1, "as": "machine", "quarter_turns": 4}]),
    ] {
        problem(put(&office, &job, pages).await, ErrorCode::OptionUnusable).await;
    }
    problem(
        put(&office, &job, json!([{"page": 2, "as": "blank"}])).await,
        ErrorCode::NotFound,
    )
    .await;
    problem(
        put(&office, &job, json!([{"page": 0, "as": "blank"}])).await,
        ErrorCode::NotFound,
    )
    .await;
    let turned = put(
        &office,
        &job,
        json!([{"page": 1, "as": "machine", "quarter_turns": 1}]),
    )
    .await;
    assert_eq!(turned.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_job_read_under_other_definitions_is_not_read_on() {
    let office = Office::open().await;
    let actor = office.actor(Role::Clerk).await;
    let document = office.document(PNG).await.parse().unwrap();
    let old = PipelineRef {
        name: "forms".to_owned(),
        digest: Sha256::of(b"definitions of last year"),
        corpus: None,
        minutes: None,
    };
    let submitted = office
        .store
        .submit_job(&actor, document, &old, None)
        .await
        .unwrap();
    let job = submitted.jobs[0].id.to_string();
    office.plan(1).await;
    office.read_page().await;
    assemble(&office, &[None]).await;
    let refused = put(
        &office,
        &job,
        json!([{"page": 1, "as": "form", "form": "transfer"}]),
    )
    .await;
    let refused = problem(refused, ErrorCode::Conflict).await;
    assert!(
        refused["detail"]
            .as_str()
            .unwrap()
            .contains("帳票の定義が変わりました"),
        "{refused}"
    );
    let standing: Value = office.get(&format!("/v1/jobs/{job}")).await.json().await.unwrap();
    assert_eq!(standing["state"], "succeeded");
}

#[tokio::test]
async fn a_small_picture_is_asked_for_by_its_width() {
    let office = Office::open().await;
    let job = office.read_sheets(1).await;
    let place = format!("/v1/jobs/{job}/pages/1/image");
    let small = office.get(&format!("{place}?width=240")).await;
    assert!(small.text().await.unwrap().ends_with(", 240 across"));
    for width in [79, 1601] {
        let refused = office.get(&format!("{place}?width={width}")).await;
        problem(refused, ErrorCode::OptionUnusable).await;
    }
    let reveal = office.clerk(Method::POST, &format!("{place}/reveal?width=240"));
    let seen = reveal.json(&json!({"reason": "仕分け"})).send().await.unwrap();
    assert!(seen.text().await.unwrap().ends_with("masks [], 240 across"));
}

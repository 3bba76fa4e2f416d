//! 練習 over HTTP: marked, one's own, in no figure and no audit, and gone by one step.

use reqwest::Method;
use serde_json::Value;
use shoki_core::access::Role;
use shoki_core::code::ErrorCode;
use shoki_core::reading::{DocumentReading, FIELDS_JSON};

use crate::desk::visitor::{Visitor, account};
use crate::office::Office;
use crate::office::form::{NOTICE, page};
use crate::problems::problem;

async fn begin(office: &Office, step: &str) -> Value {
    let begun = office
        .clerk(Method::POST, &format!("/v1/practice/{step}"))
        .send()
        .await
        .unwrap();
    assert_eq!(begun.status(), 202);
    begun.json().await.unwrap()
}

async fn jobs(office: &Office, role: Role) -> Vec<Value> {
    let request = office
        .request(Method::GET, "/v1/practice")
        .bearer_auth(office.tax.token(role));
    let shown: Value = request.send().await.unwrap().json().await.unwrap();
    shown["jobs"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_question_of_a_practice_run_is_in_no_figure() {
    let office = Office::open().await;
    account(&office, Role::Clerk).await;
    let visitor = Visitor::enter(&office).await;
    let asked = async || {
        let figures: Value = office.get("/v1/kpi/questions").await.json().await.unwrap();
        figures["questions"].as_u64().unwrap()
    };
    for (query, expected) in [("q=%E5%95%8F&practice=1", 0), ("q=%E5%95%8F", 1)] {
        let page = visitor.get(&format!("/law?{query}")).await;
        assert_eq!(page.status(), 200);
        office.clock.advance(jiff::SignedDuration::from_secs(1));
        assert_eq!(asked().await, expected, "{query}");
    }
}

#[tokio::test]
async fn practice_is_ones_own_and_goes_by_one_step() {
    let office = Office::open().await;
    assert!(jobs(&office, Role::Clerk).await.is_empty());
    let unknown = office
        .clerk(Method::POST, "/v1/practice/nothing")
        .send()
        .await
        .unwrap();
    problem(unknown, ErrorCode::NotFound).await;
    let first = begin(&office, "sheets").await;
    assert_eq!(begin(&office, "sheets").await, first, "what was begun goes on");
    begin(&office, "meeting").await;
    assert_eq!(begin(&office, "law").await["jobs"].as_array().unwrap().len(), 2);
    let own = jobs(&office, Role::Clerk).await;
    let names: Vec<&str> = own
        .iter()
        .map(|job| job["document_name"].as_str().unwrap())
        .collect();
    assert_eq!(names.len(), 4);
    assert!(names.iter().all(|name| name.starts_with("【練習】")), "{names:?}");
    assert!(
        jobs(&office, Role::DepartmentAdmin).await.is_empty(),
        "another person's"
    );

    let other = office
        .request(Method::DELETE, "/v1/practice")
        .bearer_auth(office.tax.token(Role::DepartmentAdmin));
    assert_eq!(other.send().await.unwrap().status(), 204);
    assert_eq!(jobs(&office, Role::Clerk).await.len(), 4);
    let ended = office.clerk(Method::DELETE, "/v1/practice").send().await.unwrap();
    assert_eq!(ended.status(), 204);
    assert!(jobs(&office, Role::Clerk).await.is_empty());
    let listed: Value = office.get("/v1/jobs").await.json().await.unwrap();
    assert_eq!(listed["items"], serde_json::json!([]));
    office.has_blobs(0).await;
}

#[tokio::test]
async fn no_audit_is_drawn_of_practice() {
    let office = Office::open().await;
    let begun = begin(&office, "sheets").await;
    let job = begun["jobs"][0].as_str().unwrap();
    office.plan(1).await;
    office.read_page_of(NOTICE).await;
    let reading = DocumentReading {
        pages: vec![page(NOTICE, 1).reading],
    };
    let bytes = serde_json::to_vec(&reading).unwrap();
    office.assemble_as(FIELDS_JSON, "application/json", &bytes).await;
    // Of any other job of this form every sure field would wait for an audit, and be hidden meanwhile.
    let shown: Value = office
        .get(&format!("/v1/jobs/{job}/pages/1"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(shown["fields"]["name"]["text"], "佐藤");
    assert_eq!(office.get(&format!("/v1/jobs/{job}/review")).await.status(), 200);
    let next = office
        .clerk(Method::POST, "/v1/blind-audits/next")
        .send()
        .await
        .unwrap();
    assert_eq!(next.status(), 204);
}

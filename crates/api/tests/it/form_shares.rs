//! Forms shared between 課: used by the others, changed by their own 課 alone, taken back without breaking anything.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use shoki_core::access::Role;
use shoki_core::code::ErrorCode;

use crate::desk::visitor::{Visitor, account};
use crate::office::{Office, PNG};
use crate::office_forms::{made, publish};
use crate::problems::problem;

/// The digest that a new job of the welfare section is pinned to.
async fn digest_there(office: &Office) -> String {
    let there = |method, path: &str| {
        office
            .request(method, path)
            .bearer_auth(office.welfare.token(Role::Clerk))
    };
    let file = Part::bytes(PNG).file_name("scan.png");
    let document = there(Method::POST, "/v1/documents").multipart(Form::new().part("file", file));
    let document: Value = document.send().await.unwrap().json().await.unwrap();
    let job = there(Method::POST, "/v1/jobs")
        .json(&json!({"document_id": document["id"], "pipeline": "forms"}))
        .send()
        .await
        .unwrap();
    let job: Value = job.json().await.unwrap();
    job["pipeline_digest"].as_str().unwrap().to_owned()
}

async fn share(office: &Office, id: &str, departments: &[&str]) -> Value {
    let answer = office
        .request(Method::PUT, &format!("/v1/office-forms/{id}/shares"))
        .bearer_auth(office.tax.token(Role::DepartmentAdmin))
        .json(&json!({ "departments": departments }))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

async fn welfare(office: &Office, id: &str) -> String {
    let shown = office
        .request(Method::GET, &format!("/v1/office-forms/{id}/shares"))
        .bearer_auth(office.tax.token(Role::DepartmentAdmin));
    let shown: Value = shown.send().await.unwrap().json().await.unwrap();
    assert_eq!(shown[0]["department"], "福祉課", "the others, not the own one");
    shown[0]["department_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn another_section_reads_with_a_shared_form_until_it_is_withdrawn() {
    let office = Office::open().await;
    let shipped = digest_there(&office).await;
    let id = made(&office).await;
    publish(&office, &id, 2).await;
    assert_eq!(digest_there(&office).await, shipped, "not shared yet");
    let department = welfare(&office, &id).await;
    let shown = share(&office, &id, &[&department]).await;
    assert_eq!(shown[0]["shared"], true);
    let with = digest_there(&office).await;
    assert_ne!(with, shipped);

    let used = office
        .request(Method::GET, "/v1/acceptance")
        .bearer_auth(office.welfare.token(Role::Clerk));
    let used: Value = used.send().await.unwrap().json().await.unwrap();
    assert!(used.to_string().contains(&id), "{used}");
    for (method, path, body) in [
        (Method::GET, "", json!(null)),
        (Method::POST, "/use", json!({"version": null})),
        (Method::PUT, "/shares", json!({"departments": []})),
    ] {
        let request = office
            .request(method, &format!("/v1/office-forms/{id}{path}"))
            .bearer_auth(office.welfare.token(Role::DepartmentAdmin))
            .json(&body);
        problem(request.send().await.unwrap(), ErrorCode::NotFound).await;
    }
    let by_clerk = office
        .clerk(Method::PUT, &format!("/v1/office-forms/{id}/shares"))
        .json(&json!({"departments": []}));
    problem(by_clerk.send().await.unwrap(), ErrorCode::Forbidden).await;

    share(&office, &id, &[]).await;
    assert_eq!(digest_there(&office).await, shipped);
    share(&office, &id, &[&department]).await;
    assert_eq!(digest_there(&office).await, with, "the same set of forms again");
    let stop = office
        .clerk(Method::POST, &format!("/v1/office-forms/{id}/use"))
        .json(&json!({"version": null}));
    assert_eq!(stop.send().await.unwrap().status(), 200);
    assert_eq!(
        digest_there(&office).await,
        shipped,
        "out of use at its own section"
    );
}

#[tokio::test]
async fn the_page_shares_and_the_other_section_sees_the_form() {
    let office = Office::open().await;
    account(&office, Role::DepartmentAdmin).await;
    let id = made(&office).await;
    publish(&office, &id, 2).await;
    let visitor = Visitor::enter_as(&office, "department_admin").await;
    let stranger = Visitor::of_welfare(&office).await;
    let page = visitor
        .get(&format!("/forms/{id}/shares"))
        .await
        .text()
        .await
        .unwrap();
    assert!(page.contains("福祉課") && !page.contains("checked"), "{page}");
    let shared = visitor
        .post(&format!("/forms/{id}/shares"), &[("all", "1")])
        .await;
    assert_eq!(
        shared.headers()["location"],
        format!("/forms/{id}/shares?done=1").as_str()
    );
    let page = visitor.get(&format!("/forms/{id}/shares?done=1")).await;
    assert!(page.text().await.unwrap().contains("checked"));
    let there = stranger.get("/forms").await.text().await.unwrap();
    assert!(
        there.contains("ほかの課から共有されている帳票") && there.contains("依頼書"),
        "{there}"
    );
    assert_eq!(stranger.get(&format!("/forms/{id}")).await.status(), 404);
    let none = visitor.post(&format!("/forms/{id}/shares"), &[]).await;
    assert_eq!(none.status(), 303);
    let there = stranger.get("/forms").await.text().await.unwrap();
    assert!(!there.contains("依頼書"), "{there}");
}

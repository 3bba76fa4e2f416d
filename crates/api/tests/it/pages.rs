//! Finished pages while the rest still runs, and the record of who looked at a 個人番号.

use reqwest::Method;
use serde_json::Value;
use shoki_core::access::Role;
use shoki_core::code::ErrorCode;
use shoki_core::unit::UnitKind;
use shoki_store::model::UnitFailure;

use crate::office::{Office, PNG};
use crate::problems::problem;

/// Actions and subjects in the audit chain that speak of reading.
async fn readings(office: &Office) -> Vec<String> {
    let answer = office
        .request(Method::GET, "/v1/audit?limit=200")
        .bearer_auth(office.tax.token(Role::DepartmentAdmin))
        .send()
        .await
        .unwrap();
    let body: Value = answer.json().await.unwrap();
    let rows = body["items"].as_array().unwrap().iter();
    rows.map(|row| {
        format!(
            "{} {}",
            row["action"].as_str().unwrap(),
            row["subject"].as_str().unwrap()
        )
    })
    .filter(|row| row.contains(".read "))
    .collect()
}

#[tokio::test]
async fn a_page_and_its_crops_are_there_before_the_job_ends() {
    let office = Office::open().await;
    let document = office.document(PNG).await;
    let job = office.job(&document).await;
    office.plan(3).await;
    office.read_page().await;

    let crop = |key: &str| format!("/v1/jobs/{job}/pages/1/crops/{key}");
    let name = office.get(&crop("name")).await;
    assert_eq!(name.headers()["content-type"], "image/png");
    assert_eq!(name.headers()["cache-control"], "private, no-store");
    assert_eq!(&name.bytes().await.unwrap()[..], b"png of the name");
    assert_eq!(readings(&office).await, Vec::<String>::new());

    problem(office.get(&crop("number")).await, ErrorCode::Masked).await;
    assert_eq!(readings(&office).await, Vec::<String>::new());

    let page: Value = office
        .get(&format!("/v1/jobs/{job}/pages/1"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(page["kind"], "form");
    assert_eq!(page["fields"]["name"]["text"], "佐藤");
    assert_eq!(page["fields"]["number"]["text"], "〓".repeat(12));
    assert!(!page.to_string().contains("123456789018"), "{page}");
    assert_eq!(readings(&office).await, Vec::<String>::new());

    problem(office.get(&crop("nothing")).await, ErrorCode::NotFound).await;
    for unread in [0, 2, 4, u32::MAX] {
        let answer = office.get(&format!("/v1/jobs/{job}/pages/{unread}")).await;
        problem(answer, ErrorCode::NotFound).await;
    }
}

#[tokio::test]
async fn a_page_that_failed_says_why() {
    let office = Office::open().await;
    let document = office.document(PNG).await;
    let job = office.job(&document).await;
    office.plan(1).await;
    let claim = office.claim(UnitKind::Run).await;
    let failure = UnitFailure {
        code: ErrorCode::CorruptPage,
        detail: None,
    };
    office.store.fail_unit(claim.fence, failure).await.unwrap();
    let page: Value = office
        .get(&format!("/v1/jobs/{job}/pages/1"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(page["kind"], "failed");
    assert_eq!(page["code"], "corrupt_page");
    let crop = office.get(&format!("/v1/jobs/{job}/pages/1/crops/name")).await;
    problem(crop, ErrorCode::NotFound).await;
}

#[tokio::test]
async fn fetching_a_result_file_is_recorded_before_the_bytes_go_out() {
    let office = Office::open().await;
    let (_, job) = office.finished_job(1).await;
    let list: Value = office
        .get(&format!("/v1/jobs/{job}/artifacts"))
        .await
        .json()
        .await
        .unwrap();
    let artifact = list[0]["id"].as_str().unwrap();
    assert_eq!(readings(&office).await.len(), 0);
    office.get(&format!("/v1/jobs/{job}/artifacts/{artifact}")).await;
    assert_eq!(readings(&office).await, [format!("artifact.read {artifact}")]);
}

//! A job through the API: hand in, start, watch, look at, fetch, stop, delete.

use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Office, PNG};

#[tokio::test]
async fn a_stack_goes_through_the_api() {
    let office = Office::open().await;
    let (document, job) = office.finished_job(2).await;

    let body: Value = office.get(&format!("/v1/jobs/{job}")).await.json().await.unwrap();
    assert_eq!(body["state"], "succeeded");
    assert_eq!(body["document_id"], document.as_str());

    let list: Value = office
        .get(&format!("/v1/jobs/{job}/artifacts"))
        .await
        .json()
        .await
        .unwrap();
    let artifact = list[0]["id"].as_str().unwrap();
    let download = office.get(&format!("/v1/jobs/{job}/artifacts/{artifact}")).await;
    assert_eq!(download.status(), 200);
    let headers = download.headers().clone();
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=\"___1.csv\"; filename*=UTF-8''%E7%B5%90%E6%9E%9C%201.csv"
    );
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(
        headers["etag"],
        format!("\"{}\"", list[0]["sha256"].as_str().unwrap())
    );
    assert_eq!(&download.bytes().await.unwrap()[..], b"\xef\xbb\xbfa,b\r\n");
    let again = office
        .clerk(Method::GET, &format!("/v1/jobs/{job}/artifacts/{artifact}"))
        .header("if-none-match", &headers["etag"])
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 304);

    let gone = office
        .clerk(Method::DELETE, &format!("/v1/documents/{document}"))
        .send()
        .await
        .unwrap();
    assert_eq!(gone.status(), 204);
    assert_eq!(office.get(&format!("/v1/jobs/{job}")).await.status(), 404);
    office.has_blobs(0).await;
}

#[tokio::test]
async fn the_same_key_makes_one_job() {
    let office = Office::open().await;
    let document = office.document(PNG).await;
    let other = office.document(b"\x89PNG\r\n\x1a\nanother").await;
    let submit = |document: &str, key: &str| {
        office
            .clerk(Method::POST, "/v1/jobs")
            .header("idempotency-key", key)
            .json(&json!({"document_id": document, "pipeline": "forms"}))
            .send()
    };
    let first = submit(&document, "k1").await.unwrap();
    assert_eq!(first.status(), 202);
    assert!(first.headers().get("idempotency-replayed").is_none());
    let location = first.headers()["location"].clone();
    let first: Value = first.json().await.unwrap();

    let second = submit(&document, "k1").await.unwrap();
    assert_eq!(second.status(), 202);
    assert_eq!(second.headers()["idempotency-replayed"], "true");
    assert_eq!(second.headers()["location"], location);
    assert_eq!(second.json::<Value>().await.unwrap(), first);

    let changed = submit(&other, "k1").await.unwrap();
    assert_eq!(changed.status(), 422);
    assert_eq!(
        changed.json::<Value>().await.unwrap()["code"],
        "idempotency_mismatch"
    );
    assert_eq!(submit(&other, "k2").await.unwrap().status(), 202);
    assert_eq!(submit(&other, "").await.unwrap().status(), 400);
    let list: Value = office.get("/v1/jobs").await.json().await.unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);

    let delete = office.clerk(Method::DELETE, &format!("/v1/documents/{document}"));
    assert_eq!(delete.send().await.unwrap().status(), 204);
    assert_eq!(submit(&document, "k1").await.unwrap().status(), 404);
}

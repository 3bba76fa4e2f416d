//! Every error is problem+json with a request id, Japanese words and what to do; every answer carries
//! the security headers.

use reqwest::{Method, Response};
use serde_json::Value;
use shoki_core::code::ErrorCode;

use crate::office::{Office, PNG};

/// Checks the shape and returns the body.
pub async fn problem(answer: Response, code: ErrorCode) -> Value {
    let entry = code.entry();
    assert_eq!(answer.status(), entry.status);
    let headers = answer.headers().clone();
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(
        headers["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("default-src 'none'")
    );
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["type"], format!("urn:shoki:problem:{}", entry.name));
    assert_eq!(body["title"], entry.title_ja);
    assert_eq!(body["action"], entry.action_ja);
    assert_eq!(body["status"], entry.status);
    assert_eq!(body["code"], entry.name);
    assert_eq!(body["retryable"], entry.retryable);
    assert_eq!(body["request_id"], headers["x-request-id"].to_str().unwrap());
    body
}

#[tokio::test]
async fn no_route_and_no_method() {
    let office = Office::open().await;
    problem(office.get("/v2/nothing").await, ErrorCode::NotFound).await;
    problem(office.get("/v1/jobs/no-id").await, ErrorCode::NotFound).await;
    let put = office.clerk(Method::PUT, "/v1/jobs").send().await.unwrap();
    assert_eq!(put.headers()["allow"], "POST,GET,HEAD");
    problem(put, ErrorCode::MethodNotAllowed).await;
}

#[tokio::test]
async fn a_mistake_in_the_json_is_answered_with_its_place() {
    let office = Office::open().await;
    let document = office.document(PNG).await;
    let id = format!("\"document_id\":\"{document}\"");
    let huge = format!("{{{id},\"pipeline\":\"{}\"}}", "x".repeat(1_100_000));
    for (sent, code, says) in [
        (
            "{\n  \"pipeline\": x".to_owned(),
            ErrorCode::BadRequest,
            "JSON の 2 行 15 文字目: JSON の書き方",
        ),
        (
            format!("{{{id}}}"),
            ErrorCode::BadRequest,
            "項目「pipeline」がありません。",
        ),
        (
            "{\"docs\":1}".to_owned(),
            ErrorCode::BadRequest,
            "項目「docs」は使えません。",
        ),
        (
            "{\"document_id\":1}".to_owned(),
            ErrorCode::BadRequest,
            "値の種類",
        ),
        (
            "{\"document_id\":".to_owned(),
            ErrorCode::BadRequest,
            "途中で終わっています。",
        ),
        (huge, ErrorCode::PayloadTooLarge, "1024 KiB"),
    ] {
        let request = office.clerk(Method::POST, "/v1/jobs");
        let request = request.header("content-type", "application/json; charset=utf-8");
        let body = problem(request.body(sent).send().await.unwrap(), code).await;
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.contains(says), "{detail}");
    }
    let plain = office.clerk(Method::POST, "/v1/jobs").body("{}");
    problem(plain.send().await.unwrap(), ErrorCode::BadRequest).await;
}

#[tokio::test]
async fn an_unknown_pipeline_and_an_unknown_parameter_are_refused() {
    let office = Office::open().await;
    let document = office.document(PNG).await;
    let json = serde_json::json!({"document_id": document, "pipeline": "nowhere"});
    let request = office.clerk(Method::POST, "/v1/jobs").json(&json);
    problem(request.send().await.unwrap(), ErrorCode::UnknownPipeline).await;
    for query in [
        "?stat=queued",
        "?state=sleeping",
        "?limit=0",
        "?limit=201",
        "?batch=1",
    ] {
        let answer = office.get(&format!("/v1/jobs{query}")).await;
        problem(answer, ErrorCode::BadRequest).await;
    }
}

#[tokio::test]
async fn a_job_that_has_ended_cannot_be_stopped() {
    let office = Office::open().await;
    let (_, job) = office.finished_job(1).await;
    let answer = office.clerk(Method::POST, &format!("/v1/jobs/{job}/cancel"));
    problem(answer.send().await.unwrap(), ErrorCode::Conflict).await;
}

#[tokio::test]
async fn health_says_what_is_wrong_and_uploads_go_on_without_models() {
    let office = Office::open().await;
    let ready = office.request(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(ready.status(), 200);
    let unusable = shoki_core::manifest::ModelHealth::Unusable {
        code: ErrorCode::ModelTampered,
        detail: "model.onnx".to_owned(),
    };
    office.models.send_replace(vec![crate::office::model(unusable)]);
    let ready = office.request(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(ready.status(), 503);
    let body: Value = ready.json().await.unwrap();
    insta::assert_json_snapshot!(body);
    office.document(PNG).await;

    office.models.send_replace(Vec::new());
    let ready = office.request(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(ready.status(), 503);
}

#[tokio::test]
async fn without_space_uploads_are_refused_and_delete_and_cancel_work() {
    let office = Office::with(Default::default(), Default::default(), u64::MAX / 2).await;
    problem(office.upload("a.png", PNG).await, ErrorCode::StorageFull).await;
    office.has_blobs(0).await;
    let document = office.document_past_the_reserve().await;
    let job = office.job(&document).await;
    let cancel = office.clerk(Method::POST, &format!("/v1/jobs/{job}/cancel"));
    assert_eq!(cancel.send().await.unwrap().status(), 200);
    let delete = office.clerk(Method::DELETE, &format!("/v1/documents/{document}"));
    assert_eq!(delete.send().await.unwrap().status(), 204);
    office.has_blobs(0).await;
    let ready = office.request(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(ready.status(), 503);
}

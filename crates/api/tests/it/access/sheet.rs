//! A sheet on which a route of the review can do its work, and a request of the route that is right.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use shoki_core::access::Role;

use crate::office::Office;

/// Whether the route is about a job's review.
pub(super) fn is_of_one(path: &str) -> bool {
    path.starts_with("/v1/jobs/{id}/review")
}

/// What somebody has done with the sheet before the route is asked.
fn before(path: &str) -> &'static [(Method, &'static str)] {
    const DECIDED: (Method, &str) = (Method::PUT, "fields/name");
    const ALL: (Method, &str) = (Method::PUT, "fields/number");
    const FINISHED: (Method, &str) = (Method::POST, "finish");
    match path.rsplit('/').next() {
        Some("undo") => &[DECIDED],
        Some("finish") => &[DECIDED, ALL],
        Some("reopen") => &[DECIDED, ALL, FINISHED],
        _ => &[],
    }
}

/// A job of the tax section with one sheet, on which this person has done what goes before.
pub(super) async fn to_be_changed(office: &Office, role: Role, path: &str) -> String {
    let job = office.read_sheets(1).await;
    for (version, (method, step)) in before(path).iter().enumerate() {
        let place = format!("/v1/jobs/{job}/review/sheets/1/{step}");
        let request = office
            .request(method.clone(), &place)
            .bearer_auth(office.tax.token(role))
            .header("if-match", format!("\"{version}\""));
        let request = if *method == Method::PUT {
            request.json(&accept())
        } else {
            request
        };
        assert_eq!(request.send().await.unwrap().status(), 200, "{path}: {step}");
    }
    job
}

/// A job of the tax section with one sheet whose fields wait for a blind audit.
pub(super) async fn to_be_audited(office: &Office, role: Role) -> String {
    let job = office.read_notices(1).await;
    // The switch's row has stopped the audits of the name; whoever looks at the review draws them.
    let on = office
        .request(Method::POST, "/v1/acceptance/switch")
        .bearer_auth(office.tax.token(Role::DepartmentAdmin))
        .json(&json!({"form": "notice", "field": "name", "on": true}));
    assert_eq!(on.send().await.unwrap().status(), 200);
    let review = office.request(Method::GET, &format!("/v1/jobs/{job}/review"));
    let review = review.bearer_auth(office.tax.token(role)).send().await.unwrap();
    assert_eq!(review.status(), 200);
    job
}

fn accept() -> Value {
    json!({"kind": "accept"})
}

/// A request of the route that is right.
pub(super) fn with_body(request: RequestBuilder, path: &str) -> RequestBuilder {
    let request = request.header("if-match", format!("\"{}\"", before(path).len()));
    match path.rsplit('/').next() {
        Some("{key}") => request.json(&accept()),
        Some("decisions") => {
            let item = json!({"page": 1, "key": "name", "version": 0, "decision": accept()});
            request.json(&json!({ "items": [item] }))
        }
        Some("reveal") => request.json(&json!({"reason": "照合"})),
        Some("undo") => request.json(&json!({})),
        _ => request,
    }
}

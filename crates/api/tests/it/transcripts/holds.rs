//! A line that somebody corrects is theirs until they leave it or are silent for too long.

use reqwest::Method;
use serde_json::{Value, json};
use shoki_core::access::Role;

use super::desk::Desk;

#[tokio::test]
async fn a_line_that_somebody_corrects_is_not_anybody_elses() {
    let desk = Desk::open().await;
    let hold = "transcript/segments/1/hold";
    let other = async |method: Method, place: &str, body: Value| {
        let path = format!("/v1/jobs/{}/{place}", desk.job);
        let request = desk.office.request(method, &path);
        let request = request
            .bearer_auth(desk.office.tax.token(Role::DepartmentAdmin))
            .header("if-match", "\"0\"");
        request.json(&body).send().await.unwrap()
    };
    assert!(desk.get("transcript").await["holds"].is_null());
    let held = desk.done(Method::POST, hold, None, json!(null)).await;
    assert_eq!(held["segment"], 1);
    assert_eq!(desk.get("transcript").await["holds"][0]["user"], held["user"]);
    for (method, place, body) in [
        (Method::POST, hold, json!(null)),
        (
            Method::PATCH,
            "transcript/segments/1",
            json!({"text": "別の文字"}),
        ),
        (Method::POST, "transcript/segments/1/split", json!({"at": 3})),
        (Method::POST, "transcript/segments/1/join", json!({"with": 2})),
    ] {
        let refused = other(method, place, body).await;
        assert_eq!(refused.status(), 409, "{place}");
        let problem: Value = refused.json().await.unwrap();
        assert!(
            problem["detail"].as_str().unwrap().contains("直しています"),
            "{problem}"
        );
    }
    let free = other(
        Method::PATCH,
        "transcript/segments/2",
        json!({"text": "空いている行"}),
    )
    .await;
    assert_eq!(free.status(), 200);
    let release = other(Method::DELETE, hold, json!(null)).await;
    assert_eq!(release.status(), 204);
    let still = other(Method::POST, hold, json!(null)).await;
    assert_eq!(still.status(), 409, "only the holder gives it back");
    // Whoever holds it corrects it.
    desk.done(
        Method::PATCH,
        "transcript/segments/1",
        Some(0),
        json!({"text": "自分の文字"}),
    )
    .await;
    desk.office.clock.advance(shoki_api::line_holds::HOLD);
    assert_eq!(
        other(Method::POST, hold, json!(null)).await.status(),
        200,
        "it has run out"
    );
    let never = desk
        .send(Method::POST, "transcript/segments/99/hold", None, json!(null))
        .await;
    assert_eq!(never.status(), 404);
}

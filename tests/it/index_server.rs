//! The index on a Qdrant server: a server that does not answer is said everywhere and stops nothing else; with
//! one that does (`QDRANT_URL`) the service answers from it.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::service::{Api, Office, PATIENCE, free_address};

const QUESTION: &str = "子どもの通院でいくら払えばいいですか";

async fn asked(api: &Api) -> (StatusCode, Value) {
    let question = json!({"text": QUESTION, "as_of": "2025-06-01"});
    let answer = api
        .request(Method::POST, "/v1/questions")
        .json(&question)
        .send()
        .await;
    let answer = answer.expect("an answer");
    (answer.status(), answer.json().await.expect("JSON"))
}

/// The check of the index in `/readyz`, as soon as there is one that is as wanted.
async fn index_check(api: &Api, ok: bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Ok(answer) = api.request(Method::GET, "/readyz").send().await {
            let health: Value = answer.json().await.expect("JSON");
            let checks = health["checks"].as_array().cloned().unwrap_or_default();
            if let Some(check) = checks
                .into_iter()
                .find(|check| check["name"] == "index" && check["ok"] == ok)
            {
                assert!(ok || health["ready"] == false, "{health}");
                return check;
            }
        }
        assert!(Instant::now() < deadline, "/readyz never said it");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_said_and_stops_nothing_else() {
    let nobody = format!("http://{}", free_address());
    let mut office = Office::open();
    office.set("SEARCH__INDEX", "qdrant");
    let checked = office.run(&["check-config"]);
    assert_eq!(checked.status.code(), Some(1));
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(
        said.contains("search.qdrant_url") && said.contains("6334"),
        "{said}"
    );

    office.set("SEARCH__QDRANT_URL", &nobody);
    for command in [&["check-config"][..], &["ask", QUESTION], &["corpus", "reindex"]] {
        let refused = office.run(command);
        assert_eq!(refused.status.code(), Some(1), "{command:?}");
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(
            said.contains(&nobody) && said.contains("答えません"),
            "{command:?}: {said}"
        );
    }
    let server = office.start();
    let api = office.client();
    let check = index_check(&api, false).await;
    assert!(check["message"].to_string().contains(&nobody), "{check}");
    let (status, refused) = asked(&api).await;
    assert_eq!(
        (status, &refused["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("search_not_ready"))
    );
    assert!(refused["detail"].to_string().contains("Qdrant"), "{refused}");
    assert_eq!(api.get("/v1/jobs").await["items"], json!([]), "the rest works");
    server.kill();
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "that nothing was tested must be seen")]
async fn the_service_answers_from_the_server_and_a_directory_of_its_own_needs_none() {
    let Ok(url) = std::env::var("QDRANT_URL") else {
        eprintln!("NOT RUN: QDRANT_URL is not set, the service was not tested against a Qdrant server");
        return;
    };
    let name = format!("shoki-test-{}", std::process::id());
    let office = Office::open_with(&[
        ("SEARCH__INDEX", "qdrant"),
        ("SEARCH__QDRANT_URL", &url),
        ("SEARCH__QDRANT_COLLECTION", &name),
    ]);
    office.import_ordinances();
    let server = office.start();
    let api = office.client();
    index_check(&api, true).await;
    let (status, answer) = asked(&api).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["hits"][0]["item"], "別表", "{answer}");
    server.kill();
}

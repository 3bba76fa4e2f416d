//! Draft answers over HTTP, with a drafter that stands in for the operator's server.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use shoki_core::access::Role;
use shoki_core::code::ErrorCode;
use shoki_core::corpus::Visibility;
use shoki_store::corpus_model::NewQuestion;

use crate::drafter::{FAILS, LATE, LIES};
use crate::law_desk::{asked, import, text};
use crate::office::Office;
use crate::problems::problem;
use crate::searcher::PERSON;

async fn draft(office: &Office, question: &Value) -> Response {
    let id = question["id"].as_str().unwrap();
    let path = format!("/v1/questions/{id}/draft");
    office.clerk(Method::POST, &path).send().await.unwrap()
}

async fn drafted(office: &Office, question: &Value) -> Value {
    let answer = draft(office, question).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn a_draft_carries_its_label_its_quotes_and_what_was_left_out() {
    let office = Office::open().await;
    let passages = ["届出は十四日以内に行う。", "届出の手数料"];
    let change = import(&office, text("見本法", Visibility::Office, None, &passages)).await;
    let question = asked(&office, json!({"text": "届出"})).await;
    let body = drafted(&office, &question).await;
    assert_eq!(body["label"], "下書き(機械が作成、根拠を確認してください)");
    assert_eq!(body["model"], "fake");
    let sentence = &body["sentences"][0];
    assert_eq!(sentence["text"], passages[0]);
    let quote = &sentence["quotes"][0];
    assert_eq!(
        quote["passage"],
        json!({"revision": change.revision, "ordinal": 0})
    );
    assert_eq!(
        (&quote["title"], &quote["label"]),
        (&json!("見本法"), &json!("第1条"))
    );
    assert_eq!(
        (&quote["start"], &quote["end"]),
        (&json!(0), &json!(passages[0].len()))
    );
    assert_eq!(
        body["dropped"],
        json!([
            {"reason": "quote_not_found", "reason_label": "引用が条文の文言と一致しません", "count": 1},
            {"reason": "number_not_quoted", "reason_label": "引用にない数字・金額・期限があります", "count": 2},
        ])
    );
    assert_eq!(
        body["messages"],
        json!(["根拠で確かめられない 3 文を除きました。"])
    );
    assert_eq!(body["masked"], false);
}

#[tokio::test]
async fn without_a_basis_or_a_verified_sentence_there_is_no_draft_and_it_is_said() {
    let office = Office::open().await;
    let nothing = asked(&office, json!({"text": "どこにもない"})).await;
    let body = drafted(&office, &nothing).await;
    assert_eq!(
        body["messages"],
        json!(["根拠が見つからない質問のため、下書きは作りません。"])
    );
    assert!(body.get("model").is_none(), "no model was asked");

    let change = import(&office, text("見本法", Visibility::Office, None, &["虚偽の届出"])).await;
    let question = asked(&office, json!({"text": LIES})).await;
    let body = drafted(&office, &question).await;
    assert_eq!(body["sentences"], json!([]));
    assert!(
        body["messages"][0]
            .as_str()
            .unwrap()
            .contains("下書きはありません")
    );

    let path = format!("/v1/sources/{}", change.source);
    let removed = office.clerk(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(removed.status(), 204);
    let body = drafted(&office, &question).await;
    assert!(
        body["messages"][0].as_str().unwrap().contains("今は見られない"),
        "{body}"
    );
    assert!(body.get("model").is_none());
}

#[tokio::test]
async fn a_text_that_was_replaced_since_is_no_basis_any_more() {
    let office = Office::open().await;
    import(
        &office,
        text("見本法", Visibility::Office, None, &["届出は七日以内に行う。"]),
    )
    .await;
    let question = asked(&office, json!({"text": "届出"})).await;
    import(
        &office,
        text("見本法", Visibility::Office, None, &["届出は十日以内に行う。"]),
    )
    .await;
    let body = drafted(&office, &question).await;
    assert_eq!(body["sentences"], json!([]), "{body}");
    assert!(
        body["messages"][0]
            .as_str()
            .unwrap()
            .contains("もう一度質問してください")
    );
}

#[tokio::test]
async fn what_is_handed_on_is_masked_and_that_is_said() {
    let office = Office::open().await;
    let words = format!("{PERSON}という字を含む条文");
    import(&office, text("見本法", Visibility::Office, None, &[&words])).await;
    let question = asked(&office, json!({"text": PERSON})).await;
    let body = drafted(&office, &question).await;
    assert_eq!(body["masked"], true);
    assert!(body["messages"].to_string().contains("伏せ字"), "{body}");
}

#[tokio::test]
async fn trouble_with_the_server_is_a_problem_of_its_own_kind() {
    let office = Office::open().await;
    import(
        &office,
        text("見本法", Visibility::Office, None, &["失敗と遅刻の届出"]),
    )
    .await;
    for (words, code) in [(FAILS, ErrorCode::DraftServer), (LATE, ErrorCode::DraftTimeout)] {
        let question = asked(&office, json!({"text": words})).await;
        problem(draft(&office, &question).await, code).await;
    }

    let office = Office::without_searcher().await;
    let actor = office.actor(Role::Clerk).await;
    let logged = NewQuestion {
        text: "届出".to_owned(),
        as_of: "2026-04-01".parse().unwrap(),
        millis: 1,
        shown: Vec::new(),
        no_basis: false,
        is_practice: false,
    };
    let id = office.corpus.log_question(&actor, logged).await.unwrap();
    let off = problem(draft(&office, &json!({"id": id})).await, ErrorCode::DraftingOff).await;
    assert_eq!(off["status"], 501);
}

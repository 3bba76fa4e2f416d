//! The bank of known questions as an office edits it over HTTP: an entry leads every 課's search from the
//! moment it is there, a shipped one loses its vote and gets it back, and the gate keeps what is known.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::law_texts::{place_of, places};
use crate::service::{Api, Office, answered, text};

const BANK: &str = "/v1/question-bank";
/// What only this office calls things.
const JARGON: &str = "にじいろ手帳のシール交換は、窓口でどう案内しますか";
const NEAR: &str = "にじいろ手帳のシールをなくした人が窓口に来た";
/// A question of the sample corpus that finds its answer first.
const VISIT: &str = "子どもの通院でいくら払えばいいですか";

async fn edit(client: &Api, body: Value, status: StatusCode) -> Value {
    let answer = client.send(Method::POST, BANK, &body).await;
    answered(answer, status).await
}

fn add(question: &str, hit: &Value) -> Value {
    json!({"edit": {"add": {"question": question, "source": hit["title"], "item": hit["item"]}}})
}

fn hit(answer: &Value, at: usize) -> Value {
    answer["hits"][at].clone()
}

#[tokio::test]
async fn an_added_question_leads_the_search_of_every_section_until_it_is_removed() {
    let office = Office::with_ordinances();
    let mut service = office.start();
    service.ready().await;
    let (clerk, stranger) = (office.client(), office.stranger());
    let admin = clerk.signed_as(&office.token_of("department_admin", "課長"));

    let before = clerk.asks(NEAR).await;
    let last = before["hits"].as_array().expect("hits").len() - 1;
    let (aim, place) = (hit(&before, last), places(&before).pop().expect("a hit"));
    let refused = clerk.send(Method::POST, BANK, &add(JARGON, &aim)).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let made = edit(&admin, add(JARGON, &aim), StatusCode::OK).await;
    assert_eq!(
        (&made["shipped"], &made["has_vote"]),
        (&json!(false), &json!(true)),
        "{made}"
    );
    for client in [&clerk, &stranger] {
        let after = client.asks(NEAR).await;
        assert!(
            place_of(&after, &place) < place_of(&before, &place),
            "{:?}",
            places(&after)
        );
    }
    let again = edit(&admin, add(JARGON, &aim), StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(text(&again["detail"]).contains("すでに登録"), "{again}");
    let path = format!("{BANK}?source={}", text(&aim["title"]));
    let listed = stranger.get(&path).await;
    assert_eq!(listed["items"][0]["id"], made["id"], "{listed}");

    let removed = edit(
        &admin,
        json!({"edit": {"remove": {"id": made["id"]}}}),
        StatusCode::OK,
    )
    .await;
    assert_eq!(removed["has_vote"], false);
    assert_eq!(
        clerk.asks(NEAR).await["hits"],
        before["hits"],
        "as if it had never been"
    );
    assert_eq!(stranger.get(&path).await["items"], json!([]));

    // What must not come into the search of every 課.
    for (question, source, item, why) in [
        (JARGON, "ない条例", "1", "この文書に"),
        (JARGON, "あさひ野市情報公開条例", "999", "この文書に"),
        (
            "山田太郎さんの請求の期限",
            "あさひ野市情報公開条例",
            "3",
            "氏名や番号",
        ),
    ] {
        let aim = json!({"title": source, "item": item});
        let refused = edit(&admin, add(question, &aim), StatusCode::UNPROCESSABLE_ENTITY).await;
        assert!(text(&refused["detail"]).contains(why), "{refused}");
    }
    service.kill();
    let rules = office.data().with_file_name("保管の内規.txt");
    std::fs::write(&rules, "保管の内規\n\n第1　水晶玉\n1　水晶玉は金庫に保管する。\n").expect("written");
    let rules = rules.to_str().expect("UTF-8");
    let department = [
        "corpus",
        "import",
        "--department",
        "市民税課",
        "--only-department",
        rules,
    ];
    let done = office.run(&department);
    assert!(done.status.success(), "{done:?}");
    let mut service = office.start();
    service.ready().await;
    let own = office.client();
    let admin = own.signed_as(&office.token_of("department_admin", "課長補佐"));
    let found = own
        .finds("水晶玉の保管", |hit| hit["title"] == "保管の内規")
        .await;
    let refused = edit(
        &admin,
        add("水晶玉はどこに置くか", &found),
        StatusCode::UNPROCESSABLE_ENTITY,
    )
    .await;
    assert!(text(&refused["detail"]).contains("すべての課に公開"), "{refused}");
    service.kill();
}

#[tokio::test]
async fn an_edit_that_makes_a_known_answer_worse_needs_a_reason() {
    let office = Office::with_ordinances();
    let mut service = office.start();
    service.ready().await;
    let clerk = office.client();
    let admin = clerk.signed_as(&office.token_of("department_admin", "課長"));
    // The second place is the known one: the third overtakes it with a vote.
    let answer = clerk.asks(VISIT).await;
    let faq = json!({"question": VISIT, "answer": "別表のとおり。", "citing": [hit(&answer, 1)["passage"]]});
    let made = clerk.send(Method::POST, "/v1/faq", &faq).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let known = clerk.asks(VISIT).await;

    let mut worse = add(VISIT, &hit(&answer, 2));
    let refused = edit(&admin, worse.clone(), StatusCode::CONFLICT).await;
    assert_eq!(refused["code"], "bank_worsens");
    assert!(text(&refused["detail"]).contains(VISIT), "{refused}");
    assert_eq!(
        clerk.asks(VISIT).await["hits"],
        known["hits"],
        "nothing was changed"
    );
    worse["despite"] = json!("要綱の改正に合わせるため");
    let made = edit(&admin, worse, StatusCode::OK).await;
    assert_eq!(made["item"], hit(&answer, 2)["item"]);
    let audit = admin.get("/v1/audit?limit=200").await;
    assert!(
        audit.to_string().contains("question_bank.despite_gate"),
        "{audit}"
    );
    service.kill();
}

#[tokio::test]
async fn a_shipped_entry_loses_its_vote_and_gets_it_back() {
    let office = Office::with_ordinances();
    let mut service = office.start();
    service.ready().await;
    let clerk = office.client();
    let admin = clerk.signed_as(&office.token_of("department_admin", "課長"));
    let listed = clerk
        .get(&format!("{BANK}?source=保護の基準（厚生労働省告示）&limit=200"))
        .await;
    let entries = listed["items"].as_array().expect("a list");
    assert!(!entries.is_empty(), "{listed}");
    for entry in entries {
        assert_eq!(
            (&entry["shipped"], &entry["kind"]),
            (&json!(true), &json!("missing"))
        );
    }
    // One that is the reason for a refusal when it is asked word for word.
    let refused = async |entry: &Value| clerk.asks(&text(&entry["question"])).await["no_basis"].clone();
    let mut asked = None;
    for entry in entries {
        let why = refused(entry).await;
        if why["why"] == "source_missing" {
            asked = Some((entry, why));
            break;
        }
    }
    let (entry, before) = asked.expect("a question of the bank is told what is missing");
    let taken = edit(
        &admin,
        json!({"edit": {"remove": {"id": entry["id"]}}}),
        StatusCode::OK,
    )
    .await;
    assert_eq!(
        (&taken["shipped"], &taken["has_vote"]),
        (&json!(true), &json!(false))
    );
    let listed = clerk
        .get(&format!("{BANK}?source=保護の基準（厚生労働省告示）&limit=200"))
        .await;
    let without: Vec<&Value> = listed["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|entry| entry["has_vote"] == false)
        .collect();
    assert_eq!(without.len(), 1);
    assert_eq!(without[0]["id"], entry["id"]);
    let restore = json!({"edit": {"restore": {"id": entry["id"]}}});
    let back = edit(&admin, restore.clone(), StatusCode::OK).await;
    assert_eq!(back["has_vote"], true);
    assert_eq!(refused(entry).await, before);
    edit(&admin, restore, StatusCode::NOT_FOUND).await;
    service.kill();
}

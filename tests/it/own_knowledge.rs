//! What a 課 knows by itself counts in its search and in nobody else's: FAQ entries and 「これが根拠」,
//! over HTTP and at the command line, until they are deleted or taken back.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::law_texts::{place_of, places};
use crate::service::{Api, Office, Server};

/// What only this office calls things.
const JARGON: &str = "にじいろ手帳のシール交換は、窓口でどう案内しますか";
const SAME: &str = "にじいろ手帳のシールの交換は窓口でどう案内するのですか？";
const NEAR: &str = "にじいろ手帳のシールをなくした人が窓口に来た";
const MARKED: &str = "ほしぞら箱の鍵の引継ぎは何に従うのか";

/// An office with the ordinances, its service, a clerk of it and one of another 課.
async fn begun() -> (Office, Server, Api, Api) {
    let office = Office::with_ordinances();
    let mut service = office.start();
    service.ready().await;
    let (own, stranger) = (office.client(), office.stranger());
    (office, service, own, stranger)
}

#[tokio::test]
async fn an_own_answer_is_shown_and_leads_the_search_until_it_is_deleted() {
    let (_office, service, own, stranger) = begun().await;

    let before = own.asks(NEAR).await;
    let others = (stranger.asks(SAME).await, stranger.asks(NEAR).await);
    assert_eq!(before["own_answers"], json!([]));
    // The last hit: what is least like the question.
    let cited = before["hits"]
        .as_array()
        .and_then(|hits| hits.last())
        .expect("a hit")
        .clone();
    let place = places(&before).pop().expect("a hit");
    let faq = json!({"question": JARGON, "answer": "新しいシールを渡し、台帳に書く。", "citing": [cited["passage"]]});
    let made = own.send(Method::POST, "/v1/faq", &faq).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let made: Value = made.json().await.expect("JSON");

    let answer = own.asks(SAME).await;
    let shown = &answer["own_answers"][0];
    assert_eq!(shown["faq_id"], made["id"], "{shown}");
    assert_eq!(
        (&shown["kind"], &shown["kind_label"]),
        (&json!("own_faq"), &json!("自課のFAQ"))
    );
    assert_eq!(shown["answer"], "新しいシールを渡し、台帳に書く。");
    assert_eq!(
        (&shown["author"], &shown["written_at"]),
        (&json!("佐藤"), &made["created_at"])
    );
    assert_eq!(shown["citing"][0]["passage"], cited["passage"]);
    assert_eq!(shown["citing"][0]["label"], cited["label"]);
    assert_eq!(answer["no_basis"], Value::Null, "{answer}");
    assert!(place_of(&answer, &place) < 3, "{:?}", places(&answer));
    let after = own.asks(NEAR).await;
    assert_eq!(after["own_answers"], json!([]), "another question");
    assert!(
        place_of(&after, &place) < place_of(&before, &place),
        "{:?}",
        places(&after)
    );

    let unchanged = (stranger.asks(SAME).await, stranger.asks(NEAR).await);
    for (before, after) in [(&others.0, &unchanged.0), (&others.1, &unchanged.1)] {
        assert_eq!(after["own_answers"], json!([]));
        assert_eq!(after["hits"], before["hits"], "nothing of it shows in another 課");
        assert_eq!(after["no_basis"], before["no_basis"]);
    }

    let path = format!("/v1/faq/{}", made["id"].as_str().expect("an id"));
    let gone = own
        .request(Method::DELETE, &path)
        .send()
        .await
        .expect("an answer");
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    let again = own.asks(SAME).await;
    assert_eq!(again["own_answers"], json!([]));
    assert_eq!(
        own.asks(NEAR).await["hits"],
        before["hits"],
        "as if it had never been"
    );
    service.kill();
}

#[tokio::test]
async fn a_marked_basis_leads_the_search_of_its_section_until_it_is_taken_back() {
    let (office, service, own, stranger) = begun().await;
    let before = own.asks(MARKED).await;
    let others = stranger.asks(MARKED).await;
    let last = before["hits"]
        .as_array()
        .and_then(|hits| hits.last())
        .expect("a hit")
        .clone();
    let place = places(&before).pop().expect("a hit");
    let feedback = format!("/v1/questions/{}/feedback", before["id"].as_str().expect("an id"));
    let said = json!({"passage": last["passage"], "kind": "basis"});
    let marked = own.send(Method::POST, &feedback, &said).await;
    assert_eq!(marked.status(), StatusCode::NO_CONTENT);
    let answer = own.asks("ほしぞら箱の鍵を引き継ぐときは何に従うか").await;
    assert!(place_of(&answer, &place) < 3, "{:?}", places(&answer));
    assert_eq!(stranger.asks(MARKED).await["hits"], others["hits"]);

    let key = &last["passage"];
    let taken_back = format!(
        "{feedback}?revision={}&ordinal={}",
        key["revision"].as_str().expect("an id"),
        key["ordinal"]
    );
    let gone = own
        .request(Method::DELETE, &taken_back)
        .send()
        .await
        .expect("an answer");
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    assert_eq!(own.asks(MARKED).await["hits"], before["hits"]);

    let faq = json!({"question": MARKED, "answer": "台帳の順に渡す。", "citing": [last["passage"]]});
    assert_eq!(
        own.send(Method::POST, "/v1/faq", &faq).await.status(),
        StatusCode::CREATED
    );
    service.kill();
    let printed = |department: &str| {
        let output = office.run(&["ask", "--department", department, MARKED]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let own = printed("市民税課");
    assert!(
        own.contains("[自課のFAQ]") && own.contains("台帳の順に渡す。") && own.contains("佐藤"),
        "{own}"
    );
    let other = printed("別の課");
    assert!(!other.contains("FAQ") && !other.contains("台帳の順"), "{other}");
}

/// A notice of two or three items on the same source.
fn notice(items: &[(&str, &str)]) -> String {
    let mut text = "星見台帳の取扱いについて\n\n".to_owned();
    for (number, (heading, body)) in (1..).zip(items) {
        text.push_str(&format!("第{number}　{heading}\n{body}\n"));
    }
    text
}

const KEEPING: (&str, &str) = (
    "水晶玉の保管",
    "　水晶玉は施錠できる金庫に入れ、毎週金曜日に係長が個数を確かめること。",
);
const LENDING: (&str, &str) = (
    "星図の貸出し",
    "　星図の貸出しは、天文台の利用者証を確かめたうえで、二週間を限度として、貸出簿に記名させて行うこと。",
);
const REPORT: (&str, &str) = (
    "夜間の報告",
    "　宿直の職員は、異常の有無にかかわらず、午前六時までに当直日誌を総務課長に提出すること。",
);

#[tokio::test]
async fn an_entry_whose_item_has_another_number_now_has_no_vote_and_is_named() {
    let office = Office::open();
    let file = office.data().with_file_name("hoshimi.txt");
    let import = |items: &[(&str, &str)], from: &str| {
        std::fs::write(&file, notice(items)).expect("written");
        let done = office.run(&[
            "corpus",
            "import",
            "--department",
            "市民税課",
            "--valid-from",
            from,
            file.to_str().expect("UTF-8"),
        ]);
        assert!(done.status.success(), "{done:?}");
    };
    import(&[KEEPING, LENDING], "2024-04-01");
    let mut service = office.start();
    service.ready().await;
    let (own, stranger) = (office.client(), office.stranger());
    let answer = own.asks("星図の貸出しは何週間まで").await;
    let hit = answer["hits"]
        .as_array()
        .expect("hits")
        .iter()
        .find(|hit| hit["text"].to_string().contains("二週間を限度"))
        .unwrap_or_else(|| panic!("{answer}"))
        .clone();
    let faq = json!({"question": JARGON, "answer": "貸出簿を見る。", "citing": [hit["passage"]]});
    assert_eq!(
        own.send(Method::POST, "/v1/faq", &faq).await.status(),
        StatusCode::CREATED
    );
    let place = format!("{} {}", hit["title"], hit["item"]);
    assert_eq!(place_of(&own.asks(SAME).await, &place), 0);
    service.kill();
    let bank = || {
        let output = office.run(&["search", "bank", "--department", "市民税課"]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert!(bank().contains("合わない 0"), "{}", bank());

    import(&[KEEPING, REPORT, LENDING], "2025-04-01");
    let mut service = office.start();
    service.ready().await;
    let after = own.asks(NEAR).await;
    let without = stranger.asks(NEAR).await;
    assert_eq!(
        after["hits"], without["hits"],
        "what has the number now is not what was meant"
    );
    let shown = &own.asks(SAME).await["own_answers"][0];
    assert_eq!(shown["answer"], "貸出簿を見る。", "the entry itself stays");
    service.kill();
    let said = bank();
    assert!(
        said.contains("合わない 1") && said.contains("[自課] 星見台帳"),
        "{said}"
    );
    assert!(
        said.contains("今は 第3") && said.contains("にじいろ手帳"),
        "{said}"
    );
}

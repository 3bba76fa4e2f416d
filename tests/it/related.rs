//! 関連: what an article, a notice and a casebook cite, and who cites them, one hop, over HTTP; by the names
//! that the workspace knows and by the law that was given when the text was handed in.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::law_texts::{import, shipped};
use crate::service::{Api, Office, text};

const ORDINANCE: &str = "asahino-seikatsu-shikin_20240701_r06-jorei-17.xml";
const TITLE: &str = "あさひ野市生活支援資金貸付条例";
/// A law of our own: its articles 2 and 27.
const LAW: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Law Era="Heisei" Lang="ja" LawType="Act" Num="1" Year="10"><LawNum>平成十年法律第一号</LawNum><LawBody>
<LawTitle>星見給付法</LawTitle><MainProvision>
<Article Num="2"><ArticleTitle>第二条</ArticleTitle><Paragraph Num="1"><ParagraphNum/><ParagraphSentence>
<Sentence>この法律において「星見」とは、夜空を眺めることをいう。</Sentence></ParagraphSentence></Paragraph></Article>
<Article Num="27"><ArticleTitle>第二十七条</ArticleTitle><Paragraph Num="1"><ParagraphNum/><ParagraphSentence>
<Sentence>市長は、星見をする者に対し、望遠鏡の貸与に必要な指示をすることができる。</Sentence></ParagraphSentence></Paragraph></Article>
</MainProvision></LawBody></Law>"#;

/// Titles and items of what stands beside the hits.
fn related(answer: &Value) -> Vec<String> {
    let related = answer["related"].as_array().expect("a list");
    related
        .iter()
        .map(|hit| format!("{} {}", text(&hit["title"]), text(&hit["item"])))
        .collect()
}

/// Takes a text in with the law that 法 or 条例 alone means in it.
async fn taken_with(api: &Api, name: &str, words: &str, law: &str) -> Value {
    let mut order = import("office");
    order["corpus"]["default_law"] = json!(law);
    let (_, ended) = api.taken(name, words.as_bytes().to_vec(), order).await;
    assert_eq!(ended["state"], "succeeded", "{name}: {ended}");
    ended
}

#[tokio::test]
async fn notices_and_casebooks_stand_beside_what_they_cite_and_what_they_cite_beside_them() {
    let office = Office::open();
    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    api.takes_in(ORDINANCE, shipped(ORDINANCE)).await;
    api.takes_in("hoshimi_20240401_h10-ho-1.xml", LAW.as_bytes().to_vec())
        .await;

    // Its own title names the law.
    let casebook = json!({"doc": "星見市星見給付問答集", "id": "問1", "title": "望遠鏡を貸すときの指示",
                          "text": "法第27条により、返す日を指示する。"});
    api.takes_in("mondo.jsonl", format!("{casebook}\n").into_bytes())
        .await;
    // Nothing but what was said tells which ordinance is meant.
    let guide = "窓口の手引\n\n第1　こはく色の申込書\n　こはく色の申込書は、条例第3条に当たるかを確かめて受け取る。\n";
    let job = taken_with(&api, "tebiki.txt", guide, "生活支援資金貸付条例").await;
    assert_eq!(job["corpus"]["default_law"], "生活支援資金貸付条例", "{job}");
    let silent =
        "庶務の手引\n\n第1　るり色の申込書\n　るり色の申込書は、条例第3条に当たるかを確かめて受け取る。\n";
    api.takes_in("shomu.txt", silent.as_bytes().to_vec()).await;

    let hit = api
        .finds("るり色の申込書", |hit| hit["title"] == "庶務の手引")
        .await;
    assert_eq!(
        hit["references"][0]["target"],
        Value::Null,
        "of no ordinance: {hit}"
    );
    let hit = api
        .finds("こはく色の申込書", |hit| hit["title"] == "窓口の手引")
        .await;
    assert_eq!(hit["references"][0]["source"], TITLE, "{hit}");
    assert!(
        hit["references"][0]["target"].is_object(),
        "it can be opened: {hit}"
    );

    let notice = api.asks_for("こはく色の申込書", 1).await;
    assert_eq!(notice["hits"][0]["title"], "窓口の手引", "{notice}");
    assert!(related(&notice).contains(&format!("{TITLE} 3")), "{notice}");
    let article = api.asks_for("生活支援資金貸付条例第3条", 1).await;
    let beside = related(&article);
    assert!(
        beside.iter().any(|place| place.starts_with("窓口の手引")),
        "{beside:?}"
    );
    assert!(
        !beside.iter().any(|place| place.starts_with("庶務の手引")),
        "{beside:?}"
    );

    let law = api.asks_for("星見給付法第27条", 1).await;
    let casebook = law["related"].as_array().expect("a list");
    assert_eq!(related(&law), ["星見市星見給付問答集 問1"]);
    assert_eq!(casebook[0]["reason"], "related", "{law}");
    assert_eq!(casebook[0]["rank_label"], "問答", "{law}");
    let question = api.asks_for("望遠鏡を貸すときの指示", 1).await;
    assert_eq!(question["hits"][0]["item"], "問1", "{question}");
    assert!(
        related(&question).contains(&"星見給付法 27".to_owned()),
        "{question}"
    );

    // What is no name is refused before there is a job.
    let (document, _) = api
        .submit_as("x.txt", guide.as_bytes().to_vec(), import("office"))
        .await;
    for law in ["", "法\n律", &"長".repeat(256)] {
        let order = json!({"document_id": document, "pipeline": "corpus",
                           "corpus": {"visibility": "office", "default_law": law}});
        let refused = api.send(reqwest::Method::POST, "/v1/jobs", &order).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{law}");
        let refused: Value = refused.json().await.expect("JSON");
        assert_eq!(refused["code"], "option_unusable");
        assert!(refused["detail"].to_string().contains("default_law"), "{refused}");
    }
    server.kill();
}

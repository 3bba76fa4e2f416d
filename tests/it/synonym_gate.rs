//! The gate before a switch of the search, as an office meets it: `shoki search eval` on two result
//! files, and the synonym table at the command line and over HTTP.

use std::path::PathBuf;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::service::{Office, repository};

fn written(office: &Office, name: &str, lines: &[Value]) -> PathBuf {
    let path = office.data().with_file_name(name);
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(&path, text).expect("written");
    path
}

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn eval_passes_what_is_equal_and_refuses_a_fall_and_a_lost_basis() {
    let office = Office::open();
    let qid = |at: u32| format!("q{at}");
    let questions: Vec<Value> = (0..200)
        .map(|at| {
            json!({"qid": qid(at), "query": "問い", "pinned": at == 0,
                   "gold": [{"law": "見本法", "article": "第1条", "grade": 2}]})
        })
        .collect();
    let run = |items: &dyn Fn(u32) -> Vec<&'static str>| -> Vec<Value> {
        (0..200)
            .map(|at| {
                let found: Vec<Value> = items(at)
                    .iter()
                    .map(|item| json!({"law": "見本法", "article": item, "score": 1.0}))
                    .collect();
                json!({"qid": qid(at), "results": found, "no_basis": false})
            })
            .collect()
    };
    let queries = written(&office, "queries.jsonl", &questions);
    let before = written(&office, "before.jsonl", &run(&|_| vec!["1", "2"]));
    let eval = |name: &str, after: &[Value]| {
        let after = written(&office, name, after);
        let [queries, before, after] = [&queries, &before, &after].map(|path| path.to_str().expect("UTF-8"));
        let arguments = [
            "search",
            "eval",
            "--queries",
            queries,
            "--before",
            before,
            "--after",
            after,
        ];
        let output = office.run(&arguments);
        (output.status.code(), said(&output))
    };
    let (code, text) = eval("same.jsonl", &run(&|_| vec!["1", "2"]));
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("切り替えられます"), "{text}");
    // Two of two hundred lost is a fall of .01: as much as may be.
    let (code, text) = eval(
        "edge.jsonl",
        &run(&|at| if at == 7 || at == 8 { vec![] } else { vec!["1"] }),
    );
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = eval("worse.jsonl", &run(&|_| vec!["2", "1"]));
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("答えが悪くなります") && text.contains("nDCG@10 0.63"),
        "{text}"
    );
    // One lost is a fall of .005 only, but it is the pinned one.
    let (code, text) = eval(
        "lost.jsonl",
        &run(&|at| {
            if at == 0 {
                vec!["2", "3", "4", "5", "6", "1"]
            } else {
                vec!["1"]
            }
        }),
    );
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("根拠が上位5件から外れた質問: q0"), "{text}");
    let (code, text) = eval("broken.jsonl", &[json!({"qid": "q0"})]);
    assert_eq!(code, Some(1));
    assert!(text.contains("1 行目を読めません"), "{text}");
}

/// A question of everyday words, and where its answer stands.
const QUESTION: &str = "払い戻しのお金は、申請してからどのくらいで振り込まれる？";
/// A table that leads it to everything but that.
const WORSE: &str = r#"
version = "1"
[[rule]]
from = ["払い戻し", "お金", "申請", "振り込"]
to = ["公文書の公開を請求する権利", "自転車等放置禁止区域", "情報公開審査会に諮問しなければならない", "市税の減免の申請書", "生活資金の貸付けの償還", "非公開情報が記録されている公文書"]
weight = 1.0
"#;

fn tables(office: &Office) -> [PathBuf; 2] {
    let good = repository().join("pipelines/corpora/vocabulary/synonyms.toml");
    let worse = office.data().with_file_name("worse.toml");
    std::fs::write(&worse, WORSE).expect("written");
    [good, worse]
}

#[test]
fn a_table_is_switched_at_the_command_line_only_through_the_gate() {
    let office = Office::with_ordinances();
    let [good, worse] = tables(&office);
    let known = json!({"qid": "通院", "query": QUESTION, "pinned": true,
        "gold": [{"law": "あさひ野市子どもの医療費の助成に関する条例施行規則", "article": "10", "grade": 2}]});
    let queries = written(&office, "known.jsonl", &[known]);
    let switch = |table: &PathBuf, more: &[&str]| {
        let [table, queries] = [table, &queries].map(|path| path.to_str().expect("UTF-8"));
        let output = office.run(&[&["search", "synonyms", table, "--queries", queries], more].concat());
        (output.status.code(), said(&output))
    };
    let (code, text) = switch(&good, &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("1 件の質問で確かめました") && text.contains("第 1 版"),
        "{text}"
    );
    let (code, text) = switch(&worse, &[]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("答えが悪くなります") && text.contains(QUESTION),
        "{text}"
    );
    let (code, text) = switch(&worse, &["--despite", "試験のため"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("第 2 版") && text.contains(QUESTION), "{text}");
    let broken = office.data().with_file_name("broken.toml");
    std::fs::write(&broken, "[[rule]]\nfrom = []\n").expect("written");
    let (code, text) = switch(&broken, &[]);
    assert_eq!(code, Some(1));
    assert!(text.contains("誤りがあります"), "{text}");
    assert!(office.run(&["audit", "verify"]).status.success());
}

#[tokio::test]
async fn the_service_judges_a_table_by_what_the_office_marked() {
    let mut office = Office::with_ordinances();
    let [good, worse] = tables(&office).map(|path| std::fs::read_to_string(path).expect("a table"));
    let chief = office.token_of("department_admin", "鈴木");
    let mut service = office.start();
    service.ready().await;
    let client = office.client();
    let send = async |method: Method, path: &str, body: Value| {
        let answer = client.request(method, path).json(&body).send().await;
        answer.expect("an answer")
    };
    let answer: Value = send(
        Method::POST,
        "/v1/questions",
        json!({"text": QUESTION, "as_of": "2025-06-01"}),
    )
    .await
    .json()
    .await
    .expect("JSON");
    let hit = &answer["hits"][0];
    assert_eq!(hit["item"], "10", "{hit}");
    let path = format!("/v1/questions/{}/feedback", answer["id"].as_str().expect("an id"));
    let marked = send(
        Method::POST,
        &path,
        json!({"passage": hit["passage"], "kind": "basis"}),
    )
    .await;
    assert_eq!(marked.status(), StatusCode::NO_CONTENT);
    let faq =
        json!({"question_id": answer["id"], "answer": "施行規則第十条のとおり", "citing": [hit["passage"]]});
    assert_eq!(
        send(Method::POST, "/v1/faq", faq).await.status(),
        StatusCode::CREATED
    );

    office.token = chief;
    let chief = office.client();
    let put = async |version: u64, body: Value| {
        let request = chief
            .request(Method::PUT, "/v1/synonyms")
            .header("if-match", format!("\"{version}\""));
        request.json(&body).send().await.expect("an answer")
    };
    assert_eq!(put(0, json!({"rules": good})).await.status(), StatusCode::OK);
    let refused = put(1, json!({"rules": worse})).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let refused: Value = refused.json().await.expect("JSON");
    assert_eq!(refused["code"], "synonyms_worsen");
    assert!(refused["detail"].to_string().contains(QUESTION), "{refused}");
    let despite = put(1, json!({"rules": worse, "despite": "試験のため"})).await;
    assert_eq!(despite.status(), StatusCode::OK);
    let audit = chief.get("/v1/audit?limit=200").await;
    assert!(audit.to_string().contains("2: 試験のため"), "{audit}");
    service.kill();
}

//! Questions and texts over HTTP, with a searcher that finds by words.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use shoki_core::access::Role;
use shoki_core::code::ErrorCode;
use shoki_core::corpus::{
    ImportedText, Passage, PassageKind, RevisionHead, Segment, SegmentKind, SourceHead, SourceRank,
    Visibility,
};
use shoki_store::corpus_model::{CorpusImport, Importer, RevisionChange};

use crate::office::Office;
use crate::problems::problem;
use crate::searcher::{BREAKS, PERSON};

/// A text of articles.
pub fn text(
    title: &str,
    visibility: Visibility,
    valid_from: Option<&str>,
    articles: &[&str],
) -> CorpusImport {
    let passages = (0_u32..).zip(articles).map(|(ordinal, text)| Passage {
        ordinal,
        kind: PassageKind::Article,
        item: (ordinal + 1).to_string(),
        label: format!("第{}条", ordinal + 1),
        headings: Vec::new(),
        caption: None,
        text: (*text).to_owned(),
        segments: vec![Segment {
            kind: SegmentKind::Paragraph,
            path: vec!["1".to_owned()],
            span: 0..text.len(),
        }],
        page: None,
    });
    CorpusImport {
        text: ImportedText {
            source: SourceHead {
                key: title.to_owned(),
                title: title.to_owned(),
                number: None,
                aliases: Vec::new(),
                rank: SourceRank::Act,
            },
            revision: RevisionHead {
                valid_from: valid_from.map(|day| day.parse().unwrap()),
                ..RevisionHead::default()
            },
            passages: passages.collect(),
            faults: Vec::new(),
        },
        edges: Vec::new(),
        visibility,
    }
}

/// Takes a text in as the tax section's clerk.
pub async fn import(office: &Office, text: CorpusImport) -> RevisionChange {
    let clerk = office.actor(Role::Clerk).await;
    let importer = Importer::Person(&clerk);
    let changes = office.corpus.import_revisions(importer, None, vec![text]).await;
    changes.unwrap().remove(0)
}

pub async fn ask(office: &Office, body: Value) -> Response {
    let request = office.clerk(Method::POST, "/v1/questions").json(&body);
    request.send().await.unwrap()
}

pub async fn asked(office: &Office, body: Value) -> Value {
    let answer = ask(office, body).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

pub async fn get(office: &Office, path: &str) -> Value {
    let answer = office.get(path).await;
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}

pub async fn send(office: &Office, method: Method, path: &str, body: &Value) -> Response {
    office.clerk(method, path).json(body).send().await.unwrap()
}

#[tokio::test]
async fn a_question_is_answered_with_its_evidence() {
    let office = Office::open().await;
    let change = import(
        &office,
        text(
            "見本法",
            Visibility::Office,
            Some("2024-04-01"),
            &["目的", "収入の届出"],
        ),
    )
    .await;
    let answer = asked(&office, json!({"text": "届出"})).await;
    let hit = &answer["hits"][0];
    assert_eq!(hit["passage"], json!({"revision": change.revision, "ordinal": 1}));
    assert_eq!(
        (&hit["label"], &hit["rank_label"]),
        (&json!("第2条"), &json!("法律"))
    );
    assert_eq!(hit["source_id"], json!(change.source));
    assert_eq!(hit["valid_from"], "2024-04-01");
    let (start, end) = (&hit["matched"][0]["start"], &hit["matched"][0]["end"]);
    let range = start.as_u64().unwrap() as usize..end.as_u64().unwrap() as usize;
    assert_eq!(&hit["text"].as_str().unwrap()[range], "届出");
    assert!(hit.get("score").is_none(), "a score is no reason");
    assert!(answer.get("no_basis").is_none());

    let before = asked(&office, json!({"text": "届出", "as_of": "2024-03-31"})).await;
    assert_eq!(before["hits"], json!([]));
    assert_eq!(before["no_basis"]["why"], "subject_unknown");
    let message = before["no_basis"]["message"].as_str().unwrap();
    assert!(message.contains("届出") && message.ends_with('。'));
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_clearly() {
    let office = Office::open().await;
    for (body, code) in [
        (json!({"text": ""}), ErrorCode::QuestionUnusable),
        (json!({"text": "　\n"}), ErrorCode::QuestionUnusable),
        (json!({"text": "あ".repeat(2_001)}), ErrorCode::QuestionUnusable),
        (json!({"text": "あ".repeat(10_000)}), ErrorCode::QuestionUnusable),
        (json!({"text": "届出", "limit": 0}), ErrorCode::OptionUnusable),
        (json!({"text": "届出", "limit": 51}), ErrorCode::OptionUnusable),
        (
            json!({"text": "届出", "sources": vec!["a"; 201]}),
            ErrorCode::OptionUnusable,
        ),
        (json!({"text": "届出", "as_of": "昨日"}), ErrorCode::BadRequest),
        (json!({"text": BREAKS}), ErrorCode::Internal),
    ] {
        problem(ask(&office, body).await, code).await;
    }
    let long = problem(
        ask(&office, json!({"text": "あ".repeat(2_001)})).await,
        ErrorCode::QuestionUnusable,
    )
    .await;
    assert_eq!(long["detail"], "質問が 2001 文字あります。");
    assert_eq!(
        asked(&office, json!({"text": "あ".repeat(2_000)})).await["hits"],
        json!([])
    );

    let office = Office::without_searcher().await;
    let refused = problem(
        ask(&office, json!({"text": "届出"})).await,
        ErrorCode::SearchNotReady,
    )
    .await;
    assert_eq!(refused["status"], 503);
    assert_eq!(
        get(&office, "/v1/sources").await["items"],
        json!([]),
        "the texts can be read all the same"
    );
}

#[tokio::test]
async fn personal_data_is_masked_in_the_log() {
    let office = Office::open().await;
    let answer = asked(&office, json!({"text": format!("{PERSON}さんの収入")})).await;
    assert_eq!(answer["remarks"][0]["kind"], "personal_data");
    assert_eq!(
        (&answer["remarks"][0]["start"], &answer["remarks"][0]["end"]),
        (&json!(0), &json!(6))
    );
    let history = get(&office, "/v1/questions").await;
    assert_eq!(history["items"][0]["text"], "〓〓さんの収入");
    let files = std::fs::read_dir(office.directory.path()).unwrap();
    for file in files
        .map(|file| file.unwrap().path())
        .filter(|path| path.is_file())
    {
        let bytes = std::fs::read(&file).unwrap();
        let found = bytes
            .windows(PERSON.len())
            .any(|window| window == PERSON.as_bytes());
        assert!(!found, "{}", file.display());
    }
}

#[tokio::test]
async fn a_question_leads_to_feedback_history_and_figures() {
    let office = Office::open().await;
    let change = import(
        &office,
        text(
            "見本法",
            Visibility::Office,
            None,
            &["届出一", "届出二", "届出三"],
        ),
    )
    .await;
    let answer = asked(&office, json!({"text": "届出", "limit": 2})).await;
    assert_eq!(answer["hits"].as_array().unwrap().len(), 2);
    let id = answer["id"].as_str().unwrap();
    let path = format!("/v1/questions/{id}/feedback");
    let passage = json!({"revision": change.revision, "ordinal": 1});
    for kind in ["opened", "basis"] {
        let said = send(
            &office,
            Method::POST,
            &path,
            &json!({"passage": passage, "kind": kind}),
        )
        .await;
        assert_eq!(said.status(), 204);
    }
    let missing = json!({"passage": {"revision": change.revision, "ordinal": 9}, "kind": "basis"});
    problem(
        send(&office, Method::POST, &path, &missing).await,
        ErrorCode::NotFound,
    )
    .await;
    asked(&office, json!({"text": "どこにもない"})).await;
    let history = get(&office, "/v1/questions?limit=1").await;
    assert_eq!(history["items"][0]["no_basis"], true);
    let cursor = history["next_cursor"].as_str().unwrap();
    let rest = get(&office, &format!("/v1/questions?limit=1&cursor={cursor}")).await;
    assert_eq!(rest["items"][0]["basis_place"], 2);
    assert_eq!(rest["items"][0]["shown"][1], passage);
    let figures = get(&office, "/v1/kpi/questions").await;
    let counts = ["questions", "no_basis", "opened", "marked", "marked_in_top_3"]
        .map(|name| figures[name].as_u64().unwrap());
    assert_eq!(counts, [2, 1, 1, 1, 1]);
    assert_eq!(
        (&figures["top_3_share"], &figures["no_basis_share"]),
        (&json!(1.0), &json!(0.5))
    );
    let backwards = office
        .get("/v1/kpi/questions?from=2026-04-02&to=2026-04-01")
        .await;
    problem(backwards, ErrorCode::OptionUnusable).await;
}

#[tokio::test]
async fn a_text_is_read_as_of_a_day_and_compared() {
    let office = Office::open().await;
    let old = import(
        &office,
        text(
            "見本法",
            Visibility::Office,
            Some("2024-04-01"),
            &["甲は七日", "乙", "丙"],
        ),
    )
    .await;
    let new = import(
        &office,
        text(
            "見本法",
            Visibility::Office,
            Some("2025-10-01"),
            &["甲は十日", "乙"],
        ),
    )
    .await;
    let sources = get(&office, "/v1/sources").await["items"].clone();
    assert_eq!(
        (&sources[0]["id"], &sources[0]["own"]),
        (&json!(old.source), &json!(true))
    );
    let revisions = get(&office, &format!("/v1/sources/{}/revisions", old.source)).await;
    assert_eq!(revisions[1]["valid_to"], "2025-10-01");
    let full = get(
        &office,
        &format!("/v1/sources/{}/text?as_of=2025-09-30", old.source),
    )
    .await;
    assert_eq!(full["revision"]["id"], json!(old.revision));
    let whole = full["text"].as_str().unwrap();
    let passages = full["passages"].as_array().unwrap();
    let cut = |part: &Value| {
        &whole[part["start"].as_u64().unwrap() as usize..part["end"].as_u64().unwrap() as usize]
    };
    let texts: Vec<_> = passages.iter().map(cut).collect();
    assert_eq!(texts, ["甲は七日", "乙", "丙"]);
    assert_eq!(cut(&passages[1]["segments"][0]), "乙");
    let never = office
        .get(&format!("/v1/sources/{}/text?as_of=2020-01-01", old.source))
        .await;
    problem(never, ErrorCode::NotFound).await;

    let path = format!(
        "/v1/sources/{}/difference?from={}&to={}",
        old.source, old.revision, new.revision
    );
    let difference = get(&office, &path).await;
    assert_eq!(difference["unchanged"], 1);
    let changed: Vec<_> = difference["changed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            (
                item["change_label"].as_str().unwrap(),
                item["label"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(changed, [("改正", "第1条"), ("削除", "第3条")]);
    let parts: Vec<_> = difference["changed"][0]["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| (part["kind"].as_str().unwrap(), part["text"].as_str().unwrap()))
        .collect();
    assert_eq!(
        parts,
        [
            ("same", "甲は"),
            ("removed", "七"),
            ("added", "十"),
            ("same", "日")
        ]
    );
    let other = import(&office, text("別の法", Visibility::Office, None, &["甲"])).await;
    let mixed = format!(
        "/v1/sources/{}/difference?from={}&to={}",
        old.source, old.revision, other.revision
    );
    problem(office.get(&mixed).await, ErrorCode::NotFound).await;

    let removed = office
        .clerk(Method::DELETE, &format!("/v1/sources/{}", old.source))
        .send()
        .await
        .unwrap();
    assert_eq!(removed.status(), 204);
    let left = get(&office, "/v1/sources").await;
    assert_eq!(left["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn sources_come_in_pages_by_title() {
    let office = Office::open().await;
    let mut made = Vec::new();
    for title in ["通知乙", "通知甲", "通知丁", "通知丙", "通知戊"] {
        let change = import(&office, text(title, Visibility::Office, None, &["一"])).await;
        made.push((title.to_owned(), change.source));
    }
    made.sort();
    let (mut titles, mut cursor) = (Vec::new(), String::new());
    for rows in [2, 2, 1] {
        let page = get(&office, &format!("/v1/sources?limit=2{cursor}")).await;
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), rows);
        titles.extend(
            items
                .iter()
                .map(|item| item["title"].as_str().unwrap().to_owned()),
        );
        assert_eq!(page["next_cursor"].is_string(), rows == 2, "{page}");
        if let Some(next) = page["next_cursor"].as_str() {
            cursor = format!("&cursor={next}");
        }
    }
    assert!(
        titles.iter().eq(made.iter().map(|(title, _)| title)),
        "{titles:?}"
    );
    // The page that the cursor follows ended with the fourth; a cursor is no other list's either.
    let path = format!("/v1/sources/{}", made[3].1);
    assert_eq!(
        office.clerk(Method::DELETE, &path).send().await.unwrap().status(),
        204
    );
    for list in ["/v1/sources", "/v1/faq"] {
        let refused = office.get(&format!("{list}?limit=2{cursor}")).await;
        problem(refused, ErrorCode::InvalidCursor).await;
    }
}

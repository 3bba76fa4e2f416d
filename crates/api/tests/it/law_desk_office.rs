//! What an office does with its law desk over HTTP: synonyms, its own answers, favourites, texts handed in.

use reqwest::Method;
use serde_json::{Value, json};
use shoki_core::access::Role;
use shoki_core::code::ErrorCode;
use shoki_core::corpus::{SourceRank, Visibility};

use crate::law_desk::{asked, get, import, send, text};
use crate::office::{Office, PNG};
use crate::problems::problem;
use crate::searcher::{PERSON, WORSE};

#[tokio::test]
async fn the_synonym_table_is_changed_from_the_version_that_was_read() {
    let office = Office::open().await;
    asked(&office, json!({"text": "貯金があるとき"})).await;
    let admin = |method, path: &str| {
        office
            .request(method, path)
            .bearer_auth(office.tax.token(Role::DepartmentAdmin))
    };
    let put = async |version: Option<&str>, rules: &str| {
        let request = admin(Method::PUT, "/v1/synonyms").json(&json!({"rules": rules}));
        let request = match version {
            Some(version) => request.header("if-match", version),
            None => request,
        };
        request.send().await.unwrap()
    };
    let shown = office.get("/v1/synonyms").await;
    assert_eq!(shown.headers()["etag"], "\"0\"");
    problem(put(None, "貯金 = 資産").await, ErrorCode::VersionMissing).await;
    let wrong = problem(
        put(Some("\"0\""), "貯金 = 資産\n貯金").await,
        ErrorCode::OptionUnusable,
    )
    .await;
    assert_eq!(wrong["detail"], "2行目: 「=」がありません。");
    let made = put(Some("\"0\""), "貯金 = 資産").await;
    assert_eq!(
        (made.status().as_u16(), made.headers()["etag"].to_str().unwrap()),
        (200, "\"1\"")
    );
    problem(put(Some("\"0\""), "別").await, ErrorCode::OptionUnusable).await;
    problem(put(Some("\"0\""), "甲 = 乙").await, ErrorCode::VersionChanged).await;
    problem(put(Some("*"), "甲 = 乙").await, ErrorCode::VersionChanged).await;
    assert_eq!(get(&office, "/v1/synonyms").await["rules"], "貯金 = 資産");
    let tried = admin(Method::POST, "/v1/synonyms/trial").json(&json!({"rules": "貯金 = 資産\n車 = 自動車"}));
    let effects: Value = tried.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        effects,
        json!([
            {"rule": "貯金 → 資産", "questions": ["貯金があるとき"]},
            {"rule": "車 → 自動車", "questions": []},
        ])
    );
}

#[tokio::test]
async fn a_table_that_makes_known_answers_worse_needs_a_reason_and_leaves_a_trace() {
    let office = Office::open().await;
    let change = import(
        &office,
        text("見本法", Visibility::Office, None, &["届出一", "届出二"]),
    )
    .await;
    let put = async |version: u64, body: Value| {
        let token = office.tax.token(Role::DepartmentAdmin);
        let request = office.request(Method::PUT, "/v1/synonyms").bearer_auth(token);
        let request = request.header("if-match", format!("\"{version}\""));
        request.json(&body).send().await.unwrap()
    };
    let worse = format!("{WORSE} = 良し");
    // Nothing is known yet: nothing can get worse.
    assert_eq!(put(0, json!({"rules": worse})).await.status(), 200);

    let answer = asked(&office, json!({"text": "届出"})).await;
    let path = format!("/v1/questions/{}/feedback", answer["id"].as_str().unwrap());
    let passage = json!({"revision": change.revision, "ordinal": 1});
    let said = json!({"passage": passage, "kind": "basis"});
    assert_eq!(send(&office, Method::POST, &path, &said).await.status(), 204);
    let faq = json!({"question": "届出はいつか", "answer": "すぐ", "citing": [passage]});
    assert_eq!(send(&office, Method::POST, "/v1/faq", &faq).await.status(), 201);

    let refused = problem(put(1, json!({"rules": worse})).await, ErrorCode::SynonymsWorsen).await;
    let detail = refused["detail"].as_str().unwrap();
    assert!(
        detail.contains("根拠が上位5件から外れる質問: 「届出はいつか」。"),
        "{detail}"
    );
    assert!(
        detail.contains("0.900 から 0.500") && detail.contains("「届出」"),
        "{detail}"
    );
    assert_eq!(get(&office, "/v1/synonyms").await["version"], 1);
    for reason in ["", " ", "二\n行", &"長".repeat(201)] {
        let body = json!({"rules": worse, "despite": reason});
        problem(put(1, body).await, ErrorCode::OptionUnusable).await;
    }
    let body = json!({"rules": worse, "despite": "要綱の改正に合わせるため"});
    assert_eq!(put(1, body).await.status(), 200);
    // A reason that was not needed leaves no trace.
    let body = json!({"rules": "貯金 = 資産", "despite": "念のため"});
    assert_eq!(put(2, body).await.status(), 200);
    let chain = office.store.audit_chain(0, 1000).await.unwrap();
    let despite: Vec<_> = chain
        .iter()
        .filter(|event| event.action == "synonyms.despite_gate")
        .collect();
    assert_eq!(despite.len(), 1);
    assert_eq!(despite[0].subject, "2: 要綱の改正に合わせるため");
    assert_eq!(
        despite[0].user,
        Some(office.actor(Role::DepartmentAdmin).await.user)
    );
}

#[tokio::test]
async fn the_bank_of_known_questions_is_edited_through_the_gate_and_leaves_a_trace() {
    let office = Office::open().await;
    let change = import(&office, text("見本法", Visibility::Office, None, &["届出"])).await;
    let edit = async |body: Value| {
        let token = office.tax.token(Role::DepartmentAdmin);
        let request = office
            .request(Method::POST, "/v1/question-bank")
            .bearer_auth(token);
        request.json(&body).send().await.unwrap()
    };
    let add = |question: &str| json!({"add": {"question": question, "source": "見本法", "item": "1"}});
    let made = edit(json!({"edit": add("届出は何日以内か")})).await;
    assert_eq!(made.status(), 200);
    let made: Value = made.json().await.unwrap();
    assert_eq!((&made["kind"], &made["item"]), (&json!("item"), &json!("1")));
    assert_eq!(
        (&made["shipped"], &made["has_vote"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(edit(json!({"edit": add("だれに届け出るか")})).await.status(), 200);
    for unusable in [add(""), add(&"長".repeat(2_001))] {
        problem(edit(json!({"edit": unusable})).await, ErrorCode::OptionUnusable).await;
    }
    let one = get(&office, "/v1/question-bank?source=見本法&limit=1").await;
    let cursor = one["next_cursor"].as_str().unwrap();
    let two = get(
        &office,
        &format!("/v1/question-bank?source=見本法&limit=1&cursor={cursor}"),
    )
    .await;
    let seen = [&one["items"][0]["question"], &two["items"][0]["question"]];
    assert!(seen.contains(&&json!("届出は何日以内か")) && seen.contains(&&json!("だれに届け出るか")));
    assert_eq!(two.get("next_cursor"), None);
    let other = format!("/v1/question-bank?source=見本&limit=1&cursor={cursor}");
    problem(office.get(&other).await, ErrorCode::InvalidCursor).await;

    let faq = json!({"question": "届出はいつか", "answer": "すぐ",
                     "citing": [{"revision": change.revision, "ordinal": 0}]});
    assert_eq!(send(&office, Method::POST, "/v1/faq", &faq).await.status(), 201);
    let worse = add(WORSE);
    let refused = problem(edit(json!({"edit": worse})).await, ErrorCode::BankWorsens).await;
    assert!(
        refused["detail"].as_str().unwrap().contains("「届出はいつか」"),
        "{refused}"
    );
    let with_reason = json!({"edit": worse, "despite": "要綱の改正に合わせるため"});
    assert_eq!(edit(with_reason).await.status(), 200);
    let remove = json!({"edit": {"remove": {"id": made["id"]}}});
    assert_eq!(edit(remove.clone()).await.status(), 200);
    problem(edit(remove).await, ErrorCode::NotFound).await;
    let chain = office.store.audit_chain(0, 1000).await.unwrap();
    let count = |action: &str| chain.iter().filter(|event| event.action == action).count();
    assert_eq!(count("question_bank.add"), 3);
    assert_eq!(count("question_bank.undo"), 1);
    assert_eq!(count("question_bank.despite_gate"), 1);
}

#[tokio::test]
async fn a_question_becomes_an_answer_of_the_office_in_one_step() {
    let office = Office::open().await;
    let change = import(&office, text("見本法", Visibility::Office, None, &["届出"])).await;
    let answer = asked(&office, json!({"text": format!("{PERSON}の届出")})).await;
    let passage = json!({"revision": change.revision, "ordinal": 0});
    let new = json!({"question_id": answer["id"], "answer": "届け出る", "citing": [passage]});
    let made = send(&office, Method::POST, "/v1/faq", &new).await;
    assert_eq!(made.status(), 201);
    let made: Value = made.json().await.unwrap();
    assert_eq!(made["question"], "〓〓の届出");
    assert_eq!(made["citing"][0]["label"], "第1条");
    assert_eq!(get(&office, "/v1/faq").await["items"][0], made);
    for bad in [
        json!({"answer": "答えだけ"}),
        json!({"question": "問いだけ", "answer": " "}),
        json!({"question": "長い", "answer": "あ".repeat(10_001)}),
    ] {
        problem(
            send(&office, Method::POST, "/v1/faq", &bad).await,
            ErrorCode::OptionUnusable,
        )
        .await;
    }
    let path = format!("/v1/faq/{}", made["id"].as_str().unwrap());
    assert_eq!(
        office.clerk(Method::DELETE, &path).send().await.unwrap().status(),
        204
    );
    assert_eq!(get(&office, "/v1/faq").await["items"], json!([]));
}

#[tokio::test]
async fn an_answer_of_the_office_is_said_anew_withdrawn_and_taken_up_again() {
    let office = Office::open().await;
    let new = json!({"question": "何日以内か", "answer": "七日以内"});
    let made: Value = send(&office, Method::POST, "/v1/faq", &new)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!((&made["version"], &made["withdrawn"]), (&json!(1), &json!(false)));
    let path = format!("/v1/faq/{}", made["id"].as_str().unwrap());
    let change = async |version: &str, body: Value| {
        let request = office.clerk(Method::PATCH, &path).header("if-match", version);
        request.json(&body).send().await.unwrap()
    };
    let said = change("\"1\"", json!({"answer": "十日以内"})).await;
    assert_eq!(
        (said.status().as_u16(), &said.headers()["etag"]),
        (200, &"\"2\"".parse().unwrap())
    );
    let late = change("\"1\"", json!({"answer": "五日以内"})).await;
    problem(late, ErrorCode::VersionChanged).await;
    let untold = send(&office, Method::PATCH, &path, &json!({"answer": "五日以内"})).await;
    problem(untold, ErrorCode::VersionMissing).await;
    for bad in [json!({"answer": " "}), json!({"question": "あ".repeat(5_001)})] {
        problem(change("\"2\"", bad).await, ErrorCode::OptionUnusable).await;
    }
    assert_eq!(change("\"2\"", json!({"withdrawn": true})).await.status(), 200);
    let shown = get(&office, &path).await;
    assert_eq!(
        (&shown["version"], &shown["withdrawn"]),
        (&json!(3), &json!(true))
    );
    assert_eq!(change("\"3\"", json!({"withdrawn": false})).await.status(), 200);
    let history = get(&office, &format!("{path}/history")).await;
    let told: Vec<_> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["version"].as_u64().unwrap(), one["answer"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [(4, "十日以内"), (3, "十日以内"), (2, "十日以内"), (1, "七日以内")]
    );
}

#[tokio::test]
async fn a_favourite_is_kept_with_a_note() {
    let office = Office::open().await;
    let change = import(&office, text("見本法", Visibility::Office, None, &["届出"])).await;
    let passage = json!({"revision": change.revision, "ordinal": 0});
    let keep = async |note: String| {
        send(
            &office,
            Method::POST,
            "/v1/favourites",
            &json!({"passage": passage, "note": note}),
        )
        .await
    };
    assert_eq!(keep("朝礼".to_owned()).await.status(), 201);
    assert_eq!(keep("夕礼".to_owned()).await.status(), 201);
    problem(keep("あ".repeat(501)).await, ErrorCode::OptionUnusable).await;
    let kept = get(&office, "/v1/favourites").await;
    assert_eq!(kept.as_array().unwrap().len(), 1);
    assert_eq!(
        (&kept[0]["note"], &kept[0]["passage"]),
        (&json!("夕礼"), &passage)
    );
    let path = format!("/v1/favourites/{}", kept[0]["id"].as_str().unwrap());
    assert_eq!(
        office.clerk(Method::DELETE, &path).send().await.unwrap().status(),
        204
    );
    assert_eq!(get(&office, "/v1/favourites").await, json!([]));
}

#[tokio::test]
async fn a_text_is_handed_in_with_its_options() {
    let office = Office::open().await;
    let document = office.document("第1 趣旨\n".as_bytes()).await;
    let job = async |pipeline: &str, corpus: Value| {
        let body = json!({"document_id": document, "pipeline": pipeline, "corpus": corpus});
        send(&office, Method::POST, "/v1/jobs", &body).await
    };
    let options = json!({"visibility": "department", "rank": "division_notice", "valid_from": "2024-04-01"});
    let accepted = job("corpus", options.clone()).await;
    assert_eq!(accepted.status(), 202);
    let accepted: Value = accepted.json().await.unwrap();
    assert_eq!(accepted["corpus"], options);
    let claim = office.claim(shoki_core::unit::UnitKind::Plan).await;
    let persisted = claim.pipeline.corpus.unwrap();
    assert_eq!(persisted.rank, Some(SourceRank::DivisionNotice));
    assert_eq!(persisted.visibility, Visibility::Department);
    problem(job("corpus", Value::Null).await, ErrorCode::OptionUnusable).await;
    problem(job("forms", options.clone()).await, ErrorCode::OptionUnusable).await;
    problem(
        job("corpus", json!({"visibility": "world"})).await,
        ErrorCode::BadRequest,
    )
    .await;

    let batch = async |pipeline: &'static str, corpus: Option<String>| {
        let file = |bytes: &'static [u8], name| reqwest::multipart::Part::bytes(bytes).file_name(name);
        let mut form = reqwest::multipart::Form::new()
            .part("file", file("第1 趣旨".as_bytes(), "通知.txt"))
            .part("file", file(PNG, "写真.png"))
            .text("pipeline", pipeline);
        if let Some(corpus) = corpus {
            form = form.text("corpus", corpus);
        }
        office
            .clerk(Method::POST, "/v1/batches")
            .multipart(form)
            .send()
            .await
            .unwrap()
    };
    let texts: Value = batch("corpus", Some(options.to_string()))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        (&texts["accepted"], &texts["jobs"][0]["corpus"]),
        (&json!(2), &options)
    );
    let pages: Value = batch("forms", None).await.json().await.unwrap();
    assert_eq!(
        (&pages["accepted"], &pages["refused"][0]["name"]),
        (&json!(1), &json!("通知.txt"))
    );
    problem(batch("corpus", None).await, ErrorCode::OptionUnusable).await;
    problem(
        batch("corpus", Some("{}".to_owned())).await,
        ErrorCode::BadRequest,
    )
    .await;
}

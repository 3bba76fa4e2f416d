//! Recordings handed in, the audio report, minutes and files from the corrected text.

use reqwest::Method;
use serde_json::{Value, json};
use shoki_core::access::Role;

use crate::meeting::{SAID, WAV};
use crate::office::{Office, PNG};

async fn body(response: reqwest::Response) -> Value {
    response.json().await.unwrap()
}

#[tokio::test]
async fn a_recording_is_handed_in_with_what_is_known_of_the_meeting() {
    let office = Office::open().await;
    let pipelines = body(office.get("/v1/pipelines").await).await;
    assert_eq!(pipelines[2]["styles"][0]["id"], "youten");
    let options = json!({
        "title": "定例会", "held_on": "2026-01-05", "attendees": ["佐藤課長"],
        "speakers": {"kind": "range", "min": 2, "max": 4},
        "terms": [{"written": "浅川", "reading": "あさかわ"}], "style": "zenbun",
    });
    let (document, job) = office.recording_job(&options).await;
    let shown = body(office.get(&format!("/v1/jobs/{job}")).await).await;
    assert_eq!(shown["minutes"], options);
    let submit = async |minutes: Value| {
        let body = json!({"document_id": document, "pipeline": "minutes", "minutes": minutes});
        office
            .clerk(Method::POST, "/v1/jobs")
            .json(&body)
            .send()
            .await
            .unwrap()
    };
    let second = office.upload("続き.wav", WAV.to_vec()).await;
    let second = body(second).await["id"].as_str().unwrap().to_owned();
    assert_eq!(submit(json!({"continued_by": [second]})).await.status(), 202);
    let never = uuid::Uuid::now_v7();
    for (minutes, status, said) in [
        (json!({"continued_by": [never]}), 404, ""),
        (json!({"continued_by": [second, second]}), 422, "2回"),
        (json!({"continued_by": [document]}), 422, "2回"),
        (json!({"style": "none"}), 422, "様式がありません"),
        (
            json!({"speakers": {"kind": "exact", "speakers": 0}}),
            422,
            "話者の人数",
        ),
        (json!({"terms": [{"written": ""}]}), 422, "使えません"),
        (json!({"titel": "x"}), 400, "titel"),
    ] {
        let answer = submit(minutes.clone()).await;
        assert_eq!(answer.status(), status, "{minutes}");
        let detail = body(answer).await["detail"].to_string();
        assert!(detail.contains(said), "{minutes}: {detail}");
    }
    let forms = json!({"document_id": document, "pipeline": "forms", "minutes": {}});
    let refused = office
        .clerk(Method::POST, "/v1/jobs")
        .json(&forms)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 422);
}

#[tokio::test]
async fn a_batch_of_recordings_is_one_meeting_each() {
    let office = Office::open().await;
    let send = async |minutes: &str| {
        let file = |name: &str, bytes: &[u8]| {
            reqwest::multipart::Part::bytes(bytes.to_vec()).file_name(name.to_owned())
        };
        let form = reqwest::multipart::Form::new()
            .text("pipeline", "minutes")
            .text("minutes", minutes.to_owned())
            .part("file", file("1.wav", WAV))
            .part("file", file("2.png", PNG));
        office
            .clerk(Method::POST, "/v1/batches")
            .multipart(form)
            .send()
            .await
            .unwrap()
    };
    let answer = send(r#"{"title":"定例会"}"#).await;
    assert_eq!(answer.status(), 202);
    let answer = body(answer).await;
    assert_eq!(answer["jobs"][0]["minutes"]["title"], "定例会");
    assert_eq!(answer["refused"][0]["code"], "not_recording");
    let never = uuid::Uuid::now_v7();
    let refused = send(&format!(r#"{{"continued_by":["{never}"]}}"#)).await;
    assert_eq!(refused.status(), 422);
    assert_eq!(send("{").await.status(), 400);
}

#[tokio::test]
async fn the_audio_report_is_there_before_the_transcript() {
    let office = Office::open().await;
    let (document, job) = office.recording_job(&json!({})).await;
    let place = format!("/v1/jobs/{job}/audio-report");
    let early = office.get(&place).await;
    assert_eq!(early.status(), 409);
    office.plan_recording().await;
    let report = body(office.get(&place).await).await;
    assert_eq!(report["advice"][0]["text"], "声が小さい録音です。");
    assert_eq!(report["parts"][0]["document_id"], document.as_str());
    assert!(
        report["parts"][0]["missing"]
            .as_str()
            .unwrap()
            .contains("途中で切れています")
    );
    assert_eq!(report["measured"]["layout"]["kind"], "mono");
    office.hear().await;
    let (_, form) = office.finished_job(1).await;
    let refused = office.get(&format!("/v1/jobs/{form}/audio-report")).await;
    assert_eq!(refused.status(), 409);
}

#[tokio::test]
async fn every_form_of_output_is_of_the_corrected_text() {
    let office = Office::open().await;
    let (_, job) = office.meeting().await;
    let corrected = office
        .clerk(Method::PATCH, &format!("/v1/jobs/{job}/transcript/segments/1"))
        .header("if-match", "\"0\"")
        .json(&json!({"text": "予算は二億です。"}))
        .send()
        .await
        .unwrap();
    assert_eq!(corrected.status(), 200);
    let text = format!("予算は二億です。{}{}", SAID[1], SAID[2]);
    for (format, media_type) in [
        (
            "docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("txt", "text/plain; charset=utf-8"),
        ("md", "text/markdown; charset=utf-8"),
        ("srt", "application/x-subrip; charset=utf-8"),
        ("vtt", "text/vtt; charset=utf-8"),
        ("json", "application/json"),
    ] {
        let file = office.get(&format!("/v1/jobs/{job}/export/{format}")).await;
        assert_eq!(file.status(), 200);
        assert_eq!(file.headers()["content-type"], media_type);
        assert_eq!(file.headers()["etag"], "\"1\"");
        let disposition = file.headers()["content-disposition"].to_str().unwrap();
        assert!(disposition.contains(&format!("%201.{format}")), "{disposition}");
        assert_eq!(
            file.text().await.unwrap(),
            format!("{format} usual youten {text}")
        );
    }
    let file = office
        .get(&format!("/v1/jobs/{job}/export/txt?level=edited&style=zenbun"))
        .await;
    assert_eq!(file.text().await.unwrap(), format!("txt 整文 zenbun {text}"));
    for (asked, status) in [
        ("export/exe", 404),
        ("export/txt?style=none", 422),
        ("export/txt?level=x", 400),
    ] {
        assert_eq!(
            office.get(&format!("/v1/jobs/{job}/{asked}")).await.status(),
            status,
            "{asked}"
        );
    }
    let minutes = body(office.get(&format!("/v1/jobs/{job}/minutes?style=zenbun")).await).await;
    assert_eq!(
        (&minutes["title"], &minutes["style"]),
        (&json!("定例会"), &json!("zenbun"))
    );
    assert_eq!(minutes["transcript_version"], 1);
    let log = office.store.audit_chain(0, 1000).await.unwrap();
    let exports = log
        .iter()
        .filter(|event| event.action == "transcript.export")
        .count();
    assert_eq!(exports, 7);
}

#[tokio::test]
async fn without_a_desk_the_transcript_is_there_and_files_are_not() {
    let office = Office::without_searcher().await;
    let (_, job) = office.meeting().await;
    assert_eq!(
        office.get(&format!("/v1/jobs/{job}/transcript")).await.status(),
        200
    );
    for asked in ["minutes", "export/txt", "transcript?level=edited"] {
        let answer = office.get(&format!("/v1/jobs/{job}/{asked}")).await;
        assert_eq!(answer.status(), 503, "{asked}");
    }
}

#[tokio::test]
async fn an_item_is_drafted_when_asked_and_taken_back() {
    let office = Office::open().await;
    let (_, job) = office.meeting().await;
    let place = format!("/v1/jobs/{job}/minutes/draft");
    let drafted =
        async || body(office.get(&format!("/v1/jobs/{job}/minutes")).await).await["drafted"].clone();
    let draft = async |wanted: Value| {
        let asked = office.clerk(Method::POST, &place).json(&wanted).send();
        asked.await.unwrap()
    };
    assert_eq!(drafted().await, false);
    let none = draft(json!({"item": 1})).await;
    assert_eq!(none.status(), 409);
    assert!(
        body(none).await["detail"]
            .as_str()
            .unwrap()
            .contains("議題がありません")
    );
    assert_eq!(drafted().await, false);
    let made = draft(json!({"item": 0})).await;
    assert_eq!(
        (made.status(), &made.headers()["etag"]),
        (reqwest::StatusCode::OK, &"\"0\"".parse().unwrap())
    );
    assert_eq!(body(made).await["drafted"], true);
    assert_eq!(drafted().await, true);
    assert_eq!(draft(json!({"item": 0, "style": "none"})).await.status(), 422);
    let stranger = office
        .request(Method::DELETE, &place)
        .bearer_auth(office.welfare.token(Role::Clerk))
        .send()
        .await
        .unwrap();
    assert_eq!(stranger.status(), 404);
    let gone = office.clerk(Method::DELETE, &place).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    assert_eq!(drafted().await, false);
    let log = office.store.audit_chain(0, 1000).await.unwrap();
    let actions: Vec<_> = log
        .iter()
        .filter(|event| event.action.starts_with("minutes."))
        .collect();
    assert_eq!(actions.len(), 2, "{actions:?}");
}

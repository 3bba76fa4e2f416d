//! Corrections of a transcript: versions, refusals, undo, speakers, time on task.

mod desk;
mod holds;

use reqwest::Method;
use serde_json::{Value, json};
use shoki_core::access::Role;

use crate::meeting::SAID;
use crate::office::Office;
use desk::Desk;

#[tokio::test]
async fn a_segment_is_corrected_on_the_version_that_was_seen() {
    let desk = Desk::open().await;
    let before = desk.get("transcript").await;
    assert_eq!(
        (&before["version"], &before["duration_ms"]),
        (&json!(0), &json!(3000))
    );
    assert_eq!(before["segments"][0]["doubts"], json!(["unsure"]));
    assert_eq!(before["speakers"][0]["shown"], "話者1");
    let place = "transcript/segments/1";
    let changed = desk
        .done(Method::PATCH, place, Some(0), json!({"text": "予算は二億です。"}))
        .await;
    assert_eq!(changed["segments"][0]["text"], "予算は二億です。");
    assert_eq!(
        (&changed["segments"][0]["version"], &changed["version"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(changed["segments"][0]["doubts"], json!([]));
    let (status, problem) = desk
        .refused(Method::PATCH, place, Some(0), json!({"text": "x"}))
        .await;
    assert_eq!(
        (status, &problem["segment"]["text"]),
        (412, &json!("予算は二億です。"))
    );
    let (status, _) = desk
        .refused(Method::PATCH, place, None, json!({"text": "x"}))
        .await;
    assert_eq!(status, 428);
    // Another segment was not touched: its version holds.
    desk.done(
        Method::PATCH,
        "transcript/segments/2",
        Some(0),
        json!({"speaker": "S1"}),
    )
    .await;
    desk.done(
        Method::PATCH,
        "transcript/segments/2",
        Some(2),
        json!({"speaker": null}),
    )
    .await;
    desk.done(
        Method::PATCH,
        "transcript/segments/3",
        Some(0),
        json!({"confirmed": true}),
    )
    .await;
    for (body, expected) in [
        (json!({"text": "x", "speaker": "S1"}), 400),
        (json!({}), 400),
        (json!({"confirmed": false}), 400),
        (json!({"speaker": "X1"}), 400),
        (json!({"speaker": "S9"}), 404),
        (json!({"text": "a\nb"}), 422),
    ] {
        let (status, _) = desk.refused(Method::PATCH, place, Some(1), body.clone()).await;
        assert_eq!(status, expected, "{body}");
    }
    let (status, _) = desk
        .refused(
            Method::PATCH,
            "transcript/segments/9",
            Some(0),
            json!({"text": "x"}),
        )
        .await;
    assert_eq!(status, 404);
    let since = desk.get("transcript?since=2").await;
    let ids: Vec<_> = since["segments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["id"].clone())
        .collect();
    assert_eq!(ids, [2, 3]);
    let leveled = desk.get("transcript?since=3&level=cleaned").await;
    assert_eq!(
        leveled["segments"][0]["leveled"]["text"],
        format!("{}()", SAID[2])
    );
    let known = desk
        .office
        .clerk(Method::GET, &format!("/v1/jobs/{}/transcript", desk.job))
        .header("if-none-match", "\"4\"")
        .send()
        .await
        .unwrap();
    assert_eq!(known.status(), 304);
}

#[tokio::test]
async fn segments_are_split_joined_and_searched() {
    let desk = Desk::open().await;
    let split = desk
        .done(
            Method::POST,
            "transcript/segments/1/split",
            Some(0),
            json!({"at": 3}),
        )
        .await;
    let new = split["segments"][1]["id"].as_u64().unwrap();
    assert_eq!(split["segments"][1]["text"], "一億です。");
    assert_eq!(split["segments"][0]["end_ms"], split["segments"][1]["start_ms"]);
    let (status, problem) = desk
        .refused(
            Method::POST,
            "transcript/segments/2/split",
            Some(0),
            json!({"at": 0}),
        )
        .await;
    assert_eq!(status, 422);
    assert!(problem["detail"].as_str().unwrap().contains("分割できません"));
    let joined = desk
        .done(
            Method::POST,
            "transcript/segments/1/join",
            Some(1),
            json!({"with": new}),
        )
        .await;
    assert_eq!(joined["removed"], json!([new]));
    let since = desk.get("transcript?since=1").await;
    assert_eq!(since["removed"], json!([new]));
    let (status, _) = desk
        .refused(
            Method::POST,
            "transcript/segments/1/join",
            Some(2),
            json!({"with": 3}),
        )
        .await;
    assert_eq!(status, 422);
    let body = || json!({"from": "予算", "to": "決算"});
    let (status, _) = desk
        .refused(Method::POST, "transcript/replace", Some(1), body())
        .await;
    assert_eq!(status, 412);
    let counted = desk.get("transcript/occurrences?from=予算&to=決算").await;
    assert_eq!(
        counted,
        json!({"version": 2, "occurrences": 2, "segments": [1, 3]})
    );
    let replaced = desk
        .done(Method::POST, "transcript/replace", Some(2), body())
        .await;
    assert_eq!(replaced["replaced"], 2);
    assert_eq!(
        desk.texts().await,
        ["決算は一億です。", SAID[1], "決算を可決します。"]
    );
    let (status, _) = desk
        .refused(Method::POST, "transcript/replace", Some(3), body())
        .await;
    assert_eq!(status, 422);
    let place = "transcript/segments/1/replacements/0/revert";
    let (status, _) = desk.refused(Method::POST, place, Some(3), json!(null)).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn everything_is_undone_and_nothing_is_lost() {
    let desk = Desk::open().await;
    desk.done(
        Method::PATCH,
        "transcript/segments/1",
        Some(0),
        json!({"text": "一"}),
    )
    .await;
    desk.done(
        Method::PATCH,
        "transcript/segments/3",
        Some(0),
        json!({"text": "三"}),
    )
    .await;
    let admin = desk
        .office
        .request(Method::POST, &format!("/v1/jobs/{}/transcript/undo", desk.job))
        .bearer_auth(desk.office.tax.token(Role::DepartmentAdmin))
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(admin.status(), 404, "nothing of its own");
    desk.done(Method::POST, "transcript/undo", None, json!({})).await;
    assert_eq!(desk.texts().await, ["一", SAID[1], SAID[2]]);
    desk.done(Method::POST, "transcript/undo", None, json!({})).await;
    assert_eq!(desk.texts().await, SAID);
    desk.done(Method::POST, "transcript/undo", None, json!({"sequence": 4}))
        .await;
    assert_eq!(desk.texts().await, ["一", SAID[1], SAID[2]]);
    let (status, problem) = desk
        .refused(Method::POST, "transcript/undo", None, json!({"sequence": 2}))
        .await;
    assert_eq!(status, 409);
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("すでに取り消されています")
    );
    let history = desk.get("transcript/history").await;
    let history = history.as_array().unwrap();
    let undone: Vec<_> = history
        .iter()
        .map(|item| item["undone"].as_bool().unwrap())
        .collect();
    assert_eq!(undone, [false, true, false, true, false]);
    assert_eq!(history[0]["edit"]["text"], "一");
    assert_eq!(history[0]["label"], "文字の修正");
    desk.done(Method::POST, "transcript/finish", None, json!({}))
        .await;
    let (status, _) = desk
        .refused(
            Method::PATCH,
            "transcript/segments/2",
            Some(0),
            json!({"text": "x"}),
        )
        .await;
    assert_eq!(status, 409);
    assert_eq!(desk.get("transcript").await["finished"], true);
    desk.done(Method::POST, "transcript/reopen", None, json!({}))
        .await;
    desk.done(
        Method::PATCH,
        "transcript/segments/2",
        Some(0),
        json!({"text": "x"}),
    )
    .await;
}

#[tokio::test]
async fn speakers_need_no_sound() {
    let desk = Desk::open().await;
    desk.done(Method::PATCH, "speakers/S1", None, json!({"name": "佐藤課長"}))
        .await;
    let added = desk
        .done(Method::POST, "speakers", None, json!({"name": "鈴木"}))
        .await;
    assert_eq!(added["speakers"][2]["id"], "S3");
    desk.done(
        Method::PATCH,
        "transcript/segments/2",
        Some(0),
        json!({"speaker": "S3"}),
    )
    .await;
    let merged = desk
        .done(Method::POST, "speakers/S3/merge", None, json!({"into": "S2"}))
        .await;
    assert_eq!(merged["segments"][0]["speaker"], "S2");
    assert_eq!(merged["speakers"][1]["name"], "鈴木");
    let one = json!({"speakers": {"kind": "exact", "speakers": 1}});
    let found = desk
        .done(Method::POST, "speakers/recluster", None, one.clone())
        .await;
    assert_eq!(found["segments"][0]["speaker"], "S1");
    for (place, body, expected) in [
        ("speakers/S9", json!({"name": "x"}), 404),
        ("speakers/X", json!({"name": "x"}), 404),
        ("speakers/S1", json!({"name": ""}), 422),
    ] {
        let (status, _) = desk.refused(Method::PATCH, place, None, body).await;
        assert_eq!(status, expected, "{place}");
    }
    let none = json!({"speakers": {"kind": "exact", "speakers": 0}});
    let (status, _) = desk.refused(Method::POST, "speakers/recluster", None, none).await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn people_at_once_lose_nothing() {
    let desk = Desk::open().await;
    let place = |segment: u64| format!("transcript/segments/{segment}");
    let (one, two, three) = (place(1), place(2), place(3));
    let texts = tokio::join!(
        desk.done(Method::PATCH, &one, Some(0), json!({"text": "一"})),
        desk.done(Method::PATCH, &two, Some(0), json!({"text": "二"})),
        desk.done(Method::PATCH, &three, Some(0), json!({"text": "三"})),
        desk.done(Method::PATCH, "speakers/S1", None, json!({"name": "佐藤"})),
    );
    let versions: std::collections::BTreeSet<_> = [&texts.0, &texts.1, &texts.2, &texts.3]
        .map(|changed| changed["version"].as_u64().unwrap())
        .into();
    assert_eq!(versions, [1, 2, 3, 4].into());
    assert_eq!(desk.texts().await, ["一", "二", "三"]);
}

#[tokio::test]
async fn time_on_task_counts_from_signs_of_life() {
    let desk = Desk::open().await;
    let place = format!("/v1/jobs/{}/transcript/activity", desk.job);
    for _ in 0..2 {
        assert_eq!(
            desk.office
                .clerk(Method::POST, &place)
                .send()
                .await
                .unwrap()
                .status(),
            204
        );
    }
    let times = desk.get("transcript").await["time_on_task"].clone();
    assert_eq!(times.as_array().unwrap().len(), 1);
    assert_eq!(times[0]["seconds"], 0, "the clock stands");
}

#[tokio::test]
async fn a_transcript_is_there_once_its_job_has_succeeded() {
    let office = Office::open().await;
    let (_, job) = office.recording_job(&json!({})).await;
    let place = format!("/v1/jobs/{job}/transcript");
    let early = office.get(&place).await;
    assert_eq!(early.status(), 409);
    let problem: Value = early.json().await.unwrap();
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("まだ終わっていません")
    );
    office
        .clerk(Method::POST, &format!("/v1/jobs/{job}/cancel"))
        .send()
        .await
        .unwrap();
    assert_eq!(office.get(&place).await.status(), 409);
    let (document, job) = office.meeting().await;
    let place = format!("/v1/jobs/{job}/transcript");
    assert_eq!(office.get(&place).await.status(), 200);
    // Gone with its document, from memory too.
    let deleted = office
        .clerk(Method::DELETE, &format!("/v1/documents/{document}"))
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.status(), 204);
    assert_eq!(office.get(&place).await.status(), 404);
    let (_, form) = office.finished_job(1).await;
    assert_eq!(
        office.get(&format!("/v1/jobs/{form}/transcript")).await.status(),
        409
    );
}

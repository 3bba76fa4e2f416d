//! A recording over HTTP, with the models that the product brings: from the upload to the corrected Word file,
//! a voice that is kept and forgotten again, and a service that dies in the middle.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shoki_app::clock::SystemClock;
use shoki_core::digest::Sha256;
use shoki_core::id::JobId;
use shoki_core::unit::{RetryPolicy, UnitState};
use shoki_store::{JobStore as _, SqliteStore};

use crate::chat_server::{Act, ChatServer};
use crate::service::{Api, Office, answered, copy, model_store, repository, text};

fn recording() -> Vec<u8> {
    std::fs::read(repository().join("bench/samples/meeting.flac")).expect("the sample")
}

fn minutes(speakers: u32) -> Value {
    json!({"pipeline": "minutes", "minutes": {
        "title": "福祉委員会",
        "held_on": "2026-11-24",
        "attendees": ["福祉課 佐藤課長"],
        "speakers": {"kind": "exact", "speakers": speakers},
        "terms": [{"written": "浅川", "reading": "あさかわ"}],
    }})
}

async fn send(api: &Api, method: Method, path: &str, version: Option<&Value>, body: Value) -> Value {
    let request = api.request(method, path).json(&body);
    let request = match version {
        Some(version) => request.header("if-match", format!("\"{version}\"")),
        None => request,
    };
    answered(request.send().await.expect("an answer"), StatusCode::OK).await
}

async fn exported(api: &Api, job: &str, format: &str) -> Vec<u8> {
    let path = format!("/v1/jobs/{job}/export/{format}");
    let answer = api.request(Method::GET, &path).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK, "{format}");
    answer.bytes().await.expect("bytes").to_vec()
}

#[tokio::test]
async fn a_recording_becomes_minutes_and_corrections_reach_every_file() {
    let office = Office::open();
    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    let (document, job) = api.submit_as("meeting.flac", recording(), minutes(3)).await;
    let ended = api.finished(&job).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    let outcome = &ended["outcome"];
    assert_eq!(
        (&outcome["speakers"], &outcome["windows_failed"]),
        (&json!(3), &json!(0))
    );
    assert!(outcome["characters"].as_u64() > Some(300), "{outcome}");

    let report = api.get(&format!("/v1/jobs/{job}/audio-report")).await;
    assert!(report.to_string().contains("snr_db"), "{report}");
    let transcript = api.get(&format!("/v1/jobs/{job}/transcript")).await;
    let first = &transcript["segments"][0];
    assert_eq!(first["speaker"], "S1", "who speaks first is the first speaker");
    let place = format!("/v1/jobs/{job}/transcript/segments/{}", first["id"]);
    let corrected = "皆さん、浅川でございます。";
    let body = json!({"text": corrected});
    send(&api, Method::PATCH, &place, Some(&first["version"]), body).await;
    send(
        &api,
        Method::PATCH,
        &format!("/v1/jobs/{job}/speakers/S1"),
        None,
        json!({"name": "議長"}),
    )
    .await;
    let txt = String::from_utf8(exported(&api, &job, "txt").await).expect("UTF-8");
    assert!(txt.contains("議長: 皆さん、浅川でございます。"), "{txt}");
    let vtt = String::from_utf8(exported(&api, &job, "vtt").await).expect("UTF-8");
    assert!(vtt.starts_with("WEBVTT") && vtt.contains("浅川"), "{vtt}");
    assert!(exported(&api, &job, "docx").await.starts_with(b"PK"));
    // What the job left stays as it was heard.
    let files = api.artifacts(&job).await;
    assert!(!String::from_utf8_lossy(&files["meeting.txt"]).contains("浅川でございます"));
    assert_eq!(files["listening.ogg"].first_chunk::<4>(), Some(b"OggS"));

    // A voice kept with consent gives a name to the same voice in another meeting, until it is deleted.
    let voice = json!({"name": "佐々木", "consent": true, "job": job, "speaker": "S1"});
    let kept = api
        .request(Method::POST, "/v1/voice-prints")
        .json(&voice)
        .send()
        .await;
    let kept = answered(kept.expect("an answer"), StatusCode::CREATED).await;
    let (_, again) = api.submit_as("again.flac", recording(), minutes(3)).await;
    assert_eq!(api.finished(&again).await["state"], "succeeded");
    let proposed = async |api: &Api| {
        let transcript = api.get(&format!("/v1/jobs/{again}/transcript")).await;
        transcript["speakers"][0]["proposed_name"].clone()
    };
    assert_eq!(proposed(&api).await, "佐々木");
    let path = format!("/v1/voice-prints/{}", text(&kept["id"]));
    let gone = api
        .request(Method::DELETE, &path)
        .send()
        .await
        .expect("an answer");
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    assert_eq!(proposed(&api).await, Value::Null);

    // Speakers are found anew without the sound.
    let found = send(
        &api,
        Method::POST,
        &format!("/v1/jobs/{again}/speakers/recluster"),
        None,
        json!({"speakers": {"kind": "exact", "speakers": 2}}),
    )
    .await;
    let segments = found["segments"]
        .as_array()
        .or(found["transcript"]["segments"].as_array());
    assert!(
        segments.is_some() || found["version"].as_u64() > Some(0),
        "{found}"
    );
    let transcript = api.get(&format!("/v1/jobs/{again}/transcript")).await;
    let mut speakers: Vec<String> = transcript["segments"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|segment| segment["speaker"].as_str().map(str::to_owned))
        .collect();
    speakers.sort();
    speakers.dedup();
    assert_eq!(speakers.len(), 2, "{speakers:?}");

    let deleted = api
        .request(Method::DELETE, &format!("/v1/documents/{document}"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    server.kill();
}

#[tokio::test]
async fn a_service_killed_in_the_middle_of_a_recording_repeats_one_window_at_most() {
    let office = Office::open_with(&[("WORKERS__THREADS", "3"), ("RETRY__BASE_DELAY_MS", "10")]);
    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    let (_, job) = api.submit_as("meeting.flac", recording(), minutes(3)).await;
    let half = api
        .job_when(&job, |job| {
            job["state"] == "running" && job["progress"]["done"].as_u64() >= Some(3)
        })
        .await;
    server.kill();
    let mut server = office.start();
    server.ready().await;
    let ended = api.finished(&job).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    assert_eq!(ended["outcome"]["windows_failed"], 0);
    server.kill();

    let store = SqliteStore::open(
        &office.data().join("shoki.db"),
        std::sync::Arc::new(SystemClock),
        RetryPolicy::default(),
    )
    .await
    .expect("the database");
    let secret = Sha256::of(office.token.as_bytes());
    let actor = store
        .authenticate(&secret)
        .await
        .expect("an answer")
        .expect("known");
    let id: JobId = job.parse().expect("an id");
    let units = store.ended_units_of(&actor, id).await.expect("units");
    let repeated: u32 = units
        .iter()
        .map(|unit| match unit.state {
            UnitState::Done { attempt, .. } => attempt.0 - 1,
            _ => panic!("{unit:?}"),
        })
        .sum();
    assert!(
        repeated <= 1,
        "{repeated} windows repeated of {}: {half}",
        units.len()
    );
    assert!(units.len() > 5);
}

/// A model that says one thing that was said, one that was not, and follows no order.
#[tokio::test]
async fn an_item_of_the_agenda_is_drafted_by_the_operators_server_and_held_against_the_text() {
    let server = ChatServer::start(|asked| {
        let user = asked.user();
        let first = user["statements"][0].clone();
        let said = first["text"].as_str().expect("a text");
        Act::Say(
            json!({"points": [
                {"sentence": said, "cites": [first["id"]]},
                {"sentence": "予算として99億円を承認した。", "cites": [first["id"]]},
                {"sentence": said, "cites": []},
            ]})
            .to_string(),
        )
    });
    let base_url = server.base_url();
    let office = Office::open_with(&[
        ("DRAFTING__BASE_URL", &base_url),
        ("DRAFTING__MODEL", "test-model"),
    ]);
    let mut running = office.start();
    running.ready().await;
    let api = office.client();
    let (_, job) = api.submit_as("meeting.flac", recording(), minutes(3)).await;
    assert_eq!(api.finished(&job).await["state"], "succeeded");
    let place = format!("/v1/jobs/{job}/minutes");
    let before = api.get(&place).await;
    let agenda = |minutes: &Value| {
        let sections = minutes["sections"].as_array().expect("a list").clone();
        let own = sections.into_iter().find(|section| section["kind"] == "agenda");
        own.expect("an agenda")["items"].clone()
    };
    assert_eq!(before["drafted"], false);
    let drafted = send(
        &api,
        Method::POST,
        &format!("{place}/draft"),
        None,
        json!({"item": 0}),
    )
    .await;
    assert_eq!(drafted["drafted"], true);
    let own = agenda(&drafted)[0]["sentences"].clone();
    let invented = own
        .as_array()
        .expect("a list")
        .iter()
        .find(|sentence| sentence["text"] == "予算として99億円を承認した。")
        .expect("it is shown");
    assert_eq!(invented["supported"], false);
    assert_eq!(own[2]["supported"], false, "nothing is cited");
    assert_eq!(own[2]["evidence"], json!([]));
    let asked = server.asked();
    assert!(
        asked[0].body["messages"][0]["content"]
            .as_str()
            .expect("rules")
            .contains("statements")
    );
    // Every form of output says that a machine wrote, and marks what is not borne out.
    let md = String::from_utf8(exported(&api, &job, "md").await).expect("UTF-8");
    assert!(
        md.contains("【要確認】予算として99億円") && md.contains("機械が下書きした文"),
        "{md}"
    );
    let gone = api
        .request(Method::DELETE, &format!("{place}/draft"))
        .send()
        .await;
    assert_eq!(gone.expect("an answer").status(), StatusCode::NO_CONTENT);
    assert_eq!(agenda(&api.get(&place).await), agenda(&before));
    running.kill();
}

/// The weights that the product brings, brought again as a better recogniser would be.
#[tokio::test]
async fn a_recogniser_that_is_imported_beside_the_service_hears_the_next_recording() {
    let mut office = Office::open();
    let near = |name: &str| office.data().with_file_name(name);
    let (store, catalogue, medium) = (near("models"), near("catalogue"), near("medium"));
    copy(&model_store(), &store);
    copy(&repository().join("models"), &catalogue);
    let own = std::fs::read_to_string(catalogue.join("whisper-asahino/manifest.toml")).expect("a manifest");
    let (file, rest) = (
        own.find("[[file]]").expect("a file"),
        own.find("[speech]").expect("settings"),
    );
    let better = format!(
        "name = \"whisper-small\"\nversion = \"test\"\ntask = \"speech_recognition\"\nlicence = \"MIT\"\n\
         [source]\nkind = \"directory\"\n{}\n{}",
        &own[file..rest],
        &own[rest..]
    );
    std::fs::write(catalogue.join("whisper-small/manifest.toml"), better).expect("written");
    let weights = medium.join("whisper-small/model.bin.zst");
    std::fs::create_dir_all(medium.join("whisper-small")).expect("made");
    std::fs::copy(catalogue.join("whisper-asahino/model.bin.zst"), weights).expect("copied");
    office.set("MODELS__STORE_DIR", &store.display().to_string());
    office.set("MODELS__CATALOGUE_DIR", &catalogue.display().to_string());
    office.set("MODELS__RECHECK_SECONDS", "1");
    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    let heard_by = async |name: &str| {
        let (_, job) = api.submit_as(name, recording(), minutes(3)).await;
        let ended = api.finished(&job).await;
        assert_eq!(ended["state"], "succeeded", "{ended}");
        let meeting: Value =
            serde_json::from_slice(&api.artifacts(&job).await["meeting.shoki.json"]).expect("JSON");
        text(&meeting["recogniser"]).to_owned()
    };
    assert!(heard_by("a.flac").await.starts_with("whisper-asahino"));
    let imported = office.run(&["models", "import", &medium.display().to_string()]);
    assert!(imported.status.success(), "{imported:?}");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while server.log().matches("forms prepared: ready").count() < 2 {
        assert!(std::time::Instant::now() < deadline, "{}", server.log());
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(heard_by("b.flac").await, "whisper-small test");
    server.kill();
}

//! Voices kept with the person's consent: names proposed, refused, and gone when deleted.

use reqwest::Method;
use serde_json::{Value, json};
use shoki_core::access::Role;

use crate::office::Office;

const NAME: &str = "カナリア課長";

async fn keep(office: &Office, body: &Value) -> (u16, Value) {
    let answer = office
        .clerk(Method::POST, "/v1/voice-prints")
        .json(body)
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn speakers(office: &Office, job: &str) -> Value {
    let transcript: Value = office
        .get(&format!("/v1/jobs/{job}/transcript"))
        .await
        .json()
        .await
        .unwrap();
    transcript["speakers"].clone()
}

#[tokio::test]
async fn a_kept_voice_proposes_its_name_and_never_takes_it() {
    let office = Office::open().await;
    let (_, first) = office.meeting().await;
    let new = |name: &str, speaker: &str, consent: bool| json!({"name": name, "speaker": speaker, "consent": consent, "job": first});
    for (body, expected, said) in [
        (new(NAME, "S1", false), 422, "同意"),
        (new(" ", "S1", true), 422, "名前"),
        (new(NAME, "S9", true), 422, "声が足りません"),
    ] {
        let (status, problem) = keep(&office, &body).await;
        assert_eq!(status, expected, "{body}");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{problem}");
    }
    assert!(
        !office.directory.path().join("voice-key").exists(),
        "made at first use"
    );
    let (status, kept) = keep(&office, &new(NAME, "S1", true)).await;
    assert_eq!((status, &kept["name"]), (201, &json!(NAME)));
    assert_eq!(keep(&office, &new(NAME, "S2", true)).await.0, 409);
    let listed: Value = office.get("/v1/voice-prints").await.json().await.unwrap();
    assert_eq!(listed, json!([kept]));

    let (_, second) = office.meeting().await;
    let proposed = speakers(&office, &second).await;
    assert_eq!(
        (&proposed[0]["proposed_name"], &proposed[0]["name"]),
        (&json!(NAME), &Value::Null)
    );
    assert_eq!(proposed[1].get("proposed_name"), None);
    // Another 課 hears nothing of it.
    let others = office
        .request(Method::GET, "/v1/voice-prints")
        .bearer_auth(office.welfare.token(Role::Clerk))
        .send()
        .await
        .unwrap();
    assert_eq!(others.json::<Value>().await.unwrap(), json!([]));
    // A name that a person gave goes first, and a name that is given is nobody else's.
    let rename = |speaker: &str, name: &str| {
        let place = format!("/v1/jobs/{second}/speakers/{speaker}");
        office
            .clerk(Method::PATCH, &place)
            .json(&json!({"name": name}))
            .send()
    };
    assert_eq!(rename("S2", NAME).await.unwrap().status(), 200);
    assert_eq!(speakers(&office, &second).await[0].get("proposed_name"), None);

    let sealed = office
        .store
        .voice_prints(office.actor(Role::Clerk).await.department)
        .await
        .unwrap();
    let sealed = sealed[0].sealed.clone();
    let place = format!("/v1/voice-prints/{}", kept["id"].as_str().unwrap());
    assert!(found(&office, &sealed), "it was there");
    let deleted = office.clerk(Method::DELETE, &place).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    assert!(!found(&office, &sealed), "gone from every file");
    let (_, third) = office.meeting().await;
    assert_eq!(speakers(&office, &third).await[0].get("proposed_name"), None);
}

#[tokio::test]
async fn a_name_lies_in_no_file_while_it_is_kept() {
    let office = Office::open().await;
    let (_, job) = office.meeting().await;
    let body = json!({"name": NAME, "speaker": "S1", "consent": true, "job": job});
    assert_eq!(keep(&office, &body).await.0, 201);
    assert!(!found(&office, NAME.as_bytes()));
    // Without the key it is known that there is a voice, not whose.
    std::fs::remove_file(office.directory.path().join("voice-key")).unwrap();
    let listed: Value = office.get("/v1/voice-prints").await.json().await.unwrap();
    assert_eq!(listed[0]["name"], Value::Null);
    assert_eq!(speakers(&office, &job).await[0].get("proposed_name"), None);
    let place = format!("/v1/voice-prints/{}", listed[0]["id"].as_str().unwrap());
    assert_eq!(
        office
            .clerk(Method::DELETE, &place)
            .send()
            .await
            .unwrap()
            .status(),
        204
    );
}

/// Whether a file below the data directory holds the bytes.
fn found(office: &Office, needle: &[u8]) -> bool {
    let mut directories = vec![office.directory.path().to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if std::fs::read(&path)
                .unwrap()
                .windows(needle.len())
                .any(|window| window == needle)
            {
                return true;
            }
        }
    }
    false
}

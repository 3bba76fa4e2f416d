//! Live captions over real sockets: no sound is lost, a slow recogniser falls behind visibly, a session belongs
//! to its 課, and the recording becomes an ordinary job.

mod killed;
mod opus;
mod room;

use reqwest::Method;
use serde_json::{Value, json};

use room::{Room, SCRIPT, StreamEvent, speech};
pub use room::{decoder, wave};

/// Bytes before the samples of a WAVE file of ours.
const WAVE_HEADER: usize = 44;
/// Bytes of a message: a tenth of a second.
const MESSAGE: usize = 3_200;

fn is(name: &'static str) -> impl Fn(&StreamEvent) -> bool {
    move |event| event.name == name
}

fn said(events: &[StreamEvent]) -> Vec<&str> {
    let finals = events.iter().filter(|event| event.name == "final");
    finals
        .map(|event| event.data["text"].as_str().expect("a text"))
        .collect()
}

fn script(syllables: usize) -> String {
    SCRIPT.chars().take(syllables).collect()
}

#[tokio::test]
async fn sound_survives_every_disconnection_and_becomes_a_job() {
    let room = Room::open().await;
    let session = room.session().await;
    let sound = speech(&[10, 20, 14]);
    let messages: Vec<&[u8]> = sound.chunks(MESSAGE).collect();
    let mut sent_again = 0;
    // Each connection is dropped after a number of messages of its own, most of them not acknowledged: but for those
    // of the third, which has later ones begin behind something.
    for length in [1_u64, 7, 40, 3, 90, 500] {
        let mut microphone = room.microphone(&session).await;
        let from = microphone.next;
        // Two that are there already: they must not count twice.
        for number in from.saturating_sub(2)..from {
            sent_again += 1;
            microphone
                .send_as(number, messages[usize::try_from(number).unwrap()])
                .await;
        }
        for number in from..(from + length).min(messages.len() as u64) {
            microphone.send(messages[usize::try_from(number).unwrap()]).await;
        }
        if length == 40 {
            microphone.is_safe().await;
        }
        if microphone.next == messages.len() as u64 {
            if microphone.next > from {
                microphone.is_safe().await;
            }
            break;
        }
    }
    let mut microphone = room.microphone(&session).await;
    while microphone.next < messages.len() as u64 {
        let number = usize::try_from(microphone.next).unwrap();
        microphone.send(messages[number]).await;
    }
    drop(microphone);
    let microphone = room.microphone(&session).await;
    assert_eq!(microphone.next, messages.len() as u64);
    assert!(sent_again > 2);

    let document = room.end(&session).await;
    assert_eq!(document.len(), WAVE_HEADER + sound.len());
    assert!(
        document[WAVE_HEADER..] == sound,
        "the recording is not what was sent"
    );
    let events = room.events(&session, 0, is("ended")).await;
    assert_eq!(said(&events), [script(10), script(20), script(14)]);
    assert!(room.sessions().is_empty());
    // Ended twice is ended once.
    let again = room.end(&session).await;
    assert!(again == document);
    let jobs = room.get("/v1/jobs?pipeline=minutes").await;
    assert_eq!(jobs["items"].as_array().map(Vec::len), Some(1), "{jobs}");
    room.close().await;
}

#[tokio::test]
async fn captions_come_while_somebody_speaks_and_can_be_followed_from_anywhere() {
    let room = Room::open().await;
    let session = room.session().await;
    let mut microphone = room.microphone(&session).await;
    let sound = speech(&[30]);
    let (speaking, rest) = sound.split_at(sound.len() - 36_000);
    for message in speaking.chunks(MESSAGE) {
        microphone.send(message).await;
    }
    let partial = |event: &StreamEvent| {
        event.data["partial"]["firm"]
            .as_str()
            .is_some_and(|firm| !firm.is_empty())
    };
    // The machine may have heard it in one go: then nothing is firm until there is more to hear.
    let more = speech(&[0]);
    microphone.is_safe().await;
    let firm = room
        .events(&session, 0, |event| {
            partial(event) || event.data["partial"]["tentative"].is_string()
        })
        .await;
    let now = &firm.last().unwrap().data["partial"];
    let shown = format!(
        "{}{}",
        now["firm"].as_str().unwrap(),
        now["tentative"].as_str().unwrap()
    );
    assert!(script(30).starts_with(&shown) && now["segment"] == 1, "{now}");
    for message in rest.chunks(MESSAGE).chain(more.chunks(MESSAGE)) {
        microphone.send(message).await;
    }
    let events = room.events(&session, 0, is("final")).await;
    assert_eq!(said(&events), [script(30)]);
    let last = events.last().unwrap();
    assert_eq!(last.id, Some(1));

    let correct = json!({"text": "次の議題は防災訓練です。"});
    let path = format!("/v1/live/{session}/segments/1");
    let corrected = room
        .request(Method::POST, &path)
        .json(&correct)
        .send()
        .await
        .unwrap();
    assert_eq!(corrected.status(), 200);
    // Who was away gets what is missing, once.
    let missed = room.events(&session, 1, is("correction")).await;
    assert!(missed.iter().all(|event| event.name != "final"), "{missed:?}");
    assert_eq!(missed.last().unwrap().data["text"], correct["text"]);
    let path = format!("/v1/live/{session}/segments/9");
    let unknown = room
        .request(Method::POST, &path)
        .json(&correct)
        .send()
        .await
        .unwrap();
    assert_eq!(unknown.status(), 404);
    room.close().await;
}

#[tokio::test]
async fn a_slow_recogniser_falls_behind_visibly_and_no_sound_is_lost() {
    let room = Room::open().await;
    room.gate.close();
    let session = room.session().await;
    let mut microphone = room.microphone(&session).await;
    let sound = speech(&[20; 14]);
    for message in sound.chunks(MESSAGE) {
        microphone.send(message).await;
    }
    // A minute of speech is safe while not one word has been heard.
    microphone.is_safe().await;
    let behind = |event: &StreamEvent| {
        event.data["behind_ms"]
            .as_u64()
            .is_some_and(|behind| behind > 30_000)
    };
    let events = room.events(&session, 0, behind).await;
    assert_eq!(said(&events), [""; 0]);
    room.gate.open();
    let all = |event: &StreamEvent| event.name == "final" && event.data["segment"] == 14;
    let events = room.events(&session, 0, all).await;
    assert_eq!(said(&events), [script(20).as_str(); 14]);
    let caught_up = |event: &StreamEvent| event.data["behind_ms"] == 0;
    room.events(&session, 14, caught_up).await;
    let document = room.end(&session).await;
    assert!(document[WAVE_HEADER..] == sound);
    room.close().await;
}

#[tokio::test]
async fn a_gap_is_refused_and_names_what_is_missing() {
    let room = Room::open().await;
    let session = room.session().await;
    let mut microphone = room.microphone(&session).await;
    let sound = speech(&[4]);
    microphone.send(&sound[..MESSAGE]).await;
    microphone.is_safe().await;
    microphone.send_as(2, &sound[..MESSAGE]).await;
    let error = microphone.message().await;
    assert_eq!(
        (&error["type"], &error["resume_from"]),
        (&json!("error"), &json!(1))
    );
    assert!(
        error["detail"]
            .as_str()
            .unwrap()
            .contains("連番 1 の音声が届いていません"),
        "{error}"
    );
    microphone.is_closed().await;
    for wrong in [&b"short"[..], &[0; 8], &[0, 0, 0, 0, 0, 0, 0, 0, 1]] {
        let mut microphone = room.microphone(&session).await;
        let number = u64::from_le_bytes(wrong.first_chunk::<8>().copied().unwrap_or_default());
        assert_eq!(number, 0);
        let sound = wrong.get(8..).unwrap_or_default();
        if wrong.len() < 8 {
            microphone.say("{\"type\": \"start\"}").await;
        } else {
            microphone.send(sound).await;
        }
        let error = microphone.message().await;
        assert_eq!(
            (&error["type"], &error["code"]),
            (&json!("error"), &json!("bad_request")),
            "{error}"
        );
        microphone.is_closed().await;
    }
    room.close().await;
}

#[tokio::test]
async fn a_second_microphone_takes_over_and_the_first_is_told() {
    let room = Room::open().await;
    let session = room.session().await;
    let mut first = room.microphone(&session).await;
    let sound = speech(&[4]);
    first.send(&sound[..MESSAGE]).await;
    first.is_safe().await;
    let mut second = room.microphone(&session).await;
    assert_eq!(second.next, 1);
    let told = first.message().await;
    assert_eq!(
        (&told["type"], &told["code"]),
        (&json!("error"), &json!("conflict"))
    );
    first.is_closed().await;
    second.send(&sound[MESSAGE..2 * MESSAGE]).await;
    second.is_safe().await;
    assert_eq!(
        room.get(&format!("/v1/live/{session}")).await["now"]["connected"],
        true
    );
    // The end over the socket is the same as over HTTP.
    second.say("{\"type\": \"end\"}").await;
    let ended = second.message().await;
    assert_eq!(ended["type"], "ended", "{ended}");
    let job = room
        .get(&format!("/v1/jobs/{}", ended["job"].as_str().unwrap()))
        .await;
    let document = room.recording(&job["document_id"]).await;
    assert!(document[WAVE_HEADER..] == sound[..2 * MESSAGE]);
    room.close().await;
}

#[tokio::test]
async fn another_department_sees_no_session_and_a_full_house_says_so() {
    let room = Room::open().await;
    let session = room.session().await;
    assert_eq!(room.refused(&session, &room.stranger).await, 404);
    assert_eq!(room.refused(&session, "nobody").await, 401);
    let new = |token: &str| {
        let request = room.request(Method::POST, "/v1/live").json(&json!({}));
        request.bearer_auth(token.to_owned()).send()
    };
    let full = new(&room.token).await.unwrap();
    assert_eq!(full.status(), 503);
    let full: Value = full.json().await.unwrap();
    assert!(full["detail"].as_str().unwrap().contains("1 件まで"), "{full}");
    // A session without sound ends without a job, and its place is free.
    let path = format!("/v1/live/{session}/end");
    let nothing = room.request(Method::POST, &path).send().await.unwrap();
    assert_eq!(nothing.status(), 204);
    assert_eq!(room.sessions().len(), 0);
    assert_eq!(new(&room.token).await.unwrap().status(), 201);
    room.close().await;
}

#[tokio::test]
async fn what_a_restart_left_is_gone_on_with_and_speakers_and_numbers_go_on() {
    let room = Room::open().await;
    let session = room.session().await;
    let mut microphone = room.microphone(&session).await;
    let (before, after) = (speech(&[12]), speech(&[9]));
    for message in before.chunks(MESSAGE) {
        microphone.send(message).await;
    }
    microphone.is_safe().await;
    room.events(&session, 0, is("final")).await;
    let room = room.restart().await;
    let listed = room.get("/v1/live").await;
    assert_eq!(listed[0]["id"], session.as_str(), "{listed}");
    assert_eq!(listed[0]["now"]["connected"], false);
    let mut microphone = room.microphone(&session).await;
    assert_eq!(microphone.next, before.len().div_ceil(MESSAGE) as u64);
    for message in after.chunks(MESSAGE) {
        microphone.send(message).await;
    }
    let second = |event: &StreamEvent| event.id == Some(2);
    let events = room.events(&session, 0, second).await;
    assert_eq!(said(&events), [script(12), script(9)]);
    assert_eq!(events.last().unwrap().data["segment"], 2);
    let document = room.end(&session).await;
    assert!(document[WAVE_HEADER..] == [before, after].concat());
    room.close().await;
}

#[tokio::test]
async fn a_session_that_nobody_sends_to_ends_by_itself_as_a_job() {
    let room = Room::open().await;
    let session = room.session().await;
    let sound = speech(&[8]);
    let mut microphone = room.microphone(&session).await;
    for message in sound.chunks(MESSAGE) {
        microphone.send(message).await;
    }
    microphone.is_safe().await;
    // Somebody is there: however late it is, it goes on.
    room.later(2_000).await;
    assert_eq!(room.sessions().len(), 1);
    drop(microphone);
    let gone = |event: &StreamEvent| event.data["connected"] == false;
    room.events(&session, 0, gone).await;
    room.later(60).await;
    assert_eq!(room.sessions().len(), 1);
    room.later(2_000).await;
    let jobs = room.get("/v1/jobs?pipeline=minutes").await;
    let document = room.recording(&jobs["items"][0]["document_id"]).await;
    assert!(document[WAVE_HEADER..] == sound);
    assert_eq!(room.sessions().len(), 0);
    room.close().await;
}

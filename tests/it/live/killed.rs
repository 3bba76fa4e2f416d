//! A service that is killed while a microphone sends: what was acknowledged is there, the rest is sent again.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shoki_core::digest::Sha256;

use super::room::{Microphone, speech, wave};
use crate::kill::answers;
use crate::service::{Office, answered, text};

const KILLS: usize = 5;
const SEED: u64 = 20_261_129;
const MESSAGE: usize = 3_200;

#[tokio::test]
async fn kill_9_in_the_middle_of_a_meeting_loses_nothing_that_was_acknowledged() {
    let mut moments = ChaCha8Rng::seed_from_u64(SEED);
    let office = Office::open();
    let sound = speech(&[20; 8]);
    let messages: Vec<&[u8]> = sound.chunks(MESSAGE).collect();
    let mut server = office.start();
    let api = office.client();
    answers(&api).await;
    let opened = api
        .request(Method::POST, "/v1/live")
        .json(&json!({}))
        .send()
        .await;
    let opened = answered(opened.expect("an answer"), StatusCode::CREATED).await;
    let session = text(&opened["id"]);
    let path = format!("/v1/live/{session}/audio");
    let mut acknowledged = 0;
    for kill in 0..=KILLS {
        let connected = Microphone::connect(office.address, &path, &office.token).await;
        let mut microphone = connected.expect("a WebSocket");
        assert!(microphone.next >= acknowledged, "an acknowledged message is lost");
        let left = messages.len() as u64 - microphone.next;
        let now = if kill == KILLS {
            left
        } else {
            moments.random_range(1..left / 2)
        };
        let until = microphone.next + now;
        while microphone.next < until {
            microphone
                .send(messages[usize::try_from(microphone.next).expect("hundreds")])
                .await;
        }
        if kill == KILLS {
            microphone.is_safe().await;
            break;
        }
        // Some of it is acknowledged, some is on its way when the process dies.
        acknowledged = microphone.message().await["sequence"].as_u64().expect("an ack") + 1;
        server.kill();
        server = office.start();
        answers(&api).await;
    }
    let ended = api
        .request(Method::POST, &format!("/v1/live/{session}/end"))
        .send()
        .await;
    let job = answered(ended.expect("an answer"), StatusCode::ACCEPTED).await;
    let document = api
        .get(&format!("/v1/documents/{}", text(&job["document_id"])))
        .await;
    assert_eq!(document["sha256"], Sha256::of(&wave(&sound)).to_string());
    let jobs: Value = api.get("/v1/jobs?pipeline=minutes").await;
    assert_eq!(jobs["items"].as_array().map(Vec::len), Some(1), "{jobs}");
    assert_eq!(job["pipeline"], "minutes", "{job}");
}

//! A microphone that sends Opus: each second is opened in a decode child, and the recording is the packets as
//! they came.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use opusic_c::{Application, Channels, Encoder, SampleRate};
use serde_json::json;
use shoki_app::live::opus::OpusEar;
use shoki_core::media::MediaKind;

use super::room::{Room, audible_speech, decoder};
use super::{is, said, script};

/// Samples of a packet: 20 ms at 16 kHz.
const PACKET: usize = 320;

fn samples(pcm: &[u8]) -> Vec<i16> {
    let pairs = pcm.as_chunks::<2>().0;
    pairs.iter().map(|&pair| i16::from_le_bytes(pair)).collect()
}

fn packets(samples: &[i16]) -> Vec<Vec<u8>> {
    let mut encoder =
        Encoder::new(Channels::Mono, SampleRate::Hz16000, Application::Audio).expect("an encoder");
    let mut packets = Vec::new();
    for part in samples.chunks_exact(PACKET) {
        let unsigned: Vec<u16> = part.iter().map(|sample| sample.cast_unsigned()).collect();
        let mut packet = vec![0; 4_000];
        let length = encoder.encode_to_slice(&unsigned, &mut packet).expect("a packet");
        packet.truncate(length);
        packets.push(packet);
    }
    packets
}

/// Half a second of a low tone, half a second of silence, and so on.
fn beeps() -> Vec<i16> {
    (0..80_000_u32)
        .map(|nth| {
            let is_loud = nth / 8_000 % 2 == 0;
            let tone = (f64::from(nth) * 440.0 * std::f64::consts::TAU / 16_000.0).sin();
            if is_loud { (tone * 8_000.0) as i16 } else { 0 }
        })
        .collect()
}

/// Loudness of each tenth of a second.
fn levels(samples: &[i16]) -> Vec<f64> {
    let level = |part: &[i16]| {
        let sum: f64 = part.iter().map(|&sample| f64::from(sample).powi(2)).sum();
        (sum / part.len() as f64).sqrt()
    };
    samples.chunks_exact(1_600).map(level).collect()
}

#[test]
fn packets_are_sound_again_in_their_place() {
    let scratch = tempfile::tempdir().expect("a directory");
    let mut ear = OpusEar::new(decoder(), scratch.path().to_owned());
    let beeps = beeps();
    let mut heard = Vec::new();
    for packet in packets(&beeps) {
        heard.extend(ear.hear(packet));
    }
    heard.extend(ear.flush());
    assert_eq!(heard.len(), beeps.len());
    for (tenth, (found, wanted)) in levels(&heard).iter().zip(levels(&beeps)).enumerate() {
        // A packet's sound comes a few milliseconds late: the tenths at the edges are neither.
        if tenth % 5 != 0 {
            assert!(
                (found - wanted).abs() < 800.0,
                "{tenth}: {found} instead of {wanted}"
            );
        }
    }
    // What is no sound is silence of its length, and what follows is sound again.
    let mut broken = OpusEar::new(decoder(), scratch.path().to_owned());
    let bad = vec![31 << 3 | 3, 1, 0xff, 0xff];
    let mut silent = Vec::new();
    for _ in 0..25 {
        silent.extend(broken.hear(bad.clone()));
    }
    assert_eq!(silent.len(), 8_000);
}

#[tokio::test]
async fn a_meeting_in_opus_has_captions_and_becomes_a_job() {
    let room = Room::open().await;
    let session = room.session_as(&json!({"codec": "opus"})).await;
    let mut microphone = room.microphone(&session).await;
    let sound = samples(&audible_speech(&[12, 9]));
    let packets = packets(&sound);
    for packet in &packets {
        microphone.send(packet).await;
    }
    microphone.is_safe().await;
    let second = |event: &super::StreamEvent| event.id == Some(2);
    let events = room.events(&session, 0, second).await;
    assert_eq!(said(&events).len(), 2);
    // The scripted recogniser counts loud samples, of which an encoder loses some at the edges.
    for (said, syllables) in said(&events).into_iter().zip([12, 9]) {
        assert!(
            script(syllables).starts_with(said) && said.chars().count() >= syllables - 2,
            "{said}"
        );
    }
    microphone.send_as(microphone.next, &[31 << 3 | 3, 63]).await;
    let error = microphone.message().await;
    assert!(error["detail"].as_str().unwrap().contains("Opus"), "{error}");
    let document = room.end(&session).await;
    assert_eq!(document.first_chunk::<4>(), Some(b"OggS"));
    room.events(&session, 0, is("ended")).await;

    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(&document).expect("room");
    file.seek(SeekFrom::Start(0)).expect("a file");
    let whole = decoded(&file);
    let wanted = packets.len() * PACKET;
    // The encoder's delay is taken off at the beginning.
    assert!(
        whole.len().abs_diff(wanted) <= 320,
        "{} instead of {wanted}",
        whole.len()
    );
    room.close().await;
}

fn decoded(file: &File) -> Vec<i16> {
    let mut into = tempfile::tempfile().expect("a file");
    let found = decoder()
        .recording(file, MediaKind::Ogg, &into, &|_| true)
        .expect("a recording");
    assert_eq!((found.channels, found.stopped), (1, None));
    into.seek(SeekFrom::Start(0)).expect("a file");
    let mut bytes = Vec::new();
    into.read_to_end(&mut bytes).expect("a file");
    samples(&bytes)
}

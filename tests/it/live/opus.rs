//! A microphone that sends Opus: each second is opened in a decode child, and the recording is the packets as
//! they came.

use opusic_c::{Application, Channels, Encoder, SampleRate};
use shoki_app::live::opus::OpusEar;

use super::room::decoder;

/// Samples of a packet: 20 ms at 16 kHz.
const PACKET: usize = 320;

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

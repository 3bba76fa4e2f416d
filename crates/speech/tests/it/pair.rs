//! Who spoke when, with a segmentation and an embedding model: from sound to people and to two at once.

use std::io::Write as _;

use shoki_core::audio::{Millis, SampleSpan};
use shoki_core::audio_report::ChannelLayout;
use shoki_core::speakers::SpeakerCount;
use shoki_core::voice::{Diarization, VoiceVector, VoiceWindow, WindowKind};
use shoki_engine::{SpeakerEncoder, SpeakerSegmentation};
use shoki_speech::pcm::PcmFile;
use shoki_speech::speakers::{diarize, embed_turns, embed_windows, merge, split};
use shoki_speech::vad::ChannelSpeech;

use crate::made::{EMBEDDING, SEGMENTATION, Site, runtime, sound};

/// Voice, from, to; seconds. Twice one comes in before another has ended, once one says a word in between.
const TURNS: [(usize, f32, f32); 10] = [
    (0, 1.0, 9.0),
    (1, 8.0, 14.0),
    (2, 15.0, 22.0),
    (0, 17.0, 18.0),
    (0, 22.5, 29.0),
    (1, 30.0, 37.0),
    (2, 36.0, 44.0),
    (1, 45.0, 51.0),
    (0, 52.0, 58.0),
    (2, 59.0, 65.0),
];

/// Where somebody speaks, as voice activity detection would say, and the units that are heard at once.
const UNITS: [&[(f32, f32)]; 3] = [
    &[(1.0, 14.0), (15.0, 22.0), (22.5, 29.0)],
    &[(30.0, 44.0), (45.0, 51.0)],
    &[(52.0, 58.0), (59.0, 65.0)],
];

fn at(seconds: f32) -> u64 {
    (seconds * 16_000.0) as u64
}

fn spans(unit: &[(f32, f32)]) -> Vec<SampleSpan> {
    unit.iter()
        .map(|&(from, to)| SampleSpan::new(at(from), at(to)))
        .collect()
}

fn meeting() -> PcmFile {
    let mut file = tempfile::tempfile().unwrap();
    let samples = sound(66.0, &TURNS);
    let bytes: Vec<u8> = samples
        .iter()
        .flat_map(|sample| ((sample * 32_767.0) as i16).to_le_bytes())
        .collect();
    file.write_all(&bytes).unwrap();
    PcmFile::new(file, 1).unwrap()
}

fn speech() -> [ChannelSpeech; 1] {
    let spans = UNITS.iter().flat_map(|unit| spans(unit)).collect();
    [ChannelSpeech { channel: 0, spans }]
}

struct Pair {
    segmentation: SpeakerSegmentation,
    encoder: SpeakerEncoder,
}

fn pair() -> Pair {
    let site = Site::new(&[SEGMENTATION, EMBEDDING]);
    site.bring_pair();
    let (runtime, catalogue) = (runtime(), site.catalogue());
    let manifest = |name| catalogue.get(name).unwrap();
    Pair {
        segmentation: SpeakerSegmentation::load(&runtime, &site.store, manifest(SEGMENTATION)).unwrap(),
        encoder: SpeakerEncoder::load(&runtime, &site.store, manifest(EMBEDDING)).unwrap(),
    }
}

/// The windows of all units, each heard alone.
fn windows(pcm: &PcmFile, pair: &mut Pair) -> Vec<VoiceWindow> {
    let of_unit = |unit: &&[(f32, f32)]| {
        embed_turns(pcm, 0, &spans(unit), &mut pair.segmentation, &mut pair.encoder).unwrap()
    };
    UNITS.iter().flat_map(of_unit).collect()
}

fn found(windows: &[VoiceWindow], count: SpeakerCount) -> Diarization {
    diarize(windows, &speech(), count, ChannelLayout::Mono)
}

/// Who speaks, and who at the same time, in the middle of each tenth of a second.
fn who(found: &Diarization, seconds: f32) -> Option<(u16, Option<u16>)> {
    let here = at(seconds + 0.05);
    let turn = found
        .turns
        .iter()
        .find(|turn| (turn.span.start.0..turn.span.end.0).contains(&here))?;
    Some((turn.speaker.0, turn.second.map(|second| second.0)))
}

#[test]
fn three_people_are_found_and_two_at_once_are_marked() {
    let mut pair = pair();
    let windows = windows(&meeting(), &mut pair);
    assert!(
        windows
            .iter()
            .all(|window| matches!(window.kind, WindowKind::Turn(_)))
    );
    let found = found(&windows, SpeakerCount::Unknown);
    assert_eq!(found.speakers.len(), 3);
    // Voices are numbered by their first words, as they are in TURNS; tenths next to an edge are left out.
    let mut wrong = Vec::new();
    for tenth in 0..660 {
        let seconds = tenth as f32 / 10.0;
        let near = |edge: f32| (seconds + 0.05 - edge).abs() < 0.12;
        if TURNS.iter().any(|&(_, from, to)| near(from) || near(to)) {
            continue;
        }
        let speaking: Vec<u16> = TURNS
            .iter()
            .filter(|&&(_, from, to)| (from..to).contains(&(seconds + 0.05)))
            .map(|&(voice, ..)| voice as u16)
            .collect();
        let expected = speaking.first().map(|&first| (first, speaking.get(1).copied()));
        if who(&found, seconds) != expected {
            wrong.push((seconds, who(&found, seconds), expected));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    // Whoever speaks behind another speaks all the same: 8 + 1 + 6.5 + 6 s.
    let spoken = found.speakers[0].spoken.seconds();
    assert!((spoken - 21.5).abs() < 0.5, "{spoken}");
    // What the desk sees of it: a segment's flag.
    let overlap = |from, to| {
        found
            .speaker_of(0, SampleSpan::new(at(from), at(to)), Millis(400))
            .unwrap()
            .overlap
    };
    assert!(overlap(8.2, 8.8) && overlap(15.5, 21.0) && !overlap(2.0, 7.0) && !overlap(10.0, 13.0));
}

#[test]
fn a_voice_is_that_of_the_person_alone() {
    let mut pair = pair();
    let pcm = meeting();
    let windows = windows(&pcm, &mut pair);
    let window_at = |from: f32, to: f32| {
        let is_there = |window: &&VoiceWindow| {
            window.span.start.0.abs_diff(at(from)) < 2_000 && window.span.end.0.abs_diff(at(to)) < 2_000
        };
        windows.iter().find(is_there).expect("a turn")
    };
    // The word in between has nothing of its own: its voice is the same track's where it is alone, while the
    // sound at its place is as much the other's.
    let mut heard = |from: f32, to: f32| {
        let speech = [SampleSpan::new(at(from), at(to))];
        let windows = embed_windows(&pcm, 0, &speech, &mut pair.encoder).unwrap();
        windows[0].voice.clone()
    };
    let (own, other) = (heard(2.0, 3.5), heard(19.0, 20.5));
    let lead = |voice: &VoiceVector| voice.likeness(&own) - voice.likeness(&other);
    let (word, mixed) = (lead(&window_at(17.0, 18.0).voice), lead(&heard(17.0, 18.0)));
    assert!(word > 0.25, "{word}");
    assert!(mixed.abs() < 0.1, "{mixed}");
}

#[test]
fn people_are_counted_anew_without_the_sound() {
    let mut pair = pair();
    // As they are kept: through JSON, in any order.
    let json = serde_json::to_string(&windows(&meeting(), &mut pair)).unwrap();
    let mut windows: Vec<VoiceWindow> = serde_json::from_str(&json).unwrap();
    let by_itself = found(&windows, SpeakerCount::Unknown);
    windows.rotate_left(7);
    assert_eq!(found(&windows, SpeakerCount::Unknown), by_itself);
    let count = |count| found(&windows, count).speakers.len();
    assert_eq!(count(SpeakerCount::Exact { speakers: 1 }), 1);
    assert_eq!(count(SpeakerCount::Exact { speakers: 2 }), 2);
    assert_eq!(count(SpeakerCount::Exact { speakers: 3 }), 3);
    assert_eq!(count(SpeakerCount::Range { min: 1, max: 2 }), 2);
    assert_eq!(count(SpeakerCount::Range { min: 2, max: 8 }), 3);
    // One person is never two at once.
    let one = found(&windows, SpeakerCount::Exact { speakers: 1 });
    assert!(one.turns.iter().all(|turn| !turn.is_overlap()));
    // Put together and taken apart, the word in between goes with its voice.
    let first = by_itself.turns[0].speaker;
    let third = who(&by_itself, 16.0)
        .map(|(speaker, _)| shoki_core::voice::SpeakerIndex(speaker))
        .unwrap();
    let merged = merge(&by_itself, first, third);
    assert_eq!(merged.speakers.len(), 2);
    let parted = split(&merged, &windows, &speech(), first, 2).unwrap();
    assert_eq!(parted.speakers.len(), 3);
    assert_eq!(who(&parted, 3.0), Some((0, None)));
    assert_eq!(who(&parted, 20.0), Some((2, None)));
}

#[test]
fn a_unit_in_which_nobody_is_heard_is_heard_by_windows() {
    let mut pair = pair();
    let pcm = meeting();
    // The made model hears nothing in the noise between turns; voice activity detection may.
    let quiet = [SampleSpan::new(at(14.1), at(14.9))];
    let by_windows = embed_windows(&pcm, 0, &quiet, &mut pair.encoder).unwrap();
    let heard = embed_turns(&pcm, 0, &quiet, &mut pair.segmentation, &mut pair.encoder).unwrap();
    assert_eq!(heard, by_windows);
    assert_eq!(
        embed_turns(&pcm, 0, &[], &mut pair.segmentation, &mut pair.encoder).unwrap(),
        []
    );
    // Both kinds in one recording: each tells its own speech.
    let mut windows = windows(&pcm, &mut pair);
    windows.retain(|window| window.span.start.0 < at(52.0));
    windows.extend(embed_windows(&pcm, 0, &spans(UNITS[2]), &mut pair.encoder).unwrap());
    let found = found(&windows, SpeakerCount::Exact { speakers: 3 });
    assert_eq!(who(&found, 8.4), Some((0, Some(1))));
    assert_eq!(
        (who(&found, 55.0), who(&found, 62.0)),
        (Some((0, None)), Some((2, None)))
    );
}

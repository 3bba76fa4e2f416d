//! People as heaps of vectors: found, counted, parted, put together, without a model.

use shoki_core::audio_report::ChannelLikeness;
use shoki_core::voice::SpeakerIndex;

use super::*;

/// Between −0.5 and 0.5, without order: SplitMix64's last step.
fn noise(seed: u64) -> f32 {
    let mut mixed = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((mixed ^ (mixed >> 31)) >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
}

/// A recording in which each of `turns` (person, seconds) follows the one before after half a second.
fn recording(channel: u8, turns: &[(usize, u64)]) -> (Vec<VoiceWindow>, ChannelSpeech) {
    let (mut windows, mut spans, mut at) = (Vec::new(), Vec::new(), 0);
    for &(person, seconds) in turns {
        let span = SampleSpan::new(at, at + seconds * 16_000);
        for place in regions::lay(span, 25_600, 6_400) {
            let voice: Vec<f32> = (0..32)
                .map(|row| {
                    let at = place.start.0 / 160 * 64 + row + u64::from(channel) * 7_777_777;
                    noise(at) * 0.2 + if row as usize == person { 1.0 } else { 0.3 }
                })
                .collect();
            windows.push(VoiceWindow {
                channel,
                span: place,
                voice: VoiceVector::pack(&voice),
                kind: WindowKind::Sliding,
            });
        }
        spans.push(span);
        at = span.end.0 + 8_000;
    }
    (windows, ChannelSpeech { channel, spans })
}

const MEETING: [(usize, u64); 12] = [
    (0, 5),
    (1, 6),
    (0, 4),
    (2, 7),
    (1, 3),
    (0, 6),
    (2, 5),
    (1, 4),
    (0, 3),
    (2, 4),
    (1, 6),
    (0, 5),
];

fn speakers(found: &Diarization) -> Vec<u16> {
    found.turns.iter().map(|turn| turn.speaker.0).collect()
}

const SEPARATE: ChannelLayout = ChannelLayout::Separate {
    likeness: ChannelLikeness {
        waveform: 0.0,
        level: 0.0,
        one_sided: 1.0,
    },
};

#[test]
fn people_are_counted_and_each_turn_is_theirs() {
    let (windows, speech) = recording(0, &MEETING);
    let speech = [speech];
    let found = diarize(&windows, &speech, SpeakerCount::Unknown, ChannelLayout::Mono);
    let expected: Vec<u16> = MEETING.iter().map(|&(person, _)| person as u16).collect();
    assert_eq!(speakers(&found), expected);
    let spans: Vec<SampleSpan> = found.turns.iter().map(|turn| turn.span).collect();
    assert_eq!(spans, speech[0].spans);
    let spoken: Vec<u64> = found.speakers.iter().map(|speaker| speaker.spoken.0).collect();
    assert_eq!(spoken, [23_000, 19_000, 16_000]);
    assert!(found.speakers.iter().all(|speaker| speaker.likeness > 0.9));
    // Windows of several units come in any order.
    let mut shuffled = windows;
    shuffled.rotate_left(17);
    assert_eq!(
        diarize(&shuffled, &speech, SpeakerCount::Unknown, ChannelLayout::Mono),
        found
    );
}

#[test]
fn a_count_that_is_given_is_kept() {
    let (windows, speech) = recording(0, &MEETING);
    let of = |count| {
        let found = diarize(
            &windows,
            std::slice::from_ref(&speech),
            count,
            ChannelLayout::Mono,
        );
        found.speakers.len()
    };
    assert_eq!(of(SpeakerCount::Exact { speakers: 1 }), 1);
    assert_eq!(of(SpeakerCount::Exact { speakers: 2 }), 2);
    assert_eq!(of(SpeakerCount::Range { min: 1, max: 2 }), 2);
    assert_eq!(of(SpeakerCount::Range { min: 2, max: 6 }), 3);
}

#[test]
fn a_short_recording_does_not_fall_into_many_people() {
    let (windows, speech) = recording(0, &[(0, 6), (1, 7), (2, 5), (3, 4), (4, 5)]);
    let found = diarize(
        &windows,
        std::slice::from_ref(&speech),
        SpeakerCount::Unknown,
        ChannelLayout::Mono,
    );
    assert!(found.speakers.len() <= 2, "{}", found.speakers.len());
    let told = SpeakerCount::Exact { speakers: 5 };
    let found = diarize(&windows, &[speech], told, ChannelLayout::Mono);
    assert_eq!(found.speakers.len(), 5, "who says how many is believed");
}

#[test]
fn nothing_said_is_nobody() {
    let found = diarize(&[], &[], SpeakerCount::Unknown, ChannelLayout::Mono);
    assert_eq!(found, Diarization::default());
    let (windows, speech) = recording(0, &[(0, 1)]);
    let found = diarize(&windows, &[speech], SpeakerCount::Unknown, ChannelLayout::Mono);
    assert_eq!((found.speakers.len(), found.turns.len()), (1, 1));
}

#[test]
fn people_of_separate_channels_stay_apart_and_overlap() {
    let (mut windows, first) = recording(0, &[(0, 9), (0, 8), (0, 9), (0, 8), (0, 9)]);
    let (others, mut second) = recording(1, &[(1, 3), (1, 4), (1, 3), (1, 5)]);
    windows.extend(others);
    second.spans.truncate(1);
    let found = diarize(&windows, &[first, second], SpeakerCount::Unknown, SEPARATE);
    assert_eq!(found.speakers.len(), 2);
    let overlap: u64 = found
        .turns
        .iter()
        .filter(|turn| turn.is_overlap() && turn.channel == 0)
        .map(|turn| turn.span.len())
        .sum();
    assert_eq!(overlap, 3 * 16_000);
    assert!(
        found
            .turns
            .iter()
            .all(|turn| turn.speaker.0 == u16::from(turn.channel))
    );
    // The same voice in both channels is one person.
    let (mut windows, first) = recording(0, &[(0, 9), (0, 8), (0, 9), (0, 8), (0, 9)]);
    let (others, second) = recording(1, &[(0, 3), (0, 4), (0, 3), (0, 5)]);
    windows.extend(others);
    let found = diarize(&windows, &[first, second], SpeakerCount::Unknown, SEPARATE);
    assert_eq!(found.speakers.len(), 1);
}

#[test]
fn a_merge_and_a_split_undo_each_other() {
    let (windows, speech) = recording(0, &MEETING);
    let speech = [speech];
    let found = diarize(&windows, &speech, SpeakerCount::Unknown, ChannelLayout::Mono);
    let merged = merge(&found, SpeakerIndex(1), SpeakerIndex(0));
    assert_eq!(merged.speakers.len(), 2);
    assert_eq!(merged.speakers[0].spoken, Millis(42_000));
    assert_eq!(speakers(&merged)[..4], [0, 0, 0, 1]);
    assert_eq!(merge(&found, SpeakerIndex(1), SpeakerIndex(9)), found);
    let parted = split(&merged, &windows, &speech, SpeakerIndex(0), 2).unwrap();
    assert_eq!(speakers(&parted)[..5], [0, 2, 0, 1, 2]);
    assert_eq!(parted.speakers.len(), 3);
    assert_eq!(split(&merged, &windows, &speech, SpeakerIndex(0), 1), None);
}

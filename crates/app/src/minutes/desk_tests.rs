//! The desk with a small meeting: what leaves it is the corrected text.

use std::sync::Arc;

use jiff::Timestamp;
use shoki_api::{Heard, Meeting};
use shoki_core::audio::{Millis, SampleSpan};
use shoki_core::audio_report::{AudioReport, ChannelLayout};
use shoki_core::code::ErrorCode;
use shoki_core::id::UserId;
use shoki_core::meeting::MinutesOptions;
use shoki_core::minutes_style::MinutesStyle;
use shoki_core::transcript::{Segment, Speaker, Token, Transcript};
use shoki_core::transcript_edit::{Edit, EditRow, EditedTranscript};
use shoki_core::voice::{Diarization, VoiceVector, VoiceWindow, WindowKind};
use shoki_speech::vad::ChannelSpeech;

use super::*;

const STYLE: &str = "id = \"youten\"\nname = \"要点筆記\"\nversion = 3\nlevel = \"edited\"\n\
     [[header]]\nlabel = \"会議名\"\nvalue = \"title\"\n\
     [[section]]\nkind = \"statements\"\nheading = \"発言\"\nspeakers = true\n";
const SAID: [&str; 4] = [
    "えーと、それでは始めます。",
    "予算は一億円です。",
    "わかりました。",
    "以上で終わります。",
];

/// Four segments of three seconds, of two people by turns, the second corrected.
fn meeting() -> Meeting {
    let segments = (1..).zip(SAID).map(|(id, text)| {
        let start = (id - 1) * 3000;
        let chars = text.chars().count() as u64;
        let tokens = (0..).zip(text.chars()).map(|(at, character)| Token {
            text: character.to_string(),
            start: Millis(start + 3000 * at / chars),
            end: Millis(start + 3000 * (at + 1) / chars),
            probability: 0.9,
        });
        Segment {
            id: SegmentId(id),
            channel: 0,
            start: Millis(start),
            end: Millis(start + 3000),
            speaker: Some(SpeakerId(1)),
            tokens: tokens.collect(),
            doubts: Vec::new(),
            overlap: false,
            replacements: Vec::new(),
            withheld: None,
            version: 0,
        }
    });
    let base = Transcript {
        speakers: vec![Speaker {
            id: SpeakerId(1),
            name: Some("佐藤".to_owned()),
            spoken: Millis(0),
        }],
        segments: segments.collect(),
        ..Transcript::default()
    };
    let corrected = EditRow {
        sequence: 1,
        at: Timestamp::UNIX_EPOCH,
        by: UserId::generate(),
        edit: Edit::SetText {
            segment: SegmentId(2),
            text: "予算は二億円です。".to_owned(),
        },
        touched: vec![SegmentId(2)],
    };
    let report = AudioReport {
        procedure: "1".to_owned(),
        duration: Millis(12_000),
        layout: ChannelLayout::Mono,
        channels: Vec::new(),
        overlap: None,
        advice: Vec::new(),
    };
    Meeting {
        edited: EditedTranscript::of(Arc::new(base), vec![corrected]).unwrap(),
        heard: Arc::new(Heard {
            diarization: Diarization::default(),
            duration: Millis(12_000),
            report,
            parts: Vec::new(),
        }),
    }
}

fn subject() -> Subject {
    Subject {
        drafts: Vec::new(),
        meeting: Arc::new(meeting()),
        options: MinutesOptions {
            title: Some("定例会".to_owned()),
            ..MinutesOptions::default()
        },
        style: MinutesStyle::parse(STYLE).unwrap(),
    }
}

#[tokio::test]
async fn every_file_is_of_the_corrected_text() {
    let threads = TaskTracker::new();
    let desk = start(&threads).unwrap();
    for format in ExportFormat::ALL {
        let bytes = desk.export(subject(), format, None).await.unwrap();
        if format == ExportFormat::Docx {
            assert!(
                bytes.starts_with(b"PK\x03\x04"),
                "a Word document is a zip archive"
            );
            continue;
        }
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains('二') && !text.contains('一'), "{format:?}: {text}");
    }
    let minutes = desk.compose(subject()).await.unwrap();
    assert_eq!(
        (minutes.style.as_str(), minutes.title.as_str()),
        ("youten@3", "定例会")
    );
    assert!(
        minutes
            .sentences()
            .any(|sentence| sentence.text.contains("二億円"))
    );
    // The thread goes with the last sender.
    threads.close();
    drop(desk);
    threads.wait().await;
}

#[tokio::test]
async fn texts_are_cleaned_segment_by_segment() {
    let desk = start(&TaskTracker::new()).unwrap();
    let asked = vec![SegmentId(1), SegmentId(9), SegmentId(2)];
    let meeting = Arc::new(meeting());
    let leveled = desk
        .level(meeting, asked, TextLevel::Cleaned, Vec::new())
        .await
        .unwrap();
    let texts: Vec<_> = leveled.iter().map(|(id, text)| (id.0, text.text())).collect();
    assert_eq!(texts[0].0, 1);
    assert!(!texts[0].1.contains("えーと"), "{texts:?}");
    assert_eq!(texts[1], (2, "予算は二億円です。".to_owned()));
}

/// Windows of a second every half second: the first and third segment sound alike, and so do the others.
fn voices() -> MeetingVoices {
    let window = |at: u64| {
        let speaker = at * 8_000 / 48_000 % 2;
        let wobble = f32::from(u16::try_from(at % 5).unwrap()) * 0.02;
        let voice = if speaker == 0 {
            [1.0, 0.1 + wobble, 0.0]
        } else {
            [0.0, 0.1 + wobble, 1.0]
        };
        VoiceWindow {
            channel: 0,
            span: SampleSpan::new(at * 8_000, at * 8_000 + 16_000),
            voice: VoiceVector::pack(&voice),
            kind: WindowKind::Sliding,
        }
    };
    MeetingVoices {
        windows: (0..23).map(window).collect(),
        speech: vec![ChannelSpeech {
            channel: 0,
            spans: vec![SampleSpan::new(0, 192_000)],
        }],
        same_mean: None,
    }
}

#[tokio::test]
async fn speakers_are_found_anew_without_the_sound() {
    let desk = start(&TaskTracker::new()).unwrap();
    let bytes = |voices: &MeetingVoices| Bytes::from(serde_json::to_vec(voices).unwrap());
    let two = SpeakerCount::Exact { speakers: 2 };
    let found = desk
        .recluster(Arc::new(meeting()), bytes(&voices()), two)
        .await
        .unwrap();
    let speakers: Vec<_> = found.iter().map(|(_, speaker)| speaker.0).collect();
    assert_eq!(speakers.len(), 4);
    assert_eq!((speakers[0], speakers[1]), (speakers[2], speakers[3]));
    assert!(speakers.contains(&1) && speakers.contains(&2), "{speakers:?}");
    let none = MeetingVoices {
        windows: Vec::new(),
        ..voices()
    };
    let refused = desk
        .recluster(Arc::new(meeting()), bytes(&none), two)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), ErrorCode::Conflict);
    let broken = desk
        .recluster(Arc::new(meeting()), Bytes::from_static(b"{"), two)
        .await
        .unwrap_err();
    assert_eq!(broken.code(), ErrorCode::Internal);
}

//! The shipped styles with their examples, and what the rules promise of any transcript.

use std::path::PathBuf;

use proptest::prelude::*;
use sample::{Person, Said, Turn, place, style};
use shoki_core::transcript::{Doubt, SegmentId, SpeakerId};

use super::*;

// The same meetings as the tests of Word documents have.
#[path = "../../tests/it/sample.rs"]
pub(super) mod sample;

fn folder() -> PathBuf {
    place("pipelines/minutes")
}

fn composed(path: &str, style_id: &str) -> (Transcript, Minutes) {
    let said = Said::read(path);
    let transcript = said.transcript();
    let minutes = compose(
        &transcript,
        &said.options(),
        &style(style_id),
        said.duration(),
        &[],
    );
    (transcript, minutes)
}

/// Each example with the style it shows; the minutes expected lie beside it. With `SHOKI_WRITE_EXAMPLES` set
/// they are written anew instead, to be read by a person before they are committed.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("bench/samples/meeting.json", "youten", "fukushi.youten"),
    ("bench/samples/meeting.json", "kettei", "fukushi.kettei"),
    ("bench/samples/meeting.json", "chikugo", "fukushi.chikugo"),
    ("bench/samples/meeting.json", "iinkai", "fukushi.iinkai"),
    ("pipelines/minutes/examples/byoin.json", "youten", "byoin.youten"),
    (
        "pipelines/minutes/examples/shingikai.json",
        "iinkai",
        "shingikai.iinkai",
    ),
];

#[test]
fn each_shipped_style_gives_the_minutes_beside_its_example() {
    let write = std::env::var_os("SHOKI_WRITE_EXAMPLES").is_some();
    for (path, style, name) in EXAMPLES {
        let (_, minutes) = composed(path, style);
        let out = crate::export::minutes_txt(&minutes).replace("\r\n", "\n");
        let beside = folder().join(format!("examples/{name}.txt"));
        if write {
            std::fs::write(&beside, &out).unwrap();
        }
        assert_eq!(out, std::fs::read_to_string(&beside).unwrap(), "{name}");
    }
}

#[test]
fn one_shipped_style_is_the_default() {
    let ids = ["youten", "chikugo", "kettei", "iinkai"];
    let defaults: Vec<&str> = ids.into_iter().filter(|id| style(id).default).collect();
    assert_eq!(defaults, ["youten"]);
    let files = std::fs::read_dir(folder()).unwrap();
    let found = files.filter(|file| {
        file.as_ref()
            .unwrap()
            .path()
            .extension()
            .is_some_and(|end| end == "toml")
    });
    assert_eq!(found.count(), ids.len());
}

#[test]
fn every_sentence_was_said_where_its_evidence_says() {
    for (path, style, name) in EXAMPLES {
        let (transcript, minutes) = composed(path, style);
        for sentence in minutes.sentences() {
            assert!(!sentence.evidence.is_empty(), "{name}: {}", sentence.text);
            for span in &sentence.evidence {
                let segment = transcript.segment(span.segment).unwrap();
                assert!(segment.start <= span.start && span.start <= span.end && span.end <= segment.end);
            }
            let words: String = sentence
                .evidence
                .iter()
                .map(|span| transcript.segment(span.segment).unwrap().text())
                .collect();
            let said = sentence.text.replace("（異議なし）", "");
            assert!(
                said.starts_with('（') || check_support(&said, &words).holds(),
                "{name}: {said}"
            );
        }
    }
}

#[test]
fn a_sentence_on_doubtful_text_is_not_supported() {
    let mut said = Said::read("bench/samples/meeting.json");
    let doubted = said
        .segments
        .iter_mut()
        .find(|turn| turn.text.contains("1億8千万円"))
        .unwrap();
    doubted.doubts = vec![Doubt::Unsure];
    let minutes = compose(
        &said.transcript(),
        &said.options(),
        &style("youten"),
        Millis(1),
        &[],
    );
    for sentence in minutes.sentences() {
        assert_eq!(
            sentence.supported,
            !sentence.text.contains("1億8千万円"),
            "{}",
            sentence.text
        );
    }
    assert!(minutes.sentences().any(|sentence| !sentence.supported));
}

#[test]
fn a_sentence_goes_on_over_segments_of_one_speaker_and_keeps_both_places() {
    let mut said = Said::read("bench/samples/meeting.json");
    let turn = said
        .segments
        .iter()
        .position(|turn| turn.text.contains("通知文を作成し"))
        .unwrap();
    let second = Turn {
        start: 68.5,
        end: 70.0,
        speaker: said.segments[turn].speaker,
        text: "世帯に送ります。".to_owned(),
        doubts: Vec::new(),
    };
    said.segments[turn].text = "12月10日までに通知文を作成し、".to_owned();
    said.segments[turn].end = 68.3;
    said.segments.insert(turn + 1, second);
    let minutes = compose(
        &said.transcript(),
        &said.options(),
        &style("youten"),
        Millis(1),
        &[],
    );
    let action = minutes
        .sentences()
        .find(|sentence| sentence.text.contains("通知文"))
        .unwrap();
    assert_eq!(action.text, "12月10日までに通知文を作成し、世帯に送ります。");
    assert_eq!(action.evidence.len(), 2);
}

#[test]
fn where_nothing_was_understood_the_full_text_says_so() {
    let mut said = Said::read("bench/samples/meeting.json");
    said.segments[3].text = String::new();
    said.segments[3].doubts = vec![Doubt::Failed];
    let minutes = compose(
        &said.transcript(),
        &said.options(),
        &style("chikugo"),
        Millis(1),
        &[],
    );
    let gaps: Vec<_> = minutes
        .sentences()
        .filter(|sentence| sentence.text == sentences::UNHEARD_JA)
        .collect();
    assert!(gaps.len() == 1 && !gaps[0].supported && gaps[0].evidence[0].segment == SegmentId(4));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Any turns give minutes whose sentences all have a place; the full text leaves no turn out.
    #[test]
    fn any_meeting_has_minutes(turns in proptest::collection::vec((0_usize..24, 1_u32..4), 0..24)) {
        const PARTS: &[&str] = &[
            "本日の議題は、予算と人事の2点です。", "では、次に進みます。", "議題2、人事に移ります。", "次回は12月3日に行います。",
            "予算は3億円です。", "来週の金曜日までに資料を提出してください。", "承知しました。", "異議なし。", "ご異議はありませんか。",
            "原案のとおり決定します。", "足りますか。", "足りません。", "えーと。", "うん", "続きまして、防災について報告をお願いします。",
            "月末までに送ります。", "", "。", "よろしいでしょうか。", "担当は佐藤です。", "宿題とします。", "以上で終わります。", "議題は", "次に、",
        ];
        let turn = |(at, (text, speaker)): (usize, &(usize, u32))| Turn {
            start: at as f64 * 2.0,
            end: at as f64 * 2.0 + 1.5,
            speaker: SpeakerId(*speaker),
            text: PARTS[*text].to_owned(),
            doubts: Vec::new(),
        };
        let said = Said {
            title: "会議".to_owned(),
            seconds: 60.0,
            speakers: (1..4).map(|id| Person { speaker: SpeakerId(id), role: format!("委員{id}") }).collect(),
            segments: turns.iter().enumerate().map(turn).collect(),
        };
        let transcript = said.transcript();
        for id in ["youten", "chikugo", "kettei", "iinkai"] {
            let minutes = compose(&transcript, &said.options(), &style(id), Millis(60_000), &[]);
            prop_assert!(minutes.sentences().all(|sentence| !sentence.evidence.is_empty() && !sentence.text.is_empty()));
            prop_assert_eq!(&minutes, &compose(&transcript, &said.options(), &style(id), Millis(60_000), &[]));
            if id == "chikugo" {
                let shown: String = minutes.sentences().map(|sentence| sentence.text.as_str()).collect();
                for turn in said.segments.iter().filter(|turn| turn.text.chars().count() > 6) {
                    prop_assert!(shown.contains(&turn.text), "{} in {}", turn.text, shown);
                }
            }
        }
    }
}

//! Any text gives a well-formed file; captions keep their measures.

use proptest::prelude::*;
use shoki_core::audio::Millis;
use shoki_core::minutes::{
    EvidenceSpan, HeaderField, Minutes, MinutesItem, MinutesSection, MinutesSentence, SectionKind, TextLevel,
};
use shoki_core::transcript::{Doubt, Segment, SegmentId, Speaker, SpeakerId, Token, Transcript};

use super::*;

fn segment(id: u64, speaker: u32, start: u64, text: &str, millis: u64) -> Segment {
    let tokens: Vec<Token> = (text.chars().zip(0..))
        .map(|(c, at)| Token {
            text: c.to_string(),
            start: Millis(start + at * millis),
            end: Millis(start + at * millis + millis),
            probability: 0.876_54,
        })
        .collect();
    Segment {
        id: SegmentId(id),
        channel: 0,
        start: Millis(start),
        end: tokens.last().map_or(Millis(start), |token| token.end),
        speaker: (speaker > 0).then_some(SpeakerId(speaker)),
        tokens,
        doubts: Vec::new(),
        overlap: false,
        replacements: Vec::new(),
        withheld: None,
        version: 0,
    }
}

fn meeting(segments: Vec<Segment>) -> Transcript {
    let speaker = |id, name: Option<&str>| Speaker {
        id: SpeakerId(id),
        name: name.map(str::to_owned),
        spoken: Millis(0),
    };
    Transcript {
        speakers: vec![speaker(1, Some("佐藤課長")), speaker(2, None)],
        segments,
        version: 3,
        finished: false,
    }
}

const LONG: &str = "介護予防の相談は今年度に340件あり、前年より52件増えました。説明会には86人が参加し、満足と答えた方は92パーセントでした。";

#[test]
fn lines_of_text_have_time_speaker_and_doubt() {
    let mut second = segment(2, 2, 61_000, "はい、わかりました。", 100);
    second.doubts = vec![Doubt::Unsure];
    let transcript = meeting(vec![segment(1, 1, 1_500, "えーと、始めます。", 100), second]);
    assert_eq!(
        txt(&transcript, TextLevel::Cleaned, &[]),
        "[00:00:01] 佐藤課長: 始めます。\r\n[00:01:01] 話者2: 【要確認】はい、わかりました。\r\n"
    );
    assert_eq!(
        transcript_markdown(&transcript, TextLevel::Verbatim, &[]),
        "**佐藤課長** \\[00:00:01\\]  \nえーと、始めます。\n\n**話者2** \\[00:01:01\\]  \n【要確認】はい、わかりました。\n\n"
    );
}

#[test]
fn json_has_seconds_words_and_flags() {
    let mut one = segment(7, 1, 1_500, "えーと、予算は3億です。", 125);
    one.doubts = vec![Doubt::TooFast];
    one.overlap = true;
    let text = json(&meeting(vec![one]), TextLevel::Cleaned, &[], Millis(5_250), None).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let stretch = &value["segments"][0];
    assert_eq!(value["audio"]["duration"], 5.25);
    assert_eq!(
        (stretch["start"].as_f64(), stretch["end"].as_f64()),
        (Some(1.5), Some(3.0))
    );
    assert_eq!(
        (&stretch["speaker"], &stretch["text"]),
        (&"S1".into(), &"予算は3億です。".into())
    );
    assert_eq!(stretch["flags"], serde_json::json!(["too_fast", "overlap"]));
    let words: Vec<&str> = stretch["words"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word["text"].as_str().unwrap())
        .collect();
    assert_eq!(words, ["え", "ー", "と、", "予算", "は", "3", "億", "です。"]);
    assert_eq!(stretch["words"][3]["start"], 2.0);
    assert_eq!(stretch["words"][3]["p"], 0.877);
}

#[test]
fn a_long_turn_becomes_captions_of_two_short_lines() {
    let transcript = meeting(vec![segment(1, 1, 1_000, LONG, 150)]);
    let srt = srt(&transcript, TextLevel::Verbatim, &[]);
    let first = "1\r\n00:00:01,000 --> 00:00:03,850\r\n（佐藤課長）\r\n介護予防の相談は今年度に340件あり、\r\n\r\n2\r\n00:00:03,850 --> ";
    assert!(srt.starts_with(first), "{srt}");
    let vtt = vtt(&transcript, TextLevel::Verbatim, &[]);
    assert!(
        vtt.starts_with("WEBVTT\n\n1\n00:00:01.000 --> 00:00:05.800\n<v 佐藤課長>介護予防の相談は今年度に340件あり、\n前年より52件増えました。</v>\n\n"),
        "{vtt}"
    );
}

#[test]
fn what_was_taken_out_takes_its_time_with_it() {
    let transcript = meeting(vec![segment(1, 1, 0, "えーと、確認してます。", 500)]);
    let cue = &cues::cues(&transcript, TextLevel::Edited, &[], true)[0];
    assert_eq!((cue.start, cue.end), (Millis(2_000), Millis(5_500)));
    assert_eq!(cue.lines, ["確認しています。"]);
}

#[test]
fn markup_of_the_formats_is_text() {
    let odd = "<v 市長>&amp; --> *強調* | [x](y) `z`\u{0}\u{b}\u{1f600}𠮷\u{ffff}";
    let mut transcript = meeting(vec![segment(1, 1, 0, odd, 100)]);
    transcript.speakers[0].name = Some("<b>&\n-->".to_owned());
    let vtt = vtt(&transcript, TextLevel::Verbatim, &[]);
    assert_eq!(vtt.matches("-->").count(), vtt.matches("\n00:").count(), "{vtt}");
    assert_eq!(
        vtt.matches('<').count(),
        2 * vtt.matches("<v &lt;b&gt;&amp; --&gt;>").count()
    );
    let srt = srt(&transcript, TextLevel::Verbatim, &[]);
    assert_eq!(srt.matches("-->").count(), srt.matches("\n00:").count());
    let markdown = transcript_markdown(&transcript, TextLevel::Verbatim, &[]);
    assert!(
        markdown.contains("\\*強調\\* \\| \\[x\\](y\\)".replace("](y", "]\\(y").as_str()),
        "{markdown}"
    );
    assert!(!markdown.contains(['\u{0}', '\u{b}', '\u{ffff}']) && markdown.contains("\u{1f600}𠮷"));
}

#[test]
fn days_are_written_as_an_office_writes_them() {
    use jiff::civil::date;
    assert_eq!(wareki(date(2026, 11, 24)), "令和8年11月24日（火）");
    assert_eq!(wareki(date(2019, 5, 1)), "令和元年5月1日（水）");
    assert_eq!(wareki(date(2019, 4, 30)), "平成31年4月30日（火）");
    assert_eq!(wareki(date(1872, 12, 31)), "1872年12月31日（火）");
}

/// Minutes that hold a text in every place.
pub(super) fn minutes_of(text: &str) -> Minutes {
    let sentence = |who: Option<&str>| MinutesSentence {
        text: text.to_owned(),
        who: who.map(str::to_owned),
        due: None,
        evidence: vec![EvidenceSpan {
            segment: SegmentId(1),
            start: Millis(751_000),
            end: Millis(752_000),
        }],
        supported: false,
    };
    let section = |kind, sentences| MinutesSection {
        kind,
        heading: text.to_owned(),
        times: true,
        items: vec![MinutesItem {
            heading: Some(text.to_owned()),
            sentences,
        }],
    };
    Minutes {
        style: "youten@1".to_owned(),
        heading: text.to_owned(),
        title: text.to_owned(),
        header: vec![HeaderField {
            label: text.to_owned(),
            value: text.to_owned(),
        }],
        sections: vec![
            section(SectionKind::Agenda, vec![sentence(Some(text)), sentence(None)]),
            section(SectionKind::Actions, vec![sentence(Some(text))]),
            section(SectionKind::Statements, vec![sentence(None)]),
            MinutesSection {
                kind: SectionKind::Decisions,
                heading: text.to_owned(),
                times: false,
                items: Vec::new(),
            },
        ],
        drafted: true,
    }
}

proptest! {
    /// Whatever is said, and however long it takes.
    #[test]
    fn captions_keep_their_measures(
        turns in proptest::collection::vec(("[ぁ-んァ-ヶ一-龠a-z0-9、。 ]{1,90}", 0_u32..3, 0_u64..9_000, 20_u64..900), 1..5),
        named in any::<bool>(),
    ) {
        let mut segments: Vec<Segment> = turns
            .iter()
            .zip(1..)
            .map(|((text, speaker, start, millis), id)| segment(id, *speaker, *start, text, *millis))
            .collect();
        segments.sort_by_key(|segment| segment.start);
        let transcript = meeting(segments);
        let cues = cues::cues(&transcript, TextLevel::Verbatim, &[], named);
        for cue in &cues {
            let most = if named && cue.turns { 1 } else { 2 };
            prop_assert!(cue.lines.len() <= most && cue.start <= cue.end && cue.end.0 - cue.start.0 <= 7_000);
            for line in &cue.lines {
                prop_assert!(line.chars().map(cues::width).sum::<usize>() <= 40, "{}", line);
            }
        }
        for speaker in [None, Some(SpeakerId(1)), Some(SpeakerId(2))] {
            let own: Vec<_> = cues.iter().filter(|cue| cue.speaker == speaker).collect();
            prop_assert!(own.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }
        let bare = |text: &str| -> String {
            let mut all: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
            all.sort_unstable();
            all.into_iter().collect()
        };
        let shown: String = cues.iter().flat_map(|cue| cue.lines.concat().chars().collect::<Vec<_>>()).collect();
        let said: String = transcript.segments.iter().map(Segment::text).collect();
        prop_assert_eq!(bare(&shown), bare(&said));
    }

    /// Any characters at all.
    #[test]
    fn any_text_gives_readable_files(text in any::<String>()) {
        let transcript = meeting(vec![segment(1, 1, 0, &text, 100)]);
        let parsed = json(&transcript, TextLevel::Edited, &[], Millis(1), None).unwrap();
        prop_assert!(serde_json::from_str::<serde_json::Value>(&parsed).is_ok());
        let vtt = vtt(&transcript, TextLevel::Verbatim, &[]);
        prop_assert_eq!(vtt.matches("-->").count(), vtt.lines().filter(|line| line.starts_with("00:")).count());
        let minutes = minutes_of(&text);
        for out in [minutes_txt(&minutes), markdown(&minutes), srt(&transcript, TextLevel::Verbatim, &[])] {
            prop_assert!(!out.chars().any(|c| c.is_control() && !matches!(c, '\r' | '\n')));
        }
    }
}

/// The parts of a package, each parsed.
fn parts(bytes: &[u8]) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut found = Vec::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let name = file.name().unwrap().into_owned();
        if name.ends_with(".xml") || name.ends_with(".rels") {
            let mut text = String::new();
            std::io::Read::read_to_string(&mut file, &mut text).unwrap();
            roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            found.push((name, text));
        }
    }
    found
}

#[test]
fn a_word_document_marks_what_must_be_checked_and_names_nobody_in_its_properties() {
    let minutes = minutes_of("予算は3億円です。");
    let bytes = docx(&minutes).unwrap();
    assert_eq!(bytes, docx(&minutes).unwrap(), "the same minutes, the same bytes");
    let parts = parts(&bytes);
    let part = |name: &str| &parts.iter().find(|(one, _)| one == name).unwrap().1;
    let (document, comments) = (part("word/document.xml"), part("word/comments.xml"));
    let unsupported = minutes.sentences().filter(|sentence| !sentence.supported).count();
    assert_eq!(
        document.matches(CHECK_JA).count(),
        unsupported + 1,
        "each sentence, and the note at the head"
    );
    assert_eq!(comments.matches("<w:comment ").count(), unsupported);
    assert!(comments.contains("00:12:31") && !comments.contains("w:date") && document.contains("[00:12:31]"));
    let core = part("docProps/core.xml");
    assert!(core.contains("<dc:creator>Shoki</dc:creator>") && !core.contains("1970"));
    assert!(part("word/fontTable.xml").contains("ＭＳ 明朝"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Any characters at all, in every place, give a package of well-formed parts that hold them.
    #[test]
    fn any_text_gives_a_well_formed_word_document(text in any::<String>()) {
        let parts = parts(&docx(&minutes_of(&text)).unwrap());
        let (_, document) = parts.iter().find(|(name, _)| name == "word/document.xml").unwrap();
        let parsed = roxmltree::Document::parse(document).unwrap();
        let shown: String = parsed.descendants().filter(|node| node.is_text()).filter_map(|node| node.text()).collect();
        prop_assert!(shown.contains(&printable(&text)));
    }
}

//! Transcripts put together from scripted windows and turns.

use shoki_core::audio::SampleSpan;
use shoki_core::voice::{SpeakerCentroid, Turn, VoiceVector};

use super::*;
use crate::vad::ChannelSpeech;

fn window(speech: &[(u64, u64)], cut: Cut) -> SpeechWindow {
    let speech: Vec<SampleSpan> = speech
        .iter()
        .map(|&(start, end)| SampleSpan {
            start: Millis(start).sample(),
            end: Millis(end).sample(),
        })
        .collect();
    let span = SampleSpan {
        start: speech[0].start,
        end: speech[speech.len() - 1].end,
    };
    SpeechWindow {
        index: 0,
        channel: 0,
        span,
        heard: vec![span],
        speech,
        cut,
    }
}

/// Characters of a text, evenly from `start` to `end`; a token ends where the next begins.
fn tokens(text: &str, start: u64, end: u64) -> Vec<Token> {
    let count = text.chars().count() as u64;
    (0..)
        .zip(text.chars())
        .map(|(number, c)| Token {
            text: c.to_string(),
            start: Millis(start + (end - start) * number / count),
            end: Millis(start + (end - start) * (number + 1) / count),
            probability: 0.9,
        })
        .collect()
}

fn turns(turns: &[(u64, u64, u16)]) -> Diarization {
    let people = turns.iter().map(|turn| turn.2 + 1).max().unwrap_or(0);
    Diarization {
        speakers: (0..people)
            .map(|_| SpeakerCentroid {
                voice: VoiceVector::pack(&[1.0, 0.0]),
                spoken: Millis(0),
                likeness: 1.0,
            })
            .collect(),
        turns: turns
            .iter()
            .map(|&(start, end, speaker)| Turn {
                channel: 0,
                span: SampleSpan {
                    start: Millis(start).sample(),
                    end: Millis(end).sample(),
                },
                speaker: SpeakerIndex(speaker),
                second: None,
            })
            .collect(),
        model: None,
    }
}

fn listing(windows: Vec<SpeechWindow>) -> Listing {
    Listing {
        speech: vec![ChannelSpeech {
            channel: 0,
            spans: windows.iter().flat_map(|window| window.speech.clone()).collect(),
        }],
        windows,
    }
}

fn piece(tokens: Vec<Token>, doubts: &[Doubt]) -> Result<WindowPiece, ErrorCode> {
    Ok(WindowPiece {
        text: WindowText {
            tokens,
            doubts: doubts.to_vec(),
            withheld: None,
            attempts: 1,
        },
        ..WindowPiece::default()
    })
}

fn shown(assembled: &Assembled) -> Vec<(u32, String)> {
    assembled
        .transcript
        .segments
        .iter()
        .map(|segment| (segment.speaker.map_or(0, |id| id.0), segment.text()))
        .collect()
}

#[test]
fn a_change_of_speaker_moves_to_the_end_of_the_sentence() {
    let window = window(&[(0, 2_400), (2_600, 5_000)], Cut::End);
    let mut said = tokens("予算は足りますか。", 0, 2_600);
    said.extend(tokens("はい、足ります。", 2_600, 5_000));
    // The turn's edge lies 250 ms too early, inside the question.
    let found = turns(&[(0, 2_150, 0), (2_150, 5_000, 1)]);
    let assembled = assemble(&listing(vec![window]), &[piece(said, &[])], &found, UNSURE_BELOW);
    assert_eq!(
        shown(&assembled),
        [
            (1, "予算は足りますか。".to_owned()),
            (2, "はい、足ります。".to_owned())
        ]
    );
    let segments = &assembled.transcript.segments;
    // The last token of the first sentence ends with its speech, not with the next one's beginning.
    assert_eq!(segments[0].end, Millis(2_400));
    assert_eq!(assembled.transcript.speakers[0].spoken, Millis(2_400));
}

#[test]
fn a_character_behind_the_last_sentence_without_time_to_speak_it_is_withheld() {
    let assembled = |last: u64| {
        let window = window(&[(0, 5_000)], Cut::End);
        let mut said = tokens("本日は終わります。", 0, last);
        said.extend(tokens("わ", last, 5_000));
        let found = turns(&[(0, 5_000, 0)]);
        assemble(&listing(vec![window]), &[piece(said, &[])], &found, UNSURE_BELOW).transcript
    };
    let begun = assembled(4_958).segments;
    assert_eq!(begun.len(), 1);
    assert_eq!(
        (begun[0].text().as_str(), begun[0].withheld.as_deref()),
        ("本日は終わります。", Some("わ"))
    );
    assert_eq!(begun[0].doubts, [Doubt::Torn]);
    // Who had the time has said it.
    let said: String = assembled(4_900).segments.iter().map(Segment::text).collect();
    assert_eq!(said, "本日は終わります。わ");
}

#[test]
fn a_run_too_short_to_be_anybodys_is_swallowed() {
    let window = window(&[(0, 5_000)], Cut::End);
    let found = turns(&[(0, 2_000, 0), (2_000, 2_200, 1), (2_200, 5_000, 0)]);
    let said = tokens("来年度の予算について説明します", 0, 5_000);
    let assembled = assemble(&listing(vec![window]), &[piece(said, &[])], &found, UNSURE_BELOW);
    assert_eq!(
        shown(&assembled),
        [(1, "来年度の予算について説明します".to_owned())]
    );
}

#[test]
fn sentences_and_long_pauses_end_segments() {
    let window = window(&[(0, 4_000), (6_000, 9_000)], Cut::End);
    let mut said = tokens("説明は以上です。ご質問は", 0, 4_000);
    said.extend(tokens("ありますか", 6_000, 9_000));
    let assembled = assemble(
        &listing(vec![window]),
        &[piece(said, &[])],
        &turns(&[(0, 9_000, 0)]),
        UNSURE_BELOW,
    );
    let texts: Vec<String> = shown(&assembled).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["説明は以上です。", "ご質問は", "ありますか"]);
}

#[test]
fn nothing_is_a_hole() {
    let windows = vec![
        window(&[(0, 2_000)], Cut::End),
        window(&[(3_000, 3_300)], Cut::End),
        window(&[(5_000, 9_000)], Cut::End),
        window(&[(10_000, 12_000)], Cut::End),
    ];
    let mut withheld = piece(Vec::new(), &[Doubt::StockPhrase]);
    if let Ok(piece) = &mut withheld {
        piece.text.withheld = Some("ご視聴ありがとうございました".to_owned());
    }
    let pieces = [
        Err(ErrorCode::EngineFailed),
        // A third of a second of nothing is a cough.
        piece(Vec::new(), &[]),
        withheld,
        piece(tokens("以上です", 10_000, 12_000), &[Doubt::Unsure]),
    ];
    let assembled = assemble(&listing(windows), &pieces, &Diarization::default(), UNSURE_BELOW);
    let doubts: Vec<&[Doubt]> = assembled
        .transcript
        .segments
        .iter()
        .map(|segment| segment.doubts.as_slice())
        .collect();
    assert_eq!(
        doubts,
        [
            [Doubt::Failed].as_slice(),
            &[Doubt::StockPhrase, Doubt::Unheard],
            &[Doubt::Unsure]
        ]
    );
    assert_eq!(assembled.windows_failed, 1);
    let segments = &assembled.transcript.segments;
    assert_eq!(segments[1].text(), "");
    assert_eq!(
        segments[1].withheld.as_deref(),
        Some("ご視聴ありがとうございました")
    );
    assert_eq!(segments.iter().map(|s| s.id.0).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(segments.iter().all(|segment| segment.speaker.is_none()));
}

#[test]
fn a_cut_without_a_pause_is_doubted_on_both_sides() {
    let windows = vec![
        window(&[(0, 3_000)], Cut::Quietest),
        window(&[(3_000, 6_000)], Cut::End),
    ];
    let pieces = [
        piece(tokens("次の議題に移りま", 0, 3_000), &[Doubt::Torn]),
        piece(tokens("す。資料を", 3_000, 6_000), &[]),
    ];
    let assembled = assemble(&listing(windows), &pieces, &turns(&[(0, 6_000, 0)]), UNSURE_BELOW);
    let torn: Vec<bool> = assembled
        .transcript
        .segments
        .iter()
        .map(|segment| segment.doubts.contains(&Doubt::Torn))
        .collect();
    assert_eq!(torn[..2], [true, true]);
}

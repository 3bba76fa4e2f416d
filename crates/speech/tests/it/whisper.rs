//! whisper.cpp through the seam.

use shoki_core::audio::Millis;
use shoki_engine::EngineError;
use shoki_speech::recognise::cores::Cores;
use shoki_speech::recognise::transcribe::{Decoding, Heard, Piece, Search, Transcribe as _};
use shoki_speech::recognise::whisper::WhisperModel;

use crate::tiny_model::{bytes, model, sound};

const SPEECH: &str =
    "[speech]\ntimestamps = false\nprompt_characters = 40\nalignment = { heads = [[0, 0]] }\n";
const GREEDY: Decoding<'static> = Decoding {
    prompt: "",
    search: Search::Greedy,
    begins: &[],
};

fn is_in_order(heard: &Heard, seconds: u64) -> bool {
    let times = heard.tokens.iter().flat_map(|token| [token.start, token.end]);
    let inside = times.clone().all(|time| time <= Millis(seconds * 1000));
    let starts = heard.tokens.iter().map(|token| token.start);
    inside && starts.is_sorted() && heard.tokens.iter().all(|token| token.start <= token.end)
}

#[test]
fn tokens_have_whole_characters_and_times_inside_the_window() {
    let weights = WhisperModel::new(&model("tiny.bin", bytes(), SPEECH)).unwrap();
    let mut whisper = weights.recogniser(&Cores::new(1, 1)).unwrap();
    let beam = Decoding {
        search: Search::Beam,
        ..GREEDY
    };
    for (seconds, decoding) in [(1, GREEDY), (3, GREEDY), (3, beam), (30, GREEDY)] {
        let heard = whisper.transcribe(&sound(seconds), &decoding).unwrap();
        assert!(!heard.tokens.is_empty(), "{seconds} s");
        assert!(is_in_order(&heard, seconds as u64), "{seconds} s: {heard:?}");
        assert!(!heard.text().contains('\u{fffd}'));
        assert!(heard.mean_log_probability() < 0.0);
    }
}

/// Weights that were never taught anything write on and on.
#[test]
fn a_text_longer_than_anybody_speaks_is_cut_off() {
    let weights = WhisperModel::new(&model("tiny.bin", bytes(), SPEECH)).unwrap();
    let mut whisper = weights.recogniser(&Cores::new(1, 1)).unwrap();
    let written = |heard: &Heard| heard.pieces.concat().len();
    let second = whisper.transcribe(&sound(1), &GREEDY).unwrap();
    assert!(
        second.is_cut_off && (40..=41).contains(&written(&second)),
        "{second:?}"
    );
    let half_a_minute = whisper.transcribe(&sound(30), &GREEDY).unwrap();
    assert!(
        !half_a_minute.is_cut_off && written(&half_a_minute) > 41,
        "{half_a_minute:?}"
    );
}

#[test]
fn a_hearing_begins_with_what_it_is_told_and_goes_on() {
    let weights = WhisperModel::new(&model("tiny.bin", bytes(), SPEECH)).unwrap();
    let mut whisper = weights.recogniser(&Cores::new(1, 1)).unwrap();
    let pieces = |heard: &Heard| -> Vec<_> { heard.pieces.concat() };
    let free = whisper.transcribe(&sound(3), &GREEDY).unwrap();
    let own = pieces(&free);
    assert!(own.len() > 3, "{free:?}");
    // What it would have said itself changes nothing.
    let begins = &own[..3];
    let same = whisper
        .transcribe(&sound(3), &Decoding { begins, ..GREEDY })
        .unwrap();
    assert_eq!(same.text(), free.text());
    assert_eq!(pieces(&same), own);
    let mut pairs = same.tokens.iter().zip(&free.tokens);
    let alike = pairs.all(|(a, b)| (a.probability - b.probability).abs() < 1e-2);
    assert!(alike, "also how likely it is: {same:?} {free:?}");
    // What it would not have said is said, and it goes on from there.
    let told = Piece(own.iter().map(|piece| piece.0).max().unwrap() - 1);
    let begins = &[told, told];
    let other = whisper
        .transcribe(&sound(3), &Decoding { begins, ..GREEDY })
        .unwrap();
    let said = pieces(&other);
    assert_eq!(said[..2], [told, told]);
    assert!(
        other.tokens[0].probability < 0.5,
        "as unlikely as it is: {other:?}"
    );
    assert!(said.len() > 2, "{other:?}");
    let after = whisper.transcribe(&sound(3), &GREEDY).unwrap();
    assert_eq!(after.text(), free.text(), "the next hearing is free again");
}

#[test]
fn one_window_knows_nothing_of_another_and_states_work_side_by_side() {
    let weights = WhisperModel::new(&model("tiny.bin", bytes(), SPEECH)).unwrap();
    let alone = weights
        .recogniser(&Cores::new(1, 1))
        .unwrap()
        .transcribe(&sound(4), &GREEDY)
        .unwrap();
    let together: Vec<Heard> = std::thread::scope(|threads| {
        let running: Vec<_> = (0..2)
            .map(|_| {
                threads.spawn(|| {
                    let mut whisper = weights.recogniser(&Cores::new(1, 1)).unwrap();
                    let terms = Decoding {
                        prompt: "日野市の会議",
                        ..GREEDY
                    };
                    whisper.transcribe(&sound(2), &terms).unwrap();
                    whisper.transcribe(&sound(4), &GREEDY).unwrap()
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for heard in &together {
        assert_eq!(heard.text(), alone.text());
        let mut pairs = heard.tokens.iter().zip(&alone.tokens);
        // The cache of another window lies elsewhere in memory, and sums round differently.
        assert!(pairs.all(|(a, b)| (a.probability / b.probability - 1.0).abs() < 1e-2));
    }
}

#[test]
fn a_packed_file_is_the_same_model() {
    let packed =
        ruzstd::encoding::compress_to_vec(bytes().as_slice(), ruzstd::encoding::CompressionLevel::Fastest);
    let plain = WhisperModel::new(&model("tiny.bin", bytes(), SPEECH)).unwrap();
    let unpacked = WhisperModel::new(&model("tiny.bin.zst", packed, SPEECH)).unwrap();
    let text = |model: &WhisperModel| {
        let mut whisper = model.recogniser(&Cores::new(1, 1)).unwrap();
        whisper.transcribe(&sound(2), &GREEDY).unwrap().text()
    };
    assert_eq!(text(&plain), text(&unpacked));
}

#[test]
fn what_is_no_model_is_refused() {
    for (name, bytes, speech) in [
        ("tiny.bin", bytes(), ""),
        (
            "tiny.bin",
            bytes().split_last_chunk::<1000>().unwrap().0.to_vec(),
            SPEECH,
        ),
        ("tiny.bin", b"not a model".to_vec(), SPEECH),
        ("tiny.bin.zst", b"not packed".to_vec(), SPEECH),
        (
            "tiny.bin",
            bytes(),
            "[speech]\ntimestamps = true\nalignment = { preset = \"colossal\" }\n",
        ),
    ] {
        let refused = WhisperModel::new(&model(name, bytes, speech)).unwrap_err();
        assert!(
            matches!(refused, EngineError::Contract { .. }),
            "{name}: {refused}"
        );
    }
}

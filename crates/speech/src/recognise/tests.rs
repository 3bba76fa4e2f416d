//! Hearing a window with recognisers that do what ours must survive.

use std::io::Write as _;

use shoki_core::audio::{Millis, SampleSpan};
use shoki_core::digest::Sha256;

use super::*;

/// Writes these texts, one per call, each character a tenth of a second long.
struct Scripted {
    texts: Vec<(&'static str, f32, f32)>,
    asked: Vec<(String, Search)>,
}

impl Scripted {
    fn new(texts: &[(&'static str, f32, f32)]) -> Self {
        Self {
            texts: texts.to_vec(),
            asked: Vec::new(),
        }
    }
}

impl Transcribe for Scripted {
    fn fingerprint(&self) -> Sha256 {
        Sha256::of(b"scripted")
    }

    fn transcribe(&mut self, _: &[f32], decoding: &Decoding<'_>) -> Result<Heard, SpeechError> {
        let (text, probability, no_speech) = self.texts[self.asked.len()];
        self.asked.push((decoding.prompt.to_owned(), decoding.search));
        let tokens = (0_u64..)
            .zip(text.chars())
            .map(|(at, c)| Token {
                text: c.to_string(),
                start: Millis(at * 100),
                end: Millis(at * 100 + 100),
                probability,
            })
            .collect();
        Ok(Heard {
            tokens,
            no_speech,
            ..Heard::default()
        })
    }
}

const SECOND: u64 = 16_000;

/// Ten seconds; `loud` of each half second, then quiet, as syllables are.
fn recording(level: f32, loud: f32) -> PcmFile {
    let mut file = tempfile::tempfile().unwrap();
    for sample in 0..10 * SECOND {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "a test's tone"
        )]
        let value = {
            let t = sample as f32 / SECOND as f32;
            let swing = if (t * 2.0).fract() < loud { 1.0 } else { 0.01 };
            (level * swing * (t * 440.0 * std::f32::consts::TAU).sin() * 32767.0) as i16
        };
        file.write_all(&value.to_le_bytes()).unwrap();
    }
    PcmFile::new(file, 1).unwrap()
}

fn window(cut: Cut) -> SpeechWindow {
    let span = SampleSpan::new(2 * SECOND, 8 * SECOND);
    SpeechWindow {
        heard: vec![span],
        index: 0,
        channel: 0,
        span,
        speech: vec![span],
        cut,
    }
}

#[test]
fn what_was_said_stands_where_it_was_said() {
    let mut model = Scripted::new(&[("はい、始めます。", 0.9, 0.0)]);
    let heard = hear(&recording(0.3, 0.6), &window(Cut::End), &mut model, "日野市").unwrap();
    assert_eq!(heard.text(), "はい、始めます。");
    assert_eq!((heard.doubts, heard.attempts), (vec![], 1));
    assert_eq!(
        (heard.tokens[1].start, heard.tokens[1].end),
        (Millis(2100), Millis(2200))
    );
    assert_eq!(model.asked, [("日野市".to_owned(), Search::Greedy)]);
}

#[test]
fn what_people_have_read_stays_unless_something_else_is_much_likelier() {
    let recording = recording(0.3, 0.6);
    let samples = recording.read_f32(0, window(Cut::End).span).unwrap();
    let begins = &[transcribe::Piece(7)];
    let decoding = Decoding {
        prompt: "",
        search: Search::Greedy,
        begins,
    };
    for free in [0.5, 0.8, 0.92] {
        let mut model = Scripted::new(&[("本日の議題", 0.8, 0.0), ("本日の擬態", free, 0.0)]);
        let heard = hear_samples(&samples, &window(Cut::End), &mut model, &decoding).unwrap();
        assert_eq!((heard.text().as_str(), model.asked.len()), ("本日の議題", 2));
    }
    let mut model = Scripted::new(&[("本日の議題", 0.5, 0.0), ("本日の擬態", 0.9, 0.0)]);
    let heard = hear_samples(&samples, &window(Cut::End), &mut model, &decoding).unwrap();
    assert_eq!(heard.text(), "本日の擬態");
}

#[test]
fn a_doubtful_window_is_heard_again_without_the_terms_and_the_better_text_kept() {
    let circles = "次です次です次です次です次です";
    let mut model = Scripted::new(&[(circles, 0.9, 0.0), ("次です。", 0.8, 0.0)]);
    let heard = hear(&recording(0.3, 0.6), &window(Cut::End), &mut model, "日野市").unwrap();
    assert_eq!((heard.text().as_str(), heard.attempts), ("次です。", 2));
    assert_eq!(heard.doubts, []);
    assert_eq!(
        model.asked,
        [
            ("日野市".to_owned(), Search::Greedy),
            (String::new(), Search::Beam)
        ]
    );
    // Twice in circles: shown, and marked.
    let mut model = Scripted::new(&[(circles, 0.9, 0.0), (circles, 0.9, 0.0)]);
    let heard = hear(&recording(0.3, 0.6), &window(Cut::End), &mut model, "").unwrap();
    assert_eq!(
        (heard.text().as_str(), heard.doubts.as_slice()),
        (circles, &[Doubt::Repeats][..])
    );
}

#[test]
fn where_nobody_speaks_nothing_is_written_and_what_was_invented_is_kept_aside() {
    let thanks = ("ご視聴ありがとうございました", 0.9, 0.1);
    // A hold tone of one level, and near silence that swings like speech.
    for quiet in [recording(0.3, 1.0), recording(0.0005, 0.6)] {
        let mut model = Scripted::new(&[thanks, thanks]);
        let heard = hear(&quiet, &window(Cut::End), &mut model, "").unwrap();
        assert_eq!(heard.text(), "");
        assert_eq!(heard.withheld.as_deref(), Some(thanks.0));
        assert_eq!(heard.doubts, [Doubt::StockPhrase]);
    }
    // The same words by a person are a person's words.
    let mut model = Scripted::new(&[thanks]);
    let heard = hear(&recording(0.3, 0.6), &window(Cut::End), &mut model, "").unwrap();
    assert_eq!((heard.text().as_str(), heard.withheld), (thanks.0, None));
}

#[test]
fn a_window_cut_inside_speech_says_so() {
    let mut model = Scripted::new(&[("それでは", 0.9, 0.0)]);
    let heard = hear(&recording(0.3, 0.6), &window(Cut::Quietest), &mut model, "").unwrap();
    assert_eq!(heard.doubts, [Doubt::Torn]);
}

//! What speaks against a text that a recogniser wrote, judged by the text and by the sound.
//!
//! Recognisers of this kind write fluent sentences where nobody speaks, and repeat themselves. The rules
//! are those of the Whisper paper (Radford et al. 2022, 4.5: compression, log-probability, no-speech) with
//! rates of Japanese speech; each threshold says where it is from.
//! Promise: a rule looks at one window only, so that it gives the same for every order of windows.
//! Never: a change of the text.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use shoki_core::audio::SAMPLE_RATE;
use shoki_core::transcript::Doubt;

use super::transcribe::Heard;
use crate::windows::SpeechWindow;

/// Fast Japanese speech has 10 morae a second, and a written character stands for 1.3 of them; readers of
/// agendas come near 10 characters.
const MAX_CHARACTERS_PER_SECOND: f32 = 14.0;
/// Text shorter than this is not judged by rate or compression: one word says nothing.
const MIN_JUDGED: usize = 12;
/// Longest repeated run looked for, in characters.
const MAX_RUN: usize = 24;
/// Times a run of one or two characters (はいはい, ええええ) may follow itself.
const MAX_SHORT_REPEATS: usize = 5;
/// Times a longer run may follow itself: people say a phrase twice, rarely three times.
const MAX_LONG_REPEATS: usize = 3;
/// Bytes over packed bytes; Whisper's 2.4 is for text of one byte a character, Japanese has three.
const MAX_COMPRESSION: f32 = 3.0;
/// Whisper's own threshold.
const MIN_LOG_PROBABILITY: f32 = -1.0;
/// Whisper's own threshold.
const MAX_NO_SPEECH: f32 = 0.6;
/// Speech stands out from the window's own floor by at least this, in dB; music on hold and noise do not
/// rise and fall with syllables.
const MIN_CONTRAST: f32 = 9.0;
/// Sound below this is silence to a listener, in dBFS.
const SILENCE: f32 = -60.0;
/// Samples of a level: 20 ms.
const LEVEL: usize = SAMPLE_RATE as usize / 50;

/// Phrases that recognisers learnt from subtitles and write where nobody speaks.
const STOCK_PHRASES: &[&str] = &[
    "ご視聴ありがとうございました",
    "ご清聴ありがとうございました",
    "最後までご視聴いただき",
    "チャンネル登録",
    "高評価",
    "字幕",
    "次回もお楽しみに",
    "次の動画",
    "おやすみなさい",
    "by H.",
    "Thank you for watching",
    "Thanks for watching",
    "Subtitles by",
];

/// The sound of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sound {
    /// Seconds that the voice activity detector took for speech.
    pub speech_seconds: f32,
    /// Level of the loud parts (90th percentile of 20 ms), dBFS.
    pub loud: f32,
    /// How far the loud parts stand above the quiet ones (10th percentile), dB.
    pub contrast: f32,
}

impl Sound {
    /// Of a window's samples, −1 to 1.
    #[must_use]
    pub fn measure(samples: &[f32], window: &SpeechWindow) -> Self {
        let mut levels: Vec<f32> = samples
            .chunks(LEVEL)
            .map(|part| {
                #[expect(clippy::cast_precision_loss, reason = "320 samples")]
                let mean = part.iter().map(|sample| sample * sample).sum::<f32>() / part.len() as f32;
                10.0 * (mean + 1e-10).log10()
            })
            .collect();
        levels.sort_by(f32::total_cmp);
        let at = |share: usize| levels.get(levels.len() * share / 100).copied().unwrap_or(-100.0);
        let speech: u64 = window.speech.iter().map(|span| span.len()).sum();
        #[expect(clippy::cast_precision_loss, reason = "at most 30 s of samples")]
        let speech_seconds = speech as f32 / SAMPLE_RATE as f32;
        Self {
            speech_seconds,
            loud: at(90),
            contrast: at(90) - at(10),
        }
    }

    /// Whether the sound has neither the level nor the rise and fall of speech.
    #[must_use]
    pub fn is_without_speech(&self) -> bool {
        self.speech_seconds <= 0.0 || self.loud < SILENCE || self.contrast < MIN_CONTRAST
    }
}

/// Everything that speaks against a text, each once, in order.
#[must_use]
pub fn doubts(heard: &Heard, sound: &Sound) -> Vec<Doubt> {
    let text = heard.text();
    let characters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let mut doubts = Vec::new();
    if heard.is_cut_off || repeats(&characters) {
        doubts.push(Doubt::Repeats);
    }
    if characters.len() >= MIN_JUDGED {
        #[expect(clippy::cast_precision_loss, reason = "hundreds of characters")]
        let rate = characters.len() as f32 / sound.speech_seconds.max(0.1);
        if rate > MAX_CHARACTERS_PER_SECOND {
            doubts.push(Doubt::TooFast);
        }
        if compression(&text) > MAX_COMPRESSION {
            doubts.push(Doubt::Compressible);
        }
    }
    if !characters.is_empty() {
        if heard.mean_log_probability() < MIN_LOG_PROBABILITY {
            doubts.push(Doubt::Unsure);
        }
        if heard.no_speech > MAX_NO_SPEECH {
            doubts.push(Doubt::NoSpeech);
        }
    }
    if STOCK_PHRASES.iter().any(|phrase| text.contains(phrase)) && sound.is_without_speech() {
        doubts.push(Doubt::StockPhrase);
    }
    doubts
}

/// Whether a text was made up: the sound holds no speech, or the recogniser itself both takes it for
/// silence and does not believe its own words (the rule of the paper).
#[must_use]
pub fn is_invented(doubts: &[Doubt], sound: &Sound) -> bool {
    let disbelieved = doubts.contains(&Doubt::NoSpeech) && doubts.contains(&Doubt::Unsure);
    sound.is_without_speech() || disbelieved
}

/// Whether a run of characters follows itself more often than people repeat themselves.
fn repeats(characters: &[char]) -> bool {
    (1..=MAX_RUN.min(characters.len() / 2)).any(|run| {
        let most = if run <= 2 {
            MAX_SHORT_REPEATS
        } else {
            MAX_LONG_REPEATS
        };
        // Characters in a row that equal the one `run` places before.
        let mut equal = 0;
        characters.iter().zip(&characters[run..]).any(|(before, now)| {
            equal = if before == now { equal + 1 } else { 0 };
            equal >= run * most
        })
    })
}

/// How many times smaller zlib makes it.
fn compression(text: &str) -> f32 {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let packed = encoder
        .write_all(text.as_bytes())
        .and_then(|()| encoder.finish())
        .expect("writing to memory does not fail");
    #[expect(clippy::cast_precision_loss, reason = "kilobytes")]
    {
        text.len() as f32 / packed.len().max(1) as f32
    }
}

#[cfg(test)]
mod tests {
    use shoki_core::audio::Millis;
    use shoki_core::transcript::Token;

    use super::*;

    const SPEECH: Sound = Sound {
        speech_seconds: 5.0,
        loud: -20.0,
        contrast: 30.0,
    };

    fn heard(text: &str, probability: f32, no_speech: f32) -> Heard {
        let token = |c: char| Token {
            text: c.to_string(),
            start: Millis(0),
            end: Millis(0),
            probability,
        };
        Heard {
            tokens: text.chars().map(token).collect(),
            no_speech,
            ..Heard::default()
        }
    }

    #[test]
    fn a_sentence_somebody_said_is_believed() {
        for text in [
            "はい、はい、わかりました。",
            "担当は高齢福祉課の小林です。",
            "ええええ、そうです。",
            "賛成、賛成、賛成。",
        ] {
            assert_eq!(doubts(&heard(text, 0.9, 0.01), &SPEECH), [], "{text}");
        }
        assert!(!is_invented(&[], &SPEECH));
    }

    #[test]
    fn circles_are_doubted() {
        for text in [
            "ああああああああああ",
            "そうですねそうですねそうですねそうですね",
            "次の議題に移ります。次の議題に移ります。次の議題に移ります。次の議題に移ります。",
        ] {
            assert!(
                doubts(&heard(text, 0.9, 0.0), &SPEECH).contains(&Doubt::Repeats),
                "{text}"
            );
        }
    }

    #[test]
    fn a_text_that_did_not_end_is_doubted_however_it_reads() {
        let stopped = Heard {
            is_cut_off: true,
            ..heard("次の議題に移ります。", 0.9, 0.0)
        };
        assert_eq!(doubts(&stopped, &SPEECH), [Doubt::Repeats]);
    }

    #[test]
    fn nobody_speaks_a_hundred_characters_in_five_seconds() {
        let text: String = ('一'..).filter(|c| c.is_alphanumeric()).take(100).collect();
        assert_eq!(doubts(&heard(&text, 0.9, 0.0), &SPEECH), [Doubt::TooFast]);
    }

    #[test]
    fn a_disbelieved_text_in_a_window_taken_for_silence_is_invented() {
        let found = doubts(&heard("本日はありがとうございました。", 0.2, 0.9), &SPEECH);
        assert_eq!(found, [Doubt::Unsure, Doubt::NoSpeech]);
        assert!(is_invented(&found, &SPEECH));
        // Each alone is a doubt about something that was said.
        assert!(!is_invented(&[Doubt::Unsure], &SPEECH));
        assert!(!is_invented(&[Doubt::NoSpeech], &SPEECH));
    }

    #[test]
    fn thanks_at_the_end_of_a_talk_are_believed_and_in_silence_they_are_not() {
        let thanks = heard("ご清聴ありがとうございました。", 0.9, 0.0);
        assert_eq!(doubts(&thanks, &SPEECH), []);
        let silence = Sound {
            loud: -70.0,
            ..SPEECH
        };
        let found = doubts(&thanks, &silence);
        assert_eq!(found, [Doubt::StockPhrase]);
        assert!(is_invented(&found, &silence));
    }
}

//! A window of sound → text that may be believed, or is marked.
//!
//! Owns: the seam [`Transcribe`], its implementation by whisper.cpp, and the judgement of what it wrote.
//! Promises: one second attempt at a doubtful window, the better text kept, its doubts with it; text where
//! the sound holds no speech is withheld and said, never shown as spoken and never dropped silently.
//! Never: a text in a log.

mod beginning;
pub mod cores;
pub mod doubt;
pub mod transcribe;
pub mod whisper;

use shoki_core::transcript::{Doubt, Token, WindowText};

use crate::error::SpeechError;
use crate::pcm::PcmFile;
use crate::windows::{Cut, SpeechWindow};
use doubt::Sound;
use transcribe::{Decoding, Heard, Search, Transcribe};

/// What people have read already is worth, in nats a token: a free hearing must be likelier than one that begins with
/// it by this. With nothing, whatever a later sound makes a little less likely is taken back, and text is firm late; on made
/// meetings this has half of the errors of never taking anything back.
const FIRM_WORTH: f32 = 0.15;

/// Hears one window. `prompt` holds the meeting's terms.
///
/// # Errors
/// `Io`, `Engine`.
pub fn hear(
    pcm: &PcmFile,
    window: &SpeechWindow,
    model: &mut dyn Transcribe,
    prompt: &str,
) -> Result<WindowText, SpeechError> {
    let mut samples = Vec::new();
    for &sound in &window.heard {
        samples.extend(pcm.read_f32(window.channel, sound)?);
    }
    let decoding = Decoding {
        prompt,
        search: Search::Greedy,
        begins: &[],
    };
    hear_samples(&samples, window, model, &decoding)
}

/// Hears the samples of one window (16 kHz, −1 to 1) that are not in a file, at the first attempt as told.
///
/// # Errors
/// `Recogniser`.
pub fn hear_samples(
    samples: &[f32],
    window: &SpeechWindow,
    model: &mut dyn Transcribe,
    decoding: &Decoding<'_>,
) -> Result<WindowText, SpeechError> {
    let heard = as_told(samples, model, decoding)?;
    judged(heard, samples, window, model)
}

/// What a first attempt heard in the samples of a window, or a second one where that is doubtful.
pub(crate) fn judged(
    mut heard: Heard,
    samples: &[f32],
    window: &SpeechWindow,
    model: &mut dyn Transcribe,
) -> Result<WindowText, SpeechError> {
    let sound = Sound::measure(samples, window);
    let mut doubts = doubt::doubts(&heard, &sound);
    let mut attempts = 1;
    if !doubts.is_empty() {
        attempts = 2;
        // Without the terms, and from the beginning: both are what loops feed on.
        let again = Decoding {
            prompt: "",
            search: Search::Beam,
            begins: &[],
        };
        let second = model.transcribe(samples, &again)?;
        let others = doubt::doubts(&second, &sound);
        let better = |doubts: &[Doubt], heard: &Heard| {
            (
                std::cmp::Reverse(doubts.len()),
                ordered(heard.mean_log_probability()),
            )
        };
        if better(&others, &second) > better(&doubts, &heard) {
            (heard, doubts) = (second, others);
        }
    }
    if doubt::is_invented(&doubts, &sound) {
        let text = heard.text();
        return Ok(WindowText {
            tokens: Vec::new(),
            doubts,
            withheld: (!text.is_empty()).then_some(text),
            attempts,
        });
    }
    if window.cut == Cut::Quietest && !heard.tokens.is_empty() {
        doubts.push(Doubt::Torn);
    }
    let tokens = heard
        .tokens
        .into_iter()
        .map(|token| {
            let place = window.moments(token.start..token.end);
            Token {
                start: place.start,
                end: place.end,
                ..token
            }
        })
        .collect();
    Ok(WindowText {
        tokens,
        doubts,
        withheld: None,
        attempts,
    })
}

/// What is heard from the beginning that was told, or freely where that is much likelier.
pub(crate) fn as_told(
    samples: &[f32],
    model: &mut dyn Transcribe,
    decoding: &Decoding<'_>,
) -> Result<Heard, SpeechError> {
    let told = model.transcribe(samples, decoding)?;
    if decoding.begins.is_empty() {
        return Ok(told);
    }
    let free = Decoding {
        begins: &[],
        ..*decoding
    };
    let free = model.transcribe(samples, &free)?;
    let is_better = free.mean_log_probability() > told.mean_log_probability() + FIRM_WORTH;
    Ok(if is_better { free } else { told })
}

/// A log-probability as something that can be ordered; NaN is the worst.
fn ordered(value: f32) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "a float's cast saturates")]
    {
        if value.is_nan() {
            i64::MIN
        } else {
            (value * 1e6) as i64
        }
    }
}

#[cfg(test)]
mod tests;

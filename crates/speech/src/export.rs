//! What leaves the house: a transcript and its minutes as text, Markdown, captions, JSON and Word.
//!
//! Promises: any text gives a well-formed file (control characters are left out, marks of the format escaped);
//! the same input gives the same text; what is in doubt is marked 【要確認】 wherever a person reads it.
//! Never: a change of wording, a file on disk.

mod captions;
mod cues;
mod docx;
mod json;
mod markdown;
mod text;
mod whole;

use jiff::civil::Date;
use shoki_core::audio::Millis;
use shoki_core::transcript::{Segment, Transcript};
use shoki_core::wareki::written;

pub use captions::{srt, vtt};
pub use docx::docx;
pub use json::json;
pub use markdown::{markdown, transcript_markdown};
pub use text::{minutes_txt, txt};
pub use whole::Exported;

/// Said at the head of minutes of which a model wrote sentences.
const DRAFTED_JA: &str = "この会議録には機械が下書きした文があります。";
/// What stands before a text that a person must check.
pub const CHECK_JA: &str = "【要確認】";
/// What stands where there is nothing.
pub const NONE_JA: &str = "なし";
/// Who speaks where that could not be told.
pub const UNKNOWN_SPEAKER_JA: &str = "話者不明";

/// Who speaks in a segment, as the screen calls the person.
#[must_use]
pub fn speaker_ja(transcript: &Transcript, segment: &Segment) -> String {
    let speaker = segment.speaker.and_then(|id| transcript.speaker(id));
    speaker.map_or_else(
        || UNKNOWN_SPEAKER_JA.to_owned(),
        |speaker| printable(&speaker.shown_ja()),
    )
}

/// `00:12:31`, rounded down.
#[must_use]
pub fn clock(time: Millis) -> String {
    let seconds = time.0 / 1000;
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// 令和8年11月24日（火）; before 明治6年 the western year.
#[must_use]
pub fn wareki(day: Date) -> String {
    let offset = day.weekday().to_monday_zero_offset().unsigned_abs();
    let weekday = ["月", "火", "水", "木", "金", "土", "日"][usize::from(offset)];
    let western = || format!("{}年{}月{}日", day.year(), day.month(), day.day());
    let written = written(day).unwrap_or_else(western);
    format!("{written}（{weekday}）")
}

/// A text on one line without what no format can hold: control characters, and what XML 1.0 forbids.
#[must_use]
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_whitespace() && c != '\u{3000}' {
                ' '
            } else {
                c
            }
        })
        .filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect()
}

#[cfg(test)]
mod tests;

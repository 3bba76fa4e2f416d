//! SRT and WebVTT.
//!
//! Promise: no spoken text becomes a time line or a tag. Never: a layout of its own — the player's holds.

use std::fmt::Write as _;

use shoki_core::audio::Millis;
use shoki_core::minutes::TextLevel;
use shoki_core::transcript::Transcript;

use super::cues::cues;

/// SubRip. Who speaks stands before the text where that changes.
#[must_use]
pub fn srt(transcript: &Transcript, level: TextLevel, kept: &[&str]) -> String {
    let mut out = String::new();
    for (at, cue) in cues(transcript, level, kept, true).into_iter().enumerate() {
        let _ = write!(
            out,
            "{}\r\n{} --> {}\r\n",
            at + 1,
            time(cue.start, ','),
            time(cue.end, ',')
        );
        // On a line of its own, so that the line of the text keeps its width.
        if cue.turns {
            let _ = write!(out, "（{}）\r\n", cue.name.replace("-->", "→"));
        }
        for line in &cue.lines {
            let _ = write!(out, "{}\r\n", line.replace("-->", "→"));
        }
        out.push_str("\r\n");
    }
    out
}

/// WebVTT with voices.
#[must_use]
pub fn vtt(transcript: &Transcript, level: TextLevel, kept: &[&str]) -> String {
    let mut out = "WEBVTT\n\n".to_owned();
    for (at, cue) in cues(transcript, level, kept, false).into_iter().enumerate() {
        let _ = write!(
            out,
            "{}\n{} --> {}\n",
            at + 1,
            time(cue.start, '.'),
            time(cue.end, '.')
        );
        let text = escaped(&cue.lines.join("\n"));
        if cue.speaker.is_some() {
            let _ = write!(out, "<v {}>{text}</v>\n\n", escaped(&cue.name));
        } else {
            let _ = write!(out, "{text}\n\n");
        }
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// `01:02:03,004`.
fn time(time: Millis, point: char) -> String {
    let (seconds, millis) = (time.0 / 1000, time.0 % 1000);
    format!(
        "{:02}:{:02}:{:02}{point}{millis:03}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

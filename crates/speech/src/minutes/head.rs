//! The head of minutes: what was said when the recording was handed in, and what was found in it.
//!
//! Promise: what nobody said is empty, for a person to fill in. Never: a guess.

use shoki_core::audio::Millis;
use shoki_core::meeting::MinutesOptions;
use shoki_core::minutes::HeaderField;
use shoki_core::minutes_style::{HeaderValue, MinutesStyle};

use super::Meeting;
use super::agenda::NEXT_MEETING_JA;
use crate::export::wareki;

/// The lines of the head.
pub(super) fn fields(
    meeting: &Meeting<'_>,
    options: &MinutesOptions,
    style: &MinutesStyle,
    duration: Millis,
) -> Vec<HeaderField> {
    let value = |value: HeaderValue| match value {
        HeaderValue::Title => options.title.clone().unwrap_or_default(),
        HeaderValue::HeldOn => options.held_on.map(wareki).unwrap_or_default(),
        HeaderValue::Place => options.place.clone().unwrap_or_default(),
        HeaderValue::Attendees => options.attendees.join("、"),
        HeaderValue::Speakers => {
            let names: Vec<String> = meeting
                .transcript
                .speakers
                .iter()
                .map(|speaker| speaker.shown_ja())
                .collect();
            names.join("、")
        }
        HeaderValue::Duration => duration.words_ja(),
        HeaderValue::Agenda => {
            let headings = meeting.parts.iter().filter_map(|part| part.heading.as_deref());
            let headings = headings.filter(|heading| *heading != NEXT_MEETING_JA);
            let numbered: Vec<String> = (1..)
                .zip(headings)
                .map(|(number, heading)| format!("({number}) {heading}"))
                .collect();
            numbered.join("　")
        }
        HeaderValue::Empty => String::new(),
    };
    style
        .headers
        .iter()
        .map(|header| HeaderField {
            label: header.label.clone(),
            value: value(header.value),
        })
        .collect()
}

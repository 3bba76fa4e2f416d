//! Check boxes and circled words: which choice carries ink that is not print.
//!
//! A mark is judged against fixed bounds and against its siblings; what lies between is ambiguous
//! and goes to a person, never to the likelier side.

use shoki_core::calibration::Signals;
use shoki_core::form::{FieldDefinition, FieldType};
use shoki_core::reading::{Candidate, FieldReading, FieldState, Reason};

use crate::crop::{DUST, PixelBox, Sheet};

/// How far beyond a printed check box a mark reaches, pixels (prototype).
const CHECK_MARGIN: usize = 10;
/// … and a circle around a printed word.
const CIRCLE_MARGIN: usize = 4;
/// Ink pixels over the square root of the area (the length of a stroke in edges of the box):
/// above, a choice is marked; below [`UNMARKED`], it is not.
const MARKED: f32 = 1.6;
/// See [`MARKED`].
const UNMARKED: f32 = 0.7;
/// Between the two.
const MIDDLE: f32 = (MARKED + UNMARKED) / 2.0;
/// A second mark weaker than this share of the strongest is a stray touch of the same stroke.
const SIBLING_SHARE: f32 = 0.35;

/// Reads a `check` or `circle` field; `areas` are its choices' places.
pub(crate) fn read(sheet: &Sheet<'_>, field: &FieldDefinition, areas: &[PixelBox]) -> FieldReading {
    let margin = if field.kind == FieldType::Check {
        CHECK_MARGIN
    } else {
        CIRCLE_MARGIN
    };
    let strengths: Vec<f32> = areas.iter().map(|&area| strength(sheet, area, margin)).collect();
    judge(field, &strengths)
}

fn strength(sheet: &Sheet<'_>, area: PixelBox, margin: usize) -> f32 {
    let inked = sheet.inked(area, margin);
    let ink: usize = inked
        .ink
        .components()
        .1
        .iter()
        .map(|part| part.area)
        .filter(|&area| area >= DUST)
        .sum();
    ink as f32 / ((area.width * area.height) as f32).sqrt().max(1.0)
}

fn judge(field: &FieldDefinition, strengths: &[f32]) -> FieldReading {
    let strongest = strengths.iter().copied().fold(0.0, f32::max);
    let values: Vec<&str> = field.choices.iter().map(|choice| choice.value.as_str()).collect();
    let marked: Vec<usize> = (0..strengths.len())
        .filter(|&index| strengths[index] >= MARKED && strengths[index] >= strongest * SIBLING_SHARE)
        .collect();
    let faint = strengths
        .iter()
        .any(|&strength| strength > UNMARKED && strength < MARKED && strength >= strongest * SIBLING_SHARE);
    let mut reasons = Vec::new();
    if faint || (marked.len() > 1 && !field.multiple) {
        reasons.push(Reason::AmbiguousMark);
    }
    if marked.is_empty() && field.required {
        reasons.push(Reason::RequiredEmpty);
    }
    let text = if field.multiple {
        marked
            .iter()
            .map(|&index| values[index])
            .collect::<Vec<_>>()
            .join("|")
    } else {
        strongest_of(&marked, strengths).map_or_else(String::new, |index| values[index].to_owned())
    };
    let total: f32 = strengths.iter().sum();
    let mut candidates: Vec<Candidate> = values
        .iter()
        .zip(strengths)
        .filter(|&(_, &strength)| strength > UNMARKED)
        .map(|(&value, &strength)| Candidate {
            text: value.to_owned(),
            score: strength / total,
        })
        .collect();
    if field.multiple && !text.is_empty() && !candidates.iter().any(|candidate| candidate.text == text) {
        candidates.insert(
            0,
            Candidate {
                text: text.clone(),
                score: 1.0,
            },
        );
    }
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    candidates.truncate(5);
    // The choice that lies nearest to neither marked nor unmarked.
    let nearest = strengths
        .iter()
        .map(|strength| ((strength - MIDDLE).abs() / MIDDLE).min(1.0))
        .fold(1.0, f32::min);
    let signals = Signals {
        agreement: 1.0,
        margin: nearest,
        weakest: nearest,
        ..Signals::default()
    };
    let state = if reasons.is_empty() {
        FieldState::Sure
    } else {
        FieldState::Check
    };
    FieldReading {
        text,
        state,
        reasons,
        explanations: Vec::new(),
        candidates,
        signals: Some(signals),
    }
}

fn strongest_of(marked: &[usize], strengths: &[f32]) -> Option<usize> {
    marked
        .iter()
        .copied()
        .max_by(|&a, &b| strengths[a].total_cmp(&strengths[b]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shoki_core::form::{Choice, MmBox};

    fn field(multiple: bool) -> FieldDefinition {
        let area = MmBox {
            x: 0.0,
            y: 0.0,
            w: 1.0,
            h: 1.0,
        };
        let choices = ["退職", "転勤", "死亡"]
            .map(|value| Choice {
                value: value.into(),
                area,
            })
            .into();
        FieldDefinition {
            required: true,
            choices,
            multiple,
            ..FieldDefinition::new("reason", "事由", FieldType::Check, area)
        }
    }

    #[test]
    fn one_clear_mark_is_sure() {
        let reading = judge(&field(false), &[0.1, 4.0, 0.0]);
        assert_eq!((reading.text.as_str(), reading.state), ("転勤", FieldState::Sure));
        assert_eq!(reading.candidates.len(), 1);
    }

    #[test]
    fn two_marks_or_a_faint_one_are_for_a_person() {
        for strengths in [[3.0, 4.0, 0.0], [0.0, 1.0, 0.0], [2.0, 1.2, 0.0]] {
            let reading = judge(&field(false), &strengths);
            assert_eq!(reading.state, FieldState::Check, "{strengths:?}");
            assert!(reading.reasons.contains(&Reason::AmbiguousMark));
        }
        let none = judge(&field(false), &[0.0, 0.1, 0.0]);
        assert_eq!(none.reasons, [Reason::RequiredEmpty]);
    }

    #[test]
    fn several_marks_are_joined_where_allowed() {
        let reading = judge(&field(true), &[3.0, 4.0, 0.0]);
        assert_eq!(
            (reading.text.as_str(), reading.state),
            ("退職|転勤", FieldState::Sure)
        );
    }
}

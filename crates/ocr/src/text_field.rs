//! A written field: its crop to readings under the field's alphabet, and the readings to a value.

use shoki_core::form::{FieldDefinition, FieldType};
use shoki_core::normal_form::normal_form;
use shoki_core::reading::{FieldReading, FieldState, Reason};
use shoki_engine::{EngineError, Recognise};

use crate::agreement::{Circumstances, Vote, weigh};
use crate::alphabet::Alphabet;
use crate::context;
use crate::crop::{Crop, MARGIN};
use crate::ctc::{self, LineReading};
use crate::preparation::{self, Preparation};
use crate::rules;
use crate::strike;

/// Ink pixels below which a field is empty: a dot of a pen that was set down.
const LEAST_INK: usize = 30;
/// Ink pixels of a printed box that holds a character.
const LEAST_CELL_INK: usize = 24;
/// Pixels at a box's sides where a neighbour's stroke may reach in.
const CELL_INSET: usize = 4;
/// Least margin of a lone reading that passes unseen.
const LONE_MARGIN: f32 = 0.80;
/// Least margin of agreeing readings that pass unseen.
const AGREED_MARGIN: f32 = 0.20;

/// Whether the field has ink of its own.
pub(crate) fn has_ink(crop: &Crop) -> bool {
    crop.ink.count() >= LEAST_INK
}

/// The reading of a field without ink.
pub(crate) fn empty(field: &FieldDefinition) -> FieldReading {
    let reasons = if field.required {
        vec![Reason::RequiredEmpty]
    } else {
        Vec::new()
    };
    let state = if field.required {
        FieldState::Check
    } else {
        FieldState::Sure
    };
    FieldReading {
        text: String::new(),
        state,
        reasons,
        candidates: Vec::new(),
    }
}

/// Reads a field that has ink.
pub(crate) fn read(
    recogniser: &mut dyn Recognise,
    field: &FieldDefinition,
    alphabet: &Alphabet,
    crop: &mut Crop,
    preparations: &[Preparation],
    poor_registration: bool,
) -> Result<FieldReading, EngineError> {
    let struck = strike::struck(&crop.ink);
    if let Some(struck) = &struck {
        crop.take_out(struck);
    }
    let lines = if is_several_lines(field) {
        preparation::lines(&crop.ink)
    } else {
        vec![crop.ink.clone()]
    };
    let mut votes = Vec::with_capacity(preparations.len());
    for &preparation in preparations {
        let mut read = Vec::with_capacity(lines.len());
        for line in &lines {
            let Some(picture) = preparation::prepare(crop, line, preparation) else {
                continue;
            };
            let lattice = recogniser.recognise(&picture)?;
            read.push(ctc::decode(&lattice.probabilities, lattice.classes, alphabet));
        }
        votes.push(vote(field.kind, &read, preparation.trust()));
    }
    let circumstances = Circumstances {
        least_margin: if votes.len() < 2 {
            LONE_MARGIN
        } else {
            AGREED_MARGIN
        },
        ink_at_edge: crop.at_edge,
        poor_registration,
        struck: struck.is_some(),
    };
    let inked = inked_cells(field, crop);
    Ok(weigh(&votes, circumstances, |text| {
        rules::violations(field, inked, text)
    }))
}

/// Whether a hand may have needed a second line.
const fn is_several_lines(field: &FieldDefinition) -> bool {
    matches!(field.kind, FieldType::Address | FieldType::FreeText) && field.cells.is_none()
}

fn vote(kind: FieldType, lines: &[LineReading], trust: f32) -> Vote {
    let text: String = lines.iter().map(LineReading::text).collect();
    let margin = lines.iter().map(LineReading::least_margin).fold(1.0, f32::min);
    Vote {
        text: normal_form(kind, &context::settled(kind, &text)),
        trust,
        margin: if text.is_empty() { 0.0 } else { margin },
        runner_up: runner_up(kind, lines),
    }
}

/// The value with its least clear character replaced by what stood second there, and that share.
fn runner_up(kind: FieldType, lines: &[LineReading]) -> Option<(String, f32)> {
    let glyphs: Vec<_> = lines.iter().flat_map(|line| &line.glyphs).collect();
    let (weakest, (second, share)) = glyphs
        .iter()
        .enumerate()
        .filter_map(|(index, glyph)| glyph.second.map(|second| (index, glyph.margin, second)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(index, _, second)| (index, second))?;
    let text: String = glyphs
        .iter()
        .enumerate()
        .map(|(index, glyph)| if index == weakest { second } else { glyph.character })
        .collect();
    Some((normal_form(kind, &context::settled(kind, &text)), share))
}

/// How many printed boxes of a row hold ink.
fn inked_cells(field: &FieldDefinition, crop: &Crop) -> Option<usize> {
    let cells = field.cells? as usize;
    let width = crop.ink.width.checked_sub(2 * MARGIN)?;
    let rows = MARGIN..crop.ink.height.saturating_sub(MARGIN);
    let inked = (0..cells).filter(|cell| {
        let (left, right) = (cell * width / cells, (cell + 1) * width / cells);
        let columns = MARGIN + left + CELL_INSET..(MARGIN + right).saturating_sub(CELL_INSET);
        crop.ink.count_in(columns, rows.clone()) >= LEAST_CELL_INK
    });
    Some(inked.count())
}

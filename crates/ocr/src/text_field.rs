//! A written field: its crop to readings under the field's alphabet and grammar, and the readings to a
//! value.

use std::ops::RangeInclusive;

use shoki_core::form::{FieldDefinition, FieldType};
use shoki_core::grammar::Grammar;
use shoki_core::normal_form::normal_form;
use shoki_core::reading::{FieldReading, FieldState, Reason};
use shoki_core::rule::value;
use shoki_engine::{EngineError, Recognise};

use crate::agreement::{Circumstances, Vote, weigh};
use crate::alphabet::Alphabet;
use crate::beam;
use crate::context;
use crate::crop::{Crop, MARGIN};
use crate::ctc::{self, LineReading};
use crate::masked::MaskedLattice;
use crate::preparation::{self, Preparation};
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
/// How much less likely than the plain reading a reading under the grammar may be, natural logarithm.
/// Beyond it something else was written than the grammar knows.
const LEAST_LOG_RATIO: f64 = -9.0;

/// Whether the field has ink of its own.
pub(crate) fn has_ink(crop: &Crop) -> bool {
    crop.ink.count() >= LEAST_INK
}

/// The reading of a field without ink.
pub(crate) fn empty(field: &FieldDefinition) -> FieldReading {
    let mut reading = FieldReading {
        text: String::new(),
        state: FieldState::Sure,
        reasons: Vec::new(),
        explanations: Vec::new(),
        candidates: Vec::new(),
        signals: None,
    };
    if field.required {
        reading.add(Reason::RequiredEmpty);
    }
    reading
}

/// What a field's value was read from, for rules that look at it again.
pub(crate) struct Evidence {
    /// One per preparation.
    pub(crate) lattices: Vec<MaskedLattice>,
    /// The value of the clearest path of each.
    pub(crate) plain: Vec<String>,
}

/// Reads a field that has ink.
pub(crate) fn read(
    recogniser: &mut dyn Recognise,
    field: &FieldDefinition,
    (alphabet, grammar): (&Alphabet, Option<&Grammar>),
    crop: &mut Crop,
    preparations: &[Preparation],
    poor_registration: bool,
) -> Result<(FieldReading, Evidence), EngineError> {
    let struck = strike::struck(&crop.ink);
    if let Some(struck) = &struck {
        crop.take_out(struck);
    }
    let lines = if is_several_lines(field) {
        preparation::lines(&crop.ink)
    } else {
        vec![crop.ink.clone()]
    };
    let inked = inked_cells(field, crop);
    let lengths = inked
        .filter(|&inked| inked > 0)
        .map_or(0..=usize::MAX, |inked| inked..=inked);
    let decoding = Decoding {
        kind: field.kind,
        alphabet,
        grammar,
        lengths,
    };
    let mut votes = Vec::with_capacity(preparations.len());
    let mut lattices = Vec::with_capacity(preparations.len());
    for &preparation in preparations {
        let mut read = Vec::with_capacity(lines.len());
        let mut masked = Vec::with_capacity(lines.len());
        for line in &lines {
            let Some(picture) = preparation::prepare(crop, line, preparation) else {
                continue;
            };
            let lattice = recogniser.recognise(&picture)?;
            let lattice = MaskedLattice::new(&lattice.probabilities, lattice.classes, alphabet);
            read.push(ctc::decode(&lattice, alphabet));
            masked.push(lattice);
        }
        votes.push(decoding.vote(&read, preparation.trust()));
        lattices.push(MaskedLattice::joined(&masked));
    }
    // What all read alike, in the field's way of writing, needs no second look.
    if votes
        .iter()
        .any(|vote| vote.text != votes[0].text || !vote.is_lawful)
    {
        for (vote, lattice) in votes.iter_mut().zip(&lattices) {
            decoding.look_again(vote, lattice);
        }
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
        unlawful: grammar.is_some_and(|grammar| !grammar.is_master())
            && votes.iter().all(|vote| !vote.is_lawful),
    };
    let mut reading = weigh(
        &votes,
        circumstances,
        |text| violations(field, grammar, inked, text),
        |text| grammar.is_none_or(|grammar| grammar.accepts_value(text)),
    );
    if let Some(signals) = &mut reading.signals {
        signals.ink = crop.ink.count() as f32 / reading.text.chars().count().max(1) as f32;
    }
    let plain = votes.into_iter().map(|vote| vote.plain).collect();
    Ok((reading, Evidence { lattices, plain }))
}

/// What is wrong with a value by its type, its pattern or its master.
fn violations(
    field: &FieldDefinition,
    grammar: Option<&Grammar>,
    inked: Option<usize>,
    text: &str,
) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = value::faults(field, inked, text)
        .into_iter()
        .map(Reason::from)
        .collect();
    // An address may lie in another city; the rule on postal codes judges its town.
    let is_judged = field.kind != FieldType::Address && !text.is_empty();
    if let Some(grammar) = grammar.filter(|grammar| is_judged && !grammar.accepts_value(text)) {
        let reason = if grammar.is_master() {
            Reason::NotInMaster
        } else {
            Reason::IllegalValue
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

/// Whether a hand may have needed a second line.
const fn is_several_lines(field: &FieldDefinition) -> bool {
    matches!(field.kind, FieldType::Address | FieldType::FreeText) && field.cells.is_none()
}

/// How the lattices of a field become values.
struct Decoding<'a> {
    kind: FieldType,
    alphabet: &'a Alphabet,
    grammar: Option<&'a Grammar>,
    /// How many characters there are, where the boxes say it.
    lengths: RangeInclusive<usize>,
}

impl Decoding<'_> {
    fn value(&self, written: &str) -> String {
        normal_form(self.kind, &context::settled(self.kind, written))
    }

    /// The clearest path of a preparation.
    fn vote(&self, lines: &[LineReading], trust: f32) -> Vote {
        let written: String = lines.iter().map(LineReading::text).collect();
        let margin = lines.iter().map(LineReading::least_margin).fold(1.0, f32::min);
        Vote {
            text: self.value(&written),
            plain: self.value(&written),
            is_lawful: beam::accepts(&written, self.alphabet, self.grammar, &self.lengths),
            trust,
            margin: if written.is_empty() { 0.0 } else { margin },
            runner_up: self.runner_up(lines),
            others: Vec::new(),
        }
    }

    /// The likeliest texts of a lattice, free and under the grammar; the vote goes to the latter where the
    /// plain reading is none of its texts and the lattice does not speak against it.
    fn look_again(&self, vote: &mut Vote, lattice: &MaskedLattice) {
        let free = beam::search(lattice, self.alphabet, None, &(0..=usize::MAX));
        let Some(most) = free.first().map(|hypothesis| hypothesis.log_probability) else {
            return;
        };
        let mut found = free;
        if self.grammar.is_some() || self.lengths != (0..=usize::MAX) {
            let lawful = beam::search(lattice, self.alphabet, self.grammar, &self.lengths);
            if !vote.is_lawful
                && let Some(best) = lawful.first()
                && best.log_probability - most >= LEAST_LOG_RATIO
            {
                vote.text = self.value(&best.text);
                vote.is_lawful = true;
            }
            found.extend(lawful);
        }
        for hypothesis in found {
            let value = self.value(&hypothesis.text);
            if !vote.others.iter().any(|(known, _)| *known == value) {
                vote.others.push((value, hypothesis.log_probability - most));
            }
        }
    }

    /// The value with its least clear character replaced by what stood second there, and that share.
    fn runner_up(&self, lines: &[LineReading]) -> Option<(String, f32)> {
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
        Some((self.value(&text), share))
    }
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

//! How a field's value may be written, as automata over characters: a regular expression, the words of a
//! master, or what the type says.
//!
//! Owns the patterns of the types. Promises: deterministic; a state knows at once whether any value can
//! still come of it. Two automata run side by side: one over the text as written (`1,234`), one over its
//! normal form (`1234`), in which declared patterns and masters speak. Sources: `regex-automata` (dense DFA)
//! and `fst` (minimal automaton of a word list). Never: a judgement of values (`rule`).

mod patterns;

use fst::raw::CompiledAddr;
use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::{start, syntax};
use regex_automata::{Anchored, MatchKind};

use crate::form::{FieldDefinition, FieldType};
use crate::master::Masters;
use crate::normal_form::normal_form;
use crate::rule::town::Towns;

/// Largest automaton of a pattern, bytes: a hundred times that of a date.
const MOST_BYTES: usize = 16 << 20;

/// Why a field has no grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrammarError {
    /// Not a regular expression, or too large a one.
    #[error("the pattern cannot be used: {0}")]
    Pattern(String),
    /// The master is not there or lacks the column.
    #[error("no column {column} of the master {file}")]
    Column {
        /// The master.
        file: String,
        /// The column.
        column: String,
    },
}

/// How a value may be written.
#[derive(Clone, Debug)]
pub struct Grammar {
    written: Option<Automaton>,
    value: Option<Automaton>,
    is_master: bool,
}

/// A place in a grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    written: Place,
    value: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Everything may follow.
    Free,
    Pattern(StateID),
    Word(CompiledAddr),
}

#[derive(Clone, Debug)]
enum Automaton {
    Pattern(Box<dense::DFA<Vec<u32>>>),
    /// Exactly one of these words.
    Words(fst::Set<Vec<u8>>),
    /// One of these words, then anything.
    Beginnings(fst::Set<Vec<u8>>),
}

impl Grammar {
    /// Of a field: its own pattern, its master, or its type's way of writing. `None` where everything may
    /// stand.
    ///
    /// # Errors
    /// [`GrammarError`].
    pub fn of(field: &FieldDefinition, masters: &Masters) -> Result<Option<Self>, GrammarError> {
        let written = patterns::of(field)
            .map(|pattern| Automaton::pattern(&pattern))
            .transpose()?;
        let value = match (&field.pattern, &field.lexicon) {
            (Some(pattern), _) => Some(Automaton::pattern(pattern)?),
            (None, Some(lexicon)) => {
                let missing = || GrammarError::Column {
                    file: lexicon.file.clone(),
                    column: lexicon.column.clone(),
                };
                let master = masters.get(&lexicon.file).ok_or_else(missing)?;
                let column = master.column(&lexicon.column).ok_or_else(missing)?;
                let words = column.map(|word| normal_form(field.kind, word));
                Some(match Towns::of(master) {
                    Some(towns) if field.kind == FieldType::Address => {
                        let whole = towns.beginnings().map(|word| normal_form(field.kind, &word));
                        Automaton::Beginnings(set(whole))
                    }
                    None if field.kind == FieldType::Address => Automaton::Beginnings(set(words)),
                    _ => Automaton::Words(set(words)),
                })
            }
            (None, None) => None,
        };
        let is_master = field.pattern.is_none() && field.lexicon.is_some();
        let grammar = Self {
            written,
            value,
            is_master,
        };
        Ok((grammar.written.is_some() || grammar.value.is_some()).then_some(grammar))
    }

    /// Of a regular expression over normal forms alone.
    ///
    /// # Errors
    /// [`GrammarError::Pattern`].
    pub fn of_pattern(pattern: &str) -> Result<Self, GrammarError> {
        Ok(Self {
            written: None,
            value: Some(Automaton::pattern(pattern)?),
            is_master: false,
        })
    }

    /// Whether the values are those of a master.
    #[must_use]
    pub const fn is_master(&self) -> bool {
        self.is_master
    }

    /// Before the first character.
    #[must_use]
    pub fn start(&self) -> State {
        State {
            written: start(self.written.as_ref()),
            value: start(self.value.as_ref()),
        }
    }

    /// After one more character as written, which adds `value` to the normal form; `None` when no value can
    /// come of it.
    #[must_use]
    pub fn step(&self, state: State, written: char, value: &str) -> Option<State> {
        Some(State {
            written: step(self.written.as_ref(), state.written, [written].into_iter())?,
            value: step(self.value.as_ref(), state.value, value.chars())?,
        })
    }

    /// Whether a value may end here.
    #[must_use]
    pub fn is_end(&self, state: State) -> bool {
        is_end(self.written.as_ref(), state.written) && is_end(self.value.as_ref(), state.value)
    }

    /// Whether a value in its normal form is of the pattern or master; of an address, whether it begins so.
    #[must_use]
    pub fn accepts_value(&self, value: &str) -> bool {
        let automaton = self.value.as_ref();
        step(automaton, start(automaton), value.chars()).is_some_and(|place| is_end(automaton, place))
    }
}

impl Automaton {
    fn pattern(pattern: &str) -> Result<Self, GrammarError> {
        let refused = |error: dense::BuildError| GrammarError::Pattern(error.to_string());
        let config = dense::Config::new()
            .start_kind(StartKind::Anchored)
            .match_kind(MatchKind::All)
            .dfa_size_limit(Some(MOST_BYTES))
            .determinize_size_limit(Some(MOST_BYTES));
        let mut builder = dense::Builder::new();
        builder
            .configure(config)
            .syntax(syntax::Config::new().unicode(true).utf8(true));
        let dfa = builder.build(pattern).map_err(refused)?;
        Ok(Self::Pattern(Box::new(dfa)))
    }
}

fn set(words: impl Iterator<Item = String>) -> fst::Set<Vec<u8>> {
    let mut words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.dedup();
    fst::Set::from_iter(words).expect("the words are sorted and distinct")
}

fn start(automaton: Option<&Automaton>) -> Place {
    match automaton {
        None => Place::Free,
        Some(Automaton::Pattern(dfa)) => {
            let config = start::Config::new().anchored(Anchored::Yes);
            dfa.start_state(&config).map_or(Place::Free, Place::Pattern)
        }
        Some(Automaton::Words(set) | Automaton::Beginnings(set)) => Place::Word(set.as_fst().root().addr()),
    }
}

fn step(
    automaton: Option<&Automaton>,
    place: Place,
    characters: impl Iterator<Item = char>,
) -> Option<Place> {
    let mut place = place;
    for character in characters {
        let mut bytes = [0; 4];
        let bytes = character.encode_utf8(&mut bytes).as_bytes();
        place = match (automaton, place) {
            (Some(Automaton::Pattern(dfa)), Place::Pattern(state)) => {
                let state = bytes
                    .iter()
                    .fold(state, |state, &byte| dfa.next_state(state, byte));
                if dfa.is_dead_state(state) {
                    return None;
                }
                Place::Pattern(state)
            }
            (Some(Automaton::Words(set)), Place::Word(at)) => Place::Word(follow(set, at, bytes)?),
            (Some(Automaton::Beginnings(set)), Place::Word(at)) => {
                if set.as_fst().node(at).is_final() {
                    Place::Free
                } else {
                    Place::Word(follow(set, at, bytes)?)
                }
            }
            (_, place) => place,
        };
    }
    Some(place)
}

fn follow(set: &fst::Set<Vec<u8>>, at: CompiledAddr, bytes: &[u8]) -> Option<CompiledAddr> {
    let words = set.as_fst();
    bytes.iter().try_fold(at, |at, &byte| {
        let node = words.node(at);
        node.find_input(byte).map(|index| node.transition_addr(index))
    })
}

fn is_end(automaton: Option<&Automaton>, place: Place) -> bool {
    match (automaton, place) {
        (Some(Automaton::Pattern(dfa)), Place::Pattern(state)) => {
            dfa.is_match_state(dfa.next_eoi_state(state))
        }
        (Some(Automaton::Words(set) | Automaton::Beginnings(set)), Place::Word(at)) => {
            set.as_fst().node(at).is_final()
        }
        _ => true,
    }
}

#[cfg(test)]
#[path = "grammar_tests.rs"]
mod tests;

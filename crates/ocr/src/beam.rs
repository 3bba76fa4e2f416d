//! Prefix beam search on a CTC lattice (Graves & Jaitly 2014; Hannun et al. 2014) under a grammar.
//!
//! Promises: only texts that the grammar accepts come out, whatever the lattice says; the blank competes at
//! every step, so no character is forced; probabilities are sums over all alignments the beam kept.
//! Deterministic.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use shoki_core::grammar::{Grammar, State};

use crate::alphabet::Alphabet;
use crate::masked::MaskedLattice;

/// Texts kept at each step: four characters in doubt between two have 16 texts.
const WIDTH: usize = 16;
/// Texts that come out at most.
const MOST: usize = 8;

/// A text and how likely it is on the lattice.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hypothesis {
    /// As written.
    pub(crate) text: String,
    /// Natural logarithm of its probability, over the alignments that were kept.
    pub(crate) log_probability: f64,
}

/// A text on the way, as a leaf of the tree of prefixes.
#[derive(Clone, Copy)]
struct Prefix {
    parent: usize,
    /// Index in the alphabet; none at the root.
    last: Option<usize>,
    length: usize,
    state: Option<State>,
}

/// Probabilities of a prefix: of the alignments that end in a blank, and in its last character.
#[derive(Clone, Copy, Default)]
struct Mass {
    blank: f64,
    last: f64,
}

impl Mass {
    fn total(self) -> f64 {
        self.blank + self.last
    }
}

/// The likeliest texts of the grammar (of any, without one) whose length lies in `lengths`, falling.
pub(crate) fn search(
    lattice: &MaskedLattice,
    alphabet: &Alphabet,
    grammar: Option<&Grammar>,
    lengths: &RangeInclusive<usize>,
) -> Vec<Hypothesis> {
    let mut tree = Tree {
        alphabet,
        grammar,
        longest: *lengths.end(),
        prefixes: vec![Prefix {
            parent: 0,
            last: None,
            length: 0,
            state: grammar.map(Grammar::start),
        }],
        children: HashMap::new(),
    };
    let mut beam = vec![(
        0,
        Mass {
            blank: 1.0,
            last: 0.0,
        },
    )];
    let mut log_scale = 0.0;
    for step in &lattice.steps {
        let mut next: HashMap<usize, Mass> = HashMap::new();
        for &(prefix, mass) in &beam {
            next.entry(prefix).or_default().blank += mass.total() * f64::from(step.blank);
            for &(letter, probability) in &step.best {
                let probability = f64::from(probability);
                let repeats = tree.prefixes[prefix].last == Some(letter);
                if repeats {
                    next.entry(prefix).or_default().last += mass.last * probability;
                }
                let before = if repeats { mass.blank } else { mass.total() };
                if before > 0.0
                    && let Some(child) = tree.child(prefix, letter)
                {
                    next.entry(child).or_default().last += before * probability;
                }
            }
        }
        beam = next.into_iter().filter(|(_, mass)| mass.total() > 0.0).collect();
        beam.sort_by(|a, b| b.1.total().total_cmp(&a.1.total()).then(a.0.cmp(&b.0)));
        beam.truncate(WIDTH);
        let Some(most) = beam.first().map(|(_, mass)| mass.total()) else {
            return Vec::new();
        };
        log_scale += most.ln();
        for (_, mass) in &mut beam {
            mass.blank /= most;
            mass.last /= most;
        }
    }
    beam.into_iter()
        .filter(|(prefix, _)| tree.is_whole(*prefix, lengths))
        .take(MOST)
        .map(|(prefix, mass)| Hypothesis {
            text: tree.text(prefix),
            log_probability: log_scale + mass.total().ln(),
        })
        .collect()
}

struct Tree<'a> {
    alphabet: &'a Alphabet,
    grammar: Option<&'a Grammar>,
    longest: usize,
    prefixes: Vec<Prefix>,
    /// Children by parent and letter; none where the grammar ends.
    children: HashMap<(usize, usize), Option<usize>>,
}

impl Tree<'_> {
    fn child(&mut self, parent: usize, letter: usize) -> Option<usize> {
        if let Some(known) = self.children.get(&(parent, letter)) {
            return *known;
        }
        let child = self.grown(parent, letter).map(|prefix| {
            self.prefixes.push(prefix);
            self.prefixes.len() - 1
        });
        self.children.insert((parent, letter), child);
        child
    }

    fn grown(&self, parent: usize, letter: usize) -> Option<Prefix> {
        let before = self.prefixes[parent];
        if before.length >= self.longest {
            return None;
        }
        let (written, value) = self.alphabet.letter(letter);
        let state = match (self.grammar, before.state) {
            (Some(grammar), Some(state)) => Some(grammar.step(state, written, value)?),
            _ => None,
        };
        Some(Prefix {
            parent,
            last: Some(letter),
            length: before.length + 1,
            state,
        })
    }

    fn is_whole(&self, prefix: usize, lengths: &RangeInclusive<usize>) -> bool {
        let Prefix { length, state, .. } = self.prefixes[prefix];
        let may_end = match (self.grammar, state) {
            (Some(grammar), Some(state)) => grammar.is_end(state),
            _ => true,
        };
        may_end && lengths.contains(&length)
    }

    fn text(&self, prefix: usize) -> String {
        let mut characters = Vec::new();
        let mut at = prefix;
        while let Some(letter) = self.prefixes[at].last {
            characters.push(self.alphabet.letter(letter).0);
            at = self.prefixes[at].parent;
        }
        characters.iter().rev().collect()
    }
}

/// Whether a text as written is one of the grammar, and as long as it may be.
pub(crate) fn accepts(
    text: &str,
    alphabet: &Alphabet,
    grammar: Option<&Grammar>,
    lengths: &RangeInclusive<usize>,
) -> bool {
    let Some(grammar) = grammar else {
        return lengths.contains(&text.chars().count());
    };
    let mut state = grammar.start();
    for character in text.chars() {
        let letter = alphabet
            .groups()
            .iter()
            .position(|(known, _)| *known == character);
        let stepped = letter.and_then(|letter| {
            let (written, value) = alphabet.letter(letter);
            grammar.step(state, written, value)
        });
        match stepped {
            Some(next) => state = next,
            None => return false,
        }
    }
    grammar.is_end(state) && lengths.contains(&text.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use shoki_core::form::{FieldDefinition, FieldType, MmBox};

    const ANY: RangeInclusive<usize> = 0..=usize::MAX;

    /// Classes: blank, 1, 2, 3.
    fn alphabet() -> Alphabet {
        let field = FieldDefinition {
            alphabet: Some("123".into()),
            ..FieldDefinition::new("f", "欄", FieldType::Number, MmBox::from([0.0, 0.0, 1.0, 1.0]))
        };
        Alphabet::of(&field, &|c| "123".find(c).map(|at| at + 1))
    }

    fn lattice(rows: &[[f32; 4]]) -> MaskedLattice {
        MaskedLattice::new(&rows.concat(), 4, &alphabet())
    }

    fn texts(rows: &[[f32; 4]], pattern: Option<&str>) -> Vec<String> {
        let grammar = pattern.map(|pattern| Grammar::of_pattern(pattern).expect("right"));
        let found = search(&lattice(rows), &alphabet(), grammar.as_ref(), &ANY);
        found.into_iter().map(|hypothesis| hypothesis.text).collect()
    }

    /// The probability of a text by the forward algorithm of CTC, over all alignments.
    fn exact(rows: &[[f32; 4]], text: &str) -> f64 {
        let letters: Vec<usize> = text.bytes().map(|byte| usize::from(byte - b'0')).collect();
        let extended: Vec<usize> = letters
            .iter()
            .flat_map(|&letter| [0, letter])
            .chain([0])
            .collect();
        let mut forward = vec![0.0_f64; extended.len()];
        for (step, row) in rows.iter().enumerate() {
            let before = forward.clone();
            for (at, &class) in extended.iter().enumerate() {
                let from = if step == 0 {
                    f64::from(u8::from(at < 2))
                } else {
                    let skips = at >= 2 && class != 0 && extended[at - 2] != class;
                    before[at]
                        + at.checked_sub(1).map_or(0.0, |b| before[b])
                        + if skips { before[at - 2] } else { 0.0 }
                };
                forward[at] = from * f64::from(row[class]);
            }
        }
        forward.iter().rev().take(2).sum()
    }

    #[test]
    fn the_sum_over_alignments_beats_the_best_path() {
        // Best path: blank, blank. "1" has three alignments.
        let rows = [[0.6, 0.4, 0.0, 0.0], [0.6, 0.4, 0.0, 0.0]];
        let found = search(&lattice(&rows), &alphabet(), None, &ANY);
        assert_eq!(found[0].text, "1");
        assert!((found[0].log_probability.exp() - 0.64).abs() < 1e-6);
    }

    #[test]
    fn only_texts_of_the_grammar_come_out() {
        let rows = [[0.1, 0.5, 0.4, 0.0], [0.9, 0.0, 0.1, 0.0], [0.1, 0.0, 0.5, 0.4]];
        assert_eq!(texts(&rows, None)[0], "12");
        assert_eq!(texts(&rows, Some("[12]3"))[0], "13");
        assert_eq!(texts(&rows, Some("22")), ["22"]);
        assert!(texts(&rows, Some("33")).is_empty());
        let two = search(&lattice(&rows), &alphabet(), None, &(2..=2));
        assert!(!two.is_empty() && two.iter().all(|hypothesis| hypothesis.text.len() == 2));
    }

    #[test]
    fn a_text_is_accepted_or_not() {
        let grammar = Grammar::of_pattern("1[23]").expect("right");
        assert!(accepts("12", &alphabet(), Some(&grammar), &ANY));
        assert!(
            !accepts("1", &alphabet(), Some(&grammar), &ANY)
                && !accepts("11", &alphabet(), Some(&grammar), &ANY)
        );
        assert!(!accepts("12", &alphabet(), Some(&grammar), &(3..=3)));
        assert!(accepts("333", &alphabet(), None, &(3..=3)));
    }

    proptest! {
        #[test]
        fn probabilities_are_those_of_the_forward_algorithm(
            rows in prop::collection::vec(prop::array::uniform4(1u32..100), 1..5),
        ) {
            let rows: Vec<[f32; 4]> = rows
                .into_iter()
                .map(|row| row.map(|weight| weight as f32 / row.iter().sum::<u32>() as f32))
                .collect();
            for found in search(&lattice(&rows), &alphabet(), None, &ANY).iter().take(3) {
                let (kept, all) = (found.log_probability.exp(), exact(&rows, &found.text));
                // The beam may lose alignments, never invent them.
                prop_assert!(kept <= all * 1.000_01 && kept >= all * 0.5, "{}: {kept} of {all}", found.text);
            }
        }

        #[test]
        fn every_result_is_of_the_grammar(
            rows in prop::collection::vec(prop::array::uniform4(0.0f32..1.0), 0..8),
            pattern in prop::sample::select(vec!["1*", "(12|3)+", "[12]{2,3}", "3?1"]),
        ) {
            let grammar = Grammar::of_pattern(pattern).expect("right");
            for text in texts(&rows, Some(pattern)) {
                prop_assert!(grammar.accepts_value(&text), "{text}");
            }
        }
    }
}

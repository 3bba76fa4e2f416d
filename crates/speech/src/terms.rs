//! 単語帳: names and terms of a meeting, told to the recogniser beforehand and put in afterwards where the same
//! sound was written otherwise.
//!
//! Promises: a replacement keeps the times, says what was heard, and is taken back in one step; what was heard
//! as the list writes it is left alone. Never: a replacement by looks or by meaning; sound alone decides.

pub mod kanji;
mod matching;
mod sound;
mod tree;

use shoki_core::audio::Millis;
use shoki_core::meeting::Term;
use shoki_core::transcript::{Replacement, Token};

use matching::{Heard, Words};

/// What the recogniser is told beforehand, at most `max_characters` long: who is there, then the terms, each
/// once and whole. Empty when there is nothing to tell.
#[must_use]
pub fn prompt(terms: &[Term], attendees: &[String], max_characters: usize) -> String {
    let mut told: Vec<&str> = Vec::new();
    let mut out = String::new();
    let mut used = 0;
    let names = attendees.iter().map(|name| ("出席者は", name.trim()));
    let words = terms.iter().map(|term| ("用語は", term.written.trim()));
    let mut open = "";
    for (lead, word) in names.chain(words) {
        if word.is_empty() || told.contains(&word) {
            continue;
        }
        let joint = if open == lead {
            "、".to_owned()
        } else if open.is_empty() {
            lead.to_owned()
        } else {
            format!("。{lead}")
        };
        // The full stop at the end has its place too.
        let more = joint.chars().count() + word.chars().count();
        if used + more + 1 > max_characters {
            continue;
        }
        out.push_str(&joint);
        out.push_str(word);
        used += more;
        open = lead;
        told.push(word);
    }
    if !out.is_empty() {
        out.push('。');
    }
    out
}

/// A 単語帳 that is ready to be looked up.
pub struct Vocabulary<'a> {
    words: Words<'a>,
}

impl<'a> Vocabulary<'a> {
    /// Of the terms that say how they are read; the others are only told to the recogniser.
    #[must_use]
    pub fn new(terms: &'a [Term]) -> Self {
        Self {
            words: Words::new(terms),
        }
    }

    /// Puts the words of the 単語帳 where they were heard and written otherwise. Returns what was replaced, by the
    /// tokens as they are then.
    pub fn replace(&self, tokens: &mut Vec<Token>) -> Vec<Replacement> {
        let mut heard = Heard {
            chars: Vec::new(),
            probabilities: Vec::new(),
        };
        for token in tokens.iter() {
            heard.chars.extend(token.text.chars());
            heard.probabilities.resize(heard.chars.len(), token.probability);
        }
        let mut done = Vec::new();
        for found in self.words.find(&heard).into_iter().rev() {
            let first = split_at(tokens, found.span.start);
            let end = split_at(tokens, found.span.end);
            let own = &tokens[first..end];
            let text: String = own.iter().map(|token| token.text.as_str()).collect();
            let written = spread(own, &found.written);
            let count = written.len();
            tokens.splice(first..end, written);
            // Those behind it were found before and stand further on by as much as the number of tokens changed.
            for later in &mut done {
                let later: &mut Replacement = later;
                later.first = later.first + index(count) - index(end - first);
            }
            done.push(Replacement {
                first: index(first),
                tokens: index(count),
                heard: text,
            });
        }
        done.reverse();
        done
    }
}

/// [`Vocabulary::replace`] for a single text.
pub fn replace(tokens: &mut Vec<Token>, terms: &[Term]) -> Vec<Replacement> {
    Vocabulary::new(terms).replace(tokens)
}

/// Takes a replacement back; the others stay. `false` when there is none of that number, or the tokens are not
/// those that it speaks of.
pub fn revert(tokens: &mut [Token], replacements: &mut Vec<Replacement>, number: usize) -> bool {
    let Some(one) = replacements.get(number) else {
        return false;
    };
    let first = one.first as usize;
    let Some(own) = tokens
        .get_mut(first..first + one.tokens as usize)
        .filter(|own| !own.is_empty())
    else {
        return false;
    };
    let heard: Vec<char> = one.heard.chars().collect();
    let count = own.len();
    for (at, token) in own.iter_mut().enumerate() {
        token.text = heard[heard.len() * at / count..heard.len() * (at + 1) / count]
            .iter()
            .collect();
    }
    replacements.remove(number);
    true
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The token that begins at this character; one that holds it inside is split, and its time with it.
fn split_at(tokens: &mut Vec<Token>, place: usize) -> usize {
    let mut before = 0;
    for at in 0..tokens.len() {
        let size = tokens[at].text.chars().count();
        if before == place {
            return at;
        }
        if before + size > place {
            let token = &mut tokens[at];
            let head: String = token.text.chars().take(place - before).collect();
            let tail: String = token.text.chars().skip(place - before).collect();
            let length = token.end.0.saturating_sub(token.start.0);
            let middle = Millis(token.start.0 + length * (place - before) as u64 / size as u64);
            let second = Token {
                text: tail,
                start: middle,
                end: token.end,
                probability: token.probability,
            };
            token.text = head;
            token.end = middle;
            tokens.insert(at + 1, second);
            return at + 1;
        }
        before += size;
    }
    tokens.len()
}

/// A word over the times of what was heard: as many tokens as there were, or as the word has characters.
fn spread(heard: &[Token], written: &str) -> Vec<Token> {
    let chars: Vec<char> = written.chars().collect();
    let count = heard.len().min(chars.len()).max(1);
    let part = |of: usize, at: usize| of * at / count;
    (0..count)
        .map(|at| {
            let own = &heard[part(heard.len(), at)..part(heard.len(), at + 1)];
            let lowest = own.iter().map(|token| token.probability).fold(1.0, f32::min);
            Token {
                text: chars[part(chars.len(), at)..part(chars.len(), at + 1)]
                    .iter()
                    .collect(),
                start: own.first().map_or(Millis(0), |token| token.start),
                end: own.last().map_or(Millis(0), |token| token.end),
                probability: lowest,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;

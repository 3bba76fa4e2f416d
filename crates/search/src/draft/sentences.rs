//! What a model wrote, cut into the sentences that are judged one by one, and a quote without the numbers that
//! stand before it.
//!
//! Promise: nothing is left out but blanks. Never: whether a sentence is true.

use crate::text::number_at;

/// The sentences of a statement: what ends with 。 outside 「」 and brackets, and the lines.
pub(super) fn sentences(statement: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut depth) = (0, 0_u32);
    for (at, c) in statement.char_indices() {
        match c {
            '「' | '『' | '(' | '（' => depth += 1,
            '」' | '』' | ')' | '）' => depth = depth.saturating_sub(1),
            '\n' => {
                found.push(&statement[start..at]);
                (start, depth) = (at + 1, 0);
            }
            '。' if depth == 0 => {
                let end = at + c.len_utf8();
                found.push(&statement[start..end]);
                start = end;
            }
            _ => {}
        }
    }
    found.push(&statement[start..]);
    let mut found: Vec<&str> = found
        .into_iter()
        .map(str::trim)
        .filter(|one| !one.is_empty())
        .collect();
    if found.is_empty() {
        found.push("");
    }
    found
}

/// Quoted words, compact, with the numbers of their 項 and 号 (２　市長は) parted from what follows.
pub(super) fn numbered_apart(quote: &str) -> String {
    let mut words = String::new();
    let text = crate::text::normalise(quote);
    let mut line_start = true;
    for c in text.chars() {
        if c.is_whitespace() {
            if line_start && !words.is_empty() || c == '\n' {
                words.push('、');
            }
            line_start = c == '\n';
        } else {
            let number = number_at(c.encode_utf8(&mut [0; 4])).is_some();
            line_start = line_start && number;
            words.push(c);
        }
    }
    words
}

/// A sentence without the number of a 項 or 号 before it.
pub(super) fn unnumbered(sentence: &str) -> &str {
    let rest = sentence
        .trim_start_matches(|c: char| c.is_numeric() || number_at(c.encode_utf8(&mut [0; 4])).is_some());
    if rest.len() < sentence.len() && rest.starts_with(char::is_whitespace) {
        rest.trim_start()
    } else {
        sentence
    }
}

/// Control characters and what hides or turns text.
pub(super) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

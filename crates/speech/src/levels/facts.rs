//! What no rule may change: numbers, and whether something is denied.
//!
//! Promise: two texts with the same facts have the same digits and 漢数字 in the same order, with the same
//! denials between them.

use super::chars::is_mark;

/// Denials, longer ones first where one begins another.
const DENIALS: &[&str] = &[
    "なければ",
    "なきゃ",
    "なけりゃ",
    "なかっ",
    "なかろ",
    "なくちゃ",
    "なく",
    "なし",
    "ない",
    "ません",
    "ざる",
    "ず",
    "ぬ",
];

/// The facts of a text: its digits and 漢数字, and `否` for each denial, in order.
pub(crate) fn facts(text: &str) -> String {
    let mut found = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(denial) = DENIALS.iter().find(|denial| rest.starts_with(**denial)) {
            found.push('否');
            rest = &rest[denial.len()..];
            continue;
        }
        // あるまい denies, しまいます does not.
        if let Some(behind) = rest.strip_prefix("まい")
            && behind
                .chars()
                .next()
                .is_none_or(|c| is_mark(c) || matches!(c, 'か' | 'と'))
        {
            found.push('否');
        }
        if is_number(c) {
            found.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    found
}

/// A digit or a 漢数字.
pub(crate) fn is_number(c: char) -> bool {
    c.is_numeric() || "〇零一二三四五六七八九十百千万億兆壱弐参".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_denials_are_seen_in_order() {
        assert_eq!(facts("１２件のうち三件は認めない。"), "１２三否");
        assert_eq!(facts("行かなきゃならない"), facts("行かなければならない"));
        assert_ne!(facts("認めます"), facts("認めません"));
        assert_ne!(facts("認めず3件"), facts("3件認めず"));
    }
}

//! Masks personal data: before a question is written anywhere, and where a value is shown without a reason.

use std::ops::Range;

/// Stands for each masked character.
const MASK: char = '〓';

/// `text` with every character that one of the byte ranges touches replaced by 〓. A range that reaches
/// outside the text, or lies across a character, masks what it touches: when in doubt, hide.
#[must_use]
pub fn masked(text: &str, spans: &[Range<usize>]) -> String {
    text.char_indices()
        .map(|(start, character)| {
            let end = start + character.len_utf8();
            let touched = spans.iter().any(|span| span.start < end && start < span.end);
            if touched { MASK } else { character }
        })
        .collect()
}

#[cfg(test)]
#[expect(clippy::single_range_in_vec_init, reason = "spans are a list, of one here")]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_marked_is_hidden() {
        let text = "山田さんの番号は1234";
        assert_eq!(masked(text, &[]), text);
        assert_eq!(masked(text, &[0.."山田".len()]), "〓〓さんの番号は1234");
        let digits = text.len() - 4..text.len();
        assert_eq!(masked(text, &[digits, 0..3]), "〓田さんの番号は〓〓〓〓");
    }

    #[test]
    fn a_crooked_range_hides_more_not_less() {
        assert_eq!(masked("山田", &[1..2]), "〓田");
        assert_eq!(masked("山田", &[4..999]), "山〓");
        assert_eq!(masked("", &[0..9]), "");
        assert_eq!(masked("山田", &[3..3]), "山田");
    }
}

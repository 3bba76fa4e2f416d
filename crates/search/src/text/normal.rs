//! NFKC and lower case for Latin letters, with a byte map back to the original.
//!
//! Promises: [`normalise`] and [`Normalised`] agree; every range of the normalised text maps to a range
//! of whole characters of the original that holds at least its source. Never: dropping a character that
//! NFKC keeps (spaces and line ends stay).

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, compose, decompose_compatible};

/// The form in which texts are compared: NFKC, Latin letters in lower case.
#[must_use]
pub fn normalise(text: &str) -> String {
    if text.chars().all(is_plain) {
        return text.to_owned();
    }
    Normalised::new(text).text
}

/// A normalised text that knows where each of its bytes came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Normalised {
    text: String,
    /// For every byte of `text`, the original bytes it was made from.
    origins: Vec<(u32, u32)>,
    /// Length of the original in bytes.
    original_len: usize,
}

impl Normalised {
    /// Normalises `original` (up to 4 GiB; offsets beyond saturate).
    #[must_use]
    pub fn new(original: &str) -> Self {
        let mut text = String::with_capacity(original.len());
        let mut origins = Vec::with_capacity(original.len());
        let mut characters = original.char_indices().peekable();
        while let Some((start, first)) = characters.next() {
            let mut end = start + first.len_utf8();
            let mut last = first;
            let mut many = false;
            while let Some(&(at, next)) = characters.peek() {
                if !joins(last, next) {
                    break;
                }
                end = at + next.len_utf8();
                last = next;
                many = true;
                characters.next();
            }
            let before = text.len();
            if !many && is_plain(first) {
                text.push(first);
            } else {
                for c in original[start..end].nfkc() {
                    text.extend(lower(c));
                }
            }
            let origin = (offset(start), offset(end));
            origins.resize(origins.len() + text.len() - before, origin);
        }
        Self {
            text,
            origins,
            original_len: original.len(),
        }
    }

    /// The normalised text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the original from which `span` (bytes of the normalised text) was made. An empty
    /// span maps to an empty one.
    #[must_use]
    pub fn original_span(&self, span: Range<usize>) -> Range<usize> {
        let start = self
            .origins
            .get(span.start)
            .map_or(self.original_len, |origin| origin.0 as usize);
        if span.is_empty() {
            return start..start;
        }
        let last = span.end.min(self.origins.len()).saturating_sub(1);
        let end = self
            .origins
            .get(last)
            .map_or(self.original_len, |origin| origin.1 as usize);
        start..end.max(start)
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Latin letters fold to lower case; other scripts have no case that matters here.
fn lower(c: char) -> impl Iterator<Item = char> {
    std::iter::once(c.to_ascii_lowercase())
}

/// Characters that normalise to themselves and never combine with the character before them: most of
/// Japanese text.
fn is_plain(c: char) -> bool {
    matches!(c,
        '\n' | '\t' | ' '..='@' | '['..='~'
        | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fe}'
        | '\u{3001}'..='\u{3035}' | '\u{4e00}'..='\u{9fff}')
}

/// Whether `next` may change what `last` becomes, so that both must be normalised together.
fn joins(last: char, next: char) -> bool {
    if is_plain(next) {
        return false;
    }
    let mut head = None;
    decompose_compatible(next, |c| head = head.or(Some(c)));
    let Some(head) = head else { return false };
    if canonical_combining_class(head) != 0 || matches!(head, '\u{1160}'..='\u{11ff}') {
        return true;
    }
    let mut tail = last;
    decompose_compatible(last, |c| tail = c);
    compose(tail, head).is_some() || compose(last, head).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn full_width_and_half_width_become_one() {
        assert_eq!(normalise("第６３条ﾎｺﾞ（ＤＶ）"), "第63条ホゴ(dv)");
        assert_eq!(normalise("㈱㍻①Ⅳ"), "(株)平成1iv");
    }

    #[test]
    fn a_span_leads_back_to_the_original() {
        let original = "生活ﾎｺﾞ法㈱第６３条";
        let normalised = Normalised::new(original);
        let at = normalised.text().find("ホゴ").unwrap();
        let span = normalised.original_span(at..at + "ホゴ".len());
        assert_eq!(&original[span], "ﾎｺﾞ");
        let at = normalised.text().find("株").unwrap();
        assert_eq!(&original[normalised.original_span(at..at + 3)], "㈱");
        let end = normalised.text().len();
        assert_eq!(normalised.original_span(end..end), original.len()..original.len());
    }

    proptest! {
        #[test]
        fn agrees_with_nfkc(text in "[ぁ-んァ-ヶｦ-ﾟ一-龠Ａ-Ｚ0-9０-９㈱①Ⅳ㍻がか\u{3099}\u{309a}é\u{301}각ᄀ\u{1161}ﾡ ]{0,24}") {
            let expected: String = text.nfkc().map(|c| c.to_ascii_lowercase()).collect();
            let normalised = Normalised::new(&text);
            prop_assert_eq!(normalised.text(), expected.as_str());
            prop_assert_eq!(normalise(&text), expected);
        }

        #[test]
        fn any_text_agrees_and_maps_to_character_borders(text in any::<String>()) {
            let expected: String = text.nfkc().map(|c| c.to_ascii_lowercase()).collect();
            let normalised = Normalised::new(&text);
            prop_assert_eq!(normalised.text(), expected.as_str());
            let borders: Vec<usize> = normalised.text().char_indices().map(|(at, _)| at).collect();
            for pair in borders.windows(2) {
                let span = normalised.original_span(pair[0]..pair[1]);
                prop_assert!(text.get(span).is_some());
            }
        }
    }
}

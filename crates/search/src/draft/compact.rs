//! A text as quotes are compared: NFKC, lower case, without blanks and line ends, with a way back.
//!
//! Promise: what is found here is a range of whole characters of the original.

use std::ops::Range;

use crate::text::Normalised;

/// A text without its blanks.
#[derive(Clone, Debug)]
pub(super) struct Compact {
    text: String,
    /// For every byte of `text`, its byte in the normalised text.
    places: Vec<usize>,
    normalised: Normalised,
}

impl Compact {
    pub(super) fn new(original: &str) -> Self {
        let normalised = Normalised::new(original);
        let mut text = String::with_capacity(normalised.text().len());
        let mut places = Vec::with_capacity(normalised.text().len());
        for (at, character) in normalised.text().char_indices() {
            if !character.is_whitespace() {
                text.push(character);
                places.extend(at..at + character.len_utf8());
            }
        }
        Self {
            text,
            places,
            normalised,
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where `needle` (compact itself) first stands, in bytes of the compact text.
    pub(super) fn find(&self, needle: &str) -> Option<Range<usize>> {
        let start = self.text.find(needle)?;
        Some(start..start + needle.len())
    }

    /// The original's bytes of a range that is not empty.
    pub(super) fn original(&self, span: &Range<usize>) -> Range<usize> {
        let (Some(&first), Some(&last)) = (
            self.places.get(span.start),
            self.places.get(span.end.wrapping_sub(1)),
        ) else {
            return 0..0;
        };
        self.normalised.original_span(first..last + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_widths_do_not_count_and_the_way_back_is_exact() {
        let original = "第一項　届出は、\n１４日以内に行う。";
        let compact = Compact::new(original);
        let span = compact.find("届出は、14日以内").expect("it stands there");
        assert_eq!(&original[compact.original(&span)], "届出は、\n１４日以内");
        assert_eq!(compact.find("三十日"), None);
    }
}

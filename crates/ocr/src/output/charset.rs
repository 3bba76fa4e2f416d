//! Text to bytes under a profile's encoding, with its policy for 外字.

use shoki_core::cp932;
use shoki_core::output_finding::Found;
use shoki_core::output_profile::{GaijiPolicy, OutputProfile, TextEncoding};

/// What stands for a character that cannot be written.
const GETA: &str = "〓";

/// The bytes of `text`, and every character that the encoding does not have.
pub(super) fn encode(profile: &OutputProfile, text: &str) -> (Vec<u8>, Vec<Found>) {
    if profile.encoding != TextEncoding::Cp932 {
        return (text.as_bytes().to_vec(), Vec::new());
    }
    let (mut bytes, mut found) = (Vec::new(), Vec::new());
    for character in characters(text) {
        let written = match profile.replace.get(character) {
            Some(replacement) => Some(replacement.as_str()),
            None => match written_as_it_is(character) {
                Some(own) => {
                    bytes.extend(own);
                    continue;
                }
                None => (profile.gaiji == GaijiPolicy::Geta).then_some(GETA),
            },
        };
        let encoded = written.and_then(|text| text.chars().map(cp932::bytes).collect::<Option<Vec<_>>>());
        found.push(Found::Gaiji {
            character: character.to_owned(),
            written: encoded.as_ref().and(written).map(str::to_owned),
        });
        bytes.extend(encoded.into_iter().flatten().flatten());
    }
    (bytes, found)
}

/// The private area is the office's own: only the list says that the next system has the same 外字 there.
fn written_as_it_is(character: &str) -> Option<Vec<u8>> {
    let mut chars = character.chars();
    let c = chars.next()?;
    if chars.next().is_some() || cp932::is_private(c) {
        return None;
    }
    cp932::bytes(c)
}

/// Characters with the variation selectors that follow them.
fn characters(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut ends = rest
            .char_indices()
            .skip(1)
            .filter(|(_, c)| !is_variation_selector(*c));
        let end = ends.next().map_or(rest.len(), |(at, _)| at);
        let (character, after) = rest.split_at(end);
        rest = after;
        (!character.is_empty()).then_some(character)
    })
}

/// Standardised and ideographic variation selectors.
const fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variation_selector_belongs_to_its_character() {
        let split: Vec<&str> = characters("葛\u{e0100}城𠮷").collect();
        assert_eq!(split, ["葛\u{e0100}", "城", "𠮷"]);
        assert_eq!(characters("").count(), 0);
    }
}

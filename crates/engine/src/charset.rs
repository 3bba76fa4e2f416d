//! The characters of a recogniser: class index to character and back.

use std::collections::HashMap;

/// Class 0 is the CTC blank, the last class the space, the rest the model's own list.
#[derive(Clone, Debug)]
pub struct Charset {
    characters: Vec<char>,
    classes: HashMap<char, usize>,
}

impl Charset {
    /// From the model's metadata: one character per line. `None` when a line is not one character.
    pub(crate) fn parse(lines: &str) -> Option<Self> {
        let mut characters = vec!['\0'];
        for line in lines.split('\n') {
            let mut rest = line.chars();
            let first = rest.next()?;
            if rest.next().is_some() {
                return None;
            }
            characters.push(first);
        }
        characters.push(' ');
        let classes = characters
            .iter()
            .enumerate()
            .skip(1)
            .map(|(class, &c)| (c, class))
            .collect();
        Some(Self { characters, classes })
    }

    /// Number of classes, blank and space included.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.characters.len()
    }

    /// The character of a class; `None` for the blank and beyond the end.
    #[must_use]
    pub fn character(&self, class: usize) -> Option<char> {
        if class == 0 {
            None
        } else {
            self.characters.get(class).copied()
        }
    }

    /// The class of a character.
    #[must_use]
    pub fn class(&self, character: char) -> Option<usize> {
        self.classes.get(&character).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_one_character() {
        assert!(Charset::parse("あ\nいう").is_none() && Charset::parse("あ\n\nい").is_none());
    }

    #[test]
    fn blank_first_space_last() {
        let charset = Charset::parse("あ\nい").unwrap();
        assert_eq!(charset.classes(), 4);
        assert_eq!(
            (charset.character(0), charset.character(1), charset.character(3)),
            (None, Some('あ'), Some(' '))
        );
        assert_eq!(
            (charset.class('い'), charset.class(' '), charset.class('う')),
            (Some(2), Some(3), None)
        );
    }
}

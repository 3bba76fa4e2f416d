//! The characters a field may hold, with the model's classes that stand for each.
//!
//! A class that only looks like an allowed character counts for it: the recogniser writes a
//! handwritten 1 as l, I or 丨. Tables are the prototype's; the mask is the largest gain on kana
//! (.43 → .97 exact on real handwriting, MODELS.md §2). No character is ever forced: the blank competes.

use shoki_core::form::{FieldDefinition, FieldType};
use shoki_core::normal_form::normal_form;

use crate::kanji;

const DIGITS: &str = "0123456789";
const DIGIT_LOOKALIKES: &[(char, &str)] = &[
    ('1', "lI|丨ㅣ丿ｌ！!Ⅰ"),
    ('0', "OoDQ〇○ОО"),
    ('2', "Zz乙"),
    ('5', "Ss"),
    ('6', "b"),
    ('7', "フワ"),
    ('8', "B&"),
    ('9', "gq"),
    ('4', "A"),
    ('3', "ヨ"),
];
const SIGN_LOOKALIKES: &[(char, &str)] = &[
    ('-', "ー一−—―‐~〜－ｰ"),
    ('(', "（"),
    (')', "）"),
    (',', "、，．・."),
    ('〒', "〒"),
];
const KANA_LOOKALIKES: &[(char, &str)] = &[
    ('カ', "力か"),
    ('エ', "工"),
    ('ロ', "口□"),
    ('タ', "夕"),
    ('ハ', "八"),
    ('ト', "卜"),
    ('ヘ', "へ"),
    ('ー', "一-—―"),
    ('ミ', "三"),
    ('チ', "千"),
    ('ナ', "十"),
    ('オ', "才"),
    ('リ', "りﾘ"),
    ('ニ', "二"),
    ('ヒ', "匕七"),
    ('セ', "せ"),
    ('ア', "了"),
    ('ヌ', "又"),
    ('イ', "亻"),
    ('ム', "厶"),
    ('ヨ', "∃"),
    ('ホ', "木"),
    ('ノ', "丿/"),
    ('メ', "乂"),
    ('ル', "儿"),
    ('キ', "き"),
    ('モ', "も"),
    ('ヤ', "や"),
    ('ク', "久"),
];
const SMALL_KANA: &[(char, &str)] = &[
    ('ア', "ァ"),
    ('イ', "ィ"),
    ('ウ', "ゥ"),
    ('エ', "ェ"),
    ('オ', "ォ"),
    ('カ', "ヵ"),
    ('ケ', "ヶ"),
    ('ツ', "ッ"),
    ('ヤ', "ャ"),
    ('ユ', "ュ"),
    ('ヨ', "ョ"),
    ('ワ', "ヮ"),
];
const DATE_SIGNS: &str = "年月日令和昭平成大正明治度元MTSHR.-/";

/// Output characters and the model classes that stand for each.
#[derive(Clone, Debug)]
pub(crate) struct Alphabet {
    groups: Vec<(char, Vec<usize>)>,
    /// What each character adds to the normal form of a value.
    values: Vec<String>,
}

impl Alphabet {
    /// Of `characters`, with `lookalikes`; characters the model lacks drop out.
    fn new(
        characters: impl IntoIterator<Item = char>,
        lookalikes: &[&[(char, &str)]],
        class_of: &dyn Fn(char) -> Option<usize>,
    ) -> Self {
        let mut characters: Vec<char> = characters.into_iter().collect();
        characters.sort_unstable();
        characters.dedup();
        let groups = characters
            .iter()
            .map(|&character| {
                let alike = lookalikes
                    .iter()
                    .flat_map(|table| table.iter())
                    .filter(|(to, _)| *to == character)
                    .flat_map(|(_, alike)| alike.chars())
                    // What is allowed itself stands for itself.
                    .filter(|other| characters.binary_search(other).is_err());
                let mut classes: Vec<usize> = std::iter::once(character)
                    .chain(alike)
                    .filter_map(class_of)
                    .collect();
                classes.sort_unstable();
                classes.dedup();
                (character, classes)
            })
            .filter(|(_, classes)| !classes.is_empty())
            .collect();
        Self {
            groups,
            values: Vec::new(),
        }
    }

    /// Of a field's type, or of its own list of characters.
    pub(crate) fn of(field: &FieldDefinition, class_of: &dyn Fn(char) -> Option<usize>) -> Self {
        let mut alphabet = Self::letters(field, class_of);
        let value = |(character, _): &(char, _)| normal_form(field.kind, character.encode_utf8(&mut [0; 4]));
        alphabet.values = alphabet.groups.iter().map(value).collect();
        alphabet
    }

    fn letters(field: &FieldDefinition, class_of: &dyn Fn(char) -> Option<usize>) -> Self {
        use FieldType as T;
        let tables = [
            DIGIT_LOOKALIKES,
            SIGN_LOOKALIKES,
            KANA_LOOKALIKES,
            kanji::VARIANTS,
        ];
        if let Some(own) = &field.alphabet {
            return Self::new(own.chars(), &tables, class_of);
        }
        let digits = |signs: &str| -> Vec<char> { DIGITS.chars().chain(signs.chars()).collect() };
        let tables = &tables[..2];
        match field.kind {
            T::Number | T::Account | T::IndividualNumber | T::CorporateNumber | T::Check | T::Circle => {
                Self::new(digits(""), tables, class_of)
            }
            T::Amount if field.cells.is_some() => Self::new(digits(""), tables, class_of),
            T::Amount => Self::new(digits(","), tables, class_of),
            T::PostalCode if field.cells.is_some() => Self::new(digits(""), tables, class_of),
            T::PostalCode => Self::new(digits("-"), tables, class_of),
            T::Phone => Self::new(digits("-()"), tables, class_of),
            T::WarekiDate => Self::new(digits(DATE_SIGNS), tables, class_of),
            // Small kana stand for large ones, as in the normal form: a hand does not tell them apart.
            T::Kana => {
                let is_small = |kana: &char| SMALL_KANA.iter().any(|(_, small)| small.contains(*kana));
                let large = ('ァ'..='ヴ').filter(|kana| !is_small(kana));
                Self::new(large.chain(['ー']), &[KANA_LOOKALIKES, SMALL_KANA], class_of)
            }
            T::Name => Self::new(
                kanji::kanji().into_iter().chain(kanji::kana()),
                &[kanji::VARIANTS],
                class_of,
            ),
            T::Address | T::FreeText => Self::new(
                kanji::kanji()
                    .into_iter()
                    .chain(kanji::kana())
                    .chain('!'..='~')
                    .chain("（）・、。－".chars()),
                &[kanji::VARIANTS],
                class_of,
            ),
        }
    }

    /// A character and what it adds to the normal form of a value.
    pub(crate) fn letter(&self, group: usize) -> (char, &str) {
        (self.groups[group].0, &self.values[group])
    }

    /// Characters with their classes.
    pub(crate) fn groups(&self) -> &[(char, Vec<usize>)] {
        &self.groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shoki_core::form::MmBox;

    pub(crate) fn field(kind: FieldType) -> FieldDefinition {
        FieldDefinition::new("f", "欄", kind, MmBox::from([0.0, 0.0, 10.0, 10.0]))
    }

    fn class(character: char) -> Option<usize> {
        Some(character as usize)
    }

    #[test]
    fn digits_gather_their_lookalikes() {
        let alphabet = Alphabet::of(&field(FieldType::Number), &class);
        assert_eq!(alphabet.groups().len(), 10);
        assert!(alphabet.groups()[1].1.contains(&('l' as usize)));
    }

    #[test]
    fn an_own_alphabet_keeps_what_it_names_apart() {
        let own = FieldDefinition {
            alphabet: Some("01lb".into()),
            ..field(FieldType::Number)
        };
        let alphabet = Alphabet::of(&own, &class);
        let one = alphabet.groups().iter().find(|(c, _)| *c == '1').unwrap();
        assert!(!one.1.contains(&('l' as usize)) && one.1.contains(&('I' as usize)));
    }

    #[test]
    fn kana_hold_no_kanji_and_unknown_characters_drop_out() {
        let alphabet = Alphabet::of(&field(FieldType::Kana), &|c| (c != 'ヴ').then_some(c as usize));
        assert!(
            alphabet
                .groups()
                .iter()
                .all(|(c, _)| ('ァ'..='ー').contains(c) && *c != 'ヴ')
        );
    }
}

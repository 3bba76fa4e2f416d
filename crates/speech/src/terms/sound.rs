//! Kana as a sound: what is heard alike is written alike.
//!
//! Folded are katakana and hiragana, long vowels (おう, おお, オー), ぢ and じ, づ and ず, small kana, を and お,
//! ヴ. Promise: folding goes from left to right, so that the sound of a beginning is the beginning of the sound.

use crate::levels::hiragana;

/// A sound that grows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sound(Vec<char>);

impl Sound {
    /// The sound of a text in kana; `None` when it holds anything else. Blanks and ・ are silent.
    pub(super) fn of(kana: &str) -> Option<Self> {
        let mut sound = Self::default();
        kana.chars().all(|c| sound.push(c)).then_some(sound)
    }

    /// Adds a kana; `false` when it is none.
    pub(super) fn push(&mut self, c: char) -> bool {
        match step(self.0.last().copied(), c) {
            Step::Silent => true,
            Step::Heard(kana) => {
                self.0.push(kana);
                true
            }
            Step::Other => false,
        }
    }

    /// Kana of it.
    pub(super) fn chars(&self) -> &[char] {
        &self.0
    }

    /// Morae, as far as folded kana tell: small や, ゆ and よ count as the large ones do.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl From<&[char]> for Sound {
    /// Of kana that are folded already.
    fn from(kana: &[char]) -> Self {
        Self(kana.to_vec())
    }
}

/// What a character adds to a sound.
pub(super) enum Step {
    /// Nothing.
    Silent,
    /// A kana.
    Heard(char),
    /// It is no kana.
    Other,
}

/// What a character adds to a sound that ends with `last`.
pub(super) fn step(last: Option<char>, c: char) -> Step {
    let before = last.and_then(vowel);
    let plain = match hiragana(c) {
        ' ' | '\u{3000}' | '・' => return Step::Silent,
        'ー' => return before.map_or(Step::Other, Step::Heard),
        'ぢ' => 'じ',
        'づ' => 'ず',
        'を' => 'お',
        'ゔ' => 'ぶ',
        'ぁ' => 'あ',
        'ぃ' => 'い',
        'ぅ' => 'う',
        'ぇ' => 'え',
        'ぉ' => 'お',
        'ゃ' => 'や',
        'ゅ' => 'ゆ',
        'ょ' => 'よ',
        'ゎ' => 'わ',
        c if crate::levels::is_hiragana(c) => c,
        _ => return Step::Other,
    };
    // おう is heard as おお, えい as ええ.
    Step::Heard(match (before, plain) {
        (Some('お'), 'う') => 'お',
        (Some('え'), 'い') => 'え',
        _ => plain,
    })
}

/// The vowel that a kana ends with.
fn vowel(c: char) -> Option<char> {
    let rows = [
        ('あ', "あかさたなはまやらわがざだばぱ"),
        ('い', "いきしちにひみりぎじびぴ"),
        ('う', "うくすつぬふむゆるぐずぶぷ"),
        ('え', "えけせてねへめれげぜでべぺ"),
        ('お', "おこそとのほもよろごぞどぼぽ"),
    ];
    rows.into_iter()
        .find(|(_, row)| row.contains(c))
        .map(|(vowel, _)| vowel)
}

/// A kana with its voice: か as が, は as ば; and は as ぱ.
pub(super) fn voiced(c: char) -> Vec<char> {
    let pairs = "かがきぎくぐけげこごさざしじすずせぜそぞただちじつずてでとどはばひびふぶへべほぼ";
    let chars: Vec<char> = pairs.chars().collect();
    let mut found: Vec<char> = chars
        .chunks(2)
        .filter(|pair| pair[0] == c)
        .map(|pair| pair[1])
        .collect();
    let half = "はぱひぴふぷへぺほぽ";
    let chars: Vec<char> = half.chars().collect();
    found.extend(chars.chunks(2).filter(|pair| pair[0] == c).map(|pair| pair[1]));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sounds_alike_is_one_sound() {
        for (one, other) in [
            ("こうとう", "コートー"),
            ("おおさか", "おうさか"),
            ("けいかく", "ケエカク"),
            ("みかづき", "みかずき"),
            ("はなぢ", "ハナジ"),
            ("ケア・マネジャー", "けあまねじゃー"),
            ("ティーム", "テイーム"),
        ] {
            assert_eq!(Sound::of(one), Sound::of(other), "{one}");
        }
        assert_ne!(Sound::of("おばさん"), Sound::of("おばあさん"));
        assert_ne!(Sound::of("かき"), Sound::of("かぎ"));
        assert!(Sound::of("ーあ").is_none() && Sound::of("a").is_none() && Sound::of("川").is_none());
    }
}

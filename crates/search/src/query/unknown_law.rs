//! A law that a question names and that nothing found is of or speaks of.
//!
//! Never: whether the workspace holds it under another name (citations are read before).

use shoki_core::evidence::{Hit, NoBasis};

use crate::text::{is_kanji, is_katakana, normalise};

/// Hits that are looked at.
const DEPTH: usize = 5;

/// Words that end like a law's name and are none.
const NO_LAWS: &[&str] = &[
    "方法",
    "手法",
    "作法",
    "用法",
    "療法",
    "違法",
    "合法",
    "不法",
    "適法",
    "司法",
    "立法",
    "無法",
    "民法",
    "寸法",
    "魔法",
    "文法",
    "解法",
    "製法",
    "技法",
    "憲法",
    "国法",
    "処方法",
    "論法",
    "滅法",
    "法",
    "新法",
    "旧法",
    "各法",
    "同法",
    "本法",
    "現行法",
    "他法",
    "関係法",
];

/// A law that the question names by its full name and that no hit is of or speaks of.
pub(super) fn unknown_law(question: &str, hits: &[Hit]) -> Option<NoBasis> {
    let mut rest = question;
    while let Some(at) = rest.find('法') {
        let end = at + '法'.len_utf8();
        let start = rest[..at]
            .char_indices()
            .rev()
            .take_while(|&(_, c)| is_kanji(c) || is_katakana(c))
            .last()
            .map_or(at, |(at, _)| at);
        let name = &rest[start..end];
        let next = rest[end..].chars().next();
        let whole = next.is_none_or(|c| !is_kanji(c));
        let known = NO_LAWS
            .iter()
            .any(|word| name.ends_with(word) && name.chars().count() <= word.chars().count() + 2);
        let spoken_of = hits
            .iter()
            .take(DEPTH)
            .any(|hit| normalise(&hit.title).contains(name) || normalise(&hit.text).contains(name));
        if whole && !known && name.chars().count() >= 4 && !spoken_of {
            return Some(NoBasis::SourceMissing {
                missing: name.to_owned(),
            });
        }
        rest = &rest[end..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_law_is_known_by_its_name() {
        let named = |question: &str| unknown_law(question, &[]);
        assert_eq!(
            named("労働基準法の残業は"),
            Some(NoBasis::SourceMissing {
                missing: "労働基準法".to_owned()
            })
        );
        assert_eq!(named("支払方法と療法は違法か"), None);
        assert_eq!(named("方法論"), None);
    }
}

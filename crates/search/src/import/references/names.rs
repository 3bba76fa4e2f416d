//! The names a text uses for other texts: 生活保護法（昭和二十五年法律第百四十四号。以下「法」という。）.
//!
//! Promise: a name is taken only where its number or its definition stands beside it. Never: an official
//! list of laws; what a workspace holds is handed in.

use shoki_core::corpus::ImportedText;

use crate::query::citation::{Names, family_root};
use crate::text::{is_hiragana, is_kanji, is_katakana, normalise};

/// Endings of names of legal texts.
const ENDINGS: &[&str] = &[
    "法律", "法", "政令", "省令", "命令", "令", "規則", "条例", "規程", "要綱", "要領", "通知", "告示",
    "憲法",
];
/// Words that say what kind of text something is, without being a name.
const KINDS: &[&str] = &[
    "法",
    "法律",
    "令",
    "政令",
    "省令",
    "命令",
    "規則",
    "条例",
    "規程",
    "要綱",
    "要領",
    "通知",
    "告示",
    "施行令",
    "施行規則",
    "厚生労働省令",
    "内閣府令",
    "総務省令",
    "主務省令",
    "法令",
];
/// Words after which a name begins, when it runs back over hiragana.
const BEFORE_NAMES: &[&str] = &[
    "により",
    "において",
    "に基づく",
    "に基づき",
    "について",
    "又は",
    "若しくは",
    "並びに",
    "とは",
    "による改正前の",
    "による改正後の",
];
/// Longest name, in characters (番号法 has 28, the longest title in force 110).
const LONGEST: usize = 120;
/// Characters of a bracket in which a number or a definition stands.
const BRACKET: usize = 80;

/// All names of a text: its own, those handed in, those it gives itself.
pub(super) fn of<I, A, T>(text: &ImportedText, known: I) -> Names
where
    I: IntoIterator<Item = (A, T)>,
    A: AsRef<str>,
    T: Into<String>,
{
    let own = &text.source.title;
    let mut names = Names::new([(own.as_str(), own.as_str())]);
    for alias in &text.source.aliases {
        names.add(alias, own.clone());
    }
    let mut later: Vec<(String, String)> = Vec::new();
    for (name, title) in known {
        let (name, title) = (name.as_ref().to_owned(), title.into());
        // What the text itself defines comes before what the workspace says of 法 and 条例.
        if KINDS.contains(&name.as_str()) {
            later.push((name, title));
        } else {
            names.add(&name, title);
        }
    }
    for passage in &text.passages {
        if passage.text.contains(['（', '(']) {
            defined(&normalise(&passage.text), &mut names);
        }
    }
    let root = family_root(own);
    if root != own.as_str() && root.ends_with("条例") {
        names.add("条例", root.to_owned());
    }
    names.add(root, root.to_owned());
    for (name, title) in later {
        names.add(&name, title);
    }
    names
}

/// Whether a name as written can be a title.
pub(super) fn is_title(name: &str) -> bool {
    name.chars().count() > 2
        && !KINDS.contains(&name)
        && ENDINGS.iter().any(|ending| name.ends_with(ending))
        && !["同", "この", "その", "当該", "旧", "新"]
            .iter()
            .any(|start| name.starts_with(start))
}

/// Adds the names that a normalised text gives with a number or a definition in brackets.
fn defined(text: &str, names: &mut Names) {
    for (open, _) in text.match_indices('(') {
        let inside: String = text[open + 1..].chars().take(BRACKET).collect();
        let definition = definition(&inside);
        if definition.is_none() && !has_number(&inside) {
            continue;
        }
        let before = &text[..open];
        let title = match names.ending(before) {
            Some((title, _)) => title.to_owned(),
            None => match name_before(before) {
                Some(name) => name.to_owned(),
                None => continue,
            },
        };
        names.add(&title, title.clone());
        if let Some(name) = definition {
            names.add(name, title);
        }
    }
}

/// X of 以下「X」という, when X names a legal text.
fn definition(inside: &str) -> Option<&str> {
    let start = inside.find("以下")?;
    let (_, rest) = inside[start..].split_once('「')?;
    let (name, after) = rest.split_once('」')?;
    let between_is_short = inside[start..]
        .find('「')
        .is_some_and(|at| at <= "以下この章において".len());
    (between_is_short && after.starts_with("という") && ENDINGS.iter().any(|ending| name.ends_with(ending)))
        .then_some(name)
}

/// 昭和二十五年法律第百四十四号, 平成26年あさひ野市条例第21号.
fn has_number(inside: &str) -> bool {
    let head = inside.split(['。', '、', ')']).next().unwrap_or_default();
    ["明治", "大正", "昭和", "平成", "令和"]
        .iter()
        .any(|era| head.starts_with(era))
        && head.contains('年')
        && head.ends_with('号')
}

/// The name that ends where `before` ends.
fn name_before(before: &str) -> Option<&str> {
    let run = tail(before, |c| is_kanji(c) || is_katakana(c) || c == '・');
    if is_title(run) && !before[..before.len() - run.len()].ends_with("する") {
        return Some(run);
    }
    let mut name = tail(before, |c| {
        is_kanji(c) || is_katakana(c) || is_hiragana(c) || c == '・'
    });
    for word in BEFORE_NAMES {
        if let Some(at) = name.rfind(word) {
            name = &name[at + word.len()..];
        }
    }
    is_title(name).then_some(name)
}

fn tail(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    let start = text
        .char_indices()
        .rev()
        .take(LONGEST)
        .take_while(|&(_, c)| belongs(c))
        .last()
        .map_or(text.len(), |(at, _)| at);
    &text[start..]
}

//! What a document without a form of its own is called, from its first lines and its file name.
//!
//! Promise: only what is written; an operator's own words (the corpus definition) go before it. Never: a
//! date of effect, which a notice says only in sentences.

use shoki_core::corpus::{SourceHead, SourceRank};

use super::tree::Line;
use crate::text::normalise;

/// Lines at the top that may name the document.
const TOP: usize = 30;
/// Longest title, in characters.
const MAX_TITLE: usize = 80;
/// Endings of what documents are called.
const ENDINGS: [&str; 14] = [
    "について",
    "通知",
    "要綱",
    "要領",
    "規程",
    "基準",
    "計画",
    "指針",
    "手引",
    "マニュアル",
    "問答集",
    "事例集",
    "ガイドライン",
    "告示",
];

/// Title, number and rank.
pub(in crate::import) fn source_head(file_name: &str, lines: &[Line]) -> SourceHead {
    let top: Vec<&str> = lines
        .iter()
        .filter(|line| !line.is_row)
        .map(|line| line.text.trim())
        .filter(|text| !text.is_empty())
        .take(TOP)
        .collect();
    let title = top
        .iter()
        .find(|text| is_title(text))
        .map_or_else(|| stem(file_name), |text| (*text).to_owned());
    let number = top
        .iter()
        .take_while(|text| **text != title)
        .find(|text| {
            let text = normalise(text);
            text.ends_with('号') && text.chars().any(|c| c.is_numeric()) && text.chars().count() <= 40
        })
        .map(|text| (*text).to_owned());
    SourceHead {
        key: normalise(&title).split_whitespace().collect(),
        rank: rank(&title, &top),
        title,
        number,
        aliases: Vec::new(),
    }
}

/// Whether a title is that of a plan.
pub(in crate::import) fn ends_as_plan(title: &str) -> bool {
    let bare = title.split(['（', '(']).next().unwrap_or(title).trim();
    bare.ends_with("計画") || bare.ends_with("プラン") || bare.ends_with("ビジョン")
}

fn is_title(text: &str) -> bool {
    let bare = text.trim_end_matches(['）', ')', '】']);
    let bare = match bare.rfind(['（', '(']) {
        Some(at) if text.ends_with(['）', ')']) => &bare[..at],
        _ => bare,
    };
    let bare = bare.trim_end();
    text.chars().count() <= MAX_TITLE
        && !text.contains('。')
        && ENDINGS.iter().any(|ending| bare.ends_with(ending))
}

fn rank(title: &str, top: &[&str]) -> SourceRank {
    if ends_as_plan(title) {
        return SourceRank::Plan;
    }
    let names = |words: &[&str]| words.iter().any(|word| title.contains(word));
    if names(&["問答集", "事例集", "Ｑ＆Ａ", "Q&A"]) {
        return SourceRank::QuestionAnswer;
    }
    if names(&["告示"]) {
        return SourceRank::PublicNotice;
    }
    if names(&["要綱", "要領"]) {
        return SourceRank::Notice;
    }
    // The sender's line stands above the title; the addressee's ends in 様 or 殿.
    let sender = top
        .iter()
        .take_while(|text| **text != title)
        .filter(|text| text.ends_with("長") || text.ends_with("官"))
        .last();
    match sender {
        Some(text) if text.ends_with("局長") || text.ends_with("次官") => SourceRank::BureauNotice,
        Some(text) if text.ends_with("課長") => SourceRank::DivisionNotice,
        _ => SourceRank::Notice,
    }
}

fn stem(file_name: &str) -> String {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    stem.to_owned()
}

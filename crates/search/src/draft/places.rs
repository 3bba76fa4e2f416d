//! The places and laws that a statement names, and whether what it quotes is there or names them too.
//!
//! Promises: 第63条 of a law that is not quoted is not supported by 第63条 of one that is; a 項 or 号 is
//! supported only by a quote that touches it. Never: a place outside the quotes (that a passage elsewhere
//! exists proves nothing).

use std::ops::Range;

use shoki_core::corpus::PassageKind;

use super::Cited;
use crate::query::citation::{Citation, Names, Place, SourceRef, family_root, parse};
use crate::text::{is_hiragana, is_kanji, is_katakana, normalise};

/// A verified quote as the checks look at it.
#[derive(Clone, Debug)]
pub(super) struct Evidence<'a> {
    /// Where it is from.
    pub cited: &'a Cited,
    /// Bytes of the passage's text.
    pub span: Range<usize>,
    /// The words, normalised, and the clause they stand in to its end.
    pub words: String,
}

/// Endings of names of legal texts that are looked for by themselves.
const LAW_ENDINGS: &[&str] = &["法律", "施行令", "施行規則", "政令", "省令", "条例", "要綱", "法"];
/// Words that end so and are no law.
const NO_LAWS: &[&str] = &[
    "方法",
    "手法",
    "用法",
    "作法",
    "合法",
    "違法",
    "適法",
    "不法",
    "司法",
    "立法",
    "無法",
    "療法",
    "寸法",
    "同法",
    "本法",
    "新法",
    "旧法",
    "法",
    "法律",
    "政令",
    "省令",
    "条例",
    "要綱",
    "施行令",
    "施行規則",
    "国内法",
    "法令",
    "関係法",
    "各法",
    "技法",
    "文法",
    "算定方法",
    "支給方法",
    "支払方法",
    "処理方法",
    "計算方法",
];

/// Whether every place that the statement names is quoted. The statement is normalised.
pub(super) fn supported(statement: &str, names: &Names, evidence: &[Evidence<'_>]) -> bool {
    parse(statement, names).iter().all(|citation| {
        let mut ends = vec![citation.clone()];
        if let Some(through) = &citation.through {
            ends.push(Citation {
                place: Place::Article(through.clone()),
                through: None,
                ..citation.clone()
            });
        }
        ends.iter().all(|end| {
            evidence
                .iter()
                .any(|one| is_there(end, one) || is_named(end, one, names))
        })
    })
}

/// The statement without the places it names, so that their numbers are not read as quantities.
pub(super) fn without_places(statement: &str, names: &Names) -> String {
    let mut text = statement.to_owned();
    for citation in parse(statement, names).into_iter().rev() {
        text.replace_range(citation.span, "、");
    }
    text
}

/// The quote stands at the place itself.
fn is_there(citation: &Citation, evidence: &Evidence<'_>) -> bool {
    let passage = &evidence.cited.passage;
    let kind = match &citation.place {
        Place::Article(_) => PassageKind::Article,
        Place::Supplementary(_) => PassageKind::Supplementary,
        Place::Appendix(_) => PassageKind::Appendix,
        Place::Outline(_) => PassageKind::OutlineItem,
        Place::Question(_) => PassageKind::QuestionAnswer,
    };
    if passage.kind != kind
        || citation.place.item() != Some(passage.item.as_str())
        || !is_source(&citation.source, &evidence.cited.title)
    {
        return false;
    }
    let below = [&citation.paragraph, &citation.item_no, &citation.subitem];
    if below.iter().all(|part| part.is_none()) {
        return true;
    }
    passage.segments.iter().any(|segment| {
        let touches = segment.span.start < evidence.span.end && evidence.span.start < segment.span.end;
        let deep_enough = below
            .iter()
            .rposition(|part| part.is_some())
            .is_some_and(|last| segment.path.len() > last);
        touches
            && deep_enough
            && below
                .iter()
                .zip(&segment.path)
                .all(|(asked, held)| asked.as_ref().is_none_or(|asked| asked == held))
    })
}

/// The quoted words name the place: 「第十九条第四項の規定により」.
fn is_named(citation: &Citation, evidence: &Evidence<'_>, names: &Names) -> bool {
    let title = evidence.cited.title.as_str();
    let part = |asked: &Option<String>, held: &Option<String>| asked.is_none() || asked == held;
    parse(&evidence.words, names).iter().any(|held| {
        let within = held.place == citation.place
            || held.through.as_ref() == citation.place.item().map(str::to_owned).as_ref();
        let same_source = match (resolved(&citation.source, title), resolved(&held.source, title)) {
            (Some(asked), Some(held)) => asked == held,
            // No law is named in the statement: it means the one that the quoted words mean.
            (None, _) => true,
            (Some(_), None) => false,
        };
        within
            && same_source
            && part(&citation.paragraph, &held.paragraph)
            && part(&citation.item_no, &held.item_no)
            && part(&citation.subitem, &held.subitem)
    })
}

/// Which title a reference in a text of this title means; `None` when it leaves that open.
fn resolved(source: &SourceRef, title: &str) -> Option<String> {
    let root = family_root(title);
    match source {
        SourceRef::Named(name) | SourceRef::Unknown(name) => Some(name.clone()),
        SourceRef::DefaultLaw => Some(root.to_owned()),
        SourceRef::DefaultOrder => Some(format!("{root}施行令")),
        SourceRef::DefaultRule => Some(format!("{root}施行規則")),
        SourceRef::This | SourceRef::Same => None,
    }
}

fn is_source(source: &SourceRef, title: &str) -> bool {
    let title = normalise(title);
    match resolved(source, &title) {
        None => true,
        Some(name) => {
            let name = normalise(&name);
            name == title
                || matches!(source, SourceRef::Unknown(_))
                    && (title.ends_with(&name) || name.ends_with(&title))
        }
    }
}

/// Whether every law that the statement names without a place is quoted or named in a quote.
pub(super) fn laws_supported(statement: &str, names: &Names, evidence: &[Evidence<'_>]) -> bool {
    let known = |title: &str| {
        evidence.iter().any(|one| {
            normalise(&one.cited.title) == normalise(title)
                || names.mentions(&one.words).iter().any(|(_, held)| *held == title)
        })
    };
    let mentions = names.mentions(statement);
    if !mentions.iter().all(|(_, title)| known(title)) {
        return false;
    }
    law_like(statement)
        .into_iter()
        .filter(|(at, _)| !mentions.iter().any(|(span, _)| span.contains(at)))
        .all(|(_, name)| {
            evidence
                .iter()
                .any(|one| normalise(&one.cited.title).contains(name) || one.words.contains(name))
        })
}

/// Runs of kanji and katakana that end like a law's name, with where their last character stands.
fn law_like(statement: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut start = None;
    let ends = std::iter::once((statement.len(), '。'));
    for (at, c) in statement.char_indices().chain(ends) {
        let part = is_kanji(c) || is_katakana(c);
        match (start, part) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                let run = &statement[from..at];
                let long = run.chars().count() > 2;
                let lawful = LAW_ENDINGS.iter().any(|ending| run.ends_with(ending))
                    && !NO_LAWS.contains(&run)
                    && !run.ends_with("方法");
                // に関する法律: the words before say which; the run alone says nothing.
                let open = is_hiragana(statement[..from].chars().next_back().unwrap_or(' ')) && !long;
                if lawful && long && !open {
                    let last = run.chars().next_back().map_or(0, char::len_utf8);
                    found.push((at - last, run));
                }
                start = None;
            }
            _ => {}
        }
    }
    found
}

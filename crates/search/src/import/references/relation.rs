//! What kind of reference it is, from the words around it in its sentence.
//!
//! Promise: 準用 is said of what is applied, not of the case that it is applied to. Never: a look beyond
//! the sentence.

use std::ops::Range;

use shoki_core::corpus::{ImportedText, Relation, SourceRank};

use crate::query::citation::family_root;

/// Characters after a reference in which a delegation is said.
const DELEGATION: usize = 40;

pub(super) fn of(
    text: &str,
    span: &Range<usize>,
    source: &str,
    citing: &ImportedText,
    root: &str,
) -> Relation {
    let after = clause(&text[span.end..]);
    if is_applied(before(&text[..span.start]), after) {
        return Relation::AppliesMutatisMutandis;
    }
    let own = &citing.source.title;
    // The law points at the order or the rule made under it.
    if own == root && source != own && family_root(source) == root {
        return Relation::Delegates;
    }
    let made_under = matches!(
        citing.source.rank,
        SourceRank::CabinetOrder
            | SourceRank::MinisterialOrder
            | SourceRank::LocalRule
            | SourceRank::PublicNotice
    );
    if made_under && source != own && is_delegation(after) {
        return Relation::Delegates;
    }
    Relation::Mentions
}

/// The rest of the sentence.
fn clause(after: &str) -> &str {
    let end = after.find(['。', '\n']).unwrap_or(after.len());
    &after[..end]
}

/// The sentence so far.
fn before(before: &str) -> &str {
    let start = before
        .rfind(['。', '\n'])
        .map_or(0, |at| at + 3.min(before.len() - at));
    before.get(start..).unwrap_or_default()
}

/// …の規定は、…について準用する; …を準用する.
fn is_applied(before: &str, after: &str) -> bool {
    let Some(at) = after.find("準用") else {
        return false;
    };
    let verb = &after[at + "準用".len()..];
    if verb.starts_with("する場合") || before.ends_with("において準用する") {
        return false;
    }
    // What is applied stands before は or を; the case it is applied to before に, の場合, について.
    let case = [
        "の場合",
        "に規定する",
        "の規定による",
        "の規定により",
        "に定める",
        "において準用",
        "に準用",
        "について準用",
        "に係る",
        "の規定に",
        "に掲げる",
    ];
    if case.iter().any(|word| after.starts_with(word)) {
        return false;
    }
    let between = &after[..at];
    between.contains('は') || between.contains('を')
}

/// …の政令で定める, …に規定する厚生労働省令で定める, …の規定に基づき.
fn is_delegation(after: &str) -> bool {
    let near: String = after.chars().take(DELEGATION).collect();
    let near = near.split(['、', '，']).next().unwrap_or_default();
    near.starts_with("の規定に基づ")
        || (near.contains("で定める")
            && ["政令", "省令", "府令", "規則", "命令", "市長", "大臣"]
                .iter()
                .any(|by| near.contains(by)))
}

/// Whether a reference stands in words that are quoted to be read differently: 「第三条」とあるのは「第四条」.
pub(super) fn is_quoted(text: &str, span: &Range<usize>) -> bool {
    let line = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[line..span.start];
    let opened = before.matches('「').count() > before.matches('」').count();
    if !opened {
        return false;
    }
    let Some(close) = text[span.end..].find('」') else {
        return false;
    };
    let after = &text[span.end + close + '」'.len_utf8()..];
    let open = before.rfind('「').unwrap_or(0);
    after.starts_with("とある")
        || before[..open].ends_with("とあるのは")
        || before[..open].ends_with("とあり、及び")
        || ["と、", "と読み替え", "とする", "と読替え"]
            .iter()
            .any(|word| after.starts_with(word))
}

//! The names by which sources are cited: titles, their short names, well-known short names of laws.

use std::sync::Arc;

use shoki_core::corpus::{CitationEdge, ImportedText, SourceHead, SourceRank};
use shoki_search::import::references;
use shoki_search::query::citation::Names;
use shoki_search::query::synonym::shipped_titles;
use shoki_store::corpus_model::LiveRevision;

/// Titles and short names of every source held, and the well-known short names of laws.
#[must_use]
pub fn of<'a>(live: impl IntoIterator<Item = &'a LiveRevision>) -> Names {
    Names::new(pairs(live.into_iter().map(|live| &live.source.head)))
}

/// Names with the titles they stand for.
fn pairs<'a>(heads: impl IntoIterator<Item = &'a SourceHead>) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for head in heads {
        pairs.push((head.title.clone(), head.title.clone()));
        pairs.extend(
            head.aliases
                .iter()
                .map(|alias| (alias.clone(), head.title.clone())),
        );
        pairs.extend(without_city(head).map(|name| (name.to_owned(), head.title.clone())));
    }
    pairs.sort_unstable();
    pairs.dedup();
    for of in shipped_titles() {
        pairs.push((of.title.clone(), of.title.clone()));
        pairs.extend(of.names.into_iter().map(|name| (name, of.title.clone())));
    }
    pairs
}

/// The names that a notice, a casebook or a manual uses for other texts without defining them: those of the
/// workspace it is taken into.
#[derive(Clone, Debug, Default)]
pub struct CitedNames(Arc<Vec<(String, String)>>);

/// A law alone, its 令 and its 規則, as such texts write them, with what follows its title.
const OF_A_LAW: &[(&str, &str)] = &[
    ("法", ""),
    ("令", "施行令"),
    ("施行令", "施行令"),
    ("規則", "施行規則"),
    ("施行規則", "施行規則"),
];
/// The same of an ordinance.
const OF_AN_ORDINANCE: &[(&str, &str)] = &[("条例", ""), ("規則", "施行規則"), ("施行規則", "施行規則")];

impl CitedNames {
    /// The names of these sources beside the well-known ones.
    #[must_use]
    pub fn of<'a>(heads: impl IntoIterator<Item = &'a SourceHead>) -> Self {
        Self(Arc::new(pairs(heads)))
    }

    /// The references of a text. A law or an ordinance defines the names it uses; what stands below them
    /// means by 法 the law it is about: the one given, or the one its own title names.
    #[must_use]
    pub fn edges(&self, text: &ImportedText, default_law: Option<&str>) -> Vec<CitationEdge> {
        use SourceRank as R;
        if matches!(
            text.source.rank,
            R::Act | R::CabinetOrder | R::MinisterialOrder | R::LocalOrdinance | R::LocalRule
        ) {
            return references::edges(text);
        }
        let law = default_law
            .map(|name| self.title_of(name))
            .or_else(|| self.law_of(&text.source.title));
        let is_about_one = law.is_some();
        let of_the_law = law.into_iter().flat_map(|law| {
            let names = if law.ends_with("条例") {
                OF_AN_ORDINANCE
            } else {
                OF_A_LAW
            };
            names
                .iter()
                .map(move |(name, rest)| ((*name).to_owned(), format!("{law}{rest}")))
        });
        let mut edges = references::edges_with(text, of_the_law.chain(self.0.iter().cloned()));
        if !is_about_one {
            // 令第三条 of a manual that is about no law in particular means nothing that can be opened.
            let own = &text.source.title;
            let made_up = [format!("{own}施行令"), format!("{own}施行規則")];
            edges.retain(|edge| !made_up.contains(&edge.source));
        }
        edges
    }

    /// The title that a name stands for, or the name.
    fn title_of<'a>(&'a self, name: &'a str) -> &'a str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or(name, |(_, title)| title)
    }

    /// 生活保護法 for 東京都生活保護運用事例集: the law whose name without its last letter stands in the title,
    /// the longest.
    fn law_of(&self, title: &str) -> Option<&str> {
        self.0
            .iter()
            .filter_map(|(_, law)| {
                let stem = law.strip_suffix('法')?;
                (stem.chars().count() > 2 && title.contains(stem)).then_some(law.as_str())
            })
            .max_by_key(|law| law.len())
    }
}

/// 情報公開条例 for あさひ野市情報公開条例: in its own office nobody says the city's name.
fn without_city(head: &SourceHead) -> Option<&str> {
    if !matches!(head.rank, SourceRank::LocalOrdinance | SourceRank::LocalRule) {
        return None;
    }
    let (_, name) = head.title.split_once(['市', '区', '町', '村'])?;
    (name.chars().count() > 2).then_some(name)
}

#[cfg(test)]
mod tests {
    use shoki_search::import;

    use super::*;

    /// Edges of a casebook as source and item.
    fn cited(document: &str, answer: &str, default_law: Option<&str>) -> Vec<(String, String)> {
        let row =
            format!("{{\"doc\":\"{document}\",\"id\":\"問1\",\"title\":\"題\",\"text\":\"{answer}\"}}\n");
        let texts = import::import("a.jsonl", row.as_bytes(), None).expect("a casebook");
        let held = SourceHead {
            key: "k".to_owned(),
            title: "見本給付法".to_owned(),
            number: None,
            aliases: vec!["見給法".to_owned()],
            rank: SourceRank::Act,
        };
        CitedNames::of([&held])
            .edges(&texts[0], default_law)
            .into_iter()
            .map(|edge| (edge.source, edge.item))
            .collect()
    }

    #[test]
    fn a_casebook_means_the_law_it_is_about_and_uses_the_names_of_the_workspace() {
        let pair = |source: &str, item: &str| (source.to_owned(), item.to_owned());
        let answer = "法第２７条により指示し、令第三条と見給法第五条の二、障害者総合支援法第5条も見る。方法第9条は違う。";
        let disability = "障害者の日常生活及び社会生活を総合的に支援するための法律";
        assert_eq!(
            cited("見本市見本給付問答集", answer, None),
            [
                pair("見本給付法", "27"),
                pair("見本給付法施行令", "3"),
                pair("見本給付法", "5_2"),
                pair(disability, "5"),
            ]
        );
        let other = cited("窓口の手引", answer, Some("生保法"));
        assert_eq!(other[0], pair("生活保護法", "27"));
        let unknown = cited("窓口の手引", answer, None);
        assert_eq!(unknown, [pair("見本給付法", "5_2"), pair(disability, "5")]);
    }
}

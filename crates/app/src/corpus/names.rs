//! The names by which sources are cited: titles, their short names, well-known short names of laws.

use shoki_core::corpus::{SourceHead, SourceRank};
use shoki_search::query::citation::Names;
use shoki_search::query::synonym::shipped_titles;
use shoki_store::corpus_model::LiveRevision;

/// Titles and short names of every source held, and the well-known short names of laws.
#[must_use]
pub fn of<'a>(live: impl IntoIterator<Item = &'a LiveRevision>) -> Names {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for live in live {
        let head = &live.source.head;
        pairs.push((head.title.clone(), head.title.clone()));
        pairs.extend(
            head.aliases
                .iter()
                .map(|alias| (alias.clone(), head.title.clone())),
        );
        pairs.extend(without_city(head).map(|name| (name.to_owned(), head.title.clone())));
    }
    pairs.sort_unstable();
    pairs.extend(
        shipped_titles()
            .into_iter()
            .flat_map(|of| of.names.into_iter().map(move |name| (name, of.title.clone()))),
    );
    Names::new(pairs)
}

/// 情報公開条例 for あさひ野市情報公開条例: in its own office nobody says the city's name.
fn without_city(head: &SourceHead) -> Option<&str> {
    if !matches!(head.rank, SourceRank::LocalOrdinance | SourceRank::LocalRule) {
        return None;
    }
    let (_, name) = head.title.split_once(['市', '区', '町', '村'])?;
    (name.chars().count() > 2).then_some(name)
}

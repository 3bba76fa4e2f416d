//! The references in the passages of a text → edges to the items that are meant.
//!
//! Promises: spans are bytes of the citing passage's text; an edge names its source by title and its item
//! as passages do; 法, 令, 規則 are the text's own family or what the text itself defines them to be.
//! Never: whether the target exists (the reader resolves it as of a day), references that stand inside of
//! quoted words to be read differently (読替え).

mod names;
mod relation;
#[cfg(test)]
mod tests;

use shoki_core::corpus::{CitationEdge, ImportedText, Passage, PassageKind};

use crate::query::citation::{Base, Citation, Names, Place, SourceRef, family_root, parse, parse_at};

/// Articles of a range that get an edge each (第二十四条から第二十六条まで).
const MAX_RANGE: usize = 30;

/// The edges of a text, by passage and place.
#[must_use]
pub fn edges(text: &ImportedText) -> Vec<CitationEdge> {
    let none: [(&str, &str); 0] = [];
    edges_with(text, none)
}

/// The edges of a text that may use names it does not define: titles and short names of the other sources
/// of the workspace, each with the title it stands for; `("条例", title)` says what 条例 alone means.
#[must_use]
pub fn edges_with<I, A, T>(text: &ImportedText, known: I) -> Vec<CitationEdge>
where
    I: IntoIterator<Item = (A, T)>,
    A: AsRef<str>,
    T: Into<String>,
{
    let reader = Reader {
        text,
        names: names::of(text, known),
        root: family_root(&text.source.title),
    };
    let mut found = Vec::new();
    for (articles, passages) in units(text) {
        for passage in passages {
            reader.passage(passage, &articles, &mut found);
        }
    }
    found.sort_by_key(|edge| (edge.from, edge.span.start, edge.span.end));
    found
}

/// Passages in groups in which 前条 means something, each with its items in order: the 本則, each 附則.
fn units(text: &ImportedText) -> Vec<(Vec<String>, Vec<&Passage>)> {
    let mut groups: Vec<(&str, Vec<String>, Vec<&Passage>)> = Vec::new();
    for passage in &text.passages {
        let group = match passage.kind {
            PassageKind::Supplementary => passage.item.split('/').next().unwrap_or_default(),
            _ => "",
        };
        let at = match groups.iter().position(|(name, _, _)| *name == group) {
            Some(at) => at,
            None => {
                groups.push((group, Vec::new(), Vec::new()));
                groups.len() - 1
            }
        };
        if matches!(passage.kind, PassageKind::Article | PassageKind::Supplementary) {
            groups[at].1.push(passage.item.clone());
        }
        groups[at].2.push(passage);
    }
    groups
        .into_iter()
        .map(|(_, articles, passages)| (articles, passages))
        .collect()
}

struct Reader<'a> {
    text: &'a ImportedText,
    names: Names,
    /// The law that the text's family is about.
    root: &'a str,
}

impl Reader<'_> {
    fn passage(&self, passage: &Passage, articles: &[String], found: &mut Vec<CitationEdge>) {
        let in_articles = matches!(passage.kind, PassageKind::Article | PassageKind::Supplementary);
        let citations = if in_articles {
            let base = Base {
                item: &passage.item,
                articles,
                segments: &passage.segments,
            };
            parse_at(&passage.text, &self.names, &base)
        } else {
            parse(&passage.text, &self.names)
        };
        for citation in citations {
            if relation::is_quoted(&passage.text, &citation.span) {
                continue;
            }
            let Some(source) = self.source(&citation.source) else {
                continue;
            };
            let relation = relation::of(&passage.text, &citation.span, &source, self.text, self.root);
            for item in self.items(&citation, &source, passage, articles) {
                // A 項 of its own article is no way to anywhere.
                if source == self.text.source.title && item == passage.item && citation.paragraph.is_none() {
                    continue;
                }
                found.push(CitationEdge {
                    from: passage.ordinal,
                    span: citation.span.clone(),
                    source: source.clone(),
                    item,
                    paragraph: citation.paragraph.clone(),
                    relation,
                });
            }
        }
    }

    /// Title of the source that is meant.
    fn source(&self, source: &SourceRef) -> Option<String> {
        let own = &self.text.source.title;
        let is_member = self.root != own;
        match source {
            SourceRef::This => Some(own.clone()),
            SourceRef::Named(title) => Some(title.clone()),
            SourceRef::Unknown(name) => names::is_title(name).then(|| name.clone()),
            SourceRef::DefaultLaw => is_member.then(|| self.root.to_owned()),
            SourceRef::DefaultOrder => Some(format!("{}施行令", self.root)),
            SourceRef::DefaultRule => Some(format!("{}施行規則", self.root)),
            SourceRef::Same => None,
        }
    }

    /// The items a citation means, in the form of passages.
    fn items(
        &self,
        citation: &Citation,
        source: &str,
        passage: &Passage,
        articles: &[String],
    ) -> Vec<String> {
        let own = source == self.text.source.title;
        let supplement = (passage.kind == PassageKind::Supplementary)
            .then(|| passage.item.split('/').next().unwrap_or_default());
        match &citation.place {
            Place::Article(item) => {
                // A plain 第三条 in the 附則 of an amendment is the amending law's, which is not here.
                let of_amendment = supplement.is_some_and(|name| name.contains('('));
                if own && of_amendment && !articles.contains(item) {
                    return Vec::new();
                }
                range(item, citation.through.as_deref(), own, articles)
            }
            Place::Supplementary(item) => {
                let name = supplement.filter(|_| own).unwrap_or("附則");
                match (item, &citation.paragraph) {
                    (Some(item), _) => vec![format!("{name}/{item}")],
                    (None, Some(paragraph)) => vec![format!("{name}/項{paragraph}")],
                    (None, None) => Vec::new(),
                }
            }
            Place::Appendix(item) | Place::Outline(item) | Place::Question(item) => vec![item.clone()],
        }
    }
}

fn range(first: &str, last: Option<&str>, own: bool, articles: &[String]) -> Vec<String> {
    let Some(last) = last else {
        return vec![first.to_owned()];
    };
    let place = |item: &str| articles.iter().position(|one| one == item);
    if own
        && let (Some(from), Some(to)) = (place(first), place(last))
        && from < to
        && to - from < MAX_RANGE
    {
        return articles[from..=to].to_vec();
    }
    vec![first.to_owned(), last.to_owned()]
}

//! The elements of the schema that stand inside of articles, and what items of other names are called.

use roxmltree::Node;

use crate::text::to_kansuji;

/// Elements of 標準法令XML that stand inside of units, by the beginnings of their names; `…Title`,
/// `…Sentence`, `…Label` and `…Struct` go with them.
const KNOWN: [&str; 33] = [
    "Amend",
    "Appdx",
    "Arith",
    "Article",
    "Chapter",
    "Class",
    "Column",
    "Division",
    "Enact",
    "Fig",
    "Format",
    "Item",
    "Law",
    "Line",
    "List",
    "Main",
    "New",
    "Note",
    "Paragraph",
    "Part",
    "Preamble",
    "Quote",
    "Related",
    "Remarks",
    "Ruby",
    "Section",
    "Sentence",
    "Style",
    "Sub",
    "Suppl",
    "Sup",
    "TOC",
    "Table",
];

pub(super) fn is_known(name: &str) -> bool {
    KNOWN.iter().any(|known| name.starts_with(known))
}

/// Whether a part holds further blocks rather than running text.
pub(super) fn has_blocks(part: Node<'_, '_>) -> bool {
    part.children().any(|below| {
        below.is_element()
            && !matches!(
                below.tag_name().name(),
                "Ruby" | "Sup" | "Sub" | "Line" | "QuoteStruct"
            )
            && part.tag_name().name() != "Sentence"
    })
}

/// 第七十八条の二 from `78_2`.
pub(super) fn label_of(item: &str) -> String {
    let mut numbers = item
        .split('_')
        .map(|part| part.parse().map_or_else(|_| part.to_owned(), to_kansuji));
    let first = numbers.next().unwrap_or_default();
    let branches: String = numbers.map(|branch| format!("の{branch}")).collect();
    format!("第{first}条{branches}")
}

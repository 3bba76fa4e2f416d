//! 標準法令XML → a source with its passages (法令標準XMLスキーマ v3: e-Gov's files, the answers of the
//! 法令API v1 and v2, and a city's own ordinances written in the same form).
//!
//! Promises: every character of the law's text but ruby readings and the table of contents is in a
//! passage, a heading or a caption; quoted articles never become articles. Never: a guess at a number —
//! `Num` is the law's own.

mod body;
mod elements;
mod head;
mod json;
mod lines;
#[cfg(test)]
mod tests;

use roxmltree::{Document, Node, ParsingOptions};
use shoki_core::corpus::{ImportFault, ImportFaultKind, ImportedText};

use super::ImportError;

/// Bytes of one law's file: the longest statute (地方税法 with its 附則) has 12 MB.
pub const MAX_LAW_BYTES: usize = 64 * 1024 * 1024;
/// Elements of one law: the longest statute has under 300,000.
const MAX_NODES: u32 = 5_000_000;
/// Levels of elements: the schema's deepest path has under 40.
const MAX_DEPTH: usize = 200;

/// The law in a file. Its name may carry id and 施行日 as e-Gov writes them
/// (`LawID_yyyymmdd_amendment.xml`).
///
/// # Errors
/// [`ImportError`] with the line when the file is not well-formed, and when it holds no law.
pub fn import(file_name: &str, xml: &[u8]) -> Result<ImportedText, ImportError> {
    if xml.len() > MAX_LAW_BYTES {
        return Err(ImportError::TooLarge);
    }
    let text = std::str::from_utf8(xml).map_err(|_| ImportError::BadEncoding)?;
    let options = ParsingOptions {
        nodes_limit: MAX_NODES,
        ..ParsingOptions::default()
    };
    let document =
        Document::parse_with_options(text.trim_start_matches('\u{feff}'), options).map_err(|error| {
            match error {
                roxmltree::Error::NodesLimitReached => ImportError::TooLarge,
                other => ImportError::Malformed {
                    line: Some(other.pos().row),
                },
            }
        })?;
    let law = document
        .descendants()
        .find(|node| node.has_tag_name("Law"))
        .ok_or(ImportError::NotUnderstood)?;
    if law.descendants().any(|node| depth(node) > MAX_DEPTH) {
        return Err(ImportError::TooLarge);
    }
    let source = head::source(&document, law, file_name)?;
    let revision = head::revision(&document, file_name);
    let mut body = body::Body::new(&document);
    body.law(law);
    let (passages, mut faults) = body.finish();
    if passages.is_empty() {
        faults.push(ImportFault {
            file: None,
            line: Some(document.text_pos_at(law.range().start).row),
            page: None,
            kind: ImportFaultKind::NotUnderstood,
        });
    }
    Ok(ImportedText {
        source,
        revision,
        passages,
        faults,
    })
}

/// The law in the JSON form of the 法令API v2's answer.
///
/// # Errors
/// As [`import`]; [`ImportError::NotUnderstood`] when it is no such answer.
pub fn import_json(file_name: &str, text: &str) -> Result<ImportedText, ImportError> {
    import(file_name, json::as_xml(text)?.as_bytes())
}

fn depth(node: Node<'_, '_>) -> usize {
    // Only leaves decide; `ancestors` of an inner node is a prefix of theirs.
    if node.has_children() {
        0
    } else {
        node.ancestors().count()
    }
}

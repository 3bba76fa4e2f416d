//! The JSON form of the 法令API v2's answer (`law_full_text` as a tree of tag, attr, children) → the same
//! law as XML, so that one importer reads both.
//!
//! Promise: every string of the tree is kept. Never: reading more than the tree and the heads beside it.

use std::fmt::Write as _;

use serde_json::Value;

use crate::import::ImportError;

/// The answer as XML.
///
/// # Errors
/// [`ImportError::NotUnderstood`] when it holds no law as a tree.
pub(super) fn as_xml(text: &str) -> Result<String, ImportError> {
    // The parser's own depth limit (128) bounds the recursion below.
    let answer: Value = serde_json::from_str(text).map_err(|_| ImportError::NotUnderstood)?;
    let tree = answer.get("law_full_text").ok_or(ImportError::NotUnderstood)?;
    if tree.get("tag").is_none() {
        return Err(ImportError::NotUnderstood);
    }
    let mut xml = String::from("<law_data_response>");
    for part in ["law_info", "revision_info"] {
        let Some(Value::Object(fields)) = answer.get(part) else {
            continue;
        };
        let _ = write!(xml, "<{part}>");
        for (name, value) in fields.iter().filter(|(name, _)| is_name(name)) {
            if let Value::String(value) = value {
                let _ = write!(xml, "<{name}>{}</{name}>", escaped(value));
            }
        }
        let _ = write!(xml, "</{part}>");
    }
    xml.push_str("<law_full_text>");
    element(tree, &mut xml)?;
    xml.push_str("</law_full_text></law_data_response>");
    Ok(xml)
}

fn element(tree: &Value, xml: &mut String) -> Result<(), ImportError> {
    match tree {
        Value::String(text) => xml.push_str(&escaped(text)),
        Value::Null => {}
        Value::Object(fields) => {
            let tag = fields
                .get("tag")
                .and_then(Value::as_str)
                .filter(|tag| is_name(tag))
                .ok_or(ImportError::NotUnderstood)?;
            let _ = write!(xml, "<{tag}");
            if let Some(Value::Object(attributes)) = fields.get("attr") {
                for (name, value) in attributes.iter().filter(|(name, _)| is_name(name)) {
                    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    let _ = write!(xml, " {name}=\"{}\"", escaped(&value));
                }
            }
            xml.push('>');
            if let Some(Value::Array(children)) = fields.get("children") {
                for child in children {
                    element(child, xml)?;
                }
            }
            let _ = write!(xml, "</{tag}>");
        }
        _ => return Err(ImportError::NotUnderstood),
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

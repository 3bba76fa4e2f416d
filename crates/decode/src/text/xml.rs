//! The XML of office files as a flat walk: names without prefixes, text with its references resolved.
//!
//! Promises: a document type definition is refused, so no entity can expand; nesting is bounded; what
//! ends early is an error.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::failure::{Decoded, Failure};

/// Elements inside each other; Word's own files stay under 40.
const MAX_DEPTH: usize = 512;
const MALFORMED: Failure = Failure::document("a part is not well-formed XML");

/// One step of the walk.
pub(super) enum Step<'a> {
    /// An element begins.
    Open(&'a Element<'a>),
    /// The innermost open element ends; its local name.
    Close(&'a str),
    /// Text of the innermost open element, in pieces.
    Text(&'a str),
}

/// An element's beginning.
pub(super) struct Element<'a> {
    start: BytesStart<'a>,
}

impl Element<'_> {
    /// Name without prefix.
    pub(super) fn name(&self) -> &str {
        self.start.local_name().into_inner()
    }

    /// An attribute by its name without prefix.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        self.start
            .attributes()
            .flatten()
            .find(|attribute| attribute.key.local_name().into_inner() == name)
            .and_then(|attribute| {
                attribute
                    .normalized_value(XmlVersion::default())
                    .ok()
                    .map(|value| value.into_owned())
            })
    }

    /// The attribute `val`, which carries most values of Word.
    pub(super) fn value(&self) -> Option<String> {
        self.attribute("val")
    }

    /// Whether an on-off property is on: it is there and does not say otherwise.
    pub(super) fn is_on(&self) -> bool {
        !matches!(self.value().as_deref(), Some("0" | "false" | "off"))
    }
}

/// Walks through `xml`.
pub(super) fn walk(xml: &str, mut visit: impl FnMut(Step<'_>) -> Decoded<()>) -> Decoded<()> {
    let mut reader = Reader::from_str(xml.strip_prefix('\u{feff}').unwrap_or(xml));
    let mut depth = 0_usize;
    loop {
        match reader.read_event().map_err(|_| MALFORMED)? {
            Event::Start(start) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(Failure::limit("elements nested too deeply"));
                }
                visit(Step::Open(&Element { start }))?;
            }
            Event::Empty(start) => {
                let element = Element { start };
                visit(Step::Open(&element))?;
                visit(Step::Close(element.name()))?;
            }
            Event::End(end) => {
                depth = depth.checked_sub(1).ok_or(MALFORMED)?;
                visit(Step::Close(end.local_name().into_inner()))?;
            }
            Event::Text(text) => visit(Step::Text(&text.xml10_content()))?,
            Event::CData(text) => visit(Step::Text(&text.xml10_content()))?,
            Event::GeneralRef(reference) => {
                let mut buffer = [0; 4];
                let resolved = match reference.resolve_char_ref().map_err(|_| MALFORMED)? {
                    Some(character) => &*character.encode_utf8(&mut buffer),
                    None => quick_xml::escape::resolve_xml_entity(&reference).ok_or(MALFORMED)?,
                };
                visit(Step::Text(resolved))?;
            }
            Event::DocType(_) => {
                return Err(Failure::document("a document type definition in an office file"));
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof if depth == 0 => return Ok(()),
            Event::Eof => return Err(Failure::document("a part ends early")),
        }
    }
}

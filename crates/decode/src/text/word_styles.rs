//! What Word's paragraph styles (ECMA-376 part 1, 17.7) say about outline level and numbering,
//! through their inheritance.

use std::collections::HashMap;

use super::xml::{Step, walk};
use crate::failure::Decoded;

/// Longest chain of inheritance that is followed; a circle ends here too.
const MAX_CHAIN: usize = 16;

#[derive(Debug, Default)]
struct Style {
    name: String,
    based_on: Option<String>,
    outline: Option<u8>,
    instance: Option<String>,
    level: Option<usize>,
}

/// The paragraph styles by their ids.
#[derive(Debug, Default)]
pub(super) struct Styles {
    styles: HashMap<String, Style>,
}

impl Styles {
    /// Reads `styles.xml`.
    pub(super) fn read(xml: &str) -> Decoded<Self> {
        let mut styles = Self::default();
        let mut current = None;
        walk(xml, |step| {
            match step {
                Step::Open(element) if element.name() == "style" => {
                    let id = element.attribute("styleId").unwrap_or_default();
                    styles.styles.insert(id.clone(), Style::default());
                    current = Some(id);
                }
                Step::Close("style") => current = None,
                Step::Open(element) => {
                    let style = current.as_ref().and_then(|id| styles.styles.get_mut(id));
                    let (Some(style), Some(value)) = (style, element.value()) else {
                        return Ok(());
                    };
                    match element.name() {
                        "name" => style.name = value.to_lowercase(),
                        "basedOn" => style.based_on = Some(value),
                        "outlineLvl" => style.outline = value.parse().ok(),
                        "numId" => style.instance = Some(value),
                        "ilvl" => style.level = value.parse().ok(),
                        _ => {}
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(styles)
    }

    fn chain<'a>(&'a self, id: &'a str) -> impl Iterator<Item = (&'a str, &'a Style)> {
        let mut next = Some(id);
        std::iter::from_fn(move || {
            let id = next?;
            let style = self.styles.get(id)?;
            next = style.based_on.as_deref();
            Some((id, style))
        })
        .take(MAX_CHAIN)
    }

    /// Level of a heading from 0: the style's own or an ancestor's, also by the built-in names.
    pub(super) fn outline(&self, id: &str) -> Option<u8> {
        self.chain(id).find_map(|(_, style)| {
            let by_name = || {
                style
                    .name
                    .strip_prefix("heading ")?
                    .parse::<u8>()
                    .ok()?
                    .checked_sub(1)
            };
            style.outline.or_else(by_name)
        })
    }

    /// Numbering instance of a style, the level if it says one, and the style that said it.
    pub(super) fn numbering<'a>(&'a self, id: &'a str) -> Option<(&'a str, Option<usize>, &'a str)> {
        let level = self.chain(id).find_map(|(_, style)| style.level);
        self.chain(id)
            .find_map(|(id, style)| Some((style.instance.as_deref()?, level, id)))
    }

    /// Whether it is a line of the table of contents, which repeats the headings.
    pub(super) fn is_contents(&self, id: &str) -> bool {
        self.styles
            .get(id)
            .is_some_and(|style| style.name.starts_with("toc "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_inherit_and_circles_end() {
        let xml = r#"<w:styles xmlns:w="w">
            <w:style w:styleId="1"><w:name w:val="heading 1"/><w:basedOn w:val="2"/></w:style>
            <w:style w:styleId="2"><w:name w:val="base"/><w:basedOn w:val="1"/><w:pPr><w:numPr><w:ilvl w:val="3"/><w:numId w:val="9"/></w:numPr></w:pPr></w:style>
            <w:style w:styleId="t"><w:name w:val="TOC 1"/></w:style></w:styles>"#;
        let styles = Styles::read(xml).unwrap();
        assert_eq!(styles.outline("1"), Some(0));
        assert_eq!(styles.numbering("1"), Some(("9", Some(3), "2")));
        assert_eq!(styles.outline("none"), None);
        assert!(styles.is_contents("t") && !styles.is_contents("1"));
    }
}

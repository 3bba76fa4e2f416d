//! Writes a notice as a Word document (ECMA-376) the way an office does: the outline's numbers are
//! not text but the automatic numbering of the paragraphs.
//!
//! Never: more of the format than a notice needs.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use zip::write::{SimpleFileOptions, ZipWriter};

const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;
const NAMESPACE: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
/// Number format, text and heading style of each level of the outline.
const LEVELS: [(&str, &str); 5] = [
    ("decimal", "第%1"),
    ("decimal", "%2"),
    ("decimal", "(%3)"),
    ("aiueoFullWidth", "%4"),
    ("aiueoFullWidth", "(%5)"),
];

/// The document whose lines are those of `text`.
pub(super) fn document(text: &str) -> anyhow::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let parts = [
        ("[Content_Types].xml", content_types()),
        (
            "_rels/.rels",
            relations(&[("officeDocument", "word/document.xml")]),
        ),
        (
            "word/_rels/document.xml.rels",
            relations(&[("styles", "styles.xml"), ("numbering", "numbering.xml")]),
        ),
        ("word/styles.xml", styles()),
        ("word/numbering.xml", numbering()),
        ("word/document.xml", body(text)),
    ];
    for (name, content) in parts {
        archive.start_file(
            name,
            SimpleFileOptions::default().last_modified_time(zip::DateTime::default()),
        )?;
        archive.write_all(content.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

fn body(text: &str) -> String {
    let mut xml = format!("{DECLARATION}<w:document xmlns:w=\"{NAMESPACE}\"><w:body>");
    for (index, line) in text.lines().enumerate() {
        let (level, words) = outline_level(line);
        xml.push_str("<w:p>");
        match level {
            _ if index == 0 => xml.push_str("<w:pPr><w:pStyle w:val=\"Title\"/></w:pPr>"),
            // The top level's numbering hangs on its style, the others' on the paragraph: both occur.
            Some(0) => xml.push_str("<w:pPr><w:pStyle w:val=\"1\"/></w:pPr>"),
            Some(level) => {
                write!(
                    xml,
                    "<w:pPr><w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"1\"/></w:numPr></w:pPr>"
                )
                .expect("a string grows");
            }
            None => {}
        }
        if !words.is_empty() {
            write!(
                xml,
                "<w:r><w:t xml:space=\"preserve\">{}</w:t></w:r>",
                escaped(words)
            )
            .expect("a string grows");
        }
        xml.push_str("</w:p>");
    }
    xml + "<w:sectPr><w:pgSz w:w=\"11906\" w:h=\"16838\"/></w:sectPr></w:body></w:document>"
}

/// The outline level of a line and its words without the number.
fn outline_level(line: &str) -> (Option<usize>, &str) {
    // Before the first heading a notice has a date line that must not be taken for an item.
    let Some((number, words)) = line.split_once('　') else {
        return (None, line);
    };
    let inner = number.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let kana = |text: &str| text.chars().count() == 1 && text.chars().all(|c| ('ア'..='ン').contains(&c));
    let level = match (number, inner) {
        (_, Some(inner)) if digits(inner) => Some(2),
        (_, Some(inner)) if kana(inner) => Some(4),
        (number, _) if number.strip_prefix('第').is_some_and(digits) => Some(0),
        (number, _) if digits(number) => Some(1),
        (number, _) if kana(number) => Some(3),
        _ => None,
    };
    (level, if level.is_some() { words } else { line })
}

fn numbering() -> String {
    let mut xml = format!(
        "{DECLARATION}<w:numbering xmlns:w=\"{NAMESPACE}\"><w:abstractNum w:abstractNumId=\"0\"><w:multiLevelType w:val=\"multilevel\"/>"
    );
    for (level, (format, text)) in LEVELS.iter().enumerate() {
        let style = if level == 0 { "<w:pStyle w:val=\"1\"/>" } else { "" };
        write!(
            xml,
            "<w:lvl w:ilvl=\"{level}\"><w:start w:val=\"1\"/><w:numFmt w:val=\"{format}\"/>{style}<w:lvlText w:val=\"{text}\"/></w:lvl>"
        )
        .expect("a string grows");
    }
    xml + "</w:abstractNum><w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num></w:numbering>"
}

fn styles() -> String {
    format!(
        "{DECLARATION}<w:styles xmlns:w=\"{NAMESPACE}\">\
         <w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"a\"><w:name w:val=\"Normal\"/></w:style>\
         <w:style w:type=\"paragraph\" w:styleId=\"Title\"><w:name w:val=\"Title\"/><w:basedOn w:val=\"a\"/></w:style>\
         <w:style w:type=\"paragraph\" w:styleId=\"1\"><w:name w:val=\"heading 1\"/><w:basedOn w:val=\"a\"/>\
         <w:pPr><w:numPr><w:numId w:val=\"1\"/></w:numPr><w:outlineLvl w:val=\"0\"/></w:pPr></w:style></w:styles>"
    )
}

fn relations(targets: &[(&str, &str)]) -> String {
    let mut xml = format!(
        "{DECLARATION}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
    );
    for (index, (kind, target)) in targets.iter().enumerate() {
        write!(
            xml,
            "<Relationship Id=\"rId{}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}\" Target=\"{target}\"/>",
            index + 1
        )
        .expect("a string grows");
    }
    xml + "</Relationships>"
}

fn content_types() -> String {
    let part = |name: &str, kind: &str| {
        format!(
            "<Override PartName=\"/word/{name}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}+xml\"/>"
        )
    };
    format!(
        "{DECLARATION}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>{}{}{}</Types>",
        part("document", "document.main"),
        part("styles", "styles"),
        part("numbering", "numbering")
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

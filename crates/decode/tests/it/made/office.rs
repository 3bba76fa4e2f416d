//! Office files made by us, part by part, so that each can be wrong in exactly one way.

use std::io::{Cursor, Write as _};

use zip::write::{SimpleFileOptions, ZipWriter};

const W: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// An archive of these entries.
pub(crate) fn archive<B: AsRef<[u8]>>(entries: &[(&str, B)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes.as_ref()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Relations (kind, target) of a package or a part.
pub(crate) fn relations(targets: &[(&str, &str)]) -> String {
    let each: String = targets
        .iter()
        .enumerate()
        .map(|(id, (kind, target))| {
            format!(r#"<Relationship Id="r{id}" Type="{OFFICE}/{kind}" Target="{target}"/>"#)
        })
        .collect();
    format!(r#"<Relationships xmlns="{PACKAGE}/relationships">{each}</Relationships>"#)
}

/// A Word document with this body and these parts beside it.
pub(crate) fn docx(body: &str, beside: &[(&str, &str)]) -> Vec<u8> {
    let document = format!(r#"<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>"#);
    word(&document, beside)
}

/// A Word document whose body part is this text, whatever it is.
pub(crate) fn word(document: &str, beside: &[(&str, &str)]) -> Vec<u8> {
    let targets: Vec<(&str, String)> = beside
        .iter()
        .map(|(kind, _)| (*kind, format!("{kind}.xml")))
        .collect();
    let targets: Vec<(&str, &str)> = targets
        .iter()
        .map(|(kind, target)| (*kind, target.as_str()))
        .collect();
    let mut entries = vec![
        (
            "_rels/.rels".to_owned(),
            relations(&[("officeDocument", "word/document.xml")]),
        ),
        ("word/_rels/document.xml.rels".to_owned(), relations(&targets)),
        ("word/document.xml".to_owned(), document.to_owned()),
    ];
    for (kind, content) in beside {
        entries.push((
            format!("word/{kind}.xml"),
            content.replacen('>', &format!(r#" xmlns:w="{W}">"#), 1),
        ));
    }
    let entries: Vec<(&str, &str)> = entries
        .iter()
        .map(|(name, content)| (name.as_str(), content.as_str()))
        .collect();
    archive(&entries)
}

/// A paragraph with properties and one run.
pub(crate) fn p(properties: &str, text: &str) -> String {
    format!("<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>")
}

/// A workbook with these sheets (name, `sheetData`).
pub(crate) fn xlsx(sheets: &[(&str, &str)], shared: &[&str]) -> Vec<u8> {
    let strings: String = shared
        .iter()
        .map(|text| format!("<si><t>{text}</t></si>"))
        .collect();
    xlsx_with(sheets, &strings)
}

/// A workbook whose shared strings are this XML.
pub(crate) fn xlsx_with(sheets: &[(&str, &str)], strings: &str) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let list: String = (0..sheets.len())
        .map(|index| {
            let number = index + 1;
            format!(
                r#"<sheet name="{}" sheetId="{number}" r:id="r{index}"/>"#,
                sheets[index].0
            )
        })
        .collect();
    let names: Vec<String> = (1..=sheets.len())
        .map(|number| format!("worksheets/sheet{number}.xml"))
        .collect();
    let mut targets: Vec<(&str, &str)> = names.iter().map(|name| ("worksheet", name.as_str())).collect();
    targets.push(("sharedStrings", "sharedStrings.xml"));
    targets.push(("styles", "styles.xml"));
    let mut entries = vec![
        (
            "_rels/.rels".to_owned(),
            relations(&[("officeDocument", "xl/workbook.xml")]),
        ),
        (
            "xl/workbook.xml".to_owned(),
            format!(r#"<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{list}</sheets></workbook>"#),
        ),
        ("xl/_rels/workbook.xml.rels".to_owned(), relations(&targets)),
        (
            "xl/styles.xml".to_owned(),
            format!(
                r#"<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#
            ),
        ),
        (
            "xl/sharedStrings.xml".to_owned(),
            format!(r#"<sst xmlns="{MAIN}">{strings}</sst>"#),
        ),
    ];
    for (name, (_, data)) in names.iter().zip(sheets) {
        entries.push((
            format!("xl/{name}"),
            format!(r#"<worksheet xmlns="{MAIN}"><sheetData>{data}</sheetData></worksheet>"#),
        ));
    }
    let entries: Vec<(&str, &str)> = entries
        .iter()
        .map(|(name, content)| (name.as_str(), content.as_str()))
        .collect();
    archive(&entries)
}

/// An OpenDocument spreadsheet with one table.
pub(crate) fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        r#"<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table table:name="表">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"#
    );
    archive(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", content.as_str()),
        (
            "META-INF/manifest.xml",
            r#"<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>"#,
        ),
    ])
}

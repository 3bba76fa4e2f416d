//! A Word document (ECMA-376 part 1, 17) as paragraphs and table rows in the order of its body, then
//! its footnotes and endnotes.
//!
//! Takes every text run whatever element surrounds it. Leaves out what a reader of the final document
//! does not see (deletions, the sources of moves, fallbacks of what is there already, ruby) and what
//! repeats it (the table of contents; headers and footers).

use shoki_core::extract::{ExtractedText, Paragraph};

use super::archive::Archive;
use super::numbering::Numbering;
use super::word_styles::Styles;
use super::xml::{Element, Step, walk};
use super::{Collector, is_text};
use crate::decoder::DecodeLimits;
use crate::failure::{Decoded, Failure};
use crate::source::Source;

/// Where the body lies unless the package says otherwise.
const BODY: &str = "word/document.xml";
/// Stands for a picture, as in the texts of laws.
const FIGURE: &str = "〔図〕";
/// Stands for a sign of a symbol font, which has no character.
const SYMBOL: char = '〓';
/// Elements whose content is not part of the final text.
const UNSEEN: [&str; 6] = ["del", "moveFrom", "Fallback", "rt", "instrText", "delText"];
/// Elements whose children are properties.
const PROPERTIES: [&str; 7] = ["pPr", "rPr", "tblPr", "trPr", "tcPr", "sectPr", "sdtPr"];
/// Columns that one cell can cover (Word's own limit).
const MAX_SPAN: usize = 63;

/// The text of the document.
pub(super) fn text(source: Source, limits: &DecodeLimits) -> Decoded<ExtractedText> {
    let mut archive = Archive::open(source, limits)?;
    let package = relations(&mut archive, "_rels/.rels", "")?;
    let body_name = target(&package, "officeDocument").unwrap_or(BODY);
    let body = part(&mut archive, body_name)?;
    let (folder, file) = body_name.rsplit_once('/').unwrap_or(("", body_name));
    let beside = relations(&mut archive, &format!("{folder}/_rels/{file}.rels"), folder)?;
    let mut related = |kind: &str| {
        target(&beside, kind)
            .map(|name| part(&mut archive, name))
            .transpose()
    };
    let styles = related("styles")?.map_or(Ok(Styles::default()), |xml| Styles::read(&xml))?;
    let numbering = related("numbering")?.map_or(Ok(Numbering::default()), |xml| Numbering::read(&xml))?;
    let mut writer = Writer {
        styles,
        numbering,
        collector: Collector::new(limits),
        frames: Vec::new(),
        unseen: 0,
        properties: Vec::new(),
        in_text: false,
        // Word marks where its pages broke when it last laid the document out; without those marks
        // the breaks that a person made are all there is.
        rendered: body.contains("lastRenderedPageBreak"),
        page: 1,
        broken: body.contains("lastRenderedPageBreak"),
    };
    walk(&body, |step| writer.step(&step))?;
    drop(body);
    let pages = if writer.broken { writer.page } else { 0 };
    for notes in ["footnotes", "endnotes"] {
        if let Some(xml) = related(notes)? {
            walk(&xml, |step| writer.step(&step))?;
        }
    }
    let mut text = writer.collector.text;
    text.pages = pages;
    if pages == 0 {
        text.paragraphs
            .iter_mut()
            .for_each(|paragraph| paragraph.page = None);
    }
    Ok(text)
}

/// Kinds and targets of the relations of a part in `folder`; none when it has no relations.
fn relations(archive: &mut Archive, name: &str, folder: &str) -> Decoded<Vec<(String, String)>> {
    let mut found = Vec::new();
    if let Some(xml) = archive.part(name.trim_start_matches('/'))? {
        walk(&xml, |step| {
            if let Step::Open(element) = step
                && let (Some(kind), Some(target)) = (element.attribute("Type"), element.attribute("Target"))
            {
                let kind = kind.rsplit_once('/').map_or("", |(_, kind)| kind).to_owned();
                let target = match target.strip_prefix('/') {
                    Some(absolute) => absolute.to_owned(),
                    None if folder.is_empty() => target,
                    None => format!("{folder}/{target}"),
                };
                found.push((kind, target));
            }
            Ok(())
        })?;
    }
    Ok(found)
}

fn target<'a>(relations: &'a [(String, String)], wanted: &str) -> Option<&'a str> {
    relations
        .iter()
        .find(|(kind, _)| kind == wanted)
        .map(|(_, target)| target.as_str())
}

/// A part that must be there.
fn part(archive: &mut Archive, name: &str) -> Decoded<String> {
    archive
        .part(name)?
        .ok_or(Failure::document("a part of the Word document is missing"))
}

#[derive(Default)]
struct Draft {
    text: String,
    style: Option<String>,
    instance: Option<String>,
    level: Option<usize>,
    outline: Option<u8>,
    page: Option<u32>,
}

#[derive(Default)]
struct Table {
    row: Vec<String>,
    cell: Option<Vec<String>>,
    span: usize,
}

enum Frame {
    Paragraph(Draft),
    Table(Table),
}

struct Writer {
    styles: Styles,
    numbering: Numbering,
    collector: Collector,
    frames: Vec<Frame>,
    unseen: usize,
    properties: Vec<String>,
    in_text: bool,
    rendered: bool,
    page: u32,
    broken: bool,
}

impl Writer {
    fn step(&mut self, step: &Step<'_>) -> Decoded<()> {
        match step {
            Step::Open(element) if self.unseen > 0 || self.begins_unseen(element) => self.unseen += 1,
            Step::Close(_) if self.unseen > 0 => self.unseen -= 1,
            Step::Text(_) if self.unseen > 0 || !self.in_text => {}
            Step::Text(text) => self.write(text),
            Step::Open(element) => self.open(element),
            Step::Close(name) => self.close(name)?,
        }
        Ok(())
    }

    /// In properties the same names stand for something else (an inserted or deleted paragraph mark).
    fn begins_unseen(&self, element: &Element<'_>) -> bool {
        self.properties.is_empty() && UNSEEN.contains(&element.name())
    }

    fn open(&mut self, element: &Element<'_>) {
        let name = element.name();
        if PROPERTIES.contains(&name) {
            self.properties.push(name.to_owned());
        } else if self.properties.is_empty() {
            self.open_content(element);
        } else {
            self.property(element);
        }
    }

    fn open_content(&mut self, element: &Element<'_>) {
        match element.name() {
            "p" => self.frames.push(Frame::Paragraph(Draft::default())),
            "tbl" => self.frames.push(Frame::Table(Table::default())),
            "tc" => {
                if let Some(Frame::Table(table)) = self.frames.last_mut() {
                    table.cell = Some(Vec::new());
                    table.span = 1;
                }
            }
            "t" => self.in_text = true,
            "tab" | "ptab" => self.write("\t"),
            "br" if element.attribute("type").as_deref() == Some("page") => self.break_by_hand(),
            "br" | "cr" => self.write("\n"),
            "lastRenderedPageBreak" => self.page += 1,
            "noBreakHyphen" => self.write("-"),
            "sym" => self.write(&SYMBOL.to_string()),
            "blip" | "imagedata" => self.write(FIGURE),
            _ => {}
        }
    }

    fn property(&mut self, element: &Element<'_>) {
        let in_paragraph = self.properties.last().is_some_and(|name| name == "pPr");
        match (element.name(), self.frames.last_mut()) {
            ("gridSpan", Some(Frame::Table(table))) => {
                let span = element.value().and_then(|text| text.parse().ok());
                table.span = span.unwrap_or(1).clamp(1, MAX_SPAN);
            }
            (name, Some(Frame::Paragraph(draft))) if in_paragraph => match name {
                "pStyle" => draft.style = element.value(),
                "numId" => draft.instance = element.value(),
                "ilvl" => draft.level = element.value().and_then(|text| text.parse().ok()),
                "outlineLvl" => draft.outline = element.value().and_then(|text| text.parse().ok()),
                "pageBreakBefore" if element.is_on() => self.break_by_hand(),
                _ => {}
            },
            _ => {}
        }
    }

    /// A page break that a person made: counted where Word left no marks of its own.
    fn break_by_hand(&mut self) {
        if !self.rendered {
            self.page += 1;
            self.broken = true;
        }
    }

    fn write(&mut self, text: &str) {
        let page = self.page;
        let draft = self.frames.iter_mut().rev().find_map(|frame| match frame {
            Frame::Paragraph(draft) => Some(draft),
            Frame::Table(_) => None,
        });
        if let Some(draft) = draft {
            draft.page.get_or_insert(page);
            draft.text.extend(text.chars().filter(|&c| is_text(c)));
        }
    }

    fn close(&mut self, name: &str) -> Decoded<()> {
        if self.properties.last().is_some_and(|open| open == name) {
            self.properties.pop();
            return Ok(());
        }
        if !self.properties.is_empty() {
            return Ok(());
        }
        match name {
            "t" => self.in_text = false,
            "p" => {
                if let Some(Frame::Paragraph(draft)) = self.frames.pop() {
                    let paragraph = self.finished(draft);
                    self.hand_over(paragraph)?;
                }
            }
            "tc" => {
                if let Some(Frame::Table(table)) = self.frames.last_mut() {
                    table.row.push(table.cell.take().unwrap_or_default().join("\n"));
                    table.row.extend((1..table.span).map(|_| String::new()));
                }
            }
            "tr" => {
                if let Some(Frame::Table(table)) = self.frames.last_mut() {
                    let row = std::mem::take(&mut table.row);
                    let inner = self.frames.pop();
                    let page = Some(self.page);
                    self.hand_over(Paragraph {
                        page,
                        ..Paragraph::of_cells(row)
                    })?;
                    self.frames.extend(inner);
                }
            }
            "tbl" => {
                self.frames.pop();
            }
            _ => {}
        }
        Ok(())
    }

    fn finished(&mut self, draft: Draft) -> Paragraph {
        let style = draft.style.as_deref().unwrap_or_default();
        let number = self.number(&draft).unwrap_or_default();
        if self.styles.is_contents(style) {
            return Paragraph::default();
        }
        let outline = draft.outline.or_else(|| self.styles.outline(style));
        let words = draft.text.trim_end();
        Paragraph {
            text: if words.is_empty() {
                String::new()
            } else {
                number + words
            },
            // Level 9 is running text (17.3.1.20).
            level: outline.filter(|&level| level < 9).map(|level| level + 1),
            page: Some(draft.page.unwrap_or(self.page)),
            ..Paragraph::default()
        }
    }

    /// What the paragraph's numbering shows; its own properties come before its style's.
    fn number(&mut self, draft: &Draft) -> Option<String> {
        let by_style = draft
            .style
            .as_deref()
            .and_then(|style| self.styles.numbering(style));
        let instance = draft
            .instance
            .as_deref()
            .or(by_style.map(|(instance, _, _)| instance))?;
        let level = draft
            .level
            .or_else(|| by_style.and_then(|(_, level, _)| level))
            .or_else(|| by_style.and_then(|(_, _, style)| self.numbering.level_of_style(instance, style)))
            .unwrap_or(0);
        self.numbering.count(instance, level)
    }

    /// To the cell that is open around it, else to the text.
    fn hand_over(&mut self, paragraph: Paragraph) -> Decoded<()> {
        if paragraph.text.trim().is_empty() {
            return Ok(());
        }
        let cell = self.frames.iter_mut().rev().find_map(|frame| match frame {
            Frame::Table(table) => table.cell.as_mut(),
            Frame::Paragraph(_) => None,
        });
        match cell {
            Some(cell) => {
                cell.push(paragraph.text);
                Ok(())
            }
            None => self.collector.push(paragraph),
        }
    }
}

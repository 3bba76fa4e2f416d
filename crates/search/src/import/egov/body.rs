//! 前文, 本則, 附則, 別表 of a law → passages.

use std::collections::HashMap;

use roxmltree::{Document, Node};
use shoki_core::corpus::{ImportFault, ImportFaultKind, Passage, PassageKind, SegmentKind};

use super::elements::{has_blocks, is_known, label_of};
use super::head::child;
use super::lines::{FIGURE, Lines, cell_of, numbered, text_of};
use crate::text::{normalise, to_kansuji};

/// Elements that hold a heading and units below it.
const DIVISIONS: [(&str, &str); 5] = [
    ("Part", "PartTitle"),
    ("Chapter", "ChapterTitle"),
    ("Section", "SectionTitle"),
    ("Subsection", "SubsectionTitle"),
    ("Division", "DivisionTitle"),
];

/// Passages under construction.
pub(super) struct Body<'a, 'i> {
    document: &'a Document<'i>,
    passages: Vec<Passage>,
    faults: Vec<ImportFault>,
    /// How often an item of a kind was met.
    met: HashMap<(PassageKind, String), u32>,
    headings: Vec<String>,
    /// Set inside of a 附則: what stands before its items.
    supplementary: Option<String>,
}

impl<'a, 'i> Body<'a, 'i> {
    pub(super) fn new(document: &'a Document<'i>) -> Self {
        Self {
            document,
            passages: Vec::new(),
            faults: Vec::new(),
            met: HashMap::new(),
            headings: Vec::new(),
            supplementary: None,
        }
    }

    pub(super) fn finish(self) -> (Vec<Passage>, Vec<ImportFault>) {
        (self.passages, self.faults)
    }

    /// The whole law.
    pub(super) fn law(&mut self, law: Node<'a, 'i>) {
        let Some(body) = child(law, "LawBody") else { return };
        for part in body.children().filter(Node::is_element) {
            match part.tag_name().name() {
                // Said by the head; the contents are the headings of what follows.
                "LawTitle" | "TOC" => {}
                "EnactStatement" | "Preamble" => self.loose(part, PassageKind::Preamble, "前文"),
                "MainProvision" => self.provision(part),
                "SupplProvision" => self.suppl(part),
                name if name.starts_with("Appdx") || name.starts_with("SupplProvisionAppdx") => {
                    self.appendix(part);
                }
                _ => {
                    self.fault(part, ImportFaultKind::UnknownElement);
                    self.loose(part, PassageKind::Section, "本文");
                }
            }
        }
        for figure in body.descendants().filter(|node| node.has_tag_name("Fig")) {
            self.fault(figure, ImportFaultKind::Figure);
        }
    }

    fn suppl(&mut self, suppl: Node<'a, 'i>) {
        let amendment = suppl.attribute("AmendLawNum");
        let name = amendment.map_or_else(|| "附則".to_owned(), |number| format!("附則({number})"));
        let outer = std::mem::replace(&mut self.headings, vec![name.clone()]);
        self.supplementary = Some(name);
        self.provision(suppl);
        self.supplementary = None;
        self.headings = outer;
    }

    /// Units of a 本則, a 附則 or a division: divisions, articles, or 項 without articles.
    fn provision(&mut self, provision: Node<'a, 'i>) {
        for part in provision.children().filter(Node::is_element) {
            let name = part.tag_name().name();
            if let Some((_, title)) = DIVISIONS.iter().find(|(division, _)| *division == name) {
                let heading = child(part, title).map(text_of).unwrap_or_default();
                self.headings.push(heading.trim().to_owned());
                let before = self.passages.len();
                self.provision(part);
                self.headings.pop();
                if self.passages.len() == before {
                    self.deleted_division(part, heading.trim());
                }
                continue;
            }
            match name {
                "Article" => self.article(part),
                "Paragraph" => self.bare_paragraph(part),
                "SupplProvisionLabel" => {}
                _ if name.ends_with("Title") => {}
                _ if name.starts_with("SupplProvisionAppdx") || name.starts_with("Appdx") => {
                    self.appendix(part);
                }
                _ => {
                    self.fault(part, ImportFaultKind::UnknownElement);
                    self.loose(part, PassageKind::Section, "本文");
                }
            }
        }
    }

    /// 第三章　削除: a division without a unit is kept as its heading.
    fn deleted_division(&mut self, division: Node<'a, 'i>, heading: &str) {
        let mut lines = Lines::default();
        lines.line(heading);
        let own = heading.split_whitespace().next().unwrap_or_default();
        let above: String = self
            .headings
            .iter()
            .filter_map(|heading| heading.split_whitespace().next())
            .collect();
        let kind = self.kind(PassageKind::Section);
        self.push(
            division,
            kind,
            format!("{above}{own}"),
            own.to_owned(),
            None,
            lines,
        );
    }

    fn article(&mut self, article: Node<'a, 'i>) {
        let number = article.attribute("Num").unwrap_or_default().trim().to_owned();
        let title = child(article, "ArticleTitle").map(text_of).unwrap_or_default();
        let mut caption = child(article, "ArticleCaption").map(text_of);
        let mut lines = Lines::default();
        for part in article.children().filter(Node::is_element) {
            match part.tag_name().name() {
                "ArticleCaption" | "ArticleTitle" => {}
                "Paragraph" => {
                    if caption.is_none() {
                        caption = child(part, "ParagraphCaption").map(text_of);
                        self.paragraph(part, &mut lines, true);
                    } else {
                        self.paragraph(part, &mut lines, false);
                    }
                }
                "SupplNote" => lines.line(&text_of(part)),
                _ => self.other(part, &mut lines),
            }
        }
        let item = if number.is_empty() { title.clone() } else { number };
        let label = if title.is_empty() { label_of(&item) } else { title };
        if lines.text.is_empty() {
            // 第三十八条から第八十四条まで　削除: all that is said stands in the title.
            lines.line(&label);
        }
        let kind = self.kind(PassageKind::Article);
        self.push(article, kind, item, label, caption, lines);
    }

    /// A 項 that stands in no article: a law without articles, or a 附則 of one.
    fn bare_paragraph(&mut self, paragraph: Node<'a, 'i>) {
        let number = paragraph.attribute("Num").unwrap_or("1").trim().to_owned();
        let caption = child(paragraph, "ParagraphCaption").map(text_of);
        let mut lines = Lines::default();
        self.paragraph(paragraph, &mut lines, true);
        let kind = self.kind(PassageKind::Article);
        let label = format!(
            "第{}項",
            number.parse().map_or_else(|_| number.clone(), to_kansuji)
        );
        self.push(paragraph, kind, format!("項{number}"), label, caption, lines);
    }

    fn paragraph(&mut self, paragraph: Node<'a, 'i>, lines: &mut Lines, caption_known: bool) {
        let number = paragraph.attribute("Num").unwrap_or("1").trim().to_owned();
        let at = lines.open(SegmentKind::Paragraph, vec![number.clone()]);
        let numeral = child(paragraph, "ParagraphNum").map(text_of).unwrap_or_default();
        let sentence = child(paragraph, "ParagraphSentence")
            .map(text_of)
            .unwrap_or_default();
        lines.line(&numbered(&numeral, &sentence));
        for part in paragraph.children().filter(Node::is_element) {
            match part.tag_name().name() {
                "ParagraphNum" | "ParagraphSentence" => {}
                "ParagraphCaption" if caption_known => {}
                "Item" => self.item(part, lines, std::slice::from_ref(&number), SegmentKind::Item),
                _ => self.other(part, lines),
            }
        }
        lines.close(at);
    }

    /// A 号 or one of its parts (`Item`, `Subitem1` … `Subitem10`).
    fn item(&mut self, item: Node<'a, 'i>, lines: &mut Lines, above: &[String], kind: SegmentKind) {
        let name = item.tag_name().name();
        let number = item.attribute("Num").unwrap_or_default().trim().to_owned();
        let title = child(item, &format!("{name}Title"))
            .map(text_of)
            .unwrap_or_default();
        let own = match kind {
            SegmentKind::Item if !number.is_empty() => number,
            _ => normalise(title.trim()),
        };
        let path: Vec<String> = above.iter().cloned().chain([own]).collect();
        let at = lines.open(kind, path.clone());
        let sentence = child(item, &format!("{name}Sentence"))
            .map(text_of)
            .unwrap_or_default();
        lines.line(&numbered(&title, &sentence));
        for part in item.children().filter(Node::is_element) {
            let part_name = part.tag_name().name();
            if part_name == format!("{name}Title") || part_name == format!("{name}Sentence") {
                continue;
            }
            if part_name.starts_with("Subitem") {
                self.item(part, lines, &path, SegmentKind::Subitem);
            } else {
                self.other(part, lines);
            }
        }
        lines.close(at);
    }

    /// Tables, lists, figures and quoted provisions inside of a unit: lines, never units of their own.
    fn other(&mut self, part: Node<'a, 'i>, lines: &mut Lines) {
        match part.tag_name().name() {
            "TableRow" | "TableHeaderRow" => {
                let cells: Vec<String> = part.children().filter(Node::is_element).map(cell_of).collect();
                let row = lines
                    .segments
                    .iter()
                    .filter(|one| one.kind == SegmentKind::TableRow)
                    .count()
                    + 1;
                let at = lines.open(SegmentKind::TableRow, vec![format!("行{row}")]);
                lines.line(&cells.join(" | "));
                lines.close(at);
            }
            "Fig" | "FigStruct" | "StyleStruct" | "FormatStruct" | "ArithFormula" => {
                let text = text_of(part);
                lines.line(if text.is_empty() { FIGURE } else { &text });
            }
            "Sentence" | "Column" | "ListSentence" | "SupplNote" | "Remarks" if !has_blocks(part) => {
                lines.line(&text_of(part));
            }
            name if has_blocks(part) => {
                if !is_known(name) {
                    self.fault(part, ImportFaultKind::UnknownElement);
                }
                for below in part.children().filter(Node::is_element) {
                    self.other(below, lines);
                }
            }
            name => {
                if !is_known(name) {
                    self.fault(part, ImportFaultKind::UnknownElement);
                }
                lines.line(&text_of(part));
            }
        }
    }

    fn appendix(&mut self, appendix: Node<'a, 'i>) {
        let title = appendix
            .children()
            .find(|part| part.tag_name().name().ends_with("Title"))
            .map(text_of)
            .unwrap_or_default();
        let item = if title.trim().is_empty() {
            "別表".to_owned()
        } else {
            title.split_whitespace().next().unwrap_or("別表").to_owned()
        };
        let mut lines = Lines::default();
        let mut caption = None;
        for part in appendix.children().filter(Node::is_element) {
            let name = part.tag_name().name();
            if name.ends_with("Title") {
                continue;
            }
            if name == "RelatedArticleNum" {
                caption = Some(text_of(part));
                continue;
            }
            match name {
                "Item" => self.item(part, &mut lines, &[], SegmentKind::Item),
                "Paragraph" => self.paragraph(part, &mut lines, false),
                _ => self.other(part, &mut lines),
            }
        }
        let kind = self.kind(PassageKind::Appendix);
        self.push(appendix, kind, item, title.trim().to_owned(), caption, lines);
    }

    /// Text that is no unit of its own in the schema: kept whole.
    fn loose(&mut self, part: Node<'a, 'i>, kind: PassageKind, name: &str) {
        let mut lines = Lines::default();
        for below in part.children() {
            if below.has_tag_name("Paragraph") {
                self.paragraph(below, &mut lines, false);
            } else if below.is_element() {
                self.other(below, &mut lines);
            } else if let Some(text) = below.text() {
                lines.line(text.trim());
            }
        }
        self.push(part, kind, name.to_owned(), name.to_owned(), None, lines);
    }

    fn kind(&self, kind: PassageKind) -> PassageKind {
        if self.supplementary.is_some() {
            PassageKind::Supplementary
        } else {
            kind
        }
    }

    fn push(
        &mut self,
        node: Node<'a, 'i>,
        kind: PassageKind,
        item: String,
        label: String,
        caption: Option<String>,
        lines: Lines,
    ) {
        let caption = caption
            .map(|text| {
                text.trim()
                    .trim_start_matches('（')
                    .trim_end_matches('）')
                    .to_owned()
            })
            .filter(|text| !text.is_empty());
        if lines.text.is_empty() && caption.is_none() {
            return;
        }
        let item = match &self.supplementary {
            Some(name) => format!("{name}/{item}"),
            None => item,
        };
        let met = self.met.entry((kind, item.clone())).or_insert(0);
        *met += 1;
        let item = if *met == 1 { item } else { format!("{item}#{met}") };
        // Amending provisions number their 附則 anew each time; only the 本則 has to be unique.
        if *met > 1 && kind == PassageKind::Article {
            self.fault(node, ImportFaultKind::DuplicateItem);
        }
        self.passages.push(Passage {
            ordinal: u32::try_from(self.passages.len()).unwrap_or(u32::MAX),
            kind,
            item,
            label: label.trim().to_owned(),
            headings: self.headings.clone(),
            caption,
            text: lines.text,
            segments: lines.segments,
            page: None,
        });
    }

    fn fault(&mut self, node: Node<'a, 'i>, kind: ImportFaultKind) {
        self.faults.push(ImportFault {
            file: None,
            line: Some(self.document.text_pos_at(node.range().start).row),
            page: None,
            kind,
        });
    }
}

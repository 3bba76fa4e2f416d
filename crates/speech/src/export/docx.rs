//! Minutes as a Word document: A4, a head in a table, numbered sections, actions as a table, page numbers.
//!
//! Promises: opens in Word and LibreOffice; a sentence that is not supported carries 【要確認】 and a comment that
//! says where to listen; the same minutes give the same bytes. Never: personal data in the document's properties,
//! a font of its own (游明朝 and ＭＳ 明朝 are named, the reader's machine has them or takes another).

mod paragraphs;

use std::io::Cursor;

use docx_rs::{
    AbstractNumbering, AlignmentType, BorderType, Docx, Footer, IndentLevel, Level, LevelJc, LevelText,
    LineSpacing, NumPages, NumberFormat, Numbering, NumberingId, PageMargin, PageNum, Paragraph,
    ParagraphBorder, ParagraphBorderPosition, ParagraphBorders, Run, RunFonts, Shading, SpecialIndentType,
    Start, Style, StyleType, Table, TableBorder, TableBorderPosition, TableBorders, TableCell,
    TableCellMargins, TableLayoutType, TableRow, VAlignType, WidthType, XMLDocx,
};
use shoki_core::minutes::{HeaderField, Minutes, MinutesItem, MinutesSection, MinutesSentence, SectionKind};

use super::{DRAFTED_JA, NONE_JA, printable};
use paragraphs::{Writer, due_lines, statement};

/// Twentieths of a point: A4 and its margins.
const PAGE: (u32, u32) = (11_906, 16_838);
const MARGIN: i32 = 1_304;
/// What lies between the margins.
const TEXT_WIDTH: usize = 9_298;
/// Half points.
const BODY: usize = 21;
/// Mincho for text, Gothic for headings.
const MINCHO: &str = "游明朝";
const GOTHIC: &str = "游ゴシック";
/// Lines and shades.
const LINE: &str = "7F7F7F";
const SHADE: &str = "EDF1F5";
/// Numberings.
const BULLETS: usize = 2;
const FIRST_AGENDA: usize = 10;

/// Font names with what takes their place where they are missing.
const FONT_TABLE: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<w:fonts xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">"#,
    r#"<w:font w:name="游明朝"><w:altName w:val="ＭＳ 明朝"/><w:charset w:val="80"/><w:family w:val="roman"/><w:pitch w:val="variable"/></w:font>"#,
    r#"<w:font w:name="游ゴシック"><w:altName w:val="ＭＳ ゴシック"/><w:charset w:val="80"/><w:family w:val="swiss"/><w:pitch w:val="variable"/></w:font>"#,
    "</w:fonts>"
);
/// Properties without a person's name and without a date.
const CORE: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" "#,
    r#"xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>Shoki</dc:creator><dc:language>ja-JP</dc:language></cp:coreProperties>"#
);
/// The date that the writer gives to a comment for want of one.
const NO_DATE: &str = r#" w:date="1970-01-01T00:00:00Z""#;

/// Minutes as the bytes of a `.docx`.
///
/// # Errors
/// When the document cannot be packed.
pub fn docx(minutes: &Minutes) -> std::io::Result<Vec<u8>> {
    let mut writer = Writer::default();
    let mut document = sheet();
    let title = if minutes.heading.is_empty() {
        "会議録"
    } else {
        &minutes.heading
    };
    document = document.add_paragraph(
        Paragraph::new()
            .style("Title")
            .add_run(Run::new().add_text(printable(title))),
    );
    if !minutes.header.is_empty() {
        document = document.add_table(head(&minutes.header));
    }
    document = document.add_paragraph(note(minutes));
    let mut agenda = FIRST_AGENDA;
    for (number, section) in (1..).zip(&minutes.sections) {
        document = document.add_paragraph(heading(number, section, minutes.sections.len() > 1));
        let empty = section
            .items
            .iter()
            .all(|item| item.heading.is_none() && item.sentences.is_empty());
        if empty {
            document = document.add_paragraph(
                Paragraph::new()
                    .indent(Some(420), None, None, None)
                    .add_run(Run::new().add_text(NONE_JA)),
            );
        } else if section.kind == SectionKind::Actions {
            document = document
                .add_table(actions(&mut writer, section))
                .add_paragraph(gap());
        } else {
            document = numbered(document, agenda);
            for item in &section.items {
                document = with_item(document, &mut writer, item, section, agenda);
            }
            agenda += 1;
        }
    }
    pack(document)
}

fn fonts(name: &str) -> RunFonts {
    RunFonts::new().ascii(name).hi_ansi(name).east_asia(name).cs(name)
}

/// An empty document with its page, styles, numberings and footer.
fn sheet() -> Docx {
    let margin = PageMargin::new()
        .top(MARGIN)
        .bottom(MARGIN)
        .left(MARGIN)
        .right(MARGIN)
        .header(600)
        .footer(600)
        .gutter(0);
    let style = |id: &str, name: &str, size: usize| {
        Style::new(id, StyleType::Paragraph)
            .name(name)
            .based_on("Normal")
            .next("Normal")
            .size(size)
            .fonts(fonts(GOTHIC))
            .bold()
    };
    let bullet = Level::new(
        0,
        Start::new(1),
        NumberFormat::new("bullet"),
        LevelText::new("・"),
        LevelJc::new("left"),
    )
    .indent(Some(700), Some(SpecialIndentType::Hanging(270)), None, None);
    let page = |run: Run| run.size(18).fonts(fonts(MINCHO));
    let numbers = Paragraph::new()
        .align(AlignmentType::Center)
        .add_page_num(PageNum::new())
        .add_run(page(Run::new().add_text(" / ")))
        .add_num_pages(NumPages::new());
    Docx::new()
        .page_size(PAGE.0, PAGE.1)
        .page_margin(margin)
        .default_size(BODY)
        .default_fonts(fonts(MINCHO))
        .default_line_spacing(LineSpacing::new().line(300))
        .add_style(
            style("Title", "Title", 36)
                .align(AlignmentType::Center)
                .line_spacing(LineSpacing::new().before(0).after(240)),
        )
        .add_style(
            style("Heading1", "heading 1", 24)
                .outline_lvl(0)
                .line_spacing(LineSpacing::new().before(300).after(120)),
        )
        .add_style(
            style("Heading2", "heading 2", 22)
                .outline_lvl(1)
                .line_spacing(LineSpacing::new().before(160).after(40)),
        )
        .add_abstract_numbering(AbstractNumbering::new(BULLETS).add_level(bullet))
        .add_numbering(Numbering::new(BULLETS, BULLETS))
        .footer(Footer::new().add_paragraph(numbers))
}

/// With a numbering of its own for the items of a section: each begins at (1).
fn numbered(document: Docx, id: usize) -> Docx {
    let level = Level::new(
        0,
        Start::new(1),
        NumberFormat::new("decimal"),
        LevelText::new("(%1)"),
        LevelJc::new("left"),
    )
    .indent(Some(525), Some(SpecialIndentType::Hanging(420)), None, None);
    document
        .add_abstract_numbering(AbstractNumbering::new(id).add_level(level))
        .add_numbering(Numbering::new(id, id))
}

/// A cell's text.
fn cell(text: &str) -> Paragraph {
    Paragraph::new()
        .line_spacing(LineSpacing::new().before(20).after(20))
        .add_run(Run::new().add_text(printable(text)))
}

fn label(text: &str) -> TableCell {
    let run = Run::new()
        .add_text(printable(text))
        .bold()
        .fonts(fonts(GOTHIC))
        .size(20);
    TableCell::new()
        .shading(Shading::new().fill(SHADE))
        .vertical_align(VAlignType::Center)
        .add_paragraph(Paragraph::new().add_run(run))
}

fn table(rows: Vec<TableRow>, widths: &[usize]) -> Table {
    let border = |position| {
        TableBorder::new(position)
            .border_type(BorderType::Single)
            .size(4)
            .color(LINE)
    };
    let borders = [
        TableBorderPosition::Top,
        TableBorderPosition::Bottom,
        TableBorderPosition::Left,
        TableBorderPosition::Right,
        TableBorderPosition::InsideH,
        TableBorderPosition::InsideV,
    ];
    Table::new(rows)
        .set_grid(widths.to_vec())
        .layout(TableLayoutType::Fixed)
        .width(TEXT_WIDTH, WidthType::Dxa)
        .margins(TableCellMargins::new().margin(50, 110, 50, 110))
        .set_borders(
            borders
                .into_iter()
                .fold(TableBorders::with_empty(), |all, position| {
                    all.set(border(position))
                }),
        )
}

/// The head: what is asked on the left, what it is on the right.
fn head(fields: &[HeaderField]) -> Table {
    const WIDTHS: [usize; 2] = [1_700, TEXT_WIDTH - 1_700];
    let row = |field: &HeaderField| {
        let value = TableCell::new()
            .width(WIDTHS[1], WidthType::Dxa)
            .add_paragraph(cell(&field.value));
        TableRow::new(vec![label(&field.label).width(WIDTHS[0], WidthType::Dxa), value]).cant_split()
    };
    table(fields.iter().map(row).collect(), &WIDTHS)
}

/// A narrow line behind a table: without it the next table would join it.
fn gap() -> Paragraph {
    let spacing = LineSpacing::new().before(0).after(0).line(120);
    Paragraph::new().line_spacing(spacing).size(8)
}

/// What the reader must know before the first section.
fn note(minutes: &Minutes) -> Paragraph {
    let checks = minutes.sentences().filter(|sentence| !sentence.supported).count();
    let mut text = "［ ］は録音の時刻です。".to_owned();
    if minutes.drafted {
        text.push_str(DRAFTED_JA);
    }
    if checks > 0 {
        text.push_str(&format!(
            "【要確認】の {checks} 文は、その時刻の録音を聞いて確かめてください。"
        ));
    }
    Paragraph::new()
        .align(AlignmentType::Right)
        .line_spacing(LineSpacing::new().before(60).after(0))
        .add_run(Run::new().add_text(text).size(16).color("595959"))
}

/// `１　決定事項`, with a line below. The full text begins on a page of its own when other sections stand before it.
fn heading(number: u32, section: &MinutesSection, numbered: bool) -> Paragraph {
    let line = ParagraphBorder::new(ParagraphBorderPosition::Bottom)
        .val(BorderType::Single)
        .size(6)
        .space(1)
        .color(LINE);
    let wide: String = number
        .to_string()
        .chars()
        .map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c))
        .collect();
    let name = printable(&section.heading);
    let text = if numbered {
        format!("{wide}　{name}")
    } else {
        name
    };
    let mut paragraph = Paragraph::new()
        .style("Heading1")
        .keep_next(true)
        .page_break_before(section.kind == SectionKind::Statements && number > 1)
        .add_run(Run::new().add_text(text));
    paragraph.property = paragraph
        .property
        .set_borders(ParagraphBorders::with_empty().set(line));
    paragraph
}

fn with_item(
    document: Docx,
    writer: &mut Writer,
    item: &MinutesItem,
    section: &MinutesSection,
    agenda: usize,
) -> Docx {
    let mut document = document;
    if let Some(heading) = &item.heading {
        let name = Paragraph::new()
            .style("Heading2")
            .keep_next(true)
            .numbering(NumberingId::new(agenda), IndentLevel::new(0))
            .add_run(Run::new().add_text(printable(heading)));
        document = document.add_paragraph(name);
        if item.sentences.is_empty() {
            document = document.add_paragraph(
                Paragraph::new()
                    .indent(Some(630), None, None, None)
                    .add_run(Run::new().add_text(NONE_JA)),
            );
        }
    }
    for (at, sentence) in item.sentences.iter().enumerate() {
        document = document.add_paragraph(match section.kind {
            SectionKind::Statements => statement(writer, sentence, section.times),
            SectionKind::Questions => writer.exchange(sentence, at == 0),
            _ => writer
                .sentence(sentence, Paragraph::new())
                .numbering(NumberingId::new(BULLETS), IndentLevel::new(0)),
        });
    }
    document
}

/// 内容・担当・期限.
fn actions(writer: &mut Writer, section: &MinutesSection) -> Table {
    const WIDTHS: [usize; 4] = [500, 4_248, 1_800, 2_750];
    let names = ["", "内容", "担当", "期限"];
    let header = names
        .iter()
        .zip(WIDTHS)
        .map(|(name, width)| label(name).width(width, WidthType::Dxa))
        .collect();
    let mut rows = vec![TableRow::new(header).cant_split()];
    let sentences = section.items.iter().flat_map(|item| &item.sentences);
    for (number, sentence) in (1..).zip(sentences) {
        rows.push(action(writer, number, sentence, WIDTHS));
    }
    table(rows, &WIDTHS)
}

fn action(writer: &mut Writer, number: u32, sentence: &MinutesSentence, widths: [usize; 4]) -> TableRow {
    let spacing = || LineSpacing::new().before(20).after(20);
    // Who does it has a cell of its own.
    let bare = MinutesSentence {
        who: None,
        ..sentence.clone()
    };
    let matter = writer.sentence(&bare, Paragraph::new().line_spacing(spacing()));
    let mut due = TableCell::new().width(widths[3], WidthType::Dxa);
    for (text, small) in due_lines(sentence) {
        let run = Run::new().add_text(text);
        let run = if small {
            run.size(17).color("595959")
        } else {
            run.size(20)
        };
        due = due.add_paragraph(Paragraph::new().line_spacing(spacing()).add_run(run));
    }
    let who = sentence.who.as_deref().unwrap_or("未定");
    TableRow::new(vec![
        TableCell::new()
            .width(widths[0], WidthType::Dxa)
            .add_paragraph(cell(&number.to_string()).align(AlignmentType::Center)),
        TableCell::new()
            .width(widths[1], WidthType::Dxa)
            .add_paragraph(matter),
        TableCell::new()
            .width(widths[2], WidthType::Dxa)
            .add_paragraph(cell(who)),
        due,
    ])
    .cant_split()
}

/// The bytes, with properties, fonts and comments as this house writes them.
fn pack(document: Docx) -> std::io::Result<Vec<u8>> {
    let mut parts: XMLDocx = document.build();
    parts.font_table = FONT_TABLE.as_bytes().to_vec();
    parts.doc_props.core = CORE.as_bytes().to_vec();
    let comments = String::from_utf8(parts.comments).map_err(std::io::Error::other)?;
    parts.comments = comments.replace(NO_DATE, "").into_bytes();
    let mut bytes = Cursor::new(Vec::new());
    parts.pack(&mut bytes).map_err(std::io::Error::other)?;
    Ok(bytes.into_inner())
}

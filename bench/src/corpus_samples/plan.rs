//! Sets the plan's text on A4 pages.
//!
//! Marks at the head of a line: `#cover title|subtitle|date` (a page of its own), `#h1`–`#h3` headings,
//! `#page` a page break, `#table a|b|c` followed by rows of as many cells; anything else is a paragraph.

use pdf_writer::{Content, Filter, Name, Pdf, Rect, Ref, Str, TextStr};

use super::embedded_font::{EmbeddedFont, deflated};

/// A4, PDF points.
const PAGE: (f32, f32) = (595.28, 841.89);
const MARGIN: f32 = 68.0;
const BODY: f32 = 10.5;
/// Line pitch as a multiple of the size: running Japanese text wants about 1.7.
const LEADING: f32 = 1.75;
/// Characters that must not begin a line (JIS X 4051).
const NOT_AT_THE_START: &str = "、。，．）」』】〕・ー％";

#[derive(Clone, Copy)]
enum Face {
    Mincho,
    Gothic,
}

struct Setter {
    mincho: EmbeddedFont,
    gothic: EmbeddedFont,
    pages: Vec<Content>,
    y: f32,
}

/// The plan as a PDF.
///
/// # Errors
/// A missing font, a character that the fonts do not have, text that runs off its page.
pub(super) fn pdf(text: &str) -> anyhow::Result<Vec<u8>> {
    let mut setter = Setter {
        mincho: EmbeddedFont::open("IPAMincho", "opentype/ipafont-mincho/ipam.ttf")?,
        gothic: EmbeddedFont::open("IPAGothic", "opentype/ipafont-gothic/ipag.ttf")?,
        pages: Vec::new(),
        y: 0.0,
    };
    let mut columns = 0;
    for line in text.lines() {
        let (mark, rest) = match line.split_once(' ') {
            Some((mark, rest)) if mark.starts_with('#') => (mark, rest),
            _ => (line, line),
        };
        match mark {
            "#cover" => setter.cover(rest)?,
            "#page" => setter.next_page()?,
            "#h1" => setter.paragraph(Face::Gothic, 15.0, rest, 8.0)?,
            "#h2" => setter.paragraph(Face::Gothic, 12.0, rest, 10.0)?,
            "#h3" => setter.paragraph(Face::Gothic, BODY, rest, 4.0)?,
            "#table" => {
                columns = rest.split('|').count();
                setter.y -= 6.0;
                setter.row(Face::Gothic, rest)?;
            }
            _ if columns > 0 && line.split('|').count() == columns => setter.row(Face::Mincho, line)?,
            _ => setter.paragraph(Face::Mincho, BODY, line, 2.0)?,
        }
    }
    setter.finish()
}

impl Setter {
    fn face(&mut self, face: Face) -> (&mut EmbeddedFont, Name<'static>) {
        match face {
            Face::Mincho => (&mut self.mincho, Name(b"M")),
            Face::Gothic => (&mut self.gothic, Name(b"G")),
        }
    }

    fn next_page(&mut self) -> anyhow::Result<()> {
        self.number_page()?;
        self.pages.push(Content::new());
        self.y = PAGE.1 - MARGIN;
        Ok(())
    }

    /// The number at the foot, which a reader meets last; the cover has none.
    fn number_page(&mut self) -> anyhow::Result<()> {
        if self.pages.len() > 1 {
            let number = format!("- {} -", self.pages.len());
            let x = PAGE.0 / 2.0 - self.width(Face::Mincho, 9.0, &number) / 2.0;
            self.show(Face::Mincho, 9.0, &number, (x, 40.0))?;
        }
        Ok(())
    }

    fn width(&mut self, face: Face, size: f32, text: &str) -> f32 {
        let font = self.face(face).0;
        text.chars().map(|c| font.advance(c)).sum::<f32>() * size
    }

    fn show(&mut self, face: Face, size: f32, text: &str, (x, y): (f32, f32)) -> anyhow::Result<()> {
        let (font, name) = self.face(face);
        let bytes = font.encode(text)?;
        let page = self.pages.last_mut().expect("the cover opened the first page");
        page.begin_text()
            .set_font(name, size)
            .set_text_matrix([1.0, 0.0, 0.0, 1.0, x, y])
            .show(Str(&bytes))
            .end_text();
        Ok(())
    }

    fn cover(&mut self, text: &str) -> anyhow::Result<()> {
        self.next_page()?;
        let heights = [560.0, 510.0, 180.0];
        for (index, (line, y)) in text.split('|').zip(heights).enumerate() {
            let size = if index == 0 { 24.0 } else { 14.0 };
            let x = PAGE.0 / 2.0 - self.width(Face::Gothic, size, line) / 2.0;
            self.show(Face::Gothic, size, line, (x, y))?;
        }
        self.next_page()
    }

    fn paragraph(&mut self, face: Face, size: f32, text: &str, space_before: f32) -> anyhow::Result<()> {
        self.y -= space_before;
        for line in self.broken(face, size, text, PAGE.0 - 2.0 * MARGIN) {
            self.y -= size * LEADING;
            anyhow::ensure!(self.y > MARGIN, "the page is full at {line:?}");
            self.show(face, size, &line, (MARGIN, self.y))?;
        }
        Ok(())
    }

    /// Lines of at most `room` points; forbidden starts hang over the edge.
    fn broken(&mut self, face: Face, size: f32, text: &str, room: f32) -> Vec<String> {
        let font = self.face(face).0;
        let mut lines = vec![String::new()];
        let mut used = 0.0;
        for character in text.chars() {
            let advance = font.advance(character) * size;
            if used + advance > room && !NOT_AT_THE_START.contains(character) {
                lines.push(String::new());
                used = 0.0;
            }
            lines.last_mut().expect("never empty").push(character);
            used += advance;
        }
        lines
    }

    fn row(&mut self, face: Face, text: &str) -> anyhow::Result<()> {
        let height = BODY * 2.0;
        let cells: Vec<&str> = text.split('|').collect();
        let room = PAGE.0 - 2.0 * MARGIN;
        // The first column holds words, the others figures.
        let first = room * 0.5;
        let rest = (room - first) / (cells.len() - 1) as f32;
        let mut x = MARGIN;
        self.y -= height;
        for (index, cell) in cells.iter().enumerate() {
            let width = if index == 0 { first } else { rest };
            let page = self.pages.last_mut().expect("the cover opened the first page");
            page.set_line_width(0.5).rect(x, self.y, width, height).stroke();
            self.show(face, BODY, cell, (x + 4.0, self.y + BODY * 0.6))?;
            x += width;
        }
        Ok(())
    }

    fn finish(mut self) -> anyhow::Result<Vec<u8>> {
        self.number_page()?;
        const FIRST_FONT: i32 = 4;
        const FIRST_PAGE: i32 = 14;
        let mut pdf = Pdf::new();
        let (catalogue, tree, information) = (Ref::new(1), Ref::new(2), Ref::new(3));
        pdf.catalog(catalogue).pages(tree).lang(TextStr("ja"));
        pdf.document_info(information)
            .title(TextStr("第４期あさひ野市地域福祉計画"));
        let count = i32::try_from(self.pages.len())?;
        let page_ref = |index: i32| Ref::new(FIRST_PAGE + 2 * index);
        pdf.pages(tree).kids((0..count).map(page_ref)).count(count);
        self.mincho.write(&mut pdf, FIRST_FONT)?;
        self.gothic.write(&mut pdf, FIRST_FONT + 5)?;
        for (index, content) in (0..).zip(self.pages) {
            let content_ref = Ref::new(FIRST_PAGE + 2 * index + 1);
            let mut page = pdf.page(page_ref(index));
            page.parent(tree)
                .media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1))
                .contents(content_ref);
            page.resources()
                .fonts()
                .pair(Name(b"M"), Ref::new(FIRST_FONT))
                .pair(Name(b"G"), Ref::new(FIRST_FONT + 5));
            drop(page);
            pdf.stream(content_ref, &deflated(content.finish().as_slice())?)
                .filter(Filter::FlateDecode);
        }
        Ok(pdf.finish())
    }
}

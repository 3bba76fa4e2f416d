//! The scan over a normalised text: finds where a place may start, reads it, looks back for its source,
//! carries the source over lists. Never: original offsets (the caller maps them).

use std::ops::Range;

use shoki_core::corpus::SegmentKind;

use super::place::{self, Read};
use super::source::is_statute;
use super::{Base, Citation, Names, Place, SourceRef};
use crate::text::{Normalised, is_katakana, number_at};

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    normalised: &'a Normalised,
    pub(super) names: &'a Names,
    base: Option<&'a Base<'a>>,
    /// Everything before this is taken.
    pub(super) done: usize,
    pub(super) found: Vec<Citation>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(
        text: &'a str,
        normalised: &'a Normalised,
        names: &'a Names,
        base: Option<&'a Base<'a>>,
    ) -> Self {
        Self {
            text,
            normalised,
            names,
            base,
            done: 0,
            found: Vec::new(),
        }
    }

    pub(super) fn run(mut self) -> Vec<Citation> {
        let text = self.text;
        let mut previous = ' ';
        for (at, c) in text.char_indices() {
            if at >= self.done {
                self.step(at, c, previous);
            }
            previous = c;
        }
        self.found
    }

    fn step(&mut self, at: usize, c: char, previous: char) {
        let starts_number = !(previous == '第' || number_at(previous.encode_utf8(&mut [0; 4])).is_some())
            && (c == '第' || number_at(&self.text[at..at + c.len_utf8()]).is_some());
        let read = match c {
            '前' | '次' | '同' | '本' => self.relative(at),
            '附' => self.supplementary(at),
            '別' => self.appendix(at),
            '問' => self.question(at),
            _ if starts_number => self.absolute(at),
            _ => None,
        };
        if let Some(citation) = read {
            self.done = citation.span.end;
            self.found.push(citation);
        }
    }

    /// 第六十三条…, 第二項…, 第三号…, 第7の2の(1)….
    fn absolute(&self, at: usize) -> Option<Citation> {
        let rest = &self.text[at..];
        if let Some(article) = place::article(rest) {
            let (source, start) = self.source_before(at);
            let source = source.unwrap_or_else(|| self.carried_source(at));
            let citation = self.finish(source, Place::Article(article.value), start..at + article.len);
            return Some(self.with_range(citation));
        }
        if let Some(outline) = self.outline(at) {
            return Some(outline);
        }
        // 第二項, 第三号: of the article just cited, or of the article this stands in.
        if let Some(paragraph) = place::paragraph(rest) {
            let (source, place) = self.carried_place(at).or_else(|| self.own_place())?;
            let mut citation = self.finish(source, place, at..at);
            citation.paragraph = Some(paragraph.value);
            return Some(self.with_item(citation, at..at + paragraph.len));
        }
        if rest.starts_with('第')
            && place::item(rest).is_some()
            && let Some((source, place)) = self.carried_place(at)
        {
            let mut citation = self.finish(source, place, at..at);
            citation.paragraph = self.found.last()?.paragraph.clone();
            return Some(self.with_item(citation, at..at));
        }
        None
    }

    fn outline(&self, at: usize) -> Option<Citation> {
        let Read {
            value: (item, levels),
            len,
        } = place::outline(&self.text[at..])?;
        let (source, start) = self.source_before(at);
        let marked = item.contains('(') || item.chars().any(is_katakana);
        let is_notice = matches!(&source, Some(SourceRef::Named(title)) if !is_statute(title));
        let unknown_notice =
            matches!(&source, Some(SourceRef::Unknown(name)) if !is_statute(name)) && levels >= 2;
        let bare = marked && levels >= 3 && self.text[at..].starts_with('第');
        if !(is_notice || unknown_notice || bare) {
            return None;
        }
        // 通知第百四十四号 is a number of a notice, not a place in it.
        if self.text[at + len..].starts_with(['号', '条', '項', '章', '節', '編', '年', '月']) {
            return None;
        }
        Some(self.plain(
            source.unwrap_or_else(|| self.carried_source(at)),
            Place::Outline(item),
            start..at + len,
        ))
    }

    fn supplementary(&self, at: usize) -> Option<Citation> {
        const MARK: &str = "附則";
        let rest = self.text[at..].strip_prefix(MARK)?;
        let (source, start) = self.source_before(at);
        let source = source.unwrap_or_else(|| self.carried_source(at));
        let skipped = rest.len() - rest.trim_start().len();
        if let Some(article) = place::article(&rest[skipped..]) {
            let end = at + MARK.len() + skipped + article.len;
            return Some(self.finish(source, Place::Supplementary(Some(article.value)), start..end));
        }
        let paragraph = place::paragraph(rest)?;
        let mut citation = self.plain(
            source,
            Place::Supplementary(None),
            start..at + MARK.len() + paragraph.len,
        );
        citation.paragraph = Some(paragraph.value);
        Some(citation)
    }

    fn appendix(&self, at: usize) -> Option<Citation> {
        let appendix = place::appendix(&self.text[at..])?;
        let (source, start) = self.source_before(at);
        let source = source.unwrap_or_else(|| self.carried_source(at));
        Some(self.plain(source, Place::Appendix(appendix.value), start..at + appendix.len))
    }

    fn question(&self, at: usize) -> Option<Citation> {
        let question = place::question(&self.text[at..])?;
        let (source, start) = self.source_before(at);
        let source = source.unwrap_or(SourceRef::This);
        Some(self.plain(source, Place::Question(question.value), start..at + question.len))
    }

    /// 前条, 次条, 前二条, 同条, 本条, 前項, 次項, 同項.
    fn relative(&self, at: usize) -> Option<Citation> {
        let rest = &self.text[at..];
        let first = rest.chars().next()?;
        let mut len = first.len_utf8();
        let count = if first == '前' {
            number_at(&rest[len..]).map_or(1, |(number, taken)| {
                len += taken;
                number
            })
        } else {
            1
        };
        let unit = rest[len..].chars().next()?;
        let span = at..at + len + unit.len_utf8();
        match (first, unit) {
            ('同' | '本', '条') => {
                let (source, place) = match (first, self.found.last()) {
                    ('同', Some(last)) => (last.source.clone(), last.place.clone()),
                    _ => self.own_place()?,
                };
                Some(self.finish(source, place, span))
            }
            ('前' | '次', '条') => {
                let base = self.base?;
                let here = base.articles.iter().position(|item| item == base.item)?;
                let there = if first == '前' {
                    here.checked_sub(usize::try_from(count).ok()?)?
                } else {
                    here + 1
                };
                let mut citation = self.finish(
                    SourceRef::This,
                    Place::Article(base.articles.get(there)?.clone()),
                    span,
                );
                if first == '前' && count > 1 {
                    citation.through = base.articles.get(here.checked_sub(1)?).cloned();
                }
                Some(citation)
            }
            ('同', '項') => {
                let last = self.found.last()?;
                let mut citation =
                    self.finish(last.source.clone(), last.place.clone(), span.start..span.start);
                citation.paragraph = last.paragraph.clone();
                Some(self.with_item(citation, span))
            }
            ('前' | '次', '項') => {
                let here: u64 = self.paragraph_at(at)?.parse().ok()?;
                let there = if first == '前' {
                    here.checked_sub(count)?
                } else {
                    here + 1
                };
                let (source, place) = self.own_place()?;
                let mut citation = self.finish(source, place, span.start..span.start);
                citation.paragraph = (there > 0).then(|| there.to_string());
                citation.paragraph.as_ref()?;
                Some(self.with_item(citation, span))
            }
            _ => None,
        }
    }

    fn own_place(&self) -> Option<(SourceRef, Place)> {
        let base = self.base?;
        Some((SourceRef::This, Place::Article(base.item.to_owned())))
    }

    /// The 項 in which a byte of the normalised text stands.
    fn paragraph_at(&self, at: usize) -> Option<String> {
        let original = self.normalised.original_span(at..at + 1).start;
        let base = self.base?;
        base.segments
            .iter()
            .find(|segment| segment.kind == SegmentKind::Paragraph && segment.span.contains(&original))
            .and_then(|segment| segment.path.first().cloned())
    }

    fn plain(&self, source: SourceRef, place: Place, span: Range<usize>) -> Citation {
        Citation {
            source,
            place,
            through: None,
            paragraph: None,
            item_no: None,
            subitem: None,
            span,
        }
    }

    /// Adds 項 and 号 that follow `span`.
    fn finish(&self, source: SourceRef, place: Place, span: Range<usize>) -> Citation {
        let mut citation = self.plain(source, place, span.clone());
        let mut end = span.end;
        if let Some(paragraph) = place::paragraph(&self.text[end..]) {
            end += paragraph.len;
            citation.paragraph = Some(paragraph.value);
        }
        self.with_item(citation, span.start..end)
    }

    /// Adds a 号 that follows `span`, and sets the span.
    fn with_item(&self, mut citation: Citation, span: Range<usize>) -> Citation {
        let mut end = span.end;
        if let Some(item) = place::item(&self.text[end..]) {
            end += item.len;
            citation.item_no = Some(item.value);
            if let Some(subitem) = place::subitem(&self.text[end..]) {
                end += subitem.len;
                citation.subitem = Some(subitem.value);
            }
        }
        citation.span = span.start..end;
        citation
    }

    /// 第二十四条から第二十六条まで.
    fn with_range(&self, mut citation: Citation) -> Citation {
        let rest = &self.text[citation.span.end..];
        let Some(after) = rest.strip_prefix("から").or_else(|| rest.strip_prefix('~')) else {
            return citation;
        };
        if let Some(last) = place::article(after)
            && (rest.starts_with('~') || after[last.len..].starts_with("まで"))
        {
            citation.span.end += rest.len() - after.len() + last.len;
            if rest.starts_with("から") {
                citation.span.end += "まで".len();
            }
            citation.through = Some(last.value);
        }
        citation
    }

    /// Names are looked for up to the place being read; it starts after everything taken.
    pub(super) fn horizon(&self) -> usize {
        self.text[self.done..]
            .find('同')
            .map_or(self.text.len(), |at| self.done + at)
    }
}

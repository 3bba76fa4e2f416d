//! A text of the workload as 標準法令XML, for the import of the real product.
//!
//! Promise: as many articles as the text has passages, their 項 as they are. Never: what is above an
//! article, or a text that is not the workload's.

use std::fmt::Write as _;

use shoki_core::corpus::{ImportedText, Passage, SegmentKind};

/// The whole law.
///
/// # Panics
/// Never: a string grows.
#[must_use]
pub fn law(text: &ImportedText, number: usize) -> String {
    let mut xml = String::new();
    write_law(&mut xml, text, number).expect("a string grows");
    xml
}

fn write_law(xml: &mut String, text: &ImportedText, number: usize) -> std::fmt::Result {
    writeln!(xml, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        xml,
        r#"<Law Era="Heisei" Lang="ja" LawType="Misc" Num="1" Year="10">"#
    )?;
    writeln!(
        xml,
        "<LawNum>平成十年あさひ野市条例第{number}号</LawNum><LawBody>"
    )?;
    writeln!(
        xml,
        "<LawTitle>{}</LawTitle><MainProvision>",
        escaped(&text.source.title)
    )?;
    for (article, passage) in (1..).zip(&text.passages) {
        write_article(xml, article, passage)?;
    }
    writeln!(xml, "</MainProvision></LawBody></Law>")
}

fn write_article(xml: &mut String, number: usize, passage: &Passage) -> std::fmt::Result {
    writeln!(xml, r#"<Article Num="{number}">"#)?;
    if let Some(caption) = &passage.caption {
        writeln!(xml, "<ArticleCaption>（{}）</ArticleCaption>", escaped(caption))?;
    }
    writeln!(xml, "<ArticleTitle>第{number}条</ArticleTitle>")?;
    let paragraphs: Vec<&str> = passage
        .segments
        .iter()
        .filter(|segment| segment.kind == SegmentKind::Paragraph)
        .filter_map(|segment| passage.text.get(segment.span.clone()))
        .collect();
    let paragraphs = if paragraphs.is_empty() {
        vec![passage.text.as_str()]
    } else {
        paragraphs
    };
    for (position, paragraph) in (1..).zip(paragraphs) {
        writeln!(
            xml,
            r#"<Paragraph Num="{position}"><ParagraphNum/><ParagraphSentence><Sentence>{}</Sentence></ParagraphSentence></Paragraph>"#,
            escaped(paragraph)
        )?;
    }
    writeln!(xml, "</Article>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('\n', "　")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::civil::date;

    use super::super::workload::Workload;
    use super::law;

    #[test]
    fn the_product_reads_as_many_passages_as_were_written() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines/corpora/asahino");
        let workload = Workload::open(&directory, date(2026, 11, 22)).expect("the sample corpus");
        for (number, text) in (1..).zip(workload.originals()) {
            let xml = law(text, number);
            let read = shoki_search::import::egov::import("x-1_20240401_0.xml", xml.as_bytes());
            let read = read.expect("well-formed");
            assert_eq!(read.passages.len(), text.passages.len(), "{}", text.source.title);
            assert_eq!(read.source.title, text.source.title);
        }
    }
}

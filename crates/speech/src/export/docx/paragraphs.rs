//! Sentences as paragraphs: who, what, where it was said.
//!
//! Promise: comments are numbered in the order of the document. Never: a style of a section.

use docx_rs::{Comment, LineSpacing, Paragraph, Run, RunFonts, SpecialIndentType};
use shoki_core::audio::Millis;
use shoki_core::minutes::MinutesSentence;

use crate::export::{CHECK_JA, clock, printable, wareki};

/// Colour of times.
const QUIET: &str = "8C8C8C";
/// Colour of what must be checked.
const ALARM: &str = "C00000";
/// Who comments.
const AUTHOR: &str = "書記";

/// Writes sentences and counts comments.
#[derive(Default)]
pub(super) struct Writer {
    comments: usize,
}

impl Writer {
    /// A sentence behind what the paragraph holds already.
    pub(super) fn sentence(&mut self, sentence: &MinutesSentence, paragraph: Paragraph) -> Paragraph {
        let who = sentence
            .who
            .as_deref()
            .map(|who| format!("（{}）", printable(who)));
        let paragraph = match who {
            Some(who) => paragraph.add_run(Run::new().add_text(who).color("404040")),
            None => paragraph,
        };
        self.text(sentence, paragraph).add_run(time(sentence))
    }

    /// 問 and 答, hanging.
    pub(super) fn exchange(&mut self, sentence: &MinutesSentence, asks: bool) -> Paragraph {
        let mark = if asks { "問" } else { "答" };
        let gothic = RunFonts::new()
            .east_asia("游ゴシック")
            .ascii("游ゴシック")
            .hi_ansi("游ゴシック");
        let before = if asks { 100 } else { 0 };
        let paragraph = Paragraph::new()
            .indent(Some(840), Some(SpecialIndentType::Hanging(420)), None, None)
            .line_spacing(LineSpacing::new().before(before))
            .add_run(Run::new().add_text(format!("{mark}　")).bold().fonts(gothic));
        self.sentence(sentence, paragraph)
    }

    /// The text; one that is not supported in a comment that says where to listen.
    fn text(&mut self, sentence: &MinutesSentence, paragraph: Paragraph) -> Paragraph {
        let text = Run::new().add_text(printable(&sentence.text));
        if sentence.supported {
            return paragraph.add_run(text);
        }
        self.comments += 1;
        let words = Paragraph::new().add_run(Run::new().add_text(advice(sentence)));
        let comment = Comment::new(self.comments).author(AUTHOR).add_paragraph(words);
        paragraph
            .add_run(Run::new().add_text(CHECK_JA).bold().color(ALARM))
            .add_comment_start(comment)
            .add_run(text)
            .add_comment_end(self.comments)
    }
}

/// What to do about a sentence that is not supported.
fn advice(sentence: &MinutesSentence) -> String {
    let (Some(first), Some(last)) = (sentence.evidence.first(), sentence.evidence.last()) else {
        return "この文の根拠になる発言が見つかりません。録音で確かめ、なければ削ってください。".to_owned();
    };
    let until = last.end.max(Millis(first.start.0 + 1_000));
    format!(
        "聞き取りに不安があります。録音の {} から {} までを聞いて確かめ、よければ【要確認】を消してください。",
        clock(first.start),
        clock(until)
    )
}

/// `[00:12:31]`, small and grey.
fn time(sentence: &MinutesSentence) -> Run {
    let text = sentence
        .evidence
        .first()
        .map_or_else(String::new, |span| format!(" [{}]", clock(span.start)));
    Run::new().add_text(text).size(14).color(QUIET)
}

/// What one person says without another between: the name, then the words.
pub(super) fn statement(writer: &mut Writer, sentence: &MinutesSentence, timed: bool) -> Paragraph {
    let gothic = RunFonts::new()
        .east_asia("游ゴシック")
        .ascii("游ゴシック")
        .hi_ansi("游ゴシック");
    let mut paragraph = Paragraph::new()
        .indent(Some(420), Some(SpecialIndentType::Hanging(420)), None, None)
        .line_spacing(LineSpacing::new().before(80));
    if let Some(who) = sentence.who.as_deref() {
        let name = Run::new().add_text(format!("○{}", printable(who)));
        paragraph = paragraph.add_run(name.bold().fonts(gothic).size(20));
    }
    if timed {
        paragraph = paragraph.add_run(time(sentence));
    }
    writer.text(sentence, paragraph.add_run(Run::new().add_text("　")))
}

/// By when: the day, and small how it was said.
pub(super) fn due_lines(sentence: &MinutesSentence) -> Vec<(String, bool)> {
    let Some(due) = &sentence.due else {
        return vec![("未定".to_owned(), false)];
    };
    let said = printable(&due.said);
    match due.day {
        Some(day) => vec![(wareki(day), false), (format!("「{said}」"), true)],
        None => vec![(said, false)],
    }
}

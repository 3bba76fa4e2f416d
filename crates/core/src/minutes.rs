//! Minutes as a value: a head, sections, sentences, each with the place in the recording that bears it out;
//! and the levels of a text, each change with what was heard.
//!
//! Promise: a sentence without evidence is marked and shown as such, in every form of output.
//! Never: a sentence's wording for Word or the screen — that is the exporter's and the page's.

use std::ops::Range;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::audio::Millis;
use crate::transcript::SegmentId;

/// How much a text was cleaned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextLevel {
    /// 素起こし: every sound that was heard.
    #[default]
    Verbatim,
    /// ケバ取り: without fillers, false starts and repetitions.
    Cleaned,
    /// 整文: written language; the sense unchanged.
    Edited,
}

impl TextLevel {
    /// The words on the screen.
    #[must_use]
    pub const fn label_ja(self) -> &'static str {
        match self {
            Self::Verbatim => "素起こし",
            Self::Cleaned => "ケバ取り",
            Self::Edited => "整文",
        }
    }
}

/// Why a text differs from what was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextRule {
    /// えーと, あの、: a sound that fills a pause.
    Filler,
    /// よ、予算: a word that was begun and begun again.
    FalseStart,
    /// 予算は、予算は: the same words twice.
    Doubled,
    /// 予算をを: the same particle twice.
    DoubledParticle,
    /// はい、はい: listening noises.
    Backchannel,
    /// それはですね、: ね and ですね inside a sentence.
    Interjection,
    /// っていう, してる: what speech contracts.
    Contraction,
    /// けど, じゃあ: what joins clauses in speech.
    Conjunction,
    /// 見れる: a potential without its ら.
    Potential,
    /// すいません, やっぱり: a word of speech.
    SpokenWord,
    /// ですね。: a particle at the end of a sentence.
    FinalParticle,
    /// A mark that was not written, or written in half width.
    Punctuation,
}

impl TextRule {
    /// The words on the screen.
    #[must_use]
    pub const fn label_ja(self) -> &'static str {
        match self {
            Self::Filler => "フィラー",
            Self::FalseStart => "言いよどみ",
            Self::Doubled => "言い直し・重複",
            Self::DoubledParticle => "助詞の重複",
            Self::Backchannel => "相づち",
            Self::Interjection => "間投助詞",
            Self::Contraction => "縮約形",
            Self::Conjunction => "接続の表現",
            Self::Potential => "ら抜き言葉",
            Self::SpokenWord => "話し言葉",
            Self::FinalParticle => "文末の助詞",
            Self::Punctuation => "句読点",
        }
    }
}

/// What was done to a piece of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextChange {
    /// By which rule.
    pub rule: TextRule,
    /// What was heard there; empty where something was added.
    pub heard: String,
}

/// A piece of a text at a level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeveledPiece {
    /// What stands there at this level; empty where something was taken out.
    pub text: String,
    /// The tokens of the segment that it comes from. Neighbouring pieces share one where a token of several
    /// characters was changed in part.
    pub source: Range<usize>,
    /// What was done to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<TextChange>,
}

impl LeveledPiece {
    /// What was heard there.
    #[must_use]
    pub fn heard(&self) -> &str {
        self.change.as_ref().map_or(&self.text, |change| &change.heard)
    }
}

/// The text of a segment at a level.
///
/// INV: the pieces' [`LeveledPiece::heard`] make up the segment's text, so each change can be taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeveledText {
    /// The pieces, in order.
    pub pieces: Vec<LeveledPiece>,
}

impl LeveledText {
    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }
}

/// A place in the recording that bears a sentence out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceSpan {
    /// The segment.
    pub segment: SegmentId,
    /// When it begins.
    pub start: Millis,
    /// When it ends.
    pub end: Millis,
}

/// A line of the head: 日時, 場所, 出席者.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderField {
    /// What it is.
    pub label: String,
    /// Its value; empty where nobody has said it yet: a person fills it in.
    pub value: String,
}

/// What a section of the minutes holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    /// 議題ごとの要点.
    Agenda,
    /// 決定事項.
    Decisions,
    /// 今後の対応 (誰が・いつまでに).
    Actions,
    /// 質疑: questions and their answers.
    Questions,
    /// 発言: the text itself, by speaker.
    Statements,
}

/// A sentence of the minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinutesSentence {
    /// The sentence.
    pub text: String,
    /// Who said or does it, as the screen calls the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// By when, as it was said, and the day where that can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// Where it was said, in order. Empty: nothing bears it out.
    pub evidence: Vec<EvidenceSpan>,
    /// Whether the evidence bears it out: false for a drafted sentence that the check did not confirm, and
    /// for a sentence that rests on text with doubts.
    pub supported: bool,
}

/// By when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// As it was said: 来週の金曜日まで.
    pub said: String,
    /// The day, where it follows from what was said and the day of the meeting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Date>,
}

/// A part of a section: an agenda item with its sentences; one without a heading where there are no items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinutesItem {
    /// The agenda item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// Its sentences.
    pub sentences: Vec<MinutesSentence>,
}

/// A section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinutesSection {
    /// What it holds.
    pub kind: SectionKind,
    /// Its heading.
    pub heading: String,
    /// Whether the time stands before each statement; elsewhere it always stands behind the sentence.
    #[serde(default)]
    pub times: bool,
    /// Its parts. Empty: shown as 「なし」, so that nobody wonders.
    pub items: Vec<MinutesItem>,
}

/// The minutes of a meeting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minutes {
    /// Id and version of the 様式.
    pub style: String,
    /// What the document is called: 会議録.
    #[serde(default)]
    pub heading: String,
    /// 会議の名前; empty where nobody has said it.
    pub title: String,
    /// The head.
    pub header: Vec<HeaderField>,
    /// The sections.
    pub sections: Vec<MinutesSection>,
    /// Whether a machine drafted sentences: said at the head.
    pub drafted: bool,
}

impl Minutes {
    /// All sentences in order.
    pub fn sentences(&self) -> impl Iterator<Item = &MinutesSentence> {
        let items = self.sections.iter().flat_map(|section| &section.items);
        items.flat_map(|item| &item.sentences)
    }
}

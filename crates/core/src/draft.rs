//! A draft answer: sentences that a language model wrote and this product verified, each with the words
//! of the passages it rests on; and why other sentences are not shown.
//!
//! Promise: a quote is a range of the passage's own text, never the model's words. Never: the text of a
//! sentence that was dropped.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::corpus::PassageKey;

/// What stands over every draft.
pub const LABEL_JA: &str = "下書き(機械が作成、根拠を確認してください)";

/// The JSON object in a model's reply: a fence or words around it are taken off.
#[must_use]
pub fn json_object(reply: &str) -> Option<&str> {
    let (start, end) = (reply.find('{')?, reply.rfind('}')?);
    reply.get(start..=end)
}

/// A draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// What was verified, in the model's order; empty when nothing was.
    pub sentences: Vec<DraftSentence>,
    /// One reason for each sentence that was not.
    pub dropped: Vec<DropReason>,
    /// Whether personal data of the question was masked before it left the process.
    pub masked: bool,
    /// The model that wrote, as the operator named it.
    pub model: String,
}

/// A verified sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftSentence {
    /// The sentence.
    pub text: String,
    /// What it rests on; never empty.
    pub quotes: Vec<DraftQuote>,
}

/// Words of a passage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftQuote {
    /// The passage.
    pub passage: PassageKey,
    /// Title of its source.
    pub title: String,
    /// As a person writes its place: 第六十三条.
    pub label: String,
    /// Bytes of the passage's text.
    pub span: Range<usize>,
    /// The passage's own words there.
    pub text: String,
}

/// Why a sentence is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// It names no passage.
    NoQuote,
    /// A quote names a passage that was not given.
    UnknownPassage,
    /// A quote is too short to say anything.
    QuoteTooShort,
    /// A quote does not occur in its passage.
    QuoteNotFound,
    /// It names an article, 項 or 号 that it does not quote.
    PlaceNotQuoted,
    /// It names a law that it does not quote.
    LawNotQuoted,
    /// A number, amount, date or limit in it does not occur in what it quotes.
    NumberNotQuoted,
    /// A word that decides (全部, 免除, 直ちに) does not occur in what it quotes.
    WordNotQuoted,
    /// It says yes where the text says no, may where it says must, or the other way round.
    PolarityDiffers,
    /// It has next to no words in common with what it quotes.
    NotAbout,
    /// It is too long, or holds what is no sentence.
    NotASentence,
}

impl DropReason {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::NoQuote,
        Self::UnknownPassage,
        Self::QuoteTooShort,
        Self::QuoteNotFound,
        Self::PlaceNotQuoted,
        Self::LawNotQuoted,
        Self::NumberNotQuoted,
        Self::WordNotQuoted,
        Self::PolarityDiffers,
        Self::NotAbout,
        Self::NotASentence,
    ];

    /// For the screen.
    #[must_use]
    pub const fn label_ja(self) -> &'static str {
        match self {
            Self::NoQuote => "根拠の引用がありません",
            Self::UnknownPassage => "示した根拠にない条文を引用しています",
            Self::QuoteTooShort => "引用が短すぎて確かめられません",
            Self::QuoteNotFound => "引用が条文の文言と一致しません",
            Self::PlaceNotQuoted => "引用していない条・項・号を挙げています",
            Self::LawNotQuoted => "引用していない法令を挙げています",
            Self::NumberNotQuoted => "引用にない数字・金額・期限があります",
            Self::WordNotQuoted => "引用にない、結論を左右する語があります",
            Self::PolarityDiffers => "「できる」「できない」「しなければならない」などが条文と合いません",
            Self::NotAbout => "引用した条文の内容と結び付きません",
            Self::NotASentence => "文として長すぎるか、文ではありません",
        }
    }
}

impl Draft {
    /// What there is to say about it: that nothing was verified, that sentences are left out, that the
    /// question was masked.
    #[must_use]
    pub fn messages_ja(&self) -> Vec<String> {
        let mut messages = Vec::new();
        if self.sentences.is_empty() {
            messages.push(
                "根拠の文言で確かめられる文がなかったため、下書きはありません。根拠を直接お読みください。"
                    .to_owned(),
            );
        }
        if !self.dropped.is_empty() {
            messages.push(format!(
                "根拠で確かめられない {} 文を除きました。",
                self.dropped.len()
            ));
        }
        if self.masked {
            messages.push("質問の中の個人の名前や番号は、伏せ字にしてから機械に渡しました。".to_owned());
        }
        messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_listed_whole_and_told_apart() {
        let labels: std::collections::BTreeSet<_> =
            DropReason::ALL.iter().map(|one| one.label_ja()).collect();
        assert_eq!(labels.len(), DropReason::ALL.len());
    }
}

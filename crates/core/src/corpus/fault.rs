//! Places of a document that an import could not take over whole.
//!
//! Promise: each says what was done about it, in words for the desk. Never: the text at the place.

use serde::{Deserialize, Serialize};

/// A place of the input that could not be taken over whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportFault {
    /// File inside the upload, when it is an archive.
    pub file: Option<String>,
    /// Line from 1, in text formats.
    pub line: Option<u32>,
    /// Page from 1, in paged formats; row from 1 in tables.
    pub page: Option<u32>,
    /// What is wrong and what was done about it.
    pub kind: ImportFaultKind,
}

/// What went wrong at an [`ImportFault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportFaultKind {
    /// Not well-formed; the file was not taken.
    Malformed,
    /// Well-formed, but not a law, a table or a text that is understood; not taken.
    NotUnderstood,
    /// The same item twice; both are kept, the second as `78#2`.
    DuplicateItem,
    /// An element that is not part of 標準法令XML; its text was kept.
    UnknownElement,
    /// A page without a text layer that was not read by recognition either.
    NoTextLayer,
    /// A page whose text was recognised from its picture; it may hold wrong characters.
    RecognisedText,
    /// Text that is not valid in its encoding; not taken.
    BadEncoding,
    /// A row without the columns it needs; not taken.
    IncompleteRow,
    /// A picture or formula whose content cannot be searched; a mark stands in the text.
    Figure,
    /// Over a limit; not taken.
    TooLarge,
}

impl ImportFaultKind {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::NotUnderstood => "not_understood",
            Self::DuplicateItem => "duplicate_item",
            Self::UnknownElement => "unknown_element",
            Self::NoTextLayer => "no_text_layer",
            Self::RecognisedText => "recognised_text",
            Self::BadEncoding => "bad_encoding",
            Self::IncompleteRow => "incomplete_row",
            Self::Figure => "figure",
            Self::TooLarge => "too_large",
        }
    }

    /// What is wrong and what was done about it, for the desk.
    #[must_use]
    pub const fn message_ja(self) -> &'static str {
        match self {
            Self::Malformed => "書式が壊れているため、取り込んでいません。",
            Self::NotUnderstood => "法令・通知・問答として読める内容がないため、取り込んでいません。",
            Self::DuplicateItem => {
                "同じ番号が二度あります。どちらも取り込み、二つ目の番号に #2 を付けました。"
            }
            Self::UnknownElement => "知らない要素がありました。文章は取り込みました。",
            Self::NoTextLayer => {
                "文字情報がなく、文字認識でも読めないため、取り込んでいません。スキャンし直してください。"
            }
            Self::RecognisedText => "文字認識による文章です。原本と見比べてください。",
            Self::BadEncoding => "文字コードが正しくないため、取り込んでいません。",
            Self::IncompleteRow => "必要な列がないため、この行は取り込んでいません。",
            Self::Figure => "図または数式があります。検索の対象にはならず、印だけを残しました。",
            Self::TooLarge => "上限を超えるため、取り込んでいません。",
        }
    }
}

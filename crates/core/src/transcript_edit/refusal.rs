//! Why a correction cannot be made, with the sentence for the desk.

use super::{MAX_EDITS, MAX_LISTED_SPEAKERS, MAX_REPLACED_CHARS, MAX_SEGMENT_CHARS};
use crate::meeting::MAX_TERM_CHARS;

/// Why a correction cannot be made. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// No such segment, or not any more.
    #[error("no such segment")]
    UnknownSegment,
    /// No such speaker, or not any more.
    #[error("no such speaker")]
    UnknownSpeaker,
    /// No such correction.
    #[error("no such edit")]
    UnknownEdit,
    /// The segment has no such replacement.
    #[error("no such replacement")]
    UnknownReplacement,
    /// It is undone already.
    #[error("undone already")]
    AlreadyUndone,
    /// Later corrections stand on it.
    #[error("later edits stand on it")]
    LaterEdits,
    /// Nothing would be left on one side.
    #[error("nothing to split off")]
    SplitAtEnd,
    /// Another segment lies between, or they are in the other order.
    #[error("not neighbours")]
    NotNeighbours,
    /// They are of two channels.
    #[error("of two channels")]
    TwoChannels,
    /// A speaker cannot be merged with itself.
    #[error("one and the same speaker")]
    SameSpeaker,
    /// A name that cannot be shown.
    #[error("unusable name")]
    NameUnusable,
    /// A text with line breaks or other control characters.
    #[error("unusable text")]
    TextUnusable,
    /// More than [`MAX_SEGMENT_CHARS`].
    #[error("too long a text")]
    TextTooLong,
    /// Nothing to search for, more than [`MAX_REPLACED_CHARS`], or the same on both sides.
    #[error("unusable replacement")]
    ReplacementUnusable,
    /// What is searched for is nowhere.
    #[error("not found")]
    NothingFound,
    /// The work is finished; reopen it first.
    #[error("finished")]
    Finished,
    /// The work is not finished.
    #[error("not finished")]
    NotFinished,
    /// [`MAX_LISTED_SPEAKERS`] are there.
    #[error("too many speakers")]
    TooManySpeakers,
    /// [`MAX_EDITS`] were made.
    #[error("too many edits")]
    TooManyEdits,
}

impl Refusal {
    /// Whether it is about something that does not exist.
    #[must_use]
    pub const fn is_unknown(self) -> bool {
        matches!(
            self,
            Self::UnknownSegment | Self::UnknownSpeaker | Self::UnknownEdit | Self::UnknownReplacement
        )
    }

    /// Whether it is about the state of the work, which may be another one by and by.
    #[must_use]
    pub const fn is_conflict(self) -> bool {
        matches!(
            self,
            Self::AlreadyUndone | Self::LaterEdits | Self::Finished | Self::NotFinished
        )
    }

    /// The sentence for the desk.
    #[must_use]
    pub fn sentence_ja(self) -> String {
        match self {
            Self::UnknownSegment => {
                "この発言はありません。結合や取り消しでなくなった可能性があります。一覧を読み直してください。"
                    .to_owned()
            }
            Self::UnknownSpeaker => {
                "この話者はいません。統合された可能性があります。一覧を読み直してください。".to_owned()
            }
            Self::UnknownEdit => "取り消す変更がありません。".to_owned(),
            Self::UnknownReplacement => {
                "単語帳による置き換えがありません。一覧を読み直してください。".to_owned()
            }
            Self::AlreadyUndone => "この変更はすでに取り消されています。".to_owned(),
            Self::LaterEdits => {
                "この変更の後に、同じ発言や話者が変更されています。先に新しい方の変更を取り消してください。"
                    .to_owned()
            }
            Self::SplitAtEnd => "発言の先頭や末尾では分割できません。文字の間を指定してください。".to_owned(),
            Self::NotNeighbours => "結合できるのは、続いている2つの発言だけです。".to_owned(),
            Self::TwoChannels => "別々のマイク(チャンネル)の発言は結合できません。".to_owned(),
            Self::SameSpeaker => "同じ話者どうしは統合できません。別の話者を指定してください。".to_owned(),
            Self::NameUnusable => {
                format!("話者の名前は、改行を含めず1文字以上 {MAX_TERM_CHARS} 文字までで書いてください。")
            }
            Self::TextUnusable => {
                "発言に改行などの制御文字は使えません。分けるときは分割してください。".to_owned()
            }
            Self::TextTooLong => {
                format!("1つの発言は {MAX_SEGMENT_CHARS} 文字までです。分割してください。")
            }
            Self::ReplacementUnusable => format!(
                "置換の前後には {MAX_REPLACED_CHARS} 文字までの違う言葉を、置換前は1文字以上で指定してください。"
            ),
            Self::NothingFound => "置換する言葉が見つかりませんでした。何も変更していません。".to_owned(),
            Self::Finished => "この会議録は完了になっています。直すときは再開してください。".to_owned(),
            Self::NotFinished => "この会議録は完了になっていません。".to_owned(),
            Self::TooManySpeakers => format!("話者は {MAX_LISTED_SPEAKERS} 人までです。"),
            Self::TooManyEdits => {
                format!("変更の数が上限({MAX_EDITS} 回)に達しました。書き出したファイルで続けてください。")
            }
        }
    }
}

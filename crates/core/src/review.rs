//! What people decide about the fields of a sheet, as rows that are only ever added; and what follows from them.
//!
//! A sheet is a page of a forms job that was sorted to a form. Promises: [`SheetReview::of`] is pure and
//! deterministic; nothing is lost, since undoing is a row too; under [`CheckPolicy::Double`] two people's values
//! never see each other before both are in, and a third person decides where they differ. Never: storage, a clock.

mod figures;
mod plan;
mod sheet;
#[cfg(test)]
mod tests;
mod values;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::UserId;

pub use figures::{FieldFigures, SheetFigures, figures};
pub use plan::SheetPlan;
pub use sheet::{FieldReview, SheetReview, Standing, Task};

/// Longest value, characters: a free text box of a form.
pub const MAX_VALUE_CHARS: usize = 500;
/// Rows of one sheet: a hundred fields decided ten times.
pub const MAX_ROWS: u64 = 1_000;

/// Which fields people look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckPolicy {
    /// 自動可: none; what is not 確実 goes out as it was read.
    None,
    /// 要確認のみ: those that are not 確実.
    #[default]
    Flagged,
    /// 全件: all.
    All,
    /// 二人: all, by two people who do not see each other's values or the reading.
    Double,
}

impl CheckPolicy {
    /// The words on the screen.
    #[must_use]
    pub const fn label_ja(self) -> &'static str {
        match self {
            Self::None => "自動可",
            Self::Flagged => "要確認のみ",
            Self::All => "全件",
            Self::Double => "二人",
        }
    }
}

/// What somebody decides about a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Decision {
    /// The proposed value is right.
    Accept,
    /// This is the value.
    Correct {
        /// The value; empty: nothing is written there.
        text: String,
    },
    /// Later, or by somebody else.
    Hold,
    /// Nobody can read it: the value goes out empty.
    Unreadable,
}

/// What somebody does with a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReviewAction {
    /// Decides about a field; a later decision of the same person takes the place of an earlier one.
    Decide {
        /// The field's key.
        field: String,
        /// What.
        decision: Decision,
    },
    /// Takes back an own decision.
    Undo {
        /// Number of the row.
        sequence: u64,
    },
    /// Has decided about everything that was to be decided.
    Finish,
    /// Opens a finished sheet again: everything that was decided stays.
    Reopen,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewRow {
    /// From 1, without gaps.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: UserId,
    /// What.
    pub action: ReviewAction,
}

/// What somebody saw of a sheet: which reading of its page, and how many rows behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SheetVersion {
    /// How often people had the page read anew (`core::sorting`).
    pub reading: u64,
    /// Rows behind that reading, at most [`MAX_ROWS`].
    pub rows: u64,
}

impl SheetVersion {
    /// One number for a tag: no two looks that saw different things have the same one, and a later one has more.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.reading * (MAX_ROWS + 1) + self.rows
    }
}

/// Why something cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReviewRefusal {
    /// The sheet has no such field.
    NoSuchField,
    /// Longer than [`MAX_VALUE_CHARS`], or with control characters.
    UnusableValue,
    /// Where two people write blind there is no proposed value to accept.
    NothingProposed,
    /// The field is audited blind: its reading is not shown.
    UnderAudit,
    /// The sheet is finished.
    Finished,
    /// The sheet is not finished.
    NotFinished,
    /// Fields are open yet.
    FieldsOpen,
    /// That row is no own decision that stands.
    NothingToUndo,
    /// Somebody who has written already may not be the second or third.
    AlreadyWritten,
    /// [`MAX_ROWS`].
    TooMany,
}

impl ReviewRefusal {
    /// What to do.
    #[must_use]
    pub const fn sentence_ja(self) -> &'static str {
        match self {
            Self::NoSuchField => "この様式にその欄はありません。画面を読み直してください。",
            Self::UnusableValue => "値は500文字以内で、改行などの制御文字を入れずに入力してください。",
            Self::NothingProposed => {
                "二人で別々に入力する欄では、読み取った値をそのまま承認できません。値を入力してください。"
            }
            Self::UnderAudit => {
                "抜き取り確認中の欄なので、読み取った値は見せていません。値を入力して決めてください。"
            }
            Self::Finished => "この用紙の確認は終わっています。直すときは「再開」してください。",
            Self::NotFinished => "この用紙の確認はまだ終わっていません。",
            Self::FieldsOpen => {
                "まだ決まっていない欄があります。保留にした欄も含めて決めてから完了してください。"
            }
            Self::NothingToUndo => "自分が決めた内容で、取り消せるものがありません。",
            Self::AlreadyWritten => "この用紙は一人目として入力済みです。二人目は別の人が入力してください。",
            Self::TooMany => "この用紙の変更が多すぎます。システム管理者に連絡してください。",
        }
    }
}

/// Rows that do not fit each other: a store that lost or doubled one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {0} of a review does not follow")]
pub struct RowsError(pub u64);

//! One blind audit: a value written without sight of the reading; where it differs, somebody else decides.
//!
//! People misread and mistype as often as the limit allows the reader to err, so a difference alone is no error:
//! a second person sees both values, not which is whose, and decides.

use serde::{Deserialize, Serialize};

use crate::form::FieldType;
use crate::id::UserId;
use crate::normal_form::normal_form;
use crate::review::MAX_VALUE_CHARS;

/// Where an audit stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AuditState {
    /// Nobody has written yet.
    Open,
    /// Somebody wrote another value than was read.
    Disputed {
        /// Who.
        by: UserId,
        /// What, in its normal form.
        text: String,
    },
    /// The reading is right.
    Clean,
    /// The reading is wrong.
    Wrong {
        /// The value, in its normal form.
        text: String,
    },
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditTask {
    /// 抜き取り確認: write what stands there.
    Write,
    /// 決定: two values differ.
    Decide,
}

/// How an audit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The reading is right.
    Clean,
    /// The reading is wrong.
    Wrong,
}

/// Why an answer cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditRefusal {
    /// The audit has ended.
    Ended,
    /// Whoever wrote one of the values may not decide.
    OwnValue,
    /// Longer than [`MAX_VALUE_CHARS`], or with control characters.
    UnusableValue,
}

impl AuditRefusal {
    /// What to do.
    #[must_use]
    pub const fn sentence_ja(self) -> &'static str {
        match self {
            Self::Ended => "この抜き取り確認は終わっています。次に進んでください。",
            Self::OwnValue => {
                "自分が入力した値と読み取りが異なる欄です。どちらが正しいかは別の人が決めてください。"
            }
            Self::UnusableValue => "値は500文字以内で、改行などの制御文字を入れずに入力してください。",
        }
    }
}

impl AuditState {
    /// What is to be done; `None` when it has ended.
    #[must_use]
    pub const fn task(&self) -> Option<AuditTask> {
        match self {
            Self::Open => Some(AuditTask::Write),
            Self::Disputed { .. } => Some(AuditTask::Decide),
            Self::Clean | Self::Wrong { .. } => None,
        }
    }

    /// How it ended; `None` when it has not.
    #[must_use]
    pub const fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Open | Self::Disputed { .. } => None,
            Self::Clean => Some(Verdict::Clean),
            Self::Wrong { .. } => Some(Verdict::Wrong),
        }
    }

    /// Who may not be asked.
    #[must_use]
    pub const fn not_by(&self) -> Option<UserId> {
        match self {
            Self::Disputed { by, .. } => Some(*by),
            _ => None,
        }
    }

    /// The two values of a dispute in an order that does not tell which was read; none otherwise.
    #[must_use]
    pub fn values(&self, kind: FieldType, reading: &str) -> Vec<String> {
        let Self::Disputed { text, .. } = self else {
            return Vec::new();
        };
        let mut values = vec![text.clone(), normal_form(kind, reading)];
        values.sort();
        values
    }

    /// The audit after somebody wrote `text` (empty: nothing is there, or nobody can read it) for a field that
    /// was read as `reading`. Values are compared in their normal form.
    ///
    /// # Errors
    /// [`AuditRefusal`].
    pub fn answered(
        &self,
        by: UserId,
        kind: FieldType,
        reading: &str,
        text: &str,
    ) -> Result<Self, AuditRefusal> {
        if text.chars().count() > MAX_VALUE_CHARS || text.chars().any(char::is_control) {
            return Err(AuditRefusal::UnusableValue);
        }
        let text = normal_form(kind, text);
        let is_same = text == normal_form(kind, reading);
        match self {
            Self::Clean | Self::Wrong { .. } => Err(AuditRefusal::Ended),
            Self::Disputed { by: first, .. } if *first == by => Err(AuditRefusal::OwnValue),
            Self::Open | Self::Disputed { .. } if is_same => Ok(Self::Clean),
            Self::Open => Ok(Self::Disputed { by, text }),
            Self::Disputed { .. } => Ok(Self::Wrong { text }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_value_is_clean_however_it_is_written() {
        let clean = AuditState::Open.answered(UserId::generate(), FieldType::Amount, "12340", "12,340円");
        assert_eq!(clean, Ok(AuditState::Clean));
        assert_eq!(
            AuditState::Clean.answered(UserId::generate(), FieldType::Amount, "1", "1"),
            Err(AuditRefusal::Ended)
        );
    }

    #[test]
    fn a_difference_is_decided_by_somebody_else() {
        let (one, other) = (UserId::generate(), UserId::generate());
        let answer =
            |state: &AuditState, by, text: &str| state.answered(by, FieldType::Name, "佐藤花子", text);
        let disputed = answer(&AuditState::Open, one, "佐籐花子").unwrap();
        assert_eq!(
            (disputed.task(), disputed.not_by()),
            (Some(AuditTask::Decide), Some(one))
        );
        assert_eq!(
            disputed.values(FieldType::Name, "佐藤花子"),
            ["佐籐花子", "佐藤花子"]
        );
        let turned = AuditState::Disputed {
            by: one,
            text: "佐藤花子".to_owned(),
        };
        assert_eq!(
            turned.values(FieldType::Name, "佐籐花子"),
            ["佐籐花子", "佐藤花子"],
            "the order does not tell which was read"
        );
        assert_eq!(answer(&disputed, one, "佐藤花子"), Err(AuditRefusal::OwnValue));
        assert_eq!(answer(&disputed, other, "佐藤 花子"), Ok(AuditState::Clean));
        let third = answer(&disputed, other, "佐藤華子").unwrap();
        assert_eq!(third.verdict(), Some(Verdict::Wrong));
        assert_eq!(
            answer(&AuditState::Open, one, "a\nb"),
            Err(AuditRefusal::UnusableValue)
        );
    }
}

//! 保存期間: what a 課 can set a period for, from when it counts, and what keeps a thing beyond it.
//!
//! Promises: without a period nothing is ever due; a period that was set or shortened just now takes nothing before
//! somebody had a whole day to see what it would take. Never: a deletion (the store's).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Longest period, days: a hundred years.
pub const MAX_DAYS: u32 = 36_500;
/// A period counts no earlier than this long after it was set.
pub const GRACE: SignedDuration = SignedDuration::from_hours(24);
/// Characters of the reason for which a job is held.
pub const MAX_REASON_CHARS: usize = 200;

/// What a period is set for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Material {
    /// Scans of forms with what was read, decided and put out.
    Forms,
    /// Recordings with their transcripts and minutes.
    Recordings,
    /// Texts of questions to the law desk; their counts stay.
    Questions,
    /// Voices kept with the person's consent.
    VoicePrints,
}

impl Material {
    /// All, in the order of the screen.
    pub const ALL: [Self; 4] = [Self::Forms, Self::Recordings, Self::Questions, Self::VoicePrints];

    /// The name in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Forms => "forms",
            Self::Recordings => "recordings",
            Self::Questions => "questions",
            Self::VoicePrints => "voice_prints",
        }
    }

    /// The reverse of [`Material::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|material| material.as_str() == text)
    }

    /// The word for the screen.
    #[must_use]
    pub const fn label_ja(self) -> &'static str {
        match self {
            Self::Forms => "帳票(用紙の画像・読み取り結果・確認の記録・出力)",
            Self::Recordings => "会議(録音・書き起こし・会議録)",
            Self::Questions => "法令・通知への質問の履歴(件数は残ります)",
            Self::VoicePrints => "登録した声",
        }
    }

    /// From when its period counts, for the screen.
    #[must_use]
    pub const fn counted_from_ja(self) -> &'static str {
        match self {
            Self::Forms | Self::Recordings => "最後に読み取り・修正・確認をした日から",
            Self::Questions => "質問した日から",
            Self::VoicePrints => "登録した日から",
        }
    }
}

/// What keeps a thing whose period is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keeper {
    /// 保存延長: an administrator holds it.
    Hold,
    /// A job on it has not ended.
    Work,
    /// Sheets of it are not reviewed.
    Review,
    /// Fields of it wait for a blind audit.
    Audit,
    /// Its minutes are not finished.
    Minutes,
}

impl Keeper {
    /// Why it stays, for the screen.
    #[must_use]
    pub const fn sentence_ja(self) -> &'static str {
        match self {
            Self::Hold => "保存延長の指定があります。",
            Self::Work => "処理が終わっていません。",
            Self::Review => "確認が終わっていません。確認を終えるか、要らなければ文書を消してください。",
            Self::Audit => "抜き取り確認を待っている欄があります。",
            Self::Minutes => {
                "会議録が「完成」になっていません。完成にするか、要らなければ文書を消してください。"
            }
        }
    }
}

/// When a thing that ended at `ended_at` is due under a period of `days` that was set at `set_at`.
/// The last instant there is when the calendar ends before.
#[must_use]
pub fn due_at(ended_at: Timestamp, days: u32, set_at: Timestamp) -> Timestamp {
    let after = |at: Timestamp, by: SignedDuration| at.checked_add(by).unwrap_or(Timestamp::MAX);
    let over = after(ended_at, SignedDuration::from_hours(i64::from(days) * 24));
    over.max(after(set_at, GRACE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_period_leaves_a_day_to_look() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let set = at("2026-04-01T00:00:00Z");
        let long_over = due_at(at("2020-01-01T00:00:00Z"), 30, set);
        assert_eq!(long_over, at("2026-04-02T00:00:00Z"));
        let later = due_at(at("2026-03-31T00:00:00Z"), 30, set);
        assert_eq!(later, at("2026-04-30T00:00:00Z"));
        assert_eq!(due_at(Timestamp::MAX, MAX_DAYS, set), Timestamp::MAX);
    }

    #[test]
    fn names_are_read_back() {
        for material in Material::ALL {
            assert_eq!(Material::parse(material.as_str()), Some(material));
            let json = serde_json::to_value(material).unwrap();
            assert_eq!(json, material.as_str());
        }
    }
}

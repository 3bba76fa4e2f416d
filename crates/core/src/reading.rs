//! What was read from a page: the values, how sure, why not, and the candidates.
//!
//! The same shape goes to the JSON artifact, the command line's output and the review screens.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::calibration::Signals;
use crate::code::ErrorCode;
use crate::form::MmBox;

/// Name of the JSON artifact of a job.
pub const FIELDS_JSON: &str = "fields.json";

/// 確実 / 要確認 / 読めません.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldState {
    /// 確実: no eyes needed under the form's policy.
    Sure,
    /// 要確認: a value is proposed, a person decides.
    Check,
    /// 読めません: ink is there but no value can be proposed.
    Unreadable,
}

impl FieldState {
    /// The word for the screen.
    #[must_use]
    pub const fn label_ja(self) -> &'static str {
        match self {
            Self::Sure => "確実",
            Self::Check => "要確認",
            Self::Unreadable => "読めません",
        }
    }
}

/// Why a field is not 確実 (or what was done to its value).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Differently prepared readings disagree.
    Disagreement,
    /// The recogniser's margin is low although the readings agree.
    LowConfidence,
    /// A required field has no ink.
    RequiredEmpty,
    /// The number of characters does not fit the boxes or the type.
    WrongLength,
    /// The check digit does not fit (個人番号, 法人番号).
    CheckDigit,
    /// The value is not one the type allows (an impossible date, a broken number).
    IllegalValue,
    /// More than one choice is marked, or a mark is faint.
    AmbiguousMark,
    /// Ink runs over the edge of the box.
    InkAtEdge,
    /// The page was registered with a larger error than usual.
    PoorRegistration,
    /// Ink without a legible character.
    NoText,
    /// Something is struck out or corrected by hand.
    Struckthrough,
    /// Not among the values of the field's master.
    NotInMaster,
    /// The value is the one reading that fits the field's way of writing; the plain reading did not.
    ReadByGrammar,
    /// The value is the one candidate that satisfies the rules.
    ChosenByRule,
    /// A rule of the form is broken; the explanations name it.
    RuleBroken,
    /// Readings of this field have been wrong too often to pass unseen.
    AtRisk,
    /// The field is audited blind: what was read is not shown until the audit has ended.
    UnderAudit,
}

impl Reason {
    /// The words for the screen.
    #[must_use]
    pub const fn label_ja(self) -> &'static str {
        match self {
            Self::Disagreement => "読み方によって結果が異なります",
            Self::LowConfidence => "読み取りの確信が低い文字があります",
            Self::RequiredEmpty => "必須の欄に記入がありません",
            Self::WrongLength => "桁数が合いません",
            Self::CheckDigit => "検査用数字が合いません",
            Self::IllegalValue => "この欄にありえない値です",
            Self::AmbiguousMark => "印がはっきりしないか、二つ以上あります",
            Self::InkAtEdge => "文字が枠からはみ出しています",
            Self::PoorRegistration => "用紙の位置合わせのずれが大きいページです",
            Self::NoText => "文字として読めません",
            Self::Struckthrough => "訂正された跡があります",
            Self::NotInMaster => "マスタにない値です",
            Self::ReadByGrammar => "この欄の書き方に合う読みを選びました",
            Self::ChosenByRule => "決まりに合う候補が一つだけだったので選びました",
            Self::RuleBroken => "決まりに合いません",
            Self::AtRisk => "読み誤りの見込みが高い欄です",
            Self::UnderAudit => "抜き取り確認が終わるまで、読み取った値を見せていません",
        }
    }

    /// Whether it is a doubt of some degree, which a low risk may outweigh; the others are for a person.
    #[must_use]
    pub const fn is_of_degree(self) -> bool {
        matches!(
            self,
            Self::Disagreement | Self::LowConfidence | Self::InkAtEdge | Self::PoorRegistration
        )
    }

    /// Whether it is about the proposed value itself, so that it goes when another value is proposed.
    #[must_use]
    pub const fn is_of_value(self) -> bool {
        matches!(
            self,
            Self::WrongLength
                | Self::CheckDigit
                | Self::IllegalValue
                | Self::NotInMaster
                | Self::ReadByGrammar
        )
    }
}

/// One reading of a field that a person may choose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The value.
    pub text: String,
    /// Share of the readings' weight behind it, 0–1; the list is sorted by it, falling.
    pub score: f32,
}

/// The reading of one field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldReading {
    /// The proposed value; empty when there is no ink.
    pub text: String,
    /// How sure.
    pub state: FieldState,
    /// Why not sure; empty when sure.
    pub reasons: Vec<Reason>,
    /// The reasons as Japanese sentences, in the same order; a broken rule by its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explanations: Vec<String>,
    /// Up to five, the proposed value first.
    pub candidates: Vec<Candidate>,
    /// What was noticed while reading, for the risk that it is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signals: Option<Signals>,
}

impl FieldReading {
    /// Adds a reason that is not there yet; what was 確実 is then 要確認.
    pub fn add(&mut self, reason: Reason) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
        if self.state == FieldState::Sure {
            self.state = FieldState::Check;
        }
    }

    /// Writes the explanations; `rules` are the sentences of broken rules.
    pub fn explain(&mut self, rules: &[String]) {
        self.explanations = self
            .reasons
            .iter()
            .flat_map(|reason| match reason {
                Reason::RuleBroken if !rules.is_empty() => rules.to_vec(),
                other => vec![other.label_ja().to_owned()],
            })
            .collect();
    }
}

/// What became of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PageKind {
    /// Sorted to a form and read.
    Form,
    /// `unknown_form`: matches no defined form (わからない tray).
    UnknownForm,
    /// Blank, dropped from the output.
    Blank,
    /// Not opened or not read.
    Failed {
        /// Why.
        code: ErrorCode,
    },
}

/// One line of full text of a page that no form matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextLine {
    /// The text.
    pub text: String,
    /// Corners in page pixels (200 dpi, upright): top left, top right, bottom right, bottom left.
    pub quad: [[f32; 2]; 4],
}

/// Where a form lies on a page: the projective map (row-major 3×3) from millimetres on the blank page to
/// pixels of the upright page at 200 dpi.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Placement(pub [f32; 9]);

impl Placement {
    /// Where a point of the blank page (millimetres) lies on the page (pixels).
    #[must_use]
    pub fn point(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let h = &self.0;
        let w = h[6] * x + h[7] * y + h[8];
        [(h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w]
    }

    /// Corners of a box on the page: top left, top right, bottom right, bottom left.
    #[must_use]
    pub fn quad(&self, area: MmBox) -> [[f32; 2]; 4] {
        let (right, bottom) = (area.x + area.w, area.y + area.h);
        [
            [area.x, area.y],
            [right, area.y],
            [right, bottom],
            [area.x, bottom],
        ]
        .map(|corner| self.point(corner))
    }
}

/// The reading of one page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageReading {
    /// Page number, from 1.
    pub page: u32,
    /// What became of it.
    #[serde(flatten)]
    pub kind: PageKind,
    /// Id of the form, when sorted to one.
    pub form: Option<String>,
    /// Version of the form definition, when sorted to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form_version: Option<u32>,
    /// Clockwise quarter turns that made the page upright (0–3).
    #[serde(default)]
    pub quarter_turns: u8,
    /// Median distance of the printed patches from their place after registration, pixels at 200 dpi.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_error: Option<f32>,
    /// Where the form lies on the page, when sorted to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<Placement>,
    /// Field readings by key.
    pub fields: BTreeMap<String, FieldReading>,
    /// Full text, top to bottom, of a page that no form matches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<TextLine>,
}

/// A document's readings: the JSON artifact and the command line's output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentReading {
    /// Pages in the order of the document.
    pub pages: Vec<PageReading>,
}

//! What people keep on the wire: the 課's own questions and answers, favourites, the synonym table.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shoki_core::corpus::PassageKind;
use shoki_core::id::{FaqId, FavouriteId, QuestionId, SourceId, UserId};
use shoki_store::corpus_model::{Faq, FaqVersion, Favourite, ItemPlace, SynonymVersion};
use utoipa::ToSchema;

use super::source::PassageKeyBody;

/// A place in a source, whichever revision is in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaceBody {
    /// Id of the source.
    #[schema(value_type = uuid::Uuid)]
    pub source_id: SourceId,
    /// Its title.
    pub title: String,
    /// What the passage is.
    #[schema(value_type = String, example = "article")]
    pub kind: PassageKind,
    /// Its id in the source.
    #[schema(example = "78_2")]
    pub item: String,
    /// Where it is today; absent when it is not in force any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passage: Option<PassageKeyBody>,
    /// As a person writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// 条見出し.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

impl From<ItemPlace> for PlaceBody {
    fn from(place: ItemPlace) -> Self {
        Self {
            source_id: place.source,
            title: place.title,
            kind: place.kind,
            item: place.item,
            passage: place.passage.map(PassageKeyBody::from),
            label: place.label,
            caption: place.caption,
        }
    }
}

/// A question and answer to keep.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFaqBody {
    /// A question of the own history to keep; its (masked) text is taken unless `question` is given.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub question_id: Option<QuestionId>,
    /// The question.
    pub question: Option<String>,
    /// The answer.
    pub answer: String,
    /// The passages it rests on.
    #[serde(default)]
    pub citing: Vec<PassageKeyBody>,
}

/// A question and answer of the own 課.
#[derive(Debug, Serialize, ToSchema)]
pub struct FaqBody {
    /// Id.
    #[schema(value_type = uuid::Uuid)]
    pub id: FaqId,
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
    /// What it rests on.
    pub citing: Vec<PlaceBody>,
    /// Who wrote it.
    #[schema(value_type = uuid::Uuid)]
    pub created_by: UserId,
    /// That person's name.
    pub author: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// How often it was said, from 1; also its `ETag`.
    pub version: u64,
    /// Whether it was withdrawn (取り下げ): it takes no part in the search until it is taken up again.
    pub withdrawn: bool,
    /// Name of who changed it last.
    pub changed_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
}

/// What of an entry becomes different; what is absent stays. What it rests on stays too.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FaqPatch {
    /// The question.
    #[serde(default)]
    pub question: Option<String>,
    /// The answer.
    #[serde(default)]
    pub answer: Option<String>,
    /// `true`: it takes no part in the search any more; `false`: it does again.
    #[serde(default)]
    pub withdrawn: Option<bool>,
}

/// What an entry said at a time.
#[derive(Debug, Serialize, ToSchema)]
pub struct FaqVersionBody {
    /// Its number, from 1.
    pub version: u64,
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
    /// Whether it took no part in the search.
    pub withdrawn: bool,
    /// Who said so.
    #[schema(value_type = uuid::Uuid)]
    pub user: UserId,
    /// That person's name.
    pub author: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl From<FaqVersion> for FaqVersionBody {
    fn from(version: FaqVersion) -> Self {
        Self {
            version: version.version,
            question: version.question,
            answer: version.answer,
            withdrawn: version.withdrawn,
            user: version.user,
            author: version.author,
            at: version.at,
        }
    }
}

impl From<Faq> for FaqBody {
    fn from(faq: Faq) -> Self {
        Self {
            id: faq.id,
            question: faq.question,
            answer: faq.answer,
            citing: faq.citing.into_iter().map(PlaceBody::from).collect(),
            created_by: faq.created_by,
            author: faq.author,
            created_at: faq.created_at,
            version: faq.version,
            withdrawn: faq.withdrawn,
            changed_by: faq.changed_by,
            changed_at: faq.changed_at,
        }
    }
}

/// A passage to keep at hand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFavouriteBody {
    /// Which.
    pub passage: PassageKeyBody,
    /// Own words about it, up to 500 characters.
    #[serde(default)]
    pub note: String,
}

/// A passage kept at hand.
#[derive(Debug, Serialize, ToSchema)]
pub struct FavouriteBody {
    /// Id.
    #[schema(value_type = uuid::Uuid)]
    pub id: FavouriteId,
    /// Which.
    #[serde(flatten)]
    pub place: PlaceBody,
    /// Own words about it.
    pub note: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<Favourite> for FavouriteBody {
    fn from(favourite: Favourite) -> Self {
        Self {
            id: favourite.id,
            place: favourite.place.into(),
            note: favourite.note,
            created_at: favourite.created_at,
        }
    }
}

/// The office's synonym table.
#[derive(Debug, Serialize, ToSchema)]
pub struct SynonymsBody {
    /// Its version; 0 as long as the office has none of its own. Also the `ETag`.
    pub version: u64,
    /// The table (TOML).
    pub rules: String,
    /// Who put it in use.
    #[schema(value_type = Option<uuid::Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl From<Option<SynonymVersion>> for SynonymsBody {
    fn from(version: Option<SynonymVersion>) -> Self {
        let Some(version) = version else {
            return Self {
                version: 0,
                rules: String::new(),
                user: None,
                at: None,
            };
        };
        Self {
            version: version.version,
            rules: version.rules,
            user: version.user,
            at: Some(version.at),
        }
    }
}

/// A synonym table to try.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialSynonymsBody {
    /// The table (TOML).
    pub rules: String,
}

/// A synonym table to use.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSynonymsBody {
    /// The table (TOML).
    pub rules: String,
    /// Why it is used although known answers get worse, one line; it is kept in the audit log.
    #[schema(example = "新しい要綱に合わせるため")]
    pub despite: Option<String>,
}

/// What a rule of a synonym table does.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleEffectBody {
    /// The rule, as a person reads it.
    #[schema(example = "貯金 → 資産")]
    pub rule: String,
    /// Questions of the own 課's log that it widens, masked.
    pub questions: Vec<String>,
}

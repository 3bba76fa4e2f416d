//! Kept voices on the wire: names and dates, never a voice.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shoki_core::id::{JobId, UserId, VoicePrintId};
use shoki_core::transcript::SpeakerId;
use utoipa::ToSchema;

use crate::voices::KeptVoice;

/// A voice to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVoice {
    /// Whose it is.
    #[schema(example = "佐藤課長")]
    pub name: String,
    /// `true`: the person has agreed that the voice is kept.
    pub consent: bool,
    /// A meeting in which the person speaks.
    #[schema(value_type = uuid::Uuid)]
    pub job: JobId,
    /// The person's number in it.
    #[schema(value_type = String, example = "S1")]
    pub speaker: SpeakerId,
}

/// A voice that is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct VoiceBody {
    /// Id.
    #[schema(value_type = uuid::Uuid)]
    pub id: VoicePrintId,
    /// Whose it is; absent when it cannot be opened any more (delete it then).
    pub name: Option<String>,
    /// Who recorded the person's consent.
    #[schema(value_type = uuid::Uuid)]
    pub created_by: UserId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<KeptVoice> for VoiceBody {
    fn from(voice: KeptVoice) -> Self {
        Self {
            id: voice.id,
            name: voice.name,
            created_by: voice.created_by,
            created_at: voice.created_at,
        }
    }
}

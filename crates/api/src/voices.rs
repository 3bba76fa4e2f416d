//! Voices kept with the person's consent: sealed and opened, and the names they suggest.
//!
//! Promises: a name is only ever proposed, for a speaker without one; nothing that was deleted is proposed,
//! since proposals are made when somebody looks and written nowhere. Never: a voice in an answer.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;
use shoki_core::id::{DepartmentId, UserId, VoicePrintId};
use shoki_core::transcript::SpeakerId;
use shoki_core::voice_print::{PrintRules, VoicePrint, propose};
use shoki_store::voice_seal::VoiceSeal;
use shoki_store::{JobStore, StoreError};

use crate::meetings::Meeting;
use crate::problem::Problem;
use crate::wire::transcript::SpeakerBody;

/// Where voices are kept, and how sure a proposal must be.
#[derive(Clone, Debug)]
pub struct Voices {
    /// The lock.
    pub seal: VoiceSeal,
    /// The rules of each model that voices can be of: a likeness means something else for each. For a voice of
    /// another model no name is proposed.
    pub rules: HashMap<Sha256, PrintRules>,
}

/// What is sealed.
#[derive(Debug, Serialize, Deserialize)]
struct Sealed {
    name: String,
    print: VoicePrint,
}

/// A voice that is kept.
#[derive(Debug)]
pub struct KeptVoice {
    /// Id.
    pub id: VoicePrintId,
    /// Whose; absent when it cannot be opened any more.
    pub name: Option<String>,
    /// The voice.
    print: Option<VoicePrint>,
    /// Who recorded the consent.
    pub created_by: UserId,
    /// When.
    pub created_at: jiff::Timestamp,
}

impl Voices {
    /// The voices of a 課, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn kept(
        &self,
        store: &dyn JobStore,
        department: DepartmentId,
    ) -> Result<Vec<KeptVoice>, StoreError> {
        let rows = store.voice_prints(department).await?;
        let kept = rows.into_iter().map(|row| {
            let opened = self.seal.open(department, row.id, &row.sealed);
            let opened = opened.and_then(|text| {
                serde_json::from_slice::<Sealed>(&text).map_err(|error| StoreError::Corrupt {
                    what: "voice print",
                    detail: format!("column {}", error.column()),
                })
            });
            let opened = match opened {
                Ok(sealed) => Some(sealed),
                Err(error) => {
                    tracing::warn!(id = %row.id, %error, "a voice print cannot be opened");
                    None
                }
            };
            let (name, print) = match opened {
                Some(sealed) => (Some(sealed.name), Some(sealed.print)),
                None => (None, None),
            };
            KeptVoice {
                id: row.id,
                name,
                print,
                created_by: row.created_by,
                created_at: row.created_at,
            }
        });
        Ok(kept.collect())
    }

    /// Keeps a person's voice.
    ///
    /// # Errors
    /// `conflict` when one of this name is kept; the store's.
    pub async fn keep(
        &self,
        store: &dyn JobStore,
        actor: &Actor,
        name: String,
        print: VoicePrint,
    ) -> Result<KeptVoice, Problem> {
        let kept = self.kept(store, actor.department).await?;
        if kept.iter().any(|voice| voice.name.as_deref() == Some(&name)) {
            let sentence = "同じ名前の声が登録されています。入れ替えるときは先に削除してください。";
            return Err(Problem::new(ErrorCode::Conflict).detail(sentence));
        }
        let id = VoicePrintId::generate();
        let sealed = Sealed { name, print };
        let text = serde_json::to_vec(&sealed).map_err(|_| Problem::new(ErrorCode::Internal))?;
        let sealed_text = self.seal.seal(actor.department, id, &text)?;
        let row = store.keep_voice_print(actor, id, &sealed_text).await?;
        Ok(KeptVoice {
            id,
            name: Some(sealed.name),
            print: Some(sealed.print),
            created_by: row.created_by,
            created_at: row.created_at,
        })
    }

    /// Fills in the names that kept voices suggest for speakers who have none.
    ///
    /// # Errors
    /// The store's.
    pub async fn propose(
        &self,
        store: &dyn JobStore,
        department: DepartmentId,
        meeting: &Meeting,
        speakers: &mut [SpeakerBody],
    ) -> Result<(), StoreError> {
        let model = meeting.heard.diarization.model;
        let Some(rules) = model.and_then(|model| self.rules.get(&model)) else {
            return Ok(());
        };
        if speakers.iter().all(|speaker| speaker.name.is_some()) {
            return Ok(());
        }
        let kept = self.kept(store, department).await?;
        let known = kept.into_iter().filter_map(|voice| voice.name.zip(voice.print));
        let (names, prints): (Vec<String>, Vec<VoicePrint>) = known.unzip();
        let proposals = propose(&meeting.heard.diarization, &prints, *rules);
        // Speaker n of the transcript is the diarization's index n − 1.
        for (number, proposal) in (1..).zip(proposals) {
            let Some(name) = proposal.and_then(|found| names.get(found.print)) else {
                continue;
            };
            let taken = speakers.iter().any(|speaker| speaker.name.as_ref() == Some(name));
            let unnamed = speakers
                .iter_mut()
                .find(|speaker| speaker.id == SpeakerId(number) && speaker.name.is_none());
            if let Some(speaker) = unnamed.filter(|_| !taken) {
                speaker.proposed_name = Some(name.clone());
            }
        }
        Ok(())
    }
}

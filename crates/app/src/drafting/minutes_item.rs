//! From an item of a meeting's agenda to its drafted sentences.
//!
//! Promise: what leaves the process is what was said under that item, the meeting's name and the item's. Names
//! are not masked: minutes are made of them, and the server is the operator's own. Never: a judgement on a
//! sentence (it is held against the transcript each time minutes are written).

use shoki_api::minutes_desk::Subject;
use shoki_core::minutes_draft::DraftedItem;
use shoki_speech::minutes::draft;

use super::DraftingError;
use super::answer::{DraftError, Drafter};
use super::chat::{ChatRequest, Message, Role, Schema};

impl Drafter {
    /// A draft of the `item`-th entry of the agenda; `None`: there is no such item.
    ///
    /// # Errors
    /// [`DraftError`].
    pub async fn item(&self, subject: &Subject, item: usize) -> Result<Option<DraftedItem>, DraftError> {
        let transcript = subject.meeting.edited.transcript();
        let Some(prompt) = draft::prompt(&transcript, &subject.options, &subject.style, item) else {
            return Ok(None);
        };
        let mut sentences = Vec::new();
        for portion in &prompt.portions {
            let request = ChatRequest {
                messages: vec![
                    Message {
                        role: Role::System,
                        content: draft::rules().to_owned(),
                    },
                    Message {
                        role: Role::User,
                        content: portion.user.clone(),
                    },
                ],
                schema: Some(Schema {
                    name: "draft_minutes",
                    schema: draft::schema(),
                }),
            };
            let content = self.client().complete(&request).await?;
            let read = portion.read(&content);
            sentences.extend(read.map_err(|_| DraftingError::Unusable("no JSON of points"))?);
        }
        Ok(Some(DraftedItem {
            heading: prompt.heading,
            model: self.client().model().to_owned(),
            sentences,
        }))
    }
}

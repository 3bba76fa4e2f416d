//! Chat completions as OpenAI-compatible servers speak them: the request with its wish for JSON, and the
//! text of the answer.
//!
//! Promise: an answer that was cut off is an error, never half a text. Never: streaming, tools.

use serde::Deserialize;
use serde_json::{Value, json};

use super::DraftingError;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The rules.
    System,
    /// What is asked.
    User,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who.
    pub role: Role,
    /// What.
    pub content: String,
}

/// The JSON that the answer must be.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// Its name: letters and underscores.
    pub name: &'static str,
    /// JSON schema.
    pub schema: Value,
}

/// A request.
#[derive(Clone, Debug, PartialEq)]
pub struct ChatRequest {
    /// What is said, in order.
    pub messages: Vec<Message>,
    /// The shape wanted, when one is.
    pub schema: Option<Schema>,
}

/// How the shape is asked for, from the strictest to nothing: servers know different ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// `json_schema`.
    Schema,
    /// `json_object`.
    Object,
    /// Not at all: the prompt alone says it.
    Plain,
}

impl Format {
    /// What to try when a server does not know this one.
    pub(super) const fn weaker(self) -> Option<Self> {
        match self {
            Self::Schema => Some(Self::Object),
            Self::Object => Some(Self::Plain),
            Self::Plain => None,
        }
    }

    pub(super) const ALL: [Self; 3] = [Self::Schema, Self::Object, Self::Plain];
}

impl ChatRequest {
    /// The request's body.
    pub(super) fn body(&self, model: &str, max_tokens: u32, format: Format) -> Vec<u8> {
        let messages: Vec<Value> = self
            .messages
            .iter()
            .map(|message| {
                let role = match message.role {
                    Role::System => "system",
                    Role::User => "user",
                };
                json!({ "role": role, "content": message.content })
            })
            .collect();
        let mut body = json!({
            "model": model,
            "messages": messages,
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": false,
        });
        match (&self.schema, format) {
            (Some(wanted), Format::Schema) => {
                body["response_format"] = json!({
                    "type": "json_schema",
                    "json_schema": { "name": wanted.name, "strict": true, "schema": wanted.schema },
                });
            }
            (Some(_), Format::Object) => body["response_format"] = json!({ "type": "json_object" }),
            (Some(_), Format::Plain) | (None, _) => {}
        }
        body.to_string().into_bytes()
    }
}

#[derive(Debug, Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    message: Spoken,
    finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Spoken {
    content: Option<String>,
}

/// The text of an answer.
pub(super) fn content(body: &[u8]) -> Result<String, DraftingError> {
    let completion: Completion =
        serde_json::from_slice(body).map_err(|_| DraftingError::Unusable("no chat completion"))?;
    let choice = completion
        .choices
        .into_iter()
        .next()
        .ok_or(DraftingError::Unusable("no choice"))?;
    if choice.finish_reason.as_deref() == Some("length") {
        return Err(DraftingError::Unusable("cut off at max_tokens"));
    }
    choice
        .message
        .content
        .ok_or(DraftingError::Unusable("no content"))
}

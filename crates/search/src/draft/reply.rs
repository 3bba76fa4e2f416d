//! The model's reply as JSON, read with patience for what models put around it and none for what is
//! missing: a fence or words around one object are taken off, half an object is refused.
//!
//! Promise: bounded in length and in count. Never: a sentence made out of a text that is no JSON.

use serde::Deserialize;
use shoki_core::draft::json_object;

/// Longest reply looked at, bytes.
const MAX_REPLY_BYTES: usize = 256 * 1024;
/// Statements taken; a draft is short.
pub(super) const MAX_STATEMENTS: usize = 12;
/// Quotes of one statement.
pub(super) const MAX_QUOTES: usize = 8;

/// A reply that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// Longer than any draft.
    #[error("the reply is too long")]
    TooLong,
    /// No whole JSON object of the agreed shape.
    #[error("the reply is not the agreed JSON")]
    NotJson,
}

/// What the model says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Reply {
    /// The conclusion, sentence by sentence.
    pub conclusion: Vec<Statement>,
}

/// One sentence of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Statement {
    /// The words.
    pub sentence: String,
    /// What they rest on.
    #[serde(default)]
    pub quotes: Vec<StatementQuote>,
}

/// A quote as the model gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct StatementQuote {
    /// Id of the passage: `P1`.
    pub passage: String,
    /// Its words.
    pub quote: String,
}

/// Reads a reply.
///
/// # Errors
/// [`ReplyError`].
pub fn read(content: &str) -> Result<Reply, ReplyError> {
    if content.len() > MAX_REPLY_BYTES {
        return Err(ReplyError::TooLong);
    }
    let object = json_object(content).ok_or(ReplyError::NotJson)?;
    serde_json::from_str(object).map_err(|_| ReplyError::NotJson)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str =
        r#"{"conclusion":[{"sentence":"届け出る。","quotes":[{"passage":"P1","quote":"届け出"}]}]}"#;

    #[test]
    fn what_stands_around_the_object_is_taken_off() {
        let whole = read(WHOLE).expect("JSON");
        assert_eq!(whole.conclusion[0].quotes[0].passage, "P1");
        for content in [
            format!("```json\n{WHOLE}\n```"),
            format!("承知しました。\n{WHOLE}"),
            format!("  {WHOLE}\n"),
        ] {
            assert_eq!(read(&content), Ok(whole.clone()), "{content}");
        }
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        for content in [
            "",
            "わかりません。",
            &WHOLE[..WHOLE.len() / 2],
            &WHOLE[..WHOLE.len() - 1],
            "{}",
            "[]",
            "}{",
        ] {
            assert_eq!(read(content), Err(ReplyError::NotJson), "{content}");
        }
        assert_eq!(read(&"あ".repeat(MAX_REPLY_BYTES)), Err(ReplyError::TooLong));
    }
}

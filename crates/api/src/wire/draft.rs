//! A draft answer on the wire.

use serde::Serialize;
use shoki_core::draft::{Draft, DraftQuote, DraftSentence, DropReason, LABEL_JA};
use utoipa::ToSchema;

use super::hit::SpanBody;
use super::source::PassageKeyBody;

/// A draft answer: only sentences whose quotes were found in the passages.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftBody {
    /// What must stand over it on every screen and paper.
    #[schema(example = "下書き(機械が作成、根拠を確認してください)")]
    pub label: &'static str,
    /// The verified sentences; empty when there is no draft.
    pub sentences: Vec<DraftSentenceBody>,
    /// Sentences that were not shown, by reason.
    pub dropped: Vec<DroppedBody>,
    /// Why there is no draft, or what else there is to say about it.
    pub messages: Vec<String>,
    /// Whether personal data in the question was masked before it was handed to the model.
    pub masked: bool,
    /// The model that wrote; absent when none was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// A verified sentence.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftSentenceBody {
    /// The sentence.
    pub text: String,
    /// What it rests on, at least one.
    pub quotes: Vec<DraftQuoteBody>,
}

/// Words of a passage, by their place in its text (bytes of UTF-8).
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftQuoteBody {
    /// The passage.
    pub passage: PassageKeyBody,
    /// Title of its source.
    #[schema(example = "生活保護法")]
    pub title: String,
    /// As a person writes its place.
    #[schema(example = "第六十三条")]
    pub label: String,
    /// Where the words stand in the passage's text.
    #[serde(flatten)]
    pub span: SpanBody,
    /// The passage's own words.
    pub text: String,
}

/// How many sentences were not shown for one reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct DroppedBody {
    /// Why.
    #[schema(value_type = String, example = "number_not_quoted")]
    pub reason: DropReason,
    /// The same for the screen.
    #[schema(example = "引用にない数字・金額・期限があります")]
    pub reason_label: &'static str,
    /// How many.
    pub count: usize,
}

impl DraftBody {
    /// Says that no model was asked, and why.
    #[must_use]
    pub fn none(message: &str) -> Self {
        Self {
            label: LABEL_JA,
            sentences: Vec::new(),
            dropped: Vec::new(),
            messages: vec![message.to_owned()],
            masked: false,
            model: None,
        }
    }
}

impl From<Draft> for DraftBody {
    fn from(draft: Draft) -> Self {
        let count = |reason| draft.dropped.iter().filter(|one| **one == reason).count();
        let dropped: Vec<DroppedBody> = DropReason::ALL
            .into_iter()
            .map(|reason| DroppedBody {
                reason,
                reason_label: reason.label_ja(),
                count: count(reason),
            })
            .filter(|body| body.count > 0)
            .collect();
        Self {
            label: LABEL_JA,
            messages: draft.messages_ja(),
            dropped,
            masked: draft.masked,
            sentences: draft.sentences.into_iter().map(DraftSentenceBody::from).collect(),
            model: Some(draft.model),
        }
    }
}

impl From<DraftSentence> for DraftSentenceBody {
    fn from(sentence: DraftSentence) -> Self {
        Self {
            text: sentence.text,
            quotes: sentence.quotes.into_iter().map(DraftQuoteBody::from).collect(),
        }
    }
}

impl From<DraftQuote> for DraftQuoteBody {
    fn from(quote: DraftQuote) -> Self {
        Self {
            passage: quote.passage.into(),
            title: quote.title,
            label: quote.label,
            span: quote.span.into(),
            text: quote.text,
        }
    }
}

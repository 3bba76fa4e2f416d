//! What a language model drafted of one agenda item, as it is kept: sentences with the places they cite.
//!
//! Promise: nothing here says that a sentence is borne out; that is asked anew of the corrected transcript each
//! time minutes are written. Never: a sentence without the model that wrote it.

use serde::{Deserialize, Serialize};

use crate::minutes::EvidenceSpan;

/// A drafted agenda item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftedItem {
    /// The item; absent in a meeting without items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// The model, as the operator named it.
    pub model: String,
    /// Its sentences, in order; may be none.
    pub sentences: Vec<DraftedSentence>,
}

/// A sentence that a model wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftedSentence {
    /// The sentence.
    pub text: String,
    /// What it names as its ground; may be none.
    pub cites: Vec<EvidenceSpan>,
}

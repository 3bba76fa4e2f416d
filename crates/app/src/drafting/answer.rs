//! From a question and its evidence to a verified draft.
//!
//! Promises: what leaves the process is the masked question and the cited passages, nothing else; what
//! comes back passes `shoki_search::draft::verify` or is not shown.

use std::sync::Arc;

use shoki_api::masking::masked;
use shoki_core::draft::Draft;
use shoki_search::draft::{self, Cited};
use shoki_search::query::personal;
use shoki_store::CorpusStore;
use shoki_store::corpus_model::PlacedPassage;

use super::chat::{ChatRequest, Message, Role, Schema};
use super::client::ChatClient;
use super::server::Server;
use super::{DraftingError, ServerFault};
use crate::config::DraftingConfig;
use crate::corpus::names;

/// What stands for a masked character of a question that was masked before.
const MASK: char = '〓';

/// Makes drafts; cheap to clone.
#[derive(Clone, Debug)]
pub struct Drafter {
    client: ChatClient,
    store: Arc<dyn CorpusStore>,
}

/// Why there is no draft.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// The server.
    #[error(transparent)]
    Server(#[from] DraftingError),
    /// The names of the sources could not be read.
    #[error(transparent)]
    Store(#[from] shoki_store::StoreError),
}

impl Drafter {
    /// A drafter on the configured server; `None` when drafting is off.
    ///
    /// # Errors
    /// [`ServerFault`].
    pub fn of(config: &DraftingConfig, store: Arc<dyn CorpusStore>) -> Result<Option<Self>, ServerFault> {
        Ok(Server::of(config)?.map(|server| Self {
            client: ChatClient::new(server, &config.model, config.max_tokens, config.timeout()),
            store,
        }))
    }

    /// The client.
    #[must_use]
    pub const fn client(&self) -> &ChatClient {
        &self.client
    }

    /// A draft on these passages, best first; they must be a basis.
    ///
    /// # Errors
    /// [`DraftError`].
    pub async fn draft(&self, question: &str, passages: Vec<PlacedPassage>) -> Result<Draft, DraftError> {
        let names = names::of(&self.store.live_revisions().await?);
        let spans = personal::spans(question);
        let question = masked(question, &spans);
        let prompt = draft::prompt(&question, passages.into_iter().map(cited).collect());
        let request = ChatRequest {
            messages: vec![
                Message {
                    role: Role::System,
                    content: prompt.system,
                },
                Message {
                    role: Role::User,
                    content: prompt.user,
                },
            ],
            schema: Some(Schema {
                name: "draft_answer",
                schema: draft::schema(),
            }),
        };
        let content = self.client.complete(&request).await?;
        let reply = draft::read(&content).map_err(|_| DraftingError::Unusable("no JSON of a draft"))?;
        let verified = draft::verify(&reply, &prompt.cited, &names, &question);
        Ok(Draft {
            sentences: verified.sentences,
            dropped: verified.dropped,
            masked: !spans.is_empty() || question.contains(MASK),
            model: self.client.model().to_owned(),
        })
    }
}

fn cited(placed: PlacedPassage) -> Cited {
    Cited {
        key: placed.key,
        title: placed.source.head.title,
        rank: placed.source.head.rank,
        passage: placed.passage,
    }
}

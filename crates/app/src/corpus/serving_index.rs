//! The index of this installation, wherever the configuration puts it.
//!
//! Promises: an index of another embedder, or a damaged one, is made anew beside it; what the operator has
//! to mend is said as a sentence. Never: a server that the operator did not name, a key in a message.

use std::path::PathBuf;
use std::sync::Arc;

use shoki_search::index::embedded::EmbeddedIndex;
use shoki_search::index::qdrant::{QdrantAddress, QdrantIndex};
use shoki_search::index::{Fingerprint, IndexError, PassageIndex};

use crate::command::Refusal;
use crate::config::{Config, IndexSetting, Place};
use crate::place;

/// Longest key, bytes.
const MAX_KEY_BYTES: usize = 8 * 1024;

/// Where the index lies.
#[derive(Clone, Debug)]
pub enum IndexPlace {
    /// In a directory.
    Directory(PathBuf),
    /// On a server.
    Server(QdrantAddress),
}

/// An open index.
#[derive(Clone, Debug)]
pub enum ServingIndex {
    /// In a directory.
    Embedded(Arc<EmbeddedIndex>),
    /// On a server.
    Qdrant(Arc<QdrantIndex>),
}

impl IndexPlace {
    /// The place that the configuration names; a directory is made.
    ///
    /// # Errors
    /// [`Refusal`] when the directory cannot be made, or the server's key not be read.
    pub fn of(config: &Config) -> Result<Self, Refusal> {
        let search = &config.search;
        // Beside an index on a server lies the note of how far it was fed.
        let directory = place::index_dir(config);
        place::make_private_dir(&directory)?;
        if search.index == IndexSetting::Embedded {
            return Ok(Self::Directory(directory));
        }
        let api_key = match &search.qdrant_api_key_file {
            Place::At(path) => {
                let key = std::fs::read_to_string(path).unwrap_or_default();
                let key = key.trim();
                if !(1..=MAX_KEY_BYTES).contains(&key.len()) {
                    return Err(Refusal::said(format!(
                        "search.qdrant_api_key_file: {} から鍵を読めません。場所と権限、中身が鍵だけであることを確かめてください。",
                        path.display()
                    )));
                }
                Some(key.to_owned())
            }
            Place::Auto | Place::Off => None,
        };
        Ok(Self::Server(QdrantAddress {
            url: search.qdrant_url.clone(),
            api_key,
            name: search.qdrant_collection.clone(),
        }))
    }

    /// Opens the index, made anew when it is another embedder's or damaged; whether it was, so that it has
    /// to be fed and published.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn open(&self, fingerprint: &Fingerprint) -> Result<(ServingIndex, bool), IndexError> {
        let opened = match self {
            Self::Directory(directory) => EmbeddedIndex::open(directory, fingerprint.clone())
                .map(|index| ServingIndex::Embedded(Arc::new(index))),
            Self::Server(address) => QdrantIndex::open(address, fingerprint.clone())
                .and_then(|index| index.probe().map(|()| ServingIndex::Qdrant(Arc::new(index)))),
        };
        match opened {
            Err(IndexError::OtherFingerprint | IndexError::Damaged(_)) => {
                Ok((self.rebuild(fingerprint)?, true))
            }
            opened => opened.map(|index| (index, false)),
        }
    }

    /// An empty index beside the one that serves, to be fed and published.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn rebuild(&self, fingerprint: &Fingerprint) -> Result<ServingIndex, IndexError> {
        Ok(match self {
            Self::Directory(directory) => {
                ServingIndex::Embedded(Arc::new(EmbeddedIndex::rebuild(directory, fingerprint.clone())?))
            }
            Self::Server(address) => {
                ServingIndex::Qdrant(Arc::new(QdrantIndex::rebuild(address, fingerprint.clone())?))
            }
        })
    }

    /// Whether the server answers; what it holds is not looked at. An index of this machine always does.
    #[must_use]
    pub fn answers(&self) -> bool {
        match self {
            Self::Directory(_) => true,
            Self::Server(address) => address.answers().is_ok(),
        }
    }

    /// What to say when the index does not open or does not answer.
    #[must_use]
    pub fn trouble_ja(&self) -> String {
        match self {
            Self::Directory(directory) => format!(
                "検索の索引 {} を開けません。場所と権限、空き容量を確かめてください。",
                directory.display()
            ),
            Self::Server(address) => format!(
                "検索の索引サーバー(Qdrant) {} が答えません。サーバーが動いていること、アドレスと鍵を確かめてください。",
                address.url
            ),
        }
    }
}

impl ServingIndex {
    /// As the engine uses it.
    #[must_use]
    pub fn shared(&self) -> Arc<dyn PassageIndex> {
        match self {
            Self::Embedded(index) => index.clone(),
            Self::Qdrant(index) => index.clone(),
        }
    }

    /// Lets it serve every later opening.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn publish(&self) -> Result<(), IndexError> {
        match self {
            Self::Embedded(index) => index.publish(),
            Self::Qdrant(index) => index.publish(),
        }
    }

    /// Whether it can be asked now.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn probe(&self) -> Result<(), IndexError> {
        match self {
            Self::Embedded(_) => Ok(()),
            Self::Qdrant(index) => index.probe(),
        }
    }
}

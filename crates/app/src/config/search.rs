//! The law desk's settings: which embedder, and where the index lies.

use serde::{Deserialize, Serialize};

use super::Place;

/// Where the index lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexSetting {
    /// In the data directory.
    Embedded,
    /// On a Qdrant server.
    Qdrant,
}

/// Law desk settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchConfig {
    /// Name of the embedder's manifest, or `auto`: the first of the catalogue.
    pub embedder: String,
    /// Where the index lies.
    pub index: IndexSetting,
    /// gRPC address of the Qdrant server (`http://host:6334`), or `off`.
    pub qdrant_url: String,
    /// File with its key.
    pub qdrant_api_key_file: Place,
    /// What its collections are named after.
    pub qdrant_collection: String,
}

impl SearchConfig {
    /// The embedder's name; `None` for the first of the catalogue.
    #[must_use]
    pub fn embedder(&self) -> Option<&str> {
        (self.embedder != "auto").then_some(self.embedder.as_str())
    }

    /// What is wrong with the settings of the server: the key and a sentence.
    #[must_use]
    pub fn fault(&self) -> Option<(&'static str, &'static str)> {
        if self.index == IndexSetting::Embedded {
            return None;
        }
        let host = ["http://", "https://"]
            .iter()
            .find_map(|scheme| self.qdrant_url.strip_prefix(scheme));
        if host.is_none_or(|host| host.is_empty() || host.contains(['/', ' ', '@'])) {
            return Some((
                "search.qdrant_url",
                "index を \"qdrant\" にするときは、サーバーの gRPC のアドレスを \"http://host:6334\" の形で書いてください。",
            ));
        }
        let name = &self.qdrant_collection;
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > 60 || !name.chars().all(is_plain) {
            return Some((
                "search.qdrant_collection",
                "英小文字・数字・ハイフンだけで 60 文字以内にしてください。",
            ));
        }
        (self.qdrant_api_key_file == Place::Auto).then_some((
            "search.qdrant_api_key_file",
            "\"off\" または鍵を書いたファイルのパスにしてください。",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_needs_an_address_a_name_and_a_key_in_a_file() {
        let right = SearchConfig {
            embedder: "auto".to_owned(),
            index: IndexSetting::Qdrant,
            qdrant_url: "http://10.0.0.5:6334".to_owned(),
            qdrant_api_key_file: Place::Off,
            qdrant_collection: "shoki".to_owned(),
        };
        assert_eq!((right.fault(), right.embedder()), (None, None));
        let key = |change: &dyn Fn(&mut SearchConfig)| {
            let mut wrong = right.clone();
            change(&mut wrong);
            wrong.fault().map(|(key, _)| key)
        };
        for url in [
            "off",
            "",
            "10.0.0.5:6334",
            "http://",
            "http://user@host",
            "http://host/path",
        ] {
            assert_eq!(
                key(&|one| url.clone_into(&mut one.qdrant_url)),
                Some("search.qdrant_url"),
                "{url}"
            );
            let embedded = key(&|one| {
                url.clone_into(&mut one.qdrant_url);
                one.index = IndexSetting::Embedded;
            });
            assert_eq!(embedded, None);
        }
        let named = key(&|one| "書記".clone_into(&mut one.qdrant_collection));
        assert_eq!(named, Some("search.qdrant_collection"));
        let with_key = key(&|one| one.qdrant_api_key_file = Place::Auto);
        assert_eq!(with_key, Some("search.qdrant_api_key_file"));
    }
}

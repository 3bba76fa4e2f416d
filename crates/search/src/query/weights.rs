//! How much each part of the ranking counts.

/// What each part of the ranking counts. The defaults are what measured best on the development
/// questions; an office changes them only through the evaluation gate.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Weights {
    /// Whole passages.
    pub passages: f32,
    /// 項 by themselves.
    pub paragraphs: f32,
    /// The embedder; 0 keeps it out.
    pub dense: f32,
    /// Factor on the weight of every synonym rule.
    pub synonyms: f32,
    /// Factor for the workspace's default law with its 令 and 規則.
    pub default_family: f32,
    /// Factor for a law that the question names.
    pub named_law: f32,
    /// What a heading that is one of the law's words of the question adds, as a share.
    pub caption: f32,
    /// Items that decided a question of the bank, times its similarity.
    pub known: f32,
    /// The reranker, where one is installed, beside the best sum as 1; 0 keeps it out.
    pub rerank: f32,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            passages: 0.8,
            paragraphs: 1.0,
            dense: 2.0,
            synonyms: 0.6,
            default_family: 1.5,
            named_law: 1.6,
            caption: 0.15,
            known: 1.5,
            // Not measured: the weights of a real reranker could not be had when this was written. An
            // office that installs one compares `shoki search run` before and after with `search eval`.
            rerank: 0.5,
        }
    }
}

//! A catalogue with one tiny model, a medium that holds it, and what its vectors must be.

use std::path::{Path, PathBuf};

use shoki_core::manifest::ModelHealth;
use shoki_engine::{Catalogue, EngineError, ModelStore, OnnxEmbedder, Runtime};

use crate::onnx::{self, Shape, WIDTH, row};

/// Words of the tiny tokenizer, by id; 0 pads, 1 is unknown, 2 opens and 3 closes a text.
pub(crate) const WORDS: [&str; 12] = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "q:", "d:", "保護", "申請", "返還", "徴収", "住宅", "手当",
];

pub(crate) fn installed() -> (Catalogue, ModelStore) {
    let directory = std::env::var_os("SHOKI_TEST_MODELS")
        .expect("no installed models: run `cargo xtask test`, or set SHOKI_TEST_MODELS to a model store");
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    (
        Catalogue::load(&models).expect("manifests"),
        ModelStore::open(&PathBuf::from(directory)),
    )
}

pub(crate) fn runtime() -> Runtime {
    let (catalogue, store) = installed();
    Runtime::start(
        &store
            .verify(catalogue.get("onnxruntime").unwrap())
            .expect("library"),
    )
    .expect("runtime")
}

pub(crate) fn tokenizer() -> String {
    let vocabulary: Vec<String> = WORDS
        .iter()
        .enumerate()
        .map(|(id, word)| format!("\"{word}\": {id}"))
        .collect();
    let special = |name: &str, id: u32| {
        format!(
            r#"{{"id": {id}, "content": "{name}", "single_word": false, "lstrip": false, "rstrip": false,
                 "normalized": false, "special": true}}"#
        )
    };
    let piece = |kind: &str, id: &str, of: u32| format!(r#"{{"{kind}": {{"id": "{id}", "type_id": {of}}}}}"#);
    let (open, close) = (
        piece("SpecialToken", "[CLS]", 0),
        piece("SpecialToken", "[SEP]", 0),
    );
    let (first, second) = (piece("Sequence", "A", 0), piece("Sequence", "B", 1));
    let last = piece("SpecialToken", "[SEP]", 1);
    let known =
        |name: &str, id: u32| format!(r#""{name}": {{"id": "{name}", "ids": [{id}], "tokens": ["{name}"]}}"#);
    format!(
        r#"{{"version": "1.0",
            "truncation": {{"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0}},
            "padding": null,
            "added_tokens": [{}, {}, {}, {}], "normalizer": {{"type": "NFKC"}},
            "pre_tokenizer": {{"type": "WhitespaceSplit"}},
            "post_processor": {{"type": "TemplateProcessing", "single": [{open}, {first}, {close}],
                "pair": [{open}, {first}, {close}, {second}, {last}],
                "special_tokens": {{{}, {}}}}},
            "decoder": null,
            "model": {{"type": "WordLevel", "vocab": {{{}}}, "unk_token": "[UNK]"}}}}"#,
        special("[PAD]", 0),
        special("[UNK]", 1),
        special("[CLS]", 2),
        special("[SEP]", 3),
        known("[CLS]", 2),
        known("[SEP]", 3),
        vocabulary.join(", ")
    )
}

/// A catalogue with one hub model, a medium that holds it, and an empty store.
pub(crate) struct Site {
    pub(crate) home: tempfile::TempDir,
    pub(crate) store: ModelStore,
}

impl Site {
    pub(crate) fn new(shape: Shape, settings: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let store = ModelStore::open(&home.path().join("store"));
        let site = Self { home, store };
        site.describe(shape, settings, ["保護", "保護", "手当"]);
        site.medium("onnx/model.onnx", &onnx::model(shape));
        site.medium("tokenizer.json", tokenizer().as_bytes());
        site
    }

    pub(crate) fn describe(&self, shape: Shape, settings: &str, [query, positive, negative]: [&str; 3]) {
        let task = if shape == Shape::CrossEncoder {
            "reranking"
        } else {
            "text_embedding"
        };
        let tensor = |side: &str, name: &str, dtype: &str, shape: &[i64]| {
            format!("[[contract.{side}]]\nname = \"{name}\"\ndtype = \"{dtype}\"\nshape = {shape:?}\n")
        };
        let inputs: String = shape
            .inputs()
            .iter()
            .map(|name| tensor("input", name, "i64", &[-1, -1]))
            .collect();
        let output = tensor("output", shape.output(), "f32", &shape.output_shape());
        let test = format!(
            "[[self_test]]\nquery = \"{query}\"\npositive = \"{positive}\"\nnegative = \"{negative}\"\n"
        );
        let manifest = format!(
            "name = \"tiny\"\nversion = \"1\"\ntask = \"{task}\"\nlicence = \"MIT\"\n\
             source = {{ kind = \"hub\", repository = \"office/tiny\", revision = \"r1\" }}\n\
             [[file]]\nname = \"model.onnx\"\nmember = \"onnx/model.onnx\"\n\
             [[file]]\nname = \"tokenizer.json\"\n{settings}\n{inputs}{output}{}",
            test.repeat(3)
        );
        let models = self.home.path().join("models/tiny");
        std::fs::create_dir_all(&models).unwrap();
        std::fs::write(models.join("manifest.toml"), manifest).unwrap();
    }

    pub(crate) fn medium(&self, name: &str, bytes: &[u8]) {
        let path = self.home.path().join("medium/tiny").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub(crate) fn catalogue(&self) -> Catalogue {
        Catalogue::load(&self.home.path().join("models")).expect("manifest")
    }

    pub(crate) fn import(&self) -> Result<usize, EngineError> {
        self.store
            .import(&self.catalogue(), &self.home.path().join("medium"))
    }

    pub(crate) fn health(&self) -> ModelHealth {
        self.store.status(&self.catalogue())[0].health.clone()
    }

    pub(crate) fn embedder(&self) -> Result<OnnxEmbedder, EngineError> {
        OnnxEmbedder::load(&runtime(), &self.store, self.catalogue().get("tiny").unwrap())
    }
}

pub(crate) fn embedding(pooling: &str, output: &str, max_tokens: u32) -> String {
    format!(
        "[embedding]\ntokenizer = \"tokenizer.json\"\nmax_tokens = {max_tokens}\nquery_prefix = \"q: \"\n\
         document_prefix = \"d: \"\npooling = \"{pooling}\"\nnormalise = true\ndimensions = {WIDTH}\n\
         output = \"{output}\"\n"
    )
}

/// What must come out for these tokens: the unit vector of their rows' mean.
pub(crate) fn expected(ids: &[u32]) -> Vec<f32> {
    let mut sum = vec![0.0; WIDTH];
    for &id in ids {
        sum.iter_mut().zip(row(id)).for_each(|(sum, value)| *sum += value);
    }
    unit(sum)
}

pub(crate) fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|value| *value /= length);
    vector
}

#[track_caller]
pub(crate) fn assert_near(found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len());
    let worst = found
        .iter()
        .zip(wanted)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(worst < 1e-4, "{found:?} instead of {wanted:?}");
}

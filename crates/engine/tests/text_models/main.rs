//! Text models by manifest, on tiny random models of the shapes that the manifests name, made here; and
//! the bundled embedder for real. Needs the model store that `cargo xtask test` fills (ONNX Runtime).

mod onnx;

use std::path::{Path, PathBuf};

use onnx::{Shape, WIDTH, row};
use shoki_core::code::ErrorCode;
use shoki_core::manifest::ModelHealth;
use shoki_engine::{
    Catalogue, Embed as _, EngineError, ModelStore, OnnxEmbedder, OnnxReranker, Pulled, Runtime, TextSide,
};

/// Words of the tiny tokenizer, by id; 0 pads, 1 is unknown, 2 opens and 3 closes a text.
const WORDS: [&str; 12] = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "q:", "d:", "保護", "申請", "返還", "徴収", "住宅", "手当",
];

fn installed() -> (Catalogue, ModelStore) {
    let directory = std::env::var_os("SHOKI_TEST_MODELS")
        .expect("no installed models: run `cargo xtask test`, or set SHOKI_TEST_MODELS to a model store");
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    (
        Catalogue::load(&models).expect("manifests"),
        ModelStore::open(&PathBuf::from(directory)),
    )
}

fn runtime() -> Runtime {
    let (catalogue, store) = installed();
    Runtime::start(
        &store
            .verify(catalogue.get("onnxruntime").unwrap())
            .expect("library"),
    )
    .expect("runtime")
}

fn tokenizer() -> String {
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
struct Site {
    home: tempfile::TempDir,
    store: ModelStore,
}

impl Site {
    fn new(shape: Shape, settings: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let store = ModelStore::open(&home.path().join("store"));
        let site = Self { home, store };
        site.describe(shape, settings, ["保護", "保護", "手当"]);
        site.medium("onnx/model.onnx", &onnx::model(shape));
        site.medium("tokenizer.json", tokenizer().as_bytes());
        site
    }

    fn describe(&self, shape: Shape, settings: &str, [query, positive, negative]: [&str; 3]) {
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

    fn medium(&self, name: &str, bytes: &[u8]) {
        let path = self.home.path().join("medium/tiny").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn catalogue(&self) -> Catalogue {
        Catalogue::load(&self.home.path().join("models")).expect("manifest")
    }

    fn import(&self) -> Result<usize, EngineError> {
        self.store
            .import(&self.catalogue(), &self.home.path().join("medium"))
    }

    fn health(&self) -> ModelHealth {
        self.store.status(&self.catalogue())[0].health.clone()
    }

    fn embedder(&self) -> Result<OnnxEmbedder, EngineError> {
        OnnxEmbedder::load(&runtime(), &self.store, self.catalogue().get("tiny").unwrap())
    }
}

fn embedding(pooling: &str, output: &str, max_tokens: u32) -> String {
    format!(
        "[embedding]\ntokenizer = \"tokenizer.json\"\nmax_tokens = {max_tokens}\nquery_prefix = \"q: \"\n\
         document_prefix = \"d: \"\npooling = \"{pooling}\"\nnormalise = true\ndimensions = {WIDTH}\n\
         output = \"{output}\"\n"
    )
}

/// What must come out for these tokens: the unit vector of their rows' mean.
fn expected(ids: &[u32]) -> Vec<f32> {
    let mut sum = vec![0.0; WIDTH];
    for &id in ids {
        sum.iter_mut().zip(row(id)).for_each(|(sum, value)| *sum += value);
    }
    unit(sum)
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|value| *value /= length);
    vector
}

#[track_caller]
fn assert_near(found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len());
    let worst = found
        .iter()
        .zip(wanted)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(worst < 1e-4, "{found:?} instead of {wanted:?}");
}

#[test]
fn prefixes_special_tokens_and_pooling_are_the_manifests() {
    for (pooling, question, passage) in [
        ("mean", expected(&[2, 4, 6, 7, 3]), expected(&[2, 5, 8, 3])),
        ("cls", expected(&[2]), expected(&[2])),
        ("last", expected(&[3]), expected(&[3])),
    ] {
        let site = Site::new(Shape::ModernBert, &embedding(pooling, "last_hidden_state", 32));
        assert_eq!(site.import().unwrap(), 2);
        // First and last tokens are the same in every text: the self-test cannot tell them apart.
        let loaded = site.embedder();
        if pooling != "mean" {
            assert_eq!(loaded.unwrap_err().code(), ErrorCode::ModelContract);
            let model = site.store.verify(site.catalogue().get("tiny").unwrap()).unwrap();
            let mut embedder = OnnxEmbedder::new(&runtime(), &model).unwrap();
            assert_near(
                &embedder.embed(TextSide::Query, &["保護 申請"]).unwrap()[0],
                &question,
            );
            continue;
        }
        let mut embedder = loaded.unwrap();
        assert_eq!(embedder.dimensions() as usize, WIDTH);
        assert_near(
            &embedder.embed(TextSide::Query, &["保護 申請"]).unwrap()[0],
            &question,
        );
        assert_near(
            &embedder.embed(TextSide::Document, &["返還"]).unwrap()[0],
            &passage,
        );
        assert!(embedder.embed(TextSide::Query, &[]).unwrap().is_empty());
    }
}

#[test]
fn a_graph_with_token_types_and_one_without_a_mask_are_fed() {
    let site = Site::new(Shape::Bert, &embedding("mean", "last_hidden_state", 32));
    site.import().unwrap();
    let found = site
        .embedder()
        .unwrap()
        .embed(TextSide::Document, &["徴収"])
        .unwrap();
    assert_near(&found[0], &expected(&[2, 5, 9, 3]));
    let site = Site::new(Shape::Static, &embedding("none", "sentence_embedding", 32));
    site.import().unwrap();
    // Of three lengths: without a mask nothing may be padded.
    let found = site
        .embedder()
        .unwrap()
        .embed(TextSide::Document, &["保護 住宅 手当", "手当", "保護 申請", ""])
        .unwrap();
    assert_near(&found[0], &expected(&[2, 5, 6, 10, 11, 3]));
    assert_near(&found[1], &expected(&[2, 5, 11, 3]));
    assert_near(&found[2], &expected(&[2, 5, 6, 7, 3]));
    assert_near(&found[3], &expected(&[2, 5, 3]));
}

#[test]
fn a_text_alone_and_in_a_batch_is_the_same() {
    let site = Site::new(Shape::ModernBert, &embedding("mean", "last_hidden_state", 4_000));
    site.import().unwrap();
    let mut embedder = site.embedder().unwrap();
    let texts: Vec<String> = (0..40)
        .map(|count| "保護 返還 ".repeat(count * 3) + "住宅")
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let together = embedder.embed(TextSide::Document, &texts).unwrap();
    for (text, vector) in texts.iter().zip(&together) {
        assert_near(&embedder.embed(TextSide::Document, &[text]).unwrap()[0], vector);
    }
}

#[test]
fn a_long_text_is_embedded_in_windows_and_none_of_it_is_lost() {
    let site = Site::new(Shape::ModernBert, &embedding("mean", "last_hidden_state", 7));
    site.import().unwrap();
    let mut embedder = site.embedder().unwrap();
    // Four words fit beside prefix and special tokens; eight are two windows, each with both.
    let found = embedder
        .embed(TextSide::Document, &["保護 保護 保護 保護 手当 手当 手当 手当"])
        .unwrap();
    let (head, tail) = (
        expected(&[2, 5, 6, 6, 6, 6, 3]),
        expected(&[2, 5, 11, 11, 11, 11, 3]),
    );
    let mean = head.iter().zip(&tail).map(|(a, b)| a + b).collect();
    assert_near(&found[0], &unit(mean));
    // A prefix that leaves no room is said, not cut.
    let site = Site::new(Shape::ModernBert, &embedding("mean", "last_hidden_state", 3));
    site.import().unwrap();
    let error = site.embedder().unwrap_err();
    assert!(
        error.to_string().contains("more tokens than the model takes"),
        "{error}"
    );
}

#[test]
fn the_fingerprint_changes_with_everything_a_vector_depends_on() {
    let print = |settings: &str, tokenizer: Option<&str>| {
        let site = Site::new(Shape::ModernBert, settings);
        if let Some(tokenizer) = tokenizer {
            site.medium("tokenizer.json", tokenizer.as_bytes());
        }
        site.import().unwrap();
        // Not asked the self-test: what these prefixes mean to a tiny model is no matter here.
        let model = site.store.verify(site.catalogue().get("tiny").unwrap()).unwrap();
        OnnxEmbedder::new(&runtime(), &model).unwrap().fingerprint()
    };
    let plain = embedding("mean", "last_hidden_state", 32);
    let prints = [
        print(&plain, None),
        print(&embedding("mean", "last_hidden_state", 31), None),
        print(&plain.replace("\"q: \"", "\"保護 \""), None),
        print(&plain.replace("\"d: \"", "\"申請 \""), None),
        print(&plain.replace("normalise = true", "normalise = false"), None),
        print(&plain, Some(&tokenizer().replace("\"NFKC\"", "\"NFC\""))),
    ];
    let distinct: std::collections::BTreeSet<_> = prints.iter().collect();
    assert_eq!(distinct.len(), prints.len());
    assert_eq!(print(&plain, None), prints[0]);
}

#[test]
fn a_self_test_that_fails_refuses_the_model() {
    let settings = embedding("mean", "last_hidden_state", 32);
    let site = Site::new(Shape::ModernBert, &settings);
    site.import().unwrap();
    site.embedder().expect("the right way round");
    site.describe(Shape::ModernBert, &settings, ["保護", "手当", "保護"]);
    let error = site.embedder().unwrap_err();
    assert_eq!(error.code(), ErrorCode::ModelContract);
    assert!(error.to_string().contains("self-test 1"), "{error}");
}

#[test]
fn a_reranker_scores_pairs_and_the_best_window_counts() {
    let settings = "[reranking]\ntokenizer = \"tokenizer.json\"\nmax_tokens = 9\noutput = \"logits\"\n";
    let site = Site::new(Shape::CrossEncoder, settings);
    let sum = |ids: &[u32]| ids.iter().flat_map(|&id| row(id)).sum::<f32>();
    site.import().unwrap();
    let model = site.store.verify(site.catalogue().get("tiny").unwrap()).unwrap();
    let mut reranker = OnnxReranker::new(&runtime(), &model).unwrap();
    let scores = reranker
        .score(
            "保護",
            &[
                "申請",
                "返還 徴収 住宅",
                "申請 申請 申請 申請 返還 返還 返還 返還",
            ],
        )
        .unwrap();
    // Second segments carry type 1, which this graph adds to each of the four numbers of a token.
    let one = |passage: &[u32]| {
        let second = 4.0 * (passage.len() + 1) as f32;
        sum(&[2, 6, 3]) + sum(passage) + sum(&[3]) + second
    };
    assert_near(&scores[..2], &[one(&[7]), one(&[8, 9, 10])]);
    assert_near(&scores[2..], &[one(&[7; 4]).max(one(&[8; 4]))]);
    let wanted = if one(&[6]) > one(&[11]) {
        ["保護", "保護", "手当"]
    } else {
        ["保護", "手当", "保護"]
    };
    site.describe(Shape::CrossEncoder, settings, wanted);
    OnnxReranker::load(&runtime(), &site.store, site.catalogue().get("tiny").unwrap()).expect("right");
    site.describe(Shape::CrossEncoder, settings, [wanted[0], wanted[2], wanted[1]]);
    let error =
        OnnxReranker::load(&runtime(), &site.store, site.catalogue().get("tiny").unwrap()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ModelContract);
}

#[test]
fn the_first_import_takes_the_hashes_and_every_later_one_is_held_to_them() {
    let site = Site::new(Shape::ModernBert, &embedding("mean", "last_hidden_state", 32));
    assert_eq!(site.health(), ModelHealth::NotInstalled);
    let mut seen = Vec::new();
    site.store
        .pull(&site.catalogue(), |_, pulled| seen.push(pulled))
        .expect("an optional model is no reason to fail");
    assert_eq!(seen, [Pulled::NotFetched]);
    site.import().unwrap();
    assert_eq!(site.health(), ModelHealth::Ready);
    assert_eq!(site.import().unwrap(), 2);
    // The same revision with other bytes is refused, from the medium and in the store.
    site.medium("onnx/model.onnx", b"other");
    assert_eq!(site.import().unwrap_err().code(), ErrorCode::ModelTampered);
    assert_eq!(site.health(), ModelHealth::Ready);
    let catalogue = site.catalogue();
    let model = catalogue.get("tiny").unwrap();
    std::fs::write(site.store.path(model, &model.files[0]), b"other").unwrap();
    assert!(matches!(
        site.health(),
        ModelHealth::Unusable {
            code: ErrorCode::ModelTampered,
            ..
        }
    ));
    // Another revision is another lock.
    let path = site.home.path().join("models/tiny/manifest.toml");
    let manifest = std::fs::read_to_string(&path)
        .unwrap()
        .replace("\"r1\"", "\"r2\"");
    std::fs::write(path, manifest).unwrap();
    assert_eq!(site.health(), ModelHealth::NotInstalled);
}

#[test]
fn a_text_model_without_settings_tests_or_tokenizer_is_refused_when_its_manifest_is_read() {
    let settings = embedding("mean", "last_hidden_state", 32);
    let site = Site::new(Shape::ModernBert, &settings);
    let path = site.home.path().join("models/tiny/manifest.toml");
    let right = std::fs::read_to_string(&path).unwrap();
    for (from, to, told) in [
        (settings.as_str(), "", "[embedding]"),
        ("[[self_test]]", "[[quality]]", "unknown field"),
        (
            "tokenizer = \"tokenizer.json\"",
            "tokenizer = \"other.json\"",
            "other.json",
        ),
        ("onnx/model.onnx", "../model.onnx", "leaves its directory"),
        (
            "kind = \"hub\", repository = \"office/tiny\", revision = \"r1\"",
            "kind = \"bundled\"",
            "no sha256",
        ),
    ] {
        std::fs::write(&path, right.replace(from, to)).unwrap();
        let error = Catalogue::load(&site.home.path().join("models")).unwrap_err();
        assert!(error.to_string().contains(told), "{told}: {error}");
    }
}

#[test]
fn the_bundled_embedder_is_ready_and_knows_its_field() {
    let (catalogue, store) = installed();
    let manifest = catalogue.get("law-embedder").unwrap();
    let mut embedder = OnnxEmbedder::load(&runtime(), &store, manifest).expect("self-test");
    let questions = embedder.embed(TextSide::Query, &["生活保護の申請", ""]).unwrap();
    let length: f32 = questions[0].iter().map(|value| value * value).sum();
    assert!((length - 1.0).abs() < 1e-3, "{length}");
    assert!(questions[1].iter().all(|&value| value == 0.0));
    // Half-width and full-width are one text, and a law longer than the window is one vector.
    let texts = embedder
        .embed(TextSide::Document, &["ホゴ 123", "ﾎｺﾞ １２３"])
        .unwrap();
    assert_near(&texts[0], &texts[1]);
    let long = "被保護者は、収入に変動があったときは、速やかに届け出なければならない。".repeat(400);
    let whole = embedder.embed(TextSide::Document, &[&long]).unwrap();
    let once = embedder
        .embed(TextSide::Document, &[&long[..long.len() / 400]])
        .unwrap();
    let cosine: f32 = whole[0].iter().zip(&once[0]).map(|(a, b)| a * b).sum();
    assert!(cosine > 0.99, "{cosine}");
}

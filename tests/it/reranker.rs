//! The optional reranker in the whole product, as a tiny model made here: used when its files are there,
//! traced in every answer, and no reason to fail when they are not what they were.

#[path = "../../crates/engine/tests/text_models/onnx.rs"]
#[expect(dead_code, reason = "one of its shapes is enough here")]
mod onnx;

use std::path::{Path, PathBuf};

use onnx::Shape;
use serde_json::Value;

use crate::service::{Office, model_store, repository};

const QUESTION: &str = "子どもの通院でいくら払えばいいですか";

/// A tokenizer of one word beside the special ones: every text is so many unknown words.
const TOKENIZER: &str = r#"{"version": "1.0", "truncation": null, "padding": null,
    "added_tokens": [
        {"id": 0, "content": "[PAD]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
        {"id": 1, "content": "[UNK]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
    "normalizer": {"type": "NFKC"}, "pre_tokenizer": {"type": "WhitespaceSplit"},
    "post_processor": {"type": "TemplateProcessing",
        "single": [{"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {}},
    "decoder": null,
    "model": {"type": "WordLevel", "vocab": {"[PAD]": 0, "[UNK]": 1, "保護": 2}, "unk_token": "[UNK]"}}"#;

fn manifest() -> String {
    let tensor = |side: &str, name: &str, dtype: &str, shape: &[i64]| {
        format!("[[contract.{side}]]\nname = \"{name}\"\ndtype = \"{dtype}\"\nshape = {shape:?}\n")
    };
    let inputs: String = Shape::CrossEncoder
        .inputs()
        .iter()
        .map(|name| tensor("input", name, "i64", &[-1, -1]))
        .collect();
    let output = tensor(
        "output",
        Shape::CrossEncoder.output(),
        "f32",
        &Shape::CrossEncoder.output_shape(),
    );
    // The tiny model likes the text with more words.
    let test = "[[self_test]]\nquery = \"保護\"\npositive = \"保護 保護 保護\"\nnegative = \"保護\"\n";
    format!(
        "name = \"tiny-reranker\"\nversion = \"1\"\ntask = \"reranking\"\nlicence = \"MIT\"\n\
         source = {{ kind = \"hub\", repository = \"office/tiny\", revision = \"r1\" }}\n\
         [[file]]\nname = \"model.onnx\"\n[[file]]\nname = \"tokenizer.json\"\n\
         [reranking]\ntokenizer = \"tokenizer.json\"\nmax_tokens = 256\noutput = \"logits\"\n{inputs}{output}{}",
        test.repeat(3)
    )
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// An office whose catalogue has a reranker; its files are on a medium.
fn office() -> (Office, PathBuf) {
    let mut office = Office::open();
    let place = |name: &str| office.data().with_file_name(name);
    let (catalogue, store, medium) = (place("catalogue"), place("store"), place("medium"));
    for model in ["onnxruntime", "pdfium", "law-embedder"] {
        copy(&repository().join("models").join(model), &catalogue.join(model));
    }
    for model in ["onnxruntime", "pdfium"] {
        copy(&model_store().join(model), &store.join(model));
        copy(&model_store().join(model), &medium.join(model));
    }
    for (path, bytes) in [
        (
            catalogue.join("tiny-reranker/manifest.toml"),
            manifest().into_bytes(),
        ),
        (
            medium.join("tiny-reranker/model.onnx"),
            onnx::model(Shape::CrossEncoder),
        ),
        (
            medium.join("tiny-reranker/tokenizer.json"),
            TOKENIZER.as_bytes().to_vec(),
        ),
    ] {
        std::fs::create_dir_all(path.parent().expect("a place")).expect("a directory");
        std::fs::write(path, bytes).expect("written");
    }
    office.set("MODELS__CATALOGUE_DIR", &catalogue.display().to_string());
    office.set("MODELS__STORE_DIR", &store.display().to_string());
    let definition = repository().join("pipelines/corpora/asahino.toml");
    let done = office.run(&["corpus", "import", definition.to_str().expect("UTF-8")]);
    assert!(done.status.success(), "{done:?}");
    (office, medium)
}

fn asked(office: &Office) -> Value {
    let answered = office.run(&["ask", "--json", "--as-of", "2025-06-01", QUESTION]);
    assert!(answered.status.success(), "{answered:?}");
    serde_json::from_slice(&answered.stdout).expect("JSON")
}

#[test]
fn an_answer_says_which_reranker_ordered_it_and_goes_on_without_one() {
    let (office, medium) = office();
    let without = asked(&office);
    let index = without["index"].as_str().expect("a fingerprint").to_owned();
    assert!(!index.contains("tiny-reranker"), "{index}");

    let imported = office.run(&["models", "import", medium.to_str().expect("UTF-8")]);
    assert!(imported.status.success(), "{imported:?}");
    let with = asked(&office);
    let traced = with["index"].as_str().expect("a fingerprint");
    assert!(traced.starts_with(&format!("{index}:tiny-reranker@")), "{traced}");
    assert_eq!(traced, asked(&office)["index"], "the same model, the same name");
    // The same passages, only their order is the reranker's to say.
    let items = |answer: &Value| {
        let hits = answer["hits"].as_array().expect("a list");
        hits.iter()
            .map(|hit| hit["passage"].to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(items(&with).len(), items(&without).len());
    assert!(with["hits"][0]["score"].as_f64() <= Some(1.5) && with["hits"][0]["score"].as_f64() > Some(0.5));

    // Bytes that are not those of the first import are not run, and nobody is left without an answer.
    let file = office
        .data()
        .with_file_name("store")
        .join("tiny-reranker/model.onnx");
    std::fs::write(&file, b"other").expect("written");
    assert_eq!(asked(&office), without);
}

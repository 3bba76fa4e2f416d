//! The law desk's optional models in the whole product: a tiny reranker made here and an embedder of the
//! office's own, used when their files are there, also when they come while the service runs, traced in
//! every answer, and no reason to fail when they are not what they were.

#[path = "../../crates/engine/tests/text_models/onnx.rs"]
#[expect(dead_code, reason = "one of its shapes is enough here")]
mod onnx;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use onnx::Shape;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::service::{Api, Office, PATIENCE, copy, model_store, repository};

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
    office.import_ordinances();
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

async fn asked_over_http(api: &Api) -> Value {
    let question = json!({"text": QUESTION, "as_of": "2025-06-01"});
    let answer = api
        .request(Method::POST, "/v1/questions")
        .json(&question)
        .send()
        .await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let answer: Value = answer.json().await.expect("JSON");
    assert_eq!(answer["hits"].as_array().map(Vec::len), Some(10), "{answer}");
    answer
}

/// Asks until the models that answer are as wanted; every answer on the way is whole.
async fn traced(api: &Api, wanted: impl Fn(&str) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = asked_over_http(api).await;
        if wanted(answer["index"].as_str().expect("a fingerprint")) {
            return answer;
        }
        assert!(Instant::now() < deadline, "{}", answer["index"]);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_reranker_that_comes_while_the_service_runs_is_used() {
    let (office, medium) = office();
    let server = office.start();
    let api = office.client();
    api_is_up(&api).await;
    let without = traced(&api, |_| true).await;
    assert!(!without["index"].to_string().contains("tiny-reranker"));
    let imported = office.run(&["models", "import", medium.to_str().expect("UTF-8")]);
    assert!(imported.status.success(), "{imported:?}");
    let with = traced(&api, |index| index.contains(":tiny-reranker@")).await;
    assert!(
        with["index"]
            .to_string()
            .contains(without["index"].as_str().expect("a fingerprint"))
    );
    // Bytes that are not those of the first import: answered as before it came.
    let file = office
        .data()
        .with_file_name("store")
        .join("tiny-reranker/model.onnx");
    std::fs::write(&file, b"other").expect("written");
    let again = traced(&api, |index| !index.contains("tiny-reranker")).await;
    assert_eq!(again["hits"], without["hits"]);
    server.kill();
}

/// Not all models are there, so `/readyz` never says ready.
async fn api_is_up(api: &Api) {
    let deadline = Instant::now() + PATIENCE;
    while api.request(Method::GET, "/livez").send().await.is_err() {
        assert!(Instant::now() < deadline, "the service does not start");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The bundled embedder as one that the office brings on a medium.
fn with_own_embedder() -> (Office, PathBuf) {
    let mut office = Office::open();
    let place = |name: &str| office.data().with_file_name(name);
    let (catalogue, store, medium) = (place("catalogue"), place("store"), place("medium"));
    for model in ["onnxruntime", "pdfium"] {
        copy(&repository().join("models").join(model), &catalogue.join(model));
        copy(&model_store().join(model), &store.join(model));
        copy(&model_store().join(model), &medium.join(model));
    }
    let bundled = repository().join("models/law-embedder");
    let manifest = std::fs::read_to_string(bundled.join("manifest.toml")).expect("a manifest");
    let own: Vec<&str> = manifest
        .lines()
        .filter(|line| !line.starts_with("sha256") && !line.starts_with("size"))
        .collect();
    let own = own
        .join("\n")
        .replace("name = \"law-embedder\"", "name = \"office-embedder\"")
        .replace(
            "kind = \"bundled\"",
            "kind = \"hub\"\nrepository = \"office/own\"\nrevision = \"r1\"",
        );
    let home = catalogue.join("office-embedder");
    std::fs::create_dir_all(&home).expect("a directory");
    std::fs::write(home.join("manifest.toml"), own).expect("written");
    let on_medium = medium.join("office-embedder");
    std::fs::create_dir_all(&on_medium).expect("a directory");
    for file in ["model.onnx", "tokenizer.json"] {
        std::fs::copy(bundled.join(file), on_medium.join(file)).expect("copied");
    }
    office.set("MODELS__CATALOGUE_DIR", &catalogue.display().to_string());
    office.set("MODELS__STORE_DIR", &store.display().to_string());
    office.set("SEARCH__EMBEDDER", "office-embedder");
    office.import_ordinances();
    (office, medium)
}

#[tokio::test]
async fn an_embedder_that_comes_while_the_service_runs_gets_an_index_and_then_answers() {
    let (office, medium) = with_own_embedder();
    let server = office.start();
    let api = office.client();
    api_is_up(&api).await;
    let by_words = traced(&api, |_| true).await;
    let by_words = by_words["index"].as_str().expect("a fingerprint").to_owned();
    assert!(by_words.ends_with(":0:-"), "{by_words}");
    let imported = office.run(&["models", "import", medium.to_str().expect("UTF-8")]);
    assert!(imported.status.success(), "{imported:?}");
    let by_meaning = traced(&api, |index| index != by_words).await;
    assert!(
        by_meaning["index"].to_string().contains(":256:"),
        "{}",
        by_meaning["index"]
    );
    assert_eq!(by_meaning["hits"][0]["item"], "別表");

    // A file that is being replaced takes nothing away.
    let file = office
        .data()
        .with_file_name("store")
        .join("office-embedder/model.onnx");
    let right = std::fs::read(&file).expect("the model");
    std::fs::write(&file, &right[..1000]).expect("written");
    let log = || server.log();
    let deadline = Instant::now() + PATIENCE;
    while !log().contains("the one that was loaded is kept") {
        assert_eq!(asked_over_http(&api).await["index"], by_meaning["index"]);
        assert!(Instant::now() < deadline, "{}", log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(asked_over_http(&api).await["index"], by_meaning["index"]);
    std::fs::write(&file, right).expect("written");
    server.kill();
}

//! Text models by manifest, on tiny random models of the shapes that the manifests name, made here; and
//! the bundled embedder for real. Needs the model store that `cargo xtask test` fills (ONNX Runtime).

mod site;

mod onnx;

use onnx::{Shape, WIDTH, row};
use shoki_core::code::ErrorCode;
use shoki_core::manifest::ModelHealth;
use shoki_engine::{Catalogue, Embed as _, OnnxEmbedder, OnnxReranker, Pulled, TextSide};
use site::{Site, assert_near, embedding, expected, installed, runtime, tokenizer, unit};

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

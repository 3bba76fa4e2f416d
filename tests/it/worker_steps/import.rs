//! The import as a play: its document, an engine without models, and what is in the law desk afterwards.

use serde_json::{Value, json};
use shoki_app::corpus::job;
use shoki_app::corpus::job::work::Tools;
use shoki_app::worker::engine_thread::{Command, EngineSender, Product, Work};
use shoki_core::corpus::{Passage, Visibility};
use shoki_core::digest::Sha256;
use shoki_core::pipeline::{CorpusOptions, PipelineDef, PipelineRef};
use shoki_decode::{DecodeLimits, Decoder, DecoderSettings};
use shoki_engine::{Embed, EngineError, TextSide};
use shoki_store::CorpusStore as _;

use super::scene::Scene;

/// Three of them are three units.
const LONG: usize = 110_000;

/// Questions and answers, one a unit, each with `mark` in it.
pub fn document(mark: &str) -> String {
    let row = |number: usize| {
        let text = format!("{mark} {}", "星".repeat(LONG));
        json!({ "doc": "星見市問答集", "id": format!("問{number}"), "title": "星", "text": text })
    };
    (1..=3).map(|number| format!("{}\n", row(number))).collect()
}

/// What the job is pinned to.
pub fn pipeline() -> PipelineRef {
    PipelineRef {
        corpus: Some(CorpusOptions {
            visibility: Visibility::Department,
            rank: None,
            valid_from: None,
            default_law: None,
        }),
        ..PipelineDef::Corpus(job::pipeline()).reference()
    }
}

/// Vectors by length: enough to see which texts were embedded.
#[derive(Debug)]
struct Lengths;

impl Embed for Lengths {
    fn dimensions(&self) -> u32 {
        2
    }

    fn fingerprint(&self) -> Sha256 {
        Sha256::of(b"lengths")
    }

    fn embed(&mut self, _: TextSide, texts: &[&str]) -> Result<Vec<Vec<f32>>, EngineError> {
        Ok(texts
            .iter()
            .map(|text| {
                vec![
                    1.0,
                    f32::from(u16::try_from(text.len() % 1_000).expect("below 1,000")),
                ]
            })
            .collect())
    }
}

/// The importers as they are, no models, no child.
pub fn engine() -> EngineSender {
    let (engine, mut commands) = EngineSender::with_embedder(Some(Lengths.fingerprint()));
    let decoder = Decoder::new(DecoderSettings {
        program: "/nonexistent".into(),
        args: Vec::new(),
        pdfium: "/nonexistent".into(),
        ffmpeg: None,
        limits: DecodeLimits::default(),
    });
    tokio::spawn(async move {
        while let Some(Command { work, reply, .. }) = commands.recv().await {
            let Work::Import(work) = work else {
                panic!("only imports are played");
            };
            let mut tools = Tools {
                decoder: &decoder,
                reader: None,
                embedder: Some(&mut Lengths),
            };
            drop(reply.send(tools.perform(*work).map(Product::Done)));
        }
    });
    engine
}

/// A report without the ids that are new every time.
pub fn without_ids(report: &str) -> String {
    let has_id = |line: &&str| {
        ["\"source\": ", "\"revision\": "]
            .iter()
            .any(|key| line.contains(key))
    };
    let lines: Vec<&str> = report
        .split_inclusive('\n')
        .filter(|line| !has_id(line))
        .collect();
    lines.concat()
}

/// Every source with its revisions, passages and vectors.
pub async fn texts(scene: &Scene) -> Value {
    let (corpus, department) = (&scene.sqlite, scene.office.clerk.department);
    let mut texts = Vec::new();
    for source in corpus.sources(department).await.expect("sources") {
        for revision in corpus.revisions(department, source.id).await.expect("revisions") {
            let passages = corpus.revision_passages(revision.id).await.expect("passages");
            let digests: Vec<Sha256> = passages.iter().map(Passage::digest).collect();
            let vectors = corpus
                .vectors(department, &Lengths.fingerprint(), &digests)
                .await
                .expect("vectors");
            texts.push(json!({
                "title": source.head.title,
                "state": revision.state,
                "items": passages.iter().map(|passage| passage.item.as_str()).collect::<Vec<_>>(),
                "vectors": vectors.len(),
            }));
        }
    }
    Value::Array(texts)
}

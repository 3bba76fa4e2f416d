//! tantivy as a peer: one text field with the default tokeniser, as its own example makes it.
//!
//! The default tokeniser cuts at what is not a letter: a Japanese clause becomes one token. Never: our
//! tokeniser, our scores.

use std::io::{BufRead as _, BufReader};
use std::time::Instant;

use anyhow::Context as _;
use tantivy::collector::TopDocs;
use tantivy::query::QueryParser;
use tantivy::schema::{FAST, Schema, TEXT, Value as _};
use tantivy::{Index, IndexReader, TantivyDocument};

use super::protocol::{Passages, Said, System, own_cpu};

/// Memory of the writer, as in tantivy's example.
const WRITER_BYTES: usize = 50_000_000;

/// tantivy with its defaults.
#[derive(Default)]
pub struct TantivyDefault {
    opened: Option<(IndexReader, QueryParser, tantivy::schema::Field)>,
}

impl System for TantivyDefault {
    fn build(&mut self, passages: &Passages) -> anyhow::Result<Said> {
        let mut schema = Schema::builder();
        let text = schema.add_text_field("text", TEXT);
        let number = schema.add_u64_field("number", FAST | tantivy::schema::STORED);
        let (begun, before) = (Instant::now(), own_cpu()?);
        let index = Index::create_in_dir(&passages.index, schema.build())?;
        let mut writer = index.writer_with_num_threads(1, WRITER_BYTES)?;
        let file = std::fs::File::open(&passages.file)?;
        for (at, line) in (0_u64..).zip(BufReader::new(file).lines()) {
            let mut document = TantivyDocument::default();
            document.add_text(text, serde_json::from_str::<String>(&line?)?);
            document.add_u64(number, at);
            writer.add_document(document)?;
        }
        writer.commit()?;
        writer.wait_merging_threads()?;
        let built = Said::Built {
            seconds: begun.elapsed().as_secs_f64(),
            cpu: own_cpu()? - before,
        };
        let parser = QueryParser::for_index(&index, vec![text]);
        self.opened = Some((index.reader()?, parser, number));
        Ok(built)
    }

    fn ask(&mut self, question: &str) -> anyhow::Result<Vec<u32>> {
        let (reader, parser, number) = self.opened.as_ref().context("asked before it was built")?;
        let (query, _) = parser.parse_query_lenient(question);
        let searcher = reader.searcher();
        let found = searcher.search(&query, &TopDocs::with_limit(10).order_by_score())?;
        found
            .into_iter()
            .map(|(_, address)| {
                let document: TantivyDocument = searcher.doc(address)?;
                let held = document.get_first(*number).and_then(|value| value.as_u64());
                Ok(u32::try_from(held.context("a stored number")?)?)
            })
            .collect()
    }
}

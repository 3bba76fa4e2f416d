//! Finds the references of every law of a directory: edges per law, the time they took, and every n-th
//! edge in its sentence, to be judged by a person.
//!
//! `cargo run -p shoki-search --example references_report -- DIR [N]`

#![expect(clippy::print_stdout, reason = "a report for the terminal")]

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use shoki_core::corpus::{ImportedText, Relation};
use shoki_search::import::{egov, references};

/// Bytes of the text shown on each side of an edge.
const AROUND: usize = 90;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().context("a directory of XML files")?;
    let every: usize = arguments.next().map_or(Ok(0), |number| number.parse())?;
    let mut files: Vec<_> = std::fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let mut laws: Vec<ImportedText> = Vec::new();
    for file in files {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        laws.push(egov::import(&name, &std::fs::read(&file)?)?);
    }
    let titles: Vec<(String, String)> = laws
        .iter()
        .flat_map(|law| {
            let title = &law.source.title;
            std::iter::once(title)
                .chain(&law.source.aliases)
                .map(move |name| (name.clone(), title.clone()))
        })
        .collect();
    let held: HashSet<(&str, &str)> = laws
        .iter()
        .flat_map(|law| {
            law.passages
                .iter()
                .map(|passage| (law.source.title.as_str(), passage.item.as_str()))
        })
        .collect();
    let known: HashSet<&str> = titles.iter().map(|(_, title)| title.as_str()).collect();
    let mut count = 0;
    let mut took = Duration::ZERO;
    let mut dangling = 0;
    let mut inside = 0;
    let mut samples = Vec::new();
    for law in &laws {
        let started = Instant::now();
        let edges = references::edges_with(law, titles.iter().map(|(name, title)| (name, title.clone())));
        let time = started.elapsed();
        took += time;
        let of = |relation| edges.iter().filter(|edge| edge.relation == relation).count();
        let within = edges.iter().filter(|edge| known.contains(edge.source.as_str()));
        let (mut here, mut missing) = (0, 0);
        for edge in within {
            here += 1;
            if !held.contains(&(edge.source.as_str(), edge.item.as_str())) {
                missing += 1;
                if every > 0 && missing <= 2 {
                    samples.push(shown("not there", law, edge));
                }
            }
        }
        println!(
            "{}: {} edges ({} applied, {} delegated), {here} into held sources, {missing} of them to no passage, {time:.0?}",
            law.source.title,
            edges.len(),
            of(Relation::AppliesMutatisMutandis),
            of(Relation::Delegates),
        );
        inside += here;
        dangling += missing;
        for edge in &edges {
            count += 1;
            if every > 0 && count % every == 0 {
                samples.push(shown("sample", law, edge));
            }
        }
    }
    for sample in samples {
        println!("{sample}");
    }
    println!("{count} edges, {inside} into held sources, {dangling} of them to no passage, {took:.1?}");
    Ok(())
}

fn shown(why: &str, law: &ImportedText, edge: &shoki_core::corpus::CitationEdge) -> String {
    let passage = &law.passages[edge.from as usize];
    let text = &passage.text;
    let mut start = edge.span.start.saturating_sub(AROUND);
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = (edge.span.end + AROUND).min(text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    format!(
        "[{why}] {} {} → {} {} 項{:?} {:?}\n    {}【{}】{}",
        law.source.title,
        passage.item,
        edge.source,
        edge.item,
        edge.paragraph,
        edge.relation,
        text[start..edge.span.start].replace('\n', "⏎"),
        &text[edge.span.clone()],
        text[edge.span.end..end].replace('\n', "⏎"),
    )
}

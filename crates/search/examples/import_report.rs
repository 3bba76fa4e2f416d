//! Imports every file of a directory and reports what came of it: passages, parts, faults, and, of laws,
//! how many texts of the XML are found in no passage (contents and ruby readings excepted).
//!
//! `cargo run -p shoki-search --example import_report -- DIR`

#![expect(clippy::print_stdout, reason = "a report for the terminal")]

use anyhow::Context as _;
use shoki_core::corpus::ImportedText;

fn main() -> anyhow::Result<()> {
    let directory = std::env::args().nth(1).context("a directory of files")?;
    let mut files: Vec<_> = std::fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let mut total = (0, 0, 0);
    for file in files {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !file.is_file() {
            continue;
        }
        let bytes = std::fs::read(&file)?;
        let started = std::time::Instant::now();
        let texts = match shoki_search::import::import(&name, &bytes, None) {
            Ok(texts) => texts,
            Err(error) => {
                println!("{name}: {error}");
                continue;
            }
        };
        let took = started.elapsed();
        for text in texts {
            let lost = if name.ends_with(".xml") {
                lost(&text, std::str::from_utf8(&bytes)?)?
            } else {
                0
            };
            let parts: usize = text.passages.iter().map(|passage| passage.segments.len()).sum();
            println!(
                "{} {:?} {:?} {}: {} passages, {parts} parts, {} faults, {lost} texts lost, {took:.1?}",
                text.source.key,
                text.source.rank,
                text.revision.valid_from,
                text.source.title,
                text.passages.len(),
                text.faults.len()
            );
            for fault in text.faults.iter().take(3) {
                println!("    {fault:?}");
            }
            total = (total.0 + text.passages.len(), total.1 + parts, total.2 + lost);
        }
    }
    println!("{} passages, {} parts, {} texts lost", total.0, total.1, total.2);
    Ok(())
}

/// Text nodes of the law's body whose characters are in no text, heading, caption or label, in order.
fn lost(law: &ImportedText, xml: &str) -> anyhow::Result<usize> {
    let mut whole = squeezed(&law.source.title);
    for passage in &law.passages {
        for heading in &passage.headings {
            whole.push_str(&squeezed(heading));
        }
        for part in [
            &passage.label,
            passage.caption.as_ref().unwrap_or(&passage.item),
            &passage.text,
        ] {
            whole.push_str(&squeezed(part));
        }
    }
    let document = roxmltree::Document::parse(xml.trim_start_matches('\u{feff}'))?;
    let body = document
        .descendants()
        .find(|node| node.has_tag_name("LawBody"))
        .context("a law")?;
    let mut from = 0;
    let mut missing = 0;
    for node in body.descendants().filter(roxmltree::Node::is_text) {
        let skipped = ["Rt", "TOC", "SupplProvisionLabel"];
        if node
            .ancestors()
            .any(|above| skipped.contains(&above.tag_name().name()))
        {
            continue;
        }
        let words = node.text().unwrap_or_default();
        for line in words.lines() {
            let line = squeezed(line);
            let line = line.trim_start_matches('（').trim_end_matches('）');
            if line.is_empty() {
                continue;
            }
            // Mostly the next place; a heading may come again from the start.
            match whole[from..].find(line) {
                Some(at) if at < 20_000 => from += at,
                _ if whole.contains(line) => {}
                _ => {
                    println!("    lost: {line}");
                    missing += 1;
                }
            }
        }
    }
    Ok(missing)
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

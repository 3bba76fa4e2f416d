//! Imports every law of a directory and reports what came of it: passages, parts, faults, and how many
//! sentences of the XML are found in no passage.
//!
//! `cargo run -p shoki-search --example import_report -- DIR`

#![expect(clippy::print_stdout, reason = "a report for the terminal")]

use anyhow::Context as _;

fn main() -> anyhow::Result<()> {
    let directory = std::env::args().nth(1).context("a directory of XML files")?;
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
        let xml = std::fs::read(&file)?;
        let started = std::time::Instant::now();
        let law = shoki_search::import::egov::import(&name, &xml)?;
        let took = started.elapsed();
        let whole: String = law
            .passages
            .iter()
            .flat_map(|passage| [passage.text.as_str(), "\n"])
            .collect();
        let xml = std::str::from_utf8(&xml)?.trim_start_matches('\u{feff}');
        let document = roxmltree::Document::parse(xml)?;
        let lost = document
            .descendants()
            .filter(|node| node.has_tag_name("Sentence"))
            .filter(|node| {
                let text: String = node
                    .descendants()
                    .filter(|part| part.is_text() && !part.ancestors().any(|above| above.has_tag_name("Rt")))
                    .filter_map(|part| part.text())
                    .collect();
                text.lines().any(|line| !whole.contains(line.trim()))
            })
            .count();
        let parts: usize = law.passages.iter().map(|passage| passage.segments.len()).sum();
        println!(
            "{} {:?} {:?} {}: {} passages, {parts} parts, {} faults, {lost} sentences lost, {took:.1?}",
            law.source.key,
            law.source.rank,
            law.revision.valid_from,
            law.source.title,
            law.passages.len(),
            law.faults.len()
        );
        for fault in law.faults.iter().take(3) {
            println!("    {fault:?}");
        }
        total = (total.0 + law.passages.len(), total.1 + parts, total.2 + lost);
    }
    println!(
        "{} passages, {} parts, {} sentences lost",
        total.0, total.1, total.2
    );
    Ok(())
}

//! The hostile corpus against its table: every file ends in one of the codes that its family may end
//! in, within the limits of a child, and the good pages in between are read as if nothing had been.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde::Deserialize;
use shoki_core::media::MediaKind;

use crate::made::hostile::{self, Case};
use crate::made::{hostile_pdf, hostile_text, is_the_page, pdf, scaled_page};
use crate::parent::{file, ordinary};

/// Children at work at the same time.
const ABREAST: usize = 3;
/// A good page is decoded after each so many hostile files.
const GOOD_PAGE_EVERY: usize = 25;

/// What a family may end in; `ok` is one of the words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// Codes of the probe.
    #[serde(default)]
    probe: BTreeSet<String>,
    /// Codes of the page, where the probe was `ok`.
    #[serde(default)]
    page: BTreeSet<String>,
    /// Codes of the text.
    #[serde(default)]
    text: BTreeSet<String>,
}

fn table() -> BTreeMap<String, Expected> {
    toml::from_str(include_str!("../../../../tests/corpora/expected.toml")).unwrap()
}

fn verdicts(case: &Case) -> (String, String) {
    let decoder = ordinary();
    let document = file(&case.bytes);
    match decoder.probe(&document, case.kind) {
        Err(error) => (error.code().to_string(), String::new()),
        Ok(_) => {
            let page = decoder.page(&document, case.kind, case.page);
            if let (Ok(page), Some(whole)) = (&page, &case.whole)
                && *page != decoder.page(&file(whole), case.kind, case.page).unwrap()
            {
                return (
                    "ok".to_owned(),
                    "a part of the page as if it were whole".to_owned(),
                );
            }
            (
                "ok".to_owned(),
                page.map_or_else(|error| error.code().to_string(), |_| "ok".to_owned()),
            )
        }
    }
}

fn run(cases: &[Case]) {
    let table = table();
    let good = file(&pdf::scan(&scaled_page(400, 566), 1));
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..ABREAST {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(index) else { break };
                    let expected = &table[case.family];
                    let (probe, page) = verdicts(case);
                    if !expected.probe.contains(&probe) || (probe == "ok" && !expected.page.contains(&page)) {
                        let line = format!(
                            "{} {:?} ({}): probe {probe}, page {page}",
                            case.family, case.kind, case.variant
                        );
                        wrong.lock().unwrap().push(line);
                    }
                    if index.is_multiple_of(GOOD_PAGE_EVERY) {
                        let page = ordinary().page(&good, MediaKind::Pdf, 0).unwrap();
                        is_the_page(&page).unwrap();
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn hostile_images_end_as_the_table_says() {
    run(&hostile::images());
}

#[test]
fn hostile_pdfs_end_as_the_table_says() {
    run(&hostile_pdf::pdfs());
}

#[test]
fn hostile_texts_end_as_the_table_says() {
    let (table, cases) = (table(), hostile_text::texts());
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..ABREAST {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let started = Instant::now();
                    let text = ordinary().text(&file(&case.bytes), case.kind);
                    let code = text
                        .as_ref()
                        .map_or_else(|error| error.code().to_string(), |_| "ok".to_owned());
                    let is_whole = match (&text, &case.whole) {
                        (Ok(text), Some(whole)) => *text == ordinary().text(&file(whole), case.kind).unwrap(),
                        _ => true,
                    };
                    // DESIGN.md §6: each ends within 10 s; starting the child is not its own time.
                    let is_quick = started.elapsed() < Duration::from_secs(12);
                    if !table[case.family].text.contains(&code) || !is_whole || !is_quick {
                        let line = format!(
                            "{} {:?} ({}): {code}, whole {is_whole}, {:?}",
                            case.family,
                            case.kind,
                            case.variant,
                            started.elapsed()
                        );
                        wrong.lock().unwrap().push(line);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_and_the_corpus_name_the_same_families() {
    let made: BTreeSet<String> = hostile::images()
        .iter()
        .chain(&hostile_pdf::pdfs())
        .chain(&hostile_text::texts())
        .map(|case| case.family.to_owned())
        .collect();
    assert_eq!(made, table().into_keys().collect());
}

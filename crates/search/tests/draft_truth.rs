//! Drafts on whole ordinances: what is true is shown, and what is made false by one small change is not.
//! Every sentence of the shipped ordinances is said with itself as its quote, as it is and turned round.

use std::collections::BTreeMap;
use std::path::Path;

use shoki_core::corpus::PassageKey;
use shoki_core::draft::DropReason;
use shoki_core::id::RevisionId;
use shoki_search::draft::{Cited, Reply, Statement, StatementQuote, verify};
use shoki_search::query::citation::Names;

/// True sentences that may be lost, of a hundred.
const MAX_LOST_PERCENT: usize = 1;

fn ordinances() -> Vec<Cited> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pipelines/corpora/asahino");
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .expect("the shipped corpus")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "xml"))
        .collect();
    files.sort();
    let mut cited = Vec::new();
    for file in files {
        let bytes = std::fs::read(&file).expect("a law");
        let text = shoki_search::import::egov::import("law.xml", &bytes).expect("a law");
        let revision = RevisionId::generate();
        cited.extend(text.passages.into_iter().map(|passage| Cited {
            key: PassageKey {
                revision,
                ordinal: passage.ordinal,
            },
            title: text.source.title.clone(),
            rank: text.source.rank,
            passage,
        }));
    }
    cited
}

/// Sentences that stand alone, each with its passage.
fn sentences(all: &[Cited]) -> Vec<(&Cited, &str)> {
    let whole = |sentence: &&str| {
        sentence.ends_with('。') && !sentence.contains(['（', '「']) && sentence.chars().count() >= 10
    };
    all.iter()
        .flat_map(|one| {
            let parts = one.passage.text.split_inclusive(['。', '\n']).map(str::trim);
            parts.filter(whole).map(move |sentence| (one, sentence))
        })
        .collect()
}

/// Why a statement on this quote is dropped; `None` when it is shown.
fn dropped(one: &Cited, names: &Names, statement: &str, quote: &str) -> Option<DropReason> {
    let reply = Reply {
        conclusion: vec![Statement {
            sentence: statement.to_owned(),
            quotes: vec![StatementQuote {
                passage: "P1".to_owned(),
                quote: quote.to_owned(),
            }],
        }],
    };
    verify(&reply, std::slice::from_ref(one), names, "")
        .dropped
        .first()
        .copied()
}

fn names(all: &[Cited]) -> Names {
    Names::new(all.iter().map(|one| (one.title.clone(), one.title.clone())))
}

#[test]
fn the_law_s_own_sentences_are_shown() {
    let all = ordinances();
    let names = names(&all);
    let said = sentences(&all);
    let mut lost: BTreeMap<DropReason, Vec<&str>> = BTreeMap::new();
    for (one, sentence) in &said {
        if let Some(reason) = dropped(one, &names, sentence, sentence) {
            lost.entry(reason).or_default().push(sentence);
        }
    }
    let count: usize = lost.values().map(Vec::len).sum();
    assert!(said.len() > 200, "{}", said.len());
    assert!(
        count * 100 <= said.len() * MAX_LOST_PERCENT,
        "{count} of {} lost: {lost:#?}",
        said.len()
    );
}

/// Small changes that turn a sentence into a lie.
const TURNS: &[(&str, &str)] = &[
    ("なければならない。", "なくてもよい。"),
    ("なければならない。", "てはならない。"),
    ("なければならない。", "る必要はない。"),
    ("ことができる。", "ことができない。"),
    ("ことができる。", "なければならない。"),
    ("ことができない。", "ことができる。"),
    ("てはならない。", "てもよい。"),
    ("するものとする。", "しないものとする。"),
    ("する。", "しない。"),
    ("以内", "以上"),
    ("以上", "以下"),
    ("十四日", "三十日"),
    ("三十日", "十四日"),
    ("二年", "五年"),
    ("一年", "三年"),
    ("円を", "万円を"),
    ("第一項", "第二項"),
    ("第二項", "第七項"),
    ("全部又は一部", "全部"),
    ("市長", "住民基本台帳法により市長"),
    ("市長は", "市長は、第百条により"),
];

#[test]
fn a_sentence_turned_round_is_dropped() {
    let all = ordinances();
    let names = names(&all);
    let mut lies = 0;
    let mut shown = Vec::new();
    for (one, sentence) in sentences(&all) {
        for (from, to) in TURNS {
            let lie = sentence.replacen(from, to, 1);
            // What cannot be seen: a place put where another quoted place stood (同条第二項).
            let swapped = from.ends_with('項') && sentence.contains("同条");
            if lie == sentence || swapped || dropped(one, &names, sentence, sentence).is_some() {
                continue;
            }
            lies += 1;
            if dropped(one, &names, &lie, sentence).is_none() {
                shown.push(lie);
            }
        }
    }
    assert!(lies > 200, "{lies}");
    assert!(shown.is_empty(), "{} of {lies} shown: {shown:#?}", shown.len());
}

//! A searcher that finds a passage by its words: what it needs of a corpus is what the real one needs.

use std::sync::Arc;

use shoki_api::search::{GateVerdict, RuleEffect, RulesFault, SearchCommand};
use shoki_api::{
    BankAnswer, BankEdit, BankEntry, BankEntryKind, BankFilter, BankPage, BankRefusal, PlannedEdit,
    SearchFailure, SearchSender,
};
use shoki_core::corpus::PassageKey;
use shoki_core::evidence::{Evidence, Hit, NoBasis, Question, Reason, Remark};
use shoki_core::id::{BankEntryId, DepartmentId};
use shoki_store::CorpusStore;
use shoki_store::corpus_model::{AddedQuestion, BankChange, KnownBasis};

/// A name that it takes for a person's.
pub const PERSON: &str = "山田";
/// A question to which it breaks.
pub const BREAKS: &str = "壊れる";

/// Starts it; it ends with the last sender.
pub fn start(corpus: Arc<dyn CorpusStore>) -> SearchSender {
    let (sender, mut commands) = SearchSender::channel(8);
    tokio::spawn(async move {
        while let Some(command) = commands.recv().await {
            match command {
                SearchCommand::Ask {
                    question,
                    reader,
                    reply,
                    ..
                } => {
                    let _ = reply.send(answer(&*corpus, &question, reader).await);
                }
                SearchCommand::CheckSynonyms {
                    rules,
                    questions,
                    reply,
                    ..
                } => {
                    let _ = reply.send(check(&rules, &questions));
                }
                SearchCommand::GateSynonyms {
                    rules, known, reply, ..
                } => {
                    let _ = reply.send(Ok(gate(&rules, &known)));
                }
                SearchCommand::ListBank { filter, reply, .. } => {
                    let changes = corpus.bank_changes().await.unwrap();
                    let _ = reply.send(Ok(bank(&changes, &filter)));
                }
                SearchCommand::EditBank {
                    edit, known, reply, ..
                } => {
                    let changes = corpus.bank_changes().await.unwrap();
                    let _ = reply.send(Ok(planned(&edit, &changes, &known)));
                }
            }
        }
    });
    sender
}

/// The passages in force that hold the question's text, and the first of each source beside them.
async fn answer(
    corpus: &dyn CorpusStore,
    question: &Question,
    reader: DepartmentId,
) -> Result<Evidence, SearchFailure> {
    if question.text == BREAKS {
        return Err(SearchFailure::Broken);
    }
    let mut hits = Vec::new();
    for source in corpus.sources(reader).await.unwrap() {
        let Ok(full) = corpus.full_text(reader, source.id, question.as_of).await else {
            continue;
        };
        for passage in full.passages {
            let Some(start) = passage.text.find(&question.text) else {
                continue;
            };
            let matched = start..start + question.text.len();
            hits.push(Hit {
                passage: PassageKey {
                    revision: full.revision.id,
                    ordinal: passage.ordinal,
                },
                reason: Reason::Found,
                title: source.head.title.clone(),
                source: source.head.key.clone(),
                rank: source.head.rank,
                valid_from: full.revision.head.valid_from,
                item: passage.item,
                label: passage.label,
                segment: Vec::new(),
                caption: passage.caption,
                headings: passage.headings,
                text: passage.text,
                matched: vec![matched],
                page: passage.page,
                references: Vec::new(),
                score: 1.0,
            });
        }
    }
    hits.truncate(question.limit as usize);
    let person = question.text.find(PERSON).map(|start| Remark::PersonalData {
        span: start..start + PERSON.len(),
    });
    Ok(Evidence {
        no_basis: hits.is_empty().then(|| NoBasis::SubjectUnknown {
            terms: vec![question.text.clone()],
        }),
        hits,
        related: Vec::new(),
        own: Vec::new(),
        remarks: person.into_iter().collect(),
        index: "fake".to_owned(),
    })
}

/// A table is lines of `口語 = 法令用語`.
fn check(rules: &str, questions: &[String]) -> Result<Vec<RuleEffect>, RulesFault> {
    (1..)
        .zip(rules.lines())
        .map(|(line, rule)| {
            let (from, to) = rule.split_once(" = ").ok_or(RulesFault {
                line: Some(line),
                message_ja: "「=」がありません。".to_owned(),
            })?;
            let touched =
                |(position, question): (usize, &String)| question.contains(from).then_some(position);
            Ok(RuleEffect {
                rule: format!("{from} → {to}"),
                questions: questions.iter().enumerate().filter_map(touched).collect(),
            })
        })
        .collect()
}

/// A table that holds this word makes every answer worse and loses every pinned question.
pub const WORSE: &str = "改悪";

fn gate(rules: &str, known: &[KnownBasis]) -> GateVerdict {
    let of = |pinned: bool| {
        let questions = known.iter().filter(|one| !pinned || one.pinned);
        questions.map(|one| one.question.clone()).collect::<Vec<_>>()
    };
    let falls = rules.contains(WORSE) && !known.is_empty();
    GateVerdict {
        questions: known.len(),
        before: 0.9,
        after: if falls { 0.5 } else { 0.9 },
        may_fall: 0.01,
        falls,
        lost: if falls { of(true) } else { Vec::new() },
        worse: if falls { of(false) } else { Vec::new() },
    }
}

/// What the office added, in its order.
fn bank(changes: &[BankChange], filter: &BankFilter) -> BankPage {
    let added = changes.iter().filter_map(|change| match change {
        BankChange::Add(id, added) if added.title == filter.source => Some(entry(*id, added)),
        _ => None,
    });
    let mut entries: Vec<BankEntry> = added.collect();
    if let Some(after) = filter.after {
        let at = entries.iter().position(|entry| entry.id == after)?;
        entries = entries.split_off(at + 1);
    }
    let more = entries.len() > filter.rows;
    entries.truncate(filter.rows);
    Some((entries, more))
}

fn entry(id: BankEntryId, added: &AddedQuestion) -> BankEntry {
    BankEntry {
        id,
        question: added.question.clone(),
        kind: BankEntryKind::Item,
        source: added.title.clone(),
        item: Some(added.item.clone()),
        shipped: false,
        has_vote: true,
    }
}

fn planned(edit: &BankEdit, changes: &[BankChange], known: &[KnownBasis]) -> BankAnswer {
    let (change, entry) = match edit {
        BankEdit::Add {
            question,
            source,
            item,
        } => {
            let added = AddedQuestion {
                question: question.clone(),
                title: source.clone(),
                item: item.clone(),
                seen: "0".to_owned(),
            };
            let id = BankEntryId::generate();
            let entry = entry(id, &added);
            (BankChange::Add(id, added), entry)
        }
        BankEdit::Remove(id) | BankEdit::Restore(id) => {
            let held = changes.iter().find_map(|change| match change {
                BankChange::Add(held, added) if held == id => Some(entry(*id, added)),
                _ => None,
            });
            (BankChange::Undo(*id), held.ok_or(BankRefusal::NoSuchEntry)?)
        }
    };
    Ok(PlannedEdit {
        verdict: gate(&entry.question, known),
        change,
        entry,
    })
}

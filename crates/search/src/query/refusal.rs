//! Whether what was found decides the question, from evidence only: what the question's words are about,
//! whether the best passages hold them, which source would.
//!
//! Promises: a cited article that exists is a basis; every refusal names words or a source; a question of
//! the bank only refuses what the passages found do not hold. Never: a passage's score (as a threshold it
//! is worse than a coin, MODELS.md §3).

use std::ops::Range;

use shoki_core::corpus::{ReaderScope, SourceRank};
use shoki_core::evidence::{Hit, NoBasis, Remark};

use super::bank::{Known, Neighbour};
use super::citation::Citation;
use super::known::KnownAnswers;
use super::pinned::Pinned;
use super::scope_table::{ScopeTable, Topic};
use super::synonym::Widening;
use super::unknown_law::unknown_law;
use super::wording::subjects;
use crate::index::{IndexError, PassageIndex};
use crate::text::normalise;

/// Hits whose texts count as evidence.
const EVIDENCE_DEPTH: usize = 5;
/// Rules at or under this weight widen the wording, not the subject.
const WORDING_WEIGHT: f32 = 0.55;
/// Share of the subject that must be covered when some of it is unknown everywhere.
const MIN_COVERED: f32 = 0.5;
/// The same share where no word of the question speaks against an answer.
const MIN_COVERED_UNASKED: f32 = 0.34;
/// Characters that the subject must have before its being unknown says anything.
const MIN_SUBJECT: usize = 4;
/// Similarity from which a question of the bank says something about the one asked.
const ALIKE: f32 = 0.25;
/// How much nearer an unanswered question must come than an answered one.
const LEAD: f32 = 0.05;

/// What a decision is made from.
pub(super) struct Findings<'a> {
    /// Normalised.
    pub question: &'a str,
    pub citations: &'a [Citation],
    pub pinned: &'a Pinned,
    pub widened: &'a [Widening<'a>],
    pub known: &'a KnownAnswers<'a>,
    pub hits: &'a [Hit],
    pub limits: &'a ScopeTable,
    pub index: &'a dyn PassageIndex,
    pub scope: &'a ReaderScope,
}

/// `None` when there is a basis.
pub(super) fn decide(findings: &Findings<'_>) -> Result<Option<NoBasis>, IndexError> {
    if !findings.pinned.passages.is_empty() {
        return Ok(None);
    }
    if let Some(missing) = missing_citation(findings) {
        return Ok(Some(missing));
    }
    let evidence: Vec<String> = findings
        .hits
        .iter()
        .take(EVIDENCE_DEPTH)
        .map(|hit| {
            let caption = hit.caption.as_deref().unwrap_or_default();
            normalise(&format!(
                "{}\n{}\n{caption}\n{}",
                hit.title,
                hit.headings.join("\n"),
                hit.text
            ))
        })
        .collect();
    let known = Likeness::of(findings.known);
    if known.answered >= ALIKE && known.answered > known.refused() {
        return Ok(None);
    }
    match known_elsewhere(findings, &known, &evidence) {
        Elsewhere::Refused(refused) => return Ok(Some(refused)),
        Elsewhere::Held => return Ok(None),
        Elsewhere::Unknown => {}
    }
    if let Some(limit) = limit(findings, &evidence) {
        return Ok(Some(limit));
    }
    unknown_subject(findings, &evidence)
}

/// How near the question comes to those of the bank that the laws answer, and to those that they do not.
struct Likeness<'a> {
    answered: f32,
    missing: Option<Neighbour<'a>>,
    outside: Option<Neighbour<'a>>,
}

impl<'a> Likeness<'a> {
    fn of(known: &KnownAnswers<'a>) -> Self {
        let first = |fits: &dyn Fn(&Known) -> bool| {
            known
                .neighbours
                .iter()
                .find(|neighbour| fits(&neighbour.question.known))
                .copied()
        };
        Self {
            answered: known.answered,
            missing: first(&|known| matches!(known, Known::Missing { .. })),
            outside: first(&|known| matches!(known, Known::Outside { .. })),
        }
    }

    fn refused(&self) -> f32 {
        let similarity = |of: Option<Neighbour<'_>>| of.map_or(0.0, |of| of.similarity);
        similarity(self.missing).max(similarity(self.outside))
    }
}

/// What a near question that the laws do not answer says.
enum Elsewhere {
    /// Nothing was found that answers it either.
    Refused(NoBasis),
    /// What the office keeps below the laws answers it.
    Held,
    /// There is no such question near, or what was found may answer it.
    Unknown,
}

/// The question is nearest to one that the laws do not answer, and what was found does not either.
fn known_elsewhere(findings: &Findings<'_>, known: &Likeness<'_>, evidence: &[String]) -> Elsewhere {
    let nearest = [known.missing, known.outside]
        .into_iter()
        .flatten()
        .max_by(|a, b| a.similarity.total_cmp(&b.similarity));
    let Some(nearest) = nearest else {
        return Elsewhere::Unknown;
    };
    if nearest.similarity < ALIKE || nearest.similarity <= known.answered + LEAD {
        return Elsewhere::Unknown;
    }
    let (terms, missing) = match &nearest.question.known {
        Known::Item { .. } | Known::Office => return Elsewhere::Unknown,
        Known::Missing { source, terms } => (terms, Some(source)),
        Known::Outside { terms, .. } => (terms, None),
    };
    let asked: Vec<&String> = terms
        .iter()
        .filter(|term| findings.question.contains(term.as_str()))
        .collect();
    let subjects = subjects(findings.question);
    let mut practice = findings
        .hits
        .iter()
        .zip(evidence)
        .filter(|(hit, _)| is_practice(hit.rank));
    // A heading that names what was asked for is the answer's.
    if practice.clone().any(|(hit, _)| {
        let heading = heading(hit);
        asked.iter().any(|term| holds_half(&heading, term))
    }) {
        return Elsewhere::Held;
    }
    let is_missing = missing.is_some();
    let speaks_of_it = practice.any(|(_, text)| speaks_of(text, &subjects, &asked, is_missing));
    let holds = |(hit, text): (&Hit, &String)| {
        if is_missing {
            let all = asked.len() == terms.len();
            all && !is_statute(hit.rank) && asked.iter().all(|term| text.contains(term.as_str()))
        } else {
            let heading = heading(hit);
            asked.iter().any(|term| heading.contains(term.as_str()))
        }
    };
    if speaks_of_it || findings.hits.iter().zip(evidence).any(holds) {
        return Elsewhere::Unknown;
    }
    Elsewhere::Refused(match (&nearest.question.known, missing) {
        (_, Some(source)) => NoBasis::SourceMissing {
            missing: source.clone(),
        },
        (Known::Outside { topic, .. }, None) if asked.is_empty() => NoBasis::OutOfScope {
            terms: vec![topic.clone()],
        },
        _ => NoBasis::OutOfScope {
            terms: asked.into_iter().cloned().collect(),
        },
    })
}

/// Whether what the office keeps below the laws, which speaks of anything, is about the same as a question
/// whose like the laws do not answer.
fn speaks_of(text: &str, subjects: &[(Range<usize>, &str)], asked: &[&String], is_missing: bool) -> bool {
    let covered = covered_share(subjects, text);
    if asked.is_empty() {
        // No word of the question says that it is the one that cannot be answered.
        return covered >= MIN_COVERED_UNASKED;
    }
    covered >= MIN_COVERED && (is_missing || asked.iter().any(|term| holds_half(text, term)))
}

fn heading(hit: &Hit) -> String {
    let caption = hit.caption.as_deref().unwrap_or_default();
    normalise(&format!("{}\n{caption}", hit.title))
}

/// The question names a source or an article, and nothing that it names is there.
fn missing_citation(findings: &Findings<'_>) -> Option<NoBasis> {
    if findings.citations.is_empty() {
        return unknown_law(findings.question, findings.hits);
    }
    let missing = findings.pinned.remarks.iter().find_map(|remark| match remark {
        Remark::NoSuchSource { title } => Some(title.clone()),
        Remark::NoSuchItem { title, label } => Some(format!("{title}{label}")),
        Remark::PersonalData { .. } | Remark::Widened { .. } => None,
    })?;
    Some(NoBasis::SourceMissing { missing })
}

/// Notices, casebooks, plans, the office's own manuals.
const fn is_practice(rank: SourceRank) -> bool {
    !is_statute(rank) && !matches!(rank, SourceRank::LocalOrdinance | SourceRank::LocalRule)
}

const fn is_statute(rank: SourceRank) -> bool {
    matches!(
        rank,
        SourceRank::Act | SourceRank::CabinetOrder | SourceRank::MinisterialOrder
    )
}

/// An entry of the table that the question fits and the best passages do not answer.
fn limit(findings: &Findings<'_>, evidence: &[String]) -> Option<NoBasis> {
    let has = |word: &&String| findings.question.contains(word.as_str());
    let of_the_desk = findings.limits.desk.iter().any(|word| has(&word));
    for limit in &findings.limits.limits {
        if limit.topic == Topic::Outside && of_the_desk {
            continue;
        }
        if !limit.with.is_empty() && !limit.with.iter().any(|word| has(&word)) {
            continue;
        }
        // Words that need a condition (金額 with 今年度) stand in every law: their presence proves nothing.
        let answered = |word: &String| match (limit.topic, limit.with.is_empty()) {
            (Topic::Outside, _) => findings.hits.iter().take(EVIDENCE_DEPTH).any(|hit| {
                hit.caption
                    .as_deref()
                    .is_some_and(|caption| normalise(caption).contains(word))
            }),
            (Topic::Missing, true) => evidence.iter().any(|text| text.contains(word)),
            (Topic::Missing, false) => false,
        };
        let words: Vec<&String> = limit
            .words
            .iter()
            .filter(has)
            .filter(|word| !answered(word))
            .collect();
        if words.is_empty() {
            continue;
        }
        return Some(match (&limit.source, limit.topic) {
            (Some(missing), Topic::Missing) => NoBasis::SourceMissing {
                missing: missing.clone(),
            },
            _ => NoBasis::OutOfScope {
                terms: words.into_iter().cloned().collect(),
            },
        });
    }
    None
}

/// Words of the subject that occur nowhere, when what is left of it is not covered either.
fn unknown_subject(findings: &Findings<'_>, evidence: &[String]) -> Result<Option<NoBasis>, IndexError> {
    let subjects = subjects(findings.question);
    if findings.hits.is_empty() {
        let terms = subjects.into_iter().map(|(_, word)| word.to_owned()).collect();
        return Ok(Some(NoBasis::SubjectUnknown { terms }));
    }
    let of_the_desk = findings
        .limits
        .desk
        .iter()
        .any(|word| findings.question.contains(word.as_str()));
    let widened = findings
        .widened
        .iter()
        .any(|widening| widening.weight > WORDING_WEIGHT);
    if of_the_desk || widened {
        return Ok(None);
    }
    let (mut total, mut covered) = (0_usize, 0_usize);
    let mut open: Vec<String> = Vec::new();
    for (_, word) in subjects {
        let size = word.chars().count();
        total += size;
        if evidence.iter().any(|text| holds_half(text, word)) {
            covered += size;
        } else {
            open.push(word.to_owned());
        }
    }
    if open.is_empty() || total < MIN_SUBJECT || share(covered, total) >= MIN_COVERED {
        return Ok(None);
    }
    let counts = findings.index.occurrences(&open, findings.scope)?;
    let unknown: Vec<String> = open
        .iter()
        .zip(counts)
        .filter(|&(_, count)| count == 0)
        .map(|(word, _)| word.clone())
        .collect();
    Ok((!unknown.is_empty()).then_some(NoBasis::SubjectUnknown { terms: unknown }))
}

/// Share of the subject, in characters, that a text holds.
fn covered_share(subjects: &[(Range<usize>, &str)], text: &str) -> f32 {
    let size = |word: &str| word.chars().count();
    let covered = subjects.iter().filter(|(_, word)| holds_half(text, word));
    share(
        covered.map(|(_, word)| size(word)).sum(),
        subjects.iter().map(|(_, word)| size(word)).sum(),
    )
}

/// Whether a text holds a word or at least half of its pairs of characters (計算 of 計算間違).
fn holds_half(text: &str, word: &str) -> bool {
    if text.contains(word) {
        return true;
    }
    let characters: Vec<char> = word.chars().collect();
    let pairs = characters.len().saturating_sub(1);
    let held = characters
        .windows(2)
        .filter(|pair| text.contains(&pair.iter().collect::<String>()))
        .count();
    pairs > 1 && held * 2 >= pairs.saturating_sub(1).max(2)
}

#[expect(clippy::cast_precision_loss, reason = "counts of characters of one question")]
fn share(part: usize, whole: usize) -> f32 {
    part as f32 / whole.max(1) as f32
}

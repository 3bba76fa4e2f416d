//! Questions whose answer is known, and how near a new one comes to them: the FAQ retrieval of Burke et
//! al. (1997), cosine of tf-idf over character uni- and bigrams.
//!
//! Promises: a neighbour says what it was answered with, never more; similarity lies in 0–1, ties by
//! place. The shipped bank was written article by article from the statutes' contents, without any list
//! of test questions. Never: a text that is shown as an answer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Deserialize;
use shoki_core::digest::Sha256;
use shoki_core::id::{BankEntryId, FaqId};

use super::sketch::Sketch;
use crate::index::terms;
use crate::text::normalise;

/// The banks that come with the product.
const SHIPPED: [&str; 6] = [
    include_str!("../../../../pipelines/corpora/vocabulary/questions/seiho.jsonl"),
    include_str!("../../../../pipelines/corpora/vocabulary/questions/fukushi.jsonl"),
    include_str!("../../../../pipelines/corpora/vocabulary/questions/ippan.jsonl"),
    include_str!("../../../../pipelines/corpora/vocabulary/questions/border.jsonl"),
    include_str!("../../../../pipelines/corpora/vocabulary/questions/missing.jsonl"),
    include_str!("../../../../pipelines/corpora/vocabulary/questions/outside.jsonl"),
];

/// What the articles of the shipped bank said when it was written: law, item and sketch, a line each
/// (`shoki search bank --sketches`).
const SEEN: &str = include_str!("../../../../pipelines/corpora/vocabulary/questions/seen.tsv");

/// What a question of the bank is answered with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Known {
    /// An item of a source decides it.
    Item {
        /// Title of the source.
        law: String,
        /// Its item, as passages name it.
        article: String,
    },
    /// The laws leave it to a source of another kind.
    Missing {
        /// What that source is called.
        source: String,
        /// The words of the question that say so.
        terms: Vec<String>,
    },
    /// It is nothing of this desk.
    Outside {
        /// The field it belongs to.
        topic: String,
        /// The words of the question that say so.
        terms: Vec<String>,
    },
    /// The office answers it by itself and names no text.
    #[serde(skip)]
    Office,
}

/// A question of the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankedQuestion {
    /// As it was asked, normalised.
    pub text: String,
    /// What it is answered with.
    pub known: Known,
    /// What the item said when the answer was written; an item that says something else has another
    /// number today. `None`: nobody knows.
    pub seen: Option<Sketch>,
    /// The FAQ entry of the reader's 課 that it is.
    pub faq: Option<FaqId>,
}

impl BankedQuestion {
    /// What the entry is called: the same question with the same answer has the same name.
    #[must_use]
    pub fn entry(&self) -> BankEntryId {
        let answered = match &self.known {
            Known::Item { law, article } => ["item", law.as_str(), article],
            Known::Missing { source, .. } => ["missing", source, ""],
            Known::Outside { topic, .. } => ["outside", topic, ""],
            Known::Office => ["office", "", ""],
        };
        let named = [answered.as_slice(), &[self.text.as_str()]].concat().join("\0");
        let digest = Sha256::of(named.as_bytes());
        let first = digest.as_bytes().first_chunk().expect("32 bytes hold 16");
        BankEntryId::from_uuid(uuid::Builder::from_custom_bytes(*first).into_uuid())
    }
}

/// A question of the bank that comes near.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour<'a> {
    /// Cosine, 0–1.
    pub similarity: f32,
    /// The question.
    pub question: &'a BankedQuestion,
}

/// A line of the bank that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the question bank")]
pub struct BankError {
    /// From 1.
    pub line: usize,
    /// Why.
    #[source]
    pub source: serde_json::Error,
}

/// Questions with known answers.
#[derive(Clone, Debug, Default)]
pub struct QuestionBank {
    questions: Vec<BankedQuestion>,
    /// Term → questions with the term's share of the question's unit vector.
    postings: HashMap<String, Vec<(u32, f32)>>,
    rarity: Arc<Rarity>,
}

/// How rare the terms of a bank are.
#[derive(Debug, Default)]
struct Rarity {
    idf: HashMap<String, f32>,
    /// IDF of a term that no question of the bank has.
    unknown: f32,
}

#[derive(Deserialize)]
struct Line {
    question: String,
    #[serde(flatten)]
    known: Known,
}

impl QuestionBank {
    /// A bank of these questions.
    #[must_use]
    pub fn new(questions: Vec<BankedQuestion>) -> Self {
        let counts = counted(&questions);
        let mut with_term: HashMap<&str, usize> = HashMap::new();
        for term in counts.iter().flat_map(HashMap::keys) {
            *with_term.entry(term).or_insert(0) += 1;
        }
        let rarity = Rarity {
            idf: with_term
                .into_iter()
                .map(|(term, with)| (term.to_owned(), inverse_frequency(with, questions.len())))
                .collect(),
            unknown: inverse_frequency(0, questions.len()),
        };
        Self::of(questions, &counts, Arc::new(rarity))
    }

    /// A bank of these questions that counts terms as rare as this one does: so few questions as an office
    /// writes by itself say nothing about that, and similarities of both can be compared.
    #[must_use]
    pub fn beside(&self, questions: Vec<BankedQuestion>) -> Self {
        let counts = counted(&questions);
        Self::of(questions, &counts, Arc::clone(&self.rarity))
    }

    fn of(questions: Vec<BankedQuestion>, counts: &[HashMap<String, u32>], rarity: Arc<Rarity>) -> Self {
        let mut postings: HashMap<String, Vec<(u32, f32)>> = HashMap::new();
        for (at, counts) in (0_u32..).zip(counts) {
            for (term, share) in rarity.unit(counts) {
                postings.entry(term.to_owned()).or_default().push((at, share));
            }
        }
        Self {
            questions,
            postings,
            rarity,
        }
    }

    /// The questions, in the order given.
    #[must_use]
    pub fn questions(&self) -> &[BankedQuestion] {
        &self.questions
    }

    /// Reads questions, one JSON object a line: `question` with `law` and `article`, with `source` and
    /// `terms`, or with `topic` and `terms`.
    ///
    /// # Errors
    /// [`BankError`] with the line.
    pub fn parse(text: &str) -> Result<Vec<BankedQuestion>, BankError> {
        (1..)
            .zip(text.lines())
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(line, json)| {
                let mut read: Line =
                    serde_json::from_str(json).map_err(|source| BankError { line, source })?;
                if let Known::Missing { terms, .. } | Known::Outside { terms, .. } = &mut read.known {
                    terms.iter_mut().for_each(|term| *term = normalise(term));
                }
                Ok(BankedQuestion {
                    text: normalise(&read.question),
                    known: read.known,
                    seen: None,
                    faq: None,
                })
            })
            .collect()
    }

    /// The bank that comes with the product.
    ///
    /// # Panics
    /// Never: a test reads it.
    #[must_use]
    pub fn shipped() -> Self {
        let seen = seen_articles(SEEN);
        let mut questions: Vec<BankedQuestion> = SHIPPED
            .iter()
            .flat_map(|text| Self::parse(text).expect("the shipped bank is read by a test"))
            .collect();
        for question in &mut questions {
            if let Known::Item { law, article } = &question.known {
                question.seen = seen.get(&(law.as_str(), article.as_str())).copied();
            }
        }
        Self::new(questions)
    }

    /// The questions nearest to a normalised text, best first, at most `depth`.
    #[must_use]
    pub fn nearest(&self, text: &str, depth: usize) -> Vec<Neighbour<'_>> {
        let (counts, _) = terms::frequencies([text]);
        let mut sums: BTreeMap<u32, f32> = BTreeMap::new();
        for (term, share) in self.rarity.unit(&counts) {
            for &(at, held) in self.postings.get(term).map_or(&[][..], Vec::as_slice) {
                *sums.entry(at).or_insert(0.0) += share * held;
            }
        }
        let mut found: Vec<(u32, f32)> = sums.into_iter().collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found
            .into_iter()
            .take(depth)
            .filter_map(|(at, similarity)| {
                let question = self.questions.get(usize::try_from(at).ok()?)?;
                Some(Neighbour { similarity, question })
            })
            .collect()
    }
}

impl Rarity {
    /// The terms of a text with their shares of a vector of length one, in the order of the terms.
    fn unit<'t>(&self, counts: &'t HashMap<String, u32>) -> BTreeMap<&'t str, f32> {
        let mut weights: BTreeMap<&str, f32> = counts
            .iter()
            .map(|(term, &count)| {
                #[expect(clippy::cast_precision_loss, reason = "a count of characters of one question")]
                let frequency = 1.0 + (count as f32).ln();
                let idf = self.idf.get(term).copied().unwrap_or(self.unknown);
                (term.as_str(), frequency * idf)
            })
            .collect();
        let length = weights.values().map(|weight| weight * weight).sum::<f32>().sqrt();
        if length > 0.0 {
            weights.values_mut().for_each(|weight| *weight /= length);
        }
        weights
    }
}

/// How often each question has each term.
fn counted(questions: &[BankedQuestion]) -> Vec<HashMap<String, u32>> {
    questions
        .iter()
        .map(|question| terms::frequencies([question.text.as_str()]).0)
        .collect()
}

/// Sketches by law and item; a line that cannot be read is none (a test reads them all).
fn seen_articles(lines: &str) -> HashMap<(&str, &str), Sketch> {
    lines
        .lines()
        .filter_map(|line| {
            let mut columns = line.split('\t');
            let (law, item, sketch) = (columns.next()?, columns.next()?, columns.next()?);
            Some(((law, item), sketch.parse().ok()?))
        })
        .collect()
}

/// ln(1 + (N − n + ½) / (n + ½)).
#[expect(clippy::cast_precision_loss, reason = "a ratio of counts; 24 bits are plenty")]
fn inverse_frequency(with: usize, all: usize) -> f32 {
    let without = all.saturating_sub(with) as f32;
    ((without + 0.5) / (with as f32 + 0.5)).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = r#"{"law":"見本法","article":"24","question":"返事は何日以内にすればよい？"}

{"source":"保護の基準（告示）","question":"家賃はいくらまで出る？","terms":["家賃","いくらまで"]}
{"topic":"道路","question":"道路に穴があいている","terms":["道路"]}
"#;

    #[test]
    fn the_nearest_question_comes_first_and_says_what_it_was_answered_with() {
        let bank = QuestionBank::new(QuestionBank::parse(LINES).expect("good lines"));
        let found = bank.nearest(&normalise("アパートの家賃は、いくらまで出せるか"), 2);
        assert_eq!(
            found[0].question.known,
            Known::Missing {
                source: "保護の基準（告示）".to_owned(),
                terms: vec!["家賃".to_owned(), "いくらまで".to_owned()],
            }
        );
        assert!(
            found
                .windows(2)
                .all(|pair| pair[0].similarity >= pair[1].similarity)
        );
        assert!(
            found
                .iter()
                .all(|near| near.similarity > 0.0 && near.similarity < 1.0)
        );
        let same = bank.nearest(&normalise("返事は何日以内にすればよい？"), 1);
        assert!((same[0].similarity - 1.0).abs() < 1e-5, "{}", same[0].similarity);
        assert!(bank.nearest("", 3).is_empty());
        assert!(QuestionBank::default().nearest("家賃", 3).is_empty());
    }

    #[test]
    fn a_bad_line_is_named() {
        for bad in [
            "{\"question\":\"答えのない問い\"}",
            "{\"law\":\"見本法\",\"article\":\"1\"}",
            "ただの文",
        ] {
            let error = QuestionBank::parse(&format!("{LINES}{bad}\n")).expect_err(bad);
            assert_eq!(error.line, 5, "{bad}");
        }
    }

    #[test]
    fn every_shipped_entry_has_a_name_of_its_own() {
        let bank = QuestionBank::shipped();
        let names: std::collections::HashSet<BankEntryId> =
            bank.questions().iter().map(BankedQuestion::entry).collect();
        assert_eq!(names.len(), bank.questions().len());
    }

    #[test]
    fn the_shipped_bank_reads_and_its_words_stand_in_its_questions() {
        let bank = QuestionBank::shipped();
        assert!(bank.questions.len() > 3_000);
        for question in &bank.questions {
            let is_item = matches!(question.known, Known::Item { .. });
            assert_eq!(question.seen.is_some(), is_item, "{}", question.text);
            if let Known::Missing { terms, .. } | Known::Outside { terms, .. } = &question.known {
                assert!(
                    !terms.is_empty() && terms.iter().all(|term| question.text.contains(term.as_str())),
                    "{}",
                    question.text
                );
            }
        }
    }
}

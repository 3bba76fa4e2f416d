//! The verification of a reply: which sentences may be shown, and why the others may not.
//!
//! Promises: deterministic; in doubt a sentence is dropped. What it cannot see, and the label over every
//! draft says so: who does something, conditions left out, a quote that is true beside the point.

use shoki_core::draft::{DraftQuote, DraftSentence, DropReason};

use super::compact::Compact;
use super::numbers::{is_said, quantities};
use super::places::{self, Evidence};
use super::predicates::Modality;
use super::prompt::pairs;
use super::reply::{MAX_QUOTES, MAX_STATEMENTS, Reply, StatementQuote};
use super::sentences::{is_unprintable, numbered_apart, sentences, unnumbered};
use super::{Cited, polarity};
use crate::query::citation::Names;
use crate::text::{is_kanji, is_katakana};

/// Shortest quote, in characters without blanks.
const MIN_QUOTE_CHARS: usize = 8;
/// Longest sentence, in characters.
const MAX_SENTENCE_CHARS: usize = 300;
/// Share of a sentence's content pairs that its quotes, their headings or the question must hold.
const MIN_SHARED: f64 = 0.5;

/// Words that decide a conclusion: they are shown only when a quote has them.
const DECIDING: &[&str] = &[
    "全部",
    "一部",
    "全額",
    "半額",
    "一切",
    "必ず",
    "直ちに",
    "速やかに",
    "遅滞なく",
    "無料",
    "無償",
    "有料",
    "免除",
    "減免",
    "減額",
    "増額",
    "禁止",
    "罰金",
    "過料",
    "懲役",
    "拘禁",
    "罰則",
    "例外なく",
    "すべて",
    "全て",
    "常に",
    "以上",
    "以下",
    "未満",
    "以内",
    "を超え",
    "に満たない",
    "令和",
    "平成",
    "昭和",
    "大正",
    "明治",
    "原則",
    "に限り",
    "のみ",
    "いつでも",
    "無条件",
    "無期限",
];

/// Alternatives of which one alone says something else, and how a text gives the choice.
const ALTERNATIVES: &[(&str, &str, &str)] = &[
    ("全部", "一部", "全部又は一部"),
    ("全部", "一部", "全部若しくは一部"),
];

/// What came out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Sentences that may be shown.
    pub sentences: Vec<DraftSentence>,
    /// Why others may not.
    pub dropped: Vec<DropReason>,
}

/// Verifies a reply against the passages that were given, in the order of their ids.
#[must_use]
pub fn verify(reply: &Reply, cited: &[Cited], names: &Names, question: &str) -> Verified {
    let texts: Vec<Compact> = cited.iter().map(|one| Compact::new(&one.passage.text)).collect();
    let asked = Compact::new(question);
    let mut out = Verified::default();
    for statement in reply.conclusion.iter().take(MAX_STATEMENTS) {
        let quotes = found(&statement.quotes, cited, &texts);
        for sentence in sentences(&statement.sentence) {
            let checked = match &quotes {
                Err(reason) => Err(*reason),
                Ok(quotes) => check(sentence, quotes, names, asked.text()).map(|()| quotes),
            };
            match checked {
                Ok(quotes) => out.sentences.push(DraftSentence {
                    text: sentence.to_owned(),
                    quotes: quotes.iter().map(Quote::shown).collect(),
                }),
                Err(reason) => out.dropped.push(reason),
            }
        }
    }
    let over = reply.conclusion.len().saturating_sub(MAX_STATEMENTS);
    out.dropped
        .extend(std::iter::repeat_n(DropReason::NotASentence, over));
    out
}

/// A quote that stands in its passage.
#[derive(Clone, Debug)]
struct Quote<'a> {
    evidence: Evidence<'a>,
    /// The passage's compact text and where the quote stands in it.
    text: &'a str,
    start: usize,
    end: usize,
}

impl Quote<'_> {
    fn shown(&self) -> DraftQuote {
        let cited = self.evidence.cited;
        DraftQuote {
            passage: cited.key,
            title: cited.title.clone(),
            label: cited.passage.label.clone(),
            span: self.evidence.span.clone(),
            text: cited.passage.text[self.evidence.span.clone()].to_owned(),
        }
    }

    /// The quote's sentences and the halves of those that turn at a が: each with what it says.
    fn clauses(&self) -> Vec<(&str, Modality)> {
        let mut clauses = Vec::new();
        let mut start = self.start;
        let quoted = &self.text[self.start..self.end];
        for (at, _) in quoted.match_indices(['。', '、']) {
            let turns = quoted[at..].starts_with('。') || quoted[..at].ends_with('が');
            let end = self.start + at;
            if turns && end > start {
                clauses.push((&self.text[start..end], polarity::at(self.text, start, end)));
                start = end + "。".len();
            }
        }
        if start < self.end {
            clauses.push((
                &self.text[start..self.end],
                polarity::at(self.text, start, self.end),
            ));
        }
        clauses
    }
}

/// The statement's quotes, all of them, or why not.
fn found<'a>(
    quotes: &[StatementQuote],
    cited: &'a [Cited],
    texts: &'a [Compact],
) -> Result<Vec<Quote<'a>>, DropReason> {
    if quotes.is_empty() {
        return Err(DropReason::NoQuote);
    }
    if quotes.len() > MAX_QUOTES {
        return Err(DropReason::NotASentence);
    }
    quotes.iter().map(|quote| one(quote, cited, texts)).collect()
}

fn one<'a>(
    quote: &StatementQuote,
    cited: &'a [Cited],
    texts: &'a [Compact],
) -> Result<Quote<'a>, DropReason> {
    let index = quote
        .passage
        .trim()
        .strip_prefix(['P', 'p'])
        .and_then(|number| number.parse::<usize>().ok()?.checked_sub(1));
    let place = index.and_then(|index| Some((cited.get(index)?, texts.get(index)?)));
    let (cited, text) = place.ok_or(DropReason::UnknownPassage)?;
    let words = Compact::new(&quote.quote);
    if words.text().chars().count() < MIN_QUOTE_CHARS {
        return Err(DropReason::QuoteTooShort);
    }
    let span = text.find(words.text()).ok_or(DropReason::QuoteNotFound)?;
    Ok(Quote {
        evidence: Evidence {
            cited,
            span: text.original(&span),
            words: numbered_apart(&cited.passage.text[text.original(&span)]),
        },
        text: text.text(),
        start: span.start,
        end: span.end,
    })
}

fn check(sentence: &str, quotes: &[Quote<'_>], names: &Names, question: &str) -> Result<(), DropReason> {
    let compact = Compact::new(unnumbered(sentence));
    let said = compact.text();
    let length = sentence.chars().count();
    if length > MAX_SENTENCE_CHARS
        || sentence.chars().any(is_unprintable)
        || !said.chars().any(|c| is_kanji(c) || is_katakana(c))
    {
        return Err(DropReason::NotASentence);
    }
    let evidence: Vec<Evidence<'_>> = quotes.iter().map(|quote| quote.evidence.clone()).collect();
    if !places::supported(said, names, &evidence) {
        return Err(DropReason::PlaceNotQuoted);
    }
    if !places::laws_supported(said, names, &evidence) {
        return Err(DropReason::LawNotQuoted);
    }
    if !numbers_said(said, names, &evidence) {
        return Err(DropReason::NumberNotQuoted);
    }
    let headings: Vec<String> = evidence.iter().map(headings).collect();
    let has = |word: &str| {
        evidence.iter().any(|one| one.words.contains(word)) || headings.iter().any(|text| text.contains(word))
    };
    let halved = |(one, other, both): &(&str, &str, &str)| {
        said.contains(one) != said.contains(other) && evidence.iter().any(|quote| quote.words.contains(both))
    };
    if ALTERNATIVES.iter().any(halved) {
        return Err(DropReason::WordNotQuoted);
    }
    if DECIDING.iter().any(|word| said.contains(word) && !has(word)) {
        return Err(DropReason::WordNotQuoted);
    }
    if !is_about(said, &evidence, &headings, question) {
        return Err(DropReason::NotAbout);
    }
    if polarity_differs(said, quotes) {
        return Err(DropReason::PolarityDiffers);
    }
    Ok(())
}

fn numbers_said(said: &str, names: &Names, evidence: &[Evidence<'_>]) -> bool {
    let mut quoted = Vec::new();
    for one in evidence {
        quoted.extend(quantities(&one.words));
        quoted.extend(
            one.cited
                .passage
                .headings
                .iter()
                .flat_map(|heading| quantities(Compact::new(heading).text())),
        );
    }
    quantities(&places::without_places(said, names))
        .iter()
        .all(|quantity| is_said(quantity, &quoted) || is_own_ordinal(quantity, evidence))
}

/// 第二項 of the article that is quoted, from that 項.
fn is_own_ordinal(quantity: &super::numbers::Quantity, evidence: &[Evidence<'_>]) -> bool {
    let Some((unit, value)) = quantity.ordinal() else {
        return false;
    };
    let level = usize::from(unit == "号");
    evidence.iter().any(|one| {
        one.cited.passage.segments.iter().any(|segment| {
            segment.span.start < one.span.end
                && one.span.start < segment.span.end
                && segment.path.get(level).is_some_and(|held| held == value)
        })
    })
}

/// What stands over a quoted passage.
fn headings(evidence: &Evidence<'_>) -> String {
    let cited = evidence.cited;
    let mut text = cited.title.clone();
    for part in cited.passage.headings.iter().chain(&cited.passage.caption) {
        text.push('\n');
        text.push_str(part);
    }
    crate::text::normalise(&text)
}

/// Whether sentence and quotes share what they are about.
fn is_about(said: &str, evidence: &[Evidence<'_>], headings: &[String], question: &str) -> bool {
    let content = content_pairs(said);
    if content.is_empty() {
        return false;
    }
    let quoted = |pair: &str| evidence.iter().any(|one| one.words.contains(pair));
    let held = content
        .iter()
        .filter(|pair| {
            quoted(pair) || headings.iter().any(|text| text.contains(**pair)) || question.contains(**pair)
        })
        .count();
    #[expect(clippy::cast_precision_loss, reason = "pairs of one sentence")]
    let share = held as f64 / content.len() as f64;
    content.iter().any(|pair| quoted(pair)) && share >= MIN_SHARED
}

/// Pairs of kanji or katakana.
fn content_pairs(text: &str) -> Vec<&str> {
    pairs(text)
        .into_iter()
        .filter(|pair| pair.chars().all(|c| is_kanji(c) || is_katakana(c)))
        .collect()
}

/// Whether the sentence contradicts the clause that shares most with it, or denies where no quote does.
fn polarity_differs(said: &str, quotes: &[Quote<'_>]) -> bool {
    let statement = polarity::of_sentence(said);
    let content = content_pairs(said);
    let clauses: Vec<(usize, Modality)> = quotes
        .iter()
        .flat_map(Quote::clauses)
        .map(|(clause, modality)| {
            let shared = content.iter().filter(|pair| clause.contains(**pair)).count();
            (shared, modality)
        })
        .collect();
    let most = clauses.iter().map(|(shared, _)| *shared).max().unwrap_or(0);
    let contradicted = clauses
        .iter()
        .filter(|(shared, _)| *shared == most)
        .any(|(_, clause)| !polarity::agree(statement, *clause));
    let denied = quotes.iter().any(|quote| {
        let end = quote.text[quote.end..]
            .find('。')
            .map_or(quote.text.len(), |at| quote.end + at);
        polarity::denies_somewhere(&quote.text[quote.start..end])
    });
    contradicted || polarity::denies_somewhere(said) && !denied
}

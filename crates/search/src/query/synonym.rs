//! 口語 → 法令用語: the office's versioned table that widens a question with the law's words.
//!
//! Promises: matched on normalised text, longest first, a word inside a longer matched one does not
//! count; the same table and question widen alike. Never: removing a word of the question.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize;
use shoki_core::digest::Sha256;

use crate::text::normalise;

/// The table that comes with the product.
const SHIPPED: &str = include_str!("../../../../pipelines/corpora/vocabulary/synonyms.toml");
/// The short names of sources that come with the product.
const SHIPPED_TITLES: &str = include_str!("../../../../pipelines/corpora/vocabulary/titles.toml");

/// One rule.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SynonymRule {
    /// Words of the counter; any of them makes the rule apply.
    pub from: Vec<String>,
    /// Words of the law.
    pub to: Vec<String>,
    /// What they count beside the question's own words (1), over 0 up to 1.
    pub weight: f32,
    /// Words that must be in the question too, any of them; empty = no condition.
    #[serde(default)]
    pub when: Vec<String>,
    /// Words that keep the rule from applying.
    #[serde(default)]
    pub unless: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    version: String,
    #[serde(default)]
    rule: Vec<SynonymRule>,
}

/// One source with the names that people give it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TitleNames {
    /// 法令名.
    pub title: String,
    /// Its short names.
    pub names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TitleFile {
    #[expect(dead_code, reason = "read so that a file without a version is refused")]
    version: String,
    #[serde(default)]
    title: Vec<TitleNames>,
}

/// A table that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SynonymError {
    /// Not TOML, or not of this shape; the message names the line.
    #[error("the synonym table: {0}")]
    Malformed(#[from] toml::de::Error),
    /// A rule that cannot work.
    #[error("synonym rule {number}: {what}")]
    BadRule {
        /// Position, from 1.
        number: usize,
        /// What is wrong.
        what: &'static str,
    },
}

/// A rule that applied to a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Widening<'a> {
    /// Position of the rule in the table, from 0.
    pub rule: usize,
    /// The words of the question (normalised).
    pub from: &'a str,
    /// Bytes of the normalised question.
    pub span: Range<usize>,
    /// The law's words.
    pub to: &'a [String],
    /// Their weight.
    pub weight: f32,
}

/// The table, ready to widen questions.
#[derive(Clone, Debug, Default)]
pub struct SynonymTable {
    version: String,
    digest: Option<Sha256>,
    rules: Vec<SynonymRule>,
    /// First character → (words, rules), longest first.
    by_first: BTreeMap<char, Vec<(String, Vec<usize>)>>,
}

impl SynonymTable {
    /// Reads a table.
    ///
    /// # Errors
    /// [`SynonymError`].
    pub fn parse(text: &str) -> Result<Self, SynonymError> {
        let file: TableFile = toml::from_str(text)?;
        let mut table = Self::of(file.version, file.rule)?;
        table.digest = Some(Sha256::of(text.as_bytes()));
        Ok(table)
    }

    /// A table of rules that are already at hand, e.g. from SQL.
    ///
    /// # Errors
    /// [`SynonymError::BadRule`].
    pub fn of(version: String, mut rules: Vec<SynonymRule>) -> Result<Self, SynonymError> {
        let mut words: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (at, rule) in rules.iter_mut().enumerate() {
            check(rule).map_err(|what| SynonymError::BadRule { number: at + 1, what })?;
            for list in [&mut rule.from, &mut rule.to, &mut rule.when, &mut rule.unless] {
                for word in list.iter_mut() {
                    *word = normalise(word.trim());
                }
            }
            for from in &rule.from {
                words.entry(from.clone()).or_default().insert(at);
            }
        }
        let mut by_first: BTreeMap<char, Vec<(String, Vec<usize>)>> = BTreeMap::new();
        for (word, of) in words {
            let first = word.chars().next().expect("checked not to be empty");
            by_first
                .entry(first)
                .or_default()
                .push((word, of.into_iter().collect()));
        }
        for list in by_first.values_mut() {
            list.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
        }
        Ok(Self {
            version,
            digest: None,
            rules,
            by_first,
        })
    }

    /// The table that comes with the product.
    ///
    /// # Panics
    /// Never: a test reads it.
    #[must_use]
    pub fn shipped() -> Self {
        Self::parse(SHIPPED).expect("the shipped table is read by a test")
    }

    /// Its version, as the office writes it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Digest of the file it was read from.
    #[must_use]
    pub fn digest(&self) -> Option<Sha256> {
        self.digest
    }

    /// The rules, in order.
    #[must_use]
    pub fn rules(&self) -> &[SynonymRule] {
        &self.rules
    }

    /// The rules that apply to a normalised question, by place; a rule at most once.
    #[must_use]
    pub fn widen<'a>(&'a self, question: &str) -> Vec<Widening<'a>> {
        let mut places: Vec<(Range<usize>, &'a str, &'a [usize])> = Vec::new();
        for (at, first) in question.char_indices() {
            let Some(list) = self.by_first.get(&first) else {
                continue;
            };
            for (word, rules) in list {
                if question[at..].starts_with(word.as_str()) {
                    places.push((at..at + word.len(), word, rules));
                }
            }
        }
        places.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.start.cmp(&b.0.start)));
        let mut taken: Vec<Range<usize>> = Vec::new();
        let mut found: Vec<Widening<'a>> = Vec::new();
        for (span, word, rules) in places {
            // Inside a longer match a word means something else (離婚 in 離婚後).
            if taken
                .iter()
                .any(|held| held.start <= span.start && span.end <= held.end)
            {
                continue;
            }
            let mut used = false;
            for &rule in rules {
                let of = &self.rules[rule];
                let wanted = of.when.is_empty() || of.when.iter().any(|w| question.contains(w.as_str()));
                let barred = of.unless.iter().any(|w| question.contains(w.as_str()));
                if !wanted || barred {
                    continue;
                }
                used = true;
                if found.iter().all(|held| held.rule != rule) {
                    found.push(Widening {
                        rule,
                        from: word,
                        span: span.clone(),
                        to: &of.to,
                        weight: of.weight,
                    });
                }
            }
            if used {
                taken.push(span);
            }
        }
        found.sort_by_key(|widening| (widening.span.start, widening.rule));
        found
    }

    /// Which of `questions` each rule changes: for every rule the positions of the questions, so that
    /// the office sees what an edit touches.
    #[must_use]
    pub fn touched(&self, questions: &[&str]) -> Vec<Vec<usize>> {
        let mut touched = vec![Vec::new(); self.rules.len()];
        for (at, question) in questions.iter().enumerate() {
            for widening in self.widen(&normalise(question)) {
                touched[widening.rule].push(at);
            }
        }
        touched
    }
}

fn check(rule: &SynonymRule) -> Result<(), &'static str> {
    let blank = |words: &[String]| words.iter().any(|word| word.trim().is_empty());
    if rule.from.is_empty() || rule.to.is_empty() {
        return Err("from and to must not be empty");
    }
    if blank(&rule.from) || blank(&rule.to) || blank(&rule.when) || blank(&rule.unless) {
        return Err("an empty word");
    }
    if !(rule.weight > 0.0 && rule.weight <= 1.0) {
        return Err("the weight must be over 0 and at most 1");
    }
    Ok(())
}

/// Reads a list of sources' short names.
///
/// # Errors
/// [`SynonymError::Malformed`].
pub fn parse_titles(text: &str) -> Result<Vec<TitleNames>, SynonymError> {
    Ok(toml::from_str::<TitleFile>(text)?.title)
}

/// The short names that come with the product.
///
/// # Panics
/// Never: a test reads them.
#[must_use]
pub fn shipped_titles() -> Vec<TitleNames> {
    parse_titles(SHIPPED_TITLES).expect("the shipped list is read by a test")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rules: &str) -> SynonymTable {
        SynonymTable::parse(&format!("version = \"t\"\n{rules}")).expect("a good table")
    }

    #[test]
    fn the_longest_word_wins_and_a_rule_applies_once() {
        let table = table(
            r#"
            [[rule]]
            from = ["ローン"]
            to = ["借入金"]
            weight = 0.5
            [[rule]]
            from = ["住宅ローン"]
            to = ["住宅資金の貸付け"]
            weight = 0.7
            "#,
        );
        let found = table.widen("住宅ﾛｰﾝと住宅ローン");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].rule, found[0].from), (1, "住宅ローン"));
        assert_eq!(table.widen("ローンのほか住宅ローン").len(), 2);
        assert_eq!(
            table.touched(&["住宅ﾛｰﾝ", "車のローン", "なし"]),
            [vec![1], vec![0]]
        );
    }

    #[test]
    fn context_decides() {
        let table = table(
            r#"
            [[rule]]
            from = ["別れた"]
            to = ["婚姻を解消した"]
            weight = 0.6
            when = ["夫", "妻"]
            unless = ["死に別れ"]
            "#,
        );
        assert_eq!(table.widen("夫と別れた").len(), 1);
        assert!(table.widen("友人と別れた").is_empty());
        assert!(table.widen("夫と死に別れた").is_empty());
    }

    #[test]
    fn a_bad_table_is_refused_with_its_place() {
        let bad = SynonymTable::parse("version = \"1\"\n[[rule]]\nfrom = []\nto = [\"x\"]\nweight = 0.5\n");
        assert!(matches!(bad, Err(SynonymError::BadRule { number: 1, .. })));
        let bad =
            SynonymTable::parse("version = \"1\"\n[[rule]]\nfrom = [\"a\"]\nto = [\"x\"]\nweight = 2.0\n");
        assert!(matches!(bad, Err(SynonymError::BadRule { .. })));
        let bad = SynonymTable::parse("version = \"1\"\n[[rule]]\nfrm = [\"a\"]\n").expect_err("unknown key");
        assert!(bad.to_string().contains("line 3"), "{bad}");
    }

    #[test]
    fn what_is_shipped_reads() {
        let table = SynonymTable::shipped();
        let words: usize = table.rules().iter().map(|rule| rule.from.len()).sum();
        assert!(table.rules().len() >= 500, "{}", table.rules().len());
        assert!(words >= 2500, "{words}");
        assert!(!table.widen("もらいすぎたお金を返せと言われた").is_empty());
        let titles = shipped_titles();
        assert!(
            titles
                .iter()
                .any(|of| of.names.iter().any(|name| name == "障害者総合支援法"))
        );
    }
}

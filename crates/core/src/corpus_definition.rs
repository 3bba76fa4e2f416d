//! A corpus definition: the workspace of the law desk and the files that it starts with.
//!
//! Written as `pipelines/corpora/<name>.toml`; the keys are explained at the head of the shipped one.
//! Promises: what [`CorpusDefinition::parse`] returns names each file once, by a path inside the
//! definition's directory, under a title or key that the import can use. Never: I/O; the files
//! themselves are not looked at.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::corpus::{SourceRank, Visibility};
use crate::form_check::{Mistake, Mistakes};

/// A workspace of the law desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorpusDefinition {
    /// Name on the command line and in URLs; `[a-z][a-z0-9-]*`.
    pub name: String,
    /// The words on the screen.
    pub label: String,
    /// The source that 法, 条例, 同条例 or a bare 第○条 means here: its title or a short name.
    #[serde(default)]
    pub default_law: Option<String>,
    /// Questions with their gold passages (JSON lines), relative to the definition.
    #[serde(default)]
    pub questions: Option<String>,
    /// What is imported, in this order.
    #[serde(rename = "file")]
    pub files: Vec<CorpusFile>,
}

/// One file of a corpus and what it cannot say itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorpusFile {
    /// Relative to the definition, without `..`.
    pub path: String,
    /// The same for all revisions of a source; otherwise from the file or its name.
    #[serde(default)]
    pub key: Option<String>,
    /// Otherwise the file's own.
    #[serde(default)]
    pub title: Option<String>,
    /// 法令番号・通知番号; otherwise the file's own.
    #[serde(default)]
    pub number: Option<String>,
    /// Short names beside the file's own.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Otherwise from the file.
    #[serde(default)]
    pub rank: Option<SourceRank>,
    /// Who may find it.
    #[serde(default = "office")]
    pub visibility: Visibility,
    /// 施行日; otherwise from the file or its name.
    #[serde(default)]
    pub valid_from: Option<Date>,
    /// First day on which it is no longer in force; otherwise the next revision's first day.
    #[serde(default)]
    pub valid_to: Option<Date>,
}

const fn office() -> Visibility {
    Visibility::Office
}

/// The same text again, for the places of what the rules judge.
#[derive(Deserialize)]
struct Places {
    name: Spanned<String>,
    #[serde(default)]
    questions: Option<Spanned<String>>,
    #[serde(rename = "file")]
    files: Vec<FilePlace>,
}

#[derive(Deserialize)]
struct FilePlace {
    path: Spanned<String>,
}

impl CorpusDefinition {
    /// Reads and checks a definition.
    ///
    /// # Errors
    /// The first mistake of form, or every mistake against the rules, with line and Japanese words.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let unreadable = |error: toml::de::Error| {
            vec![Mistake::at(
                text,
                &error.span().unwrap_or(0..0),
                form_ja(error.message()),
            )]
        };
        let definition: Self = toml::from_str(text).map_err(unreadable)?;
        let places: Places = toml::from_str(text).map_err(unreadable)?;
        let found = definition.against_the_rules(text, &places);
        if found.is_empty() {
            Ok(definition)
        } else {
            Err(found)
        }
    }

    fn against_the_rules(&self, text: &str, places: &Places) -> Vec<Mistake> {
        let mut mistakes = Mistakes::new(text);
        let mut require = |holds: bool, span: Range<usize>, sentence_ja: &str| {
            mistakes.require(holds, &span, || sentence_ja.to_owned());
        };
        require(
            is_name(&self.name),
            places.name.span(),
            "name は英小文字で始め、英小文字・数字・ハイフンだけで書いてください。",
        );
        require(
            !self.label.trim().is_empty(),
            places.name.span(),
            "label(画面に出す名前)を書いてください。",
        );
        if let (Some(questions), Some(place)) = (&self.questions, &places.questions) {
            require(is_inside(questions), place.span(), OUTSIDE);
        }
        let mut seen = BTreeSet::new();
        for (file, place) in self.files.iter().zip(&places.files) {
            let span = place.path.span();
            require(is_inside(&file.path), span.clone(), OUTSIDE);
            require(
                seen.insert(file.path.as_str()),
                span.clone(),
                "同じファイルが二度書かれています。",
            );
            require(
                !matches!((file.valid_from, file.valid_to), (Some(from), Some(to)) if to <= from),
                span,
                "valid_to は valid_from より後の日にしてください。",
            );
        }
        mistakes.found()
    }
}

const OUTSIDE: &str = "ファイルは定義と同じ場所から下の相対パスで書いてください(「..」は使えません)。";

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// Whether a path stays below the definition's directory.
fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.contains(['\\', '\0'])
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..")
}

/// The reader's message, for the desk.
pub(crate) fn form_ja(message: &str) -> String {
    let quoted = message.split('`').nth(1).unwrap_or_default();
    if message.starts_with("unknown field") {
        format!("「{quoted}」という項目はありません。")
    } else if message.starts_with("missing field") {
        format!("「{quoted}」がありません。")
    } else if message.starts_with("unknown variant") {
        format!("「{quoted}」という値は選べません。")
    } else {
        "この行の書き方または値が正しくありません。".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_shipped_corpora_load_and_name_files_that_exist() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pipelines/corpora");
        let mut read = 0;
        for entry in std::fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let corpus = CorpusDefinition::parse(&text).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
            assert_eq!(path.file_stem().unwrap().to_str(), Some(corpus.name.as_str()));
            for file in corpus
                .files
                .iter()
                .map(|file| &file.path)
                .chain(&corpus.questions)
            {
                assert!(directory.join(file).is_file(), "{file}");
            }
            read += 1;
        }
        assert!(read > 0);
    }

    #[test]
    fn mistakes_come_with_their_line() {
        let head = "name = \"a\"\nlabel = \"b\"\n";
        let of = |rest: &str| CorpusDefinition::parse(&format!("{head}{rest}")).unwrap_err();
        let unknown = of("[[file]]\npath = \"a.xml\"\ncolour = 1\n");
        assert_eq!(
            (unknown[0].line, unknown[0].sentence_ja.as_str()),
            (5, "「colour」という項目はありません。")
        );
        assert_eq!(of("[[file]]\npath = \"../a.xml\"\n")[0].line, 4);
        assert_eq!(of("[[file]]\npath = \"/etc/passwd\"\n")[0].sentence_ja, OUTSIDE);
        assert_eq!(of("[[file]]\npath = \"a\"\n[[file]]\npath = \"a\"\n")[0].line, 6);
        assert_eq!(of("[[file]]\npath = \"a\"\nrank = \"king\"\n")[0].line, 5);
        let upside_down =
            of("[[file]]\npath = \"a\"\nvalid_from = \"2025-04-01\"\nvalid_to = \"2025-04-01\"\n");
        assert_eq!(upside_down.len(), 1);
        assert_eq!(CorpusDefinition::parse("name = ").unwrap_err()[0].line, 1);
    }

    #[test]
    fn what_is_left_out_is_shared_in_the_office() {
        let corpus =
            CorpusDefinition::parse("name = \"a\"\nlabel = \"b\"\n[[file]]\npath = \"c.xml\"\n").unwrap();
        assert_eq!(corpus.files[0].visibility, Visibility::Office);
        assert_eq!(corpus.default_law, None);
    }
}

//! What is wrong with a configuration, in words an operator can act on.

use std::fmt;
use std::path::Path;

use figment::error::{Actual, Error, Kind};

/// One mistake: where and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// `section.key`, empty when the whole source cannot be read.
    pub key: String,
    /// File or environment.
    pub source: String,
    /// Japanese: what is wrong and what to do.
    pub sentence_ja: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            write!(f, "{}: {}", self.source, self.sentence_ja)
        } else {
            write!(f, "{}: {}: {}", self.source, self.key, self.sentence_ja)
        }
    }
}

impl Mistake {
    /// A value that is readable but out of range.
    #[must_use]
    pub fn out_of_range(key: &str, sentence_ja: impl Into<String>) -> Self {
        Self {
            key: key.to_owned(),
            source: "設定".to_owned(),
            sentence_ja: sentence_ja.into(),
        }
    }

    /// Adds the line of a file (with this text) in which the key is set, when it is set there.
    pub fn place_in(&mut self, file: &Path, text: &str) {
        let in_file = self.source == "設定" || self.source.starts_with("設定ファイル");
        if let Some(line) = line_of(text, &self.key).filter(|_| in_file) {
            self.source = format!("設定ファイル {} の {line} 行目", file.display());
        }
    }

    /// What figment found.
    #[must_use]
    pub fn from_figment(error: &Error) -> Self {
        Self {
            key: error.path.join("."),
            source: source_ja(error),
            sentence_ja: sentence_ja(&error.kind),
        }
    }
}

/// Line, from 1, on which a file of sections sets `section.key`; a section's name may have dots.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let (wanted, name) = key.rsplit_once('.')?;
    let mut section = "";
    text.lines().enumerate().find_map(|(at, line)| {
        let line = line.trim();
        if let Some(inside) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = inside.trim();
        }
        let set = line.split_once('=').is_some_and(|(key, _)| key.trim() == name);
        (set && section == wanted).then_some(at + 1)
    })
}

fn source_ja(error: &Error) -> String {
    let Some(metadata) = &error.metadata else {
        return "設定".to_owned();
    };
    match metadata.source.as_ref().and_then(figment::Source::file_path) {
        Some(path) => format!("設定ファイル {}", path.display()),
        None if metadata.name.contains("environment") => "環境変数".to_owned(),
        None => "既定の設定".to_owned(),
    }
}

fn sentence_ja(kind: &Kind) -> String {
    match kind {
        Kind::UnknownField(field, known) => format!(
            "「{field}」という項目はありません。{}。綴りを確かめるか、行を消してください。",
            nearest(field, known)
        ),
        Kind::UnknownVariant(value, known) => {
            format!(
                "「{value}」は選べません。{} のいずれかにしてください。",
                list(known)
            )
        }
        Kind::MissingField(field) => format!("「{field}」がありません。書き足してください。"),
        Kind::InvalidType(actual, expected) | Kind::InvalidValue(actual, expected) => {
            format!(
                "値が正しくありません({})。{} にしてください。",
                written(actual),
                expected_ja(expected)
            )
        }
        Kind::Message(message) if message.contains("socket address") => {
            format!(
                "値が正しくありません。{} にしてください。",
                expected_ja("socket address")
            )
        }
        Kind::Message(message) => format!("読み取れません。書き方を確かめてください。({})", message.trim()),
        other => format!("読み取れません。書き方を確かめてください。({other})"),
    }
}

fn list(known: &[&str]) -> String {
    known
        .iter()
        .map(|name| format!("\"{name}\""))
        .collect::<Vec<_>>()
        .join("、")
}

fn nearest(field: &str, known: &[&str]) -> String {
    let shared = |name: &str| {
        name.chars()
            .zip(field.chars())
            .take_while(|(a, b)| a == b)
            .count()
    };
    match known.iter().max_by_key(|name| shared(name)) {
        Some(name) if shared(name) >= 2 => format!("「{name}」のことですか"),
        _ => format!("ここに書ける項目は {} です", list(known)),
    }
}

fn written(actual: &Actual) -> String {
    match actual {
        Actual::Str(text) => format!("\"{text}\""),
        Actual::Bool(value) => value.to_string(),
        Actual::Unsigned(value) => value.to_string(),
        Actual::Signed(value) => value.to_string(),
        Actual::Float(value) => value.to_string(),
        other => other.to_string(),
    }
}

fn expected_ja(expected: &str) -> String {
    match expected {
        "u16" | "u32" | "u64" => "0 以上の整数".to_owned(),
        "a string" | "string" | "path string" => "\" で囲んだ文字列".to_owned(),
        "socket address" => "\"127.0.0.1:8080\" のようなアドレスとポート".to_owned(),
        other => other.to_owned(),
    }
}

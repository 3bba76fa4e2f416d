//! Checks a form definition and names every mistake with its line and a Japanese sentence.
//!
//! Promise: a definition without mistakes can be loaded by the service (its blank page aside, which is
//! opened in the decode child at load). Never: a look at the picture's contents.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use shoki_core::form::{FieldDefinition, FieldType, FormDefinition, MmBox};
use toml::de::DeTable;

use super::toml_words;

/// Columns that every CSV has besides the fields'.
const OWN_COLUMNS: [&str; 2] = ["ページ", "要確認"];
/// A0 at its long edge, millimetres.
const MAX_EDGE_MM: f32 = 1_189.0;
/// More printed boxes in a row are a mistake of the definition: the longest real row (口座 with 名義) is 30.
const MAX_CELLS: u32 = 60;
/// Boxes may touch the page's edge with this tolerance, millimetres.
const EDGE_TOLERANCE_MM: f32 = 0.01;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Line in the file, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub sentence_ja: String,
}

/// Reads and checks the definition at `path`.
///
/// # Errors
/// Every mistake, in the order of lines.
pub fn check_file(path: &Path) -> Result<FormDefinition, Vec<Mistake>> {
    let at_top = |sentence_ja: String| vec![Mistake { line: 1, sentence_ja }];
    let text = std::fs::read_to_string(path).map_err(|error| {
        at_top(format!(
            "ファイルを読めません({error})。場所と権限、文字コード(UTF-8)を確かめてください。"
        ))
    })?;
    let form = check_text(&text)?;
    let mut mistakes = Vec::new();
    let source = Source::of(&text);
    if path.file_stem().and_then(|stem| stem.to_str()) != Some(form.id.as_str()) {
        let line = source.line_of_key(None, "id");
        let sentence_ja = format!("ファイル名を id と同じ「{}.toml」にしてください。", form.id);
        mistakes.push(Mistake { line, sentence_ja });
    }
    let blank = path.with_file_name(&form.blank.file);
    if !blank.is_file() {
        let line = source.line_of_key(Some("blank"), "file");
        let sentence_ja = format!(
            "記入前の用紙の画像「{}」がこのファイルの隣にありません。置くか、file を直してください。",
            form.blank.file
        );
        mistakes.push(Mistake { line, sentence_ja });
    }
    if mistakes.is_empty() {
        Ok(form)
    } else {
        Err(mistakes)
    }
}

/// Checks a definition's text alone.
///
/// # Errors
/// Every mistake, in the order of lines.
pub fn check_text(text: &str) -> Result<FormDefinition, Vec<Mistake>> {
    let form: FormDefinition = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_at(text, span.start));
        vec![Mistake {
            line,
            sentence_ja: toml_words::sentence_ja(error.message()),
        }]
    })?;
    let mut checker = Checker {
        source: Source::of(text),
        mistakes: Vec::new(),
    };
    checker.form(&form);
    checker.mistakes.sort_by_key(|mistake| mistake.line);
    if checker.mistakes.is_empty() {
        Ok(form)
    } else {
        Err(checker.mistakes)
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())]
        .iter()
        .filter(|&&byte| byte == b'\n')
        .count()
        + 1
}

/// Where things stand in the text.
struct Source<'t> {
    text: &'t str,
    root: Option<toml::Spanned<DeTable<'t>>>,
}

impl<'t> Source<'t> {
    fn of(text: &'t str) -> Self {
        Self {
            text,
            root: DeTable::parse(text).ok(),
        }
    }

    fn line(&self, span: Option<Range<usize>>) -> usize {
        span.map_or(1, |span| line_at(self.text, span.start))
    }

    /// The line of `key` in a table of the top, or at the top itself.
    fn line_of_key(&self, table: Option<&str>, key: &str) -> usize {
        let find = || {
            let root = self.root.as_ref()?.get_ref();
            let table = match table {
                None => root,
                Some(name) => root.get(name)?.get_ref().as_table()?,
            };
            Some(table.get(key)?.span())
        };
        self.line(find())
    }

    /// The line of `key` of the field at `index`; of the field itself when the key is absent.
    fn line_of_field(&self, index: usize, key: &str) -> usize {
        let find = || {
            let fields = self.root.as_ref()?.get_ref().get("field")?.get_ref().as_array()?;
            let field = fields.get(index)?;
            let value = field.get_ref().as_table().and_then(|table| table.get(key));
            Some(value.map_or_else(|| field.span(), toml::Spanned::span))
        };
        self.line(find())
    }

    /// The line of `key` of a choice.
    fn line_of_choice(&self, index: usize, choice: usize, key: &str) -> usize {
        let find = || {
            let fields = self.root.as_ref()?.get_ref().get("field")?.get_ref().as_array()?;
            let field = fields.get(index)?.get_ref().as_table()?;
            let choice = field.get("choice")?.get_ref().as_array()?.get(choice)?;
            let value = choice.get_ref().as_table().and_then(|table| table.get(key));
            Some(value.map_or_else(|| choice.span(), toml::Spanned::span))
        };
        self.line(find())
    }
}

struct Checker<'t> {
    source: Source<'t>,
    mistakes: Vec<Mistake>,
}

impl Checker<'_> {
    fn require(&mut self, ok: bool, line: usize, sentence_ja: impl FnOnce() -> String) {
        if !ok {
            self.mistakes.push(Mistake {
                line,
                sentence_ja: sentence_ja(),
            });
        }
    }

    fn form(&mut self, form: &FormDefinition) {
        let line = self.source.line_of_key(None, "id");
        self.require(is_key(&form.id), line, || key_rule("id"));
        let line = self.source.line_of_key(None, "name");
        self.require(!form.name.trim().is_empty(), line, || {
            "帳票の名前を書いてください。".to_owned()
        });
        let line = self.source.line_of_key(None, "version");
        self.require(form.version >= 1, line, || {
            "version は 1 以上の整数にしてください。".to_owned()
        });
        let line = self.source.line_of_key(Some("blank"), "file");
        self.require(
            !form.blank.file.contains(['/', '\\']) && !form.blank.file.is_empty(),
            line,
            || "file には、このファイルの隣にある画像または PDF の名前だけを書いてください。".to_owned(),
        );
        let line = self.source.line_of_key(Some("blank"), "page");
        self.require(form.blank.page >= 1, line, || {
            "page は 1 以上にしてください。".to_owned()
        });
        for (key, edge) in [
            ("width_mm", form.blank.width_mm),
            ("height_mm", form.blank.height_mm),
        ] {
            let line = self.source.line_of_key(Some("blank"), key);
            self.require(edge > 0.0 && edge <= MAX_EDGE_MM, line, || {
                format!("{key} は 0 より大きく {MAX_EDGE_MM} 以下のミリメートルにしてください(A4 縦は 210 × 297)。")
            });
        }
        self.require(!form.fields.is_empty(), 1, || {
            "欄([[field]])が一つもありません。".to_owned()
        });
        let mut keys = BTreeSet::new();
        let mut columns: BTreeSet<&str> = OWN_COLUMNS.into();
        for (index, field) in form.fields.iter().enumerate() {
            let line = self.source.line_of_field(index, "key");
            self.require(is_key(&field.key), line, || key_rule("key"));
            self.require(keys.insert(field.key.as_str()), line, || {
                format!(
                    "「{}」という key は二度使われています。別の名前にしてください。",
                    field.key
                )
            });
            let line = self.source.line_of_field(index, "column");
            let column = field.column();
            self.require(!column.trim().is_empty() && columns.insert(column), line, || {
                format!("CSV の列名「{column}」は空か、二度使われています。別の名前にしてください。")
            });
            self.field(form, index, field);
        }
    }

    fn field(&mut self, form: &FormDefinition, index: usize, field: &FieldDefinition) {
        let key = &field.key;
        let line = self.source.line_of_field(index, "label");
        self.require(!field.label.trim().is_empty(), line, || {
            format!("欄「{key}」の label を書いてください。")
        });
        let line = self.source.line_of_field(index, "box");
        self.area(form, &field.area, line, key);
        let marks = matches!(field.kind, FieldType::Check | FieldType::Circle);
        if let Some(cells) = field.cells {
            let line = self.source.line_of_field(index, "cells");
            self.require(!marks && (1..=MAX_CELLS).contains(&cells), line, || {
                format!("欄「{key}」の cells は文字の欄だけに、1 以上 {MAX_CELLS} 以下で書いてください。")
            });
        }
        if let Some(alphabet) = &field.alphabet {
            let line = self.source.line_of_field(index, "alphabet");
            self.require(!marks && !alphabet.is_empty(), line, || {
                format!("欄「{key}」の alphabet は文字の欄だけに、一文字以上で書いてください。")
            });
        }
        let line = self.source.line_of_field(index, "multiple");
        self.require(!field.multiple || field.kind == FieldType::Check, line, || {
            format!("欄「{key}」: multiple を使えるのは type = \"check\" の欄だけです。")
        });
        let line = self.source.line_of_field(index, "choice");
        self.require(marks != field.choices.is_empty(), line, || {
            format!("欄「{key}」: 選択肢([[field.choice]])は check と circle の欄に必要で、ほかの欄には書けません。")
        });
        let mut values = BTreeSet::new();
        for (number, choice) in field.choices.iter().enumerate() {
            let line = self.source.line_of_choice(index, number, "value");
            let value = choice.value.as_str();
            self.require(!value.is_empty() && values.insert(value), line, || {
                format!("欄「{key}」の選択肢の value「{value}」は空か、二度使われています。")
            });
            self.require(!(field.multiple && value.contains('|')), line, || {
                format!("欄「{key}」は複数選べるので、value に「|」は使えません。")
            });
            let line = self.source.line_of_choice(index, number, "box");
            self.area(form, &choice.area, line, key);
        }
    }

    fn area(&mut self, form: &FormDefinition, area: &MmBox, line: usize, key: &str) {
        let inside = area.x >= -EDGE_TOLERANCE_MM
            && area.y >= -EDGE_TOLERANCE_MM
            && area.w > 0.0
            && area.h > 0.0
            && area.x + area.w <= form.blank.width_mm + EDGE_TOLERANCE_MM
            && area.y + area.h <= form.blank.height_mm + EDGE_TOLERANCE_MM;
        self.require(inside, line, || {
            format!(
                "欄「{key}」の枠が用紙({} × {} mm)に収まりません。[左, 上, 幅, 高さ] をミリメートルで書いてください。",
                form.blank.width_mm, form.blank.height_mm
            )
        });
    }
}

fn is_key(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn key_rule(name: &str) -> String {
    format!("{name} は英小文字で始まり、英小文字・数字・「_」だけにしてください。")
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = r#"id = "sample"
name = "見本"
version = 1
[blank]
file = "sample.png"
width_mm = 210
height_mm = 297
[[field]]
key = "name"
label = "氏名"
type = "name"
box = [10, 10, 80, 10]
[[field]]
key = "era"
label = "元号"
type = "circle"
box = [10, 30, 40, 10]
[[field.choice]]
value = "昭和"
box = [10, 30, 20, 10]
[[field.choice]]
value = "平成"
box = [30, 30, 20, 10]
"#;

    fn mistakes_of(from: &str, to: &str) -> Vec<Mistake> {
        assert!(RIGHT.contains(from), "{from}");
        check_text(&RIGHT.replacen(from, to, 1)).expect_err(to)
    }

    #[test]
    fn a_right_definition_passes() {
        assert_eq!(check_text(RIGHT).expect("right").fields.len(), 2);
    }

    #[test]
    fn each_mistake_is_named_with_its_line() {
        let cases = [
            ("id = \"sample\"", "id = \"Sample\"", 1, "英小文字"),
            ("version = 1", "version = 0", 3, "1 以上"),
            ("file = \"sample.png\"", "file = \"../x.png\"", 5, "隣"),
            ("width_mm = 210", "width_mm = -1", 6, "width_mm"),
            ("key = \"era\"", "key = \"name\"", 14, "二度"),
            ("[10, 10, 80, 10]", "[10, 10, 280, 10]", 12, "収まりません"),
            ("[10, 10, 80, 10]", "[10, 10, 80]", 12, "四つの数"),
            ("type = \"name\"", "type = \"nam\"", 11, "選べません"),
            ("type = \"name\"", "typ = \"name\"", 11, "項目はありません"),
            ("type = \"name\"", "type = \"check\"", 8, "選択肢"),
            ("value = \"平成\"", "value = \"昭和\"", 22, "二度"),
            ("[30, 30, 20, 10]", "[30, 300, 20, 10]", 23, "収まりません"),
            (
                "type = \"name\"",
                "type = \"name\"\nmultiple = true",
                12,
                "multiple",
            ),
            (
                "label = \"氏名\"",
                "label = \"氏名\"\ncolumn = \"ページ\"",
                11,
                "列名",
            ),
        ];
        for (from, to, line, words) in cases {
            let mistakes = mistakes_of(from, to);
            let found = mistakes
                .iter()
                .any(|m| m.line == line && m.sentence_ja.contains(words));
            assert!(found, "{to}: {mistakes:?}");
        }
    }

    #[test]
    fn all_mistakes_are_named_at_once() {
        let twice = RIGHT
            .replace("version = 1", "version = 0")
            .replace("[30, 30, 20, 10]", "[30, 30, 0, 10]");
        // Width 0 of the first choice's row and the version.
        assert_eq!(check_text(&twice).expect_err("two mistakes").len(), 2);
    }
}

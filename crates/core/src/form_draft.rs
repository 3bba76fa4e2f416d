//! A form definition that is still being written on a screen: what is wrong with it, field by field, and boxes
//! that its blank page suggests.
//!
//! Promise: a definition without faults is one that [`FormDefinition::parse`] takes, since the same parser judges
//! the same text. Never: I/O; a second set of rules.

use serde::{Deserialize, Serialize};

use crate::form::{Choice, FieldType, FormDefinition, MmBox};
use crate::output_profile::{OutputFormat, OutputProfile, TextEncoding};

/// The parser speaks of the text's words; on the screen the same things have names. Longer ones first.
const NAMES: [(&str, &str); 18] = [
    ("欄([[field]])", "欄"),
    ("の label(用紙に印刷された見出し)", "の名前"),
    ("の column(CSV の列名)", "の出力の列名"),
    ("「column」", "「出力の列名」"),
    ("帳票の名前(name)", "帳票の名前"),
    ("選択肢(choice)", "選択肢"),
    ("type が check か circle の欄", "「チェック」か「丸で囲む」の欄"),
    (
        "multiple を使えるのは type = \"check\" の欄",
        "「いくつも選べる」を使えるのは「チェック」の欄",
    ),
    ("sensitive = true を書いてください", "「伏せる」を選んでください"),
    ("枠は [左, 上, 幅, 高さ] です。", "位置と大きさを直してください。"),
    ("欄の box で", "欄の枠で"),
    ("box の幅か cells を", "枠の幅か、一文字ずつの枠の数を"),
    ("の cells が", "の一文字ずつの枠の数が"),
    ("cells は書けません", "一文字ずつの枠は使えません"),
    ("alphabet", "使える文字"),
    ("pattern", "書き方"),
    ("という key は", "というデータの名前は"),
    ("key は英小文字", "データの名前は英小文字"),
];

/// What opens a field in the text of a definition.
const FIELD: &str = "[[field]]";

/// One mistake of a definition that was not written as a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormFault {
    /// The field it belongs to, from 0; `None`: the form as a whole.
    pub field: Option<usize>,
    /// What is wrong and what to do.
    pub sentence_ja: String,
}

/// A box that a blank page suggests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// Where it lies, millimetres.
    #[serde(rename = "box")]
    pub area: MmBox,
    /// What may stand in it, by the words beside it.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Words printed beside it.
    pub label: Option<String>,
    /// Equal boxes in a row.
    pub cells: Option<u32>,
    /// Places of choices; their values are what stands beside each, or a number.
    #[serde(rename = "choice")]
    pub choices: Vec<Choice>,
}

impl FormDefinition {
    /// The definition as a TOML text, as it would stand in `pipelines/forms`.
    ///
    /// # Errors
    /// A value that TOML cannot hold: none of a definition that was read from JSON or TOML.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        let mut table = toml::Table::try_from(self)?;
        let outputs = table.get_mut("output").and_then(toml::Value::as_array_mut);
        for (output, profile) in outputs.into_iter().flatten().zip(&self.outputs) {
            if let Some(output) = output.as_table_mut() {
                leave_out_what_is_not_heeded(output, profile);
            }
        }
        toml::to_string(&table)
    }

    /// All that keeps the definition from being used, in its own order.
    #[must_use]
    pub fn faults(&self) -> Vec<FormFault> {
        let Ok(text) = self.to_toml() else {
            let sentence_ja = "定義に書けない値があります。直前の変更を取り消してください。".to_owned();
            return vec![FormFault {
                field: None,
                sentence_ja,
            }];
        };
        let Err(mistakes) = Self::parse(&text) else {
            return Vec::new();
        };
        let lines: Vec<&str> = text.lines().collect();
        let section = |line: usize| {
            let above = lines.iter().take(line);
            let opened = above.clone().filter(|line| **line == FIELD).count();
            // Outputs and rules stand in tables of their own.
            let last = above.rev().find(|line| line.starts_with('[')).copied();
            let is_field = last.is_some_and(|header| header == FIELD || header.starts_with("[[field."));
            is_field.then(|| opened.saturating_sub(1))
        };
        let fault = |mistake: crate::form_check::Mistake| FormFault {
            field: section(mistake.line),
            sentence_ja: NAMES.iter().fold(mistake.sentence_ja, |sentence, (word, name)| {
                sentence.replace(word, name)
            }),
        };
        mistakes.into_iter().map(fault).collect()
    }
}

/// The parser refuses what its kind of file does not heed; a value that holds everything names it all the same.
fn leave_out_what_is_not_heeded(output: &mut toml::Table, profile: &OutputProfile) {
    use OutputFormat as F;
    let is_text = profile.format.is_declared_text();
    let is_limited = is_text && profile.encoding == TextEncoding::Cp932;
    let heeded: [(&[&str], bool); 5] = [
        (&["encoding", "line_end"], is_text),
        (&["header"], is_text || profile.format == F::Excel),
        (
            &["quote", "delimiter", "escape_formulas"],
            profile.format == F::Csv,
        ),
        (&["gaiji", "replace"], is_limited),
        (&["unfit", "unsure", "column"], profile.format != F::Pdf),
    ];
    for key in heeded
        .iter()
        .filter(|(_, heeded)| !heeded)
        .flat_map(|(keys, _)| *keys)
    {
        output.remove(*key);
    }
    let columns = output.get_mut("column").and_then(toml::Value::as_array_mut);
    for column in columns
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_table_mut)
    {
        if profile.format != F::Fixed {
            for key in ["width", "align", "pad"] {
                column.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acceptance::AcceptTerms;
    use crate::form::{Blank, FieldDefinition};
    use crate::review::CheckPolicy;

    fn shipped() -> Vec<FormDefinition> {
        let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pipelines/forms");
        let mut forms = Vec::new();
        for entry in std::fs::read_dir(home).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "toml") {
                forms.push(FormDefinition::parse(&std::fs::read_to_string(path).unwrap()).unwrap());
            }
        }
        forms
    }

    #[test]
    fn a_shipped_form_goes_through_json_and_toml_unchanged() {
        let forms = shipped();
        assert!(forms.len() >= 3);
        for form in forms {
            let json = serde_json::to_string(&form).unwrap();
            let back: FormDefinition = serde_json::from_str(&json).unwrap();
            assert_eq!(back, form);
            assert_eq!(back.faults(), []);
            assert_eq!(FormDefinition::parse(&back.to_toml().unwrap()), Ok(form));
        }
    }

    #[test]
    fn faults_name_their_field() {
        let area = |top: f32| MmBox::from([10.0, top, 50.0, 8.0]);
        let mut form = FormDefinition {
            id: "f0".to_owned(),
            name: String::new(),
            version: 1,
            check: CheckPolicy::default(),
            accept: AcceptTerms::default(),
            blank: Blank {
                file: "blank.png".to_owned(),
                page: 1,
                width_mm: 210.0,
                height_mm: 297.0,
            },
            fields: vec![
                FieldDefinition::new("name", "氏名", FieldType::Name, area(10.0)),
                FieldDefinition::new("kind", "種類", FieldType::Circle, area(30.0)),
                FieldDefinition::new("low", "下", FieldType::Number, area(400.0)),
            ],
            outputs: Vec::new(),
            rules: Vec::new(),
        };
        let places: Vec<_> = form.faults().iter().map(|fault| fault.field).collect();
        assert_eq!(places, [None, Some(1), Some(2)], "{:?}", form.faults());
        form.fields[1].choices = vec![Choice {
            value: "一つだけ".to_owned(),
            area: MmBox::from([11.0, 31.0, 5.0, 5.0]),
        }];
        form.fields[2].area = area(50.0);
        form.name = "見本".to_owned();
        form.fields[0].label = String::new();
        form.fields[0].key = "Name".to_owned();
        let told: String = form.faults().into_iter().map(|fault| fault.sentence_ja).collect();
        assert!(
            told.contains("データの名前は英小文字") && told.contains("の名前を書いて"),
            "{told}"
        );
        for word in ["label", "key", "choice", "box"] {
            assert!(!told.contains(word), "{told}");
        }
        form.fields[0].label = "氏名".to_owned();
        form.fields[0].key = "name".to_owned();
        let faults = form.faults();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].field, Some(1));
        assert!(faults[0].sentence_ja.contains("選択肢"), "{faults:?}");
        form.fields.truncate(1);
        assert_eq!(form.faults(), []);
        form.fields.clear();
        assert_eq!(form.faults()[0].field, None);
    }
}

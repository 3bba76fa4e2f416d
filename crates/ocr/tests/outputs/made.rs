//! A made form, readings of it, and Python.

use std::io::Write as _;
use std::process::Command;

use serde_json::Value;
use shoki_core::form::FormDefinition;
use shoki_core::reading::{DocumentReading, FieldReading, FieldState, PageKind, PageReading, Placement};

/// Pixels per millimetre at 200 dpi.
pub const PX_PER_MM: f32 = 200.0 / 25.4;

const FORM: &str = r#"
id = "made"
name = "見本"
version = 1
[blank]
file = "made.png"
width_mm = 210
height_mm = 297
[[field]]
key = "a"
label = "aの欄"
type = "free_text"
box = [20, 30, 100, 8]
[[field]]
key = "b"
label = "bの欄"
type = "number"
box = [20, 50, 60, 8]
cells = 10
[[field]]
key = "amount"
label = "金額"
type = "amount"
box = [20, 70, 60, 8]
[[field]]
key = "era"
label = "元号"
type = "circle"
box = [20, 90, 60, 10]
choice = [
  { value = "昭和", box = [20, 90, 20, 10] },
  { value = "平成", box = [40, 90, 20, 10] },
  { value = "令和", box = [60, 90, 20, 10] },
]
[[field]]
key = "date"
label = "日付"
type = "wareki_date"
box = [20, 110, 60, 8]
cells = 6
"#;

/// The form with these outputs.
pub fn form(outputs: &str) -> FormDefinition {
    FormDefinition::parse(&format!("{FORM}\n{outputs}")).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

/// A value.
pub fn one(text: &str, state: FieldState) -> FieldReading {
    FieldReading {
        text: text.to_owned(),
        state,
        reasons: Vec::new(),
        explanations: Vec::new(),
        candidates: Vec::new(),
        signals: None,
    }
}

/// A page per row, `a` and `b` filled in, the form lying on it as printed.
pub fn document(rows: &[(String, String)]) -> DocumentReading {
    let page = |(number, (a, b)): (u32, &(String, String))| {
        let texts = [
            ("a", a.as_str()),
            ("b", b),
            ("amount", ""),
            ("era", ""),
            ("date", ""),
        ];
        let fields = texts.map(|(key, text)| (key.to_owned(), one(text, FieldState::Sure)));
        PageReading {
            page: number,
            kind: PageKind::Form,
            form: Some("made".to_owned()),
            form_version: Some(1),
            quarter_turns: 0,
            registration_error: Some(0.0),
            placement: Some(Placement([
                PX_PER_MM, 0.0, 0.0, 0.0, PX_PER_MM, 0.0, 0.0, 0.0, 1.0,
            ])),
            fields: fields.into(),
            lines: Vec::new(),
        }
    };
    DocumentReading {
        pages: (1..).zip(rows).map(page).collect(),
    }
}

/// What a Python script prints as JSON about a file: it gets an encoding, the file's path and `more`.
pub fn python(script: &str, bytes: &[u8], encoding: &str, more: &[&str]) -> Value {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(bytes).expect("written");
    let output = Command::new("python3")
        .args(["-c", script, encoding])
        .arg(file.path())
        .args(more)
        .env("PYTHONIOENCODING", "utf-8")
        .output()
        .expect("python3 is on the machine");
    assert!(
        output.status.success(),
        "{}\n{bytes:?}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("JSON")
}

//! RapidOCR as the peer: its environment, its run, and its lines assigned to fields by position.
//!
//! Fair to the peer on purpose: it gets page kind, form, orientation and the true homography for
//! free, assignment is not timed, and of two ways to assign the better one counts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use nalgebra::{Matrix3, Vector3};
use serde::Deserialize;
use shoki_core::form::{FieldDefinition, FieldType, FormDefinition, MmBox};
use shoki_core::normal_form::normal_form;
use shoki_core::reading::{DocumentReading, FieldReading, FieldState, PageKind, PageReading};

use crate::canvas::PX_PER_MM;
use crate::process_tree::{Cost, measured};
use crate::python::environment;
use crate::samples::truth::{PageTruth, StackTruth, TruePage};

const SCRIPT: &str = include_str!("peer.py");
/// What the peer is made of; the versions are those of the report.
pub const PACKAGES: [&str; 5] = [
    "rapidocr==3.10.0",
    "onnxruntime==1.31.1",
    "pypdfium2==5.15.2",
    "opencv-python-headless==5.0.0.93",
    "numpy==2.4.6",
];

/// A line as the peer found it: text, corners, and each letter with its corners (page pixels).
#[derive(Clone, Debug, Deserialize)]
pub struct Line {
    text: String,
    quad: Vec<[f64; 2]>,
    letters: Vec<(String, Vec<[f64; 2]>)>,
}

/// How lines are assigned to fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// Each letter to the field that its middle lies in.
    Letters,
    /// Each whole line to the field that covers most of it.
    Lines,
}

/// The peer's Python environment.
pub struct Peer {
    python: PathBuf,
    script: PathBuf,
    models: [PathBuf; 2],
}

impl Peer {
    /// Makes the environment below `directory` unless it is there, and writes the script.
    ///
    /// # Errors
    /// No Python, no package registry, no models.
    pub fn install(directory: &Path, store: &Path) -> anyhow::Result<Self> {
        let python = environment(&directory.join("peer"), &PACKAGES)?;
        let script = directory.join("peer.py");
        std::fs::write(&script, SCRIPT)?;
        let models = [
            "ppocr-det/PP-OCRv6_det_small.onnx",
            "ppocr-rec/PP-OCRv6_rec_small.onnx",
        ]
        .map(|file| store.join(file));
        for model in &models {
            anyhow::ensure!(
                model.is_file(),
                "{}: missing; run `shoki models pull`",
                model.display()
            );
        }
        Ok(Self {
            python,
            script,
            models,
        })
    }

    /// Reads a stack with so many workers.
    ///
    /// # Errors
    /// When the script fails.
    pub fn read(
        &self,
        pdf: &Path,
        truth: &StackTruth,
        workers: u32,
    ) -> anyhow::Result<(Vec<Vec<Line>>, Cost)> {
        let out = pdf.with_extension("peer.json");
        let order = pdf.with_extension("order.json");
        let turns: Vec<u8> = truth.pages.iter().map(|page| page.quarter_turns).collect();
        let [det, rec] = &self.models;
        let content = serde_json::json!({
            "pdf": pdf, "out": out, "workers": workers, "quarter_turns": turns,
            "det": det, "rec": rec,
        });
        std::fs::write(&order, serde_json::to_vec(&content)?)?;
        let cost = measured(Command::new(&self.python).arg(&self.script).arg(&order))?;
        let lines = serde_json::from_slice(&std::fs::read(&out)?)?;
        Ok((lines, cost))
    }
}

/// The peer's reading of a stack, its lines assigned to the fields of the true forms.
#[must_use]
pub fn assigned(
    pages: &[Vec<Line>],
    truth: &StackTruth,
    forms: &[FormDefinition],
    how: Assignment,
) -> DocumentReading {
    let pages = truth
        .pages
        .iter()
        .zip(pages)
        .map(|(truth, lines)| page(truth, lines, forms, how))
        .collect();
    DocumentReading { pages }
}

fn page(truth: &PageTruth, lines: &[Line], forms: &[FormDefinition], how: Assignment) -> PageReading {
    let form = forms.iter().find(|form| truth.form.as_ref() == Some(&form.id));
    let inverse = truth
        .homography
        .and_then(|rows| Matrix3::from_fn(|r, c| rows[r][c]).try_inverse());
    let fields = form.zip(inverse).map_or_else(BTreeMap::new, |(form, inverse)| {
        fields(form, &inverse, lines, how)
    });
    PageReading {
        page: truth.page,
        kind: match truth.kind {
            TruePage::Form => PageKind::Form,
            TruePage::UnknownForm => PageKind::UnknownForm,
            TruePage::Blank => PageKind::Blank,
        },
        form: truth.form.clone(),
        form_version: None,
        quarter_turns: truth.quarter_turns,
        registration_error: None,
        placement: None,
        fields,
        lines: Vec::new(),
    }
}

fn fields(
    form: &FormDefinition,
    inverse: &Matrix3<f64>,
    lines: &[Line],
    how: Assignment,
) -> BTreeMap<String, FieldReading> {
    // Per field: where each text begins (mm) and the text; every field of our forms is one line.
    let mut parts: BTreeMap<&str, Vec<(f32, &str)>> = BTreeMap::new();
    for line in lines {
        match how {
            Assignment::Letters => {
                for (letter, quad) in &line.letters {
                    let area = bounds(quad, inverse);
                    let middle = (area.x + area.w / 2.0, area.y + area.h / 2.0);
                    if let Some(field) = form.fields.iter().find(|field| contains(&field.area, middle)) {
                        parts.entry(&field.key).or_default().push((middle.0, letter));
                    }
                }
            }
            Assignment::Lines => {
                let area = bounds(&line.quad, inverse);
                let covered = |field: &&FieldDefinition| common(&field.area, &area);
                let best = form
                    .fields
                    .iter()
                    .max_by(|a, b| covered(a).total_cmp(&covered(b)));
                if let Some(field) = best.filter(|field| covered(field) > 0.3 * area.w * area.h) {
                    parts.entry(&field.key).or_default().push((area.x, &line.text));
                }
            }
        }
    }
    let value = |field: &FieldDefinition| {
        let mut found = parts.get(field.key.as_str()).cloned().unwrap_or_default();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let text: String = found.into_iter().map(|(_, text)| text).collect();
        FieldReading {
            text: plausible(field.kind, &text),
            state: FieldState::Check,
            reasons: Vec::new(),
            explanations: Vec::new(),
            candidates: Vec::new(),
            signals: None,
        }
    };
    form.fields
        .iter()
        .map(|field| (field.key.clone(), value(field)))
        .collect()
}

/// What any integrator would do: a field of digits keeps its digits.
fn plausible(kind: FieldType, text: &str) -> String {
    let normal = normal_form(kind, text);
    match kind {
        FieldType::Number
        | FieldType::Amount
        | FieldType::Account
        | FieldType::PostalCode
        | FieldType::IndividualNumber
        | FieldType::CorporateNumber => normal.chars().filter(char::is_ascii_digit).collect(),
        _ => normal,
    }
}

/// The box around page points, in millimetres of the blank form.
fn bounds(points: &[[f64; 2]], inverse: &Matrix3<f64>) -> MmBox {
    let (mut low, mut high) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
    for [x, y] in points {
        let p = inverse * Vector3::new(*x, *y, 1.0);
        let (u, v) = (p.x / p.z, p.y / p.z);
        low = (low.0.min(u), low.1.min(v));
        high = (high.0.max(u), high.1.max(v));
    }
    let mm = |px: f64| px as f32 / PX_PER_MM;
    MmBox {
        x: mm(low.0),
        y: mm(low.1),
        w: mm(high.0 - low.0),
        h: mm(high.1 - low.1),
    }
}

fn contains(area: &MmBox, (x, y): (f32, f32)) -> bool {
    (area.x..area.x + area.w).contains(&x) && (area.y..area.y + area.h).contains(&y)
}

fn common(a: &MmBox, b: &MmBox) -> f32 {
    let w = (a.x + a.w).min(b.x + b.w) - a.x.max(b.x);
    let h = (a.y + a.h).min(b.y + b.h) - a.y.max(b.y);
    w.max(0.0) * h.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> FormDefinition {
        let text = r#"
id = "sample"
name = "見本"
version = 1
blank = { file = "sample.png", width_mm = 210, height_mm = 297 }
[[field]]
key = "left"
label = "左"
type = "number"
box = [10, 10, 20, 10]
[[field]]
key = "right"
label = "右"
type = "name"
box = [30, 10, 20, 10]
"#;
        FormDefinition::parse(text).expect("a right definition")
    }

    fn letter(text: &str, x: f64) -> (String, Vec<[f64; 2]>) {
        let px = |mm: f64| mm * f64::from(PX_PER_MM);
        let (a, b) = (px(x), px(x + 4.0));
        (
            text.to_owned(),
            vec![[a, px(12.0)], [b, px(12.0)], [b, px(18.0)], [a, px(18.0)]],
        )
    }

    #[test]
    fn letters_of_one_line_go_to_their_own_fields_and_lines_to_one() {
        let letters = vec![
            letter("1", 12.0),
            letter("O", 16.0),
            letter("2", 20.0),
            letter("山", 31.0),
            letter("田", 36.0),
        ];
        let quad = vec![letters[0].1[0], letters[4].1[1], letters[4].1[2], letters[0].1[3]];
        let line = Line {
            text: "1O2山田".to_owned(),
            quad,
            letters,
        };
        let read = |how| fields(&form(), &Matrix3::identity(), std::slice::from_ref(&line), how);
        let by_letters = read(Assignment::Letters);
        assert_eq!(
            (
                by_letters["left"].text.as_str(),
                by_letters["right"].text.as_str()
            ),
            ("12", "山田")
        );
        let by_lines = read(Assignment::Lines);
        assert_eq!(
            (by_lines["left"].text.as_str(), by_lines["right"].text.as_str()),
            ("12", "")
        );
    }
}

//! A form definition: which fields a form has, where they lie and what may stand in them.
//!
//! Written as `pipelines/forms/<id>.toml` beside the blank form's image or PDF. Boxes are in
//! millimetres from the top left corner of the upright blank page.

use serde::{Deserialize, Serialize};

use crate::acceptance::AcceptTerms;
use crate::output_profile::OutputProfile;
use crate::review::CheckPolicy;
use crate::rule::Rule;

/// What stands in a field; decides alphabet, preparation and rules (the list in PRODUCT.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// 数字.
    Number,
    /// 金額.
    Amount,
    /// 和暦日付.
    WarekiDate,
    /// カナ.
    Kana,
    /// 氏名.
    Name,
    /// 住所.
    Address,
    /// 郵便番号.
    PostalCode,
    /// 電話.
    Phone,
    /// 口座.
    Account,
    /// 個人番号 (12 digits).
    IndividualNumber,
    /// 法人番号 (13 digits).
    CorporateNumber,
    /// チェック: each option has its own box.
    Check,
    /// 丸囲み: one printed option is circled.
    Circle,
    /// 自由記述.
    FreeText,
}

/// A rectangle on the blank page, millimetres: left, top, width, height.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f32; 4]", into = "[f32; 4]")]
pub struct MmBox {
    /// From the left edge.
    pub x: f32,
    /// From the top edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl MmBox {
    /// The box with `rim` millimetres more on every side.
    #[must_use]
    pub fn grown(self, rim: f32) -> Self {
        Self {
            x: self.x - rim,
            y: self.y - rim,
            w: self.w + 2.0 * rim,
            h: self.h + 2.0 * rim,
        }
    }
}

impl From<[f32; 4]> for MmBox {
    fn from([x, y, w, h]: [f32; 4]) -> Self {
        Self { x, y, w, h }
    }
}

impl From<MmBox> for [f32; 4] {
    fn from(b: MmBox) -> Self {
        [b.x, b.y, b.w, b.h]
    }
}

/// One choice of a `check` or `circle` field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The value written to the output when this one is marked.
    pub value: String,
    /// Where the mark goes.
    #[serde(rename = "box")]
    pub area: MmBox,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldDefinition {
    /// Key in JSON; `[a-z][a-z0-9_]*`, unique in the form.
    pub key: String,
    /// The words printed on the form.
    pub label: String,
    /// What stands in it.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Where it lies; for `check` and `circle` the area around all choices.
    #[serde(rename = "box")]
    pub area: MmBox,
    /// Number of equal printed boxes in the row, one character each, if there are any.
    #[serde(default)]
    pub cells: Option<u32>,
    /// Characters allowed instead of the type's own alphabet.
    #[serde(default)]
    pub alphabet: Option<String>,
    /// Regular expression of the whole value in its normal form.
    #[serde(default)]
    pub pattern: Option<String>,
    /// Where the values stand that the field can have; of an address, how it can begin (a master of towns
    /// gives every way with and without 都道府県 and 市区町村).
    #[serde(default)]
    pub lexicon: Option<Lexicon>,
    /// Whether an empty field is a mistake.
    #[serde(default)]
    pub required: bool,
    /// Whether the value is a 個人番号 or otherwise masked and audited when seen.
    #[serde(default)]
    pub sensitive: bool,
    /// Column in the CSV; the key when absent.
    #[serde(default)]
    pub column: Option<String>,
    /// The choices of a `check` or `circle` field.
    #[serde(default, rename = "choice")]
    pub choices: Vec<Choice>,
    /// Whether several choices may be marked (`check` only); values are then joined by `|`.
    #[serde(default)]
    pub multiple: bool,
}

/// A column of a master.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lexicon {
    /// The master's file beside the definition (CSV).
    pub file: String,
    /// The column.
    pub column: String,
}

impl FieldDefinition {
    /// A field with nothing but what every field has.
    #[must_use]
    pub fn new(key: &str, label: &str, kind: FieldType, area: MmBox) -> Self {
        Self {
            key: key.to_owned(),
            label: label.to_owned(),
            kind,
            area,
            cells: None,
            alphabet: None,
            pattern: None,
            lexicon: None,
            required: false,
            sensitive: false,
            column: None,
            choices: Vec::new(),
            multiple: false,
        }
    }

    /// Column in the CSV.
    #[must_use]
    pub fn column(&self) -> &str {
        self.column.as_deref().unwrap_or(&self.key)
    }
}

/// The blank form's picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blank {
    /// File name beside the definition (PNG, JPEG, TIFF or PDF).
    pub file: String,
    /// Page of it, from 1.
    #[serde(default = "first_page")]
    pub page: u32,
    /// Width of the page in millimetres (210 for A4 upright): fixes the scale whatever the image's dpi.
    pub width_mm: f32,
    /// Height of the page in millimetres.
    pub height_mm: f32,
}

const fn first_page() -> u32 {
    1
}

/// One form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormDefinition {
    /// Id in JSON and file names; `[a-z][a-z0-9_]*`.
    pub id: String,
    /// The form's name.
    pub name: String,
    /// Version, counted up at every published change.
    pub version: u32,
    /// Which fields people look at.
    #[serde(default)]
    pub check: CheckPolicy,
    /// What is asked of accepting fields that nobody looks at.
    #[serde(default)]
    pub accept: AcceptTerms,
    /// Its picture.
    pub blank: Blank,
    /// Its fields, in the order of the CSV's columns.
    #[serde(rename = "field")]
    pub fields: Vec<FieldDefinition>,
    /// How the next systems want its values, beside the standard CSV.
    #[serde(default, rename = "output", skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputProfile>,
    /// Rules across its fields.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

impl FormDefinition {
    /// Names of the masters that the definition needs, each once.
    #[must_use]
    pub fn master_files(&self) -> std::collections::BTreeSet<&str> {
        let lexicons = self
            .fields
            .iter()
            .filter_map(|field| Some(field.lexicon.as_ref()?.file.as_str()));
        let towns = self.rules.iter().filter_map(|rule| match rule {
            Rule::Postal { towns, .. } => Some(towns.as_str()),
            _ => None,
        });
        lexicons.chain(towns).collect()
    }
}

//! Output profiles: how the next system wants the values of a form's sheets, as `[[output]]` of the
//! form's definition.
//!
//! Owns the words of a declaration. Promise: a profile says everything that its bytes depend on besides
//! the readings. Never: a conversion (that is `ocr::output`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::form::FormDefinition;
pub use crate::output_column::{Align, ColumnSource, DateForm, LetterWidth, OutputColumn, OwnValue};

/// Id of the profile that every form has without declaring it.
pub const STANDARD: &str = "standard";

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputFormat {
    /// RFC 4180 with what `quote`, `line_end` and `encoding` say.
    Csv,
    /// 固定長: every column has its width in bytes, nothing between them.
    Fixed,
    /// Excel (xlsx): one sheet.
    Excel,
    /// A list of objects, the columns in order.
    Json,
    /// The scanned sheets, with what was read as invisible text where it was read.
    Pdf,
}

impl OutputFormat {
    /// Ending of the file's name, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Fixed => "txt",
            Self::Excel => "xlsx",
            Self::Json => "json",
            Self::Pdf => "pdf",
        }
    }

    /// Whether the file is text whose encoding and line ends are declared.
    #[must_use]
    pub const fn is_declared_text(self) -> bool {
        matches!(self, Self::Csv | Self::Fixed)
    }
}

/// How characters become bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextEncoding {
    /// UTF-8 with a byte order mark, as Excel opens it.
    #[default]
    Utf8Bom,
    /// UTF-8 without.
    Utf8,
    /// Windows-31J (Shift_JIS with the extensions of NEC and IBM).
    Cp932,
}

impl TextEncoding {
    /// The name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Utf8Bom => "UTF-8(BOM 付き)",
            Self::Utf8 => "UTF-8",
            Self::Cp932 => "CP932(シフト JIS)",
        }
    }
}

/// What ends a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineEnd {
    /// CR LF.
    #[default]
    Crlf,
    /// LF.
    Lf,
    /// Nothing: fixed width only.
    None,
}

impl LineEnd {
    /// The characters.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Crlf => "\r\n",
            Self::Lf => "\n",
            Self::None => "",
        }
    }
}

/// When a CSV cell stands in quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quoting {
    /// Where the cell could not be read back otherwise.
    #[default]
    Needed,
    /// Always.
    Always,
    /// Never; a cell that would need it does not fit.
    Never,
}

/// What becomes of a character that the encoding does not have (外字).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GaijiPolicy {
    /// Nothing is written until a person has decided.
    #[default]
    Stop,
    /// What the list `replace` names is replaced; anything else stops.
    Replace,
    /// What the list names is replaced, anything else becomes 〓.
    Geta,
}

/// What becomes of a value that does not fit its column: no date, too long, not in the list of codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnfitPolicy {
    /// Nothing is written until a person has decided.
    #[default]
    Stop,
    /// The cell stays empty; the place is reported.
    Blank,
}

/// What becomes of a value that is not 確実.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnsurePolicy {
    /// It is written like any other; the column 要確認 can name it.
    #[default]
    Write,
    /// The cell stays empty; the place is reported.
    Blank,
    /// Nothing is written until a person has decided.
    Stop,
}

/// One output of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputProfile {
    /// Id in addresses and file names; `[a-z][a-z0-9_]*`, unique in the form.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// What kind of file.
    pub format: OutputFormat,
    /// How characters become bytes.
    #[serde(default)]
    pub encoding: TextEncoding,
    /// What ends a record.
    #[serde(default)]
    pub line_end: LineEnd,
    /// Whether the first record holds the columns' names.
    #[serde(default)]
    pub header: bool,
    /// When a CSV cell stands in quotes.
    #[serde(default)]
    pub quote: Quoting,
    /// What stands between two CSV cells; a comma unless told.
    #[serde(default = "comma")]
    pub delimiter: char,
    /// Whether a CSV cell that a spreadsheet would calculate is escaped with an apostrophe.
    #[serde(default = "yes")]
    pub escape_formulas: bool,
    /// What becomes of 外字.
    #[serde(default)]
    pub gaiji: GaijiPolicy,
    /// 外字 and what stands for each; the key may be a character with its variation selector.
    #[serde(default)]
    pub replace: BTreeMap<String, String>,
    /// What becomes of values that do not fit.
    #[serde(default)]
    pub unfit: UnfitPolicy,
    /// What becomes of values that are not 確実.
    #[serde(default)]
    pub unsure: UnsurePolicy,
    /// The columns, in order; none for `pdf`.
    #[serde(default, rename = "column")]
    pub columns: Vec<OutputColumn>,
}

/// What stands between two CSV cells where a profile does not say.
#[must_use]
pub const fn comma() -> char {
    ','
}

/// What most declarations leave out.
#[must_use]
pub const fn yes() -> bool {
    true
}

impl OutputProfile {
    /// The profile that every form has: all fields as Excel in a Japanese office opens them, with the page
    /// before, and the fields to check with the reasons behind.
    #[must_use]
    pub fn standard(form: &FormDefinition) -> Self {
        let own = |name: &str, value| OutputColumn::plain(name, ColumnSource::Own(value));
        let mut columns = vec![own(PAGE_COLUMN, OwnValue::Page)];
        columns.extend(
            form.fields
                .iter()
                .map(|field| OutputColumn::plain(field.column(), ColumnSource::Field(field.key.clone()))),
        );
        columns.push(own(CHECK_COLUMN, OwnValue::ToCheck));
        columns.push(own(REASON_COLUMN, OwnValue::Reasons));
        Self {
            id: STANDARD.to_owned(),
            name: "CSV(標準)".to_owned(),
            format: OutputFormat::Csv,
            encoding: TextEncoding::Utf8Bom,
            line_end: LineEnd::Crlf,
            header: true,
            quote: Quoting::Needed,
            delimiter: comma(),
            escape_formulas: yes(),
            gaiji: GaijiPolicy::Stop,
            replace: BTreeMap::new(),
            unfit: UnfitPolicy::Blank,
            unsure: UnsurePolicy::Write,
            columns,
        }
    }

    /// Name of the file of this profile, `<form>.<profile>.<ending>`.
    #[must_use]
    pub fn file_name(&self, form: &str) -> String {
        format!("{form}.{}.{}", self.id, self.format.extension())
    }

    /// Media type to serve it with.
    #[must_use]
    pub const fn media_type(&self) -> &'static str {
        match (self.format, self.encoding) {
            (OutputFormat::Csv, TextEncoding::Cp932) => "text/csv; charset=windows-31j",
            (OutputFormat::Csv, _) => "text/csv; charset=utf-8",
            (OutputFormat::Fixed, TextEncoding::Cp932) => "text/plain; charset=windows-31j",
            (OutputFormat::Fixed, _) => "text/plain; charset=utf-8",
            (OutputFormat::Excel, _) => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            (OutputFormat::Json, _) => "application/json",
            (OutputFormat::Pdf, _) => "application/pdf",
        }
    }
}

/// Column of the page number in the standard CSV.
pub const PAGE_COLUMN: &str = "ページ";
/// Column of the fields a person should look at in the standard CSV.
pub const CHECK_COLUMN: &str = "要確認";
/// Column of the reasons why in the standard CSV.
pub const REASON_COLUMN: &str = "要確認の理由";

impl FormDefinition {
    /// The standard profile and the declared ones, in order.
    #[must_use]
    pub fn profiles(&self) -> Vec<OutputProfile> {
        std::iter::once(OutputProfile::standard(self))
            .chain(self.outputs.iter().cloned())
            .collect()
    }

    /// The profile of this id.
    #[must_use]
    pub fn profile(&self, id: &str) -> Option<OutputProfile> {
        self.profiles().into_iter().find(|profile| profile.id == id)
    }
}

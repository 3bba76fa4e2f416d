//! Output profiles and previews on the wire.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use shoki_core::digest::Sha256;
use shoki_core::form::FormDefinition;
use shoki_core::output_finding::{Finding, Found, Rendered};
use shoki_core::output_profile::{LineEnd, OutputProfile, TextEncoding};
use utoipa::ToSchema;

/// Bytes of a file that a preview carries.
pub const PREVIEW_BYTES: usize = 64 * 1024;
/// Findings that a preview spells out.
const PREVIEW_FINDINGS: usize = 200;

/// A file that can be made of a job's result.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutputBody {
    /// Id of the form.
    #[schema(example = "kyuyo_idou")]
    pub form: String,
    /// Name of the form.
    pub form_name: String,
    /// Id of the profile.
    #[schema(example = "kikan")]
    pub profile: String,
    /// Name of the profile.
    pub name: String,
    /// How the file is made.
    #[serde(flatten)]
    pub shape: ShapeBody,
    /// Sheets of the form in the job.
    pub sheets: u32,
}

/// How a file is made.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShapeBody {
    /// `csv` · `fixed` · `excel` · `json` · `pdf`.
    #[schema(value_type = String, example = "csv")]
    pub format: shoki_core::output_profile::OutputFormat,
    /// Name of the file.
    #[schema(example = "kyuyo_idou.kikan.csv")]
    pub file_name: String,
    /// Media type.
    pub media_type: &'static str,
    /// `utf8_bom` · `utf8` · `cp932`; for text.
    #[schema(value_type = Option<String>, example = "cp932")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<TextEncoding>,
    /// The same for the screen.
    #[schema(example = "CP932(シフト JIS)")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding_label: Option<&'static str>,
    /// `crlf` · `lf` · `none`; for text.
    #[schema(value_type = Option<String>, example = "crlf")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_end: Option<LineEnd>,
    /// Bytes of a record without its end; for fixed width.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_bytes: Option<u32>,
    /// Names of the columns, in order.
    pub columns: Vec<String>,
}

impl ShapeBody {
    /// How this profile makes a form's file.
    #[must_use]
    pub fn of(form: &FormDefinition, profile: &OutputProfile) -> Self {
        let is_text = profile.format.is_declared_text();
        let widths: Option<Vec<u32>> = profile.columns.iter().map(|column| column.width).collect();
        Self {
            format: profile.format,
            file_name: profile.file_name(&form.id),
            media_type: profile.media_type(),
            encoding: is_text.then_some(profile.encoding),
            encoding_label: is_text.then(|| profile.encoding.label()),
            line_end: is_text.then_some(profile.line_end),
            record_bytes: widths
                .filter(|widths| !widths.is_empty())
                .map(|widths| widths.iter().sum()),
            columns: profile.columns.iter().map(|column| column.name.clone()).collect(),
        }
    }
}

/// One thing that was found on the way into a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingBody {
    /// Page in the document, from 1.
    pub page: u32,
    /// Key of the field, where the column shows one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Name of the column.
    pub column: String,
    /// `gaiji` · `unfit` · `unsure`.
    #[schema(example = "gaiji")]
    pub kind: &'static str,
    /// The 外字.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub character: Option<String>,
    /// What was written for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
    /// Whether it stops the output.
    pub stops: bool,
    /// All of it in a sentence.
    pub sentence: String,
}

impl From<&Finding> for FindingBody {
    fn from(finding: &Finding) -> Self {
        let (kind, character, written) = match &finding.found {
            Found::Gaiji { character, written } => ("gaiji", Some(character.clone()), written.clone()),
            Found::Unfit { .. } => ("unfit", None, None),
            Found::Unsure { .. } => ("unsure", None, None),
        };
        Self {
            page: finding.page,
            field: finding.field.clone(),
            column: finding.column.clone(),
            kind,
            character,
            written,
            stops: finding.stops(),
            sentence: finding.sentence_ja(),
        }
    }
}

/// What a download would give, byte by byte, and what was found on the way.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewBody {
    /// Id of the form.
    pub form: String,
    /// Id of the profile.
    pub profile: String,
    /// How the file is made.
    #[serde(flatten)]
    pub shape: ShapeBody,
    /// Records in it.
    pub rows: u32,
    /// Whether it can be downloaded; otherwise a finding stops it.
    pub ready: bool,
    /// Size of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<usize>,
    /// SHA-256 of the file, hexadecimal; also the `ETag` of the download.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The file's first bytes (64 KiB), base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// Whether there are more.
    pub truncated: bool,
    /// Number of findings; the first are in `findings`.
    pub findings_total: usize,
    /// What was found.
    pub findings: Vec<FindingBody>,
}

impl PreviewBody {
    /// The preview of a file.
    #[must_use]
    pub fn of(form: &FormDefinition, profile: &OutputProfile, rendered: &Rendered) -> Self {
        let bytes = rendered.bytes.as_deref();
        let shown = bytes.map(|bytes| &bytes[..bytes.len().min(PREVIEW_BYTES)]);
        let mut findings: Vec<&Finding> = rendered.findings.iter().collect();
        // What stops it comes first, however much else there is.
        findings.sort_by_key(|finding| !finding.stops());
        Self {
            form: form.id.clone(),
            profile: profile.id.clone(),
            shape: ShapeBody::of(form, profile),
            rows: rendered.rows,
            ready: bytes.is_some(),
            size: bytes.map(<[u8]>::len),
            sha256: bytes.map(|bytes| Sha256::of(bytes).to_string()),
            bytes: shown.map(|shown| BASE64.encode(shown)),
            truncated: bytes.is_some_and(|bytes| bytes.len() > PREVIEW_BYTES),
            findings_total: findings.len(),
            findings: findings
                .into_iter()
                .take(PREVIEW_FINDINGS)
                .map(FindingBody::from)
                .collect(),
        }
    }
}

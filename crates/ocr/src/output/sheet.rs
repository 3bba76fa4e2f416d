//! Excel: one sheet, amounts as numbers, everything else as text, so that nothing is calculated and no
//! leading zero is lost.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use shoki_core::form::FormDefinition;
use shoki_core::output_finding::Finding;
use shoki_core::output_profile::OutputProfile;
use shoki_core::reading::DocumentReading;

use super::value::{self, Sheet};
use super::{finding, sheets};
use crate::error::OcrError;

/// Digits that a spreadsheet keeps exactly.
const EXACT_DIGITS: usize = 15;
/// Longest name of a sheet.
const NAME_CHARS: usize = 31;
/// Narrowest and widest column, characters.
const WIDTHS: std::ops::RangeInclusive<usize> = 8..=60;

pub(super) fn render(
    form: &FormDefinition,
    profile: &OutputProfile,
    reading: &DocumentReading,
    document: &str,
) -> Result<(Vec<u8>, u32, Vec<Finding>), OcrError> {
    written(form, profile, reading, document).map_err(|error| OcrError::Output(error.to_string()))
}

fn written(
    form: &FormDefinition,
    profile: &OutputProfile,
    reading: &DocumentReading,
    document: &str,
) -> Result<(Vec<u8>, u32, Vec<Finding>), XlsxError> {
    let mut book = Workbook::new();
    // The time of writing would make every file of the same values another one.
    let never = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&never));
    let worksheet = book.add_worksheet();
    worksheet.set_name(name_of(form))?;
    let (as_text, bold) = (Format::new().set_num_format("@"), Format::new().set_bold());
    let first = u32::from(profile.header);
    let mut widths: Vec<usize> = Vec::new();
    for (index, column) in (0..).zip(&profile.columns) {
        let shown = if profile.header {
            worksheet.write_string_with_format(0, index, &column.name, &bold)?;
            columns_of(&column.name)
        } else {
            0
        };
        widths.push(shown);
    }
    if profile.header {
        worksheet.set_freeze_panes(1, 0)?;
    }
    let (mut rows, mut findings) = (0, Vec::new());
    for page in sheets(form, reading) {
        rows += 1;
        let sheet = Sheet {
            form,
            page,
            row: rows,
            document,
        };
        let line = first + rows - 1;
        for (index, column) in (0..).zip(&profile.columns) {
            let (text, found) = value::text(profile, column, sheet);
            findings.extend(found.map(|found| finding(page, column, found)));
            widths[usize::from(index)] = widths[usize::from(index)].max(columns_of(&text));
            match amount(&text).filter(|_| value::is_amount(form, column)) {
                Some(number) => worksheet.write_number(line, index, number)?,
                None => worksheet.write_string_with_format(line, index, &text, &as_text)?,
            };
        }
    }
    for (index, width) in (0..).zip(widths) {
        let shown = (width + 2).clamp(*WIDTHS.start(), *WIDTHS.end());
        worksheet.set_column_width(index, shown as f64)?;
    }
    Ok((book.save_to_buffer()?, rows, findings))
}

/// The number, where a spreadsheet keeps it exactly and shows it as it was read.
fn amount(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let exact = !digits.is_empty()
        && digits.len() <= EXACT_DIGITS
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'));
    exact.then(|| text.parse().ok()).flatten()
}

fn columns_of(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

/// The form's name without what Excel does not allow in a sheet's.
fn name_of(form: &FormDefinition) -> String {
    let allowed = form
        .name
        .chars()
        .filter(|c| !"[]:*?/\\'".contains(*c) && !c.is_control());
    let name: String = allowed.take(NAME_CHARS).collect();
    if name.trim().is_empty() {
        form.id.chars().take(NAME_CHARS).collect()
    } else {
        name
    }
}

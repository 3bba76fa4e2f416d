//! One cell's value: taken from the sheet, then converted as its column declares.

use shoki_core::form::{FieldType, FormDefinition};
use shoki_core::output_finding::{Found, UnfitReason};
use shoki_core::output_profile::{
    ColumnSource, DateForm, OutputColumn, OutputProfile, OwnValue, UnfitPolicy, UnsurePolicy,
};
use shoki_core::reading::{FieldState, PageReading};
use shoki_core::wareki::{self, Era};

use super::letters;

/// A sheet on its way into a file.
#[derive(Clone, Copy)]
pub(super) struct Sheet<'a> {
    pub(super) form: &'a FormDefinition,
    pub(super) page: &'a PageReading,
    /// Number of the record, from 1.
    pub(super) row: u32,
    /// Name of the document.
    pub(super) document: &'a str,
}

/// The cell's text, empty where something is found that empties or stops it.
pub(super) fn text(
    profile: &OutputProfile,
    column: &OutputColumn,
    sheet: Sheet<'_>,
) -> (String, Option<Found>) {
    let taken = match &column.source {
        ColumnSource::Constant(text) => return (width(column, text.clone()), None),
        ColumnSource::Own(value) => return (width(column, own(*value, sheet)), None),
        ColumnSource::Field(key) => sheet.page.fields.get(key),
    };
    let refused = |reason| (String::new(), Some(unfit(profile, reason)));
    let Some(read) = taken else {
        return refused(UnfitReason::NoField);
    };
    if read.state != FieldState::Sure && profile.unsure != UnsurePolicy::Write {
        let found = Found::Unsure {
            state: read.state,
            stops: profile.unsure == UnsurePolicy::Stop,
        };
        return (String::new(), Some(found));
    }
    if read.text.is_empty() {
        return (String::new(), None);
    }
    match converted(column, sheet, &read.text) {
        Ok(text) => (width(column, text), None),
        Err(reason) => refused(reason),
    }
}

/// A value that does not fit, with what becomes of it.
pub(super) const fn unfit(profile: &OutputProfile, reason: UnfitReason) -> Found {
    Found::Unfit {
        reason,
        stops: matches!(profile.unfit, UnfitPolicy::Stop),
    }
}

fn width(column: &OutputColumn, text: String) -> String {
    match column.letters {
        Some(width) => letters::in_width(&text, width),
        None => text,
    }
}

fn own(value: OwnValue, sheet: Sheet<'_>) -> String {
    match value {
        OwnValue::Page => sheet.page.page.to_string(),
        OwnValue::Row => sheet.row.to_string(),
        OwnValue::Document => sheet.document.to_owned(),
        OwnValue::ToCheck => {
            let fields = sheet.form.fields.iter().filter(|field| {
                let read = sheet.page.fields.get(&field.key);
                read.is_none_or(|read| read.state != FieldState::Sure)
            });
            let labels: Vec<&str> = fields.map(|field| field.label.as_str()).collect();
            labels.join("、")
        }
        OwnValue::Reasons => {
            let why = sheet.form.fields.iter().filter_map(|field| {
                let read = sheet.page.fields.get(&field.key)?;
                let said = read.explanations.join("、");
                (!said.is_empty()).then(|| format!("{}: {said}", field.label))
            });
            why.collect::<Vec<_>>().join(" / ")
        }
    }
}

fn converted(column: &OutputColumn, sheet: Sheet<'_>, text: &str) -> Result<String, UnfitReason> {
    if let Some(form) = column.date {
        return date(column, sheet, text, form).ok_or(UnfitReason::NotADate);
    }
    let mut text = text.to_owned();
    if !column.codes.is_empty() {
        let code = |value: &str| column.codes.get(value).cloned().ok_or(UnfitReason::NoCode);
        let codes: Result<Vec<String>, UnfitReason> = text.split('|').map(code).collect();
        text = codes?.join("|");
    }
    if let Some(most) = column.digits {
        text = zero_filled(&text, most)?;
    }
    if column.strip_zeros {
        text = stripped(&text);
    }
    Ok(text)
}

fn date(column: &OutputColumn, sheet: Sheet<'_>, text: &str, form: DateForm) -> Option<String> {
    let era = match column.era.as_deref() {
        None => None,
        Some(word) => match Era::named(word) {
            Some(era) => Some(era),
            None => Era::named(&sheet.page.fields.get(word)?.text),
        },
    };
    let date = wareki::read(text, era)?;
    let (year, month, day) = (date.year(), date.month(), date.day());
    Some(match form {
        DateForm::Compact => format!("{year:04}{month:02}{day:02}"),
        DateForm::Dashes => format!("{year:04}-{month:02}-{day:02}"),
        DateForm::Slashes => format!("{year:04}/{month:02}/{day:02}"),
        DateForm::EraDigit => {
            let (era, year) = wareki::of_day(date).filter(|(_, year)| *year < 100)?;
            format!("{}{year:02}{month:02}{day:02}", era.digit())
        }
        DateForm::Wareki => wareki::written(date)?,
    })
}

/// `-5` in four digits: `-0005`.
fn zero_filled(text: &str, most: u32) -> Result<String, UnfitReason> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let needs = digits.chars().count();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(UnfitReason::NotDigits);
    }
    if needs > most as usize {
        return Err(UnfitReason::TooLong { needs, most });
    }
    Ok(format!("{sign}{digits:0>width$}", width = most as usize))
}

fn stripped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let rest = digits.trim_start_matches('0');
    let starts_with_digit = rest.starts_with(|c: char| c.is_ascii_digit());
    if starts_with_digit || digits == rest {
        format!("{sign}{rest}")
    } else {
        format!("{sign}0{rest}")
    }
}

/// Whether the column holds amounts that a spreadsheet may add up.
pub(super) fn is_amount(form: &FormDefinition, column: &OutputColumn) -> bool {
    let ColumnSource::Field(key) = &column.source else {
        return false;
    };
    let plain = column.digits.is_none() && column.letters.is_none() && column.codes.is_empty();
    let of_amounts = form
        .fields
        .iter()
        .any(|field| field.key == *key && field.kind == FieldType::Amount);
    plain && of_amounts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_filled_and_dropped() {
        assert_eq!(zero_filled("12", 4), Ok("0012".to_owned()));
        assert_eq!(zero_filled("-5", 4), Ok("-0005".to_owned()));
        assert_eq!(
            zero_filled("12345", 4),
            Err(UnfitReason::TooLong { needs: 5, most: 4 })
        );
        assert_eq!(zero_filled("1A", 4), Err(UnfitReason::NotDigits));
        for (text, expected) in [
            ("0012", "12"),
            ("000", "0"),
            ("-007", "-7"),
            ("0A", "0A"),
            ("", ""),
        ] {
            assert_eq!(stripped(text), expected, "{text}");
        }
    }
}

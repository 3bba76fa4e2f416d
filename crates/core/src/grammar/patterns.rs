//! The ways in which values of a type are written, as regular expressions over the written text.
//!
//! They say what a value of the type can look like, not whether it is right: 2月30日 passes here and
//! fails in `rule`. A type without a way of its own has none.

use crate::form::{FieldDefinition, FieldType};

const ERA: &str = "(?:明治|大正|昭和|平成|令和|[明大昭平令MTSHR])";
const MONTH: &str = "(?:0?[1-9]|1[0-2])";
const DAY: &str = "(?:0?[1-9]|[12][0-9]|3[01])";
const TWO_DIGIT_MONTH_AND_DAY: &str = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])";

/// The pattern of a field; a list of characters of its own sets the type's pattern aside.
pub(super) fn of(field: &FieldDefinition) -> Option<String> {
    use FieldType as T;
    if field.alphabet.is_some() {
        return None;
    }
    let boxes = field.cells;
    Some(match field.kind {
        T::Number => format!("[0-9]{{1,{}}}", boxes?),
        T::Account => format!("[0-9]{{1,{}}}", boxes.unwrap_or(14)),
        T::Amount if boxes.is_some() => "0|[1-9][0-9]*".to_owned(),
        T::Amount => "0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+".to_owned(),
        T::IndividualNumber => "[0-9]{12}".to_owned(),
        T::CorporateNumber => "[1-9][0-9]{12}".to_owned(),
        T::PostalCode => "[0-9]{3}-?[0-9]{4}".to_owned(),
        T::Phone => phone(),
        T::WarekiDate => match boxes {
            Some(6) => format!("[0-9]{{2}}{TWO_DIGIT_MONTH_AND_DAY}"),
            Some(_) => format!("[1-5][0-9]{{2}}{TWO_DIGIT_MONTH_AND_DAY}"),
            None => date(),
        },
        T::Kana | T::Name | T::Address | T::FreeText | T::Check | T::Circle => return None,
    })
}

/// A date on an open line: with 年月日, with points, or digits alone.
fn date() -> String {
    let year = "(?:元|[0-9]{1,2}|[12][0-9]{3})";
    format!(
        "{ERA}?{year}年度?{MONTH}月{DAY}日|{ERA}?{year}\\.{MONTH}\\.{DAY}|{ERA}?{year}-{MONTH}-{DAY}|{ERA}?{year}/{MONTH}/{DAY}|\
         {ERA}?[0-9]{{2}}{TWO_DIGIT_MONTH_AND_DAY}|[12][0-9]{{3}}{TWO_DIGIT_MONTH_AND_DAY}"
    )
}

/// Area code, exchange and number with their usual signs (`rule::phone` has the source).
fn phone() -> String {
    let pair = |area: &str, exchange: &str| {
        format!(
            "{area}-?{exchange}-?[0-9]{{4}}|\\({area}\\){exchange}-?[0-9]{{4}}|{area}\\({exchange}\\)[0-9]{{4}}"
        )
    };
    [
        pair("0[1-9]", "[0-9]{4}"),
        pair("0[1-9][0-9]", "[0-9]{3}"),
        pair("0[1-9][0-9]{2}", "[0-9]{2}"),
        pair("0[1-9][0-9]{3}", "[0-9]"),
        pair("0[256789]0", "[0-9]{4}"),
        "0120-?[0-9]{3}-?[0-9]{3}".to_owned(),
        "0800-?[0-9]{3}-?[0-9]{4}".to_owned(),
        "[0-9]{1,4}-?[0-9]{4}".to_owned(),
    ]
    .join("|")
}

//! What a value of a type can be: pure functions that flag, never change.
//!
//! Sources: 個人番号 and 法人番号 check digits as prescribed by 総務省令第85号 (2014) article 5 and
//! 財務省令 on 法人番号; era lengths of the 元号 since 1868; telephone numbers of 9 digits after the 0
//! (10 for mobile, IP and free numbers).

use shoki_core::form::{FieldDefinition, FieldType};
use shoki_core::reading::Reason;

/// What is wrong with `text` in `field`; `inked` is the number of printed boxes that hold ink.
pub(crate) fn violations(field: &FieldDefinition, inked: Option<usize>, text: &str) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if text.is_empty() {
        return reasons;
    }
    let length = text.chars().count();
    if field.cells.is_some_and(|cells| length > cells as usize) || inked.is_some_and(|inked| inked != length)
    {
        reasons.push(Reason::WrongLength);
    }
    reasons.extend(of_type(field, text));
    reasons.dedup();
    reasons
}

fn of_type(field: &FieldDefinition, text: &str) -> Option<Reason> {
    use FieldType as T;
    let digits: Vec<u8> = text
        .bytes()
        .filter(u8::is_ascii_digit)
        .map(|byte| byte - b'0')
        .collect();
    match field.kind {
        T::IndividualNumber if digits.len() != 12 => Some(Reason::WrongLength),
        T::IndividualNumber => (!is_individual_number(&digits)).then_some(Reason::CheckDigit),
        T::CorporateNumber if digits.len() != 13 => Some(Reason::WrongLength),
        T::CorporateNumber => (!is_corporate_number(&digits)).then_some(Reason::CheckDigit),
        T::PostalCode => (digits.len() != 7).then_some(Reason::WrongLength),
        T::Phone => phone(&digits),
        T::WarekiDate => (!is_date(text)).then_some(Reason::IllegalValue),
        T::Amount => (!is_amount(text)).then_some(Reason::IllegalValue),
        T::Account => account(field, &digits),
        _ => None,
    }
}

fn account(field: &FieldDefinition, digits: &[u8]) -> Option<Reason> {
    let most = field.cells.map_or(8, |cells| cells as usize);
    (digits.is_empty() || digits.len() > most).then_some(Reason::WrongLength)
}

/// 12 digits: the last checks the first eleven.
fn is_individual_number(digits: &[u8]) -> bool {
    const WEIGHTS: [u32; 11] = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
    let [body @ .., check] = digits else { return false };
    if body.len() != WEIGHTS.len() {
        return false;
    }
    let rest = body
        .iter()
        .zip(WEIGHTS)
        .map(|(&digit, weight)| u32::from(digit) * weight)
        .sum::<u32>()
        % 11;
    u32::from(*check) == if rest <= 1 { 0 } else { 11 - rest }
}

/// 13 digits: the first checks the other twelve.
fn is_corporate_number(digits: &[u8]) -> bool {
    let [check, body @ ..] = digits else { return false };
    if body.len() != 12 {
        return false;
    }
    let sum: u32 = body
        .iter()
        .rev()
        .zip([1, 2].into_iter().cycle())
        .map(|(&digit, weight)| u32::from(digit) * weight)
        .sum();
    u32::from(*check) == 9 - sum % 9
}

fn phone(digits: &[u8]) -> Option<Reason> {
    match digits {
        [0, second, rest @ ..] if *second != 0 => {
            (!matches!(rest.len(), 8 | 9)).then_some(Reason::WrongLength)
        }
        [0, _, ..] => Some(Reason::IllegalValue),
        // Without the area code: 市内局番 and number.
        _ => (!matches!(digits.len(), 5..=8)).then_some(Reason::IllegalValue),
    }
}

fn is_amount(text: &str) -> bool {
    let mut groups = text.split(',');
    let first = groups.next().unwrap_or_default();
    let grouped = text.contains(',');
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(first)
        && (!grouped || first.len() <= 3)
        && (first == "0" || !first.starts_with('0'))
        && groups.all(|group| group.len() == 3 && digits(group))
}

/// Era names, their short forms and last years.
const ERAS: [(&str, &str, u32); 5] = [
    ("明治", "明", 45),
    ("大正", "大", 15),
    ("昭和", "昭", 64),
    ("平成", "平", 31),
    ("令和", "令", 99),
];

/// A 和暦 or western date: `令和3年4月1日`, `平31.4.30`, digits only as yymmdd or yyyymmdd.
fn is_date(text: &str) -> bool {
    let (last_year, rest) = ERAS
        .iter()
        .find_map(|(long, short, last)| {
            text.strip_prefix(long)
                .or_else(|| text.strip_prefix(short))
                .map(|rest| (*last, rest))
        })
        .unwrap_or((2999, text));
    let rest = rest.replace("元年", "1年").replace('度', "");
    let numbers: Vec<&str> = rest
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .collect();
    let parts: Option<Vec<u32>> = match numbers.as_slice() {
        [year, month, day] => [year, month, day].iter().map(|part| part.parse().ok()).collect(),
        [all] if matches!(all.len(), 6 | 8) && *all == rest => {
            let (year, monthday) = all.split_at(all.len() - 4);
            let (month, day) = monthday.split_at(2);
            [year, month, day].iter().map(|part| part.parse().ok()).collect()
        }
        _ => None,
    };
    let Some([year, month, day]) = parts.and_then(|parts| <[u32; 3]>::try_from(parts).ok()) else {
        return false;
    };
    let plausible_year =
        (1..=last_year.min(99)).contains(&year) || (1868..=2100).contains(&year) && last_year > 99;
    let days = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    plausible_year && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().map(|byte| byte - b'0').collect()
    }

    #[test]
    fn individual_numbers() {
        assert!(is_individual_number(&digits("123456789018")));
        for wrong in ["123456789012", "213456789018", "12345678901", ""] {
            assert!(!is_individual_number(&digits(wrong)), "{wrong}");
        }
    }

    #[test]
    fn corporate_numbers() {
        // Published numbers of public bodies: 国税庁, 日野市.
        for right in ["7000012050002", "1000020132128"] {
            assert!(is_corporate_number(&digits(right)), "{right}");
        }
        assert!(!is_corporate_number(&digits("7000012050003")));
        assert!(!is_corporate_number(&digits("1700001205000")));
    }

    #[test]
    fn dates() {
        for right in [
            "令和3年4月1日",
            "平成31年4月30日",
            "昭和64年1月7日",
            "令和元年5月1日",
            "030401",
            "20260101",
            "平5年2月28日",
        ] {
            assert!(is_date(right), "{right}");
        }
        for wrong in [
            "令和3年13月1日",
            "昭和65年1月1日",
            "令和3年2月30日",
            "令和3年4月",
            "031301",
            "34",
            "大正16年1月1日",
        ] {
            assert!(!is_date(wrong), "{wrong}");
        }
    }

    #[test]
    fn amounts_and_phones() {
        for right in ["0", "1,234,567", "1234567", "12"] {
            assert!(is_amount(right), "{right}");
        }
        for wrong in ["012", "1,23", "1234,567", ",123", "12,"] {
            assert!(!is_amount(wrong), "{wrong}");
        }
        assert_eq!(phone(&digits("0425851111")), None);
        assert_eq!(phone(&digits("09012345678")), None);
        assert_eq!(phone(&digits("5851111")), None);
        assert_eq!(phone(&digits("042585111")), Some(Reason::WrongLength));
        assert_eq!(phone(&digits("0025851111")), Some(Reason::IllegalValue));
    }
}

//! The numbers of a statement with what they count and how they bound it: 14日以内, 一万円を超え,
//! 令和七年四月一日. Whether a quoted text says the same number of the same thing.
//!
//! Promises: 十四日 and 14日 are one; 14日以内 is not said by 14日以上; a date is one number, so that day
//! and month of different dates never make a third. Never: arithmetic.

use std::ops::Range;

use crate::text::{is_kanji, number_at};

/// A run of numbers that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Quantity {
    /// Value and unit; the unit is empty when none follows.
    parts: Vec<(String, String)>,
    /// How it bounds, when it does.
    bound: Option<&'static str>,
    /// Where it stands.
    pub span: Range<usize>,
}

/// Units of more than one character, as written and as compared.
const UNITS: &[(&str, &str)] = &[
    ("箇月", "月間"),
    ("か月", "月間"),
    ("ヶ月", "月間"),
    ("ケ月", "月間"),
    ("カ月", "月間"),
    ("ヵ月", "月間"),
    ("ヵ年", "年"),
    ("箇年", "年"),
    ("か年", "年"),
    ("時間", "時間"),
    ("パーセント", "%"),
    ("才", "歳"),
    ("か所", "箇所"),
    ("ヶ所", "箇所"),
    ("日間", "日"),
    ("年間", "年"),
    ("週間", "週"),
    ("つ", "つ"),
    ("ページ", "ページ"),
    ("キロ", "キロ"),
];

/// Units after which the next number goes on with the same quantity.
const DATE_UNITS: &[&str] = &["年", "月", "日", "時", "分"];

/// What bounds a number; the same second half means the same bound.
const BOUNDS: &[(&str, &str)] = &[
    ("を超えない", "≤"),
    ("以内", "≤"),
    ("以下", "≤"),
    ("を限度", "≤"),
    ("を上限", "≤"),
    ("まで", "≤"),
    ("以上", "≥"),
    ("を下回らない", "≥"),
    ("未満", "<"),
    ("に満たない", "<"),
    ("を下回", "<"),
    ("を超え", ">"),
    ("を越え", ">"),
    ("超", ">"),
    ("以後", "後"),
    ("以降", "後"),
    ("を経過", "後"),
    ("後", "後"),
    ("以前", "前"),
    ("前", "前"),
    ("ごと", "毎"),
];

/// Words with a numeral that count nothing.
const NO_NUMBERS: &[&str] = &[
    "一般",
    "一部",
    "一定",
    "一切",
    "一方",
    "一体",
    "一括",
    "一律",
    "一旦",
    "一緒",
    "一環",
    "一層",
    "一応",
    "一連",
    "一覧",
    "一身",
    "一時",
    "一致",
    "一貫",
    "三者",
    "十分",
    "千差",
    "万一",
    "万全",
    "七夕",
    "四季",
    "八百屋",
    "百貨",
    "一因",
    "一助",
    "二次",
    "一次",
];

/// Characters after which 一 counts nothing: 同一, 統一, 唯一.
const NO_NUMBER_AFTER: &[char] = &['同', '統', '唯', '単', '均', '専', '画', '択'];

/// The numbers of a compact text.
pub(super) fn quantities(text: &str) -> Vec<Quantity> {
    let mut found: Vec<Quantity> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let step = rest.chars().next().map_or(1, char::len_utf8);
        if let Some(word) = NO_NUMBERS.iter().find(|word| rest.starts_with(**word)) {
            at += word.len();
            continue;
        }
        let before = text[..at].chars().next_back();
        let Some((value, len)) = value_at(rest) else {
            at += step;
            continue;
        };
        if rest.starts_with('一') && before.is_some_and(|c| NO_NUMBER_AFTER.contains(&c)) {
            at += len;
            continue;
        }
        let (unit, unit_len) = unit_at(&rest[len..]);
        let end = at + len + unit_len;
        let joins = found.last().is_some_and(|last| {
            last.span.end == at
                && last.bound.is_none()
                && last
                    .parts
                    .last()
                    .is_some_and(|(_, unit)| DATE_UNITS.contains(&unit.as_str()))
        });
        let bound = BOUNDS.iter().find(|(word, _)| text[end..].starts_with(word));
        match found.last_mut().filter(|_| joins) {
            Some(last) => {
                last.parts.push((value, unit));
                last.span.end = end;
                last.bound = bound.map(|(_, bound)| *bound);
            }
            None => found.push(Quantity {
                parts: vec![(value, unit)],
                bound: bound.map(|(_, bound)| *bound),
                span: at..end,
            }),
        }
        at = end;
    }
    found
}

/// Whether one of `said` says `asked`: the same values of the same units, bounded the same way.
pub(super) fn is_said(asked: &Quantity, said: &[Quantity]) -> bool {
    said.iter().any(|quantity| {
        let width = asked.parts.len();
        quantity.parts.windows(width).enumerate().any(|(start, parts)| {
            let last = start + width == quantity.parts.len();
            let bound = asked.bound.is_none() || last && asked.bound == quantity.bound;
            bound
                && parts
                    .iter()
                    .zip(&asked.parts)
                    .all(|(said, asked)| same(said, asked))
        })
    })
}

fn same(said: &(String, String), asked: &(String, String)) -> bool {
    said.0 == asked.0 && (asked.1.is_empty() || said.1 == asked.1)
}

impl Quantity {
    /// The number of a 項 or 号 that is named by itself (第二項): its unit and value.
    pub(super) fn ordinal(&self) -> Option<(&str, &str)> {
        match self.parts.as_slice() {
            [(value, unit)] if unit == "項" || unit == "号" => Some((unit, value)),
            _ => None,
        }
    }
}

/// A number as digits and its length: 1,000 · 1.5 · 千二百.
fn value_at(text: &str) -> Option<(String, usize)> {
    let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut len = digits(text);
    if len == 0 {
        let read = number_at(text).map(|(value, len)| (value.to_string(), len));
        return read.or_else(|| unreadable(text));
    }
    let mut value = text[..len].to_owned();
    while let Some(group) = text[len..].strip_prefix(',')
        && digits(group) == 3
    {
        value.push_str(&group[..3]);
        len += 4;
    }
    if let Some(fraction) = text[len..].strip_prefix('.')
        && digits(fraction) > 0
    {
        let end = digits(fraction);
        value.push('.');
        value.push_str(&fraction[..end]);
        return Some((value, len + 1 + end));
    }
    // 1万2千 is one number; its Latin digits are read by the same reader.
    match number_at(text) {
        Some((whole, whole_len)) if whole_len > len => Some((whole.to_string(), whole_len)),
        _ => {
            let trimmed = value.trim_start_matches('0');
            let value = if trimmed.is_empty() { "0" } else { trimmed };
            thousands(value, &text[len..], len)
        }
    }
}

/// Numerals that make no number (五十万万): compared as they are written.
fn unreadable(text: &str) -> Option<(String, usize)> {
    let numeral = |c: char| number_at(c.encode_utf8(&mut [0; 4])).is_some();
    let len = text
        .find(|c: char| !numeral(c) && !matches!(c, '万' | '億' | '兆'))
        .unwrap_or(text.len());
    text.starts_with(numeral).then(|| (text[..len].to_owned(), len))
}

/// 3,000万: the group and the unit after it.
fn thousands(value: &str, rest: &str, len: usize) -> Option<(String, usize)> {
    for (unit, zeros) in [("万", 4), ("億", 8), ("千", 3), ("百", 2)] {
        if rest.starts_with(unit) {
            return Some((format!("{value}{}", "0".repeat(zeros)), len + unit.len()));
        }
    }
    Some((value.to_owned(), len))
}

fn unit_at(text: &str) -> (String, usize) {
    if let Some((written, unit)) = UNITS.iter().find(|(written, _)| text.starts_with(written)) {
        return ((*unit).to_owned(), written.len());
    }
    // A bound is no unit: 三以上.
    if BOUNDS.iter().any(|(word, _)| text.starts_with(word)) {
        return (String::new(), 0);
    }
    match text.chars().next() {
        Some(c) if is_kanji(c) || c == '%' => (c.to_string(), c.len_utf8()),
        _ => (String::new(), 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(said: &str, asked: &str) -> bool {
        let said = quantities(said);
        let asked = quantities(asked);
        assert!(!asked.is_empty(), "no number in the statement");
        asked.iter().all(|quantity| is_said(quantity, &said))
    }

    #[test]
    fn the_same_number_of_the_same_thing_is_said() {
        for (said, asked) in [
            ("届出は十四日以内に行う", "14日以内に届け出る"),
            ("二百円とする", "200円です"),
            ("一万二千円を超えない額", "1万2千円以下"),
            ("一万二千円", "12,000円"),
            ("令和七年四月一日から施行する", "令和7年4月1日から"),
            ("令和七年四月一日から施行する", "4月1日から"),
            ("三箇月を経過した日", "3か月後"),
            ("百分の二・五", "100"),
            ("一回につき二百円", "1回200円"),
        ] {
            assert!(says(said, asked), "{said}: {asked}");
        }
    }

    #[test]
    fn another_number_unit_bound_or_date_is_not() {
        for (said, asked) in [
            ("十四日以内", "30日以内"),
            ("十四日以内", "14日以上"),
            ("十四日", "14日以内"),
            ("十四日以内", "14年以内"),
            ("二百円", "200人"),
            ("四月一日から五月十日まで", "4月10日"),
            ("二百円を超える", "200円以下"),
            ("一部を支給する", "1人"),
            ("三か月", "3月"),
            ("五十万円", "五十万万円"),
        ] {
            assert!(!says(said, asked), "{said}: {asked}");
        }
    }

    #[test]
    fn words_with_a_numeral_count_nothing() {
        for text in ["一般に同一の世帯の一部", "第三者に十分に説明", "万一の場合"] {
            assert_eq!(quantities(text), [], "{text}");
        }
    }
}

//! The pieces of a place, read from the start of a normalised text: 第六十三条の二, 第一項, 第三号イ,
//! 第7の2の(1)のア, 問6-36. Never: the source.

use super::Place;
use crate::text::{is_katakana, number_at, to_kansuji};

/// What stood at the start of a text.
pub(super) struct Read<T> {
    pub value: T,
    /// Bytes taken.
    pub len: usize,
}

/// Words that count things: after 第十条の they are not a branch number (第十条の二人).
const COUNTERS: &[char] = &[
    '部', '者', '人', '定', '般', '種', '回', '年', '月', '日', '方', '分', 'つ', '倍', '名', '件', '級',
    '円', '割', '例', '切', '時', '括', '体', '致', '律', '世', '親', '週', '歳', '度', '箇', 'か', 'ヶ',
    '%', '以',
];

fn spaces(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

/// An optional 第, a number, then `unit`.
fn numbered(text: &str, unit: char) -> Option<Read<u64>> {
    let mut at = usize::from(text.starts_with('第')) * '第'.len_utf8();
    at += spaces(&text[at..]);
    let (number, len) = number_at(&text[at..])?;
    at += len;
    at += spaces(&text[at..]);
    text[at..].starts_with(unit).then(|| Read {
        value: number,
        len: at + unit.len_utf8(),
    })
}

/// Branch numbers の二, の2の3, each as `_2`.
fn branches(text: &str, out: &mut String) -> usize {
    let mut at = 0;
    while let Some(rest) = text[at..].strip_prefix('の') {
        let Some((number, len)) = number_at(rest) else {
            break;
        };
        let after = rest[len..].chars().next();
        if after.is_some_and(|c| COUNTERS.contains(&c) || matches!(c, '項' | '号' | '条')) {
            break;
        }
        out.push('_');
        out.push_str(&number.to_string());
        at += 'の'.len_utf8() + len;
    }
    at
}

/// 第七十八条の二 → `78_2`.
pub(super) fn article(text: &str) -> Option<Read<String>> {
    let head = numbered(text, '条')?;
    let after = &text[head.len..];
    if after.starts_with('例') || after.starts_with('件') || after.starts_with('約') {
        return None;
    }
    let mut value = head.value.to_string();
    let len = head.len + branches(after, &mut value);
    Some(Read { value, len })
}

/// 第一項, 1項, の1項 → `1`.
pub(super) fn paragraph(text: &str) -> Option<Read<String>> {
    let skipped = spaces(text);
    let joint = if text[skipped..].starts_with('の') {
        'の'.len_utf8()
    } else {
        0
    };
    let at = skipped + joint;
    let read = numbered(&text[at..], '項')?;
    if text[at + read.len..].starts_with('目') {
        return None;
    }
    Some(Read {
        value: read.value.to_string(),
        len: at + read.len,
    })
}

/// 第三号, 第三号の二 → `3_2`.
pub(super) fn item(text: &str) -> Option<Read<String>> {
    let skipped = spaces(text);
    let joint = if text[skipped..].starts_with('の') {
        'の'.len_utf8()
    } else {
        0
    };
    let at = skipped + joint;
    let head = numbered(&text[at..], '号')?;
    let mut value = head.value.to_string();
    let len = at + head.len + branches(&text[at + head.len..], &mut value);
    Some(Read { value, len })
}

/// イ after a 号, when it stands alone.
pub(super) fn subitem(text: &str) -> Option<Read<String>> {
    let mut characters = text.chars();
    let first = characters.next()?;
    let alone = !characters.next().is_some_and(is_katakana);
    ("イロハニホヘトチリヌルヲワカヨタレソツネナラム".contains(first) && alone).then(|| Read {
        value: first.to_string(),
        len: first.len_utf8(),
    })
}

/// 別表第一の二, 別表1, 別表.
pub(super) fn appendix(text: &str) -> Option<Read<String>> {
    const MARK: &str = "別表";
    let rest = text.strip_prefix(MARK)?;
    let skipped = spaces(rest);
    let ordinal = usize::from(rest[skipped..].starts_with('第')) * '第'.len_utf8();
    let Some((number, len)) = number_at(&rest[skipped + ordinal..]) else {
        return Some(Read {
            value: MARK.to_owned(),
            len: MARK.len(),
        });
    };
    let mut at = skipped + ordinal + len;
    let mut value = format!("{MARK}第{}", to_kansuji(number));
    let mut branch = String::new();
    at += branches(&rest[at..], &mut branch);
    for part in branch.split('_').filter_map(|part| part.parse().ok()) {
        value.push('の');
        value.push_str(&to_kansuji(part));
    }
    Some(Read {
        value,
        len: MARK.len() + at,
    })
}

/// 第7の2の(1)のア, 7-2-(1)-ア → `7-2-(1)-ア`; the second number says how many levels there are.
pub(super) fn outline(text: &str) -> Option<Read<(String, usize)>> {
    let mut at = usize::from(text.starts_with('第')) * '第'.len_utf8();
    let (number, len) = number_at(&text[at..])?;
    at += len;
    let mut value = number.to_string();
    let mut levels = 1;
    loop {
        let rest = &text[at..];
        let joint = rest
            .chars()
            .next()
            .filter(|c| matches!(c, 'の' | '-' | '‐' | '−' | 'ー' | '–'))
            .map_or(0, char::len_utf8);
        let Some(level) = outline_level(&rest[joint..], joint > 0) else {
            break;
        };
        value.push('-');
        value.push_str(&level.value);
        at += joint + level.len;
        levels += 1;
    }
    Some(Read {
        value: (value, levels),
        len: at,
    })
}

/// One level: 2, (1), ア, (ア), a. Without a joint only a bracketed one.
fn outline_level(text: &str, joined: bool) -> Option<Read<String>> {
    if let Some(inside) = text.strip_prefix('(') {
        let (mark, _) = inside.split_once(')')?;
        let value = match number_at(mark) {
            Some((number, len)) if len == mark.len() => number.to_string(),
            _ if mark.chars().count() == 1
                && mark.chars().all(|c| is_katakana(c) || c.is_ascii_lowercase()) =>
            {
                mark.to_owned()
            }
            _ => return None,
        };
        return Some(Read {
            value: format!("({value})"),
            len: mark.len() + 2,
        });
    }
    if !joined {
        return None;
    }
    if let Some((number, len)) = number_at(text) {
        let counted = text[len..].chars().next().is_some_and(|c| COUNTERS.contains(&c));
        return (!counted).then(|| Read {
            value: number.to_string(),
            len,
        });
    }
    let mut characters = text.chars();
    let first = characters.next()?;
    let second = characters.next();
    let alone = !second.is_some_and(|c| is_katakana(c) || c.is_ascii_alphabetic());
    ((is_katakana(first) || first.is_ascii_lowercase()) && alone).then(|| Read {
        value: first.to_string(),
        len: first.len_utf8(),
    })
}

/// 問6-36-3, 問6の36, 問第6の36.
pub(super) fn question(text: &str) -> Option<Read<String>> {
    const MARK: &str = "問";
    let mut at = MARK.len();
    let rest = text.strip_prefix(MARK)?;
    at += spaces(rest);
    at += usize::from(text[at..].starts_with('第')) * '第'.len_utf8();
    let (number, len) = number_at(&text[at..])?;
    at += len;
    let mut value = format!("{MARK}{number}");
    loop {
        let rest = &text[at..];
        let Some(joint) = rest
            .chars()
            .next()
            .filter(|c| matches!(c, 'の' | '-' | '‐' | '−' | 'ー' | '–'))
        else {
            break;
        };
        let Some((number, len)) = number_at(&rest[joint.len_utf8()..]) else {
            break;
        };
        let after = rest[joint.len_utf8() + len..].chars().next();
        if joint == 'の' && after.is_some_and(|c| COUNTERS.contains(&c)) {
            break;
        }
        value.push('-');
        value.push_str(&number.to_string());
        at += joint.len_utf8() + len;
    }
    Some(Read { value, len: at })
}

/// As a person writes it.
pub(super) fn label(place: &Place) -> String {
    match place {
        Place::Article(item) => article_label(item),
        Place::Supplementary(None) => "附則".to_owned(),
        Place::Supplementary(Some(item)) => format!("附則{}", article_label(item)),
        Place::Appendix(item) | Place::Question(item) => item.clone(),
        Place::Outline(item) => format!("第{}", item.replace('-', "の")),
    }
}

fn article_label(item: &str) -> String {
    let mut parts = item
        .split('_')
        .map(|part| part.parse().map_or_else(|_| part.to_owned(), to_kansuji));
    let mut label = format!("第{}条", parts.next().unwrap_or_default());
    for branch in parts {
        label.push('の');
        label.push_str(&branch);
    }
    label
}

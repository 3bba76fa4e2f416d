//! The mark at the start of a line: 第1, 1, (1), ア, (ア), ①, 一, a, 第2章, 問6, 別紙1.
//!
//! Promise: a mark is read only where it stands apart from the words after it. Never: whether it
//! continues an outline (the tree decides).

use crate::text::{Normalised, number_at};

/// What a mark looks like. Marks of one kind are siblings; the order in which kinds first appear is the
/// document's own, but for the first four, which always nest in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MarkKind {
    /// 第1部, 第1編.
    Part,
    /// 第1章.
    Chapter,
    /// 第1節.
    Section,
    /// 第1.
    Ordinal,
    /// 問1.
    Question,
    /// 1.
    Number,
    /// 一.
    KanjiNumber,
    /// (1).
    Bracketed,
    /// (一).
    BracketedKanji,
    /// ①.
    Circled,
    /// ア, in the order of アイウ.
    Katakana,
    /// イ, in the order of イロハ.
    Iroha,
    /// (ア).
    BracketedKatakana,
    /// (イ), in the order of イロハ.
    BracketedIroha,
    /// a.
    Latin,
    /// (a).
    BracketedLatin,
}

impl MarkKind {
    /// Whether kinds of this kind have a fixed place above all others.
    pub(crate) const fn is_division(self) -> bool {
        matches!(self, Self::Part | Self::Chapter | Self::Section | Self::Ordinal)
    }
}

/// A mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// What it looks like.
    pub(crate) kind: MarkKind,
    /// Its position among its siblings, from 1.
    pub(crate) number: u64,
    /// As it stands in a passage's item: `7`, `(1)`, `ア`, `第2章`.
    pub(crate) value: String,
    /// Bytes of the line that it takes, with the space after it.
    pub(crate) length: usize,
    /// イ alone may be the second of アイウ or the first of イロハ.
    pub(crate) also: Option<(MarkKind, u64)>,
}

const AIUEO: &str =
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン";
const IROHA: &str =
    "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス";
/// Characters of a line that are looked at.
const WINDOW: usize = 24;
/// After a bracket without a space: the line goes on with a sentence about that item.
const GOES_ON: [char; 12] = [
    '及', '又', '並', '若', 'か', 'の', 'に', 'を', 'は', '、', '~', '・',
];

/// The mark at the start of `line`.
pub(crate) fn mark(line: &str) -> Option<Mark> {
    let trimmed = line.trim_start();
    let skipped = line.len() - trimmed.len();
    let head: String = trimmed.chars().take(WINDOW).collect();
    if let Some(mark) = circled(&head) {
        return Some(Mark {
            length: skipped + mark.length,
            ..mark
        });
    }
    let normalised = Normalised::new(&head);
    let text = normalised.text();
    let mut mark = division(text)
        .or_else(|| question(text))
        .or_else(|| bracketed(text))
        .or_else(|| bare(text))?;
    let spaces = text[mark.length..].len() - text[mark.length..].trim_start().len();
    let end = mark.length + spaces;
    mark.length = skipped
        + if end == 0 {
            0
        } else {
            normalised.original_span(0..end).end
        };
    Some(mark)
}

/// 別紙, 別添2, 別記様式第1号, 参考, 附則: the name of a part that begins anew, when the line is no more
/// than a title.
pub(crate) fn annex(line: &str) -> Option<String> {
    const NAMES: [&str; 8] = [
        "別紙様式",
        "別記様式",
        "別紙",
        "別添",
        "別記",
        "別表",
        "様式",
        "附則",
    ];
    let text = crate::text::normalise(line.trim());
    let text = text.trim_matches(['(', ')', '[', ']', '【', '】', '<', '>']);
    let squeezed = text.replace([' ', '\u{3000}'], "");
    if text.chars().count() > 40 || text.ends_with('。') {
        return None;
    }
    let name = NAMES.iter().find(|name| squeezed.starts_with(**name))?;
    let rest = &squeezed[name.len()..];
    let number: String = rest
        .chars()
        .take_while(|c| matches!(c, '第' | '号' | 'の' | '-') || c.is_ascii_digit() || kanji_digit(*c))
        .collect();
    let after = &rest[number.len()..];
    // 別紙のとおり is a sentence; 別紙　審査の基準 and 別紙(第3関係) are titles.
    let parted = after.is_empty() || after.starts_with('(') || {
        let shown = text.find(' ').map_or(text.len(), |at| at);
        text[..shown].chars().count() <= name.chars().count() + number.chars().count()
    };
    (parted && !(number.starts_with('の') || number.starts_with('-'))).then(|| format!("{name}{number}"))
}

fn kanji_digit(c: char) -> bool {
    "一二三四五六七八九十".contains(c)
}

fn circled(head: &str) -> Option<Mark> {
    let first = head.chars().next()?;
    let number = match first {
        '①'..='⑳' => u64::from(first as u32 - '①' as u32) + 1,
        _ => return None,
    };
    let rest = &head[first.len_utf8()..];
    let spaces = rest.len() - rest.trim_start().len();
    Some(Mark {
        kind: MarkKind::Circled,
        number,
        value: number.to_string(),
        length: first.len_utf8() + spaces,
        also: None,
    })
}

/// Whether what follows a mark stands apart from it.
fn parted(rest: &str) -> bool {
    rest.chars().next().is_none_or(char::is_whitespace)
}

fn division(text: &str) -> Option<Mark> {
    let rest = text.strip_prefix('第')?;
    let (number, length) = number_at(rest)?;
    let mut at = '第'.len_utf8() + length;
    let unit = text[at..].chars().next();
    let kind = match unit {
        Some('部' | '編') => MarkKind::Part,
        Some('章') => MarkKind::Chapter,
        Some('節') => MarkKind::Section,
        _ => MarkKind::Ordinal,
    };
    let value = match (kind, unit) {
        (MarkKind::Ordinal, _) | (_, None) => number.to_string(),
        (_, Some(unit)) => {
            at += unit.len_utf8();
            format!("第{number}{unit}")
        }
    };
    parted(&text[at..]).then_some(Mark {
        kind,
        number,
        value,
        length: at,
        also: None,
    })
}

/// 問1, (問1), 問6-36.
fn question(text: &str) -> Option<Mark> {
    let open = usize::from(text.starts_with('('));
    let rest = text[open..].strip_prefix('問')?;
    let mut at = open + '問'.len_utf8();
    let ordinal = usize::from(rest.starts_with('第')) * '第'.len_utf8();
    let (mut number, length) = number_at(&rest[ordinal..])?;
    at += ordinal + length;
    let mut value = format!("問{number}");
    while let Some((next, length)) = text[at..].strip_prefix(['-', 'の', '‐', '−']).and_then(number_at) {
        let joint = text[at..].chars().next().map_or(0, char::len_utf8);
        value = format!("{value}-{next}");
        number = next;
        at += joint + length;
    }
    at += usize::from(open == 1 && text[at..].starts_with(')'));
    parted(&text[at..]).then_some(Mark {
        kind: MarkKind::Question,
        number,
        value,
        length: at,
        also: None,
    })
}

fn bracketed(text: &str) -> Option<Mark> {
    let inside = text.strip_prefix('(')?;
    let (body, rest) = inside.split_once(')')?;
    if rest.starts_with(GOES_ON) {
        return None;
    }
    let mut mark = letter(body, true)?;
    mark.value = format!("({})", mark.value);
    mark.length = body.len() + 2;
    Some(mark)
}

fn bare(text: &str) -> Option<Mark> {
    let end = text
        .find(|c: char| c.is_whitespace() || matches!(c, '.' | ',' | '、'))
        .unwrap_or(text.len());
    let rest = &text[end..];
    let mut mark = letter(&text[..end], false)?;
    mark.length = end;
    if let Some(after) = rest.strip_prefix(['.', ',', '、']) {
        // 1.5倍, 1,000円 and 一、二 are no marks; ア、 neither.
        let counts = matches!(
            mark.kind,
            MarkKind::Number | MarkKind::KanjiNumber | MarkKind::Latin
        );
        if !counts || after.starts_with(|c: char| c.is_ascii_digit()) || rest.starts_with([',', '、']) {
            return None;
        }
        mark.length += 1;
    }
    Some(mark)
}

/// The kind and number of a mark's inside.
fn letter(body: &str, bracketed: bool) -> Option<Mark> {
    let made = |kind, number: u64, value: String, also| {
        Some(Mark {
            kind,
            number,
            value,
            length: 0,
            also,
        })
    };
    if let Some((number, length)) = number_at(body)
        && length == body.len()
        && (1..1000).contains(&number)
    {
        let kind = match (body.starts_with(|c: char| c.is_ascii_digit()), bracketed) {
            (true, false) => MarkKind::Number,
            (true, true) => MarkKind::Bracketed,
            (false, false) => MarkKind::KanjiNumber,
            (false, true) => MarkKind::BracketedKanji,
        };
        return made(kind, number, number.to_string(), None);
    }
    let mut characters = body.chars();
    let (Some(only), None) = (characters.next(), characters.next()) else {
        return None;
    };
    let place = |order: &str| {
        let at = order.chars().position(|c| c == only)?;
        u64::try_from(at + 1).ok()
    };
    let (aiueo, iroha) = if bracketed {
        (MarkKind::BracketedKatakana, MarkKind::BracketedIroha)
    } else {
        (MarkKind::Katakana, MarkKind::Iroha)
    };
    if let Some(number) = place(AIUEO) {
        return made(
            aiueo,
            number,
            only.to_string(),
            place(IROHA).map(|number| (iroha, number)),
        );
    }
    if only.is_ascii_lowercase() {
        let kind = if bracketed {
            MarkKind::BracketedLatin
        } else {
            MarkKind::Latin
        };
        return made(
            kind,
            u64::from(u32::from(only) - u32::from('a')) + 1,
            only.to_string(),
            None,
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_in_every_width() {
        for (line, kind, number, value, rest) in [
            ("第１　目的", MarkKind::Ordinal, 1, "1", "目的"),
            ("第十二　雑則", MarkKind::Ordinal, 12, "12", "雑則"),
            ("第２章　現状", MarkKind::Chapter, 2, "第2章", "現状"),
            ("１　面接", MarkKind::Number, 1, "1", "面接"),
            ("2．資産", MarkKind::Number, 2, "2", "資産"),
            ("　（１）　申請は", MarkKind::Bracketed, 1, "(1)", "申請は"),
            ("⑴申請は", MarkKind::Bracketed, 1, "(1)", "申請は"),
            ("ア　給与", MarkKind::Katakana, 1, "ア", "給与"),
            ("(ｲ) 手当", MarkKind::BracketedKatakana, 2, "(イ)", "手当"),
            ("③面接", MarkKind::Circled, 3, "3", "面接"),
            ("一　住所", MarkKind::KanjiNumber, 1, "1", "住所"),
            ("ｂ　住所", MarkKind::Latin, 2, "b", "住所"),
            ("（問３）住所は", MarkKind::Question, 3, "問3", ""),
            ("問６－36　住所は", MarkKind::Question, 36, "問6-36", "住所は"),
        ] {
            let Some(found) = mark(line) else {
                // A question's mark must stand apart.
                assert_eq!(line, "（問３）住所は");
                continue;
            };
            assert_eq!(
                (found.kind, found.number, found.value.as_str()),
                (kind, number, value),
                "{line}"
            );
            assert_eq!(&line[found.length..], rest, "{line}");
        }
    }

    #[test]
    fn words_are_no_marks() {
        for line in [
            "第１条の規定により",
            "１人当たり",
            "1.5倍とする",
            "１，０００円",
            "（１）及び（２）により",
            "アパートに住む",
            "（注）次のとおり",
            "(以下「法」という。)",
            "令和６年６月２８日",
            "一定の期間",
            "",
        ] {
            assert_eq!(mark(line), None, "{line}");
        }
    }

    #[test]
    fn annexes_begin_anew() {
        assert_eq!(annex("別紙１").as_deref(), Some("別紙1"));
        assert_eq!(annex("（別添２）").as_deref(), Some("別添2"));
        assert_eq!(annex("別紙　審査の基準").as_deref(), Some("別紙"));
        assert_eq!(annex("様式第１号（第３関係）").as_deref(), Some("様式第1号"));
        assert_eq!(annex("附　則").as_deref(), Some("附則"));
        assert_eq!(annex("別紙のとおり定める"), None);
        assert_eq!(annex("別表に掲げる者"), None);
        assert_eq!(annex("様式は、別に定める。"), None);
    }
}

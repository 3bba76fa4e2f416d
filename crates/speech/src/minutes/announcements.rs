//! What a sentence of who leads a meeting does to its agenda.
//!
//! Never: a step from a sentence that only mentions a matter (窓口の混雑については、決定します).

use super::numbers::{self, digit};
use super::phrases::without_lead;
use crate::levels::is_weighty;

/// Heading of other matters.
const OTHER_JA: &str = "その他";
/// Longest heading, in characters.
const LONGEST: usize = 40;

/// What a sentence does to the agenda.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// 本日の議題は、AとBの2点です.
    Listed(Vec<String>),
    /// 議題2、Bに移ります; the number where one was said.
    To(Option<usize>, String),
    /// 次に進みます.
    Next,
    /// 次回は12月22日に.
    NextMeeting,
    /// 以上で終わります.
    Close,
}

/// What a sentence does; `leads` tells whether its speaker leads the meeting.
pub(super) fn step(plain: &str, leads: bool) -> Option<Step> {
    let said = without_lead(plain);
    if said.starts_with("次回") && !said.starts_with("次回まで") {
        let meets = ["開催", "行います", "行い", "月", "予定", "会議", "委員会"]
            .iter()
            .any(|word| said.contains(word));
        return meets.then_some(Step::NextMeeting);
    }
    if !leads {
        return None;
    }
    let ends = ["終わります", "終わり", "閉会", "終了", "散会"]
        .iter()
        .any(|word| said.contains(word));
    if ends
        && ["以上で", "以上をもち", "これで", "これをもち", "本日は"]
            .iter()
            .any(|word| said.contains(word))
    {
        return Some(Step::Close);
    }
    listing(said)
        .map(Step::Listed)
        .or_else(|| numbered(said))
        .or_else(|| announced(said))
}

/// 本日の議題は、AとBの2点です.
fn listing(said: &str) -> Option<Vec<String>> {
    let at = said
        .find("議題は")
        .or_else(|| said.find("議事は"))
        .or_else(|| said.find("案件は"))?;
    // 1番目の議題は is one item, not the list.
    if said[..at].chars().any(|c| digit(c).is_some()) || said[..at].ends_with('次') {
        return None;
    }
    let behind = said[at..].split_once('は')?.1.trim_start_matches('、');
    let bare = ["になります", "でございます", "であります", "となります", "です"]
        .iter()
        .find_map(|end| behind.strip_suffix(end))?;
    let (list, count) = counted(bare);
    let splits = |with: &[&str]| -> Vec<String> {
        let mut parts = vec![list.to_owned()];
        for mark in with {
            parts = parts.iter().flat_map(|part| split(part, mark)).collect();
        }
        parts.iter().filter_map(|part| topic(part)).collect()
    };
    let ways: [&[&str]; 3] = [
        &["、"],
        &["、", "及び", "および", "並びに", "ならびに", "それから"],
        &["、", "及び", "および", "並びに", "ならびに", "それから", "と"],
    ];
    let found: Vec<Vec<String>> = ways.iter().map(|with| splits(with)).collect();
    let chosen = match count {
        Some(count) => found.iter().find(|items| items.len() == count)?,
        // Without a count a と may belong to an item's name.
        None => &found[1],
    };
    (!chosen.is_empty()).then(|| chosen.clone())
}

/// What a list holds, and how many it says it holds.
fn counted(bare: &str) -> (&str, Option<usize>) {
    let chars: Vec<char> = bare.chars().collect();
    let Some(number) = numbers::all(bare).pop().filter(|number| {
        let rest: String = chars[number.end..].iter().collect();
        ["点", "つ", "件", "項目", "議題"].contains(&rest.as_str())
    }) else {
        return (bare, None);
    };
    let before: usize = chars[..number.start].iter().map(|c| c.len_utf8()).sum();
    let list = bare[..before].trim_end_matches(['の', '、']);
    (list, usize::try_from(number.value).ok())
}

/// Parts of a list; と only between words, not in こと, もと, ひと, あと.
fn split(text: &str, mark: &str) -> Vec<String> {
    if mark != "と" {
        return text.split(mark).map(str::to_owned).collect();
    }
    let chars: Vec<char> = text.chars().collect();
    let mut parts = vec![String::new()];
    for (at, &c) in chars.iter().enumerate() {
        let between = c == 'と'
            && at
                .checked_sub(1)
                .is_some_and(|before| is_weighty(chars[before]) || "りみきし".contains(chars[before]))
            && chars
                .get(at + 1)
                .is_some_and(|next| !"いしなもはがのを".contains(*next));
        match parts.last_mut() {
            Some(last) if !between => last.push(c),
            _ => parts.push(String::new()),
        }
    }
    parts
}

/// What follows an item's name when it is opened.
const ENDERS: &[&str] = &[
    "についての",
    "について",
    "につきまして",
    "につきましては",
    "に関して",
    "に関する",
    "の件",
    "に移",
    "に入",
    "を議題",
    "をお願い",
    "のご説明",
    "の説明",
    "のご報告",
    "の報告をお",
    "でございます",
    "です",
    "を審議",
    "に進",
];

/// 議題2、窓口の混雑に移ります; 2番目の議題は、窓口の混雑です; 議題の1番目は.
fn numbered(said: &str) -> Option<Step> {
    let chars: Vec<char> = said.chars().collect();
    let mut place = 0;
    let word = |place: usize, word: &str| {
        chars[place.min(chars.len())..].starts_with(&word.chars().collect::<Vec<_>>())
    };
    for lead in [
        "続きまして",
        "続いて",
        "次の",
        "次に",
        "次は",
        "まず",
        "最初の",
        "最初に",
        "、",
    ] {
        if word(place, lead) {
            place += lead.chars().count();
        }
    }
    let named = ["議題の", "議題", "案件", "議事"]
        .iter()
        .find(|name| word(place, name));
    place += named.map_or(0, |name| name.chars().count());
    place += usize::from(word(place, "第"));
    let number = numbers::at(&chars, place)?;
    place = number.end;
    let counter = [
        "番目の議題",
        "つ目の議題",
        "点目の議題",
        "件目の議題",
        "番目",
        "つ目",
        "点目",
        "件目",
        "議題",
        "号",
    ]
    .iter()
    .find(|counter| word(place, counter));
    place += counter.map_or(0, |counter| counter.chars().count());
    if named.is_none() && !counter.is_some_and(|counter| counter.ends_with("議題")) {
        return None;
    }
    while chars.get(place).is_some_and(|c| "のは、 　".contains(*c)) {
        place += 1;
    }
    let rest: String = chars[place..].iter().collect();
    let name = until_ender(&rest).unwrap_or(&rest);
    Some(Step::To(usize::try_from(number.value).ok(), topic(name)?))
}

/// 次に、窓口の混雑について; 窓口の混雑を議題とします; 窓口の混雑の件ですが; その他.
fn announced(said: &str) -> Option<Step> {
    if said.starts_with("その他") || said.starts_with("最後に、その他") {
        return Some(Step::To(None, OTHER_JA.to_owned()));
    }
    let mut rest = said;
    let mut led = false;
    for lead in [
        "続きまして",
        "続いて",
        "次に",
        "次は",
        "まず",
        "最初に",
        "はじめに",
        "初めに",
        "最後に",
    ] {
        if let Some(behind) = rest.strip_prefix(lead) {
            rest = behind.trim_start_matches(['は', '、']);
            led = true;
        }
    }
    if led
        && ["進", "移", "いきます", "まいります"]
            .iter()
            .any(|word| rest.starts_with(word))
    {
        return Some(Step::Next);
    }
    if said.starts_with("次の議題") || said.starts_with("次に進") {
        return Some(Step::Next);
    }
    let turning = ["に移", "に入", "を議題", "を審議"]
        .iter()
        .any(|ender| rest.contains(ender));
    let matter = ["について", "の件", "に関して", "につきまして"]
        .iter()
        .any(|ender| rest.contains(ender));
    let head = rest.split('、').next().unwrap_or(rest);
    // Xの件ですが opens an item by itself; Xについては、… speaks about one.
    let opens = head.ends_with("の件ですが") || head.ends_with("の件です") || head.ends_with("の件について");
    if !(turning || led && matter || opens) {
        return None;
    }
    Some(Step::To(None, topic(until_ender(rest)?)?))
}

/// What stands before the first words that end a name.
fn until_ender(text: &str) -> Option<&str> {
    let at = ENDERS.iter().filter_map(|ender| text.find(ender)).min()?;
    Some(&text[..at])
}

/// A name of an item: short, with a word of weight (or まちづくり), without what belongs to the sentence.
fn topic(text: &str) -> Option<String> {
    let bare = text.trim_matches(|c: char| c.is_whitespace() || "、。のはをが".contains(c));
    let bare = bare.strip_prefix("本日の").unwrap_or(bare);
    let length = bare.chars().count();
    let other = ["質問", "意見", "発言", "異議", "ご覧"]
        .iter()
        .any(|word| bare.contains(word));
    (length > 1 && length <= LONGEST && !other && (length > 3 || bare.chars().any(is_weighty)))
        .then(|| bare.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(number: Option<usize>, topic: &str) -> Option<Step> {
        Some(Step::To(number, topic.to_owned()))
    }

    fn listed(items: &[&str]) -> Option<Step> {
        Some(Step::Listed(items.iter().map(|&item| item.to_owned()).collect()))
    }

    #[test]
    fn what_a_chair_announces_is_read() {
        for (said, wanted) in [
            (
                "本日の議題は、介護予防と窓口の混雑の2点です",
                listed(&["介護予防", "窓口の混雑"]),
            ),
            (
                "本日の議題は、来年度予算、職員の研修、その他の三つです",
                listed(&["来年度予算", "職員の研修", "その他"]),
            ),
            (
                "議題は、ひとり親支援とまちづくりの二点でございます",
                listed(&["ひとり親支援", "まちづくり"]),
            ),
            (
                "本日の議題は、病床の運用についてです",
                listed(&["病床の運用について"]),
            ),
            ("議題2、窓口の混雑に移ります", to(Some(2), "窓口の混雑")),
            (
                "それでは、2番目の議題は、窓口の混雑です",
                to(Some(2), "窓口の混雑"),
            ),
            ("議題の1番目は、介護予防です", to(Some(1), "介護予防")),
            ("次に、防災訓練について報告をお願いします", to(None, "防災訓練")),
            ("続きまして、救急外来の運用に移ります", to(None, "救急外来の運用")),
            ("では、補正予算を議題とします", to(None, "補正予算")),
            ("駐車場の件ですが、いかがでしょうか", to(None, "駐車場")),
            ("その他、何かありますか", to(None, "その他")),
            ("では、次に進みます", Some(Step::Next)),
            ("次回は12月22日の午後2時から行います", Some(Step::NextMeeting)),
            ("以上で、福祉委員会を終わります", Some(Step::Close)),
            // These only mention a matter.
            ("窓口の混雑については、原案のとおり決定します", None),
            ("次に、質問についてですが", None),
            ("予算の2点を確認しました", None),
            ("次回までに調べます", None),
        ] {
            assert_eq!(step(said, true), wanted, "{said}");
        }
        assert_eq!(step("次に、防災訓練について報告をお願いします", false), None);
    }
}

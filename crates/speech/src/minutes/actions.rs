//! Actions: what somebody is asked to do or says to do, who, and by when.
//!
//! Promises: who is a person or an office that was named, else the speaker who takes it on; nobody where that
//! cannot be told. Never: what leads the meeting (報告してください), what is already done, what will not be done.

use jiff::civil::Date;
use shoki_core::minutes::Due;

use super::decisions::Decision;
use super::due::{self, Calendar};
use super::phrases::{PERSON_TITLES, accepts, is_procedure, without_lead};
use super::sentences::Sentence;
use crate::levels::is_weighty;

/// An action.
pub(super) struct Action {
    /// The sentence.
    pub(super) sentence: usize,
    /// Who does it.
    pub(super) who: Option<String>,
    /// By when.
    pub(super) due: Option<Due>,
    /// The sentence that names who does it, where it is another.
    pub(super) named_by: Option<usize>,
}

/// Ends of requests.
const REQUESTS: &[&str] = &[
    "てください",
    "でください",
    "ご確認ください",
    "ご提出ください",
    "ご検討ください",
    "ご連絡ください",
    "をお願いします",
    "もお願いします",
    "をお願いいたします",
    "もお願いいたします",
    "ようお願いします",
    "ようにお願いします",
    "ていただきたい",
    "ていただきたいです",
    "ていただきたいと思います",
    "ていただけますか",
    "ていただけませんか",
    "てもらえますか",
    "てほしいです",
    "てほしいと思います",
    "宿題とします",
    "宿題です",
    "宿題にします",
];
/// Ends of what a speaker takes on.
const COMMITMENTS: &[&str] = &[
    "します",
    "いたします",
    "送ります",
    "まとめます",
    "調べます",
    "持ち帰ります",
    "行います",
    "出します",
    "配ります",
    "渡します",
    "進めます",
    "始めます",
    "直します",
    "設けます",
    "決めます",
    "伝えます",
    "する予定です",
    "行う予定です",
    "しておきます",
];
/// Ends that only look like it.
const NO_COMMITMENTS: &[&str] = &[
    "決定します",
    "決定いたします",
    "承認します",
    "可決します",
    "開会します",
    "開会いたします",
    "閉会します",
    "終了します",
    "失礼します",
    "失礼いたします",
    "お願いします",
    "お願いいたします",
    "こととします",
    "ことにします",
    "ものとします",
    "ことといたします",
    "感謝します",
    "感謝いたします",
    "と申します",
    "ご説明します",
    "ご報告します",
    "説明いたします",
    "報告いたします",
    "一致します",
    "該当します",
    "増加します",
    "減少します",
    "不足します",
    "要します",
    "発生します",
    "存在します",
    "賛成します",
    "反対します",
    "ご紹介します",
    "了承します",
    "とします",
    "といたします",
];
/// What is done for others, so that it counts without a day.
const DOING: &[&str] = &[
    "検討",
    "確認",
    "調査",
    "調べ",
    "報告",
    "連絡",
    "提出",
    "共有",
    "作成",
    "用意",
    "準備",
    "手配",
    "依頼",
    "修正",
    "見直",
    "周知",
    "配布",
    "送付",
    "送り",
    "持ち帰",
    "まとめ",
    "整理",
    "調整",
    "対応",
];

/// Ends of names of offices and of those who stand for them.
const OFFICES: &[&str] = &[
    "事務局",
    "担当者",
    "担当",
    "センター",
    "支所",
    "病院",
    "図書館",
    "公民館",
    "事務所",
    "協議会",
    "保健所",
    "消防署",
    "役所",
    "課",
    "部",
    "局",
    "室",
    "係",
    "班",
    "科",
];
/// Words that only end like one.
const NO_ROLES: &[&str] = &[
    "一部",
    "全部",
    "内部",
    "外部",
    "上部",
    "下部",
    "関係",
    "結局",
    "同様",
    "仕様",
    "模様",
    "多様",
    "皆さん",
    "お客さん",
    "教科",
    "教室",
    "薬局",
];

/// All actions in order; days are counted from `held_on`.
pub(super) fn all(sentences: &[Sentence], decisions: &[Decision], held_on: Option<Date>) -> Vec<Action> {
    let meets = sentences
        .iter()
        .find(|sentence| without_lead(&sentence.plain).starts_with("次回は"));
    let calendar = Calendar {
        held_on,
        next_meeting: meets.and_then(|sentence| {
            let only_held = Calendar {
                held_on,
                next_meeting: None,
            };
            due::find(&sentence.plain, only_held)?.day
        }),
    };
    let mut found = Vec::new();
    for (at, sentence) in sentences.iter().enumerate() {
        let plain = sentence.plain.as_str();
        let due = due::find(plain, calendar);
        let schedule = without_lead(plain).starts_with("次回は") || without_lead(plain).starts_with("次回の");
        if schedule && !plain.contains("まで") {
            continue;
        }
        if requests(sentence, due.is_some()) {
            let named = actor(plain, sentence.name.as_deref());
            let (who, named_by) = named.map_or_else(|| taker(sentences, at), |who| (Some(who), None));
            found.push(Action {
                sentence: at,
                who,
                due,
                named_by,
            });
        } else if commits(sentence, due.is_some())
            && !decisions.iter().any(|decision| decision.sentence == at)
        {
            let (who, named_by) = doer(sentences, at);
            // 次回までに用意します, said to who asked for it, is the same action.
            let answered = found.last_mut().filter(|last: &&mut Action| {
                let said = |due: &Option<Due>| due.as_ref().map(|due| due.said.clone());
                last.who == who
                    && at - last.sentence <= 3
                    && said(&last.due) == said(&due)
                    && sentences[last.sentence].who != sentence.who
            });
            if let Some(last) = answered {
                last.named_by = Some(at);
                continue;
            }
            found.push(Action {
                sentence: at,
                who,
                due,
                named_by,
            });
        }
    }
    found
}

fn requests(sentence: &Sentence, has_due: bool) -> bool {
    let plain = sentence.plain.as_str();
    let ends = REQUESTS.iter().any(|end| plain.ends_with(end));
    // 報告してください leads the meeting, unless it is for a day.
    ends && (has_due || !is_procedure(plain))
}

fn commits(sentence: &Sentence, has_due: bool) -> bool {
    let plain = sentence.plain.as_str();
    let ends = COMMITMENTS.iter().any(|end| plain.ends_with(end));
    let other = NO_COMMITMENTS.iter().any(|end| plain.ends_with(end)) || is_procedure(plain) || sentence.asks;
    let tail: String = plain
        .chars()
        .rev()
        .take(12)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    let doing = DOING.iter().any(|word| tail.contains(word));
    ends && !other && (has_due || doing)
}

/// The person or office that a sentence names as the one who does it.
fn actor(plain: &str, speaker: Option<&str>) -> Option<String> {
    let chars: Vec<char> = plain.chars().collect();
    for at in 0..chars.len() {
        let Some(name) = name_ending(&chars, at) else {
            continue;
        };
        let rest: String = chars[at..].iter().take(6).collect();
        let acts = ["は", "が", "、", "には", "の方で", "から", "で"]
            .iter()
            .any(|word| rest.starts_with(word));
        let place = rest.starts_with("では") || rest.starts_with("でも") || rest.starts_with("が所管");
        if acts && !place {
            let own = name.starts_with(['当', '本', '弊', '私']);
            return if own {
                speaker.map(str::to_owned)
            } else {
                Some(name)
            };
        }
    }
    None
}

/// The name that ends before this character.
fn name_ending(chars: &[char], end: usize) -> Option<String> {
    let before: String = chars[end.saturating_sub(8)..end].iter().collect();
    let mut roles = PERSON_TITLES.iter().chain(OFFICES);
    let role = roles.find(|role| before.ends_with(**role))?;
    let goes_on = chars.get(end).is_some_and(|c| is_weighty(*c));
    if goes_on || NO_ROLES.iter().any(|word| before.ends_with(word)) {
        return None;
    }
    let mut start = end - role.chars().count();
    while start > 0 && is_weighty(chars[start - 1]) {
        start -= 1;
    }
    let name: String = chars[start..end].iter().collect();
    // さん alone names nobody; 課 alone neither.
    (name.chars().count() > role.chars().count() || matches!(*role, "事務局" | "担当" | "担当者"))
        .then_some(name)
}

/// Who takes a request on: the next speaker, when that one accepts.
fn taker(sentences: &[Sentence], at: usize) -> (Option<String>, Option<usize>) {
    let asked = &sentences[at];
    let next = (at + 1..sentences.len().min(at + 3)).find(|&next| sentences[next].who != asked.who);
    match next.filter(|&next| accepts(&sentences[next].plain)) {
        Some(next) => (sentences[next].name.clone(), Some(next)),
        None => (None, None),
    }
}

/// Who does what a speaker takes on: the one that is named, in the sentence or the next (担当は…です), else the
/// speaker.
fn doer(sentences: &[Sentence], at: usize) -> (Option<String>, Option<usize>) {
    let own = &sentences[at];
    if let Some(named) = actor(&own.plain, own.name.as_deref()) {
        return (Some(named), None);
    }
    let next = sentences.get(at + 1).filter(|next| next.who == own.who);
    let named = next.and_then(|next| {
        let rest = next.plain.strip_prefix("担当は")?;
        let name = rest
            .strip_suffix("です")
            .or_else(|| rest.strip_suffix("でございます"))?;
        Some(name.trim_matches('、').to_owned()).filter(|name| !name.is_empty() && name.chars().count() <= 24)
    });
    match named {
        Some(named) => (Some(named), Some(at + 1)),
        None => (own.name.clone(), None),
    }
}

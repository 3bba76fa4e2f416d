//! What matters of an agenda item: figures, decisions, answers, conclusions; chosen, never rewritten.
//!
//! Promises: the sentences stay in their order; what leads the meeting and what only acknowledges is left out.

use super::numbers;
use super::phrases::{is_acknowledgement, is_procedure};
use super::{Meeting, Part};

/// Words of results and plans.
const CONCLUDING: &[&str] = &[
    "結論",
    "課題",
    "原因",
    "方針",
    "必要",
    "見込",
    "予定",
    "増え",
    "増加",
    "減り",
    "減少",
    "上回",
    "下回",
    "決ま",
    "決定",
    "検討",
    "対応",
    "実施",
    "開始",
    "終了",
    "目標",
    "不足",
    "足りな",
    "改善",
    "影響",
    "結果",
    "達成",
    "遅れ",
    "延期",
    "中止",
    "変更",
    "見直",
    "廃止",
    "新設",
    "予算",
    "費用",
    "期限",
    "締め切",
    "担当",
    "募集",
    "反対",
    "賛成",
    "心配",
    "懸念",
    "以上から",
    "したがって",
    "そのため",
    "問題",
];
/// Characters of a sentence that is too short to tell anything alone.
const SHORT: usize = 8;
/// A sentence below this is left out.
const LEAST: i32 = 2;

/// The sentences of a part to be shown, at most `limit`, in order.
pub(super) fn chosen(meeting: &Meeting<'_>, part: &Part, limit: usize) -> Vec<usize> {
    let mut scored: Vec<(i32, usize)> = part
        .sentences
        .iter()
        .filter(|at| !part.openers.contains(at))
        .map(|&at| (score(meeting, at), at))
        .filter(|(score, _)| *score >= LEAST)
        .collect();
    // Of two that matter alike, the earlier one.
    scored.sort_by_key(|&(score, at)| (std::cmp::Reverse(score), at));
    scored.truncate(limit);
    if scored.is_empty() && part.heading.is_some() {
        // An item of which nothing stands out still says something: its longest sentence.
        let plain = |at: usize| meeting.sentences[at].plain.as_str();
        let says = |at: &usize| {
            !part.openers.contains(at) && !is_procedure(plain(*at)) && !meeting.sentences[*at].asks
        };
        let length = |at: usize| plain(at).chars().count();
        let longest = part
            .sentences
            .iter()
            .copied()
            .filter(says)
            .rev()
            .max_by_key(|&at| length(at));
        scored.extend(longest.filter(|&at| length(at) >= SHORT).map(|at| (0, at)));
    }
    let mut places: Vec<usize> = scored.into_iter().map(|(_, at)| at).collect();
    places.sort_unstable();
    places
}

fn score(meeting: &Meeting<'_>, at: usize) -> i32 {
    let sentence = &meeting.sentences[at];
    let plain = sentence.plain.as_str();
    if plain.is_empty() || is_acknowledgement(plain) {
        return 0;
    }
    let decides = meeting.decisions.iter().any(|decision| decision.holds(at));
    let acts = meeting.actions.iter().any(|action| action.sentence == at);
    if (is_procedure(plain) || sentence.asks) && !decides {
        return 0;
    }
    let answers = meeting
        .answers
        .iter()
        .any(|exchange| exchange.answers.contains(&at));
    let concluding = CONCLUDING
        .iter()
        .filter(|word| plain.contains(**word))
        .count()
        .min(2);
    let figures = numbers::all(plain).len().min(2);
    let length = plain.chars().count();
    let weighed = i32::from(decides) * 4
        + i32::from(acts) * 3
        + i32::from(answers) * 2
        + i32::try_from(figures + concluding).unwrap_or(0) * 2;
    if length < SHORT { weighed - 2 } else { weighed }
}

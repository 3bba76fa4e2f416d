//! Decisions: what is said to be decided, and what nobody objects to when asked.
//!
//! Never: a question, a condition, a decision that is denied.

use super::sentences::Sentence;

/// Ends of sentences that decide.
const DECIDING: &[&str] = &[
    "決定します",
    "決定しました",
    "決定いたします",
    "決定いたしました",
    "決定とします",
    "決定といたします",
    "と決しました",
    "に決まりました",
    "が決まりました",
    "と決まりました",
    "決定されました",
    "こととします",
    "こととしました",
    "こととしたします",
    "ことといたします",
    "ことになりました",
    "ことに決まりました",
    "こととなりました",
    "承認します",
    "承認しました",
    "承認いたします",
    "承認いたしました",
    "承認されました",
    "承認とします",
    "承認といたします",
    "可決します",
    "可決しました",
    "可決いたします",
    "可決されました",
    "可決すべきものと決定しました",
    "否決します",
    "否決しました",
    "否決いたします",
    "否決されました",
    "採択します",
    "採択しました",
    "採択されました",
    "了承します",
    "了承しました",
    "了承されました",
    "了承いたします",
    "ご了承いただきました",
    "合意しました",
    "賛成多数です",
    "賛成多数であります",
    "全員賛成です",
    "賛成多数と認めます",
    "異議なしと認めます",
    "ご異議なしと認めます",
    "異議がないものと認めます",
    "ものとします",
    "継続審査とします",
    "見送ります",
    "見送ることにします",
    "中止します",
    "延期します",
    "ことにします",
    "ことにいたします",
    "で進めます",
    "とすることを決めました",
];
/// What makes of a decision something else.
const NOT_DECIDING: &[&str] = &[
    "もし",
    "場合は",
    "前回",
    "昨年",
    "以前",
    "かどうか",
    "決定していない",
    "承認されれば",
];

/// Words of who agrees.
const AGREEING: &[&str] = &[
    "異議なし",
    "異議はありません",
    "異議ありません",
    "異議はございません",
    "賛成です",
    "賛成します",
    "結構です",
];
/// Words of who asks for it.
const ASKING: &[&str] = &[
    "異議はありませんか",
    "異議はございませんか",
    "異議ありませんか",
    "異議はありますか",
    "よろしいでしょうか",
    "よろしいですか",
];

/// A decision.
pub(super) struct Decision {
    /// The sentence that decides.
    pub(super) sentence: usize,
    /// What was put to the vote, where the sentence itself does not say it.
    pub(super) about: Option<usize>,
    /// Sentences that agree.
    pub(super) agreed: Vec<usize>,
    /// What is decided in the same breath: 賛成多数と認めます。本案は可決されました。
    pub(super) further: Vec<usize>,
}

impl Decision {
    fn at(sentence: usize) -> Self {
        Self {
            sentence,
            about: None,
            agreed: Vec::new(),
            further: Vec::new(),
        }
    }

    /// Whether a sentence is part of it.
    pub(super) fn holds(&self, at: usize) -> bool {
        self.sentence == at || self.about == Some(at) || self.further.contains(&at)
    }
}

/// What is put to a vote.
const VOTES: &[&str] = &[
    "採決します",
    "採決いたします",
    "採決を行います",
    "採決に入ります",
    "お諮りします",
    "お諮りいたします",
];
/// Beginnings that speak of what was put to the vote.
const POINTING: &[&str] = &[
    "賛成多数",
    "全員賛成",
    "異議なしと",
    "ご異議なしと",
    "本案",
    "本件",
    "よって",
    "したがって",
];

/// All decisions in order.
pub(super) fn all(sentences: &[Sentence]) -> Vec<Decision> {
    let mut found: Vec<Decision> = Vec::new();
    for (at, sentence) in sentences.iter().enumerate() {
        if decides(sentence) {
            let points = POINTING.iter().any(|word| sentence.plain.starts_with(word));
            match found.last_mut() {
                Some(last) if points && at == last.sentence + last.further.len() + 1 => last.further.push(at),
                _ => found.push(Decision {
                    about: if points { vote(sentences, at) } else { None },
                    ..Decision::at(at)
                }),
            }
        } else if asks_for_consent(&sentence.plain) {
            let agreed = agreed(sentences, at);
            if let (Some(proposal), false) = (proposal(sentences, at), agreed.is_empty()) {
                match found.iter_mut().find(|decision| decision.sentence == proposal) {
                    Some(decision) => decision.agreed = agreed,
                    None => found.push(Decision {
                        agreed,
                        ..Decision::at(proposal)
                    }),
                }
            }
        }
    }
    found.sort_by_key(|decision| decision.sentence);
    found
}

/// Whether the sentence itself decides.
fn decides(sentence: &Sentence) -> bool {
    let plain = sentence.plain.as_str();
    let ends = DECIDING.iter().any(|end| plain.ends_with(end));
    ends && !sentence.asks && !NOT_DECIDING.iter().any(|word| plain.contains(word))
}

fn asks_for_consent(plain: &str) -> bool {
    ASKING.iter().any(|end| plain.ends_with(end))
}

/// Who agrees behind a question, before anything else is said.
fn agreed(sentences: &[Sentence], asked: usize) -> Vec<usize> {
    let objects = |plain: &str| plain.ends_with("異議あり") || plain.contains("異議があ");
    let agrees = |plain: &str| AGREEING.iter().any(|word| plain.contains(word)) && !objects(plain);
    (asked + 1..sentences.len())
        .take_while(|&at| sentences[at].who != sentences[asked].who || sentences[at].who.is_none())
        .take_while(|&at| agrees(&sentences[at].plain))
        .collect()
}

/// What was put to the vote that a sentence speaks of.
fn vote(sentences: &[Sentence], at: usize) -> Option<usize> {
    let before = (at.saturating_sub(6)..at).rev();
    let votes = |plain: &str| VOTES.iter().any(|end| plain.ends_with(end)) && plain.contains('、');
    before.into_iter().find(|&before| votes(&sentences[before].plain))
}

/// What is asked about: the sentence's own beginning, or the last of the same speaker that says something.
fn proposal(sentences: &[Sentence], asked: usize) -> Option<usize> {
    let own = &sentences[asked];
    if own.plain.contains(['、']) && own.plain.chars().count() > 20 {
        return Some(asked);
    }
    let before = (asked.saturating_sub(4)..asked).rev();
    let same = before.filter(|&at| sentences[at].who == own.who && !sentences[at].asks);
    let matter: Vec<usize> = same.collect();
    // A decision that was put to the meeting comes before what was asked for besides.
    let put = matter.iter().find(|&&at| decides(&sentences[at]));
    put.or(matter.first()).copied()
}

//! Phrases that rules look for.
//!
//! Never: a phrase that is read in the middle of a word without its neighbours being looked at.

/// What people are called by, behind their names; the longer one first where one ends like another.
pub(super) const PERSON_TITLES: &[&str] = &[
    "課長補佐",
    "課長",
    "係長",
    "部長",
    "局長",
    "室長",
    "次長",
    "委員長",
    "議長",
    "会長",
    "師長",
    "院長",
    "所長",
    "館長",
    "園長",
    "校長",
    "主任",
    "主査",
    "主事",
    "委員",
    "先生",
    "さん",
    "氏",
    "様",
];

/// What a speaker says before coming to the point.
const LEADS: &[&str] = &[
    "それでは",
    "では",
    "それじゃ",
    "はい",
    "ありがとうございます",
    "ありがとうございました",
    "承知しました",
    "わかりました",
    "分かりました",
    "なお",
    "また",
    "さて",
    "ただいまより",
    "ただいまから",
    "失礼しました",
    "どうぞ",
];

/// A sentence without what leads up to it.
pub(super) fn without_lead(plain: &str) -> &str {
    let mut rest = plain;
    while let Some(shorter) = LEADS.iter().find_map(|lead| {
        let behind = rest.strip_prefix(lead)?;
        behind
            .strip_prefix(['、', '。', ' '])
            .filter(|behind| !behind.is_empty())
    }) {
        rest = shorter;
    }
    rest
}

/// Ends of questions.
const QUESTIONS: &[&str] = &[
    "ですか",
    "ますか",
    "ませんか",
    "でしょうか",
    "ましたか",
    "でしたか",
    "のか",
    "だろうか",
    "ですかね",
    "ますかね",
    "どうですか",
    "いかがですか",
    "教えてください",
    "お聞かせください",
    "伺います",
    "お伺いします",
    "お尋ねします",
];

/// Whether a sentence without its mark asks.
pub(super) fn asks(plain: &str) -> bool {
    QUESTIONS.iter().any(|end| plain.ends_with(end))
}

/// What a chair says to lead a meeting.
pub(super) const CHAIRING: &[&str] = &[
    "開会",
    "閉会",
    "議題",
    "ご質問はあり",
    "ご質問はござい",
    "ご意見はあり",
    "ご意見はござい",
    "ご異議",
    "異議はあり",
    "次に進み",
    "に移ります",
    "に入ります",
    "採決",
    "議長を務め",
    "司会を務め",
    "進行を務め",
    "ただいまから",
    "ただいまより",
    "お諮り",
];

/// What leads a meeting and says nothing of its matter.
const PROCEDURE: &[&str] = &[
    "おはようございます",
    "こんにちは",
    "お疲れさま",
    "お疲れ様",
    "ありがとうございま",
    "よろしくお願い",
    "ご質問はあり",
    "ご質問はござい",
    "質問はありませんか",
    "ご意見はあり",
    "ご意見はござい",
    "ご異議",
    "異議はあり",
    "異議なし",
    "開会します",
    "開会いたします",
    "閉会",
    "終わります",
    "終了します",
    "散会",
    "に移ります",
    "に移りたい",
    "進みます",
    "進めます",
    "始めます",
    "ご覧ください",
    "ご覧いただ",
    "報告してください",
    "報告をお願い",
    "説明してください",
    "説明をお願い",
    "ご説明します",
    "ご報告します",
    "ご発言ください",
    "挙手",
    "質問があります",
    "以上です",
    "以上でございます",
    "お手元",
    "聞こえますか",
    "よろしいでしょうか",
    "よろしいですか",
    "何かあります",
    "何かございます",
    "失礼します",
    "失礼いたします",
    "休憩",
    "お聞きします",
];

/// Short answers that carry nothing alone.
const ACKNOWLEDGING: &[&str] = &[
    "はい",
    "なるほど",
    "わかりました",
    "分かりました",
    "承知しました",
    "承知いたしました",
    "了解しました",
    "そうですね",
    "そうですか",
    "そうです",
    "かしこまりました",
    "ええ",
    "うん",
    "いいえ",
    "どうぞ",
];

/// Whether a sentence leads the meeting and says nothing of its matter.
pub(super) fn is_procedure(plain: &str) -> bool {
    PROCEDURE.iter().any(|phrase| plain.contains(phrase))
        || is_introduction(plain)
        || is_acknowledgement(plain)
}

/// 福祉課の佐藤です: a short sentence that names its speaker.
fn is_introduction(plain: &str) -> bool {
    let rest = without_lead(plain);
    let name = rest
        .strip_suffix("です")
        .or_else(|| rest.strip_suffix("と申します"));
    name.is_some_and(|name| {
        let office = [
            "課の",
            "部の",
            "係の",
            "局の",
            "委員会の",
            "病院の",
            "室の",
            "センターの",
            "科の",
            "会の",
        ];
        let short = name.chars().count() <= 16 && !name.contains(['、', 'は']);
        short && office.iter().any(|word| name.contains(word))
    })
}

/// Whether a sentence only says that the other was heard.
pub(super) fn is_acknowledgement(plain: &str) -> bool {
    plain
        .split(['、', '。'])
        .all(|part| ACKNOWLEDGING.contains(&part))
}

/// Whether a sentence takes on what it was asked for.
pub(super) fn accepts(plain: &str) -> bool {
    [
        "承知",
        "わかりました",
        "分かりました",
        "了解",
        "かしこまりました",
        "対応します",
        "対応いたします",
        "はい",
    ]
    .iter()
    .any(|word| plain.starts_with(word) || without_lead(plain).starts_with(word))
}

//! The three desks' figures in words: value, formula, counts; a table and a chart by month.

use jiff::civil::Date;

use super::{Counted, law};
use crate::pages::chart::{Chart, Look, Series};
use crate::pages::words::{count, length};

/// 識字率 that the city's plan asks for, per cent.
const PLANNED_RATE: f64 = 95.0;
/// Share of working time on forms that the plan wants saved, per cent.
const PLANNED_SAVING: f64 = 20.0;
/// Minutes of staff time a meeting that the plan leaves.
const PLANNED_MEETING: f64 = 34.0;

/// A figure that opens its formula and counts.
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) value: String,
    /// How it is worked out, with the numbers put in.
    pub(super) formula: String,
    /// What the plan wants, and whether that is reached.
    pub(super) goal: Option<Goal>,
}

/// A goal of the plan.
pub(super) struct Goal {
    pub(super) text: String,
    pub(super) is_met: bool,
}

/// A table; the first column is text.
pub(super) struct Table {
    pub(super) caption: &'static str,
    pub(super) heads: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
}

/// One desk.
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) figures: Vec<Figure>,
    pub(super) chart: Option<Chart>,
    pub(super) table: Option<Table>,
}

/// All three.
pub(super) fn of(counted: &Counted) -> Vec<Section> {
    vec![forms(counted), meetings(counted), law::questions(counted)]
}

#[expect(clippy::cast_precision_loss, reason = "counts of a year are far below 2^52")]
pub(super) const fn float(count: u64) -> f64 {
    count as f64
}

pub(super) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "―".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

fn seconds(seconds: u64) -> String {
    length(seconds * 1_000)
}

pub(super) fn month(first: Date) -> String {
    format!("{}月", first.month())
}

fn goal(text: impl Into<String>, is_met: bool) -> Goal {
    Goal {
        text: text.into(),
        is_met,
    }
}

/// A figure that is no share.
pub(super) fn amount(name: &'static str, value: String, formula: impl Into<String>) -> Figure {
    Figure {
        name,
        value,
        formula: formula.into(),
        goal: None,
    }
}

/// Share of the time of before that is saved now, per cent; `None` where nothing can be said.
fn saved(now: u64, before: u64) -> Option<f64> {
    (before > 0 && now > 0).then(|| 1.0 - float(now) / float(before))
}

fn forms(counted: &Counted) -> Section {
    let all = &counted.forms.all;
    let (sheets, spent) = (counted.forms.sheets, counted.forms.seconds);
    let mut kinds: Vec<&str> = counted
        .forms
        .forms
        .iter()
        .filter(|form| form.sheets > 0)
        .map(|form| form.form.as_str())
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut figures = vec![
        Figure {
            name: "識字率",
            value: percent(all.character_rate),
            formula: format!(
                "(文字の数 {} − 職員が直した文字の数 {}) ÷ 文字の数 {}",
                count(all.characters),
                count(all.characters_corrected),
                count(all.characters)
            ),
            goal: all.character_rate.map(|rate| {
                goal(
                    format!("計画 {PLANNED_RATE:.0} % 以上"),
                    rate * 100.0 >= PLANNED_RATE,
                )
            }),
        },
        amount(
            "直さずに済んだ欄",
            percent(all.field_rate),
            format!(
                "(欄の数 {} − 職員が直した欄の数 {}) ÷ 欄の数 {}",
                count(all.fields),
                count(all.fields_corrected),
                count(all.fields)
            ),
        ),
        amount(
            "確認が終わった用紙",
            format!("{} 枚", count(sheets)),
            "確認を終えた用紙の数。開き直したものは、終えるまで数えません。",
        ),
        amount(
            "使っている帳票",
            format!("{} 種類", kinds.len()),
            "期間中に1枚以上の確認が終わった帳票の種類",
        ),
        amount(
            "確認にかかった時間",
            seconds(spent),
            "確認画面で操作していた時間の合計。1分を超えて手が止まった間は入りません。",
        ),
    ];
    let per_sheet = (sheets > 0).then(|| spent / sheets);
    if let Some(per_sheet) = per_sheet {
        figures.push(amount(
            "1枚あたりの時間",
            seconds(per_sheet),
            format!("{} ÷ {} 枚", seconds(spent), count(sheets)),
        ));
    }
    if let Some(hand) = counted.hand_sheet {
        let before = u64::from(hand) * sheets;
        if let Some(share) = saved(spent, before) {
            figures.push(Figure {
                name: "減った作業時間",
                value: percent(Some(share)),
                formula: format!(
                    "1 − 確認にかかった時間 {} ÷ 手入力の時間 {}({hand}秒 × {} 枚)",
                    seconds(spent),
                    seconds(before),
                    count(sheets)
                ),
                goal: Some(goal(
                    format!("計画 {PLANNED_SAVING:.0} % 以上"),
                    share * 100.0 >= PLANNED_SAVING,
                )),
            });
        }
    }
    let rows = counted.forms.forms.iter().map(|form| {
        vec![
            month(form.period),
            form.form_name.clone().unwrap_or_else(|| form.form.clone()),
            count(form.sheets),
            percent(form.rate.character_rate),
            percent(form.rate.field_rate),
            seconds(form.seconds),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    Section {
        id: "forms",
        title: "帳票",
        figures,
        chart: rate_chart(counted),
        table: (!rows.is_empty()).then_some(Table {
            caption: "月・帳票ごと",
            heads: vec!["月", "帳票", "用紙", "識字率", "直さずに済んだ欄", "時間"],
            rows,
        }),
    }
}

fn rate_chart(counted: &Counted) -> Option<Chart> {
    let periods = counted.meetings.periods.iter().map(|period| period.period);
    let values = periods.map(|period| {
        let of_month = counted.forms.forms.iter().filter(|form| form.period == period);
        let (all, wrong) = of_month.fold((0, 0), |(all, wrong), form| {
            (all + form.rate.characters, wrong + form.rate.characters_corrected)
        });
        let share = (all > 0).then(|| 100.0 * (1.0 - float(wrong) / float(all)));
        (month(period), share)
    });
    Chart::of(Series {
        title: "識字率(月ごと)".to_owned(),
        look: Look::Points,
        values: values.collect(),
        floor: 94.0,
        ceiling: 100.0,
        target: Some(PLANNED_RATE),
        unit: "%",
        digits: 1,
    })
}

fn meetings(counted: &Counted) -> Section {
    let all = &counted.meetings;
    let per_meeting = (all.meetings > 0).then(|| all.seconds / all.meetings);
    let mut figures = vec![
        amount(
            "できあがった会議録",
            format!("{} 件", count(all.meetings)),
            "確認を終えた会議の数。開き直したものは、終えるまで数えません。",
        ),
        amount(
            "録音の長さ",
            seconds(all.recorded_seconds),
            "確認を終えた会議の録音の合計",
        ),
        amount(
            "作成にかかった時間",
            seconds(all.seconds),
            "会議録の画面で操作していた時間の合計。1分を超えて手が止まった間は入りません。終わっていない会議の分も入ります。",
        ),
    ];
    if let Some(per_meeting) = per_meeting {
        figures.push(Figure {
            name: "1件あたりの時間",
            value: seconds(per_meeting),
            formula: format!("{} ÷ {} 件", seconds(all.seconds), count(all.meetings)),
            goal: Some(goal(
                format!("計画 {PLANNED_MEETING:.0} 分以下"),
                float(per_meeting) <= PLANNED_MEETING * 60.0,
            )),
        });
    }
    let before = u64::from(counted.hand_meeting) * 60 * all.meetings;
    if let Some(share) = saved(all.seconds, before) {
        figures.push(amount(
            "減った作業時間",
            percent(Some(share)),
            format!(
                "1 − 作成にかかった時間 {} ÷ 手作業の時間 {}({} 分 × {} 件)",
                seconds(all.seconds),
                seconds(before),
                counted.hand_meeting,
                count(all.meetings)
            ),
        ));
    }
    let of_month = all
        .periods
        .iter()
        .filter(|period| period.meetings > 0 || period.seconds > 0);
    let rows: Vec<Vec<String>> = of_month
        .map(|period| {
            vec![
                month(period.period),
                count(period.meetings),
                seconds(period.recorded_seconds),
                seconds(period.seconds),
            ]
        })
        .collect();
    let values = all.periods.iter().map(|period| {
        let minutes = (period.meetings > 0).then(|| float(period.seconds) / 60.0 / float(period.meetings));
        (month(period.period), minutes)
    });
    Section {
        id: "meetings",
        title: "会議録",
        figures,
        chart: Chart::of(Series {
            title: "会議録1件あたりの時間(月ごと)".to_owned(),
            look: Look::Bars,
            values: values.collect(),
            floor: 0.0,
            ceiling: PLANNED_MEETING,
            target: Some(PLANNED_MEETING),
            unit: "分",
            digits: 0,
        }),
        table: (!rows.is_empty()).then_some(Table {
            caption: "月ごと",
            heads: vec!["月", "会議録", "録音の長さ", "作業時間"],
            rows,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn savings_are_of_the_time_of_before() {
        assert_eq!(
            saved(34 * 60, 113 * 60).map(|share| (share * 100.0).round()),
            Some(70.0)
        );
        assert_eq!(saved(0, 60), None);
        assert_eq!(saved(60, 0), None);
        // Longer than by hand is said as it is.
        assert!(saved(120, 60).unwrap() < 0.0);
    }
}

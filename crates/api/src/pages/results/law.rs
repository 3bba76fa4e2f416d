//! The law desk's figures in words.

use super::Counted;
use super::sections::{Section, Table, amount, float, month, percent};
use crate::pages::chart::{Chart, Look, Series};
use crate::pages::words::count;

fn millis(millis: Option<u64>) -> String {
    millis.map_or_else(
        || "―".to_owned(),
        |millis| format!("{:.1} 秒", float(millis) / 1_000.0),
    )
}

pub(super) fn questions(counted: &Counted) -> Section {
    let all = &counted.questions;
    let figures = vec![
        amount(
            "質問",
            format!("{} 件", count(all.questions)),
            "法令・通知に質問した回数",
        ),
        amount(
            "答えが出るまで",
            millis(all.median_answer_millis),
            "質問してから結果が出るまでの時間の中央値",
        ),
        amount(
            "根拠を開くまで",
            millis(all.median_to_evidence_millis),
            format!(
                "質問してから初めの根拠を開くまでの時間の中央値({} 件)",
                count(all.opened)
            ),
        ),
        amount(
            "上位3件に根拠",
            percent(all.top_3_share),
            format!(
                "「これが根拠」が上位3件にあった {} 件 ÷ 「これが根拠」を付けた {} 件",
                count(all.marked_in_top_3),
                count(all.marked)
            ),
        ),
        amount(
            "根拠なし",
            percent(all.no_basis_share),
            format!(
                "根拠が見つからないと答えた {} 件 ÷ 質問 {} 件",
                count(all.no_basis),
                count(all.questions)
            ),
        ),
    ];
    let months = || counted.questions_by_month.iter();
    let rows: Vec<Vec<String>> = months()
        .filter(|of_month| of_month.questions > 0)
        .map(|of_month| {
            vec![
                month(of_month.from),
                count(of_month.questions),
                millis(of_month.median_to_evidence_millis),
                percent(of_month.top_3_share),
                percent(of_month.no_basis_share),
            ]
        })
        .collect();
    let values = months().map(|of_month| {
        let asked = (of_month.questions > 0).then(|| float(of_month.questions));
        (month(of_month.from), asked)
    });
    Section {
        id: "questions",
        title: "法令・通知",
        figures,
        chart: Chart::of(Series {
            title: "質問の数(月ごと)".to_owned(),
            look: Look::Bars,
            values: values.collect(),
            floor: 0.0,
            ceiling: 4.0,
            target: None,
            unit: "件",
            digits: 0,
        }),
        table: (!rows.is_empty()).then_some(Table {
            caption: "月ごと",
            heads: vec!["月", "質問", "根拠を開くまで", "上位3件に根拠", "根拠なし"],
            rows,
        }),
    }
}

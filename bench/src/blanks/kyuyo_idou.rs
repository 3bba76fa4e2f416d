//! 給与所得者異動届出書: the notice an employer sends when an employee leaves or moves.
//!
//! Our own drawing, close to what cities use; the city is fictional.

use shoki_core::form::FieldType as T;

use super::layout::{Field, Layout};
use crate::canvas::Align::{Centre, Left, Right};

/// Draws the form.
pub fn draw(page: &mut Layout<'_>) {
    head(page);
    payer(page);
    employee(page);
    amounts(page);
    after(page);
    notes(page);
}

fn head(page: &mut Layout<'_>) {
    page.mincho(15.0, 12.0, 2.6, Left, "様式第12号(第9条関係)");
    page.bold(
        105.0,
        20.0,
        4.6,
        Centre,
        "給与支払報告・特別徴収に係る給与所得者異動届出書",
    );
    page.stamp_place(181.0, 36.0, 12.0, "受付印");
    page.mincho(15.0, 30.0, 3.8, Left, "(あて先) あさひ野市長");
    page.text(15.0, 41.0, 3.0, Left, "届出年月日");
    page.open(
        Field("submit_date", "届出年月日", T::WarekiDate),
        34.0,
        36.5,
        58.0,
        9.0,
    )
    .required = true;
    page.text(97.0, 41.0, 2.5, Left, "(例 令和7年4月1日)");
}

fn payer(page: &mut Layout<'_>) {
    let (x, y) = (15.0, 52.0);
    page.side_label(x, y, 7.0, 56.0, "給与支払者");
    page.label(x + 7.0, y, 25.0, 10.0, "郵便番号");
    page.cell(x + 32.0, y, 148.0, 10.0);
    page.text(x + 35.5, y + 5.0, 3.4, Centre, "〒");
    page.row(
        Field("payer_postal", "給与支払者 郵便番号", T::PostalCode),
        (x + 39.0, y + 1.5),
        (5.5, 7.0),
        &[3, 4],
    );
    page.label(x + 7.0, y + 10.0, 25.0, 12.0, "所在地\n(住所)");
    page.open(
        Field("payer_address", "給与支払者 所在地", T::Address),
        x + 32.0,
        y + 10.0,
        148.0,
        12.0,
    )
    .required = true;
    page.label(x + 7.0, y + 22.0, 25.0, 7.0, "フリガナ");
    page.open(
        Field("payer_kana", "給与支払者 フリガナ", T::Kana),
        x + 32.0,
        y + 22.0,
        90.0,
        7.0,
    );
    page.label(x + 7.0, y + 29.0, 25.0, 13.0, "氏名又は\n名称");
    page.open(
        Field("payer_name", "給与支払者 名称", T::FreeText),
        x + 32.0,
        y + 29.0,
        90.0,
        13.0,
    )
    .required = true;
    page.label(x + 122.0, y + 22.0, 58.0, 6.0, "特別徴収義務者指定番号");
    page.cell(x + 122.0, y + 28.0, 58.0, 14.0);
    page.row(
        Field("designated_number", "特別徴収義務者指定番号", T::Number),
        (x + 127.0, y + 31.0),
        (6.0, 8.5),
        &[8],
    );
    page.label(x + 7.0, y + 42.0, 25.0, 14.0, "法人番号");
    page.cell(x + 32.0, y + 42.0, 90.0, 14.0);
    page.row(
        Field("corporate_number", "法人番号", T::CorporateNumber),
        (x + 36.0, y + 45.0),
        (6.2, 8.5),
        &[1, 4, 4, 4],
    );
    page.label(x + 122.0, y + 42.0, 16.0, 7.0, "担当者氏名");
    page.open(
        Field("contact_name", "担当者氏名", T::Name),
        x + 138.0,
        y + 42.0,
        42.0,
        7.0,
    );
    page.label(x + 122.0, y + 49.0, 16.0, 7.0, "電話番号");
    page.open(
        Field("contact_phone", "担当者電話番号", T::Phone),
        x + 138.0,
        y + 49.0,
        42.0,
        7.0,
    );
    page.frame(x, y, 180.0, 56.0);
}

fn employee(page: &mut Layout<'_>) {
    let (x, y) = (15.0, 113.0);
    page.side_label(x, y, 7.0, 66.0, "給与所得者");
    page.label(x + 7.0, y, 25.0, 7.0, "フリガナ");
    page.open(
        Field("employee_kana", "給与所得者 フリガナ", T::Kana),
        x + 32.0,
        y,
        73.0,
        7.0,
    )
    .required = true;
    page.label(x + 7.0, y + 7.0, 25.0, 13.0, "氏　名");
    page.open(
        Field("employee_name", "給与所得者 氏名", T::Name),
        x + 32.0,
        y + 7.0,
        73.0,
        13.0,
    )
    .required = true;
    page.label(x + 105.0, y, 75.0, 6.0, "生年月日");
    page.cell(x + 105.0, y + 6.0, 75.0, 14.0);
    let eras = ["明治", "大正", "昭和", "平成", "令和"];
    let places = [
        (eras[0], x + 110.0, y + 9.4),
        (eras[1], x + 119.5, y + 9.4),
        (eras[2], x + 129.0, y + 9.4),
        (eras[3], x + 114.5, y + 16.0),
        (eras[4], x + 124.5, y + 16.0),
    ];
    page.circles(Field("birth_era", "生年月日 元号", T::Circle), 3.0, &places);
    page.row(
        Field("birth_date", "生年月日", T::WarekiDate),
        (x + 137.5, y + 10.0),
        (6.6, 8.5),
        &[2, 2, 2],
    );
    page.over_row((x + 137.5, y + 10.0), 6.6, &[(1, "年"), (3, "月"), (5, "日")]);
    page.label(x + 7.0, y + 20.0, 25.0, 14.0, "個人番号");
    page.cell(x + 32.0, y + 20.0, 148.0, 14.0);
    page.row(
        Field("individual_number", "個人番号", T::IndividualNumber),
        (x + 36.0, y + 22.5),
        (7.0, 9.0),
        &[4, 4, 4],
    );
    page.text(
        x + 124.0,
        y + 27.0,
        2.3,
        Left,
        "※ 右詰めで12桁を記入してください。",
    );
    page.label(x + 7.0, y + 34.0, 25.0, 11.0, "1月1日\n現在の住所");
    page.open(
        Field("address_january", "1月1日現在の住所", T::Address),
        x + 32.0,
        y + 34.0,
        148.0,
        11.0,
    )
    .required = true;
    page.label(x + 7.0, y + 45.0, 25.0, 11.0, "異動後の住所");
    page.open(
        Field("address_after", "異動後の住所", T::Address),
        x + 32.0,
        y + 45.0,
        148.0,
        11.0,
    );
    page.label(x + 7.0, y + 56.0, 25.0, 10.0, "異動年月日");
    page.cell(x + 32.0, y + 56.0, 148.0, 10.0);
    page.text(x + 39.0, y + 61.0, 3.2, Centre, "令和");
    page.row(
        Field("move_date", "異動年月日", T::WarekiDate),
        (x + 46.0, y + 57.9),
        (6.6, 7.6),
        &[2, 2, 2],
    );
    page.over_row((x + 46.0, y + 57.9), 6.6, &[(1, "年"), (3, "月"), (5, "日")]);
    page.text(
        x + 92.0,
        y + 61.0,
        2.3,
        Left,
        "(1桁の場合は頭に0を記入 例:07年04月01日)",
    );
    page.frame(x, y, 180.0, 66.0);
}

fn amounts(page: &mut Layout<'_>) {
    let (x, y, w) = (15.0, 184.0, 60.0);
    let columns = [
        ("annual_tax", "(ア) 特別徴収税額(年税額)"),
        ("collected_tax", "(イ) 徴収済額"),
        ("uncollected_tax", "(ウ) 未徴収税額 (ア)-(イ)"),
    ];
    for (index, (key, label)) in columns.into_iter().enumerate() {
        let left = x + w * index as f32;
        page.label(left, y, w, 6.0, label);
        page.cell(left, y + 6.0, w, 13.5);
        page.row(
            Field(key, label, T::Amount),
            (left + 4.0, y + 9.5),
            (6.2, 8.5),
            &[2, 3, 3],
        )
        .required = true;
        page.over_row((left + 4.0, y + 9.5), 6.2, &[(1, "百万"), (4, "千"), (7, "円")]);
        page.text(left + 56.6, y + 14.0, 2.8, Centre, "円");
    }
    page.frame(x, y, 180.0, 19.5);
}

fn after(page: &mut Layout<'_>) {
    let (x, y) = (15.0, 207.5);
    page.label(x, y, 25.0, 16.0, "異動の事由");
    page.cell(x + 25.0, y, 155.0, 16.0);
    let marks = [
        ("退職", x + 30.0, y + 2.6),
        ("転勤", x + 62.0, y + 2.6),
        ("休職", x + 94.0, y + 2.6),
        ("長期欠勤", x + 126.0, y + 2.6),
        ("死亡", x + 30.0, y + 9.8),
        ("合併・解散", x + 62.0, y + 9.8),
        ("支払不定期", x + 94.0, y + 9.8),
        ("その他", x + 126.0, y + 9.8),
    ];
    page.checks(Field("reason", "異動の事由", T::Check), &marks)
        .required = true;
    page.label(x, y + 16.0, 25.0, 12.0, "異動後の\n徴収方法");
    page.cell(x + 25.0, y + 16.0, 105.0, 12.0);
    let ways = [
        ("特別徴収継続", x + 42.0, y + 22.0),
        ("一括徴収", x + 76.0, y + 22.0),
        ("普通徴収", x + 106.0, y + 22.0),
    ];
    page.circles(
        Field("collection_after", "異動後の徴収方法", T::Circle),
        3.4,
        &ways,
    )
    .required = true;
    page.label(x + 130.0, y + 16.0, 22.0, 12.0, "一括徴収の\n徴収予定月");
    page.cell(x + 152.0, y + 16.0, 28.0, 12.0);
    page.row(
        Field("bulk_month", "徴収予定月", T::Number),
        (x + 155.0, y + 18.0),
        (6.6, 8.2),
        &[2],
    );
    page.text(x + 173.0, y + 22.0, 3.0, Centre, "月");
    page.label(x, y + 28.0, 25.0, 18.0, "備　考");
    page.open(
        Field("remarks", "備考", T::FreeText),
        x + 25.0,
        y + 28.0,
        155.0,
        18.0,
    );
    page.frame(x, y, 180.0, 46.0);
}

fn notes(page: &mut Layout<'_>) {
    page.bold(15.0, 258.5, 2.8, Left, "【記入上の注意】");
    let lines = [
        "1　この届出書は、給与所得者に異動があった日の属する月の翌月10日までに提出してください。",
        "2　黒のボールペンで枠からはみ出さないように記入し、数字は1枠に1字ずつ書いてください。",
        "3　1月1日から4月30日までに退職した者に未徴収税額がある場合は、必ず一括徴収してください。",
        "4　「異動の事由」は該当する□に✓を付け、「異動後の徴収方法」は該当するものを○で囲んでください。",
    ];
    for (index, line) in lines.into_iter().enumerate() {
        page.mincho(17.0, 263.5 + 4.6 * index as f32, 2.6, Left, line);
    }
    page.mincho(195.0, 285.5, 2.6, Right, "あさひ野市 市民部 市民税課 特別徴収係");
    page.text(105.0, 289.5, 2.4, Centre, "KI-0712");
}

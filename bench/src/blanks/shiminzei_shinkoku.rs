//! 市民税・県民税申告書: the yearly declaration of income by a resident.
//!
//! Our own drawing, close to what cities use; the city is fictional.

use shoki_core::form::FieldType as T;

use super::layout::{Field, Layout};
use crate::canvas::Align::{Centre, Left, Right};

/// Draws the form.
pub fn draw(page: &mut Layout<'_>) {
    head(page);
    person(page);
    incomes(page);
    deductions(page);
    choices(page);
    foot(page);
}

fn head(page: &mut Layout<'_>) {
    page.canvas.fill(13.0, 12.0, 184.0, 13.0, 215.0);
    page.frame(13.0, 12.0, 184.0, 13.0);
    page.bold(17.0, 18.5, 3.6, Left, "令和8年度分");
    page.bold(112.0, 18.5, 6.2, Centre, "市民税・県民税申告書");
    page.text(194.0, 18.5, 2.5, Right, "令和7年1月〜12月の所得");
    page.mincho(13.0, 33.0, 4.0, Left, "あさひ野市長 様");
    page.text(78.0, 33.0, 3.0, Left, "提出日　令和");
    for (key, label, x, word) in [
        ("submit_year", "提出日 年", 98.0, "年"),
        ("submit_month", "提出日 月", 118.0, "月"),
        ("submit_day", "提出日 日", 138.0, "日"),
    ] {
        page.area(Field(key, label, T::Number), x, 28.5, 13.0, 9.0)
            .required = true;
        page.hair((x, 37.5), (x + 13.0, 37.5));
        page.text(x + 15.5, 33.4, 3.2, Centre, word);
    }
    page.cell(164.0, 27.5, 33.0, 11.0);
    page.text(166.0, 30.0, 2.1, Left, "整理番号(市役所記入)");
}

fn person(page: &mut Layout<'_>) {
    let (x, y) = (13.0, 42.0);
    page.label(x, y, 24.0, 9.0, "郵便番号");
    page.open(
        Field("postal_code", "郵便番号", T::PostalCode),
        x + 24.0,
        y,
        42.0,
        9.0,
    );
    page.label(x + 66.0, y, 24.0, 9.0, "電話番号");
    page.open(Field("phone", "電話番号", T::Phone), x + 90.0, y, 94.0, 9.0);
    page.label(x, y + 9.0, 24.0, 12.0, "現　住　所");
    page.open(
        Field("address", "現住所", T::Address),
        x + 24.0,
        y + 9.0,
        160.0,
        12.0,
    )
    .required = true;
    page.label_sized(x, y + 21.0, 24.0, 11.0, 2.5, "令和8年1月1日\n現在の住所");
    page.open(
        Field("address_january", "1月1日現在の住所", T::Address),
        x + 24.0,
        y + 21.0,
        160.0,
        11.0,
    );
    page.label(x, y + 32.0, 24.0, 7.5, "フリガナ");
    page.open(
        Field("name_kana", "フリガナ", T::Kana),
        x + 24.0,
        y + 32.0,
        76.0,
        7.5,
    )
    .required = true;
    page.label(x, y + 39.5, 24.0, 13.5, "氏　　名");
    page.open(Field("name", "氏名", T::Name), x + 24.0, y + 39.5, 76.0, 13.5)
        .required = true;
    page.label(x + 100.0, y + 32.0, 14.0, 21.0, "生年\n月日");
    page.cell(x + 114.0, y + 32.0, 70.0, 21.0);
    let eras = [
        ("明治", x + 120.0, y + 36.4),
        ("大正", x + 133.5, y + 36.4),
        ("昭和", x + 147.0, y + 36.4),
        ("平成", x + 160.5, y + 36.4),
        ("令和", x + 174.0, y + 36.4),
    ];
    page.circles(Field("birth_era", "生年月日 元号", T::Circle), 3.2, &eras)
        .required = true;
    page.row(
        Field("birth_date", "生年月日", T::WarekiDate),
        (x + 122.0, y + 43.2),
        (7.6, 8.8),
        &[2, 2, 2],
    )
    .required = true;
    page.over_row((x + 122.0, y + 43.2), 7.6, &[(1, "年"), (3, "月"), (5, "日")]);
    page.label(x, y + 53.0, 24.0, 13.0, "個人番号");
    page.cell(x + 24.0, y + 53.0, 90.0, 13.0);
    page.row(
        Field("individual_number", "個人番号", T::IndividualNumber),
        (x + 27.0, y + 55.0),
        (6.8, 9.0),
        &[4, 4, 4],
    )
    .required = true;
    page.label(x + 114.0, y + 53.0, 18.0, 13.0, "職　業");
    page.open(
        Field("occupation", "職業", T::FreeText),
        x + 132.0,
        y + 53.0,
        52.0,
        13.0,
    );
    page.label(x, y + 66.0, 24.0, 10.0, "世帯主の氏名");
    page.open(
        Field("householder", "世帯主の氏名", T::Name),
        x + 24.0,
        y + 66.0,
        76.0,
        10.0,
    );
    page.label(x + 100.0, y + 66.0, 32.0, 10.0, "世帯主との続柄");
    page.open(
        Field("relation", "世帯主との続柄", T::FreeText),
        x + 132.0,
        y + 66.0,
        52.0,
        10.0,
    );
    page.frame(x, y, 184.0, 76.0);
}

fn incomes(page: &mut Layout<'_>) {
    let rows = [
        ("income_business", "営 業 等"),
        ("income_salary", "給　与"),
        ("income_pension", "公的年金等"),
        ("income_other", "その他の雑"),
        ("income_total", "合　計"),
    ];
    table(page, 13.0, "所得金額", "①", "1 所得金額(円)", &rows);
}

fn deductions(page: &mut Layout<'_>) {
    let rows = [
        ("deduct_social", "社会保険料"),
        ("deduct_life", "生命保険料"),
        ("deduct_medical", "医 療 費"),
        ("deduct_basic", "基　礎"),
        ("deduct_total", "合　計"),
    ];
    table(
        page,
        106.0,
        "所得控除",
        "⑥",
        "2 所得から差し引かれる金額(円)",
        &rows,
    );
}

fn table(page: &mut Layout<'_>, x: f32, group: &str, first: &str, heading: &str, rows: &[(&str, &str)]) {
    let y = 125.0;
    page.bold(x, y - 2.6, 3.2, Left, heading);
    page.side_label(x, y, 6.0, 60.0, group);
    let number = first.chars().next().map_or(0x2460, u32::from);
    for (index, &(key, label)) in rows.iter().enumerate() {
        let top = y + 12.0 * index as f32;
        page.label(x + 6.0, top, 22.0, 12.0, label);
        page.cell(x + 28.0, top, 6.0, 12.0);
        let circled = char::from_u32(number + index as u32).unwrap_or('・');
        page.text(x + 31.0, top + 6.0, 3.2, Centre, &circled.to_string());
        page.cell(x + 34.0, top, 57.0, 12.0);
        let name = format!("{group} {}", label.replace([' ', '　'], ""));
        page.row(
            Field(key, &name, T::Amount),
            (x + 35.8, top + 2.4),
            (5.9, 8.2),
            &[3, 3, 3],
        );
    }
    page.canvas.rule((x, y + 48.0), (x + 91.0, y + 48.0), 0.4, 20.0);
    page.frame(x, y, 91.0, 60.0);
}

fn choices(page: &mut Layout<'_>) {
    let (x, y) = (13.0, 195.0);
    page.bold(x, y - 3.4, 3.2, Left, "3 該当する事項");
    page.label(x, y, 34.0, 13.0, "本人該当事項");
    page.cell(x + 34.0, y, 150.0, 13.0);
    let own = [
        ("障害者", x + 40.0, y + 4.8),
        ("寡婦", x + 70.0, y + 4.8),
        ("ひとり親", x + 96.0, y + 4.8),
        ("勤労学生", x + 126.0, y + 4.8),
        ("未成年者", x + 154.0, y + 4.8),
    ];
    page.checks(Field("own_status", "本人該当事項", T::Check), &own)
        .multiple = true;
    page.label(x, y + 13.0, 34.0, 12.0, "配偶者控除");
    page.cell(x + 34.0, y + 13.0, 50.0, 12.0);
    page.circles(
        Field("spouse", "配偶者控除", T::Circle),
        4.0,
        &[("有", x + 48.0, y + 19.0), ("無", x + 70.0, y + 19.0)],
    );
    page.text(x + 59.0, y + 19.0, 3.6, Centre, "・");
    page.label(x + 84.0, y + 13.0, 36.0, 12.0, "扶養親族の数");
    page.cell(x + 120.0, y + 13.0, 64.0, 12.0);
    page.row(
        Field("dependents", "扶養親族の数", T::Number),
        (x + 130.0, y + 14.8),
        (7.6, 8.6),
        &[2],
    );
    page.text(x + 149.5, y + 19.0, 3.2, Centre, "人");
    page.label(x, y + 25.0, 34.0, 17.0, "給与・年金以外の\n所得に係る\n徴収方法");
    page.cell(x + 34.0, y + 25.0, 150.0, 17.0);
    let ways = [
        ("給与から差引き(特別徴収)", x + 40.0, y + 28.0),
        ("自分で納付(普通徴収)", x + 40.0, y + 35.6),
    ];
    page.checks(Field("collection", "徴収方法", T::Check), &ways);
    page.stamp_place(x + 166.0, y + 33.5, 7.4, "確認印");
    page.frame(x, y, 184.0, 42.0);
}

fn foot(page: &mut Layout<'_>) {
    page.label(13.0, 241.0, 34.0, 16.0, "特記事項");
    page.open(
        Field("remarks", "特記事項", T::FreeText),
        47.0,
        241.0,
        150.0,
        16.0,
    );
    page.frame(13.0, 241.0, 184.0, 16.0);
    let lines = [
        "○ 所得がなかった方も、国民健康保険税の軽減や各種証明書の発行に必要ですので提出してください。",
        "○ 金額は右詰めで、1枠に1字ずつ記入してください。書き間違えたときは二重線で消してください。",
        "○ 源泉徴収票、控除証明書、本人確認書類の写しを台紙に貼って提出してください。",
        "○ 提出期限　令和8年3月16日(月)　　郵送の場合は当日消印有効",
    ];
    for (index, line) in lines.into_iter().enumerate() {
        page.mincho(15.0, 262.0 + 4.8 * index as f32, 2.7, Left, line);
    }
    page.mincho(
        13.0,
        286.0,
        2.8,
        Left,
        "問い合わせ　あさひ野市 市民部 市民税課 個人住民税係",
    );
    page.text(197.0, 286.0, 2.4, Right, "SS-0801 (1/1)");
}

//! 口座振替依頼書: the order to a bank to pay the city's taxes from an account.
//!
//! Our own drawing, close to what cities use; the city is fictional.

use shoki_core::form::FieldType as T;

use super::layout::{Field, Layout};
use crate::canvas::Align::{Centre, Left, Right};

/// Draws the form.
pub fn draw(page: &mut Layout<'_>) {
    head(page);
    payer(page);
    bank(page);
    taxes(page);
    agreement(page);
}

fn head(page: &mut Layout<'_>) {
    page.canvas.rule((18.0, 14.0), (192.0, 14.0), 0.8, 20.0);
    page.bold(
        105.0,
        21.5,
        6.4,
        Centre,
        "市税等口座振替依頼書・自動払込利用申込書",
    );
    page.canvas.rule((18.0, 29.0), (192.0, 29.0), 0.3, 20.0);
    page.mincho(18.0, 35.5, 3.4, Left, "あさひ野市長 様　　取扱金融機関 様");
    page.mincho(
        18.0,
        42.0,
        2.8,
        Left,
        "私が納付すべき市税等を、下記の口座から口座振替により納付したいので依頼します。",
    );
    page.label(18.0, 47.0, 26.0, 11.0, "申込区分");
    page.cell(44.0, 47.0, 64.0, 11.0);
    page.checks(
        Field("application", "申込区分", T::Check),
        &[("新規", 48.0, 50.8), ("変更", 68.0, 50.8), ("解約", 88.0, 50.8)],
    )
    .required = true;
    page.label(108.0, 47.0, 26.0, 11.0, "申込年月日");
    page.open(
        Field("submit_date", "申込年月日", T::WarekiDate),
        134.0,
        47.0,
        58.0,
        11.0,
    )
    .required = true;
    page.frame(18.0, 47.0, 174.0, 11.0);
}

fn payer(page: &mut Layout<'_>) {
    let (x, y) = (18.0, 66.0);
    page.bold(x, y - 3.6, 3.4, Left, "■ 納税義務者(納付する方)");
    page.label(x, y, 30.0, 12.0, "宛名番号");
    page.cell(x + 30.0, y, 144.0, 12.0);
    page.row(
        Field("payer_number", "宛名番号", T::Number),
        (x + 34.0, y + 2.0),
        (6.8, 8.4),
        &[10],
    )
    .required = true;
    page.text(
        x + 106.0,
        y + 6.0,
        2.4,
        Left,
        "納税通知書の右上に記載の10桁の番号",
    );
    page.label(x, y + 12.0, 30.0, 17.0, "住　　所");
    page.cell(x + 30.0, y + 12.0, 144.0, 17.0);
    page.text(x + 33.5, y + 15.6, 3.2, Centre, "〒");
    page.area(
        Field("postal_code", "郵便番号", T::PostalCode),
        x + 36.0,
        y + 12.4,
        40.0,
        6.6,
    );
    page.area(
        Field("address", "住所", T::Address),
        x + 31.0,
        y + 19.2,
        142.0,
        9.4,
    )
    .required = true;
    page.label(x, y + 29.0, 30.0, 7.0, "フリガナ");
    page.open(
        Field("payer_kana", "フリガナ", T::Kana),
        x + 30.0,
        y + 29.0,
        80.0,
        7.0,
    )
    .required = true;
    page.label(x, y + 36.0, 30.0, 13.0, "氏名(名称)");
    page.open(
        Field("payer_name", "氏名", T::Name),
        x + 30.0,
        y + 36.0,
        80.0,
        13.0,
    )
    .required = true;
    page.label(x + 110.0, y + 29.0, 64.0, 7.0, "日中連絡のつく電話番号");
    page.open(
        Field("phone", "電話番号", T::Phone),
        x + 110.0,
        y + 36.0,
        64.0,
        13.0,
    )
    .required = true;
    page.frame(x, y, 174.0, 49.0);
}

fn bank(page: &mut Layout<'_>) {
    let (x, y) = (18.0, 124.0);
    page.bold(x, y - 3.6, 3.4, Left, "■ 振替口座");
    page.label(x, y, 30.0, 19.0, "金融機関名");
    page.open(
        Field("bank_name", "金融機関名", T::FreeText),
        x + 30.0,
        y,
        46.0,
        19.0,
    )
    .required = true;
    page.cell(x + 76.0, y, 24.0, 19.0);
    let kinds = [
        ("銀行", x + 82.0, y + 4.4),
        ("信金", x + 94.0, y + 4.4),
        ("信組", x + 82.0, y + 14.2),
        ("農協", x + 94.0, y + 14.2),
    ];
    page.circles(Field("bank_kind", "金融機関の種類", T::Circle), 3.2, &kinds);
    page.open(
        Field("branch_name", "支店名", T::FreeText),
        x + 100.0,
        y,
        52.0,
        19.0,
    )
    .required = true;
    page.label(x + 152.0, y, 22.0, 19.0, "本店・支店\n出張所");
    page.label(x, y + 19.0, 30.0, 12.0, "金融機関コード");
    page.cell(x + 30.0, y + 19.0, 46.0, 12.0);
    page.row(
        Field("bank_code", "金融機関コード", T::Number),
        (x + 38.0, y + 21.0),
        (7.0, 8.4),
        &[4],
    );
    page.label(x + 76.0, y + 19.0, 24.0, 12.0, "店舗コード");
    page.cell(x + 100.0, y + 19.0, 74.0, 12.0);
    page.row(
        Field("branch_code", "店舗コード", T::Number),
        (x + 108.0, y + 21.0),
        (7.0, 8.4),
        &[3],
    );
    page.label(x, y + 31.0, 30.0, 13.0, "預金種別");
    page.cell(x + 30.0, y + 31.0, 46.0, 13.0);
    page.circles(
        Field("account_type", "預金種別", T::Circle),
        3.6,
        &[("普通", x + 42.0, y + 37.5), ("当座", x + 62.0, y + 37.5)],
    )
    .required = true;
    page.label(x + 76.0, y + 31.0, 24.0, 13.0, "口座番号\n(右詰め)");
    page.cell(x + 100.0, y + 31.0, 74.0, 13.0);
    page.row(
        Field("account_number", "口座番号", T::Account),
        (x + 108.0, y + 33.2),
        (7.4, 9.0),
        &[7],
    )
    .required = true;
    page.label(x, y + 44.0, 30.0, 7.0, "フリガナ");
    page.open(
        Field("holder_kana", "口座名義人 フリガナ", T::Kana),
        x + 30.0,
        y + 44.0,
        102.0,
        7.0,
    )
    .required = true;
    page.label(x, y + 51.0, 30.0, 14.0, "口座名義人");
    page.open(
        Field("holder_name", "口座名義人", T::Name),
        x + 30.0,
        y + 51.0,
        102.0,
        14.0,
    )
    .required = true;
    page.cell(x + 132.0, y + 44.0, 42.0, 21.0);
    page.text(x + 134.0, y + 46.6, 2.3, Left, "金融機関届出印");
    page.stamp_place(x + 153.0, y + 56.0, 7.6, "印");
    page.frame(x, y, 174.0, 65.0);
}

fn taxes(page: &mut Layout<'_>) {
    let (x, y) = (18.0, 198.0);
    page.bold(
        x,
        y - 3.6,
        3.4,
        Left,
        "■ 振替を希望する税目等(希望するものすべてに✓)",
    );
    page.label(x, y, 30.0, 18.0, "税　目　等");
    page.cell(x + 30.0, y, 144.0, 18.0);
    let items = [
        ("市民税・県民税", x + 34.0, y + 3.2),
        ("固定資産税・都市計画税", x + 78.0, y + 3.2),
        ("軽自動車税", x + 136.0, y + 3.2),
        ("国民健康保険税", x + 34.0, y + 11.2),
        ("介護保険料", x + 78.0, y + 11.2),
        ("保育料", x + 136.0, y + 11.2),
    ];
    let field = page.checks(Field("tax_items", "税目等", T::Check), &items);
    field.multiple = true;
    field.required = true;
    page.label(x, y + 18.0, 30.0, 12.0, "納付方法");
    page.cell(x + 30.0, y + 18.0, 57.0, 12.0);
    page.circles(
        Field("payment", "納付方法", T::Circle),
        3.4,
        &[("全期前納", x + 45.0, y + 24.0), ("期別納付", x + 70.0, y + 24.0)],
    );
    page.label(x + 87.0, y + 18.0, 27.0, 12.0, "振替開始時期");
    page.cell(x + 114.0, y + 18.0, 60.0, 12.0);
    page.text(x + 119.0, y + 24.0, 3.0, Centre, "令和");
    page.row(
        Field("start_year", "振替開始 年度", T::Number),
        (x + 124.0, y + 20.0),
        (6.6, 8.2),
        &[2],
    );
    page.text(x + 141.5, y + 24.0, 2.6, Centre, "年度");
    page.row(
        Field("start_term", "振替開始 期", T::Number),
        (x + 147.0, y + 20.0),
        (6.6, 8.2),
        &[2],
    );
    page.text(x + 166.0, y + 24.0, 2.6, Centre, "期から");
    page.label(x, y + 30.0, 30.0, 12.0, "続　　柄");
    page.cell(x + 30.0, y + 30.0, 144.0, 12.0);
    page.text(x + 33.0, y + 36.0, 2.6, Left, "口座名義人は納税義務者の");
    page.circles(
        Field("holder_relation", "続柄", T::Circle),
        3.4,
        &[
            ("本人", x + 82.0, y + 36.0),
            ("配偶者", x + 104.0, y + 36.0),
            ("親族", x + 128.0, y + 36.0),
            ("その他", x + 152.0, y + 36.0),
        ],
    );
    page.frame(x, y, 174.0, 42.0);
}

fn agreement(page: &mut Layout<'_>) {
    page.cell(18.0, 244.0, 174.0, 37.0);
    page.bold(105.0, 248.4, 3.0, Centre, "口 座 振 替 約 定");
    let lines = [
        "第1条　納付書が送付されたときは、私に通知することなく、納付書記載の金額を指定口座から払い出すこと。",
        "第2条　指定口座の残高が振替日において納付書の金額に満たないときは、私に通知することなく納付書を返却されても",
        "　　　　異議はありません。",
        "第3条　この契約を解約するときは、私から貴店に書面により届け出ます。",
        "第4条　振替日は納期限の日とし、その日が金融機関の休業日に当たるときは翌営業日とします。",
    ];
    for (index, line) in lines.into_iter().enumerate() {
        page.mincho(20.5, 253.6 + 4.5 * index as f32, 2.6, Left, line);
    }
    page.dashes((20.0, 275.4), (190.0, 275.4));
    page.text(
        21.0,
        278.3,
        2.2,
        Left,
        "金融機関使用欄　　検印　　　　　　　　照合　　　　　　　　受付",
    );
    page.mincho(192.0, 285.6, 2.6, Right, "あさひ野市 市民部 納税課 収納管理係");
    page.text(18.0, 285.6, 2.4, Left, "KF-0305");
}

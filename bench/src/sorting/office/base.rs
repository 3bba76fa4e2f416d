//! The twenty-eight different forms of the made office.

use crate::sorting::house_style::{Part, Sheet};

pub(super) fn row(label: &'static str) -> Part {
    Part::Rows(vec![label])
}

pub(super) fn rows(labels: &[&'static str]) -> Part {
    Part::Rows(labels.to_vec())
}

pub(super) fn pairs(labels: &[[&'static str; 2]]) -> Part {
    Part::Pairs(labels.to_vec())
}

pub(super) fn comb(label: &'static str, cells: u32) -> Part {
    Part::Comb(label, cells)
}

fn grid(columns: &[(&'static str, f32)], lines: u32) -> Part {
    Part::Grid(columns.to_vec(), lines)
}

pub(super) fn choice(label: &'static str, words: &'static [&'static str]) -> Part {
    Part::Choice(label, words)
}

const TAX_NOTES: &[&str] = &[
    "1 納期限の7日前までに提出してください。納期限を過ぎた分は対象になりません。",
    "2 減免の事由を証明する書類を添付してください。",
    "3 事由がなくなったときは、直ちに届け出てください。",
];
pub(super) const CERTIFICATE_NOTES: &[&str] = &[
    "1 窓口に来る方の本人確認書類(運転免許証など)を提示してください。",
    "2 代理人が申請するときは委任状が必要です。",
];
const CARE_NOTES: &[&str] = &[
    "1 被保険者証を添えて提出してください。",
    "2 記入した内容は、審査に必要な範囲で関係機関に確認することがあります。",
];

/// The different forms, by number; the year of each is 令和7.
pub(super) fn base(number: u16) -> Sheet {
    let tax = |title, cause, item: &'static str| {
        let parts = vec![
            Part::Person("申請者(納税義務者)"),
            comb("宛名番号", 10),
            grid(
                &[
                    ("期別", 2.0),
                    ("納期限", 3.0),
                    (item, 4.0),
                    ("減免を受けようとする額", 4.0),
                ],
                5,
            ),
            choice("減免を受ける事由", cause),
            rows(&["事由の発生年月日", "事由の詳細"]),
            Part::Notes(TAX_NOTES),
        ];
        (title, parts)
    };
    let certificate = |title, kinds: &'static [&'static str]| {
        let parts = vec![
            Part::Person("窓口に来た方"),
            choice("どなたの証明か", &["本人", "同一世帯", "代理人"]),
            pairs(&[["対象者の氏名", "生年月日"], ["対象者の住所", "電話番号"]]),
            choice("必要な証明", kinds),
            pairs(&[["年度", "必要な通数"], ["使いみち", "提出先"]]),
            Part::Notes(CERTIFICATE_NOTES),
        ];
        (title, parts)
    };
    let insured = |title, when: &'static str, why: &'static [&'static str]| {
        let parts = vec![
            Part::Person("届出人(世帯主)"),
            comb("記号番号", 8),
            choice("届出の理由", why),
            row(when),
            grid(
                &[("氏名", 4.0), ("続柄", 1.6), ("生年月日", 3.0), ("個人番号", 4.0)],
                5,
            ),
            Part::Notes(CARE_NOTES),
        ];
        (title, parts)
    };
    let allowance = |title, cause: &'static [&'static str]| {
        let parts = vec![
            Part::Person("請求者"),
            pairs(&[["勤務先", "加入している年金"]]),
            choice("請求の事由", cause),
            grid(
                &[
                    ("児童の氏名", 4.0),
                    ("続柄", 1.6),
                    ("生年月日", 3.0),
                    ("同居・別居", 2.2),
                ],
                4,
            ),
            pairs(&[["金融機関", "支店"], ["口座番号", "口座名義人"]]),
            Part::Notes(CARE_NOTES),
        ];
        (title, parts)
    };
    let (title, parts) = match number {
        1 => tax(
            "市民税・県民税 減免申請書",
            &["生活扶助", "失業", "災害", "その他"],
            "税額",
        ),
        2 => tax(
            "軽自動車税(種別割) 減免申請書",
            &["身体障害", "公益", "災害", "その他"],
            "税額",
        ),
        3 => tax(
            "固定資産税・都市計画税 減免申請書",
            &["生活扶助", "公益", "災害", "その他"],
            "税額",
        ),
        4 => (
            "納税管理人 申告書",
            vec![
                Part::Person("納税義務者"),
                comb("宛名番号", 10),
                choice("申告の区分", &["新規", "変更", "廃止"]),
                rows(&["管理人の住所", "管理人の氏名", "管理人の電話番号", "定める理由"]),
                Part::Notes(TAX_NOTES),
            ],
        ),
        5 => certificate(
            "所得・課税証明書 交付申請書",
            &["所得証明", "課税証明", "非課税証明"],
        ),
        6 => certificate("納税証明書 交付申請書", &["市県民税", "固定資産税", "軽自動車税"]),
        7 => certificate("住民票の写し等 交付申請書", &["世帯全員", "世帯一部", "除票"]),
        8 => (
            "印鑑登録 申請書",
            vec![
                Part::Person("登録する方"),
                choice("申請の区分", &["新規", "亡失", "改印"]),
                Part::Box("登録する印鑑", 34.0),
                rows(&["代理人の住所", "代理人の氏名", "代理人の電話番号"]),
                Part::Notes(CERTIFICATE_NOTES),
            ],
        ),
        9 => insured(
            "国民健康保険 資格取得届",
            "資格を取得した日",
            &["転入", "社保離脱", "出生", "その他"],
        ),
        10 => insured(
            "国民健康保険 資格喪失届",
            "資格を喪失した日",
            &["転出", "社保加入", "死亡", "その他"],
        ),
        11 => (
            "国民健康保険 高額療養費 支給申請書",
            vec![
                Part::Person("申請者(世帯主)"),
                comb("記号番号", 8),
                grid(
                    &[
                        ("診療年月", 2.4),
                        ("受診者", 3.0),
                        ("医療機関", 4.0),
                        ("支払額", 3.0),
                    ],
                    6,
                ),
                pairs(&[["金融機関", "支店"], ["口座番号", "口座名義人"]]),
                Part::Notes(CARE_NOTES),
            ],
        ),
        12 => (
            "後期高齢者医療 送付先変更届",
            vec![
                Part::Person("被保険者"),
                comb("被保険者番号", 8),
                rows(&["新しい送付先の住所", "送付先の氏名", "続柄", "電話番号"]),
                choice("変更の理由", &["施設入所", "入院", "後見", "その他"]),
                row("変更する期間"),
                Part::Notes(CARE_NOTES),
            ],
        ),
        13 => (
            "介護保険 要介護認定・要支援認定 申請書",
            vec![
                Part::Person("被保険者"),
                comb("被保険者番号", 10),
                choice("申請の区分", &["新規", "更新", "変更"]),
                pairs(&[["前回の要介護度", "有効期間"]]),
                rows(&["主治医の氏名", "医療機関の名称", "医療機関の所在地"]),
                pairs(&[["提出代行者", "電話番号"]]),
                Part::Notes(CARE_NOTES),
            ],
        ),
        14 => (
            "介護保険 負担限度額認定 申請書",
            vec![
                Part::Person("被保険者"),
                comb("被保険者番号", 10),
                rows(&["施設の名称", "施設の所在地", "入所年月日"]),
                grid(&[("預貯金等", 3.0), ("金額", 4.0), ("備考", 4.0)], 4),
                pairs(&[["配偶者の氏名", "生年月日"]]),
                Part::Notes(CARE_NOTES),
            ],
        ),
        15 => allowance("児童手当 認定請求書", &["出生", "転入", "公務員退職", "その他"]),
        16 => allowance("児童手当 額改定請求書", &["増額", "減額", "その他"]),
        17 => (
            "保育所等 利用申込書",
            vec![
                Part::Person("保護者"),
                pairs(&[["児童の氏名", "生年月日"], ["希望する園(第1)", "希望する園(第2)"]]),
                grid(
                    &[
                        ("世帯員の氏名", 4.0),
                        ("続柄", 1.6),
                        ("生年月日", 3.0),
                        ("勤務先・学校", 4.0),
                        ("備考", 3.0),
                    ],
                    4,
                ),
                choice("保育が必要な理由", &["就労", "妊娠", "疾病", "介護", "その他"]),
            ],
        ),
        18 => (
            "就労証明書",
            vec![
                pairs(&[
                    ["事業所の名称", "代表者の氏名"],
                    ["所在地", "電話番号"],
                    ["従業員の氏名", "生年月日"],
                ]),
                choice("雇用の形態", &["正社員", "パート", "派遣", "自営", "その他"]),
                grid(
                    &[
                        ("曜日", 2.0),
                        ("始業", 2.0),
                        ("終業", 2.0),
                        ("休憩", 2.0),
                        ("月の就労日数", 3.0),
                        ("備考", 4.0),
                    ],
                    7,
                ),
            ],
        ),
        19 => (
            "学童クラブ 入会申請書",
            vec![
                Part::Person("保護者"),
                pairs(&[["児童の氏名", "学校・学年"], ["希望するクラブ", "開始年月日"]]),
                grid(
                    &[
                        ("曜日", 1.6),
                        ("下校時刻", 3.0),
                        ("迎えの時刻", 3.0),
                        ("迎えに来る方", 4.0),
                    ],
                    6,
                ),
                Part::Notes(CARE_NOTES),
            ],
        ),
        20 => (
            "就学援助費 受給申請書",
            vec![
                Part::Person("保護者"),
                grid(
                    &[
                        ("児童生徒の氏名", 4.0),
                        ("学校名", 4.0),
                        ("学年", 1.6),
                        ("生年月日", 3.0),
                    ],
                    4,
                ),
                choice("申請の理由", &["生活保護", "児童扶養", "非課税", "その他"]),
                rows(&["世帯の状況"]),
                pairs(&[["金融機関", "支店"], ["口座番号", "口座名義人"]]),
                Part::Notes(CARE_NOTES),
            ],
        ),
        21 => (
            "障害福祉サービス 支給申請書",
            vec![
                Part::Person("申請者"),
                pairs(&[["手帳の種類", "手帳の番号"], ["障害支援区分", "有効期間"]]),
                choice("申請するサービス", &["居宅介護", "生活介護", "短期入所", "就労"]),
                rows(&["相談支援事業所", "利用中のサービス", "主治医", "特記事項"]),
                Part::Notes(CARE_NOTES),
            ],
        ),
        22 => (
            "自立支援医療 支給認定申請書",
            vec![
                Part::Person("受診者"),
                comb("受給者番号", 7),
                choice("申請の区分", &["新規", "再認定", "変更"]),
                rows(&[
                    "医療機関の名称",
                    "医療機関の所在地",
                    "薬局の名称",
                    "訪問看護事業所",
                ]),
                pairs(&[["保険の種類", "記号番号"]]),
                Part::Notes(CARE_NOTES),
            ],
        ),
        23 => (
            "水道使用 開始届",
            vec![
                Part::Person("使用者"),
                comb("水栓番号", 9),
                rows(&["使用する場所", "使用を開始する日", "前の住所"]),
                choice("支払の方法", &["口座振替", "納入通知書", "クレジット"]),
                Part::Notes(CERTIFICATE_NOTES),
            ],
        ),
        24 => (
            "下水道使用料 減免申請書",
            vec![
                Part::Person("使用者"),
                comb("水栓番号", 9),
                choice("減免の事由", &["漏水", "災害", "生活扶助", "その他"]),
                grid(
                    &[
                        ("検針月", 2.4),
                        ("水量", 3.0),
                        ("使用料", 4.0),
                        ("減免を受けようとする額", 4.0),
                    ],
                    4,
                ),
                Part::Notes(TAX_NOTES),
            ],
        ),
        25 => (
            "犬の登録 申請書",
            vec![
                Part::Person("所有者"),
                pairs(&[["犬の名", "犬種"], ["生年月日", "性別"], ["毛色", "体格"]]),
                rows(&["飼育する場所", "前の所有者", "鑑札番号"]),
                Part::Notes(CERTIFICATE_NOTES),
            ],
        ),
        26 => (
            "粗大ごみ処理手数料 減免申請書",
            vec![
                Part::Person("申請者"),
                choice("減免の事由", &["生活扶助", "児童扶養", "災害", "その他"]),
                grid(&[("品目", 5.0), ("数量", 2.0), ("手数料", 3.0), ("備考", 4.0)], 7),
                Part::Notes(TAX_NOTES),
            ],
        ),
        27 => (
            "給与支払報告書(総括表)",
            vec![
                pairs(&[
                    ["給与支払者の名称", "法人番号"],
                    ["所在地", "電話番号"],
                    ["代表者の氏名", "担当者の氏名"],
                ]),
                comb("指定番号", 8),
                grid(
                    &[
                        ("区分", 4.0),
                        ("報告人員", 3.0),
                        ("うち特別徴収", 3.0),
                        ("うち普通徴収", 3.0),
                        ("備考", 3.0),
                    ],
                    5,
                ),
            ],
        ),
        _ => (
            "償却資産 申告書",
            vec![
                pairs(&[["所有者の名称", "法人番号"], ["所在地", "電話番号"]]),
                comb("所有者コード", 10),
                grid(
                    &[
                        ("資産の種類", 4.0),
                        ("前年前の取得価額", 4.0),
                        ("前年中の減少", 4.0),
                        ("前年中の取得", 4.0),
                        ("計", 4.0),
                    ],
                    7,
                ),
            ],
        ),
    };
    Sheet {
        id: format!("f{number:02}"),
        number,
        title,
        year: 7,
        is_wide: matches!(number, 17 | 18 | 27 | 28),
        parts,
    }
}

//! What a fictional person writes in each field of each shipped form.
//!
//! Sums add up, dates are possible, kana belong to names. Keys are those of the blank forms.

use std::collections::BTreeMap;

use rand::seq::IndexedRandom as _;
use rand::{Rng, RngExt as _};

use super::people::{self, Person};
use super::towns;

/// Text as written, by field key; absent = left empty. Several choices are joined by `|`.
pub type Entries = BTreeMap<&'static str, String>;

/// Fills one form.
pub fn entries(form: &str, rng: &mut impl Rng) -> Entries {
    let mut entries = match form {
        "kyuyo_idou" => kyuyo_idou(rng),
        "shiminzei_shinkoku" => shiminzei_shinkoku(rng),
        "kouza_furikae" => kouza_furikae(rng),
        _ => Entries::new(),
    };
    for (code, address) in [("postal_code", "address"), ("payer_postal", "payer_address")] {
        fit_code(&mut entries, code, address);
    }
    entries.retain(|_, text| !text.is_empty());
    entries
}

/// The town's own digits in the place of the drawn ones.
fn fit_code(entries: &mut Entries, code: &str, address: &str) {
    let town_code = entries.get(address).and_then(|address| towns::code_of(address));
    if let (Some(town_code), Some(written)) = (town_code, entries.get_mut(code)) {
        let mut digits = town_code.chars();
        let fitted = |c: char| {
            if c.is_ascii_digit() {
                digits.next().unwrap_or(c)
            } else {
                c
            }
        };
        *written = written.chars().map(fitted).collect();
    }
}

fn pick(rng: &mut impl Rng, words: &[&str]) -> String {
    (*words.choose(rng).expect("the word list is not empty")).to_owned()
}

fn often(rng: &mut impl Rng, share: f64, text: impl Into<String>) -> String {
    if rng.random_bool(share) {
        text.into()
    } else {
        String::new()
    }
}

fn written_date(rng: &mut impl Rng) -> String {
    let (month, day) = (rng.random_range(1..13), rng.random_range(1..29));
    match rng.random_range(0..5) {
        0 => format!("R7.{month}.{day}"),
        _ => format!("令和7年{month}月{day}日"),
    }
}

fn birth(rng: &mut impl Rng, eras: [&str; 3]) -> (String, String) {
    let (era, year) = match rng.random_range(0..10) {
        0..=5 => (eras[0], rng.random_range(20..64)),
        6..=8 => (eras[1], rng.random_range(1..20)),
        _ => (eras[2], rng.random_range(1..8)),
    };
    let date = format!(
        "{year:02}{:02}{:02}",
        rng.random_range(1..13),
        rng.random_range(1..29)
    );
    (era.to_owned(), date)
}

fn several(rng: &mut impl Rng, words: &[&str], share: f64) -> String {
    let chosen: Vec<&str> = words.iter().copied().filter(|_| rng.random_bool(share)).collect();
    chosen.join("|")
}

fn round_amount(rng: &mut impl Rng, most: u64) -> u64 {
    let digits = rng.random_range(4..=most.ilog10());
    let amount = rng.random_range(10_u64.pow(digits)..10_u64.pow(digits + 1).min(most));
    if rng.random_bool(0.6) {
        amount / 100 * 100
    } else {
        amount
    }
}

fn kyuyo_idou(rng: &mut impl Rng) -> Entries {
    let person = Person::draw(rng, None);
    let contact = Person::draw(rng, None);
    let (firm, firm_kana) = people::firm(rng);
    let (era, date) = birth(rng, ["昭和", "平成", "平成"]);
    let annual = rng.random_range(300..9000) * 100_u64;
    let collected = annual / 12 * rng.random_range(0..12) / 100 * 100;
    let left = annual - collected;
    let way = pick(rng, &["特別徴収継続", "一括徴収", "普通徴収"]);
    let month = if way == "一括徴収" {
        format!("{:02}", rng.random_range(1..13))
    } else {
        String::new()
    };
    let moved = format!("07{:02}{:02}", rng.random_range(1..13), rng.random_range(1..29));
    Entries::from([
        ("submit_date", written_date(rng)),
        ("payer_postal", people::digits(rng, 7)),
        ("payer_address", people::address(rng)),
        ("payer_kana", firm_kana),
        ("payer_name", firm),
        ("designated_number", people::digits(rng, 8)),
        ("corporate_number", people::corporate_number(rng)),
        ("contact_name", contact.name()),
        ("contact_phone", people::phone(rng)),
        ("employee_kana", person.kana()),
        ("employee_name", person.name()),
        ("birth_era", era),
        ("birth_date", date),
        ("individual_number", people::individual_number(rng)),
        ("address_january", people::address(rng)),
        (
            "address_after",
            if rng.random_bool(0.3) {
                "同上".to_owned()
            } else {
                people::address(rng)
            },
        ),
        ("move_date", moved),
        ("annual_tax", annual.to_string()),
        ("collected_tax", collected.to_string()),
        ("uncollected_tax", left.to_string()),
        (
            "reason",
            pick(
                rng,
                &["退職", "退職", "転勤", "休職", "長期欠勤", "死亡", "その他"],
            ),
        ),
        ("collection_after", way),
        ("bulk_month", month),
        ("remarks", {
            let note = pick(
                rng,
                &[
                    "転勤先で継続希望",
                    "最終給与で一括徴収済",
                    "本人へ説明済み",
                    "出産のため退職",
                    "定年退職による",
                ],
            );
            often(rng, 0.4, note)
        }),
    ])
}

fn shiminzei_shinkoku(rng: &mut impl Rng) -> Entries {
    let person = Person::draw(rng, None);
    let head_of_house = if rng.random_bool(0.5) {
        person.clone()
    } else {
        Person::draw(rng, Some(&person))
    };
    let relation = if head_of_house.given == person.given {
        "本人".to_owned()
    } else {
        pick(rng, &["妻", "夫", "子", "母", "長男", "長女"])
    };
    let (era, date) = birth(rng, ["昭和", "平成", "大正"]);
    let incomes: Vec<u64> = (0..4)
        .map(|_| {
            if rng.random_bool(0.45) {
                round_amount(rng, 9_000_000)
            } else {
                0
            }
        })
        .collect();
    let deductions = [
        if rng.random_bool(0.8) {
            round_amount(rng, 900_000)
        } else {
            0
        },
        if rng.random_bool(0.5) {
            rng.random_range(100..700) * 100
        } else {
            0
        },
        if rng.random_bool(0.3) {
            round_amount(rng, 500_000)
        } else {
            0
        },
        430_000,
    ];
    let amount = |value: u64| {
        if value == 0 {
            String::new()
        } else {
            value.to_string()
        }
    };
    let home = people::address(rng);
    Entries::from([
        ("submit_year", "8".to_owned()),
        ("submit_month", rng.random_range(1..4).to_string()),
        ("submit_day", rng.random_range(1..29).to_string()),
        (
            "postal_code",
            format!("{}-{}", people::digits(rng, 3), people::digits(rng, 4)),
        ),
        ("phone", people::phone(rng)),
        ("address", home),
        (
            "address_january",
            if rng.random_bool(0.7) {
                "同上".to_owned()
            } else {
                people::address(rng)
            },
        ),
        ("name_kana", person.kana()),
        ("name", person.name()),
        ("birth_era", era),
        ("birth_date", date),
        ("individual_number", people::individual_number(rng)),
        (
            "occupation",
            pick(
                rng,
                &[
                    "会社員",
                    "自営業",
                    "農業",
                    "無職",
                    "パート",
                    "大工",
                    "飲食店経営",
                    "年金受給者",
                    "美容師",
                ],
            ),
        ),
        ("householder", head_of_house.name()),
        ("relation", relation),
        ("income_business", amount(incomes[0])),
        ("income_salary", amount(incomes[1])),
        ("income_pension", amount(incomes[2])),
        ("income_other", amount(incomes[3])),
        ("income_total", incomes.iter().sum::<u64>().to_string()),
        ("deduct_social", amount(deductions[0])),
        ("deduct_life", amount(deductions[1])),
        ("deduct_medical", amount(deductions[2])),
        ("deduct_basic", amount(deductions[3])),
        ("deduct_total", deductions.iter().sum::<u64>().to_string()),
        (
            "own_status",
            several(rng, &["障害者", "寡婦", "ひとり親", "勤労学生", "未成年者"], 0.15),
        ),
        ("spouse", pick(rng, &["有", "無"])),
        ("dependents", {
            let count: u32 = rng.random_range(0..6);
            often(rng, 0.8, format!("{count:02}"))
        }),
        ("collection", {
            let way = pick(rng, &["給与から差引き(特別徴収)", "自分で納付(普通徴収)"]);
            often(rng, 0.8, way)
        }),
        ("remarks", {
            let note = pick(
                rng,
                &[
                    "前年は収入がありませんでした",
                    "遺族年金を受給しています",
                    "医療費の領収書を添付します",
                    "息子の扶養に入っています",
                ],
            );
            often(rng, 0.35, note)
        }),
    ])
}

fn kouza_furikae(rng: &mut impl Rng) -> Entries {
    let person = Person::draw(rng, None);
    let same = rng.random_bool(0.7);
    let holder = if same {
        person.clone()
    } else {
        Person::draw(rng, Some(&person))
    };
    let relation = if same {
        "本人".to_owned()
    } else {
        pick(rng, &["配偶者", "親族", "その他"])
    };
    let mut items = several(
        rng,
        &[
            "市民税・県民税",
            "固定資産税・都市計画税",
            "軽自動車税",
            "国民健康保険税",
            "介護保険料",
            "保育料",
        ],
        0.35,
    );
    if items.is_empty() {
        items.push_str("市民税・県民税");
    }
    Entries::from([
        (
            "application",
            pick(rng, &["新規", "新規", "新規", "変更", "解約"]),
        ),
        ("submit_date", written_date(rng)),
        ("payer_number", people::digits(rng, 10)),
        (
            "postal_code",
            format!("{}-{}", people::digits(rng, 3), people::digits(rng, 4)),
        ),
        ("address", people::address(rng)),
        ("payer_kana", person.kana()),
        ("payer_name", person.name()),
        ("phone", people::phone(rng)),
        (
            "bank_name",
            pick(
                rng,
                &["あさひ野", "みなと中央", "東海浜", "緑原", "白鷺", "北斗", "大和"],
            ),
        ),
        ("bank_kind", pick(rng, &["銀行", "銀行", "信金", "信組", "農協"])),
        (
            "branch_name",
            pick(
                rng,
                &[
                    "本町",
                    "駅前",
                    "桜台",
                    "中央",
                    "南口",
                    "豊田",
                    "富士見",
                    "市役所前",
                ],
            ),
        ),
        ("bank_code", people::digits(rng, 4)),
        ("branch_code", people::digits(rng, 3)),
        ("account_type", pick(rng, &["普通", "普通", "普通", "当座"])),
        (
            "account_number",
            format!("{:07}", rng.random_range(1000..10_000_000)),
        ),
        ("holder_kana", holder.kana()),
        ("holder_name", holder.name()),
        ("tax_items", items),
        ("payment", pick(rng, &["全期前納", "期別納付"])),
        ("start_year", pick(rng, &["07", "08"])),
        ("start_term", format!("{:02}", rng.random_range(1..11))),
        ("holder_relation", relation),
    ])
}

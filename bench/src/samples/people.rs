//! Fictional people, firms and places. Any likeness is chance: the towns do not exist.
//!
//! Owns the word lists and the numbers with valid check digits. Kana always belong to their name.

use rand::seq::IndexedRandom as _;
use rand::{Rng, RngExt as _};

const SURNAMES: &str = "佐藤サトウ 鈴木スズキ 高橋タカハシ 田中タナカ 伊藤イトウ 渡辺ワタナベ 山本ヤマモト 中村ナカムラ 小林コバヤシ 加藤カトウ 吉田ヨシダ 山田ヤマダ 佐々木ササキ 山口ヤマグチ 松本マツモト 井上イノウエ 木村キムラ 清水シミズ 林ハヤシ 斎藤サイトウ 山崎ヤマザキ 森モリ 池田イケダ 橋本ハシモト 阿部アベ 石川イシカワ 石井イシイ 小川オガワ 前田マエダ 岡田オカダ 長谷川ハセガワ 藤田フジタ 後藤ゴトウ 近藤コンドウ 村上ムラカミ 遠藤エンドウ 青木アオキ 坂本サカモト 福田フクダ 太田オオタ 西村ニシムラ 藤井フジイ 岡本オカモト 金子カネコ 中野ナカノ 三浦ミウラ 原田ハラダ 松田マツダ 竹内タケウチ 上田ウエダ 森田モリタ 小野オノ 田村タムラ 中山ナカヤマ 和田ワダ 石田イシダ 工藤クドウ 柴田シバタ 酒井サカイ 宮崎ミヤザキ 内田ウチダ 高木タカギ 安藤アンドウ 谷口タニグチ 大野オオノ 丸山マルヤマ 今井イマイ 河野コウノ 藤原フジワラ 小島コジマ 増田マスダ 平野ヒラノ 千葉チバ 久保クボ 野口ノグチ 菅原スガワラ 新井アライ 渡部ワタベ 桜井サクライ 杉山スギヤマ 大塚オオツカ 永井ナガイ 望月モチヅキ 矢野ヤノ 榎本エノモト";
const GIVEN: &str = "太郎タロウ 一郎イチロウ 健太ケンタ 大輔ダイスケ 翔太ショウタ 拓也タクヤ 直樹ナオキ 和也カズヤ 隆タカシ 誠マコト 浩一コウイチ 正樹マサキ 健一ケンイチ 修オサム 勇気ユウキ 亮リョウ 学マナブ 徹トオル 秀樹ヒデキ 義男ヨシオ 清キヨシ 勝利カツトシ 三郎サブロウ 裕介ユウスケ 陽介ヨウスケ 蓮レン 悠斗ユウト 大和ヤマト 湊ミナト 花子ハナコ 陽子ヨウコ 恵子ケイコ 京子キョウコ 幸子サチコ 美咲ミサキ 愛アイ 由美子ユミコ 真由美マユミ 久美子クミコ 千春チハル 明美アケミ 直美ナオミ 智子トモコ 裕子ユウコ 洋子ヨウコ 純子ジュンコ 春香ハルカ 彩アヤ 優子ユウコ 麻衣マイ 桜サクラ 葵アオイ 結衣ユイ 凛リン 静江シズエ 文子フミコ 節子セツコ 良子リョウコ 和子カズコ 弘ヒロシ 進ススム 豊ユタカ 茂シゲル 実ミノル 昭アキラ 光男ミツオ 敏行トシユキ 哲也テツヤ 雅人マサト 孝タカシ";
/// Cities, the fictional one of the forms most often.
pub const CITIES: &[&str] = &[
    "あさひ野市",
    "あさひ野市",
    "あさひ野市",
    "緑原市",
    "白鷺市",
    "東海浜市",
    "桜見町",
];
/// Towns; every city has each of them.
pub const TOWNS: &[&str] = &[
    "本町",
    "栄町",
    "緑ヶ丘",
    "桜台",
    "中央",
    "若葉台",
    "泉町",
    "大和田町",
    "富士見町",
    "北原",
    "南平",
    "朝日町",
    "川辺",
    "松原",
    "高砂",
    "旭が丘",
    "新町",
    "豊田",
    "石田",
    "神明",
    "平山",
    "宮前",
    "西の原",
    "上野原",
    "日の出町",
    "末広",
    "千歳台",
    "寿町",
    "元宿",
    "柳沢",
];
const BUILDINGS: &[&str] = &[
    "メゾン桜",
    "コーポ旭",
    "グリーンハイツ",
    "サンライズ豊田",
    "第二若葉荘",
    "パークサイド泉",
    "ハイム川辺",
    "市営住宅",
];
const FIRMS: &[(&str, &str)] = &[
    ("あさひ製作所", "アサヒセイサクショ"),
    ("緑原運輸", "ミドリハラウンユ"),
    ("白鷺建設", "シラサギケンセツ"),
    ("東海浜食品", "ヒガシカイヒンショクヒン"),
    ("桜見電機", "サクラミデンキ"),
    ("大和田商店", "オオワダショウテン"),
    ("若葉会計事務所", "ワカバカイケイジムショ"),
    ("北原精密工業", "キタハラセイミツコウギョウ"),
    ("みどり介護サービス", "ミドリカイゴサービス"),
    ("富士見印刷", "フジミインサツ"),
    ("川辺自動車整備", "カワベジドウシャセイビ"),
    ("泉町歯科医院", "イズミチョウシカイイン"),
    ("ひまわり保育園", "ヒマワリホイクエン"),
    ("松原不動産", "マツバラフドウサン"),
    ("高砂クリーニング", "タカサゴクリーニング"),
    ("日の出システム開発", "ヒノデシステムカイハツ"),
];
const FIRM_KINDS: &[(&str, &str)] = &[
    ("株式会社", "カブシキガイシャ"),
    ("有限会社", "ユウゲンガイシャ"),
    ("合同会社", "ゴウドウガイシャ"),
    ("", ""),
];

/// A made-up person.
#[derive(Clone, Debug)]
pub struct Person {
    /// 氏.
    pub surname: String,
    /// 名.
    pub given: String,
    /// 氏 in katakana.
    pub surname_kana: String,
    /// 名 in katakana.
    pub given_kana: String,
}

impl Person {
    /// Draws one; `surname` keeps the family.
    pub fn draw(rng: &mut impl Rng, family: Option<&Self>) -> Self {
        let (surname, surname_kana) = family.map_or_else(
            || pick_pair(rng, SURNAMES),
            |f| (f.surname.clone(), f.surname_kana.clone()),
        );
        let (given, given_kana) = pick_pair(rng, GIVEN);
        Self {
            surname,
            given,
            surname_kana,
            given_kana,
        }
    }

    /// As written in a 氏名 field.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.surname, self.given)
    }

    /// As written in a フリガナ field.
    #[must_use]
    pub fn kana(&self) -> String {
        format!("{} {}", self.surname_kana, self.given_kana)
    }
}

fn pick_pair(rng: &mut impl Rng, words: &str) -> (String, String) {
    let all: Vec<&str> = words.split(' ').collect();
    let word = all.choose(rng).expect("the word list is not empty");
    let kana = word.find(|c: char| ('ァ'..='ヺ').contains(&c)).unwrap_or(0);
    (word[..kana].to_owned(), word[kana..].to_owned())
}

fn one<'a>(rng: &mut impl Rng, words: &[&'a str]) -> &'a str {
    words.choose(rng).expect("the word list is not empty")
}

/// An address, written one of the usual ways.
pub fn address(rng: &mut impl Rng) -> String {
    let (city, town) = (one(rng, CITIES), one(rng, TOWNS));
    let [a, b, c] = [
        rng.random_range(1..8),
        rng.random_range(1..40),
        rng.random_range(1..25),
    ];
    let place = match rng.random_range(0..5) {
        0 => format!("{city}{town}{a}丁目{b}番{c}号"),
        1 => format!("{city}{town}{a}丁目{b}番地の{c}"),
        2 => format!("{city}{town}{}番地", a * 100 + b),
        _ => format!("{city}{town}{a}-{b}-{c}"),
    };
    if !rng.random_bool(0.3) {
        return place;
    }
    let room = rng.random_range(1..9) * 100 + rng.random_range(1..16);
    let suffix = if rng.random_bool(0.5) { "号室" } else { "" };
    format!("{place} {}{room}{suffix}", one(rng, BUILDINGS))
}

/// A firm's name and its kana.
pub fn firm(rng: &mut impl Rng) -> (String, String) {
    let (name, kana) = FIRMS.choose(rng).expect("the word list is not empty");
    let (kind, kind_kana) = FIRM_KINDS.choose(rng).expect("the word list is not empty");
    (
        format!("{kind}{name}"),
        format!("{kind_kana} {kana}").trim().to_owned(),
    )
}

/// `count` random digits, the first not 0.
pub fn digits(rng: &mut impl Rng, count: usize) -> String {
    (0..count)
        .map(|index| char::from(b'0' + rng.random_range(u8::from(index == 0)..10)))
        .collect()
}

/// A phone number with hyphens.
pub fn phone(rng: &mut impl Rng) -> String {
    match rng.random_range(0..3) {
        0 => format!("042-{}-{}", digits(rng, 3), digits(rng, 4)),
        1 => format!(
            "0{}0-{}-{}",
            rng.random_range(7..10),
            digits(rng, 4),
            digits(rng, 4)
        ),
        _ => format!("03-{}-{}", digits(rng, 4), digits(rng, 4)),
    }
}

/// 個人番号: 11 random digits and the check digit of the ordinance (令和元年総務省令, weights
/// 6 5 4 3 2 7 6 5 4 3 2, modulus 11).
pub fn individual_number(rng: &mut impl Rng) -> String {
    const WEIGHTS: [u32; 11] = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
    let body = digits(rng, 11);
    let sum: u32 = body
        .bytes()
        .zip(WEIGHTS)
        .map(|(d, w)| u32::from(d - b'0') * w)
        .sum();
    let rest = sum % 11;
    let check = if rest <= 1 { 0 } else { 11 - rest };
    format!("{body}{check}")
}

/// 法人番号: the check digit (modulus 9) before 12 digits.
pub fn corporate_number(rng: &mut impl Rng) -> String {
    let body = digits(rng, 12);
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, d)| u32::from(d - b'0') * if index % 2 == 0 { 1 } else { 2 })
        .sum();
    format!("{}{body}", 9 - sum % 9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn every_name_has_its_kana() {
        for word in SURNAMES.split(' ').chain(GIVEN.split(' ')) {
            let kana = word
                .find(|c: char| ('ァ'..='ヺ').contains(&c))
                .expect("kana in every entry");
            assert!(
                kana > 0 && word[kana..].chars().all(|c| ('ァ'..='ヺ').contains(&c)),
                "{word}"
            );
        }
    }

    #[test]
    fn published_check_digits() {
        // The example of the National Tax Agency: 700110005901 has check digit 8.
        let sum = |body: &str| -> u32 {
            body.bytes()
                .rev()
                .enumerate()
                .map(|(i, d)| u32::from(d - b'0') * if i % 2 == 0 { 1 } else { 2 })
                .sum()
        };
        assert_eq!(9 - sum("700110005901") % 9, 8);
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        assert_eq!(individual_number(&mut rng).len(), 12);
        assert_eq!(corporate_number(&mut rng).len(), 13);
    }
}

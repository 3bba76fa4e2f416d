//! Which kanji a Japanese desk expects: JIS X 0208 level 1 and the name kanji seen beside it.
//!
//! The recogniser knows 15,565 kanji, most of them Chinese; restricting it to these lifts exact kanji
//! fields from .77 to .82 (MODELS.md §2). The table is generated from the EUC-JP code rows.

/// Forms of names outside level 1 that family registers carry often.
const NAME_KANJI: &str = "髙﨑邊邉齋齊澤眞凛凜彌祐靖濵瀧德榮櫻國惠廣澁嶋槇琉璃翔颯";

/// The characters of JIS X 0208 rows `first..end` (1–94).
fn rows(first: u8, end: u8) -> impl Iterator<Item = char> {
    (first..end).flat_map(|row| {
        (1..95_u8).filter_map(move |cell| {
            let code = [row + 0xA0, cell + 0xA0];
            let (text, _, broken) = encoding_rs::EUC_JP.decode(&code);
            let mut chars = text.chars();
            match (broken, chars.next(), chars.next()) {
                (false, Some(one), None) => Some(one),
                _ => None,
            }
        })
    })
}

/// Kanji of level 1 (rows 16–47), the name kanji and the repetition marks.
pub(crate) fn kanji() -> Vec<char> {
    rows(16, 48)
        .chain(NAME_KANJI.chars())
        .chain("々〆〇".chars())
        .collect()
}

/// Hiragana and katakana (rows 4 and 5) with the long vowel mark.
pub(crate) fn kana() -> Vec<char> {
    rows(4, 6).chain("ヶヵー".chars()).collect()
}

/// A printed or wrongly chosen form (mostly Chinese) → the Japanese character meant by it.
pub(crate) const VARIANTS: &[(char, &str)] = &[
    ('日', "曰"),
    ('宮', "宫"),
    ('願', "顾"),
    ('義', "义"),
    ('結', "结"),
    ('町', "两"),
    ('緑', "绿"),
    ('千', "干"),
    ('豊', "豐"),
    ('会', "會"),
    ('戸', "户戶"),
    ('黒', "黑"),
    ('徳', "德"),
    ('歩', "步"),
    ('渋', "涩"),
    ('沢', "泽"),
    ('浜', "滨"),
    ('辺', "边"),
    ('関', "关"),
    ('東', "东"),
    ('長', "长"),
    ('岡', "冈"),
    ('島', "岛"),
    ('馬', "马"),
    ('鳥', "鸟"),
    ('陽', "阳"),
    ('優', "优"),
    ('紀', "纪"),
    ('純', "纯"),
    ('組', "组"),
    ('給', "给"),
    ('経', "经經"),
    ('絵', "绘繪"),
    ('総', "总總"),
    ('営', "营營"),
    ('業', "业"),
    ('務', "务"),
    ('記', "记"),
    ('説', "说說"),
    ('門', "门"),
    ('間', "间"),
    ('開', "开"),
    ('収', "收"),
    ('税', "稅"),
    ('済', "济濟"),
    ('広', "广"),
    ('直', "直"),
    ('真', "真"),
    ('別', "别"),
    ('角', "⻆"),
    ('産', "产產"),
    ('勤', "勒"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_one_has_its_2965_kanji() {
        assert_eq!(rows(16, 48).count(), 2965);
        for expected in ['亜', '腕', '一', '髙', '﨑', '々'] {
            assert!(kanji().contains(&expected), "{expected}");
        }
        assert!(!kanji().contains(&'弌'), "level 2 starts there");
    }

    #[test]
    fn kana_are_both_scripts() {
        for expected in ['あ', 'ん', 'ア', 'ヴ', 'ー'] {
            assert!(kana().contains(&expected), "{expected}");
        }
    }
}

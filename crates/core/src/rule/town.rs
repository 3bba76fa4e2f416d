//! 郵便番号 and 住所 against a master of towns that the city supplies.
//!
//! The master has the columns of [`COLUMNS`], one row per postal code and town. Its source is 日本郵便's
//! public list (郵便番号データ), in which a town may have several codes and a code several towns.

use unicode_normalization::UnicodeNormalization as _;

use crate::master::Master;

/// Columns of a master of towns.
pub const COLUMNS: [&str; 4] = ["郵便番号", "都道府県", "市区町村", "町名"];

/// What the master says of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Postal code and town belong together.
    Fits,
    /// Both are known and do not belong together.
    Differs,
    /// The address is in a city of the master, its town is not.
    UnknownTown,
    /// The master cannot say: an address or a code outside its cities, or 同上.
    Outside,
}

/// Towns of some cities.
#[derive(Clone, Debug, Default)]
pub struct Towns {
    rows: Vec<Town>,
}

#[derive(Clone, Debug)]
struct Town {
    code: String,
    prefecture: String,
    city: String,
    town: String,
}

impl Towns {
    /// From a master; `None` when a column is missing.
    #[must_use]
    pub fn of(master: &Master) -> Option<Self> {
        let [code, prefecture, city, town] = COLUMNS.map(|column| master.column(column));
        let cells = code?.zip(prefecture?).zip(city?.zip(town?));
        let rows = cells.map(|((code, prefecture), (city, town))| Town {
            code: digits(code),
            prefecture: plain(prefecture),
            city: plain(city),
            town: plain(town),
        });
        Some(Self { rows: rows.collect() })
    }

    /// The ways in which an address of these cities begins: with and without 都道府県 and 市区町村. A town that
    /// its city's name begins with (日野 of 日野市) needs the city before it.
    pub fn beginnings(&self) -> impl Iterator<Item = String> {
        self.rows
            .iter()
            .filter(|row| !row.town.is_empty())
            .flat_map(move |row| {
                let stands_alone = !self.rows.iter().any(|other| other.city.starts_with(&row.town));
                let with_city = format!("{}{}", row.city, row.town);
                [
                    Some(format!("{}{with_city}", row.prefecture)),
                    Some(with_city),
                    stands_alone.then(|| row.town.clone()),
                ]
            })
            .flatten()
    }

    /// The postal codes that an address can have; `None` when it is in none of these towns.
    fn codes(&self, address: &str) -> Option<Vec<&str>> {
        let matched = |row: &&Town| !row.town.is_empty() && row.rest_of(address).is_some();
        // 南平 does not stand for 南平台: the longest town that fits is meant.
        let longest = self.rows.iter().filter(matched).map(|row| row.town.len()).max()?;
        let codes = self
            .rows
            .iter()
            .filter(matched)
            .filter(|row| row.town.len() == longest);
        Some(codes.map(|row| row.code.as_str()).collect())
    }

    /// Judges a pair.
    #[must_use]
    pub fn judge(&self, postal_code: &str, address: &str) -> Verdict {
        let (code, address) = (digits(postal_code), plain(address));
        match self.codes(&address) {
            Some(codes) if code.is_empty() || codes.contains(&code.as_str()) => Verdict::Fits,
            // A large office has its own code (個別番号), which no list of towns holds.
            Some(_)
                if code.len() != 7 || (is_office(&code) && !self.rows.iter().any(|row| row.code == code)) =>
            {
                Verdict::Outside
            }
            Some(_) => Verdict::Differs,
            None if self
                .rows
                .iter()
                .any(|row| !row.city.is_empty() && address.contains(&row.city)) =>
            {
                Verdict::UnknownTown
            }
            None => Verdict::Outside,
        }
    }
}

/// 個別番号 have 8 or 9 as their fourth digit (日本郵便「大口事業所個別番号」: 191-8686).
fn is_office(code: &str) -> bool {
    code.as_bytes().get(3).is_some_and(|digit| *digit >= b'8')
}

impl Town {
    /// What follows the town in an address that begins with it.
    fn rest_of<'a>(&self, address: &'a str) -> Option<&'a str> {
        let without = |text: &'a str, part: &str| text.strip_prefix(part).unwrap_or(text);
        let rest = without(without(address, &self.prefecture), &self.city);
        let rest = rest.strip_prefix("大字").unwrap_or(rest);
        rest.strip_prefix(self.town.as_str())
    }
}

/// As the columns are compared: NFKC without white space, ケ of a place name as ヶ.
fn plain(text: &str) -> String {
    let folded = |c: char| if c == 'ケ' { 'ヶ' } else { c };
    text.nfkc().filter(|c| !c.is_whitespace()).map(folded).collect()
}

fn digits(text: &str) -> String {
    text.nfkc().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hino() -> Towns {
        let text = include_str!("../../../../pipelines/forms/hino_towns.csv");
        Towns::of(&Master::parse(text).expect("the shipped master")).expect("its columns")
    }

    #[test]
    fn codes_and_towns_of_hino() {
        let towns = hino();
        for (code, address, verdict) in [
            ("191-0016", "日野市神明1-12-1", Verdict::Fits),
            ("1910016", "東京都日野市神明１丁目", Verdict::Fits),
            ("1910062", "多摩平4-3-1", Verdict::Fits),
            ("1910065", "日野市旭が丘6-6", Verdict::Fits),
            ("1910012", "日野市大字日野421", Verdict::Fits),
            ("1910003", "日野市日野台3-1-1", Verdict::Fits),
            ("", "日野市日野台3-1-1", Verdict::Fits),
            ("1918686", "日野市神明1-12-1", Verdict::Outside),
            ("1910012", "日野市日野台3-1-1", Verdict::Differs),
            ("1910062", "日野市神明1-12-1", Verdict::Differs),
            ("1920046", "日野市神明1-12-1", Verdict::Differs),
            ("1910016", "日野市榊明1-12-1", Verdict::UnknownTown),
            ("1920046", "八王子市明神町1-1", Verdict::Outside),
            ("", "同上", Verdict::Outside),
        ] {
            assert_eq!(towns.judge(code, address), verdict, "{code} {address}");
        }
    }

    #[test]
    fn a_master_without_its_columns_is_none() {
        assert!(Towns::of(&Master::parse("町名\n神明\n").expect("a table")).is_none());
    }

    proptest! {
        #[test]
        fn every_town_fits_its_own_code(at in 0usize..100, number in "[0-9]{1,3}-[0-9]{1,2}") {
            let towns = hino();
            let row = &towns.rows[at % towns.rows.len()];
            let address = format!("{}{}{number}", row.city, row.town);
            prop_assert_eq!(towns.judge(&row.code, &address), Verdict::Fits);
        }

        #[test]
        fn no_text_panics(code in "\\PC{0,9}", address in "[日野市神明南平台1-9]{0,9}|\\PC{0,9}") {
            let _ = hino().judge(&code, &address);
        }
    }
}

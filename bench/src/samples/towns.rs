//! The postal codes of the fictional towns, as a master beside the shipped forms.
//!
//! Promise: every address that `people` draws has a code here; the codes are of a range that 日本郵便 has
//! given to no town.

use std::fmt::Write as _;

use shoki_core::rule::town::COLUMNS;

use super::people::{CITIES, TOWNS};

/// Name of the master's file.
pub const FILE: &str = "asahino_towns.csv";

/// The master.
#[must_use]
pub fn csv() -> String {
    let mut text = format!("{}\n", COLUMNS.join(","));
    for (city, town, code) in rows() {
        writeln!(text, "{}-{},,{city},{town}", &code[..3], &code[3..]).expect("a string grows");
    }
    text
}

/// The code of an address, seven digits.
#[must_use]
pub fn code_of(address: &str) -> Option<String> {
    let fits = |(city, town, _): &(&str, &str, String)| {
        address
            .strip_prefix(city)
            .is_some_and(|rest| rest.starts_with(town))
    };
    rows().find(fits).map(|(.., code)| code)
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str, String)> {
    let mut cities = CITIES.to_vec();
    cities.dedup();
    cities.into_iter().zip(1..).flat_map(|(city, number)| {
        TOWNS
            .iter()
            .zip(1..)
            .map(move |(town, place)| (city, *town, format!("189{number}{place:03}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use shoki_core::master::Master;
    use shoki_core::rule::town::{Towns, Verdict};

    #[test]
    fn every_drawn_address_has_its_code() {
        let towns = Towns::of(&Master::parse(&csv()).expect("a table")).expect("its columns");
        let mut rng: rand_chacha::ChaCha8Rng = rand::SeedableRng::seed_from_u64(5);
        for _ in 0..200 {
            let address = super::super::people::address(&mut rng);
            let code = code_of(&address).expect("a code");
            assert_eq!(towns.judge(&code, &address), Verdict::Fits, "{address}");
        }
    }
}

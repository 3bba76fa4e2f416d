//! What each grammar accepts and refuses: the types, patterns, words and addresses.

use std::sync::Arc;

use super::*;
use crate::form::{Lexicon, MmBox};
use crate::master::Master;
use proptest::prelude::*;

fn field(kind: FieldType) -> FieldDefinition {
    FieldDefinition::new("f", "欄", kind, MmBox::from([0.0, 0.0, 10.0, 10.0]))
}

fn grammar(field: &FieldDefinition) -> Grammar {
    let hino = include_str!("../../../pipelines/forms/hino_towns.csv");
    let masters = Masters::from([(
        "towns.csv".to_owned(),
        Arc::new(Master::parse(hino).expect("shipped")),
    )]);
    Grammar::of(field, &masters).expect("right").expect("a grammar")
}

fn accepts(field: &FieldDefinition, text: &str) -> bool {
    let grammar = grammar(field);
    let mut state = grammar.start();
    for c in text.chars() {
        match grammar.step(state, c, &normal_form(field.kind, &c.to_string())) {
            Some(next) => state = next,
            None => return false,
        }
    }
    grammar.is_end(state)
}

#[test]
fn the_types_and_their_ways_of_writing() {
    use FieldType as T;
    let boxes = |kind, cells| FieldDefinition {
        cells: Some(cells),
        ..field(kind)
    };
    for (field, right, wrong) in [
        (field(T::WarekiDate), "令和7年4月1日", "令和7年4月日"),
        (field(T::WarekiDate), "R7.12.31", "R7.13.31"),
        (field(T::WarekiDate), "平成元年1月8日", "平成年1月8日"),
        (boxes(T::WarekiDate, 6), "070431", "071331"),
        (boxes(T::WarekiDate, 7), "5070401", "6070401"),
        (field(T::Amount), "1,234,567", "1,23"),
        (field(T::Amount), "1234567", ",123"),
        (boxes(T::Amount, 8), "1200", "0120"),
        (field(T::PostalCode), "191-0016", "191-001"),
        (field(T::Phone), "042-585-1111", "042-585-111"),
        (field(T::Phone), "(042)585-1111", "(042585-1111"),
        (field(T::Phone), "090-1234-5678", "090-1234-567-8"),
        (field(T::Phone), "585-1111", "0"),
        (boxes(T::Account, 7), "0012345", "00123456"),
        (boxes(T::Number, 2), "08", "008"),
        (field(T::CorporateNumber), "7000012050002", "0000012050002"),
    ] {
        assert!(accepts(&field, right), "{:?} {right}", field.kind);
        assert!(!accepts(&field, wrong), "{:?} {wrong}", field.kind);
    }
    assert!(
        Grammar::of(&boxes(T::Kana, 9), &Masters::new())
            .expect("none")
            .is_none()
    );
}

#[test]
fn a_pattern_of_ones_own_is_over_the_normal_form() {
    let codes = FieldDefinition {
        pattern: Some("191[0-9]{4}".into()),
        ..field(FieldType::PostalCode)
    };
    assert!(accepts(&codes, "191-0016") && accepts(&codes, "1910016"));
    assert!(!accepts(&codes, "192-0016") && !accepts(&codes, "1910-016"));
    assert!(grammar(&codes).accepts_value("1910016"));
    let broken = FieldDefinition {
        pattern: Some("(".into()),
        ..field(FieldType::Name)
    };
    assert!(matches!(
        Grammar::of(&broken, &Masters::new()),
        Err(GrammarError::Pattern(_))
    ));
    // Not the longest alternative first: both are accepted.
    assert!(Grammar::of_pattern("a|ab").expect("right").accepts_value("ab"));
}

#[test]
fn words_of_a_master_end_and_addresses_only_begin_with_them() {
    let towns = |kind| FieldDefinition {
        lexicon: Some(Lexicon {
            file: "towns.csv".into(),
            column: "町名".into(),
        }),
        ..field(kind)
    };
    let words = towns(FieldType::FreeText);
    assert!(accepts(&words, "神明") && !accepts(&words, "神") && !accepts(&words, "神明1"));
    let address = towns(FieldType::Address);
    for right in [
        "日野市神明1-12-1",
        "東京都日野市多摩平4丁目",
        "神明",
        "豊田3番地 コーポ旭",
    ] {
        assert!(accepts(&address, right), "{right}");
    }
    assert!(!accepts(&address, "日野市榊明1-12-1") && !accepts(&address, "日野市"));
    assert!(grammar(&address).is_master());
    let missing = FieldDefinition {
        lexicon: Some(Lexicon {
            file: "towns.csv".into(),
            column: "村".into(),
        }),
        ..field(FieldType::FreeText)
    };
    assert!(matches!(
        Grammar::of(&missing, &Masters::new()),
        Err(GrammarError::Column { .. })
    ));
}

proptest! {
    #[test]
    fn every_written_day_of_the_calendar_passes(days in 0i32..70_000) {
        let day = jiff::civil::date(1873, 1, 1).checked_add(jiff::Span::new().days(days)).expect("a day");
        let text = crate::wareki::written(day).expect("after 1873");
        prop_assert!(accepts(&field(FieldType::WarekiDate), &text), "{}", text);
    }

    #[test]
    fn every_amount_passes_with_and_without_commas(value in 0i64..1_000_000_000_000) {
        prop_assert!(accepts(&field(FieldType::Amount), &value.to_string()));
        prop_assert!(accepts(&field(FieldType::Amount), &crate::rule::amount::grouped(value)));
    }

    #[test]
    fn what_is_no_phone_number_of_ten_or_eleven_digits_does_not_pass_as_one(text in "0[1-9][0-9]{6,11}") {
        let passes = accepts(&field(FieldType::Phone), &text);
        if crate::rule::phone::fault(&text).is_none() {
            prop_assert!(passes, "{} is a number", text);
        }
    }
}

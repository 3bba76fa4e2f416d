//! A page of made values under each kind of rule: what is broken, what is chosen, what is said.

use super::*;
use crate::form::{Blank, FieldDefinition, FieldType, MmBox};
use crate::master::Master;
use crate::reading::Candidate;
use proptest::prelude::*;

fn form(rules: Vec<Rule>) -> FormDefinition {
    use FieldType as T;
    let area = MmBox::from([0.0, 0.0, 10.0, 10.0]);
    let field = |key: &str, label: &str, kind| FieldDefinition::new(key, label, kind, area);
    let mut number = field("number", "個人番号", T::IndividualNumber);
    number.sensitive = true;
    FormDefinition {
        check: crate::review::CheckPolicy::default(),
        accept: crate::acceptance::AcceptTerms::default(),
        outputs: Vec::new(),
        id: "f".into(),
        name: "様式".into(),
        version: 1,
        blank: Blank {
            file: "f.png".into(),
            page: 1,
            width_mm: 210.0,
            height_mm: 297.0,
        },
        fields: vec![
            field("a", "年税額", T::Amount),
            field("b", "徴収済額", T::Amount),
            field("c", "未徴収税額", T::Amount),
            field("era", "元号", T::Circle),
            field("day", "生年月日", T::WarekiDate),
            field("moved", "異動年月日", T::WarekiDate),
            field("way", "徴収方法", T::Circle),
            field("month", "徴収月", T::Number),
            field("kana", "フリガナ", T::Kana),
            field("name", "氏名", T::Name),
            field("code", "郵便番号", T::PostalCode),
            field("address", "住所", T::Address),
            number,
        ],
        rules,
    }
}

fn book(rules: Vec<Rule>) -> RuleBook {
    let towns = include_str!("../../../../pipelines/forms/hino_towns.csv");
    let towns = Master::parse(towns).expect("the shipped master");
    let masters = Masters::from([("towns.csv".to_owned(), std::sync::Arc::new(towns))]);
    RuleBook::new(&form(rules), &masters)
}

fn readings(values: &[(&str, &str)]) -> BTreeMap<String, FieldReading> {
    let sure = |text: &str| FieldReading {
        text: text.to_owned(),
        state: FieldState::Sure,
        reasons: Vec::new(),
        explanations: Vec::new(),
        candidates: vec![Candidate {
            text: text.to_owned(),
            score: 1.0,
        }],
        signals: None,
    };
    values
        .iter()
        .map(|(key, text)| ((*key).to_owned(), sure(text)))
        .collect()
}

fn doubted(readings: &mut BTreeMap<String, FieldReading>, key: &str, others: &[&str]) {
    let reading = readings.get_mut(key).expect("there");
    reading.add(Reason::Disagreement);
    reading.candidates.extend(others.iter().map(|text| Candidate {
        text: (*text).to_owned(),
        score: 0.2,
    }));
}

fn difference() -> Rule {
    Rule::Sum {
        is: Equation::parse("c = a - b").expect("an equation"),
    }
}

fn broken(rule: Rule, values: &[(&str, &str)]) -> Option<String> {
    let readings = readings(values);
    let found = book(vec![rule]).broken(&value_of(&readings));
    found.into_iter().next().map(|broken| broken.sentence_ja)
}

#[test]
fn a_broken_sum_flags_its_fields_and_names_the_rule() {
    let mut page = readings(&[("a", "1000"), ("b", "300"), ("c", "710"), ("name", "山田")]);
    book(vec![difference()]).apply(&mut page);
    for key in ["a", "b", "c"] {
        assert_eq!(
            (page[key].state, page[key].reasons.as_slice()),
            (FieldState::Check, &[Reason::RuleBroken][..])
        );
    }
    assert_eq!(
        page["c"].explanations,
        [
            "検算 「未徴収税額」=「年税額」−「徴収済額」 という決まりに合いません(1,000 − 300 = 700、記入は 710)"
        ]
    );
    assert_eq!(
        (page["name"].state, page["name"].explanations.len()),
        (FieldState::Sure, 0)
    );
    for right in [
        ["1000", "300", "700"],
        ["1000", "", "1000"],
        ["", "", ""],
        ["0", "500", "-500"],
    ] {
        let values = [("a", right[0]), ("b", right[1]), ("c", right[2])];
        assert_eq!(broken(difference(), &values), None, "{right:?}");
    }
}

#[test]
fn the_only_candidate_that_satisfies_the_rules_is_chosen_and_said() {
    let mut page = readings(&[("a", "1000"), ("b", "300"), ("c", "710")]);
    doubted(&mut page, "c", &["700", "770"]);
    book(vec![difference()]).apply(&mut page);
    let chosen = &page["c"];
    assert_eq!((chosen.text.as_str(), chosen.state), ("700", FieldState::Check));
    assert_eq!(chosen.reasons, [Reason::Disagreement, Reason::ChosenByRule]);
    assert_eq!(
        chosen.explanations[1],
        "決まりに合う候補が一つだけだったので選びました"
    );
    let offered: Vec<&str> = chosen.candidates.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(offered, ["700", "710", "770"]);
    assert_eq!(page["a"].state, FieldState::Sure);
}

#[test]
fn two_ways_out_or_a_value_all_agree_on_change_nothing() {
    let mut page = readings(&[("a", "1000"), ("b", "300"), ("c", "710")]);
    doubted(&mut page, "c", &["700"]);
    doubted(&mut page, "a", &["1010"]);
    book(vec![difference()]).apply(&mut page);
    assert_eq!(
        (page["c"].text.as_str(), page["a"].text.as_str()),
        ("710", "1000")
    );
    assert!(page["c"].reasons.contains(&Reason::RuleBroken));

    let mut page = readings(&[("a", "1000"), ("b", "300"), ("c", "710")]);
    page.get_mut("c").expect("there").candidates.push(Candidate {
        text: "700".into(),
        score: 0.01,
    });
    book(vec![difference()]).apply(&mut page);
    assert_eq!(
        (page["c"].text.as_str(), page["c"].state),
        ("710", FieldState::Check)
    );

    // Another rule of the same field forbids the only way out.
    let range = Rule::Range {
        field: "c".into(),
        least: Some(705),
        most: None,
    };
    let mut page = readings(&[("a", "1000"), ("b", "300"), ("c", "710")]);
    doubted(&mut page, "c", &["700"]);
    book(vec![difference(), range]).apply(&mut page);
    assert_eq!(page["c"].text, "710");
}

#[test]
fn an_unreadable_field_leaves_its_rules_open() {
    let mut page = readings(&[("a", "1000"), ("b", ""), ("c", "710")]);
    page.get_mut("b").expect("there").state = FieldState::Unreadable;
    book(vec![difference()]).apply(&mut page);
    assert_eq!(page["c"].state, FieldState::Sure);
}

#[test]
fn dates_by_their_era_and_their_order() {
    let parts = |parts: &[&str]| DateParts(parts.iter().map(|part| (*part).to_owned()).collect());
    let date = || Rule::Date {
        date: parts(&["era", "day"]),
    };
    assert_eq!(broken(date(), &[("era", "昭和"), ("day", "640107")]), None);
    let sentence = broken(date(), &[("era", "昭和"), ("day", "640108")]).expect("outside");
    assert!(sentence.contains("その元号にない日です"), "{sentence}");
    assert_eq!(broken(date(), &[("era", "昭和"), ("day", "")]), None);
    assert_eq!(broken(date(), &[("era", ""), ("day", "450101")]), None);
    let order = || Rule::DateOrder {
        earlier: parts(&["era", "day"]),
        later: parts(&["令和", "moved"]),
    };
    assert_eq!(
        broken(
            order(),
            &[("era", "平成"), ("day", "310430"), ("moved", "010501")]
        ),
        None
    );
    let sentence = broken(
        order(),
        &[("era", "令和"), ("day", "080401"), ("moved", "070401")],
    )
    .expect("later");
    assert!(sentence.contains("令和8年4月1日 と 令和7年4月1日"), "{sentence}");
    let three = Rule::Date {
        date: parts(&["令和", "a", "b", "c"]),
    };
    assert!(broken(three, &[("a", "7"), ("b", "2"), ("c", "29")]).is_some());
}

#[test]
fn the_other_kinds() {
    let range = || Rule::Range {
        field: "month".into(),
        least: Some(1),
        most: Some(12),
    };
    assert_eq!(broken(range(), &[("month", "12")]), None);
    assert_eq!(broken(range(), &[("month", "07")]), None);
    assert!(broken(range(), &[("month", "13")]).is_some());
    let required = || Rule::RequiredIf {
        field: "month".into(),
        when: "way".into(),
        is: vec!["一括徴収".into()],
    };
    assert_eq!(broken(required(), &[("way", "普通徴収"), ("month", "")]), None);
    assert_eq!(broken(required(), &[("way", "一括徴収"), ("month", "06")]), None);
    let sentence = broken(required(), &[("way", "一括徴収"), ("month", "")]).expect("missing");
    assert_eq!(
        sentence,
        "「徴収方法」が「一括徴収」なら「徴収月」を記入 という決まりに合いません(記入がありません)"
    );
    let kana = || Rule::Kana {
        field: "kana".into(),
        name: "name".into(),
    };
    assert_eq!(
        broken(kana(), &[("kana", "ヤマダタロウ"), ("name", "山田太郎")]),
        None
    );
    assert!(broken(kana(), &[("kana", "ヤマグタロウ"), ("name", "山田太郎")]).is_some());
    let postal = || Rule::Postal {
        field: "code".into(),
        address: "address".into(),
        towns: "towns.csv".into(),
    };
    assert_eq!(
        broken(postal(), &[("code", "1910016"), ("address", "日野市神明1-12-1")]),
        None
    );
    assert!(broken(postal(), &[("code", "1910062"), ("address", "日野市神明1-12-1")]).is_some());
}

#[test]
fn a_sensitive_value_is_not_quoted() {
    let rule = Rule::Range {
        field: "number".into(),
        least: None,
        most: Some(5),
    };
    let sentence = broken(rule, &[("number", "123456789018")]).expect("too large");
    assert!(!sentence.contains("123"), "{sentence}");
}

proptest! {
    #[test]
    fn a_right_sum_is_never_flagged_and_a_wrong_one_always(a in 0i64..1_000_000, b in 0i64..1_000_000, off in -3i64..4) {
        let texts = [a.to_string(), b.to_string(), (a - b + off).to_string()];
        let values = [("a", texts[0].as_str()), ("b", texts[1].as_str()), ("c", texts[2].as_str())];
        prop_assert_eq!(broken(difference(), &values).is_some(), off != 0);
    }

    #[test]
    fn applying_twice_changes_no_value(c in "[0-9]{1,4}", others in prop::collection::vec("[0-9]{1,4}", 0..4)) {
        let mut page = readings(&[("a", "1000"), ("b", "300"), ("c", &c)]);
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        doubted(&mut page, "c", &others);
        let book = book(vec![difference()]);
        book.apply(&mut page);
        let once = page.clone();
        book.apply(&mut page);
        prop_assert_eq!(&page["c"].text, &once["c"].text);
        prop_assert!(once["c"].text == c || others.contains(&once["c"].text.as_str()));
    }
}

//! The rules of the shipped forms.

use serde::Serialize;
use shoki_core::rule::{DateParts, Equation, Rule};

use crate::samples::towns;

/// Of one form.
pub fn of(form: &str) -> Vec<Rule> {
    match form {
        "kouza_furikae" => vec![
            date(&["submit_date"]),
            postal("postal_code", "address"),
            kana("payer_kana", "payer_name"),
            kana("holder_kana", "holder_name"),
            range("start_year", 1, 99),
            range("start_term", 1, 12),
        ],
        "kyuyo_idou" => vec![
            date(&["submit_date"]),
            postal("payer_postal", "payer_address"),
            kana("employee_kana", "employee_name"),
            date(&["birth_era", "birth_date"]),
            date(&["令和", "move_date"]),
            Rule::DateOrder {
                earlier: parts(&["birth_era", "birth_date"]),
                later: parts(&["令和", "move_date"]),
            },
            sum("uncollected_tax = annual_tax - collected_tax"),
            Rule::RequiredIf {
                field: "bulk_month".to_owned(),
                when: "collection_after".to_owned(),
                is: vec!["一括徴収".to_owned()],
            },
            range("bulk_month", 1, 12),
        ],
        "shiminzei_shinkoku" => vec![
            date(&["令和", "submit_year", "submit_month", "submit_day"]),
            postal("postal_code", "address"),
            kana("name_kana", "name"),
            date(&["birth_era", "birth_date"]),
            Rule::DateOrder {
                earlier: parts(&["birth_era", "birth_date"]),
                later: parts(&["令和", "submit_year", "submit_month", "submit_day"]),
            },
            sum("income_total = income_business + income_salary + income_pension + income_other"),
            sum("deduct_total = deduct_social + deduct_life + deduct_medical + deduct_basic"),
        ],
        _ => Vec::new(),
    }
}

/// Appends the rules as TOML.
pub fn write(text: &mut String, rules: &[Rule]) {
    #[derive(Serialize)]
    struct Rules<'a> {
        rule: &'a [Rule],
    }
    if !rules.is_empty() {
        text.push('\n');
        text.push_str(&toml::to_string(&Rules { rule: rules }).expect("rules hold strings and numbers"));
    }
}

fn parts(parts: &[&str]) -> DateParts {
    DateParts(parts.iter().map(|part| (*part).to_owned()).collect())
}

fn date(of: &[&str]) -> Rule {
    Rule::Date { date: parts(of) }
}

fn sum(equation: &str) -> Rule {
    Rule::Sum {
        is: Equation::parse(equation).expect("an equation"),
    }
}

fn range(field: &str, least: i64, most: i64) -> Rule {
    Rule::Range {
        field: field.to_owned(),
        least: Some(least),
        most: Some(most),
    }
}

fn kana(field: &str, name: &str) -> Rule {
    Rule::Kana {
        field: field.to_owned(),
        name: name.to_owned(),
    }
}

fn postal(field: &str, address: &str) -> Rule {
    Rule::Postal {
        field: field.to_owned(),
        address: address.to_owned(),
        towns: towns::FILE.to_owned(),
    }
}

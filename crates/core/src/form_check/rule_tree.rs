//! One `[[rule]]` table to a drafted rule. Never judges whether its fields exist; that is `rule_check`.

use super::tree::Table;
use crate::rule::{DateParts, Equation, Rule};

/// Kinds and the keys of each.
const KINDS: [(&str, &[&str]); 7] = [
    ("sum", &["kind", "is"]),
    ("range", &["kind", "field", "least", "most"]),
    ("date", &["kind", "date"]),
    ("date_order", &["kind", "earlier", "later"]),
    ("required_if", &["kind", "field", "when", "is"]),
    ("kana", &["kind", "field", "name"]),
    ("postal", &["kind", "field", "address", "towns"]),
];

/// Reads a rule; `None` when a part is missing, which is then among the mistakes.
pub(super) fn read(part: &mut Table<'_, '_, '_, '_>) -> Option<Rule> {
    let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    let what = format!("決まりの種類({})のどれか", names.join("、"));
    let (kind, keys) = part.typed("kind", true, &what, |value| {
        let written = value.as_str()?;
        KINDS.iter().find(|(name, _)| *name == written).copied()
    })?;
    part.allow(keys);
    match kind {
        "sum" => {
            let is = part.typed(
                "is",
                true,
                "「\"合計 = 欄 + 欄 - 欄\"」の形で欄の key の式",
                |value| Equation::parse(value.as_str()?),
            );
            Some(Rule::Sum { is: is? })
        }
        "range" => {
            let field = part.string("field", true);
            let (least, most) = (part.integer("least"), part.integer("most"));
            Some(Rule::Range {
                field: field?,
                least,
                most,
            })
        }
        "date" => Some(Rule::Date {
            date: DateParts(part.strings("date", true)?),
        }),
        "date_order" => {
            let (earlier, later) = (part.strings("earlier", true), part.strings("later", true));
            Some(Rule::DateOrder {
                earlier: DateParts(earlier?),
                later: DateParts(later?),
            })
        }
        "required_if" => {
            let (field, when) = (part.string("field", true), part.string("when", true));
            let is = part.strings("is", false).unwrap_or_default();
            Some(Rule::RequiredIf {
                field: field?,
                when: when?,
                is,
            })
        }
        "kana" => {
            let (field, name) = (part.string("field", true), part.string("name", true));
            Some(Rule::Kana {
                field: field?,
                name: name?,
            })
        }
        _ => {
            let (field, address) = (part.string("field", true), part.string("address", true));
            let towns = part.string("towns", true);
            Some(Rule::Postal {
                field: field?,
                address: address?,
                towns: towns?,
            })
        }
    }
}

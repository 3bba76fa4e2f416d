//! What a law is called, what it is, and since when: from its own elements, the answer it came in, and
//! e-Gov's file name.

use jiff::civil::Date;
use roxmltree::{Document, Node};
use shoki_core::corpus::{RevisionHead, SourceHead, SourceRank};

use super::lines::text_of;
use crate::import::ImportError;
use crate::text::normalise;

/// Name, number, rank.
pub(super) fn source(
    document: &Document<'_>,
    law: Node<'_, '_>,
    file_name: &str,
) -> Result<SourceHead, ImportError> {
    let body = child(law, "LawBody").ok_or(ImportError::NotUnderstood)?;
    let title_node = child(body, "LawTitle").ok_or(ImportError::NotUnderstood)?;
    let title = text_of(title_node).trim().to_owned();
    if title.is_empty() {
        return Err(ImportError::NotUnderstood);
    }
    let number = child(law, "LawNum")
        .map(text_of)
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty());
    let aliases = title_node
        .attribute("Abbrev")
        .unwrap_or_default()
        .split([',', '、', '，'])
        .map(str::trim)
        .filter(|alias| !alias.is_empty())
        .map(str::to_owned)
        .collect();
    let key = answered(document, &["LawId", "law_id"])
        .or_else(|| file_parts(file_name).map(|(id, _, _)| id.to_owned()))
        .unwrap_or_else(|| normalise(&title));
    let rank = rank(
        law.attribute("LawType").unwrap_or_default(),
        number.as_deref(),
        &title,
    );
    Ok(SourceHead {
        key,
        title,
        number,
        aliases,
        rank,
    })
}

/// 施行日 and the amending law.
pub(super) fn revision(document: &Document<'_>, file_name: &str) -> RevisionHead {
    let stated =
        answered(document, &["amendment_enforcement_date"]).and_then(|text| text.parse::<Date>().ok());
    let end = answered(document, &["repeal_date"]).and_then(|text| text.parse::<Date>().ok());
    let (day, amendment) = file_parts(file_name).map_or((None, None), |(_, day, amendment)| {
        (day, Some(amendment.to_owned()))
    });
    RevisionHead {
        valid_from: stated.or(day),
        valid_to: end,
        amendment: answered(document, &["amendment_law_id"]).or(amendment),
    }
}

/// `325AC0000000144_20250601_504AC0000000068.xml` → id, day, amendment.
fn file_parts(file_name: &str) -> Option<(&str, Option<Date>, &str)> {
    let name = file_name.rsplit(['/', '\\']).next()?;
    let stem = name.strip_suffix(".xml").or_else(|| name.strip_suffix(".XML"))?;
    let mut parts = stem.splitn(3, '_');
    let (id, day, amendment) = (parts.next()?, parts.next()?, parts.next()?);
    if id.is_empty() || day.len() != 8 || !day.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((id, Date::strptime("%Y%m%d", day).ok(), amendment))
}

fn rank(law_type: &str, number: Option<&str>, title: &str) -> SourceRank {
    let number = number.unwrap_or_default();
    match law_type {
        "Constitution" | "Act" => SourceRank::Act,
        "CabinetOrder" | "ImperialOrder" => SourceRank::CabinetOrder,
        "MinisterialOrdinance" => SourceRank::MinisterialOrder,
        _ if number.contains("条例") || title.ends_with("条例") => SourceRank::LocalOrdinance,
        _ if is_local(number) && (number.contains("規則") || title.ends_with("規則")) => {
            SourceRank::LocalRule
        }
        "Rule" => SourceRank::MinisterialOrder,
        _ if number.contains("告示") => SourceRank::PublicNotice,
        _ if number.contains("規則") => SourceRank::LocalRule,
        _ => SourceRank::Notice,
    }
}

/// Rules of 人事院 or the courts are the state's; those of a city name it.
fn is_local(number: &str) -> bool {
    ["市", "区", "町", "村", "都", "道", "府", "県"]
        .iter()
        .any(|unit| number.contains(&format!("{unit}規則")))
}

fn answered(document: &Document<'_>, names: &[&str]) -> Option<String> {
    document
        .descendants()
        .find(|node| names.contains(&node.tag_name().name()))
        .map(text_of)
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

pub(super) fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.has_tag_name(name))
}

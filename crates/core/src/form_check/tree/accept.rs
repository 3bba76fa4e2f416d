//! Which fields people look at, and what is asked of accepting the others.

use toml::de::DeValue;

use super::Table;
use crate::acceptance::AcceptTerms;
use crate::review::CheckPolicy;

/// Highest limit: above it, nobody would speak of accepting.
const MOST: f64 = 0.2;

/// The key `check`.
pub(super) fn policy(top: &mut Table<'_, '_, '_, '_>) -> CheckPolicy {
    let what = "確かめる欄(\"none\"、\"flagged\"、\"all\"、\"double\" のどれか)";
    let policy = top.typed("check", false, what, |value| {
        Some(match value.as_str()? {
            "none" => CheckPolicy::None,
            "flagged" => CheckPolicy::Flagged,
            "all" => CheckPolicy::All,
            "double" => CheckPolicy::Double,
            _ => return None,
        })
    });
    policy.unwrap_or_default()
}

/// The table `[accept]`; `None` when a value cannot be used.
pub(super) fn terms(part: &mut Table<'_, '_, '_, '_>) -> Option<AcceptTerms> {
    part.allow(&["limit", "proving_share", "proven_share"]);
    let usual = AcceptTerms::default();
    let limit = "見逃しの割合の上限を 0 より大きく 0.2 以下の数で";
    let share = "抜き取る割合を 0 より大きく 1 以下の数で";
    Some(AcceptTerms {
        limit: rate(part, "limit", limit, MOST, usual.limit)?,
        proving_share: rate(part, "proving_share", share, 1.0, usual.proving_share)?,
        proven_share: rate(part, "proven_share", share, 1.0, usual.proven_share)?,
    })
}

fn rate(part: &mut Table<'_, '_, '_, '_>, key: &str, what: &str, most: f64, usual: f64) -> Option<f64> {
    if part.table.get(key).is_none() {
        return Some(usual);
    }
    part.typed(key, false, what, |value| {
        let text = match value {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => return None,
        };
        text.parse()
            .ok()
            .filter(|number: &f64| *number > 0.0 && *number <= most)
    })
}

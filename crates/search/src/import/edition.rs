//! The edition at the end of a document's name: 星見市問答集（令和７年度版）→ the name, which stays, and the
//! edition, which says which revision it is.
//!
//! Promise: brackets that say anything else（通知, 案）stay in the name. Never: a date from an edition.

use crate::text::normalise;

/// Name and edition of a document's full name.
#[must_use]
pub(super) fn split(full: &str) -> (&str, Option<&str>) {
    let full = full.trim();
    let whole = (full, None);
    let Some(open) = full.rfind(['（', '(']) else {
        return whole;
    };
    let bracket = full[open..].trim_start_matches(['（', '(']);
    let Some(inside) = bracket.strip_suffix(['）', ')']) else {
        return whole;
    };
    let name = full[..open].trim_end();
    let said = normalise(inside);
    let said: String = said.split_whitespace().collect();
    let dated = said.chars().any(|c| c.is_ascii_digit()) || said.contains("元年") || said.contains('第');
    let is_edition = ["版", "改訂", "改正", "現在", "時点"]
        .iter()
        .any(|ending| said.ends_with(ending))
        && (dated || ["初版", "改訂版", "改定版", "増補版", "新版"].contains(&said.as_str()));
    if name.is_empty() || inside.contains(['（', '(', '）', ')']) || !is_edition {
        return whole;
    }
    (name, Some(inside.trim()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::split;

    #[test]
    fn an_edition_is_no_part_of_the_name() {
        for (full, name, edition) in [
            (
                "星見市問答集（令和７年度版）",
                "星見市問答集",
                Some("令和７年度版"),
            ),
            (
                "星見市問答集(令和7年10月改訂版)",
                "星見市問答集",
                Some("令和7年10月改訂版"),
            ),
            ("菜園の手引　（第３版）", "菜園の手引", Some("第３版")),
            ("菜園の手引（改訂版）", "菜園の手引", Some("改訂版")),
            (
                "審査の取扱いについて（通知）",
                "審査の取扱いについて（通知）",
                None,
            ),
            ("菜園の手引（一般版）", "菜園の手引（一般版）", None),
            ("（令和７年度版）", "（令和７年度版）", None),
            ("", "", None),
        ] {
            assert_eq!(split(full), (name, edition), "{full}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_split_or_left(full in "[（()）第1版年度 あ]{0,12}") {
            let (name, edition) = split(&full);
            prop_assert!(full.trim().starts_with(name));
            prop_assert!(edition.is_none_or(|edition| full.contains(edition)));
        }
    }
}

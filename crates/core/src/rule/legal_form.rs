//! Legal forms of organisations in kana: 会社 (会社法 2 条 1 号), 有限会社 (会社法整備法 3 条), 一般・公益法人 (一般法人法 5 条,
//! 公益法人認定法 9 条), 社会福祉法人, 医療法人, 学校法人, 宗教法人, 特定非営利活動法人.
//!
//! Promise: what differs from a legal form by voicing marks alone is that form, since no name begins or ends so
//! otherwise (カプシキガイシヤ). Never: another part of a name.

/// In the large kana that banks and tax offices write.
const FORMS: [&str; 14] = [
    "カブシキガイシヤ",
    "ユウゲンガイシヤ",
    "ゴウドウガイシヤ",
    "ゴウシガイシヤ",
    "ゴウメイガイシヤ",
    "イツパンシヤダンホウジン",
    "イツパンザイダンホウジン",
    "コウエキシヤダンホウジン",
    "コウエキザイダンホウジン",
    "シヤカイフクシホウジン",
    "イリヨウホウジン",
    "ガツコウホウジン",
    "シユウキヨウホウジン",
    "トクテイヒエイリカツドウホウジン",
];

/// Voiced and half-voiced kana, and what each is without its mark.
const VOICED: [(&str, &str); 3] = [
    (
        "ガギグゲゴザジズゼゾダヂヅデドバビブベボヴ",
        "カキクケコサシスセソタチツテトハヒフヘホウ",
    ),
    ("パピプペポ", "ハヒフヘホ"),
    ("ャュョッァィゥェォ", "ヤユヨツアイウエオ"),
];

/// Without marks, and large.
fn plain(c: char) -> char {
    let found = VOICED.iter().find_map(|(marked, bare)| {
        let at = marked.chars().position(|other| other == c)?;
        bare.chars().nth(at)
    });
    found.unwrap_or(c)
}

/// Whether it is written small.
fn is_small(c: char) -> bool {
    VOICED[2].0.contains(c)
}

/// The kana with the voicing marks of the legal form with which it begins or ends; `None` where they are right, or
/// it has none.
#[must_use]
pub fn mended(kana: &str) -> Option<String> {
    let read: Vec<char> = kana.chars().collect();
    let mut mended = read.clone();
    for form in FORMS {
        let form: Vec<char> = form.chars().collect();
        let Some(last) = read.len().checked_sub(form.len()) else {
            continue;
        };
        for start in [0, last] {
            let part = &read[start..start + form.len()];
            if part.iter().zip(&form).all(|(&a, &b)| plain(a) == plain(b)) {
                for (at, (&own, &right)) in part.iter().zip(&form).enumerate() {
                    // Large or small as it was written.
                    mended[start + at] = if is_small(own) { own } else { right };
                }
            }
        }
    }
    (mended != read).then(|| mended.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_are_those_of_the_form_in_front_or_behind() {
        let mended = |kana| mended(kana).unwrap_or_else(|| format!("{kana} (right)"));
        assert_eq!(mended("カプシキガイシヤサクラ"), "カブシキガイシヤサクラ");
        assert_eq!(mended("サクラカフシキカイシャ"), "サクラカブシキガイシャ");
        assert_eq!(mended("カブシキガイシヤサクラ"), "カブシキガイシヤサクラ (right)");
        assert_eq!(mended("ユウケンガイシヤ"), "ユウゲンガイシヤ");
        assert_eq!(mended("ヤマダタロウ"), "ヤマダタロウ (right)");
        assert_eq!(mended(""), " (right)");
    }

    proptest! {
        #[test]
        fn a_mended_kana_is_right_and_differs_by_marks_alone(
            form in 0..FORMS.len(), name in "[ア-ン]{0,8}", marks in proptest::collection::vec(0..3_usize, 16),
        ) {
            // Any marks on the form's kana.
            let worn: String = FORMS[form].chars().zip(marks).map(|(c, mark)| {
                let bare = plain(c);
                let marked = VOICED.get(mark.saturating_sub(1)).filter(|_| (1..3).contains(&mark));
                marked.and_then(|(marked, bares)| {
                    let at = bares.chars().position(|other| other == bare)?;
                    marked.chars().nth(at)
                }).unwrap_or(bare)
            }).collect();
            let kana = format!("{worn}{name}");
            let right = mended(&kana).unwrap_or_else(|| kana.clone());
            prop_assert!(right.starts_with(FORMS[form]), "{right}");
            prop_assert!(mended(&right).is_none());
            prop_assert!(right.chars().map(plain).eq(kana.chars().map(plain)));
        }
    }
}

//! The state of a field's auto-accept in words for the desk.

use super::{AcceptTerms, Acceptance, Evidence, OffCause, clean_needed, upper_bound};

impl Acceptance {
    /// The word on the screen.
    #[must_use]
    pub const fn label_ja(self) -> &'static str {
        match self {
            Self::Proving => "実績確認中",
            Self::Proven => "実績あり",
            Self::Off { .. } => "停止中",
        }
    }
}

/// A rate as people write it.
fn percent(rate: f64) -> String {
    let text = format!("{:.2}", rate * 100.0);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}%")
}

/// What a person should know about the field.
#[must_use]
pub fn sentence_ja(state: Acceptance, evidence: Evidence, terms: &AcceptTerms) -> String {
    let Evidence { audited, wrong, open } = evidence;
    let (limit, bound) = (percent(terms.limit), percent(upper_bound(wrong, audited)));
    let found = format!("抜き取り確認 {audited} 件のうち誤りは {wrong} 件");
    match state {
        Acceptance::Proving => {
            let needed = clean_needed(terms.limit).saturating_sub(audited);
            let share = percent(terms.proving_share);
            let rest = if wrong == 0 {
                format!("あと {needed} 件に誤りがなければ、上限 {limit} 以下と言えます。")
            } else {
                format!("上限 {limit} 以下とはまだ言えません。")
            };
            format!(
                "確実な欄を見ずに通していますが、実績を確かめている途中です。{found}で、見逃しの割合は {bound} \
                 以下です(信頼度95%)。{rest}それまでは通した欄の {share} を抜き取ります。"
            )
        }
        Acceptance::Proven => {
            let share = percent(terms.proven_share);
            format!(
                "確実な欄を見ずに通しています。{found}で、見逃しの割合は {bound} 以下です(信頼度95%、上限 \
                 {limit})。通した欄の {share} を抜き取って確かめ続けます。"
            )
        }
        Acceptance::Off { cause } => {
            let why = match cause {
                OffCause::ErrorsShown => {
                    format!("{found}あり、見逃しの割合が上限 {limit} を超えていると分かりました。")
                }
                OffCause::BoundRose => {
                    format!("{found}あり、見逃しの割合が上限 {limit} 以下と言えなくなりました。")
                }
                OffCause::NeverProven => {
                    format!("{found}あり、十分に確かめても上限 {limit} 以下と言えませんでした。")
                }
                OffCause::AuditsWait => {
                    format!("抜き取り確認が {open} 件たまり、見逃しの割合を確かめられません。")
                }
                OffCause::ByHand => "課の管理者が止めました。".to_owned(),
            };
            format!(
                "この欄を自動で通すのを止めています。{why}この欄は全部「要確認」になります。課の管理者が再開できます。"
            )
        }
    }
}

/// What a person should know about all accepted fields of a form together.
#[must_use]
pub fn form_sentence_ja(evidence: Evidence) -> String {
    let Evidence { audited, wrong, .. } = evidence;
    let bound = percent(upper_bound(wrong, audited));
    format!(
        "見ずに通した欄の抜き取り確認は全部で {audited} 件、誤りは {wrong} 件です。見逃しの割合は {bound} 以下です(信頼度95%)。"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stopped_it_is_said_with_its_counts() {
        let terms = AcceptTerms::default();
        let evidence = Evidence {
            audited: 40,
            wrong: 3,
            open: 2,
        };
        let cause = OffCause::ErrorsShown;
        let said = sentence_ja(Acceptance::Off { cause }, evidence, &terms);
        assert!(
            said.contains("40 件のうち誤りは 3 件") && said.contains("上限 0.5% を超えている"),
            "{said}"
        );
        let clean = Evidence {
            audited: 598,
            wrong: 0,
            open: 0,
        };
        let said = sentence_ja(Acceptance::Proven, clean, &terms);
        assert!(said.contains("0.5% 以下です"), "{said}");
        let early = Evidence {
            audited: 100,
            ..clean
        };
        let said = sentence_ja(Acceptance::Proving, early, &terms);
        assert!(
            said.contains("あと 498 件") && said.contains("2.95% 以下"),
            "{said}"
        );
        assert!(form_sentence_ja(early).contains("全部で 100 件"));
    }
}

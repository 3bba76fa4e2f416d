//! The switch of one field: proving, proven, off.

use serde::{Deserialize, Serialize};

use super::{AcceptTerms, clean_needed, lower_bound, upper_bound};

/// Where a field's auto-accept stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Acceptance {
    /// 実績確認中: accepted, audited at the larger share; the bound is not below the limit yet.
    #[default]
    Proving,
    /// 実績あり: accepted, audited at the smaller share; the bound is at or below the limit.
    Proven,
    /// 停止中: every reading is for a person.
    Off {
        /// Why.
        cause: OffCause,
    },
}

/// Why it stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffCause {
    /// The audits show, at 95 %, more errors than the limit allows.
    ErrorsShown,
    /// It was proven, and the bound has risen above the limit.
    BoundRose,
    /// Twice the audits that would have been enough, and the bound is above the limit.
    NeverProven,
    /// Too many audits wait: a bound that nobody checks is none.
    AuditsWait,
    /// A person switched it off.
    ByHand,
}

/// What the audits since the start found, the latest [`window`] of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Audits that ended; of empty readings only those that were wrong, or blanks would flatter.
    pub audited: u32,
    /// Of them with an error.
    pub wrong: u32,
    /// Audits that wait for somebody.
    pub open: u32,
}

/// What moved a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeCause {
    /// The audits.
    Audits,
    /// A person.
    Person,
    /// Another calibration decides what is accepted, so what was found before says nothing.
    Calibration,
}

/// One line of a field's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptanceChange {
    /// From.
    pub from: Acceptance,
    /// To.
    pub to: Acceptance,
    /// What moved it.
    pub cause: ChangeCause,
    /// What was known then.
    pub evidence: Evidence,
}

/// How many of the latest audits count: twice those that are enough without an error. One error then still
/// leaves a field proven (0.4 % for a limit of 0.5 %), two do not, and a change for the worse is not drowned by
/// years of good audits.
#[must_use]
pub fn window(terms: &AcceptTerms) -> u32 {
    clean_needed(terms.limit).saturating_mul(2)
}

/// Where a field stands with the evidence; what is off stays off.
#[must_use]
pub fn judged(state: Acceptance, evidence: Evidence, terms: &AcceptTerms) -> Acceptance {
    let Evidence { audited, wrong, open } = evidence;
    let off = |cause| Acceptance::Off { cause };
    let bound = upper_bound(wrong, audited);
    match state {
        Acceptance::Off { .. } => state,
        _ if lower_bound(wrong, audited) > terms.limit => off(OffCause::ErrorsShown),
        _ if open > clean_needed(terms.limit) / 2 => off(OffCause::AuditsWait),
        _ if bound <= terms.limit => Acceptance::Proven,
        Acceptance::Proven => off(OffCause::BoundRose),
        Acceptance::Proving if audited >= window(terms) => off(OffCause::NeverProven),
        Acceptance::Proving => Acceptance::Proving,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TERMS: AcceptTerms = AcceptTerms {
        limit: 0.005,
        proving_share: 0.1,
        proven_share: 0.02,
    };

    fn found(audited: u32, wrong: u32) -> Evidence {
        Evidence {
            audited,
            wrong,
            open: 0,
        }
    }

    #[test]
    fn a_field_is_proven_after_598_clean_audits_and_falls_with_the_second_error() {
        let mut state = Acceptance::Proving;
        for audited in 0..598 {
            state = judged(state, found(audited, 0), &TERMS);
            assert_eq!(state, Acceptance::Proving, "{audited}");
        }
        state = judged(state, found(598, 0), &TERMS);
        assert_eq!(state, Acceptance::Proven);
        assert_eq!(judged(state, found(1196, 1), &TERMS), Acceptance::Proven);
        let off = judged(state, found(1196, 2), &TERMS);
        let cause = OffCause::BoundRose;
        assert_eq!(off, Acceptance::Off { cause });
        assert_eq!(
            judged(off, found(1196, 0), &TERMS),
            off,
            "only a person takes it back"
        );
    }

    #[test]
    fn few_audits_switch_off_only_what_they_show() {
        let judge = |audited, wrong| judged(Acceptance::Proving, found(audited, wrong), &TERMS);
        let shown = Acceptance::Off {
            cause: OffCause::ErrorsShown,
        };
        assert_eq!(judge(10, 1), shown, "one in ten is above 0.5 % already");
        assert_eq!(judge(11, 1), Acceptance::Proving);
        assert_eq!(judge(70, 2), shown);
        assert_eq!(judge(72, 2), Acceptance::Proving);
        let never = Acceptance::Off {
            cause: OffCause::NeverProven,
        };
        assert_eq!(judge(1195, 2), Acceptance::Proving);
        assert_eq!(judge(1196, 2), never);
        let waits = Evidence {
            open: 300,
            ..found(0, 0)
        };
        let cause = OffCause::AuditsWait;
        assert_eq!(
            judged(Acceptance::Proven, waits, &TERMS),
            Acceptance::Off { cause }
        );
    }

    fn states() -> impl Strategy<Value = Acceptance> {
        prop_oneof![Just(Acceptance::Proving), Just(Acceptance::Proven)]
    }

    proptest! {
        #[test]
        fn nothing_is_proven_above_the_limit_and_an_error_more_never_helps(
            state in states(), audited in 0_u32..3_000, wrong in 0_u32..40, limit in 0.001_f64..0.1,
        ) {
            let (terms, wrong) = (AcceptTerms { limit, ..TERMS }, wrong.min(audited));
            let next = judged(state, found(audited, wrong), &terms);
            if next == Acceptance::Proven {
                prop_assert!(upper_bound(wrong, audited) <= limit);
            }
            let rank = |state| match state {
                Acceptance::Proven => 2,
                Acceptance::Proving => 1,
                Acceptance::Off { .. } => 0,
            };
            if wrong < audited {
                prop_assert!(rank(judged(state, found(audited, wrong + 1), &terms)) <= rank(next));
            }
            if wrong == 0 && state == Acceptance::Proving {
                let needed = clean_needed(limit);
                prop_assert_eq!(next == Acceptance::Proven, audited >= needed, "{}", needed);
            }
        }
    }
}

//! Auto-accept with a stated risk: which fields nobody has to look at, how that is audited, and when it stops.
//!
//! The way of a field of a form: a reading that is sure enough is accepted unseen; a seeded share of those
//! ([`is_drawn`]) is put to a person who does not see the reading ([`AuditState`]); what the audits found
//! ([`Evidence`]) bounds the rate of missed errors ([`upper_bound`]), and [`judged`] moves the field between
//! [`Acceptance::Proving`], [`Acceptance::Proven`] and [`Acceptance::Off`].
//! Promises: pure; `Off` is left by a person's word only; `Proven` never stands on a bound above the limit.
//! Never: storage, a clock, chance that cannot be repeated.

mod audit;
mod bound;
mod draw;
mod standing;
mod words;

pub use audit::{AuditRefusal, AuditState, AuditTask, Verdict};
pub use bound::{CONFIDENCE, clean_needed, lower_bound, upper_bound};
pub use draw::is_drawn;
pub use standing::{Acceptance, AcceptanceChange, ChangeCause, Evidence, OffCause, judged, window};
pub use words::{form_sentence_ja, sentence_ja};

use serde::{Deserialize, Serialize};

/// What a form asks of its auto-accept (`[accept]` of its definition).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AcceptTerms {
    /// Highest rate of errors among accepted fields that is tolerated, between 0 and 1.
    pub limit: f64,
    /// Share of the accepted fields that is audited until the bound is below the limit, 0–1.
    pub proving_share: f64,
    /// … and from then on, 0–1.
    pub proven_share: f64,
}

impl Default for AcceptTerms {
    /// 0.5 %, which needs 598 clean audits of a field; 10 % and 2 % of what is accepted.
    fn default() -> Self {
        Self {
            limit: 0.005,
            proving_share: 0.1,
            proven_share: 0.02,
        }
    }
}

impl AcceptTerms {
    /// Share of the accepted fields that is audited in a state.
    #[must_use]
    pub const fn share(&self, state: Acceptance) -> f64 {
        match state {
            Acceptance::Proving => self.proving_share,
            Acceptance::Proven => self.proven_share,
            Acceptance::Off { .. } => 0.0,
        }
    }
}

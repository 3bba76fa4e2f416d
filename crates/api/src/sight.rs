//! Sight of what is masked (個人番号 and other sensitive fields): a person with the role, and a reason.
//!
//! Promise: the audit chain has who, what and why before anything is shown.

use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;

use crate::problem::Problem;
use crate::state::Shared;
use crate::wire::review::RevealBody;

/// Longest reason, characters.
const MAX_REASON_CHARS: usize = 200;

/// A reason that can be written into the audit chain.
#[derive(Debug)]
pub struct Reason(String);

impl Reason {
    /// The reason of a request.
    ///
    /// # Errors
    /// `option_unusable` when it is empty, too long or has control characters.
    pub fn of(body: &RevealBody) -> Result<Self, Problem> {
        let reason = body.reason.trim();
        let length = reason.chars().count();
        if length == 0 || length > MAX_REASON_CHARS || reason.chars().any(char::is_control) {
            let sentence =
                format!("「reason」に、見る理由を1文字以上{MAX_REASON_CHARS}文字以内で入力してください。");
            return Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence));
        }
        Ok(Self(reason.to_owned()))
    }

    /// Records the sight of `place` for this reason.
    ///
    /// # Errors
    /// Where the audit chain cannot be written; nothing may be shown then.
    pub async fn record(
        &self,
        shared: &Shared,
        actor: &Actor,
        action: &str,
        place: &str,
    ) -> Result<(), Problem> {
        let subject = format!("{place} {}", self.0);
        Ok(shared.api.store.record(actor, action, &subject).await?)
    }
}

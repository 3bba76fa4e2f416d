//! 保存期間, 保存延長 and 削除証明書 as those who manage them see and change them.
//!
//! Promises: nothing is deleted here but by hand — a run is the service's, once a night; what a run will take is listed
//! before; a certificate that cannot be written now is written later and holds up no deletion. Never: another 課's.

use jiff::{SignedDuration, Timestamp};
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::retention::{MAX_DAYS, MAX_REASON_CHARS, Material};
use shoki_store::deletion::{Due, Hold, RetentionPeriod};
use shoki_store::{StoreError, retention};

use crate::japan;
use crate::problem::Problem;
use crate::state::Shared;

/// When the nightly run begins, after midnight in Japan: nobody is at a desk, and no backup has begun.
pub const RUN_AT: SignedDuration = SignedDuration::from_mins(150);
/// Farthest look ahead, days.
pub const MAX_AHEAD_DAYS: u32 = 366;

/// What is kept for how long, and what goes next.
#[derive(Clone, Debug)]
pub struct Retention {
    /// When the next run begins.
    pub runs_at: Timestamp,
    /// Of each material, the period if there is one.
    pub periods: Vec<(Material, Option<RetentionPeriod>)>,
    /// Jobs that are held.
    pub holds: Vec<Hold>,
}

/// What runs will take.
#[derive(Clone, Debug)]
pub struct Preview {
    /// When the next run begins.
    pub runs_at: Timestamp,
    /// Up to when this looks.
    pub until: Timestamp,
    /// What the run after its day takes, as things stand; and what is kept in spite of its period.
    pub due: Vec<Due>,
}

/// When the next run begins, seen from `now`.
#[must_use]
pub fn next_run(now: Timestamp) -> Timestamp {
    let today = japan::day_of(now);
    let on = |day| japan::start_of(day).and_then(|start| start.checked_add(RUN_AT).ok());
    let tonight = on(today).filter(|at| *at > now);
    let tomorrow = || today.tomorrow().ok().and_then(on);
    tonight.or_else(tomorrow).unwrap_or(Timestamp::MAX)
}

/// The periods and holds of the own 課.
///
/// # Errors
/// What the database says.
pub async fn show(shared: &Shared, actor: &Actor) -> Result<Retention, Problem> {
    let store = &shared.api.store;
    let set = store.retention_periods(actor.department).await?;
    let of = |material| set.iter().find(|period| period.material == material).cloned();
    Ok(Retention {
        runs_at: next_run(store.now()),
        periods: Material::ALL.map(|material| (material, of(material))).to_vec(),
        holds: store.holds(actor).await?,
    })
}

/// Sets the periods of the own 課; a material without days is kept for ever.
///
/// # Errors
/// `option_unusable` for a period that is none.
pub async fn set(shared: &Shared, actor: &Actor, periods: &[(Material, Option<u32>)]) -> Result<(), Problem> {
    let is_usable = |days: u32| (1..=MAX_DAYS).contains(&days);
    if !periods.iter().all(|(_, days)| days.is_none_or(is_usable)) {
        let sentence = format!("保存期間は 1 日から {MAX_DAYS} 日までの整数にしてください。");
        return Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence));
    }
    Ok(shared.api.store.set_retention(actor, periods).await?)
}

/// What the next run takes, or with `ahead` days what the runs of these days take besides.
///
/// # Errors
/// `option_unusable` when that is too far ahead.
pub async fn preview(shared: &Shared, actor: &Actor, ahead: u32) -> Result<Preview, Problem> {
    if ahead > MAX_AHEAD_DAYS {
        let sentence = format!("先は {MAX_AHEAD_DAYS} 日までです。");
        return Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence));
    }
    let store = &shared.api.store;
    let runs_at = next_run(store.now());
    let further = SignedDuration::from_hours(i64::from(ahead) * 24);
    let until = runs_at.checked_add(further).unwrap_or(Timestamp::MAX);
    Ok(Preview {
        runs_at,
        until,
        due: store.due(actor.department, until).await?,
    })
}

/// Holds a job of the own 課.
///
/// # Errors
/// `option_unusable` without a reason; `not_found`.
pub async fn hold(shared: &Shared, actor: &Actor, job: JobId, reason: &str) -> Result<(), Problem> {
    let reason = reason.trim();
    let length = reason.chars().count();
    if !(1..=MAX_REASON_CHARS).contains(&length) || reason.chars().any(char::is_control) {
        let sentence =
            format!("保存を延ばす理由を、改行なしの {MAX_REASON_CHARS} 文字以内で入れてください。");
        return Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence));
    }
    Ok(shared.api.store.hold_job(actor, job, reason).await?)
}

/// Certifies what was deleted in the own 課 just now. What cannot be certified now is certified by the service later.
pub async fn certify(shared: &Shared, actor: &Actor) {
    let Some(key) = &shared.api.certificates else {
        return;
    };
    let store = shared.api.store.as_ref();
    let department = Some(actor.department);
    if let Err(error) = retention::certify(store, &shared.api.blobs, key, department).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "not certified yet");
    }
}

/// The problem of a deletion: what is held says so.
pub fn refused(error: StoreError) -> Problem {
    match error {
        StoreError::Held => Problem::new(ErrorCode::Conflict)
            .detail("保存延長の指定があります。先に「管理」の「保存期間」で指定を外してください。"),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_at_night_in_japan() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        // 9:00 in Japan: half past two of the next day.
        assert_eq!(next_run(at("2026-04-01T00:00:00Z")), at("2026-04-01T17:30:00Z"));
        // 1:00 in Japan: the same night.
        assert_eq!(next_run(at("2026-04-01T16:00:00Z")), at("2026-04-01T17:30:00Z"));
        assert_eq!(next_run(at("2026-04-01T17:30:00Z")), at("2026-04-02T17:30:00Z"));
        assert_eq!(next_run(Timestamp::MAX), Timestamp::MAX);
    }
}

//! Who corrects which line of a transcript just now: a soft lock, so that two people do not type into one line.
//!
//! Promises: a hold ends by itself [`HOLD`] after the last sign of life; somebody else's correction of a held line is
//! refused with the holder's name. In memory only: a hold that is lost, with a restart for one, costs nothing, for
//! versions (`If-Match`) decide what is kept. Never: a change of anything that is stored.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::{JobId, UserId};
use shoki_core::transcript::SegmentId;

use crate::problem::Problem;
use crate::state::Shared;

/// How long a line stays somebody's without a sign of life. Pages give one every 10 s.
pub const HOLD: SignedDuration = SignedDuration::from_secs(30);
/// Lines that one person can hold in one meeting; the oldest is let go for one more.
const MOST: usize = 8;

/// A line that somebody corrects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineHold {
    /// Of which meeting.
    pub job: JobId,
    /// The line.
    pub segment: SegmentId,
    /// Who.
    pub user: UserId,
    /// Until when, unless it is renewed.
    pub until: Timestamp,
}

/// All holds of this process.
#[derive(Debug, Default)]
pub struct LineHolds(Mutex<Vec<LineHold>>);

impl LineHolds {
    /// Takes or renews a hold.
    ///
    /// # Errors
    /// The hold of whoever has the line.
    pub fn take(
        &self,
        job: JobId,
        segment: SegmentId,
        user: UserId,
        now: Timestamp,
    ) -> Result<LineHold, LineHold> {
        let mut holds = self.standing(now);
        let is_this = |hold: &LineHold| hold.job == job && hold.segment == segment;
        if let Some(other) = holds.iter().find(|hold| is_this(hold) && hold.user != user) {
            return Err(*other);
        }
        holds.retain(|hold| !is_this(hold));
        let is_own = |hold: &LineHold| hold.job == job && hold.user == user;
        if holds.iter().filter(|hold| is_own(hold)).count() >= MOST
            && let Some(oldest) = holds.iter().position(is_own)
        {
            holds.remove(oldest);
        }
        let hold = LineHold {
            job,
            segment,
            user,
            until: now + HOLD,
        };
        holds.push(hold);
        Ok(hold)
    }

    /// Gives a line back; what is not held, or not by this person, stays as it is.
    pub fn release(&self, job: JobId, segment: SegmentId, user: UserId, now: Timestamp) {
        self.standing(now)
            .retain(|hold| hold.job != job || hold.segment != segment || hold.user != user);
    }

    /// The holds of a meeting.
    pub fn of(&self, job: JobId, now: Timestamp) -> Vec<LineHold> {
        let holds = self.standing(now);
        holds.iter().filter(|hold| hold.job == job).copied().collect()
    }

    /// Those that have not run out.
    fn standing(&self, now: Timestamp) -> std::sync::MutexGuard<'_, Vec<LineHold>> {
        let mut holds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        holds.retain(|hold| hold.until > now);
        holds
    }
}

/// Refuses a correction of a line that somebody else holds. The job was looked up for this actor before.
///
/// # Errors
/// `conflict` with the holder's name.
pub(crate) async fn must_be_free(
    shared: &Shared,
    actor: &Actor,
    job: JobId,
    segment: u64,
) -> Result<(), Problem> {
    let holds = shared.line_holds.of(job, shared.api.store.now());
    let other = |hold: &&LineHold| hold.segment.0 == segment && hold.user != actor.user;
    match holds.iter().find(other) {
        Some(hold) => Err(held_by(shared, actor, hold.user).await),
        None => Ok(()),
    }
}

/// The answer to whoever wants a line that another person has.
pub(crate) async fn held_by(shared: &Shared, actor: &Actor, holder: UserId) -> Problem {
    // The names are those of the own 課; without one the sentence still says what to do.
    let users = shared.api.store.users(actor.department).await.unwrap_or_default();
    let name = users.into_iter().find(|user| user.id == holder);
    let who = name.map_or_else(|| "ほかの人".to_owned(), |user| format!("{}さん", user.name));
    let sentence =
        format!("{who}がこの発言を直しています。終わるまで待つか、ほかの発言を先に直してください。");
    Problem::new(ErrorCode::Conflict).detail(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_persons_until_the_hold_runs_out() {
        let (holds, job) = (LineHolds::default(), JobId::generate());
        let (one, other, now) = (UserId::generate(), UserId::generate(), Timestamp::UNIX_EPOCH);
        let line = SegmentId(3);
        let hold = holds.take(job, line, one, now).unwrap();
        assert_eq!(holds.take(job, line, other, now), Err(hold));
        assert!(holds.take(job, SegmentId(4), other, now).is_ok(), "another line");
        assert!(
            holds.take(JobId::generate(), line, other, now).is_ok(),
            "another meeting"
        );
        let later = now + HOLD / 2;
        assert_eq!(holds.take(job, line, one, later).unwrap().until, later + HOLD);
        assert_eq!(holds.of(job, now + HOLD).len(), 1, "the one that was renewed");
        holds.release(job, line, other, later);
        assert!(
            holds.take(job, line, other, later).is_err(),
            "not theirs to give back"
        );
        holds.release(job, line, one, later);
        assert!(holds.take(job, line, other, later).is_ok());
        assert!(holds.take(job, line, one, later + HOLD).is_ok(), "it has run out");
    }

    #[test]
    fn one_person_does_not_hold_a_whole_meeting() {
        let (holds, job, now) = (LineHolds::default(), JobId::generate(), Timestamp::UNIX_EPOCH);
        let one = UserId::generate();
        for line in 0..100 {
            holds.take(job, SegmentId(line), one, now).unwrap();
        }
        let kept = holds.of(job, now);
        assert_eq!(kept.len(), MOST);
        assert_eq!(kept.last().unwrap().segment, SegmentId(99));
    }
}

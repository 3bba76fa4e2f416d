//! People who look at pages at fixed times, whether or not the look before was answered.
//!
//! Promise: a latency counts from the moment at which the look was due (no coordinated omission); the looks of the
//! people are spread evenly, so that no figure is made of everybody pressing a key at once. Never: a retry.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::person::Person;
use crate::search::open_loop::Latencies;

/// What is looked at.
#[derive(Clone, Debug)]
pub enum Place {
    /// A path.
    At(String),
    /// The law desk, with the next question.
    LawQuestion,
}

/// What everybody does again and again.
#[derive(Clone, Debug)]
pub struct Habit {
    /// Its name in the report.
    pub name: &'static str,
    /// What is looked at.
    pub place: Place,
    /// How often.
    pub every: Duration,
    /// Whether the page does it by itself.
    pub is_background: bool,
}

/// What a habit showed.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The habit.
    pub name: &'static str,
    /// From due to the last byte.
    pub latencies: Latencies,
}

/// A look that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    after: Duration,
    person: usize,
    habit: usize,
    turn: usize,
}

/// All looks of a window in the order in which they are due.
fn plan(people: usize, habits: &[Habit], window: Duration) -> Vec<Due> {
    let mut all = Vec::new();
    for person in 0..people {
        for (habit, Habit { every, .. }) in habits.iter().enumerate() {
            let share = (person as f64 + habit as f64 / habits.len() as f64) / people as f64;
            let mut after = every.mul_f64(share);
            let mut turn = 0;
            while after < window {
                all.push(Due {
                    after,
                    person,
                    habit,
                    turn,
                });
                after += *every;
                turn += 1;
            }
        }
    }
    all.sort_unstable();
    all
}

/// Lets the people live by their habits for a window; a row for each habit.
///
/// # Errors
/// No questions; a task that panicked.
pub async fn live(
    people: &[Person],
    habits: &[Habit],
    questions: &[String],
    window: Duration,
) -> anyhow::Result<Vec<Row>> {
    anyhow::ensure!(!questions.is_empty(), "no questions to ask");
    let mut seen = Vec::new();
    for _ in habits {
        seen.push((Histogram::<u64>::new(3)?, 0_u64));
    }
    let mut waiting = JoinSet::new();
    let begun = Instant::now();
    for due in plan(people.len(), habits, window) {
        let at = begun + due.after;
        tokio::time::sleep_until(at).await;
        let person = people[due.person].clone();
        let habit = &habits[due.habit];
        let (place, is_background) = (habit.place.clone(), habit.is_background);
        // People ask different questions, and each another one every time.
        let question = questions[(due.person * 7 + due.turn) % questions.len()].clone();
        waiting.spawn(async move {
            let is_answered = match place {
                Place::At(path) => person.look(&path, is_background).await,
                Place::LawQuestion => person.ask(&question).await,
            };
            (due.habit, is_answered, at.elapsed())
        });
    }
    while let Some(done) = waiting.join_next().await {
        let (habit, is_answered, latency) = done?;
        let (histogram, failed) = &mut seen[habit];
        if is_answered {
            histogram.record(u64::try_from(latency.as_micros())?)?;
        } else {
            *failed += 1;
        }
    }
    let rows = habits.iter().zip(&seen);
    Ok(rows
        .map(|(habit, (histogram, failed))| Row {
            name: habit.name,
            latencies: Latencies::of(histogram, *failed),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn habit(seconds: u64) -> Habit {
        Habit {
            name: "one",
            place: Place::At("/".to_owned()),
            every: Duration::from_secs(seconds),
            is_background: false,
        }
    }

    #[test]
    fn looks_are_due_as_often_as_said_and_spread() {
        let looks = plan(50, &[habit(2), habit(10)], Duration::from_secs(20));
        let of = |habit: usize| looks.iter().filter(|due| due.habit == habit).count();
        assert_eq!((of(0), of(1)), (500, 100));
        assert!(looks.is_sorted_by_key(|due| due.after));
        let in_a_moment = |from: u64| {
            let moment = Duration::from_millis(from)..Duration::from_millis(from + 200);
            looks.iter().filter(|due| moment.contains(&due.after)).count()
        };
        assert!(
            (0..19_800).step_by(200).all(|from| in_a_moment(from) <= 8),
            "six in 200 ms on average"
        );
    }

    #[tokio::test]
    async fn without_people_or_questions() {
        let one = [habit(1)];
        let window = Duration::from_millis(10);
        assert!(live(&[], &one, &[], window).await.is_err());
        let rows = live(&[], &one, &["問".to_owned()], window)
            .await
            .expect("it runs");
        assert_eq!((rows.len(), rows[0].latencies.answered), (1, 0));
    }
}

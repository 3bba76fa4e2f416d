//! What people at the desk look at, and how often.
//!
//! Promise: the paths and the pauses are those of the screens (`assets/jobs.js`). Never: a look that no screen makes.

use std::time::Duration;

use super::load::{Habit, Place};

/// Pause between two looks of the person who follows the job, at each of the places.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);

/// What somebody at the desk does: the list brings itself up to date, now and then a question, now and then home.
pub fn desk_habits() -> Vec<Habit> {
    let habit = |name, place, seconds, is_background| Habit {
        name,
        place,
        every: Duration::from_secs(seconds),
        is_background,
    };
    vec![
        habit(
            "job list, brought up to date",
            Place::At("/jobs".to_owned()),
            2,
            true,
        ),
        habit("law question with its answer", Place::LawQuestion, 10, false),
        habit("home page", Place::At("/".to_owned()), 10, false),
    ]
}

fn follower_habits(places: &[(&'static str, String)]) -> Vec<Habit> {
    let habit = |(name, path): &(&'static str, String)| Habit {
        name,
        place: Place::At(path.clone()),
        every: FOLLOW_EVERY,
        is_background: false,
    };
    places.iter().map(habit).collect()
}

/// What shows a job while it is read.
pub fn job_habits(job: &str) -> Vec<Habit> {
    follower_habits(&[
        ("page: job list", "/jobs".to_owned()),
        ("page: the job", format!("/jobs/{job}")),
        ("API: job list", "/v1/jobs".to_owned()),
        ("API: the job", format!("/v1/jobs/{job}")),
    ])
}

/// What shows it when it has ended; its pages can be listed now.
pub fn ended_habits(job: &str) -> Vec<Habit> {
    let mut habits = job_habits(job);
    habits.extend(follower_habits(&[
        ("page: its pages sorted (仕分け)", format!("/jobs/{job}/tray")),
        ("API: its pages sorted", format!("/v1/jobs/{job}/sorting")),
        ("API: its sheets to review", format!("/v1/jobs/{job}/review")),
    ]));
    habits
}

//! Who goes first when the processor is short: a person at a screen before a stack of scans.
//!
//! Promise: a thread that has yielded, and every thread and process it starts, gets a tenth of the time of
//! one that has not, when both want to run, and all of it otherwise. Never: for a thread that answers
//! requests.

/// 10 of 19 nice steps: a weight of 110 beside 1,024 (sched(7), `sched_prio_to_weight` of Linux).
const NICENESS: i32 = 10;

/// Lets everybody else go first from now on. On Linux the setting is the calling thread's, and what it
/// starts inherits it.
pub fn yield_to_people() {
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "background work keeps the priority of questions"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thread_and_what_it_starts_yield_and_others_do_not() {
        let nice = || rustix::process::getpriority_process(None).expect("the own priority can be read");
        let before = nice();
        let (own, child) = std::thread::spawn(move || {
            yield_to_people();
            let child = std::thread::spawn(nice).join().expect("reading does not panic");
            (nice(), child)
        })
        .join()
        .expect("reading does not panic");
        assert_eq!((own, child), (before.max(NICENESS), before.max(NICENESS)));
        assert_eq!(nice(), before);
    }
}

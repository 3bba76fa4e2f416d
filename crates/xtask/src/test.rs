//! `cargo xtask test`: every check of the project, in the order in which they fail fastest.

use std::process::Command;
use std::time::Instant;

use crate::command::{Outcome, answers, cargo, execute, say};
use crate::setup::{self, Profile};

/// Runs everything; the first failure ends it.
pub fn run() -> Outcome<()> {
    let begun = Instant::now();
    step("format", || execute(&mut cargo(&["fmt", "--all", "--check"])))?;
    let installed = setup::everything(Profile::Dev)?;
    step("lints", || {
        execute(&mut cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ]))
    })?;
    step("tests", || {
        // nextest runs each test in its own process and is faster; cargo's own runner does as well.
        let mut tests = if answers("cargo-nextest", "--version") {
            cargo(&["nextest", "run", "--workspace", "--all-features"])
        } else {
            cargo(&["test", "--workspace", "--all-features"])
        };
        execute(tests.env("SHOKI_TEST_MODELS", &installed.model_store))
    })?;
    step("types of the scripts", || {
        execute(&mut node(&["node_modules/typescript/bin/tsc", "--noEmit"]))
    })?;
    step("browser", || {
        let mut tests = node(&["--test", "--test-reporter=spec", "desk.test.mjs"]);
        execute(
            tests
                .env("SHOKI_TEST_MODELS", &installed.model_store)
                .env("SHOKI_BINARY", &installed.shoki),
        )
    })?;
    say(&format!("everything passed in {} s", begun.elapsed().as_secs()));
    Ok(())
}

/// Node in `tests/browser`.
fn node(arguments: &[&str]) -> Command {
    let mut command = Command::new("node");
    command.args(arguments).current_dir(setup::browser_tests());
    command
}

fn step(name: &str, work: impl FnOnce() -> Outcome<()>) -> Outcome<()> {
    say(&format!("== {name}"));
    let begun = Instant::now();
    work()?;
    say(&format!("== {name}: done in {} s", begun.elapsed().as_secs()));
    Ok(())
}

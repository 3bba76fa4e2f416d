//! `cargo xtask demo` and `cargo xtask test`: all set-up on a fresh Debian-like machine, then the work.
//!
//! Promises: no dependency, so it builds in seconds; every step is skipped when it is done already; a
//! missing thing is named together with what to do. Never: anything a user of the installed product needs.

mod command;
mod demo;
mod server;
mod setup;
mod test;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <command>

  demo [--keep]   set up, build, start the service, read the sample stack, show what came out
                  --keep leaves the service running and prints its address, a sign-in and a token
  test            set up and run every check: format, lints, house rules, unit, contract, integration
                  SHOKI_KILL_CYCLES=500 lengthens the kill -9 test
  setup           only the set-up: packages, runtime libraries, models";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["demo"] => demo::run(demo::AfterDemo::Stop),
        ["demo", "--keep"] => demo::run(demo::AfterDemo::KeepRunning),
        ["test"] => test::run(),
        ["setup"] => setup::everything(setup::Profile::Release).map(|_| ()),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            command::say(&format!("xtask: {message}"));
            ExitCode::FAILURE
        }
    }
}

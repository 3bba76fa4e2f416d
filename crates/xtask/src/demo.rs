//! `cargo xtask demo`: from nothing to questions answered by the law desk, a heard meeting and a read stack
//! of forms on the screen.

use crate::command::{Outcome, capture, execute, feed, repository, say, target_directory};
use crate::server::Server;
use crate::setup::{self, Installed, Profile};

/// What happens to the service when the stack is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum AfterDemo {
    /// It is stopped.
    Stop,
    /// It goes on; its address and a token are printed.
    KeepRunning,
}

/// Who signs in to the demo's pages.
const DEMO_PERSON: &str = "demo";
/// With which password: it guards fictional people on a loopback port.
const DEMO_PASSWORD: &str = "shoki-demo-2026";

/// Sets up, starts, uploads, prints.
pub fn run(after: AfterDemo) -> Outcome<()> {
    let installed = setup::binaries_and_models(Profile::Release)?;
    let home = target_directory().join("demo");
    if home.exists() {
        std::fs::remove_dir_all(&home).map_err(|error| format!("{}: {error}", home.display()))?;
    }
    let (data, out) = (home.join("data"), home.join("out"));
    for directory in [&data, &out] {
        std::fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    }
    let token = make_token(&installed, &data)?;
    show_law_desk(&installed, &data)?;
    show_minutes(&installed, &data, &out)?;
    let server = Server::start(&installed, &data)?;
    let base = format!("http://{}", server.address);
    say(&format!(
        "service: {base} (log: {})",
        data.join("server.log").display()
    ));
    let samples = repository().join("bench/samples");
    let mut client = std::process::Command::new(&installed.bench);
    client
        .arg("demo")
        .args([
            "--base",
            &base,
            "--token",
            &token,
            "--pid",
            &server.pid().to_string(),
        ])
        .arg("--pdf")
        .arg(samples.join("demo.pdf"))
        .arg("--truth")
        .arg(samples.join("demo.truth.json"))
        .arg("--out")
        .arg(&out);
    let shown = execute(&mut client);
    if after == AfterDemo::KeepRunning && shown.is_ok() {
        say(&format!(
            "\nThe service goes on at {base} (process {}).\nToken: {token}",
            server.pid()
        ));
        say(&format!(
            "Desk:  open {base} in a browser on this machine; name: {DEMO_PERSON}, password: {DEMO_PASSWORD}"
        ));
        say(&format!(
            "Try:   curl -H 'Authorization: Bearer {token}' {base}/v1/jobs"
        ));
        say(&format!("Stop:  kill {}", server.pid()));
        return Ok(());
    }
    shown.and(server.stop())
}

/// The fictional city's ordinances, notices and plan are imported and asked.
fn show_law_desk(installed: &Installed, data: &std::path::Path) -> Outcome<()> {
    let desk = |arguments: &[&str]| {
        execute(
            installed
                .shoki_command(arguments)
                .env("SHOKI_STORAGE__DATA_DIR", data)
                .env("SHOKI_LOG__LEVEL", "error"),
        )
    };
    desk(&["corpus", "import", "pipelines/corpora/asahino.toml"])?;
    for question in [
        "子どもの通院でいくら払えばいいですか",
        "貸付金の申込みに必要な書類は?",
        "情報公開条例第3条",
    ] {
        say(&format!("\n質問: {question}"));
        desk(&["ask", "--limit", "3", question])?;
    }
    say("");
    Ok(())
}

/// Lines of the minutes that are shown.
const SHOWN_LINES: usize = 40;

/// The fictional meeting is heard: who said what, and the minutes.
fn show_minutes(installed: &Installed, data: &std::path::Path, out: &std::path::Path) -> Outcome<()> {
    let directory = out.join("minutes");
    let into = directory.display().to_string();
    execute(
        installed
            .shoki_command(&[
                "transcribe",
                "bench/samples/meeting.flac",
                "--title",
                "福祉委員会",
                "--held-on",
                "2026-11-24",
                "--out",
                &into,
            ])
            .env("SHOKI_STORAGE__DATA_DIR", data)
            .env("SHOKI_LOG__LEVEL", "error"),
    )?;
    let minutes = directory.join("meeting.md");
    let text =
        std::fs::read_to_string(&minutes).map_err(|error| format!("{}: {error}", minutes.display()))?;
    for line in text.lines().take(SHOWN_LINES) {
        say(line);
    }
    say(&format!("…\nWord、テキスト、字幕ほか: {}\n", directory.display()));
    Ok(())
}

/// A 課, a clerk with a password and a token, as an administrator makes them before the service starts.
fn make_token(installed: &Installed, data: &std::path::Path) -> Outcome<String> {
    let admin = |arguments: &[&str]| {
        capture(
            installed
                .shoki_command(arguments)
                .env("SHOKI_STORAGE__DATA_DIR", data),
        )
    };
    admin(&["admin", "department", "add", "市民税課"])?;
    admin(&[
        "admin",
        "user",
        "add",
        "--department",
        "市民税課",
        "--role",
        "clerk",
        DEMO_PERSON,
    ])?;
    let mut account = installed.shoki_command(&[
        "admin",
        "account",
        "add",
        "--department",
        "市民税課",
        "--user",
        DEMO_PERSON,
    ]);
    feed(
        account.env("SHOKI_STORAGE__DATA_DIR", data),
        &format!("{DEMO_PASSWORD}\n"),
    )?;
    let printed = admin(&[
        "admin",
        "token",
        "create",
        "--department",
        "市民税課",
        "--user",
        DEMO_PERSON,
        "--label",
        "demo",
    ])?;
    printed
        .split_whitespace()
        .last()
        .map(str::to_owned)
        .ok_or_else(|| "shoki admin token create printed no token".to_owned())
}

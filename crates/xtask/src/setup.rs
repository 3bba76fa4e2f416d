//! Set-up on a fresh Debian-like machine: packages, the binary, runtime libraries and models.
//!
//! Promises: idempotent; the second run asks nothing of any network.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::command::{Outcome, answers, capture, cargo, execute, repository, say, target_directory};

/// Debian packages that the sample maker and its tests draw with; the service itself needs none of them.
const FONT_PACKAGES: [&str; 10] = [
    "fonts-aoyagi-kouzan-t",
    "fonts-ipafont",
    "fonts-kiloji",
    "fonts-klee",
    "fonts-kouzan-mouhitsu",
    "fonts-noto-cjk",
    "fonts-seto",
    "fonts-yozvox-yozfont-new-kana",
    "fonts-yozvox-yozfont-standard-kana",
    "fonts-yusei-magic",
];

/// Debian packages with which tests look at Word documents as a reader does; the service itself needs neither.
const DOCUMENT_PACKAGES: [&str; 2] = ["libreoffice-writer-nogui", "poppler-utils"];

/// OpenAI's Python client, which the tests of the transcription API run.
const OPENAI_CLIENT: &str = "openai==3.57.0";

/// The Debian package that opens the recordings which the service cannot open itself (WMA, AMR, odd MP4),
/// and that makes the recordings of the tests.
const RECORDING_PACKAGES: [&str; 1] = ["ffmpeg"];

/// Debian packages with which the pages are tried as a clerk's browser shows them.
const BROWSER_PACKAGES: [&str; 1] = ["chromium"];

/// The Debian package with the LDAP server that sign-in is tried against. Its installation asks for a directory and
/// starts it as a daemon unless it is told not to: the tests start their own.
const DIRECTORY_PACKAGE: &str = "slapd";
const INSTALL_DIRECTORY: &str = "set -e
echo 'slapd slapd/no_configuration boolean true' | debconf-set-selections
if [ ! -e /usr/sbin/policy-rc.d ]; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -y -q --no-install-recommends slapd";

/// Which build of the binaries is set up.
#[derive(Clone, Copy)]
pub enum Profile {
    /// As tests use it.
    Dev,
    /// As offices use it.
    Release,
}

/// Where things lie after set-up.
pub struct Installed {
    /// The `shoki` binary.
    pub shoki: PathBuf,
    /// The `shoki-bench` binary.
    pub bench: PathBuf,
    /// The model store: verified runtime libraries and models.
    pub model_store: PathBuf,
}

/// Builds the binaries and pulls what `models/*/manifest.toml` pins.
pub fn binaries_and_models(profile: Profile) -> Outcome<Installed> {
    python()?;
    compilers()?;
    say("build: shoki, shoki-bench");
    let directory = match profile {
        // With the tests, or their crates' features would have whisper.cpp and much else built twice.
        Profile::Dev => {
            let selection = ["build", "--workspace", "--all-features", "--all-targets"];
            execute(&mut cargo(&selection))?;
            "debug"
        }
        Profile::Release => {
            execute(&mut cargo(&[
                "build",
                "--release",
                "--package",
                "shoki-app",
                "--package",
                "shoki-bench",
            ]))?;
            "release"
        }
    };
    let binaries = target_directory().join(directory);
    let installed = Installed {
        shoki: binaries.join("shoki"),
        bench: binaries.join("shoki-bench"),
        model_store: target_directory().join("models"),
    };
    say("models: shoki models pull");
    execute(installed.shoki_command(&["models", "pull"]).stdout(Stdio::null()))?;
    Ok(installed)
}

/// `cargo xtask setup`.
pub fn everything(profile: Profile) -> Outcome<Installed> {
    packages(&FONT_PACKAGES)?;
    packages(&RECORDING_PACKAGES)?;
    packages(&DOCUMENT_PACKAGES)?;
    directory_server()?;
    openai_client()?;
    browser()?;
    binaries_and_models(profile)
}

/// Where the browser's tests and their packages lie.
pub fn browser_tests() -> PathBuf {
    repository().join("tests/browser")
}

/// Chromium, node, and the packages that the lock file of `tests/browser` pins by hash.
fn browser() -> Outcome<()> {
    packages(&BROWSER_PACKAGES)?;
    if !answers("node", "--version") || !answers("npm", "--version") {
        packages(&["nodejs", "npm"])?;
    }
    let home = browser_tests();
    let read = |name: &str| {
        let file = home.join(name);
        std::fs::read_to_string(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))
    };
    let (wanted, installed) = (
        read("package-lock.json")?,
        home.join("node_modules/.shoki-installed"),
    );
    if std::fs::read_to_string(&installed).ok().as_deref() == Some(wanted.as_str()) {
        return Ok(());
    }
    say("tests: node packages of tests/browser");
    execute(Command::new("npm").args(["ci", "--silent"]).current_dir(&home))?;
    std::fs::write(&installed, wanted)
        .map_err(|error| format!("cannot write {}: {error}", installed.display()))
}

/// An environment of its own under the target directory, as the benches' peers have.
fn openai_client() -> Outcome<()> {
    let directory = target_directory().join("openai-client");
    let installed = directory.join("installed.txt");
    if std::fs::read_to_string(&installed).ok().as_deref() == Some(OPENAI_CLIENT) {
        return Ok(());
    }
    python()?;
    if !runs("import ensurepip") {
        packages(&["python3-venv"])?;
    }
    say(&format!("tests: {OPENAI_CLIENT}"));
    execute(Command::new("python3").args(["-m", "venv"]).arg(&directory))?;
    let pip = ["-m", "pip", "install", "--quiet", OPENAI_CLIENT];
    execute(Command::new(directory.join("bin/python")).args(pip))?;
    std::fs::write(&installed, OPENAI_CLIENT)
        .map_err(|error| format!("cannot write {}: {error}", installed.display()))
}

/// Whether Python runs a line.
fn runs(line: &str) -> bool {
    let mut python = Command::new("python3");
    python
        .args(["-c", line])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}

impl Installed {
    /// `shoki` with the repository's models and the store of this set-up.
    pub fn shoki_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.shoki);
        command
            .args(arguments)
            .current_dir(repository())
            .env("SHOKI_MODELS__STORE_DIR", &self.model_store);
        command
    }
}

fn python() -> Outcome<()> {
    if !answers("python3", "--version") {
        packages(&["python3", "python3-pip"])?;
    }
    let has_pip = Command::new("python3")
        .args(["-m", "pip", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if has_pip {
        Ok(())
    } else {
        packages(&["python3-pip"])
    }
}

/// What whisper.cpp is built with.
fn compilers() -> Outcome<()> {
    if answers("cmake", "--version") && answers("c++", "--version") {
        return Ok(());
    }
    packages(&["cmake", "g++", "make"])
}

/// Installs the Debian packages that are missing, as root or with sudo.
fn packages(wanted: &[&str]) -> Outcome<()> {
    let missing: Vec<&str> = wanted
        .iter()
        .copied()
        .filter(|name| !is_installed(name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    say(&format!("packages: installing {}", missing.join(" ")));
    let apt = |arguments: &[&str]| {
        let mut command = as_root("apt-get", &missing)?;
        command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null());
        Ok::<_, String>(command)
    };
    execute(&mut apt(&["update", "-q"])?)?;
    let mut install = vec!["install", "-y", "-q", "--no-install-recommends"];
    install.extend(&missing);
    execute(&mut apt(&install)?)
}

/// The LDAP server, without a directory in it and without a daemon.
fn directory_server() -> Outcome<()> {
    if is_installed(DIRECTORY_PACKAGE) {
        return Ok(());
    }
    say(&format!("packages: installing {DIRECTORY_PACKAGE}"));
    let mut shell = as_root("sh", &[DIRECTORY_PACKAGE])?;
    execute(shell.args(["-c", INSTALL_DIRECTORY]).stdout(Stdio::null()))
}

/// A command that installs packages, as root or with sudo.
fn as_root(program: &str, wanted: &[&str]) -> Outcome<Command> {
    let wanted = wanted.join(" ");
    if !answers("apt-get", "--version") {
        return Err(format!("this machine has no apt-get; install by hand: {wanted}"));
    }
    if capture(Command::new("id").arg("-u"))?.trim() == "0" {
        return Ok(Command::new(program));
    }
    if !answers("sudo", "--version") {
        return Err(format!("run as root (or install sudo) to install: {wanted}"));
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    Ok(command)
}

fn is_installed(package: &str) -> bool {
    Command::new("dpkg-query")
        .args(["-W", "-f=${Status}", package])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.stdout.ends_with(b"install ok installed"))
}

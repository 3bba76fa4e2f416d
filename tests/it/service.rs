//! A real `shoki serve` as a child process on a loopback port, and an HTTP client for it.
//!
//! The binary lies beside the test executable (`target/<profile>/shoki`); the models come from
//! `SHOKI_TEST_MODELS`. Both are set up by `cargo xtask test`; without them a test fails with a sentence.

mod api;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

pub use api::{Api, answered, text};
use reqwest::{Client, StatusCode};

/// Longest wait for anything that the service does by itself.
pub const PATIENCE: Duration = Duration::from_secs(300);
/// Time between two looks at a condition.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The repository's root.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies under the root")
}

/// The binary of this build.
pub fn shoki_binary() -> PathBuf {
    let test = std::env::current_exe().expect("the test executable has a path");
    let profile = test
        .parent()
        .and_then(Path::parent)
        .expect("target/<profile>/deps/<test>");
    let binary = profile.join("shoki");
    assert!(
        binary.is_file(),
        "{} is not built: run cargo xtask test, or cargo build -p shoki-app first",
        binary.display()
    );
    binary
}

/// The model store of the tests.
pub fn model_store() -> PathBuf {
    let store = std::env::var_os("SHOKI_TEST_MODELS");
    PathBuf::from(store.expect("run cargo xtask test, or set SHOKI_TEST_MODELS to a model store"))
}

/// Copies a directory with everything in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// A file of the sample stack.
pub fn sample(name: &str) -> PathBuf {
    repository().join("bench/samples").join(name)
}

/// An installation: data directory, settings, and the people in it.
pub struct Office {
    directory: tempfile::TempDir,
    settings: BTreeMap<String, String>,
    /// Address of the API.
    pub address: SocketAddr,
    /// Token of a clerk.
    pub token: String,
}

impl Office {
    /// A data directory with one 課, one clerk and a token.
    pub fn open() -> Self {
        Self::open_with(&[])
    }

    /// The same with settings, `SECTION__KEY`.
    pub fn open_with(settings: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let address = free_address();
        let mut office = Self {
            directory,
            settings: BTreeMap::new(),
            address,
            token: String::new(),
        };
        let data = office.data().display().to_string();
        let store = model_store().display().to_string();
        let catalogue = repository().join("models").display().to_string();
        let pipelines = repository().join("pipelines").display().to_string();
        for (key, value) in [
            ("STORAGE__DATA_DIR", data.as_str()),
            ("SERVER__LISTEN", &address.to_string()),
            ("MODELS__STORE_DIR", &store),
            ("MODELS__CATALOGUE_DIR", &catalogue),
            ("PIPELINES__DIR", &pipelines),
            ("WORKERS__READINGS", "one"),
            ("STORAGE__DISK_RESERVE_MIB", "1"),
        ] {
            office.set(key, value);
        }
        for (key, value) in settings {
            office.set(key, value);
        }
        office.admin(&["department", "add", "市民税課"]);
        office.admin(&[
            "user",
            "add",
            "--department",
            "市民税課",
            "--role",
            "clerk",
            "佐藤",
        ]);
        let printed = office.admin(&[
            "token",
            "create",
            "--department",
            "市民税課",
            "--user",
            "佐藤",
            "--label",
            "test",
        ]);
        office.token = printed.trim().to_owned();
        office
    }

    /// A client of another 課, which is made with a clerk.
    pub fn stranger(&self) -> Api {
        self.admin(&["department", "add", "別の課"]);
        let of = ["--department", "別の課"];
        self.admin(&[&["user", "add"], &of[..], &["--role", "clerk", "鈴木"]].concat());
        let token = ["--user", "鈴木", "--label", "test"];
        let printed = self.admin(&[&["token", "create"], &of[..], &token].concat());
        self.client().signed_as(printed.trim())
    }

    /// Adds a person with a role; the token of that person.
    pub fn token_of(&self, role: &str, name: &str) -> String {
        let department = ["--department", "市民税課"];
        self.admin(&[&["user", "add"], &department[..], &["--role", role, name]].concat());
        let create = [
            &["token", "create"],
            &department[..],
            &["--user", name, "--label", "test"],
        ]
        .concat();
        self.admin(&create).trim().to_owned()
    }

    /// Changes a setting for processes started from now on.
    pub fn set(&mut self, key: &str, value: &str) {
        self.settings.insert(format!("SHOKI_{key}"), value.to_owned());
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The binary with this installation's settings and nothing else of the environment.
    pub fn shoki(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(shoki_binary());
        command
            .args(arguments)
            .env_clear()
            .envs(&self.settings)
            .current_dir(self.directory.path());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.shoki(arguments).output().expect("the binary starts")
    }

    fn admin(&self, arguments: &[&str]) -> String {
        let all: Vec<&str> = std::iter::once("admin")
            .chain(arguments.iter().copied())
            .collect();
        let output = self.run(&all);
        assert!(
            output.status.success(),
            "{all:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Starts the service; its log goes to `server.log`, appended.
    pub fn start(&self) -> Server {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log_file())
            .expect("the log can be opened");
        let child = self
            .shoki(&["serve"])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        Server {
            child,
            base: format!("http://{}", self.address),
            log: self.log_file(),
        }
    }

    /// Where the service's log lies.
    pub fn log_file(&self) -> PathBuf {
        self.directory.path().join("server.log")
    }

    /// A client with the clerk's token.
    pub fn client(&self) -> Api {
        Api {
            // No pool: a test that waits for a command does not see an idle connection being closed.
            http: Client::builder()
                .no_proxy()
                .pool_max_idle_per_host(0)
                .build()
                .expect("a client"),
            base: format!("http://{}", self.address),
            token: self.token.clone(),
        }
    }

    /// Files below the data directory that contain `needle`.
    pub fn hits(&self, needle: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![self.data()];
        while let Some(directory) = open.pop() {
            for entry in std::fs::read_dir(&directory).expect("a directory") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    open.push(path);
                } else if contains(&std::fs::read(&path).unwrap_or_default(), needle) {
                    found.push(path.display().to_string());
                }
            }
        }
        found
    }
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// A loopback address that nobody listens on now.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.local_addr().expect("bound")
}

/// A running service; killed when dropped.
pub struct Server {
    child: Child,
    base: String,
    log: PathBuf,
}

impl Server {
    /// Process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `/readyz` says ready.
    pub async fn ready(&mut self) {
        let http = Client::builder().no_proxy().build().expect("a client");
        let url = format!("{}/readyz", self.base);
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                panic!("the service ended with {status}:\n{}", self.log());
            }
            if let Ok(answer) = http.get(&url).send().await
                && answer.status() == StatusCode::OK
            {
                return;
            }
            assert!(Instant::now() < deadline, "not ready:\n{}", self.log());
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Everything logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.pid().to_string()])
            .status();
        assert!(status.expect("kill is there").success());
    }

    /// Kills the process and waits for its end.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Waits for the end.
    pub async fn ended(mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "the service does not end:\n{}",
                self.log()
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when it has ended and was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

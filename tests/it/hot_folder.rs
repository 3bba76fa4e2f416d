//! The hot folder with the real program: what it takes, what it refuses, and that kill -9 at random moments
//! neither reads nor delivers twice nor loses.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::scans::one_page;
use crate::service::{Office, repository};

const SEED: u64 = 20_261_129;
/// Kills; each hits a process that has had time to take and read something.
const KILLS: usize = 8;
const FILES: usize = 6;

struct Folders {
    office: Office,
    inbox: PathBuf,
    outbox: PathBuf,
    forms: PathBuf,
}

impl Folders {
    fn open() -> Self {
        let office = Office::open();
        let place = |name: &str| {
            let path = office.data().with_file_name(name);
            std::fs::create_dir_all(&path).expect("a folder");
            path
        };
        let (inbox, outbox, forms) = (place("in"), place("out"), place("forms"));
        for entry in std::fs::read_dir(repository().join("pipelines/forms")).expect("shipped") {
            let path = entry.expect("an entry").path();
            std::fs::copy(&path, forms.join(path.file_name().expect("a name"))).expect("copied");
        }
        Self {
            office,
            inbox,
            outbox,
            forms,
        }
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.inbox.join(name), bytes).expect("written");
    }

    fn watch(&self, more: &[&str]) -> Command {
        let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
        let (forms, inbox, outbox) = (path(&self.forms), path(&self.inbox), path(&self.outbox));
        let mut arguments = vec!["watch", "--forms", &forms, "--in", &inbox, "--out", &outbox];
        arguments.extend(["--every", "1", "--workers", "1"]);
        arguments.extend(more);
        self.office.shoki(&arguments)
    }

    /// Reads everything that is there.
    fn once(&self, more: &[&str]) -> Output {
        let all: Vec<&str> = ["--once"].into_iter().chain(more.iter().copied()).collect();
        let output = self.watch(&all).output().expect("the binary starts");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }

    fn out(&self, name: &str) -> String {
        std::fs::read_to_string(self.outbox.join(name))
            .unwrap_or_else(|_| panic!("{name}: {:?}", names(&self.outbox)))
    }
}

/// Names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn a_scan_comes_out_with_a_marker_and_the_same_content_is_not_read_twice() {
    let folders = Folders::open();
    let page = one_page("1");
    folders.put("a.png", &page);
    folders.put("b.png", &page);
    folders.put("notes.txt", b"this is no scan");
    folders.put("copying.png.part", b"half of it");
    folders.once(&[]);
    assert_eq!(
        names(&folders.outbox),
        ["a.done", "a.kouza_furikae.standard.csv", "b.error", "notes.error"]
    );
    let marker: Value = serde_json::from_str(&folders.out("a.done")).expect("JSON");
    assert_eq!(marker["source"], "a.png");
    assert_eq!(marker["outcome"]["pages_read"], 1);
    assert_eq!(marker["files"][0]["name"], "a.kouza_furikae.standard.csv");
    assert_eq!(marker["files"][0]["rows"], 1);
    let csv = folders.out("a.kouza_furikae.standard.csv");
    assert_eq!(marker["files"][0]["bytes"], csv.len());
    assert!(
        csv.starts_with("\u{feff}ページ,") && csv.ends_with("\r\n"),
        "{csv}"
    );
    assert!(
        folders.out("b.error").contains("「a.png」と同じ内容"),
        "{}",
        folders.out("b.error")
    );
    assert!(
        folders
            .out("notes.error")
            .contains("この種類のファイルは扱えません。")
    );
    assert_eq!(names(&folders.inbox), ["copying.png.part", "読取不可", "読取済"]);
    assert_eq!(names(&folders.inbox.join("読取済")), ["a.png", "b.png"]);
    assert_eq!(names(&folders.inbox.join("読取不可")), ["notes.txt"]);

    // Another day, another name, the same content; and another content under a name that lies there still.
    folders.put("c.png", &page);
    folders.put("a.png", &one_page("2"));
    folders.once(&[]);
    assert!(folders.out("c.error").contains("同じ内容"));
    assert!(folders.out("a-2.done").contains("a-2.kouza_furikae.standard.csv"));
    assert_eq!(
        names(&folders.inbox.join("読取済")),
        ["a-2.png", "a.png", "b.png", "c.png"]
    );
}

#[test]
fn a_stopped_output_says_why_keeps_its_readings_and_comes_out_when_the_profile_is_mended() {
    let folders = Folders::open();
    let definition = folders.forms.join("kouza_furikae.toml");
    let shipped = std::fs::read_to_string(&definition).expect("copied");
    let strict = "\n[[output]]\nid = \"strict\"\nname = \"確実だけ\"\nformat = \"csv\"\nunsure = \"stop\"\n\
                  column = [ { name = \"氏名\", field = \"payer_name\" } ]\n";
    std::fs::write(&definition, format!("{shipped}{strict}")).expect("written");
    let page = one_page("3");
    folders.put("a.png", &page);
    folders.once(&["--output", "strict", "--output", "standard"]);
    assert_eq!(names(&folders.outbox), ["a.error"], "all or nothing");
    let said = folders.out("a.error");
    assert!(
        said.contains("1ページ目「氏名」") && said.contains("要確認"),
        "{said}"
    );
    assert_eq!(names(&folders.inbox.join("読取不可")), ["a.png"]);
    let kept = || {
        let mut files = Vec::new();
        let mut open = vec![folders.office.data().join("watch")];
        while let Some(directory) = open.pop() {
            for entry in std::fs::read_dir(directory).expect("a directory") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    open.push(path);
                } else if path.ends_with("pages.jsonl") {
                    files.push(std::fs::read(path).expect("readings"));
                }
            }
        }
        files
    };
    assert_eq!(kept().len(), 1, "the readings are kept");

    std::fs::write(
        &definition,
        format!("{shipped}{}", strict.replace("stop", "write")),
    )
    .expect("written");
    folders.put("a.png", &page);
    folders.once(&["--output", "strict", "--output", "standard"]);
    let expected = [
        "a.done",
        "a.kouza_furikae.standard.csv",
        "a.kouza_furikae.strict.csv",
    ];
    assert_eq!(names(&folders.outbox), expected);
    assert!(kept().is_empty());
}

/// The next system: takes each delivery away as soon as its marker is there.
fn take_away(outbox: &Path, taken: &mut BTreeMap<String, Vec<String>>) {
    for name in names(outbox).into_iter().filter(|name| name.ends_with(".done")) {
        let marker = std::fs::read(outbox.join(&name)).expect("a marker is whole");
        let marker: Value = serde_json::from_slice(&marker).expect("JSON");
        for file in marker["files"].as_array().expect("files") {
            let file = outbox.join(file["name"].as_str().expect("a name"));
            let bytes = std::fs::read(&file).expect("what a marker lists is there");
            assert!(bytes.ends_with(b"\r\n"));
            std::fs::remove_file(file).expect("removed");
        }
        std::fs::remove_file(outbox.join(&name)).expect("removed");
        let content = marker["sha256"].as_str().expect("a hash").to_owned();
        taken.entry(content).or_default().push(name);
    }
}

#[test]
fn kill_9_neither_delivers_twice_nor_loses() {
    let folders = Folders::open();
    let mut moments = ChaCha8Rng::seed_from_u64(SEED);
    for number in 0..FILES {
        folders.put(&format!("{number}.png"), &one_page(&format!("kill {number}")));
    }
    let stop = Arc::new(AtomicBool::new(false));
    let next_system = {
        let (outbox, stop) = (folders.outbox.clone(), Arc::clone(&stop));
        std::thread::spawn(move || {
            let mut taken = BTreeMap::new();
            while !stop.load(Ordering::Relaxed) {
                take_away(&outbox, &mut taken);
                std::thread::sleep(Duration::from_millis(5));
            }
            take_away(&outbox, &mut taken);
            taken
        })
    };
    let mut killed_at_work = 0;
    for _ in 0..KILLS {
        let mut child = folders
            .watch(&[])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        std::thread::sleep(Duration::from_millis(moments.random_range(300..2_500)));
        let before = names(&folders.inbox.join("読取済")).len();
        killed_at_work += usize::from(before < FILES);
        child.kill().expect("it runs");
        child.wait().expect("it ends");
    }
    folders.once(&[]);
    stop.store(true, Ordering::Relaxed);
    let taken = next_system
        .join()
        .expect("the next system finds every delivery whole");
    assert!(killed_at_work > 0, "every kill came after the work");
    assert_eq!(taken.len(), FILES, "{taken:?}");
    for (content, deliveries) in &taken {
        assert_eq!(deliveries.len(), 1, "{content}: {deliveries:?}");
    }
    assert_eq!(names(&folders.outbox), Vec::<String>::new());
    assert_eq!(names(&folders.inbox.join("読取済")).len(), FILES);
}

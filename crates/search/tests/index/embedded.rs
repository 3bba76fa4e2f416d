//! What only an index in a directory can show: it outlives the process, a crash at any moment, damage,
//! and being made again.
//!
//! Never: sleeps, the order in which a directory is listed.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use shoki_search::index::embedded::EmbeddedIndex;
use shoki_search::index::{Fingerprint, IndexError, IndexedRevision, Leg, PassageIndex, Scored};

use crate::corpus::{fingerprint, question, revision, revision_id, scope, vector};

fn open(path: &Path) -> EmbeddedIndex {
    EmbeddedIndex::open(path, fingerprint()).expect("the index opens")
}

fn found(index: &EmbeddedIndex, text: &str) -> Vec<Scored> {
    index
        .search(&Leg::Passages(&question(text)), &scope(), 50)
        .expect("the index can be read")
}

fn fill(index: &EmbeddedIndex, revisions: &[IndexedRevision]) {
    index.apply(revisions, &[]).expect("applies");
}

fn files(path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path).expect("a directory") {
        let entry = entry.expect("an entry").path();
        if entry.is_dir() {
            found.extend(files(&entry));
        } else {
            found.push(entry);
        }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).expect("inside"));
        fs::create_dir_all(target.parent().expect("a parent")).expect("made");
        fs::copy(&file, target).expect("copied");
    }
}

#[test]
fn it_is_there_again_after_the_process_ended() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let before = {
        let index = open(directory.path());
        fill(&index, &[revision(1, "甲", &["保護の費用", "保護の申請"])]);
        fill(&index, &[revision(2, "乙", &["保護の決定"])]);
        index.apply(&[], &[revision_id(1)]).expect("applies");
        fill(&index, &[revision(3, "丙", &["保護の変更"])]);
        found(&index, "保護の決定")
    };
    let index = open(directory.path());
    assert_eq!(found(&index, "保護の決定"), before);
    assert_eq!(
        index.revisions().expect("readable"),
        [revision_id(2), revision_id(3)]
    );
}

/// The state of the directory at every moment of a change set: each file that changes is taken in its
/// former state, in its new one, and cut off; all must open as the former state or the new one.
#[test]
fn a_crash_at_any_file_leaves_one_state_or_the_other() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (old, new) = (directory.path().join("old"), directory.path().join("new"));
    {
        let index = open(&old);
        fill(
            &index,
            &[
                revision(1, "甲", &["保護の費用"]),
                revision(2, "乙", &["保護の申請"]),
            ],
        );
    }
    copy(&old, &new);
    {
        let index = open(&new);
        index
            .apply(
                &[revision(3, "丙", &["保護の決定", "保護の変更"])],
                &[revision_id(1)],
            )
            .expect("applies");
    }
    let states = [
        vec![revision_id(1), revision_id(2)],
        vec![revision_id(2), revision_id(3)],
    ];
    // What is new lies beside the old state: complete, in part, not at all. The commit (meta.json) comes
    // last, so without it the old state must open, with it and all files the new one.
    let added: Vec<PathBuf> = files(&new)
        .iter()
        .map(|file| file.strip_prefix(&new).expect("inside").to_owned())
        .filter(|file| !old.join(file).exists())
        .collect();
    assert!(added.len() > 3, "a change set writes files");
    for (position, _) in added.iter().enumerate() {
        let crashed = directory.path().join(format!("crashed-{position}"));
        copy(&old, &crashed);
        for file in &added[..position] {
            fs::copy(new.join(file), crashed.join(file)).expect("copied");
        }
        // tantivy lists a file as its own before it makes it.
        let lists = files(&old)
            .into_iter()
            .filter(|file| file.ends_with(".managed.json"));
        for list in lists {
            let name = list.strip_prefix(&old).expect("inside");
            let mut both: BTreeSet<String> = BTreeSet::new();
            for side in [&old, &new] {
                let text = fs::read(side.join(name)).expect("read");
                both.extend(serde_json::from_slice::<Vec<String>>(&text).expect("a list"));
            }
            fs::write(crashed.join(name), serde_json::to_vec(&both).expect("a list")).expect("written");
        }
        let torn = fs::read(new.join(&added[position])).expect("read");
        fs::write(crashed.join(&added[position]), &torn[..torn.len() / 2]).expect("written");
        let index = open(&crashed);
        assert_eq!(index.revisions().expect("readable"), states[0]);
        assert_eq!(found(&index, "保護").len(), 2);
        let wanted = files(&old).len();
        drop(index);
        assert_eq!(files(&crashed).len(), wanted, "leftovers go at the opening");
    }
    let index = open(&new);
    assert_eq!(index.revisions().expect("readable"), states[1]);
    assert_eq!(found(&index, "保護").len(), 3);
}

#[test]
fn every_damaged_file_is_an_error_and_never_a_wrong_answer() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let whole = directory.path().join("whole");
    {
        let index = open(&whole);
        fill(&index, &[revision(1, "甲", &["保護の費用", "保護の申請"])]);
        fill(&index, &[revision(2, "乙", &["保護の決定"])]);
    }
    let expected = found(&open(&whole), "保護の決定");
    let mut refused = 0;
    for (number, file) in files(&whole).into_iter().enumerate() {
        let name = file.strip_prefix(&whole).expect("inside").to_owned();
        let bytes = fs::read(&file).expect("read");
        for (kind, damaged) in [
            ("missing", None),
            ("empty", Some(Vec::new())),
            ("cut", Some(bytes[..bytes.len() / 2].to_vec())),
            ("turned", Some(bytes.iter().map(|byte| byte ^ 0x55).collect())),
            ("one bit", {
                let mut bytes = bytes.clone();
                let middle = bytes.len() / 2;
                if let Some(byte) = bytes.get_mut(middle) {
                    *byte ^= 1;
                }
                Some(bytes)
            }),
        ] {
            let broken = directory.path().join(format!("{number}-{kind}"));
            copy(&whole, &broken);
            match damaged {
                Some(bytes) => fs::write(broken.join(&name), bytes).expect("written"),
                None => fs::remove_file(broken.join(&name)).expect("removed"),
            }
            match EmbeddedIndex::open(&broken, fingerprint()) {
                Ok(index) => {
                    // Locks and tantivy's list of files to collect hold no content; a missing CURRENT
                    // is an empty directory.
                    let found = found(&index, "保護の決定");
                    assert!(found == expected || found.is_empty(), "{} {kind}", name.display());
                    let harmless = [
                        "LOCK",
                        ".managed.json",
                        ".tantivy-writer.lock",
                        ".tantivy-meta.lock",
                        "CURRENT",
                    ];
                    let file = name.file_name().and_then(|name| name.to_str()).expect("a name");
                    assert!(
                        harmless.contains(&file) || found == expected,
                        "{} {kind}",
                        name.display()
                    );
                }
                Err(IndexError::Damaged(_) | IndexError::OtherFingerprint) => refused += 1,
                Err(other) => panic!("{} {kind}: {other:?}", name.display()),
            }
        }
    }
    assert!(refused > 20, "only {refused} refused");
}

#[test]
fn another_fingerprint_is_refused_until_it_is_rebuilt() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let serving = open(directory.path());
    fill(&serving, &[revision(1, "甲", &["保護の費用"])]);
    let words_only = Fingerprint {
        embedder: None,
        dimensions: 0,
        layout: 1,
    };
    let refused = EmbeddedIndex::open(directory.path(), words_only.clone());
    assert!(matches!(refused, Err(IndexError::OtherFingerprint)));
    let next = EmbeddedIndex::rebuild(directory.path(), words_only.clone()).expect("a new generation");
    let mut without = revision(1, "甲", &["保護の費用を返還する"]);
    without.vectors.clear();
    fill(&next, &[without]);
    assert!(found(&serving, "返還").is_empty(), "the former generation serves");
    let refused = EmbeddedIndex::open(directory.path(), words_only.clone());
    assert!(
        matches!(refused, Err(IndexError::OtherFingerprint)),
        "not yet published"
    );
    next.publish().expect("published");
    assert_eq!(
        found(&serving, "費用").len(),
        1,
        "who holds the former one may finish"
    );
    assert!(
        serving.apply(&[], &[revision_id(1)]).is_err(),
        "but not change it"
    );
    drop((serving, next));
    let index = EmbeddedIndex::open(directory.path(), words_only).expect("the new one");
    assert_eq!(found(&index, "返還").len(), 1);
    let generations = fs::read_dir(directory.path()).expect("listed").count();
    assert_eq!(generations, 3, "LOCK, CURRENT and one generation");
}

#[test]
fn a_rebuild_that_never_finished_leaves_nothing() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fill(&open(directory.path()), &[revision(1, "甲", &["保護の費用"])]);
    let before = files(directory.path()).len();
    let started = EmbeddedIndex::rebuild(directory.path(), fingerprint()).expect("a new generation");
    fill(&started, &[revision(2, "乙", &["保護の決定"])]);
    drop(started);
    let index = open(directory.path());
    assert_eq!(index.revisions().expect("readable"), [revision_id(1)]);
    assert_eq!(files(directory.path()).len(), before);
}

/// Every term in the segments that lie in a generation's directory, whether a commit names them or not.
fn terms_on_disk(root: &Path) -> BTreeSet<String> {
    let name = fs::read_to_string(root.join("CURRENT")).expect("CURRENT");
    let index = tantivy::Index::open_in_dir(root.join(name.trim_end())).expect("tantivy's files");
    let segments = index.searchable_segments().expect("segments");
    let named: BTreeSet<String> = segments
        .iter()
        .map(|segment| segment.id().uuid_string())
        .collect();
    for file in files(root) {
        let stem = file
            .file_name()
            .and_then(|name| name.to_str()?.split('.').next())
            .expect("a name");
        assert!(
            stem.len() != 32 || named.contains(stem),
            "{stem} is no longer named"
        );
    }
    let mut terms = BTreeSet::new();
    for segment in segments {
        let reader = tantivy::SegmentReader::open(&segment).expect("a segment");
        assert_eq!(reader.num_deleted_docs(), 0);
        for field in ["passage_terms", "paragraph_terms"] {
            let field = index.schema().get_field(field).expect("a field");
            let inverted = reader.inverted_index(field).expect("terms");
            let mut stream = inverted.terms().stream().expect("terms");
            while stream.advance() {
                terms.insert(String::from_utf8_lossy(stream.key()).into_owned());
            }
        }
    }
    terms
}

#[test]
fn nothing_of_a_removed_text_stays_in_any_file() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let index = open(directory.path());
    let holds = || {
        terms_on_disk(directory.path())
            .iter()
            .any(|term| term.contains('鸞'))
    };
    fill(&index, &[revision(1, "甲", &["保護の費用"])]);
    fill(
        &index,
        &[
            revision(2, "乙", &["鸞鳳の届出", "保護の決定"]),
            revision(3, "丙", &["保護の変更"]),
        ],
    );
    assert!(holds(), "the canary can be seen at all");
    index.apply(&[], &[revision_id(2)]).expect("applies");
    assert!(!holds());
    assert_eq!(found(&index, "保護").len(), 2);
}

/// Set in the child of the test below: where its index is.
const KILL_TEST: &str = "SHOKI_INDEX_KILL_TEST";

fn alternating() -> [Vec<IndexedRevision>; 2] {
    let texts = ["保護の費用", "保護の申請", "保護の決定"];
    [
        vec![revision(1, "甲", &texts), revision(2, "乙", &texts)],
        vec![
            revision(3, "甲", &texts),
            revision(4, "乙", &texts),
            revision(5, "丙", &texts),
        ],
    ]
}

/// Changes an index for ever, a line on standard output for each change.
fn write_until_killed(directory: &Path) -> ! {
    let index = open(directory);
    let states = alternating();
    let ids = |state: &[IndexedRevision]| -> Vec<_> { state.iter().map(|one| one.revision).collect() };
    loop {
        for (next, former) in [(0, 1), (1, 0)] {
            index
                .apply(&states[next], &ids(&states[former]))
                .expect("applies");
            let mut out = std::io::stdout();
            writeln!(out, "applied")
                .and_then(|()| out.flush())
                .expect("the parent listens");
        }
    }
}

/// INV-WHOLE with a real process and a real SIGKILL, at another moment of a change each time.
#[test]
fn killed_at_any_moment_it_opens_in_one_state_or_the_other() {
    if let Some(directory) = std::env::var_os(KILL_TEST) {
        write_until_killed(Path::new(&directory));
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let states: Vec<Vec<_>> = alternating()
        .iter()
        .map(|state| state.iter().map(|one| one.revision).collect())
        .collect();
    let passages = [6, 9];
    for round in 0..16_u64 {
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args([
                "--exact",
                "embedded::killed_at_any_moment_it_opens_in_one_state_or_the_other",
            ])
            .args(["--nocapture", "--test-threads", "1"])
            .env(KILL_TEST, directory.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a child");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let applied = lines
            .map_while(Result::ok)
            .filter(|line| line.ends_with("applied"));
        assert_eq!(
            applied
                .take(2 + usize::try_from(round % 3).expect("small"))
                .count() as u64,
            2 + round % 3
        );
        // A change takes tens of milliseconds; the kill walks through it.
        let moment = Instant::now() + Duration::from_micros(round * 3_500);
        while Instant::now() < moment {
            std::hint::spin_loop();
        }
        child.kill().expect("killed");
        child.wait().expect("gone");
        let index = open(directory.path());
        let held = index.revisions().expect("readable");
        let state = states.iter().position(|state| *state == held);
        let state = state.unwrap_or_else(|| panic!("round {round}: a mixture {held:?}"));
        assert_eq!(found(&index, "保護").len(), passages[state]);
        let dense = index
            .search(&Leg::Dense(&vector(1)), &scope(), 50)
            .expect("readable");
        assert_eq!(dense.len(), passages[state]);
    }
}

//! The contract on SQLite.

use std::sync::Arc;

use shoki_core::clock::ManualClock;
use shoki_core::unit::RetryPolicy;
use shoki_store::SqliteStore;
use tempfile::TempDir;

async fn make_store(clock: Arc<ManualClock>, policy: RetryPolicy) -> (SqliteStore, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("shoki.db"), clock, policy)
        .await
        .unwrap();
    (store, directory)
}

shoki_store::job_store_contract!(super::make_store);
shoki_store::corpus_store_contract!(super::make_store);
shoki_store::acceptance_store_contract!(super::make_store);

#[test]
fn every_behaviour_of_the_contract_is_in_the_macro() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let list = std::fs::read_to_string(source.join("contract.rs")).unwrap();
    let mut behaviours = 0;
    for entry in std::fs::read_dir(source.join("contract")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for line in text.lines().filter_map(|line| line.strip_prefix("pub async fn ")) {
            let name = line.split('(').next().unwrap();
            let listed = list
                .lines()
                .any(|line| line.trim().trim_end_matches([',', ';']) == name);
            assert!(listed, "{name} is not in a contract macro");
            behaviours += 1;
        }
    }
    assert!(behaviours > 55, "{behaviours}");
}

#[test]
fn every_method_of_the_seam_is_in_the_contract() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut contract = String::new();
    for entry in std::fs::read_dir(source.join("contract")).unwrap() {
        contract += &std::fs::read_to_string(entry.unwrap().path()).unwrap();
    }
    let mut seam = String::new();
    for file in [
        "job_store.rs",
        "corpus_store.rs",
        "acceptance_store.rs",
        "form_store.rs",
        "practice_store.rs",
    ] {
        seam += &std::fs::read_to_string(source.join(file)).unwrap();
    }
    let mut methods = 0;
    for line in seam.lines() {
        let Some(rest) = line.trim().trim_start_matches("async ").strip_prefix("fn ") else {
            continue;
        };
        let name = rest.split(['(', '<']).next().unwrap();
        assert!(
            contract.contains(&format!(".{name}(")),
            "no behaviour of the contract asks for {name}"
        );
        methods += 1;
    }
    assert!(methods > 55, "{methods}");
}

//! Questions that are asked at once are answered at once.

use std::sync::Barrier;
use std::time::Duration;

use jiff::civil::date;
use shoki_core::corpus::ReaderScope;
use shoki_core::id::RevisionId;
use shoki_core::unit::RetryPolicy;
use shoki_search::index::brute::BruteForceIndex;
use shoki_search::index::{IndexedRevision, Leg, PassageIndex, Scored};

use super::super::handover::Tools;
use super::super::local::fingerprint;
use super::*;
use crate::clock::SystemClock;
use crate::config::DEFAULT_TOML;

/// An empty index in which a question waits until another one is there too.
#[derive(Debug)]
struct MeetingPlace {
    index: BruteForceIndex,
    both: Barrier,
}

impl PassageIndex for MeetingPlace {
    fn fingerprint(&self) -> &shoki_search::index::Fingerprint {
        self.index.fingerprint()
    }

    fn apply(&self, add: &[IndexedRevision], remove: &[RevisionId]) -> Result<(), IndexError> {
        self.index.apply(add, remove)
    }

    fn search(&self, leg: &Leg<'_>, scope: &ReaderScope, limit: usize) -> Result<Vec<Scored>, IndexError> {
        self.both.wait();
        self.index.search(leg, scope, limit)
    }

    fn occurrences(&self, texts: &[String], scope: &ReaderScope) -> Result<Vec<u64>, IndexError> {
        self.index.occurrences(texts, scope)
    }

    fn revisions(&self) -> Result<Vec<RevisionId>, IndexError> {
        self.index.revisions()
    }
}

fn question(text: &str) -> Question {
    Question {
        text: text.to_owned(),
        as_of: date(2026, 12, 1),
        sources: None,
        default_law: None,
        supplementary: false,
        limit: 10,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_questions_are_answered_side_by_side_and_the_threads_end_with_the_last_sender() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shoki.db");
    let opened = SqliteStore::open(&path, Arc::new(SystemClock), RetryPolicy::default()).await;
    let store: Arc<dyn CorpusStore> = Arc::new(opened.unwrap());
    let handover = Handover::default();
    let index = MeetingPlace {
        index: BruteForceIndex::new(fingerprint(None)),
        both: Barrier::new(2),
    };
    handover.lay(Tools::new(Arc::new(index), None, None));
    let (sender, commands) = SearchSender::channel(4);
    let threads = TaskTracker::new();
    let answering = Answering {
        commands: Mutex::new(commands),
        knowledge: Arc::new(Knowledge::new(Arc::clone(&store), Handle::current())),
        gate: Gate {
            config: toml::from_str(DEFAULT_TOML).unwrap(),
            store,
            handover,
            runtime: Handle::current(),
            threads: threads.clone(),
            at_work: Arc::default(),
        },
    };
    answering.start(&threads).unwrap();

    let reader = DepartmentId::generate();
    let both = async {
        tokio::join!(
            sender.ask(question("返還を求められたとき"), reader),
            sender.ask(question("届出の期限"), reader),
        )
    };
    let (first, second) = tokio::time::timeout(Duration::from_secs(5), both)
        .await
        .expect("neither waits for the other to be answered");
    assert!(first.unwrap().hits.is_empty() && second.unwrap().hits.is_empty());

    drop(sender);
    threads.close();
    tokio::time::timeout(Duration::from_secs(5), threads.wait())
        .await
        .expect("no thread waits for a command that cannot come");
}

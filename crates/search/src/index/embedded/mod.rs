//! The index inside the process: tantivy for the words, files of vectors beside it, nothing to install.
//!
//! Promises: a change set is one tantivy commit, which names the list of revisions and through it the
//! vector files — visible whole or not at all, whenever the process is killed; searches go on during
//! changes and see the former state until the new one is complete; a removed revision's terms are
//! rewritten away, not only marked; damage is an error, never a panic.
//! Never: the truth (SQL has it; `rebuild` makes the index again), an outbound connection.

mod generation;
mod lexical;
mod manifest;
mod nearest;
mod scoring;
mod segment;
mod snapshot;
mod vectors;

use std::collections::HashSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use shoki_core::corpus::ReaderScope;
use shoki_core::id::RevisionId;
use tantivy::indexer::{LogMergePolicy, MergePolicy, NoMergePolicy};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyError};

use self::generation::{Root, sync_directory};
use self::lexical::Fields;
use self::manifest::{Entry, Manifest};
use self::snapshot::{Snapshot, committed};
use super::admission::{RevisionFacts, check_revisions};
use super::{Fingerprint, IndexError, IndexedRevision, Leg, PassageIndex, Scored};

/// What tantivy may hold of one change set before it writes a segment.
const WRITER_BYTES: usize = 96 * 1024 * 1024;
/// Segments of one size before they are merged: fewer posting lists to open per question.
const SEGMENTS_TO_MERGE: usize = 4;

/// tantivy's error as ours: what it cannot read is damage.
fn engine_error(error: TantivyError) -> IndexError {
    match error {
        TantivyError::DataCorruption(_)
        | TantivyError::OpenReadError(_)
        | TantivyError::OpenDirectoryError(_)
        | TantivyError::IncompatibleIndex(_)
        | TantivyError::SchemaError(_) => IndexError::Damaged(error.to_string()),
        TantivyError::IoError(error) => IndexError::Io(std::io::Error::new(error.kind(), error.to_string())),
        other => IndexError::Engine(other.to_string()),
    }
}

/// Reading bytes that somebody damaged must not take the process along.
fn guarded<T>(work: impl FnOnce() -> Result<T, IndexError>) -> Result<T, IndexError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(IndexError::Damaged(
            "a file does not hold what its format says".into(),
        ))
    })
}

/// tantivy and vector files in a directory.
pub struct EmbeddedIndex {
    root: Root,
    directory: PathBuf,
    fingerprint: Fingerprint,
    fields: Fields,
    index: Index,
    reader: IndexReader,
    snapshot: RwLock<Arc<Snapshot>>,
    /// Whether `CURRENT` named this generation; one that is being rebuilt is not named yet.
    published: AtomicBool,
    /// Held during a change.
    changing: Mutex<()>,
}

impl std::fmt::Debug for EmbeddedIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedIndex")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

fn create_generation(directory: &Path, fingerprint: &Fingerprint) -> Result<(), IndexError> {
    let (schema, _) = Fields::schema();
    let index = Index::create_in_dir(directory, schema).map_err(engine_error)?;
    let pointer = Manifest::new(fingerprint.clone()).write(directory)?;
    let mut writer = writer(&index)?;
    commit(&mut writer, &pointer)?;
    sync_directory(directory)?;
    Ok(())
}

fn writer(index: &Index) -> Result<IndexWriter, IndexError> {
    let writer: IndexWriter = index
        .writer_with_num_threads(1, WRITER_BYTES)
        .map_err(engine_error)?;
    // Merges run inside `apply`, where their moment is known.
    writer.set_merge_policy(Box::new(NoMergePolicy));
    Ok(writer)
}

fn commit(writer: &mut IndexWriter, pointer: &str) -> Result<(), IndexError> {
    let mut prepared = writer.prepare_commit().map_err(engine_error)?;
    prepared.set_payload(pointer);
    prepared.commit().map_err(engine_error)?;
    Ok(())
}

/// Rewrites segments with deleted documents and merges small ones, until there is nothing to do.
fn tidy(index: &Index, writer: &mut IndexWriter) -> Result<(), IndexError> {
    for meta in index.searchable_segment_metas().map_err(engine_error)? {
        if meta.has_deletes() {
            writer.merge(&[meta.id()]).wait().map_err(engine_error)?;
        }
    }
    let mut policy = LogMergePolicy::default();
    policy.set_min_num_segments(SEGMENTS_TO_MERGE);
    loop {
        let metas = index.searchable_segment_metas().map_err(engine_error)?;
        let candidates = policy.compute_merge_candidates(&metas);
        if candidates.is_empty() {
            return Ok(());
        }
        for candidate in candidates {
            writer.merge(&candidate.0).wait().map_err(engine_error)?;
        }
    }
}

/// Removes lists and vector files that the committed state does not name.
fn remove_leftovers(directory: &Path, manifest: &Manifest) -> Result<(), IndexError> {
    let mut named: HashSet<String> = manifest.revisions.iter().map(Entry::vector_file).collect();
    named.insert(Manifest::file_name(manifest.serial));
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let ours = name.starts_with("vectors-") || name.starts_with("revisions-");
        if ours && !named.contains(name) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Finishes what a crash interrupted.
fn clean_generation(directory: &Path) -> Result<(), IndexError> {
    guarded(|| {
        let index = Index::open_in_dir(directory).map_err(engine_error)?;
        lexical::register(&index);
        let manifest = committed(directory, &index)?;
        remove_leftovers(directory, &manifest)?;
        let mut writer = writer(&index)?;
        tidy(&index, &mut writer)?;
        writer.garbage_collect_files().wait().map_err(engine_error)?;
        Ok(())
    })
}

impl EmbeddedIndex {
    /// Opens the index of a directory; an empty directory becomes an empty index.
    ///
    /// # Errors
    /// [`IndexError::OtherFingerprint`] when it was made with another embedder or layout,
    /// [`IndexError::Damaged`] when a file is missing or not what was written.
    pub fn open(path: &Path, fingerprint: Fingerprint) -> Result<Self, IndexError> {
        let root = Root::open(path, |root| {
            if let Some(current) = root.current()? {
                root.remove_others()?;
                return clean_generation(&current);
            }
            let first = root.new_generation()?;
            create_generation(&first, &fingerprint)?;
            Ok(root.switch_to(&first)?)
        })?;
        let Some(directory) = root.current()? else {
            return Err(IndexError::Damaged("CURRENT is missing".into()));
        };
        Self::open_generation(root, directory, fingerprint, true)
    }

    /// An empty generation beside the one that serves, to be fed from the truth with
    /// [`PassageIndex::apply`] and then [`EmbeddedIndex::publish`]ed. Works on a damaged index and on one of
    /// another fingerprint; until it is published the former one serves, and if it never is, it is
    /// removed at the next opening.
    ///
    /// # Errors
    /// [`IndexError`] when the directory cannot be written.
    pub fn rebuild(path: &Path, fingerprint: Fingerprint) -> Result<Self, IndexError> {
        let root = Root::open(path, |_| Ok(()))?;
        let directory = root.new_generation()?;
        create_generation(&directory, &fingerprint)?;
        Self::open_generation(root, directory, fingerprint, false)
    }

    /// Lets this generation serve every later [`EmbeddedIndex::open`]. The former one may be searched as
    /// long as somebody holds it.
    ///
    /// # Errors
    /// [`IndexError`] when the directory cannot be written; the former generation then serves on.
    pub fn publish(&self) -> Result<(), IndexError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.root.switch_to(&self.directory)?;
        self.published.store(true, Ordering::Release);
        self.root.when_alone(Root::remove_others)
    }

    fn open_generation(
        root: Root,
        directory: PathBuf,
        fingerprint: Fingerprint,
        published: bool,
    ) -> Result<Self, IndexError> {
        guarded(|| {
            let index = Index::open_in_dir(&directory).map_err(engine_error)?;
            lexical::register(&index);
            let (schema, fields) = Fields::schema();
            let manifest = committed(&directory, &index)?;
            if manifest.fingerprint != fingerprint || index.schema() != schema {
                return Err(IndexError::OtherFingerprint);
            }
            if !index.validate_checksum().map_err(engine_error)?.is_empty() {
                return Err(IndexError::Damaged(
                    "a file of terms is not what was written".into(),
                ));
            }
            let reader = index
                .reader_builder()
                .reload_policy(ReloadPolicy::Manual)
                .try_into()
                .map_err(engine_error)?;
            let searcher = reader.searcher();
            let snapshot = Snapshot::open(&directory, manifest, &searcher, fields, None)?;
            drop(searcher);
            Ok(Self {
                root,
                directory,
                fingerprint,
                fields,
                index,
                reader,
                snapshot: RwLock::new(Arc::new(snapshot)),
                published: AtomicBool::new(published),
                changing: Mutex::default(),
            })
        })
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The state after a change set, written but not yet named by a commit.
    fn stage(
        &self,
        writer: &IndexWriter,
        former: &Manifest,
        add: &[IndexedRevision],
        remove: &[RevisionId],
    ) -> Result<Manifest, IndexError> {
        let mut next = former.clone();
        next.serial += 1;
        let mut gone: HashSet<RevisionId> = remove.iter().copied().collect();
        gone.extend(add.iter().map(|revision| revision.revision));
        for entry in next
            .revisions
            .extract_if(.., |entry| gone.contains(&entry.revision))
        {
            writer.delete_term(self.fields.revision_term(entry.slot));
        }
        for (position, revision) in add.iter().enumerate() {
            let again = add[position + 1..]
                .iter()
                .any(|later| later.revision == revision.revision);
            if again {
                continue;
            }
            let partition = next
                .partition_or_new(revision.department)
                .ok_or_else(|| IndexError::Engine("more departments than the index can hold".into()))?;
            let slot = next.next_slot;
            next.next_slot += 1;
            let added = lexical::add_revision(writer, &self.fields, revision, slot, partition)?;
            let entry = Entry {
                slot,
                revision: revision.revision,
                facts: RevisionFacts::of(revision),
                passages: added.passages,
                paragraphs: added.paragraphs,
            };
            if self.fingerprint.dimensions > 0 {
                let path = self.directory.join(entry.vector_file());
                vectors::write(&path, revision, self.fingerprint.dimensions)?;
            }
            next.revisions.push(entry);
        }
        Ok(next)
    }
}

impl PassageIndex for EmbeddedIndex {
    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn apply(&self, add: &[IndexedRevision], remove: &[RevisionId]) -> Result<(), IndexError> {
        check_revisions(add, &self.fingerprint)?;
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.published.load(Ordering::Acquire) && self.root.current()?.as_ref() != Some(&self.directory) {
            return Err(IndexError::Engine(
                "the index was rebuilt; open it again to change it".into(),
            ));
        }
        guarded(|| {
            let mut writer = writer(&self.index)?;
            // Another process may have changed the index since: its commit is what this one follows.
            let former = committed(&self.directory, &self.index)?;
            let next = self.stage(&writer, &former, add, remove)?;
            let pointer = next.write(&self.directory)?;
            sync_directory(&self.directory)?;
            commit(&mut writer, &pointer)?;
            // The change is made; what tidying could not do, the next change or opening does.
            let _untidied = tidy(&self.index, &mut writer);
            self.reader.reload().map_err(engine_error)?;
            let open = self.snapshot();
            let searcher = self.reader.searcher();
            let snapshot = Snapshot::open(&self.directory, next, &searcher, self.fields, Some(&open))?;
            drop((open, searcher));
            let snapshot = Arc::new(snapshot);
            *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&snapshot);
            writer.garbage_collect_files().wait().map_err(engine_error)?;
            self.root
                .when_alone(|_| remove_leftovers(&self.directory, &snapshot.manifest))
        })
    }

    fn search(&self, leg: &Leg<'_>, scope: &ReaderScope, limit: usize) -> Result<Vec<Scored>, IndexError> {
        let snapshot = self.snapshot();
        guarded(|| snapshot.search(leg, scope, limit))
    }

    fn search_all(
        &self,
        legs: &[Leg<'_>],
        scope: &ReaderScope,
        limit: usize,
    ) -> Result<Vec<Vec<Scored>>, IndexError> {
        let snapshot = self.snapshot();
        guarded(|| snapshot.search_all(legs, scope, limit))
    }

    fn occurrences(&self, texts: &[String], scope: &ReaderScope) -> Result<Vec<u64>, IndexError> {
        let snapshot = self.snapshot();
        guarded(|| snapshot.occurrences(texts, scope))
    }

    fn revisions(&self) -> Result<Vec<RevisionId>, IndexError> {
        let mut held: Vec<RevisionId> = self
            .snapshot()
            .manifest
            .revisions
            .iter()
            .map(|entry| entry.revision)
            .collect();
        held.sort_unstable();
        Ok(held)
    }
}

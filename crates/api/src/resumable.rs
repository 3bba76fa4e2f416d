//! Uploads that go on after a lost connection or a restart (tus 1.0.0), until they are documents.
//!
//! Each is two files in a directory of its own: what is known of it (JSON) and what has come so far. The offset is the
//! length of the second, so nothing is acknowledged that is not on disk. Promises: an upload is its person's and
//! 課's; one that is given up goes after a day; a whole one becomes one document. Never: a multipart body (`upload`).

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::BodyDataStream;
use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::{DepartmentId, DocumentId, UserId};
use shoki_core::media::MediaKind;
use shoki_store::StoreError;
use shoki_store::model::NewDocument;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use uuid::Uuid;

use crate::problem::Problem;
use crate::state::Shared;

/// How long an upload is kept that nobody goes on with.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// Uploads of one person at the same time.
const MOST: usize = 400;
/// Bytes read at once when a whole upload becomes a blob.
const PIECE: usize = 1024 * 1024;

/// Where uploads are kept; cheap to clone.
#[derive(Clone, Debug)]
pub struct Resumable(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    /// Uploads to which somebody is sending now.
    busy: Mutex<HashSet<Uuid>>,
}

/// What is known of an upload.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Upload {
    department: DepartmentId,
    user: UserId,
    /// Its whole length, bytes.
    pub length: u64,
    /// The file's name, made harmless.
    pub name: String,
    /// Whether only pictures of pages are taken: it is to be read as forms.
    pub is_pages: bool,
    /// Whether only sound and pictures with sound are taken: it is to become minutes.
    #[serde(default)]
    pub is_recording: bool,
    /// When it goes.
    pub until: Timestamp,
    /// The document that it will be: made once, whatever happens in between.
    becoming: DocumentId,
    /// The document that it became.
    pub document: Option<DocumentId>,
}

/// An upload that begins.
#[derive(Clone, Debug)]
pub struct New {
    /// Its whole length, bytes.
    pub length: u64,
    /// The file's name, made harmless.
    pub name: String,
    /// Whether only pictures of pages are taken.
    pub is_pages: bool,
    /// Whether only sound and pictures with sound are taken.
    pub is_recording: bool,
}

/// Keeps others from sending to the same upload.
struct Turn<'a>(&'a Inner, Uuid);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut busy = self.0.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.remove(&self.1);
    }
}

fn refused(error: &std::io::Error) -> Problem {
    if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
        return Problem::new(ErrorCode::StorageFull);
    }
    tracing::error!(%error, "an upload cannot be kept");
    Problem::new(ErrorCode::Internal)
}

impl Resumable {
    /// Keeps uploads in a directory, which is made when it is missing.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn open(directory: PathBuf) -> std::io::Result<Self> {
        std::fs::create_dir_all(&directory)?;
        Ok(Self(Arc::new(Inner {
            directory,
            busy: Mutex::default(),
        })))
    }

    fn known(&self, id: Uuid) -> PathBuf {
        self.0.directory.join(format!("{id}.json"))
    }

    fn bytes(&self, id: Uuid) -> PathBuf {
        self.0.directory.join(format!("{id}.part"))
    }

    /// Begins an upload.
    ///
    /// # Errors
    /// `too_many_requests` when the person has begun too many; what the disk says.
    pub async fn begin(&self, actor: &Actor, new: New, now: Timestamp) -> Result<(Uuid, Upload), Problem> {
        if self.forget_old(Some(actor), now).await? >= MOST {
            return Err(Problem::new(ErrorCode::TooManyRequests).retry_after(60));
        }
        let upload = Upload {
            department: actor.department,
            user: actor.user,
            length: new.length,
            name: new.name,
            is_pages: new.is_pages,
            is_recording: new.is_recording,
            until: now + KEPT,
            becoming: DocumentId::generate(),
            document: None,
        };
        let id = Uuid::new_v4();
        tokio::fs::File::create(self.bytes(id))
            .await
            .map_err(|error| refused(&error))?;
        self.note(id, &upload).await?;
        Ok((id, upload))
    }

    /// Writes what is known of an upload, whole or not at all.
    async fn note(&self, id: Uuid, upload: &Upload) -> Result<(), Problem> {
        let json = serde_json::to_vec(upload).map_err(|_| Problem::new(ErrorCode::Internal))?;
        let provisional = self.0.directory.join(format!("{id}.new"));
        let write = async {
            let mut file = tokio::fs::File::create(&provisional).await?;
            file.write_all(&json).await?;
            file.sync_all().await?;
            tokio::fs::rename(&provisional, self.known(id)).await?;
            sync_directory(&self.0.directory).await
        };
        write.await.map_err(|error| refused(&error))
    }

    /// Removes what nobody goes on with.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn forget(&self, now: Timestamp) -> Result<(), Problem> {
        self.forget_old(None, now).await.map(|_| ())
    }

    /// Removes what is over; how many the person has besides.
    async fn forget_old(&self, actor: Option<&Actor>, now: Timestamp) -> Result<usize, Problem> {
        let mut own = 0;
        let mut entries = tokio::fs::read_dir(&self.0.directory)
            .await
            .map_err(|error| refused(&error))?;
        while let Some(entry) = entries.next_entry().await.map_err(|error| refused(&error))? {
            let path = entry.path();
            if path.extension().is_none_or(|ending| ending != "json") {
                continue;
            }
            let known = tokio::fs::read(&path).await.ok();
            let upload: Option<Upload> = known.and_then(|json| serde_json::from_slice(&json).ok());
            match upload {
                Some(upload) if upload.until > now => {
                    let is_own = actor.is_some_and(|actor| upload.user == actor.user);
                    own += usize::from(is_own && upload.document.is_none());
                }
                _ => {
                    let _ = tokio::fs::remove_file(path.with_extension("part")).await;
                    let _ = tokio::fs::remove_file(path).await;
                }
            }
        }
        Ok(own)
    }

    /// An upload of the person and how much of it has come.
    ///
    /// # Errors
    /// `not_found` where there is none, or none any more.
    pub async fn find(&self, actor: &Actor, id: Uuid, now: Timestamp) -> Result<(Upload, u64), Problem> {
        let none = || Problem::new(ErrorCode::NotFound);
        let json = tokio::fs::read(self.known(id)).await.map_err(|_| none())?;
        let upload: Upload = serde_json::from_slice(&json).map_err(|_| none())?;
        let is_own = upload.department == actor.department && upload.user == actor.user;
        if !is_own || upload.until <= now {
            return Err(none());
        }
        if upload.document.is_some() {
            let length = upload.length;
            return Ok((upload, length));
        }
        let come = tokio::fs::metadata(self.bytes(id))
            .await
            .map_err(|error| refused(&error))?;
        Ok((upload, come.len()))
    }

    /// Gives an upload up.
    ///
    /// # Errors
    /// As [`Resumable::find`].
    pub async fn give_up(&self, actor: &Actor, id: Uuid, now: Timestamp) -> Result<(), Problem> {
        self.find(actor, id, now).await?;
        let _turn = self.turn(id)?;
        let _ = tokio::fs::remove_file(self.bytes(id)).await;
        tokio::fs::remove_file(self.known(id))
            .await
            .map_err(|error| refused(&error))
    }

    fn turn(&self, id: Uuid) -> Result<Turn<'_>, Problem> {
        let mut busy = self.0.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if busy.insert(id) {
            return Ok(Turn(&self.0, id));
        }
        let sentence = "このファイルは、いま別の通信で送られています。少し待ってからやり直してください。";
        Err(Problem::new(ErrorCode::Conflict).detail(sentence))
    }

    /// Takes the bytes of a request behind those that have come; a whole upload becomes a document. The offset after.
    ///
    /// # Errors
    /// `conflict` when `offset` is not where the upload stands; what the file or the store refuses. What came before
    /// a connection was lost stays.
    pub async fn append(
        &self,
        shared: &Shared,
        actor: &Actor,
        (id, offset): (Uuid, u64),
        mut body: BodyDataStream,
    ) -> Result<(Upload, u64), Problem> {
        let _turn = self.turn(id)?;
        let (mut upload, come) = self.find(actor, id, shared.api.store.now()).await?;
        if come != offset {
            let sentence = format!("このファイルは {come} バイトまで届いています。そこから続けてください。");
            return Err(Problem::new(ErrorCode::Conflict).detail(sentence));
        }
        let mut at = come;
        if upload.document.is_none() {
            // What is to come, and the copy that it becomes.
            let rest = upload.length.saturating_sub(come);
            shared
                .api
                .blobs
                .check_reserve(rest.saturating_add(upload.length))?;
            let opened = tokio::fs::OpenOptions::new()
                .append(true)
                .open(self.bytes(id))
                .await;
            let mut file = opened.map_err(|error| refused(&error))?;
            let mut lost = None;
            while let Some(chunk) = body.next().await {
                let Ok(chunk) = chunk else {
                    lost = Some(Problem::new(ErrorCode::RequestTimeout));
                    break;
                };
                if at + chunk.len() as u64 > upload.length {
                    return Err(
                        Problem::new(ErrorCode::BadRequest).detail("はじめに告げた長さを超えています。")
                    );
                }
                shared.api.blobs.check_reserve(chunk.len() as u64)?;
                file.write_all(&chunk).await.map_err(|error| refused(&error))?;
                at += chunk.len() as u64;
            }
            file.sync_all().await.map_err(|error| refused(&error))?;
            upload.until = shared.api.store.now() + KEPT;
            self.note(id, &upload).await?;
            if let Some(problem) = lost {
                return Err(problem);
            }
            if at == upload.length {
                upload.document = Some(match shared.api.store.document(actor, upload.becoming).await {
                    // Made before a crash, and not noted.
                    Ok(known) => known.id,
                    Err(StoreError::NotFound) => self.whole(shared, actor, id, &upload).await?,
                    Err(error) => return Err(error.into()),
                });
                self.note(id, &upload).await?;
                let _ = tokio::fs::remove_file(self.bytes(id)).await;
            }
        }
        Ok((upload, at))
    }

    /// Makes a document of a whole upload.
    async fn whole(
        &self,
        shared: &Shared,
        actor: &Actor,
        id: Uuid,
        upload: &Upload,
    ) -> Result<DocumentId, Problem> {
        let mut file = tokio::fs::File::open(self.bytes(id))
            .await
            .map_err(|error| refused(&error))?;
        let mut writer = shared.api.blobs.writer(actor.department, upload.length).await?;
        let mut piece = vec![0; PIECE];
        loop {
            let read = file.read(&mut piece).await.map_err(|error| refused(&error))?;
            if read == 0 {
                break;
            }
            writer.write(&piece[..read]).await?;
        }
        let stored = writer.finish().await?;
        let (store, blobs) = (&shared.api.store, &shared.api.blobs);
        let media = MediaKind::sniff(&stored.head);
        let most = shared.api.settings.max_document_bytes;
        let is_too_large = upload.length > most && media.is_some_and(|media| !media.is_recording());
        let fits = |media: &MediaKind| {
            (!upload.is_pages || media.has_page_images()) && (!upload.is_recording || media.is_recording())
        };
        let recorded = match media.filter(fits) {
            Some(_) if is_too_large => Err(Problem::new(ErrorCode::PayloadTooLarge)),
            None if upload.is_recording => {
                Err(Problem::new(ErrorCode::NotRecording).detail(upload.name.clone()))
            }
            None => Err(Problem::new(ErrorCode::UnsupportedMediaType)),
            Some(media) => {
                let document = NewDocument {
                    id: Some(upload.becoming),
                    name: upload.name.clone(),
                    media: Some(media),
                    blob: stored.blob,
                };
                store
                    .create_document(actor, document)
                    .await
                    .map_err(Problem::from)
            }
        };
        let blob = stored.blob;
        drop(stored);
        if let Err(problem) = &recorded {
            blobs
                .remove_unreferenced(&**store, actor.department, &[blob])
                .await?;
            // What will never be anything need not be gone on with; where the store was in trouble it can be.
            if matches!(
                problem.code(),
                ErrorCode::UnsupportedMediaType | ErrorCode::PayloadTooLarge | ErrorCode::NotRecording
            ) {
                let _ = tokio::fs::remove_file(self.bytes(id)).await;
                let _ = tokio::fs::remove_file(self.known(id)).await;
            }
        }
        recorded.map(|document| document.id)
    }
}

async fn sync_directory(directory: &Path) -> std::io::Result<()> {
    tokio::fs::File::open(directory).await?.sync_all().await
}

//! 保存期間 and 削除証明書 as values: periods, what is due, what was deleted, and the signed certificate of it.
//!
//! A certificate is JSON: a body, the public key, and the ed25519 signature over context and body (serde_json's form of
//! this module's structs, so a file may be indented). The row of the audit chain behind its `head` names its digest.
//! Promises: no name and no contents in it — a document is named by its id and by the digest of id and name, which
//! whoever knows both can make again. Never: a claim about storage media or about backups.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shoki_core::digest::Sha256;
use shoki_core::id::{DeletionId, DepartmentId, DocumentId, JobId, UserId};
use shoki_core::retention::{Keeper, Material};
use shoki_core::unit::BlobRef;
use uuid::Uuid;

use crate::audit::AuditKey;
use crate::error::StoreError;
use crate::job_store::JobStore;

/// Starts every signed message: what it is for and its version.
const CONTEXT: &[u8] = b"shoki-deletion-certificate-1";
/// The action of the chain's row that names a certificate.
pub const CERTIFIED: &str = "deletion.certify";

/// How long a 課 keeps a kind of material.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionPeriod {
    /// Of what.
    pub material: Material,
    /// Days.
    pub days: u32,
    /// When it was set.
    pub set_at: Timestamp,
    /// By whom.
    pub set_by: UserId,
}

/// A thing whose period is over at the instant that was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// What kind.
    pub material: Material,
    /// Its id: a document's, a question's, a voice print's.
    pub id: Uuid,
    /// Its name, where it is a document.
    pub name: Option<String>,
    /// A job on it, to hold it by.
    pub job: Option<JobId>,
    /// From when its period counts.
    pub ended_at: Timestamp,
    /// When it is over.
    pub due_at: Timestamp,
    /// What keeps it; `None`: the next run deletes it.
    pub keeper: Option<Keeper>,
}

/// A job that is held beyond its period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The job.
    pub job: JobId,
    /// The name of its document.
    pub document_name: String,
    /// Why, in the person's words.
    pub reason: String,
    /// Who holds it.
    pub by: UserId,
    /// Since when.
    pub at: Timestamp,
}

/// A thing that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletedItem {
    /// What kind; absent for a document that a text of the law desk came of.
    pub material: Option<Material>,
    /// Its id.
    pub id: Uuid,
    /// SHA-256 over the id's 16 bytes and the name in UTF-8, where it had a name.
    pub name_sha256: Option<Sha256>,
    /// When it came in.
    pub created_at: Timestamp,
    /// The period under which it went, days; absent when a person deleted it.
    pub days: Option<u32>,
    /// Files that were removed with it.
    pub removed: Vec<BlobRef>,
    /// Files that it had in common with others of the 課, and which therefore stay.
    pub shared: Vec<BlobRef>,
    /// The row of the audit chain that tells of it.
    pub audit_sequence: u64,
}

/// The digest under which a certificate names a document.
#[must_use]
pub fn name_digest(id: DocumentId, name: &str) -> Sha256 {
    Sha256::of(&[id.as_uuid().as_bytes().as_slice(), name.as_bytes()].concat())
}

/// A deletion that has no certificate yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncertified {
    /// Its number.
    pub id: DeletionId,
    /// The 課.
    pub department: DepartmentId,
    /// Whether it deletes nothing more.
    pub is_closed: bool,
    /// The files that it freed.
    pub freed: Vec<BlobRef>,
}

/// A certificate in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRow {
    /// Its number.
    pub id: DeletionId,
    /// Who deleted; `None`: the rules.
    pub by: Option<UserId>,
    /// When the deletion began.
    pub begun_at: Timestamp,
    /// When the last thing was deleted.
    pub ended_at: Timestamp,
    /// Things deleted.
    pub items: u64,
}

/// The audit chain as it stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainHead {
    /// Its last row.
    pub sequence: u64,
    /// That row's hash.
    pub hash: Sha256,
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateBody {
    /// The certificate's number.
    pub id: DeletionId,
    /// The 課.
    pub department: DepartmentId,
    /// Its name.
    pub department_name: String,
    /// Who deleted; absent: the rules of the 課 (保存期間).
    pub by: Option<UserId>,
    /// When the deletion began.
    pub begun_at: Timestamp,
    /// When the last thing was deleted.
    pub ended_at: Timestamp,
    /// When this was written: the bytes were gone.
    pub issued_at: Timestamp,
    /// What was deleted, in order.
    pub items: Vec<DeletedItem>,
    /// How, in Japanese.
    pub method: Vec<String>,
    /// What remains, in Japanese.
    pub remains: Vec<String>,
    /// The audit chain before the row that names this certificate.
    pub head: ChainHead,
}

/// A 削除証明書.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// What it says.
    pub certificate: CertificateBody,
    /// The public key, hexadecimal.
    pub public_key: String,
    /// ed25519 over context and body, hexadecimal.
    pub signature: String,
}

/// How things are deleted.
pub(crate) fn method_ja() -> Vec<String> {
    [
        "データベースの行を消し、空いた領域をゼロで上書きした(SQLite の secure_delete)。",
        "変更の控え(先行書き込みログ)を本体に移して空にした。",
        "ファイルの本体を置き場所から削除し、ないことを確かめた。記憶装置そのものの消去は含まない。",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// What a deletion leaves.
pub(crate) fn remains_ja() -> Vec<String> {
    [
        "監査記録(番号・日時・操作した人。名前と内容は含まない)。",
        "枚数・件数・時間などの集計(内容は含まない)。",
        "書記の外に出したもの(取り出したファイル・印刷物・バックアップ)は、各課とシステム管理者が別に消す。",
    ]
    .map(str::to_owned)
    .to_vec()
}

impl Certificate {
    /// Signs a body.
    ///
    /// # Errors
    /// What the key says.
    pub fn sign(body: CertificateBody, key: &AuditKey) -> Result<Self, StoreError> {
        Ok(Self {
            signature: key.sign(&message(&body))?,
            public_key: key.public_key(),
            certificate: body,
        })
    }

    /// The digest by which the audit chain names it.
    #[must_use]
    pub fn digest(&self) -> Sha256 {
        Sha256::of(&message(&self.certificate))
    }

    /// What the chain's row about it says of it.
    pub(crate) fn subject(&self) -> String {
        format!("{}/{}", self.certificate.id, self.digest())
    }
}

fn message(body: &CertificateBody) -> Vec<u8> {
    let body = serde_json::to_vec(body).expect("structs of strings and numbers become JSON");
    [CONTEXT, &body].concat()
}

/// Why a certificate is not to be believed.
#[derive(Debug, thiserror::Error)]
pub enum CertificateFault {
    /// Signed with another key than this office's.
    #[error("another key signed it")]
    OtherKey,
    /// The signature is not of this text.
    #[error("the signature is wrong")]
    Forged,
    /// The audit chain does not have what it refers to.
    #[error("row {sequence} of the audit chain is not what it says")]
    NotInChain {
        /// The row.
        sequence: u64,
    },
    /// The chain could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CertificateFault {
    /// For the person at the desk.
    #[must_use]
    pub fn sentence_ja(&self) -> String {
        match self {
            Self::OtherKey => "この市の鍵で署名されたものではありません。".to_owned(),
            Self::Forged => "署名が内容と合いません。書き換えられています。".to_owned(),
            Self::NotInChain { sequence } => {
                format!("監査記録の {sequence} 件目と合いません。")
            }
            Self::Store(error) => error.code().sentence_ja(),
        }
    }
}

/// Checks a certificate: its signature against the office's key, and that the audit chain tells the same.
/// The chain itself is verified by [`crate::audit::verify`].
///
/// # Errors
/// The first fault.
pub async fn verify_certificate(
    store: &dyn JobStore,
    key: &AuditKey,
    certificate: &Certificate,
) -> Result<(), CertificateFault> {
    if certificate.public_key != key.public_key() {
        return Err(CertificateFault::OtherKey);
    }
    let body = &certificate.certificate;
    if !key.has_signed(&message(body), &certificate.signature) {
        return Err(CertificateFault::Forged);
    }
    let rows = async |sequence: u64| store.audit_chain(sequence.saturating_sub(1), 2).await;
    let not_in_chain = |sequence| Err(CertificateFault::NotInChain { sequence });
    for item in &body.items {
        let found = rows(item.audit_sequence).await?;
        let is_told = found.first().is_some_and(|row| {
            row.sequence == item.audit_sequence
                && row.subject == item.id.to_string()
                && row.department == Some(body.department)
        });
        if !is_told {
            return not_in_chain(item.audit_sequence);
        }
    }
    let found = rows(body.head.sequence).await?;
    let [head, naming] = found.as_slice() else {
        return not_in_chain(body.head.sequence);
    };
    if head.sequence != body.head.sequence || head.hash != body.head.hash {
        return not_in_chain(body.head.sequence);
    }
    if naming.action != CERTIFIED || naming.subject != certificate.subject() {
        return not_in_chain(naming.sequence);
    }
    Ok(())
}

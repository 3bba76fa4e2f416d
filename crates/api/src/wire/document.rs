//! Documents on the wire.

use jiff::Timestamp;
use serde::Serialize;
use shoki_core::id::{DocumentId, UserId};
use shoki_store::model::Document;
use utoipa::ToSchema;

/// An uploaded document.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentBody {
    /// Id.
    #[schema(value_type = uuid::Uuid)]
    pub id: DocumentId,
    /// File name, made harmless.
    #[schema(example = "異動届出書_0401.pdf")]
    pub name: String,
    /// Media type by content; absent for a text, which its importer looks at.
    #[schema(example = "application/pdf")]
    pub media_type: Option<&'static str>,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
    /// Who handed it in.
    #[schema(value_type = uuid::Uuid)]
    pub uploaded_by: UserId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<Document> for DocumentBody {
    fn from(document: Document) -> Self {
        Self {
            id: document.id,
            name: document.name,
            media_type: document.media.map(|kind| kind.media_type()),
            size: document.blob.size,
            sha256: document.blob.sha256.to_string(),
            uploaded_by: document.uploaded_by,
            created_at: document.created_at,
        }
    }
}

/// The multipart form of `POST /v1/documents`.
#[derive(Debug, ToSchema)]
pub struct DocumentForm {
    /// One file: PDF, TIFF, JPEG or PNG; for the law desk also XML, text, Word, Excel, CSV or ZIP.
    #[schema(value_type = String, format = Binary)]
    pub file: Vec<u8>,
}

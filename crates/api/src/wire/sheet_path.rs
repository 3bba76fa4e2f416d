//! Where a page and a field of it lie in the path of a route.

use serde::Deserialize;
use shoki_core::id::JobId;
use utoipa::IntoParams;

/// A page of a job.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct PagePath {
    /// ジョブ
    #[param(value_type = Uuid)]
    pub id: JobId,
    /// 1 からのページ番号
    pub page: u32,
}

impl std::fmt::Display for PagePath {
    /// As the audit chain names it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.id, self.page)
    }
}

/// A field of a page.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct FieldPath {
    /// ジョブ
    #[param(value_type = Uuid)]
    pub id: JobId,
    /// 1 からのページ番号
    pub page: u32,
    /// 欄のキー
    pub key: String,
}

impl FieldPath {
    /// The page.
    #[must_use]
    pub const fn page(&self) -> PagePath {
        PagePath {
            id: self.id,
            page: self.page,
        }
    }
}

impl std::fmt::Display for FieldPath {
    /// As the audit chain names it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.page(), self.key)
    }
}

//! 保存期間 and 削除証明書 on the wire.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shoki_core::id::{DeletionId, JobId, UserId};
use shoki_core::retention::{Keeper, Material};
use shoki_store::deletion::{CertificateRow, Due, Hold};
use utoipa::ToSchema;

use crate::retention::{Preview, Retention};

/// What a 課 keeps for how long.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetentionBody {
    /// When the next run begins; it deletes what the preview lists.
    #[schema(value_type = String, format = DateTime)]
    pub runs_at: Timestamp,
    /// Every kind of material.
    pub periods: Vec<PeriodBody>,
    /// Jobs that are held (保存延長).
    pub holds: Vec<HoldBody>,
}

/// How long a kind of material is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodBody {
    /// `forms`, `recordings`, `questions` or `voice_prints`.
    #[schema(value_type = String, example = "forms")]
    pub material: Material,
    /// In words.
    pub label: &'static str,
    /// From when the period counts, in words.
    pub counted_from: &'static str,
    /// Days; absent: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// When it was set.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_at: Option<Timestamp>,
    /// By whom.
    #[schema(value_type = Option<uuid::Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_by: Option<UserId>,
}

/// A job that is held.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldBody {
    /// The job.
    #[schema(value_type = uuid::Uuid)]
    pub job_id: JobId,
    /// Its document's name.
    pub document: String,
    /// Why.
    pub reason: String,
    /// Who holds it.
    #[schema(value_type = uuid::Uuid)]
    pub by: UserId,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl From<Hold> for HoldBody {
    fn from(hold: Hold) -> Self {
        Self {
            job_id: hold.job,
            document: hold.document_name,
            reason: hold.reason,
            by: hold.by,
            at: hold.at,
        }
    }
}

impl From<Retention> for RetentionBody {
    fn from(retention: Retention) -> Self {
        let periods = retention
            .periods
            .into_iter()
            .map(|(material, period)| PeriodBody {
                material,
                label: material.label_ja(),
                counted_from: material.counted_from_ja(),
                days: period.as_ref().map(|period| period.days),
                set_at: period.as_ref().map(|period| period.set_at),
                set_by: period.map(|period| period.set_by),
            });
        Self {
            runs_at: retention.runs_at,
            periods: periods.collect(),
            holds: retention.holds.into_iter().map(HoldBody::from).collect(),
        }
    }
}

/// The periods of a 課. A material that is not listed has none: it is kept for ever.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetRetentionBody {
    /// One entry a material.
    pub periods: Vec<SetPeriodBody>,
}

/// A period.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPeriodBody {
    /// `forms`, `recordings`, `questions` or `voice_prints`.
    #[schema(value_type = String, example = "forms")]
    pub material: Material,
    /// 1–36,500; absent: for ever.
    #[schema(example = 1825)]
    pub days: Option<u32>,
}

impl SetRetentionBody {
    /// The period of every material.
    #[must_use]
    pub fn periods(&self) -> Vec<(Material, Option<u32>)> {
        let of = |material: Material| {
            let mut set = self.periods.iter().rev();
            set.find(|period| period.material == material)
                .and_then(|period| period.days)
        };
        Material::ALL.map(|material| (material, of(material))).to_vec()
    }
}

/// What runs will take.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewBody {
    /// When the next run begins.
    #[schema(value_type = String, format = DateTime)]
    pub runs_at: Timestamp,
    /// Up to when this looks.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// What is deleted, as things stand.
    pub deleted: Vec<DueBody>,
    /// What stays in spite of its period.
    pub kept: Vec<DueBody>,
}

/// A thing whose period is over.
#[derive(Debug, Serialize, ToSchema)]
pub struct DueBody {
    /// `forms`, `recordings`, `questions` or `voice_prints`.
    #[schema(value_type = String, example = "forms")]
    pub material: Material,
    /// Its id.
    pub id: uuid::Uuid,
    /// The document's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A job on it, to hold it by.
    #[schema(value_type = Option<uuid::Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<JobId>,
    /// From when its period counts.
    #[schema(value_type = String, format = DateTime)]
    pub ended_at: Timestamp,
    /// When it is over.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    /// What keeps it: `hold`, `work`, `review`, `audit` or `minutes`.
    #[schema(value_type = Option<String>, example = "hold")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_by: Option<Keeper>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

impl From<Due> for DueBody {
    fn from(due: Due) -> Self {
        Self {
            material: due.material,
            id: due.id,
            name: due.name,
            job_id: due.job,
            ended_at: due.ended_at,
            due_at: due.due_at,
            kept_by: due.keeper,
            reason: due.keeper.map(Keeper::sentence_ja),
        }
    }
}

impl From<Preview> for PreviewBody {
    fn from(preview: Preview) -> Self {
        let bodies = preview.due.into_iter().map(DueBody::from);
        let (kept, deleted) = bodies.partition(|due| due.kept_by.is_some());
        Self {
            runs_at: preview.runs_at,
            until: preview.until,
            deleted,
            kept,
        }
    }
}

/// Why a job is held.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldReasonBody {
    /// At most 200 characters.
    #[schema(example = "監査請求のため")]
    pub reason: String,
}

/// A 削除証明書 in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct CertificateRowBody {
    /// Its number.
    #[schema(value_type = uuid::Uuid)]
    pub id: DeletionId,
    /// Who deleted; absent: the rules of the 課.
    #[schema(value_type = Option<uuid::Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// When the deletion began.
    #[schema(value_type = String, format = DateTime)]
    pub begun_at: Timestamp,
    /// When the last thing was deleted.
    #[schema(value_type = String, format = DateTime)]
    pub ended_at: Timestamp,
    /// Things deleted.
    pub items: u64,
}

impl From<CertificateRow> for CertificateRowBody {
    fn from(row: CertificateRow) -> Self {
        Self {
            id: row.id,
            by: row.by,
            begun_at: row.begun_at,
            ended_at: row.ended_at,
            items: row.items,
        }
    }
}

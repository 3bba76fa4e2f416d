//! SQL of learnt calibrations: every version stays, the last that is not withdrawn counts.

use shoki_core::calibration::{Calibration, Comparison};
use shoki_core::id::DepartmentId;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::super::audit::{self, Who};
use super::super::connection::Write;
#[cfg(feature = "contract")]
use super::super::snapshot::{Kind, Table};
use super::super::value::{Columns as _, Id as _, integer, json};
use super::prove_anew;
use crate::acceptance_model::CalibrationVersion;
use crate::error::StoreError;

pub(in super::super) const ALL: &str = "SELECT version, at, calibration_json, comparison_json, withdrawn_at
     FROM calibrations WHERE department_id = ? ORDER BY version";
const KEEP: &str = "INSERT INTO calibrations (department_id, version, at, calibration_json, comparison_json)
     VALUES (?, ?, ?, ?, ?)";
const WITHDRAW: &str = "UPDATE calibrations SET withdrawn_at = ? WHERE department_id = ? AND version = ?";

#[cfg(feature = "contract")]
pub(super) const TABLE: Table = (
    "calibrations",
    "department_id, version",
    &[
        ("department_id", Kind::Id),
        ("version", Kind::Number),
        ("at", Kind::Time),
        ("calibration_json", Kind::Json),
        ("comparison_json", Kind::Json),
        ("withdrawn_at", Kind::Time),
    ],
);

/// All versions, oldest first.
pub(in super::super) async fn all(
    read: &mut SqliteConnection,
    department: DepartmentId,
) -> Result<Vec<CalibrationVersion>, StoreError> {
    let rows = sqlx::query(ALL).bind(department.blob()).fetch_all(read).await?;
    rows.iter().map(version_of).collect()
}

fn version_of(row: &SqliteRow) -> Result<CalibrationVersion, StoreError> {
    Ok(CalibrationVersion {
        version: row.u32("version")?,
        at: row.time("at")?,
        calibration: row.json("calibration_json")?,
        comparison: row.json("comparison_json")?,
        withdrawn_at: row.time_opt("withdrawn_at")?,
    })
}

/// Puts a calibration in the place of the one that counts.
pub(in super::super) async fn keep(
    write: &mut Write,
    department: DepartmentId,
    after: u32,
    (calibration, comparison): (&Calibration, &Comparison),
) -> Result<CalibrationVersion, StoreError> {
    let last = all(write.connection(), department).await?;
    let current = last.last().map_or(0, |last| last.version);
    if current != after {
        return Err(StoreError::VersionChanged {
            current: current.into(),
        });
    }
    let kept = CalibrationVersion {
        version: current + 1,
        at: write.now,
        calibration: calibration.clone(),
        comparison: comparison.clone(),
        withdrawn_at: None,
    };
    sqlx::query(KEEP)
        .bind(department.blob())
        .bind(integer(kept.version.into()))
        .bind(kept.at.as_microsecond())
        .bind(json(calibration))
        .bind(json(comparison))
        .execute(write.connection())
        .await?;
    prove_anew(write, department).await?;
    let who = Who::system(department);
    audit::append(write, who, "calibration.apply", &kept.version).await?;
    Ok(kept)
}

/// Takes back the one that counts.
pub(in super::super) async fn withdraw(
    write: &mut Write,
    department: DepartmentId,
) -> Result<CalibrationVersion, StoreError> {
    let versions = all(write.connection(), department).await?;
    let counts = versions.into_iter().rfind(|one| one.withdrawn_at.is_none());
    let mut counts = counts.ok_or(StoreError::NotFound)?;
    counts.withdrawn_at = Some(write.now);
    let now = write.now_micros();
    sqlx::query(WITHDRAW)
        .bind(now)
        .bind(department.blob())
        .bind(integer(counts.version.into()))
        .execute(write.connection())
        .await?;
    prove_anew(write, department).await?;
    let who = Who::system(department);
    audit::append(write, who, "calibration.back", &counts.version).await?;
    Ok(counts)
}

//! Assembly: the readings of all pages, in order, streamed through the engine thread into result files.
//!
//! Promise: memory does not grow with the number of pages; a page that failed is a page in the result
//! with its code, never a hole.

use std::path::Path;
use std::sync::Arc;

use shoki_core::code::ErrorCode;
use shoki_core::piece::PagePiece;
use shoki_core::reading::PageReading;
use shoki_core::unit::UnitState;
use shoki_store::model::{Claim, EndedUnit, UnitFailure};
use shoki_store::{Blobs, JobStore};
use tokio::sync::mpsc;

use super::Stop;
use super::engine_thread::{EngineSender, Product, Work};
use crate::forms::failed_page;

/// Readings on their way to the thread: enough to overlap reading blobs with writing.
const PAGES_IN_FLIGHT: usize = 8;

pub(super) async fn assemble(
    store: &Arc<dyn JobStore>,
    blobs: &Blobs,
    engine: &EngineSender,
    claim: &Claim,
    scratch: &Path,
) -> Result<Product, Stop> {
    let units = store.ended_units(claim.fence).await?;
    let directory = tempfile::tempdir_in(scratch).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "no scratch directory");
        Stop::Failure(UnitFailure {
            code: ErrorCode::Internal,
            detail: None,
        })
    })?;
    let (pages, received) = mpsc::channel(PAGES_IN_FLIGHT);
    let feed = async {
        for unit in &units {
            let reading = reading_of(blobs, claim, unit).await?;
            if pages.send(reading).await.is_err() {
                // The thread has given up; its own answer says why.
                break;
            }
        }
        drop(pages);
        Ok::<(), Stop>(())
    };
    let written = async {
        let work = Work::Assemble {
            pages: received,
            directory,
        };
        engine.run(work).await.map_err(Stop::Failure)
    };
    let ((), product) = tokio::try_join!(feed, written)?;
    Ok(product)
}

async fn reading_of(blobs: &Blobs, claim: &Claim, unit: &EndedUnit) -> Result<PageReading, Stop> {
    let number = unit.ordinal + 1;
    let blob = match &unit.state {
        UnitState::Done {
            piece: Some(blob), ..
        } => blob,
        UnitState::Failed { code } | UnitState::Dead { code, .. } => return Ok(failed_page(number, *code)),
        state => {
            tracing::error!(state = state.name(), unit = %unit.unit, "a unit without a result at assembly");
            return Ok(failed_page(number, ErrorCode::Internal));
        }
    };
    let bytes = blobs.read(claim.department, &blob.sha256).await?;
    PagePiece::decode_reading(&bytes).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, unit = %unit.unit, "a piece cannot be read");
        Stop::Failure(UnitFailure { code: ErrorCode::Internal, detail: Some(format!("page {number}")) })
    })
}

//! The forms pipeline's steps: pages are counted, read one by one, and their readings streamed through the
//! engine thread into result files.
//!
//! Promise: memory does not grow with the number of pages; a page that failed is a page in the result
//! with its code, never a hole.

use std::path::Path;
use std::sync::Arc;

use shoki_api::FormEdition;
use shoki_core::code::ErrorCode;
use shoki_core::piece::PagePiece;
use shoki_core::reading::PageReading;
use shoki_core::unit::{UnitKind, UnitState};
use shoki_store::Blobs;
use shoki_store::model::{Claim, EndedUnit};
use tokio::sync::mpsc;

use super::engine_thread::{EngineSender, Product, Work};
use super::{Stop, Stores};
use crate::forms::failed_page;
use crate::forms::office_set::OfficeSet;

/// Readings on their way to the thread: enough to overlap reading blobs with writing.
const PAGES_IN_FLIGHT: usize = 8;

/// Runs a unit.
pub(super) async fn run(
    stores: &Stores,
    engine: &EngineSender,
    claim: &Claim,
    scratch: &Path,
    edition: Option<Arc<FormEdition>>,
) -> Result<Product, Stop> {
    let office = match edition {
        Some(edition) => Some(OfficeSet::of(&edition, stores.jobs.as_ref()).await?),
        None => None,
    };
    if claim.kind == UnitKind::Assemble {
        return assemble(stores, engine, claim, scratch, office).await;
    }
    let Some(media) = claim.document.media else {
        return Err(Stop::code(ErrorCode::UnsupportedMediaType));
    };
    let file = stores
        .blobs
        .open_file(claim.department, &claim.document.blob.sha256)?;
    let work = match claim.kind {
        UnitKind::Plan => Work::Plan { file, media },
        UnitKind::Run | UnitKind::Assemble => Work::Page {
            file,
            media,
            index: claim.ordinal,
            sorting: claim.sorting.clone().unwrap_or_default(),
            office,
        },
    };
    engine.run(work).await.map_err(Stop::Failure)
}

async fn assemble(
    stores: &Stores,
    engine: &EngineSender,
    claim: &Claim,
    scratch: &Path,
    office: Option<OfficeSet>,
) -> Result<Product, Stop> {
    let units = stores.jobs.ended_units(claim.fence).await?;
    let directory = tempfile::tempdir_in(scratch).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "no scratch directory");
        Stop::code(ErrorCode::Internal)
    })?;
    let (pages, received) = mpsc::channel(PAGES_IN_FLIGHT);
    let feed = async {
        for unit in &units {
            let reading = reading_of(&stores.blobs, claim, unit).await?;
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
            office,
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
        Stop::at(ErrorCode::Internal, format!("page {number}"))
    })
}

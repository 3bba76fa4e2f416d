//! The page desk: one thread that opens a page of a scan for somebody at a screen.
//!
//! Promises: it holds no state; what is masked is painted over before the picture is encoded. Never: a picture on
//! disk or a place of ink in a log.

use std::sync::Arc;

use bytes::Bytes;
use image::imageops;
use shoki_api::page_desk::PagePicture;
use shoki_api::{PageCommand, PageSender};
use shoki_core::code::ErrorCode;
use shoki_ocr::output::picture;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::command::Refusal;
use crate::desk_thread;
use crate::reading_engine::ReadyEngines;

/// Commands that may wait: each takes some 0.3 s, and a person turns a page in seconds.
const WAITING: usize = 16;

/// Starts the thread; it holds a token of `threads` until the last sender is gone.
///
/// # Errors
/// [`Refusal`] when the thread cannot be started.
pub fn start(
    threads: &TaskTracker,
    engines: watch::Receiver<Option<Arc<ReadyEngines>>>,
) -> Result<PageSender, Refusal> {
    let (sender, commands) = PageSender::channel(WAITING);
    desk_thread::start("shoki-pages", threads, commands, move |command: PageCommand| {
        // Released before the work: a new set of engines never waits for a page.
        let engines = engines.borrow().clone();
        let PageCommand { picture, reply, span } = command;
        desk_thread::reply(reply, &span, || draw(&picture, engines.as_deref()));
    })?;
    Ok(sender)
}

fn draw(wanted: &PagePicture, engines: Option<&ReadyEngines>) -> Result<Bytes, ErrorCode> {
    let decoder = engines.ok_or(ErrorCode::NotReady)?.decoder();
    let scan = &wanted.scan;
    let decoded = decoder.page(&scan.file, scan.media, wanted.index);
    let image = decoded.map_err(|error| error.code())?;
    let mut page = picture::upright_page(&image, wanted.quarter_turns);
    for mask in &wanted.masks {
        picture::paint_over(&mut page, *mask);
    }
    if let Some(width) = wanted.width.filter(|width| *width < page.width()) {
        let height = (page.height() * width).div_ceil(page.width()).max(1);
        page = imageops::thumbnail(&page, width, height);
    }
    let jpeg = picture::jpeg(&page).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "a page is not drawn");
        ErrorCode::Internal
    })?;
    Ok(jpeg.into())
}

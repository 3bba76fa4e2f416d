//! The form desk: one thread that opens blank pages, suggests their boxes and tries definitions out for somebody who
//! writes a form at a screen.
//!
//! Promises: it holds no state and stores nothing; a definition that is tried is read by the very reader of the jobs.
//! A reader is made for each trial and goes with it: few people write forms, and memory is the readers'.
//! Never: a value or a place of ink in a log.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Cursor, Read as _, Seek as _};
use std::sync::Arc;

use image::{GrayImage, ImageFormat};
use shoki_api::form_desk::{BlankPage, Trial};
use shoki_api::{BlankForm, FormCommand, FormSender, FormWork};
use shoki_core::code::ErrorCode;
use shoki_core::form_draft::Suggestion;
use shoki_core::limits::PAGE_DPI;
use shoki_core::media::{MediaKind, SNIFF_BYTES};
use shoki_ocr::suggest;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::command::Refusal;
use crate::desk_thread;
use crate::reading_engine::ReadyEngines;

/// Commands that may wait: a trial takes some seconds.
const WAITING: usize = 4;
/// Millimetres of an inch.
const INCH_MM: f32 = 25.4;

/// Starts the thread; it holds a token of `threads` until the last sender is gone.
///
/// # Errors
/// [`Refusal`] when the thread cannot be started.
pub fn start(
    threads: &TaskTracker,
    engines: watch::Receiver<Option<Arc<ReadyEngines>>>,
) -> Result<FormSender, Refusal> {
    let (sender, commands) = FormSender::channel(WAITING);
    desk_thread::start("shoki-forms", threads, commands, move |command: FormCommand| {
        // Released before the work: a new set of engines never waits for a form.
        let engines = engines.borrow().clone();
        let engines = || engines.as_deref().ok_or(ErrorCode::NotReady);
        let FormCommand { work, span } = command;
        match work {
            FormWork::Open(file, index, reply) => {
                desk_thread::reply(reply, &span, || open(engines()?, file, index));
            }
            FormWork::Suggest(page, reply) => {
                desk_thread::reply(reply, &span, || suggested(engines()?, &page));
            }
            FormWork::Try(form, file, index, reply) => {
                desk_thread::reply(reply, &span, || tried(engines()?, &form, file, index));
            }
            FormWork::Compare(forms, reply) => {
                desk_thread::reply(reply, &span, || compared(engines()?, &forms));
            }
        }
    })?;
    Ok(sender)
}

/// A page of an upload, opened in the decode child.
fn page(engines: &ReadyEngines, mut file: File, index: u32) -> Result<GrayImage, ErrorCode> {
    let mut head = Vec::new();
    let read = (&file).take(SNIFF_BYTES as u64).read_to_end(&mut head);
    read.and_then(|_| file.rewind()).map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "an upload cannot be read"
        );
        ErrorCode::Internal
    })?;
    if head.is_empty() {
        return Err(ErrorCode::EmptyDocument);
    }
    let media = MediaKind::sniff(&head).filter(|media| media.has_page_images());
    let media = media.ok_or(ErrorCode::UnsupportedMediaType)?;
    let decoder = engines.decoder();
    let pages = decoder.probe(&file, media).map_err(|error| error.code())?.pages;
    if index >= pages {
        return Err(ErrorCode::NotFound);
    }
    decoder.page(&file, media, index).map_err(|error| error.code())
}

fn open(engines: &ReadyEngines, file: File, index: u32) -> Result<BlankPage, ErrorCode> {
    let image = page(engines, file, index)?;
    let millimetres = |pixels: u32| {
        // To half a millimetre: a scanner's edge is no more exact.
        (pixels as f32 / PAGE_DPI as f32 * INCH_MM * 2.0).round() / 2.0
    };
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, ImageFormat::Png).map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a blank page is not encoded"
        );
        ErrorCode::Internal
    })?;
    Ok(BlankPage {
        png: png.into_inner().into(),
        width_mm: millimetres(image.width()),
        height_mm: millimetres(image.height()),
    })
}

fn suggested(engines: &ReadyEngines, blank: &BlankPage) -> Result<Vec<Suggestion>, ErrorCode> {
    let image = image::load_from_memory_with_format(&blank.png, ImageFormat::Png);
    let image = image.map_err(|_| ErrorCode::Internal)?.into_luma8();
    let mut reader = engines
        .reader(&engines.forms().shipped().set)
        .map_err(|error| error.code())?;
    let lines = reader.read_text(&image).map_err(|error| error.code())?;
    let size = [blank.width_mm, blank.height_mm];
    Ok(suggest(&image, size, &lines.unwrap_or_default()))
}

fn tried(engines: &ReadyEngines, form: &BlankForm, file: File, index: u32) -> Result<Trial, ErrorCode> {
    let image = page(engines, file, index)?;
    let forms = engines.forms().alone(form)?;
    let mut reader = engines.reader(&forms.set).map_err(|error| error.code())?;
    let piece = reader.read(index + 1, &image).map_err(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "a page is not read");
        error.code()
    })?;
    let crops = piece.crops.into_iter().map(|(key, png)| (key, png.into()));
    Ok(Trial {
        page: piece.reading,
        crops: crops.collect::<BTreeMap<_, _>>(),
    })
}

/// Why the first form cannot be read beside the others.
fn compared(engines: &ReadyEngines, forms: &[BlankForm]) -> Result<Vec<String>, ErrorCode> {
    let Some(form) = forms.first() else {
        return Ok(Vec::new());
    };
    let own = &form.definition.id;
    if matches!(engines.forms().alone(form), Err(ErrorCode::FormInvalid)) {
        let sentence = "この用紙は罫線や文字が少なすぎて、ほかの紙と見分けられません。印刷のはっきりした記入前の用紙で作り直してください。";
        return Ok(vec![sentence.to_owned()]);
    }
    let prepared = engines.forms().beside_the_shipped(forms)?;
    let name = |id: &str| {
        let found = prepared.definitions.iter().find(|form| form.id == *id);
        found.map_or_else(String::new, |form| form.name.clone())
    };
    let twins = prepared.set.twins();
    let others = twins.iter().filter_map(|[one, other]| match (one, other) {
        (one, other) if one == own => Some(*other),
        (one, other) if other == own => Some(*one),
        _ => None,
    });
    let sentence = |other: &str| {
        format!(
            "印刷が帳票「{}」と同じで、見分けられません。どちらの用紙も「わからない」になります。同じ用紙なら、その帳票の新しい版として直してください。",
            name(other)
        )
    };
    Ok(others.map(sentence).collect())
}

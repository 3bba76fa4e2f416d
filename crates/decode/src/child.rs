//! The body of `shoki decode-child`: take one request, lock the door, decode, answer, end.
//!
//! Must be called before the process starts any thread or opens anything worth protecting.
//! Never: reads the environment, opens a path of the document's choosing, runs twice.

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use shoki_core::media::MediaKind;

use crate::failure::{Decoded, Failure, FailureKind};
use crate::pdf::PdfLibrary;
use crate::sandbox;
use crate::self_test::{self, SelfTest};
use crate::source::Source;
use crate::wire::{Answer, Operation, Request, write_answer};
use crate::{ffmpeg, jpeg, pdf, png_page, sound, text, tiff_page};

/// Runs one decode call: the last of `args` is the request, standard input the document, standard
/// output the answer. The exit code is success when an answer, also a refusal, was written.
pub fn child_main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = args.into_iter().collect();
    let answer = serve(&arguments);
    match write_answer(&mut std::io::stdout().lock(), &answer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve(arguments: &[OsString]) -> Decoded<Answer> {
    let self_test = arguments
        .iter()
        .find_map(|argument| SelfTest::from_argument(argument.to_str()?));
    let request = arguments.last().ok_or(Failure::setup("no request"))?;
    let request = request
        .to_str()
        .ok_or(Failure::setup("the request is not text"))?;
    let request: Request =
        serde_json::from_str(request).map_err(|_| Failure::setup("the request is not ours"))?;
    let document = std::io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .map_err(|_| Failure::setup("no document on standard input"))?;
    let source = Source::new(File::from(document))?;
    let is_ffmpeg = request.operation == Operation::Ffmpeg;
    let (memory, cpu) = match request.operation {
        Operation::Recording | Operation::Ffmpeg => {
            let limits = request.limits.recording;
            (limits.memory_bytes, limits.cpu_seconds)
        }
        Operation::Probe | Operation::Page(_) | Operation::Text(_) => {
            (request.limits.memory_bytes, request.limits.cpu_seconds)
        }
    };
    sandbox::limit_resources(memory, cpu, is_ffmpeg)?;
    if is_ffmpeg {
        let url = arguments
            .iter()
            .find_map(|argument| argument.to_str()?.strip_prefix("--self-test-url="));
        let mut command = ffmpeg::prepare(&request, &source, url)?;
        return match self_test {
            Some(test) => self_test::run(test),
            None => Err(ffmpeg::start(&mut command)),
        };
    }
    // Libraries are loaded while files can still be opened; document bytes are touched only after.
    let library = match request.kind {
        MediaKind::Pdf => Some(PdfLibrary::load(&request.pdfium)?),
        _ => None,
    };
    sandbox::lock_down(library.is_some())?;
    catch_unwind(AssertUnwindSafe(|| match self_test {
        Some(test) => self_test::run(test),
        None => decode(&request, source, library),
    }))
    .unwrap_or(Err(Failure {
        kind: FailureKind::Panicked,
        reason: "a parser panicked",
    }))
}

fn decode(request: &Request, source: Source, library: Option<PdfLibrary>) -> Decoded<Answer> {
    let limits = &request.limits;
    match (request.operation, request.kind) {
        (Operation::Probe, MediaKind::Pdf) => {
            pdf::count(&library.ok_or(Failure::setup("no library"))?, source, limits).map(Answer::Pages)
        }
        (Operation::Page(index), MediaKind::Pdf) => pdf::page(
            &library.ok_or(Failure::setup("no library"))?,
            source,
            index,
            limits,
        )
        .map(Answer::Page),
        (Operation::Probe, MediaKind::Tiff) => tiff_page::count(&source, limits).map(Answer::Pages),
        (Operation::Page(index), MediaKind::Tiff) => {
            tiff_page::page(&source, index, limits).map(Answer::Page)
        }
        (Operation::Probe, MediaKind::Jpeg) => jpeg::check(&source, limits).map(|()| Answer::Pages(1)),
        (Operation::Probe, MediaKind::Png) => png_page::check(source, limits).map(|()| Answer::Pages(1)),
        (Operation::Page(0), MediaKind::Jpeg) => jpeg::page(&source, limits).map(Answer::Page),
        (Operation::Page(0), MediaKind::Png) => png_page::page(source, limits).map(Answer::Page),
        (Operation::Page(_), MediaKind::Jpeg | MediaKind::Png) => Err(Failure::page("no such page")),
        (Operation::Text(from), kind) => text::take(kind, source, library, from, limits).map(Answer::Text),
        (Operation::Recording, kind) => sound::decode(kind, source, &limits.recording).map(Answer::Recorded),
        (Operation::Ffmpeg, _) => Err(Failure::setup("ffmpeg is not for this child")),
        (Operation::Probe | Operation::Page(_), _) => Err(Failure::unsupported("it has no page images")),
    }
}

//! The parent's side: starts one child per call, hands it the document as an open descriptor,
//! takes a bounded answer, and never waits longer than the wall clock.
//!
//! Never: parses a document byte, hangs, or leaves a child running or unreaped.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use image::GrayImage;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde::{Deserialize, Serialize};
use shoki_core::extract::ExtractedText;
use shoki_core::limits;
use shoki_core::media::MediaKind;

use crate::error::DecodeError;
use crate::failure::FailureKind;
use crate::sandbox::sandbox_report;
use crate::wire::{AnswerReader, Header, Operation, Request};

/// Bytes of the child's standard error that are kept: enough for an allocator's last words.
const STDERR_BYTES: usize = 4 * 1024;
/// Bytes taken from a pipe at once (the default capacity of a Linux pipe).
const PIPE_BYTES: usize = 64 * 1024;
/// How often a child is looked at where the kernel has no process descriptors (before Linux 5.3).
const REAP_POLL: Duration = Duration::from_millis(5);

/// What one call may use and give. The defaults are the constants of `shoki_core::limits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecodeLimits {
    /// Address space of the child, bytes.
    pub memory_bytes: u64,
    /// CPU time of the child, seconds.
    pub cpu_seconds: u64,
    /// Wall clock of one call.
    pub wall: Duration,
    /// Pages of one document.
    pub pages: u32,
    /// Pixels of an image as stored in the document.
    pub page_pixels: u64,
    /// Longest edge of an image as stored in the document, pixels.
    pub page_edge: u32,
    /// Pixels of a page handed out at 200 dpi.
    pub read_pixels: u64,
    /// Text handed out by one call, and of one document, bytes.
    pub text_bytes: u64,
    /// One part of an office file after unpacking, bytes.
    pub part_bytes: u64,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            memory_bytes: limits::DECODE_MEMORY_BYTES,
            cpu_seconds: limits::DECODE_CPU_SECONDS,
            wall: limits::DECODE_WALL,
            pages: limits::MAX_PAGES,
            page_pixels: limits::MAX_PAGE_PIXELS,
            page_edge: limits::MAX_PAGE_EDGE,
            read_pixels: limits::MAX_READ_PIXELS,
            text_bytes: limits::MAX_TEXT_BYTES,
            part_bytes: limits::MAX_OFFICE_PART_BYTES,
        }
    }
}

/// How to start the child.
#[derive(Clone, Debug)]
pub struct DecoderSettings {
    /// The program; in the product the `shoki` binary itself.
    pub program: PathBuf,
    /// Its arguments before the request; in the product `["decode-child"]`.
    pub args: Vec<String>,
    /// The verified `libpdfium.so`; an absolute path in UTF-8.
    pub pdfium: PathBuf,
    /// What one call may use.
    pub limits: DecodeLimits,
}

/// What [`Decoder::probe`] finds out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentInfo {
    /// Pages, at least 1. A page may still fail when it is decoded.
    pub pages: u32,
}

/// Turns documents into pages, one child process per call. Shared between threads as it is.
#[derive(Clone, Debug)]
pub struct Decoder {
    settings: DecoderSettings,
}

impl Decoder {
    /// A decoder; says loudly when the kernel lacks a layer of the sandbox.
    #[must_use]
    pub fn new(settings: DecoderSettings) -> Self {
        let report = sandbox_report();
        if report.is_degraded() {
            tracing::warn!(missing = ?report.missing(), "decode children run with fewer layers of protection");
        }
        Self { settings }
    }

    /// Opens the document and counts its pages.
    ///
    /// # Errors
    /// [`DecodeError`]; its code tells an empty, corrupt, protected or too large document apart.
    pub fn probe(&self, file: &File, kind: MediaKind) -> Result<DocumentInfo, DecodeError> {
        match self.ask(file, kind, Operation::Probe)? {
            (Header::Pages(0), _) => Err(DecodeError::Answer("a document of no pages")),
            (Header::Pages(pages), _) if pages <= self.settings.limits.pages => Ok(DocumentInfo { pages }),
            _ => Err(DecodeError::Answer("not an answer to a probe")),
        }
    }

    /// One page, counted from 0: upright as the document says, grey, 200 dpi, white paper = 255.
    ///
    /// # Errors
    /// [`DecodeError`] for this page alone; its siblings can still be asked for.
    pub fn page(&self, file: &File, kind: MediaKind, index: u32) -> Result<GrayImage, DecodeError> {
        let (header, pixels) = self.ask(file, kind, Operation::Page(index))?;
        let Header::Page { width, height } = header else {
            return Err(DecodeError::Answer("not an answer to a page"));
        };
        GrayImage::from_raw(width, height, pixels).ok_or(DecodeError::Answer("pixels do not fill the page"))
    }

    /// The text of a PDF's text layer, a Word document or a workbook, in as many calls as it takes. An
    /// archive is opened when its entries show an office file; pictures and plain text are refused.
    ///
    /// # Errors
    /// [`DecodeError`]; there is never a part of the text as if it were the whole.
    pub fn text(&self, file: &File, kind: MediaKind) -> Result<ExtractedText, DecodeError> {
        let deadline = Instant::now() + limits::TEXT_WALL;
        let mut whole = ExtractedText::default();
        let (mut from, mut bytes) = (0, 0_u64);
        loop {
            let (Header::Text { next, .. }, body) = self.ask(file, kind, Operation::Text(from))? else {
                return Err(DecodeError::Answer("not an answer to a call for text"));
            };
            bytes += body.len() as u64;
            if bytes > self.settings.limits.text_bytes {
                return Err(DecodeError::refused(
                    FailureKind::Limit,
                    "too much text".to_owned(),
                ));
            }
            let slice: ExtractedText =
                serde_json::from_slice(&body).map_err(|_| DecodeError::Answer("text that is not ours"))?;
            whole.paragraphs.extend(slice.paragraphs);
            whole.pages_without_text.extend(slice.pages_without_text);
            whole.pages = slice.pages;
            match next {
                None => return Ok(whole),
                Some(next)
                    if next <= from || next >= slice.pages || slice.pages > self.settings.limits.pages =>
                {
                    return Err(DecodeError::Answer("text that does not come to an end"));
                }
                Some(_) if Instant::now() > deadline => return Err(DecodeError::WallClock),
                Some(next) => from = next,
            }
        }
    }

    /// One call of any operation; failures of the child are errors already.
    pub(crate) fn ask(
        &self,
        file: &File,
        kind: MediaKind,
        operation: Operation,
    ) -> Result<(Header, Vec<u8>), DecodeError> {
        if file.metadata().map_err(DecodeError::Spawn)?.len() == 0 {
            return Err(DecodeError::Empty);
        }
        let request = Request {
            operation,
            kind,
            pdfium: self.settings.pdfium.clone(),
            limits: self.settings.limits,
        };
        let request = serde_json::to_string(&request)
            .map_err(|error| DecodeError::Spawn(std::io::Error::other(error)))?;
        let deadline = Instant::now() + self.settings.limits.wall;
        let document = file.try_clone().map_err(DecodeError::Spawn)?;
        let child = Command::new(&self.settings.program)
            .args(&self.settings.args)
            .arg(request)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(document))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(DecodeError::Spawn)?;
        let mut running = Running {
            child,
            deadline,
            last_words: Vec::new(),
        };
        let answer = running.converse(self.settings.limits);
        let verdict = match answer {
            Ok(Some((Header::Failure { kind, reason }, _))) => Err(DecodeError::refused(kind, reason)),
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(running.autopsy()),
            Err(error) => Err(error),
        };
        if let Err(error) = &verdict {
            tracing::debug!(%error, code = %error.code(), ?operation, "decode call failed");
        }
        verdict
    }
}

/// A child at work; killed and reaped when dropped, whatever happened before.
struct Running {
    child: Child,
    deadline: Instant,
    last_words: Vec<u8>,
}

impl Running {
    /// Reads until the answer is complete (`Some`) or the child has closed its output without one.
    fn converse(&mut self, limits: DecodeLimits) -> Result<Option<(Header, Vec<u8>)>, DecodeError> {
        let mut stdout = self.child.stdout.take().expect("standard output is piped");
        let mut stderr = self.child.stderr.take();
        set_nonblocking(&stdout)?;
        if let Some(stderr) = &stderr {
            set_nonblocking(stderr)?;
        }
        let mut reader = AnswerReader::new(limits);
        let mut buffer = vec![0; PIPE_BYTES];
        let mut open = true;
        while open {
            self.wait_readable(&stdout, stderr.as_ref())?;
            self.listen_to_last_words(&mut stderr, &mut buffer)?;
            match stdout.read(&mut buffer) {
                Ok(0) => open = false,
                Ok(count) => {
                    if reader.push(&buffer[..count]).map_err(DecodeError::Answer)? {
                        return Ok(reader.finish());
                    }
                }
                Err(error) if is_transient(&error) => {}
                Err(error) => return Err(DecodeError::Spawn(error)),
            }
        }
        while stderr.is_some() && self.child_may_still_speak(stderr.as_ref())? {
            self.listen_to_last_words(&mut stderr, &mut buffer)?;
        }
        Ok(None)
    }

    fn time_left(&self) -> Result<Timespec, DecodeError> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(DecodeError::WallClock);
        }
        left.try_into().map_err(|_| DecodeError::WallClock)
    }

    fn wait_readable(&self, stdout: &ChildStdout, stderr: Option<&ChildStderr>) -> Result<(), DecodeError> {
        let mut descriptors = vec![PollFd::new(stdout, PollFlags::IN)];
        descriptors.extend(stderr.map(|stderr| PollFd::new(stderr, PollFlags::IN)));
        match poll(&mut descriptors, Some(&self.time_left()?)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(errno) => Err(DecodeError::Spawn(errno.into())),
        }
    }

    /// Waits for standard error after standard output was closed; the deadline still holds.
    fn child_may_still_speak(&self, stderr: Option<&ChildStderr>) -> Result<bool, DecodeError> {
        let Some(stderr) = stderr else { return Ok(false) };
        match poll(
            &mut [PollFd::new(stderr, PollFlags::IN)],
            Some(&self.time_left()?),
        ) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(true),
            Err(errno) => Err(DecodeError::Spawn(errno.into())),
        }
    }

    /// Drains standard error without waiting; what exceeds the bound is thrown away.
    fn listen_to_last_words(
        &mut self,
        stderr: &mut Option<ChildStderr>,
        buffer: &mut [u8],
    ) -> Result<(), DecodeError> {
        let Some(pipe) = stderr else { return Ok(()) };
        match pipe.read(buffer) {
            Ok(0) => *stderr = None,
            Ok(count) => {
                let room = STDERR_BYTES.saturating_sub(self.last_words.len());
                self.last_words.extend_from_slice(&buffer[..count.min(room)]);
            }
            Err(error) if is_transient(&error) => {}
            Err(error) => return Err(DecodeError::Spawn(error)),
        }
        Ok(())
    }

    /// Why the child gave no answer.
    fn autopsy(&mut self) -> DecodeError {
        let status = match self.wait_until_deadline() {
            Ok(Some(status)) => status,
            Ok(None) => return DecodeError::WallClock,
            Err(error) => return DecodeError::Spawn(error),
        };
        let signal = status.signal();
        if signal == Some(rustix::process::Signal::XCPU.as_raw()) {
            return DecodeError::CpuTime;
        }
        if signal.is_some() && ran_out_of_memory(&self.last_words) {
            return DecodeError::OutOfMemory;
        }
        tracing::warn!(?signal, exit = ?status.code(), "a decode child died");
        DecodeError::Crashed {
            signal,
            exit: status.code(),
        }
    }

    fn wait_until_deadline(&mut self) -> std::io::Result<Option<ExitStatus>> {
        if let Some(pid) = Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(0))
            && let Ok(descriptor) = pidfd_open(pid, PidfdFlags::empty())
        {
            while let Ok(left) = self.time_left() {
                match poll(&mut [PollFd::new(&descriptor, PollFlags::IN)], Some(&left)) {
                    Ok(0) | Err(rustix::io::Errno::INTR) => {}
                    Ok(_) => return self.child.wait().map(Some),
                    Err(errno) => return Err(errno.into()),
                }
            }
            return Ok(None);
        }
        while self.time_left().is_ok() {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            std::thread::sleep(REAP_POLL);
        }
        Ok(None)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when the child was reaped already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn set_nonblocking(pipe: &impl AsFd) -> Result<(), DecodeError> {
    let set = rustix::fs::fcntl_getfl(pipe)
        .and_then(|flags| rustix::fs::fcntl_setfl(pipe, flags | OFlags::NONBLOCK));
    set.map_err(|errno| DecodeError::Spawn(errno.into()))
}

fn is_transient(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::Interrupted
    )
}

/// Whether the dying words are an allocator's: Rust's `alloc`, C++'s `new`, or PDFium's own.
fn ran_out_of_memory(last_words: &[u8]) -> bool {
    let text = String::from_utf8_lossy(last_words).to_ascii_lowercase();
    ["memory allocation of", "bad_alloc", "out of memory"]
        .iter()
        .any(|words| text.contains(words))
}

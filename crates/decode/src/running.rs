//! A child at work, as its parent holds it: two pipes read without blocking, a deadline, the end.
//!
//! Promises: no call waits beyond the deadline; whatever happens, the child is killed and reaped when
//! this is dropped. Never: believes or interprets what the child says.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::decoder::DecoderSettings;
use crate::error::DecodeError;
use crate::wire::Request;

/// Bytes taken from a pipe at once (the default capacity of a Linux pipe).
pub(crate) const PIPE_BYTES: usize = 64 * 1024;
/// Bytes of the child's standard error that are kept: an allocator's last words, or what ffmpeg says
/// about a file before it decodes.
const STDERR_BYTES: usize = 16 * 1024;
/// How often a child is looked at where the kernel has no process descriptors (before Linux 5.3).
const REAP_POLL: Duration = Duration::from_millis(5);

/// A child at work; killed and reaped when dropped, whatever happened before.
pub(crate) struct Running {
    child: Child,
    stdout: ChildStdout,
    stderr: Option<ChildStderr>,
    deadline: Instant,
    last_words: Vec<u8>,
    scrap: Vec<u8>,
}

impl Running {
    /// Starts the child with the document on its standard input and nothing of our environment.
    pub(crate) fn start(
        settings: &DecoderSettings,
        document: &File,
        request: &Request,
        deadline: Instant,
    ) -> Result<Self, DecodeError> {
        let request = serde_json::to_string(request)
            .map_err(|error| DecodeError::Spawn(std::io::Error::other(error)))?;
        let document = document.try_clone().map_err(DecodeError::Spawn)?;
        let mut child = Command::new(&settings.program)
            .args(&settings.args)
            .arg(request)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(document))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(DecodeError::Spawn)?;
        let stdout = child.stdout.take().expect("standard output is piped");
        let stderr = child.stderr.take();
        let running = Self {
            child,
            stdout,
            stderr,
            deadline,
            last_words: Vec::new(),
            scrap: vec![0; PIPE_BYTES],
        };
        set_nonblocking(&running.stdout)?;
        if let Some(stderr) = &running.stderr {
            set_nonblocking(stderr)?;
        }
        Ok(running)
    }

    /// Moves the end of patience.
    pub(crate) const fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// What the child wrote on standard error, as far as it was read and kept.
    pub(crate) fn last_words(&self) -> String {
        String::from_utf8_lossy(&self.last_words).into_owned()
    }

    /// Waits for the next bytes of the child's output; 0 when it has closed it.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, DecodeError> {
        loop {
            if let Some(count) = self.read_within(buffer, Duration::MAX)? {
                return Ok(count);
            }
        }
    }

    /// The same, but `None` when nothing came within `patience`.
    pub(crate) fn read_within(
        &mut self,
        buffer: &mut [u8],
        patience: Duration,
    ) -> Result<Option<usize>, DecodeError> {
        self.wait_readable(patience)?;
        self.listen_to_last_words()?;
        match self.stdout.read(buffer) {
            Ok(0) => {
                while self.child_may_still_speak()? {
                    self.listen_to_last_words()?;
                }
                Ok(Some(0))
            }
            Ok(count) => Ok(Some(count)),
            Err(error) if is_transient(&error) => Ok(None),
            Err(error) => Err(DecodeError::Spawn(error)),
        }
    }

    fn time_left(&self) -> Result<Duration, DecodeError> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(DecodeError::WallClock);
        }
        Ok(left)
    }

    fn wait_readable(&self, patience: Duration) -> Result<(), DecodeError> {
        let mut descriptors = vec![PollFd::new(&self.stdout, PollFlags::IN)];
        descriptors.extend(
            self.stderr
                .as_ref()
                .map(|stderr| PollFd::new(stderr, PollFlags::IN)),
        );
        wait(&mut descriptors, self.time_left()?.min(patience)).map(drop)
    }

    /// Waits for standard error after standard output was closed; the deadline still holds.
    fn child_may_still_speak(&self) -> Result<bool, DecodeError> {
        let Some(stderr) = &self.stderr else {
            return Ok(false);
        };
        wait(&mut [PollFd::new(stderr, PollFlags::IN)], self.time_left()?).map(|()| true)
    }

    /// Drains standard error without waiting; what exceeds the bound is thrown away.
    fn listen_to_last_words(&mut self) -> Result<(), DecodeError> {
        let Some(pipe) = &mut self.stderr else {
            return Ok(());
        };
        match pipe.read(&mut self.scrap) {
            Ok(0) => self.stderr = None,
            Ok(count) => {
                let room = STDERR_BYTES.saturating_sub(self.last_words.len());
                self.last_words.extend_from_slice(&self.scrap[..count.min(room)]);
            }
            Err(error) if is_transient(&error) => {}
            Err(error) => return Err(DecodeError::Spawn(error)),
        }
        Ok(())
    }

    /// Why the child gave no answer.
    pub(crate) fn autopsy(&mut self) -> DecodeError {
        let status = match self.end() {
            Ok(status) => status,
            Err(error) => return error,
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

    /// How the child ended, once it has.
    pub(crate) fn end(&mut self) -> Result<ExitStatus, DecodeError> {
        match self.wait_until_deadline() {
            Ok(Some(status)) => Ok(status),
            Ok(None) => Err(DecodeError::WallClock),
            Err(error) => Err(DecodeError::Spawn(error)),
        }
    }

    fn wait_until_deadline(&mut self) -> std::io::Result<Option<ExitStatus>> {
        if let Some(pid) = Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(0))
            && let Ok(descriptor) = pidfd_open(pid, PidfdFlags::empty())
        {
            while let Ok(left) = self.time_left() {
                match poll(
                    &mut [PollFd::new(&descriptor, PollFlags::IN)],
                    Some(&timespec(left)),
                ) {
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

fn wait(descriptors: &mut [PollFd<'_>], patience: Duration) -> Result<(), DecodeError> {
    match poll(descriptors, Some(&timespec(patience))) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(errno) => Err(DecodeError::Spawn(errno.into())),
    }
}

/// A day where it is longer than the kernel's clock counts.
fn timespec(duration: Duration) -> Timespec {
    duration.try_into().unwrap_or(Timespec {
        tv_sec: 86_400,
        tv_nsec: 0,
    })
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

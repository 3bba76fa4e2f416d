//! The child as ffmpeg: for recordings that symphonia does not read, behind the same locks.
//!
//! Owns the command line: the document is descriptor 0, its format is the one that was sniffed (so a
//! playlist or a concat script is no format at all), one track of sound, 16 kHz samples to descriptor 1.
//! No shell, no environment, no file but the document and the libraries that ffmpeg is made of. Runs
//! only where landlock holds, because ffmpeg must open files to start.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use shoki_core::media::MediaKind;

use crate::failure::{Decoded, Failure};
use crate::sandbox;
use crate::source::Source;
use crate::wire::Request;

/// Becomes ffmpeg; returns only when that failed.
pub(crate) fn start(command: &mut Command) -> Failure {
    let error = command.env_clear().exec();
    if error.kind() == std::io::ErrorKind::NotFound {
        return Failure::needs_ffmpeg("no ffmpeg at its place");
    }
    Failure::setup("ffmpeg could not be started")
}

/// Locks the door and gives what is to be started. `url`: what a self-test wants opened in place of the
/// document.
pub(crate) fn prepare(request: &Request, source: &Source, url: Option<&str>) -> Decoded<Command> {
    let program = request
        .ffmpeg
        .as_deref()
        .ok_or(Failure::needs_ffmpeg("no ffmpeg is set up"))?;
    let format = format(request.kind, source).ok_or(Failure::needs_ffmpeg("no format of ffmpeg's"))?;
    if !sandbox::files_can_be_guarded() {
        return Err(Failure::needs_ffmpeg("without landlock ffmpeg is not run"));
    }
    // A link to the program is followed before the door is shut.
    let program =
        std::fs::canonicalize(program).map_err(|_| Failure::needs_ffmpeg("no ffmpeg at its place"))?;
    sandbox::lock_down_around(&program)?;
    Ok(match url {
        Some(url) => attempt(&program, url),
        None => command(&program, format, request.limits.recording.longest.as_secs() + 1),
    })
}

/// ffmpeg on the document, from a clean command line.
fn command(program: &Path, format: &str, longest_seconds: u64) -> Command {
    let mut command = Command::new(program);
    command
        .args(["-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+info"])
        .args(["-threads", "1", "-filter_threads", "1"])
        .args(["-protocol_whitelist", "file", "-f", format])
        .args(["-i", "file:/proc/self/fd/0"])
        .args(["-map", "0:a:0", "-vn", "-sn", "-dn"])
        // The same bytes of header whatever the document says about itself.
        .args(["-map_metadata", "-1", "-map_chapters", "-1"])
        .args(["-fflags", "+bitexact", "-flags:a", "+bitexact"])
        // Gaps in the time stamps become silence: what comes after stays at its time.
        .args(["-af", "aresample=16000:async=1"])
        .args(["-t", &longest_seconds.to_string()])
        .args(["-c:a", "pcm_s16le", "-f", "wav", "pipe:1"]);
    command
}

/// What a hijacked ffmpeg would do next: open something else, by any protocol.
fn attempt(program: &Path, url: &str) -> Command {
    let mut command = Command::new(program);
    command
        .args(["-nostdin", "-hide_banner", "-loglevel", "error"])
        .args(["-i", url, "-f", "wav", "pipe:1"]);
    command
}

/// ffmpeg's name of a reader for what was sniffed.
fn format(kind: MediaKind, source: &Source) -> Option<&'static str> {
    Some(match kind {
        MediaKind::Wav => match source.bytes(0, 4).ok()?.as_slice() {
            b"FORM" => "aiff",
            b"caff" => "caf",
            _ => "wav",
        },
        MediaKind::Flac => "flac",
        MediaKind::Mp3 => "mp3",
        MediaKind::Aac => "aac",
        MediaKind::Mp4 => "mov",
        MediaKind::Ogg => "ogg",
        MediaKind::Webm => "matroska",
        MediaKind::Asf => "asf",
        MediaKind::Amr => "amr",
        _ => return None,
    })
}

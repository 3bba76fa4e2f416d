//! The minutes desk: one thread that writes up corrected transcripts, cleans texts, and finds speakers anew.
//!
//! Promises: it holds no state, so an answer depends on its command alone; a command whose asker has gone is
//! skipped and counted; the thread ends before the process does. Never: a spoken word in a log.

use bytes::Bytes;
use shoki_api::minutes_desk::Subject;
use shoki_api::{Meeting, MinutesCommand, MinutesFailure, MinutesSender};
use shoki_core::meeting::ExportFormat;
use shoki_core::minutes::{LeveledText, TextLevel};
use shoki_core::speakers::SpeakerCount;
use shoki_core::transcript::{SegmentId, SpeakerId};
use shoki_speech::export::Exported;
use shoki_speech::{levels, minutes};
use tokio_util::task::TaskTracker;

use super::files::MeetingVoices;
use super::regroup;
use crate::command::Refusal;
use crate::desk_thread::{self, Broken};

/// Commands that may wait: each takes a second at most.
const WAITING: usize = 32;

/// Starts the thread; it holds a token of `threads` until the last sender is gone.
///
/// # Errors
/// [`Refusal`] when the thread cannot be started.
pub fn start(threads: &TaskTracker) -> Result<MinutesSender, Refusal> {
    let (sender, commands) = MinutesSender::channel(WAITING);
    desk_thread::start("shoki-minutes", threads, commands, answer)?;
    Ok(sender)
}

/// Answers one command. A text that a rule cannot take breaks its own answer only.
pub fn answer(command: MinutesCommand) {
    match command {
        MinutesCommand::Compose { subject, reply, span } => {
            desk_thread::reply(reply, &span, || Ok(compose(&subject)))
        }
        MinutesCommand::Export {
            subject,
            format,
            level,
            reply,
            span,
        } => desk_thread::reply(reply, &span, || export(&subject, format, level)),
        MinutesCommand::Level {
            meeting,
            segments,
            level,
            kept,
            reply,
            span,
        } => desk_thread::reply(reply, &span, || Ok(leveled(&meeting, &segments, level, &kept))),
        MinutesCommand::Recluster {
            meeting,
            voices,
            count,
            reply,
            span,
        } => desk_thread::reply(reply, &span, || recluster(&meeting, &voices, count)),
    }
}

impl From<Broken> for MinutesFailure {
    fn from(Broken: Broken) -> Self {
        Self::Broken
    }
}

fn compose(subject: &Subject) -> shoki_core::minutes::Minutes {
    let transcript = subject.meeting.edited.transcript();
    let duration = subject.meeting.heard.duration;
    minutes::compose(
        &transcript,
        &subject.options,
        &subject.style,
        duration,
        &subject.drafts,
    )
}

fn export(
    subject: &Subject,
    format: ExportFormat,
    level: Option<TextLevel>,
) -> Result<Vec<u8>, MinutesFailure> {
    let transcript = subject.meeting.edited.transcript();
    let heard = &subject.meeting.heard;
    let minutes = compose(subject);
    let exported = Exported {
        transcript: &transcript,
        minutes: &minutes,
        options: &subject.options,
        duration: heard.duration,
        report: Some(&heard.report),
    };
    exported.bytes(format, level).map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a meeting cannot be written"
        );
        MinutesFailure::Broken
    })
}

fn leveled(
    meeting: &Meeting,
    segments: &[SegmentId],
    level: TextLevel,
    kept: &[String],
) -> Vec<(SegmentId, LeveledText)> {
    let kept: Vec<&str> = kept.iter().map(String::as_str).collect();
    let segments = segments.iter().filter_map(|id| meeting.edited.segment(*id));
    segments
        .map(|segment| (segment.id, levels::protecting(level, segment, &kept)))
        .collect()
}

fn recluster(
    meeting: &Meeting,
    voices: &Bytes,
    count: SpeakerCount,
) -> Result<Vec<(SegmentId, SpeakerId)>, MinutesFailure> {
    let voices: MeetingVoices = serde_json::from_slice(voices).map_err(|error| {
        tracing::error!(
            line = error.line(),
            column = error.column(),
            "voices cannot be read"
        );
        MinutesFailure::Broken
    })?;
    if voices.windows.is_empty() {
        return Err(MinutesFailure::NoVoices);
    }
    let layout = meeting.heard.report.layout;
    let found = voices.diarize(count, layout);
    Ok(regroup::assignment(&meeting.edited, &found))
}

#[cfg(test)]
#[path = "desk_tests.rs"]
mod tests;

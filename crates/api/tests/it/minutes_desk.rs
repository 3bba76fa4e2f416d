//! A minutes desk that writes what it was given, so that a test sees whether it was the corrected text.

use shoki_api::{MinutesCommand, MinutesFailure, MinutesSender};
use shoki_core::minutes::{LeveledPiece, LeveledText, Minutes, TextLevel};
use shoki_core::speakers::SpeakerCount;
use shoki_core::transcript::SpeakerId;

/// Starts it; it ends with the last sender.
pub fn start() -> MinutesSender {
    let (sender, mut commands) = MinutesSender::channel(4);
    tokio::spawn(async move {
        while let Some(command) = commands.recv().await {
            answer(command);
        }
    });
    sender
}

fn answer(command: MinutesCommand) {
    match command {
        MinutesCommand::Compose { subject, reply, .. } => {
            let minutes = Minutes {
                style: subject.style.id.clone(),
                heading: subject.style.heading.clone(),
                title: subject.options.title.clone().unwrap(),
                header: Vec::new(),
                sections: Vec::new(),
                drafted: !subject.drafts.is_empty(),
            };
            let _ = reply.send(Ok(minutes));
        }
        MinutesCommand::Export {
            subject,
            format,
            level,
            reply,
            ..
        } => {
            let text: String = subject
                .meeting
                .edited
                .segments()
                .map(|segment| segment.text())
                .collect();
            let level = level.map_or("usual", TextLevel::label_ja);
            let line = format!("{} {level} {} {text}", format.extension(), subject.style.id);
            let _ = reply.send(Ok(line.into_bytes()));
        }
        MinutesCommand::Level {
            meeting,
            segments,
            kept,
            reply,
            ..
        } => {
            let leveled = segments.iter().map(|id| {
                let text = meeting.edited.segment(*id).unwrap().text();
                let piece = LeveledPiece {
                    text: format!("{text}({})", kept.join(",")),
                    source: 0..1,
                    change: None,
                };
                (*id, LeveledText { pieces: vec![piece] })
            });
            let _ = reply.send(Ok(leveled.collect()));
        }
        MinutesCommand::Recluster {
            meeting,
            voices,
            count,
            reply,
            ..
        } => {
            // All are one person, unless nothing was heard.
            let found = match count {
                _ if voices.is_empty() => Err(MinutesFailure::NoVoices),
                SpeakerCount::Exact { speakers: 1 } => Ok(meeting
                    .edited
                    .segments()
                    .map(|segment| (segment.id, SpeakerId(1)))
                    .collect()),
                _ => Err(MinutesFailure::Broken),
            };
            let _ = reply.send(found);
        }
    }
}

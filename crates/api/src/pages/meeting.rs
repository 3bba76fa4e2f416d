//! A meeting: who said what, beside its sound, and the minutes with where each sentence comes from.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::meeting::{ExportFormat, LISTENING_COPY};
use shoki_core::transcript::{Doubt, SpeakerId};
use shoki_core::transcript_edit::Edit;

use super::frame::{Frame, Here};
use super::words::{clock, day, length};
use super::{go_to, page};
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{FormBody, Ids, Visitor};
use crate::meetings::{self, Meeting, artifact_named};
use crate::problem::Problem;
use crate::routes::minutes::subject_of;
use crate::state::Shared;
use crate::wire::minutes::{MinutesBody, SentenceBody};
use crate::wire::transcript::SegmentBody;

/// Looks by which speakers are told apart, beside their names.
const SPEAKER_LOOKS: u32 = 6;

/// One who speaks.
struct SpeakerRow {
    id: String,
    shown: String,
    name: String,
    spoken: String,
    look: u32,
    /// Where its form leads.
    path: String,
}

/// A line of the transcript.
struct Line {
    id: u64,
    start_ms: u64,
    end_ms: u64,
    clock: String,
    version: u64,
    speaker: String,
    speaker_id: String,
    look: u32,
    text: String,
    doubts: String,
    is_overlapped: bool,
}

/// A sentence of the minutes.
struct Sentence {
    text: String,
    who: Option<String>,
    due: Option<String>,
    is_supported: bool,
    /// Where it was said: the line, when, and the same to be read.
    evidence: Vec<(u64, u64, String)>,
}

/// A part of a section.
struct Item {
    heading: Option<String>,
    sentences: Vec<Sentence>,
}

/// A section.
struct Section {
    heading: String,
    items: Vec<Item>,
}

/// The minutes beside the transcript.
struct Minutes {
    heading: String,
    header: Vec<(String, String)>,
    sections: Vec<Section>,
    is_drafted: bool,
}

#[derive(Template)]
#[template(path = "meeting.html")]
struct MeetingPage {
    frame: Frame,
    id: String,
    title: String,
    length: String,
    speakers: Vec<SpeakerRow>,
    lines: Vec<Line>,
    to_check: usize,
    has_sound: bool,
    minutes: Option<Minutes>,
    files: Vec<(&'static str, &'static str)>,
}

/// The page.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Ids(id): Ids<JobId>,
) -> Result<Response, Problem> {
    let actor = &visitor.actor;
    let (job, subject) = subject_of(&shared, actor, id, None).await?;
    let meeting = subject.meeting.clone();
    let title = subject.options.title.clone().unwrap_or(job.document_name);
    let version = meeting.edited.version();
    // The transcript can be read and heard while the minutes desk is busy or off.
    let minutes = match shared.api.minutes_desk() {
        Ok(desk) => desk.compose(subject).await.ok(),
        Err(_) => None,
    };
    let speakers = speakers(id, &meeting);
    let lines: Vec<Line> = meeting
        .edited
        .segments()
        .map(|segment| line(&SegmentBody::from(segment), &speakers))
        .collect();
    let sound = artifact_named(&shared, actor, id, LISTENING_COPY).await;
    page(&MeetingPage {
        frame: Frame::of(&visitor, Here::Meetings, title.clone()),
        id: id.to_string(),
        title,
        length: length(meeting.heard.duration.0),
        speakers,
        to_check: lines.iter().filter(|line| !line.doubts.is_empty()).count(),
        lines,
        has_sound: sound.is_ok(),
        minutes: minutes.map(|minutes| shown(MinutesBody::of(minutes, version))),
        files: vec![
            (ExportFormat::Docx.extension(), "会議録(Word)"),
            (ExportFormat::Txt.extension(), "文字起こし(テキスト)"),
            (ExportFormat::Srt.extension(), "字幕(SRT)"),
            (ExportFormat::Vtt.extension(), "字幕(VTT)"),
        ],
    })
}

fn speakers(job: JobId, meeting: &Meeting) -> Vec<SpeakerRow> {
    let speakers = meeting.edited.speakers().into_iter();
    speakers
        .map(|speaker| SpeakerRow {
            id: speaker.id.to_string(),
            shown: speaker.shown_ja(),
            spoken: length(speaker.spoken.0),
            look: speaker.id.0 % SPEAKER_LOOKS,
            path: format!("/meetings/{job}/speakers/{}", speaker.id),
            name: speaker.name.unwrap_or_default(),
        })
        .collect()
}

fn line(segment: &SegmentBody, speakers: &[SpeakerRow]) -> Line {
    let speaker_id = segment.speaker.map(|speaker| speaker.to_string());
    let speaker_id = speaker_id.unwrap_or_default();
    let speaker = speakers.iter().find(|speaker| speaker.id == speaker_id);
    let doubts: Vec<&str> = segment.doubts.iter().map(|doubt| doubt_ja(*doubt)).collect();
    Line {
        id: segment.id,
        start_ms: segment.start_ms,
        end_ms: segment.end_ms,
        clock: clock(segment.start_ms),
        speaker: speaker.map_or_else(|| "話者不明".to_owned(), |speaker| speaker.shown.clone()),
        look: speaker.map_or(SPEAKER_LOOKS, |speaker| speaker.look),
        version: segment.version,
        speaker_id,
        text: segment.text.clone(),
        doubts: doubts.join("、"),
        is_overlapped: segment.overlap,
    }
}

const fn doubt_ja(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::Repeats => "同じ言葉の繰り返し",
        Doubt::TooFast => "話すには速すぎる文字数",
        Doubt::Compressible => "不自然な繰り返し",
        Doubt::Unsure => "聞き取りの確信が低い",
        Doubt::NoSpeech => "無音の可能性",
        Doubt::StockPhrase => "無音のときに出やすい決まり文句",
        Doubt::Torn => "言葉の途中で区切れた可能性",
        Doubt::Unheard => "声はあるが聞き取れず",
        Doubt::Failed => "聞き取りに失敗",
    }
}

fn shown(minutes: MinutesBody) -> Minutes {
    let section = |section: crate::wire::minutes::SectionBody| Section {
        heading: section.heading,
        items: section
            .items
            .into_iter()
            .map(|item| Item {
                heading: item.heading,
                sentences: item.sentences.into_iter().map(sentence).collect(),
            })
            .collect(),
    };
    Minutes {
        heading: minutes.heading,
        header: minutes
            .header
            .into_iter()
            .map(|line| (line.label, line.value))
            .collect(),
        sections: minutes.sections.into_iter().map(section).collect(),
        is_drafted: minutes.drafted,
    }
}

fn sentence(sentence: SentenceBody) -> Sentence {
    let due = match (sentence.due, sentence.due_day) {
        (Some(said), Some(on)) => Some(format!("{said}({})", day(on))),
        (said, _) => said,
    };
    let evidence = sentence.evidence.into_iter();
    Sentence {
        text: sentence.text,
        who: sentence.who,
        due,
        is_supported: sentence.supported,
        evidence: evidence
            .map(|place| (place.segment, place.start_ms, clock(place.start_ms)))
            .collect(),
    }
}

/// A speaker's name; empty: 話者1 again.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    name: String,
}

/// Names a speaker in every line.
pub(super) async fn rename(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
    Ids((id, speaker)): Ids<(JobId, String)>,
    FormBody(named): FormBody<Named>,
) -> Result<Response, Problem> {
    let speaker: SpeakerId = speaker.parse().map_err(|_| Problem::new(ErrorCode::NotFound))?;
    let name = named.name.trim();
    let name = (!name.is_empty()).then(|| name.to_owned());
    let decide = |_: &Meeting| {
        let name = name.clone();
        Ok(Edit::RenameSpeaker { speaker, name })
    };
    meetings::change(&shared, &visitor.actor, id, decide).await?;
    Ok(go_to(&format!("/meetings/{id}#speakers")))
}

//! A meeting: who said what, beside its sound, and the minutes with where each sentence comes from.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use shoki_core::audio_report::Severity;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::meeting::{ExportFormat, LISTENING_COPY};
use shoki_core::minutes::SectionKind;
use shoki_core::transcript::SpeakerId;
use shoki_core::transcript_edit::Edit;

use super::frame::{Frame, Here};
use super::meeting_lines::{self as lines, Line, SPEAKER_LOOKS};
use super::words::{clock, day, length};
use super::{go_to, jobs, page};
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{FormBody, Ids, Search, Visitor};
use crate::meetings::{self, Meeting, artifact_named};
use crate::problem::Problem;
use crate::routes::minutes::subject_of;
use crate::state::Shared;
use crate::wire::minutes::{MinutesBody, SentenceBody};

/// One who speaks.
pub(super) struct SpeakerRow {
    pub(super) id: String,
    pub(super) shown: String,
    name: String,
    spoken: String,
    pub(super) look: u32,
    /// Where its form leads.
    path: String,
}

/// What was found in the recording.
struct Advice {
    look: &'static str,
    label: &'static str,
    text: String,
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
    /// Its place in the agenda, by which a draft is asked for; absent outside of it.
    place: Option<usize>,
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
    /// Sentences that what was said does not bear out.
    unsupported: usize,
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
    /// What a new line is made from.
    blank: [Line; 1],
    /// Where the lines go on, for whoever reads without scripts.
    next: Option<usize>,
    to_check: usize,
    has_sound: bool,
    is_finished: bool,
    me: String,
    /// Names of the 課's people by id.
    people: Vec<(String, String)>,
    advice: Vec<Advice>,
    /// Whether there is something that nobody must miss.
    is_severe: bool,
    missing: Vec<String>,
    minutes: Option<Minutes>,
    /// Whether there is a server that drafts.
    can_draft: bool,
    files: [(&'static str, &'static str); 5],
}

/// Which lines.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Part {
    from: usize,
}

/// The page.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Ids(id): Ids<JobId>,
    Search(part): Search<Part>,
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
    let edited = &meeting.edited;
    let to_check = edited.segments().filter(|segment| !segment.doubts.is_empty());
    let (lines, next) = lines::part(edited, &speakers, part.from);
    let sound = artifact_named(&shared, actor, id, LISTENING_COPY).await;
    let names = jobs::names(&shared, actor).await?;
    let found = &meeting.heard.report.advice;
    let parts = meeting.heard.parts.iter();
    let missing: Vec<String> = parts.filter_map(|part| part.decoded.missing_ja()).collect();
    page(&MeetingPage {
        frame: Frame::of(&visitor, Here::Meetings, title.clone()),
        id: id.to_string(),
        title,
        length: length(meeting.heard.duration.0),
        to_check: to_check.count(),
        lines,
        blank: [Line::blank()],
        next,
        has_sound: sound.is_ok(),
        is_finished: edited.is_finished(),
        me: actor.user.to_string(),
        people: names
            .into_iter()
            .map(|(id, name)| (id.to_string(), name))
            .collect(),
        is_severe: !missing.is_empty() || found.iter().any(|advice| advice.severity == Severity::Severe),
        advice: found.iter().map(advice).collect(),
        missing,
        minutes: minutes.map(|minutes| shown(MinutesBody::of(minutes, version))),
        speakers,
        can_draft: shared.api.drafts.is_some(),
        files: [
            (ExportFormat::Txt.extension(), "文字起こし(テキスト)"),
            (ExportFormat::Md.extension(), "会議録(Markdown)"),
            (ExportFormat::Srt.extension(), "字幕(SRT)"),
            (ExportFormat::Vtt.extension(), "字幕(VTT)"),
            (ExportFormat::Json.extension(), "データ(JSON)"),
        ],
    })
}

fn advice(advice: &shoki_core::audio_report::Advice) -> Advice {
    let (look, label) = match advice.severity {
        Severity::Note => ("done", "参考"),
        Severity::Warning => ("check", "注意"),
        Severity::Severe => ("stop", "重大"),
    };
    Advice {
        look,
        label,
        text: advice.text_ja.clone(),
    }
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

fn shown(minutes: MinutesBody) -> Minutes {
    let section = |section: crate::wire::minutes::SectionBody| Section {
        heading: section.heading,
        items: section
            .items
            .into_iter()
            .enumerate()
            .map(|(place, item)| Item {
                heading: item.heading,
                place: (section.kind == SectionKind::Agenda).then_some(place),
                sentences: item.sentences.into_iter().map(sentence).collect(),
            })
            .collect(),
    };
    let sentences = minutes.sections.iter().flat_map(|section| &section.items);
    let sentences = sentences.flat_map(|item| &item.sentences);
    let unsupported = sentences.filter(|sentence| !sentence.supported).count();
    Minutes {
        unsupported,
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

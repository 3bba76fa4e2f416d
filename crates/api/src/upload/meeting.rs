//! A meeting as a form hands it in: what is known of it, then its recordings, several of which are one meeting in
//! their order.

use axum::extract::Request;
use jiff::civil::Date;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::DocumentId;
use shoki_core::limits::MAX_TABLE_BYTES;
use shoki_core::media::MediaKind;
use shoki_core::meeting::{MAX_RECORDING_PARTS, MinutesOptions, Term};
use shoki_core::pipeline::MINUTES;
use shoki_core::speakers::{MAX_SPEAKERS, NoSpeakerCount, SpeakerCount};
use shoki_store::model::Job;

use super::many::forget;
use super::parts::{Part, Parts};
use super::receive::receive;
use super::single::erase;
use super::{FILE, Place, check_announced};
use crate::problem::Problem;
use crate::state::Shared;

/// Longest line of the form, bytes.
const MAX_LINE_BYTES: usize = 1_000;

/// How many speak, as the form's three choices say it; a choice brings its own boxes, and those of the others do not
/// count.
#[derive(Debug, Default)]
struct Count {
    choice: String,
    exact: String,
    min: String,
    max: String,
}

impl Count {
    fn read(&self) -> Result<SpeakerCount, NoSpeakerCount> {
        match self.choice.as_str() {
            "exact" => self.exact.parse(),
            "range" => format!("{}-{}", self.min, self.max).parse(),
            "unknown" => Ok(SpeakerCount::Unknown),
            _ if self.exact.is_empty() => Ok(SpeakerCount::Unknown),
            _ => self.exact.parse(),
        }
    }
}

/// What was sent so far.
#[derive(Debug, Default)]
struct Sent {
    options: MinutesOptions,
    count: Count,
    /// The recordings in their order.
    documents: Vec<DocumentId>,
    /// Those of them that came with this form; the others came in pieces before and stay, whatever becomes of it.
    received: Vec<DocumentId>,
}

/// Takes a meeting in and starts its job.
///
/// # Errors
/// What a recording or a line of the form refuses; nothing is left behind then.
pub async fn meeting(shared: &Shared, actor: &Actor, request: Request) -> Result<Job, Problem> {
    check_announced(shared, request.headers(), u64::MAX)?;
    let place = Place::take(shared)?;
    let mut parts = Parts::open(request)?;
    let mut sent = Sent::default();
    let read = sent.read(shared, actor, &mut parts).await;
    drop(place);
    let received = sent.received.clone();
    let started = match read {
        Ok(()) => sent.start(shared, actor).await,
        Err(problem) => Err(problem),
    };
    if started.is_err() {
        for document in received {
            // When that fails it stays in the list of documents, where anybody can delete it.
            if let Err(problem) = erase(shared, actor, document).await {
                tracing::warn!(
                    code = problem.code().as_str(),
                    "a recording of a refused meeting stays"
                );
            }
        }
    }
    started
}

impl Sent {
    async fn read(&mut self, shared: &Shared, actor: &Actor, parts: &mut Parts) -> Result<(), Problem> {
        while let Some(mut part) = parts.next().await? {
            if part.name() == Some(FILE) {
                self.recording(shared, actor, &mut part).await?;
                continue;
            }
            let name = part.name().unwrap_or_default().to_owned();
            let most = if name == "attendees" || name == "terms" {
                MAX_TABLE_BYTES
            } else {
                MAX_LINE_BYTES
            };
            let value = part.text(most).await?;
            if name == "document" {
                self.uploaded(shared, actor, value.trim()).await?;
                continue;
            }
            self.known(&name, value.trim())?;
        }
        Ok(())
    }

    fn known(&mut self, name: &str, value: &str) -> Result<(), Problem> {
        let unusable = |sentence: &str| Problem::new(ErrorCode::OptionUnusable).detail(sentence);
        let some = (!value.is_empty()).then(|| value.to_owned());
        let options = &mut self.options;
        match name {
            "title" => options.title = some,
            "place" => options.place = some,
            "style" => options.style = some,
            "held_on" => {
                let day = some.map(|day| day.parse::<Date>());
                options.held_on = day
                    .transpose()
                    .map_err(|_| unusable("開催日は 2026-11-30 のように入力してください。"))?;
            }
            "speakers_are" => value.clone_into(&mut self.count.choice),
            "speakers" => value.clone_into(&mut self.count.exact),
            "speakers_min" => value.clone_into(&mut self.count.min),
            "speakers_max" => value.clone_into(&mut self.count.max),
            "attendees" => options.attendees = lines(value).map(str::to_owned).collect(),
            "terms" => options.terms = lines(value).map(term).collect(),
            _ => return Err(Problem::new(ErrorCode::BadRequest).detail("使えない項目が送られました。")),
        }
        Ok(())
    }

    fn has_room(&self) -> Result<(), Problem> {
        if self.documents.len() >= MAX_RECORDING_PARTS {
            let sentence = format!("1つの会議にできるファイルは {MAX_RECORDING_PARTS} 個までです。");
            return Err(Problem::new(ErrorCode::PayloadTooLarge).detail(sentence));
        }
        Ok(())
    }

    /// A recording that came in pieces before (`/v1/uploads`).
    async fn uploaded(&mut self, shared: &Shared, actor: &Actor, id: &str) -> Result<(), Problem> {
        self.has_room()?;
        let id: DocumentId = id.parse().map_err(|_| Problem::new(ErrorCode::NotFound))?;
        let document = shared.api.store.document(actor, id).await?;
        if !document.media.is_some_and(MediaKind::is_recording) {
            return Err(Problem::new(ErrorCode::NotRecording).detail(document.name));
        }
        if self.documents.contains(&id) {
            let sentence = "同じ録音が2回選ばれています。1回ずつ選んでください。";
            return Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence));
        }
        self.documents.push(id);
        Ok(())
    }

    async fn recording(&mut self, shared: &Shared, actor: &Actor, part: &mut Part) -> Result<(), Problem> {
        self.has_room()?;
        let received = receive(shared, actor, part).await?;
        let (blob, document) = (received.stored.blob, received.document.clone());
        if !document.media.is_some_and(MediaKind::is_recording) {
            drop(received);
            forget(shared, actor, &[blob]).await;
            return Err(Problem::new(ErrorCode::NotRecording).detail(document.name));
        }
        let recorded = shared.api.store.create_document(actor, document).await;
        drop(received);
        if recorded.is_err() {
            forget(shared, actor, &[blob]).await;
        }
        let id = recorded?.id;
        self.documents.push(id);
        self.received.push(id);
        Ok(())
    }

    async fn start(self, shared: &Shared, actor: &Actor) -> Result<Job, Problem> {
        let speakers = self.count.read().map_err(|_| {
            let sentence = format!(
                "話す人の数は 1 から {MAX_SPEAKERS} までの数字で入力してください。わからないときは「わからない」を選んでください。"
            );
            Problem::new(ErrorCode::OptionUnusable).detail(sentence)
        })?;
        let Some((first, further)) = self.documents.split_first() else {
            return Err(Problem::new(ErrorCode::BadRequest).detail("録音のファイルを選んでください。"));
        };
        let options = MinutesOptions {
            continued_by: further.to_vec(),
            speakers,
            ..self.options
        };
        let pipeline = shared
            .api
            .pipeline_with(actor.department, MINUTES, None, Some(options))?;
        let submitted = shared
            .api
            .store
            .submit_job(actor, *first, &pipeline, None)
            .await?;
        let job = submitted.jobs.into_iter().next();
        job.ok_or(Problem::new(ErrorCode::Internal))
    }
}

/// Lines with something on them.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// A word, and behind a tab or comma how it is said.
fn term(line: &str) -> Term {
    let (written, reading) = match line.split_once(['\t', ',', '、', '，']) {
        Some((written, reading)) => (written, Some(reading.trim().to_owned())),
        None => (line, None),
    };
    Term {
        written: written.trim().to_owned(),
        reading: reading.filter(|reading| !reading.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_options() {
        let mut sent = Sent::default();
        let fields = [
            ("title", "第3回 防災会議"),
            ("held_on", "2026-11-24"),
            ("attendees", "市長 大坪\r\n\r\n 防災課 佐藤 "),
            ("terms", "浅川,あさかわ\n百草園\tもぐさえん\n高幡"),
            ("place", ""),
        ];
        for (name, value) in fields {
            sent.known(name, value).unwrap();
        }
        let options = sent.options;
        assert_eq!(options.check(), None);
        assert_eq!(options.attendees, ["市長 大坪", "防災課 佐藤"]);
        let terms: Vec<_> = options
            .terms
            .iter()
            .map(|term| (&*term.written, term.reading.as_deref()))
            .collect();
        assert_eq!(
            terms,
            [
                ("浅川", Some("あさかわ")),
                ("百草園", Some("もぐさえん")),
                ("高幡", None)
            ]
        );
        assert_eq!(
            (options.place, options.held_on),
            (None, Some("2026-11-24".parse().unwrap()))
        );
        let mut sent = Sent::default();
        assert!(sent.known("held_on", "昨日").is_err());
        assert!(sent.known("other", "x").is_err());
    }

    #[test]
    fn three_choices_say_how_many_speak() {
        let count = |fields: &[(&str, &str)]| {
            let mut sent = Sent::default();
            for (name, value) in fields {
                sent.known(name, value).unwrap();
            }
            sent.count.read().ok()
        };
        let range = Some(SpeakerCount::Range { min: 2, max: 5 });
        assert_eq!(count(&[]), Some(SpeakerCount::Unknown));
        assert_eq!(count(&[("speakers", "2-5")]), range);
        assert_eq!(
            count(&[
                ("speakers_are", "exact"),
                ("speakers", "4"),
                ("speakers_max", "9")
            ]),
            Some(SpeakerCount::Exact { speakers: 4 })
        );
        let both = [
            ("speakers_are", "range"),
            ("speakers_min", "2"),
            ("speakers_max", "5"),
        ];
        assert_eq!(count(&both), range);
        assert_eq!(
            count(&[("speakers_are", "unknown"), ("speakers", "4")]),
            Some(SpeakerCount::Unknown)
        );
        assert_eq!(count(&[("speakers_are", "exact"), ("speakers", "多い")]), None);
        assert_eq!(count(&[("speakers_are", "range"), ("speakers_min", "5")]), None);
    }
}

//! One entry of the 課's FAQ: said anew, withdrawn, taken up again; and what it said before.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use shoki_core::code::ErrorCode;
use shoki_core::id::FaqId;
use shoki_core::limits::{MAX_ANSWER_CHARS, MAX_QUESTION_CHARS};

use super::frame::{Frame, Here};
use super::words::Moment;
use super::{go_to, page};
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{FormBody, Ids, Search, Visitor};
use crate::japan;
use crate::problem::Problem;
use crate::routes::faq::changed;
use crate::state::Shared;
use crate::wire::shelf::FaqPatch;

/// What it said at a time.
struct VersionRow {
    version: u64,
    question: String,
    answer: String,
    withdrawn: bool,
    author: String,
    at: Moment,
}

#[derive(Template)]
#[template(path = "law_faq.html")]
struct FaqPage {
    frame: Frame,
    id: String,
    /// What stands in the boxes: what was typed, or what is kept.
    question: String,
    answer: String,
    /// The version that the boxes are made from.
    version: u64,
    withdrawn: bool,
    places: Vec<String>,
    history: Vec<VersionRow>,
    max_question: usize,
    max_answer: usize,
    /// What somebody else said meanwhile: who, question, answer.
    theirs: Option<(String, String, String)>,
    done: Option<&'static str>,
}

/// What was done just now.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Done {
    done: Option<String>,
}

/// What was typed, and on which version.
struct Typed {
    question: String,
    answer: String,
}

async fn of<R>(
    shared: &Shared,
    visitor: &Visitor<R>,
    id: FaqId,
    typed: Option<Typed>,
    done: Option<&'static str>,
) -> Result<FaqPage, Problem> {
    let (actor, corpus) = (&visitor.actor, &shared.api.corpus);
    let now = shared.api.store.now();
    let entry = corpus.faq_entry(actor, japan::day_of(now), id).await?;
    let history = corpus.faq_history(actor, id).await?;
    let places = entry.citing.into_iter().map(|place| match place.label {
        Some(label) => format!("{} {label}", place.title),
        None => format!("{}(今は効力がありません)", place.title),
    });
    let kept = Typed {
        question: entry.question.clone(),
        answer: entry.answer.clone(),
    };
    let theirs = typed
        .is_some()
        .then_some((entry.changed_by, entry.question, entry.answer));
    let Typed { question, answer } = typed.unwrap_or(kept);
    Ok(FaqPage {
        frame: Frame::of(visitor, Here::Law, "FAQを直す"),
        id: id.to_string(),
        question,
        answer,
        version: entry.version,
        withdrawn: entry.withdrawn,
        places: places.collect(),
        history: history
            .into_iter()
            .map(|one| VersionRow {
                version: one.version,
                question: one.question,
                answer: one.answer,
                withdrawn: one.withdrawn,
                author: one.author,
                at: Moment::near(one.at, now),
            })
            .collect(),
        max_question: MAX_QUESTION_CHARS,
        max_answer: MAX_ANSWER_CHARS,
        theirs,
        done,
    })
}

/// The entry.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Ids(id): Ids<FaqId>,
    Search(Done { done }): Search<Done>,
) -> Result<Response, Problem> {
    let done = match done.as_deref() {
        Some("save") => Some("直しました。"),
        Some("withdraw") => Some("取り下げました。検索の答えには出なくなります。"),
        Some("restore") => Some("また使うことにしました。"),
        _ => None,
    };
    page(&of(&shared, &visitor, id, None, done).await?)
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    version: u64,
    /// `save`, `withdraw` or `restore`.
    act: String,
    #[serde(default)]
    question: String,
    #[serde(default)]
    answer: String,
}

/// Changes it; when somebody else was faster, what was typed stays in the boxes and their text stands beside it.
pub(super) async fn change(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
    Ids(id): Ids<FaqId>,
    FormBody(sent): FormBody<Sent>,
) -> Result<Response, Problem> {
    let withdrawn = match sent.act.as_str() {
        "save" => None,
        "withdraw" => Some(true),
        "restore" => Some(false),
        _ => return Err(Problem::new(ErrorCode::BadRequest)),
    };
    // What was typed is kept whatever button was pressed; an empty box is a mistake only where it is to be saved.
    let typed = |text: &str| {
        let text = text.trim();
        (withdrawn.is_none() || !text.is_empty()).then(|| text.to_owned())
    };
    let patch = FaqPatch {
        question: typed(&sent.question),
        answer: typed(&sent.answer),
        withdrawn,
    };
    let is_said = patch.answer.is_some();
    match changed(&shared, &visitor.actor, id, sent.version, patch).await {
        Ok(_) => Ok(go_to(&format!("/law/faq/{id}?done={}", sent.act))),
        Err(problem) if is_said && problem.code() == ErrorCode::VersionChanged => {
            let typed = Typed {
                question: sent.question,
                answer: sent.answer,
            };
            let again = page(&of(&shared, &visitor, id, Some(typed), None).await?)?;
            Ok((StatusCode::PRECONDITION_FAILED, again).into_response())
        }
        Err(problem) => Err(problem),
    }
}

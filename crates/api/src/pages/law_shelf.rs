//! What is kept at the law desk: the 課's FAQ, one's own favourites, one's own questions.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use shoki_core::code::ErrorCode;
use shoki_core::id::{FaqId, FavouriteId, QuestionId, RevisionId};
use shoki_store::corpus_model::ItemPlace;

use super::frame::{Frame, Here};
use super::law::{back, path};
use super::words::{Moment, day};
use super::{go_to, page};
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{FormBody, Ids, Search, Visitor};
use crate::japan;
use crate::problem::Problem;
use crate::routes::{faq, favourites};
use crate::state::Shared;
use crate::wire::shelf::{NewFaqBody, NewFavouriteBody};
use crate::wire::source::PassageKeyBody;

/// Rows of a page.
const ROWS: u32 = 50;

/// A place in a text, to be opened where it is in force.
struct Place {
    shown: String,
    path: Option<String>,
}

/// A row of one of the shelves.
struct Row {
    id: String,
    title: String,
    path: Option<String>,
    body: String,
    places: Vec<Place>,
    note: String,
    at: Moment,
    /// Where it is changed.
    edit: Option<String>,
    /// Where its form to be removed leads, and what its button says.
    remove: Option<(String, &'static str)>,
}

#[derive(Template)]
#[template(path = "law_shelf.html")]
struct ShelfPage {
    frame: Frame,
    here: &'static str,
    heading: &'static str,
    empty: &'static str,
    rows: Vec<Row>,
    next: Option<String>,
}

/// From where on.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Before {
    before: Option<String>,
}

impl Before {
    /// The last row of the page before; what is no id is answered like one that does not exist.
    fn id<T: std::str::FromStr>(&self) -> Result<Option<T>, Problem> {
        let parsed = self.before.as_deref().map(str::parse);
        parsed.transpose().map_err(|_| Problem::new(ErrorCode::NotFound))
    }
}

fn place(place: ItemPlace, today: Date) -> Place {
    match (place.label, place.passage) {
        (Some(label), Some(passage)) => Place {
            shown: format!("{} {label}", place.title),
            path: Some(format!(
                "/law/sources/{}?as_of={today}&at={}#p{}",
                place.source, passage.ordinal, passage.ordinal
            )),
        },
        _ => Place {
            shown: format!("{}(今は効力がありません)", place.title),
            path: None,
        },
    }
}

/// The 課's FAQ.
pub(super) async fn faq_list(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Search(from): Search<Before>,
) -> Result<Response, Problem> {
    let now = shared.api.store.now();
    let today = japan::day_of(now);
    let corpus = &shared.api.corpus;
    let listed = corpus
        .faq(&visitor.actor, today, from.id::<FaqId>()?, ROWS)
        .await?;
    let next = next(
        listed.more,
        listed.rows.last().map(|row| row.id.to_string()),
        "faq",
    );
    let rows = listed.rows.into_iter().map(|one| Row {
        id: one.id.to_string(),
        path: Some(path(&one.question, today)),
        title: one.question,
        body: one.answer,
        places: one.citing.into_iter().map(|at| place(at, today)).collect(),
        note: said(&one.author, &one.changed_by, one.version, one.withdrawn),
        at: Moment::near(one.changed_at, now),
        edit: Some(format!("/law/faq/{}", one.id)),
        remove: Some((format!("/law/faq/{}/remove", one.id), "削除する")),
    });
    page(&ShelfPage {
        here: "faq",
        heading: "自課のFAQ",
        empty: "まだありません。質問の結果の下にある「この質問と答えを自課のFAQに加える」から加えられます。",
        rows: rows.collect(),
        next,
        frame: Frame::of(&visitor, Here::Law, "自課のFAQ"),
    })
}

/// Who said it, and what became of it.
fn said(author: &str, changed_by: &str, version: u64, withdrawn: bool) -> String {
    let changed = if version > 1 {
        format!(" ・ 第{version}版 {changed_by}")
    } else {
        String::new()
    };
    let standing = if withdrawn { " ・ 取り下げ中" } else { "" };
    format!("{author}{changed}{standing}")
}

fn next(more: bool, last: Option<String>, shelf: &str) -> Option<String> {
    let last = last.filter(|_| more)?;
    Some(format!("/law/{shelf}?before={last}"))
}

/// One's own favourites.
pub(super) async fn favourite_list(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
) -> Result<Response, Problem> {
    let now = shared.api.store.now();
    let today = japan::day_of(now);
    let kept = shared.api.corpus.favourites(&visitor.actor, today).await?;
    let rows = kept.into_iter().map(|one| {
        let at = place(one.place, today);
        Row {
            id: one.id.to_string(),
            title: at.shown,
            path: at.path,
            body: one.note,
            places: Vec::new(),
            note: String::new(),
            at: Moment::near(one.created_at, now),
            edit: None,
            remove: Some((format!("/law/favourites/{}/remove", one.id), "外す")),
        }
    });
    page(&ShelfPage {
        here: "favourites",
        heading: "お気に入り",
        empty: "まだありません。質問の結果の「お気に入り」から加えられます。",
        rows: rows.collect(),
        next: None,
        frame: Frame::of(&visitor, Here::Law, "お気に入り"),
    })
}

/// One's own questions, to be asked again.
pub(super) async fn history(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Search(from): Search<Before>,
) -> Result<Response, Problem> {
    let now = shared.api.store.now();
    let corpus = &shared.api.corpus;
    let listed = corpus
        .questions(&visitor.actor, from.id::<QuestionId>()?, ROWS)
        .await?;
    let last = listed.rows.last().map(|row| row.id.to_string());
    let next = next(listed.more, last, "history");
    let rows = listed.rows.into_iter().map(|one| {
        let found = match one.basis_place {
            _ if one.no_basis => "根拠なし".to_owned(),
            Some(place) if place > 0 => format!("根拠を記録済み({place} 番目)"),
            Some(_) => "根拠を記録済み".to_owned(),
            None => String::new(),
        };
        Row {
            id: one.id.to_string(),
            path: Some(path(&one.text, one.as_of)),
            title: one.text,
            body: format!("{} の時点 {found}", day(one.as_of)),
            places: Vec::new(),
            note: String::new(),
            at: Moment::near(one.asked_at, now),
            edit: None,
            remove: None,
        }
    });
    page(&ShelfPage {
        here: "history",
        heading: "質問の履歴",
        empty: "まだ質問はありません。",
        rows: rows.collect(),
        next,
        frame: Frame::of(&visitor, Here::Law, "質問の履歴"),
    })
}

/// A passage of an answer, and the question, to come back to it.
#[derive(Debug, Deserialize)]
pub(super) struct Kept {
    revision: RevisionId,
    ordinal: u32,
    q: String,
    as_of: Date,
    #[serde(default)]
    practice: Option<String>,
}

/// Keeps a passage at hand.
pub(super) async fn keep(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
    FormBody(kept): FormBody<Kept>,
) -> Result<Response, Problem> {
    let new = NewFavouriteBody {
        passage: PassageKeyBody {
            revision: kept.revision,
            ordinal: kept.ordinal,
        },
        note: String::new(),
    };
    favourites::kept(&shared, &visitor.actor, new).await?;
    let back = back(&kept.q, kept.as_of, kept.practice.is_some());
    Ok(go_to(&format!("{back}&marked=favourite")))
}

/// Lets go of a favourite.
pub(super) async fn let_go(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
    Ids(id): Ids<FavouriteId>,
) -> Result<Response, Problem> {
    shared.api.corpus.remove_favourite(&visitor.actor, id).await?;
    Ok(go_to("/law/favourites"))
}

/// Keeps a question with its answer: `question`, `answer`, `cite` (revision:ordinal, any number), `q`, `as_of`.
pub(super) async fn add_faq(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
    Ids(id): Ids<QuestionId>,
    FormBody(fields): FormBody<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let wrong = || Problem::new(ErrorCode::BadRequest);
    let of = |wanted: &str| fields.iter().find(|(name, _)| name == wanted);
    let text = |wanted: &str| of(wanted).map(|(_, value)| value.clone()).unwrap_or_default();
    let cites = fields.iter().filter(|(name, _)| name == "cite");
    let citing: Option<Vec<PassageKeyBody>> = cites.map(|(_, value)| cited(value)).collect();
    let new = NewFaqBody {
        question_id: Some(id),
        question: of("question").map(|(_, question)| question.clone()),
        answer: text("answer"),
        citing: citing.ok_or_else(wrong)?,
    };
    let as_of: Date = text("as_of").parse().map_err(|_| wrong())?;
    faq::added(&shared, &visitor.actor, new).await?;
    let back = back(&text("q"), as_of, of("practice").is_some());
    Ok(go_to(&format!("{back}&marked=faq")))
}

fn cited(value: &str) -> Option<PassageKeyBody> {
    let (revision, ordinal) = value.split_once(':')?;
    Some(PassageKeyBody {
        revision: revision.parse().ok()?,
        ordinal: ordinal.parse().ok()?,
    })
}

/// Removes an entry of the FAQ.
pub(super) async fn remove_faq(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
    Ids(id): Ids<FaqId>,
) -> Result<Response, Problem> {
    shared.api.corpus.remove_faq(&visitor.actor, id).await?;
    Ok(go_to("/law/faq"))
}

//! 成果: the plan's figures, each with its formula and the counts it comes of; out as an Excel book.
//!
//! Never: contents, a person's time before another's eyes.

mod book;
mod law;
mod sections;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::Deserialize;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;

use self::sections::Section;
use super::frame::{Frame, Here};
use super::page;
use super::words::day;
use crate::extract::signed::ReadFigures;
use crate::extract::{Search, Visitor};
use crate::file_name;
use crate::problem::Problem;
use crate::routes::figures::{Days, asked};
use crate::routes::{meeting_figures, review_figures};
use crate::state::Shared;
use crate::wire::meeting_figures::MeetingFiguresBody;
use crate::wire::question::FiguresBody;
use crate::wire::review_figures::{PeriodFiguresBody, PeriodLength};

/// Media type of an Excel book (ECMA-376).
const BOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Minutes that a meeting's record takes without Shoki, unless the office says otherwise: 1,500 hours for 800
/// meetings a year, the plan's own count.
const HAND_MEETING: u32 = 113;

/// Which days, and what the work took before.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    /// Seconds that a sheet takes when it is typed by hand.
    #[serde(default)]
    hand_sheet: String,
    /// Minutes that a meeting's record takes by hand.
    #[serde(default)]
    hand_meeting: String,
}

/// What was counted.
pub(super) struct Counted {
    days: Days,
    forms: PeriodFiguresBody,
    meetings: MeetingFiguresBody,
    questions: FiguresBody,
    /// By month, as the two others are.
    questions_by_month: Vec<FiguresBody>,
    hand_sheet: Option<u32>,
    hand_meeting: u32,
}

impl Counted {
    async fn of(shared: &Shared, actor: &Actor, query: &Query) -> Result<Self, Problem> {
        let days = Days::of(date(&query.from)?, date(&query.to)?, shared.api.store.now())?;
        let by = PeriodLength::Month;
        let firsts = days.periods(by)?;
        let mut questions_by_month = Vec::with_capacity(firsts.len());
        for (nth, first) in firsts.iter().enumerate() {
            let last = firsts.get(nth + 1).and_then(|next| next.yesterday().ok());
            let month = Days::of(Some(*first), last.or(Some(days.to)), days.end)?;
            questions_by_month.push(asked(shared, actor, &month).await?);
        }
        Ok(Self {
            forms: review_figures::counted(shared, actor, &days, by).await?,
            meetings: meeting_figures::counted(shared, actor, &days, by).await?,
            questions: asked(shared, actor, &days).await?,
            questions_by_month,
            hand_sheet: number(&query.hand_sheet)?,
            hand_meeting: number(&query.hand_meeting)?.unwrap_or(HAND_MEETING),
            days,
        })
    }
}

fn date(text: &str) -> Result<Option<Date>, Problem> {
    let text = text.trim();
    let parsed = (!text.is_empty()).then(|| text.parse()).transpose();
    parsed.map_err(|_| unusable("期間の指定が正しくありません。「2026-04-01」のように入れてください。"))
}

/// A number of seconds or minutes of at least one; nothing where nothing was typed.
fn number(text: &str) -> Result<Option<u32>, Problem> {
    let text = text.trim();
    let parsed: Option<u32> = (!text.is_empty())
        .then(|| text.parse())
        .transpose()
        .map_err(|_| unusable("手作業の時間は、1以上の整数で入れてください。"))?;
    match parsed {
        Some(0) => Err(unusable("手作業の時間は、1以上の整数で入れてください。")),
        other => Ok(other),
    }
}

fn unusable(sentence: &str) -> Problem {
    Problem::new(ErrorCode::OptionUnusable).detail(sentence.to_owned())
}

#[derive(Template)]
#[template(path = "results.html")]
struct ResultsPage {
    frame: Frame,
    from: String,
    to: String,
    span: String,
    is_of_office: bool,
    hand_sheet: String,
    hand_meeting: u32,
    sections: Vec<Section>,
    book: String,
}

/// The page.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadFigures>,
    Search(query): Search<Query>,
) -> Result<Response, Problem> {
    let counted = Counted::of(&shared, &visitor.actor, &query).await?;
    let (from, to) = (counted.days.from, counted.days.to);
    let hand_sheet = counted.hand_sheet.map(|seconds| seconds.to_string());
    let hand_sheet = hand_sheet.unwrap_or_default();
    page(&ResultsPage {
        frame: Frame::of(&visitor, Here::Results, "成果"),
        span: format!("{}から{}まで", day(from), day(to)),
        is_of_office: counted.forms.office,
        book: format!(
            "/results/excel?from={from}&to={to}&hand_sheet={hand_sheet}&hand_meeting={}",
            counted.hand_meeting
        ),
        hand_sheet,
        hand_meeting: counted.hand_meeting,
        sections: sections::of(&counted),
        from: from.to_string(),
        to: to.to_string(),
    })
}

/// The same as a book.
pub(super) async fn excel(
    State(shared): State<Shared>,
    visitor: Visitor<ReadFigures>,
    Search(query): Search<Query>,
) -> Result<Response, Problem> {
    let counted = Counted::of(&shared, &visitor.actor, &query).await?;
    let name = format!("成果_{}_{}.xlsx", counted.days.from, counted.days.to);
    let bytes = book::render(&counted, &sections::of(&counted)).map_err(|error| {
        tracing::error!(%error, "the figures do not become a book");
        Problem::new(ErrorCode::Internal)
    })?;
    let head = [
        (header::CONTENT_TYPE, HeaderValue::from_static(BOOK)),
        (header::CONTENT_DISPOSITION, file_name::attachment(&name)),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
    ];
    Ok((head, bytes).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_of_before_are_whole_and_not_none() {
        assert!(matches!(number(" 90 "), Ok(Some(90))));
        assert!(matches!(number(""), Ok(None)));
        for text in ["0", "-1", "1.5", "九十"] {
            assert!(number(text).is_err(), "{text}");
        }
    }

    #[test]
    fn days_are_as_the_form_sends_them() {
        assert!(matches!(date(""), Ok(None)));
        assert_eq!(date("2026-04-01").unwrap(), Some(jiff::civil::date(2026, 4, 1)));
        assert!(date("4/1").is_err());
    }
}

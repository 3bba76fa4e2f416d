//! 保存期間: what is kept for how long, what the next run takes, what is held, the certificates.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::{JobId, UserId};
use shoki_core::retention::{GRACE, Keeper, MAX_DAYS, MAX_REASON_CHARS, Material};
use shoki_store::deletion::{CertificateRow, Due, RetentionPeriod};

use super::{Tab, tabs};
use crate::extract::signed::ManageRetention;
use crate::extract::{FormBody, Search, Visitor};
use crate::pages::frame::{Frame, Here};
use crate::pages::words::{Moment, count};
use crate::pages::{go_to, page};
use crate::problem::Problem;
use crate::retention;
use crate::state::Shared;

/// Rows shown of one list.
const ROWS: usize = 200;
/// Certificates shown.
const CERTIFICATES: u32 = 50;
/// How far the page looks ahead when it is told to, days.
const AHEAD_DAYS: u32 = 30;

/// A material and its period.
struct PeriodRow {
    name: &'static str,
    label: &'static str,
    counted_from: &'static str,
    days: String,
    set: Option<(Moment, String)>,
}

/// A document whose period is over.
struct DueRow {
    name: String,
    job: Option<String>,
    ended_at: Moment,
    due_at: Moment,
    reason: Option<&'static str>,
}

/// A list of what is due: documents by name, the rest counted.
#[derive(Default)]
struct DueList {
    rows: Vec<DueRow>,
    /// Documents that are not shown.
    more: usize,
    /// Material and count of what has no name.
    counts: Vec<(&'static str, String)>,
}

impl DueList {
    fn of<'a>(due: impl Iterator<Item = &'a Due>) -> Self {
        let mut list = Self::default();
        let mut counted: BTreeMap<Material, u64> = BTreeMap::new();
        for one in due {
            match &one.name {
                None => *counted.entry(one.material).or_default() += 1,
                Some(_) if list.rows.len() >= ROWS => list.more += 1,
                Some(name) => list.rows.push(DueRow {
                    name: name.clone(),
                    job: one.job.map(|job| job.to_string()),
                    ended_at: Moment::of(one.ended_at),
                    due_at: Moment::of(one.due_at),
                    reason: one.keeper.map(Keeper::sentence_ja),
                }),
            }
        }
        let counted = counted.into_iter();
        list.counts = counted
            .map(|(material, number)| (material.label_ja(), count(number)))
            .collect();
        list
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.counts.is_empty()
    }
}

/// A job that is held.
struct HoldRow {
    job: String,
    document: String,
    reason: String,
    by: String,
    at: Moment,
}

/// A certificate.
struct CertificateLine {
    id: String,
    by: String,
    at: Moment,
    items: String,
}

#[derive(Template)]
#[template(path = "office_retention.html")]
struct RetentionPage {
    frame: Frame,
    tabs: Vec<Tab>,
    done: Option<&'static str>,
    periods: Vec<PeriodRow>,
    most_days: u32,
    grace_hours: i64,
    most_reason: usize,
    runs_at: Moment,
    until: Option<Moment>,
    goes: DueList,
    stays: DueList,
    holds: Vec<HoldRow>,
    certificates: Vec<CertificateLine>,
    has_more_certificates: bool,
}

/// How far the page looks, and what was done just now.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pages) struct Query {
    #[serde(default)]
    ahead: bool,
    #[serde(default)]
    done: String,
}

/// The page.
pub(in crate::pages) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ManageRetention>,
    Search(query): Search<Query>,
) -> Result<Response, Problem> {
    let actor = &visitor.actor;
    let names = names(&shared, actor).await?;
    let shown = retention::show(&shared, actor).await?;
    let ahead = if query.ahead { AHEAD_DAYS } else { 0 };
    let preview = retention::preview(&shared, actor, ahead).await?;
    let certificates = shared.api.store.certificates(actor, None, CERTIFICATES).await?;
    let goes = preview.due.iter().filter(|due| due.keeper.is_none());
    let stays = preview.due.iter().filter(|due| due.keeper.is_some());
    let periods = shown.periods.into_iter();
    let holds = shown.holds.into_iter().map(|hold| HoldRow {
        job: hold.job.to_string(),
        document: hold.document_name,
        reason: hold.reason,
        by: name_of(&names, hold.by),
        at: Moment::of(hold.at),
    });
    page(&RetentionPage {
        frame: Frame::of(&visitor, Here::Office, "保存期間"),
        tabs: tabs(actor.role, "/office/retention"),
        done: match query.done.as_str() {
            "set" => Some("保存期間を変えました。次の実行で何が消えるかを、下で確かめてください。"),
            "held" => Some("保存を延ばしました。"),
            "released" => Some("保存延長をやめました。期間を過ぎていれば、次の実行で消えます。"),
            _ => None,
        },
        periods: periods
            .map(|(material, period)| period_row(material, period, &names))
            .collect(),
        most_days: MAX_DAYS,
        grace_hours: GRACE.as_hours(),
        most_reason: MAX_REASON_CHARS,
        runs_at: Moment::of(preview.runs_at),
        until: query.ahead.then(|| Moment::of(preview.until)),
        goes: DueList::of(goes),
        stays: DueList::of(stays),
        holds: holds.collect(),
        has_more_certificates: certificates.more,
        certificates: certificates
            .rows
            .into_iter()
            .map(|row| certificate_line(&row, &names))
            .collect(),
    })
}

fn period_row(
    material: Material,
    period: Option<RetentionPeriod>,
    names: &BTreeMap<UserId, String>,
) -> PeriodRow {
    PeriodRow {
        name: material.as_str(),
        label: material.label_ja(),
        counted_from: material.counted_from_ja(),
        days: period
            .as_ref()
            .map(|period| period.days.to_string())
            .unwrap_or_default(),
        set: period.map(|period| (Moment::of(period.set_at), name_of(names, period.set_by))),
    }
}

fn certificate_line(row: &CertificateRow, names: &BTreeMap<UserId, String>) -> CertificateLine {
    CertificateLine {
        id: row.id.to_string(),
        by: row
            .by
            .map_or_else(|| "保存期間による".to_owned(), |user| name_of(names, user)),
        at: Moment::of(row.ended_at),
        items: count(row.items),
    }
}

/// Names of the people of the own 課.
pub(super) async fn names(shared: &Shared, actor: &Actor) -> Result<BTreeMap<UserId, String>, Problem> {
    let people = shared.api.store.users(actor.department).await?;
    Ok(people.into_iter().map(|user| (user.id, user.name)).collect())
}

/// A person of the own 課 by name.
pub(super) fn name_of(names: &BTreeMap<UserId, String>, user: UserId) -> String {
    names
        .get(&user)
        .cloned()
        .unwrap_or_else(|| "ほかの課の職員".to_owned())
}

/// The periods, as the form sends them: days, or nothing for ever.
#[derive(Debug, Deserialize)]
pub(in crate::pages) struct Periods {
    forms: String,
    recordings: String,
    questions: String,
    voice_prints: String,
}

/// Sets the periods.
pub(in crate::pages) async fn set(
    State(shared): State<Shared>,
    visitor: Visitor<ManageRetention>,
    FormBody(periods): FormBody<Periods>,
) -> Result<Response, Problem> {
    let set = [
        (Material::Forms, days(&periods.forms)?),
        (Material::Recordings, days(&periods.recordings)?),
        (Material::Questions, days(&periods.questions)?),
        (Material::VoicePrints, days(&periods.voice_prints)?),
    ];
    retention::set(&shared, &visitor.actor, &set).await?;
    Ok(go_to("/office/retention?done=set"))
}

/// A number of days, in digits of either width.
fn days(text: &str) -> Result<Option<u32>, Problem> {
    let half_width = |letter: char| match letter {
        '０'..='９' => {
            char::from_u32(u32::from(letter) - u32::from('０') + u32::from('0')).unwrap_or(letter)
        }
        other => other,
    };
    let digits: String = text.trim().chars().map(half_width).collect();
    if digits.is_empty() {
        return Ok(None);
    }
    digits.parse::<u32>().map(Some).map_err(|_| {
        let sentence = format!(
            "保存期間は 1 日から {MAX_DAYS} 日までの整数で入れてください。消さない種類は空欄にします。"
        );
        Problem::new(ErrorCode::OptionUnusable).detail(sentence)
    })
}

/// A job to be held, as the form sends it.
#[derive(Debug, Deserialize)]
pub(in crate::pages) struct Held {
    job: JobId,
    reason: String,
}

/// Holds a job.
pub(in crate::pages) async fn hold(
    State(shared): State<Shared>,
    visitor: Visitor<ManageRetention>,
    FormBody(held): FormBody<Held>,
) -> Result<Response, Problem> {
    retention::hold(&shared, &visitor.actor, held.job, &held.reason).await?;
    Ok(go_to("/office/retention?done=held"))
}

/// A job that is held no longer, as the form sends it.
#[derive(Debug, Deserialize)]
pub(in crate::pages) struct Released {
    job: JobId,
}

/// Lets a job go.
pub(in crate::pages) async fn release(
    State(shared): State<Shared>,
    visitor: Visitor<ManageRetention>,
    FormBody(released): FormBody<Released>,
) -> Result<Response, Problem> {
    shared.api.store.release_job(&visitor.actor, released.job).await?;
    Ok(go_to("/office/retention?done=released"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_either_width() {
        assert_eq!(days(" １８２５ ").unwrap(), Some(1825));
        assert_eq!(days("30").unwrap(), Some(30));
        assert_eq!(days("  ").unwrap(), None);
        for wrong in ["五年", "-1", "1.5", "99999999999"] {
            assert_eq!(
                days(wrong).unwrap_err().code(),
                ErrorCode::OptionUnusable,
                "{wrong}"
            );
        }
    }
}

//! 出力: which files can be made of a job, one of them as its bytes are, and its download.
//!
//! Promises: what is shown is what a download gives, but for the cells of sensitive fields (個人番号) in the table,
//! which is what one sees first; an output that is stopped says why and leads to the field.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::output_column::OutputColumn;
use shoki_core::output_profile::{ColumnSource, LineEnd};
use shoki_core::review::Standing;

use super::frame::{Frame, Here};
use super::output_bytes::{self, Dump, Line, Table};
use super::words::count;
use super::{go_to, page};
use crate::acceptance;
use crate::extract::signed::ReadContents;
use crate::extract::{Ids, Search, Visitor};
use crate::masking::masked;
use crate::problem::Problem;
use crate::reviews;
use crate::routes::outputs::{self, Made};
use crate::state::Shared;
use crate::wire::output::{FindingBody, OutputBody, PreviewBody};

/// Which output, and how it is looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    #[serde(default)]
    form: Option<String>,
    #[serde(default)]
    profile: Option<String>,
    /// `lines` or `bytes`; anything else: the table where there is one.
    #[serde(default)]
    view: Option<String>,
}

/// The files of one form.
struct Group {
    form_name: String,
    sheets: u32,
    entries: Vec<Entry>,
}

struct Entry {
    path: String,
    name: String,
    note: &'static str,
    is_shown: bool,
}

/// A way to look at it.
struct Tab {
    path: String,
    name: &'static str,
    is_shown: bool,
}

/// What is found on the way, and where it is put right.
struct Found {
    sentence: String,
    stops: bool,
    check_path: Option<String>,
}

/// What is seen of the file.
enum Seen {
    Table(Table),
    Lines(Vec<Line>),
    Bytes(Vec<Dump>),
    Nothing,
}

/// The output that is shown.
struct Shown {
    form_name: String,
    name: String,
    file_name: String,
    file_path: String,
    is_ready: bool,
    facts: Vec<(&'static str, String)>,
    findings: Vec<Found>,
    findings_more: usize,
    tabs: Vec<Tab>,
    seen: Seen,
    /// Whether not all of it is shown.
    is_cut: bool,
    /// Whether cells of sensitive fields are masked.
    has_masks: bool,
}

impl Shown {
    const fn is_table(&self) -> bool {
        matches!(self.seen, Seen::Table(_))
    }
}

#[derive(Template)]
#[template(path = "outputs.html")]
struct OutputsPage {
    frame: Frame,
    id: String,
    name: String,
    to_check: u32,
    groups: Vec<Group>,
    shown: Option<Shown>,
}

/// The page.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Ids(id): Ids<JobId>,
    Search(query): Search<Query>,
) -> Result<Response, Problem> {
    let actor = &visitor.actor;
    let job = reviews::finished_job(&shared, actor, id).await?;
    let mut by_form: BTreeMap<String, u32> = BTreeMap::new();
    let mut to_check = 0;
    for sheet in reviews::sheets(&shared, actor, id).await? {
        if sheet.standing != Standing::Done {
            to_check += sheet.open_fields.max(1);
        }
        *by_form.entry(sheet.form).or_insert(0) += 1;
    }
    let offered = outputs::offered(&acceptance::forms_of(&shared, &job), &by_form);
    let wanted = |one: &&OutputBody| {
        query.form.as_ref().is_none_or(|form| *form == one.form)
            && query
                .profile
                .as_ref()
                .is_none_or(|profile| *profile == one.profile)
    };
    let chosen = offered.iter().find(wanted);
    if chosen.is_none() && query.form.is_some() {
        let sentence = "この帳票、またはこの出力の定義がありません。";
        return Err(Problem::new(ErrorCode::NotFound).detail(sentence));
    }
    let shown = match chosen {
        Some(chosen) => Some(shown(&shared, actor, id, chosen, query.view.as_deref()).await?),
        None => None,
    };
    page(&OutputsPage {
        frame: Frame::of(&visitor, Here::Jobs, "出力"),
        id: id.to_string(),
        name: job.document_name,
        to_check,
        groups: groups(id, &offered, chosen),
        shown,
    })
}

/// The file; an output that is stopped leads back to the page, which says why.
pub(super) async fn file(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Ids((id, form, profile)): Ids<(JobId, String, String)>,
) -> Result<Response, Problem> {
    match outputs::given_out(&shared, &visitor.actor, id, &form, &profile).await {
        Err(problem) if problem.code() == ErrorCode::OutputStopped => {
            Ok(go_to(&format!("{}#stopped", path_of(id, &form, &profile))))
        }
        given => given,
    }
}

/// The whole document as searchable PDF.
pub(super) async fn searchable_pdf(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Ids(id): Ids<JobId>,
) -> Result<Response, Problem> {
    outputs::whole(&shared, &visitor.actor, id).await
}

/// The page's address with an output. Ids of forms and profiles need no escape (`[a-z][a-z0-9_]*`).
fn path_of(id: JobId, form: &str, profile: &str) -> String {
    format!("/jobs/{id}/outputs?form={form}&profile={profile}")
}

fn groups(id: JobId, offered: &[OutputBody], chosen: Option<&OutputBody>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for one in offered {
        let entry = Entry {
            path: path_of(id, &one.form, &one.profile),
            name: one.name.clone(),
            note: one.shape.encoding_label.unwrap_or_default(),
            is_shown: chosen.is_some_and(|chosen| chosen.form == one.form && chosen.profile == one.profile),
        };
        match groups.last_mut() {
            Some(last) if last.form_name == one.form_name => last.entries.push(entry),
            _ => groups.push(Group {
                form_name: one.form_name.clone(),
                sheets: one.sheets,
                entries: vec![entry],
            }),
        }
    }
    groups
}

async fn shown(
    shared: &Shared,
    actor: &Actor,
    id: JobId,
    chosen: &OutputBody,
    view: Option<&str>,
) -> Result<Shown, Problem> {
    let made = outputs::previewed(shared, actor, id, &chosen.form, &chosen.profile).await?;
    let preview = PreviewBody::of(&made.form, &made.profile, &made.rendered);
    let path = path_of(id, &chosen.form, &chosen.profile);
    let (tabs, mut seen, is_cut) = seen(&made, &path, view);
    let has_masks = match &mut seen {
        Seen::Table(table) => mask(shared, &made, table),
        _ => false,
    };
    Ok(Shown {
        form_name: chosen.form_name.clone(),
        name: chosen.name.clone(),
        file_path: format!("/jobs/{id}/outputs/{}/{}/file", chosen.form, chosen.profile),
        file_name: preview.shape.file_name.clone(),
        is_ready: preview.ready,
        facts: facts(&preview),
        findings_more: preview.findings_total - preview.findings.len(),
        findings: preview.findings.into_iter().map(|one| found(id, one)).collect(),
        tabs,
        seen,
        is_cut,
        has_masks,
    })
}

/// Masks the cells of sensitive fields; whether there are any.
fn mask(shared: &Shared, made: &Made, table: &mut Table) -> bool {
    let is_sensitive = |column: &OutputColumn| match &column.source {
        ColumnSource::Field(key) => shared.sensitive.contains(&made.form.id, key),
        ColumnSource::Constant(_) | ColumnSource::Own(_) => false,
    };
    let mut has_masks = false;
    for row in &mut table.rows {
        for (cell, column) in row.iter_mut().zip(&made.profile.columns) {
            if is_sensitive(column) && !cell.trim().is_empty() {
                *cell = masked(cell, std::slice::from_ref(&(0..cell.len())));
                has_masks = true;
            }
        }
    }
    has_masks
}

fn facts(preview: &PreviewBody) -> Vec<(&'static str, String)> {
    let shape = &preview.shape;
    let mut facts = vec![("件数", format!("{} 件", count(preview.rows.into())))];
    if let Some(label) = shape.encoding_label {
        facts.push(("文字コード", label.to_owned()));
    }
    if let Some(line_end) = shape.line_end {
        let name = match line_end {
            LineEnd::Crlf => "CR LF",
            LineEnd::Lf => "LF",
            LineEnd::None => "なし",
        };
        facts.push(("改行", name.to_owned()));
    }
    if let Some(bytes) = shape.record_bytes {
        facts.push(("1件の長さ", format!("{} バイト", count(bytes.into()))));
    }
    if let Some(size) = preview.size {
        let size = u64::try_from(size).unwrap_or(u64::MAX);
        facts.push(("大きさ", format!("{} バイト", count(size))));
    }
    facts
}

fn found(id: JobId, finding: FindingBody) -> Found {
    let field = finding.field;
    Found {
        sentence: finding.sentence,
        stops: finding.stops,
        check_path: field.map(|field| format!("/jobs/{id}/check?page={}&field={field}", finding.page)),
    }
}

/// The ways to look at the file, and what is seen in the one that was asked for.
fn seen(made: &Made, path: &str, view: Option<&str>) -> (Vec<Tab>, Seen, bool) {
    let Some(bytes) = made.rendered.bytes.as_deref() else {
        return (Vec::new(), Seen::Nothing, false);
    };
    let encoding = output_bytes::encoding_of(&made.profile);
    let table = output_bytes::table(bytes, &made.profile);
    let mut ways = Vec::new();
    if table.is_some() {
        ways.push(("table", "表"));
    }
    if encoding.is_some() {
        ways.push(("lines", "行"));
    }
    ways.push(("bytes", "バイト"));
    let first = ways.first().map_or("bytes", |(way, _)| way);
    let asked = ways.iter().map(|(way, _)| *way).find(|way| Some(*way) == view);
    let way = asked.unwrap_or(first);
    let tabs = ways
        .into_iter()
        .map(|(one, name)| Tab {
            path: format!("{path}&view={one}"),
            name,
            is_shown: one == way,
        })
        .collect();
    let (seen, is_cut) = match (way, table, encoding) {
        ("table", Some(table), _) => {
            let is_cut = table.is_cut;
            (Seen::Table(table), is_cut)
        }
        ("lines", _, Some(encoding)) => {
            let lines = output_bytes::lines(bytes, encoding);
            let shown: usize = lines.iter().map(|line| line.bytes).sum();
            (Seen::Lines(lines), shown < bytes.len())
        }
        _ => {
            let dump = output_bytes::dump(bytes, encoding);
            let is_cut = dump.len() * output_bytes::IN_A_ROW < bytes.len();
            (Seen::Bytes(dump), is_cut)
        }
    };
    (tabs, seen, is_cut)
}

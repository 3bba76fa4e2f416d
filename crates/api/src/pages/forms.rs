//! 帳票定義: the forms of the 課, how a new one begins, and the screen on which one is worked on.

use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use shoki_core::access::Permission;
use shoki_core::code::ErrorCode;

use super::frame::{Frame, Here};
use super::words::Moment;
use super::{go_to, page};
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{Ids, Visitor};
use crate::form_shares::{self, Borrowed};
use crate::problem::Problem;
use crate::routes::office_forms::{made, masters, name_of};
use crate::state::Shared;
use crate::upload::{looked_at_part, parts::Parts};

/// Longest field of the form that begins a new one, bytes.
const MAX_TEXT_BYTES: usize = 4_096;

/// A form of the 課.
struct FormRow {
    id: String,
    name: String,
    fields: usize,
    in_use: Option<u32>,
    published: u32,
    at: Moment,
}

#[derive(Template)]
#[template(path = "forms.html")]
struct FormsPage {
    frame: Frame,
    forms: Vec<FormRow>,
    shipped: Vec<(String, u32, usize)>,
    /// Forms of other 課 that are shared with this one.
    borrowed: Vec<Borrowed>,
    may_share: bool,
}

#[derive(Template)]
#[template(path = "form_editor.html")]
struct EditorPage {
    frame: Frame,
    id: String,
    name: String,
    /// File and columns of the office's tables, for the choice of a master.
    masters: Vec<(String, String)>,
}

/// The list.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
) -> Result<Response, Problem> {
    let now = shared.api.store.now();
    let forms = shared.api.store.office_forms(&visitor.actor).await?;
    let row = |form: shoki_store::form_store::OfficeForm| FormRow {
        name: form.definition.name,
        fields: form.definition.fields.len(),
        in_use: form.in_use,
        published: form.published,
        at: Moment::near(form.updated_at, now),
        id: form.id,
    };
    let shipped = shared.shipped.iter();
    let shipped = shipped.map(|form| (form.name.clone(), form.version, form.fields.len()));
    page(&FormsPage {
        frame: Frame::of(&visitor, Here::Forms, "帳票定義"),
        forms: forms.into_iter().map(row).collect(),
        shipped: shipped.collect(),
        borrowed: form_shares::borrowed(&shared, &visitor.actor).await?,
        may_share: visitor.actor.role.allows(Permission::ShareForms),
    })
}

/// Begins a form: its name, the page of the file, the file; in this order.
pub(super) async fn create(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
    request: Request,
) -> Result<Response, Problem> {
    let mut parts = Parts::open(request)?;
    let (mut name, mut number) = (String::new(), 1);
    while let Some(mut part) = parts.next().await? {
        match part.name() {
            Some("name") => name = part.text(MAX_TEXT_BYTES).await?,
            Some("page") => number = part.text(MAX_TEXT_BYTES).await?.trim().parse().unwrap_or(1),
            Some("file") => {
                let name = name_of(&name)?;
                let file = looked_at_part(&shared, part).await?;
                let form = made(&shared, &visitor.actor, name, file, number).await?;
                return Ok(go_to(&format!("/forms/{}", form.id)));
            }
            _ => {}
        }
    }
    Err(Problem::new(ErrorCode::EmptyDocument))
}

/// The screen of one form.
pub(super) async fn edit(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Ids(id): Ids<String>,
) -> Result<Response, Problem> {
    let form = shared.api.store.office_form(&visitor.actor, &id).await?;
    let tables = masters(&shared).into_iter().flatten();
    let columns = tables.flat_map(|(file, master)| {
        let header = master.header.iter();
        header
            .map(|column| (file.clone(), column.clone()))
            .collect::<Vec<_>>()
    });
    page(&EditorPage {
        frame: Frame::of(&visitor, Here::Forms, form.definition.name.clone()),
        id,
        name: form.definition.name,
        masters: columns.collect(),
    })
}

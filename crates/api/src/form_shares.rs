//! Forms that a 課 shares with others: with whom, and what changes there.
//!
//! Promises: a form is only shared where its pages can be told from every form in use; whoever it is shared with reads
//! with it at once, and reads with what it was pinned to after the sharing is withdrawn. Never: another 課's forms named.

use std::collections::BTreeSet;
use std::sync::Arc;

use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::DepartmentId;
use shoki_store::form_store::FormUse;
use shoki_store::model::Department;
use tracing::Instrument as _;

use crate::office_forms::BlankForm;
use crate::problem::Problem;
use crate::state::Shared;

/// With whom a form may be shared, and with whom it is.
///
/// # Errors
/// `not_found` for another 課's form.
pub async fn shown(shared: &Shared, actor: &Actor, id: &str) -> Result<Vec<(Department, bool)>, Problem> {
    let store = &shared.api.store;
    let with: BTreeSet<DepartmentId> = store.form_shares(actor, id).await?.into_iter().collect();
    let others = store.departments().await?.into_iter();
    Ok(others
        .filter(|department| department.id != actor.department)
        .map(|department| {
            let is_shared = with.contains(&department.id);
            (department, is_shared)
        })
        .collect())
}

/// Shares a form with exactly these 課.
///
/// # Errors
/// `not_found`; `form_invalid` when a 課 has a form in use that it cannot be told from, which is named by its 課 alone.
pub async fn share(
    shared: &Shared,
    actor: &Actor,
    id: &str,
    departments: Vec<DepartmentId>,
) -> Result<(), Problem> {
    let (at, actor, id) = (shared.clone(), actor.clone(), id.to_owned());
    // One at a time, in a task of its own: memory follows the store in its order also when whoever asked hangs up.
    let turn = async move {
        let _turn = at.form_uses.lock().await;
        let store = &at.api.store;
        let standing = store.form_shares(&actor, &id).await?;
        let form = store.office_form(&actor, &id).await?;
        if form.in_use.is_some() {
            for department in departments.iter().filter(|wanted| !standing.contains(wanted)) {
                if *department != actor.department {
                    can_be_told_apart(&at, &actor, &id, *department).await?;
                }
            }
        }
        let uses = store.share_form(&actor, &id, &departments).await?;
        for one in uses {
            at.api.office_forms.follow(one);
        }
        Ok(())
    };
    let done = tokio::spawn(turn.in_current_span()).await;
    done.map_err(|_| Problem::new(ErrorCode::Internal))?
}

/// Refuses a 課 in which the form that the own 課 has in use is another one's twin.
async fn can_be_told_apart(
    shared: &Shared,
    actor: &Actor,
    id: &str,
    department: DepartmentId,
) -> Result<(), Problem> {
    let store = shared.api.store.as_ref();
    let own = shared.api.office_forms.edition(actor.department);
    let own = match &own {
        Some(edition) => edition.blanks(store).await?,
        None => &[],
    };
    let Some(form) = own.iter().find(|form| form.definition.id == id) else {
        return Ok(());
    };
    told_apart_in(shared, form.clone(), department).await
}

/// Refuses a form that is another one's twin in a 課, naming the 課 alone.
///
/// # Errors
/// `form_invalid`; `not_found` for a 課 that is none.
pub(crate) async fn told_apart_in(
    shared: &Shared,
    form: BlankForm,
    department: DepartmentId,
) -> Result<(), Problem> {
    let id = form.definition.id.clone();
    let mut forms = vec![form];
    if let Some(edition) = shared.api.office_forms.edition(department) {
        let others = edition.blanks(shared.api.store.as_ref()).await?;
        forms.extend(others.iter().filter(|other| other.definition.id != id).cloned());
    }
    if shared.api.form_desk()?.compare(forms).await?.is_empty() {
        return Ok(());
    }
    let departments = shared.api.store.departments().await?;
    let name = departments
        .into_iter()
        .find(|one| one.id == department)
        .ok_or(Problem::new(ErrorCode::NotFound))?
        .name;
    let sentence = format!("「{name}」で使っている帳票と用紙が見分けられません。共有から外してください。");
    Err(Problem::new(ErrorCode::FormInvalid).detail(sentence))
}

/// What the 課 that a form is shared with have in use of it now that its own 課 took `taken` into use.
///
/// # Errors
/// What the database says.
pub(crate) async fn followed(
    shared: &Shared,
    actor: &Actor,
    taken: &FormUse,
) -> Result<Vec<FormUse>, Problem> {
    let with = shared.api.store.form_shares(actor, &taken.form).await?;
    Ok(with
        .into_iter()
        .map(|department| FormUse {
            department,
            ..taken.clone()
        })
        .collect())
}

/// A form that another 課 shares with this one.
#[derive(Clone, Debug)]
pub struct Borrowed {
    /// Its name.
    pub name: String,
    /// The version in use.
    pub version: u32,
    /// Its fields.
    pub fields: usize,
}

/// The forms of other 課 that this one has in use.
///
/// # Errors
/// What the database says.
pub async fn borrowed(shared: &Shared, actor: &Actor) -> Result<Vec<Borrowed>, Problem> {
    let Some(edition) = shared.api.office_forms.edition(actor.department) else {
        return Ok(Vec::new());
    };
    let own = shared.api.store.office_forms(actor).await?;
    let own: BTreeSet<String> = own.into_iter().map(|form| form.id).collect();
    let forms = edition.forms.iter().map(|form| Arc::clone(&form.definition));
    Ok(forms
        .filter(|definition| !own.contains(&definition.id))
        .map(|definition| Borrowed {
            name: definition.name.clone(),
            version: definition.version,
            fields: definition.fields.len(),
        })
        .collect())
}

//! 削除証明書 on one sheet of paper: what, when, by whom, how, what remains, and with which signature. The file that is
//! verified is the JSON; what does not fit on the sheet stands in it.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use shoki_core::id::DeletionId;
use shoki_core::retention::Material;
use shoki_store::deletion::DeletedItem;

use super::retention::{name_of, names};
use crate::extract::signed::ManageRetention;
use crate::extract::{Ids, Visitor};
use crate::pages::frame::{Frame, Here};
use crate::pages::page;
use crate::pages::words::{Moment, count};
use crate::problem::Problem;
use crate::state::Shared;

/// Things that one A4 sheet lists beside the rest.
const ROWS: usize = 12;

/// A thing that was deleted.
struct ItemRow {
    id: String,
    material: &'static str,
    /// The address of its first file, the beginning.
    digest: Option<String>,
    files: usize,
    audit_sequence: u64,
}

#[derive(Template)]
#[template(path = "office_certificate.html")]
struct CertificatePage {
    frame: Frame,
    id: String,
    department: String,
    by: String,
    begun_at: Moment,
    ended_at: Moment,
    issued_at: Moment,
    /// Material, things, files removed.
    counts: Vec<(&'static str, String, String)>,
    rows: Vec<ItemRow>,
    more: usize,
    method: Vec<String>,
    remains: Vec<String>,
    head_sequence: u64,
    head_hash: String,
    digest: String,
    public_key: String,
    signature: String,
}

/// The sheet.
pub(in crate::pages) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ManageRetention>,
    Ids(id): Ids<DeletionId>,
) -> Result<Response, Problem> {
    let certificate = shared.api.store.certificate(&visitor.actor, id).await?;
    let names = names(&shared, &visitor.actor).await?;
    let digest = certificate.digest().to_string();
    let body = certificate.certificate;
    page(&CertificatePage {
        frame: Frame::of(&visitor, Here::Office, "削除証明書"),
        id: body.id.to_string(),
        department: body.department_name,
        by: body.by.map_or_else(
            || "保存期間の規則による自動の削除".to_owned(),
            |user| name_of(&names, user),
        ),
        begun_at: Moment::of(body.begun_at),
        ended_at: Moment::of(body.ended_at),
        issued_at: Moment::of(body.issued_at),
        counts: counts(&body.items),
        rows: body.items.iter().take(ROWS).map(item_row).collect(),
        more: body.items.len().saturating_sub(ROWS),
        method: body.method,
        remains: body.remains,
        head_sequence: body.head.sequence,
        head_hash: body.head.hash.to_string(),
        digest,
        public_key: certificate.public_key,
        signature: certificate.signature,
    })
}

fn counts(items: &[DeletedItem]) -> Vec<(&'static str, String, String)> {
    let mut counted: BTreeMap<Option<Material>, (u64, u64)> = BTreeMap::new();
    for item in items {
        let entry = counted.entry(item.material).or_default();
        entry.0 += 1;
        entry.1 += item.removed.len() as u64;
    }
    let counted = counted.into_iter();
    counted
        .map(|(material, (things, files))| (label(material), count(things), count(files)))
        .collect()
}

fn item_row(item: &DeletedItem) -> ItemRow {
    let first = item.removed.first().map(|blob| blob.sha256.to_string());
    ItemRow {
        id: item.id.to_string(),
        material: short(item.material),
        digest: first.map(|digest| digest.chars().take(16).collect()),
        files: item.removed.len(),
        audit_sequence: item.audit_sequence,
    }
}

const fn label(material: Option<Material>) -> &'static str {
    match material {
        Some(material) => material.label_ja(),
        None => "法令・通知の原本",
    }
}

const fn short(material: Option<Material>) -> &'static str {
    match material {
        Some(Material::Forms) => "帳票",
        Some(Material::Recordings) => "録音",
        Some(Material::Questions) => "質問",
        Some(Material::VoicePrints) => "声",
        None => "法令・通知",
    }
}

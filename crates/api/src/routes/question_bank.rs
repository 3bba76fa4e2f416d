//! The bank of known questions, for every 課 of the office: what stands in it for a source, and edits that
//! pass the gate on the questions whose basis the own 課 knows, or say why they are made all the same.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shoki_core::code::ErrorCode;
use shoki_core::id::BankEntryId;
use shoki_core::limits::{MAX_NAME_CHARS, MAX_QUESTION_CHARS};
use shoki_store::corpus_model::Importer;
use utoipa::IntoParams;
use uuid::Uuid;

use super::faq::length;
use super::jobs::rows;
use super::synonyms::{GATE_PLACES, needed, reason};
use crate::cursor;
use crate::extract::signed::{ReadContents, WriteSynonyms};
use crate::extract::{JsonBody, Search, Signed};
use crate::problem::{Problem, ProblemBody};
use crate::question_bank::{BankEdit, BankFilter};
use crate::state::Shared;
use crate::wire::Page;
use crate::wire::question_bank::{BankEditBody, BankEntryBody};

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BankQuery {
    /// Title of the source that decides, name of the one that is missing, or the field.
    #[param(example = "生活保護法")]
    source: String,
    /// Item of the source.
    #[param(example = "63")]
    item: Option<String>,
    /// Rows in the answer, 1–200; 50 unless told.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// What a cursor goes on in.
#[derive(Serialize)]
struct ListedAs<'a>(&'static str, &'a str, Option<&'a str>);

/// 答えの分かっている質問のうち、ある文書(と条)のものを返す。
#[utoipa::path(
    get, path = "/v1/question-bank", operation_id = "list_question_bank", tag = "law_desk",
    security(("token" = [])),
    params(BankQuery),
    responses(
        (status = 200, description = "結果", body = Page<BankEntryBody>),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    State(shared): State<Shared>,
    _: Signed<ReadContents>,
    Search(query): Search<BankQuery>,
) -> Result<Json<Page<BankEntryBody>>, Problem> {
    let rows = rows(query.limit)?;
    let listed_as = ListedAs("question_bank", &query.source, query.item.as_deref());
    let after = match &query.cursor {
        None => None,
        Some(text) => Some(BankEntryId::from_uuid(Uuid::from_bytes(cursor::decode(
            text, &listed_as,
        )?))),
    };
    let filter = BankFilter {
        source: query.source.clone(),
        item: query.item.clone(),
        after,
        rows: rows as usize,
    };
    let (entries, more) = shared.api.searcher()?.bank(filter).await?;
    let next_cursor = match entries.last() {
        Some(last) if more => Some(cursor::encode(*last.id.as_uuid().as_bytes(), &listed_as)),
        _ => None,
    };
    Ok(Json(Page {
        items: entries.into_iter().map(BankEntryBody::from).collect(),
        next_cursor,
    }))
}

/// 答えの分かっている質問を、文書の条に加える、外す、または戻す。すべての課の検索に効く。
#[utoipa::path(
    post, path = "/v1/question-bank", operation_id = "edit_question_bank", tag = "law_desk",
    security(("token" = [])),
    request_body = BankEditBody,
    responses(
        (status = 200, description = "変更した。変更後の質問を返す", body = BankEntryBody),
        (status = 404, description = "この質問はない", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 409, description = "根拠の分かっている質問の答えが悪くなる", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 422, description = "この質問は登録できない", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn edit(
    State(shared): State<Shared>,
    signed: Signed<WriteSynonyms>,
    JsonBody(body): JsonBody<BankEditBody>,
) -> Result<Json<BankEntryBody>, Problem> {
    let despite = reason(body.despite.as_deref())?;
    let edit = BankEdit::from(body.edit);
    if let BankEdit::Add {
        question,
        source,
        item,
    } = &edit
    {
        length("question", question, MAX_QUESTION_CHARS)?;
        length("source", source, MAX_NAME_CHARS)?;
        length("item", item, MAX_NAME_CHARS)?;
    }
    let corpus = &shared.api.corpus;
    let department = signed.actor.department;
    let known = corpus.known_bases(department, GATE_PLACES).await?;
    let planned = shared.api.searcher()?.plan_edit(edit, known, department).await?;
    let despite = needed(&planned.verdict, despite, ErrorCode::BankWorsens)?;
    corpus
        .change_bank(Importer::Person(&signed.actor), &planned.change, despite)
        .await?;
    Ok(Json(planned.entry.into()))
}

//! 課, people and accounts (管理).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::extract::signed::ManagePeople;
use crate::extract::{JsonBody, Signed};
use crate::people::{self, NewPerson, Staff};
use crate::problem::{AnyProblem, Problem};
use crate::state::Shared;
use crate::wire::people::{AccountOfBody, NewAccountBody, NewDepartmentBody, NewPersonBody, StaffBody};

/// 課と職員の一覧を返す。課管理者には自課だけを返す。
#[utoipa::path(
    get, path = "/v1/people", operation_id = "list_people", tag = "people", security(("token" = [])),
    responses((status = 200, description = "結果", body = Vec<StaffBody>), AnyProblem),
)]
pub async fn list(
    State(shared): State<Shared>,
    signed: Signed<ManagePeople>,
) -> Result<Json<Vec<StaffBody>>, Problem> {
    let now = shared.api.store.now();
    let staff = people::staff(&shared, &signed.actor).await?;
    Ok(Json(
        staff.into_iter().map(|staff| StaffBody::of(staff, now)).collect(),
    ))
}

/// 課を作る(システム管理者)。
#[utoipa::path(
    post, path = "/v1/departments", operation_id = "add_department", tag = "people", security(("token" = [])),
    request_body = NewDepartmentBody,
    responses((status = 201, description = "作った", body = StaffBody), AnyProblem),
)]
pub async fn add_department(
    State(shared): State<Shared>,
    signed: Signed<ManagePeople>,
    JsonBody(new): JsonBody<NewDepartmentBody>,
) -> Result<(StatusCode, Json<StaffBody>), Problem> {
    let department = people::add_department(&shared, &signed.actor, &new.name).await?;
    let staff = Staff {
        department,
        people: Vec::new(),
    };
    let body = StaffBody::of(staff, shared.api.store.now());
    Ok((StatusCode::CREATED, Json(body)))
}

/// 職員を加える。アカウントを付けると画面にサインインできる。
#[utoipa::path(
    post, path = "/v1/people", operation_id = "add_person", tag = "people", security(("token" = [])),
    request_body = NewPersonBody,
    responses((status = 201, description = "加えた"), AnyProblem),
)]
pub async fn add(
    State(shared): State<Shared>,
    signed: Signed<ManagePeople>,
    JsonBody(new): JsonBody<NewPersonBody>,
) -> Result<StatusCode, Problem> {
    let person = NewPerson {
        department: new.department_id.unwrap_or(signed.actor.department),
        name: new.name,
        role: new.role,
    };
    let account = new.account;
    let account = account
        .as_ref()
        .map(|account| (account.sign_in.as_str(), account.password.clone()));
    people::add_person(&shared, &signed.actor, person, account).await?;
    Ok(StatusCode::CREATED)
}

/// アカウントがない職員にアカウントを付ける。
#[utoipa::path(
    post, path = "/v1/accounts", operation_id = "add_account", tag = "people", security(("token" = [])),
    request_body = AccountOfBody,
    responses((status = 201, description = "付けた"), AnyProblem),
)]
pub async fn add_account(
    State(shared): State<Shared>,
    signed: Signed<ManagePeople>,
    JsonBody(new): JsonBody<AccountOfBody>,
) -> Result<StatusCode, Problem> {
    people::add_account(&shared, &signed.actor, new.user_id, &new.sign_in, new.password).await?;
    Ok(StatusCode::CREATED)
}

/// アカウントのパスワードを変える。使用停止とサインイン中の画面は終わる。
#[utoipa::path(
    put, path = "/v1/accounts/password", operation_id = "set_password", tag = "people",
    security(("token" = [])),
    request_body = NewAccountBody,
    responses((status = 204, description = "変えた"), AnyProblem),
)]
pub async fn set_password(
    State(shared): State<Shared>,
    signed: Signed<ManagePeople>,
    JsonBody(new): JsonBody<NewAccountBody>,
) -> Result<StatusCode, Problem> {
    people::set_password(&shared, &signed.actor, &new.sign_in, new.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

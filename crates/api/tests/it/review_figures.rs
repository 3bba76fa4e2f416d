//! 識字率 and time on task over jobs, by period, form and field; who sees whose time.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use shoki_core::access::Role;

use crate::office::Office;
use crate::review::{Person, place};

/// Two jobs with one sheet each: one name corrected in one of two characters.
async fn reviewed(office: &Office) {
    let clerk = Person {
        office,
        role: Role::Clerk,
    };
    for decision in [
        json!({"kind": "correct", "text": "佐籐"}),
        json!({"kind": "accept"}),
    ] {
        let job = office.read_sheets(1).await;
        let (_, sheet) = clerk.post(&format!("/v1/jobs/{job}/review/next"), None).await;
        let (_, sheet) = clerk.decide(&sheet, "name", decision).await;
        let alive = clerk.post(&format!("{}/activity", place(&sheet)), None).await;
        assert_eq!(alive.0, 204);
        let (_, sheet) = clerk.decide(&sheet, "number", json!({"kind": "accept"})).await;
        let finish = format!("{}/finish", place(&sheet));
        assert_eq!(clerk.post(&finish, sheet["version"].as_u64()).await.0, 200);
    }
}

async fn figures(office: &Office, role: Role, query: &str) -> Value {
    let person = Person { office, role };
    let (status, body) = person.get(&format!("/v1/kpi/review{query}")).await;
    assert_eq!(status, 200, "{body}");
    body
}

#[tokio::test]
async fn what_is_done_counts_over_jobs_by_form_and_field() {
    let office = Office::open().await;
    reviewed(&office).await;
    let body = figures(&office, Role::Clerk, "?by=all").await;
    assert_eq!((&body["sheets"], &body["by"]), (&json!(2), &json!("all")));
    assert_eq!(
        (&body["all"]["fields"], &body["all"]["fields_corrected"]),
        (&json!(4), &json!(1))
    );
    assert_eq!(body["all"]["characters"], 28);
    let form = &body["forms"][0];
    assert_eq!(
        (&form["form"], &form["form_name"], &form["sheets"]),
        (&json!("transfer"), &json!("給与所得者異動届出書"), &json!(2))
    );
    let name = &body["fields"][0];
    assert_eq!(
        (&name["key"], &name["character_rate"]),
        (&json!("name"), &json!(0.75))
    );
    assert_eq!(name["field_rate"], 0.5);
    // Before that year nothing was done; another 課 has done nothing.
    let before = figures(&office, Role::Clerk, "?from=2001-04-01&to=2002-03-31").await;
    assert_eq!((&before["sheets"], &before["forms"]), (&json!(0), &json!([])));
    let other = office
        .request(Method::GET, "/v1/kpi/review")
        .bearer_auth(office.welfare.token(Role::Clerk));
    let other: Value = other.send().await.unwrap().json().await.unwrap();
    assert_eq!(other["sheets"], 0);
    // Those who run the system see the office's counts and nobody's time.
    let office_wide = figures(&office, Role::SystemAdmin, "?by=all").await;
    assert_eq!(
        (
            &office_wide["sheets"],
            &office_wide["office"],
            &office_wide["people"]
        ),
        (&json!(2), &json!(true), &json!([]))
    );
    let clerk = Person {
        office: &office,
        role: Role::Clerk,
    };
    for wrong in [
        "?from=2026-02-01&to=2026-01-31",
        "?by=day&from=2020-01-01&to=2026-01-01",
    ] {
        assert_eq!(
            clerk.get(&format!("/v1/kpi/review{wrong}")).await.0,
            422,
            "{wrong}"
        );
    }
    assert_eq!(clerk.get("/v1/kpi/review?by=week").await.0, 400);
}

#[tokio::test]
async fn the_table_opens_in_excel() {
    let office = Office::open().await;
    reviewed(&office).await;
    let answer = office
        .get("/v1/kpi/review?by=all&format=csv&from=2020-04-01&to=2099-03-31")
        .await;
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    assert!(
        answer.headers()["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    let bytes = answer.bytes().await.unwrap();
    let table = std::str::from_utf8(&bytes).unwrap();
    let rows: Vec<&str> = table.split("\r\n").collect();
    assert!(rows[0].starts_with("\u{feff}期間の初日,帳票,"), "{table}");
    assert!(
        rows[1].starts_with("2020-04-01,transfer,給与所得者異動届出書,,,2,4,1,28,1,0.9643,"),
        "{table}"
    );
    assert_eq!(
        rows[2],
        "2020-04-01,transfer,給与所得者異動届出書,name,name,,2,1,4,1,0.7500,"
    );
    assert_eq!(rows.len(), 5, "{table}");
}

#[tokio::test]
async fn a_persons_time_is_for_that_person_and_the_head_of_the_section() {
    let office = Office::open().await;
    let job = office.read_sheets(2).await;
    for role in [Role::Clerk, Role::DepartmentAdmin] {
        let person = Person {
            office: &office,
            role,
        };
        let (_, sheet) = person.post(&format!("/v1/jobs/{job}/review/next"), None).await;
        office.clock.advance(SignedDuration::from_secs(40));
        let alive = person.post(&format!("{}/activity", place(&sheet)), None).await;
        assert_eq!(alive.0, 204);
    }
    let names = |body: &Value| -> Vec<String> {
        let people = body["people"].as_array().unwrap().iter();
        people
            .map(|person| format!("{} {}", person["name"].as_str().unwrap(), person["seconds"]))
            .collect()
    };
    for (role, mut expected) in [
        (Role::Clerk, vec!["clerk 40"]),
        (Role::DepartmentAdmin, vec!["clerk 40", "department_admin 40"]),
        (Role::SystemAdmin, vec![]),
    ] {
        let body = figures(&office, role, "?by=all").await;
        let mut seen = names(&body);
        seen.sort_unstable();
        expected.sort_unstable();
        assert_eq!(seen, expected, "{role:?}");
        assert_eq!(
            (&body["seconds"], &body["forms"][0]["seconds"]),
            (&json!(80), &json!(80))
        );
    }
}

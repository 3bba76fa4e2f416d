//! The review of a forms job over HTTP: alone, two at once, a masked value, another 課.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shoki_core::access::Role;

use crate::office::Office;

/// A person with a token.
#[derive(Clone, Copy)]
pub struct Person<'a> {
    pub office: &'a Office,
    pub role: Role,
}

impl Person<'_> {
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        version: Option<u64>,
        body: Value,
    ) -> (StatusCode, Value) {
        let mut request = self
            .office
            .request(method, path)
            .bearer_auth(self.office.tax.token(self.role));
        if let Some(version) = version {
            request = request.header("if-match", format!("\"{version}\""));
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let (status, bytes) = (answer.status(), answer.bytes().await.unwrap());
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send(Method::GET, path, None, Value::Null).await
    }

    pub async fn post(&self, path: &str, version: Option<u64>) -> (StatusCode, Value) {
        self.send(Method::POST, path, version, Value::Null).await
    }

    pub async fn decide(&self, sheet: &Value, key: &str, decision: Value) -> (StatusCode, Value) {
        let path = format!("{}/fields/{key}", place(sheet));
        self.send(Method::PUT, &path, sheet["version"].as_u64(), decision)
            .await
    }
}

/// Where a sheet lies.
pub fn place(sheet: &Value) -> String {
    let job = sheet["job_id"].as_str().unwrap();
    format!("/v1/jobs/{job}/review/sheets/{}", sheet["page"])
}

pub fn field<'a>(sheet: &'a Value, key: &str) -> &'a Value {
    let fields = sheet["fields"].as_array().unwrap();
    fields.iter().find(|field| field["key"] == key).unwrap()
}

#[tokio::test]
async fn a_sheet_is_taken_decided_and_finished() {
    let office = Office::open().await;
    let job = office.read_sheets(2).await;
    let clerk = Person {
        office: &office,
        role: Role::Clerk,
    };
    let review = format!("/v1/jobs/{job}/review");
    let (_, standing) = clerk.send(Method::GET, &review, None, Value::Null).await;
    assert_eq!(
        (&standing["sheets_total"], &standing["fields_open"]),
        (&json!(2), &json!(4))
    );
    let (status, sheet) = clerk.post(&format!("{review}/next"), None).await;
    assert_eq!(
        (status, &sheet["page"], &sheet["task"]),
        (StatusCode::OK, &json!(1), &json!("check"))
    );
    assert_eq!(sheet["form_name"], "給与所得者異動届出書");
    assert!(sheet["locked_until"].is_string());
    let keys: Vec<&Value> = sheet["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| &field["key"])
        .collect();
    assert_eq!(keys, ["name", "number"], "in the form's order");
    let name = field(&sheet, "name");
    assert_eq!(
        (&name["read"], &name["value"], &name["open"]),
        (&json!("佐藤"), &json!("佐藤"), &json!(true))
    );
    // A version is wanted, and the right one.
    let accept = json!({"kind": "accept"});
    let path = format!("{}/fields/name", place(&sheet));
    assert_eq!(clerk.send(Method::PUT, &path, None, accept.clone()).await.0, 428);
    assert_eq!(
        clerk.send(Method::PUT, &path, Some(7), accept.clone()).await.0,
        412
    );
    for (body, status) in [
        (json!({"kind": "correct"}), 422),
        (json!({"kind": "accept", "text": "x"}), 422),
        (json!({"kind": "no"}), 400),
        (json!({"kind": "correct", "text": "a\nb"}), 409),
    ] {
        assert_eq!(
            clerk.decide(&sheet, "name", body.clone()).await.0,
            status,
            "{body}"
        );
    }
    assert_eq!(clerk.decide(&sheet, "none", accept.clone()).await.0, 409);
    let (_, sheet) = clerk
        .decide(&sheet, "name", json!({"kind": "correct", "text": "佐籐"}))
        .await;
    assert_eq!(
        (&sheet["version"], &field(&sheet, "name")["value"]),
        (&json!(1), &json!("佐籐"))
    );
    let finish = format!("{}/finish", place(&sheet));
    let (status, early) = clerk.post(&finish, Some(1)).await;
    assert_eq!(status, 409);
    assert!(early["detail"].as_str().unwrap().contains("まだ決まっていない欄"));
    let (_, sheet) = clerk.decide(&sheet, "number", json!({"kind": "hold"})).await;
    assert_eq!(field(&sheet, "number")["open"], true);
    let (_, sheet) = clerk.decide(&sheet, "number", accept.clone()).await;
    let undo = format!("{}/undo", place(&sheet));
    let (_, sheet) = clerk.send(Method::POST, &undo, Some(3), json!({})).await;
    assert_eq!(
        field(&sheet, "number")["decision"]["kind"],
        "hold",
        "what was before comes back"
    );
    let (_, sheet) = clerk.decide(&sheet, "number", accept).await;
    let (status, sheet) = clerk.post(&finish, sheet["version"].as_u64()).await;
    assert_eq!((status, &sheet["task"]), (StatusCode::OK, &json!("done")));
    assert_eq!(
        clerk.decide(&sheet, "name", json!({"kind": "accept"})).await.0,
        409
    );
    let (_, figures) = clerk
        .send(Method::GET, &format!("{review}/figures"), None, Value::Null)
        .await;
    assert_eq!(
        (&figures["sheets"], &figures["all"]["fields"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(figures["all"]["characters"], 14);
    assert_eq!(figures["all"]["characters_corrected"], 1);
    assert_eq!(figures["fields"][0]["key"], "name");
    assert_eq!(figures["fields"][0]["character_rate"], 0.5);
    let (_, sheet) = clerk
        .post(&format!("{}/reopen", place(&sheet)), sheet["version"].as_u64())
        .await;
    assert_eq!(
        (&sheet["task"], &field(&sheet, "name")["value"]),
        (&json!("check"), &json!("佐籐"))
    );
}

#[tokio::test]
async fn a_masked_value_is_seen_for_a_reason_and_the_chain_has_it_first() {
    let office = Office::open().await;
    let job = office.read_sheets(1).await;
    let clerk = Person {
        office: &office,
        role: Role::Clerk,
    };
    let (_, sheet) = clerk.post(&format!("/v1/jobs/{job}/review/next"), None).await;
    assert!(!sheet.to_string().contains("123456789018"), "{sheet}");
    assert_eq!(field(&sheet, "number")["masked"], true);
    let reveal = format!("{}/fields/number/reveal", place(&sheet));
    for reason in ["", "  ", "a\nb"] {
        let asked = clerk
            .send(Method::POST, &reveal, None, json!({"reason": reason}))
            .await;
        assert_eq!(asked.0, 422, "{reason:?}");
    }
    let (status, seen) = clerk
        .send(
            Method::POST,
            &reveal,
            None,
            json!({"reason": "本人確認書類との照合"}),
        )
        .await;
    assert_eq!((status, &seen["read"]), (StatusCode::OK, &json!("123456789018")));
    let log = office.store.audit_chain(0, 1000).await.unwrap();
    let views: Vec<&str> = log
        .iter()
        .filter(|event| event.action == "field.reveal")
        .map(|event| event.subject.as_str())
        .collect();
    assert_eq!(views, [format!("{job}/1/number 本人確認書類との照合")]);
    // What was written into a masked field is masked as well.
    let correct = json!({"kind": "correct", "text": "123456789019"});
    let (_, sheet) = clerk.decide(&sheet, "number", correct).await;
    assert!(!sheet.to_string().contains("123456789019"), "{sheet}");
    let auditor = Person {
        office: &office,
        role: Role::Auditor,
    };
    assert_eq!(
        auditor
            .send(Method::POST, &reveal, None, json!({"reason": "監査"}))
            .await
            .0,
        403
    );
}

/// Two people on one stack: each sheet is one person's, every decision is there afterwards.
#[tokio::test]
async fn two_reviewers_at_once_lose_nothing() {
    const SHEETS: u32 = 30;
    let office = Office::open().await;
    let job = office.read_sheets(SHEETS).await;
    let work = async |role: Role| {
        let person = Person {
            office: &office,
            role,
        };
        let mut done = BTreeMap::new();
        loop {
            let (status, sheet) = person.post(&format!("/v1/jobs/{job}/review/next"), None).await;
            if status == StatusCode::NO_CONTENT {
                return done;
            }
            let text = format!("{role:?}{}", sheet["page"]);
            let correct = json!({"kind": "correct", "text": text});
            let (status, sheet) = person.decide(&sheet, "name", correct).await;
            assert_eq!(status, StatusCode::OK, "{sheet}");
            let (_, sheet) = person.decide(&sheet, "number", json!({"kind": "accept"})).await;
            let finish = format!("{}/finish", place(&sheet));
            let (status, sheet) = person.post(&finish, sheet["version"].as_u64()).await;
            assert_eq!(status, StatusCode::OK, "{sheet}");
            done.insert(sheet["page"].as_u64().unwrap(), text);
        }
    };
    let (mut one, other) = tokio::join!(work(Role::Clerk), work(Role::DepartmentAdmin));
    assert_eq!(one.len() + other.len(), SHEETS as usize);
    one.extend(other);
    assert_eq!(one.len(), SHEETS as usize, "no sheet was two people's");
    let clerk = Person {
        office: &office,
        role: Role::Clerk,
    };
    for (page, text) in one {
        let path = format!("/v1/jobs/{job}/review/sheets/{page}");
        let (_, sheet) = clerk.send(Method::GET, &path, None, Value::Null).await;
        assert_eq!(
            (&sheet["version"], &field(&sheet, "name")["value"]),
            (&json!(3), &json!(text))
        );
    }
    let stranger = office.request(Method::GET, &format!("/v1/jobs/{job}/review"));
    let stranger = stranger
        .bearer_auth(office.welfare.token(Role::Clerk))
        .send()
        .await
        .unwrap();
    assert_eq!(stranger.status(), 404);
}

#[tokio::test]
async fn what_is_not_read_cannot_be_reviewed() {
    let office = Office::open().await;
    let document = office.document(crate::office::PNG).await;
    let job = office.job(&document).await;
    let clerk = Person {
        office: &office,
        role: Role::Clerk,
    };
    let (status, early) = clerk.post(&format!("/v1/jobs/{job}/review/next"), None).await;
    assert_eq!(status, 409);
    assert!(early["detail"].as_str().unwrap().contains("まだ終わっていません"));
    assert_eq!(
        clerk
            .post(&format!("/v1/jobs/{}/review/next", uuid::Uuid::now_v7()), None)
            .await
            .0,
        404
    );
}

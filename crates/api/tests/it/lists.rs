//! Lists: pages by opaque cursors, filters, and what a tampered cursor gets.

use reqwest::Method;
use serde_json::Value;
use shoki_core::access::Role;
use shoki_core::code::ErrorCode;

use crate::office::{Office, PNG};
use crate::problems::problem;

async fn list(office: &Office, query: &str) -> (Vec<String>, Option<String>) {
    let answer = office.get(&format!("/v1/jobs{query}")).await;
    assert_eq!(answer.status(), 200, "{query}");
    let body: Value = answer.json().await.unwrap();
    let rows = body["items"].as_array().unwrap().iter();
    let ids = rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    (ids, body["next_cursor"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn pages_go_on_where_the_last_one_ended() {
    let office = Office::open().await;
    let document = office.document(PNG).await;
    let mut jobs = Vec::new();
    for _ in 0..5 {
        jobs.insert(0, office.job(&document).await);
    }
    let (first, cursor) = list(&office, "?limit=2").await;
    let cursor = cursor.unwrap();
    let (second, next) = list(&office, &format!("?limit=2&cursor={cursor}")).await;
    let (third, end) = list(&office, &format!("?limit=2&cursor={}", next.unwrap())).await;
    assert_eq!(end, None);
    assert_eq!([first, second, third].concat(), jobs);

    let mut tampered = cursor.clone();
    let last = if tampered.pop() == Some('0') { '1' } else { '0' };
    tampered.push(last);
    for query in [
        format!("?cursor={tampered}"),
        format!("?cursor={cursor}&state=queued"),
        "?cursor=x".to_owned(),
        format!("?cursor={cursor}{cursor}"),
    ] {
        let answer = office.get(&format!("/v1/jobs{query}")).await;
        problem(answer, ErrorCode::InvalidCursor).await;
    }
    let other = office
        .request(Method::GET, &format!("/v1/jobs?cursor={cursor}"))
        .bearer_auth(office.welfare.token(Role::Clerk));
    problem(other.send().await.unwrap(), ErrorCode::InvalidCursor).await;
}

#[tokio::test]
async fn filters_narrow_the_list() {
    let office = Office::open().await;
    let (document, finished) = office.finished_job(1).await;
    let other = office.document(b"\x89PNG\r\n\x1a\nother").await;
    let queued = office.job(&other).await;
    for (query, expected) in [
        ("?state=succeeded", vec![&finished]),
        ("?state=queued,running", vec![&queued]),
        ("?state=queued,succeeded", vec![&queued, &finished]),
        ("?state=failed", vec![]),
        ("?pipeline=forms", vec![&queued, &finished]),
        ("?pipeline=minutes", vec![]),
        (&format!("?document={document}"), vec![&finished]),
        ("?batch=018f0000-0000-7000-8000-000000000000", vec![]),
    ] {
        let (ids, _) = list(&office, query).await;
        assert_eq!(ids.iter().collect::<Vec<_>>(), expected, "{query}");
    }
}

#[tokio::test]
async fn the_audit_chain_is_read_in_order_without_gaps() {
    let office = Office::open().await;
    office.finished_job(2).await;
    let mut sequences = Vec::new();
    let mut cursor = String::new();
    loop {
        let answer = office
            .request(Method::GET, &format!("/v1/audit?limit=3{cursor}"))
            .bearer_auth(office.tax.token(Role::Auditor))
            .send()
            .await
            .unwrap();
        let body: Value = answer.json().await.unwrap();
        let rows = body["items"].as_array().unwrap().iter();
        sequences.extend(rows.map(|row| row["sequence"].as_u64().unwrap()));
        match body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let last = u64::try_from(sequences.len()).unwrap();
    assert!(last > 6);
    assert_eq!(sequences, (1..=last).collect::<Vec<_>>());
}

//! 保存期間 over HTTP and in the browser: set, seen before, held, carried out, certified.

use jiff::SignedDuration;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use shoki_core::access::Role;
use shoki_core::code::ErrorCode;
use shoki_store::audit::AuditKey;
use shoki_store::deletion::{Certificate, verify_certificate};
use shoki_store::retention;

use crate::desk::visitor::{Visitor, account};
use crate::office::{Office, PNG};
use crate::problems::problem;

const MONTH: SignedDuration = SignedDuration::from_hours(24 * 31);

fn admin(office: &Office, method: Method, path: &str) -> RequestBuilder {
    office
        .request(method, path)
        .bearer_auth(office.tax.token(Role::DepartmentAdmin))
}

async fn seen(office: &Office, path: &str) -> Value {
    let answer = admin(office, Method::GET, path).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}

async fn set_forms(office: &Office, days: u32) -> reqwest::Response {
    admin(office, Method::PUT, "/v1/retention")
        .json(&json!({"periods": [{"material": "forms", "days": days}]}))
        .send()
        .await
        .unwrap()
}

fn key(office: &Office) -> AuditKey {
    AuditKey::open(&office.directory.path().join("second-place")).unwrap()
}

/// What the service does at night.
async fn night(office: &Office) -> Vec<Certificate> {
    let department = office.actor(Role::Clerk).await.department;
    let store = office.store.as_ref();
    let report = retention::run(store, &office.blobs, &key(office), department)
        .await
        .unwrap();
    report.certificates
}

#[tokio::test]
async fn a_period_is_set_seen_held_and_carried_out() {
    let office = Office::open().await;
    let (document, job) = office.finished_job(1).await;
    let files = office.blob_files().len();
    problem(set_forms(&office, 0).await, ErrorCode::OptionUnusable).await;
    let set: Value = set_forms(&office, 30).await.json().await.unwrap();
    assert_eq!(set["periods"][0]["days"], 30);
    assert!(set["periods"][1].get("days").is_none(), "kept for ever");
    let none = seen(&office, "/v1/retention/preview").await;
    assert_eq!((&none["deleted"], &none["kept"]), (&json!([]), &json!([])));
    let ahead = seen(&office, "/v1/retention/preview?days=31").await;
    assert_eq!(ahead["deleted"][0]["name"], "scan.png");
    assert_eq!(ahead["deleted"][0]["job_id"], job.as_str());

    office.clock.advance(MONTH);
    let hold = format!("/v1/jobs/{job}/hold");
    let without = admin(&office, Method::PUT, &hold).json(&json!({"reason": " "}));
    problem(without.send().await.unwrap(), ErrorCode::OptionUnusable).await;
    let held = admin(&office, Method::PUT, &hold).json(&json!({"reason": "監査請求のため"}));
    assert_eq!(held.send().await.unwrap().status(), 204);
    let kept = seen(&office, "/v1/retention/preview").await;
    assert_eq!(kept["deleted"], json!([]));
    assert_eq!(kept["kept"][0]["kept_by"], "hold");
    assert_eq!(night(&office).await, []);
    let by_hand = office
        .clerk(Method::DELETE, &format!("/v1/documents/{document}"))
        .send()
        .await
        .unwrap();
    let refused = problem(by_hand, ErrorCode::Conflict).await;
    assert!(
        refused["detail"].as_str().unwrap().contains("保存延長"),
        "{refused}"
    );

    let released = admin(&office, Method::DELETE, &hold).send().await.unwrap();
    assert_eq!(released.status(), 204);
    assert_eq!(night(&office).await.len(), 1);
    assert_eq!(office.get(&format!("/v1/jobs/{job}")).await.status(), 404);
    assert!(office.blob_files().len() < files, "the bytes are gone");

    let listed = seen(&office, "/v1/deletion-certificates").await;
    assert!(listed["items"][0].get("by").is_none(), "by the rules");
    let id = listed["items"][0]["id"].as_str().unwrap();
    let text = seen(&office, &format!("/v1/deletion-certificates/{id}")).await;
    assert!(!text.to_string().contains("scan.png"), "no name");
    let certificate: Certificate = serde_json::from_value(text).unwrap();
    assert_eq!(certificate.certificate.items[0].id.to_string(), document);
    verify_certificate(office.store.as_ref(), &key(&office), &certificate)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_deletion_by_hand_has_its_certificate_at_once() {
    let office = Office::open().await;
    let first = office.document(PNG).await;
    let second = office.document(b"\x89PNG\r\n\x1a\nanother").await;
    for document in [&first, &second] {
        let deleted = office.clerk(Method::DELETE, &format!("/v1/documents/{document}"));
        assert_eq!(deleted.send().await.unwrap().status(), 204);
    }
    let page = seen(&office, "/v1/deletion-certificates?limit=1").await;
    let clerk = office.actor(Role::Clerk).await.user.to_string();
    assert_eq!(
        (page["items"].as_array().unwrap().len(), &page["items"][0]["by"]),
        (1, &json!(clerk))
    );
    let next = page["next_cursor"].as_str().unwrap();
    let rest = seen(
        &office,
        &format!("/v1/deletion-certificates?limit=1&cursor={next}"),
    )
    .await;
    assert_ne!(rest["items"][0]["id"], page["items"][0]["id"]);
    assert!(rest.get("next_cursor").is_none());
}

#[tokio::test]
async fn the_page_sets_holds_and_shows_the_certificate() {
    let office = Office::open().await;
    account(&office, Role::DepartmentAdmin).await;
    let (_, job) = office.finished_job(1).await;
    let visitor = Visitor::enter_as(&office, "department_admin").await;
    let periods = |forms: &'static str| {
        [
            ("forms", forms),
            ("recordings", ""),
            ("questions", "３６５"),
            ("voice_prints", ""),
        ]
    };
    let wrong = visitor.post("/office/retention", &periods("五年")).await;
    assert_eq!(wrong.status(), 422);
    assert!(wrong.text().await.unwrap().contains("空欄"));
    let set = visitor.post("/office/retention", &periods("30")).await;
    assert_eq!(set.headers()["location"], "/office/retention?done=set");
    let page = visitor.get("/office/retention?done=set").await;
    let page = page.text().await.unwrap();
    assert!(
        page.contains("value=\"30\"") && page.contains("value=\"365\""),
        "{page}"
    );
    assert!(page.contains("消えるものはありません"), "{page}");

    // Whoever is away for a month signs in again.
    office.clock.advance(MONTH);
    let visitor = Visitor::enter_as(&office, "department_admin").await;
    let shown = visitor.get("/office/retention").await.text().await.unwrap();
    assert!(
        shown.contains("scan.png") && shown.contains("保存を延ばす"),
        "{shown}"
    );
    let held = [("job", job.as_str()), ("reason", "監査請求のため")];
    let answer = visitor.post("/office/retention/holds", &held).await;
    assert_eq!(answer.headers()["location"], "/office/retention?done=held");
    let shown = visitor.get("/office/retention").await.text().await.unwrap();
    assert!(shown.contains("保存延長の指定があります"), "{shown}");
    let answer = visitor
        .post("/office/retention/holds/release", &[("job", job.as_str())])
        .await;
    assert_eq!(answer.status(), 303);
    let certificates = night(&office).await;
    let id = certificates[0].certificate.id;
    let sheet = visitor.get(&format!("/office/certificates/{id}")).await;
    let sheet = sheet.text().await.unwrap();
    assert!(
        sheet.contains("削除証明書") && sheet.contains("保存期間の規則"),
        "{sheet}"
    );
    assert!(
        sheet.contains(&certificates[0].signature) && !sheet.contains("scan.png"),
        "{sheet}"
    );
}

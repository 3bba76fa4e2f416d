//! 管理's pages of models and of sources, as a browser without scripts uses them.

use reqwest::Method;
use shoki_core::access::Role;
use shoki_core::corpus::Visibility;
use shoki_core::digest::Sha256;
use shoki_core::manifest::{ModelHealth, ModelSource};

use crate::desk::visitor::{Visitor, account};
use crate::law_desk::{import, text};
use crate::office::{Office, model};

async fn seen(visitor: &Visitor, path: &str) -> String {
    let answer = visitor.get(path).await;
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

#[tokio::test]
async fn models_are_shown_with_their_hashes_and_checked_when_asked() {
    let office = Office::open().await;
    let mut optional = model(ModelHealth::NotInstalled);
    optional.name = "large-rec".to_owned();
    optional.source = ModelSource::Hub {
        repository: "owner/large-rec".to_owned(),
        revision: "abc".to_owned(),
    };
    office
        .models
        .send_replace(vec![model(ModelHealth::Ready), optional]);
    for role in Role::ALL {
        account(&office, role).await;
    }
    let system = Visitor::enter_as(&office, "system_admin").await;
    let page = seen(&system, "/office/models").await;
    let digest = Sha256::of(b"rec").to_string();
    for part in [
        "21.0 MB",
        "Apache-2.0",
        digest.as_str(),
        "DIR/large-rec",
        "owner/large-rec(版 abc)",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let asked = system.post("/office/models/check", &[]).await;
    assert_eq!(asked.headers()["location"], "/office/models?done=check");
    for role in ["clerk", "auditor"] {
        let other = Visitor::enter_as(&office, role).await;
        assert_eq!(other.get("/office/models").await.status(), 403, "{role}");
        assert_eq!(other.get("/office/sources").await.status(), 403, "{role}");
    }
    let listed: serde_json::Value = office.get("/v1/models").await.json().await.unwrap();
    assert_eq!(listed[1]["optional"], true);
    assert_eq!(listed[0]["files"][0]["sha256"], digest);
}

#[tokio::test]
async fn a_source_is_shown_with_its_owner_and_taken_back_by_it() {
    let office = Office::open().await;
    account(&office, Role::DepartmentAdmin).await;
    let own = import(
        &office,
        text("自課の通知", Visibility::Department, None, &["取扱い"]),
    )
    .await;
    let visitor = Visitor::enter_as(&office, "department_admin").await;
    let page = seen(&visitor, "/office/sources").await;
    for part in ["自課の通知", "市民税課", "この課だけが検索できます", "取り下げる"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let stranger = office
        .request(Method::GET, "/v1/sources")
        .bearer_auth(office.welfare.token(Role::Clerk));
    let listed: serde_json::Value = stranger.send().await.unwrap().json().await.unwrap();
    assert_eq!(listed["items"], serde_json::json!([]));
    let removed = visitor
        .post(&format!("/office/sources/{}/remove", own.source), &[])
        .await;
    assert_eq!(removed.headers()["location"], "/office/sources?done=removed");
    let page = seen(&visitor, "/office/sources?done=removed").await;
    assert!(
        page.contains("取り下げました") && !page.contains("自課の通知"),
        "{page}"
    );
}

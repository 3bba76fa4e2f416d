//! The forms desk's pages: 出力, 仕分け and 実績 as a browser without scripts uses them.

use shoki_core::access::Role;

use crate::desk::visitor::{Visitor, account};
use crate::office::Office;
use crate::office::form::NOTICE;

async fn text(visitor: &Visitor, path: &str) -> String {
    let answer = visitor.get(path).await;
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

#[tokio::test]
async fn the_output_page_shows_what_the_download_gives() {
    let office = Office::open().await;
    account(&office, Role::Clerk).await;
    let job = office.read_sheets(2).await;
    let visitor = Visitor::enter(&office).await;
    let path = format!("/jobs/{job}/outputs");
    let rpa = text(&visitor, &format!("{path}?form=transfer&profile=rpa&view=bytes")).await;
    let file = visitor.get(&format!("{path}/transfer/rpa/file")).await;
    assert!(
        file.headers()["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    let bytes = file.bytes().await.unwrap();
    let api = office
        .get(&format!("/v1/jobs/{job}/outputs/transfer/rpa"))
        .await
        .bytes()
        .await
        .unwrap();
    assert_eq!(bytes, api);
    for row in bytes.chunks(16) {
        let hex = row
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect::<Vec<_>>()
            .join(" ");
        assert!(rpa.contains(&hex), "{hex} in {rpa}");
    }
    assert!(rpa.contains("CR LF") && rpa.contains("UTF-8(BOM 付き)"), "{rpa}");
    let unknown = visitor.get(&format!("{path}?form=nothing&profile=rpa")).await;
    assert_eq!(unknown.status(), 404);
}

#[tokio::test]
async fn a_stopped_output_says_why_on_the_page_and_leads_to_the_field() {
    let office = Office::open().await;
    account(&office, Role::Clerk).await;
    let job = office.read_sheets(2).await;
    let visitor = Visitor::enter(&office).await;
    let click = visitor
        .get(&format!("/jobs/{job}/outputs/transfer/kikan/file"))
        .await;
    assert_eq!(click.status(), 303, "no JSON for a person");
    let place = click.headers()["location"].to_str().unwrap().to_owned();
    let html = text(&visitor, place.split('#').next().unwrap()).await;
    assert!(
        html.contains("id=\"stopped\"") && html.contains("U+20BB7"),
        "{html}"
    );
    assert!(
        html.contains(&format!("/jobs/{job}/check?page=2&#38;field=name"))
            || html.contains(&format!("/jobs/{job}/check?page=2&amp;field=name")),
        "{html}"
    );
    assert!(!html.contains("id=\"download\""));
    let whole = visitor.get(&format!("/jobs/{job}/searchable-pdf")).await;
    assert_eq!(whole.headers()["content-type"], "application/pdf");
}

#[tokio::test]
async fn pages_are_marked_and_sorted_by_a_form() {
    let office = Office::open().await;
    account(&office, Role::Clerk).await;
    let job = office.read_sheets(3).await;
    let visitor = Visitor::enter(&office).await;
    let path = format!("/jobs/{job}/tray");
    let html = text(&visitor, &path).await;
    assert_eq!(html.matches("name=\"page\"").count(), 3);
    assert!(html.contains("/pages/2/image?width=240"), "{html}");
    let nothing = visitor.post(&path, &[("act", "blank")]).await;
    assert_eq!(nothing.status(), 422);
    let no_form = visitor
        .post(&path, &[("page", "1"), ("act", "form"), ("form", "")])
        .await;
    assert_eq!(no_form.status(), 422);
    let both = [("page", "1"), ("page", "3"), ("act", "form"), ("form", NOTICE)];
    assert_eq!(visitor.post(&path, &both).await.status(), 303);
    let html = text(&visitor, &path).await;
    assert!(
        html.contains("読み直しています") && !html.contains("name=\"page\""),
        "{html}"
    );
    let foreign = Visitor::of_welfare(&office).await;
    assert_eq!(foreign.get(&path).await.status(), 404);
    assert_eq!(foreign.post(&path, &both).await.status(), 404);
}

#[tokio::test]
async fn only_an_administrator_switches_a_field() {
    let office = Office::open().await;
    for role in [Role::Clerk, Role::DepartmentAdmin] {
        account(&office, role).await;
    }
    let clerk = Visitor::enter(&office).await;
    let path = format!("/acceptance?form={NOTICE}&field=name");
    let html = text(&clerk, &path).await;
    assert!(
        html.contains("実績確認中") && !html.contains("id=\"switch\""),
        "{html}"
    );
    let off = [("form", NOTICE), ("field", "name"), ("on", "no")];
    assert_eq!(clerk.post("/acceptance", &off).await.status(), 403);
    let admin = Visitor::enter_as(&office, Role::DepartmentAdmin.as_str()).await;
    assert_eq!(admin.post("/acceptance", &off).await.status(), 303);
    let html = text(&admin, &path).await;
    assert!(
        html.contains("停止中") && html.contains("再開する") && html.contains("課の管理者が止めました"),
        "{html}"
    );
}

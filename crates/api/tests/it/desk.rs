//! The pages: sign-in, who sees what, how they are sent. What they do in a browser is tried in `tests/browser`.

mod shelf;
mod socket;
pub mod visitor;

use jiff::SignedDuration;
use reqwest::Method;
use shoki_core::access::Role;
use shoki_core::corpus::Visibility;
use uuid::Uuid;

use crate::law_desk::{import, text};
use crate::meeting;
use crate::office::Office;
use visitor::{NAME, PASSWORD, Visitor, account, with_form};

/// Most bytes of a page (issue 6).
const MAX_PAGE_BYTES: usize = 200_000;

#[tokio::test]
async fn a_password_signs_in_and_the_session_signs_requests() {
    let office = Office::open().await;
    account(&office, Role::Clerk).await;
    let refused = Visitor::try_in(&office, NAME, "ちがうパスワードです").await;
    assert_eq!(refused.status(), 422);
    assert!(refused.headers().get("set-cookie").is_none());
    let nobody = Visitor::try_in(&office, "だれでもない", PASSWORD).await;
    assert_eq!(nobody.status(), 422, "a name that is not there says the same");

    let visitor = Visitor::enter(&office).await;
    assert!(
        visitor
            .cookie_line
            .ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"),
        "{}",
        visitor.cookie_line
    );
    let home = visitor.get("/").await;
    assert_eq!(home.status(), 200);
    let html = home.text().await.unwrap();
    assert!(html.contains("市民税課") && html.contains("帳票を読み取る"));

    // The API takes the session where the page's token and our origin come with it, and only there.
    let path = format!("/v1/jobs/{}/cancel", Uuid::now_v7());
    let post = || visitor.request(Method::POST, &path);
    assert_eq!(visitor.get("/v1/jobs").await.status(), 200);
    assert_eq!(post().send().await.unwrap().status(), 403);
    let with_token = post().header("x-csrf-token", &visitor.token);
    assert_eq!(with_token.send().await.unwrap().status(), 403, "no origin");
    let foreign = post()
        .header("x-csrf-token", &visitor.token)
        .header("origin", "https://other.example");
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    let own = post()
        .header("x-csrf-token", &visitor.token)
        .header("origin", &office.base);
    assert_eq!(own.send().await.unwrap().status(), 404, "it is looked for");

    let left = visitor.post("/sign-out", &[]).await;
    assert_eq!(
        (
            left.status().as_u16(),
            left.headers()["location"].to_str().unwrap()
        ),
        (303, "/sign-in")
    );
    let after = visitor.get("/jobs?kind=forms").await;
    assert_eq!(after.status(), 303);
    assert_eq!(after.headers()["location"], "/sign-in?next=/jobs%3Fkind%3Dforms");
    assert_eq!(visitor.get("/v1/jobs").await.status(), 401);
}

#[tokio::test]
async fn guessing_is_stopped_and_says_nothing() {
    let office = Office::open().await;
    account(&office, Role::Clerk).await;
    let mut said = Vec::new();
    for _ in 0..5 {
        said.push(
            Visitor::try_in(&office, NAME, "ちがうパスワードです")
                .await
                .text()
                .await
                .unwrap(),
        );
    }
    let locked = Visitor::try_in(&office, NAME, PASSWORD).await;
    assert_eq!(locked.status(), 422, "the right one does not help now");
    said.push(locked.text().await.unwrap());
    assert!(
        said.windows(2).all(|pair| pair[0] == pair[1]),
        "locked or wrong: nobody can tell"
    );
    let kept = office.store.account(NAME).await.unwrap().unwrap();
    let until = kept.locked_until.unwrap();
    assert_eq!(until, office.store.now() + SignedDuration::from_mins(15));
}

#[tokio::test]
async fn signing_in_is_not_made_by_another_site() {
    let office = Office::open().await;
    account(&office, Role::Clerk).await;
    let form = [("name", NAME), ("password", PASSWORD), ("next", "//evil.example")];
    let foreign = office
        .request(Method::POST, "/sign-in")
        .header("origin", "https://evil.example");
    let foreign = with_form(foreign, &form);
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    let own = visitor::client()
        .post(format!("{}/sign-in", office.base))
        .header("origin", &office.base);
    let own = with_form(own, &form).send().await.unwrap();
    assert_eq!(
        (own.status().as_u16(), own.headers()["location"].to_str().unwrap()),
        (303, "/")
    );
}

/// What a page answers to 担当者, 課管理者, システム管理者, 監査者 of the own 課 — and whether it is about one thing.
type Row = (&'static str, [u16; 4], bool);

const CONTENTS: [u16; 4] = [200, 200, 403, 403];
const PAGES: &[Row] = &[
    ("/", [200; 4], false),
    ("/read", CONTENTS, false),
    ("/jobs", CONTENTS, false),
    ("/jobs?kind=forms&state=done", CONTENTS, false),
    ("/jobs/{sheets}", CONTENTS, true),
    ("/jobs/{sheets}/check", CONTENTS, true),
    ("/jobs/{sheets}/grid", CONTENTS, true),
    ("/jobs/{sheets}/outputs", CONTENTS, true),
    (
        "/jobs/{sheets}/outputs?form=transfer&profile=kikan",
        CONTENTS,
        true,
    ),
    (
        "/jobs/{sheets}/outputs?form=transfer&profile=rpa&view=bytes",
        CONTENTS,
        true,
    ),
    ("/jobs/{sheets}/tray", CONTENTS, true),
    ("/audits", CONTENTS, false),
    ("/acceptance", [200, 200, 200, 403], false),
    ("/acceptance?form=notice&field=name", [200, 200, 200, 403], false),
    ("/law", CONTENTS, false),
    ("/law?q=%E5%95%8F&as_of=2026-04-01", CONTENTS, false),
    ("/law/sources", CONTENTS, false),
    ("/law/sources/{source}?at=0", CONTENTS, true),
    ("/law/difference/{source}", CONTENTS, true),
    ("/law/faq", CONTENTS, false),
    ("/law/faq/{faq}", CONTENTS, true),
    ("/law/favourites", CONTENTS, false),
    ("/law/history", CONTENTS, false),
    ("/live", CONTENTS, false),
    ("/live/{live}", CONTENTS, true),
    ("/live/{live}/screen", CONTENTS, true),
    ("/meetings", CONTENTS, false),
    ("/meetings/{meeting}", CONTENTS, true),
];

#[tokio::test]
async fn every_page_for_every_role_and_no_other_section() {
    let office = Office::open().await;
    let sheets = office.read_sheets(2).await;
    let change = import(
        &office,
        text("内部秘の通知", Visibility::Department, None, &["内部秘の取扱い"]),
    )
    .await;
    let met = meeting::to_be_changed(&office, "/v1/jobs/{id}/transcript").await;
    let opened = office
        .clerk(Method::POST, "/v1/live")
        .json(&serde_json::json!({}));
    let opened: serde_json::Value = opened.send().await.unwrap().json().await.unwrap();
    let kept = serde_json::json!({"question": "内部秘の問い", "answer": "内部秘の答え"});
    let kept = office.clerk(Method::POST, "/v1/faq").json(&kept);
    let kept: serde_json::Value = kept.send().await.unwrap().json().await.unwrap();
    let mut visitors = Vec::new();
    for role in Role::ALL {
        account(&office, role).await;
        visitors.push(Visitor::enter_as(&office, role.as_str()).await);
    }
    let stranger = Visitor::of_welfare(&office).await;
    for (template, expected, is_of_one) in PAGES {
        let path = template
            .replace("{sheets}", &sheets)
            .replace("{source}", &change.source.to_string())
            .replace("{faq}", kept["id"].as_str().unwrap())
            .replace("{live}", opened["id"].as_str().unwrap())
            .replace("{meeting}", &met);
        for (visitor, expected) in visitors.iter().zip(expected) {
            let page = visitor.get(&path).await;
            assert_eq!(page.status().as_u16(), *expected, "{path}");
            let policy = page.headers()["content-security-policy"].to_str().unwrap();
            assert!(
                policy.contains("script-src 'self'") && !policy.contains("unsafe"),
                "{policy}"
            );
            assert_eq!(page.headers()["referrer-policy"], "same-origin");
            let html = page.text().await.unwrap();
            assert!(html.len() < MAX_PAGE_BYTES, "{path}: {} bytes", html.len());
            let inline = [" style=", "<script>", " onclick=", "javascript:"];
            assert!(
                inline.iter().all(|part| !html.contains(part)),
                "{path} has something inline"
            );
            assert_eq!(html.matches("rel=\"stylesheet\"").count(), 1, "{path}");
        }
        let foreign = stranger.get(&path).await;
        assert_eq!(foreign.status(), if *is_of_one { 404 } else { 200 }, "{path}");
        assert!(!foreign.text().await.unwrap().contains("内部秘"), "{path}");
    }
}

#[tokio::test]
async fn styles_and_scripts_are_kept_for_ever_under_their_version() {
    let office = Office::open().await;
    let html = office
        .request(Method::GET, "/sign-in")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let at = html.find("/assets/").unwrap();
    let css = html[at..].split('"').next().unwrap();
    let get = async |path: &str| office.request(Method::GET, path).send().await.unwrap();
    let style = get(css).await;
    assert_eq!(
        style.headers()["cache-control"],
        "public, max-age=31536000, immutable"
    );
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
    assert!(style.text().await.unwrap().contains("--blue-900: #0017c1"));
    let script = get(&css.replace("desk.css", "review/model.js")).await;
    assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
    let old = get("/assets/0000000000000000/desk.js").await;
    assert_eq!(
        (
            old.status().as_u16(),
            old.headers()["cache-control"].to_str().unwrap()
        ),
        (200, "no-store")
    );
    assert_eq!(get("/assets/0/../../etc/passwd").await.status(), 404);
    assert_eq!(get(&css.replace("desk.css", "none.js")).await.status(), 404);
}

#[tokio::test]
async fn what_is_nowhere_is_a_page_for_a_person_and_a_problem_for_a_program() {
    let office = Office::open().await;
    let nowhere = office
        .request(Method::GET, "/nowhere")
        .header("accept", "text/html,*/*");
    let page = nowhere.send().await.unwrap();
    assert_eq!(
        (
            page.status().as_u16(),
            page.headers()["content-type"].to_str().unwrap()
        ),
        (404, "text/html; charset=utf-8")
    );
    assert!(page.text().await.unwrap().contains("見つかりません。"));
    let problem = office.request(Method::GET, "/nowhere").send().await.unwrap();
    assert_eq!(problem.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn a_speaker_is_named_in_every_line() {
    let office = Office::open().await;
    account(&office, Role::Clerk).await;
    let met = meeting::to_be_changed(&office, "/v1/jobs/{id}/transcript").await;
    let visitor = Visitor::enter(&office).await;
    let named = visitor
        .post(
            &format!("/meetings/{met}/speakers/S1"),
            &[("name", "委員長 山田")],
        )
        .await;
    assert_eq!(named.status(), 303);
    let html = visitor
        .get(&format!("/meetings/{met}"))
        .await
        .text()
        .await
        .unwrap();
    assert!(html.contains("委員長 山田"));
    let nobody = visitor
        .post(&format!("/meetings/{met}/speakers/X"), &[("name", "x")])
        .await;
    assert_eq!(nobody.status(), 404);
}

#[tokio::test]
async fn an_item_of_the_minutes_is_drafted_and_taken_back() {
    let office = Office::open().await;
    account(&office, Role::Clerk).await;
    let met = meeting::to_be_changed(&office, "/v1/jobs/{id}/transcript").await;
    let visitor = Visitor::enter(&office).await;
    let page = async || {
        let page = visitor.get(&format!("/meetings/{met}")).await;
        page.text().await.unwrap()
    };
    let drafted = "機械が下書きした文があります";
    assert!(!page().await.contains(drafted));
    let path = format!("/meetings/{met}/draft");
    let none = visitor.post(&path, &[("item", "7")]).await;
    assert_eq!(none.status(), 409, "there is no such item");
    assert_eq!(visitor.post(&path, &[("item", "0")]).await.status(), 303);
    assert!(page().await.contains(drafted));
    let undone = visitor.post(&format!("/meetings/{met}/undraft"), &[]).await;
    assert_eq!(undone.status(), 303);
    assert!(!page().await.contains(drafted));
    let stranger = Visitor::of_welfare(&office).await;
    assert_eq!(stranger.post(&path, &[("item", "0")]).await.status(), 404);
}

#[tokio::test]
async fn a_failed_or_stopped_job_is_started_again() {
    let office = Office::open().await;
    account(&office, Role::Clerk).await;
    let document = office.document(crate::office::PNG).await;
    let job = office.job(&document).await;
    let visitor = Visitor::enter(&office).await;
    let stopped = visitor.post(&format!("/jobs/{job}/cancel"), &[]).await;
    assert_eq!(stopped.status(), 303);
    let html = visitor.get(&format!("/jobs/{job}")).await.text().await.unwrap();
    assert!(html.contains("中止") && html.contains("id=\"again\""));
    let again = visitor.post(&format!("/jobs/{job}/again"), &[]).await;
    assert_eq!(again.status(), 303);
    let path = again.headers()["location"].to_str().unwrap().to_owned();
    assert_ne!(path, format!("/jobs/{job}"));
    let html = visitor.get(&path).await.text().await.unwrap();
    assert!(html.contains("順番待ち"), "{html}");
}

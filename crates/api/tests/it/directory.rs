//! Sign-in where a directory knows people: who is asked, what is said, what the pages show of it. The directories
//! themselves are tried in `tests/it/directory.rs` and `tests/browser/oidc.mjs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Method;
use shoki_api::{Begun, Directory, DirectoryFailure, DirectorySender, DirectoryWork, Secret};
use shoki_core::access::Role;
use shoki_store::account_store::{AccountSource, DirectoryPerson};

use crate::desk::visitor::{NAME, PASSWORD, Visitor, account, client};
use crate::office::Office;

/// A directory that knows everybody of these names with [`PASSWORD`], each in this 課, and counts who is asked.
fn directory(known: &'static [(&'static str, &'static str)]) -> (DirectorySender, Arc<AtomicUsize>) {
    let (sender, mut commands) = DirectorySender::channel(4);
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Some(command) = commands.recv().await {
            counted.fetch_add(1, Ordering::Relaxed);
            match command.work {
                DirectoryWork::Password {
                    name,
                    password,
                    reply,
                } => {
                    let found = known.iter().find(|(known, _)| *known == name);
                    let said = match found {
                        Some((name, department)) if password.reveal() == PASSWORD => {
                            Ok(person(name, department))
                        }
                        _ if name == "down" => Err(DirectoryFailure::NoAnswer),
                        _ => Err(DirectoryFailure::Wrong),
                    };
                    drop(reply.send(said));
                }
                DirectoryWork::Begin { reply } => drop(reply.send(Ok(Begun {
                    location: "https://sso.example/auth?state=s".to_owned(),
                    state: "s".to_owned(),
                    nonce: Secret::new("n".to_owned()),
                    verifier: Secret::new("v".to_owned()),
                }))),
                DirectoryWork::Finish { returned, reply } => {
                    let is_right = returned.code.reveal() == "right"
                        && returned.nonce.reveal() == "n"
                        && returned.verifier.reveal() == "v";
                    let said = if is_right {
                        Ok(person("ito", "市民税課"))
                    } else {
                        Err(DirectoryFailure::Untrusted)
                    };
                    drop(reply.send(said));
                }
                DirectoryWork::Leave { reply } => {
                    drop(reply.send(Ok(Some("https://sso.example/end?a=1&b=2".to_owned()))));
                }
            }
        }
    });
    (sender, asked)
}

fn person(name: &str, department: &str) -> DirectoryPerson {
    let departments = [department].into_iter().filter(|name| !name.is_empty());
    DirectoryPerson {
        name: name.to_owned(),
        display_name: format!("{name} さん"),
        departments: departments.map(|name| (name.to_owned(), Role::Clerk)).collect(),
    }
}

#[tokio::test]
async fn a_local_account_is_asked_first_and_alone() {
    let (sender, asked) = directory(&[(NAME, "市民税課"), ("ito", "市民税課")]);
    let office = Office::with_directory(Directory::Ldap(sender)).await;
    account(&office, Role::Clerk).await;
    Visitor::enter(&office).await;
    assert_eq!(
        Visitor::try_in(&office, NAME, "ちがうパスワード").await.status(),
        422
    );
    assert_eq!(asked.load(Ordering::Relaxed), 0, "its password is sent nowhere");
    assert_eq!(
        office
            .store
            .account_from(AccountSource::Ldap, NAME)
            .await
            .unwrap(),
        None
    );
    assert_eq!(Visitor::try_in(&office, "ito", "").await.status(), 422);
    assert_eq!(
        asked.load(Ordering::Relaxed),
        0,
        "an empty password is sent nowhere"
    );
    let visitor = Visitor::enter_as(&office, "ito").await;
    let home = visitor.get("/").await.text().await.unwrap();
    assert!(home.contains("ito さん"), "{home}");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn who_may_not_come_in_is_told_why() {
    let (sender, asked) = directory(&[("nowhere", ""), ("elsewhere", "ない課"), ("ito", "市民税課")]);
    let office = Office::with_directory(Directory::Ldap(sender)).await;
    for (name, status, sentence) in [
        ("nowhere", 403, "グループに入っていません"),
        ("elsewhere", 403, "課「ない課」がこのシステムにありません"),
        ("down", 503, "認証サーバーが応答しません"),
        ("nobody", 422, "職員名かパスワードが違います"),
    ] {
        let answer = Visitor::try_in(&office, name, PASSWORD).await;
        assert_eq!(answer.status(), status, "{name}");
        let page = answer.text().await.unwrap();
        assert!(page.contains(sentence) && page.contains(name), "{name}: {page}");
    }
    let before = asked.load(Ordering::Relaxed);
    for _ in 0..6 {
        assert_eq!(Visitor::try_in(&office, "ito", "ちがう").await.status(), 422);
    }
    assert_eq!(
        asked.load(Ordering::Relaxed),
        before + 5,
        "then the directory is left alone"
    );
    assert_eq!(Visitor::try_in(&office, "ito", PASSWORD).await.status(), 422);
}

#[tokio::test]
async fn the_directorys_people_have_no_password_here() {
    let (sender, _) = directory(&[("ito", "市民税課")]);
    let office = Office::with_directory(Directory::Ldap(sender)).await;
    Visitor::enter_as(&office, "ito").await;
    account(&office, Role::SystemAdmin).await;
    let admin = Visitor::enter_as(&office, Role::SystemAdmin.as_str()).await;
    let page = admin.get("/office/people").await.text().await.unwrap();
    assert!(page.contains("庁内の認証(LDAP)"), "{page}");
    assert!(!page.contains("name=\"sign_in\" value=\"ito\""), "{page}");
    let put = |path: &str, body: serde_json::Value| {
        admin
            .request(Method::PUT, path)
            .header("x-csrf-token", &admin.token)
            .header("origin", &office.base)
            .json(&body)
    };
    let body = serde_json::json!({"sign_in": "ito", "password": "十文字以上の合い言葉"});
    let changed = put("/v1/accounts/password", body).send().await.unwrap();
    assert_eq!(changed.status(), 404);
    let listed = admin.get("/v1/people").await.text().await.unwrap();
    assert!(listed.contains("\"source\":\"ldap\""), "{listed}");
}

#[tokio::test]
async fn a_browser_comes_back_from_the_provider_once() {
    let (sender, _) = directory(&[]);
    let office = Office::with_directory(Directory::Oidc(sender)).await;
    let http = client();
    let get = |path: String, cookie: String| {
        http.get(format!("{}{path}", office.base))
            .header("cookie", cookie)
    };
    let begun = get("/sign-in/oidc?next=/jobs".to_owned(), String::new())
        .send()
        .await
        .unwrap();
    assert_eq!(begun.status(), 303);
    assert_eq!(begun.headers()["location"], "https://sso.example/auth?state=s");
    let line = begun.headers()["set-cookie"].to_str().unwrap();
    assert!(
        line.starts_with("__Host-shoki-begun=") && line.contains("; SameSite=Lax; Max-Age=600"),
        "{line}"
    );
    let cookie = line.split(';').next().unwrap().to_owned();
    let back = "/sign-in/oidc/return?state=s&code=right&session_state=x".to_owned();
    for (path, cookie) in [
        (back.clone(), String::new()),
        (back.clone(), format!("__Host-shoki-begun={}", "0".repeat(64))),
        (
            "/sign-in/oidc/return?state=t&code=right".to_owned(),
            cookie.clone(),
        ),
        ("/sign-in/oidc/return?code=right".to_owned(), cookie.clone()),
        ("/sign-in/oidc/return".to_owned(), cookie.clone()),
    ] {
        let refused = get(path.clone(), cookie).send().await.unwrap();
        assert_eq!(refused.status(), 403, "{path}");
        assert!(
            refused
                .text()
                .await
                .unwrap()
                .contains("もう一度サインインしてください")
        );
    }
    let home = get(back.clone(), cookie.clone()).send().await.unwrap();
    assert_eq!(
        (
            home.status().as_u16(),
            home.headers()["location"].to_str().unwrap()
        ),
        (303, "/jobs")
    );
    let cookies: Vec<_> = home
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|line| line.to_str().unwrap())
        .collect();
    assert!(cookies[0].starts_with("__Host-shoki="), "{cookies:?}");
    assert!(cookies[1].contains("Max-Age=0"), "{cookies:?}");
    assert_eq!(get(back, cookie).send().await.unwrap().status(), 403, "once");

    let left = get("/sign-in/oidc/leave".to_owned(), String::new())
        .send()
        .await
        .unwrap();
    assert_eq!(
        left.headers()["refresh"],
        "0; url=https://sso.example/end?a=1&b=2"
    );
}

#[tokio::test]
async fn without_a_provider_nobody_is_sent_to_one() {
    let office = Office::open().await;
    for path in [
        "/sign-in/oidc",
        "/sign-in/oidc/return?code=x&state=y",
        "/sign-in/oidc/leave",
    ] {
        assert_eq!(
            office.request(Method::GET, path).send().await.unwrap().status(),
            404,
            "{path}"
        );
    }
    let page = office
        .request(Method::GET, "/sign-in")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(!page.contains("/sign-in/oidc"), "{page}");
}

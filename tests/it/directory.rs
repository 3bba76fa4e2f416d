//! Signing in with the office's LDAP server: the client alone, and the whole service before it.

use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use shoki_api::Secret;
use shoki_app::config::{GroupRule, LdapConfig, Place};
use shoki_app::sign_in::{LdapDirectory, SignInError};
use shoki_core::access::Role;
use shoki_store::account_store::DirectoryPerson;

use crate::service::{Office, free_address};
use crate::slapd::{PASSWORD, SERVICE, Slapd};

/// Of the local account that works when the directory does not.
const LOCAL_PASSWORD: &str = "非常用の合い言葉 2026";

fn rule(group: &str, department: &str, role: Role) -> GroupRule {
    GroupRule {
        group: format!("cn={group}, OU=groups, dc=asahino, dc=example"),
        department: department.to_owned(),
        role,
    }
}

fn config(server: &Slapd) -> LdapConfig {
    LdapConfig {
        url: server.plain_url(),
        start_tls: false,
        allow_plain: false,
        ca_file: Place::Off,
        bind_dn: SERVICE.to_owned(),
        bind_password_file: Place::At(server.path("service-password")),
        base_dn: "ou=people,dc=asahino,dc=example".to_owned(),
        filter: "(uid={name})".to_owned(),
        name_attribute: "uid".to_owned(),
        display_name_attribute: "displayName".to_owned(),
        group_base_dn: "ou=groups,dc=asahino,dc=example".to_owned(),
        group_filter: "(member={dn})".to_owned(),
        timeout_seconds: 5,
        group: vec![
            rule("市民税係長", "市民税課", Role::DepartmentAdmin),
            rule("市民税", "市民税課", Role::Clerk),
            rule("福祉", "福祉課", Role::Clerk),
        ],
    }
}

async fn asked(config: &LdapConfig, name: &str, password: &str) -> Result<DirectoryPerson, SignInError> {
    let directory = LdapDirectory::of(config).expect("a right configuration");
    directory.check(name, &Secret::new(password.to_owned())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ldap_server_says_who_somebody_is() {
    let server = Slapd::start(&[
        ("市民税", &["ito"]),
        ("市民税係長", &["ito"]),
        ("福祉", &["ito", "admin"]),
        ("ほかの課", &["suzuki"]),
    ]);
    let config = config(&server);
    let ito = asked(&config, "ITO", PASSWORD).await.expect("a person");
    assert_eq!((ito.name.as_str(), ito.display_name.as_str()), ("ito", "伊藤 春"));
    assert_eq!(
        ito.departments,
        [
            ("市民税課".to_owned(), Role::DepartmentAdmin),
            ("福祉課".to_owned(), Role::Clerk)
        ]
    );
    let suzuki = asked(&config, "suzuki", PASSWORD).await.expect("a person");
    assert!(
        suzuki.departments.is_empty(),
        "in no group of the table: {suzuki:?}"
    );
    for (name, password) in [
        ("ito", "ちがうパスワード"),
        ("ito", ""),
        ("nobody", PASSWORD),
        ("*", PASSWORD),
        ("*)(uid=*", PASSWORD),
        ("ito)(|(uid=*)", PASSWORD),
        ("ito\\2a", PASSWORD),
    ] {
        let refused = asked(&config, name, password).await;
        assert!(matches!(refused, Err(SignInError::Wrong)), "{name}: {refused:?}");
    }
    let mut of_all = config.clone();
    of_all.filter = "(|(uid={name})(objectClass=inetOrgPerson))".to_owned();
    let several = asked(&of_all, "ito", PASSWORD).await;
    assert!(
        matches!(several, Err(SignInError::Wrong)),
        "one of several is nobody: {several:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_only_the_named_authority_is_taken() {
    let server = Slapd::start(&[("福祉", &["ito"])]);
    let mut secure = config(&server);
    secure.url = server.secure_url();
    let mut started = config(&server);
    started.url = server.named_url();
    started.start_tls = true;
    for (how, mut config) in [("ldaps", secure), ("StartTLS", started)] {
        config.ca_file = Place::At(server.path("ca.pem"));
        let person = asked(&config, "ito", PASSWORD).await;
        assert!(person.is_ok(), "{how}: {person:?}");
        config.ca_file = Place::At(server.path("other-ca.pem"));
        let refused = asked(&config, "ito", PASSWORD).await;
        assert!(matches!(refused, Err(SignInError::Ldap(_))), "{how}: {refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_wrong_down_or_silent_is_said_in_time() {
    let mut server = Slapd::start(&[("福祉", &["ito"])]);
    let mut config = config(&server);
    std::fs::write(server.path("service-password"), "another\n").expect("written");
    let refused = asked(&config, "ito", PASSWORD).await;
    assert!(
        matches!(refused, Err(SignInError::LdapRefused { code: 49, .. })),
        "{refused:?}"
    );
    server.stop();
    let down = asked(&config, "ito", PASSWORD).await;
    assert!(matches!(down, Err(SignInError::Ldap(_))), "{down:?}");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
    config.url = format!("ldap://{}", silent.local_addr().expect("bound"));
    config.timeout_seconds = 1;
    let begun = Instant::now();
    let late = asked(&config, "ito", PASSWORD).await;
    assert!(matches!(late, Err(SignInError::TimedOut)), "{late:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

/// An office that asks the server, with 福祉課 and a local account `admin` of 佐藤.
fn office(server: &Slapd) -> Office {
    let group = |dn: &str, department: &str| {
        format!(
            r#"{{dn = "cn={dn},ou=groups,dc=asahino,dc=example", department = "{department}", role = "clerk"}}"#
        )
    };
    let groups = format!("[{}, {}]", group("市民税", "市民税課"), group("福祉", "福祉課"));
    let secret = server.path("service-password").display().to_string();
    let office = Office::open_with(&[
        ("SIGN_IN__DIRECTORY", "ldap"),
        ("SIGN_IN__LDAP__URL", &server.plain_url()),
        ("SIGN_IN__LDAP__BIND_DN", SERVICE),
        ("SIGN_IN__LDAP__BIND_PASSWORD_FILE", &secret),
        ("SIGN_IN__LDAP__BASE_DN", "ou=people,dc=asahino,dc=example"),
        ("SIGN_IN__LDAP__GROUP_BASE_DN", "ou=groups,dc=asahino,dc=example"),
        ("SIGN_IN__LDAP__TIMEOUT_SECONDS", "2"),
        ("SIGN_IN__LDAP__GROUP", &groups),
    ]);
    let made = office.run(&["admin", "department", "add", "福祉課"]);
    assert!(made.status.success(), "{made:?}");
    let account = [
        "admin",
        "account",
        "add",
        "--department",
        "市民税課",
        "--user",
        "佐藤",
        "admin",
    ];
    let mut adding = office
        .shoki(&account)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let mut input = adding.stdin.take().expect("piped");
    writeln!(input, "{LOCAL_PASSWORD}").expect("written");
    drop(input);
    assert!(adding.wait().expect("it ends").success());
    office
}

/// A browser that follows nothing.
struct Browser {
    http: Client,
    base: String,
}

impl Browser {
    fn of(office: &Office) -> Self {
        let http = Client::builder().no_proxy().redirect(Policy::none());
        Self {
            http: http.build().expect("a client"),
            base: format!("http://{}", office.address),
        }
    }

    async fn sign_in(&self, name: &str, password: &str) -> Response {
        let escaped = |text: &str| {
            text.bytes()
                .map(|byte| format!("%{byte:02X}"))
                .collect::<String>()
        };
        let body = format!("name={}&password={}", escaped(name), escaped(password));
        let request = self.http.post(format!("{}/sign-in", self.base)).body(body);
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", &self.base)
            .send()
            .await
            .expect("an answer")
    }

    /// The cookie of whoever is let in.
    async fn cookie(&self, name: &str, password: &str) -> String {
        let answer = self.sign_in(name, password).await;
        assert_eq!(answer.status(), 303, "{name}");
        let line = answer.headers()["set-cookie"].to_str().expect("ASCII");
        line.split(';').next().unwrap_or_default().to_owned()
    }

    /// Status and page of whoever is not.
    async fn refused(&self, name: &str, password: &str) -> (u16, String) {
        let answer = self.sign_in(name, password).await;
        assert!(!answer.headers().contains_key("set-cookie"), "{name} is let in");
        (answer.status().as_u16(), answer.text().await.expect("a page"))
    }

    async fn home(&self, cookie: &str) -> (u16, String) {
        let request = self.http.get(format!("{}/", self.base)).header("cookie", cookie);
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a page"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_the_directory_sign_in_where_their_groups_say() {
    let mut directory = Slapd::start(&[("市民税", &["ito"]), ("福祉", &["ito", "admin"])]);
    let office = office(&directory);
    let mut server = office.start();
    server.ready().await;
    let browser = Browser::of(&office);

    let cookie = browser.cookie("ito", PASSWORD).await;
    let (status, home) = browser.home(&cookie).await;
    assert_eq!(status, 200);
    for shown in ["伊藤 春", "市民税課", "福祉課"] {
        assert!(home.contains(shown), "{shown}: {home}");
    }
    let (status, page) = browser.refused("suzuki", PASSWORD).await;
    assert_eq!(status, 403);
    assert!(
        page.contains("グループに入っていません") && page.contains("suzuki"),
        "{page}"
    );
    for (name, password) in [
        ("ito", "ちがう"),
        ("ito", ""),
        ("*)(uid=*", PASSWORD),
        ("nobody", PASSWORD),
    ] {
        let (status, page) = browser.refused(name, password).await;
        assert_eq!(status, 422, "{name}");
        assert!(page.contains("職員名かパスワードが違います"), "{page}");
    }

    // The local admin is asked alone: the directory's person of that name is another, and does not come in here.
    assert_eq!(browser.refused("admin", PASSWORD).await.0, 422);
    browser.cookie("admin", LOCAL_PASSWORD).await;

    directory.go_on(&[("市民税", &["ito"]), ("福祉", &["admin"])]);
    let again = browser.cookie("ito", PASSWORD).await;
    let (_, home) = browser.home(&again).await;
    assert!(home.contains("市民税課") && !home.contains("福祉課"), "{home}");
    directory.go_on(&[("福祉", &["admin"])]);
    assert_eq!(browser.refused("ito", PASSWORD).await.0, 403);
    for old in [&cookie, &again] {
        assert_eq!(
            browser.home(old).await.0,
            303,
            "what was open ends with the last group"
        );
    }

    directory.stop();
    let (status, page) = browser.refused("ito", PASSWORD).await;
    assert_eq!(status, 503);
    assert!(
        page.contains("認証サーバーが応答しません") && page.contains("ito"),
        "{page}"
    );
    browser.cookie("admin", LOCAL_PASSWORD).await;

    let listed = office.run(&["admin", "account", "list"]);
    let listed = String::from_utf8(listed.stdout).expect("UTF-8");
    assert!(listed.contains("ldap") && listed.contains("local"), "{listed}");
    let log = server.log();
    for secret in [PASSWORD, LOCAL_PASSWORD, crate::slapd::SERVICE_PASSWORD] {
        assert!(!log.contains(secret), "a password in the log");
        assert_eq!(office.hits(secret.as_bytes()), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_at_the_directory_is_stopped_here() {
    let directory = Slapd::start(&[("市民税", &["ito"])]);
    let office = office(&directory);
    let mut server = office.start();
    server.ready().await;
    let browser = Browser::of(&office);
    for name in ["ito", "Ito", "ito", "ITO", "ito"] {
        assert_eq!(browser.refused(name, "ちがうパスワード").await.0, 422);
    }
    let (status, page) = browser.refused("ito", PASSWORD).await;
    assert_eq!(status, 422, "the right one does not help now");
    assert!(page.contains("職員名かパスワードが違います"));
    let disabled = office.run(&["admin", "account", "disable", "--source", "ldap", "ito"]);
    assert!(!disabled.status.success(), "nobody came in, nobody is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_out_of_use_here_stays_out() {
    let directory = Slapd::start(&[("市民税", &["ito"])]);
    let office = office(&directory);
    let mut server = office.start();
    server.ready().await;
    let browser = Browser::of(&office);
    let cookie = browser.cookie("ito", PASSWORD).await;
    let disabled = office.run(&["admin", "account", "disable", "--source", "ldap", "ito"]);
    assert!(disabled.status.success(), "{disabled:?}");
    assert_eq!(browser.home(&cookie).await.0, 303, "its sessions end");
    let (status, page) = browser.refused("ito", PASSWORD).await;
    assert_eq!(status, 403);
    assert!(page.contains("使えないようにしてあります"), "{page}");
    let enabled = office.run(&["admin", "account", "enable", "--source", "ldap", "ito"]);
    assert!(enabled.status.success(), "{enabled:?}");
    browser.cookie("ito", PASSWORD).await;
}

#[test]
fn mistakes_of_the_directory_are_said_before_anybody_signs_in() {
    let mut office = Office::open();
    office.set("SIGN_IN__DIRECTORY", "ldap");
    let checked = office.run(&["check-config"]);
    let said = String::from_utf8(checked.stderr).expect("UTF-8");
    assert!(!checked.status.success());
    for key in [
        "sign_in.ldap.base_dn",
        "sign_in.ldap.group_base_dn",
        "sign_in.ldap.group",
    ] {
        assert!(said.contains(key), "{key}: {said}");
    }
    let url = format!("ldap://{}", free_address()).replace("127.0.0.1", "ldap.example.lg.jp");
    for (key, value) in [
        ("URL", url.as_str()),
        ("BASE_DN", "ou=people,dc=example"),
        ("GROUP_BASE_DN", "ou=groups,dc=example"),
        (
            "GROUP",
            r#"[{dn = "cn=a,dc=example", department = "市民税課", role = "clerk"}]"#,
        ),
    ] {
        office.set(&format!("SIGN_IN__LDAP__{key}"), value);
    }
    let checked = office.run(&["check-config"]);
    let said = String::from_utf8(checked.stderr).expect("UTF-8");
    assert!(
        said.contains("sign_in.ldap.url") && said.contains("平文"),
        "{said}"
    );
    office.set("SIGN_IN__LDAP__ALLOW_PLAIN", "true");
    let checked = office.run(&["check-config"]);
    let shown = String::from_utf8(checked.stdout).expect("UTF-8");
    assert!(
        checked.status.success() && shown.contains("cn=a,dc=example"),
        "{shown}"
    );
}

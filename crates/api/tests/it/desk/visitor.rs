//! A browser by hand: a cookie, the token of a page, no redirects followed.

use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use shoki_api::accounts::hash_password;
use shoki_core::access::Role;
use shoki_core::id::UserId;

use crate::office::Office;

/// Sign-in name of the clerk.
pub const NAME: &str = "clerk";
/// Everybody's password.
pub const PASSWORD: &str = "春の桜と秋の紅葉 2026";

/// A client that shows where it is sent.
pub fn client() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

/// Gives a person of the tax section an account, named as the role.
pub async fn account(office: &Office, role: Role) {
    let user = office.actor(role).await.user;
    give(office, role.as_str(), user).await;
}

async fn give(office: &Office, name: &str, user: UserId) {
    let hash = hash_password(PASSWORD).unwrap();
    office.store.create_account(name, &hash, user).await.unwrap();
}

/// Somebody who is signed in.
pub struct Visitor {
    client: Client,
    base: String,
    /// What is sent back of it.
    pub cookie: String,
    /// The whole `Set-Cookie`.
    pub cookie_line: String,
    /// The token of the pages.
    pub token: String,
}

impl Visitor {
    /// Sends the form.
    pub async fn try_in(office: &Office, name: &str, password: &str) -> Response {
        let form = [("name", name), ("password", password)];
        let request = client().post(format!("{}/sign-in", office.base));
        let request = with_form(request, &form).header("origin", &office.base);
        request.send().await.unwrap()
    }

    /// Signs the clerk in.
    pub async fn enter(office: &Office) -> Self {
        Self::enter_as(office, NAME).await
    }

    /// Signs somebody in.
    pub async fn enter_as(office: &Office, name: &str) -> Self {
        let answer = Self::try_in(office, name, PASSWORD).await;
        assert_eq!(answer.status(), 303, "{name}");
        let cookie_line = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        let cookie = cookie_line.split(';').next().unwrap().to_owned();
        let mut visitor = Self {
            client: client(),
            base: office.base.clone(),
            cookie,
            cookie_line,
            token: String::new(),
        };
        let html = visitor.get("/").await.text().await.unwrap();
        let (_, after) = html.split_once("<meta name=\"csrf\" content=\"").unwrap();
        visitor.token = after.split('"').next().unwrap().to_owned();
        visitor
    }

    /// A clerk of the other section.
    pub async fn of_welfare(office: &Office) -> Self {
        let token = office.welfare.token(Role::Clerk);
        let hash = shoki_core::digest::Sha256::of(token.as_bytes());
        let actor = office.store.authenticate(&hash).await.unwrap().unwrap();
        give(office, "stranger", actor.user).await;
        Self::enter_as(office, "stranger").await
    }

    /// A request with the cookie and nothing else.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        request.header("cookie", &self.cookie)
    }

    /// A look.
    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// A form of a page.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let request = self.request(Method::POST, &format!("{path}?csrf={}", self.token));
        let request = with_form(request, form).header("origin", &self.base);
        request.send().await.unwrap()
    }
}

/// The request with a form's fields, every byte escaped.
pub fn with_form(request: RequestBuilder, form: &[(&str, &str)]) -> RequestBuilder {
    let escaped = |text: &str| {
        text.bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect::<String>()
    };
    let pairs = form
        .iter()
        .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
    let body = pairs.collect::<Vec<_>>().join("&");
    request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
}

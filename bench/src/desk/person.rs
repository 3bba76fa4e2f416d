//! Somebody signed in as a browser is: a cookie, connections of their own, no redirect followed unseen.
//!
//! Promise: a look counts as answered only when its whole body came with 200. Never: a token of the API.

use anyhow::Context as _;
use reqwest::header::{CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE};
use reqwest::{Response, StatusCode, Url};

/// Header of requests that a page makes by itself.
const BACKGROUND: &str = "x-shoki-background";

/// A person with an open session.
#[derive(Clone, Debug)]
pub struct Person {
    http: reqwest::Client,
    base: String,
    cookie: String,
}

impl Person {
    /// Signs in by the form. Name and password hold nothing that a form escapes.
    ///
    /// # Errors
    /// When the service refuses or gives no cookie.
    pub async fn sign_in(base: &str, name: &str, password: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let entered = http
            .post(format!("{base}/sign-in"))
            .header(ORIGIN, base)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(format!("name={name}&password={password}"))
            .send()
            .await?;
        let status = entered.status();
        anyhow::ensure!(
            status == StatusCode::SEE_OTHER,
            "{name} cannot sign in: the service answered {status}"
        );
        let cookie = cookie_of(&entered).context("signed in without a cookie")?;
        Ok(Self {
            http,
            base: base.to_owned(),
            cookie,
        })
    }

    /// Looks at a path: whether it came whole.
    pub async fn look(&self, path: &str, is_background: bool) -> bool {
        let mut request = self
            .http
            .get(format!("{}{path}", self.base))
            .header(COOKIE, &self.cookie);
        if is_background {
            request = request.header(BACKGROUND, "1");
        }
        whole(request.send().await).await
    }

    /// Asks the law desk on its page: whether the answer came whole.
    pub async fn ask(&self, question: &str) -> bool {
        let Ok(url) = Url::parse_with_params(&format!("{}/law", self.base), &[("q", question)]) else {
            return false;
        };
        whole(self.http.get(url).header(COOKIE, &self.cookie).send().await).await
    }

    /// Opens the events of a job after the one with this number.
    ///
    /// # Errors
    /// When the service refuses.
    pub async fn events(&self, job: &str, after: u64) -> anyhow::Result<Response> {
        let answer = self
            .http
            .get(format!("{}/v1/jobs/{job}/events", self.base))
            .header(COOKIE, &self.cookie)
            .header("last-event-id", after.to_string())
            .send()
            .await?;
        Ok(answer.error_for_status()?)
    }
}

/// The pair of name and value that goes back.
fn cookie_of(answer: &Response) -> Option<String> {
    let line = answer.headers().get(SET_COOKIE)?.to_str().ok()?;
    line.split(';').next().map(str::to_owned)
}

async fn whole(answer: Result<Response, reqwest::Error>) -> bool {
    match answer {
        Ok(answer) if answer.status() == StatusCode::OK => answer.bytes().await.is_ok(),
        _ => false,
    }
}

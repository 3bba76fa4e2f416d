//! A microphone in a browser: its socket is let in by the cookie, and only as long as that stands.

use std::time::Duration;

use futures::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use shoki_api::{ApiSettings, ServeSettings};
use shoki_core::access::Role;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::visitor::{Visitor, account};
use crate::office::Office;

#[tokio::test]
async fn a_browsers_microphone_is_heard_until_its_person_has_left() {
    let settings = ApiSettings {
        event_stream_seconds: 1,
        ..ApiSettings::default()
    };
    let office = Office::with(settings, ServeSettings::default(), 0).await;
    account(&office, Role::Clerk).await;
    let visitor = Visitor::enter(&office).await;
    let opened = office.clerk(Method::POST, "/v1/live").json(&json!({}));
    let opened: Value = opened.send().await.unwrap().json().await.unwrap();
    let place = format!("{}/v1/live/{}/audio", office.base, opened["id"].as_str().unwrap());
    let request = |origin: &str| {
        let place = place.replacen("http", "ws", 1);
        let mut request = place.into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.insert("cookie", visitor.cookie.parse().unwrap());
        headers.insert("origin", origin.parse().unwrap());
        request
    };
    assert!(connect_async(request("https://evil.example")).await.is_err());
    let (mut socket, _) = connect_async(request(&office.base)).await.unwrap();
    let mut hear = async |within: Duration| {
        let message = tokio::time::timeout(within, socket.next()).await.ok()?;
        let text = message?.unwrap().into_text().unwrap();
        Some(serde_json::from_str::<Value>(text.as_str()).unwrap())
    };
    let patience = Duration::from_secs(30);
    assert_eq!(hear(patience).await.unwrap()["type"], "ready");
    // Two looks at who sends.
    assert_eq!(hear(Duration::from_millis(2_500)).await, None);
    let left = visitor.post("/sign-out", &[]).await;
    assert_eq!(left.status(), 303);
    let told = hear(patience).await.unwrap();
    assert_eq!(
        (&told["type"], &told["code"]),
        (&json!("error"), &json!("unauthenticated"))
    );
}

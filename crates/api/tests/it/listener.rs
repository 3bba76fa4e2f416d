//! The listener against clients that dawdle, and its end.

use std::time::{Duration, Instant};

use shoki_api::ServeSettings;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::office::Office;

async fn connect(office: &Office) -> TcpStream {
    TcpStream::connect(office.base.trim_start_matches("http://"))
        .await
        .unwrap()
}

/// Everything the server says until it closes.
async fn until_closed(socket: &mut TcpStream) -> String {
    let mut said = Vec::new();
    let reading = socket.read_to_end(&mut said);
    // A reset is a close too.
    let _reset = tokio::time::timeout(Duration::from_secs(30), reading)
        .await
        .expect("the server closes");
    String::from_utf8(said).unwrap()
}

#[tokio::test]
async fn heads_that_do_not_arrive_end_their_connections_while_others_are_served() {
    let serve = ServeSettings {
        header_seconds: 1,
        ..ServeSettings::default()
    };
    let office = Office::with(Default::default(), serve, 0).await;
    let mut slow = Vec::new();
    for _ in 0..50 {
        let mut socket = connect(&office).await;
        socket
            .write_all(b"GET /livez HTTP/1.1\r\nhost: shoki\r\nx-a: ")
            .await
            .unwrap();
        slow.push(socket);
    }
    let started = Instant::now();
    let health = office.request(reqwest::Method::GET, "/livez").send().await;
    assert_eq!(health.unwrap().status(), 200);
    assert!(started.elapsed() < Duration::from_secs(1));
    for mut socket in slow {
        let said = until_closed(&mut socket).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    }
}

#[tokio::test]
async fn a_connection_beyond_the_cap_waits_for_a_place() {
    let serve = ServeSettings {
        max_connections: 1,
        header_seconds: 1,
        ..ServeSettings::default()
    };
    let office = Office::with(Default::default(), serve, 0).await;
    let mut first = connect(&office).await;
    first.write_all(b"GET /livez HTTP/1.1\r\n").await.unwrap();
    let mut second = connect(&office).await;
    second
        .write_all(b"GET /livez HTTP/1.1\r\nhost: shoki\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let early = tokio::time::timeout(Duration::from_millis(300), second.readable()).await;
    assert!(early.is_err(), "served although the only place was taken");
    until_closed(&mut first).await;
    assert!(until_closed(&mut second).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn what_is_still_open_at_the_drain_deadline_is_cut() {
    let serve = ServeSettings {
        drain_seconds: 1,
        ..ServeSettings::default()
    };
    let office = Office::with(Default::default(), serve, 0).await;
    let mut dawdler = connect(&office).await;
    let head = "POST /v1/jobs HTTP/1.1\r\nhost: shoki\r\ncontent-type: application/json\r\n";
    let token = office.tax.token(shoki_core::access::Role::Clerk);
    let head = format!("{head}authorization: Bearer {token}\r\ncontent-length: 10\r\n\r\n{{");
    dawdler.write_all(head.as_bytes()).await.unwrap();
    // One whole request on another connection, so that the first is surely being served.
    let health = office.request(reqwest::Method::GET, "/livez").send().await;
    assert_eq!(health.unwrap().status(), 200);
    office.shutdown.cancel();
    let drained = tokio::time::timeout(Duration::from_secs(20), office.serving).await;
    assert!(!drained.unwrap().unwrap());
    assert_eq!(until_closed(&mut dawdler).await, "");
    assert!(
        TcpStream::connect(office.base.trim_start_matches("http://"))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_a_shutdown() {
    let office = Office::open().await;
    let mut idle = connect(&office).await;
    idle.write_all(b"GET /livez HTTP/1.1\r\nhost: shoki\r\n\r\n")
        .await
        .unwrap();
    idle.readable().await.unwrap();
    let started = Instant::now();
    office.shutdown.cancel();
    assert!(office.serving.await.unwrap());
    assert!(started.elapsed() < Duration::from_secs(2));
    assert!(until_closed(&mut idle).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn only_http_1_is_spoken() {
    let office = Office::open().await;
    let mut socket = connect(&office).await;
    socket
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .await
        .unwrap();
    assert!(!until_closed(&mut socket).await.contains(" 200 "));
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answer_is_cut() {
    let serve = ServeSettings {
        unread_seconds: 1,
        drain_seconds: 30,
        ..ServeSettings::default()
    };
    let office = Office::with(Default::default(), serve, 0).await;
    let document = office.document(crate::office::PNG).await;
    let job = office.job(&document).await;
    office.plan(1).await;
    office.read_page().await;
    // More than the sockets' buffers hold.
    office.assemble(&vec![7; 32 * 1024 * 1024]).await;
    let path = format!("/v1/jobs/{job}/artifacts");
    let list: serde_json::Value = office.get(&path).await.json().await.unwrap();
    let artifact = list[0]["id"].as_str().unwrap();
    let token = office.tax.token(shoki_core::access::Role::Clerk);
    let mut idle = connect(&office).await;
    let head =
        format!("GET {path}/{artifact} HTTP/1.1\r\nhost: shoki\r\nauthorization: Bearer {token}\r\n\r\n");
    idle.write_all(head.as_bytes()).await.unwrap();
    idle.readable().await.unwrap();
    office.shutdown.cancel();
    let started = Instant::now();
    let drained = tokio::time::timeout(Duration::from_secs(25), office.serving).await;
    assert!(drained.unwrap().unwrap(), "it ended before the drain deadline");
    assert!(started.elapsed() < Duration::from_secs(20));
}

/// A client that sends all before it reads, as many do, still sees why it was refused.
#[tokio::test]
async fn a_refusal_arrives_at_a_client_that_is_still_sending() {
    let settings = shoki_api::ApiSettings {
        max_document_bytes: 10_000,
        max_recording_bytes: 10_000,
        ..Default::default()
    };
    let office = Office::with(settings, Default::default(), 0).await;
    let signed = format!(
        "authorization: Bearer {}\r\n",
        office.tax.token(shoki_core::access::Role::Clerk)
    );
    for (credential, status) in [(signed.as_str(), "413"), ("", "401")] {
        let mut socket = connect(&office).await;
        let body = 8 * 1024 * 1024;
        let head = format!(
            "POST /v1/documents HTTP/1.1\r\nhost: shoki\r\n{credential}content-length: {body}\r\n\
             content-type: multipart/form-data; boundary=b\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut sent = b"--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n%PDF-1.7".to_vec();
        sent.resize(body, 0);
        socket.write_all(&sent).await.unwrap();
        let said = until_closed(&mut socket).await;
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{said}");
    }
}

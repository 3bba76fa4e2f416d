//! Uploads: what is taken, what is refused, and that a refusal leaves nothing behind.

use std::time::Duration;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::Value;
use shoki_api::ApiSettings;
use shoki_core::code::ErrorCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::office::{Office, PNG, eventually};
use crate::problems::problem;

#[tokio::test]
async fn the_content_decides_what_a_file_is() {
    let office = Office::open().await;
    for (name, bytes, media) in [
        ("a.exe", &b"%PDF-1.7 a"[..], "application/pdf"),
        ("b.pdf", b"II*\0bbbb", "image/tiff"),
        ("c", b"\xff\xd8\xff\xe0cc", "image/jpeg"),
        ("異動届.png", PNG, "image/png"),
    ] {
        let answer = office.upload(name, bytes.to_vec()).await;
        assert_eq!(answer.status(), 201);
        let location = answer.headers()["location"].to_str().unwrap().to_owned();
        let body: Value = answer.json().await.unwrap();
        assert_eq!(
            (&body["name"], &body["media_type"]),
            (&name.into(), &media.into())
        );
        assert_eq!(body["size"], bytes.len());
        let shown: Value = office.get(&location).await.json().await.unwrap();
        assert_eq!(shown, body);
    }
}

#[tokio::test]
async fn names_from_outside_are_made_harmless() {
    let office = Office::open().await;
    let boundary = "b";
    for (sent, kept) in [
        ("../../etc/passwd", "passwd"),
        ("C:\\scan\\申告書.png", "申告書.png"),
        ("a\u{202e}gnp.exe", "agnp.exe"),
        ("", "無題"),
    ] {
        let mut body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{sent}\"\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(PNG);
        body.extend_from_slice(b"\r\n--b--\r\n");
        let answer = office
            .clerk(Method::POST, "/v1/documents")
            .header("content-type", "multipart/form-data; boundary=b")
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 201, "{sent:?}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["name"], kept);
    }
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_and_leaves_nothing() {
    let settings = ApiSettings {
        max_document_bytes: 100_000,
        ..ApiSettings::default()
    };
    let office = Office::with(settings, Default::default(), 0).await;
    problem(office.upload("a.pdf", Vec::new()).await, ErrorCode::EmptyDocument).await;
    let program = b"MZ\x90\0\x03".to_vec();
    problem(
        office.upload("a.pdf", program).await,
        ErrorCode::UnsupportedMediaType,
    )
    .await;

    // Neither announced nor a multiple of anything: the stream itself is what is counted.
    let chunks = std::iter::once(PNG.to_vec()).chain(std::iter::repeat_n(vec![7; 9999], 11));
    let stream = futures::stream::iter(chunks.map(Ok::<_, std::io::Error>));
    let answer = office.upload("a.png", reqwest::Body::wrap_stream(stream)).await;
    let body = problem(answer, ErrorCode::PayloadTooLarge).await;
    assert_eq!(body["detail"], "1つのファイルは 0 MB までです。");

    let send = |form: Form| office.clerk(Method::POST, "/v1/documents").multipart(form).send();
    let part = || Part::bytes(PNG).file_name("a.png");
    let other_name = send(Form::new().part("upload", part())).await.unwrap();
    problem(other_name, ErrorCode::BadRequest).await;
    let two = send(Form::new().part("file", part()).part("file", part()))
        .await
        .unwrap();
    problem(two, ErrorCode::BadRequest).await;
    problem(send(Form::new()).await.unwrap(), ErrorCode::BadRequest).await;
    let json = office.clerk(Method::POST, "/v1/documents").body("{}");
    problem(json.send().await.unwrap(), ErrorCode::BadRequest).await;
    office.has_blobs(0).await;
}

#[tokio::test]
async fn the_longest_allowed_file_is_taken() {
    let settings = ApiSettings {
        max_document_bytes: 100_000,
        ..ApiSettings::default()
    };
    let office = Office::with(settings, Default::default(), 0).await;
    let mut bytes = PNG.to_vec();
    bytes.resize(100_000, 1);
    assert_eq!(office.upload("a.png", bytes.clone()).await.status(), 201);
    bytes.push(1);
    problem(office.upload("a.png", bytes).await, ErrorCode::PayloadTooLarge).await;
    // A recording has a limit of its own.
    let mut sound = b"RIFF\xff\xff\xff\xffWAVEfmt ".to_vec();
    sound.resize(100_001, 0);
    assert_eq!(office.upload("a.wav", sound).await.status(), 201);
    office.has_blobs(2).await;
}

#[tokio::test]
async fn what_is_announced_as_too_large_is_refused_before_it_is_sent() {
    let office = Office::open().await;
    let token = office.tax.token(shoki_core::access::Role::Clerk);
    let mut socket = TcpStream::connect(office.base.trim_start_matches("http://"))
        .await
        .unwrap();
    let head = format!(
        "POST /v1/documents HTTP/1.1\r\nhost: shoki\r\nauthorization: Bearer {token}\r\n\
         content-type: multipart/form-data; boundary=b\r\ncontent-length: 90000000000\r\n\
         expect: 100-continue\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut said = vec![0; 12];
    socket.read_exact(&mut said).await.unwrap();
    assert_eq!(said, b"HTTP/1.1 413");
}

#[tokio::test]
async fn endless_headers_of_a_part_are_refused() {
    let office = Office::open().await;
    let head = b"--b\r\nX-Long: ".to_vec();
    let chunks = std::iter::once(head).chain(std::iter::repeat_n(vec![b'a'; 65_536], 64));
    let stream = futures::stream::iter(chunks.map(Ok::<_, std::io::Error>));
    let answer = office
        .clerk(Method::POST, "/v1/documents")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(reqwest::Body::wrap_stream(stream))
        .send()
        .await
        .unwrap();
    problem(answer, ErrorCode::BadRequest).await;
}

/// Opens an upload on a bare socket and sends its beginning.
async fn begun_upload(office: &Office) -> TcpStream {
    let mut socket = TcpStream::connect(office.base.trim_start_matches("http://"))
        .await
        .unwrap();
    let token = office.tax.token(shoki_core::access::Role::Clerk);
    let head = format!(
        "POST /v1/documents HTTP/1.1\r\nhost: shoki\r\nauthorization: Bearer {token}\r\n\
         content-type: multipart/form-data; boundary=b\r\ncontent-length: 100000\r\n\r\n\
         --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut beginning = PNG.to_vec();
    beginning.resize(8192, 0);
    socket.write_all(&beginning).await.unwrap();
    eventually("the blob is begun", || !office.blob_files().is_empty()).await;
    socket
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_nothing() {
    let office = Office::open().await;
    drop(begun_upload(&office).await);
    office.has_blobs(0).await;
}

#[tokio::test]
async fn a_body_that_stops_coming_is_answered_and_leaves_nothing() {
    let settings = ApiSettings {
        body_idle_seconds: 1,
        ..ApiSettings::default()
    };
    let office = Office::with(settings, Default::default(), 0).await;
    let mut socket = begun_upload(&office).await;
    let mut answer = String::new();
    let reading = socket.read_to_string(&mut answer);
    tokio::time::timeout(Duration::from_secs(30), reading)
        .await
        .unwrap()
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("request_timeout"));
    office.has_blobs(0).await;
}

#[tokio::test]
async fn a_body_that_trickles_is_cut_although_it_never_stops() {
    let settings = ApiSettings {
        body_idle_seconds: 1,
        body_min_bytes_per_second: 10_000,
        ..ApiSettings::default()
    };
    let office = Office::with(settings, Default::default(), 0).await;
    let (mut reader, mut writer) = begun_upload(&office).await.into_split();
    let trickle = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(50));
        while writer.write_all(b"a").await.is_ok() {
            ticks.tick().await;
        }
    };
    let mut start = vec![0; 12];
    tokio::select! {
        read = tokio::time::timeout(Duration::from_secs(30), reader.read_exact(&mut start)) => {
            read.unwrap().unwrap();
        }
        () = trickle => {}
    }
    assert_eq!(start, b"HTTP/1.1 408");
    office.has_blobs(0).await;
}

#[tokio::test]
async fn more_uploads_than_places_are_told_to_come_back() {
    let settings = ApiSettings {
        max_uploads: 1,
        ..ApiSettings::default()
    };
    let office = Office::with(settings, Default::default(), 0).await;
    let first = begun_upload(&office).await;
    let refused = office.upload("b.png", PNG).await;
    assert_eq!(refused.headers()["retry-after"], "5");
    problem(refused, ErrorCode::TooManyRequests).await;
    drop(first);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while office.upload("b.png", PNG).await.status() != 201 {
        assert!(tokio::time::Instant::now() < deadline);
    }
}

//! Uploads that go on (tus 1.0.0): pieces, a lost connection, a restart, another 課.

use reqwest::{Method, RequestBuilder, Response};
use shoki_core::access::Role;
use shoki_core::code::ErrorCode;

use crate::desk::visitor::{Visitor, account};
use crate::meeting::WAV;
use crate::office::{Office, PNG};
use crate::problems::problem;

const NAME: &str = "filename 44K544Kt44Oj44OzLnBuZw==";

fn tus(request: RequestBuilder) -> RequestBuilder {
    request.header("tus-resumable", "1.0.0")
}

/// A request of any of the routes that is right.
pub fn with_head(request: RequestBuilder) -> RequestBuilder {
    let request = tus(request)
        .header("upload-length", PNG.len())
        .header("upload-offset", 0);
    request.header("content-type", "application/offset+octet-stream")
}

/// An upload that this person of the tax section has begun.
pub async fn begun(office: &Office, role: Role) -> String {
    let request = office
        .request(Method::POST, "/v1/uploads")
        .bearer_auth(office.tax.token(role));
    let begun = with_head(request).send().await.unwrap();
    let place = begun.headers()["location"].to_str().unwrap().to_owned();
    place.rsplit('/').next().unwrap().to_owned()
}

async fn begin(office: &Office, length: usize) -> String {
    let request = tus(office.clerk(Method::POST, "/v1/uploads")).header("upload-length", length);
    let begun = request.header("upload-metadata", NAME).send().await.unwrap();
    assert_eq!(
        (begun.status().as_u16(), &begun.headers()["tus-resumable"]),
        (201, &"1.0.0".parse().unwrap())
    );
    assert!(
        begun.headers()["upload-expires"]
            .to_str()
            .unwrap()
            .ends_with(" GMT")
    );
    begun.headers()["location"].to_str().unwrap().to_owned()
}

async fn send(office: &Office, place: &str, offset: usize, bytes: &[u8]) -> Response {
    let request = tus(office.clerk(Method::PATCH, place)).header("upload-offset", offset);
    let request = request.header("content-type", "application/offset+octet-stream");
    request.body(bytes.to_vec()).send().await.unwrap()
}

async fn offset(office: &Office, place: &str) -> String {
    let shown = tus(office.clerk(Method::HEAD, place)).send().await.unwrap();
    assert_eq!(shown.headers()["cache-control"], "no-store");
    shown.headers()["upload-offset"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn pieces_become_a_document() {
    let office = Office::open().await;
    let place = begin(&office, PNG.len()).await;
    let first = send(&office, &place, 0, &PNG[..5]).await;
    assert_eq!(
        (first.status().as_u16(), &first.headers()["upload-offset"]),
        (204, &"5".parse().unwrap())
    );
    assert_eq!(offset(&office, &place).await, "5");
    problem(send(&office, &place, 3, &PNG[3..]).await, ErrorCode::Conflict).await;
    problem(send(&office, &place, 5, &[0; 100]).await, ErrorCode::BadRequest).await;
    assert_eq!(
        offset(&office, &place).await,
        "5",
        "what is too much is not taken"
    );
    let last = send(&office, &place, 5, &PNG[5..]).await;
    let document = last.headers()["shoki-document"].to_str().unwrap().to_owned();
    let again = send(&office, &place, PNG.len(), &[]).await;
    assert_eq!(
        again.headers()["shoki-document"],
        document.as_str(),
        "one document"
    );
    let shown: serde_json::Value = office
        .get(&format!("/v1/documents/{document}"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        (&shown["name"], &shown["size"]),
        (&"スキャン.png".into(), &PNG.len().into())
    );
    office.job(&document).await;
}

/// `pipeline` and `minutes` beside a name.
const RECORDING: &str = "filename bWVldGluZy53YXY=,pipeline bWludXRlcw==";

async fn recording(office: &Office, bytes: &[u8]) -> Response {
    let request = tus(office.clerk(Method::POST, "/v1/uploads")).header("upload-length", bytes.len());
    let begun = request.header("upload-metadata", RECORDING).send().await.unwrap();
    let place = begun.headers()["location"].to_str().unwrap().to_owned();
    let shown = tus(office.clerk(Method::HEAD, &place)).send().await.unwrap();
    assert_eq!(
        shown.headers()["upload-metadata"],
        "filename bWVldGluZy53YXY=",
        "whoever comes back is told which file it was"
    );
    send(office, &place, 0, bytes).await
}

#[tokio::test]
async fn recordings_that_came_in_pieces_become_one_meeting() {
    let office = Office::open().await;
    problem(recording(&office, PNG).await, ErrorCode::NotRecording).await;
    let id = |answer: Response| answer.headers()["shoki-document"].to_str().unwrap().to_owned();
    let first = id(recording(&office, WAV).await);
    let second = id(recording(&office, WAV).await);
    account(&office, Role::Clerk).await;
    let visitor = Visitor::enter(&office).await;
    let hand_in = async |documents: &[&str], speakers: &str| {
        let mut form = reqwest::multipart::Form::new()
            .text("title", "定例会")
            .text("speakers", speakers.to_owned());
        for document in documents {
            form = form.text("document", (*document).to_owned());
        }
        let path = format!("/meetings?csrf={}", visitor.token);
        let request = visitor
            .request(Method::POST, &path)
            .header("origin", &office.base);
        request.multipart(form).send().await.unwrap()
    };
    let never = uuid::Uuid::now_v7().to_string();
    assert_eq!(hand_in(&[first.as_str(), never.as_str()], "").await.status(), 404);
    assert_eq!(hand_in(&[first.as_str(), first.as_str()], "").await.status(), 422);
    assert_eq!(
        hand_in(&[first.as_str(), second.as_str()], "多い").await.status(),
        422
    );
    // What came before a refused form is still there: nobody sends it again.
    let started = hand_in(&[first.as_str(), second.as_str()], "2").await;
    assert_eq!(started.status(), 303);
    let job = started.headers()["location"].to_str().unwrap().to_owned();
    let shown: serde_json::Value = office.get(&format!("/v1{job}")).await.json().await.unwrap();
    assert_eq!(
        (&shown["document_id"], &shown["minutes"]["continued_by"]),
        (&first.as_str().into(), &serde_json::json!([second]))
    );
    let stranger = Visitor::of_welfare(&office).await;
    let form = reqwest::multipart::Form::new().text("document", first.clone());
    let foreign = stranger
        .request(Method::POST, &format!("/meetings?csrf={}", stranger.token))
        .header("origin", &office.base)
        .multipart(form);
    assert_eq!(foreign.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn an_upload_is_ones_own_and_ends() {
    let office = Office::open().await;
    let place = begin(&office, PNG.len()).await;
    for token in [
        office.tax.token(Role::DepartmentAdmin),
        office.welfare.token(Role::Clerk),
    ] {
        let foreign = tus(office.request(Method::HEAD, &place).bearer_auth(token))
            .send()
            .await
            .unwrap();
        assert_eq!(foreign.status(), 404);
    }
    let ended = tus(office.clerk(Method::DELETE, &place)).send().await.unwrap();
    assert_eq!(ended.status(), 204);
    assert_eq!(
        tus(office.clerk(Method::HEAD, &place))
            .send()
            .await
            .unwrap()
            .status(),
        404
    );

    let late = begin(&office, PNG.len()).await;
    office.clock.advance(jiff::SignedDuration::from_hours(25));
    assert_eq!(
        tus(office.clerk(Method::HEAD, &late))
            .send()
            .await
            .unwrap()
            .status(),
        404
    );
    begin(&office, PNG.len()).await;
    let left = std::fs::read_dir(office.directory.path().join("uploads"))
        .unwrap()
        .count();
    assert_eq!(left, 2, "the old one is gone");
}

#[tokio::test]
async fn what_is_wrong_is_refused_as_the_protocol_says() {
    let office = Office::open().await;
    let other = office
        .clerk(Method::POST, "/v1/uploads")
        .header("tus-resumable", "0.2.2")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (other.status().as_u16(), &other.headers()["tus-version"]),
        (412, &"1.0.0".parse().unwrap())
    );
    let told = office
        .request(Method::OPTIONS, "/v1/uploads")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (told.status().as_u16(), &told.headers()["tus-extension"]),
        (204, &"creation,expiration,termination".parse().unwrap())
    );
    let empty = tus(office.clerk(Method::POST, "/v1/uploads"))
        .header("upload-length", 0)
        .send()
        .await
        .unwrap();
    problem(empty, ErrorCode::EmptyDocument).await;
    let huge = tus(office.clerk(Method::POST, "/v1/uploads"))
        .header("upload-length", u64::MAX)
        .send()
        .await
        .unwrap();
    problem(huge, ErrorCode::PayloadTooLarge).await;
    let place = begin(&office, 4).await;
    let untyped = tus(office.clerk(Method::PATCH, &place))
        .header("upload-offset", 0)
        .body("text")
        .send()
        .await
        .unwrap();
    problem(untyped, ErrorCode::UnsupportedMediaType).await;
    problem(
        send(&office, &place, 0, &[0; 4]).await,
        ErrorCode::UnsupportedMediaType,
    )
    .await;
    let gone = tus(office.clerk(Method::HEAD, &place)).send().await.unwrap();
    assert_eq!(gone.status(), 404, "it will never be a document");
    office.has_blobs(0).await;
}

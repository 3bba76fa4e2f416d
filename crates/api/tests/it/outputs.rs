//! Files for the next systems over HTTP: which there are, their bytes before and after, what stops one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::Method;
use serde_json::Value;
use shoki_core::access::Role;
use shoki_core::code::ErrorCode;

use crate::office::{Office, PNG};
use crate::problems::problem;

async fn json(office: &Office, path: &str) -> Value {
    let answer = office.get(path).await;
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}

async fn audited(office: &Office) -> Vec<String> {
    let answer = office
        .request(Method::GET, "/v1/audit?limit=200")
        .bearer_auth(office.tax.token(Role::DepartmentAdmin))
        .send()
        .await
        .unwrap();
    let body: Value = answer.json().await.unwrap();
    let rows = body["items"].as_array().unwrap().iter();
    let mut rows: Vec<String> = rows
        .filter(|row| row["action"].as_str().unwrap().starts_with("output."))
        .map(|row| {
            format!(
                "{} {}",
                row["action"].as_str().unwrap(),
                row["subject"].as_str().unwrap()
            )
        })
        .collect();
    rows.sort();
    rows
}

#[tokio::test]
async fn a_preview_is_the_download_byte_by_byte() {
    let office = Office::open().await;
    let job = office.read_sheets(2).await;
    let list = json(&office, &format!("/v1/jobs/{job}/outputs")).await;
    let ids: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|output| &output["profile"])
        .collect();
    assert_eq!(ids, ["standard", "rpa", "kikan"]);
    assert_eq!(list[1]["sheets"], 2);
    assert_eq!(list[1]["file_name"], "transfer.rpa.csv");
    assert_eq!(list[1]["encoding"], "utf8_bom");
    assert_eq!(list[1]["line_end"], "crlf");

    let place = format!("/v1/jobs/{job}/outputs/transfer/rpa");
    let preview = json(&office, &format!("{place}/preview")).await;
    assert_eq!(preview["ready"], true);
    assert_eq!(preview["rows"], 2);
    assert_eq!(preview["truncated"], false);
    let shown = BASE64.decode(preview["bytes"].as_str().unwrap()).unwrap();
    let answer = office.get(&place).await;
    let headers = answer.headers().clone();
    assert_eq!(headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(headers["cache-control"], "private, no-store");
    assert_eq!(
        headers["etag"],
        format!("\"{}\"", preview["sha256"].as_str().unwrap())
    );
    let bytes = answer.bytes().await.unwrap();
    assert_eq!(&bytes[..], shown);
    assert_eq!(&bytes[..], b"transfer/rpa of scan.png, 2 pages");
    assert_eq!(preview["size"], bytes.len());
    assert_eq!(
        audited(&office).await,
        [
            format!("output.preview {job}/transfer/rpa"),
            format!("output.read {job}/transfer/rpa")
        ]
    );
}

#[tokio::test]
async fn what_stops_an_output_is_said_with_its_place() {
    let office = Office::open().await;
    let job = office.read_sheets(2).await;
    let place = format!("/v1/jobs/{job}/outputs/transfer/kikan");
    let preview = json(&office, &format!("{place}/preview")).await;
    assert_eq!(preview["ready"], false);
    assert_eq!(preview["bytes"], Value::Null);
    let finding = &preview["findings"][0];
    assert_eq!((&finding["page"], &finding["field"]), (&2.into(), &"name".into()));
    assert_eq!(
        (&finding["character"], &finding["stops"]),
        (&"𠮷".into(), &true.into())
    );
    let body = problem(office.get(&place).await, ErrorCode::OutputStopped).await;
    let detail = body["detail"].as_str().unwrap();
    assert!(
        detail.contains("2ページ目「氏名」") && detail.contains("U+20BB7"),
        "{detail}"
    );
    // Nothing left the house.
    assert_eq!(
        audited(&office).await,
        [format!("output.preview {job}/transfer/kikan")]
    );
}

#[tokio::test]
async fn a_searchable_pdf_needs_the_pictures() {
    let office = Office::open().await;
    let job = office.read_sheets(1).await;
    let answer = office.get(&format!("/v1/jobs/{job}/searchable-pdf")).await;
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    let text = answer.text().await.unwrap();
    assert_eq!(text, "2 forms of scan.png, 1 pages with pictures");
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let office = Office::open().await;
    let job = office.read_sheets(1).await;
    for path in ["nothing/rpa", "transfer/nothing", "transfer/nothing/preview"] {
        let answer = office.get(&format!("/v1/jobs/{job}/outputs/{path}")).await;
        problem(answer, ErrorCode::NotFound).await;
    }
    let document = office.document(PNG).await;
    let unread = office.job(&document).await;
    let answer = office.get(&format!("/v1/jobs/{unread}/outputs")).await;
    problem(answer, ErrorCode::Conflict).await;
    let office = Office::without_searcher().await;
    let job = office.read_sheets(1).await;
    let answer = office.get(&format!("/v1/jobs/{job}/outputs/transfer/rpa")).await;
    problem(answer, ErrorCode::NotReady).await;
}

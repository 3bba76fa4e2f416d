//! Start and stop: one process per data directory, clear words when it cannot start, models that heal,
//! a first signal that loses nothing and a second that does not wait.

use std::io::Write as _;
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Instant;

use reqwest::Method;
use serde_json::Value;

use crate::scans::{one_page, scanned};
use crate::service::{Office, PATIENCE, copy, free_address, model_store, sample};

#[tokio::test]
async fn a_second_service_on_the_same_data_or_port_says_why_it_does_not_start() {
    let office = Office::open();
    let mut server = office.start();
    server.ready().await;
    let refused = office
        .shoki(&["serve"])
        .env("SHOKI_SERVER__LISTEN", free_address().to_string())
        .output()
        .expect("the binary starts");
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("別の shoki が使っています"), "{said}");

    let other = Office::open_with(&[("SERVER__LISTEN", &office.address.to_string())]);
    let refused = other.run(&["serve"]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("別のプログラムが使っています"), "{said}");
}

#[tokio::test]
async fn a_wrong_setting_is_refused_with_its_name() {
    let mut office = Office::open();
    office.set("WORKERS__READINGS", "three");
    for command in ["serve", "check-config"] {
        let refused = office.run(&[command]);
        assert_eq!(refused.status.code(), Some(1), "{command}");
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(
            said.contains("workers.readings") && said.contains("\"four\""),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_tampered_model_is_named_work_waits_and_the_right_file_heals_it() {
    let mut office = Office::open();
    let store = office.data().with_file_name("models");
    copy(&model_store(), &store);
    office.set("MODELS__STORE_DIR", &store.display().to_string());
    let broken = store.join("ppocr-rec/PP-OCRv6_rec_small.onnx");
    let right = std::fs::read(&broken).expect("the recogniser");
    let mut wrong = right.clone();
    let middle = wrong.len() / 2;
    wrong[middle] ^= 1;
    std::fs::write(&broken, wrong).expect("written");

    let verified = office.run(&["models", "verify"]);
    assert_eq!(verified.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&verified.stderr).contains("ppocr-rec"));

    let mut server = office.start();
    let api = office.client();
    let health = until(&api, |health| {
        health["checks"].as_array().is_some_and(|checks| {
            checks
                .iter()
                .any(|check| check["name"] == "models" && words(check).contains("ppocr-rec"))
        })
    })
    .await;
    assert_eq!(health["ready"], false);
    let (_, job) = api.submit("waits.png", one_page("waits")).await;
    assert_eq!(api.get(&format!("/v1/jobs/{job}")).await["state"], "queued");

    std::fs::write(&broken, right).expect("written");
    server.ready().await;
    assert_eq!(api.finished(&job).await["state"], "succeeded");
}

#[tokio::test]
async fn the_first_signal_finishes_or_gives_back_and_the_next_start_goes_on() {
    let office = Office::open();
    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    let demo = std::fs::read(sample("demo.pdf")).expect("the sample");
    let (_, job) = api.submit("demo.pdf", demo).await;
    api.job_when(&job, |job| job["progress"]["done"].as_u64() >= Some(1))
        .await;
    server.signal("TERM");
    let asked = Instant::now();
    assert!(server.ended().await.success());
    assert!(asked.elapsed() < PATIENCE / 2);

    let mut server = office.start();
    server.ready().await;
    let ended = api.finished(&job).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    assert_eq!(ended["outcome"]["pages_failed"], 0, "{ended}");
    let log = server.log();
    let last_start = log
        .rfind("collected what the last process left")
        .expect("logged at start");
    let line = log[..last_start].lines().last().unwrap_or_default().to_owned() + &log[last_start..];
    assert!(
        line.contains("ready=0") && line.contains("dead=0"),
        "a unit was left behind: {line}"
    );
}

#[tokio::test]
async fn the_second_signal_does_not_wait() {
    let office = Office::open_with(&[("SERVER__DRAIN_SECONDS", "600")]);
    let mut server = office.start();
    server.ready().await;
    // An upload that never ends keeps the drain waiting.
    let mut upload = TcpStream::connect(office.address).expect("it listens");
    let head = format!(
        "POST /v1/documents HTTP/1.1\r\nhost: shoki\r\nauthorization: Bearer {}\r\n\
         content-type: multipart/form-data; boundary=x\r\ncontent-length: 100000\r\n\r\n\
         --x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.7 ",
        office.token
    );
    upload.write_all(head.as_bytes()).expect("sent");
    // Its answer comes after the head of the upload was received.
    let _ = office.client().get("/v1/jobs").await;
    server.signal("TERM");
    let deadline = Instant::now() + PATIENCE;
    while !server.log().contains("a second signal stops at once") {
        assert!(Instant::now() < deadline, "{}", server.log());
        tokio::task::yield_now().await;
    }
    server.signal("INT");
    assert_eq!(server.ended().await.signal(), Some(9));
}

async fn until(api: &crate::service::Api, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Ok(answer) = api.request(Method::GET, "/readyz").send().await {
            let health: Value = answer.json().await.expect("JSON");
            if wanted(&health) {
                return health;
            }
        }
        assert!(Instant::now() < deadline, "/readyz never said it");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

fn words(check: &Value) -> &str {
    check["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_scan_for_the_law_desk_says_which_model_it_waits_for_and_goes_on_when_it_is_there() {
    let mut office = Office::open();
    let store = office.data().with_file_name("models");
    copy(&model_store(), &store);
    office.set("MODELS__STORE_DIR", &store.display().to_string());
    let recogniser = store.join("ppocr-rec/PP-OCRv6_rec_small.onnx");
    let bytes = std::fs::read(&recogniser).expect("the recogniser");
    std::fs::remove_file(&recogniser).expect("removed");
    let server = office.start();
    let api = office.client();
    until(&api, |health| health["checks"].to_string().contains("ppocr-rec")).await;
    let scan = scanned("kouza_furikae.png");
    let import = serde_json::json!({"pipeline": "corpus", "corpus": {"visibility": "office"}});
    let (_, job) = api.submit_as("scan.pdf", scan, import).await;
    let waiting = api.get(&format!("/v1/jobs/{job}")).await;
    assert_eq!(waiting["state"], "queued", "{waiting}");
    let said = &waiting["waiting_for"];
    assert_eq!(
        (&said["code"], &said["detail"]),
        (&"model_missing".into(), &"ppocr-rec".into())
    );
    assert!(said["title"].to_string().contains("モデル"), "{said}");
    assert!(said["action"].to_string().contains("shoki models"), "{said}");
    let listed = api.get("/v1/jobs").await;
    assert_eq!(listed["items"][0]["waiting_for"], *said);

    std::fs::write(&recogniser, bytes).expect("written");
    let ended = api.finished(&job).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    assert_eq!(ended["waiting_for"], Value::Null, "{ended}");
    server.kill();
}

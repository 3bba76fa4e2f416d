//! The product as its users meet it: a stack over HTTP, the same stack on the command line, deletion,
//! bad input, and what leaves the machine (nothing).

use std::collections::BTreeSet;
use std::net::IpAddr;

use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::scans::{broken_second_page, locked, one_page};
use crate::service::{Office, answered, free_address, repository, sample, text};

/// Stands in a document's bytes and in its name.
const CANARY: &str = "CANARY-4c1d-mizaru";

#[tokio::test]
async fn the_service_and_the_command_line_read_the_same() {
    let office = Office::open();
    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    let demo = std::fs::read(sample("demo.pdf")).expect("the sample stack is in the tree");
    let (_, job) = api.submit(&format!("{CANARY}.pdf"), demo).await;
    let running = api
        .job_when(&job, |job| {
            job["state"] == "running" || job["state"] == "succeeded"
        })
        .await;
    assert_no_foreign_peer(server.pid());
    let ended = api.finished(&job).await;
    assert_eq!(ended["state"], "succeeded", "{running} {ended}");
    assert_no_foreign_peer(server.pid());

    let out = office.data().join("cli");
    let forms = repository().join("pipelines/forms");
    let scan = sample("demo.pdf");
    let arguments = [
        "forms",
        "read",
        "--forms",
        path(&forms),
        "--out",
        path(&out),
        path(&scan),
    ];
    let read = office.run(&arguments);
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let by_service = api.artifacts(&job).await;
    let mut names = BTreeSet::new();
    for (name, bytes) in &by_service {
        let file = if name == "fields.json" {
            "demo.json"
        } else {
            name.as_str()
        };
        let by_command = std::fs::read(out.join(file)).expect("the command wrote it too");
        assert!(by_command == *bytes, "{file} differs from the service's {name}");
        names.insert(file.to_owned());
    }
    let written: BTreeSet<_> = std::fs::read_dir(&out)
        .expect("the results")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    assert_eq!(written, names);

    let truth: Value =
        serde_json::from_slice(&std::fs::read(sample("demo.truth.json")).expect("the truth")).expect("JSON");
    let fields: Value = serde_json::from_slice(&by_service["fields.json"]).expect("JSON");
    let form_of = |document: &Value| -> Vec<Value> {
        document["pages"]
            .as_array()
            .expect("pages")
            .iter()
            .map(|page| page["form"].clone())
            .collect()
    };
    assert_eq!(
        form_of(&fields),
        form_of(&truth),
        "pages are sorted as the maker made them"
    );
    let pages = fields["pages"].as_array().expect("pages").len();
    assert_eq!(ended["outcome"]["pages_total"], pages);
    assert!(by_service.keys().any(|name| name.ends_with(".csv")));

    let events = api
        .request(Method::GET, &format!("/v1/jobs/{job}/events"))
        .send()
        .await
        .expect("a stream");
    let events = events.text().await.expect("a stream of an ended job ends");
    let progress = (0..=pages)
        .filter(|done| events.contains(&format!("\"done\":{done},")))
        .count();
    assert_eq!(progress, pages + 1, "progress after every page:\n{events}");
    assert!(
        !server.log().contains(CANARY),
        "a document's name stands in the log"
    );
}

#[tokio::test]
async fn a_deleted_document_is_gone_from_every_file() {
    let office = Office::open();
    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    let (document, job) = api.submit(&format!("{CANARY}.png"), one_page(CANARY)).await;
    assert_eq!(api.finished(&job).await["state"], "succeeded");
    assert!(
        !office.hits(CANARY.as_bytes()).is_empty(),
        "the canary cannot be found at all"
    );
    let deleted = api
        .request(Method::DELETE, &format!("/v1/documents/{document}"))
        .send()
        .await;
    assert_eq!(deleted.expect("an answer").status(), StatusCode::NO_CONTENT);
    assert_eq!(office.hits(CANARY.as_bytes()), Vec::<String>::new());
    assert_eq!(api.get(&format!("/v1/jobs/{job}")).await["code"], "not_found");
    server.signal("TERM");
    assert!(server.ended().await.success());
    assert_eq!(office.hits(CANARY.as_bytes()), Vec::<String>::new());
}

#[tokio::test]
async fn bad_files_in_a_batch_leave_their_siblings_alone() {
    let office = Office::open();
    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    let cut = std::fs::read(sample("demo.pdf")).expect("the sample")[..2_000].to_vec();
    let files = [
        ("good.png", one_page("1")),
        ("cut.pdf", cut),
        ("locked.pdf", locked()),
        ("half.tif", broken_second_page()),
        ("notes.txt", b"this is no scan".to_vec()),
        ("empty.pdf", Vec::new()),
        ("also-good.png", one_page("2")),
    ];
    let mut form = Form::new().text("pipeline", "forms");
    for (name, bytes) in files {
        form = form.part("file", Part::bytes(bytes).file_name(name));
    }
    let answer = api
        .request(Method::POST, "/v1/batches")
        .multipart(form)
        .send()
        .await
        .expect("an answer");
    let batch = answered(answer, StatusCode::ACCEPTED).await;
    let mut states = Vec::new();
    for job in batch["jobs"].as_array().expect("jobs") {
        let ended = api.finished(&text(&job["id"])).await;
        if ended["document_name"] == "half.tif" {
            let files = api.artifacts(&text(&job["id"])).await;
            let fields: Value = serde_json::from_slice(&files["fields.json"]).expect("JSON");
            assert_eq!(fields["pages"][1]["code"], "corrupt_page", "{fields}");
            let counts = &ended["outcome"];
            assert_eq!(
                (&counts["pages_total"], &counts["pages_failed"]),
                (&3.into(), &1.into()),
                "{ended}"
            );
        }
        states.push(format!(
            "{} {} {}",
            text(&ended["document_name"]),
            text(&ended["state"]),
            ended["failure"]["code"]
        ));
    }
    for refused in batch["refused"].as_array().expect("refusals") {
        states.push(format!("{} refused {}", text(&refused["name"]), refused["code"]));
    }
    states.sort();
    assert_eq!(
        states,
        [
            "also-good.png succeeded null",
            "cut.pdf failed \"corrupt_document\"",
            "empty.pdf refused \"empty_document\"",
            "good.png succeeded null",
            "half.tif succeeded null",
            "locked.pdf failed \"password_protected\"",
            "notes.txt refused \"unsupported_media_type\"",
        ]
    );
}

#[tokio::test]
async fn the_command_line_says_what_it_cannot_read_and_reads_the_rest() {
    let office = Office::open();
    let scans = office.data().join("scans");
    std::fs::create_dir_all(&scans).expect("a directory");
    let write = |name: &str, bytes: &[u8]| {
        let path = scans.join(name);
        std::fs::write(&path, bytes).expect("written");
        path.display().to_string()
    };
    let good = write("good.png", &one_page("1"));
    let empty = write("empty.pdf", b"");
    let notes = write("notes.txt", b"this is no scan");
    let missing = scans.join("missing.pdf").display().to_string();
    let forms = repository().join("pipelines/forms");
    let out = office.data().join("out");
    let read = office.run(&[
        "forms",
        "read",
        "--forms",
        path(&forms),
        "--out",
        path(&out),
        &empty,
        &notes,
        &missing,
        &good,
    ]);
    assert_eq!(read.status.code(), Some(1));
    let said = String::from_utf8(read.stderr).expect("UTF-8");
    for (scan, words) in [
        (&empty, "ファイルの中身がありません。"),
        (&notes, "この種類のファイルは扱えません。"),
        (&missing, "見つかりません。"),
    ] {
        assert!(
            said.lines()
                .any(|line| line.contains(scan.as_str()) && line.contains(words)),
            "{said}"
        );
    }
    let fields: Value =
        serde_json::from_slice(&std::fs::read(out.join("good.json")).expect("the good one is read"))
            .expect("JSON");
    assert_eq!(fields["pages"][0]["page"], 1);
    assert_eq!(fields["pages"][0]["form"], "kouza_furikae");
    assert!(out.join("kouza_furikae.csv").is_file());
}

#[tokio::test]
async fn metrics_have_their_own_listener_and_no_contents() {
    let metrics = free_address().to_string();
    let office = Office::open_with(&[("METRICS__LISTEN", &metrics)]);
    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    let (_, job) = api.submit(&format!("{CANARY}.png"), one_page("m")).await;
    assert_eq!(api.finished(&job).await["state"], "succeeded");
    let shown = reqwest::get(format!("http://{metrics}/metrics"))
        .await
        .expect("an answer");
    let shown = shown.text().await.expect("text");
    for name in [
        "shoki_units_total{result=\"done\"}",
        "shoki_stage_seconds",
        "shoki_models_ready 1",
    ] {
        assert!(shown.contains(name), "{name} is not in:\n{shown}");
    }
    assert!(!shown.contains(CANARY));
    let on_the_api = api
        .request(Method::GET, "/metrics")
        .send()
        .await
        .expect("an answer");
    assert_eq!(on_the_api.status(), StatusCode::NOT_FOUND);
}

fn path(path: &std::path::Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Every socket of the process is bound to loopback and has no peer elsewhere.
fn assert_no_foreign_peer(pid: u32) {
    let mut inodes = BTreeSet::new();
    for entry in std::fs::read_dir(format!("/proc/{pid}/fd")).expect("a process of ours") {
        let Ok(target) = std::fs::read_link(entry.expect("an entry").path()) else {
            continue;
        };
        if let Some(inode) = target
            .to_str()
            .and_then(|t| t.strip_prefix("socket:[")?.strip_suffix(']'))
        {
            inodes.insert(inode.to_owned());
        }
    }
    let mut sockets = 0;
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let rows = std::fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for row in rows.lines().skip(1) {
            let columns: Vec<_> = row.split_whitespace().collect();
            if !columns.get(9).is_some_and(|inode| inodes.contains(*inode)) {
                continue;
            }
            sockets += 1;
            for end in [columns[1], columns[2]] {
                let address = address_of(end);
                assert!(address.is_loopback() || is_peerless(end), "{table}: {row}");
            }
        }
    }
    assert!(sockets > 0, "the listener is not seen: this test sees nothing");
}

/// The address of `0100007F:1F90` (the kernel writes 32-bit words in host order).
fn address_of(end: &str) -> IpAddr {
    let hex = end.split(':').next().expect("address and port");
    let words: Vec<u32> = (0..hex.len() / 8)
        .map(|word| u32::from_str_radix(&hex[word * 8..word * 8 + 8], 16).expect("hexadecimal"))
        .collect();
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(v4) => IpAddr::from(v4),
        Err(_) => IpAddr::from(<[u8; 16]>::try_from(bytes.as_slice()).expect("16 bytes")).to_canonical(),
    }
}

/// The remote end of a listening socket: no address and no port.
fn is_peerless(end: &str) -> bool {
    end.bytes().all(|byte| byte == b'0' || byte == b':')
}

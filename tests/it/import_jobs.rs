//! Imports over HTTP: every kind of document becomes searchable evidence, for those who may see it; what
//! cannot be taken fails with its place; a killed service goes on where it was and doubles nothing.

use std::io::{Cursor, Write as _};

use serde_json::{Value, json};
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::law_texts::{import, shipped};
use crate::scans::{locked, padded, scanned};
use crate::service::{Api, Office, text};

const ORDINANCE: &str = "asahino-seikatsu-shikin_20240701_r06-jorei-17.xml";

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .expect("an entry");
        writer.write_all(bytes).expect("written");
    }
    writer.finish().expect("closed").into_inner()
}

async fn report(api: &Api, job: &str) -> (Value, String) {
    let files = api.artifacts(job).await;
    let json = serde_json::from_slice(&files["import.json"]).expect("JSON");
    let csv = String::from_utf8(files["import.csv"].clone()).expect("UTF-8");
    (json, csv)
}

#[tokio::test]
async fn every_kind_of_document_is_found_after_its_job() {
    let office = Office::open();
    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    let listed = api.get("/v1/pipelines").await;
    let names: Vec<_> = listed
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["name"].clone())
        .collect();
    assert_eq!(names, ["forms", "corpus", "minutes"]);

    // A law, twice, then amended: one revision, none, one with what changed.
    let (job, law) = api.takes_in(ORDINANCE, shipped(ORDINANCE)).await;
    let passages = law["outcome"]["passages_total"].as_u64().expect("a count");
    assert!(passages > 5, "{law}");
    assert_eq!(law["outcome"]["revisions_new"], 1);
    assert_eq!(law["outcome"]["passages_embedded"], passages);
    let (listed, csv) = report(&api, &job).await;
    assert_eq!(listed["texts"][0]["passages"], passages);
    assert_eq!(listed["texts"][0]["title"], "あさひ野市生活支援資金貸付条例");
    assert!(csv.contains("新しい版"), "{csv}");
    api.finds("生活支援資金貸付条例第3条", |hit| {
        hit["title"] == "あさひ野市生活支援資金貸付条例" && hit["item"] == "3"
    })
    .await;
    let (_, again) = api.takes_in(ORDINANCE, shipped(ORDINANCE)).await;
    assert_eq!(again["outcome"]["revisions_new"], 0, "{again}");
    assert_eq!(again["outcome"]["passages_embedded"], 0);
    let amended = String::from_utf8(shipped(ORDINANCE)).expect("UTF-8");
    let amended = amended.replacen("この条例は、", "この条例は、星見の丘において、", 1);
    let later = ORDINANCE.replace("20240701", "20250501");
    let (_, amended) = api.takes_in(&later, amended.into_bytes()).await;
    assert_eq!(amended["outcome"]["revisions_new"], 1, "{amended}");
    assert_eq!(amended["outcome"]["passages_changed"], 1);
    assert_eq!(amended["outcome"]["passages_embedded"], 1);
    api.finds("星見の丘において", |hit| {
        hit["text"].to_string().contains("星見の丘")
    })
    .await;

    // Word, questions and answers, PDF with a text layer.
    api.takes_in("yoryo-kodomo-iryo.docx", shipped("yoryo-kodomo-iryo.docx"))
        .await;
    api.finds(
        "離婚の協議をしている父母の保護者の認定",
        |hit| hit["title"].to_string().contains("事務取扱要領"),
    )
    .await;
    api.takes_in("mondoshu.jsonl", shipped("mondoshu.jsonl")).await;
    api.finds("生まれた日にさかのぼる申請", |hit| {
        hit["item"] == "問1-1"
    })
    .await;
    let plan = "chiiki-fukushi-keikaku.pdf";
    api.takes_in(plan, shipped(plan)).await;
    api.finds("地域福祉計画の基本理念", |hit| hit["page"].is_u64())
        .await;

    // An archive with a law that is broken and one with an article twice.
    let rules = shipped("asahino-shizei-genmen_20240401_r06-kisoku-22.xml");
    let twice = String::from_utf8(shipped("asahino-jitensha_20241001_r06-jorei-25.xml")).expect("UTF-8");
    let twice = twice.replacen("<Article Num=\"2\">", "<Article Num=\"1\">", 1);
    let zip = archive(&[
        ("all_law_list.csv", b"a,b"),
        ("a/asahino-shizei-genmen_20240401_r06-kisoku-22.xml", &rules),
        ("b/broken.xml", b"<Law>\n<LawBody></Law>"),
        ("c/asahino-jitensha_20241001_r06-jorei-25.xml", twice.as_bytes()),
    ]);
    let (job, laws) = api.takes_in("laws.zip", zip).await;
    assert_eq!(laws["outcome"]["sources"], 2, "{laws}");
    assert_eq!(laws["outcome"]["faults"], 2, "{laws}");
    let (listed, csv) = report(&api, &job).await;
    assert_eq!(listed["not_taken"][0]["place"], "b/broken.xml 2行目", "{listed}");
    assert!(listed.to_string().contains("duplicate_item"), "{listed}");
    assert!(csv.contains("b/broken.xml 2行目"), "{csv}");
    api.finds("市税減免規則第2条", |hit| {
        hit["title"].to_string().contains("減免")
    })
    .await;
    server.kill();
}

#[tokio::test]
async fn a_scanned_page_is_read_and_marked_as_recognised() {
    let office = Office::open();
    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    let scan = scanned("kouza_furikae.png");
    let (job, ended) = api.takes_in("scan.pdf", scan.clone()).await;
    assert_eq!(ended["outcome"]["sources"], 1, "{ended}");
    assert_eq!(ended["outcome"]["pages_failed"], 0, "{ended}");
    let (listed, csv) = report(&api, &job).await;
    assert_eq!(
        listed["texts"][0]["faults"],
        json!([{
            "place": "1ページ目",
            "kind": "recognised_text",
            "message": "文字認識による文章です。原本と見比べてください。",
        }])
    );
    assert!(csv.contains("文字認識による"), "{csv}");
    let hit = api
        .finds("口座振替依頼書", |hit| {
            hit["text"].to_string().contains("口座")
        })
        .await;
    assert_eq!(hit["page"], 1, "{hit}");
    let (_, again) = api.takes_in("scan.pdf", scan.clone()).await;
    assert_eq!(again["outcome"]["revisions_new"], 0, "{again}");
    server.kill();

    // The command line takes the same text from the same page.
    let file = office.data().with_file_name("scan.pdf");
    std::fs::write(&file, scan).expect("written");
    let done = office.run(&["corpus", "import", file.to_str().expect("UTF-8")]);
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(said.contains("すでに取り込み済みです"), "{done:?}");
}

#[tokio::test]
async fn a_pdf_of_300_mb_is_taken_and_a_broken_one_is_refused() {
    const SIZE: usize = 300 * 1024 * 1024;
    let office = Office::open();
    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    let large = padded("Every telescope is lent for one week", SIZE);
    let cut = large[..large.len() - 100].to_vec();
    let (_, ended) = api.takes_in("large.pdf", large).await;
    assert_eq!(ended["outcome"]["passages_total"], 1, "{ended}");
    let junk = [b"%PDF-1.7\n".as_slice(), &[0x5a; SIZE]].concat();
    let (_, refused) = api.taken("junk.pdf", junk, import("office")).await;
    assert_eq!(refused["failure"]["code"], "corrupt_document", "{refused}");
    // Without its table of contents a PDF is put together from its objects, or refused; it never hangs.
    let (_, mended) = api.taken("cut.pdf", cut, import("office")).await;
    assert!(
        mended["state"] == "succeeded" || mended["failure"]["code"].is_string(),
        "{mended}"
    );
    api.finds("telescope", |hit| hit["text"].to_string().contains("telescope"))
        .await;
    server.kill();
}

#[tokio::test]
async fn what_cannot_be_taken_fails_with_its_place_and_other_departments_see_nothing() {
    let office = Office::open();
    let stranger = office.stranger();
    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    let rules = "秘密の内規について\n\n第1　星型の水晶玉の取扱い\n1　星型の水晶玉は金庫に保管する。\n";
    let (_, own) = api.taken("naiki.txt", rules.into(), import("department")).await;
    assert_eq!(own["state"], "succeeded", "{own}");
    let question = "星型の水晶玉の取扱い";
    api.finds(question, |hit| hit["text"].to_string().contains("水晶玉"))
        .await;
    let others = stranger.asks(question).await;
    assert!(!others["hits"].to_string().contains("水晶玉"), "{others}");

    for (name, bytes, code, place) in [
        (
            "a.xml",
            b"<Law>\n<LawBody></Law>".to_vec(),
            "corrupt_document",
            Some("2行目"),
        ),
        ("a.xml", b"<html>\n</html>".to_vec(), "nothing_to_import", None),
        (
            "a.jsonl",
            b"{\"id\": 1}\n{".to_vec(),
            "corrupt_document",
            Some("2行目"),
        ),
        (
            "a.zip",
            archive(&[("a.xml", b"<Law>")]),
            "nothing_to_import",
            Some("a.xml 1行目"),
        ),
        ("a.zip", archive(&[("a.csv", b"a,b")]), "nothing_to_import", None),
        ("a.pdf", locked(), "password_protected", None),
        ("a.pdf", b"%PDF-1.7\nbroken".to_vec(), "corrupt_document", None),
    ] {
        let (_, ended) = api.taken(name, bytes, import("office")).await;
        assert_eq!(ended["state"], "failed", "{name}: {ended}");
        assert_eq!(ended["failure"]["code"], code, "{name}: {ended}");
        let at = ended["failure"].get("detail").map(text);
        assert_eq!(at.as_deref(), place, "{name}: {ended}");
        assert!(ended["failure"]["action"].to_string().contains('。'));
    }
    api.finds(question, |hit| hit["text"].to_string().contains("水晶玉"))
        .await;
    assert!(!server.log().contains("水晶玉"), "a text stands in the log");
    server.kill();
}

#[tokio::test]
async fn a_killed_import_goes_on_and_doubles_nothing() {
    let office = Office::open_with(&[
        ("RETRY__MAX_WEIGHT", "1000000"),
        ("RETRY__BASE_DELAY_MS", "10"),
        ("RETRY__MAX_DELAY_MS", "100"),
        ("WORKERS__THREADS", "1"),
    ]);
    let api = office.client();
    let mut server = office.start();
    server.ready().await;
    // Units of one question each, so that there are many moments to die at.
    let names = [
        "琥珀", "瑪瑙", "翡翠", "珊瑚", "真珠", "水晶", "瑠璃", "石英", "黒曜", "紫苑", "白磁", "青磁",
    ];
    let row = |(number, name): (usize, &str)| {
        let words = format!("{name}星は夜空に見える。").repeat(11_000);
        json!({ "doc": "星見市星表", "id": format!("問{number}"), "title": format!("{name}星"), "text": words })
    };
    let table: String = (1..)
        .zip(names)
        .map(|named| format!("{}\n", row(named)))
        .collect();
    let (_, job) = api.submit_as("hoshi.jsonl", table.into(), import("office")).await;
    let mut seen = Vec::new();
    for done in [0, 1, 4, 9] {
        let reached = |job: &Value| {
            job["state"] == "succeeded" || job["progress"]["done"].as_u64().is_some_and(|now| now >= done)
        };
        let now = api.job_when(&job, reached).await;
        seen.push(now["progress"].clone());
        server.kill();
        server = office.start();
        server.ready().await;
    }
    let ended = api.finished(&job).await;
    assert_eq!(ended["state"], "succeeded", "{ended} after {seen:?}");
    assert_eq!(ended["outcome"]["passages_total"], 12, "{ended}");
    assert_eq!(ended["outcome"]["revisions_new"], 1, "{ended}");
    let sources = api.get("/v1/sources").await["items"].clone();
    let sources = sources.as_array().expect("a list");
    assert_eq!(sources.len(), 1, "{sources:?}");
    let revisions = api
        .get(&format!("/v1/sources/{}/revisions", text(&sources[0]["id"])))
        .await;
    assert_eq!(revisions.as_array().map(Vec::len), Some(1), "{revisions}");
    api.finds("瑠璃星は見えますか", |hit| hit["item"] == "問7").await;
    server.kill();
}

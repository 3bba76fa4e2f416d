//! A zip of hundreds of laws, as e-Gov gives all laws at once: taken in group by group, so that the service
//! stays usable meanwhile, and gone on with where it stood after a kill.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::service::{Office, PATIENCE, text};

const LAWS: usize = 300;
const ARTICLES: usize = 20;

/// A small law; its articles are long, so that the archive has several groups.
fn law(number: usize) -> String {
    let mut articles = String::new();
    for article in 1..=ARTICLES {
        let words = format!("見本第{number}号の手続の第{article}は、市長が定める書面により行うものとする。")
            .repeat(50);
        write!(
            articles,
            "<Article Num=\"{article}\"><ArticleTitle>第{article}条</ArticleTitle><Paragraph Num=\"1\">\
             <ParagraphNum/><ParagraphSentence><Sentence>{words}</Sentence></ParagraphSentence></Paragraph></Article>"
        )
        .expect("a string takes everything");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Law Era=\"Reiwa\" Year=\"6\" Num=\"{number}\" LawType=\"Act\" Lang=\"ja\">\
         <LawNum>令和六年法律第{number}号</LawNum><LawBody><LawTitle>見本第{number}号法</LawTitle>\
         <MainProvision>{articles}</MainProvision></LawBody></Law>"
    )
}

fn archive() -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for number in 1..=LAWS {
        let name = format!("506AC{number:010}/506AC{number:010}_20240401_000000000000000.xml");
        writer
            .start_file(name, SimpleFileOptions::default())
            .expect("an entry");
        writer.write_all(law(number).as_bytes()).expect("written");
    }
    writer.finish().expect("closed").into_inner()
}

#[tokio::test]
async fn a_zip_of_hundreds_of_laws_is_taken_in_parts_and_goes_on_after_a_kill() {
    let office = Office::open_with(&[
        ("RETRY__MAX_WEIGHT", "1000000"),
        ("RETRY__BASE_DELAY_MS", "10"),
        ("RETRY__MAX_DELAY_MS", "100"),
    ]);
    let api = office.client();
    let mut server = office.start();
    server.ready().await;
    let import = json!({"pipeline": "corpus", "corpus": {"visibility": "office"}});
    let (_, job) = api.submit_as("all.zip", archive(), import).await;
    // Laws that can be read while the job still takes others in.
    let deadline = Instant::now() + PATIENCE;
    let before = loop {
        let now = api.get(&format!("/v1/jobs/{job}")).await;
        let held = api.get("/v1/sources?limit=200").await["items"]
            .as_array()
            .map_or(0, Vec::len);
        assert!(
            now["state"] != "failed" && now["state"] != "succeeded",
            "{held} laws: {now}"
        );
        if held > 0 {
            break held;
        }
        assert!(Instant::now() < deadline, "{now}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    server.kill();
    let mut server = office.start();
    server.ready().await;
    let ended = api.finished(&job).await;
    assert_eq!(ended["state"], "succeeded", "{ended} after {before} laws");
    for (count, wanted) in [
        ("sources", LAWS),
        ("revisions_new", LAWS),
        ("passages_total", LAWS * ARTICLES),
        ("passages_changed", LAWS * ARTICLES),
        ("passages_embedded", LAWS * ARTICLES),
        ("faults", 0),
    ] {
        assert_eq!(ended["outcome"][count], wanted, "{count}: {ended}");
    }
    let files = api.artifacts(&job).await;
    let report: Value = serde_json::from_slice(&files["import.json"]).expect("JSON");
    let texts = report["texts"].as_array().expect("a list");
    assert_eq!(texts.len(), LAWS);
    assert!(
        texts
            .iter()
            .all(|one| one["new"] == true && one["passages"] == ARTICLES)
    );
    let mut held = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api.get(&format!("/v1/sources?limit=200{cursor}")).await;
        held.extend(
            page["items"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|one| text(&one["id"])),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(held.len(), LAWS);
    for id in held.iter().step_by(37) {
        let revisions = api.get(&format!("/v1/sources/{id}/revisions")).await;
        assert_eq!(revisions.as_array().map(Vec::len), Some(1), "{revisions}");
    }
    server.kill();
}

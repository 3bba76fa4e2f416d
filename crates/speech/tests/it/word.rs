//! Word documents as a reader sees them: turned into PDF by LibreOffice, the text and the page looked at.

use std::path::Path;
use std::process::Command;

use shoki_core::minutes::Minutes;
use shoki_speech::minutes::compose;

use crate::sample::{Said, style};

/// The minutes of a meeting (a path from the root) in a shipped style.
fn minutes_of(path: &str, id: &str) -> Minutes {
    let said = Said::read(path);
    compose(
        &said.transcript(),
        &said.options(),
        &style(id),
        said.duration(),
        &[],
    )
}

/// Runs a program of `cargo xtask setup`'s packages.
fn run(program: &str, arguments: &[&str], folder: &Path) -> String {
    let out = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .output()
        .unwrap_or_else(|error| panic!("{program} is missing ({error}): run `cargo xtask setup`"));
    assert!(
        out.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8(out.stdout).unwrap()
}

/// The text of each page of a document.
fn pages(bytes: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("kaigiroku.docx"), bytes).unwrap();
    run(
        "soffice",
        &["--headless", "--convert-to", "pdf", "kaigiroku.docx"],
        folder.path(),
    );
    let text = run("pdftotext", &["-raw", "kaigiroku.pdf", "-"], folder.path());
    text.trim_end_matches('\u{c}')
        .split('\u{c}')
        .map(str::to_owned)
        .collect()
}

/// Without blanks: a line is broken where the page ends.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn minutes_of_a_committee_read_as_a_city_office_hands_them_out() {
    let minutes = minutes_of("bench/samples/meeting.json", "youten");
    let pages = pages(&shoki_speech::export::docx(&minutes).unwrap());
    let first = bare(&pages[0]);
    for shown in [
        "会議録",
        "会議名福祉委員会（架空の会議）",
        "日時令和8年11月24日（火）",
        "１決定事項",
        "(1)窓口の混雑",
        "窓口の混雑については、原案のとおり決定します（異議なし）。[00:01:41]",
        "内容担当期限",
        "12月10日までに通知文を作成し、世帯に送ります。",
        "令和8年12月10日（木）",
        "「12月10日まで」",
    ] {
        assert!(first.contains(shown), "{shown} in {first}");
    }
    let whole = bare(&pages.concat());
    for sentence in minutes.sentences() {
        assert!(whole.contains(&bare(&sentence.text)), "{}", sentence.text);
    }
    for (at, page) in pages.iter().enumerate() {
        assert!(
            page.trim_end()
                .ends_with(&format!("{} / {}", at + 1, pages.len())),
            "page {at}: {page}"
        );
    }
}

#[test]
fn the_full_text_is_an_appendix_on_its_own_pages_and_doubts_are_marked() {
    let minutes = minutes_of("pipelines/minutes/examples/byoin.json", "iinkai");
    let pages = pages(&shoki_speech::export::docx(&minutes).unwrap());
    let appendix = pages
        .iter()
        .position(|page| bare(page).contains("発言の全文"))
        .unwrap();
    assert!(
        appendix > 0 && bare(&pages[appendix]).starts_with("５発言の全文"),
        "{}",
        pages[appendix]
    );
    assert!(bare(&pages.concat()).contains("【要確認】面会時間の延長は"));
}

#[test]
fn odd_characters_still_make_a_document_that_opens() {
    let mut minutes = minutes_of("bench/samples/meeting.json", "kettei");
    let odd = "<&>\"'\u{0}\u{b}\u{1f468}\u{200d}\u{1f469}𠮷野家\u{202e}\u{ffff}]]>";
    minutes.title = odd.to_owned();
    minutes.header[0].value = odd.to_owned();
    minutes.sections[0].heading = odd.to_owned();
    minutes.sections[0].items[0].sentences[0].text = odd.to_owned();
    let pages = pages(&shoki_speech::export::docx(&minutes).unwrap());
    assert!(bare(&pages[0]).contains("𠮷野家"), "{}", pages[0]);
}

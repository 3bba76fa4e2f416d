//! The importers as an operator meets them: files of our own by name and bytes.

use std::io::Write as _;

use proptest::prelude::*;
use shoki_core::corpus::{ImportFaultKind, ImportedText, PassageKind, SourceRank};
use shoki_core::extract::{ExtractedText, Paragraph};

use super::{ImportError, archive, import, import_extracted};

const LAW: &str = include_str!("../../tests/laws/hoshimi_20250401_r07-12.xml");
const LAW_NAME: &str = "hoshimi_20250401_r07-12.xml";

fn one(file_name: &str, bytes: &[u8]) -> ImportedText {
    let mut found = import(file_name, bytes, None).expect("taken");
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn a_casebook_is_read_in_every_form() {
    let json = "{\"doc\": \"星見市問答集\", \"id\": \"問1-1\", \"chapter\": \"第1\", \"title\": \"枯れた区画\", \"text\": \"区画が枯れた。\\n植え直す。\"}\n\n{\"id\": 2, \"question\": \"水はいつ止まるか。\", \"answer\": \"止まらない。\"}\n{\"id\": 3, \"question\": \"誰か。\"}\n{broken\n";
    let found = one("a.jsonl", json.as_bytes());
    assert_eq!(found.source.title, "星見市問答集");
    assert_eq!(found.source.rank, SourceRank::QuestionAnswer);
    assert_eq!(found.passages.len(), 2);
    assert_eq!(found.passages[0].item, "問1-1");
    assert_eq!(found.passages[0].caption.as_deref(), Some("枯れた区画"));
    assert_eq!(found.passages[0].headings, ["第1"]);
    assert_eq!(found.passages[1].item, "問2");
    assert_eq!(found.passages[1].text, "水はいつ止まるか。\n止まらない。");
    let faults: Vec<_> = found
        .faults
        .iter()
        .map(|fault| (fault.kind, fault.line))
        .collect();
    assert_eq!(
        faults,
        [
            (ImportFaultKind::IncompleteRow, Some(4)),
            (ImportFaultKind::Malformed, Some(5)),
        ]
    );

    let csv = "星見市問答集\r\n番号,章,質問,回答,根拠\r\n1-1,第1,\"枯れた。\r\nどうする。\",植え直す。,条例第2条\r\n1-2,第1,空か。,,\r\n1-1,第1,また。,また。,\r\n";
    for bytes in [
        csv.as_bytes().to_vec(),
        encoding_rs::SHIFT_JIS.encode(csv).0.into_owned(),
    ] {
        let found = one("問答.csv", &bytes);
        let items: Vec<_> = found.passages.iter().map(|one| one.item.as_str()).collect();
        assert_eq!(items, ["問1-1", "問1-1#2"]);
        assert_eq!(
            found.passages[0].text,
            "枯れた。\nどうする。\n植え直す。\n条例第2条"
        );
        let faults: Vec<_> = found
            .faults
            .iter()
            .map(|fault| (fault.kind, fault.line))
            .collect();
        assert_eq!(
            faults,
            [
                (ImportFaultKind::IncompleteRow, Some(5)),
                (ImportFaultKind::DuplicateItem, Some(6)),
            ]
        );
    }
}

#[test]
fn the_edition_of_a_casebook_says_its_revision() {
    let json = "{\"doc\": \"星見市問答集（令和７年度版）\", \"id\": \"問1\", \"title\": \"水\", \"text\": \"出る。\"}";
    let found = one("a.jsonl", json.as_bytes());
    assert_eq!(found.source.title, "星見市問答集");
    assert_eq!(found.source.key, "星見市問答集");
    assert_eq!(found.source.aliases, ["星見市問答集（令和７年度版）"]);
    assert_eq!(found.revision.amendment.as_deref(), Some("令和７年度版"));
}

#[test]
fn a_workbook_names_its_rows() {
    let row = |row, cells: [&str; 3]| Paragraph {
        row: Some(row),
        ..Paragraph::of_cells(cells.map(str::to_owned).to_vec())
    };
    let sheet = ExtractedText {
        paragraphs: vec![
            row(1, ["よくある質問", "", ""]),
            row(2, ["Ｎｏ", "質 問", "回 答"]),
            row(3, ["1", "水は。", "出る。"]),
            row(4, ["2", "土は。", ""]),
        ],
        pages: 1,
        pages_without_text: Vec::new(),
    };
    let found = import_extracted("faq.xlsx", &sheet, Some(SourceRank::OfficeFaq)).expect("rows");
    assert_eq!(found.source.rank, SourceRank::OfficeFaq);
    assert_eq!(found.source.title, "faq");
    assert_eq!(found.passages.len(), 1);
    assert_eq!(found.passages[0].kind, PassageKind::QuestionAnswer);
    assert_eq!(
        (found.faults[0].kind, found.faults[0].page),
        (ImportFaultKind::IncompleteRow, Some(4))
    );
    let no_header = ExtractedText {
        paragraphs: vec![row(1, ["1", "2", "3"])],
        ..sheet
    };
    assert_eq!(
        import_extracted("a.xlsx", &no_header, None),
        Err(ImportError::NotUnderstood)
    );
}

#[test]
fn a_scan_without_text_says_its_pages() {
    let scan = ExtractedText {
        pages: 2,
        pages_without_text: vec![1, 2],
        ..ExtractedText::default()
    };
    let found = import_extracted("scan.pdf", &scan, None).expect("its pages are said");
    assert_eq!(found.passages, []);
    assert_eq!(found.faults.len(), 2);
    assert_eq!(
        import_extracted("a.docx", &ExtractedText::default(), None),
        Err(ImportError::Empty)
    );
}

#[test]
fn the_answer_as_json_is_the_same_law() {
    let json = r#"{"law_info": {"law_id": "999AC0000000001", "law_num": "x"},
        "revision_info": {"amendment_enforcement_date": "2025-04-01", "amendment_law_id": "506AC0000000001"},
        "law_full_text": {"tag": "Law", "attr": {"LawType": "Act"}, "children": [
            {"tag": "LawNum", "attr": {}, "children": ["令和九年法律第一号"]},
            {"tag": "LawBody", "attr": {}, "children": [
                {"tag": "LawTitle", "attr": {"Abbrev": "木法"}, "children": ["木を植える<法>"]},
                {"tag": "MainProvision", "attr": {}, "children": [
                    {"tag": "Article", "attr": {"Num": "1"}, "children": [
                        {"tag": "ArticleTitle", "attr": {}, "children": ["第一条"]},
                        {"tag": "Paragraph", "attr": {"Num": "1"}, "children": [
                            {"tag": "ParagraphNum", "attr": {}, "children": []},
                            {"tag": "ParagraphSentence", "attr": {}, "children": [
                                {"tag": "Sentence", "attr": {}, "children": ["木を&植える。"]}]}]}]}]}]}]}}"#;
    let law = one("answer.json", json.as_bytes());
    assert_eq!(law.source.key, "999AC0000000001");
    assert_eq!(law.source.title, "木を植える<法>");
    assert_eq!(law.source.rank, SourceRank::Act);
    assert_eq!(
        law.revision.valid_from,
        Some("2025-04-01".parse().expect("a day"))
    );
    assert_eq!(law.passages[0].text, "木を&植える。");
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .expect("a file");
        archive.write_all(bytes).expect("written");
    }
    archive.finish().expect("closed").into_inner()
}

#[test]
fn an_archive_gives_every_law_and_names_what_is_broken() {
    let bytes = zipped(&[
        ("all_law_list.csv", b"a,b"),
        ("a_20250401_x/hoshimi_20250401_r07-12.xml", LAW.as_bytes()),
        ("b/broken.xml", b"<Law>\n<LawBody>"),
        ("c/other.xml", b"<x/>"),
    ]);
    let found = import("all.zip", &bytes, None).expect("one law");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].source.key, "hoshimi");
    let faults: Vec<_> = found[0]
        .faults
        .iter()
        .map(|fault| (fault.kind, fault.file.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(
        faults,
        [
            (
                ImportFaultKind::DuplicateItem,
                "a_20250401_x/hoshimi_20250401_r07-12.xml"
            ),
            (ImportFaultKind::Malformed, "b/broken.xml"),
            (ImportFaultKind::NotUnderstood, "c/other.xml"),
        ]
    );
    let broken = &bytes[..bytes.len() / 2];
    assert_eq!(
        import("all.zip", broken, None),
        Err(ImportError::Malformed { line: None })
    );
    let mut laws = archive::Laws::open(std::io::Cursor::new(&bytes)).expect("a zip");
    let groups = laws.groups(LAW.len() as u64 + 16);
    assert_eq!(groups, [0..2, 2..3]);
    let mut taken = Vec::new();
    for group in groups {
        let mut seen = 0;
        let faults = laws.each(group, |_| {
            seen += 1;
            Ok(())
        });
        taken.push((seen, faults.expect("read").len()));
    }
    assert_eq!(taken, [(1, 1), (0, 1)]);
    assert_eq!(laws.groups(1).len(), 3);
    assert_eq!(laws.groups(u64::MAX).first(), Some(&(0..3)));
}

#[test]
fn files_that_are_nothing_end_typed() {
    for (name, bytes, error) in [
        ("a.xml", &b""[..], ImportError::Empty),
        ("a.txt", b" \n ", ImportError::Empty),
        ("a.pdf", b"%PDF-1.7\x00\x01", ImportError::BadEncoding),
        (
            "a.csv",
            "氏名,住所\n甲,乙\n".as_bytes(),
            ImportError::NotUnderstood,
        ),
        (
            "a.jsonl",
            b"{\"id\": 1}\n{",
            ImportError::Malformed { line: Some(2) },
        ),
        (
            "a.xml",
            b"<html><body>x</body></html>",
            ImportError::NotUnderstood,
        ),
    ] {
        assert_eq!(import(name, bytes, None), Err(error), "{name}");
    }
    let line = "あ".repeat(4_000_000);
    assert_eq!(
        one("long.txt", line.as_bytes()).passages[0].text.len(),
        line.len()
    );
    let deep = format!("<Law>{}", "<a>".repeat(100_000));
    assert!(import("deep.xml", deep.as_bytes(), None).is_err());
    let deep = format!("<Law>{}{}</Law>", "<a>".repeat(50_000), "</a>".repeat(50_000));
    assert_eq!(
        import("deep.xml", deep.as_bytes(), None),
        Err(ImportError::TooLarge)
    );
    let deep = format!(
        "{{\"law_full_text\":{}1{}}}",
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    assert!(import("deep.json", deep.as_bytes(), None).is_err());
}

proptest! {
    #[test]
    fn any_file_ends_typed(name in "[a-z]{1,3}\\.(xml|json|csv|txt|zip)", head in prop::sample::select(vec![
        "", "<", "{", "[", "PK\u{3}\u{4}", "質問,回答\n", "第１　", "{\"question\":\"a\",\"answer\":\"b\"}\n",
    ]), body in prop::collection::vec(any::<u8>(), 0..80)) {
        let bytes = [head.as_bytes(), &body].concat();
        if let Ok(found) = import(&name, &bytes, None) {
            for text in found {
                for passage in &text.passages {
                    for segment in &passage.segments {
                        prop_assert!(passage.text.get(segment.span.clone()).is_some());
                    }
                }
            }
        }
    }

    #[test]
    fn a_law_with_changed_bytes_ends_typed(at in 0..LAW.len(), byte in any::<u8>()) {
        let mut bytes = LAW.as_bytes().to_vec();
        bytes[at] = byte;
        let _ = import(LAW_NAME, &bytes, None);
    }
}
